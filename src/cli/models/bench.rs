//! `paperkin models bench`: which kernel is the fastest on this processor?

use clap::{Args, ValueEnum};

use crate::cli::output::Output;
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
        let speeds = measure_and_keep(threads, Candidates::All);
        if self.json.json {
            output.json(&speeds)?;
            return Ok(Outcome::Found);
        }
        output.line(&format!(
            "{:<16}{:>19}{:>21}{:>14}",
            "kernel",
            "tokens/s, 1 thread",
            format!("{threads} threads"),
            "query (ms)"
        ))?;
        for Speed { kernel, alone, together, query } in &speeds {
            output.line(&format!("{kernel:<16}{alone:>19.0}{together:>21.0}{:>14.3}", query * 1000.0))?;
        }
        for precision in Precision::value_variants().iter().copied() {
            let chosen = |work| KernelChoice { work, precision, threads, may_measure: false }.of(&speeds);
            let (texts, queries) = (chosen(Work::Texts), chosen(Work::Queries));
            let name = precision.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            output.line(&format!("precision {name}: texts by {texts:?}, queries by {queries:?}"))?;
        }
        Ok(Outcome::Found)
    }
}
