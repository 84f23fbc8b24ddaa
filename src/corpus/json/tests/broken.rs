//! Files with errors: one record never costs the others.

use std::io::BufReader;

use proptest::prelude::*;

use super::*;

#[test]
fn bad_lines_are_reported_and_reading_continues() {
    let text =
        "{\"title\":\"a\"}\n{\"title\":\n{\"abstract\":\"b\"}\n[1]\nnull\nfour words are here\n{\"title\":\"d\"}\n";
    assert_eq!(
        titles(text),
        [
            "1 a",
            "2: expected a JSON object up to its `}`, found one that breaks off at `{\"title\":`",
            "3: expected a title, found none",
            "4: expected a JSON object with a title, found `1`",
            "5: expected a JSON object with a title, found `null`",
            "6: expected a JSON object with a title, found `four words are here`",
            "7 d",
        ]
    );
}

#[test]
fn line_that_breaks_off_anywhere_costs_no_other() {
    let line = r#"{"title":"b","authors":[{"name":"X \" \\"}],"abstract":"{[","year":2020}"#;
    for end in 1..line.len() {
        let text = format!("{{\"title\":\"a\"}}\n{}\n{{\"title\":\"c\"}}\n{{\"title\":\"d\"}}\n", &line[..end]);
        let titles = titles(&text);
        assert_eq!(titles.len(), 4, "{text}");
        assert!(titles[1].starts_with("2: expected a JSON object up to its `}`"), "{text}");
        assert_eq!([&titles[0], &titles[2], &titles[3]], ["1 a", "3 c", "4 d"], "{text}");
    }
}

#[test]
fn file_that_breaks_off_is_reported() {
    let reason = "expected a JSON object up to its `}`, found one that breaks off at `{\"title\":\"b`";
    assert_eq!(titles("{\"title\":\"a\"}\n{\"title\":\"b"), ["1 a".to_owned(), format!("2: {reason}")]);
    let unclosed = "expected `]` at the end of the list, but the file ends";
    assert_eq!(titles("[{\"title\":\"a\"},\n"), ["1 a".to_owned(), format!("2: {unclosed}")]);
    assert_eq!(
        titles("{\"results\":[{\"title\":\"a\"},\n{\"title\":\"b"),
        ["1 a".to_owned(), format!("2: {reason}"), format!("2: {unclosed}")]
    );
    assert_eq!(titles("{\"results\":[{\"title\":\"a\"}],\"next\":"), ["1 a"]);
}

