//! Tells formulas between dollar signs from prices.

/// The longest formula, in bytes.
const LONGEST: usize = 2000;

/// A formula: the number of dollar signs at each end, and the number of bytes between them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Formula {
    pub sign: usize,
    pub length: usize,
}

/// The formula at the start of `text`, which is `$`.
///
/// As in Pandoc's Markdown, the opening sign must not be followed by white space, and the closing one must not
/// follow white space or precede a digit. In addition, the content must look like mathematics: `$5 and 10$` does not.
pub(super) fn formula(text: &str) -> Option<Formula> {
    let sign = if text.starts_with("$$") { 2 } else { 1 };
    let inside = &text[sign..];
    let length = closing(inside, &text[..sign])?;
    let content = &inside[..length];
    let after = inside[length + sign..].chars().next();
    is_formula(content, after, sign == 2).then_some(Formula { sign, length })
}

/// The position of the next sign that is not escaped.
fn closing(text: &str, sign: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(sign)?;
        let escapes = text[..at].bytes().rev().take_while(|&byte| byte == b'\\').count();
        if escapes % 2 == 0 {
            return Some(at);
        }
        from = at + 1;
    }
}

fn is_formula(content: &str, after: Option<char>, is_display: bool) -> bool {
    if content.trim().is_empty() || content.len() > LONGEST {
        return false;
    }
    let is_digit_after = after.is_some_and(|c| c.is_ascii_digit());
    let is_spaced = !is_display && (content.starts_with(char::is_whitespace) || content.ends_with(char::is_whitespace));
    if is_marked(content) {
        return words(content) < 3 && !(is_digit_after && is_spaced);
    }
    let is_cut =
        content.ends_with(['/', ':', '(', '[']) || (content.ends_with(',') && after.is_some_and(char::is_alphanumeric));
    !is_digit_after && !is_spaced && !is_cut && is_balanced(content) && words(content) == 0 && is_brief(content)
}

/// Whether a text contains a sign of a formula: a command, a subscript or superscript, or a group.
pub(super) fn is_marked(content: &str) -> bool {
    let is_command = |(at, _): (usize, &str)| !content[at + 1..].starts_with(['$', '%', '&', '#']);
    content.contains(['^', '_', '{']) || content.match_indices('\\').any(is_command)
}

/// Number of words of a language, rather than names of quantities. Those in braces, such as `\mbox{for all}`, are part of a
/// formula.
fn words(content: &str) -> usize {
    let mut depth = 0_usize;
    content
        .split_whitespace()
        .filter(|word| {
            let is_inside = depth > 0;
            for c in word.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            let letters = word.trim_matches(|c| matches!(c, ',' | '.' | ';' | ':' | '(' | ')' | '-'));
            !is_inside
                && letters.chars().count() > 2
                && letters.chars().all(char::is_alphabetic)
                && content.contains(' ')
        })
        .count()
}

/// Whether the brackets of a content belong together.
fn is_balanced(content: &str) -> bool {
    let mut depth = 0_i32;
    for c in content.chars() {
        match c {
            // A half-open interval, `[0,1)`, is balanced.
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Whether a content without letters and digits is short enough to be an operator.
fn is_brief(content: &str) -> bool {
    content.contains(char::is_alphanumeric) || content.chars().count() <= 3
}
