//! One paper from several sources, on every engine.

use std::path::Path;
use std::sync::Arc;

use super::in_memory::InMemory;
use super::{Collection, Engine, Local, Moment};
use crate::embed::{Embedder, ModelFolder};
use crate::error::Error;
use crate::ingest::{self, Ingest, IngestReport, open_store};
use crate::paper::{Paper, PaperId, PublicationDate};
use crate::progress::Silent;
use crate::search::Searcher;
use crate::store::{Criteria, Filter};

/// An engine, behind what these tests need of it.
trait Papers {
    fn add_from(&self, source: &str, papers: &[Paper]) -> IngestReport;
    fn paper(&self, id: &str) -> Result<Paper, Error>;
    fn remove(&self, id: &str) -> u64;
    fn split(&self, id: &str) -> Result<Vec<PaperId>, Error>;
    fn list(&self, filter: &Filter) -> Vec<Paper>;
}

impl<E: Engine> Papers for Searcher<E> {
    fn add_from(&self, source: &str, papers: &[Paper]) -> IngestReport {
        let embedder = self.embedder().unwrap();
        let mut ingest = Ingest::new(self.engine().writer(), &embedder, &Silent).counting_records(true);
        ingest.add_from(source, papers.iter().cloned().map(Ok)).unwrap();
        ingest.finish().unwrap()
    }

    fn paper(&self, id: &str) -> Result<Paper, Error> {
        let id: PaperId = id.parse()?;
        self.engine().read(|moment| Ok(moment.paper(&id)?.0))
    }

    fn split(&self, id: &str) -> Result<Vec<PaperId>, Error> {
        ingest::split(self.engine().writer(), &*self.embedder()?, &id.parse()?, &Silent)
    }

    fn remove(&self, id: &str) -> u64 {
        self.engine().writer().remove(&[id.parse().unwrap()]).unwrap().papers
    }

    fn list(&self, filter: &Filter) -> Vec<Paper> {
        Self::list(self, None, filter, 100).unwrap()
    }
}

fn on_each(test: impl Fn(&dyn Papers)) {
    let model = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
    let [local, other_local] =
        folders.each_ref().map(|folder| Local::open(open_store(folder.path(), &model).unwrap()).unwrap());
    test(&Searcher::over(local, Arc::clone(&embedder)));
    test(&Searcher::over(InMemory::new(model.clone()), Arc::clone(&embedder)));
    for collection in [Collection::Local(other_local), Collection::InMemory(InMemory::new(model))] {
        test(&Searcher::over(collection, Arc::clone(&embedder)));
    }
    #[cfg(feature = "milvus")]
    if let Some(milvus) =
        super::milvus::tests::engine(&ModelFolder::open(Path::new("tests/data/models/static")).unwrap())
    {
        test(&Searcher::over(milvus, embedder));
    }
}

fn paper(ids: &[&str], title: &str, text: &str) -> Paper {
    let ids: Vec<PaperId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let id = ids.iter().find(|id| PaperId::parse(id.as_str()).is_some()).cloned();
    let id = id.unwrap_or_else(|| PaperId::of_title(title));
    let mut paper = Paper::new(id.clone(), title.to_owned(), text.to_owned());
    paper.ids = ids.into_iter().filter(|other| *other != id).collect();
    paper.authors = vec!["Ada Smith".to_owned()];
    paper
}

/// Added, updated, merged, unchanged.
fn counts(report: &IngestReport) -> [u64; 4] {
    [report.added, report.updated, report.merged, report.unchanged]
}

