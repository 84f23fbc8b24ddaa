//! Reads dates: a text, a year, milliseconds, the parts of Crossref and CSL-JSON, or an object with a date in it.

use super::node::Node;
use crate::corpus::RawDate;

/// Numbers from here on count seconds since 1970; those of 1,000 times the size count milliseconds.
const FIRST_SECOND: i64 = 100_000_000;
const FIRST_MILLISECOND: i64 = 100_000_000_000;
/// Maximum depth of nested objects that are searched: MongoDB writes `{"$date":{"$numberLong":"0"}}`.
const DEPTH: usize = 3;

/// The date in a value; `None` if it holds none.
pub(super) fn date(node: Node) -> Option<RawDate> {
    within(node, DEPTH)
}

fn within(node: Node, depth: usize) -> Option<RawDate> {
    if node.is_number() {
        return Some(number(&node.scalar()?));
    }
    if let Some(text) = node.string() {
        return (!text.trim().is_empty()).then(|| RawDate::Text(text.into_owned()));
    }
    let depth = depth.checked_sub(1)?;
    if node.is_array() {
        let elements = node.elements()?;
        return match elements.first()? {
            first if first.is_array() => parts(&first.elements()?),
            first if first.is_object() => within(*first, depth),
            _ => parts(&elements),
        };
    }
    // Parts that are all null are followed by nothing better in Crossref, but by a text in CSL-JSON.
    let found = node.member(&["date-parts", "date_parts"]).and_then(|parts| within(parts, depth));
    found.or_else(|| by_names(node)).or_else(|| {
        let names = ["date-time", "date", "literal", "raw", "value", "timestamp", "$date", "$numberLong", "$"];
        let inner = node.member(&names)?;
        // The milliseconds of MongoDB are a text of digits.
        let digits = inner.string().filter(|text| text.len() > 10 && text.bytes().all(|byte| byte.is_ascii_digit()));
        digits.map_or_else(|| within(inner, depth), |digits| Some(number(&digits)))
    })
}

/// A date given as a number: a year, a day such as 20200501, or a time since 1970.
fn number(text: &str) -> RawDate {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    match whole.parse::<i64>() {
        Ok(time) if time.abs() >= FIRST_MILLISECOND => RawDate::Milliseconds(time),
        Ok(time) if time.abs() >= FIRST_SECOND => RawDate::Milliseconds(time * 1000),
        _ => RawDate::Text(whole.to_owned()),
    }
}

/// Year, month and day in this order; some may be null.
fn parts(elements: &[Node]) -> Option<RawDate> {
    let part = |place: usize| elements.get(place).map_or_else(String::new, |part| text(*part));
    of_parts(part(0), part(1), part(2))
}

fn by_names(node: Node) -> Option<RawDate> {
    let part = |name| node.member(&[name]).map_or_else(String::new, text);
    of_parts(part("year"), part("month"), part("day"))
}

/// A date of its parts, which needs a year.
pub(super) fn of_parts(year: String, month: String, day: String) -> Option<RawDate> {
    // Tables with gaps give whole numbers a fraction.
    let whole = |part: String| part.strip_suffix(".0").map_or_else(|| part.clone(), str::to_owned);
    (!year.trim().is_empty()).then(|| RawDate::Parts { year: whole(year), month: whole(month), day: whole(day) })
}

fn text(node: Node) -> String {
    node.scalar().unwrap_or_default().into_owned()
}
