//! Tests of `delimited`.

use std::fmt::Write as _;
use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::corpus::{Author, Loss, RawDate, RawId};

fn read_bytes(bytes: &[u8]) -> Vec<Result<Record>> {
    Reader::new("x.csv".into(), Box::new(Cursor::new(bytes.to_vec()))).collect()
}

fn read(text: &str) -> Vec<Result<Record>> {
    read_bytes(text.as_bytes())
}

fn only(text: &str) -> Record {
    let mut records = read(text);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0).unwrap()
}

/// The titles, and the messages of rows that were not read.
fn titles(text: &str) -> Vec<String> {
    read(text).into_iter().map(|row| row.map_or_else(|error| error.to_string(), |record| record.title)).collect()
}

fn printed(cells: &[&str]) -> Vec<Author> {
    cells.iter().flat_map(|cell| crate::corpus::names::split(cell)).collect()
}

fn each(names: &[&str]) -> Vec<Author> {
    names.iter().map(|name| Author::Printed((*name).to_owned())).collect()
}

fn dates(texts: &[&str]) -> Vec<RawDate> {
    texts.iter().map(|text| RawDate::Text((*text).to_owned())).collect()
}

mod headers;
mod quotes;
mod sources;

#[test]
fn cells_that_are_lists_are_split() {
    let record = only(
        "titles,summaries,terms,authors,journal,s2FieldsOfStudy,openAccessPdf,externalids\n\
         A,B,\"['cs.LG', 'stat.ML']\",\"[{'authorId': '1', 'name': \"\"Ada O'Neil\"\"}, {'authorId': None, 'name': 'Bo Lee'}]\",\
         \"{'name': 'Acta X', 'pages': '1-2'}\",\"[{\"\"category\"\": \"\"Optics\"\", \"\"source\"\": \"\"e\"\"}]\",\
         \"{'url': 'https://x.org/a.pdf', 'status': 'GREEN'}\",\
         \"{\"\"DOI\"\": \"\"10.1/a\"\", \"\"ArXiv\"\": \"\"1706.03762\"\", \"\"CorpusId\"\": 42, \"\"MAG\"\": \"\"7\"\", \"\"PubMed\"\": null}\"\n",
    );
    assert_eq!(record.title, "A");
    assert_eq!(record.abstract_text, "B");
    assert_eq!(record.categories, ["cs.LG", "stat.ML"]);
    assert_eq!(record.authors, printed(&["Ada O'Neil", "Bo Lee"]));
    assert_eq!(record.venue.as_deref(), Some("Acta X"));
    assert_eq!(record.open_access.as_deref(), Some("https://x.org/a.pdf"));
    assert_eq!(
        record.ids,
        [RawId::Doi("10.1/a".into()), RawId::Arxiv("1706.03762".into()), RawId::SemanticScholar("CorpusId:42".into())]
    );
}

#[test]
fn lists_are_read_in_every_notation() {
    let authors = |cell: &str| only(&format!("title\tauthors\nA\t{cell}\n")).authors;
    assert_eq!(authors("[\"Ada\", \"Bo \\u00c9\\ud83d\\ude00\"]"), each(&["Ada", "Bo É😀"]));
    assert_eq!(authors("['Ada' 'Bo']"), each(&["Ada", "Bo"]));
    assert_eq!(authors("[Ada Smith, Bo O'Neil]"), each(&["Ada Smith", "Bo O'Neil"]));
    assert_eq!(authors("['Smith, Ada', None, nan, 'D\\'Arcy']"), each(&["Smith, Ada", "D'Arcy"]));
    assert_eq!(authors("[]"), []);
    assert_eq!(authors("[Anonymous]"), each(&["Anonymous"]));
    assert_eq!(authors("[{'author': {'display_name': 'Ada'}, 'institutions': ['X']}]"), each(&["Ada"]));
    let person = |family: &str, given: &str, suffix: &str| Author::Person {
        family: family.into(),
        given: given.into(),
        suffix: suffix.into(),
    };
    assert_eq!(authors("[{'family': 'Smith', 'given': 'Ada'}]"), [person("Smith", "Ada", "")]);
    assert_eq!(
        only("title\tauthors_parsed\nA\t[['Smith', 'Ada', ''], ['Lee', 'Bo', 'Jr.']]\n").authors,
        [person("Smith", "Ada", ""), person("Lee", "Bo", "Jr.")]
    );
    read(&format!("title\tauthors\nA\t[{}]\n", "[".repeat(200_000)));
}

#[test]
fn missing_values_are_empty_but_not_as_a_title() {
    for null in ["nan", "NaN", "None", "null", "N/A", "NA", "<NA>", "NaT", "[]", ""] {
        let record =
            only(&format!("title,abstract,year,doi,authors,first_date\nNone,{null},{null},{null},{null},{null}\n"));
        assert_eq!(record, Record { line: 2, title: "None".into(), ..Record::default() }, "{null}");
    }
    for venue in ["Na", "Nat", "Nan"] {
        assert_eq!(only(&format!("title,venue\nA,{venue}\n")).venue.as_deref(), Some(venue));
    }
}

#[test]
fn the_first_filled_column_of_a_field_is_used_and_the_ids_of_all() {
    let record = only(
        "Author Keywords,Index Keywords,DOI,PubMed ID,Title,Summary,Abstract,id,Link,EID\n\
         ,x; y,10.1/a,123.0,T,second,,https://openalex.org/W1,https://x.org,2-s2.0-1\n",
    );
    assert_eq!(record.keywords, ["x", "y"]);
    assert_eq!(record.abstract_text, "second");
    assert_eq!(
        record.ids,
        [
            RawId::Any("https://openalex.org/W1".into()),
            RawId::Doi("10.1/a".into()),
            RawId::Pubmed("123".into()),
            RawId::Own("2-s2.0-1".into())
        ]
    );
}

