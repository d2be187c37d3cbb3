//! What a node would answer.

use replicascope_engine::Simulation;
use replicascope_engine::ids::{Key, NodeId};

/// The row of the key that was written last, as a node has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowFact {
    /// The key.
    pub(crate) key: Key,
    /// Its value here.
    pub(crate) value: u32,
    /// Its version here; 0 when it was never written.
    pub(crate) version: u32,
    /// How many versions older than the newest log it is.
    pub(crate) old: u32,
    /// Whether it comes from a write that was acked and is lost.
    pub(crate) lost: bool,
}

impl RowFact {
    /// The row; `None` before the first write.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation, id: NodeId) -> Option<Self> {
        let node = simulation.nodes().get(id.index())?;
        let leader = simulation.node(simulation.leader()?);
        let key = leader.wal().get(leader.tip().lsn)?.key;
        let row = node.table().row(key);
        let oracle = simulation.oracle();
        let gone = !oracle.survives(row.tip());
        Some(Self {
            key,
            value: row.value,
            version: row.version,
            old: if gone {
                0
            } else {
                leader.table().head(key).version.saturating_sub(row.version)
            },
            lost: gone && oracle.op(row.op).is_some_and(|op| op.lost),
        })
    }
}
