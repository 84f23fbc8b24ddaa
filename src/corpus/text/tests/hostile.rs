//! Tests with texts that nobody writes: broken, mixed and endless markup.

use proptest::prelude::*;
use proptest::{collection, sample};

use crate::corpus::text::{name, readable};

/// Reads a text twice, and checks that it takes no longer than a linear time allows.
#[track_caller]
fn check_time(text: &str, piece: &str) {
    let start = std::time::Instant::now();
    let once = readable(text);
    assert_eq!(readable(&once), once, "{piece}");
    let seconds = start.elapsed().as_secs_f64();
    // Quadratic time would be hours for a megabyte.
    assert!(seconds < 60.0, "{piece} took {seconds} s");
}

#[test]
fn a_megabyte_of_one_sign_is_read_in_linear_time() {
    for piece in ["{", "}", "\\", "<", "&", "$", "~", "`", "\\[", "&amp;", "{{a}"] {
        check_time(&piece.repeat((1 << 20) / piece.len()), piece);
    }
    let half = 1 << 19;
    check_time(&format!("{}{}", "{".repeat(half), "}".repeat(half)), "nested braces");
    check_time(&format!("{}{}", "<mfrac>".repeat(half / 7), "</mfrac>".repeat(half / 7)), "nested fractions");
    check_time(&format!("{}{}", " \n".repeat(half), "<sub>".repeat(half / 5)), "line breaks");
}

#[test]
fn hostile_texts_are_read_in_linear_time() {
    for piece in PIECES.iter().chain(HOSTILE) {
        let text = piece.repeat((1 << 16) / piece.len());
        check_time(&text, piece);
        check_time(&format!("{text}\\]\\)-->?>]]>''\\begin{{document}}}}$x"), piece);
    }
}

/// Texts that take long if the search for what ends them starts anew at each.
#[rustfmt::skip]
const HOSTILE: &[&str] = &[
    "<i ", "<i a=\"", "<i a='<i a=\"", "<?a", "\\documentclass", "\\frac{a}{", "\\\"a", "{a", "{{a}", "$a", "$\\$",
    "$a b", "<mfrac><mi>a</mi>", "\\\\a\\", "\\a", "\\sqrt[", "a~", "``a''", "\\cite[", "e\u{301}", "&lt;i&gt;",
];

/// Pieces of all notations, as whole and as broken as they come.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "B", "n", "5", "0", " ", "  ", "\n", "é", "ı", "Ω", "\u{301}", "\u{338}", "\u{ad}", "\u{200d}", "\u{1fef}",
    "\u{37e}", "\u{92}", "\0", "ی", "the ", "word ", "and ", ".", ",", "-", "/", ":", ";", "(", ")", "[", "]", "'",
    "''", "`", "``", "\"", "=", "+", "#", "%", "*", "|", "!", "?", "@", "&", "&amp;", "&amp;amp;", "amp;", "&lt;",
    "&gt;", "lt;", "gt;", "&#60;", "&#x5c;", "&bsol;", "&dollar;", "&lbrace;", "&rbrace;", "&nbsp;", "&NewLine;",
    "&grave;", "&Tilde;", "&#0;", "&#", "&a;", "<", ">", "</", "/>", "<i>", "</i>", "<i", "i>", "<sub>", "</sub>",
    "<sup>", "</sup>", "<p>", "</p>", "<br/>", "<!--", "-->", "<![CDATA[", "]]>", "<?CDATA ", "<?x ", "?>", "<math>",
    "</math>", "<mml:mi>", "</mml:mi>", "<mfrac>", "</mfrac>", "<msup>", "</msup>", "<mrow/>", "<mtext>", "</mtext>",
    "<annotation>", "</annotation>", "<tex-math>", "</tex-math>", "<inline-formula>", "</inline-formula>",
    "<a href=\"", "\">", "{", "}", "{}", "\\{", "\\}", "$", "$$", "\\$", "$x$", "$<$", "$>$", "$5", "~", "\\~", "\\",
    "\\\\", "\\(", "\\)", "\\[", "\\]", "\\'", "\\'e", "\\\"", "\\\"o", "\\^", "\\c{", "\\v ", "\\i", "\\u", "\\alpha",
    "\\alpha ", "\\textless", "\\textgreater{}", "\\textbackslash", "\\textbraceleft", "\\textdollar",
    "\\textasciicircum", "\\emph{", "\\em ", "\\frac", "\\frac{", "\\sqrt{", "\\cite{", "\\begin{equation}",
    "\\end{equation}", "\\begin{", "\\left", "\\not", "\\log", "\\foo", "\\foo{", "\\n", "\\nW", "\\,", "\\ ", "\\-",
    "\\/", "\\_", "\\&", "\\%", "\\#", "\\|", "_", "^", "^{", "_{", "x^2", "C:\\", "C:\\Users\\a", "\\\\server\\x",
    "{DNA}", "{1, 2}", "{x}", "{E}n", "~5%", "Fig.~3", "Vec<String>", "<0.5", "<a@b.org>", "<none>", "<none/>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Exported text is unchanged when it is read again; and words are never lost altogether.
    #[test]
    fn reading_is_idempotent(pieces in collection::vec(sample::select(PIECES), 0..14)) {
        let text = pieces.concat();
        for read in [readable, name] {
            let once = read(&text);
            prop_assert_eq!(read(&once), once.clone(), "{}", text);
            prop_assert!(once.chars().all(|c| !c.is_control()), "{}", text);
            prop_assert!(!once.contains("  ") && once.trim() == once, "{}", text);
        }
        let is_wordy = text.contains(char::is_alphanumeric) && !text.contains(['<', '&', '\\']);
        prop_assert!(!is_wordy || readable(&text).contains(char::is_alphanumeric), "{}", text);
    }

    #[test]
    fn any_string_can_be_read(text in "\\PC{0,60}|[\\x00-\\x{ff}]{0,60}|[<>&\\\\{}$~a-c;#_^` ]{0,40}") {
        for read in [readable, name] {
            let once = read(&text);
            prop_assert_eq!(read(&once), once);
        }
    }
}
