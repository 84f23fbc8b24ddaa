//! Reads values that are lists: arrays, texts with separators, and Python lists written as texts.

use super::node::Node;

/// The archives of arXiv, with the old ones: <https://arxiv.org/archive>.
const ARCHIVES: [&str; 38] = [
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg",
    "comp-gas", "cond-mat", "cs", "dg-ga", "econ", "eess", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph", "q-alg",
    "q-bio", "q-fin", "quant-ph", "solv-int", "stat", "supr-con",
];

/// The texts of a list. Of an object, the text is its `name`, or its value under a general key such as `title` or `value`.
pub(super) fn texts(node: Node, name: &[&str]) -> Option<Vec<String>> {
    if let Some(text) = node.scalar() {
        return Some(of_text(&text));
    }
    if node.is_array() {
        return texts_of_elements(node, name);
    }
    // An object around the list, as in Europe PMC: `{"keyword":["a"]}`.
    let members = node.members()?;
    let (_, list) = members.0.into_iter().find(|(_, value)| value.is_array())?;
    texts_of_elements(list, name)
}

fn texts_of_elements(list: Node, name: &[&str]) -> Option<Vec<String>> {
    let text = |element: Node| Some(element.member(name).unwrap_or(element).plain()?.into_owned());
    Some(list.elements()?.into_iter().filter_map(text).collect())
}

/// The elements of a list that is written in one text.
fn of_text(text: &str) -> Vec<String> {
    if let Some(list) = python_list(text) {
        return list;
    }
    let is_code = |word: &str| ARCHIVES.contains(&word.split_once('.').map_or(word, |(archive, _)| archive));
    let parts: Vec<&str> = if let Some(separator) = [';', '|'].into_iter().find(|c| text.contains(*c)) {
        text.split(separator).collect()
    } else if text.contains(',') {
        text.split(',').collect()
    } else if text.split_whitespace().all(is_code) {
        text.split_whitespace().collect()
    } else {
        vec![text]
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The texts of a Python or JSON list that is written in a text, such as `['cs.LG', "it's"]`; `None` if it is not such a list.
pub(super) fn python_list(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut list = Vec::new();
    while let Some(quote) = rest.chars().next() {
        if !matches!(quote, '\'' | '"') {
            return None;
        }
        let mut element = String::new();
        let mut chars = rest[1..].char_indices();
        let length = loop {
            match chars.next()? {
                (_, '\\') => element.push(chars.next()?.1),
                (place, c) if c == quote => break 1 + place + 1,
                (_, c) => element.push(c),
            }
        };
        list.push(element);
        rest = rest[length..].trim_start();
        // NumPy writes arrays without commas.
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_texts_are_split_at_their_separator() {
        assert_eq!(of_text("hep-ph cs.LG math.GT"), ["hep-ph", "cs.LG", "math.GT"]);
        assert_eq!(of_text("Computer Science"), ["Computer Science"]);
        assert_eq!(of_text("Biology, Cell;  Medicine"), ["Biology, Cell", "Medicine"]);
        assert_eq!(of_text("graphs, deep learning,"), ["graphs", "deep learning"]);
    }

    #[test]
    fn python_lists_are_read() {
        assert_eq!(python_list(r#"['Ada Smith', "Bo O'Lee", 'x\'y']"#).unwrap(), ["Ada Smith", "Bo O'Lee", "x'y"]);
        assert_eq!(python_list("['cs.CV' 'cs.LG']").unwrap(), ["cs.CV", "cs.LG"]);
        assert_eq!(python_list("[]").unwrap(), Vec::<String>::new());
        for text in ["['open", "[1, 2]", "[{'name': 'x'}]", "['a]", "none", "['a\\", "['a\\]"] {
            assert_eq!(python_list(text), None, "{text}");
        }
    }
}
