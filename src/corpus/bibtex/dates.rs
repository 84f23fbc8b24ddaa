//! Reads dates: BibLaTeX's `date` and BibTeX's `year` and `month`.
//!
//! The notation is that of the manual of BibLaTeX, section 2.3.8: `2017-06-12`, `2017-06/2017-07`, `2017~`.

use super::super::RawDate;
use super::entry::Entry;
use crate::paper::is_year;

/// The dates of an entry, the best one first.
pub(super) fn dates(entry: &Entry) -> Vec<RawDate> {
    let mut dates = Vec::new();
    if let Some(date) = entry.bare(&["date"]) {
        dates.push(start(date));
    }
    if let Some(year) = entry.bare(&["year"]) {
        let (month, day) = entry.bare(&["month"]).map(month_and_day).unwrap_or_default();
        let day = entry.bare(&["day"]).map_or(day, str::to_owned);
        dates.push(if is_year(year) || !month.is_empty() {
            RawDate::Parts { year: year.to_owned(), month, day }
        } else {
            start(year)
        });
    }
    for name in ["issue_date", "earlyaccessdate", "eventdate"] {
        dates.extend(entry.bare(&[name]).map(start));
    }
    dates
}

/// The start of a range, without marks of uncertainty. Of a range with an open start, it is the end.
fn start(date: &str) -> RawDate {
    let is_numeric = date.bytes().all(|byte| byte.is_ascii_digit() || b"-/.~?%:TZ+ ".contains(&byte));
    // `06/12/2017` is not a range.
    let parts: Vec<&str> = date.split('/').collect();
    let date = match parts[..] {
        [start, end] if is_numeric && (start.len() >= 4 || start.is_empty()) => match start {
            "" | ".." => end,
            start => start,
        },
        _ => date,
    };
    RawDate::Text(date.trim_end_matches(['~', '?', '%']).to_owned())
}

/// The first month and the first day of a `month`: `6`, `jun`, `June 12--15`, `12~jun`, `June/July`.
fn month_and_day(text: &str) -> (String, String) {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    for word in words {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            // Longer numbers are years.
            if word.len() <= 2 {
                numbers.push(word);
            }
        } else if word.chars().all(char::is_alphabetic) {
            names.push(word);
        } else {
            // `12th`
            let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            if matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                numbers.push(digits);
            }
        }
    }
    let number = |place: usize| numbers.get(place).copied().unwrap_or_default().to_owned();
    match names.first() {
        Some(name) => ((*name).to_owned(), number(0)),
        None => (number(0), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Vec<RawDate> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        dates(&Entry { fields, ..Entry::default() })
    }

    fn parts(year: &str, month: &str, day: &str) -> RawDate {
        RawDate::Parts { year: year.into(), month: month.into(), day: day.into() }
    }

    #[test]
    fn every_notation_of_months_is_read() {
        for (month, name, day) in [
            ("jun", "jun", ""),
            ("{June}", "June", ""),
            ("6", "6", ""),
            ("06", "06", ""),
            ("12~jun", "jun", "12"),
            ("June 12--15", "June", "12"),
            ("12th June", "June", "12"),
            ("June/July", "June", ""),
            ("Jun.", "Jun", ""),
            ("MAR 3", "MAR", "3"),
            ("6-8", "6", ""),
            ("October 2017", "October", ""),
            ("März", "März", ""),
        ] {
            assert_eq!(of(&[("year", "{2017}"), ("month", month)]), [parts("2017", name, day)], "{month}");
        }
        assert_eq!(of(&[("year", "2017"), ("month", "jun"), ("day", "9")]), [parts("2017", "jun", "9")]);
    }

    #[test]
    fn the_start_of_a_range_is_the_date() {
        for (date, wanted) in [
            ("2017-06-12", "2017-06-12"),
            ("2017-06/2017-07", "2017-06"),
            ("2017/", "2017"),
            ("/2018", "2018"),
            ("2017~", "2017"),
            ("06/12/2017", "06/12/2017"),
            ("12 June 2017", "12 June 2017"),
        ] {
            assert_eq!(of(&[("date", date)]), [RawDate::Text(wanted.into())], "{date}");
        }
    }

    #[test]
    fn dates_are_in_order_of_precision() {
        let dates = of(&[("issue_date", "June 2017"), ("year", "2017"), ("date", "2017-06-12")]);
        let text = |date: &str| RawDate::Text(date.into());
        assert_eq!(dates, [text("2017-06-12"), parts("2017", "", ""), text("June 2017")]);
        assert_eq!(of(&[("year", "in press")]), [text("in press")]);
        assert_eq!(of(&[("month", "jun")]), []);
    }
}
