//! A collection for tests of queries, and searches in it.

use std::path::Path;

use paperkin::full_text;
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::search::{Answer, Mode, Options, Query, Searcher};
use paperkin::store::Store;

use super::{papers, searcher, tiny_embedder};

/// A paper with authors, a year and a venue.
pub fn of(title: &str, text: &str, authors: &[&str], year: u16, venue: &str) -> Paper {
    let mut paper = Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned());
    paper.authors = authors.iter().map(|&author| author.to_owned()).collect();
    paper.published = PublicationDate::new(year, 5, 6);
    paper.venue = (!venue.is_empty()).then(|| venue.to_owned());
    paper.categories = vec![if year < 2020 { "cs.NE" } else { "cs.CL" }.to_owned()];
    paper
}

/// Papers for these tests, between forty others.
pub fn collection() -> Vec<Paper> {
    let mut all = papers(40);
    all.extend([
        of(
            "Preventing co-adaptation",
            "A neural network is trained with dropout.",
            &["Geoffrey E. Hinton", "Ada Smith"],
            2012,
            "NeurIPS",
        ),
        of("Dropout in practice", "Dropout of neurons in neural networks.", &["Bo Lee"], 2016, "ICML"),
        of("Capsules", "Groups of neurons.", &["Geoffrey Hinton"], 2017, "NeurIPS"),
        of(
            "Retrieval-augmented generation",
            "We study retrieval-augmented generation (RAG).",
            &["Patrick Lewis"],
            2020,
            "NeurIPS",
        ),
        of("Evaluating RAG", "A survey of metrics.", &["Ada Smith"], 2023, ""),
        of("Finetuning of models", "Written in C++.", &["Li Wang"], 2021, ""),
        of("On fine tuning", "Written in C.", &["Wei Chen"], 2021, ""),
        of("Fine-tuning again", "Written in C#, with x² and H₂O.", &["Wei Chen"], 2022, ""),
        of("Colour and behaviour of tumours", "TNF-α in Alzheimer’s disease.", &["Zoë Łuk"], 2019, "Nature"),
        of("To be, or not to be", "Of Hamlet.", &["W. Shakespeare"], 2001, ""),
        of("图神经网络的研究", "本文研究图神经网络。", &["王伟"], 2022, ""),
        of("딥러닝을 이용한 번역", "신경망 번역.", &[], 2022, ""),
        of("Нейронные сети для перевода", "Мы обучаем сети.", &["Иван Петров"], 2018, ""),
        of("التعلم العميق للترجمة", "ندرس الشبكات العصبية.", &[], 2022, ""),
        of("โครงข่ายประสาทเทียม", "การเรียนรู้เชิงลึก", &[], 2022, ""),
        of("What is \"a phrase\" -really: a title", "About signs.", &[], 2022, ""),
        of("-omics", "About endings.", &[], 2022, ""),
    ]);
    all
}

/// A searcher whose full-text index is on disk.
pub fn opened(dir: &Path) -> Searcher {
    let in_memory = searcher(dir, &collection());
    full_text::renew(in_memory.store().unwrap()).unwrap();
    Searcher::new(Store::open(dir).unwrap(), tiny_embedder()).unwrap()
}

pub fn ask(searcher: &Searcher, query: &str, mode: Mode) -> Answer {
    searcher.search(&Query::new(query).unwrap(), Options::default().mode(mode).k(50).unwrap()).unwrap()
}

pub fn titles(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.title.as_str()).collect()
}

/// The titles that a query finds by its words, in alphabetical order.
pub fn by_words(searcher: &Searcher, query: &str) -> Vec<String> {
    let answer = ask(searcher, query, Mode::Lexical);
    let mut titles: Vec<String> = titles(&answer).into_iter().map(str::to_owned).collect();
    titles.sort();
    titles
}
