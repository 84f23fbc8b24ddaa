//! The macros of a bibliography: those that `@string` defines, and the names of months.

use std::collections::HashMap;

use super::super::{LONGEST_RECORD, Loss};
use super::fields::{Parsed, Piece};
use super::{bad_value, quote};

/// Maximum length of a macro. Macros that repeat each other would otherwise fill the memory.
const LONGEST_MACRO: usize = 64 << 10;
/// Bytes that a macro takes in addition to its text.
const OVERHEAD: usize = 80;
/// Maximum number of bytes in all macros.
const MOST_BYTES: usize = 16 << 20;

/// Macros by their names in lower case.
#[derive(Default)]
pub(super) struct Macros {
    texts: HashMap<String, String>,
    bytes: usize,
}

impl Macros {
    /// Adds the definitions of a `@string`. A macro is resolved when it is defined, as in BibTeX, so none is circular.
    pub fn define(&mut self, parsed: &Parsed<'_>) {
        for (name, pieces) in &parsed.fields {
            let text = self.resolve(name, pieces, &mut Vec::new());
            let bytes = OVERHEAD + name.len() + text.len();
            if text.len() <= LONGEST_MACRO && self.bytes + bytes <= MOST_BYTES {
                self.bytes += bytes;
                self.texts.insert(name.to_ascii_lowercase(), text);
            }
        }
    }

    /// The text of a value. An undefined macro is replaced by its name and reported.
    pub fn resolve(&self, field: &str, pieces: &[Piece<'_>], losses: &mut Vec<Loss>) -> String {
        let mut text = String::new();
        for piece in pieces {
            let piece = match *piece {
                Piece::Text(text) => text,
                Piece::Macro(name) => {
                    let known = self.texts.get(&name.to_ascii_lowercase()).map(String::as_str).or_else(|| month(name));
                    known.unwrap_or_else(|| {
                        let reason =
                            format!("expected a text or a macro that `@string` defines, found `{}`", quote(name));
                        losses.push(bad_value(field, reason));
                        name
                    })
                }
            };
            if text.len() + piece.len() > LONGEST_RECORD {
                let found = "found a longer one".to_owned();
                losses.push(bad_value(
                    field,
                    format!("expected a value of at most {} MiB, {found}", LONGEST_RECORD >> 20),
                ));
                return String::new();
            }
            text.push_str(piece);
        }
        text
    }
}

/// The text of a macro for a month, which every bibliography style defines.
///
/// Full names are not macros, but are used as such.
fn month(name: &str) -> Option<&'static str> {
    const MONTHS: [(&str, &str); 12] = [
        ("jan", "january"),
        ("feb", "february"),
        ("mar", "march"),
        ("apr", "april"),
        ("may", "may"),
        ("jun", "june"),
        ("jul", "july"),
        ("aug", "august"),
        ("sep", "september"),
        ("oct", "october"),
        ("nov", "november"),
        ("dec", "december"),
    ];
    let is_name = |(short, long): &&(&'static str, &'static str)| {
        name.eq_ignore_ascii_case(short)
            || name.eq_ignore_ascii_case(long)
            || (*short == "sep" && name.eq_ignore_ascii_case("sept"))
    };
    MONTHS.iter().find(is_name).map(|(short, _)| *short)
}
