//! Words of queries as people type them: spelling, stop words, long queries, languages, and the words that a hit has.

use paperkin::Error;
use paperkin::search::{MAX_QUERY_CHARS, Mode, Options, Query};

use crate::support::collection::{ask, by_words, opened, titles};

#[test]
fn words_are_found_in_all_their_spellings() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let tuning = ["Fine-tuning again", "Finetuning of models", "On fine tuning"];
    for (query, wanted) in [
        ("finetuning", &tuning[..]),
        ("fine-tuning", &tuning),
        ("fine tuning", &tuning),
        ("fine-tuned", &tuning),
        ("C++", &tuning[1..2]),
        ("C#", &tuning[..1]),
        ("x2", &tuning[..1]),
        ("H2O", &tuning[..1]),
        ("color", &["Colour and behaviour of tumours"]),
        ("behavioral tumor", &["Colour and behaviour of tumours"]),
        ("TNFalpha", &["Colour and behaviour of tumours"]),
        ("TNF alpha", &["Colour and behaviour of tumours"]),
        ("α", &["Colour and behaviour of tumours"]),
        ("Alzheimers", &["Colour and behaviour of tumours"]),
        ("alzheimer's", &["Colour and behaviour of tumours"]),
        ("RAG", &["Evaluating RAG", "Retrieval-augmented generation"]),
        ("retrieval augmented generation", &["Evaluating RAG", "Retrieval-augmented generation"]),
        ("图神经网络", &["图神经网络的研究"]),
        ("神经", &["图神经网络的研究"]),
        ("神", &["图神经网络的研究"]),
        ("딥러닝", &["딥러닝을 이용한 번역"]),
        ("нейронных сетей", &["Нейронные сети для перевода"]),
        ("الشبكات", &["التعلم العميق للترجمة"]),
        ("ประสาทเทียม", &["โครงข่ายประสาทเทียม"]),
        ("luk", &["Colour and behaviour of tumours"]),
    ] {
        assert_eq!(by_words(&searcher, query), wanted, "{query}");
    }
    assert_eq!(titles(&ask(&searcher, "x^2", Mode::Lexical))[0], "Fine-tuning again");
    let answer = ask(&searcher, "rag", Mode::Lexical);
    assert_eq!(answer.notes(), ["“RAG” and “retrieval augmented generation” count as the same"]);
}

#[test]
fn stop_words_alone_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    for mode in [Mode::Hybrid, Mode::Lexical] {
        assert_eq!(titles(&ask(&searcher, "to be or not to be", mode))[0], "To be, or not to be");
        assert_eq!(titles(&ask(&searcher, "or not", mode))[0], "To be, or not to be");
    }
}

#[test]
fn a_misspelt_word_is_corrected_only_if_no_paper_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    for (query, from, to) in [
        ("dropuot", "dropuot", "dropout"),
        ("evaluatng rag", "evaluatng", "evaluating"),
        ("retreival", "retreival", "retrieval"),
        ("hintn", "hintn", "hinton"),
    ] {
        let answer = ask(&searcher, query, Mode::Hybrid);
        assert_eq!(answer.understood.corrected.len(), 1, "{query}");
        let correction = &answer.understood.corrected[0];
        assert_eq!((correction.from.as_str(), correction.to.as_str()), (from, to));
        // The corrected query gives the same answer, by meaning as well.
        let corrected = ask(&searcher, &query.replace(from, to), Mode::Dense);
        assert_eq!(titles(&ask(&searcher, query, Mode::Dense)), titles(&corrected));
    }
    assert_eq!(
        ask(&searcher, "dropuot", Mode::Lexical).notes(),
        ["no paper has the word “dropuot”: searched for “dropout”"]
    );
    // What a paper has, and what is like no word, stays.
    for query in ["capsules", "zyxwvutsr", "gpt17", "for", "DROPuot"] {
        assert_eq!(ask(&searcher, query, Mode::Hybrid).understood.corrected, [], "{query}");
    }
}

#[test]
fn a_long_query_is_answered_and_says_what_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let mut query: String = (0..700).map(|number| format!("word{number} sorting ")).collect();
    query.push_str("dropout");
    let answer = ask(&searcher, &query, Mode::Hybrid);
    let cut = answer.understood.cut.expect("a long query is cut");
    assert!(cut.words < cut.of_words && cut.of_words == 702, "{cut:?}");
    assert!(cut.tokens.is_some_and(|tokens| tokens <= 128), "{cut:?}");
    // A rare word at the end of the query is among the most distinctive.
    assert!(ask(&searcher, &query, Mode::Lexical).hits.iter().any(|hit| hit.title == "Dropout in practice"));
    assert!(Query::new(&"x".repeat(MAX_QUERY_CHARS)).is_ok());
    assert!(matches!(Query::new(&"x".repeat(MAX_QUERY_CHARS + 1)), Err(Error::QueryTooLong { .. })));
    // Repeated words are looked up once.
    for words in ["a ", "to be or not to be ", "dropout neural networks ", "\"a\" ", "\"", "图"] {
        let query: String = words.chars().cycle().take(MAX_QUERY_CHARS).collect();
        assert!(!ask(&searcher, &query, Mode::Hybrid).hits.is_empty(), "{words}");
    }
}

#[test]
fn a_word_counts_as_often_as_the_query_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let best = |query: &str| ask(&searcher, query, Mode::Lexical).hits.remove(0);
    let (once, twice) = (best("dropout"), best("dropout dropout"));
    assert_eq!((once.why.words.len(), twice.why.words.len()), (1, 1));
    assert!((2.0 * once.score - twice.score).abs() < 1e-4, "{} {}", once.score, twice.score);
}

#[test]
fn words_that_no_paper_has_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    for query in ["qwertyuiopasd", "🤖"] {
        let notes = ask(&searcher, query, Mode::Hybrid).notes();
        assert_eq!(notes, ["no paper has any of these words: papers are ranked by meaning alone"], "{query}");
        assert_eq!(ask(&searcher, query, Mode::Dense).notes(), [""; 0], "{query}");
    }
}

#[test]
fn hits_name_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let answer = ask(&searcher, "Dropout of a neural cucumber", Mode::Hybrid);
    let hit = answer.hits.iter().find(|hit| hit.title == "Dropout in practice").unwrap();
    let words: Vec<&str> = hit.why.words.iter().map(|found| found.word.as_str()).collect();
    assert_eq!(words, ["Dropout", "neural"]);
    let sum: f32 = hit.why.words.iter().map(|found| found.score).sum();
    assert!((sum - hit.why.bm25.unwrap()).abs() < 1e-4);
    let related = searcher.related(&paperkin::search::Examples::default().like([hit.id.clone()]), Options::default());
    let related = related.unwrap();
    assert!(related.hits.iter().any(|hit| hit.why.words.iter().any(|found| found.word == "dropout")));
}

#[test]
fn a_query_in_another_language_gets_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = opened(folder.path());
    let foreign = |query: &str| ask(&searcher, query, Mode::Hybrid).understood.foreign.map(|foreign| foreign.language);
    assert_eq!(foreign("图神经网络").as_deref(), Some("Chinese or Japanese"));
    assert_eq!(foreign("welche neuronalen Netze vergessen nicht").as_deref(), Some("German"));
    assert_eq!(foreign("how do networks forget"), None);
}
