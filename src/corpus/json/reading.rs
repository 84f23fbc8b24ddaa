//! Reads the value of each field into a record. A value of the wrong kind is a loss.

use super::authors::{Authors, authors};
use super::fields::{Field, field};
use super::node::Node;
use super::{abstracts, dates, ids, listed};
use crate::corpus::{Loss, RawDate, RawId, Record};

/// An incomplete record.
#[derive(Default)]
pub(super) struct Reading {
    pub record: Record,
    subtitle: String,
    year: String,
    month: String,
    day: String,
    first_page: String,
    last_page: String,
    article_number: Option<String>,
    /// Dates of modifications.
    late_dates: Vec<RawDate>,
    /// The text of a document of BEIR, which may have no title.
    document: Option<String>,
    /// Whether the id has the name that BEIR gives it.
    is_of_beir: bool,
}

/// The number of ids, dates, categories and losses that are kept, above that of any real record.
const MOST: usize = 100;

impl Reading {
    pub fn lose(&mut self, field: &str, reason: String) {
        if self.record.losses.len() < MOST {
            self.record.losses.push(Loss { field: field.to_owned(), reason });
        }
    }

    fn expected(&mut self, name: &str, expected: &str, node: Node) {
        self.lose(name, format!("expected `{name}` to be {expected}, found {}", node.found()));
    }

    /// A text, possibly in an object or an array.
    fn text(&mut self, name: &str, node: Node) -> Option<String> {
        let text = node.plain().map(Into::into);
        if text.is_none() {
            self.expected(name, "a text", node);
        }
        text
    }

    /// Sets a text, unless a better name of the field had one.
    fn set(&mut self, place: fn(&mut Record) -> &mut Option<String>, name: &str, node: Node) {
        if place(&mut self.record).is_none() {
            *place(&mut self.record) = self.text(name, node);
        }
    }

    /// Sets a text from a member of an object that describes something else too.
    fn set_member(&mut self, place: fn(&mut Record) -> &mut Option<String>, node: Node, names: &[&str]) {
        let value = node.member(names).and_then(Node::plain);
        if let Some(value) = value {
            place(&mut self.record).get_or_insert_with(|| value.into_owned());
        }
    }

    /// A whole number.
    fn count(&mut self, place: fn(&mut Record) -> &mut Option<u32>, name: &str, node: Node) {
        match node.count() {
            Some(count) => {
                place(&mut self.record).get_or_insert(count);
            }
            None => self.expected(name, "a number", node),
        }
    }

