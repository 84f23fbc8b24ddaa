//! Replaces LaTeX by plain text: commands, accents, groups, formulas and ties.
//!
//! Only what is plainly LaTeX is replaced, since most titles and abstracts are not written in it: a brace, a dollar sign, a
//! tilde or a backslash may be part of the text. Within a formula, all of them are LaTeX.

use std::borrow::Cow;

use super::Rules;
use super::accents::accented;
use super::ahead::Ahead;
use super::commands::{Command, command};
use super::dollars;
use super::groups::{Braces, is_compound, is_group};
use super::paths::path;

/// The characters that may start LaTeX markup.
const ACTIVE: [char; 6] = ['\\', '$', '{', '}', '~', '&'];

/// A text without LaTeX.
pub(super) fn plain(text: &str, rules: Rules) -> Cow<'_, str> {
    let text = if text.contains("``") { Cow::Owned(quotations(text)) } else { Cow::Borrowed(text) };
    if text.contains(ACTIVE) { Cow::Owned(Reader::new(&text, rules).read()) } else { text }
}

/// Replaces LaTeX's quotation marks, ` ``…'' `.
fn quotations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("``") {
        let Some(length) = rest[start + 2..].find("''") else { break };
        let (content, after) = (&rest[start + 2..start + 2 + length], &rest[start + length + 4..]);
        out.push_str(&rest[..start]);
        out.push('“');
        out.push_str(content);
        out.push('”');
        rest = after;
    }
    out.push_str(rest);
    out
}

pub(super) struct Reader<'a> {
    pub text: &'a str,
    pub at: usize,
    pub out: String,
    pub rules: Rules,
    pub braces: Braces,
    /// The groups that are open, the innermost one last.
    pub groups: Vec<Group>,
    /// The position and the length of the sign that ends the present formula.
    pub formula_end: Option<(usize, usize)>,
    /// Number of open environments of mathematics.
    pub environments: u32,
    pub round_end: Ahead,
    pub square_end: Ahead,
    quote: Ahead,
    document: Ahead,
}

/// A group whose braces are not part of the text.
pub(super) struct Group {
    /// The position of the brace that closes it.
    close: usize,
    end: GroupEnd,
}

