//! Tables as the databases and programs write them. All papers are made up.

use super::*;

#[test]
fn zotero_is_read() {
    let record = only(
        "\"Key\",\"Item Type\",\"Publication Year\",\"Author\",\"Title\",\"Publication Title\",\"ISBN\",\"ISSN\",\"DOI\",\"Url\",\
         \"Abstract Note\",\"Date\",\"Date Added\",\"Date Modified\",\"Access Date\",\"Pages\",\"Issue\",\"Volume\",\"Publisher\",\
         \"Language\",\"Extra\",\"Manual Tags\",\"Automatic Tags\",\"Conference Name\"\n\
         \"AB12\",\"journalArticle\",\"2020\",\"Smith, Ada; Lee, Bo\",\"On things\",\"Acta\",\"\",\"1234-5678\",\"10.1/a\",\
         \"https://x.org\",\"About.\",\"2020-05-01\",\"2021-01-01 10:00:00\",\"2021-01-01\",\"2021\",\"1-9\",\"2\",\"3\",\"P\",\
         \"en\",\"PMID: 1\",\"one; two\",\"auto\",\"\"\n",
    );
    assert_eq!(record.ids, [RawId::Doi("10.1/a".into()), RawId::Own("AB12".into()), RawId::Pubmed("1".into())]);
    assert_eq!(record.authors, printed(&["Smith, Ada; Lee, Bo"]));
    assert_eq!(record.dates, dates(&["2020-05-01", "2020"]));
    assert_eq!((record.venue.as_deref(), record.abstract_text.as_str()), (Some("Acta"), "About."));
    assert_eq!((record.pages.as_deref(), record.number.as_deref()), (Some("1-9"), Some("2")));
    assert_eq!((record.volume.as_deref(), record.publisher.as_deref()), (Some("3"), Some("P")));
    assert_eq!((record.language.as_deref(), record.url.as_deref()), (Some("en"), Some("https://x.org")));
    assert_eq!(record.kinds, ["journalArticle"]);
    assert_eq!(record.keywords, ["one", "two"]);
    assert_eq!(record.unread, Vec::<String>::new());
}

#[test]
fn scopus_is_read() {
    let record = only(
        "\u{feff}\"Authors\",\"Author full names\",\"Author(s) ID\",\"Title\",\"Year\",\"Source title\",\"Volume\",\"Issue\",\
         \"Art. No.\",\"Page start\",\"Page end\",\"Page count\",\"Cited by\",\"DOI\",\"Link\",\"Abstract\",\"Author Keywords\",\
         \"Index Keywords\",\"Document Type\",\"Publisher\",\"PubMed ID\",\"Language of Original Document\",\
         \"Abbreviated Source Title\",\"Open Access\",\"Source\",\"EID\"\n\
         \"Smith A.; Lee B.\",\"Smith, Ada (700); Lee, Bo (571)\",\"700; 571\",\"On things\",\"2020\",\"Acta\",\"3\",\"2\",\"e5\",\
         \"1\",\"9\",\"\",\"12\",\"10.1/a\",\"https://www.scopus.com/x\",\"About.\",\"one; two\",\"three\",\"Article\",\"P\",\"77\",\
         \"English\",\"A.\",\"All Open Access; Gold Open Access\",\"Scopus\",\"2-s2.0-1\"\n",
    );
    assert_eq!(record.authors, printed(&["Smith, Ada (700); Lee, Bo (571)"]));
    assert_eq!(record.pages.as_deref(), Some("1-9"));
    assert_eq!(record.venue.as_deref(), Some("Acta"));
    assert_eq!((record.citations, record.open_access.as_deref()), (Some(12), None));
    assert_eq!(record.ids, [RawId::Doi("10.1/a".into()), RawId::Pubmed("77".into()), RawId::Own("2-s2.0-1".into())]);
    assert_eq!((record.language.as_deref(), record.publisher.as_deref()), (Some("English"), Some("P")));
    assert_eq!(record.unread, Vec::<String>::new());
}

