//! `paperkin models distil`: how is a fast static model made from a slow one?

use std::path::{Path, PathBuf};

use clap::Args;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::cli::output::{self, Output};
use crate::cli::progress::Line;
use crate::cli::upkeep::folder_for;
use crate::cli::{ComputeArgs, JsonArgs, Outcome, interrupt};
use crate::corpus::{self, CorpusOptions, Source};
use crate::distil::{Kept, LEAST_PAPERS, Lessons, Student, distil};
use crate::embed::{DEFAULT_MODEL, Embedder, ModelFolder, Task, Work, find_or_fetch, place_to_make};
use crate::engine::{Address, StoredModel};
use crate::error::Error;
use crate::paper::Paper;
use crate::store::Store;

/// Fixed, so that a command gives the same model again.
const SEED: u64 = 384;

#[derive(Args)]
pub(super) struct Distil {
    /// Distil this embedding model: a name from `paperkin models list`, or a folder in sentence-transformers layout
    /// [default: the model of the store, else all-MiniLM-L6-v2]
    #[arg(long, value_name = "NAME|DIR")]
    teacher: Option<String>,
    /// Learn from the papers of this store, or of these files, folders and zip archives [default: the store]
    #[arg(long, value_name = "STORE|PATH")]
    from: Option<PathBuf>,
    /// Learn from up to N papers, chosen at random
    #[arg(long, value_name = "N", default_value = "50000", value_parser = number_of_papers)]
    papers: usize,
    /// Give the model this name. It is written into your model folder
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Choose and order papers by this random seed
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Embed queries with the static model, too. By default, the teacher embeds queries: they are found better, and a
    /// search takes as long as with the teacher
    #[arg(long)]
    static_queries: bool,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    json: JsonArgs,
}

fn number_of_papers(text: &str) -> std::result::Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number >= LEAST_PAPERS);
    number.ok_or_else(|| format!("expected a number of at least {LEAST_PAPERS}"))
}

impl Distil {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let given = self.from.as_deref().map(Address::parse).transpose()?;
        let from = folder_for(given.as_ref().unwrap_or(store), "`models distil`")?;
        let target = place_to_make(&self.name)?;
        if target.exists() {
            return Err(Error::ModelExists { folder: target }.into());
        }
        self.compute.choose_kernel_for(Work::Texts);
        // Before any work: whether it can be written.
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
            drop(tempfile::tempdir_in(parent)?);
        }
        interrupt::listen();
        let line = Line::new();
        line.begin();
        let stored = if self.from.is_none() || Store::is_store(from) { Some(Store::open(from)?) } else { None };
        let folder = self.teacher(stored.as_ref(), store, &line)?;
        let teacher = Embedder::load(&folder, self.compute.threads())?;
        let lessons = match &stored {
            Some(store) if store.generation()?.fingerprint == *folder.fingerprint() => {
                store.read(|view| Lessons::of_store(view, self.papers, self.seed))?
            }
            Some(store) => {
                let papers = store.read(|view| view.drawn(self.papers, self.seed))?;
                Lessons::embedded(&papers, &teacher, &line)?
            }
            None => Lessons::embedded(&self.drawn(from)?, &teacher, &line)?,
        };
        let student = distil((&folder, &teacher), &lessons, self.seed, &line)?;
        let made = student.save(&target, &self.name, &folder, self.queries(&folder))?;
        line.finish();
        self.print(&folder, &student, &made, output)
    }

    /// The model that embeds queries, if it is another one.
    fn queries(&self, teacher: &ModelFolder) -> Option<String> {
        if self.static_queries {
            return None;
        }
        if teacher.fingerprint().dimension < teacher.manifest.dimension {
            output::note("the static model embeds queries, too, because the vectors of the store are truncated");
            return None;
        }
        Some(teacher.query_argument())
    }

    fn teacher(&self, from: Option<&Store>, store: &Address, line: &Line) -> anyhow::Result<ModelFolder> {
        let folder = match (&self.teacher, from) {
            (Some(name), _) => find_or_fetch(name, line)?,
            (None, Some(store)) => store.generation()?.find_model(store.dir())?,
            (None, None) => match StoredModel::at(store) {
                Ok(stored) => stored.find()?,
                Err(Error::NoStore { .. }) => find_or_fetch(DEFAULT_MODEL, line)?,
                Err(error) => return Err(error.into()),
            },
        };
        folder.check_task(Task::Embed)?;
        Ok(folder)
    }

    /// A random sample of the papers in files, in random order (algorithm R: Vitter, "Random sampling with a reservoir", 1985).
    fn drawn(&self, from: &Path) -> anyhow::Result<Vec<Paper>> {
        let mut files = corpus::open_all(&[Source::from_argument(from)], &CorpusOptions::default())?;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let (mut drawn, mut seen) = (Vec::new(), 0);
        for papers in &mut files {
            // Records that cannot be read are of no use here; `add` reports them.
            for paper in papers?.flatten() {
                if interrupt::happened() {
                    return Err(Error::Interrupted.into());
                }
                seen += 1;
                let place = random.random_range(0..seen);
                if drawn.len() < self.papers {
                    drawn.push(paper);
                    let last = drawn.len() - 1;
                    drawn.swap(place, last);
                } else if place < drawn.len() {
                    drawn[place] = paper;
                }
            }
        }
        Ok(drawn)
    }

    fn print(
        &self,
        teacher: &ModelFolder,
        student: &Student,
        made: &ModelFolder,
        output: &mut Output,
    ) -> anyhow::Result<Outcome> {
        let Student { papers, new_words, kept, .. } = student;
        if self.json.json {
            output.json(&json!({
                "name": self.name,
                "path": made.path.display().to_string(),
                "teacher": teacher.manifest.name,
                "queries": made.manifest.queries,
                "papers": papers,
                "new_words": new_words,
                "kept": kept,
            }))?;
            return Ok(Outcome::Found);
        }
        let Kept { papers: others, cosine, neighbours, nearest, titles_first } = kept;
        output.line(&format!("`{}` is in `{}`", self.name, made.path.display()))?;
        output.line("")?;
        output.fact("teacher", &teacher.manifest.name)?;
        if let Some(queries) = &made.manifest.queries {
            output.fact("queries", &format!("embedded by {queries}, which must stay on this machine"))?;
        }
        output.fact(
            "learnt from",
            &format!("{}; {new_words} words are tokens of their own", output::papers(*papers as u64)),
        )?;
        output.fact("measured on", &format!("{} that it has not learnt from", output::papers(*others as u64)))?;
        output.fact("cosine", &format!("{cosine:.4} with the teacher, on average"))?;
        let of = if *nearest == 1 {
            "nearest paper of each".to_owned()
        } else {
            format!("{nearest} nearest papers of each")
        };
        output.fact("neighbours", &format!("{:.1} % of the teacher's {of} are kept", 100.0 * neighbours))?;
        output.fact("titles", &format!("{:.1} % find their own paper first", 100.0 * titles_first))?;
        output.line("")?;
        output.paragraph(&format!("Use it with `--model {}`.", self.name), "")?;
        Ok(Outcome::Found)
    }
}
