//! Reads values that look alike in all formats of reference managers: ids, addresses, keywords and kinds.

use crate::corpus::RawId;

/// An id in a field for accession numbers of any database. `database`: the name of the database, if given.
pub(in crate::corpus) fn accession(value: &str, database: &str) -> RawId {
    let value = value.trim();
    let own = || value.to_owned();
    if let Some(number) = after(value, "pmid").filter(|number| is_number(number)) {
        return RawId::Pubmed(number.to_owned());
    }
    if let Some(id) = pubmed_central(value) {
        return id;
    }
    if has_doi(value) {
        return RawId::Doi(own());
    }
    if after(value, "arxiv").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())) {
        return RawId::Arxiv(own());
    }
    let database = database.to_ascii_lowercase();
    if is_number(value) && ["pubmed", "medline", "nlm"].iter().any(|name| database.contains(name)) {
        return RawId::Pubmed(own());
    }
    address_id(value).unwrap_or_else(|| RawId::Own(own()))
}

/// An id of PubMed Central, such as `PMC123` or `PMCID: PMC123`.
pub(in crate::corpus) fn pubmed_central(value: &str) -> Option<RawId> {
    let id = after(value, "pmcid").unwrap_or(value.trim());
    is_number(after(id, "pmc")?).then(|| RawId::PubmedCentral(id.to_owned()))
}

/// The id in a web address of a page of doi.org, arXiv or PubMed.
pub(in crate::corpus) fn address_id(address: &str) -> Option<RawId> {
    let (scheme, rest) = address.trim().split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let path = &rest[host.len()..];
    let own = address.trim().to_owned();
    match host.strip_prefix("www.").unwrap_or(&host) {
        "doi.org" | "dx.doi.org" if path.len() > 1 => Some(RawId::Doi(own)),
        "arxiv.org" | "export.arxiv.org" if path.starts_with("/abs/") || path.starts_with("/pdf/") => {
            Some(RawId::Arxiv(own))
        }
        "pubmed.ncbi.nlm.nih.gov" | "pmc.ncbi.nlm.nih.gov" if path.len() > 1 => Some(RawId::Any(own)),
        "ncbi.nlm.nih.gov" if path.starts_with("/pubmed/") || path.starts_with("/pmc/") => Some(RawId::Any(own)),
        _ => None,
    }
}

/// The DOI in the address of a publisher's page, such as `onlinelibrary.wiley.com/doi/10.1000/182`.
pub(in crate::corpus) fn doi_of_page(address: &str) -> Option<RawId> {
    // ACM gives papers without a DOI one with this prefix, which doi.org does not know.
    let is_doi = address.contains("/doi/") && address.contains("/10.") && !address.contains("/10.5555/");
    (is_web(address) && is_doi).then(|| RawId::Doi(address.to_owned()))
}

/// The web addresses in a value: one per line, or several separated by semicolons.
pub(in crate::corpus) fn addresses(value: &str) -> Vec<&str> {
    let mut addresses = Vec::new();
    for line in value.lines() {
        let mut start = 0;
        // An address may itself contain a semicolon: one separates only if an address follows.
        for (place, _) in line.match_indices(';') {
            if is_web(line[place + 1..].trim_start()) {
                addresses.push(&line[start..place]);
                start = place + 1;
            }
        }
        addresses.push(&line[start..]);
    }
    addresses.into_iter().map(str::trim).filter(|address| is_web(address)).collect()
}

