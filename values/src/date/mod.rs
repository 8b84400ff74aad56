//! Calendar dates, Rome's clock and academic years.

mod format;
mod read;
mod rome;

use time::{Date as CivilDate, Month, OffsetDateTime};

use super::decimal::write_padded;
pub use format::{PARTS, Piece, Pieces};
use read::Moment;

/// The Julian day of 1 January 1970.
const EPOCH: i64 = 2_440_588;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// A calendar date, as a Julian day number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i32);

impl Date {
    /// The date of a year, month (1–12) and day; none if there is no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        // Years of four digits only: the contract writes dates as YYYY-MM-DD.
        if !(1..=9999).contains(&year) {
            return None;
        }
        CivilDate::from_calendar_date(year, Month::try_from(month).ok()?, day).ok().map(|d| Self(d.to_julian_day()))
    }

    /// Whether it is one of the days that systems write for none: the first and the last there are.
    pub fn is_no_day(self) -> bool {
        Self::new(1, 1, 1) == Some(self) || Self::new(9999, 12, 31) == Some(self)
    }

    fn civil(self) -> CivilDate {
        CivilDate::from_julian_day(self.0).unwrap_or(CivilDate::MIN)
    }

    /// Year.
    pub fn year(self) -> i32 {
        self.civil().year()
    }

    /// Month, 1–12.
    pub fn month(self) -> u8 {
        u8::from(self.civil().month())
    }

    /// Day of the month.
    pub fn day(self) -> u8 {
        self.civil().day()
    }

    /// Reads `YYYY-MM-DD` exactly.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        (b.len() == 10 && b.get(4) == Some(&b'-') && b.get(7) == Some(&b'-')).then_some(())?;
        Self::new(
            i32::from(digits(b, 0..4)?),
            u8::try_from(digits(b, 5..7)?).ok()?,
            u8::try_from(digits(b, 8..10)?).ok()?,
        )
    }

    /// Writes `YYYY-MM-DD`.
    pub fn write(self, out: &mut String) {
        let d = self.civil();
        write_padded(u64::from(d.year().unsigned_abs()), 4, out);
        out.push('-');
        write_padded(u64::from(u8::from(d.month())), 2, out);
        out.push('-');
        write_padded(u64::from(d.day()), 2, out);
    }

    /// The date in Rome at an instant, milliseconds since 1970 UTC.
    pub fn in_rome(now_ms: i64) -> Self {
        Self::of_instant(now_ms.div_euclid(1000)).unwrap_or(Self(CivilDate::MIN.to_julian_day()))
    }

    /// The date in Rome at an instant, seconds since 1970 UTC; none if it has no year of four digits.
    #[inline(never)]
    pub fn of_instant(seconds: i64) -> Option<Self> {
        let day = |seconds: i64| i32::try_from(seconds.div_euclid(DAY).checked_add(EPOCH)?).ok().map(Self);
        let utc = day(seconds).filter(|day| CivilDate::from_julian_day(day.0).is_ok())?;
        day(seconds.checked_add(rome::ahead(seconds, utc.year()))?).filter(|day| (1..=9999).contains(&day.year()))
    }

    /// The date so many days later.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let civil = CivilDate::from_julian_day(self.0.checked_add(days)?).ok()?;
        Self::new(civil.year(), u8::from(civil.month()), civil.day())
    }

    /// The date so many months later; a day that the month lacks becomes its last.
    pub fn plus_months(self, months: i32) -> Option<Self> {
        let from_zero =
            self.year().checked_mul(12)?.checked_add(i32::from(self.month()))?.checked_sub(1)?.checked_add(months)?;
        let (year, month) = (from_zero.div_euclid(12), u8::try_from(from_zero.rem_euclid(12)).ok()?.checked_add(1)?);
        (0..4).find_map(|back| Self::new(year, month, self.day().checked_sub(back)?))
    }

    /// The calendar year in which the academic year of this date began; years begin on `starts` (month, day).
    pub fn academic_year(self, starts: (u8, u8)) -> i32 {
        let year = self.year();
        if (self.month(), self.day()) >= starts { year } else { year.saturating_sub(1) }
    }
}