#[test]
fn web_of_science_is_read_with_names_and_with_tags() {
    let names = only(
        "Publication Type\tAuthors\tAuthor Full Names\tGroup Authors\tArticle Title\tSource Title\tLanguage\tDocument Type\t\
         Author Keywords\tKeywords Plus\tAbstract\tTimes Cited, WoS Core\tTimes Cited, All Databases\tPublisher\t\
         Publication Date\tPublication Year\tVolume\tIssue\tStart Page\tEnd Page\tArticle Number\tDOI\tWoS Categories\t\
         Pubmed Id\tUT (Unique WOS ID)\n\
         J\tSmith, A\tSmith, Ada\tATLAS Collaboration\tOn things\tACTA\tEnglish\tArticle\tone; two\tTHREE\tAbout.\t12\t14\tP\t\
         MAY 1\t2020\t3\t2\t1\t9\t\t10.1/a\tComputer Science, Theory; Optics\t77\tWOS:0001\n",
    );
    let tags = only(
        "PT\tAU\tAF\tCA\tTI\tSO\tLA\tDT\tDE\tID\tAB\tTC\tZ9\tPU\tPD\tPY\tVL\tIS\tBP\tEP\tAR\tDI\tWC\tPM\tUT\n\
         J\tSmith, A\tSmith, Ada\tATLAS Collaboration\tOn things\tACTA\tEnglish\tArticle\tone; two\tTHREE\tAbout.\t12\t14\tP\t\
         MAY 1\t2020\t3\t2\t1\t9\t\t10.1/a\tComputer Science, Theory; Optics\t77\tWOS:0001\n",
    );
    for record in [names, tags] {
        assert_eq!(record.title, "On things");
        assert_eq!(
            record.authors,
            [printed(&["Smith, Ada"]), vec![Author::Group("ATLAS Collaboration".into())]].concat()
        );
        assert_eq!(record.dates, dates(&["2020 MAY 1", "2020"]));
        assert_eq!(record.citations, Some(12));
        assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("ACTA"), Some("1-9")));
        assert_eq!(record.categories, ["Computer Science, Theory", "Optics"]);
        assert_eq!(record.keywords, ["one", "two"]);
        assert_eq!(record.kinds, ["Article"]);
        assert_eq!(
            record.ids,
            [RawId::Doi("10.1/a".into()), RawId::Pubmed("77".into()), RawId::Own("WOS:0001".into())]
        );
        assert_eq!(record.unread, Vec::<String>::new());
    }
}

#[test]
fn pubmed_is_read() {
    let record = only(
        "\u{feff}PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n\
         \"77\",\"On things\",\"Smith A, Lee B.\",\"Acta. 2020 May;3(2):1-9.\",\"Smith A\",\"Acta\",\"2020\",\"2020/05/01\",\
         \"PMC12\",\"\",\"10.1/a\"\n",
    );
    assert_eq!(record.authors, printed(&["Smith A, Lee B."]));
    assert_eq!(record.dates, dates(&["2020", "2020/05/01"]));
    assert_eq!(
        record.ids,
        [RawId::Doi("10.1/a".into()), RawId::Pubmed("77".into()), RawId::PubmedCentral("PMC12".into())]
    );
    assert_eq!((record.venue.as_deref(), record.unread.len()), (Some("Acta"), 0));
}

#[test]
fn tables_of_pubmed_before_2020_are_read() {
    let record = only(
        "Title,URL,Description,Details,ShortDetails,Resource,Type,Identifiers,Db,EntrezUID,Properties\n\
         On things,/pubmed/77,\"Smith A, Lee B.\",Acta. 2019 Jun 26;67:1. doi: 10.1234/a. [Epub ahead of print],Acta.  2019,\
         PubMed,citation,PMID:77,pubmed,77,create date:2019/08/11 | first author:Smith A\n",
    );
    assert_eq!((record.authors, record.abstract_text.as_str()), (printed(&["Smith A, Lee B."]), ""));
    assert_eq!((record.dates, record.venue.as_deref()), (dates(&["2019"]), Some("Acta")));
    assert!(record.ids.contains(&RawId::Pubmed("77".into())), "{:?}", record.ids);
    assert!(
        record.ids.iter().any(|id| matches!(id, RawId::Doi(doi) if doi.starts_with("10.1234/a"))),
        "{:?}",
        record.ids
    );
}

#[test]
fn cochrane_and_europe_pmc_are_read() {
    let cochrane =
        only("Author(s),Title,Year,PubMed ID,DOI\n\"Gon, G; Lee, B\",On trials,2024,PUBMED 38507184,10.1234/a\n");
    assert!(cochrane.ids.contains(&RawId::Pubmed("38507184".into())), "{:?}", cochrane.ids);
    let europe = only("doi,title,authorString,journalTitle,pubYear\n10.1234/a,On fish,\"Smith A, Lee B.\",Acta,2026\n");
    assert_eq!(europe.authors, printed(&["Smith A, Lee B."]));
}

