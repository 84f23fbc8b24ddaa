//! Records as services and programs write them.

use super::*;

#[test]
fn own_records_are_read() {
    let record = whole(
        r#"{"id":"2001.00010","ids":["10.1/x","2001.00010"],"title":"T","abstract":"A","authors":["A. One"],"author_count":5,"organisation":"Lab","categories":["cs.LG"],"published":"2020-01","url":"https://x.example/1","comments":3,"venue":"J","volume":"1","number":"2","pages":"3-4","publisher":"P","language":"en","citations":9,"keywords":["k"],"type":"article","open_access":"https://x.example/1.pdf","rank":1,"score":0.5,"why":{"cosine":0.5}}"#,
    );
    let wanted = Record {
        line: 1,
        ids: vec![RawId::Any("2001.00010".into()), RawId::Any("10.1/x".into())],
        title: "T".into(),
        abstract_text: "A".into(),
        authors: vec![printed("A. One")],
        author_count: Some(5),
        organisation: Some("Lab".into()),
        categories: vec!["cs.LG".into()],
        keywords: vec!["k".into()],
        dates: vec![date("2020-01")],
        venue: Some("J".into()),
        volume: Some("1".into()),
        number: Some("2".into()),
        pages: Some("3-4".into()),
        publisher: Some("P".into()),
        language: Some("en".into()),
        kinds: vec!["article".into()],
        citations: Some(9),
        url: Some("https://x.example/1".into()),
        open_access: Some("https://x.example/1.pdf".into()),
        comments: Some(3),
        ..Record::default()
    };
    assert_eq!(record, wanted);
}

#[test]
fn arxiv_snapshot_is_read() {
    let record = whole(
        r#"{"id":"0704.9999","submitter":"X","authors":"C. Bal\\'azs, E. L. Berger","title":"A title\n  in two lines","comments":"37 pages","journal-ref":"Phys.Rev.D76:013009,2007","doi":"10.1103/PhysRevD.76.013009","report-no":null,"categories":"hep-ph hep-ex","license":null,"abstract":"  Text.\n","versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"},{"version":"v2","created":"Tue, 24 Jul 2007 20:10:27 GMT"}],"update_date":"2008-11-26","authors_parsed":[["Bal\\'azs","C.",""],["Berger","E. L.","Jr."]]}"#,
    );
    assert_eq!(record.ids, [RawId::Any("0704.9999".into()), RawId::Doi("10.1103/PhysRevD.76.013009".into())]);
    assert_eq!(record.authors, [person("Bal\\'azs", "C.", ""), person("Berger", "E. L.", "Jr.")]);
    assert_eq!(record.categories, ["hep-ph", "hep-ex"]);
    assert_eq!(record.dates, [date("Mon, 2 Apr 2007 19:18:42 GMT"), date("2008-11-26")]);
    assert_eq!((record.comments, record.venue.as_deref()), (None, Some("Phys.Rev.D76:013009,2007")));
}

