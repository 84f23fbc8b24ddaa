//! A test of [`columns`](super::columns) and [`facets`](super::facets): they select and count the same papers as the database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fixedbitset::FixedBitSet;
use proptest::prelude::*;

use crate::embed::{Embedding, ModelFolder};
use crate::full_text::{FullText, renew};
use crate::paper::{Paper, PaperId, PublicationDate, PublicationType};
use crate::store::{Change, Criteria, Filter, Store, View};

const DATES: [&str; 6] = ["2019", "2019-06", "2019-06-15", "2020-01-01", "2020-12", "1999-12-31"];
const CATEGORIES: [&str; 6] = ["cs.LG", "cs", "csx.LG", "CS.lg", "math.CO", "größe.X"];
const NAMES: [&str; 5] = ["Ada Müller", "Bo Li", "Étienne O'Brien", "李 明", "ada muller-li"];
const KINDS: [PublicationType; 2] = [PublicationType::Article, PublicationType::Preprint];

fn some_of(texts: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<String>> {
    let one = prop::sample::select(texts).prop_map(str::to_owned);
    prop::collection::vec(one, 0..=most)
}

fn maybe_one_of(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    some_of(texts, 1).prop_map(|texts| texts.into_iter().next())
}

fn paper() -> impl Strategy<Value = Paper> {
    let texts = (maybe_one_of(&DATES), some_of(&CATEGORIES, 3), some_of(&NAMES, 3));
    let names = (maybe_one_of(&NAMES), maybe_one_of(&NAMES), prop::option::of(prop::sample::select(&KINDS[..])));
    let numbers = (prop::option::of(0u32..4), prop::option::of(0u32..4));
    (texts, names, numbers).prop_map(|((date, categories, authors), (organisation, venue, kind), numbers)| {
        let mut paper = Paper::new(PaperId::of_title("x"), "x".to_owned(), "y".to_owned());
        paper.published = date.and_then(|date| PublicationDate::parse(&date));
        (paper.categories, paper.authors, paper.organisation) = (categories, authors, organisation);
        (paper.venue, paper.kind, (paper.citations, paper.comments)) = (venue, kind, numbers);
        paper
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    const CRITERIA: [&str; 6] = ["cs.*", "CS.LG", "math", "größe", "csx", "x"];
    const PARTS: [&str; 8] = ["muller", "li", "o'brien", "明", "a", "nobody", "Müller, A.", "bo li"];
    const TYPES: [&str; 2] = ["article", "preprint"];
    let texts = (maybe_one_of(&DATES), maybe_one_of(&DATES), some_of(&CRITERIA, 2), some_of(&PARTS, 2));
    let names = (some_of(&PARTS, 2), some_of(&PARTS, 1), some_of(&TYPES, 1));
    let numbers = (prop::option::of(0u32..4), prop::option::of(0u32..4));
    (texts, names, numbers).prop_filter_map("dates", |(texts, names, (min_citations, min_comments))| {
        let ((from, to, categories, authors), (organisations, venues, types)) = (texts, names);
        let texts = Criteria { categories, authors, organisations, venues, types, ..Criteria::default() };
        Filter::new(Criteria { from, to, min_citations, min_comments, ..texts }).ok()
    })
}

/// Names with numbers of papers, and dates with rows.
type Counted = (Vec<(String, usize)>, Vec<(u32, u32)>);

/// The number of papers of each category among some rows, and their dates with their rows in order, from the database.
fn counted(view: &View<'_>, rows: &FixedBitSet) -> Counted {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut dates = Vec::new();
    view.labels(0, |doc, labels| {
        let keys: BTreeSet<String> = labels.categories.iter().map(|name| name.to_ascii_lowercase()).collect();
        for name in labels.categories {
            let shown = names.entry(name.to_ascii_lowercase()).or_insert_with(|| name.clone());
            *shown = name.min(shown.clone());
        }
        if rows.contains(doc.row()) {
            for key in keys {
                *counts.entry(key).or_default() += 1;
            }
            dates.push((labels.published.map_or(0, PublicationDate::sortable), doc.0));
        }
    })
    .unwrap();
    dates.sort_unstable();
    (counts.into_iter().map(|(key, count)| (names[&key].clone(), count)).collect(), dates)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn columns_on_disk_and_in_memory_select_the_same_rows_as_the_database(
        mut papers in prop::collection::vec(paper(), 1..40),
        later in prop::collection::vec(paper(), 0..10),
        filters in prop::collection::vec(filter(), 1..20),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        let on_disk = papers.len();
        papers.extend(later);
        let changes: Vec<Change> = (0..).zip(papers).map(|(number, mut paper)| {
            paper.id = PaperId::of_title(&format!("{number}"));
            paper.title = format!("{number}");
            let mut vector = vec![0.0; 32];
            vector[number % 32] = 1.0;
            Change::new(paper, Some(Embedding::normalised(vector).unwrap()))
        }).collect();
        let (first, second) = changes.split_at(on_disk);
        store.commit(model.fingerprint(), first).unwrap();
        renew(&store).unwrap();
        if !second.is_empty() {
            store.commit(model.fingerprint(), second).unwrap();
        }
        let view = store.view().unwrap();
        let opened = FullText::open(&view).unwrap();
        prop_assert_eq!(opened.in_folder(), on_disk);
        for index in [opened, FullText::open_in_memory(&view).unwrap()] {
            for filter in &filters {
                let found: Vec<usize> = index.passing(filter).unwrap().unwrap().ones().collect();
                let rows = view.rows(filter).unwrap();
                prop_assert_eq!(found, rows.ones().collect::<Vec<_>>(), "{:?}", filter);
                let (categories, dates) = counted(&view, &rows);
                prop_assert_eq!(index.categories(&rows).unwrap().unwrap(), categories);
                let mut found = index.dates(&rows).unwrap().unwrap();
                found.sort_unstable();
                prop_assert_eq!(found, dates);
            }
        }
    }
}
