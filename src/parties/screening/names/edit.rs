//! How many typing errors lie between two words.
//!
//! In: two words. Out: insertions, deletions, substitutions and swaps of neighbours, up to a bound (optimal string
//! alignment). It refuses words longer than 48 letters.

const LONGEST: usize = 48;

/// The distance, when it is at most `bound`.
pub(super) fn distance(a: &str, b: &str, bound: usize) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > bound || a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    let (a, b) = without_common(a, b);
    match (a, b) {
        ([], rest) | (rest, []) => Some(rest.len()),
        _ if bound == 0 => None,
        ([_], [_]) => Some(1),
        ([one, other], [first, second]) if one == second && other == first => Some(1),
        // One error leaves nothing longer than that.
        _ if bound == 1 => None,
        _ => filled(a, b, bound),
    }
}

/// The words without the letters both begin with, and without those both end with: errors lie between.
fn without_common<'a>(mut a: &'a [u8], mut b: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    while let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first())
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_last(), b.split_last())
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    (a, b)
}

/// The same by the table of all beginnings, for words of [`LONGEST`] letters at most.
fn filled(a: &[u8], b: &[u8], bound: usize) -> Option<usize> {
    let mut rows = [[0_u8; LONGEST + 1]; 3];
    let [before, last, now] = &mut rows;
    let (mut before, mut last, mut now) = (before, last, now);
    for (at, cell) in last.iter_mut().enumerate() {
        *cell = u8::try_from(at).unwrap_or(u8::MAX);
    }
    let mut left_of = None;
    for (row, &x) in a.iter().enumerate() {
        let mut least = u8::MAX;
        let mut behind = u8::try_from(row + 1).unwrap_or(u8::MAX);
        if let Some(first) = now.first_mut() {
            *first = behind;
        }
        let mut above_left = None;
        for (column, &y) in b.iter().enumerate() {
            let cost = u8::from(x != y);
            let get = |row: &[u8; LONGEST + 1], at: usize| row.get(at).copied().unwrap_or(u8::MAX);
            let mut cell = (get(last, column) + cost).min(get(last, column + 1) + 1).min(behind + 1);
            if left_of == Some(y) && above_left == Some(x) {
                cell = cell.min(get(before, column - 1) + 1);
            }
            if let Some(place) = now.get_mut(column + 1) {
                *place = cell;
            }
            least = least.min(cell);
            behind = cell;
            above_left = Some(y);
        }
        if usize::from(least) > bound {
            return None;
        }
        left_of = Some(x);
        (before, last, now) = (last, now, before);
    }
    let found = usize::from(*last.get(b.len())?);
    (found <= bound).then_some(found)
}

/// The most errors a word of any length may hold.
pub(super) const MOST: usize = 3;

/// How many errors a word of so many letters may hold and still be that word.
pub(super) fn allowed(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        8..=12 => 2,
        _ => MOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_up_to_the_bound() {
        for (a, b, bound, found) in [
            ("serko", "sero", 1, Some(1)),
            ("zixis", "zixsi", 1, Some(1)),
            ("technology", "technoloogy", 2, Some(1)),
            ("biren", "biron", 1, Some(1)),
            ("abc", "cba", 1, None),
            ("", "a", 1, Some(1)),
            ("same", "same", 0, Some(0)),
        ] {
            assert_eq!(distance(a, b, bound), found, "{a} {b}");
        }
    }

    proptest::proptest! {
        #[test]
        fn letters_that_both_begin_or_end_with_change_no_distance(a in "[ab]{1,9}", b in "[ab]{1,9}", bound in 0..4_usize) {
            let plain = if a.len().abs_diff(b.len()) > bound { None } else { filled(a.as_bytes(), b.as_bytes(), bound) };
            proptest::prop_assert_eq!(distance(&a, &b, bound), plain);
        }
    }
}
