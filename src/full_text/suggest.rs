//! Suggests names of authors and venues while they are typed.

use std::collections::HashMap;

use super::FullText;
use super::names::{END, Named, begins};
use super::words::placed;

impl FullText {
    /// The names with words that begin as those typed, each with the number of its papers: the most frequent first, at most
    /// `most`. Nothing for a single letter.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn suggest(&self, named: Named, typed: &str, most: usize) -> tantivy::Result<Vec<(String, usize)>> {
        let beginnings: Vec<String> = placed(typed).into_iter().map(|word| word.whole).collect();
        // The longest beginning has the fewest entries.
        let Some(longest) = beginnings.iter().max_by_key(|word| word.len()).filter(|word| word.len() > 1) else {
            return Ok(Vec::new());
        };
        let mut found: HashMap<String, HashMap<String, usize>> = HashMap::new();
        self.for_each_term(&format!("{}{longest}", named.mark()), |term, papers| {
            if let Some((word, name)) = term.split_once(END)
                && (beginnings.len() == 1 || begins(name, &beginnings))
            {
                // A name with two such words has two entries with the same papers.
                let of_word = match found.get_mut(name) {
                    Some(of_word) => of_word,
                    None => found.entry(name.to_owned()).or_default(),
                };
                *of_word.entry(word.to_owned()).or_default() += papers;
            }
        })?;
        let papers =
            |(name, of_word): (String, HashMap<String, usize>)| (name, of_word.into_values().max().unwrap_or(0));
        let mut found: Vec<(String, usize)> = found.into_iter().map(papers).collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found.truncate(most);
        Ok(found)
    }
}
