//! Publication dates: calendar dates of which the day, or the day and month, may be unknown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Gregorian date to the day, the month or the year (ISO 8601: `2017-06-12`, `1953-04`, `1948`).
///
/// The order is that of the text form: a year precedes its months, and a month its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicationDate {
    year: u16,
    month: u8,
    day: u8,
}

impl PublicationDate {
    /// A date to the day; `None` if the day does not exist.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let fits =
            (1000..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        fits.then_some(Self { year, month, day })
    }

    /// Parses `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; a time of day after it is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.trim().split(['T', ' ']).next()?;
        let mut parts = date.split('-');
        let mut number = |width: usize| -> Option<Option<u16>> {
            let Some(part) = parts.next() else { return Some(None) };
            let fits = part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse().ok()).flatten().map(Some)
        };
        let year = number(4)??;
        let month = number(2)?;
        let day = number(2)?;
        if parts.next().is_some() {
            return None;
        }
        let whole = Self::new(year, month.unwrap_or(1).try_into().ok()?, day.unwrap_or(1).try_into().ok()?)?;
        Some(Self {
            month: if month.is_some() { whole.month } else { 0 },
            day: if day.is_some() { whole.day } else { 0 },
            ..whole
        })
    }

    /// A date of which the month or the day may be unknown, which is 0 then; `None` if there is no such date.
    #[must_use]
    pub(crate) fn partial(year: u16, month: u8, day: u8) -> Option<Self> {
        let day = if month == 0 { 0 } else { day };
        Self::new(year, month.max(1), day.max(1))?;
        Some(Self { year, month, day })
    }

    /// How much is known: 1 for a year, 2 for a month, 3 for a day.
    #[must_use]
    pub(crate) fn precision(self) -> u8 {
        1 + u8::from(self.month > 0) + u8::from(self.day > 0)
    }

    /// The year, which is always known.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month from 1, if known.
    #[must_use]
    pub fn month(self) -> Option<u8> {
        (self.month > 0).then_some(self.month)
    }

    /// The day from 1, if known.
    #[must_use]
    pub fn day(self) -> Option<u8> {
        (self.day > 0).then_some(self.day)
    }

    /// A number greater than 0 that sorts as the date does.
    #[must_use]
    pub(crate) fn sortable(self) -> u32 {
        (u32::from(self.year) << 16) | (u32::from(self.month) << 8) | u32::from(self.day)
    }
}

/// Whether a text is a year: four digits.
pub(crate) fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a month from its English name or the first three letters.
#[must_use]
pub(crate) fn month_number(name: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let place = MONTHS.iter().position(|month| {
        *month == name || (name.len() == 3 && month.starts_with(&name)) || (name == "sept" && *month == "september")
    })?;
    u8::try_from(place + 1).ok()
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for PublicationDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day > 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

impl Serialize for PublicationDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicationDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a date")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_precisions_are_parsed_and_formatted() {
        for text in ["1948", "1953-04", "2017-06-12", "2024-02-29"] {
            assert_eq!(PublicationDate::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(PublicationDate::parse("2017-06-12T10:00:00Z").unwrap().to_string(), "2017-06-12");
    }

    #[test]
    fn days_that_do_not_exist_are_rejected() {
        for text in ["2023-02-29", "1900-02-29", "2020-13", "2020-00-01", "2020-1-1", "20", "", "2020-01-01-01", "+200"]
        {
            assert_eq!(PublicationDate::parse(text), None, "{text}");
        }
    }
}
