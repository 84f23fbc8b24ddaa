//! The supported formats, and how one is recognised from the beginning of a file.

use super::input::{Input, PARQUET};
#[cfg(feature = "parquet")]
use super::parquet;
use super::record::Record;
use super::xml::XmlFormat;
use super::{Lines, bibtex, daily, delimited, endnote_xml, json, tagged, xml};
#[cfg(not(feature = "parquet"))]
use crate::error::Error;
use crate::error::Result;

/// The supported formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum CorpusFormat {
    /// BibTeX or BibLaTeX
    #[cfg_attr(feature = "cli", value(alias = "biblatex"))]
    Bibtex,
    /// JSON objects: JSON Lines, an array, or the answers of services such as OpenAlex, Crossref and Semantic Scholar
    #[cfg_attr(feature = "cli", value(aliases = ["jsonl", "csl-json"]))]
    Json,
    /// Values separated by commas, semicolons, tabs or bars, with a header
    #[cfg_attr(feature = "cli", value(alias = "tsv"))]
    Csv,
    /// RIS, of reference managers
    Ris,
    /// The text format of PubMed (MEDLINE)
    Nbib,
    /// The tagged text format of Web of Science
    Wos,
    /// The tagged text format of EndNote (refer)
    Enw,
    /// EndNote's XML
    EndnoteXml,
    /// PubMed's XML
    PubmedXml,
    /// An Atom or RSS feed, such as the answers of arXiv's API
    #[cfg_attr(feature = "cli", value(alias = "rss"))]
    Atom,
    /// Records of OAI-PMH in arXiv's format or Dublin Core
    OaiPmh,
    /// DBLP's XML
    Dblp,
    /// The answers of DBLP's search API in XML
    DblpSearch,
    /// Articles in JATS, the XML of journals and of PubMed Central
    Jats,
    /// Records of library catalogues in MARC 21 as XML
    Marcxml,
    /// The text of a "Daily Papers" web page
    Daily,
    /// Parquet, if the program was built with the feature `parquet`
    Parquet,
}

/// Whether the beginning of a text is in a format.
type Recogniser = fn(&str) -> bool;

impl CorpusFormat {
    /// All formats.
    pub const ALL: [Self; 17] = [
        Self::Bibtex,
        Self::Json,
        Self::Csv,
        Self::Ris,
        Self::Nbib,
        Self::Wos,
        Self::Enw,
        Self::EndnoteXml,
        Self::PubmedXml,
        Self::Atom,
        Self::OaiPmh,
        Self::Dblp,
        Self::DblpSearch,
        Self::Jats,
        Self::Marcxml,
        Self::Daily,
        Self::Parquet,
    ];

    /// What a file without a paper lacks.
    pub(super) fn looked_for(self) -> &'static str {
        match self {
            Self::Bibtex => "an entry such as `@article{key, title = {…}}`",
            Self::Json => "a JSON object that has a `title`",
            Self::Csv => "a row with a title below a header line that names the column `title`",
            Self::Ris => "a record between `TY  - …` and `ER  -` with a title (`TI`)",
            Self::Nbib => "a record that begins with `PMID- ` and has a title (`TI`)",
            Self::Wos => "a record that begins with `PT` and has a title (`TI`)",
            Self::Enw => "a record that begins with `%0` and has a title (`%T`)",
            Self::PubmedXml => "a `PubmedArticle` with an `ArticleTitle`",
            Self::Atom => "an `entry` or `item` with a `title`",
            Self::OaiPmh | Self::EndnoteXml => "a `record` with a `title`",
            Self::Dblp => "an `article` or `inproceedings` with a `title`",
            Self::DblpSearch => "a `hit` with a `title`",
            Self::Jats => "an `article` with an `article-title`",
            Self::Marcxml => "a `record` with a title (`datafield` 245)",
            Self::Daily => "a title, an abstract, a line like `• 5 authors`, a line `·` and a date like `Feb 20, 2025`",
            Self::Parquet => "a row with a title in a column `title`",
        }
    }

    fn of_xml(format: XmlFormat) -> Self {
        match format {
            XmlFormat::Pubmed => Self::PubmedXml,
            XmlFormat::Feed => Self::Atom,
            XmlFormat::Oai => Self::OaiPmh,
            XmlFormat::Dblp => Self::Dblp,
            XmlFormat::DblpSearch => Self::DblpSearch,
            XmlFormat::Jats => Self::Jats,
            XmlFormat::Marc => Self::Marcxml,
        }
    }

    /// The records of a file in this format.
    ///
    /// # Errors
    /// For Parquet, which is opened at its end.
    pub(super) fn reader(self, year: u16, input: Input) -> Result<Box<dyn Iterator<Item = Result<Record>> + Send>> {
        let xml = |format, input: Input| Box::new(xml::reader(format, input.file, input.content));
        Ok(match self {
            Self::Bibtex => Box::new(bibtex::Reader::new(input.file, input.content)),
            Self::Json => Box::new(json::Reader::new(input.file, input.content)),
            Self::Csv => Box::new(delimited::Reader::new(input.file, input.content)),
            Self::Ris => Box::new(tagged::ris::Reader::new(input.file, input.content)),
            Self::Nbib => Box::new(tagged::nbib::Reader::new(input.file, input.content)),
            Self::Wos => Box::new(tagged::web_of_science::Reader::new(input.file, input.content)),
            Self::Enw => Box::new(tagged::refer::Reader::new(input.file, input.content)),
            Self::EndnoteXml => Box::new(endnote_xml::Reader::new(input.file, input.content)),
            Self::PubmedXml => xml(XmlFormat::Pubmed, input),
            Self::Atom => xml(XmlFormat::Feed, input),
            Self::OaiPmh => xml(XmlFormat::Oai, input),
            Self::Dblp => xml(XmlFormat::Dblp, input),
            Self::DblpSearch => xml(XmlFormat::DblpSearch, input),
            Self::Jats => xml(XmlFormat::Jats, input),
            Self::Marcxml => xml(XmlFormat::Marc, input),
            Self::Daily => Box::new(daily::Reader::new(Lines::new(input.file, input.content), year)),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(parquet::Reader::new(input)?),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => {
                return Err(Error::NotBuilt { file: input.file, what: "Parquet files", feature: "parquet" });
            }
        })
    }

    /// Recognises a format from the first 64 KiB of a file, after decompression and as UTF-8.
    pub(super) fn recognise(beginning: &str) -> Option<Self> {
        if beginning.as_bytes().starts_with(PARQUET) {
            return Some(Self::Parquet);
        }
        let text = beginning.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            if endnote_xml::is_endnote_xml(text) {
                return Some(Self::EndnoteXml);
            }
            return xml::recognise(text).map(Self::of_xml);
        }
        // No other format has the byline of a daily page, but the page may begin with any text.
        let recognisers: [(Recogniser, Self); 8] = [
            (json::is_json, Self::Json),
            (tagged::ris::is_ris, Self::Ris),
            (tagged::nbib::is_nbib, Self::Nbib),
            (tagged::web_of_science::is_web_of_science, Self::Wos),
            (tagged::refer::is_refer, Self::Enw),
            (bibtex::is_bibtex, Self::Bibtex),
            (daily::is_daily, Self::Daily),
            (delimited::is_header, Self::Csv),
        ];
        recognisers.iter().find(|(is_it, _)| is_it(text)).map(|(_, format)| *format)
    }
}
