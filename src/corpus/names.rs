//! Splits the authors that a source writes into one text: `Smith, A. and Lee, B.` of BibTeX, `Smith, Ada; Lee, Bo` of most
//! databases, `Smith J, Lee B` of PubMed, `Smith J.A., Lee B.` of Scopus, `Smith, J., & Lee, B.` of APA, and printed names.
//!
//! A comma both separates names and parts of a name. The shape of the pieces between commas decides: initials, single
//! words and particles are parts of a name. Where the shapes leave it open, the pieces are names.

mod pieces;
mod shape;

#[cfg(test)]
mod tests;

use super::{Author, one_line};
use shape::{is_chinese_or_japanese, is_group, is_initials, is_suffix, surname_with_initials};
pub(super) use shape::{without_addresses, without_number};

/// The authors named in a text, in order.
pub(super) fn split(text: &str) -> Vec<Author> {
    let text = pieces::without_affiliations(&pieces::without_line_breaks(text));
    let parts = pieces::at_semicolons(&text);
    let authors = if parts.len() > 1 {
        let names = parts.into_iter().flat_map(pieces::at_and_between_full_names);
        names.flat_map(one_or_several).collect()
    } else {
        one_list(parts.first().copied().unwrap_or_default())
    };
    if authors.len() > 1 { with_initials(authors) } else { authors }
}

/// The authors of a text that is separated by commas and `and` only.
fn one_list(text: &str) -> Vec<Author> {
    if shape::starts_like_institution(text) && !text.contains(',') {
        return vec![Author::Group(without_braces(text))];
    }
    if text.contains(" and ")
        && let Some(authors) = short_names_and_groups(text)
    {
        return authors;
    }
    let parts: Vec<Vec<&str>> = pieces::at_and(text)
        .into_iter()
        .map(|part| pieces::at_commas(part).into_iter().filter_map(cleaned).collect::<Vec<_>>())
        .filter(|pieces: &Vec<&str>| !pieces.is_empty())
        .collect();
    // With one comma in each name, all of them are inverted, although some do not look so: `García Márquez, Gabriel José`.
    let is_all_inverted = parts.len() > 1 && parts.iter().all(|pieces| pieces.len() == 2);
    if is_all_inverted || parts.iter().all(|pieces| is_one_name(pieces)) {
        return parts.iter().map(|pieces| author(pieces)).collect();
    }
    let pieces = parts.concat();
    if let Some(pairs) = pairs(&pieces) {
        return pairs;
    }
    let mut names: Vec<String> = Vec::new();
    for piece in pieces {
        match names.last_mut() {
            Some(name) if is_suffix(piece) => *name = format!("{name} {piece}"),
            _ => names.push(piece.to_owned()),
        }
    }
    names.iter().map(|name| author(&[name])).collect()
}

/// The authors of `Smith J, Lee B, Fish and Tides Consortium`: in this form, `and` does not separate names.
fn short_names_and_groups(text: &str) -> Option<Vec<Author>> {
    let pieces: Vec<&str> = pieces::at_commas(text).into_iter().filter_map(cleaned).collect();
    let is_short = |piece: &str| surname_with_initials(piece).is_some();
    let is_whole_group = |piece: &str| is_group(piece) && !is_short(pieces::at_and(piece)[0].trim());
    let has_both = pieces.iter().any(|piece| is_short(piece)) && pieces.iter().any(|piece| is_whole_group(piece));
    let fits = has_both && pieces.iter().all(|piece| is_short(piece) || is_whole_group(piece));
    // `Public Health Agency and the ABC Study Group` are two.
    let groups = |piece: &str| piece.split(" and the ").map(group).collect::<Vec<_>>();
    let authors = |piece: &&str| if is_short(piece) { vec![author(&[piece])] } else { groups(piece) };
    fits.then(|| pieces.iter().flat_map(authors).collect())
}

/// A group, without the full stop that ends PubMed's lists. That of a short word, such as `Inc.`, is part of the name.
fn group(name: &str) -> Author {
    const SHORTEST: usize = 5;
    let plain = name.strip_suffix('.').filter(|plain| {
        plain.rsplit(' ').next().is_some_and(|word| word.chars().count() >= SHORTEST && !word.contains('.'))
    });
    Author::Group(without_braces(plain.unwrap_or(name)))
}

