//! What queries name, as people type them: operators, ids, titles, authors and years, and what the answer says about them.

use paperkin::paper::PaperId;
use paperkin::search::{Emptied, Examples, Mode, Options, Query, Searcher};
use paperkin::server::Settings;
use paperkin::store::{Criteria, Filter, Store};
use serde_json::json;

use crate::support::collection::{ask, by_words, collection, of, opened, titles};
use crate::support::http::{get, serving};
use crate::support::{papers, run, searcher, stderr, stdout};

#[test]
fn an_index_in_memory_gives_the_same_answers_as_one_on_disk() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (on_disk, in_memory) = (opened(folders[0].path()), searcher(folders[1].path(), &collection()));
    assert_eq!(on_disk.status().unwrap().folder.unwrap().lexical_rows, 57);
    assert_eq!(in_memory.status().unwrap().folder.unwrap().lexical_rows, 0);
    for query in [
        "geoffrey hinton",
        "dropuot author:hinton",
        "\"neural network\" -survey",
        "finetuning",
        "rag",
        "retrieval augmented generation",
        "to be or not to be",
        "图神经网络",
        "li wang 2021",
        "venue:neurips",
        "sorting -graphs",
        "smith",
        "zoe luk tumor",
    ] {
        for mode in [Mode::Hybrid, Mode::Lexical] {
            let [one, other] = [&on_disk, &in_memory].map(|searcher| ask(searcher, query, mode));
            assert_eq!(titles(&one), titles(&other), "{query}");
            assert_eq!(one.understood, other.understood, "{query}");
        }
    }
    for typed in ["author:hin", "author:w", "author:we", "venue:ne", "author:\"geoffrey h"] {
        assert_eq!(on_disk.suggest(typed).unwrap(), in_memory.suggest(typed).unwrap());
    }
    // No query has shown the index on disk to be damaged: it would be in memory then.
    assert_eq!(on_disk.status().unwrap().folder.unwrap().lexical_rows, 57);
}

#[test]
fn operators_are_filters() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    for (query, wanted) in [
        ("\"neural network\"", vec!["Dropout in practice", "Preventing co-adaptation"]),
        ("\"neural networks\"", vec!["Dropout in practice"]),
        ("dropout -neurons", vec!["Preventing co-adaptation"]),
        ("neurons -\"in practice\"", vec!["Capsules"]),
        ("author:hinton", vec!["Capsules", "Preventing co-adaptation"]),
        ("author:\"Geoffrey Hinton\"", vec!["Capsules", "Preventing co-adaptation"]),
        ("author:\"Hinton, Geoffrey E.\"", vec!["Preventing co-adaptation"]),
        ("author:\"G. Hinton\" author:\"Hinton, G.\"", vec!["Capsules", "Preventing co-adaptation"]),
        ("\"neurla network\"", vec!["Dropout in practice", "Preventing co-adaptation"]),
        ("author:hinton year:2012..2016", vec!["Preventing co-adaptation"]),
        ("venue:icml venue:nature", vec!["Colour and behaviour of tumours", "Dropout in practice"]),
        ("venue:neurips -author:hinton", vec!["Retrieval-augmented generation"]),
        ("category:cs.NE -venue:neurips neurons", vec!["Dropout in practice"]),
        ("rag -survey", vec!["Retrieval-augmented generation"]),
        ("\"fine tuning\"", vec!["Fine-tuning again", "Finetuning of models", "On fine tuning"]),
        ("\"finetuning of models\"", vec!["Finetuning of models"]),
        ("\"fine tuning of models\"", vec!["Finetuning of models"]),
        ("\"finetuning again\"", vec!["Fine-tuning again"]),
        ("\"color and behavior\"", vec!["Colour and behaviour of tumours"]),
        ("\"behaviour of tumors\"", vec!["Colour and behaviour of tumours"]),
        ("\"Alzheimers disease\"", vec!["Colour and behaviour of tumours"]),
        ("written -fine-tuning", vec![]),
        ("written -finetuning", vec![]),
        ("author:'Geoffrey Hinton'", vec!["Capsules", "Preventing co-adaptation"]),
        ("author:hinton year:2016..2012", vec!["Preventing co-adaptation"]),
        ("author:hinton year:>2012", vec!["Capsules"]),
    ] {
        assert_eq!(by_words(&searcher, query), wanted, "{query}");
        // In every mode the conditions hold.
        for mode in [Mode::Hybrid, Mode::Dense] {
            let found = ask(&searcher, query, mode);
            assert_eq!(titles(&found).len(), found.among.min(50), "{query}");
            let is_restricted = found.understood.required.is_empty() || found.among <= 5;
            assert!(is_restricted, "{query}: {:?}", titles(&found));
            let excluded = |title: &&str| query.contains(" -neurons") && title.contains("practice");
            assert!(!titles(&found).iter().any(excluded), "{query}");
        }
    }
    let answer = ask(&searcher, "author:hinton -capsules", Mode::Hybrid);
    assert_eq!(answer.understood.required, ["author:hinton"]);
    assert_eq!(answer.understood.excluded, ["capsules"]);
    assert_eq!(
        answer.notes(),
        [
            "papers must meet: author:hinton",
            "left out papers with: capsules",
            "there is no text to rank by: the newest papers come first"
        ]
    );
}

