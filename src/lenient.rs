//! How are numbers and lists read from JSON and from query strings? A query string contains only text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::paper::PaperId;

/// A number or a boolean: typed in JSON, text in a query string.
pub(crate) fn number<'de, D: Deserializer<'de>, T: FromStr>(
    deserializer: D,
    expected: &'static str,
) -> Result<T, D::Error> {
    struct Number<T>(&'static str, PhantomData<T>);

    impl<T: FromStr> Visitor<'_> for Number<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<T, E> {
            self.visit_str(if truth { "true" } else { "false" })
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }

        fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_any(Number(expected, PhantomData))
}

/// A list of names without spaces, as categories are: as [`list`], or separated by commas.
pub(crate) fn codes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut codes = Vec::new();
    for text in list(deserializer)? {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        // Other names have commas themselves, as `Physics, Applied`.
        if parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace)) {
            codes.extend(parts.into_iter().map(str::to_owned));
        } else {
            codes.push(text);
        }
    }
    Ok(codes)
}

/// A list of ids of papers: as [`list`], or separated by commas. Some ids have commas themselves, so a space must follow each comma,
/// or each part be an id with a scheme.
pub(crate) fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut ids = Vec::new();
    for text in list(deserializer)? {
        let is_word = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        let with_spaces = text.contains(", ") && text.split(", ").all(is_word) && !text.ends_with(',');
        if with_spaces || text.contains(',') && text.split(',').all(|part| PaperId::parse(part).is_some()) {
            ids.extend(text.split(',').map(|part| part.trim().to_owned()));
        } else {
            ids.push(text);
        }
    }
    Ok(ids)
}

/// A list: an array in JSON, also as text, or a repeated parameter in a query string. A single text is a list of one.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            let is_array = text.trim_start().starts_with('[');
            let array = if is_array { serde_json::from_str(text).ok() } else { None };
            Ok(array.unwrap_or_else(|| vec![text.to_owned()]))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<Vec<String>, A::Error> {
            Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(texts))
        }
    }

    deserializer.deserialize_any(List)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn ids_are_separated_by_commas_unless_these_are_part_of_an_id() {
        let read = |value: Value| ids(value).unwrap();
        for list in [
            json!("2001.00001, arXiv:2001.00002,10.1000/x"),
            json!(["2001.00001", "arXiv:2001.00002", "10.1000/x"]),
            json!("[\"2001.00001\", \"arXiv:2001.00002\", \"10.1000/x\"]"),
            json!(["2001.00001,arXiv:2001.00002", "10.1000/x"]),
        ] {
            assert_eq!(read(list.clone()), ["2001.00001", "arXiv:2001.00002", "10.1000/x"], "{list}");
        }
        for one in ["10.1000/a,b", "a book, by two authors", "2001.00001,", ","] {
            assert_eq!(read(json!(one)), [one]);
        }
    }
}
