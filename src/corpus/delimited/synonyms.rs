//! The names of columns in the exports of Zotero, Scopus, Web of Science, Mendeley, PubMed, Publish or Perish, IEEE Xplore,
//! Lens.org, Dimensions, ACM, Springer, OpenAlex, Semantic Scholar, Embase, Retraction Watch, ASReview, in tables of arXiv's
//! metadata, and of paperkin.

/// What a column contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Abstract,
    Authors,
    /// Family name, given names and suffix of each author, as a list of lists.
    AuthorsParsed,
    GroupAuthors,
    AuthorCount,
    Organisation,
    Date,
    Year,
    Month,
    Day,
    /// A date near that of publication: of the first version online, of the entry in a database.
    LateDate,
    Venue,
    Volume,
    Number,
    Pages,
    FirstPage,
    LastPage,
    ArticleNumber,
    Publisher,
    Language,
    /// Codes or names of subjects.
    Categories,
    Keywords,
    Kind,
    Citations,
    Url,
    OpenAccess,
    Comments,
    Note,
    Retracted,
    /// An id of any scheme.
    Id,
    /// Several ids of any scheme.
    Ids,
    Doi,
    Arxiv,
    Pubmed,
    PubmedCentral,
    OpenAlex,
    SemanticScholar,
    Acl,
    Dblp,
    OwnId,
    /// In PubMed's tables until 2020, journal and year, and the citation with the DOI.
    ShortDetails,
    Details,
    /// Known but ignored: not a field of a paper, or less precise than another column.
    Unused,
}

/// The number of kinds of columns.
pub(super) const FIELDS: usize = Field::Unused as usize + 1;

