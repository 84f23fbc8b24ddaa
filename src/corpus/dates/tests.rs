//! Tests of `dates`.

use proptest::prelude::*;

use super::*;

/// The date in ISO 8601's notation, with a `?` if a part was not usable.
fn text(date: Option<(PartialDate, bool)>) -> String {
    let Some((PartialDate { year, month, day }, is_lossy)) = date else { return "none".to_owned() };
    let date = match (month, day) {
        (0, _) => format!("{year}"),
        (_, 0) => format!("{year}-{month:02}"),
        _ => format!("{year}-{month:02}-{day:02}"),
    };
    if is_lossy { date + "?" } else { date }
}

#[test]
fn dates_are_read_in_all_notations() {
    for (written, wanted) in [
        ("2017", "2017"),
        (" 2017 ", "2017"),
        ("2017.0", "2017"),
        ("2011-00", "2011"),
        ("2019-00-00", "2019"),
        ("12/2006", "2006-12"),
        ("2006/12", "2006-12"),
        ("2024/05/01", "2024-05-01"),
        ("2024.05.01", "2024-05-01"),
        ("2024-5-1", "2024-05-01"),
        ("20240501", "2024-05-01"),
        ("202405", "2024-05"),
        ("2024-05-01T12:00:00Z", "2024-05-01"),
        ("2024-05-01T12:00:00.000+02:00", "2024-05-01"),
        ("2024-05-01 23:59:59", "2024-05-01"),
        ("2024-05-01 23:59:59-05:00", "2024-05-01"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04-02"),
        ("Mon Apr  2 19:18:42 2007", "2007-04-02"),
        ("Mon, 02 Apr 2007 19:18:42 +0000", "2007-04-02"),
        ("August 1, 1989", "1989-08-01"),
        ("1 August 1989", "1989-08-01"),
        ("1st of August, 1989", "1989-08-01"),
        ("August 1st, 1989", "1989-08-01"),
        ("Aug. 1989", "1989-08"),
        ("March 2020", "2020-03"),
        ("15-Jan-2020", "2020-01-15"),
        ("1989 Aug 15", "1989-08-15"),
        ("1989 Aug-Sep", "1989-08"),
        ("2020 JAN-FEB", "2020-01"),
        ("2020 JAN 15", "2020-01-15"),
        ("1-5 August 1989", "1989-08-01"),
        ("August 1-5, 1989", "1989-08-01"),
        ("31 Dec 1998 – 2 Jan 1999", "1998-12-31"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("2000 Spring", "2000"),
        ("2000 SPR", "2000"),
        ("c2004", "2004"),
        ("[2004]", "2004"),
        ("© 2004", "2004"),
        ("2004-", "2004"),
        ("1999/2000", "1999"),
        ("1998-99", "1998"),
        ("2020年5月1日", "2020-05-01"),
        ("2020年5月", "2020-05"),
        ("janvier 2020", "2020-01"),
        ("1er août 2020", "2020-08-01"),
        ("3. März 2020", "2020-03-03"),
        ("Dezember 2020", "2020-12"),
        ("5 de enero de 2020", "2020-01-05"),
        ("juillet 2020", "2020-07"),
        ("1714521600000", "2024-05-01"),
        ("1714521600", "2024-05-01"),
        ("946684800000", "2000-01-01"),
    ] {
        assert_eq!(text(read_text(written)), wanted, "{written}");
    }
}

#[test]
fn months_are_known_in_several_languages() {
    for names in [
        "January February March April May June July August September October November December",
        "jan feb mar apr may jun jul aug sept oct nov dec",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ] {
        for (month, name) in (1..).zip(names.split(' ')) {
            assert_eq!(text(read_text(&format!("{name} 2020"))), format!("2020-{month:02}"), "{name}");
        }
    }
}

#[test]
fn only_what_is_certain_is_used() {
    for (written, wanted) in [
        ("05/01/2024", "2024?"),
        ("05-01-2024", "2024?"),
        ("05/05/2024", "2024-05-05"),
        ("25/12/2024", "2024-12-25"),
        ("12/25/2024", "2024-12-25"),
        ("01.05.2024", "2024-05-01"),
        ("32/13/2024", "2024?"),
        ("2024-13-45", "2024?"),
        ("2024-13", "2024?"),
        ("20241345", "2024?"),
        ("2020-02-30", "2020-02?"),
        ("2020-02-29", "2020-02-29"),
        ("2019-02-29", "2019-02?"),
        ("1900-02-29", "1900-02?"),
        ("31 June 2020", "2020-06?"),
        ("2019-00-15", "2019?"),
        ("2020, 12(3): 45", "2020?"),
        ("2024-125", "2024?"),
        ("forthcoming 2024", "2024?"),
        ("marble 2024", "2024?"),
    ] {
        assert_eq!(text(read_text(written)), wanted, "{written}");
    }
}

#[test]
fn a_text_without_a_year_is_no_date() {
    for written in [
        "",
        " ",
        "n.d.",
        "in press",
        "0000-00-00",
        "9999",
        "0999",
        "12/24",
        "5 May",
        "99999999999999999999",
        "12345",
        "—",
    ] {
        assert_eq!(read_text(written), None, "{written}");
    }
}

#[test]
fn parts_are_combined() {
    for (year, month, day, wanted) in [
        ("2020", "5", "1", "2020-05-01"),
        ("2020", "05", "", "2020-05"),
        ("2020", "May", "", "2020-05"),
        ("2020", "jan", "12", "2020-01-12"),
        ("2020", "12~jan", "", "2020-01-12"),
        ("2020", "jan~12", "", "2020-01-12"),
        ("2020", "{January}", "", "2020-01"),
        ("2020", "Aug-Sep", "", "2020-08"),
        ("2020", "7/8", "", "2020-07"),
        ("2020", "Spring", "", "2020"),
        ("2020", "00", "00", "2020"),
        ("2020", "", "5", "2020?"),
        ("2020", "13", "", "2020?"),
        ("2020", "soon", "", "2020?"),
        ("2020", "5", "12-15", "2020-05-12"),
        ("2020", "5", "x", "2020-05?"),
        ("2020-05-07", "", "", "2020-05-07"),
        ("c2004", "2", "30", "2004-02?"),
        ("", "5", "1", "none"),
        ("n.d.", "", "", "none"),
    ] {
        let parts = RawDate::Parts { year: year.into(), month: month.into(), day: day.into() };
        assert_eq!(text(read(&parts)), wanted, "{year} {month} {day}");
    }
}

#[test]
fn milliseconds_before_and_after_1970_are_dates() {
    for (milliseconds, wanted) in
        [(0, "1970-01-01"), (-1, "1969-12-31"), (951_782_400_000, "2000-02-29"), (i64::MAX, "none"), (i64::MIN, "none")]
    {
        assert_eq!(text(read(&RawDate::Milliseconds(milliseconds))), wanted, "{milliseconds}");
    }
}

proptest! {
    #[test]
    fn every_iso_date_reads_back(year in 1000..=2100_u16, month in 0..=12_u8, day in 0..=31_u8) {
        let day = day.min(days_in(year, month));
        let date = PartialDate { year, month, day };
        let written = text(Some((date, false)));
        prop_assert_eq!(read_text(&written), Some((date, false)));
    }

    #[test]
    fn no_text_makes_it_panic(written in "([0-9]{1,13}|[ ,./:+-]|jan|Dec|年|T|é|\\PC){0,9}") {
        if let Some((date, _)) = read_text(&written) {
            prop_assert!((1000..=2100).contains(&date.year));
            prop_assert!(date.month <= 12 && date.day <= days_in(date.year, date.month));
        }
        read_parts(&written, &written, &written);
    }

    #[test]
    fn no_time_makes_it_panic(milliseconds: i64) {
        read_milliseconds(milliseconds);
    }
}
