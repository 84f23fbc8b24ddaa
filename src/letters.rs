//! Letters that are written for one another: those of Arabic and Persian keyboards, `ё` and `е`, and the digits of Arabic.
//! Words and names are compared in one of the forms.

use std::cell::RefCell;

use tantivy::tokenizer::{AsciiFoldingFilter, RawTokenizer, TextAnalyzer};
use unicode_normalization::char::is_combining_mark;

/// The line that stretches an Arabic word.
const TATWEEL: char = 'ـ';

thread_local! {
    static FOLD: RefCell<TextAnalyzer> =
        RefCell::new(TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build());
}

/// A composed text in lower case, without accents and vowel signs, and with one form of each letter.
pub(crate) fn without_accents(lower: &str) -> String {
    // Marks that no letter is composed with, as vowel signs of Arabic. Those of Indian and Thai scripts are letters.
    let is_sign = |c: char| is_combining_mark(c) && matches!(c, '\u{300}'..='\u{6ff}');
    FOLD.with_borrow_mut(|fold| {
        let mut tokens = fold.token_stream(lower);
        let folded = tokens.next().map_or(lower, |token| token.text.as_str());
        folded.chars().filter(|c| !is_sign(*c) && *c != TATWEEL).map(usual_letter).collect()
    })
}

fn usual_letter(c: char) -> char {
    match c {
        // The two dots of the Russian letter are often left out.
        'ё' => 'е',
        // As Lucene's `ArabicNormalizer` and `PersianNormalizer`.
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ے' | 'ئ' => 'ي',
        'ؤ' => 'و',
        'ک' => 'ك',
        'ة' | 'ۀ' | 'ە' | 'ہ' => 'ه',
        'ں' => 'ن',
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        _ => c,
    }
}

/// The European digit of the same value.
fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}
