//! Suggests names of authors and venues while they are typed.

use std::collections::HashMap;

use super::FullText;
use super::names::{END, Named, begins};
use super::words::placed;

/// Number of papers of a name that is looked at first.
const FREQUENT: usize = 3;

impl FullText {
    /// The names with words that begin as those typed, each with the number of its papers: the most frequent first, at most
    /// `most`. Nothing for a single letter alone.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn suggest(&self, named: Named, typed: &str, most: usize) -> tantivy::Result<Vec<(String, usize)>> {
        let beginnings: Vec<String> = placed(typed).into_iter().map(|word| word.whole).collect();
        // The longest beginning has the fewest entries.
        let Some(longest) =
            beginnings.iter().max_by_key(|word| word.len()).filter(|word| word.len() > 1 || beginnings.len() > 1)
        else {
            return Ok(Vec::new());
        };
        let prefix = format!("{}{longest}", named.mark());
        let mut found = HashMap::new();
        // Most names are of one paper: these are looked at only if there are few others.
        for least in [FREQUENT, 1] {
            found = self.with_prefix(&prefix, &beginnings, least)?;
            if found.len() >= most {
                break;
            }
        }
        let mut found: Vec<(String, usize)> = found.into_iter().collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found.truncate(most);
        Ok(found)
    }

    /// The names of the entries with a prefix that have at least `least` papers in some part of the index, with their numbers of
    /// papers.
    fn with_prefix(
        &self,
        prefix: &str,
        beginnings: &[String],
        least: usize,
    ) -> tantivy::Result<HashMap<String, usize>> {
        let mut of_entries: HashMap<String, usize> = HashMap::new();
        self.for_each_term(prefix, |term, papers| {
            if papers < least {
                return;
            }
            match of_entries.get_mut(term) {
                Some(sum) => *sum += papers,
                None => {
                    of_entries.insert(term.to_owned(), papers);
                }
            }
        })?;
        let mut found: HashMap<String, usize> = HashMap::new();
        for (term, papers) in of_entries {
            if let Some((_, name)) = term.split_once(END)
                && (beginnings.len() == 1 || begins(name, beginnings))
            {
                // A name with two such words has two entries with the same papers.
                let most = found.entry(name.to_owned()).or_default();
                *most = papers.max(*most);
            }
        }
        Ok(found)
    }
}