/// Whether a value is a web address, in contrast to the path of a file.
pub(in crate::corpus) fn is_web(value: &str) -> bool {
    let starts = |scheme: &str| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

/// Whether a value is a DOI, also in the form `doi:10.1000/182` or as an address.
pub(in crate::corpus) fn has_doi(value: &str) -> bool {
    let value = value.trim();
    let start = ["doi.org/", "dx.doi.org/", "doi"].iter().find_map(|name| after(value, name)).unwrap_or(value);
    let is_doi = start.strip_prefix("10.").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_doi && start.contains('/') || matches!(address_id(value), Some(RawId::Doi(_)))
}

/// Adds the keywords of a value: one per line, or separated by semicolons.
pub(in crate::corpus) fn add_keywords(keywords: &mut Vec<String>, value: &str) {
    let words = value.split(['\n', ';']).map(str::trim).filter(|word| !word.is_empty());
    keywords.extend(words.map(str::to_owned));
}

/// Splits the only keyword of a record at its commas. A lone comma stays: `Diabetes Mellitus, Type 2` is one keyword.
pub(in crate::corpus) fn split_only_keyword(keywords: &mut Vec<String>) {
    if let [only] = keywords.as_slice()
        && only.matches(',').count() > 1
    {
        *keywords = only.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    }
}

/// Whether a kind of publication marks the paper as retracted, in contrast to `Retraction`, the notice itself.
pub(in crate::corpus) fn is_retracted(kind: &str) -> bool {
    ["retracted publication", "retracted article", "retracted"].iter().any(|name| kind.eq_ignore_ascii_case(name))
}

/// The text after a name, a colon or space, and white space; case does not matter.
fn after<'v>(value: &'v str, name: &str) -> Option<&'v str> {
    let value = value.trim();
    let (start, rest) = value.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_start_matches([':', ' ', '=']))
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_accession_numbers_get_their_scheme() {
        assert_eq!(accession("PMID:123", ""), RawId::Pubmed("123".into()));
        assert_eq!(accession("pmid: 123", ""), RawId::Pubmed("123".into()));
        assert_eq!(accession("123", "PubMed"), RawId::Pubmed("123".into()));
        assert_eq!(accession("123", "Medline"), RawId::Pubmed("123".into()));
        assert_eq!(accession("123", "Scopus"), RawId::Own("123".into()));
        assert_eq!(accession("PMCID: PMC77", ""), RawId::PubmedCentral("PMC77".into()));
        assert_eq!(accession("WOS:000", ""), RawId::Own("WOS:000".into()));
        assert_eq!(accession("arXiv:1706.03762", ""), RawId::Arxiv("arXiv:1706.03762".into()));
        assert_eq!(accession("10.1/x", ""), RawId::Doi("10.1/x".into()));
        assert_eq!(accession("Ünal2020", ""), RawId::Own("Ünal2020".into()));
    }

    #[test]
    fn addresses_of_known_pages_are_ids() {
        assert_eq!(address_id("https://DOI.org/10.1/x"), Some(RawId::Doi("https://DOI.org/10.1/x".into())));
        assert_eq!(address_id("http://dx.doi.org/10.1/x"), Some(RawId::Doi("http://dx.doi.org/10.1/x".into())));
        assert_eq!(address_id("https://arxiv.org/abs/1"), Some(RawId::Arxiv("https://arxiv.org/abs/1".into())));
        let pubmed = "https://pubmed.ncbi.nlm.nih.gov/123/";
        assert_eq!(address_id(pubmed), Some(RawId::Any(pubmed.into())));
        assert_eq!(address_id("https://example.org/10.1/x"), None);
        assert_eq!(address_id("10.1/x"), None);
    }

    #[test]
    fn the_page_of_a_publisher_has_the_doi() {
        let page = "https://www.tandfonline.com/doi/full/10.1234/fish?journalCode=x";
        assert_eq!(doi_of_page(page), Some(RawId::Doi(page.into())));
        assert_eq!(doi_of_page("https://dl.acm.org/doi/10.5555/123.456"), None);
        assert_eq!(doi_of_page("https://example.org/10.1234/fish"), None);
        assert_eq!(doi_of_page("doi/10.1234/fish"), None);
    }

    #[test]
    fn only_a_semicolon_before_an_address_separates_addresses() {
        let value = "https://a.org/x;y=1; http://b.org/\nfile:///c.pdf\n HTTPS://d.org";
        assert_eq!(addresses(value), ["https://a.org/x;y=1", "http://b.org/", "HTTPS://d.org"]);
    }

    #[test]
    fn only_a_long_list_is_split_at_commas() {
        let split = |value: &str| {
            let mut keywords = Vec::new();
            add_keywords(&mut keywords, value);
            split_only_keyword(&mut keywords);
            keywords
        };
        assert_eq!(split("a; b\nc"), ["a", "b", "c"]);
        assert_eq!(split("a, b, c"), ["a", "b", "c"]);
        assert_eq!(split("Diabetes Mellitus, Type 2"), ["Diabetes Mellitus, Type 2"]);
    }
}
