//! The network: BERT (Devlin et al., 2018, arXiv:1810.04805), on packed tokens.
//!
//! The texts of a batch follow each other without padding, so there is nothing to mask: linear layers see all tokens at
//! once, attention each text by itself. Between the products everything is `f32`; in them it is what the kernel wants.

use std::path::Path;

use candle_transformers::models::bert::Config;

use super::attention::{self, Projected};
use super::elementwise::{Norm, gelus};
use super::kernel::matrix::{Matrix, Out, Rows};
use super::kernel::{Format, Kernel, LANES};
use super::weights::{self, Weights, Words};
use crate::error::{Error, Result};

#[cfg(target_arch = "x86_64")]
mod tiled;

pub(super) struct Network {
    kernel: Kernel,
    words: Words,
    positions: Vec<f32>,
    /// The vector of the first segment, which all our texts are but the second ones of pairs.
    segment: Vec<f32>,
    /// That of the second segment; the first one's, where the network has no other.
    second_segment: Vec<f32>,
    embeddings_norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

/// Weights are packed for the kernel.
struct Layer {
    /// Query, key and value beside each other: `[hidden, 3 · hidden]`.
    attend: Matrix,
    merge: Matrix,
    merge_norm: Norm,
    widen: Matrix,
    narrow: Matrix,
    narrow_norm: Norm,
}

/// The memory of one forward pass after another.
#[derive(Default)]
pub(super) struct Scratch {
    pub rows: Rows,
    pub projected: Out,
    pub attended: Vec<f32>,
    pub product: Out,
    pub wide: Out,
    pub wide_rows: Rows,
    pub attention: attention::Scratch,
    #[cfg(target_arch = "x86_64")]
    tiled: tiled::Scratch,
}

impl Scratch {
    /// Lets the threads of the current pool share every product: for a text that is alone.
    pub fn shared() -> Self {
        Self { projected: Out::shared(), product: Out::shared(), wide: Out::shared(), ..Self::default() }
    }
}

/// Columns of the wide layer that are computed together, a whole number of lines in every format.
const STRIPE: usize = 192;

impl Network {
    /// Loads `model.safetensors` from a model's folder. Packing uses the threads of the current pool.
    pub fn load(folder: &Path, config: &Config, kernel: Kernel) -> Result<Self> {
        let path = folder.join("model.safetensors");
        let network = Weights::map(&path).and_then(|weights| Self::new(config, weights, kernel));
        network.map_err(|reason| Error::ModelFileBroken { path, reason })
    }

    fn new(config: &Config, weights: Weights, kernel: Kernel) -> weights::Result<Self> {
        let hidden = config.hidden_size;
        let positions = [config.max_position_embeddings, hidden];
        let segments = weights.numbers("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let segment = segments.get(..hidden).ok_or("`type_vocab_size` is 0")?.to_vec();
        let second_segment = segments.get(hidden..2 * hidden).unwrap_or(&segment).to_vec();
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::new(config, layer, &weights, kernel));
        Ok(Self {
            kernel,
            positions: weights.numbers("embeddings.position_embeddings.weight", &positions)?.into_owned(),
            segment,
            second_segment,
            embeddings_norm: norm(&weights, "embeddings.LayerNorm", config)?,
            layers: layers.collect::<weights::Result<_>>()?,
            heads: config.num_attention_heads,
            words: Words::new(weights, "embeddings.word_embeddings.weight", [config.vocab_size, hidden])?,
        })
    }

    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    fn hidden_size(&self) -> usize {
        self.words.width()
    }

    /// Computes the last layer's vectors of all tokens, text after text: `[tokens, hidden]`.
    pub fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<Vec<f32>> {
        self.states_of_pairs(batch, &[], scratch)
    }

