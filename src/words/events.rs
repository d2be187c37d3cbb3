//! One event in one sentence.

use replicascope_engine::Simulation;
use replicascope_engine::event::{ElectionFailure, EventKind, NoEffect};
use replicascope_engine::scenario::Action;
use replicascope_engine::sort::sort_by_key;

use super::{at, client, count, endpoint, key, list, settings};
use crate::reserve;

/// What an event is about: it decides the picture beside the sentence, and what of it stands in the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A node stopped.
    Down,
    /// A node started.
    Up,
    /// A node froze or thawed.
    Freeze,
    /// A node's speed changed.
    Slow,
    /// A link was cut.
    Cut,
    /// A link or everything was mended.
    Heal,
    /// A primary lost or regained its lease, or gave up.
    Fence,
    /// A step of an election.
    Vote,
    /// A node took over.
    Crown,
    /// Acked writes are lost.
    Lost,
    /// Who takes writes has changed.
    Seat,
    /// A node came back into the history.
    Follow,
    /// A person changed a setting or acted.
    Person,
}

impl Mark {
    /// Whether it is worth a mark of its own in the timeline.
    pub(crate) fn is_in_timeline(self) -> bool {
        !matches!(
            self,
            Self::Vote | Self::Seat | Self::Follow | Self::Person | Self::Fence
        )
    }
}

/// The sentence for an event that tells its story alone, and what it is about; `None` when other events tell it.
pub(crate) fn sentence(simulation: &Simulation, kind: &EventKind) -> Option<(Mark, String)> {
    Some(match *kind {
        EventKind::Action { index } => {
            return act(simulation, index as usize).map(|text| (Mark::Person, text));
        }
        EventKind::ActionHadNoEffect { why } => (
            Mark::Person,
            format!("That changed nothing: {}.", no_effect(why)),
        ),
        EventKind::Killed { node } => (Mark::Down, format!("{node} was killed.")),
        EventKind::HostLost { node } => (
            Mark::Down,
            format!("The machine of {node} was lost with its disk."),
        ),
        EventKind::Restarted { node } => (
            Mark::Up,
            format!("{node} started again with what it had flushed."),
        ),
        EventKind::Frozen { node } => (
            Mark::Freeze,
            format!("{node} was frozen: its clock stands still, and it does not know."),
        ),
        EventKind::Thawed { node } => (
            Mark::Freeze,
            format!("{node} goes on, unaware that time has passed."),
        ),
        EventKind::SpeedChanged { node, factor: 1 } => {
            (Mark::Slow, format!("{node} runs at full speed again."))
        }
        EventKind::SpeedChanged { node, factor } => {
            (Mark::Slow, format!("{node} was slowed {factor} times."))
        }
        EventKind::ElectableChanged { node, set } => (
            Mark::Seat,
            format!("{node} says who may be elected: {}.", list(set.iter())),
        ),
        EventKind::SemiSyncFellBack { node } => (
            Mark::Seat,
            format!("{node} waited too long for acks and fell back to async."),
        ),
        EventKind::SemiSyncRecovered { node } => (
            Mark::Seat,
            format!("Replicas caught up: {node} is semi-sync again."),
        ),
        EventKind::ElectionStarted {
            node,
            attempt: 0 | 1,
        } => (
            Mark::Vote,
            format!("{node} has not heard from a primary and asks the others."),
        ),
        EventKind::ElectionStarted { node, attempt } => (
            Mark::Vote,
            format!("{node} asks the others again, attempt {attempt}."),
        ),
        EventKind::Stood { node, term } => (
            Mark::Vote,
            format!("{node} stands for election in term {term}."),
        ),
        EventKind::ElectionFailed { node, why } => (
            Mark::Vote,
            format!("{node} did not become primary: {}.", not_elected(why)),
        ),
        EventKind::Won { node, .. } => (
            Mark::Vote,
            format!("{node} won and first applies what it has."),
        ),
        EventKind::Promoted {
            node,
            timeline,
            fork,
        } => (
            Mark::Crown,
            format!(
                "{node} took over. Timeline {} begins after entry {fork}.",
                timeline.term()
            ),
        ),
        EventKind::Fenced { node } => (
            Mark::Fence,
            format!("{node} lost its lease and takes no writes."),
        ),
        EventKind::Unfenced { node } => (
            Mark::Fence,
            format!("{node} has its lease back and takes writes."),
        ),
        EventKind::SteppedDown { node } => (
            Mark::Fence,
            format!("{node} met a newer history and stepped down."),
        ),
        EventKind::RejoinRefused { node, fork } => (
            Mark::Follow,
            format!("{node} was refused: its log left the history after entry {fork}."),
        ),
        EventKind::Rewound { node, fork, erased } => (
            Mark::Follow,
            format!(
                "{node} was rewound to entry {fork}. {} erased.",
                match erased {
                    1 => "1 entry was".to_owned(),
                    more => format!("{more} entries were"),
                }
            ),
        ),
        EventKind::BackupRestored { node, lsn } => (
            Mark::Follow,
            format!("{node} was filled with a full copy up to entry {lsn}."),
        ),
        EventKind::NoPrimary => (Mark::Seat, "Nobody takes writes.".to_owned()),
        EventKind::SplitBrain { primaries } => (
            Mark::Seat,
            format!("Split brain: {primaries} nodes take writes."),
        ),
        EventKind::OnePrimary { node } => (Mark::Seat, format!("Only {node} takes writes again.")),
        _ => return reserve::get().and_then(|reserve| (reserve.line)(kind)),
    })
}