    /// Reads the value of a field.
    pub fn read(&mut self, field: Field, name: &str, node: Node) {
        match field {
            Field::Title if self.record.title.is_empty() => {
                self.record.title = self.text(name, node).unwrap_or_default();
            }
            // Crossref has no subtitle for most papers.
            Field::Subtitle => self.subtitle = node.plain().unwrap_or_default().into_owned(),
            Field::Abstract if self.record.abstract_text.is_empty() => match abstracts::text(node) {
                Ok(text) => {
                    self.document = (name == "text").then(|| text.clone());
                    self.record.abstract_text = text;
                }
                Err(expected) => self.expected(name, expected, node),
            },
            Field::InvertedAbstract if self.record.abstract_text.is_empty() => match abstracts::of_inverted_index(node)
            {
                Ok(text) => self.record.abstract_text = text,
                Err(expected) => self.lose(name, format!("expected `{name}` to be {expected}")),
            },
            Field::Id
            | Field::Doi
            | Field::Arxiv
            | Field::Pubmed
            | Field::PubmedCentral
            | Field::OpenAlex
            | Field::SemanticScholar
            | Field::CorpusId
            | Field::Acl
            | Field::Dblp
            | Field::OwnKey => self.id(field, name, node),
            Field::Ids => match ids::several(node) {
                Some(found) => {
                    for id in found {
                        self.add_id(id);
                    }
                }
                None => self.expected(name, "an object with ids", node),
            },
            Field::Note => {
                for id in ids::in_note(&node.string().unwrap_or_default()) {
                    self.add_id(id);
                }
            }
            Field::ParsedAuthors | Field::Authors => self.authors(name, node),
            Field::AuthorCount => self.count(|record| &mut record.author_count, name, node),
            Field::Organisation => {
                self.set_member(|record| &mut record.organisation, node, &["fullname", "name"]);
                self.set(|record| &mut record.organisation, name, node);
            }
            Field::PrimaryCategory => self.primary_category(name, node),
            Field::Categories => self.categories(name, node),
            Field::Concepts => self.concepts(node),
            Field::Keywords => match listed::texts(node, &["tag", "keyword", "display_name"]) {
                Some(texts) => add_new(&mut self.record.keywords, texts),
                None => self.expected(name, "a list of texts", node),
            },
            Field::Versions => self.first_version(node),
            Field::Date => match dates::date(node) {
                // bioRxiv has the DOI of the article in `published`.
                Some(RawDate::Text(text)) if ids::is_doi(&text) => self.add_id(RawId::Doi(text)),
                Some(date) => self.add_date(date),
                // Crossref writes `[[null]]`.
                None if node.member(&["date-parts"]).is_some() => {}
                None => self.expected(name, "a date", node),
            },
            Field::LateDate => self.late_dates.extend(dates::date(node)),
            Field::Year if self.year.is_empty() => match node.scalar() {
                Some(year) => year.trim().clone_into(&mut self.year),
                None => self.expected(name, "a year", node),
            },
            Field::Month => self.month = node.scalar().unwrap_or_default().into_owned(),
            Field::Day => self.day = node.scalar().unwrap_or_default().into_owned(),
            Field::Venue => self.venue(name, node),
            Field::Location => self.location(node),
            Field::Volume => self.set(|record| &mut record.volume, name, node),
            Field::Issue => self.set(|record| &mut record.number, name, node),
            Field::Number => self.number(name, node),
            Field::Pages => self.set(|record| &mut record.pages, name, node),
            Field::FirstPage => self.first_page = node.scalar().unwrap_or_default().into_owned(),
            Field::LastPage => self.last_page = node.scalar().unwrap_or_default().into_owned(),
            Field::ArticleNumber => self.article_number = node.plain().map(Into::into),
            Field::Biblio => self.biblio(node),
            Field::Publisher => self.set(|record| &mut record.publisher, name, node),
            Field::Language => {
                let code = node.member(&["code"]).unwrap_or(node);
                self.set(|record| &mut record.language, name, code);
            }
            Field::Kind => self.kinds(name, node),
            Field::Retracted => self.record.is_retracted |= node.is_true(),
            // A list of the papers that cite this one may be cut; a remark of the authors is not a number of comments.
            Field::Citations if node.is_array() => {}
            Field::Citations => self.count(|record| &mut record.citations, name, node),
            Field::Comments if node.count().is_none() => {}
            Field::Comments => self.count(|record| &mut record.comments, name, node),
            // Crossref lists full texts as `link`: not all are free, and none is the page of the paper.
            Field::Url if !node.is_string() && name.eq_ignore_ascii_case("link") => {}
            Field::Url => self.set(|record| &mut record.url, name, node),
            Field::OpenAccess => self.open_access(node),
            // A better name of the field had a value.
            Field::Title | Field::Abstract | Field::InvertedAbstract | Field::Year | Field::Unused => {}
        }
    }

    fn id(&mut self, field: Field, name: &str, node: Node) {
        self.is_of_beir |= name == "_id";
        // DOAJ lists ids of several schemes in `identifier`.
        let has_schemes = node.elements().is_some_and(|elements| elements.iter().any(|element| element.is_object()));
        if let Some(found) = if field == Field::Id && has_schemes { ids::several(node) } else { None } {
            return found.into_iter().for_each(|id| self.add_id(id));
        }
        let mut texts = vec![node.plain()];
        if let Some(elements) = node.elements() {
            texts = elements.into_iter().map(Node::plain).collect();
        } else if node.is_object() {
            // MongoDB: `{"$oid":"…"}`.
            texts = vec![node.plain().or_else(|| node.member(&["$oid", "id"])?.scalar())];
        }
        if texts.iter().all(Option::is_none) {
            self.expected(name, "a text or a number", node);
        }
        for text in texts.into_iter().flatten() {
            let text = text.trim().to_owned();
            self.add_id(match field {
                Field::Id => ids::paper_id(name, text),
                scheme => ids::of_scheme(scheme, text),
            });
        }
    }

