//! `paperkin reindex`: what makes searching fast, built anew.

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome, ThreadArgs};
use crate::store::Store;
use crate::{graph, lexical};

/// Build the graph of the collection and the index of its words anew
///
/// `add` and `serve` do so by themselves when it is needed. Searches go on with the old ones meanwhile, and nothing is lost when
/// this is interrupted.
#[derive(Args)]
pub(super) struct Reindex {
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Reindex {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
        let words_built = lexical::rebuild(&store)?;
        if !words_built {
            output::warning("the index of words is left to another process, which is writing it now");
        }
        let (graph, took) = graph::rebuild(&store, self.threads.threads())?;
        let (papers, audit) = (graph.rows(), graph.audit());
        if self.json.json {
            output.json(&serde_json::json!({
                "papers": papers,
                "words_built": words_built,
                "audit": audit,
                "build_s": took.build.as_secs_f64(),
                "audit_s": took.audit.as_secs_f64(),
            }))?;
            return Ok(Outcome::Found);
        }
        let found = audit.map(|audit| audit.to_string()).unwrap_or_default();
        output.line(&format!("graph of {papers} papers built in {:.1} s: {found}", took.build.as_secs_f64()))?;
        Ok(Outcome::Found)
    }
}
