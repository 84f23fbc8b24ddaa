//! Files that contain papers, but not their records: recognised to say what they are and what to do instead.

use super::input::PARQUET;

/// A kind of file that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What the file is.
    pub name: &'static str,
    /// Several of them.
    pub plural: &'static str,
    /// What to do instead.
    pub hint: &'static str,
}

const EXPORT: &str = "export its references from your reference manager as BibTeX, RIS or CSV, and add that file";
const CONVERT: &str = "save the table as CSV, and add that file";
const DECOMPRESS: &str = "decompress it first; gzip, zstd and zip are read as they are";

const fn kind(name: &'static str, plural: &'static str, hint: &'static str) -> Foreign {
    Foreign { name, plural, hint }
}

const PDF: Foreign = kind("a PDF document", "PDF documents", EXPORT);
const HTML: Foreign = kind("an HTML page", "HTML pages", EXPORT);
const WORD: Foreign = kind("a Word document", "Word documents", EXPORT);
const EPUB: Foreign = kind("an EPUB book", "EPUB books", EXPORT);
const SHEET: Foreign = kind("a spreadsheet", "spreadsheets", CONVERT);
const RTF: Foreign = kind("an RTF document", "RTF documents", EXPORT);
const OFFICE: Foreign = kind("an old Office document", "old Office documents", "save it as CSV, and add that file");
const SQLITE: Foreign = kind(
    "an SQLite database",
    "SQLite databases",
    "export the library from the program that owns it, such as Zotero, as BibTeX, RIS or CSV",
);
const COMPRESSED: Foreign =
    kind("compressed in a format that is not read", "files in other compressed formats", DECOMPRESS);
const ZOTERO_RDF: Foreign = kind("Zotero's RDF", "RDF files of Zotero", EXPORT);
const MODS: Foreign = kind("MODS XML", "MODS files", EXPORT);
const EBSCO: Foreign = kind("XML of EBSCO", "XML files of EBSCO", "export the results as RIS, and add that file");
const CSL_YAML: Foreign =
    kind("CSL YAML", "CSL YAML files", "export the library as CSL JSON, BibTeX or RIS, and add that file");
const PUBMED_TEXT: Foreign = kind(
    "a text of PubMed's abstracts",
    "texts of PubMed's abstracts",
    "save the results in the format PubMed or CSV, and add that file",
);
const IMAGE: Foreign = kind("an image", "images", EXPORT);
const BINARY: Foreign = kind("a binary file", "binary files", EXPORT);

/// All kinds.
const ALL: [Foreign; 16] = [
    PDF,
    HTML,
    WORD,
    EPUB,
    SHEET,
    RTF,
    OFFICE,
    SQLITE,
    COMPRESSED,
    ZOTERO_RDF,
    MODS,
    EBSCO,
    CSL_YAML,
    PUBMED_TEXT,
    IMAGE,
    BINARY,
];

/// The name of several files of a kind.
pub(super) fn plural_of(name: &str) -> &'static str {
    ALL.iter().find(|foreign| foreign.name == name).map_or("other files", |foreign| foreign.plural)
}

/// Recognises a file from its first bytes (after decompression).
pub(super) fn recognise(beginning: &[u8]) -> Option<Foreign> {
    let signatures: [(&[u8], Foreign); 12] = [
        (b"%PDF-", PDF),
        (b"{\\rtf", RTF),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE),
        (b"SQLite format 3\0", SQLITE),
        (b"BZh", COMPRESSED),
        (b"\xfd7zXZ\0", COMPRESSED),
        (b"7z\xbc\xaf\x27\x1c", COMPRESSED),
        (b"Rar!\x1a\x07", COMPRESSED),
        (b"\x89PNG\r\n", IMAGE),
        (b"\xff\xd8\xff", IMAGE),
        (b"GIF8", IMAGE),
        (b"\x7fELF", BINARY),
    ];
    if let Some((_, foreign)) = signatures.iter().find(|(signature, _)| beginning.starts_with(signature)) {
        return Some(*foreign);
    }
    if beginning.starts_with(PARQUET) {
        return None;
    }
    let head = &beginning[..beginning.len().min(1024)];
    let text = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return Some(HTML);
    }
    if let Some(export) = export(&text) {
        return Some(export);
    }
    // UTF-16 has zeros too, but not in places of both kinds.
    let zeros = |first: usize| head.iter().skip(first).step_by(2).any(|byte| *byte == 0);
    let is_utf_16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    (!is_utf_16 && zeros(0) && zeros(1)).then_some(BINARY)
}