#[test]
fn several_ids_in_a_cell_are_separated() {
    let ids = |cell: &str| {
        let ids = only(&format!("title\tids\nA\t{cell}\n")).ids;
        ids.into_iter().map(|id| if let RawId::Any(id) = id { id } else { format!("{id:?}") }).collect::<Vec<_>>()
    };
    assert_eq!(ids("10.1/a arXiv:1706.03762"), ["10.1/a", "arXiv:1706.03762"]);
    assert_eq!(ids("10.1/a;pmid:12; W34"), ["10.1/a", "pmid:12", "W34"]);
    assert_eq!(ids("10.1/a|W34"), ["10.1/a", "W34"]);
    assert_eq!(
        ids("10.1002/(SICI)1097(1998)17:15<1::AID-X>3.0.CO;2-2"),
        ["10.1002/(SICI)1097(1998)17:15<1::AID-X>3.0.CO;2-2"]
    );
    assert_eq!(ids("[\"10.1/a\", \"W34\"]"), ["10.1/a", "W34"]);
    assert_eq!(only("title,id\nA,17\n").ids, [RawId::Own("17".into())]);
    assert_eq!(only("title,key\nA,DBLP:conf/x/Y17\n").ids, [RawId::Dblp("conf/x/Y17".into())]);
}

#[test]
fn a_bad_value_costs_the_value() {
    let record = only("title,citations,year\nA,many,soon\n");
    assert_eq!(record.citations, None);
    assert_eq!(record.losses, [Loss { field: "citations".into(), reason: "expected a number, found `many`".into() }]);
    assert_eq!(record.dates, dates(&["soon"]));
    for (text, wanted) in [("\"1,234\"", 1234), ("12.0", 12), ("7", 7)] {
        assert_eq!(only(&format!("title,Cited by\nA,{text}\n")).citations, Some(wanted));
    }
}

#[test]
fn unknown_columns_that_look_useful_are_named() {
    let record = only("title,structured abstract,colour,Grant ID,orcid,author note,paid\nA,text,red,7,0000,,x\n");
    assert_eq!(record.unread, ["structured abstract", "Grant ID"]);
}

#[test]
fn retracted_papers_are_marked() {
    assert!(only("title,is_retracted\nA,True\n").is_retracted);
    assert!(!only("title,is_retracted\nA,False\n").is_retracted);
    assert!(only("title,Document Type\nA,Article; Retracted Publication\n").is_retracted);
    assert!(!only("title,Document Type\nA,Retraction\n").is_retracted);
}

#[test]
fn categories_are_separated_by_what_they_contain() {
    let categories = |cell: &str| only(&format!("title\tcategories\nA\t{cell}\n")).categories;
    assert_eq!(categories("cs.LG stat.ML"), ["cs.LG", "stat.ML"]);
    assert_eq!(categories("cs.LG, hep-th; math"), ["cs.LG", "hep-th", "math"]);
    assert_eq!(categories("Machine learning"), ["Machine learning"]);
    assert_eq!(
        categories("Computer Science, Artificial Intelligence; Optics"),
        ["Computer Science, Artificial Intelligence", "Optics"]
    );
    assert_eq!(categories("Optics, Acoustics"), ["Optics", "Acoustics"]);
}

#[test]
fn keywords_are_separated_by_what_they_contain() {
    let keywords = |cell: &str| only(&format!("title\tkeywords\nA\t{cell}\n")).keywords;
    assert_eq!(keywords("one; two, three;"), ["one", "two, three"]);
    assert_eq!(keywords("one, two (three, four), five"), ["one", "two (three, four)", "five"]);
    assert_eq!(keywords("one|two words"), ["one", "two words"]);
    assert_eq!(keywords("one"), ["one"]);
}

/// A table of several rows, as programs write it.
fn good_table() -> String {
    let mut table = String::from("id,title,abstract,authors,year\n");
    for row in 0..6 {
        let _ = writeln!(table, "{row},\"Title, {row}\",\"One \"\"two\"\",\nthree {row}\",\"['A', 'B']\",20{row:02}");
    }
    table
}

proptest! {
    #[test]
    fn a_damaged_table_ends_without_panic(
        cuts in proptest::collection::vec((0..400_usize, 0..400_usize, 0..4_u8, any::<u8>()), 0..6),
    ) {
        let mut bytes = good_table().into_bytes();
        for (place, other, change, byte) in cuts {
            let (place, other) = (place % bytes.len().max(1), other % bytes.len().max(1));
            let (start, end) = (place.min(other), place.max(other));
            match change {
                0 => bytes.truncate(end),
                1 if place < bytes.len() => bytes[place] = byte,
                2 => bytes.extend_from_within(start..end),
                _ => { bytes.splice(start..start, b"[[[{{{\"\"\"".iter().copied()); }
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
        prop_assert!(read_bytes(&bytes).len() <= lines);
        is_header(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_well_formed_table_reads_back(
        rows in proptest::collection::vec(proptest::collection::vec("[a-c ,;\"\n|\\\\]{0,8}", 3), 1..6),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["title", "abstract", "venue"]).unwrap();
        for row in &rows {
            writer.write_record([format!("t{}", row[0]), row[1].clone(), row[2].clone()]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let read: Vec<Record> = read_bytes(&bytes).into_iter().filter_map(Result::ok).collect();
        prop_assert_eq!(read.len(), rows.len());
        for (record, row) in read.iter().zip(&rows) {
            let title = format!("t{}", row[0]);
            prop_assert_eq!(&record.title, title.trim());
            prop_assert_eq!(&record.abstract_text, row[1].trim());
        }
    }
}
