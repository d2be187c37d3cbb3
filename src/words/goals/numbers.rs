//! Numbers as sentences with a gap for how they must be: `{} writes are acked`.

use replicascope_engine::report::Stage;
use replicascope_lessons::{Number, OfCapacity, OfNode, SettingPath};

use super::events::happened;

/// A sentence with a gap, `{}`. Where it counts, the form for one and the form for several.
pub(super) enum Gap {
    /// It begins with the number of things: for one, and for several.
    Count(&'static str, &'static str),
    /// Any other.
    Say(String),
    /// A parameter of a database, manager or router, which is best known by its real name.
    Parameter(String),
}

/// The sentence of a number.
pub(super) fn gap(number: &Number) -> Gap {
    let say = |text: &str| Gap::Say(text.to_owned());
    match number {
        Number::Report(metric) => of_the_report(&metric.to_string()),
        Number::Node(node, what) => Gap::Say(match what {
            OfNode::InsertLsn => format!("The log of {node} ends at entry {{}}"),
            OfNode::WriteLsn => format!("{node} has received up to entry {{}}"),
            OfNode::FlushLsn => format!("{node} has on its disk up to entry {{}}"),
            OfNode::ReplayLsn => format!("{node} has applied up to entry {{}}"),
            OfNode::LagRecords => format!("{node} is {{}} records behind"),
            OfNode::LagMs => format!("{node} is {{}} behind"),
            OfNode::Timeline => format!("{node} is on timeline {{}}"),
        }),
        Number::Count(event, node) => Gap::Say(format!("{}: {{}} times", happened(*event, *node))),
        Number::Last(event, node) => Gap::Say(format!(
            "{}, last {{}} after the start",
            happened(*event, *node)
        )),
        Number::ReadLatency(500) => say("Half of the reads take {}"),
        Number::ReadLatency(990) => say("All but one in a hundred reads take {}"),
        Number::ReadLatency(_) => say("The slowest read takes {}"),
        Number::Capacity(what) => say(match what {
            OfCapacity::Single => "One server alone could take {}",
            OfCapacity::Cluster => "This cluster can take {}",
            OfCapacity::Writes => "It can take {} of writes, however many replicas there are",
            OfCapacity::Offered => "The workload asks for {}",
            OfCapacity::Primary => "The primary is busy {}",
            OfCapacity::PrimaryFormula => "By the formula the primary is busy {}",
            OfCapacity::Replicas => "The replicas are busy {}",
            OfCapacity::ReplicasFormula => "By the formula the replicas are busy {}",
        }),
        Number::Writers => Gap::Count("{} node takes writes", "{} nodes take writes"),
        Number::Running => Gap::Count("{} node runs", "{} nodes run"),
        Number::Setting(path) => of_a_setting(path),
        Number::Kept(name) => Gap::Parameter(name.clone()),
    }
}

fn of_the_report(path: &str) -> Gap {
    let count = |one: &'static str, many: &'static str| Gap::Count(one, many);
    let say = |text: &str| Gap::Say(text.to_owned());
    match path {
        "events" => count("{} event happened", "{} events happened"),
        "at_ms" => say("{} have passed"),
        "actions" => count("{} action is done", "{} actions are done"),
        "writes.sent" => count("{} write is sent", "{} writes are sent"),
        "writes.acked" => count("{} write is acked", "{} writes are acked"),
        "writes.failed" => count("{} write fails", "{} writes fail"),
        "writes.unknown" => count(
            "{} write stays without an answer",
            "{} writes stay without an answer",
        ),
        "writes.open" => count("{} write still waits", "{} writes still wait"),
        "writes.lost_acked" => count("{} acked write is lost", "{} acked writes are lost"),
        "writes.survived_unacked" => count(
            "{} write survives that was never acked",
            "{} writes survive that were never acked",
        ),
        "reads.total" => count("{} read is answered", "{} reads are answered"),
        "reads.fresh" => count(
            "{} read is answered with the newest value",
            "{} reads are answered with the newest value",
        ),
        "reads.stale" => count("{} read is stale", "{} reads are stale"),
        "reads.ryw_broken" => count(
            "{} read misses its client's own write",
            "{} reads miss their client's own write",
        ),
        "reads.monotonic_broken" => count(
            "{} read goes back behind what its client had seen",
            "{} reads go back behind what their client had seen",
        ),
        "reads.phantom" => count(
            "{} read shows a value that is lost",
            "{} reads show a value that is lost",
        ),
        "reads.failed" => count("{} read gets no answer", "{} reads get no answer"),
        "reads.open" => count("{} read still waits", "{} reads still wait"),
        "commit_latency_ms.p50" => say("Half of the writes are acked within {}"),
        "commit_latency_ms.p99" => say("All but one in a hundred writes are acked within {}"),
        "commit_latency_ms.max" => say("The slowest write takes {}"),
        "staleness_ms.p50" => say("Half of the stale reads are out of date by {}"),
        "staleness_ms.p99" => say("All but one in a hundred stale reads are out of date by {}"),
        "staleness_ms.max" => say("A read is stale by {}"),
        "failovers" => count("{} failover happens", "{} failovers happen"),
        "outages" => count(
            "{} time nobody takes writes",
            "{} times nobody takes writes",
        ),
        "unavailable_ms" => say("Without anybody who takes writes: {} in all"),
        "split_brain_ms" => say("With two nodes that take writes: {} in all"),
        numbered => of_the_nth(numbered),
    }
}

