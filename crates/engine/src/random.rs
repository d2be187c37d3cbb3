//! Keyed randomness.
//!
//! A draw is a pure function of the seed, what it is for, and the entities it concerns. There is no generator with a state
//! that draws use up, so an extra message in one mode does not shift every later draw, and two modes can be compared on
//! one seed. The mixing is integer arithmetic only; logarithms and powers come from `libm`, so native and wasm agree to the bit.

use crate::time::Span;

/// What a draw is for. The numbers are part of every trace hash: never renumber, only add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Jitter of one transmission on a link: (from, to, message number on the link, attempt).
    LinkJitter = 1,
    /// Whether one transmission is lost: (from, to, message number on the link, attempt).
    LinkLoss = 2,
    /// Time between workload operations: (operation number).
    Arrival = 3,
    /// Whether a workload operation is a read: (operation number).
    ReadOrWrite = 4,
    /// Key of a workload operation: (operation number).
    Key = 5,
    /// Client of a workload operation: (operation number).
    Client = 6,
    /// Replica that a read goes to under the random policy: (operation).
    ReadTarget = 7,
    /// The making of random scenarios: (throw).
    Scenario = 9,
    /// Extra wait before a node stands for election: (node, attempt).
    ElectionJitter = 8,
    /// How long a delay of a distribution is: what a link draws it for, as for its jitter.
    DelayAmount = 20,
    /// Which part of a mixed distribution a delay comes from: likewise.
    DelayKind = 21,
    /// When a monitor begins, or how long it waits so as not to act at the same instant as another: (monitor, time).
    MonitorDelay = 30,
    /// How long the power of a host takes to go off: (node, time).
    PowerOff = 31,
    /// When an agent's first round is: (node).
    LoopPhase = 40,
    /// Extra wait before a member of the store stands for election: (member, attempt).
    StoreElection = 41,
    /// When the leader of the store first looks at the leases: (member, term).
    StoreSweep = 42,
    /// Pause of an agent before it asks the store once more: (node, attempt).
    StoreRetry = 43,
    /// Which thread of a thawed agent runs first: (node, when its round was due).
    ThawOrder = 44,
    /// Which of several tagged members an empty one is filled from: (node, time).
    CloneSource = 45,
}

/// One draw: 64 uniform bits.
#[must_use]
pub fn draw(seed: u64, purpose: Purpose, a: u64, b: u64) -> u64 {
    let mut state = seed ^ (purpose as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state = finish(state.wrapping_add(a.wrapping_mul(0xD1B5_4A32_D192_ED03)));
    finish(state ^ b.wrapping_mul(0x8CB9_2BA7_2F3D_8DD7).rotate_left(17))
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every input bit reaches every output bit.
fn finish(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// Maps a draw to `0..bound` (multiply-shift; the bias is below bound / 2^64). `bound` 0 gives 0.
#[must_use]
pub fn below(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// Whether an event of probability `parts_per_million` / 1,000,000 happens.
#[must_use]
pub fn happens(draw: u64, parts_per_million: u32) -> bool {
    below(draw, 1_000_000) < u64::from(parts_per_million)
}

/// An exponentially distributed span with the given mean, in whole microseconds.
#[must_use]
pub fn exponential(draw: u64, mean: Span) -> Span {
    Span((-libm::log(unit(draw)) * mean.0 as f64) as u64)
}

/// Maps a draw to (0, 1], in steps of 2^-53: its logarithm and its negative powers are finite.
pub(crate) fn unit(draw: u64) -> f64 {
    ((draw >> 11) + 1) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_each_of_its_keys() {
        let reference = draw(1, Purpose::Arrival, 2, 3);
        assert_eq!(reference, draw(1, Purpose::Arrival, 2, 3));
        assert_ne!(reference, draw(2, Purpose::Arrival, 2, 3));
        assert_ne!(reference, draw(1, Purpose::Key, 2, 3));
        assert_ne!(reference, draw(1, Purpose::Arrival, 3, 3));
        assert_ne!(reference, draw(1, Purpose::Arrival, 2, 2));
        assert_ne!(
            draw(1, Purpose::Arrival, 2, 3),
            draw(1, Purpose::Arrival, 3, 2)
        );
    }

    #[test]
    fn below_is_uniform_and_stays_below() {
        let mut counts = [0u32; 10];
        for number in 0..100_000 {
            counts[below(draw(7, Purpose::Key, number, 0), 10) as usize] += 1;
        }
        // 10,000 expected, standard deviation 95: five of them.
        assert!(
            counts
                .iter()
                .all(|&count| (9_525..=10_475).contains(&count)),
            "{counts:?}"
        );
        assert_eq!(below(u64::MAX, 0), 0);
    }

    #[test]
    fn exponential_has_its_mean() {
        let mean = Span::from_millis(20);
        let total: u64 = (0..100_000)
            .map(|number| exponential(draw(7, Purpose::Arrival, number, 0), mean).0)
            .sum();
        let measured = total / 100_000;
        assert!((19_700..=20_300).contains(&measured), "{measured} µs");
    }
}
