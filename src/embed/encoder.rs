//! From texts to embeddings with one loaded model: tokens, token embeddings, pooling, and the head. Prefix and pooling depend on
//! the role.

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use super::embedding::Embedding;
use super::files::Manifest;
use super::kernel::Kernel;
use super::layers::head::{Head, HeadSpec};
use super::layers::pool::{Pooled, Pooling};
use super::models::{Load, Network, Scratch};
use super::runner;
use super::scripts::Scripts;
use super::text::{Embedded, Role, Text};
use super::tokenize::{Tokenizer, Tokens};
use crate::error::{Error, Result};

pub(super) struct Encoder {
    tokenizer: Tokenizer,
    network: Box<dyn Network>,
    head: Head,
    /// Whether the model is a table of token vectors. Then a text may consist of unknown tokens only.
    pub is_lookup: bool,
    of_queries: RoleSettings,
    of_passages: RoleSettings,
    scripts: OnceLock<Scripts>,
}

/// The settings of one role.
struct RoleSettings {
    prefix: String,
    /// Number of leading tokens (the prefix) that pooling leaves out.
    unpooled: usize,
    pooling: Pooling,
}

impl Encoder {
    /// Loads a model to run with this kernel, or with the fastest one if `None`, on the threads of the current pool. Embeddings
    /// are truncated to `dimension` numbers.
    pub fn load(folder: &Path, manifest: &Manifest, dimension: usize, kernel: Option<Kernel>) -> Result<Self> {
        let path = folder.join(&manifest.network);
        let tokenizer = || Tokenizer::load(&path.join("tokenizer.json"), manifest.max_tokens);
        let load = manifest.architecture.load;
        let (network, tokenizer) = match load {
            Load::Lookup(load) => {
                let tokenizer = tokenizer()?.plain();
                (load(&path, tokenizer.unknown())?, tokenizer)
            }
            Load::Network(loader) => {
                let (network, tokenizer) = rayon::join(|| runner::load(loader, &path, kernel), tokenizer);
                (network?, tokenizer?)
            }
        };
        let settings = |role| {
            let prefix = manifest.prefix(role).to_owned();
            let is_pooled = manifest.include_prompt || prefix.is_empty();
            let unpooled = if is_pooled { 0 } else { tokenizer.count_before(&prefix)? };
            Ok::<_, Error>(RoleSettings { prefix, unpooled, pooling: manifest.pooling(role) })
        };
        let (of_queries, of_passages) = (settings(Role::Query)?, settings(Role::Passage)?);
        let behind = HeadSpec {
            network: &manifest.network,
            dense: &manifest.dense,
            layer_norm: manifest.layer_norm,
            dimension: manifest.dimension,
            cut: dimension,
        };
        let head = Head::load(folder, network.sizes().hidden, &behind)?;
        let is_lookup = matches!(load, Load::Lookup(_));
        Ok(Self { tokenizer, network, head, is_lookup, of_queries, of_passages, scripts: OnceLock::new() })
    }

    pub fn network(&self) -> &dyn Network {
        self.network.as_ref()
    }

    fn settings(&self, role: Role) -> &RoleSettings {
        match role {
            Role::Query => &self.of_queries,
            Role::Passage => &self.of_passages,
        }
    }

    /// Whether a word is a token.
    pub fn knows(&self, word: &str) -> bool {
        self.tokenizer.is_token(word)
    }

    /// The scripts that the vocabulary has words of; counted once.
    pub fn scripts(&self) -> &Scripts {
        self.scripts.get_or_init(|| Scripts::of(self.tokenizer.vocabulary()))
    }

    /// The tokens of a text with the prefix of its role.
    pub fn tokenize(&self, role: Role, Text { text, parts }: &Text<'_>) -> Result<Tokens> {
        let RoleSettings { prefix, unpooled, .. } = self.settings(role);
        let mut tokens = if prefix.is_empty() {
            self.tokenizer.tokenize_with(text, parts)?
        } else {
            let moved = |part: &Range<usize>| part.start + prefix.len()..part.end + prefix.len();
            self.tokenizer.tokenize_with(&format!("{prefix}{text}"), &parts.iter().map(moved).collect::<Vec<_>>())?
        };
        tokens.unpooled = *unpooled;
        if !self.network.sizes().hold(&tokens.ids) {
            let reason = "the tokenizer produces tokens that the network has no embedding for".to_owned();
            return Err(Error::Tokenization { reason });
        }
        Ok(tokens)
    }

    /// Sequences of tokens as if they were texts without a prefix.
    pub fn of_ids(&self, sequences: &[&[u32]]) -> Result<Vec<Tokens>> {
        let whole = self.tokenizer.with_ends(sequences)?.into_iter();
        Ok(whole.map(|ids| Tokens { ids, truncated: false, unpooled: 0, parts: Vec::new() }).collect())
    }

    /// The embeddings of a batch of tokenised texts and of their parts.
    pub fn encode(&self, role: Role, batch: &[&Tokens], scratch: &mut Scratch) -> Result<Vec<Embedded>> {
        let ids: Vec<&[u32]> = batch.iter().map(|text| text.ids.as_slice()).collect();
        let states = self.network.states(&ids, scratch)?;
        let width = self.network.sizes().hidden;
        let mut next = 0;
        batch
            .iter()
            .map(|text| {
                let first = next;
                next += text.ids.len();
                let row = |token| states.row(first + token, width);
                let mut pooled = Pooled::of(row, width, text, self.settings(role).pooling);
                if self.is_lookup && pooled.whole.iter().all(|value| *value == 0.0) {
                    // All tokens are unknown. An embedding must have a direction, so the text gets an arbitrary one.
                    pooled.whole.fill(1.0);
                }
                self.head.apply(&mut pooled);
                embedded(pooled, text)
            })
            .collect()
    }
}

fn embedded(pooled: Pooled, text: &Tokens) -> Result<Embedded> {
    let parts = pooled.parts.into_iter().map(|part| Embedding::normalised(part).ok()).collect();
    let embedding = Embedding::normalised(pooled.whole)?;
    Ok(Embedded { embedding, tokens: text.ids.len(), truncated: text.truncated, parts })
}
