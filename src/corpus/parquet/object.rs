//! Writes a row as a JSON object: columns are members, groups objects, dates ISO 8601.

use ::parquet::basic::{LogicalType, TimeUnit};
use ::parquet::record::{Field, Row};
use ::parquet::schema::types::Type;

use crate::corpus::RawDate;
use crate::corpus::dates::{self, PartialDate};

const DAY: i64 = 86_400_000;

/// The JSON text of a row without some of its columns. Values that are null are left out.
pub(super) fn of_row(row: &Row, schema: &Type, left_out: &[&str]) -> String {
    let mut text = String::with_capacity(2048);
    object(&mut text, row, Some(schema), left_out);
    text
}

fn object(text: &mut String, row: &Row, schema: Option<&Type>, left_out: &[&str]) {
    let columns = row.get_column_iter().enumerate().filter(|(_, (name, _))| !left_out.contains(&name.as_str()));
    let columns = columns.map(|(place, (name, value))| {
        let schema = schema.filter(|schema| schema.is_group()).and_then(|schema| schema.get_fields().get(place));
        (string(name), value, schema.map(AsRef::as_ref))
    });
    members(text, columns);
}

fn members<'a>(text: &mut String, members: impl Iterator<Item = (String, &'a Field, Option<&'a Type>)>) {
    text.push('{');
    let mut is_first = true;
    for (name, value, schema) in members.filter(|(_, value, _)| !matches!(value, Field::Null)) {
        if !std::mem::take(&mut is_first) {
            text.push(',');
        }
        text.push_str(&name);
        text.push(':');
        push(text, value, schema);
    }
    text.push('}');
}

/// Appends a value. `schema` is that of its column, where it is known.
fn push(text: &mut String, value: &Field, schema: Option<&Type>) {
    match value {
        Field::Null | Field::TimeMillis(_) | Field::TimeMicros(_) => text.push_str("null"),
        Field::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Field::Long(value) => match schema.and_then(unit) {
            Some(unit) => text.push_str(&date(value.div_euclid(unit))),
            None => text.push_str(&value.to_string()),
        },
        Field::Float16(value) => number(text, f64::from(value.to_f32())),
        Field::Float(value) => number(text, f64::from(*value)),
        Field::Double(value) => number(text, *value),
        Field::Str(value) => text.push_str(&string(value)),
        // Old writers do not mark texts as such.
        Field::Bytes(value) => text.push_str(&value.as_utf8().map_or_else(|_| "null".to_owned(), string)),
        Field::Date(days) => text.push_str(&date(i64::from(*days) * DAY)),
        Field::TimestampMillis(time) => text.push_str(&date(*time)),
        Field::TimestampMicros(time) => text.push_str(&date(time.div_euclid(1_000))),
        Field::Group(row) => object(text, row, schema, &[]),
        Field::ListInternal(list) => {
            text.push('[');
            for (place, element) in list.elements().iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                push(text, element, None);
            }
            text.push(']');
        }
        Field::MapInternal(map) => {
            let name = |key: &Field| match key {
                Field::Str(key) => string(key),
                Field::Bytes(key) => string(key.as_utf8().unwrap_or_default()),
                other => string(&other.to_string()),
            };
            members(text, map.entries().iter().map(|(key, value)| (name(key), value, None)));
        }
        // Whole numbers and decimals.
        number => text.push_str(&number.to_string()),
    }
}

/// How many units of a timestamp are a millisecond, for a column of timestamps that the row reader yields as numbers.
fn unit(schema: &Type) -> Option<i64> {
    match schema.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(timestamp)) => Some(match timestamp.unit {
            TimeUnit::MILLIS => 1,
            TimeUnit::MICROS => 1_000,
            TimeUnit::NANOS => 1_000_000,
        }),
        _ => None,
    }
}

/// A time since 1970 in milliseconds, as the text of its day. One that no paper has stays a number, which is reported.
fn date(milliseconds: i64) -> String {
    match dates::read(&RawDate::Milliseconds(milliseconds)) {
        Some((PartialDate { year, month, day }, _)) => format!("\"{year:04}-{month:02}-{day:02}\""),
        None => milliseconds.to_string(),
    }
}

/// A number; JSON has no infinite ones, and pandas writes "not a number" for a gap.
fn number(text: &mut String, value: f64) {
    text.push_str(&if value.is_finite() { value.to_string() } else { "null".to_owned() });
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
