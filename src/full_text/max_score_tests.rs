//! The best papers by words, compared with an exhaustive search.

use std::collections::HashMap;
use std::path::Path;

use fixedbitset::FixedBitSet;

use super::FullText;
use super::postings::LENGTH;
use crate::embed::{Embedding, ModelFolder};
use crate::full_text::{Added, Sought};
use crate::made_up::numbers;
use crate::paper::{Paper, PaperId};
use crate::store::{Change, DocId, Store};

/// More than a window in each part, and more than a block of postings for frequent words.
const PAPERS: usize = 3 * LENGTH / 2;

/// Words whose frequencies differ as those of a language.
fn text(seed: u64, length: usize) -> String {
    let word = |number: f32| format!("w{}", (3.0 * (number + 1.0)).exp().round());
    numbers(seed).take(length).map(word).collect::<Vec<_>>().join(" ")
}

fn change(number: usize, version: u64) -> Change {
    let seed = (number as u64 * 3 + 1) * version;
    let mut paper = Paper::new(id(number), text(seed, 4), text(seed + 1, 5 + number % 30));
    paper.authors = vec![text(seed + 2, 2)];
    let mut vector = vec![0.0; 32];
    vector[number % 32] = 1.0;
    Change::new(paper, Some(Embedding::normalised(vector).unwrap()))
}

fn id(number: usize) -> PaperId {
    PaperId::of_title(&number.to_string())
}

fn sorted(mut found: Vec<(DocId, f32)>) -> Vec<(DocId, f32)> {
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found
}

#[test]
fn the_best_are_those_of_an_exhaustive_search_on_disk_and_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
    let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
    store.commit(model.fingerprint(), &(0..PAPERS).map(|number| change(number, 1)).collect::<Vec<_>>()).unwrap();
    crate::full_text::renew(&store).unwrap();
    // Some papers are replaced or deleted, and some are in memory.
    let replaced: Vec<Change> = (100..150).map(|number| change(number, 2)).collect();
    store.commit(model.fingerprint(), &replaced).unwrap();
    store.remove(&(300..340).map(id).collect::<Vec<_>>()).unwrap();
    let view = store.view().unwrap();
    let on_disk = FullText::open(&view).unwrap();
    assert!(on_disk.in_folder() > PAPERS - 100 && on_disk.parts.len() > 1);
    let in_memory = FullText::open_in_memory(&view).unwrap();
    let docs: Vec<DocId> = view.docs().collect();
    let third: FixedBitSet = docs.iter().map(|doc| doc.row()).filter(|row| row % 3 == 0).collect();
    let few: FixedBitSet = docs.iter().map(|doc| doc.row()).filter(|row| row % 500 == 0).collect();
    for question in ["w1", "w400", "w1 w2 w3", "w20 w55 w1 w310 w7", "\"w1 w2\" w1w2 w90 absent", "w2 w2 w2 w150"] {
        let read = || {
            let query = on_disk.query(question).unwrap();
            let added = ["w3", "w11", "w240"].map(|stem| Added { stem, shown: stem, weight: 0.2 });
            [on_disk.expanded(&query, 0.7, &added).unwrap(), query]
        };
        for place in 0..2 {
            let scores = on_disk.scores(&read()[place], &docs).unwrap();
            assert_eq!(scores, in_memory.scores(&read()[place], &docs).unwrap());
            let of_docs: HashMap<DocId, f32> = docs.iter().copied().zip(scores.iter().copied()).collect();
            for among in [view.live(), &third, &few] {
                let all = docs.iter().copied().zip(scores.iter().copied());
                let all = sorted(all.filter(|(doc, score)| *score > 0.0 && among.contains(doc.row())).collect());
                for count in [1, 10, 200] {
                    let wanted = &all[..all.len().min(count)];
                    let worst = wanted.last().filter(|_| wanted.len() == count);
                    let others: Vec<DocId> = docs.iter().copied().skip(count).step_by(97).collect();
                    let known = Sought { count, at_least: worst.map_or(0.0, |(_, worst)| *worst), scored: &others };
                    for (index, sought) in [(&on_disk, Sought::best(count)), (&in_memory, known), (&on_disk, known)] {
                        let query = &read()[place];
                        let found = sorted(index.best(query, &sought, among).unwrap());
                        assert_eq!(found, wanted, "{question}, {count}");
                        let known =
                            |doc: &DocId| query.known(*doc).is_none_or(|known| known.total_cmp(&of_docs[doc]).is_eq());
                        assert!(sought.scored.iter().all(known), "{question}, {count}");
                    }
                }
            }
        }
    }
}
