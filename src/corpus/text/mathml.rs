//! The structure of a formula in MathML: where its text needs signs that the elements imply, such as a fraction bar.

use super::tags::{Element, Tag};

/// The longest operand, in bytes, that is put in parentheses.
const LONGEST_OPERAND: usize = 64;

/// The state within MathML: the open elements of a formula.
#[derive(Default)]
pub(super) struct Elements<'a> {
    open: Vec<Open<'a>>,
    /// Whether there is a formula at all.
    pub is_in_math: bool,
    /// The next text is the superscript of what was written before.
    pub is_raised: bool,
    /// The next text is a subscript or superscript of nothing within the formula: of the word before it.
    pub has_no_base: bool,
}

struct Open<'a> {
    element: Element,
    /// Number of its elements so far.
    children: u32,
    /// Where the text of its present operand starts in the output.
    operand: usize,
    /// The text to write at its end.
    end: &'a str,
}

impl<'a> Elements<'a> {
    /// Whether white space counts here.
    pub fn is_in_words(&self) -> bool {
        self.open.last().is_some_and(|open| open.element == Element::Words)
    }

    /// Starts an element; returns the text to write at its start.
    pub fn start(&mut self, tag: &Tag<'a>, out: &mut String) -> &'a str {
        self.next_child(out);
        let (start, end) = match tag.element {
            Element::Fenced => (tag.attribute("open").unwrap_or("("), tag.attribute("close").unwrap_or(")")),
            Element::Root => ("√", ""),
            Element::Cell => (" ", ""),
            _ => ("", ""),
        };
        if !tag.is_empty {
            self.open.push(Open { element: tag.element, children: 0, operand: out.len(), end });
        }
        start
    }

    /// The text of the element that was started last starts here.
    pub fn mark(&mut self, out: &str) {
        if let Some(open) = self.open.last_mut() {
            open.operand = out.len();
        }
    }

    /// Ends an element; returns the text to write at its end.
    pub fn end(&mut self, element: Element, out: &mut String) -> &'a str {
        let Some(open) = self.open.pop_if(|open| open.element == element) else { return "" };
        if matches!(open.element, Element::Fraction | Element::Root) {
            parenthesise(out, open.operand);
        }
        open.end
    }

    /// Another element starts within the last one.
    fn next_child(&mut self, out: &mut String) {
        let Some(parent) = self.open.last_mut() else { return };
        parent.children += 1;
        match (parent.element, parent.children) {
            (Element::Fraction, 2) => {
                parenthesise(out, parent.operand);
                out.push('/');
                parent.operand = out.len();
            }
            (Element::Fenced, 2..) => out.push(','),
            (Element::Power | Element::Index, 2) => {
                self.has_no_base = parent.operand == out.len();
                self.is_raised = parent.element == Element::Power;
            }
            _ => {}
        }
    }
}

/// Puts the output from `start` in parentheses if it is a sum or the like.
fn parenthesise(out: &mut String, start: usize) {
    // The output is shorter than before where white space was removed from its end.
    let Some(operand) = out.get(start..) else { return };
    let is_compound =
        operand.char_indices().any(|(at, c)| at > 0 && matches!(c, '+' | '-' | '−' | '±' | '=' | '/' | ' '));
    if operand.len() <= LONGEST_OPERAND && is_compound {
        out.insert(start, '(');
        out.push(')');
    }
}
