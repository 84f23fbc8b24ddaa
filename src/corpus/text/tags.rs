//! Recognises tags: only those of HTML, JATS, MathML and a few publishers are tags, everything else between angle brackets
//! is text.
//!
//! Names: the HTML standard; the JATS Publishing Tag Library 1.3; MathML 3; Crossref's "face markup"; the tags of IEEE
//! (`tex`, `formula`), Elsevier (`inf`), Wiley (`scp`) and Springer (`Emphasis`) that Crossref and OpenAlex pass on.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The longest name of a tag, with its prefix.
const LONGEST_NAME: usize = 40;
/// The longest tag: MathML repeats whole formulas in its attribute `alttext`.
const LONGEST_TAG: usize = 4096;

/// The effect of an element on the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// Separates its content from the text around it.
    Block,
    /// Changes the appearance of its content.
    Inline,
    /// A superscript.
    Raised,
    /// A subscript.
    Lowered,
    /// Contains one formula in one or several notations.
    Formula,
    /// A formula in LaTeX.
    Tex,
    /// A formula in MathML.
    Math,
    /// The same formula in another notation, within MathML.
    Annotation,
    /// Of MathML: numerator and denominator.
    Fraction,
    /// Of MathML: content under a root.
    Root,
    /// Of MathML: a base and its superscript.
    Power,
    /// Of MathML: a base and its subscript.
    Index,
    /// Of MathML: content in brackets, separated by commas.
    Fenced,
    /// Of MathML: words, the white space of which counts.
    Words,
    /// Of MathML: a space, or a cell of a table.
    Cell,
    /// Of MathML: anything else.
    Part,
}

/// A tag of a known name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub element: Element,
    /// It ends an element: `</i>`.
    pub is_end: bool,
    /// It is a whole element without content: `<br/>`.
    pub is_empty: bool,
    /// The text of its attributes.
    pub attributes: &'a str,
    /// Number of bytes.
    pub length: usize,
}

impl<'a> Tag<'a> {
    /// The tag at the start of `text`, which is `<`.
    pub fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix('<')?;
        let (is_end, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let length = rest.bytes().take(LONGEST_NAME + 1).take_while(|&byte| is_of_name(byte)).count();
        let (name, rest) = (&rest[..length], &rest[length..]);
        if name.is_empty() || length > LONGEST_NAME {
            return None;
        }
        let attributes = attributes(rest)?;
        let rest = &rest[attributes.len()..];
        let is_empty = rest.starts_with('/');
        let element = element(name, is_empty)?;
        let length = text.len() - rest.len() + if is_empty { 2 } else { 1 };
        Some(Self { element, is_end, is_empty, attributes, length })
    }

    /// The value of an attribute in quotation marks.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.attributes.split_once(name)?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value[1..].split(quote).next()
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':')
}

/// The attributes at the start of `text`, up to the end of the tag, `>` or `/>`.
///
/// Every attribute needs a value: `<b and c>` is not a tag.
fn attributes(text: &str) -> Option<&str> {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST_TAG)];
    let skip = |at: usize, test: fn(u8) -> bool| bytes[at..].iter().take_while(|&&byte| test(byte)).count() + at;
    let mut at = 0;
    loop {
        let start = at;
        at = skip(at, |byte| byte.is_ascii_whitespace());
        match bytes.get(at)? {
            b'>' => return Some(&text[..at]),
            b'/' if bytes.get(at + 1) == Some(&b'>') => return Some(&text[..at]),
            &byte if at == start || !is_of_name(byte) => return None,
            _ => at = skip(at, |byte| is_of_name(byte) || byte == b'.'),
        }
        at = skip(at, |byte| byte.is_ascii_whitespace());
        if *bytes.get(at)? != b'=' {
            return None;
        }
        at = skip(at + 1, |byte| byte.is_ascii_whitespace());
        let byte = *bytes.get(at)?;
        let end = if matches!(byte, b'"' | b'\'') {
            at + 2 + bytes[at + 1..].iter().position(|&other| other == byte)?
        } else {
            skip(at, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'<' | b'>' | b'"' | b'\''))
        };
        if end == at {
            return None;
        }
        at = end;
    }
}

