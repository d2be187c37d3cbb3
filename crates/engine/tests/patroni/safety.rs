//! Safety over random faults: with strict synchronous mode and a watchdog there are never two primaries and no acked write
//! is lost; once everything is mended one leads, the others follow, and a write goes through.

use replicascope_engine::Simulation;
use replicascope_engine::event::EventKind;
use replicascope_engine::ids::{ClientId, Key, NodeId};
use replicascope_engine::node::Role;
use replicascope_engine::oracle::Status;
use replicascope_engine::random::{Purpose, below, draw};
use replicascope_engine::scenario::{
    Action, Arrival, Endpoint, KillKind, Patroni, PatroniVersion, ReadPolicy, Scenario, Service,
    ServiceAction, SynchronousMode, TimedAction, Workload,
};
use replicascope_engine::time::Time;

use crate::lab::patroni::cluster;

const FAULTS_FROM_S: u64 = 25;
const FAULTS_UNTIL_S: u64 = 200;
const MENDED_S: u64 = 201;
const SETTLED_S: u64 = 320;
const END_S: u64 = 325;

struct Dice {
    seed: u64,
    throws: u64,
}

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.throws += 1;
        below(draw(self.seed, Purpose::Scenario, 77, self.throws), bound)
    }
}

/// What may go wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faults {
    /// Everything.
    Any,
    /// Nothing that cuts a leader's agent off, freezes or kills it while its database lives on.
    AgentsReachEverybody,
}

fn actions(dice: &mut Dice, members: u8, faults: Faults) -> Vec<TimedAction> {
    let mut all = Vec::new();
    let mut add = |at_ms: u64, action: Action| {
        all.push(TimedAction {
            at_us: Time::from_millis(at_ms),
            action,
        });
    };
    let mut at = FAULTS_FROM_S * 1_000;
    while at < FAULTS_UNTIL_S * 1_000 {
        let node = NodeId(dice.below(3) as u8);
        let other = NodeId(((u64::from(node.0) + 1 + dice.below(2)) % 3) as u8);
        let member = dice.below(u64::from(members)) as u8;
        let lasts = 500 + dice.below(50_000);
        let ends = (at + lasts).min(MENDED_S * 1_000 - 500);
        let service = |service, what| Action::Service { service, what };
        let cut = |a: Endpoint, b: Endpoint| Action::CutLink { from: a, to: b };
        let heal = |a: Endpoint, b: Endpoint| Action::HealLink { from: a, to: b };
        let throw = match faults {
            Faults::Any => dice.below(9),
            Faults::AgentsReachEverybody => [0, 4, 5][dice.below(3) as usize],
        };
        match throw {
            0 => {
                let hows = [
                    KillKind::Process,
                    KillKind::AllProcesses,
                    KillKind::PowerOff,
                ];
                let how = hows[dice.below(3) as usize];
                add(at, Action::Kill { node, how });
                add(ends, Action::Restart { node });
            }
            1 => {
                add(at, Action::Freeze { node });
                add(ends, Action::Thaw { node });
            }
            2 => {
                add(at, service(Service::Agent(node), ServiceAction::Freeze));
                add(ends, service(Service::Agent(node), ServiceAction::Thaw));
            }
            3 => {
                add(at, service(Service::Agent(node), ServiceAction::Kill));
                add(ends, service(Service::Agent(node), ServiceAction::Restart));
            }
            4 => {
                add(at, service(Service::Store(member), ServiceAction::Freeze));
                add(ends, service(Service::Store(member), ServiceAction::Thaw));
            }
            5 => {
                add(at, service(Service::Store(member), ServiceAction::Kill));
                add(
                    ends,
                    service(Service::Store(member), ServiceAction::Restart),
                );
            }
            6 | 7 => {
                let ends_of = [
                    (Endpoint::Node(node), Endpoint::Node(other)),
                    (Endpoint::Node(node), Endpoint::Store(member)),
                    (
                        Endpoint::Store(member),
                        Endpoint::Store((member + 1) % members),
                    ),
                ];
                let (a, b) = ends_of[dice.below(if members > 1 { 3 } else { 2 }) as usize];
                add(at, cut(a, b));
                add(ends, heal(a, b));
                if dice.below(3) > 0 {
                    add(at, cut(b, a));
                    add(ends, heal(b, a));
                }
            }
            _ => {
                add(at, Action::Isolate { node });
                add(ends, Action::Reconnect { node });
            }
        }
        at += 1_000 + dice.below(25_000);
    }
    let mended = MENDED_S * 1_000;
    add(mended, Action::HealAll);
    for member in 0..members {
        for next in 0..members {
            if next != member {
                let (from, to) = (Endpoint::Store(member), Endpoint::Store(next));
                add(mended, Action::HealLink { from, to });
            }
        }
    }
    let agents = (0..3).map(|node| Service::Agent(NodeId(node)));
    for host in agents.chain((0..members).map(Service::Store)) {
        add(mended, service_action(host, ServiceAction::Thaw));
        add(mended, service_action(host, ServiceAction::Restart));
    }
    let write = Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit: None,
    };
    add(SETTLED_S * 1_000, write);
    all.sort_by_key(|action| action.at_us);
    all
}

