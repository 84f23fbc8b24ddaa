//! The characters of a plain text: white space, invisible characters and Unicode's normalization form C.

use encoding_rs::WINDOWS_1252;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Whether a text contains nothing that reading could change. May be false for some texts that would not change.
pub(super) fn is_plain(text: &str) -> bool {
    let mut previous = b' ';
    let mut is_ascii = true;
    for &byte in text.as_bytes() {
        match byte {
            b' ' if previous == b' ' => return false,
            0..b' ' | 0x7f | b'<' | b'&' | b'\\' | b'$' | b'{' | b'}' | b'~' => return false,
            b'`' if previous == b'`' => return false,
            0x80.. => is_ascii = false,
            _ => {}
        }
        previous = byte;
    }
    if previous == b' ' && !text.is_empty() {
        return false;
    }
    is_ascii
        || (is_nfc_quick(text.chars()) == IsNormalized::Yes
            && !text
                .chars()
                .any(|c| c != ' ' && (c.is_whitespace() || c.is_control() || is_invisible(c) || is_joiner(c))))
}

/// A text with every run of white space replaced by one space, without invisible characters, in normalization form C.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut is_spaced = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let c = match c {
            // A line separator, and the object replacement character.
            '\u{85}' | '\u{fffc}' => ' ',
            '\u{80}'..='\u{9f}' => windows(c),
            _ => c,
        };
        if c.is_whitespace() {
            is_spaced = !line.is_empty();
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        if is_joiner(c)
            && !(line.chars().next_back().is_some_and(joins) && characters.peek().is_some_and(|&c| joins(c)))
        {
            continue;
        }
        if is_spaced {
            line.push(' ');
            is_spaced = false;
        }
        line.push(c);
    }
    match is_nfc_quick(line.chars()) {
        IsNormalized::Yes => line,
        _ => line.nfc().collect(),
    }
}

/// A text with every character that could start markup replaced by one that looks alike.
pub(super) fn without_markup(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|&c| !is_joiner(c))
        .map(|c| match c {
            '<' => '‹',
            '&' => '＆',
            '\\' => '∖',
            '$' => '＄',
            '{' => '❴',
            '}' => '❵',
            '~' => '∼',
            '`' => '‘',
            _ => c,
        })
        .collect();
    one_line(&plain)
}

/// The character meant by a control character from U+0080 to U+009F, which comes from Windows-1252 text that was decoded as
/// Latin-1.
fn windows(c: char) -> char {
    let byte = u8::try_from(u32::from(c)).unwrap_or(b'?');
    WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(c)
}

/// Characters without width or meaning of their own: soft hyphens, zero-width characters, marks of direction, tags and
/// noncharacters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// The joiner and the non-joiner have no width either, but words of some scripts need them.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner beside this character has a meaning: in Arabic, Indic and similar scripts, and within pictographs.
fn joins(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{1cff}' | '\u{2600}'..='\u{27bf}' | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}')
}
