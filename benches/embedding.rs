//! How fast are texts embedded? Each kernel that the processor has, beside candle's own BERT, in one run on the same
//! texts and threads.
//!
//! `cargo bench --bench embedding` takes 200 abstracts of the real corpus beside the project, or made-up ones without it.
//! `-- --texts N` takes another number, `-- --kernel NAME` one kernel alone. `-- --json` prints records for
//! `benches/report.py --add`.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, unsafe_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use paperkin::corpus::{self, CorpusOptions, Source};
use paperkin::embed::{DEFAULT_MODEL, Embedder, Kernel, ModelFolder, Role, Tokenizer, find_or_fetch};
use paperkin::progress::Silent;
use serde_json::json;

#[path = "support/record.rs"]
mod record;

const ROUNDS: usize = 3;
const COMMAND: &str = "cargo bench --bench embedding";
const QUESTION: &str = "How do graph neural networks predict crystal material band gaps?";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value_of = |name: &str| arguments.iter().position(|a| a == name).and_then(|place| arguments.get(place + 1));
    let as_json = arguments.iter().any(|a| a == "--json");
    let count = value_of("--texts").map_or(200, |count| count.parse().unwrap());
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let texts = texts(count);
    let work = Work::of(&folder, &texts);
    let mean = work.tokens / count as f64;
    let mut parameters = json!({"texts": count, "tokens_mean": mean, "threads": threads, "model": DEFAULT_MODEL});
    if !as_json {
        println!("{}, {threads} threads", record::processor());
        println!("{count} texts of {mean:.0} tokens on average, {DEFAULT_MODEL}, the median of {ROUNDS} rounds");
    }
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let kernels: Vec<Kernel> = if let Some(name) = value_of("--kernel") {
        vec![Kernel::named(name).unwrap()]
    } else {
        parameters["kind"] = json!("kernels");
        let reference = Reference::load(&folder.path, threads);
        let speed = rate(median(ROUNDS, || reference.embed(&texts)));
        let [exact, quantised] = [None, Some(GgmlDType::Q8_0)].map(|dtype| candle_limit(threads, dtype) / 1e9);
        if as_json {
            let values = json!({"texts_per_s": speed, "gflops_f32": exact, "gflops_q8_0": quantised});
            record::print("embedding", COMMAND, &parameters, "candle-transformers, f32", &values);
        } else {
            println!("candle-transformers {speed:8.1} texts/s");
            println!("candle's products: f32 {exact:.0} GFLOP/s, Q8_0 {quantised:.0} GFLOP/s");
        }
        Kernel::available().collect()
    };
    if !as_json {
        println!("kernel          texts/s  tokens/s  GFLOP/s  limit  share  question p50   p95  start-up    peak");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    for text in &texts {
        writeln!(file.as_file(), "{}", serde_json::json!({ "text": text })).unwrap();
    }
    for kernel in kernels {
        let embedder = Embedder::load_for(&folder, threads, kernel).unwrap();
        embedder.embed(Role::Passage, &texts[..8.min(count)]).unwrap();
        let time = median(ROUNDS, || drop(embedder.embed(Role::Passage, &texts).unwrap()));
        let mut questions: Vec<Duration> =
            (0..100).map(|_| time_of(|| drop(embedder.embed_one(Role::Query, QUESTION).unwrap()))).collect();
        questions.sort();
        let done = work.operations / time.as_secs_f64();
        let limit = kernel.measure_limit(threads, Duration::from_secs(1));
        let start_up = median(9, || start_up(kernel));
        if as_json {
            let values = json!({
                "texts_per_s": rate(time),
                "tokens_per_s": work.tokens / time.as_secs_f64(),
                "gflops": done / 1e9,
                "limit_gflops": limit / 1e9,
                "share_percent": 100.0 * done / limit,
                "query_p50_ms": questions[50].as_secs_f64() * 1e3,
                "query_p95_ms": questions[95].as_secs_f64() * 1e3,
                "start_up_ms": start_up.as_secs_f64() * 1e3,
                "peak_mb": peak_memory(kernel, file.path()) / 1e6,
            });
            record::print("embedding", COMMAND, &parameters, &format!("paperkin {}", kernel.name()), &values);
            continue;
        }
        println!(
            "{:<15} {:7.1} {:9.0} {:8.0} {:6.0} {:5.0} % {:9.2} ms {:5.2} {:6.0} ms {:4.0} MB",
            kernel.name(),
            rate(time),
            work.tokens / time.as_secs_f64(),
            done / 1e9,
            limit / 1e9,
            100.0 * done / limit,
            questions[50].as_secs_f64() * 1e3,
            questions[95].as_secs_f64() * 1e3,
            start_up.as_secs_f64() * 1e3,
            peak_memory(kernel, file.path()) / 1e6,
        );
    }
}