    /// As [`Network::states`], of texts whose tokens from a place on, one for each text, are of the second segment.
    pub fn states_of_pairs(&self, batch: &[&[u32]], seconds: &[usize], scratch: &mut Scratch) -> Result<Vec<f32>> {
        let mut states = self.embed(batch, seconds)?;
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = self.unit() {
            self.run_tiled(unit, batch, &mut states, &mut scratch.tiled);
            return Ok(states);
        }
        self.embeddings_norm.apply(&mut states);
        for layer in &self.layers {
            self.attend(layer, batch, &states, scratch);
            self.feed_forward(layer, &mut states, scratch);
        }
        Ok(states)
    }

    /// The vectors that the tokens begin with, before their norm: word, place and segment.
    fn embed(&self, batch: &[&[u32]], seconds: &[usize]) -> Result<Vec<f32>> {
        let hidden = self.hidden_size();
        let words = self.words.all().map_err(|reason| Error::Tokenization { reason })?;
        let mut states = Vec::with_capacity(batch.iter().map(|text| text.len() * hidden).sum());
        // Where nothing is said, all tokens are of the first segment.
        let seconds = seconds.iter().copied().chain(std::iter::repeat(usize::MAX));
        for (text, second) in batch.iter().zip(seconds) {
            for (number, (id, place)) in text.iter().zip(self.positions.chunks_exact(hidden)).enumerate() {
                let word = &words[*id as usize * hidden..][..hidden];
                let segment = if number < second { &self.segment } else { &self.second_segment };
                let parts = word.iter().zip(place).zip(segment);
                states.extend(parts.map(|((word, place), segment)| word + place + segment));
            }
        }
        Ok(states)
    }

    /// Attention within each text, into `scratch.attended`: `[tokens, hidden]`.
    fn attend(&self, layer: &Layer, batch: &[&[u32]], states: &[f32], scratch: &mut Scratch) {
        let hidden = self.hidden_size();
        let Scratch { rows, projected, attended, attention, .. } = scratch;
        rows.write(self.kernel.format(), states, hidden, hidden);
        let projected = layer.attend.multiply(self.kernel, rows, projected);
        attended.resize(states.len(), 0.0);
        let mut start = 0;
        for text in batch {
            let stride = layer.attend.stride();
            let own = Projected {
                rows: &projected[start * stride..(start + text.len()) * stride],
                stride,
                heads: self.heads,
                width: hidden / self.heads,
                window: None,
            };
            attention::attend(self.kernel, own, attention, &mut attended[start * hidden..][..text.len() * hidden]);
            start += text.len();
        }
    }

    /// What follows attention, for a block of tokens at a time: its results are used while they are in the cache.
    fn feed_forward(&self, layer: &Layer, states: &mut [f32], scratch: &mut Scratch) {
        let (hidden, kernel) = (self.hidden_size(), self.kernel);
        let Scratch { rows, attended, product, wide, wide_rows, .. } = scratch;
        let blocks = states.chunks_mut(kernel.block() * hidden).zip(attended.chunks(kernel.block() * hidden));
        for (states, attended) in blocks {
            rows.write(kernel.format(), attended, hidden, hidden);
            let merged = layer.merge.multiply(kernel, rows, product);
            layer.merge_norm.add(states, merged, layer.merge.stride());
            rows.write(kernel.format(), states, hidden, hidden);
            self.widen(layer, rows, wide, wide_rows);
            let narrowed = layer.narrow.multiply(kernel, wide_rows, product);
            layer.narrow_norm.add(states, narrowed, layer.narrow.stride());
        }
    }

