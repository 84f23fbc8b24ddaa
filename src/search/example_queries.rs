//! Example queries for a collection: one per cluster of its papers, about the phrase that characterises the cluster.
//!
//! The clusters are those of spherical k-means (Dhillon & Modha, "Concept decompositions for large sparse text data
//! using clustering", Machine Learning 42, 2001). A phrase consists of two or three words of titles. Its weight in a
//! cluster is the class-based TF-IDF of BERTopic (Grootendorst, 2022, arXiv:2203.05794), with each paper counted once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use crate::embed::{Embedding, dot};
use crate::paper::Paper;

const QUERIES: usize = 8;
/// Number of clusters: one per query, but fewer for a small collection.
const CLUSTERS: usize = QUERIES;
const PAPERS_EACH: usize = 4;
/// Iterations of k-means; the clusters of a few hundred papers hardly change after that.
const ROUNDS: usize = 10;
/// Number of words in the longest phrase.
const LONGEST: usize = 3;

/// The templates of queries, used in turn. They contain no word that would determine the hits.
const FORMS: [&str; 4] =
    ["What is known about {}?", "How can {} be improved?", "What are the limits of {}?", "How can {} be evaluated?"];

/// Words that never occur in a phrase.
static STOP_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_whitespace().collect());
const WORDS: &str = "a about after all an and any are as at based be been before between beyond but by can do does for from \
    further has have how if in into is it its large more most need new no not novel of on one only or our out over paper part some \
    study such than that the their them then these they this through to toward towards two under up use used uses using very via \
    was we what when where which while who why will with within without you your";

/// The phrases and the embedding of a paper.
pub(super) struct Described<'a> {
    title: String,
    /// Distinct phrases of the title and the abstract, in lower case.
    phrases: HashSet<String>,
    /// Phrases of the title with their spelling, by their lower-case form.
    written: BTreeMap<String, String>,
    vector: &'a [f32],
}

impl<'a> Described<'a> {
    pub fn new(paper: &Paper, vector: &'a [f32]) -> Self {
        let written: BTreeMap<String, String> =
            phrases(&paper.title).into_iter().map(|phrase| (phrase.to_lowercase(), phrase)).collect();
        let of_abstract = phrases(&paper.abstract_text).into_iter().map(|phrase| phrase.to_lowercase());
        let phrases = written.keys().cloned().chain(of_abstract).collect();
        Self { title: paper.title.clone(), phrases, written, vector }
    }
}

/// Eight queries that the papers answer, or fewer if there are fewer papers. Queries about phrases come first, in
/// descending order of cluster size. Titles follow, because small collections have few phrases that occur in more than
/// one paper.
pub(super) fn example_queries(papers: &[Described<'_>]) -> Vec<String> {
    let mut everywhere: HashMap<&str, usize> = HashMap::new();
    for phrase in papers.iter().flat_map(|paper| &paper.phrases) {
        *everywhere.entry(phrase).or_default() += 1;
    }
    let clusters = clusters(papers);
    let mut used: Vec<String> = Vec::new();
    // If a cluster has no phrase, another cluster contributes a second one.
    for cluster in clusters.iter().cycle().take(2 * clusters.len()) {
        if used.len() < QUERIES {
            used.extend(characteristic(cluster, &everywhere, papers.len(), &used));
        }
    }
    let forms = FORMS.iter().cycle();
    let about_phrases = used.iter().zip(forms).map(|(phrase, form)| form.replace("{}", phrase));
    let titles = (0..papers.len()).flat_map(|place| clusters.iter().filter_map(move |cluster| cluster.get(place)));
    about_phrases.chain(titles.map(|paper| paper.title.clone())).take(QUERIES).collect()
}

/// The phrase of a cluster's titles with the largest weight that shares no word with the phrases already used.
fn characteristic(
    cluster: &[&Described<'_>],
    everywhere: &HashMap<&str, usize>,
    papers: usize,
    used: &[String],
) -> Option<String> {
    let mut written: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (phrase, title) in cluster.iter().flat_map(|paper| &paper.written) {
        *written.entry(phrase).or_default().entry(title).or_default() += 1;
    }
    let known: HashSet<String> = used.iter().flat_map(|phrase| phrase.split(' ').map(str::to_lowercase)).collect();
    let mut best: Option<(f32, &str)> = None;
    for phrase in written.keys().copied() {
        let here = cluster.iter().filter(|paper| paper.phrases.contains(phrase)).count();
        let all = everywhere.get(phrase).copied().unwrap_or_default();
        if all < 2 || phrase.split(' ').any(|word| known.contains(word)) {
            continue;
        }
        #[allow(clippy::cast_precision_loss)] // a few hundred papers
        let weight = here as f32 * (1.0 + papers as f32 / all as f32).ln();
        // Of phrases with equal weight, the longer one is more specific.
        let is_better = |(most, other): (f32, &str)| weight > most || (weight >= most && phrase.len() > other.len());
        if best.is_none_or(is_better) {
            best = Some((weight, phrase));
        }
    }
    // In the spelling of most titles.
    let phrase = best?.1;
    let forms = completed(phrase, cluster).and_then(|longer| written.get(longer)).or_else(|| written.get(phrase))?;
    forms.iter().max_by_key(|(form, count)| (**count, std::cmp::Reverse(**form))).map(|(form, _)| (*form).to_owned())
}

/// The longer phrase that begins with this one in most papers that have it, if there is one: "generative adversarial"
/// lacks its noun.
fn completed<'p>(phrase: &str, cluster: &[&'p Described<'_>]) -> Option<&'p str> {
    let mut longer: BTreeMap<&str, usize> = BTreeMap::new();
    let mut papers = 0;
    for paper in cluster.iter().filter(|paper| paper.phrases.contains(phrase)) {
        papers += 1;
        let continues = |other: &&String| other.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' '));
        for other in paper.phrases.iter().filter(continues) {
            *longer.entry(other).or_default() += 1;
        }
    }
    let (other, count) = longer.into_iter().max_by_key(|(other, count)| (*count, std::cmp::Reverse(*other)))?;
    (2 * count > papers).then_some(other)
}

