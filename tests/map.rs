//! The picture of a collection: what is alike lies together, stays where it is, and never lies outside.

use std::path::Path;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use paperkin::Error;
use paperkin::embed::Embedding;
use paperkin::ingest::open_store;
use paperkin::map::{Drawing, NO_CATEGORY};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::search::Searcher;
use paperkin::server::Settings;
use paperkin::store::{Change, Store};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::http::{self, serving};
use crate::support::{Cancelled, Random, json, paper, run, stderr, stdout, tiny_embedder, tiny_model};

const DIMENSION: usize = 32;

/// A vector near one of two, by the number.
fn vector(number: usize) -> Embedding {
    let group = number % 2;
    let mut random = Random(number as u64 + 1);
    let mut own = || f32::from(u16::try_from(random.below(1_000)).unwrap()) / 1_000.0 - 0.5;
    let mut numbers: Vec<f32> = (0..DIMENSION).map(|_| 0.3 * own()).collect();
    numbers[7 + group] += 1.0;
    numbers[3] += own();
    Embedding::normalised(numbers).unwrap()
}

fn labelled(number: usize) -> Paper {
    let mut paper = paper(number);
    paper.categories = match number % 10 {
        9 => Vec::new(),
        n if n % 2 == 0 => vec!["even".into(), "odd".into()],
        _ => vec!["odd".into()],
    };
    paper
}

fn fill(dir: &Path, numbers: impl IntoIterator<Item = usize>) {
    let store = open_store(dir, &tiny_model()).unwrap();
    let changes: Vec<Change> =
        numbers.into_iter().map(|number| Change::new(labelled(number), Some(vector(number)))).collect();
    store.commit(tiny_model().fingerprint(), &changes).unwrap();
}

fn opened(dir: &Path) -> Searcher {
    Searcher::new(Store::open(dir).unwrap(), tiny_embedder()).unwrap()
}

/// What a page reads.
struct Read {
    x: Vec<f32>,
    y: Vec<f32>,
    of: Vec<u16>,
    categories: Vec<String>,
    ids: Vec<String>,
}

fn read(bytes: &[u8]) -> Read {
    assert_eq!(&bytes[..8], b"PKMAP001");
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (n, c, names_length, ids_length) = (number(8), number(12), number(16), number(20));
    let float = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let names = (24 + 10 * n).next_multiple_of(4);
    let lines = |from: usize, length: usize| -> Vec<String> {
        let block = std::str::from_utf8(&bytes[from..from + length]).unwrap();
        block.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let read = Read {
        x: (0..n).map(|place| float(24 + 4 * place)).collect(),
        y: (0..n).map(|place| float(24 + 4 * n + 4 * place)).collect(),
        of: (0..n)
            .map(|place| 24 + 8 * n + 2 * place)
            .map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]))
            .collect(),
        categories: lines(names, names_length),
        ids: lines(names + names_length, ids_length),
    };
    assert_eq!(bytes.len(), names + names_length + ids_length);
    assert_eq!((read.ids.len(), read.categories.len()), (n, c));
    let within = |x: &f32| x.is_finite() && (-1.0..=1.0).contains(x);
    assert!(read.x.iter().chain(&read.y).all(within));
    assert!(read.of.iter().all(|of| *of == NO_CATEGORY || usize::from(*of) < c));
    read
}

fn drawn(searcher: &Searcher) -> Read {
    read(searcher.map(&Silent).unwrap().bytes())
}

impl Read {
    fn place(&self, id: &PaperId) -> (f32, f32) {
        let place = self.ids.iter().position(|found| found == id.as_str()).unwrap();
        (self.x[place], self.y[place])
    }

    fn places(&self, numbers: impl Iterator<Item = usize>) -> Vec<(f32, f32)> {
        numbers.map(|number| self.place(&paper(number).id)).collect()
    }
}

#[allow(clippy::cast_precision_loss)] // some hundreds
fn middle(places: &[(f32, f32)]) -> (f32, f32) {
    let count = places.len() as f32;
    (places.iter().map(|place| place.0).sum::<f32>() / count, places.iter().map(|place| place.1).sum::<f32>() / count)
}

