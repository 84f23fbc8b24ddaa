//! Keeps the results of tools below the limit of assistants.
//!
//! Assistants refuse or cut results of more than 25,000 tokens. Tokenizers differ, so tokens are estimated: 3.5 ASCII characters, or
//! two thirds of another one. Text and structured content count together, because a client may pass on both.

use serde::Serialize;

/// Maximum number of tokens of a result, by the estimate.
pub(super) const MOST_TOKENS: usize = 24_000;

/// An upper estimate of the number of tokens of a text.
pub(super) fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    (2 * ascii + 6 * others * 7 / 4) / 7
}

/// As [`tokens`], of a value as JSON.
pub(super) fn tokens_of(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |json| tokens(&json))
}

/// The number of first items whose tokens together are at most `budget`, and these tokens.
pub(super) fn fitting(tokens: impl IntoIterator<Item = usize>, budget: usize) -> (usize, usize) {
    let (mut count, mut sum) = (0, 0);
    for tokens in tokens {
        if sum + tokens > budget {
            break;
        }
        sum += tokens;
        count += 1;
    }
    (count, sum)
}

/// The beginning of a text that has at most `budget` tokens, with `…` if it is not all of it.
pub(super) fn beginning(text: &str, budget: usize) -> String {
    if tokens(text) <= budget {
        return text.to_owned();
    }
    let mut end = 0;
    let mut used = 0.0;
    #[allow(clippy::cast_precision_loss)] // far below 2^24
    for (place, c) in text.char_indices() {
        used += if c.is_ascii() { 2.0 / 7.0 } else { 1.5 };
        if used + 1.0 > budget as f32 {
            break;
        }
        end = place + c.len_utf8();
    }
    format!("{}…", text[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_estimated_by_characters() {
        assert_eq!((tokens(""), tokens("abcdefg"), tokens(&"é".repeat(100))), (0, 2, 150));
        assert_eq!(tokens_of(&["abc"]), 2);
    }

    #[test]
    fn the_first_items_that_fit_are_counted() {
        assert_eq!(fitting([3, 3, 3], 6), (2, 6));
        assert_eq!(fitting([7, 1], 6), (0, 0));
        assert_eq!(fitting([], 6), (0, 0));
    }

    #[test]
    fn a_beginning_has_at_most_the_tokens_of_its_budget() {
        assert_eq!(beginning("short", 10), "short");
        for text in ["word ".repeat(1_000), "語".repeat(1_000), "aé".repeat(500)] {
            for budget in [2, 10, 100] {
                let cut = beginning(&text, budget);
                assert!(cut.ends_with('…') && tokens(&cut) <= budget + 1, "{budget}: {cut}");
                assert!(tokens(&cut) + 4 > budget, "{budget}: {cut}");
            }
        }
    }
}
