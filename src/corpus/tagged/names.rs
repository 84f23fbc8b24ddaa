//! Reads the names of authors as reference managers and databases write them.

use crate::corpus::Author;
use crate::corpus::names::without_addresses;
use crate::paper;

/// Adds the authors of a value: one per line, or several separated by `;`, `&` or `and`.
pub(super) fn add_authors(authors: &mut Vec<Author>, value: &str) {
    for line in pieces(value) {
        match joined(line) {
            Some(names) => authors.extend(names.into_iter().filter_map(author)),
            None => authors.extend(author(line)),
        }
    }
}

/// The lines of a value and their parts between semicolons, except those that end an entity, as in `O&#39;Brien`.
fn pieces(value: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (place, separator) in value.match_indices(['\n', ';']) {
        let before = &value[start..place];
        let entity = before.rsplit_once('&').map_or("", |(_, name)| name);
        let is_entity = separator == ";"
            && (1..=10).contains(&entity.len())
            && entity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if !is_entity {
            pieces.push(before);
            start = place + 1;
        }
    }
    pieces.push(&value[start..]);
    pieces
}

/// An author in the form `Smith, Ada B., Jr.`, or as printed. A comma at the end marks an organisation, as in EndNote.
pub(super) fn author(name: &str) -> Option<Author> {
    // Zoological Record writes an address after the name.
    let name = &*without_addresses(name.trim());
    let parts: Vec<&str> = name.split(',').map(str::trim).collect();
    let person = |family: &str, given: &str, suffix: &str| {
        Some(Author::Person { family: family.to_owned(), given: given.to_owned(), suffix: suffix.to_owned() })
    };
    // Publish or Perish writes `...` for the authors that it leaves out. A suffix without a name is not an author.
    if parts
        .iter()
        .all(|part| part.is_empty() || is_suffix(part) || ["et al", "..."].contains(&part.trim_end_matches('.')))
        || name.chars().all(|c| matches!(c, '.' | '…'))
    {
        return None;
    }
    match parts.as_slice() {
        [] | [""] => None,
        [group, ""] if !group.is_empty() => Some(Author::Group((*group).to_owned())),
        [family, suffix, given] if is_suffix(suffix) && !is_suffix(given) && !family.is_empty() => {
            person(family, given, suffix)
        }
        [family, given, suffix] if !family.is_empty() && (suffix.is_empty() || is_suffix(suffix)) => {
            person(family, given, suffix)
        }
        [family, given] if !family.is_empty() => {
            let (given, suffix) = split_suffix(given);
            person(family, given, suffix)
        }
        _ if parts.iter().all(|part| part.is_empty()) => None,
        _ => Some(Author::Printed(name.to_owned())),
    }
}

/// An author in MEDLINE's short form: `Smith JA Jr`. A name without initials is as printed.
pub(super) fn with_initials(name: &str) -> Option<Author> {
    let name = name.trim();
    if name.contains(',') {
        return author(name);
    }
    let (rest, suffix) = split_suffix(name);
    let initials = |text: &str| text.len() <= 12 && text.chars().all(|c| c.is_uppercase() || c == '-' || c == '.');
    match rest.rsplit_once(' ') {
        Some((family, given)) if initials(given) => Some(Author::Person {
            family: family.trim().to_owned(),
            given: given.to_owned(),
            suffix: suffix.to_owned(),
        }),
        _ if name.is_empty() => None,
        _ => Some(Author::Printed(name.to_owned())),
    }
}

/// Splits `Ada B Jr` in `Ada B` and `Jr`.
fn split_suffix(given: &str) -> (&str, &str) {
    match given.rsplit_once(' ') {
        Some((rest, suffix)) if is_suffix(suffix) && !rest.trim().is_empty() => (rest.trim_end(), suffix),
        _ => (given, ""),
    }
}

fn is_suffix(text: &str) -> bool {
    // `Iii` is a name, `III` is not.
    let lower = text.trim_end_matches('.').to_ascii_lowercase();
    paper::is_suffix(text) || paper::is_suffix(&lower) || matches!(lower.as_str(), "jr" | "sr" | "jnr" | "snr")
}

