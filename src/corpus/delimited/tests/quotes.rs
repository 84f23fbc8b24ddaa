//! Quotes, line ends, and rows that are not well formed.

use super::*;

#[test]
fn quoted_cells_may_contain_anything() {
    let record = only("title,abstract,year\r\n\"A, \"\"b\"\"\",\"One,\r\ntwo\n\n\"\"three\"\"\",2020\r\n");
    assert_eq!(record.title, "A, \"b\"");
    assert_eq!(record.abstract_text, "One,\ntwo\n\n\"three\"");
    assert_eq!(record.dates, dates(&["2020"]));
    assert_eq!(titles("title,year\n\"\",2020\n \"A\" ,2020\n"), ["x.csv:2: expected a title, found none", "A"]);
}

#[test]
fn missing_and_extra_cells_cost_nothing() {
    assert_eq!(titles("title,year\nA\nB,2020,x,y\nC,\n"), ["A", "B", "C"]);
    assert_eq!(titles("year,title\n2020\n,B\n"), ["x.csv:2: expected a title, found none", "B"]);
}

#[test]
fn unclosed_quote_is_reported_where_it_began() {
    assert_eq!(
        titles("id,title,year\n1,A,2020\n2,\"B, b,2020\n3,C,2020\n4,D,2020\n5,E,2020\n6,F,2020\n"),
        [
            "A",
            "x.csv:3: expected a closing quote for `B, b,2020 3,C,2020 4,D,2020 5,E,2020`, found what looks like a new row \
             before line 7",
            "C",
            "D",
            "E",
            "F"
        ]
    );
    let all_quoted =
        titles("\"id\",\"title\",\"year\"\n\"1\",\"A\",\"2020, or so\n\"2\",\"B\",\"2021\"\n\"3\",\"C\",\"2021\"\n");
    assert_eq!(all_quoted.len(), 3);
    assert!(all_quoted[0].starts_with("x.csv:2: expected a closing quote for `2020, or so"), "{all_quoted:?}");
    assert_eq!(all_quoted[1..], ["B", "C"]);
    let some_quoted =
        titles("id,title,abstract,year\n1,A,\"abc, d,2020\n2,B,\"bcd\",2021\n3,C,\"c\nd, e\",2021\n4,D,,2022\n");
    assert!(some_quoted[0].starts_with("x.csv:2: "), "{some_quoted:?}");
    assert_eq!(some_quoted[1..], ["B", "C", "D"]);
}

#[test]
fn unclosed_quote_at_the_end_of_the_file_is_reported() {
    assert_eq!(
        titles("title,year\nA,2020\n\"B, b,2020\n"),
        ["A", "x.csv:3: expected a closing quote for `B, b,2020`, found the end of the file"]
    );
    assert_eq!(
        titles("title,year\n\"B, b,2020\nC,2021\n\"D\n"),
        [
            "x.csv:2: expected a closing quote for `B, b,2020 C,2021 \"D`, found the end of the file",
            "C",
            "x.csv:4: expected a closing quote for `D`, found the next row"
        ]
    );
}

#[test]
fn a_row_that_is_complete_without_its_unclosed_quote_is_read() {
    assert_eq!(titles("title,year\nA,2020\n\"B,2020"), ["A", "B"]);
    let found = read("title,abstract,year\nA,\"open,2020\nB,\"fine, too\",2021\nC,x,2022\n");
    let found: Vec<Record> = found.into_iter().map(Result::unwrap).collect();
    assert_eq!(found.iter().map(|record| record.title.as_str()).collect::<Vec<_>>(), ["A", "B", "C"]);
    assert_eq!((found[0].abstract_text.as_str(), &found[0].dates), ("open", &dates(&["2020"])));
    assert_eq!((found[0].line, found[1].line), (2, 3));
}

