//! The words of dates: months in the languages of European journals, seasons, weekdays.

/// The meaning of a word in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A month from 1 to 12.
    Month(u8),
    /// A word that belongs to a date, but names neither month nor day.
    Ignored,
    /// Any other word.
    Unknown,
}

/// The first letters of the months, without accents: English, French, German, Spanish, Portuguese, Italian, Dutch. A word is
/// the month of the first entry that it starts with.
const MONTHS: &[(&str, u8)] = &[
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fev", 2),
    ("fév", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("maa", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("aou", 8),
    ("aoû", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("nov", 11),
    ("dec", 12),
    ("déc", 12),
    ("dez", 12),
    ("dic", 12),
];

/// The rest of the names, to tell `march` from `marble`.
const ENDINGS: &[&str] = &[
    "", "uary", "ruary", "ch", "il", "e", "y", "ust", "t", "tember", "ober", "ember", // English
    "vier", "rier", "s", "let", "tembre", "obre", "embre", // French
    "uar", "ner", "ruar", "z", "i", "o", // German
    "ro", "rero", "zo", "l", "yo", "io", "sto", "iembre", "ubre", "tiembre", // Spanish
    "eiro", "ereiro", "ço", "ho", "osto", "embro", "ubro", "tembro", // Portuguese
    "naio", "braio", "ile", "gio", "gno", "lio", "tobre", // Italian
    "uari", "ruari", "rt", "ustus", // Dutch
];

/// The meaning of a word.
pub(super) fn word(word: &str) -> Word {
    let lower = word.to_lowercase();
    if let Some((start, month)) = MONTHS.iter().find(|(start, _)| lower.starts_with(start))
        && ENDINGS.contains(&&lower[start.len()..])
    {
        return Word::Month(*month);
    }
    let is_ignored = matches!(
        lower.as_str(),
        "mon"
            | "tue"
            | "tues"
            | "wed"
            | "thu"
            | "thur"
            | "thurs"
            | "fri"
            | "sat"
            | "sun"
            | "t"
            | "z"
            | "gmt"
            | "utc"
            | "am"
            | "pm"
            | "est"
            | "edt"
            | "cet"
            | "cest"
            | "pst"
            | "pdt"
            | "st"
            | "nd"
            | "rd"
            | "th"
            | "of"
            | "the"
            | "de"
            | "del"
            | "le"
            | "er"
            | "c"
            | "ca"
            | "circa"
            | "cop"
            | "copyright"
            | "p"
            | "spring"
            | "spr"
            | "summer"
            | "sum"
            | "autumn"
            | "aut"
            | "fall"
            | "fal"
            | "winter"
            | "win"
            | "published"
            | "online"
            | "print"
            | "epub"
            | "年"
            | "月"
            | "日"
            | "년"
            | "월"
            | "일"
    ) || lower.ends_with("day");
    if is_ignored { Word::Ignored } else { Word::Unknown }
}
