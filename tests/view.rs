//! One view of the store per request: whatever others commit meanwhile, an answer is of one moment.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use paperkin::embed::{Embedder, Embedding, ModelFolder, Role};
use paperkin::engine::Engine;
use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::progress::Silent;
use paperkin::reembed::reembed;
use paperkin::search::{Answer, Examples, Options, Query, Searcher, checked_k, facets};
use paperkin::store::{Change, Criteria, Filter, Store};

use crate::support::{Random, add, paper, papers, tiny_embedder, tiny_model};

const PAPERS: usize = 24;
const QUESTION: &str = "sorting graphs in an epoch";
const READERS: usize = 8;
/// Static models, which embed at once.
const MODELS: [&str; 2] = ["tests/data/models/static", "tests/data/models/model2vec"];

/// A paper as it is in an epoch: all that is told of it says in which.
fn of_epoch(number: usize, epoch: usize) -> Paper {
    let mut paper = paper(number);
    paper.title = format!("{}, epoch e{epoch}", paper.title);
    paper.abstract_text = format!("In epoch e{epoch} we sort graph {number}. Nothing else is done in epoch e{epoch}.");
    paper.categories = vec![format!("e{epoch}")];
    paper.published = PublicationDate::new(u16::try_from(1000 + epoch % 9000).unwrap(), 1, 1);
    paper
}

fn epoch_of(paper: &Paper) -> &str {
    let [epoch] = &paper.categories[..] else { panic!("{paper:?}") };
    epoch
}

/// What a model makes of the question, and of papers.
struct Model {
    embedder: Arc<Embedder>,
    question: Embedding,
}

impl Model {
    fn load(folder: &str) -> Self {
        let embedder = Arc::new(Embedder::load(&ModelFolder::open(Path::new(folder)).unwrap(), 1).unwrap());
        let question = embedder.embed_one(Role::Query, QUESTION).unwrap().embedding;
        Self { embedder, question }
    }

    fn cosine(&self, paper: &Paper) -> f32 {
        let vector = self.embedder.embed_one(Role::Passage, &paper.text()).unwrap().embedding;
        self.question.cosine(vector.as_slice())
    }
}

/// Checks that an answer is of one epoch, and its vectors of one model; the epoch.
fn check(answer: &Answer, models: &[Model]) -> Option<String> {
    let epoch = epoch_of(&answer.hits.first()?.paper).to_owned();
    for hit in &answer.hits {
        let Paper { title, abstract_text, published, .. } = &hit.paper;
        assert_eq!(epoch_of(&hit.paper), epoch, "{answer:#?}");
        assert!(title.ends_with(&format!("epoch {epoch}")) && abstract_text.contains(&format!(" {epoch} ")), "{title}");
        assert_eq!(published.unwrap().year() % 9000, (1000 + epoch[1..].parse::<u16>().unwrap() % 9000) % 9000);
        let highlight = hit.highlight.as_deref().unwrap();
        assert!(abstract_text.contains(highlight) && highlight.contains(&epoch), "{highlight}");
        assert_eq!(hit.paper.text(), of_epoch_like(&hit.paper, &epoch).text());
    }
    let of_model = |model: &Model| {
        let near = |hit: &paperkin::search::Hit| (hit.why.cosine.unwrap() - model.cosine(&hit.paper)).abs() < 1e-4;
        answer.hits.iter().all(near)
    };
    assert!(models.iter().any(of_model), "vectors of another text or of two models: {answer:#?}");
    Some(epoch)
}

/// The paper with this id as it is in an epoch.
fn of_epoch_like(found: &Paper, epoch: &str) -> Paper {
    let number = (0..PAPERS).find(|number| paper(*number).id == found.id).unwrap();
    of_epoch(number, epoch[1..].parse().unwrap())
}

