//! Dates as systems write them: with or without a time, an offset, a name of a zone.
//!
//! A text with a time and an offset is an instant, and its day is Rome's. Every other is the day as it is written, a day
//! alone with an offset behind it too (`xs:date`): there is no time to move it by.

use super::{DAY, Date, EPOCH, digits};

/// A time of day, and how many seconds it is ahead of UTC if that is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    seconds: i64,
    offset: Option<i64>,
}

impl Moment {
    /// None if there is no such time. `24:00` is the midnight at the end of a day, and a leap second is one.
    #[inline(never)]
    pub fn new(hour: u16, minute: u16, second: u16, offset: Option<i64>) -> Option<Self> {
        let is = (hour < 24 && minute < 60 && second <= 60) || (hour, minute, second) == (24, 0, 0);
        let minutes = i64::from(hour).checked_mul(60)?.checked_add(i64::from(minute))?;
        let seconds = minutes.checked_mul(60)?.checked_add(i64::from(second.min(59)))?;
        is.then_some(Self { seconds, offset })
    }

    /// The day that it lies in, of a time that is written with this day.
    #[inline(never)]
    pub fn day(self, date: Date) -> Option<Date> {
        match self.offset {
            Some(offset) => {
                let days = i64::from(date.0).checked_sub(EPOCH)?;
                Date::of_instant(days.checked_mul(DAY)?.checked_add(self.seconds)?.checked_sub(offset)?)
            }
            None if self.seconds >= DAY => date.plus_days(1),
            None => Some(date),
        }
    }
}

impl Date {
    /// Reads the forms systems write: `dd/MM/yyyy`, ISO, `yyyyMMdd`, each also with a time behind it and an offset behind
    /// that; and .NET's `/Date(…)/`.
    #[inline(never)]
    pub fn parse_any(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix("/Date(") {
            return serialised(inner.strip_suffix(")/")?);
        }
        let b = text.as_bytes();
        let (order, length) = match (b.get(2), b.get(4), b.get(5), b.get(7)) {
            (Some(b'/'), _, Some(b'/'), _) => ([6..10, 3..5, 0..2], 10),
            (_, Some(b'-'), _, Some(b'-')) => ([0..4, 5..7, 8..10], 10),
            _ => ([0..4, 4..6, 6..8], 8),
        };
        let [year, month, day] = order.map(|range| digits(b, range));
        let date = Self::new(i32::from(year?), u8::try_from(month?).ok()?, u8::try_from(day?).ok()?)?;
        let rest = text.get(length..)?;
        let is_iso = length == 10 && b.get(4) == Some(&b'-');
        if rest.is_empty() || (is_iso && offset(rest).is_some_and(|(_, behind)| behind.is_empty())) {
            return Some(date);
        }
        time_of_day(rest, length == 8)?.day(date)
    }
}

/// The inside of `/Date(…)/`: milliseconds, and the offset of whoever wrote it, which says nothing of the instant.
fn serialised(text: &str) -> Option<Date> {
    let sign = text.rfind(['+', '-']).filter(|at| *at > 0).unwrap_or(text.len());
    let (milliseconds, behind) = text.split_at_checked(sign)?;
    let is_plain = behind.is_empty() || offset(behind).is_some_and(|(_, rest)| rest.is_empty());
    let milliseconds: i64 = milliseconds.parse().ok().filter(|_| is_plain && !milliseconds.starts_with('+'))?;
    Date::of_instant(milliseconds.div_euclid(1000))
}

/// What may stand behind a day: ` HH:mm:ss`, `THH:mm`, with dots (`10.30.00`, also behind a hyphen, as DB2 writes), with
/// a fraction, an offset, the name of a zone in brackets; without colons if `compact`.
#[inline(never)]
fn time_of_day(rest: &str, compact: bool) -> Option<Moment> {
    let hyphen = rest.starts_with('-') && rest.as_bytes().get(3) == Some(&b'.');
    let rest = match rest.as_bytes().first()? {
        b'T' | b't' => rest.get(1..)?,
        b' ' => rest.trim_start(),
        b'-' if hyphen => rest.get(1..)?,
        b'0'..=b'9' if compact => rest,
        _ => return None,
    };
    let (hour, rest) = number(rest)?;
    let between = |rest: &str| match rest.as_bytes().first() {
        Some(b':' | b'.') => 1,
        _ => 0,
    };
    let colon = between(rest);
    if colon == 0 && !compact {
        return None;
    }
    let (minute, rest) = two(rest.get(colon..)?)?;
    let (second, mut rest) = match rest.get(between(rest)..).and_then(two) {
        Some(found) if between(rest) == colon => found,
        _ => (0, rest),
    };
    let fraction = rest.strip_prefix(['.', ',', ':']).unwrap_or("");
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (mut is_whole, mut ahead) = (true, None);
    if length > 0 {
        let (figures, behind) = fraction.split_at_checked(length)?;
        is_whole = figures.bytes().all(|b| b == b'0');
        rest = behind;
    }
    let zone = rest.trim_start();
    if !zone.is_empty() {
        let (seconds, behind) = offset(zone)?;
        let named = behind.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        if !(behind.is_empty() || named.is_some()) {
            return None;
        }
        ahead = Some(seconds);
    }
    Moment::new(hour, minute, second, ahead).filter(|_| hour < 24 || is_whole)
}