#[test]
fn without_text_the_newest_papers_come_first_on_every_page() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let query = Query::new("venue:neurips").unwrap();
    let page = |skip| searcher.search(&query, Options::default().k(2).unwrap().skip(skip)).unwrap();
    let (first, second) = (page(0), page(2));
    assert_eq!(titles(&first), ["Retrieval-augmented generation", "Capsules"]);
    assert_eq!(titles(&second), ["Preventing co-adaptation"]);
    assert!(first.more && !second.more && second.hits[0].rank == 3);
}

#[test]
fn a_title_is_recognised_before_operators() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let answer = ask(&searcher, "what is \"a phrase\" -really: a title", Mode::Hybrid);
    assert_eq!(titles(&answer)[0], "What is \"a phrase\" -really: a title");
    assert_eq!(answer.understood.required, Vec::<String>::new());
    assert!(answer.among > 50, "no condition");
    let answer = ask(&searcher, "-omics", Mode::Hybrid);
    assert_eq!(titles(&answer)[0], "-omics");
}

#[test]
fn authors_and_years_in_a_query_rank_higher() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    for mode in [Mode::Hybrid, Mode::Lexical] {
        let alone = ask(&searcher, "Geoffrey Hinton", mode);
        let mut first = titles(&alone)[..2].to_vec();
        first.sort_unstable();
        assert_eq!(first, ["Capsules", "Preventing co-adaptation"], "{mode:?}");
        assert_eq!(alone.understood.authors, ["Geoffrey Hinton"]);
        let with_topic = ask(&searcher, "hinton dropout", mode);
        assert!(titles(&with_topic)[..2].contains(&"Preventing co-adaptation"), "{:?}", titles(&with_topic));
        let of_year = ask(&searcher, "dropout 2016", mode);
        assert_eq!(titles(&of_year)[0], "Dropout in practice");
        assert_eq!(of_year.understood.years, [2016]);
        // A number that is no year of a paper here, or is a part of an id.
        for query in ["dropout 1984", "see the number 2016.00792"] {
            assert_eq!(ask(&searcher, query, mode).understood.years, [0u16; 0], "{query}");
        }
    }
    // A word that is a name of few and a word of many is a word.
    assert_eq!(ask(&searcher, "sorting graphs", Mode::Hybrid).understood.authors, Vec::<String>::new());
}

#[test]
fn a_full_name_is_not_two_family_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = papers(20);
    let by = |title: &str, author: &str| of(title, "Of algorithms.", &[author], 2020, "");
    all.extend([by("One", "Frank Hutter"), by("Two", "Marcus Hutter"), by("Three", "Ada Frank")]);
    all.extend([by("Four", "Yang Liu"), by("Five", "Liu Yang"), by("Six", "H. Vincent Poor")]);
    all.extend([by("Poor data", "Ada Smith"), by("Poor results", "Ada Smith")]);
    let searcher = searcher(folder.path(), &all);
    for (query, author, title) in [
        ("Frank Hutter", "Frank Hutter", "One"),
        ("Hutter, Frank", "Hutter, Frank", "One"),
        ("Yang Liu", "Yang Liu", "Four"),
        ("H. Vincent Poor", "H. Vincent Poor", "Six"),
        ("Vincent Poor", "Vincent Poor", "Six"),
        ("Frank M. Hutter", "Frank M. Hutter", "One"),
        ("F. Hutter", "F. Hutter", "One"),
        ("Hutter F", "Hutter F", "One"),
    ] {
        for mode in [Mode::Hybrid, Mode::Lexical] {
            let answer = ask(&searcher, query, mode);
            assert_eq!(answer.understood.authors, [author], "{query}");
            assert_eq!(titles(&answer)[0], title, "{query} {mode:?}");
        }
    }
}

