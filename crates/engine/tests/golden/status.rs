//! What servers, the store and the report say, as a golden script writes it down.

use std::error::Error;

use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::ids::NodeId;
use replicascope_engine::report::Millis;
use replicascope_engine::scenario::{Database, StandbyNames};
use replicascope_engine::why::{Explanation, Lane, Part};
use replicascope_engine::{Report, Simulation};

use crate::show::{kind, millis, set, tidy, time, timeline};

type Output = Result<String, Box<dyn Error>>;

/// `pg_stat_replication`, a line a standby.
pub(crate) fn standbys(simulation: &Simulation, node: NodeId) -> String {
    let none = StandbyNames::default();
    let names = match &simulation.settings().database {
        Database::Postgresql(settings) => &settings.synchronous_standby_names,
        _ => &none,
    };
    let lag = |span: Option<_>| span.map_or("NULL".to_owned(), millis);
    let standbys = simulation.node(node).standbys(names);
    let line = |standby: replicascope_engine::node::server::SenderStatus| {
        format!(
            "{}  {:?}, {:?}; written {}, flushed {}, replayed {}; flush lag {}\n",
            standby.standby,
            standby.state,
            standby.sync_state,
            standby.acked.write,
            standby.acked.flush,
            standby.acked.replay,
            lag(standby.flush_lag),
        )
    };
    standbys.into_iter().map(line).collect()
}

/// `SHOW REPLICA STATUS`.
pub(crate) fn replica(simulation: &Simulation, node: NodeId) -> Output {
    let status = simulation.node(node).replica_status(simulation.now());
    let status = status.ok_or("it is no replica of MySQL or MariaDB")?;
    let behind = status.seconds_behind_source;
    let mut line = format!(
        "receiver {:?}, applier {}; received {}, applied {}; Seconds_Behind_Source {}",
        status.receiver,
        if status.applier_runs { "Yes" } else { "No" },
        status.received,
        status.applied,
        behind.map_or("NULL".to_owned(), |seconds| seconds.to_string()),
    );
    if let Some(error) = status.receiver_error {
        line += &format!("; receiver error {}", tidy(&format!("{error:?}")));
    }
    if let Some(error) = status.applier_error {
        line += &format!("; applier error {}", tidy(&format!("{error:?}")));
    }
    Ok(line + "\n")
}

/// The status variables of semi-sync.
pub(crate) fn semi_sync(simulation: &Simulation, node: NodeId) -> Output {
    let database = &simulation.settings().database;
    let status = simulation.node(node).semi_sync_status(database);
    let status = status.ok_or("it is neither MySQL nor MariaDB")?;
    Ok(format!(
        "status {}, {} replicas; {} transactions with an ack, {} without, {} waiting\n",
        if status.status { "ON" } else { "OFF" },
        status.clients,
        status.yes_tx,
        status.no_tx,
        status.wait_sessions,
    ))
}

/// The consensus store.
pub(crate) fn store(simulation: &Simulation) -> Output {
    let state = simulation.store_state().ok_or("there is no store")?;
    let leader = state.leads();
    let mut line = format!(
        "leader {}; /status {} on {}",
        leader.map_or("nobody".to_owned(), |node| node.to_string()),
        state.status.lsn,
        timeline(state.status.timeline),
    );
    if state.sync.leader.is_some() {
        line += &format!("; /sync {}", set(state.sync.voters));
    }
    Ok(line + "\n")
}

/// Failovers with their stages, and outages.
pub(crate) fn failovers(report: &Report) -> String {
    let mut lines = String::new();
    for failover in &report.failovers {
        let writable = failover.writable_ms.map_or("never".to_owned(), after);
        lines += &format!(
            "failover {} -> {} at {} ms: {:?}; detected {}, promoted by {:?} {}, first ack {writable}; {} lost; timeline {}\n",
            failover.old,
            failover.new,
            failover.at_ms,
            failover.cause,
            after(failover.detected_ms),
            failover.by,
            after(failover.promoted_ms),
            failover.lost_acked,
            failover.timeline,
        );
        for (stage, at) in failover.stages.reached() {
            lines += &format!("  {:>12} ms  {stage:?}\n", at.to_string());
        }
    }
    for outage in &report.outages {
        let end = match (outage.ended, outage.new) {
            (Some(ended), Some(new)) => format!("ended by {ended:?}, then {new}"),
            _ => "it lasts".to_owned(),
        };
        lines += &format!(
            "outage of {} at {} ms: {:?}; {} ms, {end}\n",
            outage.old, outage.at_ms, outage.cause, outage.lasted_ms
        );
    }
    lines
}

fn after(span: Millis) -> String {
    format!("after {span} ms")
}

/// The verdict, then one line a step: when, on which line of the diagram, which part, what.
pub(crate) fn explanation(simulation: &Simulation, why: &Explanation) -> String {
    let mut lines = tidy(&format!("{:?}", why.verdict)) + "\n";
    for step in &why.steps {
        let lane = match step.lane {
            Lane::Client(client) => simulation.cluster().clients[client.index()].clone(),
            Lane::Node(node) => node.to_string(),
            Lane::Agent(node) => format!("agent {node}"),
            Lane::Store(index) => format!("s{}", index + 1),
            Lane::Monitor(index) => format!("m{}", index + 1),
        };
        let part = match step.part {
            Part::Plain | Part::Before => String::new(),
            Part::Fault { what } => format!("  <- FAULT {}", kind(&what)),
            other => format!("  <- {}", tidy(&format!("{other:?}"))),
        };
        let what = what(simulation, &step.event);
        lines += &format!("{}  {lane:<9} {what}{part}\n", time(step.event.at));
    }
    lines
}

fn what(simulation: &Simulation, event: &Event) -> String {
    let action = match event.kind {
        EventKind::Action { index } => simulation.actions().get(index as usize),
        _ => None,
    };
    match action.map(|timed| serde_json::to_string(&timed.action)) {
        Some(Ok(json)) => format!("Action {json}"),
        _ => kind(&event.kind),
    }
}
