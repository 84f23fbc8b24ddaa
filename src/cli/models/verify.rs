//! `paperkin models verify`: are the files of a model intact, and does it reach its published score?

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::Named;
use crate::cli::output::{Output, estimate};
use crate::cli::progress::Line;
use crate::cli::{ComputeArgs, Outcome, cached, interrupt};
use crate::embed::{Embedder, ModelFolder, Task, Work};
use crate::evaluate::published::{self, Reproduction};
use crate::evaluate::test_set::TestSet;

#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    named: Named,
    /// Measure nDCG@10 of dense search on the test set in this folder too. Fail if it differs from the published score
    /// by more than one point (0.01). The folder has the name of the set, as in `models show`
    #[arg(long, value_name = "DIR")]
    quality: Option<PathBuf>,
    /// Use the relevance judgements in qrels/NAME.tsv
    #[arg(long, value_name = "NAME", default_value = "test", requires = "quality")]
    split: String,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl Verify {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        self.compute.choose_kernel_for(Work::Texts);
        let folder = ModelFolder::find(&self.named.model)?;
        let files = folder.verify()?;
        let reproduced = self.reproduced(&folder)?;
        if self.named.json.json {
            let path = folder.path.display().to_string();
            let mut printed = json!({ "name": folder.manifest.name, "path": path, "verified": files });
            if let (Some(reproduced), Value::Object(printed)) = (&reproduced, &mut printed) {
                printed.insert("quality".to_owned(), serde_json::to_value(reproduced)?);
            }
            output.json(&printed)?;
        } else {
            print(&folder, &files, reproduced.as_ref(), output)?;
        }
        if let Some(reproduced) = &reproduced {
            output.flush()?;
            reproduced.check()?;
        }
        Ok(Outcome::Found)
    }

    /// The measured and the published score, if wanted.
    fn reproduced(&self, folder: &ModelFolder) -> anyhow::Result<Option<Reproduction>> {
        let Some(dir) = &self.quality else { return Ok(None) };
        folder.check_task(Task::Embed)?;
        let set = TestSet::open(dir)?;
        // Before the model is loaded.
        published::published(folder, &set)?;
        interrupt::listen();
        let line = Line::new();
        let threads = self.compute.threads();
        let embedder = Arc::new(cached(Embedder::load(folder, threads)?, folder, threads)?);
        let reproduced = Reproduction::of(&set, &self.split, (folder, embedder), threads, &line)?;
        line.finish();
        Ok(Some(reproduced))
    }
}

fn print(
    folder: &ModelFolder,
    files: &[String],
    reproduced: Option<&Reproduction>,
    output: &mut Output,
) -> anyhow::Result<()> {
    let name = &folder.manifest.name;
    output.line(&if files.is_empty() {
        format!("`{name}` has no manifest with hashes, so there is nothing to compare its files with")
    } else {
        format!("`{name}` is intact: {} files in `{}`", files.len(), folder.path.display())
    })?;
    let Some(Reproduction { split, queries, measured, published, .. }) = reproduced else { return Ok(()) };
    output.line("")?;
    output.line(&format!("nDCG@10 of dense search on {}, {queries} queries ({split})", published.set))?;
    output.fact("measured", &format!("{}, with the 95 % bootstrap interval", estimate(*measured)))?;
    output.fact("published", &format!("{:.4}, {}", published.ndcg_at_10, published.source))?;
    output.fact("difference", &format!("{:+.1} points", 100.0 * (measured.value - published.ndcg_at_10)))?;
    Ok(())
}
