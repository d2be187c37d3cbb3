//! Random faults, then healing: whatever happened, one primary is left, everybody follows it, and the ledger says of every
//! write what the surviving log says.

use std::collections::BTreeSet;

use replicascope_engine::Scenario;
use replicascope_engine::Simulation;
use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::ids::{ClientId, Key, NodeId, OpId};
use replicascope_engine::oracle::Status;
use replicascope_engine::random::{Purpose, below, draw};
use replicascope_engine::scenario::{
    Action, Endpoint, KillKind, Sentinel, Service, ServiceAction, Setting, TimedAction, Workload,
};
use replicascope_engine::time::Time;

use super::{cluster, five_seconds, mysql, postgresql};

const SCENARIOS: u64 = 150;
const FAULTS_UNTIL_MS: u64 = 60_000;
const HEALED_AT: Time = Time::from_secs(61);
const WRITTEN_AT: Time = Time::from_secs(270);
const CHECKED_AT: Time = Time::from_secs(280);

struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.thrown += 1;
        below(draw(self.seed, Purpose::Scenario, self.thrown, 0), bound)
    }

    fn end(&mut self, nodes: u64) -> Endpoint {
        match self.below(nodes + 3) {
            monitor if monitor >= nodes => Endpoint::Monitor((monitor - nodes) as u8),
            node => Endpoint::Node(NodeId(node as u8)),
        }
    }

    fn fault(&mut self, nodes: u64) -> Action {
        let node = NodeId(self.below(nodes) as u8);
        let service = Service::Monitor(self.below(3) as u8);
        match self.below(12) {
            0 => Action::Kill {
                node,
                how: KillKind::PowerOff,
            },
            1 => Action::Kill {
                node,
                how: KillKind::Process,
            },
            2 => Action::LoseHost { node },
            3 | 4 => Action::Restart { node },
            5 => Action::Freeze { node },
            6 => Action::Thaw { node },
            7 => Action::Isolate { node },
            8 => Action::Reconnect { node },
            9 | 10 => {
                let from = self.end(nodes);
                let to = loop {
                    let to = self.end(nodes);
                    if to != from {
                        break to;
                    }
                };
                Action::CutLink { from, to }
            }
            _ => {
                let what = match self.below(4) {
                    0 => ServiceAction::Kill,
                    1 => ServiceAction::Restart,
                    2 => ServiceAction::Freeze,
                    _ => ServiceAction::Thaw,
                };
                Action::Service { service, what }
            }
        }
    }
}

fn faults_then_healing(seed: u64) -> Scenario {
    let database = if seed.is_multiple_of(2) {
        postgresql()
    } else {
        mysql()
    };
    let sentinel = Sentinel {
        min_replicas_to_write: u8::from(seed.is_multiple_of(3)),
        ..five_seconds()
    };
    let mut scenario = cluster(40, database, sentinel);
    scenario.seed = seed;
    scenario.cluster.replicas = 2 + (seed % 2) as u8;
    let nodes = scenario.cluster.node_count() as u64;
    let mut dice = Dice { seed, thrown: 0 };
    let mut at = 3_000;
    while at < FAULTS_UNTIL_MS {
        let at_us = Time::from_millis(at);
        let action = dice.fault(nodes);
        // One disk at the most is lost, as all of them would leave nothing to heal.
        let second = matches!(action, Action::LoseHost { .. })
            && scenario
                .actions
                .iter()
                .any(|timed| matches!(timed.action, Action::LoseHost { .. }));
        if !second {
            scenario.actions.push(TimedAction { at_us, action });
        }
        at += 200 + dice.below(9_000);
    }
    let quiet = Workload {
        operations_per_second: 0,
        ..scenario.workload
    };
    let write = Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit: None,
    };
    let after = [
        (HEALED_AT, Action::HealAll),
        (HEALED_AT, Action::Set(Setting::Workload(quiet))),
        (WRITTEN_AT, write),
    ];
    let timed = after.map(|(at_us, action)| TimedAction { at_us, action });
    scenario.actions.extend(timed);
    scenario
}

fn check(simulation: &Simulation) -> Result<(), String> {
    let writers: Vec<NodeId> = simulation.writers().iter().collect();
    let [primary] = writers[..] else {
        return Err(format!("{writers:?} take writes"));
    };
    let new = simulation.node(primary);
    for node in simulation.nodes() {
        let follows = (node.id() != primary).then_some(primary);
        if (node.upstream(), node.tip()) != (follows, new.tip())
            || node.table().rows() != new.table().rows()
        {
            return Err(format!(
                "{} has {:?} and follows {:?}; {primary} has {:?}",
                node.id(),
                node.tip(),
                node.upstream(),
                new.tip()
            ));
        }
    }
    let by_hand = simulation.oracle().ops().rev().find(|op| op.is_write());
    if by_hand.is_none_or(|op| op.status != Status::Acked) {
        return Err(format!("the last write: {by_hand:?}"));
    }
    if new.wal().first().0 > 1 {
        return Ok(()); // A copy has no records from before it.
    }
    let errant = |event: &Event| {
        matches!(
            event.kind,
            EventKind::ErrantSpread { .. } | EventKind::ErrantKept { .. }
        )
    };
    if simulation.trace().milestones().any(errant) {
        return Ok(()); // A MySQL source that kept writes of its own logs them again, as other records (R-LW-4).
    }
    let log = new.wal().range(new.wal().first(), new.tip().lsn);
    let surviving: BTreeSet<OpId> = log.map(|record| record.op).collect();
    for op in simulation.oracle().ops().filter(|op| op.is_write()) {
        let there = surviving.contains(&op.id);
        let right = match op.status {
            Status::Acked => op.lost != there,
            Status::Failed(_) => !there,
            Status::Unknown => simulation.oracle().is_ghost(op) == there,
            Status::Open | Status::Answered => false,
        };
        if !right {
            return Err(format!("{op:?} is misjudged; in the log: {there}"));
        }
    }
    Ok(())
}

#[test]
fn r_rs_after_healing_one_primary_is_left_and_everybody_follows_it() {
    let mut failovers = 0;
    for seed in 0..SCENARIOS {
        let scenario = faults_then_healing(seed);
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(CHECKED_AT);
        failovers += usize::from(simulation.oracle().histories().branches().len() > 1);
        if let Err(reason) = check(&simulation) {
            let milestones: Vec<String> = simulation
                .trace()
                .milestones()
                .map(|event| format!("{} {:?}", event.at, event.kind))
                .collect();
            let last = &milestones[milestones.len().saturating_sub(60)..];
            let last = last.join("\n");
            panic!("{reason}\nseed {seed}\n{last}\n{}", scenario.to_json());
        }
    }
    assert!(
        failovers > SCENARIOS as usize / 4,
        "{failovers}: the faults cause failovers"
    );
}
