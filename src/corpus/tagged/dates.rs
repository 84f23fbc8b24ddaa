//! Combines the date fields of a record: most formats give the year in one field, and in another a date that may lack it.

use crate::corpus::RawDate;

/// The dates of a record, the best first.
///
/// `years`: the fields that give at least the year. `others`: fields whose date may lack the year, such as `JAN 5`.
pub(super) fn dates(years: &[&str], others: &[&str]) -> Vec<RawDate> {
    let year = years.iter().find_map(|text| year(text));
    let completed = others.iter().filter_map(|date| {
        // RIS has `year/month/day/other`; what is in the fourth place is not part of the date, unless it stands alone.
        let date = date.trim();
        let end = date.match_indices('/').nth(2).map_or(date.len(), |(place, _)| place);
        let date = if date[..end].ends_with("//") { date } else { date[..end].trim_end_matches('/') };
        match year {
            _ if date.is_empty() => None,
            _ if self::year(date).is_some() => Some(date.to_owned()),
            // `5 January` is completed to `5 January 2020`, and `JAN 5` to `2020 JAN 5`.
            Some(year) if date.starts_with(|c: char| c.is_ascii_digit()) => Some(format!("{date} {year}")),
            Some(year) => Some(format!("{year} {date}")),
            None => None,
        }
    });
    let whole = years.iter().map(|date| date.trim().to_owned()).filter(|date| !date.is_empty());
    let mut dates: Vec<String> = completed.chain(whole).collect();
    // A date of another year is that of an online version or of a database: it comes last. Otherwise, the more exact
    // date is the better one.
    let is_other = |date: &str| year.is_some_and(|year| self::year(date).is_some_and(|first| first != year));
    dates.sort_by_key(|date| (is_other(date), std::cmp::Reverse(parts(date))));
    dates.dedup();
    dates.into_iter().map(RawDate::Text).collect()
}

/// The first number of four digits, or the first four of `20200105`.
fn year(text: &str) -> Option<&str> {
    numbers(text).find(|number| matches!(number.len(), 4 | 8)).map(|number| &number[..4])
}

/// How many parts of a date (year, month, day) the text gives, at most.
fn parts(date: &str) -> usize {
    if numbers(date).any(|number| number.len() == 8) {
        return 3;
    }
    date.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).count().min(3)
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(years: &[&str], others: &[&str]) -> Vec<String> {
        let text = |date| match date {
            RawDate::Text(text) => text,
            other => panic!("{other:?}"),
        };
        dates(years, others).into_iter().map(text).collect()
    }

    #[test]
    fn a_date_without_a_year_gets_it_from_the_other_field() {
        assert_eq!(texts(&["2020"], &["JAN 5"]), ["2020 JAN 5", "2020"]);
        assert_eq!(texts(&["2020"], &["5 January"]), ["5 January 2020", "2020"]);
        assert_eq!(texts(&[], &["JAN 5"]), [""; 0]);
    }

    #[test]
    fn the_more_exact_date_comes_first() {
        assert_eq!(texts(&["2020", "2020///"], &["2020/05/01/"]), ["2020/05/01", "2020", "2020///"]);
        assert_eq!(texts(&[], &["1999/08//undefined"]), ["1999/08"]);
        assert_eq!(texts(&["2020"], &["20200105"]), ["20200105", "2020"]);
        assert_eq!(texts(&["2020 Jan-Feb"], &["20200105"]), ["20200105", "2020 Jan-Feb"]);
    }

    #[test]
    fn a_date_of_another_year_comes_last() {
        assert_eq!(texts(&["2020"], &["2023/05/01"]), ["2020", "2023/05/01"]);
        // The issue of 2001 appeared in 2002.
        assert_eq!(texts(&["2002"], &["Apr-Jun 2001(2002)"]), ["2002", "Apr-Jun 2001(2002)"]);
    }
}
