//! Rome's clock: how far it is ahead of UTC at an instant.
//!
//! From 1996 on summer time lasts from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October
//! (Directive 2000/84/EC and those before it); from 1981 to 1995 it ended in September. Before that each year's decree
//! said it, which only a table can. No time-zone database is at the edge: a test holds this against one.

use super::{DAY, EPOCH};
use time::{Date as CivilDate, Month};

/// From here on, 31 October 1893, 23:00 UTC, Italy has the time of Central Europe. Before, it had Rome's own.
const CENTRAL_EUROPE: i64 = -2_403_565_200;
/// Mean time at the observatory of Rome.
const OWN: i64 = 2996;
/// From here on, 1 January 1981, there is a rule.
const RULE: i64 = 347_155_200;

/// When summer time began and ended in turn, from 1916 to 1980.
const CHANGES: [i32; 54] = [
    -1_690_765_200,
    -1_680_487_200,
    -1_664_758_800,
    -1_648_951_200,
    -1_635_123_600,
    -1_616_896_800,
    -1_604_278_800,
    -1_585_533_600,
    -1_571_014_800,
    -1_555_293_600,
    -932_432_400,
    -857_257_200,
    -844_556_400,
    -828_226_800,
    -812_502_000,
    -798_073_200,
    -781_052_400,
    -766_717_200,
    -750_898_800,
    -733_359_600,
    -719_456_400,
    -701_917_200,
    -689_209_200,
    -670_460_400,
    -114_051_600,
    -103_168_800,
    -81_997_200,
    -71_715_600,
    -50_547_600,
    -40_266_000,
    -18_493_200,
    -8_211_600,
    12_956_400,
    23_238_000,
    43_801_200,
    54_687_600,
    75_855_600,
    86_742_000,
    107_910_000,
    118_191_600,
    138_754_800,
    149_641_200,
    170_809_200,
    181_090_800,
    202_258_800,
    212_540_400,
    233_103_600,
    243_990_000,
    265_158_000,
    276_044_400,
    296_607_600,
    307_494_000,
    323_830_800,
    338_950_800,
];

/// How many seconds Rome is ahead of UTC at an instant, in seconds since 1970 UTC, of the year given.
pub(super) fn ahead(seconds: i64, year: i32) -> i64 {
    let summer = if seconds < CENTRAL_EUROPE {
        return OWN;
    } else if seconds < RULE {
        CHANGES.iter().take_while(|change| i64::from(**change) <= seconds).count() % 2 == 1
    } else {
        let until = if year < 1996 { Month::September } else { Month::October };
        match (change(year, Month::March), change(year, until)) {
            (Some(from), Some(to)) => (from..to).contains(&seconds),
            _ => false,
        }
    };
    if summer { 7200 } else { 3600 }
}

/// 01:00 UTC on the last Sunday of a month.
#[inline(never)]
fn change(year: i32, month: Month) -> Option<i64> {
    let last = CivilDate::from_calendar_date(year, month, month.length(year)).ok()?.to_julian_day();
    // The Julian day 6 was a Sunday.
    let back = last.checked_add(1)?.rem_euclid(7);
    i64::from(last.checked_sub(back)?).checked_sub(EPOCH)?.checked_mul(DAY)?.checked_add(3600)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::super::Date;

    /// Some instants of every hour in which Rome's day may end, and some of the others, of two hundred years.
    #[test]
    fn the_day_is_that_of_the_time_zone_database() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let (from, to) = (second("1900-01-01T00:00:00Z"), second("2101-01-01T00:00:00Z"));
        let mut step = 1;
        let mut at = from;
        let mut checked = 0;
        while at < to {
            let theirs = Timestamp::from_second(at).unwrap().to_zoned(rome.clone()).date();
            let ours = Date::of_instant(at).unwrap();
            let ours = (ours.year(), i32::from(ours.month()), i32::from(ours.day()));
            let theirs = (i32::from(theirs.year()), i32::from(theirs.month()), i32::from(theirs.day()));
            assert_eq!(ours, theirs, "{at}");
            // Rome's day ends at 22:00 or 23:00 UTC, or did so about then.
            step = (step * 31 + 7) % 1799;
            at += if (20..24).contains(&(at.rem_euclid(86_400) / 3_600)) { 600 + step / 2 } else { 3_600 + step };
            checked += 1;
        }
        assert!(checked > 1_500_000, "{checked}");
    }

    /// The second before each change, the change, and the second behind it, however the day lies.
    #[test]
    fn the_clock_changes_when_the_database_says() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let from: Timestamp = "1890-01-01T00:00:00Z".parse().unwrap();
        let to: Timestamp = "2100-12-31T00:00:00Z".parse().unwrap();
        let changes: Vec<i64> =
            rome.following(from).map(|t| t.timestamp().as_second()).take_while(|at| *at < to.as_second()).collect();
        assert!(changes.len() > 280, "{}", changes.len());
        for change in changes {
            for at in [change - 1, change, change + 1] {
                let stamp = Timestamp::from_second(at).unwrap();
                let year = stamp.to_zoned(TimeZone::UTC).year();
                let theirs = i64::from(rome.to_offset(stamp).seconds());
                assert_eq!(super::ahead(at, i32::from(year)), theirs, "{stamp}");
            }
        }
    }
}
