//! The embedder gives the vectors that the reference implementation gives, alone and in any batch.

use std::path::{Path, PathBuf};

use paperkin::corpus::{self, CorpusOptions, Source, sample};
use paperkin::embed::{DEFAULT_MODEL, Embedder, Kernel, ModelFolder, Precision, Role, Text, Tokenizer, find_or_fetch};
use paperkin::progress::Silent;
use serde::Deserialize;

use crate::support::shared;

#[derive(Deserialize)]
struct Named {
    name: String,
    text: String,
}

#[derive(Deserialize)]
struct Golden {
    vectors: Vec<Vec<f32>>,
}

fn data(path: &str) -> PathBuf {
    Path::new("tests/data").join(path)
}

fn texts() -> Vec<Named> {
    serde_json::from_str(&fs_err::read_to_string(data("golden/texts.json")).unwrap()).unwrap()
}

fn golden(file: &str) -> Vec<Vec<f32>> {
    let golden: Golden = serde_json::from_str(&fs_err::read_to_string(data(file)).unwrap()).unwrap();
    golden.vectors
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The kernels that compute in `f32` throughout.
fn is_exact(kernel: Kernel) -> bool {
    kernel.name() == "portable" || kernel.name().ends_with("f32")
}

/// The least and the mean cosine with `f32` that a kernel must reach on abstracts.
fn bounds(kernel: Kernel) -> (f64, f64) {
    match kernel.precision() {
        Precision::Full => (0.9995, 0.9999),
        Precision::Fast => (0.999, 0.9996),
    }
}

/// How much less the cosine of an unusual text may be, such as a single punctuation mark.
const UNUSUAL: f64 = 0.001;

fn agrees_with_golden(folder: &ModelFolder, file: &str, truncated: usize) {
    let golden = golden(file);
    let texts = texts();
    assert_eq!(golden.len(), texts.len());
    let strings: Vec<&str> = texts.iter().map(|named| named.text.as_str()).collect();
    for kernel in Kernel::available() {
        let embedder = Embedder::load_for(folder, 2, kernel).unwrap();
        let together = embedder.embed(Role::Passage, &strings).unwrap();
        assert_eq!(together.len(), texts.len());
        for ((named, golden), embedded) in texts.iter().zip(&golden).zip(&together) {
            let vector = embedded.embedding.as_slice();
            let cosine = cosine(vector, golden);
            if is_exact(kernel) {
                assert!(cosine >= 0.99999, "{kernel:?}, {}: {cosine}", named.name);
                assert!(largest_difference(vector, golden) < 1e-5, "{kernel:?}, {}", named.name);
            } else {
                assert!(cosine >= bounds(kernel).0 - UNUSUAL, "{kernel:?}, {}: {cosine}", named.name);
            }
            let alone = embedder.embed_one(Role::Passage, &named.text).unwrap();
            assert_eq!(vector, alone.embedding.as_slice(), "{kernel:?}, {}", named.name);
            assert_eq!(alone.truncated, embedded.truncated);
        }
        assert_eq!(together.iter().filter(|embedded| embedded.truncated).count(), truncated);
    }
}

#[test]
fn every_kernel_gives_the_vectors_of_the_exact_one() {
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let mut texts: Vec<String> = sample::papers().map(|paper| paper.unwrap().text()).collect();
    if let Some(path) = shared("corpora/arxiv-50k.jsonl.zst") {
        let papers = corpus::open(&Source::File(path), &CorpusOptions::default()).unwrap();
        texts.extend(papers.take(100).map(|paper| paper.unwrap().text()));
    }
    let embed = |kernel| Embedder::load_for(&folder, 2, kernel).unwrap().embed(Role::Passage, &texts).unwrap();
    let exact = embed(Kernel::available().find(|kernel| is_exact(*kernel)).unwrap());
    for kernel in Kernel::available().filter(|kernel| !is_exact(*kernel)) {
        let cosines = embed(kernel).into_iter().zip(&exact);
        let cosines: Vec<f64> = cosines.map(|(a, b)| cosine(a.embedding.as_slice(), b.embedding.as_slice())).collect();
        let least = cosines.iter().copied().fold(1.0, f64::min);
        #[allow(clippy::cast_precision_loss)]
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let bounds = bounds(kernel);
        assert!(least >= bounds.0 && mean >= bounds.1, "{kernel:?}: at least {least}, on average {mean}");
    }
}

#[test]
fn the_tiny_model_agrees_with_the_reference() {
    let folder = ModelFolder::open(&data("tiny-bert")).unwrap();
    assert_eq!(folder.fingerprint().max_tokens, 64);
    agrees_with_golden(&folder, "golden/tiny-bert.json", 14);
}

#[test]
fn the_default_model_agrees_with_the_reference() {
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    agrees_with_golden(&folder, "golden/all-minilm-l6-v2.json", 2);
    assert_eq!(folder.verify().unwrap().len(), 5);
}

#[test]
fn padding_and_truncation_of_the_tokenizer_file_are_overridden() {
    // The file pads to 16 tokens and cuts at 16, as that of MiniLM does at 128.
    let tokenizer = Tokenizer::load(&data("tiny-bert/tokenizer.json"), 64).unwrap();
    let short = tokenizer.tokenize("a").unwrap();
    assert_eq!((short.ids.len(), short.truncated), (3, false));
    let exact = tokenizer.tokenize(&"a ".repeat(62)).unwrap();
    assert_eq!((exact.ids.len(), exact.truncated), (64, false));
    let long = tokenizer.tokenize(&"a ".repeat(63)).unwrap();
    assert_eq!((long.ids.len(), long.truncated), (64, true));
    assert_eq!(long.ids, exact.ids, "the closing special token is kept");
}

#[test]
fn the_tokens_of_a_part_are_those_within_it() {
    let tokenizer = Tokenizer::load(&data("tiny-bert/tokenizer.json"), 8).unwrap();
    // Six letters and two special tokens fit; the first is the text's beginning.
    let parts = [0..3, 4..5, 3..4, 2..40, 12..14, 5..5];
    let tokens = tokenizer.tokenize_with("a b c d e f g h", &parts).unwrap();
    assert_eq!(tokens.ids.len(), 8);
    let found: Vec<Vec<u32>> = tokens.parts.iter().map(|part| tokens.ids[part.clone()].to_vec()).collect();
    let letters = &tokens.ids[1..7];
    assert_eq!(found, [&letters[..2], &letters[2..3], &[], &letters[1..], &[], &[]]);
}

#[test]
fn parts_are_embedded_beside_the_whole() {
    let folder = ModelFolder::open(&data("tiny-bert")).unwrap();
    let embedder = Embedder::load(&folder, 2).unwrap();
    let texts: Vec<Text<'_>> = (1..20)
        .map(|count| Text { text: "a b ".repeat(count).into(), parts: vec![0..4 * count, 0..3, 4_000..4_003] })
        .collect();
    let found = embedder.embed_watched(Role::Passage, &texts, &Silent).unwrap();
    for (text, found) in texts.iter().zip(found) {
        let found = found.unwrap();
        assert_eq!(found.embedding, embedder.embed_one(Role::Passage, &text.text).unwrap().embedding);
        let [Some(all), Some(first), None] = found.parts.as_slice() else { panic!("{:?}", found.parts) };
        assert!(first != all || text.text.len() == 4, "parts are told apart");
        assert!(all.cosine(found.embedding.as_slice()) > 0.5, "all but the special tokens");
    }
}

#[test]
fn a_copy_of_a_known_model_is_that_model() {
    let known = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let copy = ModelFolder::open(&known.path).unwrap();
    assert_eq!(copy.fingerprint(), known.fingerprint());
}

#[test]
fn broken_model_files_are_told_and_do_not_panic() {
    let whole = data("tiny-bert");
    let files = ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"];
    for broken in files {
        for cut in ["missing", "empty", "half", "altered"] {
            let folder = tempfile::tempdir().unwrap();
            fs_err::create_dir(folder.path().join("1_Pooling")).unwrap();
            for file in files {
                fs_err::copy(whole.join(file), folder.path().join(file)).unwrap();
            }
            let path = folder.path().join(broken);
            let bytes = fs_err::read(&path).unwrap();
            match cut {
                "missing" => fs_err::remove_file(&path).unwrap(),
                "empty" => fs_err::write(&path, b"").unwrap(),
                "half" => fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                _ => fs_err::write(&path, bytes.iter().map(|byte| byte ^ 0x5a).collect::<Vec<_>>()).unwrap(),
            }
            let loaded = ModelFolder::open(folder.path()).and_then(|folder| Embedder::load(&folder, 1));
            let error = loaded.err().unwrap_or_else(|| panic!("{broken} {cut} was accepted"));
            assert!(error.to_string().contains(broken.rsplit('/').next().unwrap()), "{broken} {cut}: {error}");
        }
    }
}
