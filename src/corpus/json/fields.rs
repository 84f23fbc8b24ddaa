//! Maps names of members to fields; [`NAMES`] has the names.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::vocabulary::NAMES;

/// A field, in the order in which fields are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Title,
    Subtitle,
    Abstract,
    InvertedAbstract,
    Id,
    Doi,
    Arxiv,
    Pubmed,
    PubmedCentral,
    OpenAlex,
    SemanticScholar,
    CorpusId,
    Acl,
    Dblp,
    OwnKey,
    Ids,
    Note,
    ParsedAuthors,
    Authors,
    AuthorCount,
    Organisation,
    PrimaryCategory,
    Categories,
    Concepts,
    Keywords,
    Versions,
    Date,
    Year,
    Month,
    Day,
    LateDate,
    Venue,
    Location,
    Volume,
    Issue,
    Number,
    Pages,
    FirstPage,
    LastPage,
    ArticleNumber,
    Biblio,
    Publisher,
    Language,
    Kind,
    Retracted,
    Citations,
    Url,
    OpenAccess,
    Comments,
    /// Known but ignored, although its name looks like that of a field.
    Unused,
}

/// The field of each name, and the rank of the name among those of its field.
static FIELDS: LazyLock<HashMap<&'static str, (Field, usize)>> = LazyLock::new(|| {
    let names =
        NAMES.iter().flat_map(|(field, names)| (0..).zip(*names).map(move |(rank, name)| (*name, (*field, rank))));
    names.collect()
});

/// The field of a member, and the rank of its name: the lower, the better.
pub(super) fn field(name: &str) -> Option<(Field, usize)> {
    /// The types of values that Solr's names end with: HAL writes `title_s` and `producedDateY_i`.
    const TYPES: [&str; 6] = ["_s", "_i", "_t", "_ss", "_txt", "_tdate"];
    if let Some(field) = FIELDS.get(name) {
        return Some(*field);
    }
    let name = TYPES.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    FIELDS.get(normal(name).as_str()).copied()
}

/// A name in lower case without punctuation.
pub(super) fn normal(name: &str) -> String {
    let mut normal = name.to_ascii_lowercase();
    normal.retain(|c| c.is_ascii_alphanumeric() || !c.is_ascii());
    normal
}

/// Whether a name looks like that of a field that papers have, although it is not known.
pub(super) fn looks_like_field(name: &str) -> bool {
    const PARTS: [&str; 11] =
        ["abstract", "summary", "date", "year", "doi", "pmid", "author", "creator", "title", "journal", "venue"];
    // Words with a date in them that mean none.
    let normal = normal(name).replace("update", "").replace("candidate", "").replace("validate", "");
    PARTS.iter().any(|part| normal.contains(part)) || words(name).any(|word| word.eq_ignore_ascii_case("id"))
}

/// The words of a name: `paper_id`, `paper id` and `paperId` have two.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(|part| {
        let humps =
            part.char_indices().zip(part.chars().skip(1)).filter(|((_, a), b)| a.is_lowercase() && b.is_uppercase());
        let mut places: Vec<usize> = humps.map(|((place, a), _)| place + a.len_utf8()).collect();
        places.push(part.len());
        let mut start = 0;
        places.into_iter().map(move |end| &part[std::mem::replace(&mut start, end)..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use Field as F;

    #[test]
    fn each_name_means_one_field() {
        let mut names: Vec<&str> =
            NAMES.iter().filter(|(field, _)| *field != F::Unused).flat_map(|(_, names)| *names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            assert_eq!(normal(name), name);
            assert_ne!(field(name).unwrap().0, F::Unused, "{name}");
        }
    }

    #[test]
    fn names_are_compared_without_case_and_punctuation() {
        for name in ["published-online", "publishedOnline", "Published Online", "published_online"] {
            assert_eq!(field(name).unwrap().0, F::Date, "{name}");
        }
        assert_eq!(field("dc:title").unwrap().0, F::Title);
        assert_eq!(field("@id").unwrap().0, F::Id);
        assert_eq!(field("video"), None);
    }

    #[test]
    fn unknown_names_that_look_like_fields_are_told_apart() {
        for name in
            ["abstract_de", "Title (English)", "paper id", "sampleId", "id_number", "reviewDate", "first_author_name"]
        {
            assert!(looks_like_field(name), "{name}");
        }
        for name in ["video", "grid", "idea", "score", "width", "identical", "update-policy"] {
            assert!(!looks_like_field(name), "{name}");
        }
    }
}