    /// The wide layer's activations, `GELU(rows · widen)`, into `wide_rows`.
    fn widen(&self, layer: &Layer, rows: &Rows, wide: &mut Out, wide_rows: &mut Rows) {
        let (kernel, format) = (self.kernel, self.kernel.format());
        let (width, stride) = (layer.narrow.width(), layer.widen.stride());
        if format == Format::Int16 || wide.is_shared() {
            // The scale of a row is known when all of it is.
            let wide = layer.widen.multiply(kernel, rows, wide);
            let wide = &mut wide[..rows.count() * stride];
            gelus(wide);
            wide_rows.write(format, wide, stride, width);
            return;
        }
        // Some columns at a time, which do not leave the cache before they are activations.
        wide_rows.begin(format, rows.count(), width);
        for first in (0..width).step_by(STRIPE) {
            let columns = first..width.min(first + STRIPE);
            let stride = columns.len().next_multiple_of(LANES);
            let wide = layer.widen.multiply_columns(kernel, rows, columns, wide);
            let wide = &mut wide[..rows.count() * stride];
            gelus(wide);
            wide_rows.write_columns(format, wide, stride, first);
        }
    }
}

impl Layer {
    fn new(config: &Config, layer: usize, weights: &Weights, kernel: Kernel) -> weights::Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let matrix = |parts: &[&str], out: usize, input: usize| {
            let (mut all, mut biases) = (Vec::new(), Vec::new());
            for part in parts {
                let part = name(part);
                all.push(weights.numbers(&format!("{part}.weight"), &[out, input])?);
                biases.extend_from_slice(&weights.numbers(&format!("{part}.bias"), &[out])?);
            }
            let all = if let [one] = all.as_slice() { one } else { &all.concat().into() };
            Ok::<_, String>(Matrix::pack(kernel.format(), all, input, &biases))
        };
        let own = ["attention.self.query", "attention.self.key", "attention.self.value"];
        Ok(Self {
            attend: matrix(&own, hidden, hidden)?,
            merge: matrix(&["attention.output.dense"], hidden, hidden)?,
            merge_norm: norm(weights, &name("attention.output.LayerNorm"), config)?,
            widen: matrix(&["intermediate.dense"], wide, hidden)?,
            narrow: matrix(&["output.dense"], hidden, wide)?,
            narrow_norm: norm(weights, &name("output.LayerNorm"), config)?,
        })
    }
}

