//! Which systems are measured? The retrieval modes, the mode with reranking, and hybrid search without its parts.

use std::num::NonZeroUsize;

use clap::ValueEnum;

use super::Evaluate;
use crate::error::Error;
use crate::search::{Feedback, Fusion, Mode, Options};

/// The name of the mode with reranking.
const RERANKED: &str = "reranked";
/// The name of the best plain sum, see [`crate::evaluate::plain_sum`].
pub(super) const PLAIN_SUM: &str = "plain-sum";

/// A system: its name, and the options of its searches.
pub(super) struct System {
    pub name: String,
    pub options: Options,
}

impl Evaluate {
    /// The systems that search, in the order in which they are reported.
    ///
    /// # Errors
    /// When the number of hits to rerank is out of range.
    pub(super) fn systems(&self) -> Result<Vec<System>, Error> {
        let depth = NonZeroUsize::new(self.depth.into()).unwrap_or(NonZeroUsize::MIN);
        let options = |mode: Mode| self.hybrid.of(Options::from(depth).mode(mode));
        let modes = self.modes();
        let mut systems: Vec<System> =
            modes.iter().map(|mode| System { name: name_of(*mode), options: options(*mode) }).collect();
        if let (Some(mode), Some(_)) = (modes.last(), &self.rerank.rerank) {
            let options = self.rerank_depth.of(options(*mode).rerank(true))?;
            systems.push(System { name: RERANKED.to_owned(), options });
        }
        if self.ablation {
            let hybrid = || options(Mode::Hybrid);
            let without = |expansion, smoothing| hybrid().feedback(Feedback { expansion, smoothing });
            let parts = [
                ("no-expansion", without(false, true)),
                ("no-smoothing", without(true, false)),
                ("no-feedback", without(false, false)),
                ("rank-fusion", hybrid().fusion(Fusion::Rank)),
            ];
            systems.extend(parts.map(|(name, options)| System { name: name.to_owned(), options }));
        }
        Ok(systems)
    }

    /// The name of the system that others are compared with: the last mode, which is `hybrid` by default.
    pub(super) fn baseline(&self) -> String {
        self.modes().last().map_or_else(String::new, |mode| name_of(*mode))
    }

    /// The name of the last mode that was asked for.
    pub(super) fn last_mode(&self) -> String {
        if self.rerank.rerank.is_some() { RERANKED.to_owned() } else { self.baseline() }
    }

    fn modes(&self) -> Vec<Mode> {
        let all = [Mode::Dense, Mode::Lexical, Mode::Hybrid];
        all.into_iter().filter(|mode| self.mode.is_empty() || self.mode.contains(mode)).collect()
    }
}

fn name_of(mode: Mode) -> String {
    mode.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
