//! R-NU-6: probabilistically bounded staleness (Bailis et al., VLDB 2012) from the engine's own distributions.
//!
//! The WARS method: each of N replicas gets the write after W and acks after A more; a read reaches it after R and its answer
//! comes after S more. A write commits at the w-th ack; a read sent t later is stale if each of the first r replicas to
//! answer got the write after the read. PBS models quorum stores; for one primary see R-NU-5.

use replicascope_engine::scenario::Distribution;

use crate::assert_within;

const N: usize = 3;
const TRIALS: u64 = 200_000;

/// LNKD-SSD, in ms: .9122 Pareto(.235, 10), else exponential with λ 1.66.
const SSD: Distribution = Distribution::ParetoOrExponential {
    pareto_ppm: 912_200,
    scale_us: 235,
    shape_permille: 10_000,
    mean_us: 602,
};
/// LNKD-DISK, writes: .38 Pareto(1.05, 1.51), else exponential with λ .183.
const DISK: Distribution = Distribution::ParetoOrExponential {
    pareto_ppm: 380_000,
    scale_us: 1_050,
    shape_permille: 1_510,
    mean_us: 5_464,
};
/// YMMR, writes: .939 Pareto(3, 3.35), else exponential with λ .0028.
const YMMR_WRITE: Distribution = Distribution::ParetoOrExponential {
    pareto_ppm: 939_000,
    scale_us: 3_000,
    shape_permille: 3_350,
    mean_us: 357_143,
};
/// YMMR, everything else: .982 Pareto(1.5, 3.8), else exponential with λ .0217.
const YMMR_REST: Distribution = Distribution::ParetoOrExponential {
    pareto_ppm: 982_000,
    scale_us: 1_500,
    shape_permille: 3_800,
    mean_us: 46_083,
};

/// For each trial, how long after the commit a read must be sent to be fresh, in µs, sorted; below 0 is before the commit.
fn times_to_freshness(write: Distribution, rest: Distribution, r: usize, w: usize) -> Vec<i64> {
    let draw = |distribution: &Distribution, leg: u64, replica: usize, trial: u64| {
        distribution.sample(6, leg << 8 | replica as u64, trial).0 as i64
    };
    let mut times: Vec<i64> = (0..TRIALS)
        .map(|trial| {
            let of = |distribution: &Distribution, leg: u64| -> [i64; N] {
                core::array::from_fn(|replica| draw(distribution, leg, replica, trial))
            };
            let (writes, acks) = (of(&write, 0), of(&rest, 1));
            let (reads, answers) = (of(&rest, 2), of(&rest, 3));
            let mut acked: [i64; N] = core::array::from_fn(|i| writes[i] + acks[i]);
            acked.sort_unstable();
            let mut responders: [usize; N] = core::array::from_fn(|i| i);
            responders.sort_by_key(|&i| reads[i] + answers[i]);
            let missing = |&i: &usize| writes[i] - acked[w - 1] - reads[i];
            responders[..r].iter().map(missing).min().expect("r > 0")
        })
        .collect();
    times.sort_unstable();
    times
}

/// The chance of a fresh read right after the commit.
fn fresh_at_once(times: &[i64]) -> f64 {
    times.partition_point(|&time| time <= 0) as f64 / TRIALS as f64
}

/// How long after the commit 99.9 % of reads are fresh, in ms.
fn t_visibility(times: &[i64]) -> f64 {
    times[(TRIALS as f64 * 0.999) as usize] as f64 / 1_000.0
}

#[test]
fn r_nu_6_published_t_visibility_within_20_percent() {
    // R = W = 1: the paper's chance of a fresh read at once, and its t at 99.9 %, in ms.
    let rows = [
        ("SSD", SSD, SSD, 0.974, 1.85),
        ("DISK", DISK, SSD, 0.439, 45.5),
        ("YMMR", YMMR_WRITE, YMMR_REST, 0.893, 1_364.0),
    ];
    for (name, write, rest, at_once, t) in rows {
        let times = times_to_freshness(write, rest, 1, 1);
        assert_within(
            &format!("{name}, fresh at once"),
            fresh_at_once(&times),
            at_once,
            2.0,
        );
        assert_within(
            &format!("{name}, t at 99.9 %"),
            t_visibility(&times),
            t,
            20.0,
        );
    }
    let times = times_to_freshness(YMMR_WRITE, YMMR_REST, 2, 1);
    assert_within(
        "YMMR, R = 2, t at 99.9 %",
        t_visibility(&times),
        202.0,
        20.0,
    );
}

#[test]
fn r_nu_6_overlapping_quorums_are_always_fresh() {
    for (r, w) in [(2, 2), (1, 3), (3, 1)] {
        let times = times_to_freshness(DISK, SSD, r, w);
        assert!(times[times.len() - 1] <= 0, "R {r}, W {w}");
    }
}
