//! `SHOW REPLICA STATUS` of MySQL and MariaDB.

use super::{Node, ServerStatus};
use crate::event::ApplierError;
use crate::ids::Lsn;
use crate::message::Refusal;
use crate::node::Role;
use crate::time::Time;

/// `Replica_IO_Running`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReceiverState {
    /// It was stopped, by hand or by an error that it does not try again after.
    No,
    /// It has no connection and tries to get one.
    Connecting,
    /// It is connected, as far as it knows: a dead link is noticed after `replica_net_timeout` (R-MY-12).
    Yes,
}

/// What a replica says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// `Replica_IO_Running`.
    pub receiver: ReceiverState,
    /// `Replica_SQL_Running`.
    pub applier_runs: bool,
    /// `Last_IO_Error`; [`Refusal::code`] is its number.
    pub receiver_error: Option<Refusal>,
    /// `Last_SQL_Error`.
    pub applier_error: Option<ApplierError>,
    /// `Seconds_Behind_Source`, as it really lies: `None` is NULL (R-MY-10).
    pub seconds_behind_source: Option<u64>,
    /// End of the relay log.
    pub received: Lsn,
    /// End of what is applied.
    pub applied: Lsn,
}

impl Node {
    pub(super) fn own_replica_status(&self, now: Time) -> Option<ReplicaStatus> {
        let server = self.server.as_ref().filter(|server| server.mysql)?;
        let ServerStatus {
            standby, streaming, ..
        } = self.own_status(now)?;
        if !standby {
            return None;
        }
        let applier_runs = !server.replaying.is_paused();
        let receiver = if server.receiver.is_stopped() || server.upstream.is_none() {
            ReceiverState::No
        } else if streaming {
            ReceiverState::Yes
        } else {
            ReceiverState::Connecting
        };
        let behind = self
            .behind_source(now)
            .filter(|_| self.role != Role::Primary);
        let seconds_behind_source = behind.map(|span| span.0 / 1_000_000);
        Some(ReplicaStatus {
            receiver,
            applier_runs,
            receiver_error: server.receiver.error(),
            applier_error: server.replaying.error(),
            seconds_behind_source,
            received: self.wal.tip().lsn,
            applied: self.replay,
        })
    }
}
