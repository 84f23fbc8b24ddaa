//! Property: any query with any filter gets an answer or an error.
#![no_main]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use paperkin::corpus::sample;
use paperkin::embed::{Embedder, ModelFolder};
use paperkin::full_text::FullText;
use paperkin::ingest::{Ingest, open_store};
use paperkin::progress::Silent;
use paperkin::search::{Diversity, Fusion, Mode, Options, Query, Searcher, checked_k};
use paperkin::store::{Criteria, Filter, Snapshot};
use tempfile::TempDir;

#[derive(Debug, Arbitrary)]
struct Input {
    question: String,
    k: usize,
    mode: u8,
    by_rank: bool,
    feedback: bool,
    diverse: f32,
    highlight: bool,
    skip: u8,
    from: Option<String>,
    to: Option<String>,
    categories: Vec<String>,
    authors: Vec<String>,
    organisations: Vec<String>,
    min_comments: Option<u32>,
    ids: Vec<String>,
}

fuzz_target!(|input: Input| {
    let all = &*ALL;
    let scores = all.full_text.scores(&input.question).unwrap();
    assert_eq!(scores.of_rows.len(), all.snapshot.vectors.rows());
    assert!(scores.of_rows.iter().all(|score| (0.0..=scores.bound).contains(score)));
    let filter = Filter::new(Criteria {
        from: input.from,
        to: input.to,
        categories: input.categories,
        authors: input.authors,
        organisations: input.organisations,
        min_comments: input.min_comments,
        ids: input.ids,
        ..Criteria::default()
    });
    let passing = filter.as_ref().map(|filter| all.searcher.store().unwrap().view().unwrap().rows(filter).unwrap());
    let (Ok(filter), Ok(passing), Ok(query), Ok(k)) =
        (&filter, passing, Query::new(&input.question), checked_k(input.k % 128))
    else {
        return;
    };
    let skip = usize::from(input.skip);
    let options = Options {
        k,
        skip,
        rerank: false,
        mode: [Mode::Hybrid, Mode::Dense, Mode::Lexical][usize::from(input.mode % 3)],
        fusion: if input.by_rank { Fusion::Rank } else { Fusion::Sum },
        filter: filter.clone(),
        diverse: Diversity::new(input.diverse).unwrap_or_default(),
        feedback: input.feedback,
        highlight: input.highlight,
        ..Options::default()
    };
    let lexical = options.mode == Mode::Lexical;
    let answer = all.searcher.search(&query, options).unwrap();
    let among = passing.count_ones(..);
    // The sample collection is smaller than the number of candidates.
    let behind = among.saturating_sub(skip);
    assert!(if lexical { answer.hits.len() <= behind } else { answer.hits.len() == behind.min(k.get()) });
    assert!(lexical || answer.more == (behind > k.get()));
    assert!(answer.hits.iter().zip(skip + 1..).all(|(hit, rank)| hit.rank == rank));
});

struct All {
    searcher: Searcher,
    snapshot: Arc<Snapshot>,
    full_text: FullText,
    _dir: TempDir,
}

/// The sample collection with embeddings of a tiny model, which are meaningless.
static ALL: LazyLock<All> = LazyLock::new(|| {
    let model = ModelFolder::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/tiny-bert")).unwrap();
    let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path(), &model).unwrap();
    let mut ingest = Ingest::new(&store, &embedder, &Silent);
    ingest.add(sample::papers()).unwrap();
    ingest.finish().unwrap();
    let snapshot = store.snapshot().unwrap();
    let full_text = FullText::open(&store.view().unwrap()).unwrap();
    All { searcher: Searcher::new(store, embedder).unwrap(), snapshot, full_text, _dir: dir }
});
