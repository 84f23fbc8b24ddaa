//! Reads the commands of LaTeX that are one sign, such as `\%` and `\(`, and ties.

use super::dollars;
use super::latex::Reader;

impl Reader<'_> {
    /// A tilde is a tie where it stands between words or numbers as LaTeX's authors write it: `Fig.~3`, `5~mm`.
    pub(super) fn tilde(&mut self) {
        let before = self.out.chars().next_back();
        let after = self.rest()[1..].chars().next();
        let letters = |text: &str| text.chars().take_while(|c| c.is_alphabetic()).take(2).count();
        let word_before = self.out.chars().rev().take_while(|c| c.is_alphabetic()).take(2).count();
        let word_after = letters(&self.rest()[1..]);
        let is_tie = match (before, after) {
            (Some('.'), Some(next)) => next.is_alphanumeric() || matches!(next, '\\' | '$' | '{' | '(' | '['),
            (Some(last), Some(next)) if last.is_alphabetic() => match next {
                _ if next.is_alphabetic() => word_before > 1 || word_after > 1,
                '0'..='9' | '\\' | '$' | '{' | '(' | '[' => word_before > 1,
                _ => false,
            },
            (Some('0'..='9'), Some(next)) => next.is_alphabetic() || next == '\\',
            (Some(')' | ']' | ',' | '%'), Some(next)) => matches!(next, '\\' | '['),
            _ => false,
        };
        self.take(1, if is_tie || self.is_latex() { " " } else { "~" });
    }

    /// Reads a command whose name is one character that is not a letter.
    pub(super) fn sign(&mut self, sign: char) {
        let length = 1 + sign.len_utf8();
        let is_latex = self.is_latex();
        let after = &self.rest()[length..];
        match sign {
            // Between spaces, the backslash is an operator.
            ' ' if !is_latex && self.out.ends_with(' ') && !after.trim_start().is_empty() => self.take(1, "\\"),
            ',' | ';' | ':' | '\\' | '>' | ' ' | '\n' | '\t' | '\r' => self.take(length, " "),
            '!' | '-' | '@' => self.take(length, ""),
            // A slash that was escaped, or LaTeX's italic correction.
            '/' => {
                let is_slash = after.starts_with(|c: char| c.is_alphanumeric() || c == '\\');
                self.take(length, if is_slash { "/" } else { "" });
            }
            '(' | '[' => self.open_formula(sign),
            ')' | ']' if self.is_in_formula() => self.take(length, ""),
            // The operator instead of the accent; a plain `~` may be read as a tie the next time.
            '~' => self.take(length, if self.out.ends_with('/') { "~" } else { "∼" }),
            '|' => self.take(length, if is_latex { "‖" } else { "|" }),
            // IEEE escapes the first sign of a formula that is marked by tags.
            '$' if self.text[..self.at].ends_with("\\(") => self.take(length, ""),
            '{' | '}' | ')' | ']' | '$' | '%' | '&' | '#' | '_' | '^' | '"' | '\'' | '`' | '=' | '.' | '*' => {
                self.take(length, sign.encode_utf8(&mut [0; 4]));
            }
            _ if is_latex => self.take(1, ""),
            _ => self.take(length, &self.text[self.at..self.at + length]),
        }
        if matches!(sign, '~' | '^' | '"' | '\'' | '`' | '=' | '.') && self.rest().starts_with("{}") {
            self.at += 2;
        }
    }

    /// Reads `\(` or `\[`, which starts a formula if it is one and is closed.
    pub(super) fn open_formula(&mut self, bracket: char) {
        if self.is_in_formula() {
            self.take(2, "");
            return;
        }
        let start = self.at + 2;
        let end = if bracket == '(' { &mut self.round_end } else { &mut self.square_end };
        let end = end.next(self.text, start).filter(|&end| {
            // Markdown escapes the brackets of a citation, such as `\[1\]`.
            bracket == '(' || dollars::is_marked(&self.text[start..end])
        });
        if let Some(end) = end {
            self.formula_end = Some((end, 2));
            self.take(2, if bracket == '[' { " " } else { "" });
        } else {
            self.take(2, if bracket == '(' { "(" } else { "[" });
        }
    }
}