#[test]
fn publish_or_perish_and_ieee_are_read() {
    let record = only(
        "Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI,ISSN,CitationURL,Volume,Issue,\
         StartPage,EndPage,ECC,CitesPerYear,CitesPerAuthor,AuthorCount,Age,Abstract,FullTextURL,RelatedURL\n\
         12,\"A Smith, B Lee\",On things,2020,Acta,P,https://x.org,https://s.org,1,2021-01-01,PDF,,,,3,2,1,9,12,1,1,2,5,About.,\
         https://x.org/a.pdf,\n",
    );
    assert_eq!((record.citations, record.author_count), (Some(12), Some(2)));
    assert_eq!((record.venue.as_deref(), record.url.as_deref()), (Some("Acta"), Some("https://x.org")));
    assert_eq!(record.open_access.as_deref(), Some("https://x.org/a.pdf"));
    assert_eq!(record.unread, Vec::<String>::new());
    let record = only(
        "\"Document Title\",Authors,\"Author Affiliations\",\"Publication Title\",Date Added To Xplore,\"Publication Year\",\
         \"Volume\",\"Issue\",\"Start Page\",\"End Page\",\"Abstract\",\"ISSN\",ISBNs,\"DOI\",Funding Information,PDF Link,\
         \"Author Keywords\",\"IEEE Terms\",Article Citation Count,\"Publisher\",Document Identifier\n\
         \"On things\",\"A. Smith; B. Lee\",\"X; Y\",\"Acta\",\"1 May 2020\",\"2020\",\"3\",\"2\",\"1\",\"9\",\"About.\",\"\",\"\",\
         \"10.1/a\",\"\",\"https://x.org/stamp\",\"one;two\",\"\",\"12\",\"IEEE\",\"IEEE Journals\"\n",
    );
    assert_eq!((record.title.as_str(), record.citations), ("On things", Some(12)));
    assert_eq!((record.keywords.len(), record.url.as_deref()), (2, Some("https://x.org/stamp")));
    assert_eq!(record.unread, Vec::<String>::new());
}

#[test]
fn lens_dimensions_and_openalex_are_read() {
    let record = only(
        "Lens ID,Title,Date Published,Publication Year,Publication Type,Source Title,ISSNs,Publisher,Source Country,Author/s,\
         Abstract,Volume,Issue Number,Start Page,End Page,Fields of Study,Keywords,MeSH Terms,Source URLs,External URL,PMID,DOI,\
         PMCID,Citing Works Count,Is Open Access\n\
         001-1,On things,2020-05-01,2020,journal article,Acta,,P,,Ada Smith; Bo Lee,About.,3,2,1,9,Optics; Physics,,one,,\
         https://x.org,,10.1/a,,12,true\n",
    );
    assert_eq!((record.categories.len(), record.citations, record.unread.len()), (2, Some(12), 0));
    assert_eq!((record.keywords, record.url), (vec!["one".to_owned()], Some("https://x.org".to_owned())));
    let record = only(
        "Rank,Publication ID,DOI,PMID,PMCID,ArXiv ID,Title,Abstract,Source title,MeSH terms,Publication date,PubYear,Volume,Issue,\
         Pagination,Open Access,Publication Type,Authors,Times cited,Dimensions URL\n\
         1,pub.11,10.1/a,,,2005.00001,On things,,Acta,,2020-05-01,2020,3,2,1-9,Closed,Article,\"Smith, Ada; Lee, Bo\",12,\
         https://app.dimensions.ai/x\n",
    );
    assert_eq!(
        record.ids,
        [RawId::Doi("10.1/a".into()), RawId::Arxiv("2005.00001".into()), RawId::Own("pub.11".into())]
    );
    assert_eq!((record.pages.as_deref(), record.citations), (Some("1-9"), Some(12)));
    let record = only(
        "id,doi,title,display_name,publication_year,publication_date,language,type,authorships.author.display_name,\
         authorships.author.id,primary_location.source.display_name,biblio.volume,biblio.issue,biblio.first_page,\
         biblio.last_page,open_access.oa_url,cited_by_count,is_retracted,topics.display_name,ids.pmid\n\
         https://openalex.org/W1,https://doi.org/10.1/a,On things,On things,2020,2020-05-01,en,article,Ada Smith|Bo Lee,x|y,Acta,\
         3,2,1,9,https://x.org/a.pdf,12,false,Optics|Wave physics,https://pubmed.ncbi.nlm.nih.gov/77\n",
    );
    assert_eq!(record.authors, printed(&["Ada Smith|Bo Lee"]));
    assert_eq!(record.categories, ["Optics", "Wave physics"]);
    assert_eq!((record.venue.as_deref(), record.open_access.as_deref()), (Some("Acta"), Some("https://x.org/a.pdf")));
    assert_eq!((record.ids.len(), record.pages.as_deref(), record.unread.len()), (3, Some("1-9"), 0));
}

