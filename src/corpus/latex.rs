//! Converts a LaTeX title to plain text: removes braces, dollar signs and commands, and composes accents.

use unicode_normalization::UnicodeNormalization;

use super::one_line;

/// A title as plain text on one line.
///
/// Accent commands become composed letters, and common symbols become Unicode characters. Font commands are removed; of
/// any other command, the name is kept as a word.
pub(super) fn plain(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    let mut rest = title;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' | '}' | '$' => {}
            '~' => text.push(' '),
            '\\' => rest = command(rest, &mut text),
            _ => text.push(c),
        }
    }
    one_line(&text.nfc().collect::<String>())
}

/// Writes the text of the command at the start of `rest` (after its backslash); returns the remaining input.
fn command<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let Some(first) = rest.chars().next() else { return rest };
    if !first.is_ascii_alphabetic() {
        let after = &rest[first.len_utf8()..];
        if let Some(accent) = accent(first)
            && let Some(after) = accented(accent, after, text)
        {
            return after;
        }
        match first {
            // A spacing or line-breaking command.
            ',' | ';' | ':' | '!' | '\\' | '/' | '-' | ' ' | '\n' | '(' | ')' | '[' | ']' => text.push(' '),
            '{' | '}' | '$' => {}
            // The symbol instead of the accent; a plain `~` would be read as a space the next time.
            '~' => text.push('∼'),
            _ => text.push(first),
        }
        return after;
    }
    let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    if name.len() == 1
        && let Some(accent) = accent(first)
        && let Some(after) = accented(accent, after, text)
    {
        return after;
    }
    if let Some(symbol) = symbol(name) {
        text.push_str(symbol);
        // TeX ignores white space after a command name.
        return after.trim_start_matches(' ');
    }
    if is_font(name) {
        return after.trim_start_matches(' ');
    }
    text.push_str(name);
    after
}

/// The combining character of an accent command.
fn accent(command: char) -> Option<char> {
    Some(match command {
        '\'' => '\u{301}',
        '`' => '\u{300}',
        '^' => '\u{302}',
        '"' => '\u{308}',
        '~' => '\u{303}',
        '=' => '\u{304}',
        '.' => '\u{307}',
        'c' => '\u{327}',
        'v' => '\u{30c}',
        'u' => '\u{306}',
        'H' => '\u{30b}',
        'k' => '\u{328}',
        'r' => '\u{30a}',
        'd' => '\u{323}',
        'b' => '\u{331}',
        _ => return None,
    })
}

/// Puts an accent on the next letter, in braces or not; `None` if no letter follows.
fn accented<'a>(accent: char, rest: &'a str, text: &mut String) -> Option<&'a str> {
    let rest = rest.trim_start_matches([' ', '{']);
    // A dotless i or j is used to carry an accent; Unicode composes the accent with the dotted letter.
    let rest = match rest.strip_prefix('\\') {
        Some(dotless)
            if dotless.starts_with(['i', 'j']) && !dotless[1..].starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            dotless
        }
        _ => rest,
    };
    let letter = rest.chars().next().filter(|c| c.is_alphabetic())?;
    text.push(letter);
    text.push(accent);
    Some(&rest[letter.len_utf8()..])
}

fn symbol(name: &str) -> Option<&'static str> {
    Some(match name {
        "ss" => "ß",
        "o" => "ø",
        "O" => "Ø",
        "l" => "ł",
        "L" => "Ł",
        "aa" => "å",
        "AA" => "Å",
        "ae" => "æ",
        "AE" => "Æ",
        "oe" => "œ",
        "OE" => "Œ",
        "i" => "i",
        "j" => "j",
        "times" => "×",
        "to" | "rightarrow" => "→",
        "le" | "leq" => "≤",
        "ge" | "geq" => "≥",
        "ne" | "neq" => "≠",
        "pm" => "±",
        "cdot" => "·",
        "in" => "∈",
        "deg" | "textdegree" => "°",
        "dots" | "ldots" | "cdots" => "…",
        "textendash" => "–",
        "textemdash" => "—",
        // Not a backslash, which would start a command when the text is read again.
        "textbackslash" => "∖",
        "left" | "right" | "quad" | "qquad" | "newline" => " ",
        _ => return None,
    })
}

/// Commands that change the appearance of a text, but not its content.
fn is_font(name: &str) -> bool {
    matches!(
        name,
        "emph"
            | "em"
            | "it"
            | "bf"
            | "rm"
            | "tt"
            | "sc"
            | "sf"
            | "sl"
            | "cal"
            | "frak"
            | "Bbb"
            | "text"
            | "textit"
            | "textbf"
            | "textrm"
            | "texttt"
            | "textsc"
            | "textsf"
            | "textsl"
            | "textnormal"
            | "mathcal"
            | "mathbb"
            | "mathbf"
            | "mathrm"
            | "mathit"
            | "mathsf"
            | "mathfrak"
            | "mathds"
            | "mathscr"
            | "mathtt"
            | "boldsymbol"
            | "bm"
            | "pmb"
            | "mbox"
            | "hbox"
            | "underline"
            | "overline"
            | "bar"
            | "hat"
            | "tilde"
            | "widehat"
            | "widetilde"
            | "vec"
            | "dot"
            | "ddot"
            | "acute"
            | "displaystyle"
            | "normalsize"
            | "operatorname"
            | "protect"
            | "ensuremath"
            | "uppercase"
            | "big"
            | "Big"
    )
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn markup_is_removed_and_words_are_kept() {
        for (latex, wanted) in [
            ("{\\'E}tude of the {$k$}-means", "Étude of the k-means"),
            ("Schr\\\"odinger, Erd\\H{o}s and Fran\\c{c}ois", "Schrödinger, Erdős and François"),
            ("Tur\\'an\n  numbers for $K_{s,t}$-free", "Turán numbers for K_s,t-free"),
            ("Na\\\"{\\i}ve \\L ukasiewicz stra\\ss e", "Naïve Łukasiewicz straße"),
            ("the $\\ell_p$ sum over $\\mathbb{N}$", "the ell_p sum over N"),
            ("$(2+\\epsilon)$-approximate in $O(n\\log n)$", "(2+epsilon)-approximate in O(nlog n)"),
            ("D^{2}MoE", "D^2MoE"),
            ("R\\&D at 5\\% cost", "R&D at 5% cost"),
            ("\\emph{Deep} \\textbf{nets}", "Deep nets"),
            ("It\\^o and \\`a la", "Itô and à la"),
            ("a lone \\", "a lone"),
            ("\\{0,1\\}", "0,1"),
            ("a\\~{}b", "a∼b"),
            ("a \\textbackslash{} b", "a ∖ b"),
        ] {
            assert_eq!(plain(latex), wanted, "{latex}");
        }
    }

    proptest::proptest! {
        /// Exported text is unchanged when it is read again.
        #[test]
        fn conversion_is_idempotent(title in "[a-z\\\\{}$~^\"'&%_ éß]{0,20}") {
            let once = plain(&title);
            proptest::prop_assert_eq!(plain(&once), once);
        }
    }
}