/// An export of papers in a format that is not read, by the beginning of its text in lower case.
fn export(text: &str) -> Option<Foreign> {
    let is_xml = text.starts_with('<');
    let has = |names: &[&str]| is_xml && names.iter().any(|name| text.contains(name));
    if has(&["http://www.zotero.org/namespaces/export#"]) {
        return Some(ZOTERO_RDF);
    }
    if has(&["<modscollection", "<mods "]) {
        return Some(MODS);
    }
    if has(&["<rec resultid="]) {
        return Some(EBSCO);
    }
    let lines = text.strip_prefix("---").unwrap_or(text).trim_start();
    if lines.starts_with("references:") && lines.contains("- ") {
        return Some(CSL_YAML);
    }
    // `1. Nutrition. 2019 Jun 26;67:1. doi: 10.1016/…`
    let is_cited = |line: &str| line.starts_with("1. ") || line.starts_with("1: ");
    (is_cited(text) && text.contains("doi: 10.")).then_some(PUBMED_TEXT)
}

/// Recognises an archive that is a document, from the names of its entries.
pub(super) fn recognise_archive<'a>(names: impl Iterator<Item = &'a str>) -> Option<Foreign> {
    let mut found = None;
    for name in names {
        found = found.or(match name {
            "word/document.xml" => Some(WORD),
            "xl/workbook.xml" => Some(SHEET),
            "META-INF/container.xml" => Some(EPUB),
            // Of OpenDocument.
            "content.xml" => Some(OFFICE),
            _ => None,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_recognised_and_text_is_not() {
        assert_eq!(recognise(b"%PDF-1.7\n"), Some(PDF));
        assert_eq!(recognise("\u{feff}\n<!DOCTYPE html><html>".as_bytes()), Some(HTML));
        assert_eq!(recognise(b"abc\0\0\0def\0"), Some(BINARY));
        let utf_16: Vec<u8> = "title,year".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(recognise(&utf_16), None);
        assert_eq!(recognise("title\u{0},x\n\u{e9}".as_bytes()), None);
        assert_eq!(recognise(b""), None);
        let rdf = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"\n ";
        assert_eq!(
            recognise(format!("{rdf}xmlns:z=\"http://www.zotero.org/namespaces/export#\">").as_bytes()),
            Some(ZOTERO_RDF)
        );
        assert_eq!(recognise(format!("{rdf}xmlns=\"http://purl.org/rss/1.0/\">").as_bytes()), None);
        assert_eq!(recognise(b"<?xml version=\"1.0\"?>\n<modsCollection><mods>"), Some(MODS));
        assert_eq!(recognise(b"<?xml version=\"1.0\"?>\n<records><rec resultID=\"1\">"), Some(EBSCO));
        assert_eq!(recognise(b"---\nreferences:\n- id: a\n"), Some(CSL_YAML));
        assert_eq!(recognise(b"1. Acta. 2019 Jun 26;67:1. doi: 10.1234/a.\n\nOn fish.\n"), Some(PUBMED_TEXT));
        assert_eq!(recognise(b"1. A title without more\n"), None);
        assert_eq!(recognise_archive(["a.bib", "word/document.xml"].into_iter()), Some(WORD));
        assert_eq!(recognise_archive(["a.bib"].into_iter()), None);
    }
}
