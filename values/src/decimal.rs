//! Exact numbers: whole numbers of 64 bits and decimals of up to 18 digits. Never a float.

use std::cmp::Ordering;

/// Most digits after the point.
pub const MAX_SCALE: u8 = 18;

/// `mantissa × 10^-scale`, without trailing zeros after the point. A decimal may be whole: `3.0 / 2` is 1.5, `3 / 2` is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits, with the sign.
    pub mantissa: i64,
    /// Digits after the point, 0–18.
    pub scale: u8,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A decimal.
    Dec(Decimal),
}

/// Why an operation on numbers has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The result does not fit.
    Overflow,
    /// Division by zero.
    DivideByZero,
}

/// A number of so many digits, 37, that the next one is neither kept nor decides how the ones before are rounded.
const ENOUGH: i128 = 10_i128.pow(36);

fn pow10(exponent: u8) -> i128 {
    10_i128.checked_pow(u32::from(exponent)).unwrap_or(i128::MAX)
}

impl Number {
    /// The decimal `mantissa × 10^-scale`. Digits past the 18th after the point, or past what fits, are rounded half
    /// away from zero.
    ///
    /// # Errors
    /// [`Failure::Overflow`] if its whole part does not fit.
    #[inline(never)]
    pub fn from_parts(mut mantissa: i128, mut scale: u32) -> Result<Self, Failure> {
        while scale > 0 && (i64::try_from(mantissa).is_err() || scale > u32::from(MAX_SCALE)) {
            let (quotient, rest) = (mantissa.checked_div(10).unwrap_or(0), mantissa.checked_rem(10).unwrap_or(0));
            scale = scale.saturating_sub(1);
            let last = scale == 0 || (scale <= u32::from(MAX_SCALE) && i64::try_from(quotient).is_ok());
            // Only the last cut rounds; cutting digit by digit and rounding each time would round twice.
            mantissa = if last && rest.abs() >= 5 { quotient.saturating_add(rest.signum()) } else { quotient };
        }
        while scale > 0 && mantissa.checked_rem(10) == Some(0) {
            mantissa = mantissa.checked_div(10).unwrap_or(0);
            scale = scale.saturating_sub(1);
        }
        let mantissa = i64::try_from(mantissa).map_err(|_| Failure::Overflow)?;
        u8::try_from(scale).map(|scale| Self::Dec(Decimal { mantissa, scale })).map_err(|_| Failure::Overflow)
    }

