//! Properties of search that hold for every engine. Each test runs on the local store and on the in-memory engine, and on both as a
//! collection whose engine is chosen when the program runs.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use super::relevance_model::{expansion, most_used};
use super::{Answer, Diversity, Examples, Fusion, Hit, Mode, Options, Overview, Query, Searcher, checked_k, facets};
use crate::embed::{Embedder, ModelFolder};
use crate::engine::in_memory::InMemory;
use crate::engine::{Collection, Engine, Local, Moment, WordRange};
use crate::error::Error;
use crate::ingest::{Ingest, open_store};
use crate::paper::{Paper, PaperId, PublicationDate};
use crate::progress::Silent;
use crate::store::{Criteria, Filter};

const QUESTIONS: [&str; 5] =
    ["sorting graphs", "how are galaxies measured?", "oceans, at some length", "Author 7", "the of and"];

fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

fn paper(number: usize) -> Paper {
    const THINGS: [&str; 6] = ["graphs", "proteins", "galaxies", "compilers", "languages", "oceans"];
    const DOINGS: [&str; 5] = ["sorting", "measuring", "folding", "naming", "counting"];
    let (thing, doing) = (THINGS[number % 6], DOINGS[number % 5]);
    let title = format!("On {doing} {thing}, part {number}");
    let text = format!("We speak of {doing} {thing}. What is done with {number} of them is told at some length.");
    let mut paper = Paper::new(PaperId::of_title(&title), title, text);
    paper.authors = vec![format!("Author {number}"), "Zoë Example".to_owned()];
    paper.categories = vec![["cs.LG", "cs.CL", "math.CO"][number % 3].to_owned(), "cs.DS".to_owned()];
    paper.published = PublicationDate::new(2015 + u16::try_from(number % 7).unwrap(), 3, 4);
    paper.comments = u32::try_from(number % 4).ok();
    paper
}

/// Runs a test on both engines, each with `papers` papers. As a collection, each gives the same results.
fn on_each<T: PartialEq + Debug>(papers: usize, test: impl Fn(Box<dyn Ask>) -> T) -> [T; 2] {
    let model = model();
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [local, other_local] =
        folders.each_ref().map(|folder| Local::open(open_store(folder.path(), &model).unwrap()).unwrap());
    let [memory, other_memory] = [(); 2].map(|()| InMemory::new(model.clone()));
    let papers: Vec<Paper> = (0..papers).map(paper).collect();
    let results = [filled(local, &papers), filled(memory, &papers)].map(&test);
    let collections = [Collection::Local(other_local), Collection::InMemory(other_memory)];
    assert_eq!(collections.map(|collection| test(filled(collection, &papers))), results);
    #[cfg(feature = "milvus")]
    if let Some(milvus) = crate::engine::milvus::tests::engine(&model) {
        assert_eq!(test(filled(Collection::Milvus(milvus), &papers)), results[0], "on a Milvus server");
    }
    results
}

fn filled(engine: impl Engine + 'static, papers: &[Paper]) -> Box<dyn Ask> {
    let searcher = Searcher::over(engine, Arc::new(Embedder::load(&model(), 1).unwrap()));
    add(&searcher, papers);
    Box::new(searcher)
}

fn add<E: Engine>(searcher: &Searcher<E>, papers: &[Paper]) {
    let embedder = searcher.embedder().unwrap();
    let mut ingest = Ingest::new(searcher.engine().writer(), &embedder, &Silent);
    ingest.add(papers.iter().cloned().map(Ok)).unwrap();
    ingest.finish().unwrap();
    searcher.engine().writer().finish().unwrap();
}

/// The operations that tests need, for any engine.
trait Ask {
    fn search(&self, question: &str, options: Options) -> Answer;
    fn related(&self, examples: &Examples, options: Options) -> Result<Answer, Error>;
    fn facets(&self, filter: &Filter) -> serde_json::Value;
    fn overview(&self) -> Overview;
    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Vec<Paper>;
    fn add(&self, papers: &[Paper]);
    fn remove(&self, ids: &[PaperId]) -> (u64, Vec<PaperId>);
    /// The scores of some papers for the words of a query, and for the words expanded with the terms of the first
    /// paper.
    fn expanded(&self, question: &str, papers: &[Paper]) -> [Vec<f32>; 2];
}

impl<E: Engine> Ask for Searcher<E> {
    fn search(&self, question: &str, options: Options) -> Answer {
        Self::search(self, &Query::new(question).unwrap(), options).unwrap()
    }

    fn related(&self, examples: &Examples, options: Options) -> Result<Answer, Error> {
        Self::related(self, examples, options)
    }