#[test]
fn acm_and_own_tables_are_read() {
    let record = only(
        "\"type\",\"id\",\"author\",\"title\",\"pages\",\"article_no\",\"keywords\",\"doi\",\"journal\",\"issue_date\",\"volume\",\
         \"issue_no\",\"month\",\"year\",\"booktitle\"\n\
         article,77,Ada Smith and Bo Lee,On things,1--9,5,\"one, two\",10.1/a,Acta,May 2020,3,2,May,2020,\n",
    );
    assert_eq!(record.dates[0], RawDate::Text("May 2020".into()));
    assert_eq!(record.dates[1], RawDate::Parts { year: "2020".into(), month: "May".into(), day: String::new() });
    assert_eq!((record.number.as_deref(), record.keywords.len()), (Some("2"), 2));
    let record = only(
        "id,title,abstract,authors,categories,published,url,ids,venue,volume,number,pages,publisher,language,citations,keywords,\
         type,open_access\n\
         10.1/a,On things,About.,Ada Smith; Bo Lee,cs.LG optics,2020-05-01,https://x.org,arXiv:2005.00001,Acta,3,2,1-9,P,en,12,\
         one; two,article,https://x.org/a.pdf\n",
    );
    assert_eq!(record.ids, [RawId::Any("10.1/a".into()), RawId::Any("arXiv:2005.00001".into())]);
    assert_eq!(record.categories, ["cs.LG", "optics"]);
    assert_eq!(record.kinds, ["article"]);
    assert_eq!((record.open_access.as_deref(), record.publisher.as_deref()), (Some("https://x.org/a.pdf"), Some("P")));
}

#[test]
fn embase_is_read_with_columns_and_with_a_field_on_each_line() {
    let columns = "Title,Author Names,Source,Source title,Publication Year,Date of Publication,Abstract,Author Keywords,\
        Emtree Medical Index Terms,Article Language,Embase Accession ID,Medline PMID,PUI,DOI,Embase Link\n\
        On things,\"Smith A., Lee B.\",\"Acta (2019) 3:2\",Acta,2019,May 2019,About.,\"one, two\",three,English,L1,\
        12345 (https://x.example/12345),L2,10.1234/a,https://embase.example/1\n";
    let lines = "\"TITLE\",\"On things\"\n\"AUTHOR NAMES\",\"Smith A.\",\"Lee B.\"\n\"SOURCE\",\"Acta (2019) 3:2\"\n\
        \"SOURCE TITLE\",\"Acta\"\n\"PUBLICATION YEAR\",\"2019\"\n\"DATE OF PUBLICATION\",\"May 2019\"\n\
        \"ABSTRACT\",\"About.\"\n\"AUTHOR KEYWORDS\",\"one\",\"two\"\n\"LANGUAGE OF ARTICLE\",\"English\"\n\
        \"MEDLINE PMID\",\"12345 (https://x.example/12345)\"\n\"PUI\",\"L2\"\n\"DOI\",\"10.1234/a\"\n";
    for text in [columns, lines] {
        let record = only(text);
        assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("On things", "About."));
        assert_eq!(record.authors, printed(&["Smith A.; Lee B."]));
        assert_eq!(record.dates, dates(&["May 2019", "2019"]));
        assert_eq!((record.venue.as_deref(), record.language.as_deref()), (Some("Acta"), Some("English")));
        assert_eq!(record.keywords, ["one", "two"]);
        assert!(record.ids.starts_with(&[RawId::Doi("10.1234/a".into()), RawId::Pubmed("12345".into())]));
        assert_eq!(record.unread, Vec::<String>::new());
    }
    let original = only("Title,Original Title,Year\n,Sur les choses,2019\n");
    assert_eq!((original.title.as_str(), original.unread.len()), ("Sur les choses", 0));
    let several = format!("{lines}\n\n{}\"TITLE\",\"\"\n\"DOI\",\"10.1234/c\"\n", lines.replace("On", "More"));
    assert!(is_header(&several));
    assert_eq!(titles(&several), ["On things", "More things", "x.csv:27: expected a title, found none"]);
}
