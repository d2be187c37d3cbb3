//! Safety under faults, then recovery, over random scenarios: whatever a person does to the cluster, these hold.

use std::collections::BTreeSet;

use replicascope_engine::Simulation;
use replicascope_engine::event::EventKind;
use replicascope_engine::generate::{self, Limits};
use replicascope_engine::ids::{ClientId, EventId, Key, NodeSet, OpId};
use replicascope_engine::node::Role;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Mode, Scenario, Setting, TimedAction, Workload};
use replicascope_engine::time::Time;

const SCENARIOS: u64 = 2_000;
const FAULTS_UNTIL: Time = Time::from_secs(12);
const HEALED_AT: Time = Time::from_secs(13);
const SETTLED_AT: Time = Time::from_secs(45);
const CHECKED_AT: Time = Time::from_secs(60);

/// Fails with the seed and the scenario as a file's text.
macro_rules! holds {
    ($condition:expr, $scenario:expr, $($reason:tt)+) => {
        if !$condition {
            panic!("{}\nseed {}\n{}", format!($($reason)+), $scenario.seed, $scenario.to_json());
        }
    };
}

/// A random scenario that ends with everything mended, no workload, and one write by hand once things have settled.
fn faults_then_healing(seed: u64, fencing_may_be_off: bool) -> Scenario {
    let limits = Limits {
        fencing_may_be_off,
        faults_until: FAULTS_UNTIL,
        ..Limits::default()
    };
    let mut scenario = generate::scenario(seed, limits);
    let quiet = Workload {
        operations_per_second: 0,
        ..scenario.workload
    };
    let write = Action::Write {
        node: None,
        synchronous_commit: None,
        client: ClientId(0),
        key: Key(0),
        value: None,
    };
    let after = [
        (HEALED_AT, Action::Set(Setting::Fencing(true))),
        (HEALED_AT, Action::HealAll),
        (HEALED_AT, Action::Set(Setting::Workload(quiet))),
        (SETTLED_AT, write),
    ];
    scenario
        .actions
        .extend(after.map(|(at_us, action)| TimedAction { at_us, action }));
    scenario
}

/// Up to the fork, two logs hold the same records.
fn check_prefixes(simulation: &Simulation, scenario: &Scenario) {
    let nodes = simulation.nodes();
    for (index, a) in nodes.iter().enumerate() {
        for b in &nodes[index + 1..] {
            let fork = a.wal().fork_from(b.wal().history(), b.tip().lsn);
            let from = a.wal().first().max(b.wal().first());
            let same = a.wal().range(from, fork).eq(b.wal().range(from, fork));
            holds!(
                same,
                scenario,
                "the logs of {} and {} differ before their fork at {fork}",
                a.id(),
                b.id()
            );
            let next = (a.wal().get(fork.next()), b.wal().get(fork.next()));
            if let (Some(a), Some(b)) = next {
                holds!(a != b, scenario, "the fork is not at {fork}");
            }
        }
    }
}

/// Steps through a run and notes what only its course shows.
struct Course {
    /// Writes whose acks were promised under sync mode.
    sync_writes: BTreeSet<OpId>,
    lost: BTreeSet<OpId>,
    split_brain: bool,
    /// A node was promoted that the newest set known to a majority did not contain.
    promoted_outsider: bool,
}

fn run(scenario: &Scenario) -> (Simulation, Course) {
    let mut simulation = Simulation::new(scenario).expect("generated scenarios are valid");
    let mut course = Course {
        sync_writes: BTreeSet::new(),
        lost: BTreeSet::new(),
        split_brain: false,
        promoted_outsider: false,
    };
    let mut seen = EventId(0);
    let mut committed = NodeSet::first(scenario.cluster.node_count());
    while simulation.next_due().is_some_and(|at| at <= CHECKED_AT) {
        simulation.step();
        holds!(
            simulation.steps() < 10_000_000,
            scenario,
            "a storm: still at {}",
            simulation.now()
        );
        let mut promoted = false;
        for event in simulation.trace().since(seen) {
            match event.kind {
                EventKind::Inserted { op, .. } if simulation.settings().mode == Mode::Sync => {
                    course.sync_writes.insert(op);
                }
                EventKind::WriteLost { op } => {
                    course.lost.insert(op);
                }
                EventKind::WriteRegained { op } => {
                    course.lost.remove(&op);
                }
                EventKind::SplitBrain { .. } => course.split_brain = true,
                EventKind::ElectableChanged { set, .. } => committed = set,
                EventKind::Promoted { node, .. } => {
                    promoted = true;
                    course.promoted_outsider |= !committed.contains(node);
                    committed = simulation.node(node).electable();
                }
                _ => {}
            }
        }
        seen = EventId(simulation.trace().len());
        if promoted {
            check_prefixes(&simulation, scenario);
        }
    }
    (simulation, course)
}