/// A number of one failover or outage.
fn of_the_nth(path: &str) -> Gap {
    let nth = path
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(number, _)| number);
    let nth = match nth {
        "0" => "first".to_owned(),
        "1" => "second".to_owned(),
        "2" => "third".to_owned(),
        number => format!("number {} of the", number.parse().unwrap_or(0_u32) + 1),
    };
    let name = path.rsplit('.').next().unwrap_or_default();
    if path.starts_with("outages") {
        return Gap::Say(match name {
            "at_ms" => format!("The {nth} outage begins {{}} after the start"),
            _ => format!("The {nth} outage lasts {{}}"),
        });
    }
    if let Some(stage) = Stage::ALL.iter().find(|stage| stage.name() == name) {
        return Gap::Say(format!(
            "In the {nth} failover {} after {{}}",
            reached(*stage)
        ));
    }
    Gap::Say(match name {
        "at_ms" => format!("The {nth} failover begins {{}} after the start"),
        "detected_ms" => format!("In the {nth} failover the death is noticed after {{}}"),
        "promoted_ms" => format!("In the {nth} failover a node is promoted after {{}}"),
        "writable_ms" => format!("In the {nth} failover a write is acked again after {{}}"),
        "lost_acked" => format!("In the {nth} failover {{}} acked writes are lost"),
        _ => format!("The {nth} failover opens timeline {{}}"),
    })
}

/// What happened at a stage of a failover.
fn reached(stage: Stage) -> &'static str {
    match stage {
        Stage::Wanted => "a person asks for it",
        Stage::StoreUnreachable => "the old primary's agent gives the store up",
        Stage::HostReset => "the old primary's host is reset",
        Stage::Demoted => "the old primary is demoted",
        Stage::RestartedInPlace => "the old primary is started in place",
        Stage::LeaseExpired => "the lock runs out",
        Stage::KeyReleased => "the lock is given up",
        Stage::KeyTaken => "the lock is taken",
        Stage::KeyStolen => "the lock is stolen",
        Stage::FirstPingFailed => "the first ping fails",
        Stage::FourthPingFailed => "the fourth ping fails",
        Stage::HeldForDead => "the source is held for dead",
        Stage::ConfigurationPhase => "the other servers are checked",
        Stage::ShutOutPhase => "the dead source is shut out",
        Stage::LatestPhase => "the most advanced replica is known",
        Stage::SaveBinlogPhase => "the end of the binlog is saved",
        Stage::NewSourceChosen => "the new source is chosen",
        Stage::DifferentialLogPhase => "it is known what the others lack",
        Stage::ApplyPhase => "the new source gets what it lacks",
        Stage::PromotePhase => "the new source applies what it has",
        Stage::HeldDown => "an observer holds the primary for down",
        Stage::Agreed => "enough observers agree",
        Stage::LeaderStood => "an observer stands for leader",
        Stage::LeaderElected => "an observer is elected leader",
        Stage::ReplicaSelected => "a replica is chosen",
        Stage::Won => "an election is won",
        Stage::PromotionStarted => "a node is told to become primary",
    }
}

/// A setting that is a number. Those of a database, a manager or a router are best known by their real names.
fn of_a_setting(path: &SettingPath) -> Gap {
    let path = path.to_string();
    let say = |text: &str| Gap::Say(text.to_owned());
    match path.as_str() {
        "workload.operations_per_second" => say("The workload asks for {}"),
        "workload.read_percent" => say("{} of the workload are reads"),
        "workload.keys" => Gap::Count("{} key is read and written", "{} keys are read and written"),
        "cluster.replicas" => say("The number of replicas is {}"),
        "cluster.node_link.delay_us" => say("The way from node to node takes {}"),
        "cluster.client_link.delay_us" => say("The way from a client takes {}"),
        "settings.semi_sync.acks" => Gap::Count(
            "{} replica must have received a write",
            "{} replicas must have received a write",
        ),
        "settings.semi_sync.timeout_us" => say("Semi-synchronous waits for {}"),
        "settings.sync.drop_after_us" => say("A dead member leaves the sync set after {}"),
        "settings.timers.heartbeat_us" => say("Heartbeats come every {}"),
        "settings.timers.election_timeout_us" => say("Silence of {} counts as the primary's death"),
        "settings.timers.vote_wait_us" => say("A candidate waits {} for votes"),
        "settings.timers.health_check_us" => say("The router looks at the nodes every {}"),
        "settings.timers.client_timeout_us" => say("A client gives up after {}"),
        "settings.timers.rewind_us" => say("Rewinding takes {}"),
        "settings.timers.base_backup_us" => say("A full copy takes {}"),
        other => Gap::Parameter(other.rsplit('.').next().unwrap_or(other).to_owned()),
    }
}
