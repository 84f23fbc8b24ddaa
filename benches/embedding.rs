//! How fast are abstracts embedded? Ours and candle's own BERT, in one run, on the same texts and threads.
//!
//! `cargo bench --bench embedding` takes 200 abstracts of the real corpus beside the project, or made-up ones without it.
//! What it prints is copied to RESULTS.md as it is.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, unsafe_code)]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use paperkin::corpus::{self, Options, Source};
use paperkin::embed::{DEFAULT_MODEL, Embedder, Role, Tokenizer, find_or_fetch};
use paperkin::progress::Silent;

const COUNT: usize = 200;
const ROUNDS: usize = 3;

fn main() {
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let texts = texts();
    let embedder = Embedder::load(&folder, threads).unwrap();
    let reference = Reference::load(&folder.path, threads);
    println!("{COUNT} texts, {threads} threads, {DEFAULT_MODEL}, f32, the fastest of {ROUNDS} rounds");
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        ours = ours.min(time(|| drop(embedder.embed(Role::Passage, &texts).unwrap())));
        theirs = theirs.min(time(|| reference.embed(&texts)));
    }
    let rate = |time: Duration| COUNT as f64 / time.as_secs_f64();
    println!("candle-transformers: {:6.1} texts/s", rate(theirs));
    println!("paperkin:            {:6.1} texts/s, {:.2} times as fast", rate(ours), rate(ours) / rate(theirs));
    let question = "how do I make mixture of experts models fit on edge devices";
    let mut times: Vec<Duration> =
        (0..50).map(|_| time(|| drop(embedder.embed_one(Role::Query, question).unwrap()))).collect();
    times.sort();
    println!("a question:          {:6.1} ms (median of 50)", times[25].as_secs_f64() * 1e3);
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn texts() -> Vec<String> {
    let path = Path::new("../shared/corpora/arxiv-50k.jsonl.zst");
    if path.exists() {
        let papers = corpus::open(&Source::File(path.to_owned()), &Options::default()).unwrap();
        return papers.take(COUNT).map(|paper| paper.unwrap().text()).collect();
    }
    println!("`{}` is not there: made-up texts", path.display());
    let words = ["graph", "of", "the", "network", "learning", "is", "shown", "by", "measurement", "in"];
    (0..COUNT).map(|number| words.repeat(8 + number % 14).join(" ")).collect()
}

/// candle's network as its users run it: padded batches of four with a mask, one forward pass per core.
struct Reference {
    model: BertModel,
    tokenizer: Tokenizer,
    pools: Vec<rayon::ThreadPool>,
}

impl Reference {
    fn load(folder: &Path, threads: usize) -> Self {
        let config: Config =
            serde_json::from_str(&std::fs::read_to_string(folder.join("config.json")).unwrap()).unwrap();
        // SAFETY: nobody changes the model's file while this runs.
        let variables = unsafe {
            VarBuilder::from_mmaped_safetensors(&[folder.join("model.safetensors")], DType::F32, &Device::Cpu).unwrap()
        };
        let pool = |_| rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        Self {
            model: BertModel::load(variables, &config).unwrap(),
            tokenizer: Tokenizer::load(&folder.join("tokenizer.json"), 256).unwrap(),
            pools: (0..threads).map(pool).collect(),
        }
    }

    fn embed(&self, texts: &[String]) {
        let mut ids: Vec<Vec<u32>> = texts.iter().map(|text| self.tokenizer.tokenize(text).unwrap().ids).collect();
        ids.sort_by_key(|ids| std::cmp::Reverse(ids.len()));
        let batches: Vec<&[Vec<u32>]> = ids.chunks(4).collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for pool in &self.pools {
                scope.spawn(|| {
                    pool.install(|| {
                        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                            self.forward(batch);
                        }
                    });
                });
            }
        });
    }

    fn forward(&self, batch: &[Vec<u32>]) {
        let width = batch[0].len();
        let padded = |ids: &Vec<u32>| ids.iter().copied().chain(std::iter::repeat(0)).take(width).collect::<Vec<_>>();
        let ids: Vec<u32> = batch.iter().flat_map(padded).collect();
        let mask: Vec<f32> = ids.iter().map(|id| if *id == 0 { 0.0 } else { 1.0 }).collect();
        let ids = Tensor::from_vec(ids, (batch.len(), width), &Device::Cpu).unwrap();
        let mask = Tensor::from_vec(mask, (batch.len(), width), &Device::Cpu).unwrap();
        let states = self.model.forward(&ids, &ids.zeros_like().unwrap(), Some(&mask)).unwrap();
        let sums = states.broadcast_mul(&mask.unsqueeze(2).unwrap()).unwrap().sum(1).unwrap();
        let means = sums.broadcast_div(&mask.sum_keepdim(1).unwrap()).unwrap();
        means.to_vec2::<f32>().unwrap();
    }
}
