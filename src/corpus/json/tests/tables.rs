//! Objects that contain several papers in place of a list.

use super::*;

#[test]
fn papers_by_their_ids_are_read_with_their_lines() {
    let text =
        "{\n \"a1\": {\"title\": \"a\", \"year\": 2019},\n \"a2\": {\"title\": \"b\"},\n \"a3\": {\"title\": \"\"}\n}";
    assert_eq!(titles(text), ["2 a", "3 b"]);
    let records: Vec<Record> = read(text).into_iter().flatten().collect();
    assert_eq!(records[0].ids, [RawId::Own("a1".into())]);
    let summary = r#"{"header":{"type":"esummary"},"result":{"uids":["1","2"],"1":{"uid":"1","title":"a"},"2":{"uid":"2","title":"b"}}}"#;
    assert_eq!(titles(summary), ["1 a", "1 b"]);
}

#[test]
fn names_of_parts_are_not_ids() {
    let triple = r#"{"query":{"title":"a"},"positive":{"title":"b"}}"#;
    let records: Vec<Record> = read(format!("[{triple},{triple}]")).into_iter().flatten().collect();
    assert_eq!(records.len(), 4);
    assert!(records[2].ids.is_empty() && records[3].ids.is_empty());
}

#[test]
fn objects_with_titled_parts_are_not_lists_of_papers() {
    let wanted = ["1: expected a title, found none"];
    assert_eq!(titles(r#"{"journal":{"title":"J"},"year":2019}"#), wanted);
    assert_eq!(titles(r#"{"a":{"title":"x"},"b":1,"c":2}"#), wanted);
}

#[test]
fn tables_written_by_columns_are_read() {
    let by_row = r#"{"title":{"0":"a","1":"b"},"year":{"0":2019,"1":2020},"authors":{"0":["Ada Smith","Bo Lee"],"1":["Cy Poe"]},"note":{"x":1}}"#;
    let lists = r#"{"title":["a","b"],"year":[2019,2020],"authors":[["Ada Smith","Bo Lee"],["Cy Poe"]]}"#;
    for text in [by_row, lists] {
        assert_eq!(titles(text), ["1 a", "1 b"], "{text}");
        let records: Vec<Record> = read(text).into_iter().flatten().collect();
        assert_eq!(records[0].authors, [printed("Ada Smith"), printed("Bo Lee")]);
        assert_eq!((&records[0].dates, &records[1].dates), (&vec![date("2019")], &vec![date("2020")]));
    }
    let gap = r#"{"title":{"0":"a","1":null},"year":{"0":2019,"1":2020}}"#;
    assert_eq!(titles(gap), ["1 a", "1: expected a title, found none"]);
}

#[test]
fn a_table_that_names_its_columns_once_is_read() {
    let text = "{\"columns\":[\"title\",\"year\",\"doi\"],\"index\":[0,1,2],\"data\":[\n[\"a\",2019,null],\n[\"b\"],\n[\"c\",2020,\"10.1234/c\"]]}";
    assert_eq!(titles(text), ["2 a", "3: expected a row of 3 values, found 1", "4 c"]);
    let records: Vec<Record> = read(text).into_iter().flatten().collect();
    assert_eq!((&records[1].dates, &records[1].ids), (&vec![date("2020")], &vec![RawId::Doi("10.1234/c".into())]));
}

#[test]
fn a_paper_with_titles_in_several_languages_is_one_paper() {
    assert_eq!(titles(r#"{"title":["a","b"],"author":["A. One","B. Two"],"year":2019}"#), ["1 a"]);
    assert_eq!(titles(r#"{"title":["a"],"abstract":["x"]}"#), ["1 a"]);
}

#[test]
fn details_complete_a_paper() {
    let record = whole(
        r#"{"details":{"title":"Other","abstract":"About."},"title":"a","release_date":"2024-12","authors_list":["Ada Smith"]}"#,
    );
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("a", "About."));
    assert_eq!((record.dates, record.authors), (vec![date("2024-12")], vec![printed("Ada Smith")]));
}