fn norm(weights: &Weights, name: &str, config: &Config) -> weights::Result<Norm> {
    let vector =
        |part: &str| Ok::<_, String>(weights.numbers(&format!("{name}.{part}"), &[config.hidden_size])?.into_owned());
    #[allow(clippy::cast_possible_truncation)] // 1e-12 fits into 32 bits
    let epsilon = config.layer_norm_eps as f32;
    Ok(Norm { weight: vector("weight")?, offset: vector("bias")?, epsilon })
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};
    use candle_nn::{VarBuilder, VarMap};
    use candle_transformers::models::bert::BertModel;

    use super::super::manifest::{Architecture, Pooling};
    use super::super::pool::Pooled;
    use super::super::runner::Runner;
    use super::super::{DEFAULT_MODEL, Tokenizer, device, find_or_fetch};
    use super::*;
    use crate::corpus::sample;
    use crate::progress::Silent;

    #[test]
    fn the_packed_network_computes_what_the_padded_and_masked_one_does() {
        let folder = Path::new("tests/data/tiny-bert");
        let config = fs_err::read_to_string(folder.join("config.json")).unwrap();
        let long: Vec<u32> = (0..40).map(|place| 2 + place * 7 % 90).collect();
        let batch: [&[u32]; 4] = [&long, &[2, 40, 50, 60, 70, 3], &[2, 3], &[2, 99, 3]];
        compare(folder, &serde_json::from_str(&config).unwrap(), &batch);
    }

    #[test]
    fn networks_of_whole_tiles_compute_it_too() {
        // Heads of 32 and of 64 numbers, and a last stripe that is shorter than the others.
        for (hidden, heads, wide) in [(96, 3, 64), (128, 2, 416)] {
            let config = serde_json::json!({
                "vocab_size": 100, "hidden_size": hidden, "num_hidden_layers": 2, "num_attention_heads": heads,
                "intermediate_size": wide, "hidden_act": "gelu", "hidden_dropout_prob": 0.0,
                "max_position_embeddings": 80, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
                "pad_token_id": 0,
            });
            let config: Config = serde_json::from_value(config).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let variables = VarMap::new();
            // Making a network of variables that are not there gives them random numbers.
            BertModel::load(VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu), &config).unwrap();
            variables.save(folder.path().join("model.safetensors")).unwrap();
            let text = |length: u32| (0..length).map(|place| 2 + place * 11 % 97).collect::<Vec<u32>>();
            let texts = [80, 65, 33, 32, 17, 16, 2, 1].map(text);
            compare(folder.path(), &config, &texts.each_ref().map(Vec::as_slice));
        }
    }

    /// Compares the states of all kernels, and of candle's tensors, with those of candle's own network.
    fn compare(folder: &Path, config: &Config, batch: &[&[u32]]) {
        let file = fs_err::read(folder.join("model.safetensors")).unwrap();
        let variables = VarBuilder::from_buffered_safetensors(file, DType::F32, &Device::Cpu).unwrap();
        let reference = BertModel::load(variables, config).unwrap();
        let longest = batch.iter().map(|text| text.len()).max().unwrap();
        let mut ids = vec![0u32; batch.len() * longest];
        let mut mask = vec![0f32; batch.len() * longest];
        for (row, text) in batch.iter().enumerate() {
            ids[row * longest..][..text.len()].copy_from_slice(text);
            mask[row * longest..][..text.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, (batch.len(), longest), &Device::Cpu).unwrap();
        let mask = Tensor::from_vec(mask, (batch.len(), longest), &Device::Cpu).unwrap();
        let wanted = reference.forward(&ids, &ids.zeros_like().unwrap(), Some(&mask)).unwrap();
        let near = |who: &str, row: usize, own: &[f32], wanted: &Tensor, tolerance: f32| {
            let wanted = wanted.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let far = own.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(own.len() == wanted.len() && far < tolerance, "{who}, text {row}: {far}");
        };
        let all_near = |who: &str, found: &[f32], tolerance: f32| {
            let mut rest = found;
            for (row, text) in batch.iter().enumerate() {
                let (own, others) = rest.split_at(text.len() * config.hidden_size);
                rest = others;
                near(who, row, own, &wanted.get(row).unwrap().narrow(0, 0, text.len()).unwrap(), tolerance);
            }
            assert!(rest.is_empty());
        };
        for kernel in Kernel::available() {
            let network = Network::load(folder, config, kernel).unwrap();
            for mut scratch in [Scratch::default(), Scratch::shared()] {
                let found = network.states(batch, &mut scratch).unwrap();
                all_near(kernel.name(), &found, kernel.format().tolerance());
            }
        }
        for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F16, 0.02), (DType::BF16, 0.2)] {
            let network = device::Network::load(folder, config, Device::Cpu, dtype).unwrap();
            all_near(&format!("candle, {dtype:?}"), &network.states(batch).unwrap(), tolerance);
        }
    }

    #[test]
    fn every_format_and_kernel_keeps_the_vectors_of_the_default_model() {
        let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
        let tokenizer = Tokenizer::load(&folder.path.join("tokenizer.json"), 256).unwrap();
        let texts = sample::papers().take(6).map(|paper| tokenizer.tokenize(&paper.unwrap().text()).unwrap());
        let texts: Vec<_> = texts.collect();
        let texts: Vec<_> = texts.iter().collect();
        let vectors = |kernel| {
            let runner = Runner::load_for(&folder.path, Architecture::Bert, kernel).unwrap();
            let ids: Vec<&[u32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
            let states = runner.states(&ids, &mut Scratch::default()).unwrap();
            let mut rest = states.as_slice();
            let pooled = texts.iter().map(|text| {
                let own = rest.split_off(..text.ids.len() * 384).unwrap();
                Pooled::of(own, 384, text, Pooling::Mean).whole
            });
            pooled.collect::<Vec<_>>()
        };
        let exact = vectors(Kernel::portable(Format::F32));
        let portable = [Format::Bf16, Format::Int16].map(Kernel::portable);
        for kernel in portable.into_iter().chain(Kernel::available()) {
            for (vector, exact) in vectors(kernel).iter().zip(&exact) {
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
                let cosine = dot(vector, exact) / (dot(vector, vector) * dot(exact, exact)).sqrt();
                assert!(cosine >= 0.9999, "{kernel:?}, {:?}: {cosine}", kernel.format());
            }
        }
    }
}
