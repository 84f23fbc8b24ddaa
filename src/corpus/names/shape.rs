//! Classifies pieces of a list of authors by their form.

use std::borrow::Cow;

use crate::paper;

/// Whether a piece follows a name: `Jr.`, `III`, `PhD`.
pub(super) fn is_suffix(piece: &str) -> bool {
    let plain: String = piece.chars().filter(|c| !matches!(c, '.' | ' ' | '{' | '}')).collect();
    let lower = plain.to_lowercase();
    matches!(lower.as_str(), "jr" | "sr" | "phd" | "md" | "dphil" | "drphil" | "esq" | "2nd" | "3rd" | "4th")
        && !matches!(plain.as_str(), "MD" | "SR" | "JR")
        || paper::is_suffix(&plain)
}

/// Whether a piece consists of initials only: `J.`, `J. A.`, `J.-P.`, `JA`, `Yu. N.`.
pub(super) fn is_initials(piece: &str) -> bool {
    // Several words in capitals are not initials: `BO LEE`.
    let is_single = !piece.contains(' ');
    let is_initial =
        |word: &str| is_initials_word(word) && (is_single || word.contains(['.', '-']) || word.chars().count() == 1);
    !is_suffix(piece) && piece.split_whitespace().all(is_initial) && piece.contains(char::is_alphabetic)
}

fn is_initials_word(word: &str) -> bool {
    let parts: Vec<&str> = word.split_inclusive(['.', '-', '‐']).collect();
    parts.iter().all(|part| {
        let letters = part.trim_end_matches(['.', '-', '‐']);
        let count = letters.chars().count();
        let mut characters = letters.chars();
        let starts_upper = characters.next().is_none_or(char::is_uppercase);
        let has_only_capitals = letters.chars().all(char::is_uppercase);
        let has_only_letters = characters.all(char::is_alphabetic);
        // A longer abbreviation ends with a point: `Ch.`, `Yu.`.
        starts_upper && has_only_letters && (has_only_capitals && count <= 3 || part.ends_with('.') && count <= 2)
    })
}

/// The parts of a name that ends with one to three initials, such as `Smith JA`, `Smith J.A.`, `de la Cruz A`, `Smith JA Jr`.
pub(super) fn surname_with_initials(name: &str) -> Option<(&str, &str, &str)> {
    let (name, suffix) = match name.rsplit_once(' ') {
        Some((rest, last)) if is_suffix(last) => (rest.trim_end(), last),
        _ => (name, ""),
    };
    let (family, given) = name.rsplit_once(' ')?;
    let family = family.trim_end_matches([' ', ',']);
    let initials = given.chars().filter(|c| c.is_alphabetic()).count();
    let is_form =
        given.chars().all(|c| c.is_uppercase() || matches!(c, '.' | '-' | '‐')) && (1..=3).contains(&initials);
    let is_family = if family.contains(char::is_lowercase) {
        !family.contains(',') && family.split(' ').all(|word| !is_initials_word(word))
    } else {
        // In a name in capitals, a short word may be the family name: `BO LEE`.
        let letters = family.chars().count();
        letters >= 2 && initials <= usize::from(letters > 2) + 1 && !family.contains([' ', '.', ','])
    };
    (is_form && is_family).then_some((family, given, suffix))
}

/// Whether the text contains Chinese characters or kana: then a name has no comma within it.
pub(super) fn is_chinese_or_japanese(text: &str) -> bool {
    text.contains(|c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'))
}

/// Whether a family name starts with a particle in small letters: `van der Berg`.
pub(super) fn starts_with_particle(name: &str) -> bool {
    name.starts_with(char::is_lowercase)
}

/// Whether a name is that of an organisation or a group of people, by its last word or its beginning.
pub(super) fn is_group(name: &str) -> bool {
    let name = name.trim().trim_matches(['{', '}', '.']);
    let Some(last) = name.rsplit([' ', '-']).next().filter(|last| last.len() < name.len()) else { return false };
    let last = last.to_lowercase();
    let is_group_word = matches!(
        last.as_str(),
        "collaboration"
            | "collaborations"
            | "collaborators"
            | "consortium"
            | "consortia"
            | "group"
            | "groups"
            | "team"
            | "committee"
            | "organization"
            | "organisation"
            | "network"
            | "initiative"
            | "investigators"
            | "society"
            | "association"
            | "institute"
            | "foundation"
            | "council"
            | "agency"
            | "commission"
            | "center"
            | "centre"
            | "university"
            | "laboratory"
            | "alliance"
            | "federation"
            | "ministry"
            | "inc"
            | "ltd"
            | "gmbh"
            | "academy"
            | "taskforce"
            | "partnership"
            | "union"
            | "community"
    );
    is_group_word || starts_like_institution(name)
}

/// Whether a text starts as the name of an institution does: `Institute of …`, `Centers for …`.
pub(super) fn starts_like_institution(text: &str) -> bool {
    let mut words = text.trim_start_matches(['{', ' ']).split(' ').filter(|word| !word.is_empty() && *word != "the");
    let first = words.find(|word| *word != "The").unwrap_or_default().to_lowercase();
    let is_institution = matches!(
        first.as_str(),
        "institute"
            | "institutes"
            | "university"
            | "department"
            | "ministry"
            | "center"
            | "centers"
            | "centre"
            | "centres"
            | "office"
            | "society"
            | "association"
            | "academy"
            | "college"
            | "school"
            | "council"
            | "laboratory"
            | "committee"
    );
    is_institution && words.next().is_some_and(|word| matches!(word, "of" | "for" | "on"))
}

/// The name without marks and numbers of footnotes at its end: `Ada Smith1,*`.
pub(super) fn without_footnote(name: &str) -> &str {
    let is_mark = |c: char| matches!(c, '*' | '†' | '‡' | '§' | '¶' | '⁎' | '∗' | '¹' | '²' | '³' | '⁰' | '⁴'..='⁹');
    let name = name.trim_matches(|c: char| is_mark(c) || c == ';');
    let shorter = name.trim_end_matches(|c: char| c.is_ascii_digit());
    // A number after a space may belong to the name: `Group 3`.
    if shorter.ends_with(|c: char| c.is_alphabetic() || c == '.') { shorter } else { name }
}

/// The name without e-mail addresses, which stand alone or in brackets: `Ada Smith <ada@example.org>`.
pub(in crate::corpus) fn without_addresses(name: &str) -> Cow<'_, str> {
    if !name.contains('@') {
        return name.into();
    }
    let is_address = |word: &&str| word.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    name.split_whitespace().filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ").into()
}

/// The name without the number by which DBLP distinguishes people of one name: `Wei Wang 0001`.
pub(in crate::corpus) fn without_number(name: &str) -> &str {
    let number = name.rsplit_once(' ').filter(|(_, last)| last.len() == 4 && last.bytes().all(|c| c.is_ascii_digit()));
    number.map_or(name, |(name, _)| name.trim_end())
}

/// The name without a remark that others follow.
pub(super) fn without_others(name: &str) -> &str {
    const REMARKS: [&str; 7] = ["et al.", "et al", "and others", "others", "...", "…", "[et al.]"];
    for remark in REMARKS {
        // A remark is at the end, after a space or alone.
        if let Some(before) = name.len().checked_sub(remark.len())
            && name.is_char_boundary(before)
            && name[before..].eq_ignore_ascii_case(remark)
            && (before == 0 || name[..before].ends_with([' ', '.']) || !remark.starts_with(char::is_alphabetic))
        {
            return &name[..before];
        }
    }
    name
}
