//! The network architectures, and the table of them. To add one, add a file here, its `mod`, and a line in the table. Each file
//! uses those listed above it:
//!
//! - `gpu`: finds a GPU
//! - `scratch`: memory that forward passes reuse
//! - `network`: the traits of a loaded network
//! - `architecture`: what each architecture declares
//! - `config`: reads `config.json`
//! - `bert`: BERT and networks with its layers, with `bert/kinds` (how they differ), `bert/config` and `bert/load` (loader), `bert/tiled` (matrix
//!   unit), `bert/device` and `bert/gpu` (candle), and `bert/cross_encoder` (with a classifier)
//! - `rotary`: networks with rotary positions and gated feed-forward layers, used by `modernbert` and `nomic`
//! - `lookup`: no network, but a table of token embeddings

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Deserializer, de};

use crate::error::Result;

pub(super) use architecture::{Architecture, CrossEncoderLoader, Load, NetworkLoader};
pub(super) use bert::trial;
#[cfg(any(feature = "cuda", feature = "metal"))]
pub(super) use gpu::Gpu;
pub(super) use network::{CrossEncoder, Network, States};
pub(super) use scratch::Scratch;

mod architecture;
mod bert;
mod config;
#[cfg(any(feature = "cuda", feature = "metal"))]
mod gpu;
mod lookup;
mod modernbert;
mod network;
mod nomic;
mod rotary;
mod scratch;

/// All architectures.
#[rustfmt::skip] // one a line
const ARCHITECTURES: &[Architecture] = &[
    bert::BERT,
    bert::ROBERTA,
    bert::XLM_ROBERTA,
    bert::DISTILBERT,
    bert::MPNET,
    modernbert::ARCHITECTURE,
    nomic::ARCHITECTURE,
    lookup::ARCHITECTURE,
];

/// The names of the architectures in manifests.
const NAMES: [&str; ARCHITECTURES.len()] = {
    let mut names = [""; ARCHITECTURES.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = ARCHITECTURES[place].name;
        place += 1;
    }
    names
};

impl Architecture {
    /// The architecture for this `model_type` of a `config.json`, and the loader of its network.
    pub(super) fn of_model_type(model_type: &str) -> Option<(Self, NetworkLoader)> {
        ARCHITECTURES.iter().find_map(|known| match known.load {
            Load::Network(loader) if known.model_type == Some(model_type) => Some((*known, loader)),
            _ => None,
        })
    }

    /// All known values of `model_type`, for messages.
    pub(super) fn model_types() -> String {
        listed(ARCHITECTURES.iter().filter_map(|known| known.model_type))
    }

    /// The loader of the network with a classifier; an error message if there is none.
    pub(super) fn cross_encoder(self) -> Result<CrossEncoderLoader, String> {
        self.cross_encoder.ok_or_else(|| {
            let known =
                listed(ARCHITECTURES.iter().filter(|known| known.cross_encoder.is_some()).map(|known| known.name));
            format!("expected a cross-encoder with the architecture {known}, found {self:?}")
        })
    }

    /// The architecture without a network, and the number of dimensions of the model in this folder.
    pub(super) fn without_network(folder: &Path) -> Result<(Self, usize)> {
        Ok((lookup::ARCHITECTURE, lookup::width(folder)?))
    }
}

/// An architecture is serialised as its name.
impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let named = ARCHITECTURES.iter().copied().find(|known| known.name == name);
        named.ok_or_else(|| de::Error::unknown_variant(&name, &NAMES))
    }
}

/// Formats names as an enumeration in a sentence.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [some @ .., last] if !some.is_empty() => format!("{} and {last}", some.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_survive_a_round_trip() {
        for (place, architecture) in ARCHITECTURES.iter().copied().enumerate() {
            assert!(!NAMES[..place].contains(&architecture.name), "{architecture:?} is there twice");
            let written = serde_json::to_string(&architecture).unwrap();
            assert_eq!(written, format!("\"{}\"", architecture.name));
            assert_eq!(serde_json::from_str::<Architecture>(&written).unwrap(), architecture);
        }
        let error = serde_json::from_str::<Architecture>("\"t5\"").unwrap_err().to_string();
        let known = "expected one of `bert`, `roberta`, `xlm-roberta`, `distilbert`, `mpnet`, `modernbert`, `nomic-bert`, `static`";
        assert!(error.starts_with(&format!("unknown variant `t5`, {known}")), "{error}");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let known = "`bert`, `roberta`, `xlm-roberta`, `distilbert`, `mpnet`, `modernbert` and `nomic_bert`";
        assert_eq!(Architecture::model_types(), known);
        let error = nomic::ARCHITECTURE.cross_encoder().unwrap_err();
        assert_eq!(error, "expected a cross-encoder with the architecture `bert`, found NomicBert");
    }
}
