//! Reads lists of names: `von Last, Jr, First and First von Last and {A Group} and others`.
//!
//! The rules are those of BibTeX ("Tame the BeaST", N. Markey, 2009), and BibLaTeX's `family=…, given=…` (its manual,
//! on extended name formats).

use super::super::Author;
use super::super::names::without_number;
use super::entry::{bare, is_balanced, split_outside_braces};
use crate::paper::is_suffix;

/// The authors of a list of names. `others` is left out.
pub(super) fn authors(list: &str) -> Vec<Author> {
    let inner = bare(list);
    // Some programs put the whole list into braces, which otherwise mark a group.
    let list = if is_list(inner) { inner } else { list.trim() };
    let mut names = split_outside_braces(list, and);
    if names.len() == 1 {
        names = split_outside_braces(list, |text, place| text[place..].starts_with(';').then_some(1));
    }
    names.into_iter().filter(|name| !is_others(name)).filter_map(author).collect()
}

/// Whether there are several parts between ` and `, most of which are names with a comma.
fn is_list(text: &str) -> bool {
    let names = split_outside_braces(text, and);
    let has_comma = |name: &&&str| split_outside_braces(name, comma).len() == 2;
    let count = names.iter().filter(|name| !is_others(name)).count();
    names.len() > 1 && 2 * names.iter().filter(has_comma).count() > count
}

/// The length of the word `and` with white space around it.
fn and(text: &str, place: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    // A fast check: most bytes are not white space.
    if !bytes[place].is_ascii_whitespace() {
        return None;
    }
    let word = bytes.get(place + 1..place + 4)?;
    let is_end = bytes.get(place + 4).is_none_or(u8::is_ascii_whitespace);
    (word.eq_ignore_ascii_case(b"and") && is_end).then_some(4)
}

fn comma(text: &str, place: usize) -> Option<usize> {
    text[place..].starts_with(',').then_some(1)
}

fn space(text: &str, place: usize) -> Option<usize> {
    text[place..]
        .starts_with(|c: char| c.is_whitespace() || c == '~')
        .then(|| text[place..].chars().next().map_or(1, char::len_utf8))
}

fn is_others(name: &str) -> bool {
    let name = bare(name).trim_end_matches(['.', ',']);
    name.eq_ignore_ascii_case("others") || name.eq_ignore_ascii_case("et al") || name.eq_ignore_ascii_case("et~al")
}

fn author(name: &str) -> Option<Author> {
    let name = name.trim().trim_end_matches([',', ';']).trim_end();
    if bare(name).is_empty() {
        return None;
    }
    if let Some(group) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
        && is_balanced(group)
        && !group.starts_with('\\')
    {
        return Some(Author::Group(bare(group).to_owned()));
    }
    let parts = split_outside_braces(name, comma);
    if let Some(person) = extended(&parts) {
        return Some(person);
    }
    Some(match parts[..] {
        [name] => natural(without_number(name)),
        [family, given] => person(family, given, ""),
        [family, suffix, given] => person(family, given, suffix),
        _ => Author::Printed(name.to_owned()),
    })
}

fn person(family: &str, given: &str, suffix: &str) -> Author {
    // `, First` without a family name.
    let (family, given) = if family.is_empty() { (given, "") } else { (family, given) };
    Author::Person { family: family.to_owned(), given: given.to_owned(), suffix: suffix.to_owned() }
}

/// A name in BibLaTeX's extended format.
fn extended(parts: &[&str]) -> Option<Author> {
    let (mut family, mut given, mut prefix, mut suffix) = ("", "", "", "");
    for part in parts {
        let (name, value) = part.trim_matches('"').split_once('=')?;
        let value = bare(value.trim().trim_matches('"'));
        match name.trim().to_ascii_lowercase().as_str() {
            "family" => family = value,
            "given" => given = value,
            "prefix" => prefix = value,
            "suffix" => suffix = value,
            name if name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') => {}
            _ => return None,
        }
    }
    let family = format!("{prefix} {family}");
    (!family.trim().is_empty()).then(|| person(family.trim(), given, suffix))
}

/// A name in the order of speech: `First von Last`.
fn natural(name: &str) -> Author {
    let mut words = split_outside_braces(name, space);
    words.retain(|word| !word.is_empty());
    let Some(last) = words.last() else { return Author::Printed(name.to_owned()) };
    if words.len() > 1 && is_group_word(last) {
        return Author::Group(name.to_owned());
    }
    let mut suffix = "";
    if words.len() > 2 && is_suffix(last) {
        suffix = last;
        words.pop();
    }
    let end = words.len() - 1;
    // The particle begins with the first word in lower case; without one, the last word is the family name.
    let family = words[..end].iter().position(|word| is_lower(word)).unwrap_or(end);
    person(&words[family..].join(" "), &words[..family].join(" "), suffix)
}

