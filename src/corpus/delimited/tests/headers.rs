//! Finding the header and the delimiter.

use super::*;

#[test]
fn a_header_names_a_title_column() {
    for beginning in [
        "title,year\n",
        "id;Title;Year\r\n",
        "\u{feff}\"Key\",\"Item Type\",\"Title\"\n\"A\",",
        "PT\tAU\tAF\tTI\tSO\n",
        "Titles|Authors",
        "title\nDeep learning\n",
        "\"Title\"\n",
        "sep=;\nYear;Title\n",
        "sep=;\nTitle\n",
        "My library\n\nYear,Title,Authors\n",
        "title,year\rA,2020\r",
        "Article  Title,DOI",
        "Document_Title\tYear\n",
    ] {
        assert!(is_header(beginning), "{beginning}");
    }
    for beginning in [
        "",
        "\n\n",
        "name,year\n",
        "{\"title\": \"A\", \"year\": 1}\n",
        "[{\"title\": \"A\"}]",
        "@article{a,\n  title = {A},\n  year = 2020\n}",
        "TY  - JOUR\nTI  - A\n",
        "PMID- 1\nTI  - A\n",
        "%0 Journal Article\n%T A\n",
        "A text about papers\ntitle, and more of it\n",
        "A text\ntitle\n",
        "<?xml version=\"1.0\"?>\n<title>A</title>",
        "\\documentclass{article}\n\\title{A}",
        "@article{a,\n  keywords = {paper, title, author},\n}",
        "TY  - JOUR\nKW  - paper, title, author\n",
        "%0 Journal Article\n%K paper, title, author\n",
        "[\"title\",\"year\"]\n",
        "a\nb\nc\nd\ne\nf\ntitle,year\n",
    ] {
        assert!(!is_header(beginning), "{beginning}");
    }
}

#[test]
fn every_delimiter_is_found() {
    for delimiter in [",", ";", "\t", "|"] {
        let table = ["Year", "Title", "Abstract"].join(delimiter) + "\n" + &["2020", "T", "A"].join(delimiter);
        let record = only(&table);
        assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("T", "A"), "{delimiter}");
    }
}

#[test]
fn the_rows_decide_between_delimiters_of_the_header() {
    assert_eq!(titles("Title;x,y;Year\nA, b;1;2020\n"), ["A, b"]);
    assert_eq!(titles("title;year,authors;doi\nA;2020;10.1/x\n"), ["A"]);
}

#[test]
fn the_delimiter_of_excel_is_honoured() {
    let record = only("sep=;\r\nTitle;Year\r\nA, or B;2020\r\n");
    assert_eq!(record.title, "A, or B");
    assert_eq!(record.line, 3);
    assert_eq!(titles("\u{feff}\"sep=\t\"\nTitle\tYear\nA\t2020\n"), ["A"]);
}

#[test]
fn lines_before_the_header_are_skipped() {
    let record = only("Results of my search\n\n,,\nAuthors,Title,Year\nOne,A,2020\n");
    assert_eq!((record.title.as_str(), record.line), ("A", 5));
}

#[test]
fn a_table_with_one_column_has_no_delimiter() {
    assert_eq!(
        titles("Title\nAttention, please; now\n\"Quoted, \"\"title\"\"\"\n"),
        ["Attention, please; now", "Quoted, \"title\""]
    );
}

#[test]
fn a_table_without_titles_is_reported_with_its_columns() {
    assert_eq!(titles("name,year\nA,2020\n"), ["x.csv:1: expected a column `title`; the columns are `name`, `year`"]);
    assert_eq!(titles("\n\nname\n"), ["x.csv:1: expected a column `title`; the columns are `name`"]);
    assert_eq!(titles(""), Vec::<String>::new());
    assert_eq!(titles("\n\r\n"), Vec::<String>::new());
}

#[test]
fn names_are_compared_without_case_and_marks() {
    let record = only("\u{feff}\"ARTICLE_TITLE\";Pub-Year; Author(s) ;Art. No.\nA;2020;One;e12\n");
    assert_eq!(record.title, "A");
    assert_eq!(record.dates, dates(&["2020"]));
    assert_eq!(record.authors, printed(&["One"]));
    assert_eq!(record.pages.as_deref(), Some("e12"));
}

#[test]
fn a_repeated_header_and_empty_rows_are_skipped() {
    assert_eq!(titles("Title,Year\nA,2020\n,\n\nTitle,Year\nB,2021\n , \n"), ["A", "B"]);
}