#[test]
fn two_sources_describe_one_paper() {
    on_each(|all| {
        let preprint = paper(&["2001.00001"], "On Fish", "We count many fish in the sea.");
        let mut article = paper(&["10.1234/fish", "2001.00001", "key:smith2020"], "On Fish.", "We count fish.");
        article.venue = Some("Fisheries".to_owned());
        assert_eq!(counts(&all.add_from("arxiv", std::slice::from_ref(&preprint))), [1, 0, 0, 0]);
        assert_eq!(counts(&all.add_from("library", std::slice::from_ref(&article))), [0, 1, 0, 0]);
        for id in [
            "2001.00001",
            "10.1234/FISH",
            "https://arxiv.org/html/2001.00001v2",
            "smith2020",
            PaperId::of_title("on fish").as_str(),
        ] {
            let found = all.paper(id).unwrap();
            assert_eq!(found.id, preprint.id, "{id}");
            assert_eq!(found.abstract_text, preprint.abstract_text, "the fuller abstract");
            assert_eq!(found.venue, article.venue);
            assert_eq!(found.ids.iter().map(PaperId::printed).collect::<Vec<_>>(), ["10.1234/fish", "smith2020"]);
        }
        // Adding everything again changes nothing.
        assert_eq!(counts(&all.add_from("arxiv", std::slice::from_ref(&preprint))), [0, 0, 0, 1]);
        assert_eq!(counts(&all.add_from("library", std::slice::from_ref(&article))), [0, 0, 0, 1]);
        // The same source corrects itself, also with a shorter abstract; one without an abstract deletes none.
        let shorter = Paper { abstract_text: "We count.".to_owned(), ..preprint.clone() };
        assert_eq!(counts(&all.add_from("arxiv", &[shorter])), [0, 1, 0, 0]);
        assert_eq!(all.paper("2001.00001").unwrap().abstract_text, "We count fish.");
        let without = Paper { abstract_text: String::new(), ..preprint.clone() };
        assert_eq!(counts(&all.add_from("arxiv", &[without])), [0, 0, 0, 1]);
        let with_ids =
            |ids: &[&str]| Criteria { ids: ids.iter().map(|id| (*id).to_owned()).collect(), ..Criteria::default() };
        assert_eq!(all.list(&Filter::new(with_ids(&["10.1234/fish"])).unwrap()).len(), 1);
        assert_eq!(all.list(&Filter::new(with_ids(&["10.1234/other"])).unwrap()).len(), 0);
        assert_eq!(all.remove("10.1234/fish"), 1);
        assert!(matches!(all.paper("smith2020"), Err(Error::UnknownPaper { id }) if id == "smith2020"));
    });
}

#[test]
fn a_record_with_the_ids_of_two_papers_joins_them() {
    on_each(|all| {
        let one = paper(&["2001.00001"], "On Fish", "We count fish.");
        let two = paper(&["10.1234/fish"], "Counting the Fish of the Sea", "All fish are counted here, one by one.");
        assert_eq!(counts(&all.add_from("a", &[one.clone(), two.clone()])), [2, 0, 0, 0]);
        let both = paper(&["2001.00001", "10.1234/fish"], "On Fish", "");
        assert_eq!(counts(&all.add_from("b", std::slice::from_ref(&both))), [0, 0, 1, 0]);
        let found = all.paper("10.1234/fish").unwrap();
        assert_eq!((&found.id, &found.title), (&one.id, &one.title), "the older paper's id and title");
        assert_eq!(found.abstract_text, two.abstract_text);
        assert_eq!(all.paper(PaperId::of_title(&two.title).as_str()).unwrap().id, one.id, "the other title is known");
        assert_eq!(all.list(&Filter::default()).len(), 1);
        assert_eq!(counts(&all.add_from("b", &[both])), [0, 0, 0, 1]);
        assert_eq!(counts(&all.add_from("a", &[one, two])), [0, 0, 0, 2]);
    });
}

#[test]
fn equal_titles_of_other_authors_and_years_stay_apart() {
    on_each(|all| {
        let editorial = |author: &str, year: u16| {
            let mut paper = paper(&[], "Editorial", &format!("Of {year}."));
            paper.authors = vec![author.to_owned()];
            paper.published = PublicationDate::new(year, 1, 1);
            paper
        };
        let two = [editorial("Ada Smith", 2001), editorial("Bo Lee", 2009)];
        assert_eq!(counts(&all.add_from("a", &two)), [2, 0, 0, 0]);
        assert_eq!(counts(&all.add_from("b", &two)), [0, 0, 0, 2]);
        assert_eq!(counts(&all.add_from("c", &[editorial("Smith, A.", 2002)])), [0, 1, 0, 0]);
        assert_eq!(all.list(&Filter::default()).len(), 2);
    });
}

