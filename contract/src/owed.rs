//! Which APIs an institute must answer, by its size (GEN-1: table 2 of the notice).

/// One band: the most students of its institutes, and the last API that they answer. All answer those before it.
const BANDS: [(u64, u8); 3] = [(1_000, 7), (20_000, 8), (u64::MAX, 9)];

/// The last API that an institute of so many students must answer.
pub fn last_owed(students: u64) -> u8 {
    BANDS.iter().find(|(most, _)| students <= *most).map_or(9, |(_, api)| *api)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GEN-1.
    #[test]
    fn bands() {
        for (students, api) in [
            (0, 7),
            (1_000, 7),
            (1_001, 8),
            (10_000, 8),
            (10_001, 8),
            (20_000, 8),
            (20_001, 9),
            (40_000, 9),
            (40_001, 9),
            (u64::MAX, 9),
        ] {
            assert_eq!(last_owed(students), api, "{students}");
        }
    }
}
