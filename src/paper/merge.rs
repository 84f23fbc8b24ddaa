//! One paper from several sources: when are two records of the same paper, and what does the merged paper say?

use std::collections::HashSet;

use super::{IdKind, Name, Paper, PaperId, PublicationType};
use crate::store::folded;

/// Most years between a preprint and its publication that still count as one paper with the same title.
const MOST_YEARS: u16 = 2;

/// Prefixes of the DOIs of preprints (bioRxiv, SSRN, Research Square, ChemRxiv, PsyArXiv, OSF, Preprints.org, TechRxiv): the published
/// paper has another DOI.
const PREPRINT_DOIS: [&str; 9] =
    ["10.1101/", "10.2139/", "10.21203/", "10.26434/", "10.31234/", "10.31219/", "10.20944/", "10.36227/", "10.48550/"];

impl Paper {
    /// All ids, the paper's own first.
    pub fn all_ids(&self) -> impl Iterator<Item = &PaperId> {
        std::iter::once(&self.id).chain(&self.ids)
    }

    /// Whether two papers with the same title may be one: neither ids of one scheme nor authors nor years contradict. If their
    /// first authors differ or are not known, they must be of one year.
    #[must_use]
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let most_years = if first_authors(self, other) == Some(true) { MOST_YEARS } else { 0 };
        years_fit(self, other, most_years)
            && authors_fit(self, other)
            && ids_fit(self, other)
            && issues_fit(self, other)
            && books_fit(self, other)
    }

    /// Whether two papers are different although they have an id in common, which is wrong in one of them: their titles differ, and
    /// so do their authors, or they are chapters of one book, or the titles have little in common and something else contradicts.
    #[must_use]
    pub(crate) fn is_plainly_other(&self, other: &Self) -> bool {
        if PaperId::of_title(&self.title) == PaperId::of_title(&other.title) {
            return false;
        }
        let are_chapters = [self, other].iter().all(|paper| paper.kind == Some(PublicationType::Chapter));
        let contradicts = || {
            first_authors(self, other) == Some(false) || !ids_fit(self, other) || !years_fit(self, other, MOST_YEARS)
        };
        are_chapters || !authors_fit(self, other) || !titles_are_alike(self, other) && contradicts()
    }

    /// Merges another record of this paper into it. The order decides only where both are equally good: then this one counts. The
    /// result has the id and title of this one.
    #[must_use]
    pub(crate) fn merged_with(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for id in other.all_ids() {
            if *id != merged.id && !merged.ids.contains(id) {
                merged.ids.push(id.clone());
            }
        }
        merged.ids.sort_by_key(PaperId::kind);
        if other.abstract_text.len() > self.abstract_text.len() {
            merged.abstract_text.clone_from(&other.abstract_text);
        }
        if fullness(&other.authors) > fullness(&self.authors) {
            merged.authors.clone_from(&other.authors);
        }
        merged.author_count =
            self.author_count.max(other.author_count).filter(|count| *count as usize > merged.authors.len());
        add_missing(&mut merged.categories, &other.categories);
        add_missing(&mut merged.keywords, &other.keywords);
        merged.published = match (self.published, other.published) {
            (Some(one), Some(two)) if two.precision() > one.precision() => Some(two),
            (one, two) => one.or(two),
        };
        // Volume and pages belong to their journal.
        let published = if is_published(other) && !is_published(self) { other } else { self };
        merged.venue.clone_from(&published.venue);
        merged.volume.clone_from(&published.volume);
        merged.number.clone_from(&published.number);
        merged.pages.clone_from(&published.pages);
        merged.publisher.clone_from(&published.publisher);
        if self.venue == other.venue || published.venue.is_none() {
            fill(&mut merged.venue, other.venue.as_ref());
            fill(&mut merged.volume, other.volume.as_ref());
            fill(&mut merged.number, other.number.as_ref());
            fill(&mut merged.pages, other.pages.as_ref());
            fill(&mut merged.publisher, other.publisher.as_ref());
        }
        merged.kind = match (self.kind, other.kind) {
            (Some(PublicationType::Preprint), Some(better)) => Some(better),
            (_, Some(PublicationType::Retracted)) => Some(PublicationType::Retracted),
            (one, two) => one.or(two),
        };
        fill(&mut merged.organisation, other.organisation.as_ref());
        fill(&mut merged.language, other.language.as_ref());
        fill(&mut merged.url, other.url.as_ref());
        fill(&mut merged.open_access, other.open_access.as_ref());
        merged.citations = self.citations.max(other.citations);
        merged.comments = self.comments.max(other.comments);
        merged
    }
}

