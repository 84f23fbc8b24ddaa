//! Whole files: syntax, broken files, inheritance. The exports of tools are in `exports`.

use std::io::Cursor;

use proptest::prelude::*;

use super::super::{Author, RawDate, RawId};
use super::*;

mod exports;

fn read(text: impl Into<Vec<u8>>) -> Vec<Result<Record>> {
    Reader::new("x.bib".into(), Box::new(Cursor::new(text.into()))).collect()
}

/// The records of a file in which every entry can be used.
fn records(text: &str) -> Vec<Record> {
    read(text).into_iter().map(Result::unwrap).collect()
}

fn only(text: &str) -> Record {
    let mut records = records(text);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

fn titles(text: &str) -> Vec<String> {
    read(text).into_iter().filter_map(|record| Some(record.ok()?.title)).collect()
}

fn reasons(text: &str) -> Vec<String> {
    read(text).into_iter().filter_map(|record| Some(record.err()?.to_string())).collect()
}

fn losses(record: &Record) -> Vec<(&str, &str)> {
    record.losses.iter().map(|loss| (loss.field.as_str(), loss.reason.as_str())).collect()
}

#[test]
fn every_delimiter_is_read() {
    let record = only(
        "@ARTICLE ( key:1 , Title = \"A {\"}quoted{\"} (b) title\", YEAR = 2020,\n pages = {1--2},\n\
         number=3 )\n@comment{x}",
    );
    assert_eq!(record.title, "A \"quoted\" (b) title");
    assert_eq!((record.pages.as_deref(), record.number.as_deref()), (Some("1-2"), Some("3")));
    assert_eq!(record.ids, [RawId::Own("key:1".into())]);
    assert_eq!(record.kinds, ["article"]);
    assert_eq!(record.losses, []);
}

#[test]
fn macros_and_concatenations_are_resolved() {
    let record = only(
        "@String(JML = {Journal of } # \"Maps\")\n@string{Long = jml # { and Legends}}\n\
         @article{a, title = {A} # { } # \"B\", journal = LONG, year = 2020, month = 12 # \"~\" # jun}",
    );
    assert_eq!(record.title, "A B");
    assert_eq!(record.venue.as_deref(), Some("Journal of Maps and Legends"));
    assert_eq!(record.dates, [RawDate::Parts { year: "2020".into(), month: "jun".into(), day: "12".into() }]);
    assert_eq!(record.losses, []);
}

#[test]
fn undefined_macro_stands_for_itself_and_is_reported() {
    let record = only("@article{a, title = {A}, journal = jml, year = 2020}");
    assert_eq!(record.venue.as_deref(), Some("jml"));
    assert_eq!(losses(&record), [("journal", "expected a text or a macro that `@string` defines, found `jml`")]);
}

#[test]
fn macros_that_double_one_another_do_not_fill_the_memory() {
    let mut text = "@string{a0 = {xxxxxxxxxxxxxxxx}}\n".to_owned();
    for number in 1..60 {
        let before = number - 1;
        text.push_str(&format!("@string{{a{number} = a{before} # a{before}}}\n"));
    }
    text.push_str("@string{b = b # b}\n@article{k, title = a3, note = b}");
    assert_eq!(titles(&text), ["x".repeat(128)]);
}

#[test]
fn text_between_entries_is_a_comment() {
    let text = "Write to me@home.org or @ home, {really}.\n%@article{no, title = {No}}\n\
                @article{a, title={A}} % @book{no,\n,@comment{@article{no, title={No}}}\n@comment this is free\n\
                @preamble{\"\\newcommand{\\x}{@book{no,}}\"}\n\
         @set{s, entryset={a}} @book{b, title={B}}@misc{c, title={C}}";
    assert_eq!(titles(text), ["A", "B", "C"]);
    assert_eq!(reasons(text), Vec::<String>::new());
    assert_eq!(records(text)[1].line, 7);
}

#[test]
fn lines_are_counted_with_every_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "@article{a,", "title={A},", "}", "", "@article{b,", "title={B}}"].join(end);
        assert_eq!(records(&text).iter().map(|record| record.line).collect::<Vec<_>>(), [2, 6]);
    }
}

