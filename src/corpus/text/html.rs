//! Removes the tags of HTML, JATS and MathML, and decodes character references.
//!
//! A formula in LaTeX (`<tex-math>`) is put between `\(` and `\)`, by which the next step knows it. Of several notations of
//! one formula, the first is read. Formulas in JATS: <https://jats.nlm.nih.gov/publishing/tag-library/1.3/>.

use std::borrow::Cow;

use super::Rules;
use super::ahead::Ahead;
use super::entities::entity;
use super::mathml::Elements;
use super::tags::{Element, Tag};

/// The longest white space, in bytes, of a line break with an indentation.
const LONGEST_BREAK: usize = 200;

/// A text without tags and character references.
pub(super) fn plain(text: &str, rules: Rules) -> Cow<'_, str> {
    if text.contains(['<', '&']) { Cow::Owned(Reader::new(text, rules).read()) } else { Cow::Borrowed(text) }
}

struct Reader<'a> {
    text: &'a str,
    rules: Rules,
    out: String,
    /// Whether the last thing read was a tag.
    is_after_tag: bool,
    /// The element that is being skipped.
    skipped: Option<Element>,
    /// The next text is a superscript.
    is_raised: bool,
    gap: Gap,
    /// Number of open elements that contain a formula.
    formulas: u32,
    /// The notation that was read of the present formula.
    notation: Option<Element>,
    tex: Tex,
    elements: Elements<'a>,
    /// White space within MathML, which counts only if text follows.
    holds_space: bool,
    comment_end: Ahead,
    instruction_end: Ahead,
    section_end: Ahead,
    raised_end: Ahead,
}

/// Whether a space precedes the next text.
#[derive(PartialEq)]
enum Gap {
    None,
    /// The next text starts a formula, directly after a letter.
    BeforeFormula,
    /// The next text follows a formula.
    AfterFormula,
}

