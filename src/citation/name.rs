//! Splits an author's printed name into given and family names.

/// Last words of group names.
const GROUPS: [&str; 8] =
    ["collaboration", "consortium", "team", "group", "initiative", "project", "organization", "organisation"];

/// A name, split if possible.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Given names, and the family name with its lower-case particles (`van`, `de la`).
    Person { given: String, family: String },
    /// A single word, a group, or a name with a comma or an `and`: used as it is.
    Literal(String),
}

impl Name {
    /// Splits a name on one line. By BibTeX's rule, the family name begins with the first lower-case word, or is the
    /// last word.
    pub fn of(printed: String) -> Self {
        let words: Vec<&str> = printed.split(' ').collect();
        let last = words.last().map(|word| word.to_lowercase()).unwrap_or_default();
        let is_and = |word: &&str| word.eq_ignore_ascii_case("and") || *word == "&";
        if words.len() < 2 || printed.contains(',') || words.iter().any(is_and) || GROUPS.contains(&last.as_str()) {
            return Self::Literal(printed);
        }
        let is_small = |word: &&str| word.chars().next().is_some_and(char::is_lowercase);
        let inner = words[1..words.len() - 1].iter().position(is_small).map_or(words.len() - 1, |place| place + 1);
        Self::Person { given: words[..inner].join(" "), family: words[inner..].join(" ") }
    }

    /// The short name for a citation key.
    pub fn short(&self) -> &str {
        match self {
            Self::Person { family, .. } => family.rsplit(' ').next().unwrap_or(family),
            Self::Literal(name) => name,
        }
    }
}

/// The authors of a paper: people, or the organisation named in their place.
pub(super) fn names(paper: &crate::paper::Paper) -> Vec<Name> {
    let mut names: Vec<Name> =
        paper.authors.iter().map(|name| super::one_line(name)).filter(|name| !name.is_empty()).map(Name::of).collect();
    if names.is_empty() {
        let organisation = paper.organisation.as_deref().map(super::one_line).filter(|name| !name.is_empty());
        names.extend(organisation.map(Name::Literal));
    }
    names
}

/// Whether the paper has more authors than are named.
pub(super) fn has_others(paper: &crate::paper::Paper) -> bool {
    !paper.authors.is_empty() && paper.author_count.is_some_and(|count| count as usize > paper.authors.len())
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_split_by_the_rule_of_bibtex() {
        let person = |given: &str, family: &str| Name::Person { given: given.into(), family: family.into() };
        for (printed, wanted) in [
            ("Ada Smith", person("Ada", "Smith")),
            ("Anna-Lena M. Żółć", person("Anna-Lena M.", "Żółć")),
            ("Lena van der Berg", person("Lena", "van der Berg")),
            ("bell hooks", person("bell", "hooks")),
            ("Aristotle", Name::Literal("Aristotle".into())),
            ("Smith, Ada", Name::Literal("Smith, Ada".into())),
            ("Fish and Chips", Name::Literal("Fish and Chips".into())),
            ("The FISH Collaboration", Name::Literal("The FISH Collaboration".into())),
        ] {
            assert_eq!(Name::of(printed.into()), wanted);
        }
        assert_eq!(person("Lena", "van der Berg").short(), "Berg");
    }
}
