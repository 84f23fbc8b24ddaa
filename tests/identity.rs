//! The command line knows each paper once: files of several formats, ids in every spelling, and a wrong merge undone.

use crate::support::{TINY, json, run, stderr, stdout};

const BIBTEX: &str = "\
@article{smith2020,
  title = {On {F}ish},
  author = {Smith, Ada and Lee, Bo},
  journal = {Fisheries},
  year = 2020,
  doi = {10.1234/fish},
}

@misc{introduction, title = {Introduction}, abstract = {To fish.}}
";
const RIS: &str = "TY  - UNPB\r\nTI  - On fish\r\nAU  - Smith, A.\r\nDO  - https://doi.org/10.1234/FISH\r\nAB  - We count fish.\r\n\
                   UR  - https://arxiv.org/abs/2001.00001v2\r\nER  - \r\n";
const CSV: &str = "Key,Title,Abstract Note,Publication Year\nAB12,Introduction,\"To whales, at length.\",2021\n";

#[test]
fn papers_with_one_title_author_and_year_are_all_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let editorial = |number: usize| {
        format!(
            "@article{{e{number}, title={{Editorial}}, author={{Smith, Ada}}, journal={{J. Fish}}, volume={{12}}, number={{{number}}}, \
             pages={{{number}01--{number}02}}, year={{2010}}}}\n"
        )
    };
    let bibtex: String = (1..5).map(editorial).collect();
    let csv = "Key,Title,Publication Title,Abstract Note\na,Home,Shift Project,One.\nb,Home,Principles,Two.\n";
    for (name, text, count) in [("a.bib", bibtex.as_str(), 4), ("b.csv", csv, 2)] {
        let file = folder.path().join(name);
        fs_err::write(&file, text).unwrap();
        let add = || json(&run(&["add", "--json", "--model", TINY, "--store", &store, file.to_str().unwrap()]));
        assert_eq!(add()["added"], count, "{name}");
        assert_eq!(add()["unchanged"], count, "{name}, again");
    }
    assert_eq!(json(&run(&["status", "--json", "--store", &store]))["papers"], 6);
}

#[test]
fn files_of_three_formats_describe_two_papers() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let library = folder.path().join("library");
    fs_err::create_dir(&library).unwrap();
    for (name, text) in
        [("a.bib", BIBTEX), ("b.ris", RIS), ("c.csv", CSV), ("d.pdf", "%PDF-1.7\n"), ("e.pdf", "%PDF-1.7\n")]
    {
        fs_err::write(library.join(name), text).unwrap();
    }
    let add = || run(&["add", "--json", "--model", TINY, "--store", &store, library.to_str().unwrap()]);
    let first = add();
    let report = json(&first);
    assert_eq!((&report["read"], &report["added"], &report["updated"]), (&4.into(), &2.into(), &2.into()), "{report}");
    assert_eq!(report["left_out"][0]["count"], 2);
    assert!(stderr(&first).contains("warning: not read, PDF documents: `"), "{}", stderr(&first));
    assert_eq!(json(&add())["unchanged"], 4, "adding it again changes nothing");

    for id in ["smith2020", "10.1234/FISH", "https://arxiv.org/html/2001.00001", "doi:10.1234/fish"] {
        let shown = json(&run(&["show", "--json", "--store", &store, id]));
        assert_eq!(
            (&shown["id"], &shown["venue"], &shown["abstract"]),
            (&"10.1234/fish".into(), &"Fisheries".into(), &"We count fish.".into())
        );
    }
    let venue = run(&["search", "--json", "--store", &store, "--venue", "fisher", "--type", "article", "fish"]);
    assert_eq!(json(&venue)["among"], 1);

    // Two introductions have the same title, and nothing that contradicts.
    let dry = run(&["split", "--dry-run", "--store", &store, "AB12"]);
    assert_eq!(stdout(&dry).lines().count(), 4, "{}", stdout(&dry));
    assert_eq!(json(&run(&["status", "--json", "--store", &store]))["papers"], 2);
    let parts = json(&run(&["split", "--json", "--store", &store, "AB12"]));
    assert_eq!(parts.as_array().unwrap().len(), 2);
    assert_eq!(json(&run(&["status", "--json", "--store", &store]))["papers"], 3);
    assert_eq!(json(&run(&["show", "--json", "--store", &store, "introduction"]))["abstract"], "To fish.");
    assert_eq!(json(&add())["unchanged"], 4, "adding the files again does not repeat the merge");
    let whole = run(&["split", "--store", &store, "smith2020"]);
    assert_eq!(whole.status.code(), Some(2));
    assert!(
        stderr(&whole).contains("`smith2020` cannot be split")
            || stderr(&whole).contains("10.1234/fish` cannot be split")
    );
}
