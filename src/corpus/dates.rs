//! Reads dates of publication in the notations of bibliographic files: ISO 8601, mail headers, BibTeX's and PubMed's
//! month names, years with seasons or ranges, numbers of seconds. A part that cannot be used costs only that part.

mod words;

#[cfg(test)]
mod tests;

use super::RawDate;
use words::Word;

/// A date of which the month, or the day, may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartialDate {
    pub year: u16,
    /// 1 to 12, or 0 if unknown.
    pub month: u8,
    /// 1 to 31, or 0 if unknown.
    pub day: u8,
}

/// The date, and whether a part of the value was not usable; `None` without a year from 1000 to 2100.
pub(super) fn read(date: &RawDate) -> Option<(PartialDate, bool)> {
    match date {
        RawDate::Text(text) => read_text(text),
        RawDate::Parts { year, month, day } => read_parts(year, month, day),
        RawDate::Milliseconds(milliseconds) => read_milliseconds(*milliseconds),
    }
}

fn read_text(text: &str) -> Option<(PartialDate, bool)> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return read_digits(text);
    }
    let tokens = tokens(text);
    let year_place = tokens.iter().position(|token| token.year().is_some())?;
    let year = tokens[year_place].year()?;
    let has_unknown_word = tokens.iter().any(|token| token.word == Some(Word::Unknown));
    let month_place = tokens.iter().position(|token| token.month().is_some());
    let (month, day, is_usable) = match month_place {
        Some(place) => (tokens[place].month().unwrap_or(0).into(), day_beside(&tokens, place), true),
        None => numeric(&tokens, year_place),
    };
    Some(checked(year, month, day, has_unknown_word || !is_usable))
}

/// A text of digits only: `2017`, `201706`, `20170612`, or the time since 1970 in seconds or milliseconds.
fn read_digits(text: &str) -> Option<(PartialDate, bool)> {
    match text.len() {
        4 => Some(checked(valid_year(text.parse().ok()?)?, 0, 0, false)),
        6 | 8 => {
            let year = valid_year(text[..4].parse().ok()?)?;
            let day = if text.len() == 8 { text[6..].parse().ok()? } else { 0 };
            Some(checked(year, text[4..6].parse().ok()?, day, false))
        }
        10 => read_milliseconds(text.parse::<i64>().ok()? * 1000),
        12 | 13 => read_milliseconds(text.parse().ok()?),
        _ => None,
    }
}

fn read_parts(year: &str, month: &str, day: &str) -> Option<(PartialDate, bool)> {
    let (mut date, mut is_lossy) = read_text(year)?;
    let months = tokens(month);
    let day_numbers = tokens(day);
    let (month_number, day_number) = if let Some(place) = months.iter().position(|token| token.month().is_some()) {
        // BibTeX styles write a day into the month: `12~jan`.
        (months[place].month().unwrap_or(0).into(), day_beside(&months, place))
    } else {
        is_lossy |= months.iter().any(|token| token.word == Some(Word::Unknown));
        (months.iter().find_map(Token::small).unwrap_or(0), 0)
    };
    if month_number == 0 && date.month != 0 {
        return Some((date, is_lossy));
    }
    let own_day = day_numbers.iter().find_map(Token::small);
    is_lossy |= own_day.is_none() && !day.trim().is_empty();
    let lossy_part;
    (date, lossy_part) = checked(date.year, month_number, own_day.unwrap_or(day_number), false);
    Some((date, is_lossy || lossy_part))
}

fn read_milliseconds(milliseconds: i64) -> Option<(PartialDate, bool)> {
    // Days to a date of the Gregorian calendar, after Howard Hinnant's `civil_from_days`: years start in March, so that
    // the leap day is the last of a year.
    let days = milliseconds.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let year = valid_year(u32::try_from(year).ok()?)?;
    Some(checked(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?, false))
}