/// The token after a group.
pub(super) enum GroupEnd {
    Nothing,
    /// Another argument of the same command may follow.
    Argument,
    /// The group was put in parentheses.
    Parenthesis,
    /// The given sign and the second part of a pair.
    Pair {
        sign: &'static str,
        is_compound: bool,
    },
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, rules: Rules) -> Self {
        Self {
            text,
            at: 0,
            out: String::with_capacity(text.len()),
            rules,
            braces: Braces::of(text),
            groups: Vec::new(),
            formula_end: None,
            environments: 0,
            round_end: Ahead::new("\\)"),
            square_end: Ahead::new("\\]"),
            quote: Ahead::new("\\\""),
            document: Ahead::new("\\begin{document}"),
        }
    }

    fn read(mut self) -> String {
        while self.at < self.text.len() {
            if let Some((end, length)) = self.formula_end
                && self.at >= end
            {
                // A command may have taken the sign as its argument.
                self.at = self.at.max(end + length);
                self.formula_end = None;
                continue;
            }
            let stop = self.formula_end.map_or(self.text.len(), |(end, _)| end);
            let rest = &self.text[self.at..stop];
            let plain = rest.find(ACTIVE).unwrap_or(rest.len());
            self.out.push_str(&rest[..plain]);
            self.at += plain;
            match rest.as_bytes().get(plain) {
                Some(b'\\') => self.command(),
                Some(b'$') => self.dollar(),
                Some(b'{') => self.open_brace(),
                Some(b'}') => self.close_brace(),
                Some(b'~') => self.tilde(),
                Some(_) => self.take(1, if self.environments > 0 { " " } else { "&" }),
                None => {}
            }
        }
        self.out
    }

    /// Moves on by a number of bytes, and writes a text for them.
    pub fn take(&mut self, length: usize, text: &str) {
        self.at += length;
        self.out.push_str(text);
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn is_in_formula(&self) -> bool {
        self.formula_end.is_some() || self.environments > 0
    }

    /// Whether everything here is LaTeX.
    pub fn is_latex(&self) -> bool {
        self.rules.is_name || self.is_in_formula()
    }

    fn dollar(&mut self) {
        if self.is_in_formula() {
            self.take(1, "");
        } else if let Some(formula) = dollars::formula(self.rest()) {
            self.formula_end = Some((self.at + formula.sign + formula.length, formula.sign));
            self.take(formula.sign, "");
        } else {
            let sign = if self.rest().starts_with("$$") { "$$" } else { "$" };
            self.take(sign.len(), sign);
        }
    }

    fn open_brace(&mut self) {
        let Some(close) = self.braces.closing(self.at) else {
            self.take(1, if self.is_latex() { "" } else { "{" });
            return;
        };
        if self.text[..self.at].ends_with(['^', '_']) {
            self.open_operand(close);
        } else if self.is_latex() || is_group(self.text, self.at, close) {
            self.open_group(close, GroupEnd::Nothing);
        } else {
            self.take(1, "{");
        }
    }

    pub fn open_group(&mut self, close: usize, end: GroupEnd) {
        self.groups.push(Group { close, end });
        self.at += 1;
    }

    /// Opens a group, which gets parentheses if it needs them.
    pub fn open_operand(&mut self, close: usize) {
        if is_compound(&self.text[self.at + 1..close]) {
            self.out.push('(');
            self.open_group(close, GroupEnd::Parenthesis);
        } else {
            self.open_group(close, GroupEnd::Nothing);
        }
    }

    /// Opens the argument of a command, if one follows.
    pub fn open_argument(&mut self, end: GroupEnd) {
        if self.rest().starts_with("{}") {
            self.at += 2;
        } else if self.rest().starts_with('{') {
            match self.braces.closing(self.at) {
                Some(close) => self.open_group(close, end),
                None => self.at += 1,
            }
        }
    }

    fn close_brace(&mut self) {
        let at = self.at;
        // Groups whose ends were taken by a command.
        while self.groups.pop_if(|group| group.close < at).is_some() {}
        let Some(group) = self.groups.pop_if(|group| group.close == at) else {
            self.take(1, if self.is_latex() { "" } else { "}" });
            return;
        };
        self.at += 1;
        match group.end {
            GroupEnd::Nothing => {}
            GroupEnd::Argument => self.open_argument(GroupEnd::Argument),
            GroupEnd::Parenthesis => self.out.push(')'),
            GroupEnd::Pair { sign, is_compound } => {
                if is_compound {
                    self.out.push(')');
                }
                self.second_of_pair(sign);
            }
        }
    }

    /// Reads the command or escaped character at the current backslash.
    fn command(&mut self) {
        let after = &self.rest()[1..];
        let Some(first) = after.chars().next() else {
            self.at += 1;
            return;
        };
        if !self.is_in_formula()
            && let Some(length) = path(self.text, self.at)
        {
            self.take(length, &self.text[self.at..self.at + length]);
            return;
        }
        let before = self.out.chars().next_back();
        if !(first == '"' && self.is_quoted(before))
            && let Some(accented) = accented(after, before.filter(|_| !self.rules.is_name))
        {
            self.out.push_str(&accented.text);
            for open in accented.open {
                if let Some(close) = self.braces.closing(self.at + 1 + open) {
                    self.groups.push(Group { close, end: GroupEnd::Nothing });
                }
            }
            self.at += 1 + accented.length;
        } else if first.is_ascii_alphabetic() {
            self.named(after);
        } else {
            self.sign(first);
        }
    }

    /// Whether the `\"` here and the next one are quotation marks that were escaped, around a word.
    fn is_quoted(&mut self, before: Option<char>) -> bool {
        !before.is_some_and(|c| c.is_alphabetic() || c == '{')
            && self.quote.next(self.text, self.at + 2).is_some_and(|end| {
                !self.text[end + 2..].starts_with(|c: char| c.is_alphabetic() || c == '{' || c == '\\')
            })
    }

    /// Reads a command whose name consists of letters, at the start of `text`.
    fn named(&mut self, text: &'a str) {
        let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let name = &text[..length];
        let Some(command) = command(name) else {
            self.unknown(name);
            return;
        };
        self.at += 1 + length;
        match command {
            Command::Letter(letter) => {
                self.out.push_str(letter);
                self.skip_spaces();
                self.open_argument(GroupEnd::Nothing);
            }
            Command::Symbol(symbol) => {
                // In a formula, TeX sets the space around symbols: `n\le m` is spaced as evenly as `n \le m`.
                let is_tight = self.is_in_formula() && !self.out.ends_with(char::is_whitespace);
                self.out.push_str(symbol);
                if is_tight {
                    self.skip_spaces();
                }
                self.open_argument(GroupEnd::Nothing);
            }
            Command::Function => {
                self.space_before_word();
                self.out.push_str(name);
                self.skip_spaces();
                if self.rest().starts_with(|c: char| c.is_alphanumeric() || c == '\\') {
                    self.out.push(' ');
                }
            }
            Command::Space => {
                self.out.push(' ');
                self.open_argument(GroupEnd::Nothing);
            }
            Command::Appearance => {
                self.skip_spaces();
                self.open_argument(GroupEnd::Argument);
            }
            Command::Superscript => {
                let is_number =
                    self.rest().trim_start_matches(['{', '+', '-']).starts_with(|c: char| c.is_ascii_digit());
                if is_number && self.out.ends_with(|c: char| c.is_ascii_digit()) {
                    self.out.push('^');
                }
                self.open_argument(GroupEnd::Nothing);
            }
            Command::Note => {
                let is_closed = self.rest().starts_with('{') && self.braces.closing(self.at).is_some();
                self.out.push_str(if is_closed { " (" } else { " " });
                self.open_argument(GroupEnd::Parenthesis);
            }
            Command::Argument if self.rules.keeps_all => {
                self.space_before_word();
                self.open_argument(GroupEnd::Argument);
            }
            Command::Argument => {
                self.skip_argument();
                self.open_argument(GroupEnd::Argument);
            }
            Command::Pair(sign) => self.first_of_pair(sign),
            Command::Root => self.root(),
            Command::Bracket => {
                self.skip_spaces();
                if self.rest().starts_with('.') {
                    self.at += 1;
                }
            }
            Command::Not => self.not(),
            Command::Begin | Command::End => self.environment(command == Command::Begin),
            Command::Preamble => match self.document.next(self.text, self.at) {
                Some(start) => self.at = start + "\\begin{document}".len(),
                None => self.skip_argument(),
            },
        }
    }
}
