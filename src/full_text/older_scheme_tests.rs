//! Tests of an index that an older version wrote: it is read until it is built anew.

use std::path::Path;

use serde_json::json;
use tantivy::schema::{FAST, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, TantivyDocument};

use super::words::{Fields, tokenizers};
use super::{FullText, folder, is_outdated, renew};
use crate::embed::{Embedding, ModelFolder};
use crate::engine::{Engine, Local, Moment};
use crate::paper::{Paper, PaperId};
use crate::store::{Change, Store};

/// A store of three papers, whose index on disk has the fields of scheme 1: no phrases, names and definitions.
fn store_with_older_index(dir: &Path) -> Store {
    let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
    let store = Store::open_or_create(dir, model.fingerprint(), None).unwrap();
    let texts = [
        ("Whales and songs", "Whales sing long songs.", "Ada Smith"),
        ("Songs of birds", "Birds are not whales, and sing songs of their own.", "Bo Lee"),
        ("Ice", "Ice melts.", "Ada Lee"),
    ];
    let change = |(title, text, author): &(&str, &str, &str)| {
        let mut paper = Paper::new(PaperId::of_title(title), (*title).to_owned(), (*text).to_owned());
        paper.authors = vec![(*author).to_owned()];
        let mut vector = vec![0.0; 32];
        vector[title.len()] = 1.0;
        Change::new(paper, Some(Embedding::normalised(vector).unwrap()))
    };
    store.commit(model.fingerprint(), &texts.iter().map(change).collect::<Vec<_>>()).unwrap();
    write_older(&store);
    store
}

fn write_older(store: &Store) {
    let view = store.view().unwrap();
    let text = |tokenizer: &str| {
        let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer);
        TextOptions::default().set_indexing_options(indexing.set_index_option(IndexRecordOption::WithFreqs))
    };
    let mut schema = Schema::builder();
    let row = schema.add_u64_field(Fields::ROW, FAST | INDEXED);
    let title = schema.add_text_field("title", text("stems"));
    let abstract_text = schema.add_text_field("abstract", text("stems"));
    let authors = schema.add_text_field("authors", text("wholes"));
    let dir = folder::folder(store.dir(), view.generation.number);
    let _ = fs_err::remove_dir_all(&dir);
    fs_err::create_dir_all(&dir).unwrap();
    let index = Index::builder().schema(schema.build()).tokenizers(tokenizers()).create_in_dir(&dir).unwrap();
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 15 << 20).unwrap();
    for doc in view.docs() {
        let paper = view.paper_at(doc).unwrap().unwrap();
        let mut document = TantivyDocument::new();
        document.add_u64(row, doc.0.into());
        document.add_text(title, &paper.title);
        document.add_text(abstract_text, &paper.abstract_text);
        document.add_text(authors, &paper.authors[0]);
        writer.add_document(document).unwrap();
    }
    let covers = json!({"generation": view.generation.number, "commits": view.generation.commits, "scheme": 1});
    let mut commit = writer.prepare_commit().unwrap();
    commit.set_payload(&covers.to_string());
    commit.commit().unwrap();
}

#[test]
fn an_older_index_is_read_with_the_same_scores_until_it_is_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_older_index(dir.path());
    let scores = |store: &Store| {
        let view = store.view().unwrap();
        let opened = FullText::open(&view).unwrap();
        assert_eq!(opened.in_folder(), 3);
        let query = opened.query("singing whales of Smith").unwrap();
        (opened.is_outdated(), opened.scores(&query, &view.docs().collect::<Vec<_>>()).unwrap())
    };
    let (was_outdated, before) = scores(&store);
    assert!(was_outdated && is_outdated(dir.path(), &store.snapshot().unwrap()));
    renew(&store).unwrap();
    let (still_outdated, after) = scores(&store);
    assert!(!still_outdated);
    assert_eq!(before, after);
    assert!(before.iter().any(|score| *score > 0.0));
}

#[test]
fn phrases_are_found_in_an_older_index_and_after_it_was_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Local::open(store_with_older_index(dir.path())).unwrap();
    let found = || {
        let moment = engine.moment().unwrap();
        let phrase = moment.with_phrase("sing long songs").unwrap();
        (moment.selected(&phrase), moment.selected(&moment.with_word("singing").unwrap()))
    };
    assert_eq!((engine.has_outdated_words().unwrap(), found()), (true, (1, 2)));
    engine.renew_words().unwrap();
    assert_eq!((engine.has_outdated_words().unwrap(), found()), (false, (1, 2)));
}
