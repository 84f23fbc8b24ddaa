//! Records as the APIs of more services write them.

use super::*;

/// The names and dates of a record, which loses nothing.
fn checked(text: &str) -> Record {
    let record = whole(text);
    assert_eq!(record.authors, [person("Smith", "Ada", ""), person("Lee", "Bo", "")], "{text}");
    record
}

fn names(text: &str) -> Record {
    let record = whole(text);
    assert_eq!(record.authors.len(), 2, "{:?}", record.authors);
    record
}

fn first_date(record: &Record) -> &RawDate {
    record.dates.first().expect("a date")
}

#[test]
fn doaj_is_read() {
    let record = names(
        r#"{"total":1,"results":[{"bibjson":{"identifier":[{"id":"10.1234/fish.7","type":"doi"},{"id":"1234-5678","type":"pissn"}],"journal":{"volume":"7","number":"2","publisher":"Fish Press","title":"Journal of Fish"},"month":"5","keywords":["fish"],"year":"2019","start_page":"1","end_page":"9","subject":[{"code":"QL1","scheme":"LCC","term":"Zoology"}],"author":[{"name":"Ada Smith","affiliation":"Sea"},{"name":"Bo Lee"}],"abstract":"We count fish.","title":"On fish"},"id":"0123","created_date":"2020-01-01T00:00:00Z"}]}"#,
    );
    assert_eq!(record.ids, [RawId::Doi("10.1234/fish.7".into())]);
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("On fish", "We count fish."));
    assert_eq!(record.dates, [parts("2019", "5", "")]);
    assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("Journal of Fish"), Some("1-9")));
    assert_eq!((record.publisher.as_deref(), record.categories), (Some("Fish Press"), vec!["Zoology".to_owned()]));
}

#[test]
fn inspire_is_read() {
    let record = checked(
        r#"{"hits":{"hits":[{"id":"77","created":"2022-02-03","metadata":{"titles":[{"title":"On quarks","source":"arXiv"},{"title":"Other"}],"abstracts":[{"value":"We count.","source":"arXiv"},{"value":"Other."}],"authors":[{"full_name":"Smith, Ada","first_name":"Ada","last_name":"Smith"},{"full_name":"Lee, Bo","first_name":"Bo","last_name":"Lee"}],"collaborations":[{"value":"QUARK"}],"arxiv_eprints":[{"value":"2001.00010","categories":["hep-ex"]}],"dois":[{"value":"10.1234/q.1"}],"publication_info":[{"journal_title":"Phys.Q","journal_volume":"12","journal_issue":"3","year":2021,"page_start":"1","page_end":"9"}],"preprint_date":"2020-01-02","earliest_date":"2020-01-02","citation_count":12,"inspire_categories":[{"term":"Experiment-HEP"}],"primary_arxiv_category":["hep-ex"],"document_type":["article"],"texkeys":["Smith:2020abc"],"legacy_creation_date":"2020-01-03"}}],"total":1}}"#,
    );
    assert!(record.ids.contains(&RawId::Own("Smith:2020abc".into())), "{:?}", record.ids);
    assert!(record.ids.contains(&RawId::Any("2001.00010".into())), "{:?}", record.ids);
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("On quarks", "We count."));
    assert_eq!(first_date(&record), &date("2020-01-02"));
    assert_eq!((record.venue.as_deref(), record.volume.as_deref()), (Some("Phys.Q"), Some("12")));
    assert_eq!((record.number.as_deref(), record.pages.as_deref()), (Some("3"), Some("1-9")));
    assert_eq!(record.categories, ["hep-ex", "Experiment-HEP"]);
    // The collaboration is the author of a paper without a list of authors.
    let record = only(r#"{"metadata":{"titles":[{"title":"T"}],"collaborations":[{"value":"QUARK"}]}}"#);
    assert_eq!(record.authors, [printed("QUARK")]);
}