#[test]
fn unclosed_entry_is_reported_where_it_began() {
    let text = "@article{a,\n title = {A,\n\n@article{b,\n title = {B},\n year = 2020\n\n\
                @article{c, title = {C}}\n@misc{d, year = {20";
    assert_eq!(titles(text), ["B", "C"]);
    assert_eq!(
        reasons(text),
        [
            "x.bib:1: expected the end of the entry, found the next entry in line 4",
            "x.bib:9: expected the end of the entry, found the end of the file"
        ]
    );
    let records: Vec<_> = read(text).into_iter().flatten().collect();
    assert_eq!(losses(&records[0]), [("@article", "expected the end of the entry, found the next entry in line 8")]);
    assert!(records[1].losses.is_empty());
}

#[test]
fn value_without_an_end_does_not_cost_the_other_fields() {
    for text in [
        "@article{a,\n title = {A {B},\n abstract = {C},\n year = {2020}\n}\n\n@article{z, title={Z}}",
        "@article{a,\n title = \"A {B},\n abstract = {C},\n year = {2020}\n}\n\n@article{z, title={Z}}",
    ] {
        let records = records(text);
        assert_eq!(records.len(), 2);
        assert_eq!((records[0].title.as_str(), records[0].abstract_text.as_str()), ("A B", "C"));
        assert_eq!(records[0].dates.len(), 1);
        assert_eq!(records[0].losses[0].field, "title");
        assert!(records[0].losses[0].reason.ends_with("found `abstract = {C},`"), "{:?}", records[0].losses);
    }
}

#[test]
fn superfluous_brace_does_not_end_the_entry() {
    let text = "@article{a,\n title = {A}},\n abstract = {B},\n year = 2020\n}\n@article{b, title={B}}";
    let records = records(text);
    assert_eq!((records[0].abstract_text.as_str(), records[1].title.as_str()), ("B", "B"));
}

#[test]
fn escaped_braces_need_no_counterpart() {
    let text = "@article{a, title = {Sets \\{ x}, abstract = {up to \\} y}, year = 2020}\n\
                @article{b, title = {C:\\dir\\}, year = 2020}\n@article{c, title = {On \\{0, 1\\} and \\} too}}\n\
                @article{d, title = {D}}\n";
    assert_eq!(titles(text), ["Sets \\{ x", "C:\\dir\\", "On \\{0, 1\\} and \\} too", "D"]);
}

#[test]
fn brace_without_counterpart_may_belong_to_a_text() {
    let text = "@article{a, title = {A}, abstract = {A 2-[yl}-phenol, and {1H}, of p = 3},\n year = 2020}\n\
         @misc{b, title={B}}";
    let records = records(text);
    assert_eq!(records[0].abstract_text, "A 2-[yl}-phenol, and 1H, of p = 3");
    assert_eq!((records[0].dates.len(), records[0].losses.len(), records.len()), (1, 0, 2));
}

#[test]
fn quotes_within_quotes_are_read() {
    let record = only("@article{a, title = \"A \"good\" start\", author = \"Schr\\\"odinger, E.\", year = \"2020\"}");
    assert_eq!(record.title, "A \"good\" start");
    assert_eq!(record.authors.len(), 1);
    assert_eq!(record.dates.len(), 1);
}

#[test]
fn one_bad_field_does_not_cost_the_entry() {
    let record = only(
        "@article{a\n title = {A} year = 2020,\n volume {3},\n pages = 1-2,\n number = {4} xx,\n\
          doi = 10.1000/x_1,\n\
         % a remark = {x}\n //volume = {9}, keywords = , url = https://x.org/a#b,\n publisher = Big House,\n\
          title = {Second}, month=}",
    );
    assert_eq!(record.title, "A");
    assert_eq!(record.ids, [RawId::Doi("10.1000/x_1".into()), RawId::Own("a".into())]);
    assert_eq!((record.pages.as_deref(), record.number.as_deref()), (Some("1-2"), Some("4")));
    assert_eq!(record.publisher.as_deref(), Some("Big House"));
    assert_eq!(record.dates, [RawDate::Parts { year: "2020".into(), month: String::new(), day: String::new() }]);
    let fields: Vec<_> = losses(&record).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["volume", "number", "url", "url"]);
    assert_eq!(record.losses[0].reason, "expected a field as in `name = {value}`, found `volume {3},`");
}

