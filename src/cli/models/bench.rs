//! `paperkin models bench`: which kernel is the fastest on this processor?

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::cli::output::{self, Output};
use crate::cli::{JsonArgs, Outcome, ThreadArgs};
use crate::embed::{Candidates, KernelChoice, Precision, Speed, Work, measure_and_keep};

#[derive(Args)]
pub(super) struct Bench {
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Bench {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let threads = self.threads.threads();
        let (speeds, is_kept) = measure_and_keep(threads, Candidates::All);
        if !is_kept {
            output::warning(
                "the results cannot be stored in the cache folder, so each command that embeds measures again",
            );
        }
        if self.json.json {
            output.json(&as_json(&speeds, threads))?;
            return Ok(Outcome::Found);
        }
        let together = if threads > 1 { format!("{threads} threads") } else { String::new() };
        let header = format!("{:<16}{:>19}{together:>21}{:>14}", "kernel", "tokens/s, 1 thread", "query (ms)");
        output.line(&header)?;
        for Speed { kernel, alone, together, query } in &speeds {
            let together = if threads > 1 { format!("{together:.0}") } else { String::new() };
            output.line(&format!("{kernel:<16}{alone:>19.0}{together:>21}{:>14.3}", query * 1000.0))?;
        }
        for (precision, name) in precisions() {
            let [texts, queries] = chosen(&speeds, threads, precision);
            output.line(&format!("precision {name}: texts by {texts}, queries by {queries}"))?;
        }
        Ok(Outcome::Found)
    }
}

fn as_json(speeds: &[Speed], threads: usize) -> Value {
    let kernels = speeds.iter().map(|Speed { kernel, alone, together, query }| {
        json!({
            "kernel": kernel,
            "tokens_per_s_1_thread": alone,
            "tokens_per_s": together,
            "query_ms": query * 1000.0,
        })
    });
    let chosen = precisions().map(|(precision, name)| {
        let [texts, queries] = chosen(speeds, threads, precision);
        (name, json!({"texts": texts, "queries": queries}))
    });
    json!({"threads": threads, "kernels": kernels.collect::<Vec<_>>(), "chosen": chosen.collect::<Map<_, _>>()})
}

/// The precisions and their names.
fn precisions() -> impl Iterator<Item = (Precision, String)> {
    let named = |precision: &Precision| Some((*precision, precision.to_possible_value()?.get_name().to_owned()));
    Precision::value_variants().iter().filter_map(named)
}

/// The names of the kernels that are chosen for texts and for queries.
fn chosen(speeds: &[Speed], threads: usize, precision: Precision) -> [String; 2] {
    [Work::Texts, Work::Queries]
        .map(|work| KernelChoice { work, precision, threads, may_measure: false }.of(speeds).name().to_owned())
}
