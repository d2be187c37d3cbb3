//! Settings and actions in words.

use replicascope_engine::scenario::{Action, Failover, Mode, ReadPolicy, Setting};
use replicascope_engine::time::Span;

use super::span;

/// What a replication mode is called.
pub(crate) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Async => "Async",
        Mode::SemiSync => "Semi-sync",
        Mode::Sync => "Sync",
    }
}

/// Where reads go, as a router would say it.
pub(crate) fn reads(policy: ReadPolicy) -> &'static str {
    match policy {
        ReadPolicy::PrimaryOnly => "the primary only",
        ReadPolicy::RoundRobin => "replicas, round-robin",
        ReadPolicy::Random => "replicas, at random",
    }
}

/// What a change of settings means from now on.
pub(crate) fn setting(setting: &Setting) -> String {
    match setting {
        Setting::Mode(Mode::Async) => {
            "Mode: async. The primary answers once its own log is flushed.".to_owned()
        }
        Setting::Mode(Mode::SemiSync) => {
            "Mode: semi-sync. The primary waits until enough replicas have received the entry."
                .to_owned()
        }
        Setting::Mode(Mode::Sync) => {
            "Mode: sync. The primary waits until the whole sync set has applied the entry."
                .to_owned()
        }
        Setting::SemiSync(semi) => {
            let wait = match semi.timeout_us {
                Some(us) => format!("falls back to async after {}", span(Span(us))),
                None => "waits for ever".to_owned(),
            };
            format!(
                "Semi-sync: {} needed; it {wait}.",
                super::count(u64::from(semi.acks), "ack")
            )
        }
        Setting::Sync(sync) => {
            let members = match &sync.members {
                Some(members) => super::list(members),
                None => "every replica".to_owned(),
            };
            let dead = match sync.drop_after_us {
                Some(us) => format!("leaves the set after {}", span(Span(us))),
                None => "is never dropped".to_owned(),
            };
            format!("Sync set: {members}. A dead member {dead}.")
        }
        Setting::Failover(Failover::Election) => "Failover: the nodes elect.".to_owned(),
        Setting::Failover(Failover::Manual) => "Failover: by hand.".to_owned(),
        Setting::Fencing(true) => {
            "Fencing on: a primary without a lease takes no writes.".to_owned()
        }
        Setting::Fencing(false) => "Fencing off: a primary goes on as if alone.".to_owned(),
        Setting::Reads(policy) => format!("Reads go to {}.", reads(*policy)),
        Setting::Routing(routing) => super::routing::routing(routing),
        Setting::Timers(timers) => format!(
            "Heartbeat every {}, election after {} of silence.",
            span(Span(timers.heartbeat_us)),
            span(Span(timers.election_timeout_us))
        ),
        Setting::Database(_) => "The database has other parameters.".to_owned(),
        Setting::Manager(_) => "The failover manager has other parameters.".to_owned(),
        Setting::Workload(workload) => format!(
            "Workload: {} operations a second, {} % reads.",
            workload.operations_per_second, workload.read_percent
        ),
    }
}

/// What became of the actions of a run that starts anew.
pub(crate) fn anew(taken: usize, left: usize) -> String {
    let undo = "Undo brings back the run before.";
    let taken = match taken {
        0 => String::new(),
        taken => format!(", with {} again", super::count(taken as u64, "action")),
    };
    match left {
        0 => format!("The run starts anew{taken}. {undo}"),
        1 => format!("The run starts anew{taken}; 1 means nothing here and is left out. {undo}"),
        left => {
            format!("The run starts anew{taken}; {left} mean nothing here and are left out. {undo}")
        }
    }
}

/// An action as the name of the branch that it opens.
pub(crate) fn short(action: &Action) -> String {
    match action {
        Action::Write { .. } => "Write".to_owned(),
        Action::Read { .. } => "Read".to_owned(),
        Action::Kill { node, .. } => format!("Kill {node}"),
        Action::LoseHost { node } => format!("Lose {node}"),
        Action::Restart { node } => format!("Restart {node}"),
        Action::Freeze { node } => format!("Freeze {node}"),
        Action::Thaw { node } => format!("Thaw {node}"),
        Action::Slow { node, factor: 1 } => format!("{node} at full speed"),
        Action::Slow { node, .. } => format!("Slow {node}"),
        Action::CutLink { .. } => "Cut a link".to_owned(),
        Action::HealLink { .. } => "Mend a link".to_owned(),
        Action::SetLink { .. } => "Other links".to_owned(),
        Action::Isolate { node } => format!("Cut off {node}"),
        Action::Reconnect { node } => format!("Reconnect {node}"),
        Action::HealAll => "Heal".to_owned(),
        Action::HoldMessage { .. }
        | Action::ReleaseMessage { .. }
        | Action::DropMessage { .. }
        | Action::DelayMessage { .. }
        | Action::DuplicateMessage { .. } => "A message".to_owned(),
        Action::Promote { node } => format!("Promote {node}"),
        Action::Admin { node, .. } => format!("Command to {node}"),
        Action::Service { service, .. } => format!("Touch {service}"),
        Action::Set(Setting::Mode(new)) => mode(*new).to_owned(),
        Action::Set(Setting::Workload(_)) => "Other workload".to_owned(),
        Action::Set(_) => "Other settings".to_owned(),
    }
}
