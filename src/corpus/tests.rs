//! Whole files in every format, from the bytes to the papers; one input for each kind of file that was read wrongly once.

use std::io::Cursor;

use super::*;
use crate::paper::{PaperId, PublicationType};

/// What was read of a text: the papers, the reasons for bad records, and the notes.
struct ReadText {
    papers: Vec<Paper>,
    bad: Vec<String>,
    notes: Notes,
}

fn opened(bytes: impl Into<Vec<u8>>) -> Result<Papers> {
    let input = Input::of("x".into(), Box::new(Cursor::new(bytes.into())), Position::default(), 2026)?;
    Papers::of(input, &CorpusOptions::default())
}

fn read(bytes: impl Into<Vec<u8>>) -> ReadText {
    let mut papers = opened(bytes).unwrap();
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    for paper in papers.by_ref() {
        match paper {
            Ok(paper) => found.push(paper),
            Err(error) => bad.push(error.to_string()),
        }
    }
    ReadText { papers: found, bad, notes: papers.notes().clone() }
}

/// The only paper of a text of which everything was read.
fn only(bytes: impl Into<Vec<u8>>) -> Paper {
    let ReadText { mut papers, bad, notes } = read(bytes);
    assert_eq!(bad, Vec::<String>::new());
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(papers.len(), 1, "{papers:?}");
    papers.remove(0)
}

fn ids(paper: &Paper) -> Vec<&str> {
    paper.all_ids().map(PaperId::as_str).collect()
}

fn date(paper: &Paper) -> String {
    paper.published.map(|date| date.to_string()).unwrap_or_default()
}

#[test]
fn formats_are_recognised_by_content() {
    for (text, wanted) in [
        ("\u{feff}\n {\"title\": \"x\"}", CorpusFormat::Json),
        ("[{\"title\": \"x\"}]", CorpusFormat::Json),
        ("id,Title,abstract\n1,x,y", CorpusFormat::Csv),
        ("Title;Year\nx;2020", CorpusFormat::Csv),
        ("A title\n\nAn abstract\n\n  • 5 authors\n·\nFeb 3\n", CorpusFormat::Daily),
        ("% library\n@article{a, title = {x}}", CorpusFormat::Bibtex),
        ("TY  - JOUR\nTI  - x\nER  - \n", CorpusFormat::Ris),
        ("PMID- 1\nTI  - x\n", CorpusFormat::Nbib),
        ("FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI x\nER\nEF\n", CorpusFormat::Wos),
        ("%0 Journal Article\n%T x\n", CorpusFormat::Enw),
        ("<?xml version=\"1.0\"?><PubmedArticleSet><PubmedArticle>", CorpusFormat::PubmedXml),
        ("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>", CorpusFormat::Atom),
        ("<dblp><article key=\"journals/x/1\">", CorpusFormat::Dblp),
        ("<xml><records><record><titles>", CorpusFormat::EndnoteXml),
    ] {
        assert_eq!(CorpusFormat::recognise(text), Some(wanted), "{text}");
    }
    assert_eq!(CorpusFormat::recognise("once upon a time"), None);
    assert_eq!(CorpusFormat::recognise(""), None);
}