#[test]
fn semantic_scholar_is_read() {
    let id = "0123456789abcdef0123456789abcdef01234567";
    let graph = format!(
        r#"{{"paperId":"{id}","corpusId":13756,"externalIds":{{"MAG":"29","DBLP":"conf/x/Y17","ArXiv":"1706.00001","DOI":"10.1/x","CorpusId":13756,"PubMed":"12","PubMedCentral":"34","ACL":"P17-1001"}},"url":"https://s.example/p","title":"T","abstract":null,"venue":"Conf","publicationVenue":{{"id":"v","name":"The Conference","type":"conference"}},"year":2017,"referenceCount":4,"citationCount":9,"influentialCitationCount":1,"isOpenAccess":true,"openAccessPdf":{{"url":"https://s.example/p.pdf","status":"GREEN"}},"fieldsOfStudy":["Computer Science"],"s2FieldsOfStudy":[{{"category":"Computer Science","source":"external"}},{{"category":"Physics","source":"s2-fos-model"}}],"publicationTypes":["JournalArticle","Review"],"publicationDate":"2017-06-12","journal":{{"name":"ArXiv","volume":"abs/1706.00001","pages":"1-2"}},"tldr":{{"model":"m","text":"Short."}},"authors":[{{"authorId":"1","name":"A. One"}}],"embedding":{{"vector":[0.1]}}}}"#
    );
    let record = whole(&graph);
    let ids = [
        RawId::SemanticScholar(id.into()),
        RawId::SemanticScholar("CorpusId:13756".into()),
        RawId::Dblp("conf/x/Y17".into()),
        RawId::Arxiv("1706.00001".into()),
        RawId::Doi("10.1/x".into()),
        RawId::Pubmed("12".into()),
        RawId::PubmedCentral("34".into()),
        RawId::Acl("P17-1001".into()),
    ];
    assert_eq!(record.ids, ids);
    assert_eq!(record.abstract_text, "");
    assert_eq!(record.dates, [date("2017-06-12"), date("2017")]);
    assert_eq!((record.venue.as_deref(), record.volume.as_deref()), (Some("Conf"), Some("abs/1706.00001")));
    assert_eq!(record.categories, ["Computer Science", "Physics"]);
    assert_eq!(record.kinds, ["JournalArticle", "Review"]);
    assert_eq!(record.open_access.as_deref(), Some("https://s.example/p.pdf"));
    let bulk = whole(
        r#"{"corpusid":5,"externalids":{"ACL":null,"DBLP":null,"ArXiv":null,"MAG":"2","CorpusId":"5","PubMed":null,"DOI":"10.1/y","PubMedCentral":null},"title":"T","authors":[{"authorId":"1","name":"A. One"}],"venue":"","publicationvenueid":null,"year":1999,"isopenaccess":false,"s2fieldsofstudy":null,"publicationtypes":null,"publicationdate":null,"journal":{"name":"J","pages":"5","volume":"6"}}"#,
    );
    assert_eq!(bulk.ids, [RawId::SemanticScholar("CorpusId:5".into()), RawId::Doi("10.1/y".into())]);
    assert_eq!((bulk.venue.as_deref(), bulk.pages.as_deref()), (Some("J"), Some("5")));
}

#[test]
fn open_alex_is_read() {
    let record = whole(
        r#"{"id":"https://openalex.org/W2741809807","doi":"https://doi.org/10.1/x","title":"T","display_name":"T","publication_year":2018,"publication_date":"2018-02-13","ids":{"openalex":"https://openalex.org/W2741809807","doi":"https://doi.org/10.1/x","mag":"2741809807","pmid":"https://pubmed.ncbi.nlm.nih.gov/29"},"language":"en","primary_location":{"is_oa":true,"landing_page_url":"https://doi.org/10.1/x","pdf_url":null,"source":{"id":"https://openalex.org/S1","display_name":"PeerJ","host_organization_name":"PeerJ Inc"},"license":"cc-by"},"type":"article","type_crossref":"journal-article","indexed_in":["crossref"],"open_access":{"is_oa":true,"oa_status":"gold","oa_url":"https://x.example/oa"},"authorships":[{"author_position":"first","author":{"id":"https://openalex.org/A1","display_name":"Heather One","orcid":null},"institutions":[{"display_name":"U"}],"raw_author_name":"H One"}],"countries_distinct_count":1,"corresponding_author_ids":["https://openalex.org/A1"],"cited_by_count":901,"biblio":{"volume":"6","issue":null,"first_page":"e4375","last_page":"e4375"},"is_retracted":false,"primary_topic":{"id":"https://openalex.org/T1","display_name":"Scholarly","subfield":{"display_name":"Statistics"},"field":{"display_name":"Mathematics"},"domain":{"display_name":"Physical Sciences"}},"topics":[{"display_name":"Scholarly"}],"keywords":[{"id":"https://openalex.org/keywords/x","display_name":"Citation","score":0.6}],"concepts":[{"display_name":"Biology","level":0}],"referenced_works":["https://openalex.org/W1"],"abstract_inverted_index":{"Despite":[0],"growing":[1,3],"interest":[2]},"counts_by_year":[{"year":2024,"cited_by_count":1}],"updated_date":"2024-01-01","created_date":"2017-08-08"}"#,
    );
    assert_eq!(record.abstract_text, "Despite growing interest growing");
    assert_eq!(record.authors, [printed("Heather One")]);
    assert_eq!(record.categories, ["Mathematics", "Statistics"]);
    assert_eq!(record.keywords, ["Citation"]);
    assert_eq!((record.venue.as_deref(), record.publisher.as_deref()), (Some("PeerJ"), Some("PeerJ Inc")));
    assert_eq!((record.volume.as_deref(), record.pages.as_deref()), (Some("6"), Some("e4375")));
    assert_eq!((record.citations, record.open_access.as_deref()), (Some(901), Some("https://x.example/oa")));
    assert_eq!(record.dates, [date("2018-02-13"), date("2018")]);
    assert_eq!(record.kinds, ["article"]);
    assert_eq!(record.ids.len(), 4, "{:?}", record.ids);
    assert_eq!(record.url.as_deref(), Some("https://doi.org/10.1/x"));
}

