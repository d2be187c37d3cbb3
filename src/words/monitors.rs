//! Sentences about the failover managers that watch from outside: MHA and Sentinel.

use replicascope_engine::ids::NodeSet;
use replicascope_engine::manager::mha::{BinlogKept, GaveUp, MhaPhase, SecondaryVerdict};
use replicascope_engine::manager::sentinel::Aborted;
use replicascope_engine::manager::{MhaEvent, SentinelEvent};

use super::events::Mark;

fn entries(count: u32) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "1 entry".to_owned(),
        more => format!("{more} entries"),
    }
}

fn nodes(set: NodeSet) -> String {
    super::list(set.iter().map(|node| node.to_string()))
}

/// The line for what the MHA manager does.
pub(super) fn mha(event: MhaEvent) -> (Mark, String) {
    match event {
        MhaEvent::PingFailed { source, times } => (
            Mark::Vote,
            match times {
                1 => format!("MHA had no answer from {source}."),
                more => format!("MHA had no answer from {source}, {more} times in a row."),
            },
        ),
        MhaEvent::Checked {
            source,
            ssh,
            secondary,
        } => (Mark::Vote, checked(source, ssh, secondary)),
        MhaEvent::GaveUp { why } => (
            Mark::Vote,
            format!("MHA replaces nobody: {}.", gave_up(why)),
        ),
        MhaEvent::Phase { phase } => (Mark::Vote, format!("MHA, phase {}.", name(phase))),
        MhaEvent::ShutOut {
            source,
            address,
            stopped,
        } => (
            Mark::Fence,
            match (address, stopped) {
                (false, false) => format!(
                    "MHA has no script to shut {source} out. If it lives, it goes on taking writes."
                ),
                (true, false) => format!("MHA took the address away from {source}."),
                (false, true) => format!("MHA stopped {source}."),
                (true, true) => {
                    format!("MHA took the address away from {source} and stopped it.")
                }
            },
        ),
        MhaEvent::Positions {
            latest,
            most,
            oldest,
            least,
        } => (
            Mark::Vote,
            if most == least {
                format!("All replicas have received up to entry {most}.")
            } else {
                format!(
                    "{latest} has received most, up to entry {most}; {oldest} least, up to entry {least}."
                )
            },
        ),
        MhaEvent::Binlog { source, kept } => (
            Mark::Follow,
            match kept {
                BinlogKept::Saved(count) => format!(
                    "MHA logged in to {source} and saved {} that no replica has.",
                    entries(count)
                ),
                BinlogKept::SkippedForGtid => {
                    format!("With GTIDs MHA does not look for what {source} had not sent.")
                }
                BinlogKept::NoSsh => {
                    format!("MHA cannot log in to {source}: what it had not sent stays there.")
                }
                BinlogKept::NoAnswer => format!(
                    "{source} did not send the end of its log: what no replica has stays there."
                ),
            },
        ),
        MhaEvent::Chosen { node, latest } => (
            Mark::Vote,
            if latest {
                format!("MHA chose {node}, which has as much as any.")
            } else {
                format!("MHA chose {node}. Others have more, so it is brought level first.")
            },
        ),
        MhaEvent::Levelled { node, records } => (
            Mark::Follow,
            format!("{node} got {} that it lacked.", entries(records)),
        ),
        MhaEvent::Repointed { node, source } => {
            (Mark::Follow, format!("{node} was told to follow {source}."))
        }
        MhaEvent::Done {
            old,
            new,
            left_behind,
        } => (
            Mark::Crown,
            if left_behind.is_empty() {
                format!("MHA replaced {old} by {new}.")
            } else {
                format!(
                    "MHA replaced {old} by {new}, but left {} behind.",
                    nodes(left_behind)
                )
            },
        ),
        MhaEvent::Failed { phase } => (
            Mark::Down,
            format!(
                "The failover failed in phase {}. It is not tried again.",
                name(phase)
            ),
        ),
        MhaEvent::Exited => (
            Mark::Down,
            "The MHA manager ended. Nobody watches until it is started again.".to_owned(),
        ),
    }
}

fn checked(
    source: replicascope_engine::ids::NodeId,
    ssh: bool,
    secondary: SecondaryVerdict,
) -> String {
    match secondary {
        SecondaryVerdict::Down if ssh => {
            format!("MHA holds {source} for dead. Its host can be logged in to.")
        }
        SecondaryVerdict::Down => {
            format!("MHA holds {source} for dead. Its host cannot be logged in to.")
        }
        SecondaryVerdict::RouteUnreachable(via) => {
            format!("MHA cannot reach {via} to look from there, so it counts from the start again.")
        }
        SecondaryVerdict::Reachable(via) => {
            format!("{source} answers {via}, so MHA counts from the start again.")
        }
    }
}

