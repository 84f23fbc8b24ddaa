//! What does one model make of texts? Tokens, their vectors, one vector of these, and what the layers behind it say: one
//! way for each role.

use std::ops::Range;
use std::path::Path;

use super::bert::Scratch;
use super::head::Head;
use super::kernel::Kernel;
use super::manifest::{Architecture, Manifest, Pooling};
use super::pool::Pooled;
use super::runner::Runner;
use super::tokenize::{Tokenizer, Tokens};
use super::{Embedded, Role, Text};
use crate::error::{Error, Result};

pub(super) struct Encoder {
    tokenizer: Tokenizer,
    runner: Runner,
    head: Head,
    is_static: bool,
    of_queries: Way,
    of_passages: Way,
}

/// What is peculiar to a role.
struct Way {
    prefix: String,
    /// Tokens of the prefix that do not count in pooling.
    unpooled: usize,
    pooling: Pooling,
}

impl Encoder {
    /// Loads a model to be run by this kernel, or by what is fastest; its vectors are cut to so many numbers. Uses the threads
    /// of the current pool.
    pub fn load(folder: &Path, manifest: &Manifest, dimension: usize, kernel: Option<Kernel>) -> Result<Self> {
        let network = folder.join(&manifest.network);
        let tokenizer = || Tokenizer::load(&network.join("tokenizer.json"), manifest.max_tokens);
        let (runner, tokenizer) = if manifest.architecture == Architecture::Static {
            let tokenizer = tokenizer()?.plain();
            (Runner::lookup(&network, tokenizer.unknown())?, tokenizer)
        } else {
            let runner = || match kernel {
                Some(kernel) => Runner::load_for(&network, manifest.architecture, kernel),
                None => Runner::load(&network, manifest.architecture),
            };
            let (runner, tokenizer) = rayon::join(runner, tokenizer);
            (runner?, tokenizer?)
        };
        let way = |role| {
            let prefix = manifest.prefix(role).to_owned();
            let is_pooled = manifest.include_prompt || prefix.is_empty();
            let unpooled = if is_pooled { 0 } else { tokenizer.count_before(&prefix)? };
            Ok::<_, Error>(Way { prefix, unpooled, pooling: manifest.pooling(role) })
        };
        let (of_queries, of_passages) = (way(Role::Query)?, way(Role::Passage)?);
        let head = Head::load(folder, manifest, runner.hidden_size(), dimension)?;
        let is_static = manifest.architecture == Architecture::Static;
        Ok(Self { tokenizer, runner, head, is_static, of_queries, of_passages })
    }

    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    fn way(&self, role: Role) -> &Way {
        match role {
            Role::Query => &self.of_queries,
            Role::Passage => &self.of_passages,
        }
    }

    /// The tokens of a text with what its role puts before it.
    pub fn tokenize(&self, role: Role, Text { text, parts }: &Text<'_>) -> Result<Tokens> {
        let Way { prefix, unpooled, .. } = self.way(role);
        let mut tokens = if prefix.is_empty() {
            self.tokenizer.tokenize_with(text, parts)?
        } else {
            let moved = |part: &Range<usize>| part.start + prefix.len()..part.end + prefix.len();
            self.tokenizer.tokenize_with(&format!("{prefix}{text}"), &parts.iter().map(moved).collect::<Vec<_>>())?
        };
        tokens.unpooled = *unpooled;
        if !self.runner.knows(&tokens.ids) {
            let reason = "the tokenizer gives tokens that the network has no vector for".to_owned();
            return Err(Error::Tokenization { reason });
        }
        Ok(tokens)
    }

    /// The vectors of a batch of texts, with their parts.
    pub fn encode(&self, role: Role, batch: &[&Tokens], scratch: &mut Scratch) -> Result<Vec<Embedded>> {
        let ids: Vec<&[u32]> = batch.iter().map(|text| text.ids.as_slice()).collect();
        let states = self.runner.states(&ids, scratch)?;
        let width = self.runner.hidden_size();
        let mut rest = states.as_slice();
        batch
            .iter()
            .map(|text| {
                let (own, others) = rest.split_at(text.ids.len() * width);
                rest = others;
                let mut pooled = Pooled::of(own, width, text, self.way(role).pooling);
                if self.is_static && pooled.whole.iter().all(|value| *value == 0.0) {
                    // None of its tokens is known: a direction that says nothing, since a text must have one.
                    pooled.whole.fill(1.0);
                }
                self.head.apply(&mut pooled);
                Embedded::new(pooled, text)
            })
            .collect()
    }
}
