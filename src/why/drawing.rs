//! Where everything of the space-time diagram stands: one line an app, a node or a service, time downwards, each event at the height of its
//! sentence. Between two sentences time runs evenly; from one pair to the next it does not.

use replicascope_engine::node::Role;
use replicascope_engine::time::Time;
use replicascope_engine::why::Lane;
use replicascope_engine::world::Health;

use super::told::{Line, Told};

/// From the edge to the first line.
const EDGE_PX: f64 = 12.0;
/// Between two lines, if there is room.
const SPACING_PX: f64 = 36.0;
/// The widest that the lines may be together.
const MOST_PX: f64 = 132.0;
/// How far the lines go on above the first and below the last event.
const BEYOND_PX: f64 = 16.0;
/// An arrow that would be flatter than this is drawn slanted all the same: messages take time.
const LEAST_SLANT_PX: f64 = 9.0;

/// A stretch of a node's line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) class: &'static str,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slant {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
    pub(super) class: &'static str,
    pub(super) lost: bool,
}

/// The place of times and lines.
pub(super) struct Sheet<'a> {
    told: &'a Told,
    /// The height of each step.
    ys: &'a [f64],
}

/// How wide the lines are together.
pub(super) fn width(lanes: usize) -> f64 {
    2.0 * EDGE_PX + spacing(lanes) * lanes.saturating_sub(1) as f64
}

fn spacing(lanes: usize) -> f64 {
    SPACING_PX.min(MOST_PX / lanes.saturating_sub(1).max(1) as f64)
}

impl<'a> Sheet<'a> {
    /// The sheet of an explanation whose sentences stand at these heights; `None` until all of them are known.
    pub(super) fn new(told: &'a Told, ys: &'a [f64]) -> Option<Self> {
        (ys.len() == told.lines.len() && !ys.is_empty()).then_some(Self { told, ys })
    }

    pub(super) fn x(&self, lane: Lane) -> f64 {
        let index = self
            .told
            .lanes
            .iter()
            .position(|(other, ..)| *other == lane);
        EDGE_PX + spacing(self.told.lanes.len()) * index.unwrap_or(0) as f64
    }

    pub(super) fn top(&self) -> f64 {
        self.ys[0] - BEYOND_PX
    }

    pub(super) fn bottom(&self) -> f64 {
        self.ys[self.ys.len() - 1] + BEYOND_PX
    }

    /// The height of an instant on a line.
    pub(super) fn y(&self, at: Time, lane: Option<Lane>) -> f64 {
        let lines = &self.told.lines;
        let here = |line: &&Line| line.at == at && lane.is_none_or(|lane| line.lane == lane);
        if let Some(index) = lines.iter().position(|line| here(&line)) {
            return self.ys[index];
        }
        let next = lines.partition_point(|line| line.at < at);
        if next == 0 {
            return self.top();
        }
        let Some(after) = lines.get(next) else {
            return self.bottom();
        };
        let before = &lines[next - 1];
        let (from, to) = (self.ys[next - 1], self.ys[next]);
        let whole = after.at.since(before.at).0.max(1) as f64;
        from + (to - from) * at.since(before.at).0 as f64 / whole
    }

    /// The height of a step.
    pub(super) fn y_of(&self, event: replicascope_engine::ids::EventId) -> f64 {
        let index = self.told.lines.iter().position(|line| line.event == event);
        self.ys[index.unwrap_or(0)]
    }

    /// What the nodes were, from the first event to the last.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let mut bars: Vec<Bar> = Vec::new();
        for (lane, _, changes) in &self.told.lanes {
            let x = self.x(*lane);
            if matches!(lane, Lane::Client(_)) {
                bars.push(Bar {
                    x,
                    top: self.top(),
                    bottom: self.bottom(),
                    class: "st-app",
                });
                continue;
            }
            for (index, change) in changes.iter().enumerate() {
                let top = self.clamp(change.at, *lane);
                let bottom = changes
                    .get(index + 1)
                    .map_or(self.bottom(), |next| self.clamp(next.at, *lane));
                let class = match lane {
                    Lane::Node(_) => look(change.role, change.health),
                    _ => look_of_service(change.health),
                };
                match bars.last_mut() {
                    Some(last) if last.class == class && (last.x - x).abs() < 0.5 => {
                        last.bottom = bottom;
                    }
                    _ if bottom - top < 0.5 => {}
                    _ => bars.push(Bar {
                        x,
                        top,
                        bottom,
                        class,
                    }),
                }
            }
        }
        bars
    }

    fn clamp(&self, at: Time, lane: Lane) -> f64 {
        self.y(at, Some(lane)).clamp(self.top(), self.bottom())
    }

    /// The messages. One that is lost ends on its way.
    pub(super) fn slants(&self) -> Vec<Slant> {
        let slant = |arrow: &replicascope_engine::why::Arrow| {
            let (x1, x2) = (self.x(arrow.from), self.x(arrow.to));
            let end = self
                .told
                .lines
                .iter()
                .position(|line| {
                    line.event == arrow.event && (line.lane == arrow.to || arrow.lost.is_some())
                })
                .map(|index| self.ys[index]);
            let y1 = self.y(arrow.sent_at, Some(arrow.from));
            let y2 = end.unwrap_or_else(|| self.y(arrow.ends_at, Some(arrow.to)));
            let y1 = y1.min(y2 - LEAST_SLANT_PX);
            let to = match arrow.lost {
                None => (x2, y2),
                Some(way) => (x1 + (x2 - x1) * f64::from(way) / 1_000.0, y2),
            };
            Slant {
                from: (x1, y1),
                to,
                class: kind(arrow.kind),
                lost: arrow.lost.is_some(),
            }
        };
        self.told.arrows.iter().map(slant).collect()
    }
}