    /// Reads a JSON number exactly, a whole one as [`Number::Int`] (`30` and `30.0` alike); none if it does not fit (more than 18 digits after the point, or out of range).
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(int) = text.parse::<i64>() {
            return Some(Self::Int(int));
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa = 0_i128;
        let negative = whole.starts_with('-');
        let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        if whole.is_empty() {
            return None;
        }
        for b in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(b.checked_sub(b'0').filter(|d| *d <= 9)?);
            mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
        }
        if negative {
            mantissa = mantissa.checked_neg()?;
        }
        let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if mantissa == 0 {
            return Some(Self::Int(0));
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10)?;
            scale = scale.checked_add(1)?;
        }
        while scale > 0 && mantissa.checked_rem(10)? == 0 {
            mantissa = mantissa.checked_div(10)?;
            scale = scale.checked_sub(1)?;
        }
        let mantissa = i64::try_from(mantissa).ok()?;
        match u8::try_from(scale).ok()? {
            0 => Some(Self::Int(mantissa)),
            scale @ 1..=MAX_SCALE => Some(Self::Dec(Decimal { mantissa, scale })),
            _ => None,
        }
    }

    /// Reads a number as systems write it, with this decimal mark: also without the nought before the mark or a digit
    /// behind it, with a plus, with an exponent. None if it is no number, or its whole part does not fit 64 bits. Digits
    /// behind the point past the 18th, or past what 64 bits hold, are rounded half away from zero.
    #[inline(never)]
    pub fn parse_written(text: &str, mark: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = if mark.is_empty() { None } else { digits.split_once(mark) }.unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let (mut mantissa, mut scale) = (0_i128, i64::from(exponent).checked_neg()?);
        for (at, b) in whole.bytes().chain(fraction.bytes()).enumerate() {
            let digit = i128::from(b.checked_sub(b'0').filter(|d| *d <= 9)?);
            let behind = at >= whole.len();
            // What is rounded away is far behind this.
            if mantissa < ENOUGH {
                mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
                scale = scale.checked_add(i64::from(behind))?;
            } else if !behind {
                scale = scale.checked_sub(1)?;
            }
        }
        // A number that is less than any that is kept.
        if mantissa == 0 || scale > 64 {
            return Some(Self::Int(0));
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10)?;
            scale = scale.checked_add(1)?;
        }
        if text.starts_with('-') {
            mantissa = mantissa.checked_neg()?;
        }
        match Self::from_parts(mantissa, u32::try_from(scale).ok()?).ok()? {
            Self::Dec(Decimal { mantissa, scale: 0 }) => Some(Self::Int(mantissa)),
            number => Some(number),
        }
    }

    fn parts(self) -> (i128, u8) {
        match self {
            Self::Int(i) => (i128::from(i), 0),
            Self::Dec(Decimal { mantissa, scale }) => (i128::from(mantissa), scale),
        }
    }

    /// Both mantissas at one scale. Cannot overflow: 63 bits × 10^18 < 2^127.
    fn aligned(self, other: Self) -> (i128, i128, u8) {
        let ((a, sa), (b, sb)) = (self.parts(), other.parts());
        let scale = sa.max(sb);
        let up = |m: i128, s: u8| m.saturating_mul(pow10(scale.saturating_sub(s)));
        (up(a, sa), up(b, sb), scale)
    }

    /// Sum.
    ///
    /// # Errors
    /// [`Failure::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, Failure> {
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return a.checked_add(b).map(Self::Int).ok_or(Failure::Overflow);
        }
        let (a, b, scale) = self.aligned(other);
        Self::from_parts(a.checked_add(b).ok_or(Failure::Overflow)?, u32::from(scale))
    }

    /// Difference.
    ///
    /// # Errors
    /// [`Failure::Overflow`].
    pub fn subtract(self, other: Self) -> Result<Self, Failure> {
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return a.checked_sub(b).map(Self::Int).ok_or(Failure::Overflow);
        }
        let (a, b, scale) = self.aligned(other);
        Self::from_parts(a.checked_sub(b).ok_or(Failure::Overflow)?, u32::from(scale))
    }

    /// Product; decimals keep 18 digits.
    ///
    /// # Errors
    /// [`Failure::Overflow`].
    pub fn multiply(self, other: Self) -> Result<Self, Failure> {
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return a.checked_mul(b).map(Self::Int).ok_or(Failure::Overflow);
        }
        let ((a, sa), (b, sb)) = (self.parts(), other.parts());
        let scale = u32::from(sa).saturating_add(u32::from(sb));
        Self::from_parts(a.checked_mul(b).ok_or(Failure::Overflow)?, scale)
    }

    /// Quotient: whole, cut towards zero, on two whole numbers; otherwise to 18 digits.
    ///
    /// # Errors
    /// [`Failure::DivideByZero`], [`Failure::Overflow`].
    pub fn divide(self, other: Self) -> Result<Self, Failure> {
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return if b == 0 {
                Err(Failure::DivideByZero)
            } else {
                a.checked_div(b).map(Self::Int).ok_or(Failure::Overflow)
            };
        }
        let (a, b, _) = self.aligned(other);
        if b == 0 {
            return Err(Failure::DivideByZero);
        }
        // As many digits after the point as fit 127 bits; `from_parts` rounds to what is kept.
        let mut scale = 0_u32;
        let mut numerator = a;
        while scale < u32::from(MAX_SCALE).saturating_add(1) {
            match numerator.checked_mul(10) {
                Some(next) => numerator = next,
                None => break,
            }
            scale = scale.saturating_add(1);
        }
        Self::from_parts(numerator.checked_div(b).ok_or(Failure::Overflow)?, scale)
    }

    /// The number to so many digits after the point, half away from zero. A whole number stays one.
    ///
    /// # Errors
    /// [`Failure::Overflow`].
    pub fn round(self, digits: u8) -> Result<Self, Failure> {
        match self {
            Self::Dec(Decimal { mantissa, scale }) if scale > digits => {
                let unit = pow10(scale.saturating_sub(digits));
                let (quotient, rest) = (i128::from(mantissa).checked_div(unit), i128::from(mantissa).checked_rem(unit));
                let (quotient, rest) = (quotient.ok_or(Failure::Overflow)?, rest.ok_or(Failure::Overflow)?);
                let up = rest.abs().saturating_mul(2) >= unit;
                Self::from_parts(if up { quotient.saturating_add(rest.signum()) } else { quotient }, u32::from(digits))
            }
            exact => Ok(exact),
        }
    }

    /// Negation.
    ///
    /// # Errors
    /// [`Failure::Overflow`].
    pub fn negate(self) -> Result<Self, Failure> {
        match self {
            Self::Int(i) => i.checked_neg().map(Self::Int).ok_or(Failure::Overflow),
            Self::Dec(d) => {
                let mantissa = d.mantissa.checked_neg().ok_or(Failure::Overflow)?;
                Ok(Self::Dec(Decimal { mantissa, ..d }))
            }
        }
    }

    /// Order by value.
    pub fn compare(self, other: Self) -> Ordering {
        if let (Self::Int(a), Self::Int(b)) = (self, other) {
            return a.cmp(&b);
        }
        let (a, b, _) = self.aligned(other);
        a.cmp(&b)
    }

    /// The greatest whole number that is not above this one.
    pub fn floor(self) -> Option<i64> {
        let (mantissa, scale) = self.parts();
        i64::try_from(mantissa.checked_div_euclid(pow10(scale))?).ok()
    }

    /// The whole part, cut towards zero.
    pub fn truncate(self) -> i64 {
        let (mantissa, scale) = self.parts();
        mantissa.checked_div(pow10(scale)).and_then(|m| i64::try_from(m).ok()).unwrap_or(0)
    }

    /// Writes the number in its shortest form: no exponent, no trailing zero.
    pub fn write(self, out: &mut String) {
        let (mantissa, scale) = match self {
            Self::Int(i) => (i, 0),
            Self::Dec(Decimal { mantissa, scale }) => (mantissa, scale),
        };
        let mut digits = itoa::Buffer::new();
        if scale == 0 {
            return out.push_str(digits.format(mantissa));
        }
        if mantissa < 0 {
            out.push('-');
        }
        // A scale of 18 has its unit in 64 bits.
        let unit = 10_u64.saturating_pow(u32::from(scale));
        let magnitude = mantissa.unsigned_abs();
        out.push_str(digits.format(magnitude.checked_div(unit).unwrap_or(0)));
        out.push('.');
        write_padded(magnitude.checked_rem(unit).unwrap_or(0), usize::from(scale), out);
    }
}

