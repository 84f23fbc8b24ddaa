//! Judged test sets are read as they are published.

use paperkin::evaluate::beir::TestSet;

use crate::support::shared;

#[test]
fn the_test_sets_beside_the_project_are_read() {
    for (name, documents, queries, judgements) in [("scifact", 5183, 300, 339), ("cranfield", 1400, 225, 1612)] {
        let Some(path) = shared(&format!("beir/{name}")) else { continue };
        let set = TestSet::open(&path).unwrap();
        assert_eq!(set.documents().unwrap().len(), documents, "{name}");
        let read = set.queries("test").unwrap();
        assert_eq!(read.len(), queries, "{name}");
        assert_eq!(read.iter().map(|query| query.judged.len()).sum::<usize>(), judgements, "{name}");
    }
}
