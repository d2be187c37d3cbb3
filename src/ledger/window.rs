//! Which rows are in the document: those in sight and a few around them. A row that has several verdicts is taller than others.

use core::ops::Range;

/// Height of a row with one verdict, in CSS pixels.
pub(super) const ROW_PX: f64 = 80.0;
/// What each further verdict adds.
pub(super) const LINE_PX: f64 = 25.0;
/// Rows kept beyond each edge, so that scrolling does not show a gap.
const MARGIN: usize = 3;

/// Height of a row with so many verdicts beside the first.
pub(super) fn height_of(more: usize) -> f64 {
    ROW_PX + more as f64 * LINE_PX
}

/// The row, of `count`, at so many pixels from the top, when row `index` begins at `top_of(index)`.
pub(super) fn row_at(px: f64, count: usize, top_of: impl Fn(usize) -> f64) -> usize {
    // The last row that begins at or above it.
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if top_of(middle) <= px {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low.saturating_sub(1)
}

/// The rows to show of `count`, scrolled to `top` in a box of height `height`.
pub(super) fn visible(
    top: f64,
    height: f64,
    count: usize,
    top_of: impl Fn(usize) -> f64,
) -> Range<usize> {
    let first = row_at(top.max(0.0), count, &top_of);
    let last = row_at(top.max(0.0) + height.max(0.0), count, &top_of);
    let start = first.saturating_sub(MARGIN).min(count);
    let end = (last + 1 + MARGIN).min(count);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_ledger_shows_a_few_rows() {
        let even = |index: usize| index as f64 * ROW_PX;
        assert_eq!(visible(0.0, 400.0, 100_000, even), 0..9);
        assert_eq!(visible(8_000.0, 400.0, 100_000, even), 97..109);
        assert_eq!(visible(8_000.0, 400.0, 5, even), 1..5);
        assert_eq!(visible(0.0, 400.0, 2, even), 0..2);
        assert_eq!(visible(0.0, 400.0, 0, even), 0..0);
    }

    #[test]
    fn tall_rows_push_down_what_is_below() {
        let top_of = |index: usize| index as f64 * ROW_PX + if index > 1 { LINE_PX } else { 0.0 };
        assert_eq!(row_at(2.0 * ROW_PX, 10, top_of), 1);
        assert_eq!(row_at(2.0 * ROW_PX + LINE_PX, 10, top_of), 2);
    }
}