#[test]
fn a_changed_title_keeps_the_old_one_findable() {
    on_each(|all| {
        let before = paper(&["2001.00001"], "On Fish", "We count fish.");
        let after = Paper { title: "On All Fish".to_owned(), ..before.clone() };
        all.add_from("a", std::slice::from_ref(&before));
        assert_eq!(counts(&all.add_from("a", std::slice::from_ref(&after))), [0, 1, 0, 0]);
        for title in [&before.title, &after.title] {
            assert_eq!(all.paper(PaperId::of_title(title).as_str()).unwrap().title, after.title);
        }
        // A record of a library whose title was corrected, known by its key alone.
        let [before, after] = ["Whales", "On Whales"].map(|title| paper(&["key:w"], title, "Big."));
        all.add_from("library", &[before]);
        assert_eq!(counts(&all.add_from("library", &[after])), [0, 1, 0, 0]);
        assert_eq!(all.paper("w").unwrap().title, "On Whales");
    });
}

#[test]
fn a_key_of_two_files_names_no_single_paper() {
    on_each(|all| {
        all.add_from("a", &[paper(&["key:one"], "Fish", "")]);
        all.add_from("b", &[paper(&["key:one"], "Whales", "")]);
        assert!(all.paper("one").is_err());
        assert_eq!(all.remove("one"), 0);
        assert_eq!(all.list(&Filter::default()).len(), 2);
    });
}

#[test]
fn new_fields_are_filtered_by() {
    on_each(|all| {
        let mut cited = paper(&["2001.00001"], "On Fish", "");
        cited.venue = Some("Journal of Fischerei-Ökonomie".to_owned());
        cited.citations = Some(7);
        cited.kind = Some(crate::paper::PublicationType::Review);
        all.add_from("a", &[cited, paper(&["2001.00002"], "On Whales", "")]);
        let found = |criteria: Criteria| all.list(&Filter::new(criteria).unwrap()).len();
        assert_eq!(found(Criteria { venues: vec!["okonomie".into()], ..Criteria::default() }), 1);
        assert_eq!(found(Criteria { venues: vec!["nature".into()], ..Criteria::default() }), 0);
        assert_eq!(found(Criteria { min_citations: Some(7), ..Criteria::default() }), 1);
        assert_eq!(found(Criteria { min_citations: Some(8), ..Criteria::default() }), 0);
        assert_eq!(found(Criteria { types: vec!["review".into(), "article".into()], ..Criteria::default() }), 1);
    });
}

#[test]
fn two_records_of_one_file_about_one_paper_settle() {
    on_each(|all| {
        let short = paper(&["2001.00001"], "On Fish", "We count fish.");
        let mut long = paper(&["2001.00001"], "On Fish", "We count many fish in the sea.");
        long.venue = Some("Fisheries".to_owned());
        let both = [long.clone(), short];
        assert_eq!(counts(&all.add_from("a", &both)), [1, 1, 0, 0]);
        assert_eq!(all.paper("2001.00001").unwrap().abstract_text, long.abstract_text);
        assert_eq!(all.paper("2001.00001").unwrap().venue, long.venue);
        assert_eq!(counts(&all.add_from("a", &both)), [0, 0, 0, 2]);
    });
}

