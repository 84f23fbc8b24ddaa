//! Property: for any bytes, each reader terminates, and every paper survives an export.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use paperkin::corpus::{self, CorpusFormat, CorpusOptions, Source};
use paperkin::paper::{Paper, PaperId};

fuzz_target!(|bytes: &[u8]| {
    let file = written(bytes);
    let source = Source::File(file.path().to_owned());
    for format in CorpusFormat::ALL.map(Some).into_iter().chain([None]) {
        let papers = read(file.path(), format);
        for paper in &papers {
            assert!(!paper.title.trim().is_empty(), "{paper:?}");
            assert_eq!(PaperId::parse(paper.id.as_str()).as_ref(), Some(&paper.id));
        }
        let lines: Vec<String> = papers.iter().map(|paper| serde_json::to_string(paper).unwrap() + "\n").collect();
        assert_eq!(read(written(lines.concat().as_bytes()).path(), Some(CorpusFormat::Json)), papers);
    }
    if let Ok(texts) = corpus::texts(&source) {
        texts
            .take_while(|text| text.as_ref().is_ok() || text.as_ref().is_err_and(|e| e.is_bad_record()))
            .for_each(drop);
    }
});

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    file
}

fn read(path: &Path, format: Option<CorpusFormat>) -> Vec<Paper> {
    let options = CorpusOptions { format, year: Some(2024) };
    corpus::open(&Source::File(path.to_owned()), &options).into_iter().flatten().filter_map(Result::ok).collect()
}