#[test]
fn an_id_that_names_no_paper_or_one_that_is_filtered_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let answer = ask(&searcher, "arXiv:2101.99999", Mode::Hybrid);
    assert_eq!(answer.notes(), ["no paper has the id `2101.99999`: it was searched for as text"]);
    let named = ask(&searcher, "(2001.00004)", Mode::Hybrid);
    assert_eq!(
        (named.named.as_ref().map(PaperId::as_str), named.hits[0].id.as_str()),
        (Some("2001.00004"), "2001.00004")
    );
    for (from, is_empty) in [("2017", false), ("2099", true)] {
        let filter = Filter::new(Criteria { from: Some(from.into()), ..Criteria::default() }).unwrap();
        let answer = searcher.search(&Query::new("2001.00004").unwrap(), Options::default().filter(filter)).unwrap();
        let filtered = "the paper with the id `2001.00004` does not pass the filters: its related papers follow";
        assert_eq!((answer.named.is_none(), answer.notes()[0].as_str()), (true, filtered));
        let emptied = format!("no paper meets year:{from}..");
        assert_eq!((answer.hits.is_empty(), answer.notes().contains(&emptied)), (is_empty, is_empty));
    }
}

#[test]
fn many_conditions_are_bounded_and_equal_ones_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let answer = ask(&searcher, &"author:hinton ".repeat(1_000), Mode::Hybrid);
    assert_eq!((answer.understood.required.len(), answer.among), (1, 2));
    let many: Vec<String> = (0..300).map(|number| format!("-author:x{number}")).collect();
    let answer = ask(&searcher, &format!("neurons {}", many.join(" ")), Mode::Hybrid);
    assert_eq!((answer.understood.excluded.len(), answer.among), (16, 57));
}

#[test]
fn papers_of_many_authors_are_found_by_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = papers(300);
    let mut with_many = of("Measured", "Of particles.", &["Arie Bodek"], 2014, "");
    with_many.authors.extend((0..200).map(|number| format!("Ada Other{number}")));
    all.push(with_many);
    for paper in &mut all[..260] {
        paper.abstract_text.push_str(" Theorems, S. et al.");
    }
    let searcher = searcher(folder.path(), &all);
    for query in ["Bodek", "Bodek et al.", "A. Bodek", "Q. R. Bodek", "Bodek's theorem"] {
        for mode in [Mode::Hybrid, Mode::Lexical] {
            let answer = ask(&searcher, query, mode);
            assert_eq!(titles(&answer)[0], "Measured", "{query} {mode:?}");
        }
    }
}

#[test]
fn papers_of_an_author_do_not_displace_a_title_with_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = papers(40);
    let title = "A simple proof of the well known planarity theorem of Wagner";
    all.push(of(title, "Of planar graphs.", &["Ada Smith"], 2012, ""));
    for number in 0..40 {
        all.push(of(&format!("A simple theorem {number}"), "Proofs.", &["Klaus Wagner"], 2012, ""));
    }
    let searcher = searcher(folder.path(), &all);
    for mode in [Mode::Hybrid, Mode::Lexical] {
        let answer = ask(&searcher, "A simple proof of a well known planarity theorem by Wagner", mode);
        assert_eq!(answer.understood.authors, ["Wagner"]);
        assert_eq!(titles(&answer)[0], title, "{mode:?}");
    }
}

#[test]
fn an_empty_answer_names_the_condition() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let answer = ask(&searcher, "dropout category:math.XX author:hinton", Mode::Hybrid);
    assert!(answer.hits.is_empty());
    assert_eq!(answer.notes().last().unwrap(), "no paper meets category:math.XX");
    let answer = ask(&searcher, "venue:icml author:hinton", Mode::Hybrid);
    let emptied = |condition: &str, papers, without| Emptied { condition: condition.to_owned(), papers, without };
    assert_eq!(answer.understood.emptied, [emptied("venue:icml", 1, 2), emptied("author:hinton", 2, 1)]);
    // The filters of flags and parameters count as well.
    let filter = Filter::new(Criteria { from: Some("2018".into()), ..Criteria::default() }).unwrap();
    let options = Options::default().filter(filter);
    let answer = searcher.search(&Query::new("author:hinton").unwrap(), options).unwrap();
    assert_eq!(answer.understood.emptied[0].condition, "year:2018..");
    assert!(answer.notes().last().unwrap().starts_with("no paper meets all conditions: year:2018.. ("));
}

