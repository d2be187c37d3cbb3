//! Settings and actions in words.

use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Failover, Mode, ReadPolicy, Setting};
use replicascope_engine::time::Span;

use super::span;
use crate::{cluster, reserve};

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

/// What a change of settings means from now on; `None` where it is many parameters, of which [`changed`] says which.
pub(crate) fn setting(setting: &Setting) -> Option<String> {
    Some(match setting {
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
        Setting::Routing(routing) => (reserve::get()?.routing)(routing),
        Setting::Timers(_) | Setting::Database(_) | Setting::Manager(_) => return None,
        Setting::Workload(workload) => format!(
            "Workload: {} operations a second, {} % reads.",
            workload.operations_per_second, workload.read_percent
        ),
    })
}

/// How many changed parameters are named.
const NAMED: usize = 4;

/// Which parameters an action of the log changed, from what to what.
pub(crate) fn changed(simulation: &Simulation, index: usize) -> String {
    let before = simulation.settings_before(index);
    let after = simulation.settings_before(index + 1);
    let changes = cluster::changes(simulation.cluster(), &before, &after);
    let Some((title, _)) = changes.first() else {
        return "The parameters were set to what they were.".to_owned();
    };
    let named = changes.iter().take(NAMED).map(|(_, words)| words.as_str());
    let named = named.collect::<Vec<_>>().join(", ");
    match changes.len().saturating_sub(NAMED) {
        0 => format!("{title}: {named}."),
        more => format!("{title}: {named}, and {more} more."),
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

/// What removing a replica means, of a run with so many nodes: said before it is done.
pub(crate) fn removal(node: NodeId, nodes: usize) -> String {
    let of = |index: usize| NodeId(index as u8);
    let (first, last) = (node.index() + 1, nodes - 1);
    let others = if first == last {
        format!("{} becomes {node}", of(last))
    } else {
        format!(
            "{} to {} become {node} to {}",
            of(first),
            of(last),
            of(last - 1)
        )
    };
    format!(
        "The run starts anew without it, and {others}. What was done to {node} is left out; what was done to the others is done to them under their new names."
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    fn told(settings: &str, set: &str) -> String {
        let text = format!(
            r#"{{"version":2,"settings":{settings},"actions":[{{"at_us":0,"action":{{"set":{{"reads":"random"}}}}}},{{"at_us":0,"action":{{"set":{set}}}}}]}}"#
        );
        let scenario = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{error}"));
        changed(&Simulation::new(&scenario).expect("valid"), 1)
    }

    #[test]
    fn a_removal_says_who_is_called_what_afterwards() {
        assert!(removal(NodeId(2), 5).contains("n4 to n5 become n3 to n4"));
        assert!(removal(NodeId(3), 5).contains("n5 becomes n4"));
    }

    #[test]
    fn a_change_of_parameters_names_them_with_both_values() {
        let postgresql =
            r#"{"database":{"postgresql":{"wal_writer_delay":300}},"manager":{"patroni":{}}}"#;
        assert_eq!(
            told(
                postgresql,
                r#"{"database":{"postgresql":{"synchronous_commit":"off"}}}"#
            ),
            "PostgreSQL: synchronous_commit from on to off, wal_writer_delay from 300 ms to 200 ms."
        );
        assert_eq!(
            told(
                postgresql,
                r#"{"manager":{"patroni":{"tags":[{"node":"n3","nosync":true}]}}}"#
            ),
            "Patroni: nosync of n3 from false to true."
        );
        assert_eq!(
            told(postgresql, r#"{"manager":{"patroni":{}}}"#),
            "The parameters were set to what they were."
        );
    }
}
