//! The authors of a paper as a bibliography names them.

use super::one_line;
use crate::paper::{Name, Paper};

/// The authors of a paper: people, or the organisation named in their place.
pub(super) fn names(paper: &Paper) -> Vec<Name> {
    let mut names: Vec<Name> = paper
        .authors
        .iter()
        .map(|name| one_line(name))
        .filter(|name| !name.is_empty())
        .map(|name| Name::of(&name))
        .collect();
    if names.is_empty() {
        let organisation = paper.organisation.as_deref().map(one_line).filter(|name| !name.is_empty());
        names.extend(organisation.map(Name::Literal));
    }
    names
}

/// Whether the paper has more authors than are named.
pub(super) fn has_others(paper: &Paper) -> bool {
    !paper.authors.is_empty() && paper.author_count.is_some_and(|count| count as usize > paper.authors.len())
}