    fn add_id(&mut self, id: RawId) {
        if self.record.ids.len() < MOST && !self.record.ids.contains(&id) {
            self.record.ids.push(id);
        }
    }

    fn add_date(&mut self, date: RawDate) {
        if self.record.dates.len() < MOST && !self.record.dates.contains(&date) {
            self.record.dates.push(date);
        }
    }

    fn authors(&mut self, name: &str, node: Node) {
        if !self.record.authors.is_empty() {
            return;
        }
        let Authors { names, wrong } = authors(node);
        for (place, reason) in wrong {
            let place = place.map_or_else(String::new, |place| format!("[{place}]"));
            self.lose(name, format!("`{name}{place}` {reason}"));
        }
        self.record.authors = names;
    }

    /// arXiv's primary category, or the primary topic of OpenAlex with its field and subfield.
    fn primary_category(&mut self, name: &str, node: Node) {
        if let (Some(field), subfield) = (node.member(&["field"]), node.member(&["subfield"])) {
            let names = [Some(field), subfield].into_iter().flatten().filter_map(Node::plain).map(Into::into);
            let names = names.collect();
            add_new(&mut self.record.categories, names);
        } else if let Some(category) = node.plain().or_else(|| node.member(&["@term", "term"])?.plain()) {
            add_new(&mut self.record.categories, vec![category.into_owned()]);
        } else {
            self.expected(name, "a text", node);
        }
    }

    fn categories(&mut self, name: &str, node: Node) {
        let Some(texts) = listed::texts(node, &["category", "subject", "term", "@term"]) else {
            return self.expected(name, "a list of texts", node);
        };
        add_new(&mut self.record.categories, texts);
    }

    /// The concepts of OpenAlex at the top of its tree, in place of a topic.
    fn concepts(&mut self, node: Node) {
        if !self.record.categories.is_empty() {
            return;
        }
        let is_top = |concept: &Node| concept.member(&["level"]).and_then(Node::count) == Some(0);
        let tops = node.elements().unwrap_or_default().into_iter().filter(is_top);
        let names = tops.filter_map(|top| Some(top.member(&["display_name"])?.plain()?.into_owned())).collect();
        add_new(&mut self.record.categories, names);
    }

    /// The day on which the first version of an arXiv paper was submitted.
    fn first_version(&mut self, node: Node) {
        let first = node.elements().and_then(|versions| versions.first().copied());
        let created = first.and_then(|first| first.member(&["created"])).and_then(dates::date);
        if let Some(created) = created {
            self.add_date(created);
        }
    }

    /// A name, or an object with the name of the journal and the place in it; of several such objects, the first.
    fn venue(&mut self, name: &str, node: Node) {
        let first = node.elements().and_then(|elements| elements.first().copied());
        let node = first.filter(|first| first.is_object()).unwrap_or(node);
        if node.is_object() {
            self.set_member(|record| &mut record.volume, node, &["volume", "journalVolume", "vol"]);
            self.set_member(|record| &mut record.number, node, &["issue", "journalIssue", "number", "iss"]);
            let pages = node.member(&["pages"]);
            self.set_member(|record| &mut record.pages, pages.unwrap_or(node), &["range", "pages"]);
            self.set_member(|record| &mut record.pages, node, &["pages"]);
            self.set_member(|record| &mut record.publisher, node, &["publisher"]);
            self.set_pages(node, ["pageStart", "sp"], ["pageEnd", "ep"]);
            self.set_year(node);
            if let Some(journal) = node.member(&["journal", "title", "name", "journalTitle", "sourceTitle"]) {
                return self.set(|record| &mut record.venue, name, journal);
            }
        }
        // `source` is a journal if it is described, and the name of a database or a program if it is a text.
        if !name.eq_ignore_ascii_case("source") && !name.eq_ignore_ascii_case("publication_info") {
            self.set(|record| &mut record.venue, name, node);
        }
    }

    fn set_pages(&mut self, node: Node, first: [&str; 2], last: [&str; 2]) {
        let page = |names: [&str; 2]| node.member(&names).and_then(Node::plain).unwrap_or_default().into_owned();
        if self.first_page.is_empty() {
            (self.first_page, self.last_page) = (page(first), page(last));
        }
    }

