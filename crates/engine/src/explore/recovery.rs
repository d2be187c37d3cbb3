//! What must be true once everything is mended and was left in peace.

use std::collections::BTreeSet;

use super::course::Course;
use super::{Excuse, Invariant, Violation};
use crate::Simulation;
use crate::ids::{Key, NodeSet, OpId};
use crate::message::Refusal;
use crate::node::table::Row;
use crate::node::{Node, Role};
use crate::oracle::{Op, Status};
use crate::scenario::Manager;
use crate::time::Span;
use crate::world::Health;

/// Why the nodes need not converge.
pub(super) fn excuse(course: &Course) -> Option<Excuse> {
    let simulation = course.simulation();
    if !course.promises().recovers {
        Some(Excuse::DisksLost)
    } else if course.nobody_fit && simulation.writers().is_empty() {
        Some(Excuse::NobodyFit)
    } else {
        None
    }
}

/// The standbys under Patroni that need log that nobody has any more: a person has to fill them again (R-PG-14).
fn waits_for_log(simulation: &Simulation) -> NodeSet {
    if !matches!(simulation.settings().manager, Manager::Patroni(_)) {
        return NodeSet::EMPTY;
    }
    let stuck = |node: &&Node| {
        let status = node.server_status(simulation.now());
        status.is_some_and(|status| status.refusal == Some(Refusal::LogRemoved))
    };
    simulation
        .nodes()
        .iter()
        .filter(stuck)
        .map(Node::id)
        .collect()
}

/// The nodes have converged, the last write is everywhere, and the ledger is right; but for those that wait for log that is
/// gone.
pub(super) fn check(course: &mut Course) -> Result<(), Violation> {
    course.check_logs()?;
    let primary = soon_converged(course)?;
    available(course)?;
    ledger(course, primary)?;
    if waits_for_log(course.simulation()).is_empty() {
        course.recovered();
    } else {
        course.excuse(Excuse::LogRemoved);
    }
    Ok(())
}

/// How long a primary may be without its lease for no other reason than messages that are lost by chance.
const PATIENCE: Span = Span::from_secs(10);

/// On a link that loses messages even a healthy primary is fenced now and then, so there must be an instant before long.
fn soon_converged(course: &mut Course) -> Result<usize, Violation> {
    let last = course.simulation().now() + PATIENCE;
    loop {
        match converged(course) {
            Err(_) if course.simulation().now() < last => {
                let next = course.simulation().now() + Span::from_millis(100);
                course.run_to(next)?;
            }
            found => return found,
        }
    }
}

/// One node takes writes, and everybody else has its log and table. Returns its place.
fn converged(course: &Course) -> Result<usize, Violation> {
    let (run, simulation) = (&course.run, course.simulation());
    let stuck = waits_for_log(simulation);
    let writers = simulation.writers();
    let [primary] = writers.iter().collect::<Vec<_>>()[..] else {
        let states: Vec<_> = simulation
            .nodes()
            .iter()
            .map(|node| (node.id(), node.role()))
            .collect();
        return Err(run.broken(
            Invariant::Available,
            format!("{} nodes take writes: {states:?}", writers.len()),
        ));
    };
    let leader = simulation.node(primary);
    let others = |node: &&Node| !stuck.contains(node.id());
    for node in simulation.nodes().iter().filter(others) {
        let role = if node.id() == primary {
            Role::Primary
        } else {
            Role::Replica
        };
        let runs = simulation.health(node.id()) == Health::Up && node.role() == role;
        let same = same(node, leader, &course.skipped);
        run.holds(runs && same, Invariant::Converges, || {
            let other = differing(node, leader, &course.skipped).next();
            format!(
                "{} is {:?} and {:?} at {:?} {:?}, and {primary} at {:?} {:?}; first other row: {other:?}",
                node.id(),
                simulation.health(node.id()),
                node.role(),
                node.tip(),
                node.positions(),
                leader.tip(),
                leader.positions(),
            )
        })?;
    }
    let waiting = leader.waiting_commits();
    run.holds(waiting == 0, Invariant::Available, || {
        format!("{waiting} commits wait at {primary}")
    })?;
    Ok(primary.index())
}