/// Whether the first letter of a word is in lower case. Words in braces have no case, but accents do: `{\'e}t{\'e}`.
fn is_lower(word: &str) -> bool {
    let mut word = word;
    if let Some(accent) = word.strip_prefix("{\\").or_else(|| word.strip_prefix('\\')) {
        let command = accent.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        // A command that is a letter itself, such as `\o`, or one for an accent.
        let name = &accent[..accent.len() - command.len()];
        match name {
            "o" | "ae" | "oe" | "aa" | "l" | "ss" | "i" | "j" => return true,
            "O" | "AE" | "OE" | "AA" | "L" => return false,
            _ => word = command.trim_start_matches(|c: char| !c.is_alphabetic()),
        }
    } else if word.starts_with('{') {
        return false;
    }
    word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase)
}

/// Whether a last word shows that a name is that of a group, although its braces are missing.
fn is_group_word(word: &str) -> bool {
    matches!(
        word,
        "Collaboration"
            | "Collaborations"
            | "Consortium"
            | "Committee"
            | "Team"
            | "Group"
            | "Organization"
            | "Organisation"
            | "Association"
            | "Foundation"
            | "Initiative"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(family: &str, given: &str, suffix: &str) -> Author {
        super::person(family, given, suffix)
    }

    fn group(name: &str) -> Author {
        Author::Group(name.to_owned())
    }

    #[test]
    fn numbers_of_dblp_are_left_out() {
        assert_eq!(authors("Hui Qian 0001 and Bo Lee"), [person("Qian", "Hui", ""), person("Lee", "Bo", "")]);
    }

    #[test]
    fn every_order_of_names_is_read() {
        for (name, wanted) in [
            ("Curie, Marie", person("Curie", "Marie", "")),
            ("Marie Curie", person("Curie", "Marie", "")),
            ("van der Berg, Jan", person("van der Berg", "Jan", "")),
            ("Jan van der Berg", person("van der Berg", "Jan", "")),
            ("Luther King, Jr., Martin", person("Luther King", "Martin", "Jr.")),
            ("John Q. Public Jr.", person("Public", "John Q.", "Jr.")),
            ("Santana Jr., E. G.", person("Santana Jr.", "E. G.", "")),
            ("Plato", person("Plato", "", "")),
            ("王小明", person("王小明", "", "")),
            ("Mar\\'ia {\\O}deg{\\aa}rd", person("{\\O}deg{\\aa}rd", "Mar\\'ia", "")),
            ("{\\'E}lise {\\'e}t{\\'e}", person("{\\'e}t{\\'e}", "{\\'E}lise", "")),
            ("Ana~M. de~la Cruz", person("de la Cruz", "Ana M.", "")),
            ("Hans {van Dam}", person("{van Dam}", "Hans", "")),
            ("Curie,", person("Curie", "", "")),
            (", Marie", person("Marie", "", "")),
            ("family=Berg, given=Jan, prefix=van der, useprefix=true", person("van der Berg", "Jan", "")),
            ("{The FISH Collaboration}", group("The FISH Collaboration")),
            ("{{World Health Organization}}", group("World Health Organization")),
            ("{Food and Agriculture Office}", group("Food and Agriculture Office")),
            ("ATLAS Collaboration", group("ATLAS Collaboration")),
            ("A, B, C, D", Author::Printed("A, B, C, D".to_owned())),
        ] {
            assert_eq!(authors(name), [wanted], "{name}");
        }
    }

    #[test]
    fn lists_are_split_at_the_word_and() {
        let two = [person("Roe", "Ann", ""), person("Wu", "Li", "")];
        for list in [
            "Roe, Ann and Wu, Li",
            "Ann Roe AND\n      Li Wu",
            "Roe, Ann and Wu, Li and others",
            "Roe, Ann and Wu, Li and et al.",
            "Roe, Ann and and Wu, Li and",
            "Roe, Ann; Wu, Li",
            "{Roe, Ann and Wu, Li}",
            "{{Roe, Ann and Wu, Li and others}}",
            "{{Roe, Ann and others and Wu, Li}}",
        ] {
            assert_eq!(authors(list), two, "{list}");
        }
        assert_eq!(authors("{{Roe, Ann and Plato and Wu, Li}}").len(), 3);
        assert_eq!(authors("{{Centers for Fish, Tides and Whales}}").len(), 1);
        assert_eq!(authors("{Barnes and Noble} and Anderson, Sandy").len(), 2);
        assert_eq!(authors("Sandy Anderson").len(), 1);
        assert_eq!(authors(" {} and others"), []);
    }
}
