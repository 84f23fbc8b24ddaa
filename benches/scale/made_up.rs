//! Made-up papers: any number of them, always the same. Words follow Zipf's law; each paper mixes words of two topics, general words
//! and stop words. A static model has vectors in which the words of a topic are close to each other.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

const WORDS: usize = 60_000;
const TOPICS: usize = 400;
/// Number of words of a topic.
const OF_TOPIC: usize = 300;
pub const DIMENSION: usize = 384;
const STOP_WORDS: [&str; 16] =
    ["the", "of", "and", "in", "a", "to", "is", "for", "we", "that", "with", "on", "by", "are", "this", "from"];
const CATEGORIES: [&str; 12] = [
    "cs.AI",
    "cs.CL",
    "cs.CV",
    "cs.LG",
    "math.CO",
    "math.PR",
    "physics.optics",
    "quant-ph",
    "astro-ph.GA",
    "q-bio.NC",
    "stat.ML",
    "econ.EM",
];

/// Reproducible random numbers (SplitMix64: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.share() * end as f64) as usize
    }

    /// A rank below `end` by Zipf's law, by inversion of its continuous form.
    fn zipf(&mut self, end: usize) -> usize {
        (((end as f64 + 1.0).ln() * self.share()).exp() as usize).clamp(1, end) - 1
    }
}

/// What made-up papers are made of.
pub struct World {
    words: Vec<String>,
    topics: Vec<Vec<usize>>,
}

impl World {
    pub fn new() -> Self {
        let words = (0..WORDS).map(word).collect();
        let topic = |number: u64| {
            let mut random = Random::new(number + 1_000_000_007);
            // The most frequent words are general.
            (0..OF_TOPIC).map(|_| 500 + random.below(WORDS - 500)).collect()
        };
        Self { words, topics: (0..TOPICS as u64).map(topic).collect() }
    }

    /// A paper as a JSON object.
    pub fn paper(&self, number: usize) -> Value {
        let mut random = Random::new(number as u64);
        let topics = [random.zipf(TOPICS), random.zipf(TOPICS)];
        let length = 6 + random.below(6);
        let title = self.sentence(&mut random, topics, length, 0.15);
        let mut text = String::new();
        for _ in 0..5 + random.below(5) {
            let length = 12 + random.below(14);
            text.push_str(&self.sentence(&mut random, topics, length, 0.4));
            text.push_str(". ");
        }
        let authors: Vec<String> = (0..=random.below(5)).map(|_| self.author(&mut random)).collect();
        let (year, month, day) = (2026 - random.zipf(37), 1 + random.below(12), 1 + random.below(28));
        json!({
            "doi": format!("10.5555/made.up.{number}"),
            "title": title,
            "abstract": text.trim_end(),
            "authors": authors,
            "categories": [CATEGORIES[topics[0] % CATEGORIES.len()], CATEGORIES[topics[1] % CATEGORIES.len()]],
            "venue": format!("Journal of {}", self.words[500 + topics[0]]),
            "published": format!("{year}-{month:02}-{day:02}"),
        })
    }

    /// A query about the topics of a paper: some words of them.
    pub fn query(&self, number: usize) -> String {
        let mut random = Random::new(number as u64 + 77_000_000_000);
        let topics = [random.zipf(TOPICS), random.zipf(TOPICS)];
        let length = 4 + random.below(6);
        self.sentence(&mut random, topics, length, 0.25)
    }

    fn sentence(&self, random: &mut Random, topics: [usize; 2], length: usize, stop_words: f64) -> String {
        let mut words = Vec::with_capacity(length);
        for _ in 0..length {
            let kind = random.share();
            words.push(if kind < stop_words {
                STOP_WORDS[random.zipf(STOP_WORDS.len())]
            } else if kind < stop_words + 0.3 {
                &self.words[random.zipf(WORDS)]
            } else {
                let topic = topics[random.zipf(2)];
                &self.words[self.topics[topic][random.zipf(OF_TOPIC)]]
            });
        }
        let mut text = words.join(" ");
        text[..1].make_ascii_uppercase();
        text
    }

    fn author(&self, random: &mut Random) -> String {
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        let (given, family) = (random.zipf(2_000), random.zipf(WORDS));
        format!("{} {}", capital(&self.words[given]), capital(&self.words[family]))
    }

    /// Writes a static model of these words into a folder.
    pub fn write_model(&self, folder: &Path) -> std::io::Result<()> {
        let mut vocabulary = serde_json::Map::new();
        vocabulary.insert("[UNK]".to_owned(), 0.into());
        for (token, word) in STOP_WORDS.iter().copied().chain(self.words.iter().map(String::as_str)).enumerate() {
            vocabulary.entry(word).or_insert((token + 1).into());
        }
        let tokenizer = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": null, "decoder": null,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
        });
        std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string())?;
        let module = "sentence_transformers.models.StaticEmbedding";
        let modules = json!([{"idx": 0, "name": "0", "path": "", "type": module}]);
        std::fs::write(folder.join("modules.json"), modules.to_string())?;
        let rows = 1 + STOP_WORDS.len() + WORDS;
        let bytes = rows * DIMENSION * 4;
        let tensor = json!({"dtype": "F32", "shape": [rows, DIMENSION], "data_offsets": [0, bytes]});
        let header = json!({"embedding.weight": tensor}).to_string();
        let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("model.safetensors"))?);
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        for row in self.vectors() {
            for value in row {
                file.write_all(&value.to_le_bytes())?;
            }
        }
        file.flush()
    }

    /// The vector of each token: stop words have little weight, words of a topic share a direction.
    fn vectors(&self) -> Vec<Vec<f32>> {
        let vector = |seed: u64, size: f32| -> Vec<f32> {
            let mut random = Random::new(seed);
            // The sum of several uniform numbers is nearly normal.
            (0..DIMENSION).map(|_| size * ((0..4).map(|_| random.share()).sum::<f64>() - 2.0) as f32).collect()
        };
        let mut vectors: Vec<Vec<f32>> = (0..=STOP_WORDS.len() as u64).map(|seed| vector(seed, 0.05)).collect();
        let first = vectors.len();
        vectors.extend((0..WORDS as u64).map(|word| vector(word + 1_000, 0.7)));
        for (number, topic) in (0..).zip(&self.topics) {
            let direction = vector(number + 5_000_000, 1.0);
            for word in topic {
                vectors[first + word].iter_mut().zip(&direction).for_each(|(value, add)| *value += add);
            }
        }
        vectors
    }
}

/// The word of a rank, of syllables.
fn word(rank: usize) -> String {
    const SYLLABLES: [&str; 64] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi",
        "xo", "yu", "za", "bre", "cli", "dro", "flu", "gra", "ple", "tri", "sto", "spu", "man", "ter", "vin", "los",
        "nur", "bal", "cen", "dir", "fol", "gum", "har", "jel", "kin", "lor", "mus", "nal", "per", "qua", "ron", "sul",
        "tan", "ver", "wil", "xen", "yor", "zan", "eth", "ion", "ast", "ulm", "orp", "ing", "ark", "emb",
    ];
    // A permutation of ranks, so that frequent words differ in their beginnings.
    let number = rank * 40_503 % (64 * 64 * 64);
    [number % 64, number / 64 % 64, number / 4_096].map(|place| SYLLABLES[place]).concat()
}
