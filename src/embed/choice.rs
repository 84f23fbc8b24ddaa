//! Which kernel is the fastest on this processor? No fixed order is right for every processor, so the kernels are benchmarked on
//! one layer of a small model.
//!
//! The results are stored in `kernels.json` in the cache folder. They are valid for one processor, version of paperkin and number
//! of threads.

use std::path::PathBuf;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::cache::cache_folder;
use super::dot;
use super::kernel::team::Team;
use super::kernel::{Kernel, Precision};
use super::models::{Network, Scratch, States, trial};
use crate::durable;
use crate::error::Result;

/// The shape of the batch of texts: as many texts of this number of tokens.
const TEXTS: [usize; 2] = [4, 96];
/// The number of tokens of the query.
const QUERY: usize = 12;
/// The duration of each benchmark.
const TIME: Duration = Duration::from_millis(12);
/// A kernel that is slower than the fastest one by this factor is not measured further, if time is short.
const HOPELESS: f64 = 2.0;

/// The least cosine of a kernel's result with the exact one.
const LEAST_COSINE: f32 = 0.999;

/// A kernel replaces the first one only if it is faster by this factor, because measurements vary.
const CLEARLY: f64 = 1.1;

/// What a process mostly embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Papers, or other texts in batches.
    Texts,
    /// Single queries.
    Queries,
}

/// The speed of a kernel on a layer of a small model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// The name of the kernel.
    pub kernel: String,
    /// Tokens per second in batches, on one thread.
    pub alone: f64,
    /// Tokens per second in batches, on all threads.
    pub together: f64,
    /// Seconds that a query takes, on all threads.
    pub query: f64,
}

/// Which kernels are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    /// All but the portable one.
    All,
    /// Those that are not much slower than the fastest.
    Fast,
}

/// What was measured on a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    processor: String,
    version: String,
    threads: usize,
    speeds: Vec<Speed>,
}

/// How kernels are chosen in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelChoice {
    /// What is mostly embedded.
    pub work: Work,
    /// How exactly.
    pub precision: Precision,
    /// The number of threads that compute.
    pub threads: usize,
    /// Whether kernels may be measured if no results are stored, which takes up to 0.3 s. Otherwise, the first kernel of
    /// [`Kernel::available`] is used.
    pub may_measure: bool,
}

/// The settings of this process, and the kernel that follows from them.
static CHOICE: Mutex<(KernelChoice, Option<Kernel>)> = Mutex::new((
    KernelChoice { work: Work::Queries, precision: Precision::Full, threads: 1, may_measure: false },
    None,
));

/// Sets how kernels are chosen for the models that this process loads from now on. `PAPERKIN_KERNEL` overrides it.
pub fn choose_kernels(choice: KernelChoice) {
    let mut current = CHOICE.lock().unwrap_or_else(PoisonError::into_inner);
    if current.0 != choice {
        *current = (choice, None);
    }
}

/// The kernel for the models of this process.
///
/// # Errors
/// [`Error::UnknownKernel`](crate::Error::UnknownKernel) when `PAPERKIN_KERNEL` names a kernel that does not exist or does not
/// run here.
pub(super) fn kernel() -> Result<Kernel> {
    if let Some(name) = Kernel::forced() {
        return Kernel::named(&name);
    }
    let mut chosen = CHOICE.lock().unwrap_or_else(PoisonError::into_inner);
    let (choice, kernel) = &mut *chosen;
    Ok(*kernel.get_or_insert_with(|| choice.kernel()))
}

impl KernelChoice {
    fn kernel(&self) -> Kernel {
        // Besides the portable kernel, there is always one that every processor supports.
        if Kernel::of(self.precision).filter(|kernel| !kernel.is_portable()).count() < 2 {
            return self.of(&[]);
        }
        let measured = || measure_and_keep(self.threads, Candidates::Fast).0;
        let speeds = kept(self.threads).or_else(|| self.may_measure.then(measured));
        self.of(&speeds.unwrap_or_default())
    }

    /// The kernel that follows from these speeds. If none of them is of a kernel for this precision, the first kernel.
    pub fn of(&self, speeds: &[Speed]) -> Kernel {
        let candidates: Vec<Kernel> = Kernel::of(self.precision).collect();
        fastest(speeds, self.work, &candidates).unwrap_or_else(|| candidates[0])
    }
}