/// Everybody has the same log and table, one takes writes, and the write made by hand went through.
fn check_recovery(simulation: &Simulation, scenario: &Scenario) {
    let writers = simulation.writers();
    holds!(
        writers.len() == 1,
        scenario,
        "after healing {} nodes take writes",
        writers.len()
    );
    let primary = simulation.node(writers.iter().next().expect("there is one"));
    for node in simulation.nodes() {
        let same = node.tip() == primary.tip()
            && node.positions().replay == primary.positions().replay
            && node.table().rows() == primary.table().rows();
        holds!(
            same,
            scenario,
            "{} did not converge: {:?} {:?}, {} has {:?}",
            node.id(),
            node.role(),
            node.tip(),
            primary.id(),
            primary.tip()
        );
        let role = if node.id() == primary.id() {
            Role::Primary
        } else {
            Role::Replica
        };
        holds!(
            node.role() == role,
            scenario,
            "{} is {:?}",
            node.id(),
            node.role()
        );
    }
    let by_hand = simulation
        .oracle()
        .ops()
        .rev()
        .find(|op| op.is_write())
        .expect("at least the last");
    holds!(
        by_hand.status == Status::Acked,
        scenario,
        "the write after healing is {:?}",
        by_hand.status
    );
}

/// The ledger says of every write what the surviving log says.
fn check_ledger(simulation: &Simulation, scenario: &Scenario) {
    let primary = simulation.node(simulation.writers().iter().next().expect("checked before"));
    let surviving: BTreeSet<OpId> = primary
        .wal()
        .range(primary.wal().first(), primary.tip().lsn)
        .map(|record| record.op)
        .collect();
    if primary.wal().first().0 > 1 {
        return; // A copy has no records from before it.
    }
    let mut lost = 0;
    for op in simulation.oracle().ops().filter(|op| op.is_write()) {
        let is_there = surviving.contains(&op.id);
        match op.status {
            Status::Acked => holds!(
                op.lost != is_there,
                scenario,
                "{:?} is acked; lost: {}, in the log: {is_there}",
                op.id,
                op.lost
            ),
            Status::Failed(_) => holds!(
                !is_there,
                scenario,
                "{:?} failed for certain but survived",
                op.id
            ),
            Status::Unknown => holds!(
                simulation.oracle().is_ghost(op) == is_there,
                scenario,
                "{:?} is unknown and misjudged",
                op.id
            ),
            Status::Open | Status::Answered => {
                holds!(false, scenario, "{:?} is still {:?}", op.id, op.status);
            }
        }
        lost += u64::from(op.lost);
    }
    holds!(
        simulation.oracle().totals().lost_acked == lost,
        scenario,
        "the totals count {} lost",
        simulation.oracle().totals().lost_acked
    );
}

#[test]
fn with_fencing_nothing_acked_in_sync_mode_is_lost_and_everything_heals() {
    for seed in 0..SCENARIOS {
        let scenario = faults_then_healing(seed, false);
        let (simulation, course) = run(&scenario);
        holds!(
            !course.split_brain,
            scenario,
            "two nodes took writes although fencing is on"
        );
        holds!(
            !course.promoted_outsider,
            scenario,
            "a node was promoted that was not electable"
        );
        let lost: Vec<_> = course.sync_writes.intersection(&course.lost).collect();
        holds!(
            lost.is_empty(),
            scenario,
            "acked in sync mode and lost: {lost:?}"
        );
        check_prefixes(&simulation, &scenario);
        check_recovery(&simulation, &scenario);
        check_ledger(&simulation, &scenario);
    }
}

#[test]
fn without_fencing_logs_still_agree_up_to_the_fork_and_everything_heals_once_it_is_on() {
    for seed in 0..SCENARIOS / 4 {
        let scenario = faults_then_healing(1_000_000 + seed, true);
        let (simulation, _) = run(&scenario);
        check_prefixes(&simulation, &scenario);
        check_recovery(&simulation, &scenario);
        check_ledger(&simulation, &scenario);
    }
}