/// Writes an instant (milliseconds since 1970 UTC) as RFC 3339 in UTC, whole seconds.
pub fn write_instant(now_ms: i64, out: &mut String) {
    use std::fmt::Write as _;
    let seconds = now_ms.checked_div_euclid(1000).unwrap_or(0);
    if let Ok(t) = OffsetDateTime::from_unix_timestamp(seconds) {
        let _ = write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        );
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ` as milliseconds since 1970 UTC.
pub fn parse_instant(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let b = rest.as_bytes();
    if b.len() != 10
        || b.first() != Some(&b'T')
        || b.get(3) != Some(&b':')
        || b.get(6) != Some(&b':')
        || b.get(9) != Some(&b'Z')
    {
        return None;
    }
    let part = |range| digits(b, range).and_then(|n| u8::try_from(n).ok());
    let time = time::Time::from_hms(part(1..3)?, part(4..6)?, part(7..9)?).ok()?;
    Date::parse_iso(date)?.civil().with_time(time).assume_utc().unix_timestamp().checked_mul(1000)
}

#[inline(never)]
fn digits(bytes: &[u8], range: std::ops::Range<usize>) -> Option<u16> {
    bytes
        .get(range)?
        .iter()
        .try_fold(0_u16, |n, b| n.checked_mul(10)?.checked_add(u16::from(b.checked_sub(b'0').filter(|d| *d <= 9)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn shown(date: Date) -> String {
        let mut out = String::new();
        date.write(&mut out);
        out
    }

    #[test]
    fn rome_follows_the_eu_rule() {
        for (instant, date) in [
            ("2026-03-01T09:00:00Z", "2026-03-01"),
            ("2026-09-30T21:59:59Z", "2026-09-30"),
            ("2026-09-30T22:00:00Z", "2026-10-01"),
            ("2026-12-31T22:59:59Z", "2026-12-31"),
            ("2026-12-31T23:00:00Z", "2027-01-01"),
            // Summer time begins on 29 March 2026 and ends on 25 October 2026, at 01:00 UTC.
            ("2026-03-28T22:59:59Z", "2026-03-28"),
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "2026-03-30"),
            ("2026-10-24T22:00:00Z", "2026-10-25"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("2026-10-25T23:00:00Z", "2026-10-26"),
        ] {
            assert_eq!(shown(Date::in_rome(parse_instant(instant).unwrap())), date, "{instant}");
        }
    }

    #[test]
    fn instants() {
        let mut out = String::new();
        write_instant(parse_instant("2026-03-01T09:00:00Z").unwrap(), &mut out);
        assert_eq!(out, "2026-03-01T09:00:00Z");
        for wrong in [
            "2026-03-01",
            "2026-03-01T09:00:00",
            "2026-03-01T25:00:00Z",
            "2026-03-01 09:00:00Z",
            "2026-03-01T09:00:00+01:00",
        ] {
            assert_eq!(parse_instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn shifting_keeps_the_end_of_a_month() {
        let day = |text| Date::parse_iso(text).unwrap();
        let later = |text, months| day(text).plus_months(months).map(shown);
        assert_eq!(later("2024-01-31", 1).as_deref(), Some("2024-02-29"));
        assert_eq!(later("2024-02-29", 12).as_deref(), Some("2025-02-28"));
        assert_eq!(later("2024-01-15", -1).as_deref(), Some("2023-12-15"));
        assert_eq!(later("9999-12-01", 1), None);
        assert_eq!(day("2024-02-28").plus_days(2).map(shown).as_deref(), Some("2024-03-01"));
        assert_eq!(day("0001-01-01").plus_days(-1), None);
    }

    #[test]
    fn academic_years_begin_on_the_rollover_day() {
        let year = |text| Date::parse_iso(text).unwrap().academic_year((10, 1));
        assert_eq!((year("2026-03-01"), year("2026-09-30"), year("2026-10-01")), (2025, 2025, 2026));
    }
}