    fn overview(&self) -> Overview {
        (*Self::overview(self).unwrap()).clone()
    }

    fn facets(&self, filter: &Filter) -> serde_json::Value {
        let counted = self.engine().read(|moment| facets(moment, filter)).unwrap();
        assert_eq!(*Self::facets(self, filter).unwrap(), counted);
        serde_json::to_value(counted).unwrap()
    }

    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Vec<Paper> {
        Self::list(self, after, filter, count).unwrap()
    }

    fn add(&self, papers: &[Paper]) {
        add(self, papers);
    }

    fn remove(&self, ids: &[PaperId]) -> (u64, Vec<PaperId>) {
        let removed = self.engine().writer().remove(ids).unwrap();
        (removed.papers, removed.unknown)
    }

    fn expanded(&self, question: &str, papers: &[Paper]) -> [Vec<f32>; 2] {
        let moment = self.engine().moment().unwrap();
        let docs: Vec<_> = papers.iter().map(|paper| moment.paper(&paper.id).unwrap().1).collect();
        let words = moment.words(question).unwrap();
        let range = moment.range(&words);
        let alone = moment.scores(&words, &docs).unwrap();
        assert_eq!(expansion(&moment, range.words, &most_used(&[])).unwrap(), None, "nobody adds a word");
        let added = expansion(&moment, range.words, &most_used(&[(1.0, papers[0].clone())])).unwrap().unwrap();
        let expanded = moment.expand(&words, &added).unwrap();
        assert_eq!(moment.range(&expanded), range);
        // As words of the query, the terms add the same to the scores, and to the bound.
        let combined = moment.combine(&words, &added).unwrap();
        let WordRange { bound, words } = moment.range(&combined);
        let scores = moment.scores(&combined, &docs).unwrap();
        assert_eq!(scores, moment.scores(&expanded, &docs).unwrap());
        assert!(scores.iter().all(|score| *score < bound) && words >= range.words, "{bound} for {scores:?}");
        [alone, moment.scores(&expanded, &docs).unwrap()]
    }
}

fn summary(answer: &Answer) -> Vec<(PaperId, String, Option<String>)> {
    let hit = |hit: &Hit| {
        let why = &hit.why;
        let numbers = format!("{:.4} {:?} {:?}", hit.score, why.meaning_rank, why.word_rank);
        (hit.paper.id.clone(), numbers, hit.highlight.clone())
    };
    let mut hits: Vec<_> = answer.hits.iter().map(hit).collect();
    // Engines order papers with equal scores differently.
    hits.sort_by(|(id, numbers, _), (other, others, _)| others.cmp(numbers).then(id.cmp(other)));
    hits
}

fn of_category(name: &str) -> Filter {
    Filter::new(Criteria { categories: vec![name.to_owned()], ..Criteria::default() }).unwrap()
}

#[test]
fn engines_give_the_same_answers() {
    let [local, memory] = on_each(60, |searcher| {
        let mut answers = Vec::new();
        for question in QUESTIONS {
            for (mode, fusion, feedback) in [
                (Mode::Hybrid, Fusion::Sum, true),
                (Mode::Hybrid, Fusion::Sum, false),
                (Mode::Hybrid, Fusion::Rank, false),
                (Mode::Dense, Fusion::Sum, true),
                (Mode::Lexical, Fusion::Sum, true),
            ] {
                for (filter, diverse) in
                    [(Filter::default(), 0.0), (of_category("cs.CL"), 0.0), (of_category("cs"), 0.4)]
                {
                    let diverse = Diversity::new(diverse).unwrap();
                    let feedback = feedback.into();
                    let options = Options { mode, fusion, feedback, filter, diverse, ..checked_k(10).unwrap().into() };
                    let answer = searcher.search(question, options);
                    answers.push((question, answer.among, answer.more, summary(&answer)));
                }
            }
        }
        answers
    });
    for (one, other) in local.iter().zip(&memory) {
        assert_eq!(one, other);
    }
}

#[test]
fn engines_find_the_same_related_papers_and_reject_the_same_ids() {
    let [local, memory] = on_each(40, |searcher| {
        let options = || Options::from(checked_k(7).unwrap());
        let both = Examples::default().like([paper(3).id, paper(4).id, paper(3).id]).unlike([paper(9).id]);
        let unknown = searcher.related(&Examples::default().like([paper(99).id]), options());
        assert!(matches!(unknown, Err(Error::UnknownPaper { .. })));
        assert!(matches!(searcher.related(&Examples::default(), options()), Err(Error::NoIds)));
        let text = both.clone().text(Query::new("galaxies").unwrap());
        let modes = [Mode::Hybrid, Mode::Dense, Mode::Lexical].map(|mode| options().mode(mode));
        let plain = [options().feedback(false), options().fusion(Fusion::Rank)];
        let mut answers = Vec::new();
        for options in modes.into_iter().chain(plain) {
            for examples in [&both, &text] {
                answers.push(summary(&searcher.related(examples, options.clone()).unwrap()));
            }
        }
        answers
    });
    assert_eq!(local, memory);
}