/// The names that `and` or `&` joins, unless the words look like the name of an organisation.
fn joined(line: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = line.split(" and ").flat_map(|part| part.split(" & ")).map(str::trim).collect();
    let is_inverted = |name: &&str| name.matches(',').count() == 1 && !name.ends_with(',');
    let are_persons = names.iter().all(is_inverted) || names.iter().all(|name| is_printed_person(name));
    (names.len() > 1 && are_persons).then_some(names)
}

/// Whether a text looks like `Ada B. van Smith`: two to five words with initial capitals.
fn is_printed_person(name: &str) -> bool {
    const PARTICLES: [&str; 12] = ["van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "la", "le"];
    let words: Vec<&str> = name.split_whitespace().collect();
    (2..=5).contains(&words.len())
        && words.iter().all(|word| word.starts_with(char::is_uppercase) || PARTICLES.contains(word))
        && !name.contains(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(family: &str, given: &str, suffix: &str) -> Author {
        Author::Person { family: family.into(), given: given.into(), suffix: suffix.into() }
    }

    fn authors(value: &str) -> Vec<Author> {
        let mut authors = Vec::new();
        add_authors(&mut authors, value);
        authors
    }

    #[test]
    fn a_name_with_commas_is_in_parts() {
        assert_eq!(author("Smith, Ada B., Jr."), Some(person("Smith", "Ada B.", "Jr.")));
        assert_eq!(author("Smith, Jr., Ada"), Some(person("Smith", "Ada", "Jr.")));
        assert_eq!(author("van der Berg, A"), Some(person("van der Berg", "A", "")));
        assert_eq!(author("Smith, John A 3rd"), Some(person("Smith", "John A", "3rd")));
        assert_eq!(author("World Health Organization,"), Some(Author::Group("World Health Organization".into())));
        assert_eq!(author("Ada Smith"), Some(Author::Printed("Ada Smith".into())));
        assert_eq!(author("Smith, Iii, Jr."), Some(person("Smith", "Iii", "Jr.")));
        assert_eq!(author("Smith, Ada B. (smith@example.org)"), Some(person("Smith", "Ada B.", "")));
        assert_eq!(author("Smith, II, Jr."), Some(person("Smith", "II", "Jr.")));
        assert_eq!(author("A, B, C, D"), Some(Author::Printed("A, B, C, D".into())));
        for nobody in [" , ", "...", "…", "et al.", "Jr"] {
            assert_eq!(author(nobody), None, "{nobody}");
        }
        assert_eq!(author(""), None);
    }

    #[test]
    fn several_names_on_a_line_are_split() {
        assert_eq!(authors("Smith, A.; Jones, B."), [person("Smith", "A.", ""), person("Jones", "B.", "")]);
        assert_eq!(authors("Smith, A. and Jones, B."), [person("Smith", "A.", ""), person("Jones", "B.", "")]);
        assert_eq!(
            authors("Ada Smith and Bo van Dyk & C. Lee"),
            ["Ada Smith", "Bo van Dyk", "C. Lee"].map(|name| Author::Printed(name.into()))
        );
        assert_eq!(authors("Smith, A\nJones, B").len(), 2);
    }

    #[test]
    fn the_and_of_an_organisation_does_not_split_it() {
        for name in ["Centers for Disease Control and Prevention", "Department of Health and Human Services"] {
            assert_eq!(authors(name), [Author::Printed(name.into())]);
        }
    }

    #[test]
    fn short_names_of_medline_are_in_parts() {
        assert_eq!(with_initials("Smith JA"), Some(person("Smith", "JA", "")));
        assert_eq!(with_initials("van der Berg JA Jr"), Some(person("van der Berg", "JA", "Jr")));
        assert_eq!(with_initials("Aristotle"), Some(Author::Printed("Aristotle".into())));
        assert_eq!(with_initials(" "), None);
    }
}