/// What a person did, where the engine has no event that says it better.
fn act(simulation: &Simulation, index: usize) -> Option<String> {
    Some(match &simulation.actions().get(index)?.action {
        Action::Write {
            client: who,
            key: what,
            ..
        } => {
            format!(
                "By hand: {} writes {}.",
                client(simulation, *who),
                key(*what)
            )
        }
        Action::Read {
            client: who,
            key: what,
            node,
        } => {
            let from = node.map_or_else(String::new, |node| format!(" from {node}"));
            format!(
                "By hand: {} reads {}{from}.",
                client(simulation, *who),
                key(*what)
            )
        }
        Action::Promote { node } => format!("{node} was asked to take over."),
        Action::HealAll => "Everything was healed.".to_owned(),
        Action::HoldMessage { .. } => "A message is held.".to_owned(),
        Action::ReleaseMessage { .. } => "A held message was let go.".to_owned(),
        Action::DropMessage { .. } => "A message was dropped.".to_owned(),
        Action::DelayMessage { by_us, .. } => format!(
            "A message was delayed by {}.",
            super::span(replicascope_engine::time::Span(*by_us))
        ),
        Action::DuplicateMessage { .. } => "A message was doubled.".to_owned(),
        Action::Set(setting) => match settings::setting(setting) {
            Some(text) => text,
            None => (reserve::get()?.changed)(simulation, index),
        },
        Action::Admin { node, command } => (reserve::get()?.command)(*node, command),
        _ => return None,
    })
}

/// Why an action changed nothing.
pub(crate) fn no_effect(why: NoEffect) -> &'static str {
    match why {
        NoEffect::AlreadyDown => "the node was down already",
        NoEffect::AlreadyUp => "the node was running already",
        NoEffect::CannotFreeze => "only a running node can be frozen",
        NoEffect::NotFrozen => "the node was not frozen",
        NoEffect::SameSpeed => "the node had that speed already",
        NoEffect::SameLink => "the link was in that state already",
        NoEffect::NothingBroken => "nothing was broken",
        NoEffect::NoSuchMessage => "the message is no longer on its way",
        NoEffect::NotHeld => "the message was not held",
        NoEffect::AlreadyPrimary => "the node takes writes already",
        NoEffect::CannotPromote => "the node cannot take over now",
        NoEffect::CommandRefused => "the server is not in a state to do that",
        NoEffect::SameService => "it was in that state already, or its host does not run",
        NoEffect::SameSetting => "it was set like that already",
    }
}

fn not_elected(why: ElectionFailure) -> &'static str {
    match why {
        ElectionFailure::NoMajority => "no majority answered",
        ElectionFailure::PrimaryAlive => "a majority still hears the primary",
        ElectionFailure::NobodyElectable => "nobody who answered may be elected",
        ElectionFailure::OtherHasMore => "another node has more of the log",
        ElectionFailure::Overtaken => "a newer term was met",
    }
}

/// An instant and a sentence, as one line for those who hear it.
pub(crate) fn line(time: replicascope_engine::time::Time, text: &str) -> String {
    format!("{} {text}", at(time))
}

/// `The link from n1 to n2 was cut`, `n1 was cut off from n2 and n3`, `12 links were cut`: what the links have in common.
pub(crate) fn links(
    pairs: &[(
        replicascope_engine::scenario::Endpoint,
        replicascope_engine::scenario::Endpoint,
    )],
    together: &str,
    one: &str,
    many: &str,
) -> String {
    if let [(from, to)] = pairs {
        return format!(
            "The link from {} to {} {one}.",
            endpoint(*from),
            endpoint(*to)
        );
    }
    let common = [pairs[0].0, pairs[0].1]
        .into_iter()
        .find(|end| pairs.iter().all(|(from, to)| from == end || to == end));
    if let Some(end) = common {
        let mut others: Vec<_> = pairs
            .iter()
            .map(|(from, to)| if from == &end { *to } else { *from })
            .collect();
        sort_by_key(&mut others, |&other| other);
        others.dedup();
        if others.len() * 2 == pairs.len() {
            let others = list(others.into_iter().map(endpoint));
            return format!("{} {together} {others}.", endpoint(end));
        }
    }
    format!("{} {many}.", count(pairs.len() as u64, "link"))
}