/// Multiplications and additions a second of candle's products alone, each thread by itself, in the shape in which
/// [`Kernel::measure_limit`] measures ours.
fn candle_limit(threads: usize, quantised: Option<GgmlDType>) -> f64 {
    const SHAPE: (usize, usize, usize) = (384, 384, 1536);
    let run = || {
        let a = Tensor::rand(-1f32, 1f32, (SHAPE.0, SHAPE.1), &Device::Cpu).unwrap();
        let w = Tensor::rand(-1f32, 1f32, (SHAPE.2, SHAPE.1), &Device::Cpu).unwrap();
        let product = match quantised {
            Some(dtype) => QMatMul::from_qtensor(QTensor::quantize(&w, dtype).unwrap()).unwrap(),
            None => QMatMul::Tensor(w),
        };
        let start = Instant::now();
        let mut products = 0;
        while start.elapsed() < Duration::from_secs(1) {
            product.forward(&a).unwrap();
            products += 1;
        }
        (2 * products * SHAPE.0 * SHAPE.1 * SHAPE.2) as f64 / start.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(move || pool().install(run))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// What there is to compute.
struct Work {
    tokens: f64,
    /// Multiplications and additions of all products of matrices.
    operations: f64,
}

impl Work {
    fn of(folder: &ModelFolder, texts: &[String]) -> Self {
        let tokenizer = Tokenizer::load(&folder.path.join("tokenizer.json"), folder.manifest.max_tokens).unwrap();
        let config = std::fs::read_to_string(folder.path.join("config.json")).unwrap();
        let config: Config = serde_json::from_str(&config).unwrap();
        let (hidden, wide) = (config.hidden_size as f64, config.intermediate_size as f64);
        let (mut tokens, mut operations) = (0.0, 0.0);
        for text in texts {
            let length = tokenizer.tokenize(text).unwrap().ids.len() as f64;
            let linear = 2.0 * length * (4.0 * hidden * hidden + 2.0 * hidden * wide);
            let attention = 4.0 * length * length * hidden;
            tokens += length;
            operations += config.num_hidden_layers as f64 * (linear + attention);
        }
        Self { tokens, operations }
    }
}

/// From the start of the program to the first embedded question, and its end.
fn start_up(kernel: Kernel) {
    let mut child = program(kernel, &["embed", "--role", "query"]).stdin(Stdio::piped()).spawn().unwrap();
    let question = serde_json::json!({ "text": QUESTION });
    writeln!(child.stdin.take().unwrap(), "{question}").unwrap();
    assert!(child.wait().unwrap().success());
}

/// The most memory in bytes that the program has while it embeds the texts of a file, where the system tells it.
fn peak_memory(kernel: Kernel, file: &Path) -> f64 {
    let mut child = program(kernel, &["embed", "--format", "f32", file.to_str().unwrap()]).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = f64::NAN;
    loop {
        // Not the `ru_maxrss` of the child: that begins with what this process has.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kilobytes) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()) {
            peak = kilobytes * 1024.0;
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn program(kernel: Kernel, arguments: &[&str]) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_paperkin")));
    command.args(arguments).env("PAPERKIN_KERNEL", kernel.name()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn median(rounds: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds).map(|_| time_of(&mut work)).collect();
    times.sort();
    times[rounds / 2]
}

fn time_of(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn texts(count: usize) -> Vec<String> {
    let path = Path::new("../shared/corpora/arxiv-50k.jsonl.zst");
    if path.exists() {
        let papers = corpus::open(&Source::File(path.to_owned()), &CorpusOptions::default()).unwrap();
        return papers.take(count).map(|paper| paper.unwrap().text()).collect();
    }
    println!("`{}` is not there: made-up texts", path.display());
    let words = ["graph", "of", "the", "network", "learning", "is", "shown", "by", "measurement", "in"];
    (0..count).map(|number| words.repeat(8 + number % 14).join(" ")).collect()
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