#[test]
fn crossref_is_read() {
    let record = whole(
        r#"{"indexed":{"date-parts":[[2024,1,1]],"date-time":"2024-01-01T00:00:00Z"},"reference-count":3,"publisher":"Pub","issue":"7","license":[{"URL":"https://l.example"}],"content-domain":{"domain":[]},"short-container-title":["Nat."],"published-print":{"date-parts":[[2020,5]]},"DOI":"10.1/x","type":"journal-article","created":{"date-parts":[[2020,1,2]],"date-time":"2020-01-02T03:04:05Z","timestamp":1577934245000},"page":"436-444","source":"Crossref","is-referenced-by-count":12,"title":["Deep <i>X</i>"],"prefix":"10.1","volume":"521","author":[{"given":"Yann","family":"Le","sequence":"first","affiliation":[]},{"name":"The Consortium","sequence":"additional","affiliation":[]},{"given":"B.","family":"King","suffix":"Jr.","sequence":"additional"}],"member":"297","reference":[{"key":"r1","article-title":"No paper"}],"container-title":["Nature"],"original-title":[],"language":"en","link":[{"URL":"https://x.example/p.pdf","content-type":"application/pdf"}],"score":1,"subtitle":["A view"],"short-title":[],"issued":{"date-parts":[[2020,5]]},"references-count":3,"alternative-id":["BFx"],"URL":"https://doi.org/10.1/x","ISSN":["1"],"subject":["Multidisciplinary"],"abstract":"<jats:p>Text.</jats:p>","article-number":"e1"}"#,
    );
    assert_eq!(record.title, "Deep <i>X</i>: A view");
    let authors = [person("Le", "Yann", ""), Author::Group("The Consortium".into()), person("King", "B.", "Jr.")];
    assert_eq!(record.authors, authors);
    assert_eq!(record.dates, [parts("2020", "5", ""), parts("2020", "1", "2")]);
    assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("Nature"), Some("436-444")));
    assert_eq!((record.url.as_deref(), record.open_access.as_deref()), (Some("https://doi.org/10.1/x"), None));
    assert_eq!(record.categories, ["Multidisciplinary"]);
    assert_eq!((record.citations, record.number.as_deref()), (Some(12), Some("7")));
}

#[test]
fn csl_json_is_read() {
    let record = whole(
        r#"[{"id":"http://zotero.org/users/1/items/AB","citation-key":"smith2020","type":"article-journal","title":"T","container-title":"J","container-title-short":"J.","author":[{"family":"Smith","given":"Ada"},{"literal":"Team"}],"editor":[{"family":"No"}],"issued":{"date-parts":[["2020",5,1]]},"accessed":{"date-parts":[[2021]]},"DOI":"10.1/x","PMID":"1","PMCID":"PMC2","number":"arXiv:2001.00010","note":"arXiv: 2001.00010 [cs]","keyword":"cs.LG, graphs","categories":["cs.LG"],"abstract":"A","page":"1-2","ISSN":"1","language":"en-US","source":"arXiv.org","title-short":"T"}]"#,
    );
    let ids = [
        RawId::Any("http://zotero.org/users/1/items/AB".into()),
        RawId::Doi("10.1/x".into()),
        RawId::Pubmed("1".into()),
        RawId::PubmedCentral("PMC2".into()),
        RawId::Own("smith2020".into()),
        RawId::Arxiv("2001.00010".into()),
        RawId::Arxiv("arXiv:2001.00010".into()),
    ];
    assert_eq!(record.ids, ids);
    assert_eq!(record.authors, [person("Smith", "Ada", ""), Author::Group("Team".into())]);
    assert_eq!((record.categories, record.keywords), (vec!["cs.LG".to_owned()], vec!["graphs".to_owned()]));
    assert_eq!((record.dates, record.number), (vec![parts("2020", "5", "1")], None));
}