impl Paper {
    /// This paper after a correction by the same source: its values, and where it has none, those of before.
    #[must_use]
    pub(crate) fn corrected_by(&self, new: &Self) -> Self {
        let mut corrected = new.clone();
        corrected.id = self.id.clone();
        corrected.ids.clone_from(&self.ids);
        for id in new.all_ids() {
            if *id != corrected.id && !corrected.ids.contains(id) && id.kind() != IdKind::Title {
                corrected.ids.push(id.clone());
            }
        }
        corrected.ids.sort_by_key(PaperId::kind);
        if new.abstract_text.is_empty() {
            corrected.abstract_text.clone_from(&self.abstract_text);
        }
        for (list, before) in [
            (&mut corrected.authors, &self.authors),
            (&mut corrected.categories, &self.categories),
            (&mut corrected.keywords, &self.keywords),
        ] {
            if list.is_empty() {
                list.clone_from(before);
            }
        }
        for (field, before) in [
            (&mut corrected.organisation, &self.organisation),
            (&mut corrected.venue, &self.venue),
            (&mut corrected.volume, &self.volume),
            (&mut corrected.number, &self.number),
            (&mut corrected.pages, &self.pages),
            (&mut corrected.publisher, &self.publisher),
            (&mut corrected.language, &self.language),
            (&mut corrected.url, &self.url),
            (&mut corrected.open_access, &self.open_access),
        ] {
            fill(field, before.as_ref());
        }
        corrected.author_count = new.author_count.or(self.author_count);
        corrected.published = new.published.or(self.published);
        corrected.kind = new.kind.or(self.kind);
        corrected.citations = new.citations.or(self.citations);
        corrected.comments = new.comments.or(self.comments);
        corrected
    }
}

fn fill(field: &mut Option<String>, other: Option<&String>) {
    if field.is_none() {
        *field = other.cloned();
    }
}

fn add_missing(values: &mut Vec<String>, others: &[String]) {
    let known: HashSet<String> = values.iter().map(|value| value.to_lowercase()).collect();
    values.extend(others.iter().filter(|value| !known.contains(&value.to_lowercase())).cloned());
}

/// More names are better, then longer ones: `Ada Smith` says more than `A. Smith`.
fn fullness(authors: &[String]) -> (usize, usize) {
    (authors.len(), authors.iter().map(|name| name.chars().filter(|c| c.is_alphabetic()).count()).sum())
}

/// Whether a record names a journal, a conference or a book.
fn is_published(paper: &Paper) -> bool {
    paper.venue.as_deref().is_some_and(|venue| {
        let venue = venue.to_lowercase();
        !venue.contains("arxiv") && venue != "corr" && !venue.contains("biorxiv") && !venue.contains("medrxiv")
    })
}

/// Whether at most this number of years is between both, or the year of one is not known.
fn years_fit(one: &Paper, other: &Paper, most: u16) -> bool {
    match (one.published, other.published) {
        (Some(one), Some(two)) => one.year().abs_diff(two.year()) <= most,
        _ => true,
    }
}

/// Whether one of the authors has the same family name in both, or one of the papers names none.
fn authors_fit(one: &Paper, other: &Paper) -> bool {
    let families = |paper: &Paper| -> HashSet<String> { paper.authors.iter().map(|name| family(name)).collect() };
    one.authors.is_empty() || other.authors.is_empty() || !families(one).is_disjoint(&families(other))
}

/// Whether the first authors have the same family name; `None` if one of the papers names no authors.
fn first_authors(one: &Paper, other: &Paper) -> Option<bool> {
    Some(family(one.authors.first()?) == family(other.authors.first()?))
}