#[test]
fn ids_of_every_scheme_are_kept() {
    assert_eq!(ids(&only(r#"{"id":2001.00010,"title":"X"}"#)), ["2001.00010"]);
    assert_eq!(ids(&only(r#"{"id":2001.0001,"title":"X"}"#)), ["2001.00010"]);
    assert_eq!(ids(&only(r#"{"title":"Nets","doi":"10.1234/S5678, EDN: ABCDEF"}"#)), ["10.1234/s5678"]);
    let own = only(r#"{"id":"S-17","title":"X"}"#);
    assert_eq!(ids(&own), [PaperId::of_title("X").as_str(), "key:S-17"]);
    for spelling in ["10.48550/arXiv.2001.00009", "https://arxiv.org/html/2001.00009v2", "arxiv.org/abs/2001.00009"] {
        assert_eq!(ids(&only(format!(r#"{{"id":"{spelling}","title":"X"}}"#))), ["2001.00009"], "{spelling}");
    }
    let refused = read(r#"{"id":2013.0001,"title":"X"}"#);
    assert_eq!(refused.papers.len(), 1);
    assert_eq!(refused.notes.lost[0].reason, "expected an arXiv id such as `1706.03762`, found the number `2013.0001`");
}

#[test]
fn titles_that_differ_in_plus_and_hash_are_three_papers() {
    let titles = ["A C library", "A C++ library", "A C# library", "A c# Library!"].map(PaperId::of_title);
    assert_eq!(titles.iter().collect::<std::collections::HashSet<_>>().len(), 3);
}

#[test]
fn answers_of_services_are_read_whole() {
    let daily = only(
        r#"{"paper":{"id":"2409.00001","authors":[{"name":"Ada Smith"}],"title":"Fish romance","summary":"About fish.","publishedAt":"2024-09-17T11:03:46.000Z"},"numComments":3}"#,
    );
    assert_eq!((ids(&daily), daily.abstract_text.as_str()), (vec!["2409.00001"], "About fish."));
    assert_eq!((daily.authors, daily.comments), (vec!["Ada Smith".to_owned()], Some(3)));
    let scholar = only(
        r#"{"paperId":"0123456789abcdef0123456789abcdef01234567","externalIds":{"ArXiv":"2001.00005"},"title":"Nets","year":2020,"authors":[{"authorId":"1","name":"Ada Smith"}]}"#,
    );
    assert_eq!(ids(&scholar), ["2001.00005", "s2:0123456789abcdef0123456789abcdef01234567"]);
    assert_eq!((date(&scholar).as_str(), scholar.authors.as_slice()), ("2020", &["Ada Smith".to_owned()][..]));
    let open = only(
        r#"{"id":"https://openalex.org/W1234567","doi":"https://doi.org/10.1234/fish","title":"Fish","publication_year":2021,"abstract_inverted_index":{"the":[0,3],"fish":[1,4],"eats":[2]}}"#,
    );
    assert_eq!(ids(&open), ["10.1234/fish", "openalex:W1234567"]);
    assert_eq!((open.abstract_text.as_str(), date(&open).as_str()), ("the fish eats the fish", "2021"));
    let zotero =
        only("Key,Title,Abstract Note,Publication Year,Author\nAB12,Fish,About fish.,2020,\"Smith, Ada; Lee, Bo\"\n");
    assert_eq!((zotero.abstract_text.as_str(), date(&zotero).as_str()), ("About fish.", "2020"));
    assert_eq!(zotero.authors, ["Ada Smith", "Bo Lee"]);
}

#[test]
fn fields_that_look_like_a_part_of_a_paper_are_named() {
    let read = read("title,abstract_short,colour\nx,About fish.,red\ny,More.,\n");
    assert_eq!(read.notes.unread, [UnreadField { field: "abstract_short".into(), count: 2 }]);
}

#[test]
fn names_are_split_and_printed_alike() {
    for (names, wanted) in [
        ("Smith, A. D. and Lee, B.", &["A. D. Smith", "B. Lee"][..]),
        ("Smith, Ada; Lee, Bo", &["Ada Smith", "Bo Lee"]),
        ("Smith, Ada", &["Ada Smith"]),
        ("['Ada Smith', 'Bo Lee']", &["Ada Smith", "Bo Lee"]),
    ] {
        assert_eq!(only(serde_json::json!({"title": "x", "authors": names}).to_string()).authors, wanted, "{names}");
        let row = format!("title,authors\nx,\"{names}\"\n");
        assert_eq!(only(row).authors, wanted, "{names}");
    }
}

#[test]
fn remarks_are_not_authors() {
    let wos = "@article{a, title = {x}, author = {{[}Anonymous] and Lee, Bo}}";
    assert_eq!(only(wos).authors, ["Bo Lee"]);
    assert_eq!(only("PT J\nAU [Anonymous]\nTI x\nER\n").authors, [""; 0]);
    for none in ["[No author name available]", "[Anonymous]", "Anonymous", "No author"] {
        assert_eq!(only(format!("title,authors\nx,{none}\n")).authors, [""; 0], "{none}");
    }
    let with_addresses = "Ada Lovelace <ada@x.org> and bob@example.com and Turing, Alan (alan@t.org)";
    let bibtex = format!("@article{{a, title = {{x}}, author = {{{with_addresses}}}}}");
    assert_eq!(only(bibtex).authors, ["Ada Lovelace", "Alan Turing"]);
    assert_eq!(only("title,authors\nx,\"Bob Smith bob@x.org; Lee, Bo\"\n").authors, ["Bob Smith", "Bo Lee"]);
    let nbib = "PMID- 7\nTI  - x\nFAU - Smith, Ada\nCN  - ABC Study Group. Electronic address: ada@example.org\n";
    assert_eq!(only(nbib).authors, ["Ada Smith", "ABC Study Group"]);
    let dashes = serde_json::json!({"title": "x", "authors": [{"name": "- Ada Smith"}]});
    assert_eq!(only(dashes.to_string()).authors, ["Ada Smith"]);
    let paperpile = r#"{"title":"x","author":[{"collective":"ABC Study Group"},{"formatted":"Lee, B., & Poe, C."}]}"#;
    assert_eq!(only(paperpile).authors, ["ABC Study Group", "B. Lee", "C. Poe"]);
}

#[test]
fn a_case_study_has_its_authors_in_other_fields() {
    let case = "TY  - CASE\nA4  - Smith, Ada\nA2  - Lee, Bo\nTI  - A fish\nER  - \n";
    assert_eq!(only(case).authors, ["Ada Smith", "Bo Lee"]);
    let chapter = "TY  - CHAP\nAU  - Smith, Ada\nA2  - Lee, Bo\nTI  - A fish\nER  - \n";
    assert_eq!(only(chapter).authors, ["Ada Smith"]);
}

#[test]
fn the_page_of_a_publisher_names_the_doi() {
    let of = |fields: &str| {
        let paper = only(format!("TY  - JOUR\nTI  - x\n{fields}ER  - \n"));
        ids(&paper).join(" ")
    };
    let page = "UR  - https://onlinelibrary.example.org/doi/pdfdirect/10.1234/Fish.7?download=true\n";
    assert_eq!(of(page), "10.1234/fish.7");
    // A DOI of its own field counts: addresses are sometimes cut.
    assert_eq!(of(&format!("DO  - 10.1234/fish.78\n{page}")), "10.1234/fish.78");
}

#[test]
fn structure_of_a_file_is_respected() {
    let array = read(r#"[{"title":"a"},{"title":"b"}]"#);
    assert_eq!(array.papers.len(), 2);
    let pretty = only("{\n  \"title\": \"a\",\n  \"references\": [\n    {\n      \"title\": \"b\"\n    }\n  ]\n}\n");
    assert_eq!(pretty.title, "a");
    let quote = read("title,year\n\"unclosed, or not,2019\nb,2020\nc,2021\nd,2022\n");
    assert_eq!(quote.papers.iter().map(|paper| paper.title.as_str()).collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(quote.bad.len(), 1);
    assert!(quote.bad[0].starts_with("x:2: "), "{}", quote.bad[0]);
    let extra = read("title,year\na,2020,\nb\n");
    assert_eq!((extra.papers.len(), extra.bad.len()), (2, 0));
    let utf_16: Vec<u8> = "\u{feff}title;year\nÜber Fische;2020\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(only(utf_16).title, "Über Fische");
}

#[test]
fn a_bad_value_costs_the_value() {
    for (text, field) in [
        (r#"{"title":"a","abstract":NaN}"#, "abstract"),
        (r#"{"title":"a","published":"2024-13-45"}"#, "date"),
        (r#"{"title":"a","authors":[{"affiliation":"b"}]}"#, "authors"),
    ] {
        let read = read(text);
        assert_eq!((read.papers.len(), read.bad.len()), (1, 0), "{text}");
        assert_eq!(read.notes.lost.iter().map(|lost| lost.field.as_str()).collect::<Vec<_>>(), [field], "{text}");
    }
    assert_eq!(date(&only(r#"{"title":"a","published":"2019-00-00"}"#)), "2019");
    assert_eq!(only(r#"{"title":"a \udcb2 b"}"#).title, "a \u{fffd} b");
    let reason = &read(r#"{"title":"a","authors":[{"affiliation":"b"}]}"#).notes.lost[0].reason;
    assert_eq!(reason, "`authors[0]` is an object without `name`");
}

#[test]
fn text_is_made_readable() {
    for (given, wanted) in [
        ("Search &amp; <i>E. coli</i> in CO<sub>2</sub>", "Search & E. coli in CO2"),
        ("Solitons in<mml:math><mml:mi>N</mml:mi></mml:math>-Coupled Equations", "Solitons in N-Coupled Equations"),
        ("From $50 to $5 per query", "From $50 to $5 per query"),
        ("trans\u{ad}formers\u{200b}", "transformers"),
        ("zero\u{0} byte", "zero byte"),
    ] {
        assert_eq!(only(serde_json::json!({ "title": given }).to_string()).title, wanted);
    }
    let accents = only(serde_json::json!({"title": "x", "abstract": "By G\\\"odel and Erd\\H{o}s."}).to_string());
    assert_eq!(accents.abstract_text, "By Gödel and Erdős.");
}

#[test]
fn kind_of_publication_follows_the_source() {
    let article = only("@article{a, title = {x}, journal = {Fish}, doi = {10.1234/a}, year = 2020}");
    assert_eq!((article.kind, article.venue.as_deref()), (Some(PublicationType::Article), Some("Fish")));
    let preprint = only("@article{a, title = {x}, journal = {arXiv preprint arXiv:2001.00001}, year = 2020}");
    assert_eq!((preprint.kind, ids(&preprint)[0]), (Some(PublicationType::Preprint), "2001.00001"));
}

#[test]
fn other_kinds_of_files_are_named() {
    let refused = |bytes: &[u8]| opened(bytes).err().map(|error| (error.to_string(), error.hint())).unwrap();
    let (error, hint) = refused(b"%PDF-1.7\n...");
    assert_eq!(error, "`x` is a PDF document, from which no papers are read");
    assert!(hint.contains("BibTeX"), "{hint}");
    assert!(refused(b"<!doctype html><html>").0.contains("an HTML page"));
    assert!(matches!(opened("once upon a time").err(), Some(Error::UnknownFormat { .. })));
    assert!(matches!(opened("").err(), Some(Error::NoPaper { .. })));
    let table = opened("Paper;Authors;Abstract\nOn fish;A. Pike;We fish.\n").err().unwrap();
    assert!(table.to_string().contains("a column `title`; the columns are `Paper`, `Authors`, `Abstract`"), "{table}");
    assert!(matches!(opened("Paper;or;plastic\n").err(), Some(Error::UnknownFormat { .. })), "no column is known");
}

#[test]
fn addresses_give_ids_in_every_format() {
    let url = "https://arxiv.org/abs/2302.00001v2";
    for (name, text) in [
        ("BibTeX", format!("@misc{{a, title = {{On fish}}, url = {{{url}}}}}")),
        ("RIS", format!("TY  - JOUR\nTI  - On fish\nUR  - {url}\nER  - \n")),
        ("JSON", format!("{{\"title\": \"On fish\", \"url\": \"{url}\"}}\n")),
        ("CSV", format!("Key,Title,Url\nA,On fish,{url}\n")),
    ] {
        let papers: Vec<Paper> = opened(text).unwrap().map(Result::unwrap).collect();
        assert_eq!(ids(&papers[0])[0], "2302.00001", "{name}");
    }
    let first = |text: &str| opened(text).unwrap().next().unwrap().unwrap();
    let known = first("DOI,Title,Url\n10.1234/x,On fish,https://doi.org/10.1234/y\n");
    assert_eq!(ids(&known), ["10.1234/x"], "a field of ids counts more than an address");
    let noted = first("Title,Extra\nOn fish,\"arXiv:2302.00002 [cs]\nPMID: 26017442\nremark: 10.1/z\"\n");
    assert_eq!(ids(&noted), ["2302.00002", "pmid:26017442"]);
}

/// Files that need a feature of Cargo are named without it.
#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_recognised_and_the_feature_named() {
    let error = opened("PAR1\u{15}\0PAR1").err().unwrap();
    assert!(error.to_string().contains("`x` cannot be read: this build of paperkin does not read Parquet files"));
    assert!(error.hint().contains("feature `parquet`") && error.hint().contains("JSON Lines"), "{}", error.hint());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs_err::write(&path, "{\"title\": \"Tides\"}\n").unwrap();
    let options = CorpusOptions { format: Some(CorpusFormat::Parquet), ..CorpusOptions::default() };
    assert!(matches!(open(&Source::File(path), &options), Err(Error::NotBuilt { .. })));
    fs_err::write(folder.path().join("b.parquet"), "PAR1").unwrap();
    let mut files = open_all(&[Source::File(folder.path().to_owned())], &CorpusOptions::default()).unwrap();
    assert_eq!(files.by_ref().map(Result::unwrap).flat_map(|papers| papers.map(Result::unwrap)).count(), 1);
    assert_eq!(files.left_out()[0].what, "Parquet files");
}

#[test]
fn files_of_folders_and_archives_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("b.ris", b"TY  - JOUR\nTI  - Second\nER  - \n");
    file("a.bib", b"@misc{a, title = {First}}");
    file("1.pdf", b"%PDF-1.7\n");
    file("2.pdf", b"%PDF-1.7\n");
    file("notes.txt", b"once upon a time");
    file(".hidden", b"title\nHidden\n");
    let archive = std::fs::File::create(folder.path().join("c.zip")).unwrap();
    let mut archive = zip::ZipWriter::new(archive);
    for (name, text) in [("z/4.csv", "title,year\nFourth,2020\n"), ("3.json", r#"[{"title":"Third"}]"#)] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let mut files = open_all(&[Source::File(folder.path().to_owned())], &CorpusOptions::default()).unwrap();
    let titles: Vec<String> =
        files.by_ref().flat_map(|papers| papers.unwrap().map(|paper| paper.unwrap().title)).collect();
    assert_eq!(titles, ["First", "Second", "Third", "Fourth"]);
    let left: Vec<(&str, u64)> = files.left_out().iter().map(|left| (left.what.as_str(), left.count)).collect();
    assert_eq!(left, [("PDF documents", 2), ("files in an unknown format", 1)]);
}
