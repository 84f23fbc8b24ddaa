//! Inheritance: an entry with `crossref` or `xdata` takes what it lacks from the entries that these fields name.
//!
//! The rules are those of the manual of BibLaTeX (section 2.4.1 and appendix B), restricted to what a record holds.

use std::collections::HashMap;

use super::entry::Entry;

/// Maximum number of bytes in the fields of all entries that others may refer to. Fields beyond it are not inherited.
const MOST_BYTES: usize = 32 << 20;
/// Bytes that a field takes in addition to its text.
const OVERHEAD: usize = 80;
/// Maximum number of entries from which one inherits, directly or indirectly.
const MOST_PARENTS: usize = 16;

/// Fields that an entry takes from the book, the proceedings or the journal that contains it.
const INHERITED: [&str; 21] = [
    "booktitle",
    "date",
    "editor",
    "eventdate",
    "eventtitle",
    "institution",
    "issue",
    "journal",
    "journaltitle",
    "langid",
    "language",
    "maintitle",
    "month",
    "number",
    "organization",
    "publisher",
    "school",
    "series",
    "volume",
    "xdata",
    "year",
];

/// Entries that others may refer to, by their keys.
#[derive(Default)]
pub(super) struct Parents {
    entries: HashMap<String, Parent>,
    bytes: usize,
}

struct Parent {
    is_data: bool,
    is_book: bool,
    fields: Vec<(String, String)>,
}

impl Parents {
    /// Keeps what others may inherit from an entry.
    pub fn add(&mut self, entry: &Entry) {
        let is_data = entry.kind == "xdata";
        if !(is_data || is_collection(&entry.kind)) || entry.key.is_empty() || self.entries.contains_key(&entry.key) {
            return;
        }
        let is_kept = |name: &str| {
            is_data || INHERITED.contains(&name) || matches!(name, "title" | "subtitle" | "author" | "crossref")
        };
        let fields: Vec<_> = entry.fields.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
        let size = |(name, value): &(String, String)| OVERHEAD + name.len() + value.len();
        let bytes = OVERHEAD + entry.key.len() + fields.iter().map(size).sum::<usize>();
        if self.bytes + bytes <= MOST_BYTES {
            self.bytes += bytes;
            let is_book = matches!(entry.kind.as_str(), "book" | "mvbook");
            self.entries.insert(entry.key.clone(), Parent { is_data, is_book, fields });
        }
    }

    /// Whether all entries from which an entry inherits are known. An entry that refers to none needs none.
    pub fn has_all(&self, entry: &Entry) -> bool {
        self.ancestors(entry).1
    }

    /// Adds the fields that an entry lacks. Entries that do not exist are skipped.
    pub fn complete(&self, entry: &mut Entry) {
        for parent in self.ancestors(entry).0 {
            inherit(entry, parent);
        }
    }

    /// The known entries from which an entry inherits, the nearest ones first, and whether these are all.
    fn ancestors(&self, entry: &Entry) -> (Vec<&Parent>, bool) {
        let mut keys: Vec<String> = references(&entry.fields).map(str::to_owned).collect();
        let (mut found, mut has_all) = (Vec::new(), true);
        let mut place = 0;
        while place < keys.len() {
            match self.entries.get(&keys[place]) {
                Some(parent) => {
                    found.push(parent);
                    for key in references(&parent.fields) {
                        // The bound and the comparison also end circles.
                        if keys.len() < MOST_PARENTS && !keys.iter().any(|known| known == key) {
                            keys.push(key.to_owned());
                        }
                    }
                }
                None => has_all = false,
            }
            place += 1;
        }
        (found, has_all)
    }
}

/// The keys to which fields refer.
fn references(fields: &[(String, String)]) -> impl Iterator<Item = &str> {
    let value = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
    let keys = value("xdata").split(',').take(MOST_PARENTS).chain([value("crossref")]);
    keys.map(str::trim).filter(|key| !key.is_empty())
}

/// Whether entries of a type contain others.
fn is_collection(kind: &str) -> bool {
    matches!(
        kind,
        "book"
            | "mvbook"
            | "collection"
            | "mvcollection"
            | "proceedings"
            | "mvproceedings"
            | "reference"
            | "mvreference"
            | "periodical"
    )
}

fn inherit(entry: &mut Entry, parent: &Parent) {
    let has_date = entry.first(&["date", "year"]).is_some();
    for (name, value) in &parent.fields {
        let is_part = is_part(&entry.kind);
        let name = match name.as_str() {
            name if parent.is_data => name,
            // The month of the parent does not belong to a year of the entry.
            "date" | "year" | "month" if has_date => continue,
            // The title of a whole is never that of a part.
            "title" if is_part => "booktitle",
            "title" if entry.kind.ends_with("article") || entry.kind == "suppperiodical" => "journaltitle",
            "title" | "subtitle" if is_part || entry.get("title").is_some() => continue,
            "author" if !(parent.is_book && matches!(entry.kind.as_str(), "inbook" | "bookinbook" | "suppbook")) => {
                continue;
            }
            name => name,
        };
        // `booktitle` of the parent takes precedence over its title, in any order.
        let value = match name {
            "booktitle" if !parent.is_data => {
                let own = parent.fields.iter().find(|(name, value)| name == "booktitle" && !value.trim().is_empty());
                own.map_or(value, |(_, value)| value)
            }
            _ => value,
        };
        if !matches!(name, "xdata" | "crossref") && entry.get(name).is_none() {
            entry.fields.push((name.to_owned(), value.clone()));
        }
    }
}

/// Whether entries of a type are parts of another one.
fn is_part(kind: &str) -> bool {
    kind.starts_with("in") || matches!(kind, "bookinbook" | "suppbook" | "suppcollection" | "conference")
}
