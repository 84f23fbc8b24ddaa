//! Models and test sets for measurements of quality.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use paperkin::embed::{Embedder, ModelFolder, find_or_fetch};
use paperkin::evaluate::test_set::TestSet;
use paperkin::progress::Silent;

/// A model, its name, its embedder with a cache in `target/fusion`, and the number of threads. `model` is a name or a folder.
pub fn model(model: &str) -> (ModelFolder, String, Arc<Embedder>, usize) {
    let path = Path::new(model);
    let folder = if path.is_dir() { ModelFolder::open(path) } else { find_or_fetch(model, &Silent) }.unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let embedder = Embedder::load(&folder, threads).unwrap().with_cache(Path::new("target/fusion")).unwrap();
    (folder, name, Arc::new(embedder), threads)
}

/// A test set in `../shared/beir`; `None` if it is not there, which is printed.
pub fn test_set(name: &str) -> Option<TestSet> {
    let path = Path::new("../shared/beir").join(name);
    if !path.exists() {
        println!("`{}` is not there", path.display());
        return None;
    }
    Some(TestSet::open(&path).unwrap())
}