#[test]
fn broken_element_of_an_array_costs_no_other() {
    for broken in [
        "{\n    \"title\": \"x,\n    \"refs\": [\n      {\n        \"title\": \"r\"\n      }\n    ]\n  }",
        "{\n    \"title\": \"x\",\n    \"refs\": [\n      {\n        \"title\": \"r\"\n      \n    ]\n  }",
        "{\n    \"title\": \"x\" \"y\",\n    \"refs\": [\n      {\n        \"title\": \"r\"\n      }\n    ]\n  }",
        "{\n    \"title\": \"5\" disk\",\n    \"refs\": [\n      {\n        \"title\": \"r\"\n      }\n    ]\n  }",
    ] {
        let text = format!("[\n  {{\n    \"title\": \"a\"\n  }},\n  {broken},\n  {{\n    \"title\": \"c\"\n  }}\n]\n");
        let titles = titles(&text);
        assert_eq!(titles.len(), 3, "{text}: {titles:?}");
        assert!(titles[1].starts_with("5: expected "), "{text}: {titles:?}");
        assert!(titles[2].ends_with(" c"), "{titles:?}");
    }
    assert_eq!(
        titles(r#"[{"title":"a"},5,{"title" "b"},"x, y",[{"title":"r"}],{"title":"c"}]"#),
        [
            "1 a",
            "1: expected a JSON object with a title, found `5`",
            "1: expected JSON, found `\"b\"}`",
            "1: expected a JSON object with a title, found `\"x, y\"`",
            "1: expected a JSON object with a title, found `[{\"title\":\"r\"}]`",
            "1 c",
        ]
    );
}

#[test]
fn what_is_left_of_a_broken_object_is_no_paper() {
    let text = "{\n  \"title\": \"a\" },\n  \"refs\": [\n    {\"title\": \"r\"}\n  ]\n}\n{\n  \"title\": \"b\"\n}\n";
    assert_eq!(
        titles(text),
        ["1 a", "3: expected a JSON object with a title, found `\"refs\": [     {\"title\": \"r\"}   ] }`", "7 b"]
    );
    let text = r#"[{"title":"a"},"refs":[{"title":"r"}]},{"title":"b"}]"#;
    let found = titles(text);
    assert_eq!((found.len(), found[0].as_str(), found[2].as_str()), (3, "1 a", "1 b"), "{found:?}");
}

#[test]
fn what_other_programs_write_is_tolerated() {
    let text = "{\"title\":\"a\tb\nc\",}\n{\"title\":\"\\ud835 d\",\"abstract\":NaN,\"score\":Infinity}\n{\"title\":\"\\alpha\",\"year\":-Infinity}";
    let records: Vec<Record> = read(text).into_iter().map(Result::unwrap).collect();
    assert_eq!(records[0].title, "a\tb\nc");
    assert_eq!(records[1].title, "\u{fffd} d");
    assert_eq!(records[1].losses[0].reason, "expected `abstract` to have a value, found `NaN`");
    assert_eq!(records[1].losses.len(), 1);
    assert_eq!(records[2].title, "\\alpha");
    assert_eq!(records[2].losses[0].reason, "expected `year` to have a value, found `-Infinity`");
    assert_eq!(titles(b"{\"title\":\"a\xff\"}"), ["1 a\u{fffd}"]);
    // Only the text itself needs repair.
    assert_eq!(only(r#"{"title":"a","authors":["\udcb2"]}"#).authors, [printed("\u{fffd}")]);
}

#[test]
fn python_is_reported() {
    assert_eq!(
        titles("{'title': 'a', 'x': None}\n{'title': \"it's\"}\n{\"title\":\"b\"}"),
        [
            "1: expected names and texts in double quotes, found `{'title': 'a', 'x': None}`",
            "2: expected names and texts in double quotes, found `{'title': \"it's\"}`",
            "3 b",
        ]
    );
}

#[test]
fn syntax_errors_are_quoted() {
    assert_eq!(titles(r#"{"title": abc}"#), ["1: expected JSON, found `abc}`"]);
    assert_eq!(titles("{\n\"title\": \"a\",\n\"year\": 20x}"), ["1: expected JSON, found `x}`"]);
}

#[test]
fn long_records_are_skipped() {
    let long = "x".repeat(LONGEST_RECORD);
    let reason = "expected a record of at most 8 MiB, found a longer one";
    let text = format!("{{\"title\":\"a\"}}\n{{\"title\":\"b\",\"x\":\"{long}{long}\"}}\n{{\"title\":\"c\"}}");
    assert_eq!(titles(&text), ["1 a".to_owned(), format!("2: {reason}"), "3 c".to_owned()]);
    let text = format!("[{{\"title\":\"b\",\"x\":[\n\"{long}\"]}},\n{{\"title\":\"c\"}}]");
    assert_eq!(titles(&text), [format!("1: {reason}"), "3 c".to_owned()]);
    // An envelope may be of any length.
    let text = format!("{{\"x\":\"{long}\",\"papers\":[{{\"title\":\"a\"}}],\"y\":\"{long}\"}}\n{{\"title\":\"b\"}}");
    assert_eq!(titles(&text), ["1 a", "2 b"]);
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = 200_000;
    let text = format!("{{\"title\":\"a\",\"authors\":{}{}}}\n{{\"title\":\"b\"}}", "[".repeat(deep), "]".repeat(deep));
    assert_eq!(titles(&text), ["1 a", "2 b"]);
    let text = format!("{}{}\n{{\"title\":\"b\"}}", "{\"data\":".repeat(deep), "}".repeat(deep));
    assert!(titles(&text).len() <= 2);
    assert!(titles("[".repeat(deep)).len() <= deep);
    assert!(titles("{".repeat(deep)).len() <= deep);
}

#[test]
fn failing_file_ends() {
    struct Failing(usize);
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    impl std::io::BufRead for Failing {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            self.0 += 1;
            if self.0 == 1 { Ok(b"{\"title\":\"a\"}\n{\"ti") } else { Err(std::io::Error::other("gone")) }
        }
        fn consume(&mut self, _: usize) {}
    }
    let mut reader = Reader::new("x".into(), Box::new(Failing(0)));
    assert_eq!(reader.next().unwrap().unwrap().title, "a");
    assert!(matches!(reader.next(), Some(Err(Error::Io(_)))));
    assert!(reader.next().is_none());
}

const GOOD: &str = "{\"id\":2001.00010,\"title\":\"a\",\"authors\":[{\"name\":\"X\"}],\"year\":2020}\n\
    [{\"title\":[\"b\"],\"issued\":{\"date-parts\":[[2020,5,null]]},\"author\":[{\"family\":\"Y\"}]},\n\
    {\"paper\":{\"title\":\"c\",\"summary\":\"\\u00e9\"}}]\n{\"message\":{\"items\":[\n  {\n    \"title\": \"d\",\n    \
    \"abstract_inverted_index\": {\"x\": [0, 5]}\n  }\n]}}\n{\"title\":NaN,\"categories\":\"['cs.LG']\",}\n";

#[derive(Debug, Clone)]
enum Change {
    Cut(usize, usize),
    Byte(usize, u8),
    Repeat(usize, usize, usize),
    Nest(usize, usize, bool),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0..GOOD.len();
    prop_oneof![
        (place.clone(), 1..60_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (place.clone(), prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:\\\n ".to_vec())])
            .prop_map(|(at, byte)| Change::Byte(at, byte)),
        (place.clone(), 1..60_usize, 1..5_usize).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        (place, 1..3000_usize, any::<bool>()).prop_map(|(at, depth, object)| Change::Nest(at, depth, object)),
    ]
}

proptest! {
    #[test]
    fn changed_files_are_read_to_their_end(
            changes in proptest::collection::vec(change(), 1..6), piece in 1..300_usize,
        ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for change in changes {
            let (Change::Cut(at, _) | Change::Byte(at, _) | Change::Repeat(at, ..) | Change::Nest(at, ..)) = change;
            let at = at.min(bytes.len());
            let end = |length: usize| (at + length).min(bytes.len());
            match change {
                Change::Cut(_, length) => drop(bytes.drain(at..end(length))),
                Change::Byte(_, byte) => bytes.insert(at, byte),
                Change::Repeat(_, length, times) => {
                    let piece = bytes[at..end(length)].repeat(times);
                    bytes.splice(at..at, piece);
                }
                Change::Nest(_, depth, object) => {
                    let piece = if object { "{\"a\":" } else { "[" }.repeat(depth);
                    bytes.splice(at..at, piece.into_bytes());
                }
            }
        }
        let whole = titles(&bytes);
        prop_assert!(whole.len() <= bytes.len() + 1);
        // What is read does not depend on the pieces in which it comes.
        let content = BufReader::with_capacity(piece, Cursor::new(bytes));
        let records = Reader::new("x.json".into(), Box::new(content));
        prop_assert_eq!(records.map(shown).collect::<Vec<_>>(), whole);
    }
}