#[test]
fn a_wrong_merge_is_undone_and_stays_undone() {
    on_each(|all| {
        let one = paper(&["key:a"], "Introduction", "To fish.");
        let two = paper(&["key:b"], "Introduction", "To whales, at some length.");
        all.add_from("fish.bib", std::slice::from_ref(&one));
        assert_eq!(counts(&all.add_from("whales.bib", std::slice::from_ref(&two))), [0, 1, 0, 0]);
        assert_eq!(all.list(&Filter::default()).len(), 1);
        let ids = all.split("a").unwrap();
        assert_eq!(ids.len(), 2);
        assert_eq!(ids[0], PaperId::of_title("Introduction"));
        assert_eq!(all.paper("a").unwrap().abstract_text, one.abstract_text);
        assert_eq!(all.paper("b").unwrap().abstract_text, two.abstract_text);
        assert_eq!(all.paper("b").unwrap().id, ids[1]);
        // Adding the files again does not join them.
        assert_eq!(counts(&all.add_from("whales.bib", &[two])), [0, 0, 0, 1]);
        assert_eq!(counts(&all.add_from("fish.bib", &[one])), [0, 0, 0, 1]);
        assert_eq!(all.list(&Filter::default()).len(), 2);
        assert!(matches!(all.split("a"), Err(Error::NotMerged { records: 1, .. })));
        // Records that share an id cannot be separated.
        all.add_from("x", &[paper(&["2001.00001"], "Tides", "")]);
        all.add_from("y", &[paper(&["2001.00001"], "Of Tides", "They come.")]);
        assert!(matches!(all.split("2001.00001"), Err(Error::NotMerged { records: 2, .. })));
    });
}

#[test]
fn a_part_of_a_split_paper_gets_an_id_that_no_paper_has() {
    on_each(|all| {
        // A record without ids is merged by its title, and a paper that contradicts gets the hash of the title as its id.
        all.add_from("a", &[paper(&["10.1234/tides"], "Tides", "")]);
        all.add_from("b", &[paper(&[], "Tides", "We measure tides.")]);
        let mut other = paper(&[], "Tides", "");
        other.authors = vec!["Bo Lee".to_owned()];
        // An id of the merged paper that another paper has as well.
        assert_eq!(counts(&all.add_from("c", &[paper(&["2001.00009"], "Tides", "")])), [0, 1, 0, 0]);
        let mut wrong = paper(&["2001.00009"], "Craters", "");
        wrong.authors = vec!["Cy Poe".to_owned()];
        assert_eq!(counts(&all.add_from("d", &[other.clone(), wrong.clone()])), [2, 0, 0, 0]);
        assert_eq!(all.split("10.1234/tides").unwrap().len(), 3);
        let stored = all.list(&Filter::default());
        assert_eq!(stored.len(), 5);
        for author in [&other.authors, &wrong.authors] {
            assert_eq!(stored.iter().filter(|paper| paper.authors == *author).count(), 1);
        }
    });
}

#[test]
fn a_wrong_id_and_a_repeated_key_join_no_papers() {
    on_each(|all| {
        // An arXiv id that a reference manager wrote into entries of other papers.
        let mut one = paper(&["2001.00009", "10.1234/epitaxy"], "Epitaxy", "");
        let mut two = paper(&["2001.00009", "10.1234/hydrosols"], "Hydrosols", "");
        one.authors = vec!["A. Koma".to_owned()];
        two.authors = vec!["V. LaMer".to_owned()];
        let both = [one, two];
        assert_eq!(counts(&all.add_from("a", &both)), [2, 0, 0, 0]);
        assert_eq!(counts(&all.add_from("a", &both)), [0, 0, 0, 2]);
        assert_eq!(all.paper("10.1234/hydrosols").unwrap().title, "Hydrosols");
        // A key of two entries.
        let entries = [paper(&["key:e92"], "Softbots", "One."), paper(&["key:e92"], "Building softbots", "Two.")];
        assert_eq!(counts(&all.add_from("b", &entries)), [2, 0, 0, 0]);
        assert_eq!(counts(&all.add_from("b", &entries)), [0, 0, 0, 2]);
        // A record that was merged is recognised by its content, although its authors differ from those of the merged paper.
        let [mut a, mut b, mut c] = ["a", "b", "c"].map(|key| paper(&[&format!("key:{key}")], "Deep fish", ""));
        (a.id, c.id) = ("10.1234/deep".parse().unwrap(), "10.1234/deep".parse().unwrap());
        (a.authors, b.authors) = (Vec::new(), vec!["A. Smith".to_owned()]);
        c.authors = vec!["B. Jones".to_owned(), "C. Lee".to_owned()];
        let records = [a, b, c];
        assert_eq!(counts(&all.add_from("c", &records)), [1, 2, 0, 0]);
        assert_eq!(counts(&all.add_from("c", &records)), [0, 0, 0, 3]);
    });
}