/// The element of a name, which may have a prefix.
fn element(name: &str, is_empty: bool) -> Option<Element> {
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    if prefix == Some("") {
        return None;
    }
    let is_mixed =
        local.bytes().any(|byte| byte.is_ascii_uppercase()) && local.bytes().any(|byte| byte.is_ascii_lowercase());
    if is_mixed {
        return springer(local);
    }
    // A word that also occurs between angle brackets in ordinary text.
    if local == "none" && prefix.is_none() && !is_empty {
        return None;
    }
    let local = local.to_ascii_lowercase();
    known(&local)
}

/// The element of a name in lower case.
fn known(name: &str) -> Option<Element> {
    static ELEMENTS: LazyLock<HashMap<&str, Element>> = LazyLock::new(|| {
        let lists = [
            (BLOCK, Element::Block),
            (INLINE, Element::Inline),
            ("sup superscript", Element::Raised),
            ("sub inf subscript", Element::Lowered),
            ("inline-formula alternatives formula ref_formula inlineequation", Element::Formula),
            ("tex-math tex latex", Element::Tex),
            ("math", Element::Math),
            ("annotation annotation-xml", Element::Annotation),
            ("mfrac", Element::Fraction),
            ("msqrt", Element::Root),
            ("msup", Element::Power),
            ("msub msubsup", Element::Index),
            ("mfenced", Element::Fenced),
            ("mtext ms", Element::Words),
            ("mspace mtr mtd mlabeledtr", Element::Cell),
            (PART, Element::Part),
        ];
        lists.into_iter().flat_map(|(names, element)| names.split(' ').map(move |name| (name, element))).collect()
    });
    ELEMENTS.get(name).copied()
}

/// Elements of HTML, JATS and similar document types that separate their content.
const BLOCK: &str = "p br hr div li ul ol dl dt dd tr td th table tbody thead h1 h2 h3 h4 h5 h6 blockquote pre \
    center section article html head body title sec label abstract abstracttext trans-abstract list list-item \
    def-list def-item def term disp-formula disp-quote boxed-text fig caption figure figcaption break para \
    simplepara simple-para abstract-sec section-title article-title subtitle refersplit copyright";

/// Elements of the same that change the appearance. HTML's `s` is left out: language models have a token `<s>`.
const INLINE: &str = "i b em strong u a big small tt code font span strike del ins mark cite q abbr acronym kbd \
    samp dfn bdi bdo ruby rt rp wbr nobr img italic bold underline overline roman monospace sans-serif smallcaps \
    small-caps sc scp emph emphasis hi xref ext-link uri email named-content styled-content inline-graphic graphic \
    private-char inline-supplementary-material fn cross-ref inter-ref hsp glyph stack";

/// Elements of MathML that imply no sign.
const PART: &str = "mi mn mo mrow mroot mstyle merror mpadded mphantom menclose munder mover munderover \
    mmultiscripts mprescripts none mtable maligngroup malignmark maction semantics";

/// Elements of Springer's document type, whose names are written in mixed case.
fn springer(name: &str) -> Option<Element> {
    Some(match name {
        "Emphasis" | "ExternalRef" | "RefSource" | "InternalRef" | "CitationRef" | "InlineMediaObject"
        | "ImageObject" => Element::Inline,
        "Superscript" => Element::Raised,
        "Subscript" => Element::Lowered,
        "InlineEquation" => Element::Formula,
        "EquationSource" => Element::Tex,
        "AbstractSection" | "AbstractText" | "Heading" | "Para" | "SimplePara" => Element::Block,
        _ => return None,
    })
}