#[test]
fn keys_may_be_absent_or_odd() {
    for (text, key) in [
        ("@article{, title={A}}", None),
        ("@article{title={A}}", None),
        ("@article{a b, title={A}}", Some("a b")),
        ("@article{a title={A}}", Some("a")),
        ("@article{Smith(2020)/x+y:z, title={A}}", Some("Smith(2020)/x+y:z")),
    ] {
        let wanted: Vec<_> = key.map(|key| RawId::Own(key.to_owned())).into_iter().collect();
        assert_eq!(only(text).ids, wanted, "{text}");
    }
    assert_eq!(titles("@article{a, title={A}}\n@article{a, title={B}}"), ["A", "B"]);
}

#[test]
fn entry_without_a_title_is_refused() {
    for text in ["@article{a, year=2020}", "@article{a, title={{}}}", "@article{a}", "@article{}"] {
        assert_eq!(reasons(text), ["x.bib:1: expected a title, found none"], "{text}");
    }
}

#[test]
fn entry_with_too_many_fields_keeps_the_first_ones() {
    let fields = "note = {}, ".repeat(2000);
    let record = only(&format!("@article{{a, title = {{A}}, {fields}}}"));
    assert_eq!(losses(&record), [("entry", "expected at most 1000 fields, found more")]);
}

#[test]
fn long_entry_is_skipped() {
    let long = "x".repeat(LONGEST_RECORD);
    let text = format!(
        "@article{{a, title={{{long}}}}}\n@article{{b, title={{B}}}}\n@comment{{{long}\n@misc{{c, title={{C}}}}"
    );
    assert_eq!(titles(&text), ["B", "C"]);
    assert_eq!(reasons(&text), ["x.bib:1: expected an entry of at most 8 MiB, found a longer one"]);
}

#[test]
fn unclosed_comment_hides_nothing() {
    let text = "@comment{ a\n@article{a, title={A}}\n@comment{b}\n@article{b, title={B}}";
    assert_eq!(titles(text), ["A", "B"]);
    assert_eq!(records(text)[1].line, 4);
}

#[test]
fn entries_inherit_from_parents_anywhere() {
    let text = "@inproceedings{a, title={A}, author={Roe, A}, crossref={p}, xdata={x}}\n\
                @inproceedings{m, title={M}, crossref={missing}, year=2019}\n\
                @proceedings{p, title={Maps}, subtitle={Old}, editor={Wu, L}, year=2020, month=may, doi={10.1000/p}}\n\
                @xdata{x, publisher={House}, keywords={k1}}\n\
                @inproceedings{b, title={B}, crossref={p}, year=2021}\n\
                @inbook{c, title={C}, crossref={k}}\n@book{k, title={K}, author={Poe, E}, xdata={x}, crossref={k}}";
    let records = records(text);
    let titles: Vec<_> = records.iter().map(|record| record.title.as_str()).collect();
    assert_eq!(titles, ["Maps: Old", "B", "K", "A", "M", "C"]);
    let parts = |year: &str, month: &str| RawDate::Parts { year: year.into(), month: month.into(), day: String::new() };
    assert_eq!(records[3].venue.as_deref(), Some("Maps"));
    assert_eq!(records[3].publisher.as_deref(), Some("House"));
    assert_eq!(records[3].dates, [parts("2020", "may")]);
    assert_eq!(records[3].ids, [RawId::Own("a".into())]);
    assert_eq!(records[3].keywords, ["k1"]);
    assert_eq!(records[1].dates, [parts("2021", "")]);
    assert_eq!(records[1].authors, [], "the editor is no author");
    assert_eq!(records[4].dates, [parts("2019", "")]);
    assert_eq!(records[5].authors.len(), 1, "a book's author wrote its chapters");
    assert_eq!(records[5].publisher.as_deref(), Some("House"));
}

#[test]
fn failing_input_ends_the_records() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk"))
        }
    }
    let start = Cursor::new(format!("@article{{a, title={{A}}}}{} @article{{b, ", " ".repeat(1000)));
    let content = BufReader::new(std::io::Read::chain(start, Failing));
    let records: Vec<_> = Reader::new("x.bib".into(), Box::new(content)).collect();
    assert!(matches!(records[..], [Ok(_), Err(Error::Io(_))]));
}

