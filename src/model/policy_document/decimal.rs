//! Decimal numbers of any length, exactly: what the `Numeric` condition operators compare.

use std::{cmp::Ordering, fmt};

/// A decimal number in lowest terms: no leading zeros, no trailing zeros of the fraction, no
/// negative zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    /// Reads `-?digits(.digits)?`. Anything else (exponents, signs in other places) is refused.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let whole =
            self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(&other.whole));
        // Without trailing zeros, fractions are ordered like the texts of their digits.
        whole.then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{}", self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn two_spellings_of_one_number_are_one_decimal() {
        for (a, b) in [
            ("10", "10.0"),
            ("007", "7"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("0.50", "0.5"),
            ("00.5", "0.5"),
        ] {
            assert_eq!(Decimal::parse(a).expect(a), Decimal::parse(b).expect(b), "{a} and {b}");
        }
        for (text, shown) in
            [("-007.250", "-7.25"), ("0", "0"), ("000", "0"), ("0.5", "0.5"), ("100", "100")]
        {
            assert_eq!(Decimal::parse(text).expect(text).to_string(), shown);
        }
    }

    #[test]
    fn decimals_are_ordered_as_numbers_not_as_text() {
        let ascending = [
            "-10", "-9.5", "-9", "-0.01", "0", "0.01", "0.05", "0.5", "0.51", "9", "10", "10.1",
            "100",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                let (a, b) = (Decimal::parse(a).expect(a), Decimal::parse(b).expect(b));
                assert_eq!(a.cmp(&b), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn digits_beyond_floating_point_still_count() {
        let a = Decimal::parse("9007199254740992.00000000000000000001").expect("a");
        let b = Decimal::parse("9007199254740992").expect("b");
        assert!(a > b);
    }

    #[test]
    fn other_texts_are_not_decimals() {
        for text in ["", "-", ".5", "5.", "1e3", "+1", "1.2.3", "0x10", " 1", "--1", "1-"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }
}
