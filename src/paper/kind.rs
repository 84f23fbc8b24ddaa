//! Kinds of publications.

use serde::{Deserialize, Serialize};

/// The kind of a publication. Of several that a source gives, the last in this order is the most specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicationType {
    /// In a journal.
    Article,
    /// Not peer-reviewed yet.
    Preprint,
    /// In the proceedings of a conference.
    ConferencePaper,
    /// A whole book.
    Book,
    /// A part of a book.
    Chapter,
    /// A dissertation of any degree.
    Thesis,
    /// Of an institution, or a standard.
    Report,
    /// Data.
    Dataset,
    /// A program.
    Software,
    /// A comment or letter of an editor.
    Editorial,
    /// An article that surveys others.
    Review,
    /// Withdrawn after its publication.
    Retracted,
}

impl PublicationType {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Article,
        Self::Preprint,
        Self::ConferencePaper,
        Self::Book,
        Self::Chapter,
        Self::Thesis,
        Self::Report,
        Self::Dataset,
        Self::Software,
        Self::Editorial,
        Self::Review,
        Self::Retracted,
    ];

    /// The name in JSON, in a filter and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Preprint => "preprint",
            Self::ConferencePaper => "conference-paper",
            Self::Book => "book",
            Self::Chapter => "chapter",
            Self::Thesis => "thesis",
            Self::Report => "report",
            Self::Dataset => "dataset",
            Self::Software => "software",
            Self::Editorial => "editorial",
            Self::Review => "review",
            Self::Retracted => "retracted",
        }
    }

    /// Reads a kind as any of the supported formats writes it; `None` for one that says nothing, such as `misc`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let name: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Some(match name.as_str() {
            "article" | "articlejournal" | "journalarticle" | "jour" | "jfull" | "mgzn" | "journal"
            | "magazinearticle" | "journalarticles" | "originalarticle" | "researcharticle" | "periodicalarticle"
            | "journalpaper" => Self::Article,
            "preprint"
            | "postedcontent"
            | "unpb"
            | "unpublished"
            | "eprint"
            | "workingpaper"
            | "arxivpreprint"
            | "informalandotherpublications" => Self::Preprint,
            "inproceedings"
            | "conferenceandworkshoppapers"
            | "conference"
            | "conferencepaper"
            | "conferenceproceedings"
            | "proceedingsarticle"
            | "proceedingspaper"
            | "paperconference"
            | "conf"
            | "cpaper"
            | "congress" => Self::ConferencePaper,
            "book" | "mvbook" | "monograph" | "editedbook" | "collection" | "ebook" | "proceedings"
            | "booksandtheses" => Self::Book,
            "incollection"
            | "inbook"
            | "chap"
            | "chapter"
            | "bookchapter"
            | "booksection"
            | "bookpart"
            | "partsinbooksorcollections"
            | "echap"
            | "suppbook" => Self::Chapter,
            "phdthesis" | "mastersthesis" | "thesis" | "thes" | "dissertation" | "bathesis" => Self::Thesis,
            "techreport" | "report" | "rprt" | "technicalreport" | "standard" | "stand" => Self::Report,
            "dataset" | "data" | "datapaper" => Self::Dataset,
            "software" | "computerprogram" | "comp" => Self::Software,
            "editorial" | "letter" | "lettersandcomments" | "comment" | "editorialmaterial" => Self::Editorial,
            "review" | "reviewarticle" | "systematicreview" | "metaanalysis" | "survey" => Self::Review,
            "retracted" | "retractedpublication" | "retractedarticle" => Self::Retracted,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name() {
        for kind in PublicationType::ALL {
            assert_eq!(PublicationType::read(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(PublicationType::read("Journal Article"), Some(PublicationType::Article));
        assert_eq!(PublicationType::read("misc"), None);
    }
}