/// Updates, removes, compacts and switches the model as fast as it can; how many commits that made.
fn write(dir: &Path, models: &[Model], stop: &AtomicBool) -> u64 {
    let store = Store::open(dir).unwrap();
    let mut random = Random(7);
    for epoch in 1.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let now = store.generation().unwrap().fingerprint;
        let model = models.iter().find(|model| *model.embedder.fingerprint() == now).unwrap();
        let all: Vec<Paper> = (0..PAPERS).map(|number| of_epoch(number, epoch)).collect();
        add(&store, &model.embedder, &all);
        let some: Vec<PaperId> = (0..random.below(6)).map(|_| paper(random.below(PAPERS)).id).collect();
        store.remove(&some).unwrap();
        if random.below(3) == 0 {
            store.compact().unwrap();
        }
        if random.below(5) == 0 {
            let next = ModelFolder::open(Path::new(MODELS[epoch % 2])).unwrap();
            let embedder = Embedder::load(&next, 1).unwrap();
            reembed(&store, &next, &embedder, 1, &Silent).unwrap();
        }
    }
    store.generation().unwrap().commits
}

#[test]
fn every_answer_is_of_one_moment_whatever_is_written_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let models = MODELS.map(Model::load);
    let store = open_store(folder.path(), &ModelFolder::open(Path::new(MODELS[0])).unwrap()).unwrap();
    add(&store, &models[0].embedder, &(0..PAPERS).map(|number| of_epoch(number, 0)).collect::<Vec<_>>());
    let searcher = Searcher::new(store, Arc::clone(&models[0].embedder)).unwrap();
    let (stop, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let commits = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let (searcher, models, stop, asked) = (&searcher, &models, &stop, &asked);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        read(searcher, models, reader);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let writer = scope.spawn(|| write(folder.path(), &models, &stop));
        // A reader that fails ends the test at once.
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) && !readers.iter().any(ScopedJoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
        writer.join().unwrap()
    });
    let asked = asked.load(Ordering::Relaxed);
    assert!(commits > 10 && asked > 10, "{commits} commits, {asked} rounds of questions");
}

/// One round of questions of every kind.
fn read(searcher: &Searcher, models: &[Model], reader: usize) {
    let options = || Options::from(checked_k(10).unwrap());
    let query = Query::new(QUESTION).unwrap();
    let answer = searcher.search(&query, options()).unwrap();
    assert!(answer.among <= PAPERS && answer.hits.len() == answer.among.min(10), "{answer:#?}");
    if let Some(epoch) = check(&answer, models) {
        // All or none are of the epoch by now.
        let criteria = Criteria { categories: vec![epoch.clone()], ..Criteria::default() };
        let filter = Filter::new(criteria).unwrap();
        let filtered = searcher.search(&query, Options { filter: filter.clone(), ..options() }).unwrap();
        assert_eq!(filtered.hits.len(), filtered.among.min(10));
        assert!(check(&filtered, models).is_none_or(|other| other == epoch));
        let [passing, counted] = searcher
            .engine()
            .read(|moment| {
                let all = facets(moment, &filter)?;
                let of_epoch = all.categories.iter().find(|found| found.category == epoch);
                Ok([all.papers, of_epoch.map_or(0, |found| found.papers)])
            })
            .unwrap();
        assert_eq!(passing, counted, "papers that pass, and papers of the category");
    }
    let counted = searcher.facets(&Filter::default()).unwrap();
    assert!(counted.categories.len() <= 1, "{counted:?}");
    assert_eq!(counted.categories.iter().map(|found| found.papers).sum::<usize>(), counted.papers);
    assert_eq!(counted.years.iter().map(|found| found.papers).sum::<usize>(), counted.papers);
    let listed = searcher.list(None, &Filter::default(), PAPERS).unwrap();
    assert!(listed.windows(2).all(|two| epoch_of(&two[0]) == epoch_of(&two[1])));
    // The example may be removed just now; then that is what is told.
    match searcher.related(&Examples::default().like([paper(reader).id]), options()) {
        Ok(related) => {
            let epochs: Vec<&str> = related.hits.iter().map(|hit| epoch_of(&hit.paper)).collect();
            assert!(epochs.windows(2).all(|two| two[0] == two[1]), "{epochs:?}");
        }
        Err(error) => assert!(matches!(error, paperkin::Error::UnknownPaper { .. }), "{error}"),
    }
    searcher.status().unwrap();
}

