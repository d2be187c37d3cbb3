//! The formulas of replication (rules R-NU-…) beside what the engine measures. Each test is named by its rule.

#[path = "../lab/mod.rs"]
mod lab;

mod capacity;
mod lag;
mod latency;
mod pbs;
mod staleness;

/// Fails unless `found` is `expected` within so many percent.
pub(crate) fn assert_within(what: &str, found: f64, expected: f64, percent: f64) {
    let off = (found - expected).abs() / expected.abs() * 100.0;
    assert!(
        off <= percent,
        "{what}: {found:.4} where {expected:.4} was expected, {off:.1} % off"
    );
}
