//! Sentences about MySQL and MariaDB: binlogs, appliers, transactions that a source lacks.

use replicascope_engine::event::{ApplierError, EventKind};
use replicascope_engine::ids::NodeId;
use replicascope_engine::message::Refusal;

use super::events::Mark;

fn transactions(count: u32) -> String {
    match count {
        1 => "1 transaction".to_owned(),
        more => format!("{more} transactions"),
    }
}

/// The line for an event of MySQL or MariaDB, if it deserves one.
pub(super) fn line(kind: &EventKind) -> Option<(Mark, String)> {
    Some(match *kind {
        EventKind::ErrantKept {
            node,
            upstream,
            fork,
            count,
        } => (
            Mark::Follow,
            format!(
                "{node} follows {upstream} without error and keeps {} after entry {fork} that {upstream} does not have.",
                transactions(count)
            ),
        ),
        EventKind::ErrantSpread { node, count } => (
            Mark::Crown,
            format!("{node} passes {} on that only it had.", transactions(count)),
        ),
        EventKind::ApplierStopped {
            node,
            why: why @ ApplierError::OutOfOrder { gtid, existing },
        } => (
            Mark::Slow,
            format!(
                "The applier on {node} stopped with error {}: {gtid} is not above {existing}, which it has.",
                why.code()
            ),
        ),
        EventKind::SlavePosSet {
            node,
            gtid,
            conflict: None,
        } => (
            Mark::Follow,
            format!("{node} will ask to start after {gtid}."),
        ),
        EventKind::SlavePosSet {
            node,
            gtid,
            conflict: Some(newer),
        } => (
            Mark::Slow,
            format!(
                "{node} refuses {gtid} as gtid_slave_pos with error 1947: its own binlog has {newer}, which is newer."
            ),
        ),
        EventKind::RelayLogDropped { node, dropped, .. } => (
            Mark::Down,
            format!(
                "{node} threw away {} that it had received and not applied.",
                transactions(dropped)
            ),
        ),
        _ => return None,
    })
}

/// Why a replica's receiver stopped with error 1236.
pub(super) fn refused(node: NodeId, upstream: NodeId, why: Refusal) -> Option<String> {
    let what = match why {
        Refusal::SourceLacksOwn { gtid } => {
            format!("{node} has {gtid}, which {upstream} wrote and no longer has.")
        }
        Refusal::NotInBinlog { gtid, diverged } => {
            let more = if diverged {
                " It has higher numbers, so the two have probably diverged."
            } else {
                ""
            };
            format!("{node} asks to start after {gtid}, which {upstream} does not have.{more}")
        }
        Refusal::ImpossiblePosition => {
            format!("{upstream}'s binlog ends before the position that {node} asks for.")
        }
        _ => return None,
    };
    let code = why.code()?;
    Some(format!("{node} stopped receiving, error {code}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::node::server::Gtid;

    #[test]
    fn an_error_is_told_with_its_number() {
        let (node, upstream) = (NodeId(0), NodeId(1));
        let gtid = Gtid {
            server: node,
            number: 6,
        };
        let why = Refusal::NotInBinlog {
            gtid,
            diverged: true,
        };
        assert_eq!(
            refused(node, upstream, why).as_deref(),
            Some(
                "n1 stopped receiving, error 1236: n1 asks to start after n1:6, which n2 does not have. It has higher \
                 numbers, so the two have probably diverged."
            )
        );
        assert_eq!(refused(node, upstream, Refusal::NotReady), None);
    }
}