/// The family name, in lower case and without accents.
fn family(name: &str) -> String {
    match Name::of(name) {
        Name::Person { family, .. } => folded(&family),
        Name::Literal(name) => folded(&name),
    }
}

/// Whether both titles have more words in common than not.
fn titles_are_alike(one: &Paper, other: &Paper) -> bool {
    let (one, other) = (folded(&one.title), folded(&other.title));
    let words = |title: &str| -> HashSet<String> {
        title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (one, other) = (words(&one), words(&other));
    2 * one.intersection(&other).count() >= one.len().min(other.len())
}

/// Whether neither is a whole book, or the other may be the same one: no chapter, no paper with another first author, and no
/// other volume.
fn books_fit(one: &Paper, other: &Paper) -> bool {
    use PublicationType::{Book, Chapter};
    let volumes_fit = || one.volume.is_none() || other.volume.is_none() || one.volume == other.volume;
    match (one.kind, other.kind) {
        (Some(Book), Some(Book)) => volumes_fit(),
        (Some(Book), Some(Chapter)) | (Some(Chapter), Some(Book)) => false,
        (Some(Book), Some(_)) | (Some(_), Some(Book)) => first_authors(one, other) != Some(false),
        _ => true,
    }
}

/// Whether volume and first page do not tell two papers of one journal apart, such as its editorials; and whether papers in
/// different journals have authors that agree.
fn issues_fit(one: &Paper, other: &Paper) -> bool {
    if !is_published(one) || !is_published(other) {
        return true;
    }
    let name = |paper: &Paper| paper.venue.as_deref().map(folded);
    if name(one) != name(other) {
        return !one.authors.is_empty() && !other.authors.is_empty();
    }
    let differ = |one: Option<&str>, other: Option<&str>| one.is_some() && other.is_some() && one != other;
    let first_page =
        |paper: &Paper| paper.pages.as_deref().and_then(|pages| pages.split('-').next()).map(str::to_owned);
    !differ(one.volume.as_deref(), other.volume.as_deref())
        && !differ(first_page(one).as_deref(), first_page(other).as_deref())
}

/// Whether no scheme has an id of each that differ. A preprint's DOI differs from that of the published paper.
fn ids_fit(one: &Paper, other: &Paper) -> bool {
    let is_preprint = |id: &PaperId| PREPRINT_DOIS.iter().any(|prefix| id.as_str().starts_with(prefix));
    let contradicts = |id: &PaperId| {
        matches!(id.kind(), IdKind::Arxiv | IdKind::Doi | IdKind::Pubmed | IdKind::PubmedCentral | IdKind::Acl)
            && !is_preprint(id)
            && other.all_ids().any(|theirs| theirs.kind() == id.kind() && !is_preprint(theirs))
            && !other.all_ids().any(|theirs| theirs == id)
    };
    !one.all_ids().any(contradicts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PublicationDate;

    fn paper(id: &str, authors: &[&str], date: &str) -> Paper {
        let mut paper = Paper::new(PaperId::parse(id).unwrap(), "Editorial".into(), String::new());
        paper.authors = authors.iter().map(|name| (*name).to_owned()).collect();
        paper.published = PublicationDate::parse(date);
        paper
    }

    #[test]
    fn equal_titles_are_one_paper_unless_something_contradicts() {
        let title = PaperId::of_title("Editorial");
        let one = paper(title.as_str(), &["Ada Smith"], "2001");
        assert!(!one.may_be(&paper(title.as_str(), &["Bo Lee"], "2009")));
        assert!(!one.may_be(&paper(title.as_str(), &["Ada Smith"], "2009")));
        assert!(one.may_be(&paper(title.as_str(), &["Smith, A."], "2002-04")));
        assert!(one.may_be(&paper("2001.00001", &[], "")));
        let with_doi = paper("10.1234/a", &["Ada Smith"], "2001");
        assert!(!with_doi.may_be(&paper("10.1234/b", &["Ada Smith"], "2001")));
        assert!(with_doi.may_be(&paper("10.1101/b", &["Ada Smith"], "2001")));
        assert!(with_doi.may_be(&paper("2001.00001", &["Ada Smith"], "2001")));
        // Editorials of one journal.
        let [mut one, mut two] =
            [paper(title.as_str(), &["Ada Smith"], "2010"), paper(title.as_str(), &["Ada Smith"], "2011")];
        (one.venue, two.venue) = (Some("J. Fish".to_owned()), Some("J. Fish".to_owned()));
        assert!(one.may_be(&two));
        (one.volume, two.volume) = (Some("10".to_owned()), Some("11".to_owned()));
        assert!(!one.may_be(&two));
    }

    #[test]
    fn books_and_papers_with_one_title_and_one_author_are_several() {
        let title = PaperId::of_title("Editorial");
        let article = paper(title.as_str(), &["Ada Smith", "Bo Lee"], "2015");
        // The first author is another one, and so is the year.
        assert!(!article.may_be(&paper(title.as_str(), &["Cy Poe", "Bo Lee"], "2016")));
        assert!(article.may_be(&paper(title.as_str(), &["Bo Lee", "Ada Smith"], "2015")));
        // No author is known.
        let [one, two] = ["2007", "2008"].map(|year| paper(title.as_str(), &[], year));
        assert!(!one.may_be(&two) && one.may_be(&one));
        assert!(!article.may_be(&paper(title.as_str(), &[], "2016")));
        let of = |kind, volume: Option<&str>| {
            let mut of = article.clone();
            (of.kind, of.volume) = (Some(kind), volume.map(str::to_owned));
            of
        };
        let book = of(PublicationType::Book, Some("1"));
        assert!(!book.may_be(&of(PublicationType::Book, Some("2"))));
        assert!(book.may_be(&of(PublicationType::Book, None)));
        assert!(!book.may_be(&of(PublicationType::Chapter, None)));
        assert!(book.may_be(&of(PublicationType::Article, None)));
    }

    #[test]
    fn an_id_in_common_does_not_make_two_plainly_different_papers_one() {
        let mut one = paper("10.1234/a", &["Ann Chin", "Hu Li"], "2007");
        let mut two = paper("10.1234/b", &["Hu Li", "Ann Chin"], "2006");
        one.title = "Photoluminescence of GaN nanowires".into();
        two.title = "Direction-dependent homoepitaxial growth".into();
        assert!(one.is_plainly_other(&two));
        // A translated title, and a corrected one.
        two = Paper { title: "Photolumineszenz von Nanodrähten".into(), ..one.clone() };
        assert!(!one.is_plainly_other(&two));
        two = Paper { title: "Photoluminescence of GaN wires".into(), ..two };
        two.authors.reverse();
        assert!(!one.is_plainly_other(&two));
    }

    #[test]
    fn fuller_values_are_kept_and_ids_united() {
        let mut preprint = paper("2001.00001", &["A. Smith", "B. Lee"], "2020-01-02");
        preprint.abstract_text = "We count fish.".into();
        preprint.kind = Some(PublicationType::Preprint);
        preprint.venue = Some("arXiv".into());
        let mut article = paper("10.1234/a", &["Ada Smith", "Bo Lee"], "2021");
        article.ids = vec![PaperId::parse("pmid:7").unwrap()];
        article.abstract_text = "Fish.".into();
        article.kind = Some(PublicationType::Article);
        article.venue = Some("Fish and Fisheries".into());
        article.volume = Some("3".into());
        article.citations = Some(5);
        let merged = preprint.merged_with(&article);
        assert_eq!(merged.id, preprint.id);
        assert_eq!(merged.ids, [article.id.clone(), article.ids[0].clone()]);
        assert_eq!(merged.abstract_text, "We count fish.");
        assert_eq!(merged.authors, article.authors);
        assert_eq!(merged.published, preprint.published);
        assert_eq!((merged.venue, merged.volume), (article.venue.clone(), article.volume.clone()));
        assert_eq!((merged.kind, merged.citations), (Some(PublicationType::Article), Some(5)));
        // Merging again changes nothing.
        let merged = preprint.merged_with(&article);
        assert_eq!(merged.merged_with(&article), merged);
        assert_eq!(merged.merged_with(&preprint), merged);
    }
}
