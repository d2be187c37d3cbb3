//! Sentences about Patroni: the store, its lease, the agents and what they decide.

use replicascope_engine::ids::NodeSet;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::manager::patroni::{DemoteWhy, Limitation};

use super::events::Mark;

/// The line for something that a failover manager did, if it deserves one.
pub(super) fn line(event: ManagerEvent) -> Option<(Mark, String)> {
    Some(match event {
        ManagerEvent::Mha(event) => super::monitors::mha(event),
        ManagerEvent::Sentinel(event) => super::monitors::sentinel(event),
        ManagerEvent::Timer { .. } | ManagerEvent::LockRenewed { .. } => return None,
        ManagerEvent::StoreLeads { member, term } => (
            Mark::Crown,
            format!(
                "Store member {} leads the store in term {term}.",
                store(member)
            ),
        ),
        ManagerEvent::StoreSteppedDown { member } => (
            Mark::Down,
            format!("Store member {} leads the store no more.", store(member)),
        ),
        ManagerEvent::LeaseExpired { node } => (
            Mark::Seat,
            format!("{node}'s lease ran out: the store deleted the leader key."),
        ),
        ManagerEvent::LockTaken { node } => (
            Mark::Crown,
            format!("The agent on {node} took the leader key."),
        ),
        ManagerEvent::LockReleased { node } => (
            Mark::Seat,
            format!("The agent on {node} gave the leader key up."),
        ),
        ManagerEvent::LockStolen { node } => (
            Mark::Crown,
            format!("The agent on {node} put its key over that of the new leader."),
        ),
        ManagerEvent::DoesNotStand { node, why } => (
            Mark::Seat,
            format!("{node} does not stand: {}", limitation(why)),
        ),
        ManagerEvent::StoreUnreachable { node } => (
            Mark::Down,
            format!("The agent on {node} cannot reach the store."),
        ),
        ManagerEvent::Demotes { node, why } => (Mark::Down, demotes(node, why)),
        ManagerEvent::Failsafe { node } => (
            Mark::Seat,
            format!("{node} goes on without the store: every member confirmed that it may."),
        ),
        ManagerEvent::RestartsInPlace { node } => (
            Mark::Up,
            format!("The agent on {node} starts its database again in place."),
        ),
        ManagerEvent::Rewinds { node } => (
            Mark::Follow,
            format!("{node} has left the leader's history: its agent rewinds it."),
        ),
        ManagerEvent::Reinitializes { node } => (
            Mark::Follow,
            format!("{node} has left the leader's history: its agent wipes and fills it."),
        ),
        ManagerEvent::StaysDiverged { node } => (
            Mark::Follow,
            format!(
                "{node} has left the leader's history and stays so: use_pg_rewind is off, and so is wiping."
            ),
        ),
        ManagerEvent::SlotExpired { node, member } => (
            Mark::Follow,
            format!(
                "{member} has been gone for member_slots_ttl: {node} drops its slot and no longer keeps log for it."
            ),
        ),
        ManagerEvent::SyncChanged { voters, quorum, .. } => {
            (Mark::Seat, synchronous(voters, quorum))
        }
        ManagerEvent::FailoverWanted { candidate } => (
            Mark::Crown,
            format!("Patroni was asked to fail over to {candidate}."),
        ),
    })
}

fn store(member: u8) -> String {
    format!("s{}", u32::from(member) + 1)
}

fn list(nodes: NodeSet) -> String {
    let names: Vec<String> = nodes.iter().map(|node| node.to_string()).collect();
    names.join(", ")
}

fn synchronous(voters: NodeSet, quorum: u8) -> String {
    match (voters.len(), quorum) {
        (0, _) => "Nobody but the leader may be promoted for now.".to_owned(),
        (1, 0) => format!("{} is synchronous and may be promoted.", list(voters)),
        (_, 0) => format!("{} are synchronous and may be promoted.", list(voters)),
        (_, quorum) => format!(
            "A candidate must be level with {} of {}.",
            u32::from(quorum) + 1,
            list(voters)
        ),
    }
}

fn demotes(node: replicascope_engine::ids::NodeId, why: DemoteWhy) -> String {
    match why {
        DemoteWhy::LostLock => {
            format!("{node} is stopped at once: its agent no longer holds the leader key.")
        }
        DemoteWhy::StoreGone => {
            format!("{node} steps down: its agent has not reached the store for too long.")
        }
        DemoteWhy::Asked => format!("{node} steps down for another, as asked."),
        DemoteWhy::StartTimeout => {
            format!("{node}'s database does not come back in time: another is to take over.")
        }
        DemoteWhy::NoWatchdog => format!("{node} steps down: it has no watchdog."),
        DemoteWhy::NotHealthiest => {
            format!("{node} is stopped: another node is fitter to lead.")
        }
    }
}

fn limitation(why: Limitation) -> String {
    match why {
        Limitation::NotReady => "its database is not ready.".to_owned(),
        Limitation::NoFailover => "its tag nofailover.".to_owned(),
        Limitation::NoWatchdog => "a watchdog is required and it has none.".to_owned(),
        Limitation::Lagging => "it is further behind than maximum_lag_on_failover.".to_owned(),
        Limitation::NotSynchronous => "it is not synchronous.".to_owned(),
        Limitation::NotInFailsafe => "it is not among the members of failsafe mode.".to_owned(),
        Limitation::OldTimeline => "another node has been primary since.".to_owned(),
        Limitation::PrimaryAlive(node) => format!("{node} still runs as primary."),
        Limitation::Ahead(node) => format!("{node} has more log."),
        Limitation::LowerPriority(node) => {
            format!("{node} is level with it and has a higher failover_priority.")
        }
        Limitation::BehindTimeline => "it follows an older timeline (check_timeline).".to_owned(),
        Limitation::LogStillGrows => {
            "its log may still grow, so the race is put off (primary_race_backoff).".to_owned()
        }
        Limitation::Paused => "maintenance mode: only a person makes a leader.".to_owned(),
        Limitation::NoQuorum => "not enough voters are level with it.".to_owned(),
        Limitation::Candidate(node) => format!("a person named {node}."),
    }
}
