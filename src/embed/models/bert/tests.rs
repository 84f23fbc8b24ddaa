//! Tests that all implementations of BERT agree with each other, and with candle's and reference embeddings.

use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, VarMap};
use candle_transformers::models::bert::{BertModel, Config};

use super::device::DeviceBert;
use super::*;
use crate::corpus::sample;
use crate::embed::kernel::{Format, Precision};
use crate::embed::layers::pool::{Pooled, Pooling};
use crate::embed::{DEFAULT_MODEL, Tokenizer, find_or_fetch};
use crate::progress::Silent;

#[test]
fn the_packed_network_agrees_with_the_padded_one() {
    let folder = Path::new("tests/data/tiny-bert");
    let config = fs_err::read_to_string(folder.join("config.json")).unwrap();
    let long: Vec<u32> = (0..40).map(|place| 2 + place * 7 % 90).collect();
    let batch: [&[u32]; 4] = [&long, &[2, 40, 50, 60, 70, 3], &[2, 3], &[2, 99, 3]];
    compare(folder, &serde_json::from_str(&config).unwrap(), &batch);
}

#[test]
fn networks_of_whole_tiles_agree_too() {
    // Heads with 32 and with 64 dimensions, and a last stripe that is shorter than the others.
    for (hidden, heads, wide) in [(96, 3, 64), (128, 2, 416)] {
        let config = serde_json::json!({
            "vocab_size": 100, "hidden_size": hidden, "num_hidden_layers": 2, "num_attention_heads": heads,
            "intermediate_size": wide, "hidden_act": "gelu", "hidden_dropout_prob": 0.0,
            "max_position_embeddings": 80, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
        });
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let config: Config = serde_json::from_value(config).unwrap();
        let variables = VarMap::new();
        // Variables that do not exist yet are created with random numbers.
        BertModel::load(VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu), &config).unwrap();
        variables.save(folder.path().join("model.safetensors")).unwrap();
        let text = |length: u32| (0..length).map(|place| 2 + place * 11 % 97).collect::<Vec<u32>>();
        let texts = [80, 65, 33, 32, 17, 16, 2, 1].map(text);
        compare(folder.path(), &config, &texts.each_ref().map(Vec::as_slice));
    }
}

/// Compares the states of all kernels, and of [`DeviceBert`], with those of candle's own network.
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
    let own = config::Config::read(&kinds::KIND_BERT, folder).unwrap();
    for kernel in Kernel::available() {
        let network = Bert::load(&kinds::KIND_BERT, folder, &own, kernel).unwrap();
        for mut scratch in [Scratch::default(), Scratch::shared(&Arc::default())] {
            let found = network.states_of_pairs(batch, &[], &mut scratch).unwrap();
            all_near(kernel.name(), &found, kernel.format().tolerance());
        }
    }
    for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F16, 0.02), (DType::BF16, 0.2)] {
        let network = DeviceBert::load(folder, &own, Device::Cpu, dtype).unwrap();
        all_near(&format!("candle, {dtype:?}"), &network.states(batch).unwrap(), tolerance);
    }
}

#[test]
fn every_kernel_reproduces_the_embeddings_of_the_default_model() {
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let tokenizer = Tokenizer::load(&folder.path.join("tokenizer.json"), 256).unwrap();
    let texts = sample::papers().take(6).map(|paper| tokenizer.tokenize(&paper.unwrap().text()).unwrap());
    let texts: Vec<_> = texts.collect();
    let texts: Vec<_> = texts.iter().collect();
    let vectors = |kernel| {
        let network = load::network(&kinds::KIND_BERT, &folder.path, kernel).unwrap();
        let ids: Vec<&[u32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
        let states = network.states(&ids, &mut Scratch::default()).unwrap();
        let mut next = 0;
        let pooled = texts.iter().map(|text| {
            let first = next;
            next += text.ids.len();
            Pooled::of(|token| states.row(first + token, 384), 384, text, Pooling::Mean).whole
        });
        pooled.collect::<Vec<_>>()
    };
    let exact = vectors(Kernel::portable(Format::F32));
    let portable = [Format::Bf16, Format::Int16, Format::Int8].map(Kernel::portable);
    for kernel in portable.into_iter().chain(Kernel::available()) {
        for (vector, exact) in vectors(kernel).iter().zip(&exact) {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let cosine = dot(vector, exact) / (dot(vector, vector) * dot(exact, exact)).sqrt();
            let least = if kernel.precision() == Precision::Fast { 0.999 } else { 0.9999 };
            assert!(cosine >= least, "{kernel:?}, {:?}: {cosine}", kernel.format());
        }
    }
}
