//! Braces that only group, as in `{DNA}` or `{E}n`: BibTeX uses them to keep capitals, and they are not part of the text.

/// A text without braces that group. Braces of a command, as in `\emph{x}` and `{\"o}`, of an index, as in `x_{ij}`, and
/// escaped braces are kept.
pub(super) fn without_grouping(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // Whether each open brace is kept.
    let mut open = Vec::new();
    let mut characters = text.chars().peekable();
    // Whether an argument may follow: after `\name`, `\"`, `_`, `^`, and after another argument.
    let mut takes_argument = false;
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                kept.push(c);
                let Some(next) = characters.next() else { break };
                kept.push(next);
                if next.is_ascii_alphabetic() {
                    while let Some(letter) = characters.next_if(char::is_ascii_alphabetic) {
                        kept.push(letter);
                    }
                }
                takes_argument = !matches!(next, '{' | '}' | '\\' | '&' | '%' | '$' | '#' | '_');
            }
            '{' => {
                let keeps = takes_argument || characters.peek() == Some(&'\\');
                open.push(keeps);
                if keeps {
                    kept.push(c);
                }
                takes_argument = false;
            }
            '}' => {
                let keeps = open.pop().unwrap_or(true);
                if keeps {
                    kept.push(c);
                }
                takes_argument = keeps;
            }
            _ => {
                kept.push(c);
                takes_argument = matches!(c, '_' | '^');
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_grouping;

    #[test]
    fn only_braces_that_group_are_removed() {
        for (given, wanted) in [
            ("{A|B} and {{DNA}}", "A|B and DNA"),
            ("{E}n {\\\"o}ne", "En {\\\"o}ne"),
            ("Erd\\H{o}s, G{\\\"o}del, \\\"{u}", "Erd\\H{o}s, G{\\\"o}del, \\\"{u}"),
            ("$x_{ij}^{2}$ \\frac{a}{b}", "$x_{ij}^{2}$ \\frac{a}{b}"),
            ("\\{1, 2\\} {R}\\&{D}", "\\{1, 2\\} R\\&D"),
            ("unpaired } and {", "unpaired } and "),
        ] {
            assert_eq!(without_grouping(given), wanted);
        }
    }
}
