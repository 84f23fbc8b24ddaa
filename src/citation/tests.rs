//! Round trips: the output is parsed again, by an independent parser where there is one.

use biblatex::{Bibliography as Parsed, ChunksExt};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::paper::{Name, PaperId};

/// Texts with many characters that are special in one of the formats.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "\\",
            "%",
            "&",
            "$",
            "#",
            "_",
            "~",
            "^",
            "\"",
            "'",
            "`",
            "-",
            "--",
            ",",
            "@",
            "=",
            "@article{x,",
            " and ",
            "\n",
            "\r\n",
            "\t",
            "\0",
            "\u{1b}[31m",
            "\u{2028}",
            "\\textbackslash",
            "\\alpha ",
            "$x^2$",
            "TY  - ",
            "\r\nER  - ",
            "<script>",
            "]]>",
            "<<",
            "?`",
            " ",
            ";",
            "NaCl",
            "BERT",
            "Über",
            "姚期智",
            "e\u{301}",
            "😀",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn paper_of(id: &str, title: String, abstract_text: String) -> Paper {
    Paper::new(PaperId::parse(id).unwrap_or_else(|| PaperId::of_title(id)), title, abstract_text)
}

/// A field of the only entry, as parsed by `biblatex`.
fn field(text: &str, name: &str) -> String {
    let parsed = Parsed::parse(text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
    assert_eq!(parsed.len(), 1, "{text}");
    parsed.iter().next().and_then(|entry| entry.get(name)).map(ChunksExt::format_verbatim).unwrap_or_default()
}

/// BibTeX itself does not know backslashes, so braces must be balanced even if escaped.
fn braces_are_even(text: &str) -> bool {
    let mut depth = 0;
    for (place, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        let is_last = text[place..].trim() == "}";
        if depth < 0 || (depth == 0 && c == '}' && !is_last) {
            return false;
        }
    }
    depth == 0
}

proptest! {
    #[test]
    fn any_text_survives_a_round_trip_through_bibtex(title in nasty(), abstract_text in nasty()) {
        let text = bibliography(Style::Bibtex, [&paper_of("2001.00001", title.clone(), abstract_text.clone())]);
        prop_assert!(braces_are_even(&text), "{}", text);
        prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        prop_assert_eq!(field(&text, "title"), one_line(&title), "{}", text);
        prop_assert_eq!(field(&text, "abstract"), one_line(&abstract_text), "{}", text);
    }

    #[test]
    fn names_stay_separate_in_bibtex(names in prop::collection::vec(nasty(), 1..5), class in nasty(), doi in "10\\.1234/[!-~]{1,20}") {
        let names: Vec<String> = names.into_iter().map(|name| name.replace('=', "")).collect();
        let mut paper = paper_of(&doi, "Title".into(), String::new());
        let is_named = |name: &&String| !one_line(name).is_empty();
        (paper.authors, paper.categories) = (names.clone(), vec![class.clone()]);
        let text = bibliography(Style::Bibtex, [&paper]);
        prop_assert!(braces_are_even(&text), "{}", text);
        let parsed = Parsed::parse(&text).unwrap();
        let authors = parsed.iter().next().unwrap().author().map(|authors| authors.len()).unwrap_or_default();
        prop_assert_eq!(authors, names.iter().filter(is_named).count(), "{}", text);
        prop_assert_eq!(field(&text, "keywords"), one_line(&class), "{}", text);
    }

    #[test]
    fn any_text_survives_a_round_trip_through_ris(title in nasty(), author in nasty(), abstract_text in nasty(), class in nasty()) {
        let mut paper = paper_of("2001.00001", title.clone(), abstract_text.clone());
        (paper.authors, paper.categories) = (vec![author.clone()], vec![class.clone()]);
        let text = bibliography(Style::Ris, [&paper, &paper]);
        let lines: Vec<(&str, &str)> = text.split_terminator("\r\n").map(|line| (&line[..6], &line[6..])).collect();
        prop_assert!(lines.iter().all(|(tag, value)| tag[2..] == *"  - " && *value == one_line(value)));
        let values = |tag: &str| lines.iter().filter(|line| line.0[..2] == *tag).map(|line| line.1.to_owned()).collect::<Vec<_>>();
        let twice = |text: &str| if one_line(text).is_empty() { vec![] } else { vec![one_line(text); 2] };
        prop_assert_eq!(values("TI"), twice(&title));
        prop_assert_eq!(values("AB"), twice(&abstract_text));
        prop_assert_eq!(values("KW"), twice(&class));
        prop_assert_eq!(values("AU").len(), twice(&author).len());
        prop_assert_eq!((values("TY").len(), values("ER").len()), (2, 2));
    }

    #[test]
    fn any_text_survives_a_round_trip_through_csl(title in nasty(), author in nasty(), abstract_text in nasty()) {
        let mut paper = paper_of("2001.00001", title.clone(), abstract_text.clone());
        paper.authors = vec![author.clone()];
        let items: Vec<Value> = serde_json::from_str(&bibliography(Style::CslJson, [&paper, &paper])).unwrap();
        prop_assert_eq!(items.len(), 2);
        prop_assert_eq!(&items[0]["title"], &one_line(&title));
        prop_assert_eq!(items[0]["abstract"].as_str().unwrap_or_default(), one_line(&abstract_text));
        let name = &items[0]["author"][0];
        let part = |key: &str| name[key].as_str().unwrap_or_default().to_owned();
        match Name::of(&one_line(&author)) {
            Name::Literal(literal) => prop_assert_eq!(part("literal"), literal),
            Name::Person { given, family, suffix } => {
                prop_assert_eq!([part("given"), part("family"), part("suffix")], [given, family, suffix]);
            }
        }
    }

    #[test]
    fn keys_are_ascii_and_unique(titles in prop::collection::vec((nasty(), nasty()), 0..30)) {
        let mut keys = Keys::default();
        let mut given = std::collections::HashSet::new();
        for (title, author) in titles {
            let mut paper = paper_of(&title, title.clone(), String::new());
            paper.authors = vec![author];
            let key = keys.next(&paper);
            prop_assert!(!key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{}", key);
            prop_assert!(given.insert(key));
        }
    }
}

#[test]
fn empty_bibliography_is_valid() {
    let of = |style| bibliography(style, []);
    assert_eq!((of(Style::Bibtex).as_str(), of(Style::Ris).as_str(), of(Style::CslJson).as_str()), ("", "", "[]\n"));
}

#[test]
fn arxiv_dois_are_preprints() {
    let mut paper = paper_of("10.48550/arXiv.1706.00001", "Fish".into(), String::new());
    paper.ids = vec![PaperId::parse("10.1234/fish").unwrap(), PaperId::own("smith2017")];
    let text = bibliography(Style::Bibtex, [&paper]);
    assert_eq!((field(&text, "eprint"), field(&text, "doi")), ("1706.00001".into(), "10.1234/fish".into()));
    assert_eq!(field(&text, "ids"), "smith2017");
    let item = &serde_json::from_str::<Value>(&bibliography(Style::CslJson, [&paper])).unwrap()[0];
    assert_eq!((&item["type"], &item["number"]), (&json!("article"), &json!("arXiv:1706.00001")));
}

#[test]
fn only_a_paper_with_a_journal_is_an_article() {
    let mut paper = paper_of("10.1234/fish", "Fish".into(), String::new());
    assert!(bibliography(Style::Bibtex, [&paper]).starts_with("@misc{"));
    paper.venue = Some("Journal of Fish".to_owned());
    paper.pages = Some("12-34".to_owned());
    paper.authors = vec!["Smith JA".to_owned(), "Smith, Ada, Jr.".to_owned()];
    paper.published = crate::paper::PublicationDate::parse("2020");
    let text = bibliography(Style::Bibtex, [&paper]);
    assert!(text.starts_with("@article{smith2020fish,\n"), "{text}");
    assert!(text.contains("  journal = {Journal of Fish},\n") && text.contains("  pages = {12--34},\n"), "{text}");
    assert!(text.contains("  author = {JA Smith and Smith, Jr., Ada},\n"), "{text}");
    let text = bibliography(Style::Ris, [&paper]);
    assert!(text.contains("AU  - Smith, JA\r\nAU  - Smith, Ada, Jr.\r\n"), "{text}");
    assert!(text.contains("SP  - 12\r\nEP  - 34\r\n"), "{text}");
}

#[test]
fn paper_with_only_a_title_is_cited() {
    let paper = paper_of("title", "Fish".into(), String::new());
    assert_eq!(bibliography(Style::Bibtex, [&paper]), "@misc{fish,\n  title = {Fish},\n}\n");
    assert_eq!(bibliography(Style::Ris, [&paper]).lines().nth(1), Some(format!("ID  - {}", paper.id).as_str()));
}