#[test]
fn daily_papers_are_read() {
    let record = whole(
        r#"[{"paper":{"id":"2409.00001","authors":[{"_id":"66","name":"A. One","hidden":false},{"_id":"67","name":"B. Two","hidden":true}],"publishedAt":"2024-08-30T17:00:00.000Z","submittedOnDailyAt":"2024-09-02T01:00:00.000Z","title":"T","summary":"S","upvotes":7,"discussionId":"66d","ai_summary":"No","ai_keywords":["x"]},"publishedAt":"2024-09-02T00:00:00.000Z","title":"T","summary":"S","thumbnail":"https://t.example","numComments":3,"submittedBy":{"name":"X"},"organization":{"_id":"1","name":"lab","fullname":"The Lab"},"isAuthorParticipating":false}]"#,
    );
    assert_eq!(record.ids, [RawId::Any("2409.00001".into())]);
    assert_eq!(record.dates, [date("2024-08-30T17:00:00.000Z")]);
    assert_eq!((record.authors, record.comments), (vec![printed("A. One")], Some(3)));
    assert_eq!((record.abstract_text.as_str(), record.organisation.as_deref()), ("S", Some("The Lab")));
}

#[test]
fn zotero_is_read() {
    let record = whole(
        r#"[{"key":"ABCD2345","version":7,"library":{"type":"user","id":1,"name":"x"},"links":{"self":{"href":"https://api.example"}},"meta":{"creatorSummary":"Smith","parsedDate":"2020"},"data":{"key":"ABCD2345","version":7,"itemType":"journalArticle","title":"T","creators":[{"creatorType":"author","firstName":"Ada","lastName":"Smith"},{"creatorType":"editor","firstName":"No","lastName":"One"},{"creatorType":"author","name":"Team"}],"abstractNote":"A","publicationTitle":"J","volume":"1","issue":"2","pages":"3-4","date":"May 2020","journalAbbreviation":"J.","language":"en","DOI":"10.1/x","url":"https://x.example","accessDate":"2021-01-01","extra":"PMID: 9","tags":[{"tag":"graphs"},{"tag":"cs.LG","type":1}],"dateAdded":"2021-01-01T00:00:00Z","dateModified":"2021-01-01T00:00:00Z","shortTitle":"T"}}]"#,
    );
    let ids = [RawId::Doi("10.1/x".into()), RawId::Own("ABCD2345".into()), RawId::Pubmed("9".into())];
    assert_eq!(record.ids, ids);
    assert_eq!(record.authors, [person("Smith", "Ada", ""), Author::Group("Team".into())]);
    assert_eq!(
        (record.keywords, record.kinds),
        (vec!["graphs".into(), "cs.LG".into()], vec!["journalArticle".to_owned()])
    );
    assert_eq!((record.dates, record.number.as_deref()), (vec![date("May 2020")], Some("2")));
}

