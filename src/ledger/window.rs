//! Which rows are in the document: those in sight and a few around them.

use core::ops::Range;

/// Height of a row, in CSS pixels; ledger.css says the same.
pub(super) const ROW_PX: f64 = 80.0;
/// Rows kept beyond each edge, so that scrolling does not show a gap.
const MARGIN: usize = 3;

/// The rows to show of `count`, scrolled to `top` in a box of height `height`.
pub(super) fn visible(top: f64, height: f64, count: usize) -> Range<usize> {
    let first = (top.max(0.0) / ROW_PX) as usize;
    let shown = (height.max(0.0) / ROW_PX).ceil() as usize + 1;
    let start = first.saturating_sub(MARGIN).min(count);
    let end = (first + shown + MARGIN).min(count);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_ledger_shows_a_few_rows() {
        assert_eq!(visible(0.0, 400.0, 100_000), 0..9);
        assert_eq!(visible(8_000.0, 400.0, 100_000), 97..109);
        assert_eq!(visible(8_000.0, 400.0, 5), 5..5);
        assert_eq!(visible(0.0, 400.0, 2), 0..2);
    }
}
