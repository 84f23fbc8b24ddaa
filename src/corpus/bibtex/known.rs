//! The names of the fields that are read, and of those that are left out on purpose.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Fields that become a part of a record, in lower case.
const READ: &str = "
    abbrev_source_title abstract adsurl archiveprefix art_number article-number articleno arxiv arxiv_id arxivid author
    author_keywords bdsk-url-1 booktitle collaboration conference crossref date day document_type doi earlyaccessdate
    editor ee eid eprint eprintclass eprinttype eventdate eventtitle fjournal howpublished hyphenation ids institution issue
    issue_date journal journal-iso journaltitle keyword keywords keywords-plus langid language link maintitle month
    mrclass note number organization pages pmc pmcid pmid primaryclass publisher pubmed_id pubmedid research-areas
    school series shortjournal subtitle times-cited title type url volume web-of-science-categories xdata year";

/// Fields of BibTeX, BibLaTeX and their styles that hold nothing that a record could hold, in lower case.
const OF_STYLES: &str = "
    address addendum afterword annotation annotator annote bookauthor bookpagination booksubtitle booktitleaddon chapter
    commentator edition editora editorb editorc entryset eventtitleaddon execute file foreword gender holder
    indextitle introduction isan isbn ismn isrn issn issuesubtitle issuetitle iswc journalsubtitle journaltitleaddon key
    label langidopts library lista listb listc listd liste listf location mainsubtitle maintitleaddon namea nameb namec
    nameaddon options origlanguage origlocation origpublisher origtitle pagetotal pagination part pdf presort pubstate
    related relatedoptions relatedstring reprinttitle shortauthor shorteditor shorthand shorthandintro shortseries
    shorttitle sortkey sortname sorttitle sortyear subtitleaddon titleaddon translator venue version volumes xref";

/// Fields of reference managers, databases and home pages, in lower case.
const OF_TOOLS: &str = "
    abbr abstractnote accessed acmid added-at affiliation affiliations altmetric archive archivelocation author-email
    award bibbase bibcode bibsource bibtex_show biburl book-group-author chemicals_cas cited-references citeulike-pmid
    code coden collection comment comments contributor copyright correspondence_address1 country da description
    dimensions doc-delivery-number eissn extra format funding-acknowledgement funding-text funding_details funding_text
    groups hal_version html img inspire interhash intrahash isbn10 isbn13 issn-l journalabbr lastaccessed lastchecked
    lccn libraryid manufacturers medium mrnumber mrreviewer number-of-cited-references numpages oa openaccess
    orcid-numbers owner page_count peerreviewed pii place poster posted-at preview printed priority project
    publication_stage qualityassured ranking rating read readstatus references refid relevance reportnumber
    researcherid-numbers review rights selected size slaccitation slides software source sponsors texkeys timestamp
    tradenames urn username video web-of-science-index website zbl zblnumber zbmath";

/// Starts of names that tools and styles use for fields of their own: `date-added`, `mendeley-groups`, `__markedentry`.
const PREFIXES: [&str; 9] = ["ads", "alt", "bdsk-", "date-", "local-", "mendeley-", "opt", "usage-count", "user"];

/// Ends of such names: `urldate`, `hal_id`, `unique-id`, `sortkey`, `editortype`.
const SUFFIXES: [&str; 5] = ["-id", "_id", "date", "subtype", "type"];

static KNOWN: LazyLock<HashSet<&str>> =
    LazyLock::new(|| [READ, OF_STYLES, OF_TOOLS].iter().flat_map(|names| names.split_whitespace()).collect());

/// Whether a field is read, or holds nothing that a record could hold, or is hidden: `//doi`, `_note`.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(name)
        || !name.starts_with(char::is_alphabetic)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}
