//! Feeds of saved queries: selection and order of entries, valid Atom, conditional requests.

use atom_syndication::Feed;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::server::Settings;
use proptest::prelude::*;

use crate::support::http::{self, Answer, serving};
use crate::support::searcher;

/// A paper with this date; without one if it is empty.
fn dated(number: usize, date: &str) -> Paper {
    let id = PaperId::parse(&format!("2001.{number:05}")).unwrap();
    let paper = Paper::new(id, format!("Fish number {number}"), format!("There are {number} fish."));
    Paper { published: PublicationDate::parse(date), ..paper }
}

fn service(dir: &std::path::Path, papers: &[Paper]) -> Router {
    serving(searcher(dir, papers), Settings::default())
}

fn get(router: &Router, address: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let Answer { status, headers, body } = http::call(router, request.body(Body::empty()).unwrap());
    (status, headers, body)
}

fn feed(router: &Router, address: &str) -> Feed {
    let (status, headers, body) = get(router, address, &[("host", "127.0.0.1:7373")]);
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(headers["content-type"], "application/atom+xml; charset=utf-8");
    Feed::read_from(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn entries_are_sorted_by_date_and_undated_papers_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let dates = ["2017-06-12", "", "2019", "2017-06", "2017-06-13", "1948"];
    let papers: Vec<Paper> = dates.iter().enumerate().map(|(number, date)| dated(number, date)).collect();
    let router = service(folder.path(), &papers);
    let found = feed(&router, "/feed.atom?q=fish&mode=dense");
    let order: Vec<String> = [2, 4, 0, 3, 5].iter().map(|number| papers[*number].title.clone()).collect();
    assert_eq!(titles(&found), order);
    let instants: Vec<String> = found.entries.iter().map(|entry| entry.updated.to_rfc3339()).collect();
    assert_eq!(instants[3..], ["2017-06-01T00:00:00+00:00", "1948-01-01T00:00:00+00:00"]);
    assert_eq!(found.updated.to_rfc3339(), "2019-01-01T00:00:00+00:00");
    assert_eq!(found.links[0].href, "http://127.0.0.1:7373/feed.atom?q=fish&mode=dense");
    assert_eq!(found.entries[0].links[0].href, "https://arxiv.org/abs/2001.00002");

    let filtered = feed(&router, "/feed.atom?q=fish&from=2017-06&to=2017-06");
    assert_eq!(filtered.entries.len(), 3);
    assert_ne!(filtered.id, found.id, "another query");
    assert_eq!(feed(&router, "/feed.atom?mode=dense&q=fish").id, found.id, "the same query");
    let nothing = feed(&router, "/feed.atom?q=fish&from=2024");
    assert_eq!((nothing.entries.len(), nothing.updated.timestamp()), (0, 0));
}

#[test]
fn a_feed_has_fifty_entries_of_the_best_hundred() {
    let folder = tempfile::tempdir().unwrap();
    let papers: Vec<Paper> = (0..120).map(|number| dated(number, &format!("{}", 1900 + number))).collect();
    let router = service(folder.path(), &papers);
    let found = feed(&router, "/feed.atom?q=fish+number+7");
    assert_eq!(found.entries.len(), 50);
    let years: Vec<String> = found.entries.iter().map(|entry| entry.updated.to_rfc3339()[..4].to_owned()).collect();
    assert!(years.windows(2).all(|pair| pair[0] > pair[1]), "{years:?}");
}

#[test]
fn an_unchanged_feed_is_answered_with_304() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), &[dated(1, "2017"), dated(2, "2018")]);
    let (_, headers, _) = get(&router, "/feed.atom?q=fish", &[]);
    let tag = headers["etag"].to_str().unwrap();
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let (status, headers, body) = get(&router, "/feed.atom?q=fish", &[("if-none-match", &known)]);
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(headers["etag"], tag);
    }
    assert_eq!(get(&router, "/feed.atom?q=fish", &[("if-none-match", "\"other\"")]).0, StatusCode::OK);
    assert_eq!(get(&router, "/feed.atom?q=fish&mode=lexical", &[("if-none-match", tag)]).0, StatusCode::OK);
}

#[test]
fn invalid_requests_are_problem_details() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), &[dated(1, "2017")]);
    for address in ["/feed.atom", "/feed.atom?q=%20", "/feed.atom?q=x&k=3", "/feed.atom?q=x&from=soon"] {
        let (status, headers, body) = get(&router, address, &[]);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{address}: {body}");
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    assert_eq!(get(&router, "/feed.atom?q=x", &[("host", "evil.example")]).0, StatusCode::MISDIRECTED_REQUEST);
}

/// The text with one space for each run of white space and control characters, without characters that XML does not allow.
fn on_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").replace(['\u{fffe}', '\u{ffff}'], "")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_text_round_trips_through_a_feed(
        texts in prop::collection::vec("(<script>|]]>|&amp;|&|<!--|\"|'|\u{0}|\u{fffe}|\u{1b}|\n|x|.){0,12}", 4),
        url in prop::sample::select(vec!["javascript:alert(1)", "https://x.org/a b\"<c>&d", "data:text/html,x", "//x.org"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let [title, about, author, category] = [0, 1, 2, 3].map(|place| format!("x{}", texts[place]));
        let mut paper = dated(1, "2017-06-12");
        (paper.title, paper.abstract_text) = (title.clone(), about.clone());
        (paper.authors, paper.categories) = (vec![author.clone()], vec![category.clone()]);
        paper.url = Some(url.to_owned());
        let found = feed(&service(folder.path(), &[paper]), "/feed.atom?q=x&mode=dense");
        let entry = &found.entries[0];
        prop_assert_eq!(entry.title.as_str(), on_one_line(&title));
        prop_assert_eq!(entry.content.as_ref().unwrap().value.as_deref().unwrap(), on_one_line(&about));
        prop_assert_eq!(&entry.authors[0].name, &on_one_line(&author));
        prop_assert_eq!(&entry.categories[0].term, &on_one_line(&category));
        let wanted = if url.starts_with("https:") { "https://x.org/a%20b%22%3Cc%3E&d" } else { "https://arxiv.org/abs/2001.00001" };
        prop_assert_eq!(&entry.links[0].href, wanted);
    }
}
