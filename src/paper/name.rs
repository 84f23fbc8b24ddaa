//! The names of authors: how is a printed name split into its parts, and how are the parts printed?

/// Last words of group names.
const GROUPS: [&str; 11] = [
    "collaboration",
    "consortium",
    "team",
    "group",
    "initiative",
    "project",
    "organization",
    "organisation",
    "committee",
    "network",
    "society",
];

/// A name, split if possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// Given names or initials (maybe none), the family name with its lower-case particles (`van`, `de la`), and a suffix such as
    /// `Jr.` (maybe none).
    Person { given: String, family: String, suffix: String },
    /// A single word, a group, or a text that is not a name of a person: used as it is.
    Literal(String),
}

impl Name {
    /// Splits a name on one line, in any of the forms `Ada van der Berg`, `van der Berg, Ada`, `van der Berg, Ada, Jr.` and
    /// `Smith JA`. By BibTeX's rule, the family name of the first form begins with the first lower-case word, or is the last word.
    pub fn of(printed: &str) -> Self {
        let words: Vec<&str> = printed.split(' ').filter(|word| !word.is_empty()).collect();
        let last = words.last().map(|word| word.to_lowercase()).unwrap_or_default();
        let is_and = |word: &&str| word.eq_ignore_ascii_case("and") || *word == "&";
        if words.len() < 2 || words.iter().any(is_and) || GROUPS.contains(&last.as_str()) {
            return Self::Literal(printed.to_owned());
        }
        if printed.contains(',') {
            return Self::inverted(printed).unwrap_or_else(|| Self::Literal(printed.to_owned()));
        }
        let (words, suffix) = match words.split_last() {
            Some((last, rest)) if rest.len() > 1 && is_suffix(last) => (rest, (*last).to_owned()),
            _ => (words.as_slice(), String::new()),
        };
        if let Some((initials, family)) = words.split_last()
            && are_initials(initials)
            && family.iter().all(|word| word.chars().any(char::is_lowercase) && !word.contains('.'))
        {
            return Self::Person { given: (*initials).to_owned(), family: family.join(" "), suffix };
        }
        let is_small = |word: &&str| word.chars().next().is_some_and(char::is_lowercase);
        let inner = words[1..words.len() - 1].iter().position(is_small).map_or(words.len() - 1, |place| place + 1);
        Self::Person { given: words[..inner].join(" "), family: words[inner..].join(" "), suffix }
    }

    /// Splits `family, given` and `family, given, suffix`.
    fn inverted(printed: &str) -> Option<Self> {
        let mut parts = printed.split(',').map(str::trim);
        let (family, given, suffix) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let fits = !family.is_empty()
            && !given.is_empty()
            && !is_suffix(given)
            && parts.next().is_none()
            && (suffix.is_empty() || is_suffix(suffix))
            && printed.split(',').count() == 2 + usize::from(!suffix.is_empty());
        fits.then(|| Self::Person { given: given.to_owned(), family: family.to_owned(), suffix: suffix.to_owned() })
    }

    /// Prints a name whose parts are known: given names first, as in `Ada van der Berg`, if that can be split again, otherwise as
    /// in `García Márquez, Gabriel`.
    pub fn print(family: &str, given: &str, suffix: &str) -> String {
        if given.is_empty() {
            return [family, suffix].join(" ").trim().to_owned();
        }
        let natural = [given, family, suffix].join(" ").trim().to_owned();
        let parts = Self::Person { given: given.to_owned(), family: family.to_owned(), suffix: suffix.to_owned() };
        if Self::of(&natural) == parts {
            natural
        } else if suffix.is_empty() {
            format!("{family}, {given}")
        } else {
            format!("{family}, {given}, {suffix}")
        }
    }

    /// The short name for a citation key.
    pub fn short(&self) -> &str {
        match self {
            Self::Person { family, .. } => family.rsplit(' ').next().unwrap_or(family),
            Self::Literal(name) => name,
        }
    }
}

/// Whether a word is a suffix of a name.
pub(crate) fn is_suffix(word: &str) -> bool {
    matches!(word.trim_end_matches('.'), "Jr" | "Sr" | "II" | "III" | "IV" | "2nd" | "3rd" | "4th")
}

/// Whether a word after a family name is its owner's initials, as in `Smith JA`.
fn are_initials(word: &str) -> bool {
    let letters = word.chars().filter(|c| !matches!(c, '.' | '-')).count();
    (1..=3).contains(&letters)
        && word.chars().all(|c| c.is_uppercase() || matches!(c, '.' | '-'))
        // `Philip II` is not `II Philip`.
        && !is_suffix(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Name;

    fn person(given: &str, family: &str, suffix: &str) -> Name {
        Name::Person { given: given.into(), family: family.into(), suffix: suffix.into() }
    }

    #[test]
    fn names_are_split_in_every_form() {
        for (printed, wanted) in [
            ("Ada Smith", person("Ada", "Smith", "")),
            ("Anna-Lena M. Żółć", person("Anna-Lena M.", "Żółć", "")),
            ("Lena van der Berg", person("Lena", "van der Berg", "")),
            ("bell hooks", person("bell", "hooks", "")),
            ("Aristotle", Name::Literal("Aristotle".into())),
            ("Smith, Ada", person("Ada", "Smith", "")),
            ("Smith, John B., Jr.", person("John B.", "Smith", "Jr.")),
            ("E. L. Berger Jr.", person("E. L.", "Berger", "Jr.")),
            ("Arthur L Shaffer 3rd", person("Arthur L", "Shaffer", "3rd")),
            ("Smith JA", person("JA", "Smith", "")),
            ("van der Berg L.M.", person("L.M.", "van der Berg", "")),
            ("J. A. Smith", person("J. A.", "Smith", "")),
            ("ADA SMITH", person("ADA", "SMITH", "")),
            ("Fish and Chips", Name::Literal("Fish and Chips".into())),
            ("O'Neil, Jr.", Name::Literal("O'Neil, Jr.".into())),
            ("Smith, Lee, Poe", Name::Literal("Smith, Lee, Poe".into())),
            (", Ada", Name::Literal(", Ada".into())),
            ("The FISH Collaboration", Name::Literal("The FISH Collaboration".into())),
        ] {
            assert_eq!(Name::of(printed), wanted, "{printed}");
        }
        assert_eq!(person("Lena", "van der Berg", "").short(), "Berg");
    }

    #[test]
    fn given_names_are_first_unless_the_family_name_would_be_lost() {
        for (family, given, suffix, wanted) in [
            ("Smith", "Ada", "", "Ada Smith"),
            ("van der Berg", "Lena", "", "Lena van der Berg"),
            ("García Márquez", "Gabriel", "", "García Márquez, Gabriel"),
            ("Berger", "E. L.", "Jr.", "E. L. Berger Jr."),
            ("Smith", "J.", "", "J. Smith"),
            ("LI", "Wei", "", "LI, Wei"),
            ("Aristotle", "", "", "Aristotle"),
        ] {
            assert_eq!(Name::print(family, given, suffix), wanted);
        }
    }

    proptest! {
        #[test]
        fn printed_parts_are_split_into_the_same_parts(
            family in "[A-Z][a-zé]{1,8}( [A-Z][a-z]{1,8})?",
            given in "[A-Z][a-z]{1,8}|[A-Z]\\.|[A-Z]{1,2}",
            suffix in "|Jr\\.|III",
        ) {
            // `Smith, II` is a name with a suffix.
            prop_assume!(!super::is_suffix(&given));
            prop_assert_eq!(Name::of(&Name::print(&family, &given, &suffix)), person(&given, &family, &suffix));
        }
    }
}