/// Whether pieces between commas are the parts of one name.
fn is_one_name(pieces: &[&str]) -> bool {
    match pieces {
        [_] => true,
        [first, second] => is_inverted(first, second),
        [first, second, third] => {
            (is_suffix(third) && !is_suffix(second) && is_inverted(first, second))
                || (is_suffix(second) && is_inverted(first, third))
        }
        _ => false,
    }
}

/// Whether `first, second` is a family name with given names, and not a list of two names.
fn is_inverted(first: &str, second: &str) -> bool {
    if is_suffix(second) || is_initials(second) {
        return !is_suffix(first);
    }
    if is_chinese_or_japanese(first)
        || surname_with_initials(first).is_some() && surname_with_initials(second).is_some()
    {
        return false;
    }
    let is_word = |text: &str| !text.contains(' ');
    is_word(first) || is_word(second) || shape::starts_with_particle(first)
}

/// The names of a list in which family and given names alternate: `Smith, J., Lee, B.`; `None` for any other list.
fn pairs(pieces: &[&str]) -> Option<Vec<Author>> {
    let mut names: Vec<Vec<&str>> = Vec::new();
    for piece in pieces {
        match names.last_mut() {
            Some(name) if is_suffix(piece) => name.push(piece),
            Some(name) if name.len() == 1 => name.push(piece),
            _ if is_initials(piece) => return None,
            _ => names.push(vec![piece]),
        }
    }
    let is_word = |text: &str| !text.contains(' ') && !is_chinese_or_japanese(text);
    let is_pairs = names.iter().all(|name| name.len() > 1 && is_initials(name[1]))
        || names.iter().all(|name| name.len() > 1 && is_word(name[0]) && is_word(name[1]));
    is_pairs.then(|| names.iter().map(|name| author(name)).collect())
}

/// The authors of a part between semicolons. PubMed separates groups by semicolons and persons by commas: `Smith J, Lee B; ABC
/// Study Group`.
fn one_or_several(text: &str) -> Vec<Author> {
    let pieces: Vec<&str> = pieces::at_commas(text).into_iter().filter_map(cleaned).collect();
    match pieces.as_slice() {
        [] => Vec::new(),
        _ if is_group(text) => vec![group(text)],
        [_, _, ..] if pieces.iter().all(|piece| surname_with_initials(piece).is_some()) => {
            pieces.iter().map(|piece| author(&[piece])).collect()
        }
        pieces => vec![author(pieces)],
    }
}

/// The author with these pieces between commas; there is at least one.
fn author(pieces: &[&str]) -> Author {
    let plain = |text: &str| one_line(text);
    match pieces {
        [name] if is_group(name) || pieces::is_in_braces(name) => group(name),
        [name] => Author::Printed(plain(name)),
        [name, suffix] if is_suffix(suffix) => Author::Printed(format!("{}, {}", plain(name), plain(suffix))),
        [family, suffix, given @ ..] if is_suffix(suffix) && !given.iter().all(|given| is_suffix(given)) => {
            person(family, &given.join(", "), suffix)
        }
        [family, given @ .., suffix] if is_suffix(suffix) => person(family, &given.join(", "), suffix),
        [family, given @ ..] => person(family, &given.join(", "), ""),
        [] => Author::Printed(String::new()),
    }
}

fn person(family: &str, given: &str, suffix: &str) -> Author {
    Author::Person { family: one_line(family), given: one_line(given), suffix: one_line(suffix) }
}

/// Names of the form `Smith JA` in parts, if all names of the list have this form.
fn with_initials(authors: Vec<Author>) -> Vec<Author> {
    let parts: Option<Vec<Author>> = authors
        .iter()
        .map(|author| match author {
            Author::Printed(name) => {
                surname_with_initials(name).map(|(family, given, suffix)| person(family, given, suffix))
            }
            Author::Group(name) => Some(Author::Group(name.clone())),
            Author::Person { .. } => None,
        })
        .collect();
    parts.unwrap_or(authors)
}

/// A piece without marks of footnotes and `et al.`; `None` if nothing else is in it.
fn cleaned(piece: &str) -> Option<&str> {
    let mut piece = piece.trim();
    loop {
        let shorter = shape::without_others(shape::without_footnote(piece)).trim();
        if shorter.len() == piece.len() {
            break;
        }
        piece = shorter;
    }
    piece.contains(char::is_alphanumeric).then_some(piece)
}

fn without_braces(text: &str) -> String {
    let text = text.trim();
    let inner = if pieces::is_in_braces(text) { &text[1..text.len() - 1] } else { text };
    one_line(inner)
}
