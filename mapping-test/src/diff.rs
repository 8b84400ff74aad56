//! What differs between two texts, line by line.

/// Most lines that are compared; longer texts are shown from their first difference on.
const MOST: usize = 1_500;

/// Lines with ` `, `-` (expected only) or `+` (found only) in front; three lines around each difference.
pub(crate) fn lines(expected: &str, found: &str) -> String {
    let a: Vec<&str> = expected.lines().collect();
    let b: Vec<&str> = found.lines().collect();
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let skipped = if a.len().max(b.len()) > MOST { same } else { 0 };
    let a: Vec<&str> = a.into_iter().skip(skipped).take(MOST).collect();
    let b: Vec<&str> = b.into_iter().skip(skipped).take(MOST).collect();
    let script = script(&a, &b);
    let changed: Vec<usize> =
        script.iter().enumerate().filter(|(_, (mark, _))| *mark != ' ').map(|(at, _)| at).collect();
    let near = |at: usize| changed.iter().any(|c| c.abs_diff(at) <= 3);
    let mut out = String::new();
    let mut gap = skipped > 0;
    for (at, (mark, line)) in script.iter().enumerate() {
        if !near(at) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push_str("    …\n");
        }
        out.push_str(&format!("    {mark} {line}\n"));
    }
    out
}

/// A shortest way from one to the other, by the longest common subsequence.
fn script<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<(char, &'t str)> {
    let width = b.len().saturating_add(1);
    let mut common = vec![0_u32; width.saturating_mul(a.len().saturating_add(1))];
    let at = |i: usize, j: usize| i.saturating_mul(width).saturating_add(j);
    let get = |common: &[u32], i: usize, j: usize| common.get(at(i, j)).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let (below, right) = (i.saturating_add(1), j.saturating_add(1));
            let value = if x == y {
                get(&common, below, right).saturating_add(1)
            } else {
                get(&common, below, j).max(get(&common, i, right))
            };
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = value;
            }
        }
    }
    let (mut i, mut j) = (0_usize, 0_usize);
    let mut out = Vec::new();
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => {
                out.push((' ', *x));
                i = i.saturating_add(1);
                j = j.saturating_add(1);
            }
            (Some(x), y)
                if y.is_none() || get(&common, i.saturating_add(1), j) >= get(&common, i, j.saturating_add(1)) =>
            {
                out.push(('-', *x));
                i = i.saturating_add(1);
            }
            (_, Some(y)) => {
                out.push(('+', *y));
                j = j.saturating_add(1);
            }
            (_, None) => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn differences_are_shown_with_their_surroundings() {
        assert_eq!(lines("a\nb\nc", "a\nx\nc"), "      a\n    - b\n    + x\n      c\n");
        assert_eq!(
            lines("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n7"),
            "    …\n      3\n      4\n      5\n    - 6\n    + 7\n"
        );
        assert_eq!(lines("a", "a"), "");
    }
}