#[test]
fn an_abstract_with_lines_like_rows_is_read() {
    let text = "First, it is\nshort, and\nclear, but\nnot, in\nany, way\nlike, the\nrest, of it";
    assert_eq!(only(&format!("title,abstract\nA,\"{text}\"\n")).abstract_text, text);
    let table = "x,\"\"y\"\",z\n1,2,3";
    assert_eq!(only(&format!("title,abstract,year\nA,\"{table}\",2020\n")).abstract_text, table.replace("\"\"", "\""));
}

#[test]
fn a_cell_that_is_too_long_is_reported() {
    let long = "word and word\n".repeat(rows::LONGEST_CELL / 14 + 10);
    let found = titles(&format!("title,abstract,year\nA,\"{long}\",2020\nB,x,2021\n"));
    assert!(found[0].starts_with("x.csv:2: expected a closing quote"), "{}", found[0]);
    assert!(found[0].ends_with("found none within 512 KiB"), "{}", found[0]);
    assert_eq!(found.last().map(String::as_str), Some("B"));
    let one_line = "a".repeat(crate::corpus::LONGEST_RECORD);
    assert_eq!(
        titles(&format!("title,abstract\nA,{one_line}\nB,\"{}\"\n", "x".repeat(600_000))),
        ["x.csv:2: expected a row of at most 8 MiB, found a longer line", "B"]
    );
}

#[test]
fn many_unclosed_quotes_take_linear_time() {
    let table = "title,year\n".to_owned() + &"\"x\n".repeat(100_000);
    assert_eq!(read(&table).len(), 100_000);
    let table = "title,abstract,year\n".to_owned() + &"a,\"x \" y\n".repeat(100_000);
    assert!(!read(&table).is_empty());
}

#[test]
fn quotes_that_are_not_doubled_are_read() {
    assert_eq!(titles("title,year\n\"The \"big\", thing\",2020\n"), ["The \"big\"",].map(|_| "The \"big".to_owned()));
    assert_eq!(titles("title,year\n\"The \"big one\" is here\",2020\n"), ["The \"big one\" is here"]);
    assert_eq!(titles("title,year\nThe \"big\" one,2020\n"), ["The \"big\" one"]);
    assert_eq!(
        titles("title\tyear\n\"Deep\" learning\t2020\n\"Open\t2021\nB\t2022\n"),
        ["\"Deep\" learning", "\"Open", "B"]
    );
    assert_eq!(titles("title,year\n\"Deep\" learning,2020\nB,2022\n"), ["\"Deep\" learning", "B"]);
}

#[test]
fn quotes_may_be_escaped_by_a_backslash() {
    assert_eq!(titles("title,year\n\"He said \\\"yes\\\", twice\",2020\nB,1\n"), ["He said \"yes\", twice", "B"]);
    assert_eq!(titles("title,year\n\"Ends with \\\",2020\nB,1\n"), ["Ends with \\", "B"]);
    assert_eq!(titles("title,year\n\"Schr\\\"odinger, or not\",2020\n"), ["Schr\\\"odinger, or not"]);
    assert_eq!(titles("title,year\n\"Schr\\\"\"odinger\",2020\n"), ["Schr\\\"odinger"]);
}

#[test]
fn line_ends_of_all_systems_are_read() {
    assert_eq!(titles("title,year\rA,2020\r\"B\",2021\r"), ["A", "B"]);
    assert_eq!(titles("title,year\r\nA,2020\r\nB,2021"), ["A", "B"]);
}

#[test]
fn bytes_that_are_no_text_cost_nothing_else() {
    let records = read_bytes(b"title,year\nA\0b\xff,2020\nB,2021\n");
    let titles: Vec<String> = records.into_iter().map(|record| record.unwrap().title).collect();
    assert_eq!(titles, ["Ab\u{fffd}", "B"]);
}

#[test]
fn an_error_of_the_system_ends_the_reading() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("broken"))
        }
    }
    let content = std::io::Read::chain(Cursor::new(b"title,year\nA,2020\n".to_vec()), Broken);
    let mut reader = Reader::new("x.csv".into(), Box::new(std::io::BufReader::new(content)));
    assert!(matches!(reader.next(), Some(Err(Error::Io(_)))));
    assert!(reader.next().is_none());
}