    /// The year and the month of publication that are beside the name of the journal.
    fn set_year(&mut self, node: Node) {
        let part = |names: &[&str]| node.member(names).and_then(Node::scalar).unwrap_or_default().into_owned();
        if self.year.is_empty() {
            (self.year, self.month) = (part(&["publishYear", "year"]), part(&["publishMonth", "month"]));
        }
    }

    /// Where OpenAlex found the paper: its journal, and the page.
    fn location(&mut self, node: Node) {
        let source = node.member(&["source"]).unwrap_or(node);
        self.set_member(|record| &mut record.venue, source, &["display_name"]);
        let publisher = ["host_organization_name", "publisher"];
        self.set_member(|record| &mut record.publisher, source, &publisher);
        self.set_member(|record| &mut record.url, node, &["landing_page_url", "url"]);
    }

    fn biblio(&mut self, node: Node) {
        self.set_member(|record| &mut record.volume, node, &["volume"]);
        self.set_member(|record| &mut record.number, node, &["issue"]);
        self.set_pages(node, ["first_page"; 2], ["last_page"; 2]);
    }

    /// The number of an issue or a report; paperkin writes arXiv ids there.
    fn number(&mut self, name: &str, node: Node) {
        let is_arxiv = |text: &str| text.trim().to_ascii_lowercase().starts_with("arxiv:");
        match node.string().filter(|text| is_arxiv(text)) {
            Some(id) => self.add_id(RawId::Arxiv(id.into_owned())),
            None => self.set(|record| &mut record.number, name, node),
        }
    }

    fn kinds(&mut self, name: &str, node: Node) {
        if let Some(kind) = node.member(&["resourceTypeGeneral"]).and_then(Node::plain) {
            self.record.kinds.push(kind.into_owned());
        } else if let Some(kinds) = listed::texts(node, &[]) {
            add_new(&mut self.record.kinds, kinds);
        } else {
            self.expected(name, "a text", node);
        }
    }

    /// An address, or an object with one beside remarks; a flag that there is one is ignored.
    fn open_access(&mut self, node: Node) {
        let address = node.member(&["oa_url", "url", "pdf_url"]).unwrap_or(node).plain();
        if let Some(address) = address.filter(|address| address.contains("://")) {
            self.record.open_access.get_or_insert_with(|| address.into_owned());
        }
    }

    /// The record, once all fields are read.
    pub fn finish(mut self) -> Result<Record, String> {
        let mut record = self.record;
        if record.title.trim().is_empty() && self.is_of_beir {
            record.title = self.document.as_deref().map(abstracts::title_of).unwrap_or_default();
        }
        if record.title.trim().is_empty() {
            let is_of_title = |loss: &Loss| field(&loss.field).is_some_and(|(field, _)| field == Field::Title);
            let loss = record.losses.into_iter().find(is_of_title);
            return Err(loss.map_or_else(|| "expected a title, found none".to_owned(), |loss| loss.reason));
        }
        let subtitle = self.subtitle.trim();
        if !subtitle.is_empty() && !record.title.contains(subtitle) {
            record.title = format!("{}: {subtitle}", record.title.trim_end().trim_end_matches(':'));
        }
        // A year alone is worse than a day, and better than the day of a change.
        record.dates.extend(match dates::of_parts(self.year, self.month, self.day) {
            Some(RawDate::Parts { year, month, .. }) if month.is_empty() => Some(RawDate::Text(year)),
            parts => parts,
        });
        record.dates.append(&mut self.late_dates);
        if record.pages.is_none() && !self.first_page.is_empty() {
            let is_range = !self.last_page.is_empty() && self.last_page != self.first_page;
            let last = if is_range { format!("-{}", self.last_page) } else { String::new() };
            record.pages = Some(format!("{}{last}", self.first_page));
        }
        record.pages = record.pages.or(self.article_number);
        // paperkin writes categories as keywords too, for programs that know no categories.
        record.keywords.retain(|keyword| !record.categories.contains(keyword));
        Ok(record)
    }
}

/// Adds the texts that are not there yet.
fn add_new(list: &mut Vec<String>, texts: Vec<String>) {
    for text in texts {
        if list.len() < MOST && !list.contains(&text) {
            list.push(text);
        }
    }
}
