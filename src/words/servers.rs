//! Sentences about database servers: connections, commits that wait, replay, starting and stopping.

use replicascope_engine::event::{EventKind, LostWhy};
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::message::Refusal;
use replicascope_engine::scenario::{Admin, Service, ServiceAction};

use super::events::Mark;
use super::monitors;
use super::mysql;

/// The line for an event of a database server, if it deserves one.
pub(crate) fn line(kind: &EventKind) -> Option<(Mark, String)> {
    Some(match *kind {
        EventKind::ServerReady { node } => (Mark::Up, format!("{node} takes connections.")),
        EventKind::ServerStopped { node } => (
            Mark::Down,
            format!("The agent on {node} stopped its database."),
        ),
        EventKind::HostReset { node } => (
            Mark::Down,
            format!("The watchdog reset {node}: nobody had fed it."),
        ),
        EventKind::LogEndLost { node, erased, .. } => (
            Mark::Down,
            format!(
                "The crash took the end of {node}'s log: {} gone.",
                match erased {
                    1 => "1 entry is".to_owned(),
                    more => format!("{more} entries are"),
                }
            ),
        ),
        EventKind::PromotionStarted { node } => (
            Mark::Crown,
            format!("{node} is being promoted and first applies what it has."),
        ),
        EventKind::StandbyConnected { node, standby } => {
            (Mark::Follow, format!("{standby} streams from {node}."))
        }
        EventKind::StandbyLost { node, standby, why } => (
            Mark::Follow,
            match why {
                LostWhy::Closed => format!("{node} lost {standby}: the connection was closed."),
                LostWhy::Silent => format!("{node} gave {standby} up: it was silent for too long."),
                LostWhy::LogRemoved => {
                    format!("{node} no longer has the log that {standby} needs.")
                }
                LostWhy::Terminated => {
                    format!("The process on {node} that sends to {standby} was ended.")
                }
            },
        ),
        EventKind::UpstreamLost {
            node,
            upstream,
            why,
        } => (
            Mark::Follow,
            match why {
                LostWhy::Silent => {
                    format!("{node} gave {upstream} up: it was silent for too long.")
                }
                _ => format!("{node} lost its connection to {upstream}."),
            },
        ),
        EventKind::CannotFollow {
            node,
            upstream,
            why,
        } => (Mark::Follow, cannot_follow(node, upstream, why)?),
        EventKind::StandbyNamesChanged { node } => (
            Mark::Seat,
            format!("{node} has a new list of synchronous standbys."),
        ),
        EventKind::WaitEnded { op, terminated, .. } => (
            Mark::Seat,
            if terminated {
                format!(
                    "The connection of write {} was ended while it waited: committed here, its client does not know.",
                    op.0
                )
            } else {
                format!(
                    "Write {} no longer waits: committed here, perhaps nowhere else.",
                    op.0
                )
            },
        ),
        EventKind::ReplayPaused { node, paused: true } => (
            Mark::Slow,
            format!("{node} applies nothing: paused by hand."),
        ),
        EventKind::ReplayPaused { node, .. } => (Mark::Slow, format!("{node} applies again.")),
        EventKind::QueryConflict { node } => (
            Mark::Slow,
            format!("A query on {node} conflicts with what is to be applied."),
        ),
        EventKind::QueryCancelled { node } => (
            Mark::Slow,
            format!("The query on {node} was cancelled: it had held up replay for too long."),
        ),
        EventKind::RewindImpossible { node } => (
            Mark::Follow,
            format!(
                "{node} cannot be rewound: it needs wal_log_hints or checksums, and the log back to the fork."
            ),
        ),
        EventKind::RebuildFailed { node } => (
            Mark::Follow,
            format!("Nobody answered {node}; it starts again with what it has."),
        ),
        EventKind::MinReplicas {
            node,
            refuses: true,
        } => (
            Mark::Fence,
            format!("{node} refuses writes: too few replicas keep up."),
        ),
        EventKind::MinReplicas { node, .. } => (
            Mark::Fence,
            format!("{node} takes writes again: enough replicas keep up."),
        ),
        EventKind::ServiceChanged { service, what } => changed(service, what),
        EventKind::Routing(ref event) => return super::routing::line(event),
        EventKind::Manager(ManagerEvent::Mha(event)) => monitors::mha(event),
        EventKind::Manager(ManagerEvent::Sentinel(event)) => monitors::sentinel(event),
        EventKind::Manager(event) => return super::patroni::line(event),
        _ => return mysql::line(kind),
    })
}

fn cannot_follow(
    node: replicascope_engine::ids::NodeId,
    upstream: replicascope_engine::ids::NodeId,
    why: Refusal,
) -> Option<String> {
    Some(match why {
        Refusal::Diverged { fork, .. } => format!(
            "{node} cannot follow {upstream}: its log left that history after entry {fork}. It goes on answering reads."
        ),
        Refusal::BehindTimeline { .. } => {
            format!("{node} cannot follow {upstream}, which is on an older timeline.")
        }
        Refusal::AheadOfFlush => format!("{node} has more log than {upstream}."),
        Refusal::LogRemoved => {
            format!("{upstream} no longer has the log that {node} needs; only a copy helps.")
        }
        Refusal::SourceLacksOwn { .. }
        | Refusal::NotInBinlog { .. }
        | Refusal::ImpossiblePosition => return mysql::refused(node, upstream, why),
        Refusal::NobodyListens | Refusal::NotReady => return None,
    })
}

fn changed(service: Service, what: ServiceAction) -> (Mark, String) {
    let name = service_name(service);
    match what {
        ServiceAction::Kill => (Mark::Down, format!("{name} was killed.")),
        ServiceAction::Restart => (Mark::Up, format!("{name} started again.")),
        ServiceAction::Freeze => (Mark::Freeze, format!("{name} was frozen.")),
        ServiceAction::Thaw => (Mark::Freeze, format!("{name} goes on, unaware.")),
    }
}

/// What a service is called at the start of a sentence.
pub(super) fn service_name(service: Service) -> String {
    match service {
        Service::Agent(node) => format!("The agent on {node}"),
        Service::Store(index) => format!("Store member s{}", u32::from(index) + 1),
        Service::Monitor(index) => format!("Monitor m{}", u32::from(index) + 1),
    }
}

/// What a person told a server.
pub(crate) fn command(node: replicascope_engine::ids::NodeId, command: &Admin) -> String {
    match command {
        Admin::Follow { upstream } => format!("{node} was told to follow {upstream}."),
        Admin::Rewind { source } => format!("{node} is to be rewound from {source}."),
        Admin::Rebuild { source } => format!("{node} is to be filled with a copy of {source}."),
        Admin::PauseReplay => format!("Replay on {node} is to stop."),
        Admin::ResumeReplay => format!("Replay on {node} is to go on."),
        Admin::StopReceiver => format!("{node} is to stop receiving."),
        Admin::StartReceiver => format!("{node} is to receive again."),
        Admin::ResetReplica => {
            format!("{node} is to throw away what it has received and not applied.")
        }
        Admin::SetSlavePos { server, number } => {
            format!("{node} is to start after {server}:{number}.")
        }
        Admin::CancelWait { op } => format!("The wait of write {} is cancelled.", op.0),
        Admin::TerminateBackend { op } => format!("The connection of write {} is ended.", op.0),
        Admin::TerminateSender { standby } => {
            format!("The process on {node} that sends to {standby} is ended.")
        }
        Admin::ConflictingQuery { .. } => format!("A long query starts on {node}."),
    }
}