fn distance(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn farthest(places: &[(f32, f32)]) -> f32 {
    places.iter().map(|place| distance(*place, middle(places))).fold(0.0, f32::max)
}

#[test]
fn what_is_alike_lies_together_and_what_is_not_apart() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..400);
    let drawn = drawn(&opened(folder.path()));
    let (even, odd) = (drawn.places((0..400).step_by(2)), drawn.places((1..400).step_by(2)));
    // They differ most along one axis, and along the other by what both have of their own.
    let apart = (middle(&even).0 - middle(&odd).0).abs();
    let spread =
        |places: &[(f32, f32)]| places.iter().map(|place| (place.0 - middle(places).0).abs()).fold(0.0, f32::max);
    assert!(apart > 2.0 * spread(&even).max(spread(&odd)), "{apart}, {} and {}", spread(&even), spread(&odd));
    // The picture is filled, and no axis is stretched.
    let reach = |numbers: &[f32]| numbers.iter().fold(0f32, |most, x| most.max(x.abs()));
    assert!(reach(&drawn.x) > 0.8 && reach(&drawn.y) > 0.2 && reach(&drawn.y) < reach(&drawn.x) + 0.1);

    assert_eq!(drawn.categories, ["even", "odd"]);
    for (id, of) in drawn.ids.iter().zip(&drawn.of) {
        let number = (0..400).find(|number| paper(*number).id.as_str() == id).unwrap();
        let wanted = match number % 10 {
            9 => NO_CATEGORY,
            n => u16::try_from(n % 2).unwrap(),
        };
        assert_eq!(*of, wanted, "{number}");
    }
}

#[test]
fn papers_stay_where_they_are_when_others_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..400);
    let searcher = opened(folder.path());
    let before = drawn(&searcher);
    let tag = searcher.map(&Silent).unwrap().tag().to_owned();
    assert_eq!(searcher.map(&Silent).unwrap().tag(), tag, "it is kept");

    fill(folder.path(), 400..700);
    let more = drawn(&searcher);
    assert_ne!(searcher.map(&Silent).unwrap().tag(), tag);
    assert_eq!(more.ids.len(), 700);
    assert_eq!(more.places(0..400), before.places(0..400));
    let (even, odd) = (middle(&more.places((0..400).step_by(2))), middle(&more.places((1..400).step_by(2))));
    let nearer = |place: &(f32, f32)| distance(*place, even) < distance(*place, odd);
    assert!(more.places((400..700).step_by(2)).iter().all(nearer));

    Store::open(folder.path()).unwrap().remove(&(100..200).map(|number| paper(number).id).collect::<Vec<_>>()).unwrap();
    let fewer = drawn(&searcher);
    assert_eq!(fewer.ids.len(), 600);
    assert_eq!(fewer.places((0..100).chain(200..700)), more.places((0..100).chain(200..700)));

    // Twice as many as the axes were made of: new ones, on which the same are together.
    fill(folder.path(), 700..1_000);
    let doubled = drawn(&searcher);
    assert_eq!(doubled.ids.len(), 900);
    assert_ne!(doubled.places(0..100), before.places(0..100));
    let (even, odd) = (doubled.places((200..1_000).step_by(2)), doubled.places((201..1_000).step_by(2)));
    assert!(distance(middle(&even), middle(&odd)) > 0.8, "{even:?} {odd:?}");
    assert!(farthest(&even) < 1.2);

    Store::open(folder.path()).unwrap().compact().unwrap();
    let compacted = drawn(&searcher);
    assert_eq!(compacted.ids.len(), 900);
    // Drawn by another, and on the same axes whatever the order of the rows was.
    let again = drawn(&opened(folder.path()));
    assert_eq!(again.places(200..1_000), compacted.places(200..1_000));
}

#[test]
fn damaged_vectors_lie_in_the_middle_and_spoil_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..100);
    let sound = drawn(&opened(folder.path()));
    let path = folder.path().join("vectors.1.f32");
    let mut bytes = fs_err::read(&path).unwrap();
    let row = 4 * DIMENSION;
    bytes[10 * row..11 * row].fill(0xff);
    bytes[20 * row..20 * row + 4].copy_from_slice(&f32::MAX.to_le_bytes());
    bytes[30 * row..31 * row].fill(0);
    bytes[40 * row..40 * row + 4].copy_from_slice(&f32::NEG_INFINITY.to_le_bytes());
    fs_err::write(&path, bytes).unwrap();
    let damaged = drawn(&opened(folder.path()));
    for number in [10, 20, 30, 40] {
        assert_eq!(damaged.place(&paper(number).id), (0.0, 0.0));
    }
    let others = || (0..100).filter(|number| ![10, 20, 30, 40].contains(number));
    for (a, b) in damaged.places(others()).into_iter().zip(sound.places(others())) {
        assert!(distance(a, b) < 0.3, "{a:?} {b:?}");
    }

    // Labels that no program wrote.
    let database = rusqlite::Connection::open(folder.path().join("papers.sqlite")).unwrap();
    database.execute("UPDATE papers SET categories = 'no list' WHERE row = 1", []).unwrap();
    database.execute("UPDATE papers SET categories = '[\"a\\nb\"]' WHERE row = 2", []).unwrap();
    drop(database);
    let odd = drawn(&opened(folder.path()));
    assert_eq!((odd.of[1], odd.categories.last().unwrap().as_str()), (NO_CATEGORY, "a b"));
}

