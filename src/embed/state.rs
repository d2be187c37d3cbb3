//! How the run stands, for the host.

use replicascope_embed::{Node, Reads, State, Writes, millis};
use replicascope_engine::scenario::Mode;
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Simulation};

use crate::session::Speed;
use crate::stage::{Condition, Face, Part};
use crate::time;

/// How a run stands that plays, or does not, at this speed.
pub(super) fn of(recording: &Recording, playing: bool, speed: Speed) -> State {
    let run = recording.simulation();
    let mode = run.settings().database.is_textbook();
    let mut writers = run.writers().iter();
    let primary = writers.next().filter(|_| writers.next().is_none());
    let totals = run.oracle().totals();
    State {
        at_ms: millis(run.now()),
        end_ms: millis(time::end_for(recording.reached())),
        playing,
        speed: f64::from(speed.times) / f64::from(speed.over),
        mode: mode.then(|| match run.settings().mode {
            Mode::Async => "async",
            Mode::SemiSync => "semi_sync",
            Mode::Sync => "sync",
        }),
        primary: primary.map(|node| node.to_string()),
        nodes: nodes(run),
        writes: Writes {
            sent: totals.writes_issued,
            acked: totals.writes_acked,
            failed: totals.writes_failed,
            unknown: totals.writes_unknown,
            lost: totals.lost_acked,
        },
        reads: Reads {
            fresh: totals.fresh_reads,
            stale: totals.stale_reads,
        },
        lesson: None,
    }
}

fn nodes(run: &Simulation) -> Vec<Node> {
    let each = run.cluster().nodes().filter_map(|id| {
        let face = Face::of(run, id)?;
        let runs = !face.condition.is_stopped();
        let behind = (runs && face.part == Part::Replica).then(|| run.lag(id).1);
        Some(Node {
            id: id.to_string(),
            role: role(face.part),
            health: health(face.condition),
            lag_ms: behind.map(|behind| millis(Time::ZERO + behind)),
        })
    });
    each.collect()
}

const fn role(part: Part) -> &'static str {
    match part {
        Part::Primary => "primary",
        Part::Fenced => "fenced",
        Part::Promoting => "promoting",
        Part::Candidate => "candidate",
        Part::Replica => "replica",
        Part::OldPrimary => "old_primary",
        Part::Diverged => "diverged",
    }
}

const fn health(condition: Condition) -> &'static str {
    match condition {
        Condition::Lost => "lost",
        Condition::Down => "down",
        Condition::Frozen => "frozen",
        Condition::CutOff => "cut_off",
        Condition::Slow => "slow",
        Condition::Up => "up",
    }
}