#[test]
fn a_value_that_no_paper_has_is_named_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = collection();
    let mut paper = of("Ice", "Ice melts.", &["Geoffrey Hinton"], 2020, "Journal of Glaciology");
    paper.categories = vec!["cs.LG".into()];
    all.push(paper);
    let searcher = searcher(folder.path(), &all);
    let criteria = |categories: &[&str], authors: &[&str], venues: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (categories, authors, venues) = (texts(categories), texts(authors), texts(venues));
        Filter::new(Criteria { categories, authors, venues, ..Criteria::default() }).unwrap()
    };
    for (filter, nearest) in [
        (criteria(&["[\"cs.LG\"]"], &[], &[]), Some("cs.LG")),
        (criteria(&["cs.LGG", "cs.LG"], &[], &[]), Some("cs.LG")),
        (criteria(&[], &["Hintn"], &[]), Some("Geoffrey Hinton")),
        (criteria(&[], &[], &["journal of glaciolgy"]), Some("Journal of Glaciology")),
        (criteria(&["zz"], &[], &[]), None),
    ] {
        for query in ["ice", "10.1234/not.here"] {
            let answer =
                searcher.search(&Query::new(query).unwrap(), Options::default().filter(filter.clone())).unwrap();
            let [none] = answer.understood.no_match.as_slice() else { panic!("{filter:?}: {:?}", answer.understood) };
            assert_eq!(none.nearest.as_deref(), nearest);
            let told = answer.notes().concat();
            assert_eq!(told.contains("did you mean"), nearest.is_some(), "{told}");
            assert_eq!(told.matches(&none.condition).count(), 1, "{told}");
        }
        let related = Examples::default().like([PaperId::of_title("Ice")]);
        let related = searcher.related(&related, Options::default().filter(filter)).unwrap();
        assert_eq!(related.understood.no_match[0].nearest.as_deref(), nearest);
    }
}

#[test]
fn command_line_and_api_say_what_was_understood() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    opened(folder.path());
    let output = run(&["--store", dir, "search", "dropuot", "author:hinton"]);
    assert!(stdout(&output).starts_with(" 1. Preventing co-adaptation"), "{}", stdout(&output));
    assert!(stderr(&output).contains("no paper has the word “dropuot”: searched for “dropout”\n"));
    assert!(stderr(&output).contains("papers must meet: author:hinton\n"));
    assert!(stdout(&output).contains("words: dropout "), "{}", stdout(&output));

    let service = serving(Searcher::open(Store::open(folder.path()).unwrap(), 1).unwrap(), Settings::default());
    let answer = get(&service, "/api/v1/search?q=dropuot%20author:hinton").json();
    assert_eq!(answer["understood"]["corrected"], json!([{ "from": "dropuot", "to": "dropout" }]));
    assert_eq!(answer["notes"][1], "papers must meet: author:hinton");
    assert_eq!(answer["hits"][0]["why"]["words"][0]["word"], "dropout");
    let suggested = |query: &str| {
        let answer = get(&service, &format!("/api/v1/suggest?q={query}")).json();
        let values = answer["values"].as_array().unwrap();
        values.iter().map(|found| found["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(suggested("x%20author:hint"), ["Geoffrey E. Hinton", "Geoffrey Hinton"]);
    assert_eq!(suggested("author:%22geoffrey%20h"), ["Geoffrey E. Hinton", "Geoffrey Hinton"]);
    assert_eq!(suggested("author:h"), Vec::<String>::new());
    assert_eq!(suggested("venue:neu"), ["NeurIPS"]);
    assert_eq!(suggested("category:CS."), ["cs.CL", "cs.NE"]);
    assert_eq!(suggested("year:201"), ["2019", "2018", "2017", "2016", "2012"]);
    assert_eq!(suggested("neu"), Vec::<String>::new());
    let answer = get(&service, "/api/v1/suggest?q=x%20author:hinton%20author:lew").json();
    assert_eq!(answer["values"][0]["query"], "x author:hinton author:\"Patrick Lewis\" ");
}
