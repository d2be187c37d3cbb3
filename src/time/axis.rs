//! The axis: how much time the timeline shows, and where its ticks are.

use crate::lean::number::Within as _;
use replicascope_engine::time::Time;

/// Lengths that the axis may have, in seconds, with the distance of its ticks.
const LENGTHS_S: [(u64, u64); 19] = [
    (6, 1),
    (12, 2),
    (20, 5),
    (30, 5),
    (60, 10),
    (120, 20),
    (180, 30),
    (300, 60),
    (600, 120),
    (1_200, 300),
    (1_800, 300),
    (3_600, 600),
    (7_200, 1_200),
    (10_800, 1_800),
    (21_600, 3_600),
    (43_200, 7_200),
    (86_400, 14_400),
    (172_800, 28_800),
    (604_800, 86_400),
];

/// What the axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// From the start of the run up to here.
    pub(super) end: Time,
    tick: Time,
}

impl Axis {
    /// An axis with room to go on after what has been played.
    pub(super) fn for_run(reached: Time) -> Self {
        let wanted = reached.0 + reached.0 / 20;
        let (end, tick) = LENGTHS_S
            .into_iter()
            .find(|&(length, _)| length * 1_000_000 >= wanted)
            .unwrap_or_else(|| {
                let seconds = wanted / 1_000_000 + 1;
                (seconds, seconds.div_ceil(6).max(1))
            });
        Self {
            end: Time::from_secs(end),
            tick: Time::from_secs(tick),
        }
    }

    /// Where an instant is, in percent of the axis.
    pub(super) fn percent(&self, at: Time) -> f64 {
        (at.0 as f64 / self.end.0 as f64 * 100.0).within(0.0, 100.0)
    }

    /// The ticks: where in percent, and what they say.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        (0..=self.end.0 / self.tick.0)
            .map(|index| {
                let at = Time(index * self.tick.0);
                (self.percent(at), label(at.0 / 1_000_000))
            })
            .collect()
    }
}

fn label(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        120..7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_to_go_on() {
        assert_eq!(Axis::for_run(Time::ZERO).end, Time::from_secs(6));
        assert_eq!(
            Axis::for_run(Time::from_millis(5_900)).end,
            Time::from_secs(12)
        );
        assert_eq!(
            Axis::for_run(Time::from_secs(86_400)).end,
            Time::from_secs(172_800)
        );
        let month = Axis::for_run(Time::from_secs(30 * 86_400));
        assert!(month.end > Time::from_secs(30 * 86_400));
        assert!(month.ticks().len() <= 8);
    }

    #[test]
    fn ticks_are_round() {
        let labels: Vec<String> = Axis::for_run(Time::from_secs(1))
            .ticks()
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(labels, ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s"]);
        assert_eq!(label(180), "3 min");
        assert_eq!(label(14_400), "4 h");
    }
}