fn service_action(service: Service, what: ServiceAction) -> Action {
    Action::Service { service, what }
}

fn scenario(seed: u64, faults: Faults) -> Scenario {
    let mut dice = Dice { seed, throws: 0 };
    let quorum = dice.below(3) == 0;
    let patroni = Patroni {
        version: PatroniVersion::V4,
        synchronous_mode: if quorum {
            SynchronousMode::Quorum
        } else {
            SynchronousMode::On
        },
        synchronous_mode_strict: true,
        synchronous_node_count: 1 + dice.below(2) as u8,
        failsafe_mode: dice.below(4) == 0,
        watchdog_device: faults == Faults::Any,
        use_pg_rewind: true,
        store_members: [1, 3, 3, 5][dice.below(4) as usize],
        ..Patroni::default()
    };
    let members = patroni.store_members;
    let mut scenario = cluster(seed, patroni);
    scenario.cluster.node_link.delay_us = 500 + dice.below(20_000);
    scenario.cluster.node_link.jitter_us = dice.below(5_000);
    scenario.settings.reads = ReadPolicy::PrimaryOnly;
    scenario.workload = Workload {
        operations_per_second: 4,
        read_percent: 0,
        keys: 50,
        arrival: Arrival::Poisson,
        ..Workload::default()
    };
    scenario.actions = actions(&mut dice, members, faults);
    scenario
}

/// Fails with the seed and the story.
fn run(seed: u64, faults: Faults) {
    let scenario = scenario(seed, faults);
    let mut simulation = Simulation::new(&scenario).expect("valid");
    let fail = |simulation: &Simulation, what: &str| {
        let trace = simulation.trace();
        let story: String = trace
            .milestones()
            .map(|event| match event.kind {
                EventKind::Action { index } => {
                    let action = &scenario.actions[index as usize].action;
                    format!("{} {action:?}\n", event.at)
                }
                kind => format!("{} {kind:?}\n", event.at),
            })
            .collect();
        panic!("seed {seed}: {what}\n{story}");
    };
    for second in 0..=END_S {
        simulation.advance_to(Time::from_secs(second));
        if simulation.outages().split_brain.0 > 0 {
            fail(&simulation, "two primaries");
        }
        if simulation.oracle().totals().lost_acked > 0 {
            fail(&simulation, "an acked write is lost");
        }
    }
    let writers = simulation.writers();
    if writers.len() != 1 {
        fail(&simulation, "nobody leads after everything was mended");
    }
    let by_hand = simulation
        .oracle()
        .ops()
        .rev()
        .find(|op| op.issued_at <= Time::from_secs(SETTLED_S));
    if by_hand.is_none_or(|op| op.status != Status::Acked) {
        fail(
            &simulation,
            "the write after everything was mended is not acked",
        );
    }
    for node in simulation.nodes() {
        let expected = if writers.contains(node.id()) {
            Role::Primary
        } else {
            Role::Replica
        };
        let follows = expected == Role::Primary || node.streaming_from().is_some();
        if node.role() != expected || !follows {
            fail(
                &simulation,
                "a node does not follow after everything was mended",
            );
        }
    }
}

/// How many scenarios: `PATRONI_SEEDS` runs more by hand.
fn seeds(usual: u64) -> core::ops::Range<u64> {
    let asked = std::env::var("PATRONI_SEEDS").ok();
    let count = asked.and_then(|text| text.parse().ok());
    0..count.unwrap_or(usual)
}

#[test]
fn strict_synchronous_mode_with_a_watchdog_is_safe_and_heals() {
    for seed in seeds(300) {
        run(seed, Faults::Any);
    }
}

#[test]
fn without_a_watchdog_it_is_safe_as_long_as_agents_run_and_reach_everybody() {
    for seed in seeds(150) {
        run(seed, Faults::AgentsReachEverybody);
    }
}
