//! What clients saw, and what became of it: verdicts and fates in words.

use replicascope_engine::Simulation;
use replicascope_engine::event::Failure;
use replicascope_engine::ids::{NodeId, Tip};
use replicascope_engine::oracle::{LEDGER_CAP, Op, OpKind, Status};
use replicascope_engine::sort::sort_by_key;

use super::{client, key, list, span};

/// How a verdict is drawn. Solid red and solid amber mean one thing each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The client was told OK, and the write is gone.
    Lost,
    /// The client got an old or a wrong answer.
    Stale,
    /// The client does not know.
    Unknown,
    /// It survived though nobody was told.
    Survived,
    /// Nothing is wrong.
    Ok,
    /// It was not executed.
    Failed,
}

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chip {
    /// How it is drawn.
    pub(crate) tone: Tone,
    /// What it says.
    pub(crate) text: String,
}

fn chip(tone: Tone, text: impl Into<String>) -> Chip {
    Chip {
        tone,
        text: text.into(),
    }
}

/// A step of an operation that is not over yet, and whether it is done.
pub(crate) type Step = (String, bool);

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowWords {
    /// The operation's number.
    pub(crate) number: u32,
    /// Whether it is a write.
    pub(crate) write: bool,
    /// Key and value: `stock:mug ← 10`.
    pub(crate) title: String,
    /// By whom and when.
    pub(crate) meta: String,
    /// The verdicts; none while it is in progress.
    pub(crate) chips: Vec<Chip>,
    /// Its progress, while it is.
    pub(crate) track: Vec<Step>,
    /// What became of it, node by node.
    pub(crate) fate: String,
}

/// Everything that the ledger says about an operation.
pub(crate) fn row(simulation: &Simulation, op: &Op) -> RowWords {
    let name = key(op.key);
    let title = match (op.kind, op.returned) {
        (OpKind::Write { value }, _) => format!("{name} ← {value}"),
        (OpKind::Read, Some(row)) if row.version == 0 => format!("{name} → nothing yet"),
        (OpKind::Read, Some(row)) => format!("{name} → {}", row.value),
        (OpKind::Read, None) => format!("{name} → …"),
    };
    let track = track(simulation, op);
    RowWords {
        number: op.id.0,
        write: op.is_write(),
        title,
        meta: format!("{} {}", client(simulation, op.client), short_time(op)),
        chips: if track.is_empty() {
            chips(simulation, op)
        } else {
            Vec::new()
        },
        track,
        fate: fate(simulation, op),
    }
}