#[test]
fn engines_agree_on_facets_and_lists() {
    let [local, memory] = on_each(50, |searcher| {
        let of_years = Criteria { from: Some("2016-04".into()), to: Some("2019".into()), ..Criteria::default() };
        let named = Criteria { authors: vec!["zoe".into()], min_comments: Some(2), ..Criteria::default() };
        let few = Criteria { ids: vec![paper(1).id.to_string(), paper(2).id.to_string()], ..Criteria::default() };
        let filters = [of_years, named, few].map(|criteria| Filter::new(criteria).unwrap());
        let filters = filters.into_iter().chain([Filter::default(), of_category("math"), of_category("none")]);
        let of_filter = |filter: Filter| {
            let first = searcher.list(None, &filter, 7);
            let next = searcher.list(first.last().map(|paper| &paper.id), &filter, 100);
            (searcher.facets(&filter), first, next)
        };
        filters.map(of_filter).collect::<Vec<_>>()
    });
    assert_eq!(local, memory);
}

#[test]
fn engines_give_the_same_overview() {
    let [local, memory] = on_each(60, |searcher| {
        let overview = searcher.overview();
        assert_eq!((overview.papers, overview.years), (60, Some([2015, 2021])));
        assert_eq!(overview.categories.len(), 4);
        let dates: Vec<_> = overview.newest.iter().map(|paper| paper.published).collect();
        assert!(dates.len() == 5 && dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
        // Each query finds a paper with the phrase or title that it was made of.
        assert_eq!(overview.examples.len(), 8);
        for example in &overview.examples {
            let hits = searcher.search(example, Options::default()).hits;
            let holds = |title: &str| {
                let words: Vec<&str> = title.split(|c: char| !c.is_alphanumeric()).collect();
                words.windows(2).any(|pair| example.to_lowercase().contains(&pair.join(" ")))
            };
            assert!(hits.iter().any(|hit| holds(&hit.paper.title.to_lowercase())), "{example}");
        }
        // The cache is valid for one version only.
        searcher.add(&[paper(60)]);
        assert_eq!(searcher.overview().papers, 61);
        overview
    });
    assert_eq!(local, memory);
}

#[test]
fn engines_see_added_updated_and_deleted_papers() {
    let [local, memory] = on_each(20, |searcher| {
        let ask = |question: &str| {
            let options = Options::default().mode(Mode::Lexical).k(50).unwrap();
            searcher.search(question, options).hits.into_iter().map(|hit| hit.paper).collect::<Vec<_>>()
        };
        assert!(ask("quokkas").is_empty());
        let mut changed = paper(5);
        changed.abstract_text = "About quokkas.".to_owned();
        let mut renamed = paper(6);
        renamed.authors = vec!["Quokkas United".to_owned(), "Zoë Example".to_owned()];
        searcher.add(&[changed.clone(), renamed.clone(), paper(20)]);
        let mut found = ask("quokkas");
        found.sort_by(|a, b| a.id.cmp(&b.id));
        let mut wanted = [changed.clone(), renamed];
        wanted.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(found, wanted);
        assert_eq!(searcher.remove(&[changed.id.clone(), paper(77).id]), (1, vec![paper(77).id]));
        assert_eq!(ask("quokkas").len(), 1);
        ask("sorting")
    });
    let ids = |papers: &[Paper]| papers.iter().map(|paper| paper.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&local), ids(&memory));
}

#[test]
fn engines_expand_a_query_alike() {
    let texts = [("Zebras", "stripes of a savanna"), ("Stripes in the savanna", "of nobody"), ("Lathes", "a workshop")];
    let papers = texts.map(|(title, text)| Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned()));
    let [local, memory] = on_each(0, |searcher| {
        searcher.add(&papers);
        let [alone, expanded] = searcher.expanded("zebras", &papers);
        assert!(alone[0] > 0.0 && alone[1..] == [0.0, 0.0]);
        let [itself, of_its_words, of_none] = expanded[..] else { panic!("three papers") };
        assert!(itself > of_its_words && of_its_words > 0.0 && of_none == 0.0);
        // Sums of floats in another order differ in their last digits.
        expanded.iter().map(|score| format!("{score:.5}")).collect::<Vec<_>>()
    });
    assert_eq!(local, memory);
}