/// The fastest of these kernels: the first one that was measured, unless another one is clearly faster.
fn fastest(speeds: &[Speed], work: Work, candidates: &[Kernel]) -> Option<Kernel> {
    let time = |kernel: &Kernel| {
        let speed = speeds.iter().find(|speed| speed.kernel == kernel.name())?;
        Some(match work {
            Work::Texts => 1.0 / speed.together,
            Work::Queries => speed.query,
        })
    };
    let mut measured = candidates.iter().filter_map(|kernel| Some((time(kernel)?, *kernel)));
    let (first_time, first) = measured.next()?;
    let best = measured.min_by(|(one, _), (other, _)| one.total_cmp(other));
    Some(best.filter(|(time, _)| time * CLEARLY < first_time).map_or(first, |(_, kernel)| kernel))
}

/// Measures kernels that this processor supports, and stores the results. The second value is whether they are stored.
pub fn measure_and_keep(threads: usize, candidates: Candidates) -> (Vec<Speed>, bool) {
    let speeds = measure(threads, candidates);
    // The folder may be read-only, or there is none; then the next command measures again.
    let is_kept = path().is_some_and(|path| {
        let mut all: Vec<Kept> =
            read(&path).into_iter().filter(|kept| kept.is_of_here() && kept.threads != threads).collect();
        let (processor, version) = (processor(), env!("CARGO_PKG_VERSION").to_owned());
        all.push(Kept { processor, version, threads, speeds: speeds.clone() });
        let (Some(folder), Ok(json)) = (path.parent(), serde_json::to_vec_pretty(&all)) else { return false };
        durable::create_folder(folder).and_then(|()| durable::replace(&path, &[&json])).is_ok()
    });
    (speeds, is_kept)
}

fn kept(threads: usize) -> Option<Vec<Speed>> {
    let found = read(&path()?).into_iter().find(|kept| kept.is_of_here() && kept.threads == threads);
    found.map(|kept| kept.speeds).filter(|speeds| !speeds.is_empty())
}

fn read(path: &PathBuf) -> Vec<Kept> {
    fs_err::read(path).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

fn path() -> Option<PathBuf> {
    Some(cache_folder()?.join("kernels.json"))
}

impl Kept {
    fn is_of_here(&self) -> bool {
        self.processor == processor() && self.version == env!("CARGO_PKG_VERSION")
    }
}

/// The name of the processor's model.
#[cfg(target_arch = "x86_64")]
fn processor() -> String {
    use std::arch::x86_64::__cpuid;
    const NAME: u32 = 0x8000_0002;
    if __cpuid(0x8000_0000).eax < NAME + 2 {
        return std::env::consts::ARCH.to_owned();
    }
    let registers = (NAME..NAME + 3).flat_map(|leaf| {
        let found = __cpuid(leaf);
        [found.eax, found.ebx, found.ecx, found.edx]
    });
    let bytes: Vec<u8> = registers.flat_map(u32::to_le_bytes).take_while(|byte| *byte != 0).collect();
    // Virtual machines name processors of several generations alike, so the instructions are part of the name.
    let kernels = Kernel::available().map(|kernel| kernel.name()).collect::<Vec<_>>().join(" ");
    format!("{} ({kernels})", String::from_utf8_lossy(&bytes).trim())
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> String {
    std::env::consts::ARCH.to_owned()
}

/// Measures the kernels whose results are correct, in the order of [`Kernel::available`].
fn measure(threads: usize, candidates: Candidates) -> Vec<Speed> {
    let mut speeds: Vec<Speed> = Vec::new();
    let exact = states(&*trial::network(Kernel::portable_one()));
    for kernel in Kernel::available().filter(|kernel| !kernel.is_portable()) {
        let network = trial::network(kernel);
        // Not every kernel was tested on every processor.
        if !agree(&states(&*network), &exact) {
            continue;
        }
        let mut speed =
            Speed { kernel: kernel.name().to_owned(), alone: of_texts(&*network, 1), together: 0.0, query: 0.0 };
        let best = speeds.iter().map(|speed| speed.alone).fold(0.0, f64::max);
        if candidates == Candidates::Fast && speed.alone * HOPELESS < best {
            continue;
        }
        speed.together = if threads > 1 { of_texts(&*network, threads) } else { speed.alone };
        speed.query = of_queries(&*network, threads);
        speeds.push(speed);
    }
    speeds
}

/// The states of a query.
fn states(network: &dyn Network) -> Vec<f32> {
    match network.states(&[&trial::text(QUERY)], &mut Scratch::default()) {
        Ok(States::Computed(states)) => states,
        _ => Vec::new(),
    }
}

/// Whether two vectors have nearly the same direction.
fn agree(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && dot(one, other) > LEAST_COSINE * (dot(one, one) * dot(other, other)).sqrt()
}

/// Tokens per second of a number of threads, each with batches of its own.
fn of_texts(network: &dyn Network, threads: usize) -> f64 {
    let [count, length] = TEXTS;
    let text = trial::text(length);
    let batch = vec![text.as_slice(); count];
    let ready = Barrier::new(threads);
    // When a thread began and ended, and how many batches it computed.
    let run = || {
        let mut scratch = Scratch::default();
        // The first batch is slower: its memory is new.
        let _ = network.states(&batch, &mut scratch);
        ready.wait();
        let (start, mut batches) = (Instant::now(), 0u32);
        while batches == 0 || start.elapsed() < TIME {
            let _ = network.states(&batch, &mut scratch);
            batches += 1;
        }
        (start, Instant::now(), batches)
    };
    let runs = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut runs = vec![run()];
        runs.extend(others.into_iter().filter_map(|other| other.join().ok()));
        runs
    });
    // With more threads than cores, some begin when others have ended.
    let start = runs.iter().map(|run| run.0).min();
    let end = runs.iter().map(|run| run.1).max();
    let seconds = start.zip(end).map_or(f64::INFINITY, |(start, end)| (end - start).as_secs_f64());
    let batches: f64 = runs.iter().map(|run| f64::from(run.2)).sum();
    #[allow(clippy::cast_precision_loss)] // some hundred tokens
    let tokens = (count * length) as f64;
    batches * tokens / seconds
}