#[test]
fn drawing_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..10);
    let searcher = opened(folder.path());
    assert!(matches!(searcher.map(&Cancelled), Err(Error::Interrupted)));
    assert_eq!(drawn(&searcher).ids.len(), 10, "and can be asked again");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_paper_lies_outside_whatever_the_vectors_are(
        seed in any::<u64>(),
        count in 1usize..60,
        kinds in 1usize..60,
        spike in prop_oneof![Just(0f32), 0f32..1e6],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), &tiny_model()).unwrap();
        let changes: Vec<Change> = (0..count).map(|number| {
            let mut random = Random((seed ^ (number % kinds) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            let mut numbers: Vec<f32> =
                (0..DIMENSION).map(|_| f32::from(u16::try_from(random.below(999)).unwrap()) - 499.5).collect();
            if number == 0 {
                numbers[random.below(DIMENSION)] += spike;
            }
            Change::new(labelled(number), Some(Embedding::normalised(numbers).unwrap()))
        }).collect();
        store.commit(tiny_model().fingerprint(), &changes).unwrap();
        let drawing = Drawing::of_store(&store, &Silent).unwrap();
        let read = read(&drawing.to_bytes().unwrap());
        prop_assert_eq!(read.ids.len(), count);
        if kinds == 1 && spike == 0.0 {
            prop_assert!(read.x.iter().chain(&read.y).all(|x| *x == 0.0), "what is the same lies in one place");
        }
        prop_assert_eq!(Drawing::of_store(&store, &Silent).unwrap(), drawing, "drawn again");
    }
}

fn get(router: &Router, known: Option<&str>) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::get("/api/v1/map");
    if let Some(known) = known {
        request = request.header(header::IF_NONE_MATCH, known);
    }
    http::bytes(router, request.body(Body::empty()).unwrap())
}

#[test]
fn over_http_and_on_the_command_line_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    fill(&store, 0..151);
    let router = serving(opened(&store), Settings::default());
    let (status, head, body) = get(&router, None);
    assert_eq!((status, head[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "application/octet-stream"));
    assert_eq!(read(&body).ids.len(), 151);
    let tag = head[header::ETAG].to_str().unwrap().to_owned();
    let (status, again, nothing) = get(&router, Some(&tag));
    assert_eq!((status, again[header::ETAG].to_str().unwrap()), (StatusCode::NOT_MODIFIED, tag.as_str()));
    assert!(nothing.is_empty());
    assert_eq!(get(&router, Some("\"another\"")).0, StatusCode::OK);

    let (file, place) = (folder.path().join("map"), store.to_str().unwrap());
    let told = run(&["map", "--store", place, "--output", file.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
    assert_eq!(stdout(&told), format!("wrote 151 papers to `{}`\n", file.display()));
    assert!(fs_err::read(&file).unwrap() == body);
    let data = json(&run(&["map", "--store", place, "--json"]));
    let drawn = read(&body);
    assert_eq!(data["categories"], Value::from(drawn.categories.clone()));
    for (place, point) in data["papers"].as_array().unwrap().iter().enumerate() {
        assert_eq!(point["id"], drawn.ids[place]);
        assert!((point["x"].as_f64().unwrap() - f64::from(drawn.x[place])).abs() < 1e-6);
        assert_eq!(point["category"].as_u64(), (drawn.of[place] != NO_CATEGORY).then(|| drawn.of[place].into()));
    }
    assert_eq!(run(&["map", "--store", place]).status.code(), Some(2), "where to?");

    fill(&store, 151..160);
    let (status, head, body) = get(&router, Some(&tag));
    assert_eq!((status, read(&body).ids.len()), (StatusCode::OK, 160));
    assert_ne!(head[header::ETAG].to_str().unwrap(), tag);
}

#[test]
fn an_empty_store_has_no_picture_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), []);
    let router = serving(opened(folder.path()), Settings::default());
    let (status, _, body) = get(&router, None);
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, problem["status"].as_u64()), (StatusCode::NOT_FOUND, Some(404)));
    assert_eq!(problem["hint"], "add papers with `POST /api/v1/papers`");
    let told = run(&["map", "--json", "--store", folder.path().to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(2));
    assert!(stderr(&told).contains("contains no papers\nhint: add papers"), "{}", stderr(&told));

    fill(folder.path(), [5]);
    let (status, _, body) = get(&router, None);
    assert_eq!((status, read(&body).x), (StatusCode::OK, vec![0.0]));
}
