//! Sorting with little code.
//!
//! The sorts of the standard library are fast for a million items and are compiled once for each type and order, 4 to 7 KB a
//! time. What is sorted here are a few nodes, acknowledgements or messages, so Shell's method does, in a few hundred bytes.

/// Gaps between the items that are compared (Ciura, 2001), doubled and a quarter more for longer lists.
const GAPS: [usize; 12] = [
    33_936, 15_083, 6_703, 2_979, 1_324, 701, 301, 132, 57, 23, 10, 4,
];

/// Sorts by a key. Items with equal keys end up in no particular order, but in the same on every machine.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for gap in GAPS.into_iter().chain([1]) {
        for index in gap..items.len() {
            let mut at = index;
            while at >= gap && key(&items[at]) < key(&items[at - gap]) {
                items.swap(at, at - gap);
                at -= gap;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_sorted() {
        let mut state = 1_u32;
        for length in (0..70).chain([1_000, 40_000]) {
            let mut items: Vec<(u32, u8)> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 20, 0)
                })
                .collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by_key(&mut items, |&(key, _)| key);
            assert_eq!(items, expected, "{length} items");
        }
    }
}
