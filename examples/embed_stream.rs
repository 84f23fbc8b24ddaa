//! Reads texts from standard input, one per line, embeds them in batches, and writes one JSON object per line.
//!
//! `cargo run --example embed_stream -- MODEL_FOLDER < texts.txt > vectors.jsonl`

use std::env;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::Path;

use paperkin::embed::{Embedder, ModelFolder, Role};
use serde::Serialize;

const THREADS: usize = 2;
/// Texts per call: enough to form batches of similar length.
const BATCH: usize = 256;

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    embedding: &'a [f32],
    /// Whether the text was longer than the model's maximum.
    truncated: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let model = env::args().nth(1).ok_or("usage: embed_stream MODEL_FOLDER")?;
    let embedder = Embedder::load(&ModelFolder::open(Path::new(&model))?, THREADS)?;
    let mut out = io::stdout().lock();
    let mut lines = io::stdin().lock().lines();
    loop {
        let texts = lines.by_ref().take(BATCH).collect::<Result<Vec<String>, _>>()?;
        if texts.is_empty() {
            return Ok(());
        }
        for (text, embedded) in texts.iter().zip(embedder.embed(Role::Passage, &texts)?) {
            let line = Line { text, embedding: embedded.embedding.as_slice(), truncated: embedded.truncated };
            writeln!(out, "{}", serde_json::to_string(&line)?)?;
        }
        out.flush()?;
    }
}
