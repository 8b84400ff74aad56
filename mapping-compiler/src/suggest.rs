//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to a word, if one is near enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let bound = if length <= 4 { 1 } else { length.div_ceil(3).min(4) };
    candidates
        .into_iter()
        .filter(|c| *c != word)
        .map(|c| (distance(&word.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(d, _)| *d <= bound)
        .min()
        .map(|(_, c)| c)
}

/// [`nearest`] as a sentence.
pub fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|c| format!("Did you mean `{c}`?"))
}

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, x) in a.chars().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX);
            let replace = at(&last, j).saturating_add(usize::from(x != *y));
            let insert = at(&row, j).saturating_add(1);
            let delete = at(&last, j.saturating_add(1)).saturating_add(1);
            let mut best = replace.min(insert).min(delete);
            let swapped = j.checked_sub(1).and_then(|k| b.get(k)) == Some(&x) && previous == Some(*y);
            if swapped && let Some(k) = j.checked_sub(1) {
                best = best.min(at(&before_last, k).saturating_add(1));
            }
            row.push(best);
        }
        before_last = last;
        last = row;
        previous = Some(x);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found() {
        assert_eq!(nearest("carers", ["careers", "courses"]), Some("careers"));
        assert_eq!(nearest("stauts", ["state", "status"]), Some("status"));
        assert_eq!(nearest("size", ["sites"]), None);
        assert_eq!(nearest("x", ["enrollments"]), None);
    }
}