#[test]
fn europe_pmc_dblp_and_datacite_are_read() {
    let record = whole(
        r#"{"resultList":{"result":[{"id":"123","source":"MED","pmid":"123","pmcid":"PMC9","doi":"10.1/x","title":"T.","authorString":"One A, Two B.","authorList":{"author":[{"fullName":"One A","firstName":"Ann","lastName":"One","initials":"A"},{"collectiveName":"Team"}]},"journalInfo":{"issue":"4","volume":"5","journal":{"title":"The Journal"}},"pubYear":"2020","journalIssn":"1; 2","pageInfo":"6-7","abstractText":"A","keywordList":{"keyword":["k"]},"pubTypeList":{"pubType":["Journal Article","Review"]},"citedByCount":3,"firstIndexDate":"2020-02-02","firstPublicationDate":"2020-01-01","hasAbstract":"Y"}]}}"#,
    );
    assert_eq!(record.authors, [person("One", "Ann", ""), Author::Group("Team".into())]);
    assert_eq!((record.venue.as_deref(), record.volume.as_deref()), (Some("The Journal"), Some("5")));
    assert_eq!((record.keywords, record.kinds.len()), (vec!["k".to_owned()], 2));
    assert_eq!(record.dates, [date("2020-01-01"), date("2020")]);
    let record = whole(
        r#"{"result":{"query":"x","hits":{"@total":"1","hit":[{"@score":"1","@id":"77","info":{"authors":{"author":[{"@pid":"1/2","text":"Wei One 0001"},{"@pid":"3","text":"B. Two"}]},"title":"T.","venue":"NeurIPS","pages":"1-2","year":"2017","type":"Conference and Workshop Papers","key":"conf/nips/One17","doi":"10.1/x","ee":"https://doi.org/10.1/x","url":"https://dblp.org/rec/conf/nips/One17"},"url":"URL#1"}]}}}"#,
    );
    assert_eq!(record.authors, [printed("Wei One"), printed("B. Two")]);
    assert!(record.ids.contains(&RawId::Dblp("conf/nips/One17".into())), "{:?}", record.ids);
    assert_eq!((record.kinds, record.dates), (vec!["Conference and Workshop Papers".to_owned()], vec![date("2017")]));
    let record = whole(
        r#"{"data":[{"id":"10.5/x","type":"dois","attributes":{"doi":"10.5/x","creators":[{"name":"One, Ann","nameType":"Personal","givenName":"Ann","familyName":"One"},{"name":"Team","nameType":"Organizational"}],"titles":[{"title":"T"}],"publisher":"Zenodo","publicationYear":2020,"types":{"resourceTypeGeneral":"Preprint","citeproc":"article"},"descriptions":[{"description":"M","descriptionType":"Methods"},{"description":"A","descriptionType":"Abstract"}],"url":"https://x.example","subjects":[{"subject":"Fish"}],"language":"en"}}]}"#,
    );
    assert_eq!(record.authors, [person("One", "Ann", ""), Author::Group("Team".into())]);
    assert_eq!((record.abstract_text.as_str(), record.kinds), ("A", vec!["Preprint".to_owned()]));
    assert_eq!((record.ids, record.categories), (vec![RawId::Doi("10.5/x".into())], vec!["Fish".to_owned()]));
}

#[test]
fn datasets_are_read() {
    let record =
        whole(r#"{"_id":"4983","title":"T","text":"A","metadata":{"url":"https://x.example","pubmed_id":"12"}}"#);
    assert_eq!((record.abstract_text.as_str(), record.url.as_deref()), ("A", Some("https://x.example")));
    assert_eq!(record.ids, [RawId::Own("4983".into()), RawId::Pubmed("12".into())]);
    let record = whole(r#"{"titles":"T","summaries":"A","terms":"['cs.CV', 'cs.LG']"}"#);
    assert_eq!((record.title.as_str(), record.abstract_text.as_str(), record.categories.len()), ("T", "A", 2));
    let record = whole(
        r#"{"paper_id":"0123456789abcdef0123456789abcdef01234567","metadata":{"title":"T","authors":[{"first":"Ann","middle":["B"],"last":"One","suffix":""}]},"abstract":[{"text":"A","section":"Abstract"}],"body_text":[{"text":"No"}]}"#,
    );
    assert_eq!((record.abstract_text.as_str(), record.authors), ("A", vec![person("One", "Ann B", "")]));
    let record = whole(
        r#"{"pmid":12,"pmcid":"PMC3","title":"T","journal":"J","mesh_terms":["Humans"],"pubdate":"2020 May 1","authors":"One A; Two B"}"#,
    );
    assert_eq!((record.keywords, record.authors.len()), (vec!["Humans".to_owned()], 2));
    assert_eq!(record.dates, [date("2020 May 1")]);
    let record = whole(
        r#"{"acl_id":"P17-1001","title":"T","booktitle":"Proceedings","year":"2017","month":"7","url":"https://aclanthology.org/P17-1001"}"#,
    );
    assert_eq!((record.ids, record.dates), (vec![RawId::Acl("P17-1001".into())], vec![parts("2017", "7", "")]));
}
