//! A lane for each node: what it was, and when.

use replicascope_engine::ids::NodeId;
use replicascope_engine::node::Role;
use replicascope_engine::sort::sort_by_key;
use replicascope_engine::time::Time;
use replicascope_engine::world::{Health, LaneChange};

use super::axis::Axis;

/// Narrower than this, in percent of the axis, a stretch joins the one before it.
const THINNEST: f64 = 0.06;
/// From this width on, in percent, a stretch has room for a word.
const ROOM_FOR_A_WORD: f64 = 7.0;

/// A stretch of a lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    /// Where it begins, in percent of the axis.
    pub(super) left: f64,
    /// How wide it is, in percent.
    pub(super) width: f64,
    /// How it is drawn.
    pub(super) class: &'static str,
    /// What it says, if there is room.
    pub(super) word: &'static str,
}

/// How a node is drawn, and in a word.
fn look(change: &LaneChange) -> (&'static str, &'static str) {
    match (change.health, change.role) {
        (Health::Down, _) => ("l-down", "down"),
        (Health::Lost, _) => ("l-down", "host lost"),
        (Health::Frozen, Role::Primary) => ("l-primary l-frozen", "frozen"),
        (Health::Frozen, _) => ("l-replica l-frozen", "frozen"),
        (Health::Up, Role::Primary) if change.slow > 1 => ("l-primary l-slow", "primary, slow"),
        (Health::Up, Role::Primary) => ("l-primary", "primary"),
        (Health::Up, Role::Fenced) => ("l-fenced", "fenced"),
        (Health::Up, Role::Demoted) => ("l-fenced", "old primary"),
        (Health::Up, Role::Candidate | Role::Promoting) => ("l-candidate", "candidate"),
        (Health::Up, Role::Replica) if change.slow > 1 => ("l-replica l-slow", ""),
        (Health::Up, Role::Replica) => ("l-replica", ""),
    }
}

/// The stretches of a node's lane up to `until`.
pub(super) fn stretches(changes: &[LaneChange], until: Time, axis: Axis) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let end = changes
            .get(index + 1)
            .map_or(until, |next| next.at)
            .min(until);
        let (left, right) = (axis.percent(change.at), axis.percent(end));
        let (class, word) = look(change);
        push(&mut stretches, left, right, class, word);
    }
    for stretch in &mut stretches {
        if stretch.width < ROOM_FOR_A_WORD {
            stretch.word = "";
        }
    }
    stretches
}

fn push(
    stretches: &mut Vec<Stretch>,
    left: f64,
    right: f64,
    class: &'static str,
    word: &'static str,
) {
    match stretches.last_mut() {
        Some(last) if last.class == class || right - left < THINNEST => {
            last.width = right - last.left;
        }
        _ => stretches.push(Stretch {
            left,
            width: right - left,
            class,
            word,
        }),
    }
}

/// Who took writes when: where, how wide, and who, for one lane that stands for all.
pub(super) fn seat(lanes: &[Vec<LaneChange>], until: Time, axis: Axis) -> Vec<(f64, f64, NodeId)> {
    let mut seat = Vec::new();
    for (index, changes) in lanes.iter().enumerate() {
        let node = NodeId(index as u8);
        let reigns = stretches(changes, until, axis)
            .into_iter()
            .filter(|stretch| matches!(stretch.class, "l-primary" | "l-primary l-slow"));
        seat.extend(reigns.map(|stretch| (stretch.left, stretch.width, node)));
    }
    seat
}

/// Who took writes when, as [`seat`], and in between when nobody did.
pub(super) fn reigns(
    lanes: &[Vec<LaneChange>],
    until: Time,
    axis: Axis,
) -> Vec<(f64, f64, Option<NodeId>)> {
    let mut seat = seat(lanes, until, axis);
    sort_by_key(&mut seat, |reign| (reign.0 * 1e6) as u64);
    let end = axis.percent(until);
    let (mut reigns, mut covered) = (Vec::new(), 0.0);
    let each = seat
        .into_iter()
        .map(|(left, width, node)| (left, width, Some(node)));
    for (left, width, node) in each.chain([(end, 0.0, None)]) {
        if left - covered > THINNEST {
            reigns.push((covered, left - covered, None));
        }
        if node.is_some() {
            reigns.push((left, width, node));
        }
        covered = f64::max(covered, left + width);
    }
    reigns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(at_ms: u64, role: Role, health: Health) -> LaneChange {
        LaneChange {
            at: Time::from_millis(at_ms),
            role,
            health,
            slow: 1,
        }
    }

    #[test]
    fn a_lane_covers_the_time_up_to_now_without_gaps() {
        let axis = Axis::for_run(Time::from_secs(5));
        let changes = [
            change(0, Role::Primary, Health::Up),
            change(1_500, Role::Primary, Health::Down),
            change(3_000, Role::Demoted, Health::Up),
        ];
        let lane = stretches(&changes, Time::from_millis(4_500), axis);
        let drawn: Vec<_> = lane
            .iter()
            .map(|stretch| (stretch.class, stretch.word))
            .collect();
        assert_eq!(
            drawn,
            [
                ("l-primary", "primary"),
                ("l-down", "down"),
                ("l-fenced", "old primary")
            ]
        );
        let end = lane.iter().fold(0.0, |at, stretch| {
            assert!((stretch.left - at).abs() < 1e-9, "{lane:?}");
            stretch.left + stretch.width
        });
        assert!((end - 75.0).abs() < 1e-9, "{lane:?}");
    }

    #[test]
    fn reigns_and_the_gaps_between_them_cover_the_time() {
        let axis = Axis::for_run(Time::from_secs(5));
        let lanes = [
            vec![
                change(0, Role::Primary, Health::Up),
                change(1_500, Role::Primary, Health::Down),
            ],
            vec![
                change(0, Role::Replica, Health::Up),
                change(3_000, Role::Primary, Health::Up),
            ],
        ];
        let reigns = reigns(&lanes, Time::from_millis(4_500), axis);
        let who: Vec<_> = reigns.iter().map(|reign| reign.2).collect();
        assert_eq!(who, [Some(NodeId(0)), None, Some(NodeId(1))]);
        let end = reigns.iter().fold(0.0, |at, (left, width, _)| {
            assert!((left - at).abs() < 1e-9, "{reigns:?}");
            left + width
        });
        assert!((end - 75.0).abs() < 1e-9, "{reigns:?}");
    }

    #[test]
    fn flicker_is_not_drawn() {
        let axis = Axis::for_run(Time::from_secs(500));
        let changes: Vec<LaneChange> = (0..4_000)
            .map(|index| {
                let role = if index % 2 == 0 {
                    Role::Replica
                } else {
                    Role::Candidate
                };
                change(index * 100, role, Health::Up)
            })
            .collect();
        assert!(stretches(&changes, Time::from_secs(400), axis).len() < 1_700);
    }
}