#[test]
fn nasa_ads_is_read() {
    let record = names(
        r#"{"response":{"numFound":1,"docs":[{"bibcode":"2019FishJ..12....3S","title":["On stars"],"author":["Smith, Ada","Lee, Bo"],"abstract":"We count.","year":"2019","pubdate":"2019-05-00","pub":"The Journal of Stars","doi":["10.1234/star.1"],"identifier":["arXiv:1905.00010"],"keyword":["stars: count","Sun"],"citation_count":4,"volume":"12","page":["3"],"page_range":"3-9","arxiv_class":["astro-ph.SR"],"doctype":"article"}]}}"#,
    );
    assert!(record.ids.contains(&RawId::Own("2019FishJ..12....3S".into())), "{:?}", record.ids);
    assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("The Journal of Stars"), Some("3-9")));
    assert_eq!((record.categories, record.keywords.len()), (vec!["astro-ph.SR".to_owned()], 2));
    assert_eq!(record.dates, [date("2019-05-00"), date("2019")]);
}

#[test]
fn core_is_read() {
    let record = names(
        r#"{"totalHits":1,"results":[{"arxivId":null,"authors":[{"name":"Smith, Ada"},{"name":"Lee, Bo"}],"citationCount":0,"depositedDate":"2020-01-01","abstract":"We count.","documentType":"research","doi":"10.1234/whale.1","downloadUrl":"https://core.example/1.pdf","fieldOfStudy":"biology","id":1234,"title":"On whales","language":{"code":"en","name":"English"},"publishedDate":null,"yearPublished":2019,"journals":[{"title":"Journal of Whales","identifiers":["issn:1234-5678"]}]}]}"#,
    );
    assert_eq!(record.dates, [date("2019")]);
    assert_eq!((record.venue.as_deref(), record.language.as_deref()), (Some("Journal of Whales"), Some("en")));
    assert_eq!(record.open_access.as_deref(), Some("https://core.example/1.pdf"));
    assert_eq!(record.categories, ["biology"]);
}

