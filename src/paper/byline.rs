//! The byline of a paper: its authors in one line.

use super::Paper;

impl Paper {
    /// The authors: up to `most` names and the number of others, or the organisation, or the number of authors.
    #[must_use]
    pub fn byline(&self, most: usize) -> Option<String> {
        byline(&self.authors, self.author_count, self.organisation.as_deref(), most)
    }
}

/// See [`Paper::byline`].
#[must_use]
pub fn byline(authors: &[String], count: Option<u32>, organisation: Option<&str>, most: usize) -> Option<String> {
    let total = count.map_or(authors.len(), |count| authors.len().max(count as usize));
    if authors.is_empty() {
        return organisation.map(str::to_owned).or_else(|| match total {
            0 => None,
            1 => Some("1 author".to_owned()),
            _ => Some(format!("{total} authors")),
        });
    }
    let named = authors.len().min(most);
    let mut line = authors[..named].join(", ");
    if total > named {
        line.push_str(&format!(" and {} more", total - named));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::byline;

    #[test]
    fn byline_has_names_or_a_count_or_is_absent() {
        let names = ["A".to_owned(), "B".to_owned(), "C".to_owned()];
        assert_eq!(byline(&names, None, None, 3).unwrap(), "A, B, C");
        assert_eq!(byline(&names, None, None, 2).unwrap(), "A, B and 1 more");
        assert_eq!(byline(&names, Some(30), None, 2).unwrap(), "A, B and 28 more");
        assert_eq!(byline(&[], Some(1), None, 2).unwrap(), "1 author");
        assert_eq!(byline(&[], Some(5), None, 2).unwrap(), "5 authors");
        assert_eq!(byline(&[], None, Some("ACME"), 2).unwrap(), "ACME");
        assert_eq!(byline(&[], None, None, 2), None);
    }
}
