//! Outages: stretches in which nobody took writes, what began each and what ended it.

use serde::Serialize;

use super::Millis;
use super::trouble::Cause;
use crate::event::{Event, EventKind};
use crate::ids::{EventId, NodeId};
use crate::world::Simulation;

/// What ended an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// A node opened a timeline: it is one of the failovers.
    Promotion,
    /// The database was started again by the manager's agent beside it, as primary of the same timeline (R-PT-4).
    RestartInPlace,
    /// The database was started again.
    Restart,
    /// The primary was thawed.
    Thaw,
    /// The primary has its lease back.
    LeaseBack,
    /// Enough replicas keep up again.
    EnoughReplicas,
    /// Something else, such as a setting.
    Other,
}

/// One stretch in which nobody took writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outage {
    /// When it began.
    pub at_ms: Millis,
    /// How long it lasted, or has lasted so far.
    pub lasted_ms: Millis,
    /// Who took writes until then.
    pub old: NodeId,
    /// Who has taken writes since; `null`: it lasts.
    pub new: Option<NodeId>,
    /// What befell the one before.
    pub cause: Cause,
    /// What ended it; `null`: it lasts.
    pub ended: Option<Ended>,
}

/// What made a node take writes: the nearest of its causes that says so.
pub(super) fn how_it_ended(
    simulation: &Simulation,
    back: &Event,
    restarts_in_place: bool,
) -> Ended {
    if back.cause == EventId(0) {
        return Ended::Other;
    }
    let causes = simulation.trace().causes(back.cause).take(8);
    let found = causes.filter_map(|event| match event.kind {
        EventKind::Promoted { .. } => Some(Ended::Promotion),
        EventKind::ServerReady { .. } | EventKind::Restarted { .. } if restarts_in_place => {
            Some(Ended::RestartInPlace)
        }
        EventKind::ServerReady { .. } | EventKind::Restarted { .. } => Some(Ended::Restart),
        EventKind::Thawed { .. } => Some(Ended::Thaw),
        EventKind::Unfenced { .. } => Some(Ended::LeaseBack),
        EventKind::MinReplicas { refuses: false, .. } => Some(Ended::EnoughReplicas),
        _ => None,
    });
    let mut found = found;
    found.next().unwrap_or(Ended::Other)
}