#[test]
fn names_in_parts_are_found_in_any_spelling() {
    for (given, family) in [("first_name", "last_name"), ("given-name", "surname"), ("FirstName", "LastName")] {
        checked(&format!(
            r#"{{"title":"T","authors":[{{"{given}":"Ada","{family}":"Smith"}},{{"{given}":"Bo","{family}":"Lee"}}]}}"#
        ));
    }
    let record = only(r#"{"title":"T","authors":[{"fullName":"Smith, Ada","name":"Ada","surname":"Smith"}]}"#);
    assert_eq!(record.authors, [person("Smith", "Ada", "")]);
    let record = only(r#"{"title":"T","creators":[{"creator":"Smith, Ada"}]}"#);
    assert_eq!(record.authors, [printed("Smith, Ada")]);
}

#[test]
fn web_of_science_scopus_and_lens_are_read() {
    let record = names(
        r#"{"metadata":{"total":1},"hits":[{"uid":"WOS:1","title":"On rays","types":["Article"],"source":{"sourceTitle":"JOURNAL OF RAYS","publishYear":2019,"publishMonth":"MAY","volume":"3","issue":"2","pages":{"range":"1-9"}},"names":{"authors":[{"displayName":"Smith, Ada"},{"displayName":"Lee, Bo"}]},"identifiers":{"doi":"10.1234/ray.1","pmid":"MEDLINE:12345"},"keywords":{"authorKeywords":["ray"]}}]}"#,
    );
    assert_eq!(record.dates, [parts("2019", "MAY", "")]);
    assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("JOURNAL OF RAYS"), Some("1-9")));
    assert!(record.ids.contains(&RawId::Pubmed("12345".into())), "{:?}", record.ids);
    let record = checked(
        r#"{"search-results":{"entry":[{"dc:identifier":"SCOPUS_ID:8","eid":"2-s2.0-8","dc:title":"On eels","prism:coverDate":"2019-05-01","prism:coverDisplayDate":"May 2019","dc:description":"We count.","author":[{"authname":"Smith A.","surname":"Smith","given-name":"Ada"},{"authname":"Lee B.","surname":"Lee","given-name":"Bo"}],"authkeywords":"eel | deep sea"}]}}"#,
    );
    assert_eq!((record.keywords, record.abstract_text.as_str()), (texts(&["eel", "deep sea"]), "We count."));
    let record = checked(
        r#"{"total":1,"data":[{"lens_id":"100-004-910-081-14X","title":"On tuna","year_published":2019,"external_ids":[{"type":"doi","value":"10.1234/tuna.1"}],"authors":[{"first_name":"Ada","last_name":"Smith"},{"first_name":"Bo","last_name":"Lee"}],"source":{"title":"Journal of Tuna","publisher":"Tuna Press"},"abstract":"We count.","scholarly_citations_count":4}]}"#,
    );
    assert_eq!(record.dates, [date("2019")]);
    assert_eq!((record.venue.as_deref(), record.citations), (Some("Journal of Tuna"), Some(4)));
    // As a text, it is the name of a database.
    assert_eq!(only(r#"{"title":"T","source":"Crossref"}"#).venue, None);
}

#[test]
fn springer_hal_and_openaire_are_read() {
    let record = names(
        r#"{"title":"On crabs","creators":[{"creator":"Smith, Ada"},{"creator":"Lee, Bo"}],"publicationDate":"2019-05-04","onlineDate":"2019-04-01","startingPage":"5","endingPage":"9","journalId":"7","abstract":{"h1":"Abstract","p":["We count.","We stop."]}}"#,
    );
    assert_eq!((record.abstract_text.as_str(), record.pages.as_deref()), ("We count.\nWe stop.", Some("5-9")));
    let record = names(
        r#"{"response":{"docs":[{"halId_s":"hal-1","title_s":["On oysters"],"authFullName_s":["Ada Smith","Bo Lee"],"abstract_s":["We count."],"producedDateY_i":2019,"doiId_s":"10.1234/oyster.1","journalTitle_s":"Journal of Oysters"}]}}"#,
    );
    assert_eq!((record.title.as_str(), record.dates), ("On oysters", vec![date("2019")]));
    assert_eq!((record.venue.as_deref(), record.ids.len()), (Some("Journal of Oysters"), 2));
    let record = names(
        r#"{"results":[{"authors":[{"fullName":"Smith, Ada"},{"fullName":"Lee, Bo"}],"mainTitle":"On carp","descriptions":["We count."],"publicationDate":"2019-05-04","container":{"name":"Journal of Carp","vol":"3","sp":"1","ep":"9"},"pids":[{"scheme":"doi","value":"10.1234/carp.1"}],"language":{"code":"eng","label":"English"}}]}"#,
    );
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("On carp", "We count."));
    assert_eq!((record.venue.as_deref(), record.pages.as_deref()), (Some("Journal of Carp"), Some("1-9")));
}

#[test]
fn preprint_servers_and_rows_of_data_sets_are_read() {
    let record = names(
        r#"{"messages":[{"status":"ok"}],"collection":[{"doi":"10.1101/2019.1","title":"On squid","authors":"Smith, A.; Lee, B.","date":"2019-05-04","abstract":"We count.","published":"10.1234/squid.1","server":"biorxiv"}]}"#,
    );
    assert_eq!(record.dates, [date("2019-05-04")]);
    assert_eq!(record.ids, [RawId::Doi("10.1101/2019.1".into()), RawId::Doi("10.1234/squid.1".into())]);
    let record = names(
        r#"{"notes":[{"id":"Ab","cdate":1556928000000,"content":{"title":{"value":"On nets"},"abstract":{"value":"We train."},"authors":{"value":["Ada Smith","Bo Lee"]},"keywords":{"value":["fish"]}}}],"count":1}"#,
    );
    assert_eq!((record.title.as_str(), record.abstract_text.as_str()), ("On nets", "We train."));
    assert_eq!((record.keywords, record.dates.len()), (texts(&["fish"]), 1));
    let rows = r#"{"features":[{"name":"title"}],"rows":[{"row_idx":0,"row":{"title":"a"},"truncated_cells":[]},{"row_idx":1,"row":{"title":"b"}}]}"#;
    assert_eq!(titles(rows), ["1 a", "1 b"]);
    // Zotero's notes are part of a paper.
    assert_eq!(titles(r#"{"key":"K","notes":[{"note":"x"}],"title":"a"}"#), ["1 a"]);
}

#[test]
fn a_document_without_a_title_gets_its_first_sentence() {
    let record =
        whole(r#"{"_id":"d1","title":"","text":"Fish swim in the sea. They do it all day long.","metadata":{}}"#);
    assert_eq!(
        (record.title.as_str(), record.abstract_text.as_str()),
        ("Fish swim in the sea.", "Fish swim in the sea. They do it all day long.")
    );
    let long = only(&format!(r#"{{"_id":"d2","text":"{}"}}"#, "swim ".repeat(100)));
    assert!(long.title.ends_with("swim …") && long.title.len() < 130, "{}", long.title);
    assert_eq!(titles(r#"{"id":"d1","text":"No document of BEIR."}"#), ["1: expected a title, found none"]);
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
