//! What runs out at a node.

use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::manager::store::State;
use replicascope_engine::node::Role;
use replicascope_engine::scenario::Failover;
use replicascope_engine::time::Span;

use super::Face;

/// A countdown around a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Countdown {
    /// The primary's lease; otherwise a replica's patience with a silent primary.
    pub(crate) lease: bool,
    /// How much is left of 100.
    pub(crate) left: u8,
    /// Tenths of a second that are left.
    pub(crate) tenths: u64,
}

impl Countdown {
    /// What runs out at a node, if anything does.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation, id: NodeId) -> Option<Self> {
        let node = simulation.nodes().get(id.index())?;
        if Face::of(simulation, id)?.condition.is_stopped() {
            return None;
        }
        let now = simulation.now();
        let settings = simulation.settings();
        if let Some((until, ttl)) = simulation.store_lease() {
            // The key in the store is the lease.
            let leads = simulation.store_state().and_then(State::leads) == Some(id);
            return leads.then(|| Self::left(true, until.since(now), ttl));
        }
        if !settings.database.is_textbook() {
            return None;
        }
        if let Some(until) = node.lease_until() {
            let whole = Span(settings.timers.election_timeout_us);
            return settings
                .fencing
                .then(|| Self::left(true, until.since(now), whole));
        }
        if settings.failover != Failover::Election || node.role() != Role::Replica {
            return None;
        }
        let due = node.election_due()?;
        let (heard, _) = node.last_heard();
        Some(Self::left(false, due.since(now), due.since(heard)))
    }

    fn left(lease: bool, left: Span, whole: Span) -> Self {
        Self {
            lease,
            left: (left.0 * 100 / whole.0.max(1)).min(100) as u8,
            tenths: left.0.div_ceil(100_000),
        }
    }
}