fn gave_up(why: GaveUp) -> String {
    match why {
        GaveUp::SourceAlive => "the primary answers after all".to_owned(),
        GaveUp::OtherDead(node) => format!("{node} is dead too"),
        GaveUp::ReplicationBroken(node) => format!("replication on {node} is broken"),
        GaveUp::NotAReplica(node) => format!("{node} does not follow the primary"),
        GaveUp::NoReplica => "no replica is left".to_owned(),
        GaveUp::NoSource => "no primary can be found".to_owned(),
        GaveUp::TooSoon => "the last failover is less than 8 hours ago".to_owned(),
        GaveUp::AfterFailure => {
            "the last failover failed, and nobody has looked into it".to_owned()
        }
    }
}

fn name(phase: MhaPhase) -> &'static str {
    match phase {
        MhaPhase::Configuration => "1: it checks the other servers",
        MhaPhase::ShutOut => "2: the replicas stop receiving, and the old primary is shut out",
        MhaPhase::Latest => "3.1: it looks who has received most",
        MhaPhase::SaveBinlog => "3.2: it saves the end of the old primary's log",
        MhaPhase::DifferentialLog => "3.4: it gathers what the others lack",
        MhaPhase::Apply => "3.5: the new primary gets what it lacks",
        MhaPhase::Promote => "3.5: the new primary applies what it has",
        MhaPhase::Replicas => "4: the other replicas turn to the new primary",
    }
}

/// The name of a Sentinel.
fn m(by: u8) -> String {
    format!("m{}", u32::from(by) + 1)
}

/// The line for what a Sentinel does.
pub(super) fn sentinel(event: SentinelEvent) -> (Mark, String) {
    match event {
        SentinelEvent::Down {
            by,
            node,
            down: true,
        } => (Mark::Vote, format!("{} holds {node} for down.", m(by))),
        SentinelEvent::Down { by, node, .. } => {
            (Mark::Vote, format!("{} hears {node} again.", m(by)))
        }
        SentinelEvent::Agreed {
            by,
            primary,
            count,
            down: true,
        } => (
            Mark::Vote,
            match count {
                1 => format!("{} alone is the quorum: {primary} is down.", m(by)),
                more => format!("{} and {} more agree: {primary} is down.", m(by), more - 1),
            },
        ),
        SentinelEvent::Agreed { by, primary, .. } => (
            Mark::Vote,
            format!("{} finds too few who hold {primary} for down.", m(by)),
        ),
        SentinelEvent::Stood { by, epoch } => (
            Mark::Vote,
            format!("{} stands for leader of a failover, epoch {epoch}.", m(by)),
        ),
        SentinelEvent::Voted { by, leader, epoch } => (
            Mark::Vote,
            if by == leader {
                format!("{} votes for itself in epoch {epoch}.", m(by))
            } else {
                format!("{} votes for {} in epoch {epoch}.", m(by), m(leader))
            },
        ),
        SentinelEvent::Elected { by, votes, .. } => (
            Mark::Vote,
            format!("{} leads the failover, with {votes} votes.", m(by)),
        ),
        SentinelEvent::Selected { by, node } => {
            (Mark::Vote, format!("{} chose {node} to take over.", m(by)))
        }
        SentinelEvent::Aborted { by, why } => (
            Mark::Vote,
            format!("{} gave the failover up: {}.", m(by), aborted(why)),
        ),
        SentinelEvent::Switched { by, old, new, .. } => (
            Mark::Crown,
            format!("{} holds {new} for primary, no longer {old}.", m(by)),
        ),
        SentinelEvent::Ended {
            by,
            timed_out: false,
        } => (
            Mark::Crown,
            format!(
                "{} has done the failover: every replica that is there follows.",
                m(by)
            ),
        ),
        SentinelEvent::Ended { by, .. } => (
            Mark::Crown,
            format!(
                "{} has waited long enough for the replicas; the failover is over.",
                m(by)
            ),
        ),
        SentinelEvent::Repointed { by, node, primary } => (
            Mark::Follow,
            format!("{} told {node} to follow {primary}.", m(by)),
        ),
        SentinelEvent::Repaired { by, node, rewind } => (
            Mark::Follow,
            if rewind {
                format!("{} has {node} rewound: it cannot follow as it is.", m(by))
            } else {
                format!(
                    "{} has {node} filled again: it cannot follow as it is.",
                    m(by)
                )
            },
        ),
        SentinelEvent::Tilt { by } => (
            Mark::Freeze,
            format!(
                "{} notices that it stood still, and only watches for 30 s.",
                m(by)
            ),
        ),
    }
}

fn aborted(why: Aborted) -> &'static str {
    match why {
        Aborted::NotElected => "too few votes",
        Aborted::NoGoodReplica => "no replica may take over",
        Aborted::PromotionTimedOut => "the replica did not become primary in time",
    }
}