/// The date with only those parts that exist in the calendar.
fn checked(year: u16, month: u32, day: u32, is_lossy: bool) -> (PartialDate, bool) {
    let valid_month = u8::try_from(month).ok().filter(|month| *month <= 12).unwrap_or(0);
    let valid_day = u8::try_from(day).ok().filter(|day| *day <= days_in(year, valid_month)).unwrap_or(0);
    let was_lost = u32::from(valid_month) != month || u32::from(valid_day) != day;
    (PartialDate { year, month: valid_month, day: valid_day }, is_lossy || was_lost)
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        0 => 0,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

fn valid_year(number: u32) -> Option<u16> {
    u16::try_from(number).ok().filter(|year| (1000..=2100).contains(year))
}

/// The day before or after a month's name: `1 August`, `August 1`. Of several days (`1-5 August`), the first.
fn day_beside(tokens: &[Token], month_place: usize) -> u32 {
    let is_ordinal = |token: &&Token| token.word == Some(Word::Ignored);
    let mut before = tokens[..month_place].iter().rev().skip_while(is_ordinal).peekable();
    if let Some(mut day) = before.next().filter(|token| token.small().is_some()) {
        while day.is_after('-')
            && let Some(earlier) = before.next().filter(|token| token.small().is_some())
        {
            day = earlier;
        }
        return day.small().unwrap_or(0);
    }
    let after = tokens[month_place + 1..].iter().find(|token| token.word != Some(Word::Ignored));
    after.and_then(Token::small).unwrap_or(0)
}

/// Month and day of a date of numbers, and whether all of its numbers could be used.
fn numeric(tokens: &[Token], year_place: usize) -> (u32, u32, bool) {
    let year = tokens[year_place].number.unwrap_or(0);
    let numbers = |tokens: &[Token]| -> Vec<u32> { tokens.iter().filter_map(Token::small).collect() };
    let (before, after) = (numbers(&tokens[..year_place]), numbers(&tokens[year_place + 1..]));
    // A longer number is not part of a date, but a second year ends a range of years.
    let has_odd_number = tokens.iter().any(|token| token.digits > 2 && token.year().is_none());
    let is_date = tokens.iter().all(|token| "-/. ~年月日".contains(token.separator) || token.year().is_some());
    let (month, day, is_usable) = match (before.as_slice(), after.as_slice()) {
        ([], []) => (0, 0, true),
        _ if !is_date => (0, 0, false),
        // `1998-99` is a range of years.
        ([], [end]) if *end > 12 && *end == (year + 1) % 100 => (0, 0, true),
        ([], [month]) | ([month], []) => (*month, 0, true),
        ([], [month, day]) => (*month, *day, true),
        ([day, month], []) if *month <= 12 && (*day > 12 || day == month) => (*month, *day, true),
        ([month, day], []) if *month <= 12 && *day > 12 => (*month, *day, true),
        // With points, the day always comes first.
        ([day, month], []) if *month <= 12 && tokens[year_place].is_after('.') => (*month, *day, true),
        _ => (0, 0, false),
    };
    (month, day, is_usable && !has_odd_number)
}

/// A number or a word of a text.
#[derive(Debug)]
struct Token {
    number: Option<u32>,
    digits: usize,
    word: Option<Word>,
    /// The character before the token: a space at the start, a comma or the like before a space.
    separator: char,
}

impl Token {
    fn year(&self) -> Option<u16> {
        self.number.filter(|_| self.digits == 4).and_then(valid_year)
    }

    /// The number of a month or a day.
    fn small(&self) -> Option<u32> {
        self.number.filter(|_| self.digits <= 2)
    }

    fn month(&self) -> Option<u8> {
        match self.word {
            Some(Word::Month(month)) => Some(month),
            _ => None,
        }
    }

    fn is_after(&self, separator: char) -> bool {
        self.separator == separator
    }
}

/// The numbers and words of a text, without times of day and time zones.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut separator = ' ';
    let mut is_after_time = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        if !is_digit && !first.is_alphabetic() {
            separator = separator_after(separator, first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let length =
            rest.find(|c: char| if is_digit { !c.is_ascii_digit() } else { !c.is_alphabetic() }).unwrap_or(rest.len());
        let (token, after) = rest.split_at(length);
        let is_time = is_digit && (after.starts_with(':') || separator == ':');
        is_after_time |= is_time;
        // After a time, a number that follows another character than a space is a fraction or a time zone.
        let is_zone = is_digit && (separator == '+' || is_after_time && separator != ' ');
        if !is_time && !is_zone {
            tokens.push(Token {
                number: if is_digit { token.parse().ok() } else { None },
                digits: if is_digit { length } else { 0 },
                word: (!is_digit).then(|| words::word(token)),
                separator,
            });
        }
        separator = ' ';
        rest = after;
    }
    tokens
}

/// The separator that represents the characters between two tokens: the most significant of them.
fn separator_after(separator: char, next: char) -> char {
    match next {
        // Hyphens and dashes.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_whitespace() => separator,
        c => c,
    }
}