fn same(node: &Node, leader: &Node, skipped: &BTreeSet<Key>) -> bool {
    node.tip() == leader.tip()
        && node.positions() == leader.positions()
        && node.positions().replay == leader.tip().lsn
        && differing(node, leader, skipped).next().is_none()
}

/// The rows that are not the same. A MySQL or MariaDB replica keeps the rows of its errant transactions until somebody writes
/// them again, and lacks what it skipped for having executed another of that name; nobody notices (R-LW-4, R-LW-6).
fn differing<'a>(
    node: &'a Node,
    leader: &'a Node,
    skipped: &'a BTreeSet<Key>,
) -> impl Iterator<Item = (Key, &'a Row, &'a Row)> {
    let errant = move |key| {
        let all = |node: &'a Node| node.errant_transactions().map(|(_, record)| record.key);
        all(node).chain(all(leader)).any(|other| other == key)
    };
    let rows = node.table().rows().iter().zip(leader.table().rows());
    (0..)
        .map(Key)
        .zip(rows)
        .map(|(key, (mine, theirs))| (key, mine, theirs))
        .filter(move |&(key, mine, theirs)| {
            mine != theirs && !errant(key) && !skipped.contains(&key)
        })
}

/// The last write was acked, and the reads after it, one from each node, all returned it.
fn available(course: &Course) -> Result<(), Violation> {
    let (run, simulation) = (&course.run, course.simulation());
    let stuck = waits_for_log(simulation);
    let ops: Vec<&Op> = simulation
        .oracle()
        .ops()
        .rev()
        .take(simulation.nodes().len() + 1)
        .collect();
    let asked = |(write, reads): &(&&Op, &[&Op])| {
        write.is_write() && reads.len() == simulation.nodes().len()
    };
    let Some((write, reads)) = ops.split_last().filter(asked) else {
        return Err(run.broken(
            Invariant::Available,
            "the last write and a read from each node are not there".to_owned(),
        ));
    };
    run.holds(write.status == Status::Acked, Invariant::Available, || {
        format!(
            "the write after healing, {:?}, is {:?}",
            write.id, write.status
        )
    })?;
    let asked_others = |read: &&&Op| !read.node.is_some_and(|node| stuck.contains(node));
    for read in reads.iter().filter(asked_others) {
        let returned = read.returned.map(|row| row.op);
        let skipped = |node| course.skipped_ops.contains(&(node, write.id));
        let right = returned == Some(write.id) || read.node.is_some_and(skipped);
        run.holds(right, Invariant::Available, || {
            format!(
                "{:?} of {:?} returned {returned:?}, not {:?}",
                read.id, read.node, write.id
            )
        })?;
    }
    Ok(())
}

/// The ledger says of every write what the surviving log says.
fn ledger(course: &Course, primary: usize) -> Result<(), Violation> {
    let (run, simulation) = (&course.run, course.simulation());
    let wal = simulation.nodes()[primary].wal();
    // A copy has no records from before it.
    // A server that kept writes of its own may have logged them again, as other records (R-LW-4).
    if wal.first().0 > 1 || course.errant || !simulation.oracle().keeps_everything() {
        return Ok(());
    }
    let surviving: BTreeSet<OpId> = wal
        .range(wal.first(), wal.tip().lsn)
        .map(|record| record.op)
        .collect();
    for op in simulation.oracle().ops().filter(|op| op.is_write()) {
        let is_there = surviving.contains(&op.id);
        let right = match op.status {
            Status::Acked => op.lost != is_there,
            Status::Failed(_) => !is_there,
            Status::Unknown => simulation.oracle().is_ghost(op) == is_there,
            Status::Open | Status::Answered => false,
        };
        run.holds(right, Invariant::LedgerMatchesLog, || {
            format!(
                "{:?} is {:?}, lost: {}, in the log: {is_there}",
                op.id, op.status, op.lost
            )
        })?;
    }
    let lost = simulation.oracle().ops().filter(|op| op.lost).count() as u64;
    let total = simulation.oracle().totals().lost_acked;
    run.holds(lost == total, Invariant::TotalsMatchLedger, || {
        format!("the ledger has {lost} lost writes, the totals {total}")
    })
}

#[cfg(test)]
mod tests;
