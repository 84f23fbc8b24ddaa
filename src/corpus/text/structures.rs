//! Reads the commands of LaTeX that take arguments: fractions, roots, environments, and those with an unknown name.

use super::commands::{Command, command, is_mathematical};
use super::groups::is_compound;
use super::latex::{GroupEnd, Reader};

/// The longest optional argument, in bytes.
const LONGEST_OPTION: usize = 200;

impl<'a> Reader<'a> {
    pub(super) fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(' ').len();
    }

    /// Separates a word from a preceding word or number by a space.
    pub(super) fn space_before_word(&mut self) {
        if self.out.ends_with(char::is_alphanumeric) {
            self.out.push(' ');
        }
    }

    /// Skips an argument, and an optional one before it.
    pub(super) fn skip_argument(&mut self) {
        if self.rest().starts_with('[') {
            let end = self.rest().bytes().take(LONGEST_OPTION).position(|byte| byte == b']');
            self.at += end.map_or(0, |end| end + 1);
        }
        if self.rest().starts_with('{')
            && let Some(close) = self.braces.closing(self.at)
        {
            self.at = close + 1;
        }
    }

    /// Reads the first part of a fraction or the like; the second one is read at its end.
    pub(super) fn first_of_pair(&mut self, sign: &'static str) {
        self.skip_spaces();
        if self.rest().starts_with('{')
            && let Some(close) = self.braces.closing(self.at)
        {
            let is_compound = is_compound(&self.text[self.at + 1..close]);
            if is_compound {
                self.out.push('(');
            }
            self.open_group(close, GroupEnd::Pair { sign, is_compound });
        } else if let Some(part) = self.rest().chars().next().filter(|c| c.is_alphanumeric()) {
            // Without braces, the parts are single characters: `\frac12`.
            self.out.push(part);
            self.at += part.len_utf8();
            self.second_of_pair(sign);
        }
    }

    pub(super) fn second_of_pair(&mut self, sign: &str) {
        self.skip_spaces();
        self.out.push_str(sign);
        if self.rest().starts_with('{')
            && let Some(close) = self.braces.closing(self.at)
        {
            self.open_operand(close);
        }
    }

    pub(super) fn root(&mut self) {
        self.skip_spaces();
        self.out.push('√');
        if self.rest().starts_with('{')
            && let Some(close) = self.braces.closing(self.at)
        {
            // A product is under the root as a whole, too.
            let content = &self.text[self.at + 1..close];
            if is_compound(content) || content.trim().bytes().take(LONGEST_OPTION).any(|byte| byte == b' ') {
                self.out.push('(');
                self.open_group(close, GroupEnd::Parenthesis);
            } else {
                self.open_group(close, GroupEnd::Nothing);
            }
        }
    }

    /// Reads the symbol after `\not`: `\not=`, `\not\in`.
    pub(super) fn not(&mut self) {
        self.skip_spaces();
        let rest = self.rest();
        let (symbol, length) = match rest.strip_prefix('\\') {
            Some(text) => {
                let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
                match command(&text[..length]) {
                    Some(Command::Symbol(symbol)) => (symbol, 1 + length),
                    _ => return,
                }
            }
            None if rest.starts_with(['=', '<', '>']) => (&rest[..1], 1),
            None => return,
        };
        self.take(length, symbol);
        // Unicode composes the stroke with the symbol.
        self.out.push('\u{338}');
    }

    /// Reads the name of an environment that starts or ends.
    pub(super) fn environment(&mut self, is_start: bool) {
        self.out.push(' ');
        if !self.rest().starts_with('{') {
            return;
        }
        let Some(close) = self.braces.closing(self.at) else { return };
        let name = &self.text[self.at + 1..close];
        self.at = close + 1;
        if !is_mathematical(name) {
            return;
        }
        if is_start {
            self.environments += 1;
            // The columns of a table: `\begin{array}{cc}`.
            if name.starts_with("array") {
                self.skip_argument();
            }
        } else {
            self.environments = self.environments.saturating_sub(1);
        }
    }

    /// Reads a command that is not known. Its name is a word where the text is plainly LaTeX, and else part of the text.
    pub(super) fn unknown(&mut self, name: &'a str) {
        let end = self.at + 1 + name.len();
        let after = &self.text[end..];
        let argument = after.starts_with('{').then(|| self.braces.closing(end)).flatten();
        if self.is_latex() || argument.is_some() || !self.groups.is_empty() {
            self.at = end;
            self.space_before_word();
            self.out.push_str(name);
            if argument.is_some() && !after.starts_with("{}") {
                self.out.push(' ');
            }
            self.open_argument(GroupEnd::Argument);
            return;
        }
        // The line break of a text in JSON that was escaped twice: `Background:\nThe`.
        let is_break =
            name.strip_prefix('n').is_some_and(|word| word.is_empty() || word.starts_with(char::is_uppercase));
        if is_break && !self.out.ends_with(char::is_alphanumeric) {
            self.take(2, " ");
        } else {
            self.take(1 + name.len(), &self.text[self.at..end]);
        }
    }
}
