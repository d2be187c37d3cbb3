//! How far a node has come.

use replicascope_engine::Simulation;
use replicascope_engine::ids::{Lsn, NodeId, Tip};
use replicascope_engine::node::Node;
use replicascope_engine::promises::outlook::{Acked, Outlook};

use crate::words;

use super::{Condition, Face, Part};

/// How far a node has come, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// "6 behind".
    pub(crate) words: String,
    /// ", 1.3 s": the rest of it, where there is room.
    pub(crate) age: String,
    /// The same for its accessible name; empty when there is nothing to say.
    pub(crate) spoken: String,
    /// Whether it holds acked writes that the surviving history lost.
    pub(crate) holds_lost: bool,
}

impl Progress {
    /// How far a node has come.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation, id: NodeId) -> Self {
        let (Some(face), Some(node)) =
            (Face::of(simulation, id), simulation.nodes().get(id.index()))
        else {
            return Self::default();
        };
        let (only_here, acked) = only_here(simulation, node);
        let tip = node.tip().lsn;
        if only_here > 0 {
            let words = format!("{only_here} only here");
            let age = match acked {
                0 => String::new(),
                acked => format!(", {acked} acked"),
            };
            return Self {
                spoken: format!("{words}{age}"),
                words,
                age,
                holds_lost: acked > 0,
            };
        }
        let quiet = |words: String| Self {
            words,
            ..Self::default()
        };
        match face.condition {
            Condition::Lost => return quiet("disk gone".to_owned()),
            Condition::Down => return quiet(format!("stopped at {tip}")),
            _ => {}
        }
        if node.is_being_rebuilt() {
            return Self {
                words: "being rebuilt".to_owned(),
                spoken: "being rebuilt".to_owned(),
                ..Self::default()
            };
        }
        if face.part == Part::Primary {
            return quiet(primary_words(simulation, node, face));
        }
        match simulation.lag(id) {
            (0, _) => quiet("up to date".to_owned()),
            (behind, age) => {
                let (words, age) = (
                    format!("{behind} behind"),
                    format!(", {}", words::span(age)),
                );
                Self {
                    spoken: format!("{words}{age}"),
                    words,
                    age,
                    holds_lost: false,
                }
            }
        }
    }
}

/// What a primary waits for, or its timeline.
fn primary_words(simulation: &Simulation, node: &Node, face: Face) -> String {
    if node.semi_sync_is_off() {
        return "fell back to async".to_owned();
    }
    // In async mode a commit waits for the primary's own disk alone, too briefly to be told.
    let settings = simulation.settings();
    let waits = match Outlook::of(simulation.cluster(), settings).acked {
        Acked::Executed | Acked::Flushed | Acked::Written => false,
        Acked::Received { .. } | Acked::Standbys { .. } | Acked::Applied => true,
    };
    let waiting = if waits {
        node.waiting_commits() as u64
    } else {
        0
    };
    match waiting {
        0 => format!("TL {}", face.term),
        waiting => format!("{} waiting", words::count(waiting, "commit")),
    }
}

/// The node's accessible name: "n4, replica, slow, 6 behind, 1.3 s".
#[must_use]
pub(crate) fn name(id: NodeId, face: Face, progress: &Progress) -> String {
    let mut name = format!("{id}, {}, {}", face.word(), face.condition.word());
    if let Some(agent) = face.agent_words() {
        name.push_str(", ");
        name.push_str(agent);
    }
    if !progress.spoken.is_empty() && face.part != Part::Primary {
        name.push_str(", ");
        name.push_str(&progress.spoken);
    }
    name
}

/// How many records at the end of a node's log are not in the surviving history, and how many of them clients were told OK.
fn only_here(simulation: &Simulation, node: &Node) -> (u64, u64) {
    let oracle = simulation.oracle();
    let tip = node.tip();
    if oracle.survives(tip) {
        return (0, 0);
    }
    let survives = |lsn: u64| {
        node.wal().get(Lsn(lsn)).is_none_or(|record| {
            oracle.survives(Tip {
                timeline: record.timeline,
                lsn: record.lsn,
            })
        })
    };
    // Up to the fork every record survives, after it none does.
    let (mut shared, mut gone) = (node.wal().first().0.saturating_sub(1), tip.lsn.0);
    while gone > shared + 1 {
        let middle = shared + (gone - shared) / 2;
        if survives(middle) {
            shared = middle;
        } else {
            gone = middle;
        }
    }
    let acked = node
        .wal()
        .range(Lsn(shared + 1), tip.lsn)
        .filter(|record| oracle.op(record.op).is_some_and(|op| op.lost))
        .count();
    (tip.lsn.0 - shared, acked as u64)
}
