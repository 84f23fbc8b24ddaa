//! Values of many forms, and of wrong ones.

use super::*;
use crate::corpus::Loss;

fn authors(value: &str) -> Vec<Author> {
    whole(&format!(r#"{{"title":"t","authors":{value}}}"#)).authors
}

fn dates(value: &str) -> Vec<RawDate> {
    whole(&format!(r#"{{"title":"t","published":{value}}}"#)).dates
}

fn losses(members: &str) -> Vec<String> {
    let record = only(&format!(r#"{{"title":"t",{members}}}"#));
    record.losses.into_iter().map(|Loss { field, reason }| format!("{field}: {reason}")).collect()
}

#[test]
fn numbers_keep_their_digits() {
    assert_eq!(whole(r#"{"title":"t","id":2001.00010}"#).ids, [RawId::Any("2001.00010".into())]);
    assert_eq!(whole(r#"{"title":"t","id":2001.0001}"#).ids, [RawId::Any("2001.0001".into())]);
    assert_eq!(whole(r#"{"title":"t","externalIds":{"ArXiv":2001.00010}}"#).ids, [RawId::Arxiv("2001.00010".into())]);
    assert_eq!(whole(r#"{"title":"t","id":17}"#).ids, [RawId::Own("17".into())]);
    assert_eq!(whole(r#"{"title":1984}"#).title, "1984");
}

#[test]
fn names_may_be_written_in_any_case() {
    let record =
        whole(r#"{"Title":"t","ABSTRACT":"x","Published Online":"2020","citation_count":3,"Is-Retracted":true}"#);
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("t", "x"));
    assert_eq!((record.dates, record.citations, record.is_retracted), (vec![date("2020")], Some(3), true));
}

#[test]
fn authors_may_be_written_in_any_form() {
    assert_eq!(authors(r#"["Ada Smith","Bo Lee"]"#), [printed("Ada Smith"), printed("Bo Lee")]);
    assert_eq!(authors(r#""Ada Smith; Bo Lee""#), [printed("Ada Smith"), printed("Bo Lee")]);
    assert_eq!(authors(r#""['Ada Smith', 'Bo Lee']""#), [printed("Ada Smith"), printed("Bo Lee")]);
    assert_eq!(authors(r#"[{"name":"Ada Smith"},{"display_name":"Bo Lee"},{"full_name":"Lee, Cy"}]"#).len(), 3);
    assert_eq!(authors(r#"{"name":"Ada Smith"}"#), [printed("Ada Smith")]);
    assert_eq!(authors(r#"[["Smith","Ada","Jr."],["LIGO","",""]]"#), [person("Smith", "Ada", "Jr."), printed("LIGO")]);
    assert_eq!(
        authors(
            r#"[{"first":"Ada","middle":["B.","C."],"last":"Smith","suffix":"III"},{"forenames":"Bo","keyname":"Lee"}]"#
        ),
        [person("Smith", "Ada B. C.", "III"), person("Lee", "Bo", "")]
    );
    assert_eq!(
        authors(r#"[{"family":"Beethoven","non-dropping-particle":"van","given":"L."},{"literal":"The Group"}]"#),
        [person("van Beethoven", "L.", ""), Author::Group("The Group".into())]
    );
    assert_eq!(authors(r#"[{"name":"A","hidden":false},{"name":"B","hidden":true},null,""]"#), [printed("A")]);
}

#[test]
fn dates_may_be_written_in_any_form() {
    assert_eq!(dates("\"2020-05-01T00:00:00Z\""), [date("2020-05-01T00:00:00Z")]);
    assert_eq!(dates("2017"), [date("2017")]);
    assert_eq!(dates("2017.0"), [date("2017")]);
    assert_eq!(dates("1588291200000"), [RawDate::Milliseconds(1_588_291_200_000)]);
    assert_eq!(dates("1588291200"), [RawDate::Milliseconds(1_588_291_200_000)]);
    assert_eq!(dates(r#"{"$date":{"$numberLong":"1588291200000"}}"#), [RawDate::Milliseconds(1_588_291_200_000)]);
    assert_eq!(dates(r#"{"date-parts":[[2020,5,1]]}"#), [parts("2020", "5", "1")]);
    assert_eq!(dates(r#"{"date-parts":[["2020","5",null]]}"#), [parts("2020", "5", "")]);
    assert_eq!(dates(r#"{"date-parts":[[null]]}"#), []);
    assert_eq!(dates(r#"{"literal":"May 2020"}"#), [date("May 2020")]);
    assert_eq!(dates(r#"{"raw":"2020/05"}"#), [date("2020/05")]);
    assert_eq!(dates(r#"{"year":2020,"month":"May"}"#), [parts("2020", "May", "")]);
    assert_eq!(dates("[2020,5,1]"), [parts("2020", "5", "1")]);
    let record = whole(r#"{"title":"t","update_date":"2021-01-01","year":2020,"month":"may","day":3}"#);
    assert_eq!(record.dates, [parts("2020", "may", "3"), date("2021-01-01")]);
}

#[test]
fn abstracts_may_be_written_in_any_form() {
    let text = |value: &str| whole(&format!(r#"{{"title":"t","abstract":{value}}}"#)).abstract_text;
    assert_eq!(text(r#"["One.","Two."]"#), "One.\nTwo.");
    assert_eq!(
        text(r#"[{"text":"One.","section":"Abstract"},{"text":"Two.","section":"Methods"}]"#),
        "One.\nMethods: Two."
    );
    assert_eq!(text(r#"{"BACKGROUND":"One.","METHODS":"Two."}"#), "BACKGROUND: One.\nMETHODS: Two.");
    assert_eq!(text(r#"{"text":"One."}"#), "One.");
    let index = |value: &str| only(&format!(r#"{{"title":"t","abstract_inverted_index":{value}}}"#));
    assert_eq!(index(r#"{"a":[0,3],"b":[1],"c":[7]}"#).abstract_text, "a b a c");
    assert_eq!(index(r#""{\"a\":[1],\"b\":[0]}""#).abstract_text, "b a");
    assert_eq!(index(r#"{"IndexLength":2,"InvertedIndex":{"a":[1],"b":[0]}}"#).abstract_text, "b a");
    let record = index(r#"{"a":[0,100001]}"#);
    assert_eq!(record.abstract_text, "");
    assert_eq!(
        record.losses[0].reason,
        "expected `abstract_inverted_index` to be an object with the positions of each word, from 0 to 100000"
    );
    assert_eq!(index(r#"{"a":[-1]}"#).losses.len(), 1);
    assert_eq!(index(r#"{"a":1}"#).losses.len(), 1);
}

#[test]
fn categories_may_be_written_in_any_form() {
    let categories = |value: &str| whole(&format!(r#"{{"title":"t","categories":{value}}}"#)).categories;
    assert_eq!(categories(r#"["cs.LG","cs.AI","cs.LG"]"#), ["cs.LG", "cs.AI"]);
    assert_eq!(categories(r#""cs.LG cs.AI""#), ["cs.LG", "cs.AI"]);
    assert_eq!(categories(r#""['cs.LG', 'cs.AI']""#), ["cs.LG", "cs.AI"]);
    assert_eq!(categories(r#""Computer Science; Medicine""#), ["Computer Science", "Medicine"]);
    assert_eq!(categories(r#"[{"category":"Physics","source":"s2-fos-model"}]"#), ["Physics"]);
    let record = whole(r#"{"title":"t","categories":["cs.AI","cs.LG"],"primary_category":"cs.LG"}"#);
    assert_eq!(record.categories, ["cs.LG", "cs.AI"]);
}

#[test]
fn wrong_values_cost_only_themselves() {
    assert_eq!(
        losses(r#""authors":[{"affiliation":"X"},{"name":"A"}]"#),
        ["authors: `authors[0]` is an object without `name`"]
    );
    assert_eq!(losses(r#""authors":[true]"#), ["authors: `authors[0]` should be a name, but is `true`"]);
    assert_eq!(losses(r#""published":{"a":1}"#), ["published: expected `published` to be a date, found an object"]);
    assert_eq!(losses(r#""abstract":true"#), ["abstract: expected `abstract` to be a text, found `true`"]);
    assert_eq!(losses(r#""author_count":-1"#), ["author_count: expected `author_count` to be a number, found `-1`"]);
    assert_eq!(losses(r#""id":{"a":[]}"#), ["id: expected `id` to be a text or a number, found an object"]);
    assert_eq!(
        losses(r#""comments":"37 pages","citations":[{"title":"x"}],"authors":null,"venue":"""#),
        Vec::<String>::new()
    );
    assert_eq!(titles(r#"{"title":{"a":1}}"#), ["1: expected `title` to be a text, found an object"]);
    assert_eq!(titles(r#"{"title":["", null],"abstract":"x"}"#), ["1: expected `title` to be a text, found an array"]);
    assert_eq!(titles(r#"{"title":[""],"abstract":"x"}"#), ["1: expected a title, found none"]);
    assert_eq!(titles(r#"{"title":" ","abstract":"x"}"#), ["1: expected a title, found none"]);
}

#[test]
fn fields_that_are_not_known_are_named() {
    let record =
        only(r#"{"title":"t","abstract_de":"x","reviewDate":"","sample_id":7,"score":1,"title_vector":{"a":1}}"#);
    assert_eq!(record.unread, ["abstract_de", "sample_id"]);
}

#[test]
fn parsed_object_gives_the_same_record_as_its_text() {
    for text in [
        r#"{"id":1706.03762,"title":"a","authors":"A. One","comments":7,"published":2017}"#,
        r#"{"title":{"a":1}}"#,
        r#"{"abstract":"b"}"#,
        r#"["id","doi","title"]"#,
        "null",
    ] {
        assert_eq!(record_of(&serde_json::from_str(text).unwrap()), record(text), "{text}");
    }
    assert_eq!(record("null").unwrap_err(), "expected a JSON object with a title, found `null`");
}