/// Writes a whole number with at least so many digits, noughts in front.
pub(super) fn write_padded(number: u64, width: usize, out: &mut String) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    for _ in digits.len()..width {
        out.push('0');
    }
    out.push_str(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn shown(number: Number) -> String {
        let mut out = String::new();
        number.write(&mut out);
        out
    }

    #[test]
    fn reads_and_writes_exactly() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("30.0", "30"),
            ("27.50", "27.5"),
            ("-0.05", "-0.05"),
            ("1e3", "1000"),
            ("12.5e1", "125"),
            ("5e-3", "0.005"),
            ("9223372036854775807", "9223372036854775807"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("0e99", "0"),
        ] {
            assert_eq!(shown(n(text)), expected, "{text}");
        }
        for text in
            ["", "-", ".5", "--1", "9223372036854775808", "1e30", "0.0000000000000000001", "1.2345678901234567890123"]
        {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_systems_write_is_read_and_rounded_once() {
        for (text, expected) in [
            (",5", "0.5"),
            ("-,5", "-0.5"),
            ("5,", "5"),
            ("+5", "5"),
            ("007,50", "7.5"),
            ("1,5E2", "150"),
            ("15e-1", "1.5"),
            ("-0", "0"),
            ("0,0", "0"),
            ("27,333333333333333333333333333333333333", "27.33333333333333333"),
            ("1e-2000000000", "0"),
            ("-89,2E-2147483648", "0"),
            ("2,9999999999999999999999", "3"),
            ("0,0000000000000000014999999", "0.000000000000000001"),
            ("0,00000000000000000045", "0"),
            ("-0,0000000000000000005", "-0.000000000000000001"),
            ("123456789012345678,95", "123456789012345679"),
            ("9223372036854775807,49999999999999999999999999999", "9223372036854775807"),
            ("9223372036854775807", "9223372036854775807"),
            ("00000000000000000000000000000000000000000000000001", "1"),
            ("1230000000000000000000000000000000000000000e-41", "12.3"),
            ("0,00000000000000000000000000000000000000000000001e47", "1"),
        ] {
            assert_eq!(Number::parse_written(text, ",").map(shown).as_deref(), Some(expected), "{text}");
        }
        let wrong = [
            "",
            ",",
            "-",
            "+",
            "-,",
            "--5",
            "+-5",
            "1.5",
            "1,2,3",
            "1 000",
            "5e",
            "e5",
            "1e1,5",
            "½",
            "0x1F",
            "NaN",
            "9223372036854775808",
            "9223372036854775807,5",
            "1e30",
            "1e999999999999",
        ];
        for text in wrong {
            assert_eq!(Number::parse_written(text, ","), None, "{text}");
        }
        assert_eq!(Number::parse_written("5", ""), Some(Number::Int(5)));
        assert_eq!((n("-1.5").floor(), n("1.5").floor(), n("-2").floor()), (Some(-2), Some(1), Some(-2)));
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(n("0.1").plus(n("0.2")), Ok(n("0.3")));
        assert_eq!(n("1.5").subtract(n("1.5")).map(shown).as_deref(), Ok("0"));
        assert_eq!(n("2.5").multiply(n("4")).map(shown).as_deref(), Ok("10"));
        assert_eq!(n("7").divide(n("2")), Ok(Number::Int(3)));
        let three = n("1.5").plus(n("1.5")).unwrap();
        assert_eq!(three.divide(n("2")).map(shown).as_deref(), Ok("1.5"), "a whole decimal stays a decimal");
        assert_eq!(shown(n("1").divide(n("0.3")).unwrap()), "3.333333333333333333");
        assert_eq!(shown(n("-2").divide(n("0.3")).unwrap()), "-6.666666666666666667");
        assert_eq!(n("1.5").divide(n("0")), Err(Failure::DivideByZero));
        assert_eq!(n("9223372036854775807").plus(n("1")), Err(Failure::Overflow));
        assert_eq!(n("9223372036854775807").plus(n("0.5")).map(shown), Err(Failure::Overflow));
        assert_eq!(n("-9223372036854775808").negate(), Err(Failure::Overflow));
        for (text, digits, expected) in [
            ("2.345", 2, "2.35"),
            ("-2.5", 0, "-3"),
            ("2.4", 0, "2"),
            ("2.4", 5, "2.4"),
            ("7", 1, "7"),
            ("0.05", 1, "0.1"),
        ] {
            assert_eq!(n(text).round(digits).map(shown).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(n("1.05").compare(n("1.5")), Ordering::Less);
    }
}