/// The position relative to a formula in LaTeX.
#[derive(PartialEq)]
enum Tex {
    Outside,
    AtStart,
    Inside,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, rules: Rules) -> Self {
        Self {
            text,
            rules,
            out: String::with_capacity(text.len()),
            is_after_tag: false,
            skipped: None,
            is_raised: false,
            gap: Gap::None,
            formulas: 0,
            notation: None,
            tex: Tex::Outside,
            elements: Elements::default(),
            holds_space: false,
            comment_end: Ahead::new("-->"),
            instruction_end: Ahead::new("?>"),
            section_end: Ahead::new("]]>"),
            raised_end: Ahead::new("</"),
        }
    }

    fn read(mut self) -> String {
        let mut at = 0;
        while let Some(distance) = self.text[at..].find(['<', '&']) {
            self.text(at, at + distance);
            at += distance;
            at += self.markup(at);
        }
        self.text(at, self.text.len());
        if self.tex == Tex::Inside {
            self.out.push_str("\\)");
        }
        self.out
    }

    /// Reads the markup at `at`; returns the number of its bytes.
    fn markup(&mut self, at: usize) -> usize {
        let text = self.text;
        let rest = &text[at..];
        if rest.starts_with('&') {
            let (character, length) = entity(rest).unwrap_or_else(|| ("&".to_owned(), 1));
            self.write_spaced(&character);
            return length;
        }
        if let Some(tag) = Tag::read(rest) {
            self.holds_space = false;
            self.tag(&tag, at + tag.length);
            self.is_after_tag = true;
            return tag.length;
        }
        if rest.starts_with("<!--")
            && let Some(end) = self.comment_end.next(text, at + 4)
        {
            return end + 3 - at;
        }
        if rest.starts_with("<![CDATA[")
            && let Some(end) = self.section_end.next(text, at + 9)
        {
            self.write_spaced(&text[at + 9..end]);
            return end + 3 - at;
        }
        if rest.strip_prefix("<?").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
            && let Some(end) = self.instruction_end.next(text, at + 2)
        {
            // IOP gives a formula as two instructions, `CDATA` with LaTeX and `MML` with MathML.
            if let Some(content) = text[at + 2..end].strip_prefix("CDATA ") {
                self.write_spaced(content);
            }
            return end + 2 - at;
        }
        self.write_spaced("<");
        1
    }

    /// Reads the text between two pieces of markup.
    fn text(&mut self, start: usize, end: usize) {
        let mut text = &self.text[start..end];
        if !self.elements.is_in_math || self.elements.is_in_words() || self.tex != Tex::Outside {
            self.write_spaced(text);
            return;
        }
        // White space between the tags of MathML has no meaning.
        if self.is_after_tag {
            text = text.trim_start();
        }
        let trimmed = text.trim_end();
        self.write_spaced(trimmed);
        self.holds_space |= trimmed.len() < text.len();
    }

    fn write_spaced(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.holds_space) {
            self.write(" ");
        }
        self.write(text);
        self.is_after_tag = false;
    }

    fn write(&mut self, text: &str) {
        let Some(first) = text.chars().next().filter(|_| self.skipped.is_none()) else { return };
        let is_apart = match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::None => false,
            Gap::BeforeFormula => {
                let start = text.trim_start_matches(['$', '{', '}', ' ', '\\', '(']);
                !(matches!(first, ',' | '.' | ';' | ':' | ')' | ']' | '-' | '–')
                    || first.is_whitespace()
                    || start.starts_with(['_', '^'])
                    || self.elements.has_no_base)
            }
            Gap::AfterFormula => {
                let word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                let is_joined = self.out.ends_with(char::is_alphanumeric) || self.out.ends_with("\\)");
                first.is_alphabetic() && is_joined && !matches!(word, "th" | "st" | "nd" | "rd" | "s")
            }
        };
        if is_apart {
            self.out.push(' ');
        }
        if self.tex == Tex::AtStart && !text.trim().is_empty() {
            self.out.push_str("\\(");
            self.tex = Tex::Inside;
        }
        if std::mem::take(&mut self.is_raised) | std::mem::take(&mut self.elements.is_raised) {
            // Without a sign, a power would become another number: 10⁵ is not 105.
            let exponent = text.trim_start_matches(['+', '-', '−', '–']);
            let is_number =
                exponent.starts_with(|c: char| c.is_ascii_digit()) || (exponent.is_empty() && self.elements.is_in_math);
            if is_number && self.out.ends_with(|c: char| c.is_ascii_digit()) {
                self.out.push('^');
            }
        }
        self.out.push_str(text);
    }

    /// Reads a tag, after which the text goes on at `after`.
    fn tag(&mut self, tag: &Tag<'a>, after: usize) {
        if let Some(skipped) = self.skipped {
            let ends_formula = matches!(tag.element, Element::Math | Element::Formula);
            if !tag.is_end || (tag.element != skipped && !ends_formula) {
                return;
            }
            self.skipped = None;
            if tag.element == skipped {
                return;
            }
        }
        match tag.element {
            Element::Inline => {}
            Element::Block => self.out.push(' '),
            Element::Raised | Element::Lowered => self.script(tag, after),
            Element::Formula => self.formula(tag),
            Element::Tex => self.tex(tag),
            Element::Math => self.math(tag),
            Element::Annotation => {
                if self.elements.is_in_math && !self.rules.keeps_all && !tag.is_end && !tag.is_empty {
                    self.skipped = Some(Element::Annotation);
                }
            }
            _ if !self.elements.is_in_math => {}
            _ if tag.is_end => {
                let end = self.elements.end(tag.element, &mut self.out);
                self.write(end);
            }
            _ => {
                let start = self.elements.start(tag, &mut self.out);
                self.write(start);
                if !tag.is_empty {
                    self.elements.mark(&self.out);
                }
            }
        }
    }

    fn script(&mut self, tag: &Tag<'_>, after: usize) {
        self.is_raised = false;
        if tag.is_end || tag.is_empty {
            return;
        }
        // Crossref breaks the line before an element, also within a word.
        let spaces = self.out.bytes().rev().take(LONGEST_BREAK).take_while(u8::is_ascii_whitespace).count();
        let word = self.out.len() - spaces;
        if self.out[word..].contains('\n') {
            self.out.truncate(word);
        }
        self.is_raised = tag.element == Element::Raised;
        if self.is_raised && self.rules.is_name && !self.rules.keeps_all {
            let end = self.raised_end.next(self.text, after).unwrap_or(after);
            // A footnote's mark, and not the `c` of `McDonald`.
            if !self.text[after..end].contains(char::is_alphabetic) {
                self.skipped = Some(Element::Raised);
            }
        }
    }

    fn formula(&mut self, tag: &Tag<'_>) {
        if tag.is_empty {
        } else if !tag.is_end {
            self.enter_formula();
            self.formulas += 1;
        } else if self.formulas > 0 {
            self.formulas -= 1;
            if self.formulas == 0 {
                self.notation = None;
                self.gap = Gap::AfterFormula;
            }
        }
    }

    fn tex(&mut self, tag: &Tag<'_>) {
        if tag.is_end {
            if std::mem::replace(&mut self.tex, Tex::Outside) == Tex::Inside {
                self.out.push_str("\\)");
                self.leave_notation(Element::Tex);
            }
        } else if !tag.is_empty && self.tex == Tex::Outside && !self.is_repeated(Element::Tex) {
            self.enter_formula();
            self.tex = Tex::AtStart;
        }
    }

    fn math(&mut self, tag: &Tag<'_>) {
        if tag.is_end {
            if self.elements.is_in_math {
                self.leave_notation(Element::Math);
            }
            self.elements = Elements::default();
        } else if !tag.is_empty && !self.is_repeated(Element::Math) {
            self.enter_formula();
            self.elements = Elements::default();
            self.elements.is_in_math = true;
        }
    }

    /// Whether the formula was already read in the other notation. It is then left out in this one.
    fn is_repeated(&mut self, notation: Element) -> bool {
        let is_repeated = self.notation.is_some_and(|read| read != notation) && !self.rules.keeps_all;
        if is_repeated {
            self.skipped = Some(notation);
        }
        is_repeated
    }

    fn enter_formula(&mut self) {
        if self.formulas == 0 && self.out.ends_with(char::is_alphabetic) {
            self.gap = Gap::BeforeFormula;
        }
    }

    fn leave_notation(&mut self, notation: Element) {
        if self.formulas > 0 {
            self.notation = Some(notation);
        } else {
            self.gap = Gap::AfterFormula;
        }
    }
}
