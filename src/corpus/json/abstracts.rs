//! Reads abstracts: a text, paragraphs, labelled sections, or the inverted index of OpenAlex.

use super::node::Node;
use crate::corpus::one_line;
use crate::paper::sentences;

/// The highest position of a word in an abstract.
const HIGHEST: u32 = 100_000;

/// The text of an abstract; the error tells what was expected.
pub(super) fn text(node: Node) -> Result<String, &'static str> {
    const EXPECTED: &str = "a text";
    if let Some(text) = node.scalar() {
        return Ok(text.into_owned());
    }
    if let Some(elements) = node.elements() {
        // DataCite lists notes about methods with the abstract.
        let is_abstract = |node: &&Node| {
            node.member(&["descriptionType"]).and_then(Node::string).is_some_and(|kind| kind == "Abstract")
        };
        if let Some(found) = elements.iter().find(is_abstract) {
            return found.plain().map(Into::into).ok_or(EXPECTED);
        }
        // Alternatives of several sources, as in INSPIRE, are not parts of one text.
        if let Some(first) = elements.first().and_then(|first| first.member(&["value", "abstract", "description"])) {
            return first.plain().map(Into::into).ok_or(EXPECTED);
        }
        let parts: Vec<String> = elements.into_iter().filter_map(section).collect();
        return if parts.is_empty() { Err(EXPECTED) } else { Ok(parts.join("\n")) };
    }
    if let Some(text) = node.plain() {
        return Ok(text.into_owned());
    }
    // Springer Nature writes the elements of HTML: `{"h1":"Abstract","p":"…"}`.
    if let Some(found) = node.member(&["p"]) {
        let paragraphs = found.elements().unwrap_or_else(|| vec![found]);
        let paragraphs: Vec<_> = paragraphs.into_iter().filter_map(Node::plain).collect();
        return if paragraphs.is_empty() { Err(EXPECTED) } else { Ok(paragraphs.join("\n")) };
    }
    // Sections by their labels: `{"BACKGROUND":"…","METHODS":"…"}`.
    let sections = node.members().map(|members| members.0).unwrap_or_default();
    let is_section = |(_, value): &(_, Node)| value.is_string();
    if sections.is_empty() || !sections.iter().all(is_section) {
        return Err(EXPECTED);
    }
    let labelled = |(label, value): &(_, Node)| format!("{label}: {}", value.string().unwrap_or_default());
    Ok(sections.iter().map(labelled).collect::<Vec<_>>().join("\n"))
}

/// A paragraph or a section with its label, as CORD-19 and S2ORC have them.
fn section(node: Node) -> Option<String> {
    let text = node.plain()?;
    let label = node.member(&["label", "@label", "section"]).and_then(Node::string);
    // CORD-19 labels every paragraph of an abstract as such.
    let label = label.filter(|label| !label.trim().is_empty() && !label.trim().eq_ignore_ascii_case("abstract"));
    Some(label.map_or_else(|| text.to_string(), |label| format!("{}: {text}", label.trim())))
}

/// A title for a document of BEIR without one: its first sentence, or the beginning of it.
pub(super) fn title_of(text: &str) -> String {
    const LONGEST: usize = 120;
    let line = one_line(text);
    let end = sentences(&line).first().map_or(line.len(), |first| first.end);
    let sentence = line[..end].trim_end();
    let Some((cut, _)) = sentence.char_indices().nth(LONGEST) else { return sentence.to_owned() };
    let cut = sentence[..cut].rfind(' ').unwrap_or(cut);
    format!("{} …", sentence[..cut].trim_end_matches([' ', ',', ';']))
}

/// Rebuilds an abstract of the positions of each word. Positions may have gaps; of two words at one position, both remain.
pub(super) fn of_inverted_index(node: Node) -> Result<String, &'static str> {
    const EXPECTED: &str = "an object with the positions of each word";
    // The datasets of OpenAlex hold the index as a text with JSON in it.
    let text = node.string();
    let members = text.as_deref().map_or_else(|| node.members(), |text| Node::parse(text).ok()).ok_or(EXPECTED)?;
    // Older ones have the length beside the index.
    let inner = members.get(&["InvertedIndex"]).and_then(Node::members);
    let members = inner.unwrap_or(members).0;
    let mut words: Vec<(u32, &str)> = Vec::with_capacity(2 * members.len());
    for (word, positions) in &members {
        let positions = positions.counts().filter(|positions| positions.iter().all(|position| *position <= HIGHEST));
        let positions = positions.ok_or("an object with the positions of each word, from 0 to 100000")?;
        words.extend(positions.into_iter().map(|position| (position, word.as_ref())));
    }
    words.sort_by_key(|(position, _)| *position);
    Ok(words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" "))
}