#[test]
fn a_slow_export_is_of_one_moment_and_does_not_keep_the_log() {
    const COMMITS: usize = 1_000;
    const LONGEST_LOG: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    let before = papers(50);
    add(&store, &embedder, &before);
    let other = Store::open(folder.path()).unwrap();
    let vector = embedder.embed_one(Role::Passage, "any").unwrap().embedding;
    let log = || folder.path().join("papers.sqlite-wal").metadata().map_or(0, |log| log.len());
    let (mut exported, mut longest, mut commits) = (Vec::new(), 0, 0);
    store
        .export(|paper, _| {
            exported.push(paper.clone());
            for _ in 0..COMMITS / before.len() {
                let mut large = before[commits % before.len()].clone();
                large.abstract_text = format!("{commits} {}", "a word and ".repeat(10_000));
                other.commit(embedder.fingerprint(), &[Change::new(large, Some(vector.clone()))])?;
                commits += 1;
            }
            longest = longest.max(log());
            Ok(())
        })
        .unwrap();
    assert_eq!(commits, COMMITS);
    assert!(longest > 0 && longest < LONGEST_LOG, "the log had {longest} bytes");
    let mut wanted = before;
    exported.sort_by(|a, b| a.id.cmp(&b.id));
    wanted.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(exported, wanted);
}

#[test]
fn a_view_stays_as_it_is_and_the_next_one_is_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    add(&store, &embedder, &papers(10));
    let other = Store::open(folder.path()).unwrap();
    let view = store.view().unwrap();
    add(&other, &embedder, &papers(12));
    let mut renamed = paper(3);
    renamed.title = "Another title".to_owned();
    add(&other, &embedder, std::slice::from_ref(&renamed));
    other.remove(&[paper(0).id]).unwrap();
    other.compact().unwrap();
    let filter = Filter::new(Criteria { categories: vec!["math.CO".into()], ..Criteria::default() }).unwrap();
    assert_eq!((view.len(), view.rows(&filter).unwrap().count_ones(..)), (10, 10));
    assert_eq!(view.paper(&renamed.id).unwrap().0, paper(3));
    assert!(view.paper(&paper(0).id).is_ok() && view.paper(&paper(11).id).is_err());
    let now = store.view().unwrap();
    assert_eq!((now.len(), now.rows(&filter).unwrap().count_ones(..)), (11, 11));
    assert_eq!(now.paper(&renamed.id).unwrap().0, renamed);
    assert!(now.paper(&paper(0).id).is_err());
    // Whichever of the two commits it knows, a snapshot is made from the one before or anew.
    for number in 20..40 {
        add(&other, &embedder, &papers(number)[number - 1..]);
        if number % 5 == 0 {
            other.remove(&[paper(number - 1).id]).unwrap();
        }
        if number % 3 == 0 {
            // Its row dies, or it is an update of what stays in its row, or a paper that was deleted returns.
            let mut changed = paper(number - 2);
            changed.abstract_text.push_str(if number % 2 == 0 { " It was corrected." } else { "" });
            changed.comments = Some(7);
            add(&other, &embedder, std::slice::from_ref(&changed));
        }
        if number % 4 == 0 {
            continue;
        }
        let (seen, anew) = (store.snapshot().unwrap(), Store::open(folder.path()).unwrap().snapshot().unwrap());
        assert_eq!((seen.live(), seen.len()), (anew.live(), anew.len()), "{number}");
        assert_eq!(seen.vectors.all(), anew.vectors.all());
    }
}
