//! The Ministry's bands of IFS08, euro of ISEE (IFS08.1-R1): whole numbers from one bound to the other, both included.

/// A band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Least; none of who presented no ISEE.
    pub least: Option<i64>,
    /// Greatest; none of the last band of values, and of who presented none.
    pub most: Option<i64>,
    /// How it is called (T-46).
    pub label: &'static str,
}

const fn band(least: i64, most: i64, label: &'static str) -> Band {
    Band { least: Some(least), most: Some(most), label }
}

/// All bands, in the Ministry's order.
pub static BANDS: [Band; 24] = [
    band(0, 13_000, "<=13.000"),
    band(13_001, 16_000, "13.001-16.000"),
    band(16_001, 18_000, "16.001-18.000"),
    band(18_001, 20_000, "18.001-20.000"),
    band(20_001, 22_000, "20.001-22.000"),
    band(22_001, 24_000, "22.001-24.000"),
    band(24_001, 26_000, "24.001-26.000"),
    band(26_001, 28_000, "26.001-28.000"),
    band(28_001, 30_000, "28.001-30.000"),
    band(30_001, 32_000, "30.001-32.000"),
    band(32_001, 34_000, "32.001-34.000"),
    band(34_001, 36_000, "34.001-36.000"),
    band(36_001, 38_000, "36.001-38.000"),
    band(38_001, 40_000, "38.001-40.000"),
    band(40_001, 45_000, "40.001-45.000"),
    band(45_001, 50_000, "45.001-50.000"),
    band(50_001, 55_000, "50.001-55.000"),
    band(55_001, 60_000, "55.001-60.000"),
    band(60_001, 70_000, "60.001-70.000"),
    band(70_001, 80_000, "70.001-80.000"),
    band(80_001, 90_000, "80.001-90.000"),
    band(90_001, 100_000, "90.001-100.000"),
    Band { least: Some(100_001), most: None, label: "> 100.000" },
    Band { least: None, most: None, label: "ISEE non presentato" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_band_begins_above_the_one_before() {
        for pair in BANDS.windows(2).take(22) {
            assert_eq!(pair[0].most.map(|most| most + 1), pair[1].least, "{}", pair[1].label);
        }
        let dotted = |n: i64| format!("{}.{:03}", n / 1000, n % 1000);
        for band in &BANDS[1..22] {
            assert_eq!(band.label, format!("{}-{}", dotted(band.least.unwrap()), dotted(band.most.unwrap())));
        }
    }
}