const SAMPLE: &str = "% x\n@string{j = \"Journal\"}\n@article{a,\n  title = {A {B} \\{c\\}},\n\
           author = {Roe, A. and {The Group}},\n\
    journal = j # { X},\n  year = 2020,\n}\n\
         @inproceedings(b, title = \"B \\\"o\", crossref = {p}, url = {http://x.org/a\\_b})\n\
    @comment{jabref}\n@proceedings{p, title = {P}, date = {2020-01/2021}, eprint = {1706.03762}}\n\
         @misc{d, title = {D}, month = jan}\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn mutated_files_end_without_panic(
        mutations in proptest::collection::vec((0..SAMPLE.len(), 0..SAMPLE.len(), 0..5_u8, any::<u8>()), 1..8),
        piece in 1..64_usize,
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (from, to, action, byte) in mutations {
            let (from, to) = (from.min(to).min(bytes.len()), from.max(to).min(bytes.len()));
            match action {
                0 => { bytes.drain(from..to); }
                1 => if let Some(old) = bytes.get_mut(from) { *old = byte },
                2 => { let copy = bytes[from..to].to_vec(); bytes.splice(to..to, copy); }
                3 => { bytes.insert(from, [b'{', b'}', b'"', b'@'][usize::from(byte) % 4]); }
                _ => { bytes.splice(from..from, vec![[b'{', b'}', b'"', b'\\'][usize::from(byte) % 4]; 2000]); }
            }
        }
        let most = bytes.split(|byte| *byte == b'@').count() - 1;
        let whole = read(bytes.clone());
        prop_assert!(whole.len() <= most);
        // The pieces in which the bytes arrive make no difference.
        let content = BufReader::with_capacity(piece, Cursor::new(bytes));
        let in_pieces: Vec<_> = Reader::new("x.bib".into(), Box::new(content)).collect();
        prop_assert_eq!(format!("{whole:?}"), format!("{in_pieces:?}"));
    }
}

/// A value without delimiters, whose braces are balanced.
fn balanced() -> impl Strategy<Value = String> {
    "[a-z ,#=%&\n]{0,9}".prop_recursive(3, 12, 3, |inner| {
        proptest::collection::vec(inner, 1..3).prop_map(|parts| format!("x{{{}}}", parts.join("} y{")))
    })
}

/// A part of a value as it is written, with its text.
fn piece() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        balanced().prop_map(|text| (format!("{{{text}}}"), text)),
        balanced().prop_map(|text| (format!("\"{text}\""), text)),
        (0..3000_u32).prop_map(|number| (number.to_string(), number.to_string())),
    ]
}

proptest! {
    /// The library is an independent parser, which reads valid files only.
    #[test]
    fn valid_entries_are_split_as_by_another_parser(
        fields in proptest::collection::vec(("[a-z]{1,6}", proptest::collection::vec(piece(), 1..3)), 0..6),
        space in prop::sample::select(vec!["", " ", "\n\t"]),
    ) {
        let mut text = format!("@misc{space}{{key{space},{space}");
        for (name, pieces) in &fields {
            let value = pieces.iter().map(|(written, _)| written.as_str()).collect::<Vec<_>>().join(" # ");
            text.push_str(&format!("{name}{space}={space}{value}{space},{space}"));
        }
        text.push_str("}\n");
        let library = biblatex::RawBibliography::parse(&text).unwrap();
        let library = library.entries[0].v.fields.iter().map(|pair| {
            let value = pair.value.v.iter().map(|chunk| match chunk.v {
                biblatex::RawChunk::Normal(text) | biblatex::RawChunk::Abbreviation(text) => text,
            });
            (pair.key.v.to_owned(), value.collect::<String>())
        });
        let item = Splitter::new(Box::new(Cursor::new(text.clone()))).next().unwrap().unwrap();
        prop_assert_eq!((item.line, item.end), (1, End::Closed));
        let reader = Reader::new("x.bib".into(), Box::new(io::empty()));
        let entry = reader.entry(&item);
        prop_assert_eq!(&entry.key, "key");
        prop_assert_eq!(&entry.losses, &[]);
        prop_assert_eq!(&entry.fields, &library.collect::<Vec<_>>());
        let wanted = fields.iter().map(|(name, pieces)| {
            (name.clone(), pieces.iter().map(|(_, text)| text.as_str()).collect::<String>())
        });
        prop_assert_eq!(entry.fields, wanted.collect::<Vec<_>>());
    }
}