/// An offset from UTC in seconds, `Z`, `+01:00`, `+0100`, `+01`, `UTC`, and what follows.
#[inline(never)]
fn offset(text: &str) -> Option<(i64, &str)> {
    if let Some(behind) = ["Z", "z", "UTC", "GMT"].iter().find_map(|utc| text.strip_prefix(utc)) {
        return Some((0, behind));
    }
    let behind = text.strip_prefix(['+', '-'])?;
    let (hours, rest) = two(behind)?;
    let (minutes, rest) = two(rest.strip_prefix(':').unwrap_or(rest)).unwrap_or((0, rest));
    let seconds = i64::from(hours).checked_mul(60)?.checked_add(i64::from(minutes))?.checked_mul(60)?;
    let ahead = if text.starts_with('-') { seconds.checked_neg()? } else { seconds };
    (hours <= 18 && minutes < 60).then_some((ahead, rest))
}

/// Two digits, and what follows.
#[inline(never)]
fn two(text: &str) -> Option<(u16, &str)> {
    Some((digits(text.as_bytes(), 0..2)?, text.get(2..)?))
}

/// One or two digits, and what follows.
fn number(text: &str) -> Option<(u16, &str)> {
    two(text).or_else(|| Some((digits(text.as_bytes(), 0..1)?, text.get(1..)?)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn reads(date: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(Date::parse_any(text).map(shown).as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn a_day_with_a_time_of_no_zone_is_the_day_as_written() {
        reads(
            "2018-06-15",
            &[
                "15/06/2018",
                "15/06/2018 00:00:00",
                "15/06/2018 23:59",
                "15/06/2018 9:30:00",
                "15/06/2018 10.30.00",
                "15/06/2018  10.30",
                "15/06/2018T10:30:00",
                " 15/06/2018\n",
                "\u{a0}15/06/2018",
                "2018-06-15",
                "2018-06-15 23:59:59.999999",
                "2018-06-15T10:00",
                "2018-06-15T23:59:60",
                "2018-06-15 10:00:00,123",
                "2018-06-15 10:00:00:123",
                "2018-06-15-10.30.00.000000",
                "20180615",
                "20180615T235959",
                "20180615235959",
                "20180615 10:00:00",
                "14/06/2018 24:00:00",
                "2018-06-14T24:00:00.000",
                "2018-06-14T24:00",
            ],
        );
    }

    #[test]
    fn a_day_with_an_offset_alone_is_the_day_as_written() {
        reads("2025-11-15", &["2025-11-15Z", "2025-11-15+01:00", "2025-11-15-10:00", "2025-11-15+14:00"]);
    }

    #[test]
    fn an_instant_is_the_day_in_rome() {
        reads(
            "2025-10-01",
            &[
                "2025-09-30T22:00:00Z",
                "2025-09-30T22:00:00.000Z",
                "2025-09-30T22:00Z",
                "2025-09-30 22:00:00 UTC",
                "2025-09-30T22:00:00.000+0000",
                "2025-10-01T00:00:00+02:00",
                "2025-10-01T00:00:00+02",
                "2025-10-01T00:00+02:00[Europe/Rome]",
                "2025-09-30T18:00:00-04:00",
                "2025-10-02T11:59:59+14:00",
                "2025-10-02T00:00:00+03:00",
                "20250930T220000Z",
                "2025-09-30T24:00:00Z",
                "30/09/2025 22:00:00Z",
                "/Date(1759269600000)/",
                "/Date(1759269600000+0200)/",
                "/Date(1759269600000-0500)/",
                "/Date(1759355999999)/",
            ],
        );
        reads("2025-09-30", &["2025-09-30T21:59:59.999Z", "/Date(1759269599999)/", "2025-09-30T00:00:00Z"]);
        // Summer time of 1944, winter time of 1970, the time before 1893; .NET's least.
        reads("1944-05-01", &["1944-04-30T22:00:00Z", "1944-05-01T00:00:00+02:00"]);
        reads("1970-01-01", &["/Date(-3600000)/", "1970-01-01T00:00:00+01:00"]);
        reads("1969-12-31", &["/Date(-3600001)/"]);
        reads("0001-01-01", &["/Date(-62135596800000)/", "0001-01-01T00:00:00"]);
    }

    #[test]
    fn what_is_not_understood_is_no_date() {
        for text in [
            "",
            "31/02/2018",
            "15-06-2018",
            "15/06/18",
            "15/06/2018 banana",
            "2018-13-01",
            "2018061",
            "15/06/2018x",
            "0000-01-01",
            "15/06/2018Z",
            "15/06/2018 12:00:00 AM",
            "2018-06-15T25:00:00",
            "2018-06-15T24:00:01",
            "2018-06-15T24:00:00.5",
            "2018-06-15T10:60",
            "2018-06-15T10:00:61",
            "2018-06-15T10",
            "2018-06-15Tx",
            "2018-06-15T10:00:00+2",
            "2018-06-15T10:00:00+19:00",
            "2018-06-15T10:00:00CEST",
            "2018-06-15T10:00:00Zx",
            "2018-06-15+01:00x",
            "2018-06-15-10",
            "2018061510",
            "2018-06-15T10:00:::",
            "/Date(x)/",
            "/Date(1)",
            "/Date()/",
            "/Date(+1)/",
            "/Date(99999999999999999)/",
            "1759269600000",
            "2018-06-15T10:00:00[Europe/Rome]",
            "9999-12-31T23:00:00Z",
            "2018-06-15-10:00:00",
            "Fri Jun 15 10:00:00 CEST 2018",
            "è/06/2018",
        ] {
            // A day alone with an offset is one.
            let expected = if text == "2018-06-15-10" { Some("2018-06-15") } else { None };
            assert_eq!(Date::parse_any(text).map(shown).as_deref(), expected, "{text}");
        }
    }
}