/// The names of each field's columns, without case and without all but letters and digits, the best column first. Spaces
/// separate them.
pub(super) const SYNONYMS: &[(Field, &str)] = &[
    (
        Field::Title,
        "title titles articletitle documenttitle papertitle itemtitle primarytitle worktitle titleen titleenglish \
         englishtitle displayname titre titel titulo título titolo 题名 标题 篇名 タイトル название originaltitle \
         originalnonenglishtitle",
    ),
    (
        Field::Abstract,
        "abstract abstracts abstracttext abstractnote paperabstract articleabstract summary summaries abstracten \
         description resume résumé zusammenfassung resumen 摘要",
    ),
    (
        Field::Authors,
        "authorfullnames authorsfullnames authors author authornames authorname authorlist authorslist authorstr authorstring \
         authorsnames firstauthors authorshipsauthordisplayname authorshipsrawauthorname creators creator bookauthors auteurs \
         autoren autores 作者",
    ),
    (Field::AuthorsParsed, "authorsparsed"),
    (Field::GroupAuthors, "groupauthors corporateauthors corporateauthor"),
    (Field::AuthorCount, "authorcount authorscount numauthors nauthors numberofauthors"),
    (Field::Organisation, "organisation organization"),
    (
        Field::Date,
        "published publicationdate publisheddate datepublished publishdate pubdate date dateofpublication \
         publishedat publicationcoverdate coverdate issuedate issued publicationdateprint publicationdateonline \
         fechadepublicacion originalpaperdate releasedate publishedon submittedat",
    ),
    (
        Field::Year,
        "year publicationyear pubyear publishedyear yearpublished yearofpublication années année annee jahr año \
         ano 年 年份",
    ),
    (Field::Month, "month publicationmonth pubmonth"),
    (Field::Day, "day publicationday"),
    (
        Field::LateDate,
        "onlinedate earlyaccessdate submitteddate submissiondate datesubmitted created createdate createddate \
         updatedate updated createdat updatedat meetingdate",
    ),
    (
        Field::Venue,
        "venue journal journaltitle journalname sourcetitle publicationtitle journalbook publicationvenue \
         publicationname containertitle booktitle conferencename conference conferencetitle proceedingstitle \
         secondarytitle primarylocationsourcedisplayname hostvenuedisplayname publishedin source anthologytitle \
         journalref revue zeitschrift revista journalabbreviation 刊名",
    ),
    (Field::Volume, "volume vol journalvolume bibliovolume 卷"),
    (Field::Number, "number issue issueno issuenumber journalissue biblioissue journalnumber reportnumber 期"),
    (Field::Pages, "pages pagination page pagerange pagenumbers 页码"),
    (Field::FirstPage, "pagestart startpage bibliofirstpage firstpage beginningpage spage lpages"),
    (Field::LastPage, "pageend endpage bibliolastpage lastpage endingpage epage upages"),
    (Field::ArticleNumber, "articlenumber artno articleno elocationid"),
    (Field::Publisher, "publisher publishername primarylocationsourcehostorganizationname institution university"),
    (
        Field::Language,
        "language languageoforiginaldocument articlelanguage languageofarticle languages lang langue sprache idioma",
    ),
    (
        Field::Categories,
        "categories category primarycategory terms fieldsofstudy s2fieldsofstudy woscategories researchareas \
         foranzsrccategories fieldsofresearchanzsrc2020 subjects subject topics topicsdisplayname \
         primarytopicdisplayname conceptsdisplayname arxivcategories",
    ),
    (
        Field::Keywords,
        "keywords authorkeywords keyword manualtags tags indexkeywords keywordsplus automatictags \
         keywordsdisplayname ieeeterms indexterms meshterms emtreemedicalindextermsmajorfocus \
         emtreedrugindextermsmajorfocus emtreemedicalindexterms emtreedrugindexterms motscles motsclés schlagwörter \
         关键词",
    ),
    (
        Field::Kind,
        "type itemtype documenttype publicationtype publicationtypes contenttype referencetype entrytype \
         articletype kind",
    ),
    (
        Field::Citations,
        "citations citationcount citedby citedbycount timescited timescitedwoscore timescitedalldatabases cites \
         ncitation ncitations numcitations articlecitationcount citingworkscount citationscount numcitedby",
    ),
    (
        Field::Url,
        "url link articleurl paperurl landingpageurl primarylocationlandingpageurl entryurl urls dimensionsurl \
         absurl embaselink fulltextlink weblink externalurl sourceurls ee pdflink doilink webofsciencerecord",
    ),
    (
        Field::OpenAccess,
        "openaccess openaccessoaurl openaccesspdf bestoalocationpdfurl primarylocationpdfurl fulltexturl pdfurl \
         oaurl openaccesspdfurl",
    ),
    (Field::Note, "extra note notes"),
    (Field::Comments, "comments commentcount numcomments"),
    (Field::Retracted, "isretracted retracted retractionnature"),
    (Field::Id, "id paperid articleid workid identifier externalid"),
    (Field::Ids, "ids externalids identifiers"),
    (Field::Doi, "doi itemdoi articledoi idsdoi dois doinumber doiurl originalpaperdoi"),
    (Field::Arxiv, "arxivid arxiv arxivnumber idsarxiv eprint"),
    (Field::Pubmed, "pmid pubmedid pubmed idspmid pmids accessionnumberpubmed medlinepmid originalpaperpubmedid"),
    (Field::PubmedCentral, "pmcid pmc pubmedcentralid idspmcid"),
    (Field::OpenAlex, "openalexid openalex idsopenalex"),
    (Field::SemanticScholar, "corpusid s2id s2paperid semanticscholarid sspaperid sha"),
    (Field::Acl, "aclid anthologyid aclanthologyid"),
    (Field::Dblp, "dblp dblpkey dblpid"),
    (
        Field::OwnId,
        "key citekey citationkey bibtexkey eid utuniquewosid lensid publicationid pui embaseaccessionid recordid corduid",
    ),
    (
        Field::Unused,
        "alternatetitle1 alternatetitle2 alternatetitle3 secondaryauthors placepublished retractiondate retractiondoi \
         retractionpubmedid firstauthor correspondingauthor correspondingauthors authorsid authorids authorid authoraffiliations \
         authorsaffiliations authorswithaffiliations authorsrawaffiliation authoraddress authorshipsauthorid \
         authorshipsauthororcid authorshipsauthorposition authorsorcid bookauthorfullnames bookauthor \
         bookgroupauthors seriesauthor reviewedauthor dateadded datemodified accessdate dateaddedtoxplore \
         querydate conferencedate conferencecode conferencelocation conferencesponsor conferencehost dateofexport \
         filingdate shorttitle seriestitle bookseriestitle bookseriessubtitle abbreviatedsourcetitle \
         journalisoabbreviation nihmsid researcherids orcids orcid gridids microsoftacademicid idsmag magid \
         documentidentifier meetingabstract citesperauthor citesperyear referencecount bookdoi meetingname \
         publicationstage originalabstract originalnonenglishabstract aipipentrydate \
         fullrecordentrydate correspondenceaddress isopenaccess openaccessisoa doctype yearrank",
    ),
];

/// The columns of PubMed's tables until 2020 that have another meaning elsewhere.
pub(super) const OLD_PUBMED: &[(Field, &str)] = &[
    (Field::Authors, "description"),
    (Field::ShortDetails, OLD_PUBMEDS_OWN),
    (Field::Details, "details"),
    (Field::Pubmed, "entrezuid"),
];

/// The column that only these tables have.
pub(super) const OLD_PUBMEDS_OWN: &str = "shortdetails";

/// The field tags of Web of Science, which are the header of its tab-delimited files.
pub(super) const TAGS: &[(Field, &str)] = &[
    (Field::Title, "ti"),
    (Field::Abstract, "ab"),
    (Field::Authors, "af au"),
    (Field::GroupAuthors, "ca"),
    (Field::Date, "pd"),
    (Field::Year, "py"),
    (Field::LateDate, "ea"),
    (Field::Venue, "so ct"),
    (Field::Volume, "vl"),
    (Field::Number, "is"),
    (Field::FirstPage, "bp"),
    (Field::LastPage, "ep"),
    (Field::ArticleNumber, "ar"),
    (Field::Publisher, "pu"),
    (Field::Language, "la"),
    (Field::Categories, "wc sc"),
    (Field::Keywords, "de id"),
    (Field::Kind, "dt pt"),
    (Field::Citations, "tc z9"),
    (Field::Doi, "di"),
    (Field::Pubmed, "pm"),
    (Field::OwnId, "ut"),
];