/// The seconds that a query takes if all threads share its products.
fn of_queries(network: &dyn Network, threads: usize) -> f64 {
    let text = trial::text(QUERY);
    let team = Arc::new(Team::default());
    let is_shared = threads > 1 && network.shares_products();
    std::thread::scope(|scope| {
        for _ in 1..if is_shared { threads } else { 1 } {
            scope.spawn(|| team.help());
        }
        let mut scratch = if is_shared { Scratch::shared(&team) } else { Scratch::default() };
        let mut best = f64::INFINITY;
        let start = Instant::now();
        while best.is_infinite() || start.elapsed() < TIME {
            let start = Instant::now();
            let _ = network.states(&[&text], &mut scratch);
            best = best.min(start.elapsed().as_secs_f64());
        }
        team.disband();
        best
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_measured_and_the_fastest_is_found() {
        assert!(measure(2, Candidates::Fast).len() <= measure(2, Candidates::All).len());
        let speeds = measure(2, Candidates::Fast);
        assert!(!speeds.is_empty());
        assert!(speeds.iter().all(|speed| speed.alone > 0.0 && speed.together > 0.0 && speed.query > 0.0));
        let candidates: Vec<Kernel> = Kernel::of(Precision::Full).collect();
        let [first, .., last] = candidates.as_slice() else { panic!("{candidates:?}") };
        assert!(fastest(&speeds, Work::Texts, &candidates).is_some());
        let of = |kernel: &Kernel, together, query| Speed { kernel: kernel.name().into(), alone: 1.0, together, query };
        let two = [of(first, 1.0, 1.0), of(last, 2.0, 0.95)];
        assert_eq!(fastest(&two, Work::Texts, &candidates).unwrap().name(), last.name());
        // The difference is small.
        assert_eq!(fastest(&two, Work::Queries, &candidates).unwrap().name(), first.name());
        // A kernel that does not run here any more is ignored.
        let old = Speed { kernel: "abacus".into(), alone: 9.0, together: 9.0, query: 0.1 };
        assert!(fastest(&[old], Work::Texts, &candidates).is_none());
    }

    #[test]
    fn a_wrong_result_does_not_agree() {
        let exact = states(&*trial::network(Kernel::portable_one()));
        assert!(!exact.is_empty() && agree(&exact, &exact));
        assert!(Kernel::available().all(|kernel| agree(&states(&*trial::network(kernel)), &exact)));
        let mut wrong = exact.clone();
        wrong[..200].fill(0.0);
        assert!(
            !agree(&wrong, &exact)
                && !agree(&[], &exact)
                && !agree(&exact.iter().map(|_| f32::NAN).collect::<Vec<_>>(), &exact)
        );
    }

    #[test]
    fn the_processor_has_a_name() {
        assert!(!processor().is_empty());
    }
}