fn short_time(op: &Op) -> String {
    let hundredths = op.issued_at.0 / 10_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

/// The headline when acked writes are lost.
pub(crate) fn gone(lost: u64) -> String {
    if lost == 1 {
        "1 acked write is gone".to_owned()
    } else {
        format!("{lost} acked writes are gone")
    }
}

/// That the ledger no longer lists all of so many operations.
pub(crate) fn capped(issued: u64) -> String {
    format!(
        "Listed: the newest {} of {}. The totals count all.",
        super::grouped(LEDGER_CAP as u64),
        super::grouped(issued)
    )
}

/// The verdicts of an operation, worst first.
pub(crate) fn chips(simulation: &Simulation, op: &Op) -> Vec<Chip> {
    let mut chips = Vec::new();
    if op.lost {
        chips.push(chip(Tone::Lost, "LOST though acked"));
    }
    if simulation.oracle().is_ghost(op) {
        chips.push(chip(Tone::Survived, "survived unacked"));
    }
    if let Some(stale) = op.verdict.stale {
        let versions = super::count(u64::from(stale.versions), "version");
        chips.push(chip(
            Tone::Stale,
            format!("stale by {versions}, {}", span(stale.span)),
        ));
    }
    if op.verdict.broke_read_your_writes {
        chips.push(chip(Tone::Stale, "broke read-your-writes"));
    }
    if op.verdict.broke_monotonic_reads {
        chips.push(chip(Tone::Stale, "broke monotonic reads"));
    }
    if op.verdict.phantom {
        chips.push(chip(Tone::Stale, "read a value that was lost"));
    }
    if !chips.is_empty() {
        return chips;
    }
    vec![match op.status {
        Status::Unknown => chip(Tone::Unknown, "unknown: no answer"),
        Status::Failed(Failure::NoPrimary) => chip(Tone::Failed, "failed: no primary"),
        Status::Failed(Failure::Overloaded) => chip(Tone::Failed, "failed: too many requests"),
        Status::Failed(Failure::Refused) => chip(Tone::Failed, "failed: refused"),
        Status::Failed(Failure::TimedOut) => chip(Tone::Failed, "failed: no answer in time"),
        Status::Answered => chip(Tone::Ok, "fresh"),
        Status::Acked => chip(Tone::Ok, "durable"),
        Status::Open => chip(Tone::Failed, "no answer yet"),
    }]
}

/// How many verdicts an operation has beside its first, each of which has a line of its own in the ledger.
pub(crate) fn more_chips(op: &Op) -> usize {
    let verdict = &op.verdict;
    let all = usize::from(verdict.stale.is_some())
        + usize::from(verdict.broke_read_your_writes)
        + usize::from(verdict.broke_monotonic_reads)
        + usize::from(verdict.phantom);
    all.saturating_sub(1)
}

/// How far a write has come, while its fate is open; how far a read has come, while it has no answer.
fn track(simulation: &Simulation, op: &Op) -> Vec<Step> {
    let done = |text: &str, done| (text.to_owned(), done);
    match op.status {
        Status::Open if !op.is_write() => {
            let asked = op
                .node
                .map_or("sent".to_owned(), |node| format!("asked {node}"));
            vec![(asked, true), done("answered", false)]
        }
        Status::Open | Status::Acked if !op.lost => {
            let holders = op
                .tip
                .map(|tip| holders(simulation, tip))
                .unwrap_or_default();
            let durable = op.tip.is_some_and(|tip| simulation.fate(tip).durable);
            if durable && op.status == Status::Acked {
                return Vec::new();
            }
            let copies: Vec<NodeId> = holders
                .all()
                .filter(|&node| Some(node) != op.tip.map(|tip| tip.timeline.owner()))
                .collect();
            let copied = if copies.is_empty() {
                done("on replicas", false)
            } else {
                (format!("on {}", join(&copies)), true)
            };
            vec![
                done("sent", true),
                done("acked", op.status == Status::Acked),
                copied,
                done("durable", durable),
            ]
        }
        _ => Vec::new(),
    }
}

fn join(nodes: &[NodeId]) -> String {
    nodes
        .iter()
        .map(NodeId::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The nodes whose log holds a record, by how far they are with it.
#[derive(Default)]
struct Holders {
    applied: Vec<NodeId>,
    flushed: Vec<NodeId>,
    received: Vec<NodeId>,
    missing: Vec<NodeId>,
}

impl Holders {
    fn flushed(&self) -> impl Iterator<Item = NodeId> {
        self.applied.iter().chain(&self.flushed).copied()
    }

    fn all(&self) -> impl Iterator<Item = NodeId> {
        let mut all: Vec<NodeId> = self
            .flushed()
            .chain(self.received.iter().copied())
            .collect();
        sort_by_key(&mut all, |&node| node);
        all.into_iter()
    }
}

fn holders(simulation: &Simulation, tip: Tip) -> Holders {
    let fate = simulation.fate(tip);
    let mut holders = Holders::default();
    for node in simulation.cluster().nodes() {
        let list = if !fate.received.contains(node) {
            &mut holders.missing
        } else if fate.replayed.contains(node) {
            &mut holders.applied
        } else if fate.flushed.contains(node) {
            &mut holders.flushed
        } else {
            &mut holders.received
        };
        list.push(node);
    }
    holders
}

/// What became of an operation, node by node.
pub(crate) fn fate(simulation: &Simulation, op: &Op) -> String {
    if !op.is_write() {
        return match (op.node, op.returned) {
            (Some(node), Some(row)) => format!("{node} answered with version {}", row.version),
            (Some(_), None) => "no answer yet".to_owned(),
            (None, _) => "not sent to any node".to_owned(),
        };
    }
    let mut parts = Vec::new();
    match op.tip {
        None => parts.push(match op.node {
            Some(node) => format!("in no log, {node} was asked"),
            None => "not sent to any node".to_owned(),
        }),
        Some(tip) => {
            let holders = holders(simulation, tip);
            let lists = [
                ("applied on", &holders.applied),
                ("flushed on", &holders.flushed),
                ("received by", &holders.received),
            ];
            for (word, nodes) in lists {
                if !nodes.is_empty() {
                    parts.push(format!("{word} {}", join(nodes)));
                }
            }
            let never: Vec<NodeId> = holders
                .missing
                .iter()
                .copied()
                .filter(|&node| !op.erased_from.contains(node))
                .collect();
            if !never.is_empty() {
                parts.push(format!("not on {}", join(&never)));
            }
        }
    }
    if !op.erased_from.is_empty() {
        parts.insert(0, format!("erased from {}", list(op.erased_from.iter())));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::ids::{ClientId, Key, OpId};
    use replicascope_engine::scenario::{Action, KillKind, Workload};
    use replicascope_engine::time::Time;

    fn quiet() -> Simulation {
        let workload = Workload {
            operations_per_second: 0,
            ..Workload::default()
        };
        Simulation::new(&Scenario {
            workload,
            ..Scenario::default()
        })
        .expect("valid")
    }

    fn write() -> Action {
        Action::Write {
            client: ClientId(0),
            key: Key(0),
            value: Some(10),
            node: None,
            synchronous_commit: None,
        }
    }

    #[test]
    fn every_chip_but_the_first_is_counted() {
        let (scenario, _) = (crate::scenarios::ALL[1].make)();
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(20));
        let mut most = 0;
        for op in simulation.oracle().ops() {
            let more = more_chips(op);
            assert_eq!(chips(&simulation, op).len(), more + 1, "{op:?}");
            most = most.max(more);
        }
        assert!(most > 0, "some reads break more than one promise");
    }

    fn words(simulation: &Simulation, op: u32) -> RowWords {
        row(
            simulation,
            simulation.oracle().op(OpId(op)).expect("in the ledger"),
        )
    }

    #[test]
    fn a_write_goes_from_sent_to_durable() {
        let mut simulation = quiet();
        simulation.act(write()).expect("valid");
        let sent = words(&simulation, 1);
        assert_eq!(sent.title, "stock:mug ← 10");
        assert_eq!(sent.track[0], ("sent".to_owned(), true));
        assert!(sent.chips.is_empty());
        simulation.advance_to(Time::from_millis(10));
        assert_eq!(words(&simulation, 1).track[1], ("acked".to_owned(), true));
        simulation.advance_to(Time::from_secs(1));
        let durable = words(&simulation, 1);
        assert_eq!(durable.chips, [chip(Tone::Ok, "durable")]);
        assert_eq!(durable.fate, "applied on n1, n2, n3, n4, n5");
    }

    #[test]
    fn an_acked_write_that_only_the_dead_primary_had_is_lost() {
        let mut simulation = quiet();
        simulation.advance_to(Time::from_secs(1));
        simulation.act(write()).expect("valid");
        simulation.advance_to(Time::from_millis(1_010));
        let kill = Action::Kill {
            node: NodeId(0),
            how: KillKind::PowerOff,
        };
        simulation.act(kill).expect("valid");
        simulation.advance_to(Time::from_secs(5));
        let lost = words(&simulation, 1);
        assert_eq!(lost.chips, [chip(Tone::Lost, "LOST though acked")]);
        assert_eq!(lost.fate, "applied on n1; not on n2, n3, n4, n5");
        simulation
            .act(Action::Restart { node: NodeId(0) })
            .expect("valid");
        simulation.advance_to(Time::from_secs(9));
        assert_eq!(
            words(&simulation, 1).fate,
            "erased from n1; not on n2, n3, n4, n5"
        );
    }
}
