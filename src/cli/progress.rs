//! How far is a long command? A progress line on standard error if that is a terminal; nothing otherwise.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{interrupt, output};
use crate::corpus::Position;
use crate::progress::Progress;

pub(super) struct Line {
    bar: ProgressBar,
    reading: Mutex<Option<Reading>>,
    embedded: AtomicU64,
    done: AtomicU64,
    /// Papers to process; 0 while the number is unknown.
    expected: AtomicU64,
    start: Instant,
}

/// The position in the current file, now and when its first paper was embedded. Skipping stored papers takes almost no
/// time, so the rate must not include it.
struct Reading {
    position: Position,
    embedding_since: Option<(u64, Instant)>,
}

impl Line {
    pub fn new() -> Self {
        // indicatif hides it if standard error is not a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        Self {
            bar,
            reading: Mutex::new(None),
            embedded: AtomicU64::new(0),
            done: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            start: Instant::now(),
        }
    }

    /// Starts to show the position in this file.
    pub fn read(&self, position: Position) {
        let reading = Reading { position, embedding_since: None };
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
        self.begin();
    }

    /// Starts to show the line.
    pub fn begin(&self) {
        self.bar.enable_steady_tick(Duration::from_millis(120));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let embedded = self.embedded.load(Ordering::Relaxed);
        let (done, expected) = (self.done.load(Ordering::Relaxed), self.expected.load(Ordering::Relaxed));
        let mut message = match expected {
            0 => format!("{done} papers processed"),
            _ => format!("{done} of {expected} papers processed"),
        };
        if embedded > 0 {
            #[allow(clippy::cast_precision_loss)] // printed with one decimal
            let rate = embedded as f64 / self.start.elapsed().as_secs_f64().max(0.001);
            message.push_str(&format!(", {embedded} embedded ({rate:.1}/s)"));
            if expected > done {
                #[allow(clippy::cast_precision_loss)] // an estimate
                let left = Duration::from_secs_f64((expected - done) as f64 / rate.max(0.001));
                message.push_str(&format!(", {} left", HumanDuration(left)));
            }
        }
        if let Some(reading) = self.reading.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            message.push_str(&reading.remaining(embedded > 0));
        }
        self.bar.set_message(message);
    }
}

impl Reading {
    #[allow(clippy::cast_precision_loss)] // a percentage and an estimate
    fn remaining(&mut self, is_embedding: bool) -> String {
        let Some(total) = self.position.total.filter(|total| *total > 0) else { return String::new() };
        let read = self.position.read().min(total);
        let mut text = format!(", {} % of the file", read * 100 / total);
        if is_embedding {
            let (from, since) = *self.embedding_since.get_or_insert_with(|| (read, Instant::now()));
            if read > from {
                let left = since.elapsed().mul_f64((total - read) as f64 / (read - from) as f64);
                text.push_str(&format!(", {} left", HumanDuration(left)));
            }
        }
        text
    }
}

impl Progress for Line {
    fn note(&self, line: &str) {
        self.bar.suspend(|| output::note(line));
    }

    fn expected(&self, papers: u64) {
        self.expected.store(papers, Ordering::Relaxed);
    }

    fn embedded(&self, texts: usize) {
        self.embedded.fetch_add(texts as u64, Ordering::Relaxed);
        self.show();
    }

    fn done(&self, papers: u64) {
        self.done.store(papers, Ordering::Relaxed);
        // Stored papers pass too fast to show each one.
        if papers.is_multiple_of(64) {
            self.show();
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupt::happened()
    }
}
