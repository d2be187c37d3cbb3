//! The verdicts that need a look at every node: a write's fate, and the state of the cluster as a whole.

use super::Simulation;
use crate::ids::{NodeId, NodeSet, Tip};
use crate::node::Node;
use crate::scenario::Mode;
use crate::time::Time;

/// Where a write's record is. Each set contains the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Nodes whose log holds it.
    pub received: NodeSet,
    /// Nodes on whose disk it is.
    pub flushed: NodeSet,
    /// Nodes whose table shows it, or a later write of its key.
    pub replayed: NodeSet,
    /// On the disks of a majority of nodes: no election can lose it.
    pub durable: bool,
}

/// What is wrong with the cluster as a whole; the default is "nothing".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterVerdict {
    /// Since when nobody takes writes.
    pub no_primary_since: Option<Time>,
    /// Since when more than one node takes writes.
    pub split_brain_since: Option<Time>,
    /// Nodes whose log holds records that the surviving history does not.
    pub diverged: NodeSet,
    /// The primary fell back from semi-sync to async (R-MY-5).
    pub semi_sync_fell_back: bool,
    /// Sync mode has no standby: the primary commits alone.
    pub sync_without_standby: bool,
}

impl Simulation {
    /// Where the record at `tip` is.
    #[must_use]
    pub fn fate(&self, tip: Tip) -> Fate {
        let mut fate = Fate::default();
        for node in self.nodes().iter().filter(|node| node.wal().contains(tip)) {
            let positions = node.positions();
            fate.received = fate.received.with(node.id());
            if positions.flush >= tip.lsn {
                fate.flushed = fate.flushed.with(node.id());
                if positions.replay >= tip.lsn {
                    fate.replayed = fate.replayed.with(node.id());
                }
            }
        }
        fate.durable = fate.flushed.len() > self.nodes().len() / 2;
        fate
    }

    /// What is wrong with the cluster as a whole.
    #[must_use]
    pub fn cluster_verdict(&self) -> ClusterVerdict {
        let since = self.outages().since;
        let writers = self.writers();
        let primaries = || writers.iter().map(|node| self.node(node));
        let sync = self.settings().mode == Mode::Sync;
        ClusterVerdict {
            no_primary_since: writers.is_empty().then_some(since),
            split_brain_since: (writers.len() > 1).then_some(since),
            diverged: self
                .cluster()
                .nodes()
                .filter(|&node| self.has_diverged(node))
                .collect(),
            semi_sync_fell_back: primaries().any(Node::semi_sync_is_off),
            sync_without_standby: sync
                && primaries().any(|node| node.sync_set().is_some_and(NodeSet::is_empty)),
        }
    }

    /// Whether a node's log ends in records that the surviving history does not hold.
    #[must_use]
    pub fn has_diverged(&self, node: NodeId) -> bool {
        let tip = self.node(node).tip();
        tip.lsn.0 > 0 && !self.oracle().survives(tip)
    }
}