fn look(role: Role, health: Health) -> &'static str {
    match (health, role) {
        (Health::Down | Health::Lost, _) => "st-down",
        (Health::Frozen, _) => "st-frozen",
        (Health::Up, Role::Primary) => "st-primary",
        (Health::Up, Role::Fenced | Role::Demoted) => "st-fenced",
        (Health::Up, Role::Candidate | Role::Promoting) => "st-candidate",
        (Health::Up, Role::Replica) => "st-replica",
    }
}

/// An agent, a member of the store, a monitor.
fn look_of_service(health: Health) -> &'static str {
    match health {
        Health::Up => "st-service",
        Health::Frozen => "st-frozen",
        Health::Down | Health::Lost => "st-down",
    }
}

fn kind(kind: replicascope_engine::message::MessageKind) -> &'static str {
    use replicascope_engine::message::MessageKind as Kind;
    match kind {
        Kind::WriteRequest => "st-write",
        Kind::WriteAck | Kind::WalAck => "st-ok",
        Kind::Wal | Kind::Backup => "st-wal",
        Kind::ReadRequest | Kind::ReadReply => "st-read",
        _ => "st-beat",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Simulation;
    use replicascope_engine::ids::NodeId;
    use replicascope_engine::why::Question;

    fn lost() -> Told {
        let (scenario, _) = crate::scenarios::opening();
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(4));
        let op = run.oracle().ops().find(|op| op.lost).expect("lost").id;
        Told::of(&run, Question::Op(op)).expect("explained")
    }

    #[test]
    fn events_stand_beside_their_sentences_and_arrows_fall() {
        let told = lost();
        let ys: Vec<f64> = (0..told.lines.len())
            .map(|index| 20.0 + 50.0 * index as f64)
            .collect();
        let sheet = Sheet::new(&told, &ys).expect("as many");
        for (line, y) in told.lines.iter().zip(&ys) {
            assert!(
                (sheet.y(line.at, Some(line.lane)) - y).abs() < 60.0,
                "{line:?}"
            );
        }
        let slants = sheet.slants();
        assert_eq!(slants.len(), told.arrows.len());
        for slant in &slants {
            assert!(slant.from.1 < slant.to.1, "{slant:?}");
            assert!((slant.from.0 - slant.to.0).abs() > 4.0, "{slant:?}");
        }
        assert_eq!(slants.iter().filter(|slant| slant.lost).count(), 1);
        assert!(
            Sheet::new(&told, &ys[1..]).is_none(),
            "not before all are measured"
        );
    }

    #[test]
    fn a_line_shows_what_its_node_was() {
        let told = lost();
        let ys: Vec<f64> = (0..told.lines.len())
            .map(|index| 20.0 + 50.0 * index as f64)
            .collect();
        let sheet = Sheet::new(&told, &ys).expect("as many");
        let bars = sheet.bars();
        for class in ["st-app", "st-primary", "st-down", "st-replica"] {
            assert!(
                bars.iter().any(|bar| bar.class == class),
                "{class}: {bars:?}"
            );
        }
        for bar in bars {
            assert!(
                bar.top <= bar.bottom && bar.top >= sheet.top() && bar.bottom <= sheet.bottom()
            );
        }
    }

    #[test]
    fn a_frozen_agent_and_the_store_have_lines_of_their_own() {
        let run = crate::words::why::tests::frozen_agent();
        let told = Told::of(&run, Question::SplitBrain).expect("two take writes");
        let ys: Vec<f64> = (0..told.lines.len())
            .map(|index| 20.0 + 50.0 * index as f64)
            .collect();
        let sheet = Sheet::new(&told, &ys).expect("as many");
        let bars = sheet.bars();
        for (lane, classes) in [
            (
                Lane::Agent(NodeId(0)),
                ["st-service", "st-frozen"].as_slice(),
            ),
            (Lane::Agent(NodeId(1)), &["st-service"]),
            (Lane::Store(0), &["st-service"]),
        ] {
            let x = sheet.x(lane);
            for class in classes {
                let found = bars
                    .iter()
                    .any(|bar| bar.class == *class && (bar.x - x).abs() < 0.1);
                assert!(found, "{lane:?} {class}: {bars:?}");
            }
        }
        assert!(
            told.arrows.iter().any(|arrow| {
                (arrow.from, arrow.to) == (Lane::Store(1), Lane::Agent(NodeId(1)))
                    || matches!((arrow.from, arrow.to), (Lane::Store(_), Lane::Agent(_)))
            }),
            "{:?}",
            told.arrows
        );
    }

    #[test]
    fn many_lines_move_closer() {
        assert!(width(3) < width(5));
        assert!(width(9) <= width(5));
    }
}