/// Clusters the papers; the largest cluster comes first.
fn clusters<'p, 'a>(papers: &'p [Described<'a>]) -> Vec<Vec<&'p Described<'a>>> {
    let count = CLUSTERS.min(papers.len().div_ceil(PAPERS_EACH));
    let mut centres: Vec<Embedding> = (0..count)
        .filter_map(|number| Embedding::normalised(papers[number * papers.len() / count].vector.to_vec()).ok())
        .collect();
    let mut members: Vec<Vec<&Described<'_>>> = Vec::new();
    for _ in 0..ROUNDS {
        members = vec![Vec::new(); centres.len()];
        for paper in papers {
            let cosines = centres.iter().map(|centre| dot(centre.as_slice(), paper.vector));
            let nearest = cosines.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((nearest, _)) = nearest {
                members[nearest].push(paper);
            }
        }
        for (centre, members) in centres.iter_mut().zip(&members) {
            // An empty cluster keeps its centre.
            if let Ok(mean) = Embedding::sum(members.iter().map(|paper| (1.0, paper.vector))) {
                *centre = mean;
            }
        }
    }
    members.sort_by_key(|members| std::cmp::Reverse(members.len()));
    members
}

/// The phrases of a text: two or three consecutive words without a punctuation mark or stop word between them. Words
/// with a capital as in a title are converted to lower case; those with other capitals, such as `BERT` and `LLMs`, are
/// unchanged.
fn phrases(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.split(|c: char| !(c.is_alphanumeric() || c.is_whitespace() || c == '-')) {
        let words: Vec<String> = run.split_whitespace().map(plain).collect();
        for run in words.split(|word| STOP_WORDS.contains(word.as_str()) || !is_word(word)) {
            for length in 2..=LONGEST {
                found.extend(run.windows(length).map(|words| words.join(" ")));
            }
        }
    }
    found
}

/// A word without the initial capital of a title.
fn plain(word: &str) -> String {
    let rest_is_lower = word.split('-').all(|part| !part.chars().skip(1).any(char::is_uppercase));
    if rest_is_lower && word.chars().count() > 1 { word.to_lowercase() } else { word.to_owned() }
}

fn is_word(word: &str) -> bool {
    word.chars().count() > 2 && word.chars().any(char::is_alphabetic) && word.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    fn paper(title: &str) -> Paper {
        Paper::new(PaperId::of_title(title), title.to_owned(), String::new())
    }

    #[test]
    fn phrases_are_neighbouring_words_between_stop_words_and_marks() {
        assert_eq!(phrases("Deep Learning for LLMs: Graph-based Walks"), ["deep learning", "graph-based walks"]);
        assert_eq!(
            phrases("Fast Graph Neural Nets"),
            ["fast graph", "graph neural", "neural nets", "fast graph neural", "graph neural nets"]
        );
        assert_eq!(phrases("BERT Models of 2019"), ["BERT models"]);
        assert_eq!(phrases(""), Vec::<String>::new());
    }

    #[test]
    fn each_cluster_gives_one_query_about_what_its_titles_share() {
        let titles = [
            "Graph Walks I: Fast Graph Walks",
            "Slow graph walks",
            "Protein Folding now",
            "On protein folding",
            "Oceans",
        ];
        let papers: Vec<Paper> = titles.iter().map(|title| paper(title)).collect();
        let vectors = [[1.0, 0.0, 0.0], [0.98, 0.2, 0.0], [0.0, 1.0, 0.0], [0.2, 0.98, 0.0], [0.0, 0.0, 1.0]];
        let described: Vec<Described<'_>> =
            papers.iter().zip(&vectors).map(|(paper, vector)| Described::new(paper, vector)).collect();
        let queries = example_queries(&described);
        assert!(queries.iter().any(|query| query.contains("graph walks")), "{queries:?}");
        assert!(queries.iter().any(|query| query.contains("protein folding")), "{queries:?}");
        assert_eq!(queries[2..].len(), papers.len().min(QUERIES - 2), "titles follow: {queries:?}");
    }

    #[test]
    fn without_shared_phrases_titles_are_queries() {
        assert_eq!(example_queries(&[]), Vec::<String>::new());
        let (one, vector) = (paper("An Only Paper"), [1.0, 0.0]);
        assert_eq!(example_queries(&[Described::new(&one, &vector)]), ["An Only Paper"]);
    }
}
