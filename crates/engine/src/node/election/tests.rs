//! Who gets a vote, who stands and who wins, one node alone: messages in, messages out.

mod alarm;

use super::*;
use crate::ids::{Lsn, NodeSet, Timeline, Tip};
use crate::node::desk::{Desk, FIRST, PATIENCE_MS, n, set};
use crate::node::effects::Effect;
use crate::scenario::Endpoint;

const SILENCE_MS: u64 = PATIENCE_MS;

impl Desk {
    /// Asks for the vote; whether it is given, and whether a primary stepped down for it. `None`: no answer.
    fn vote(&mut self, at_ms: u64, from: u8, term: u32, forced: bool) -> Option<(bool, bool)> {
        let out = self.hear(at_ms, from, Message::VoteRequest { term, forced });
        out.iter().find_map(|effect| match effect {
            Effect::Send {
                message:
                    Message::VoteReply {
                        term: of,
                        granted,
                        stepped_down,
                        ..
                    },
                ..
            } => {
                assert_eq!(*of, term);
                Some((*granted, *stepped_down))
            }
            _ => None,
        })
    }

    /// Somebody with less log says that this node should stand: it polls.
    fn polls(mut self, at_ms: u64) -> Self {
        let out = self.hear(at_ms, 5, Message::Stand);
        assert_eq!(
            asked(&out, |message| matches!(message, Message::Poll { .. })).len(),
            4
        );
        self
    }

    /// An answer to the poll.
    fn would(&mut self, at_ms: u64, from: u8, willing: bool, standing: Standing) -> Vec<Effect> {
        let attempt = self.node.election.attempt;
        self.hear(
            at_ms,
            from,
            Message::PollReply {
                attempt,
                willing,
                standing,
            },
        )
    }

    /// The time for answers is over.
    fn window_ends(&mut self, at_ms: u64) -> Vec<Effect> {
        let timer = Timer::ElectionWindow(self.node.election.attempt);
        self.with(at_ms, |node, cx| node.wake(cx, timer))
    }

    /// A vote for the term that it stands in.
    fn votes(&mut self, at_ms: u64, from: u8, granted: bool, standing: Standing) -> Vec<Effect> {
        let term = self.node.ballot.term;
        self.hear(
            at_ms,
            from,
            Message::VoteReply {
                term,
                granted,
                stepped_down: false,
                standing,
            },
        )
    }
}

/// Who is sent such a message.
fn asked(out: &[Effect], which: impl Fn(&Message) -> bool) -> Vec<NodeId> {
    out.iter()
        .filter_map(|effect| match effect {
            Effect::Send {
                to: Endpoint::Node(to),
                message,
            } if which(message) => Some(*to),
            _ => None,
        })
        .collect()
}

fn stands(out: &[Effect]) -> bool {
    !asked(out, |message| {
        matches!(message, Message::VoteRequest { .. })
    })
    .is_empty()
}

/// Whom it asks to stand in its place.
fn sends_forward(out: &[Effect]) -> Vec<NodeId> {
    asked(out, |message| matches!(message, Message::Stand))
}

fn failed(out: &[Effect]) -> Option<ElectionFailure> {
    out.iter().find_map(|effect| match effect {
        Effect::Event(EventKind::ElectionFailed { why, .. }) => Some(*why),
        _ => None,
    })
}

fn has_won(out: &[Effect]) -> bool {
    out.iter()
        .any(|effect| matches!(effect, Effect::Event(EventKind::Won { .. })))
}

/// In term 1, with the log up to here, everybody electable.
fn standing(lsn: u64) -> Standing {
    Standing {
        term: 1,
        tip: Tip {
            timeline: FIRST,
            lsn: Lsn(lsn),
        },
        electable: Electable::new(FIRST, 0, NodeSet::first(5)),
        fit: true,
    }
}

/// As an empty log: what a node of a fresh cluster has.
fn level() -> Standing {
    Standing {
        tip: Tip::default(),
        ..standing(0)
    }
}

/// n2 of five stands in term 2.
fn candidate() -> Desk {
    let mut desk = Desk::of(2, 5).polls(2_000);
    desk.would(2_010, 3, true, level());
    desk.would(2_010, 4, true, level());
    assert!(stands(&desk.window_ends(2_400)));
    assert_eq!(desk.node.ballot.term, 2);
    desk
}

#[test]
fn nobody_votes_while_it_hears_a_primary_unless_a_person_asks() {
    let mut desk = Desk::of(2, 5);
    assert_eq!(desk.vote(SILENCE_MS - 1, 3, 2, false), Some((false, false)));
    assert_eq!(desk.vote(SILENCE_MS, 3, 2, false), Some((true, false)));
    let mut desk = Desk::of(2, 5);
    assert_eq!(desk.vote(1, 3, 2, true), Some((true, false)));
}

#[test]
fn one_vote_a_term_and_none_in_an_older_one() {
    let mut desk = Desk::of(2, 5);
    assert_eq!(
        desk.vote(2_000, 3, 1, false),
        Some((false, false)),
        "n1 has it"
    );
    assert_eq!(desk.vote(2_000, 3, 3, false), Some((true, false)));
    assert_eq!(desk.vote(2_001, 3, 3, false), Some((true, false)), "again");
    assert_eq!(desk.vote(2_002, 4, 3, false), Some((false, false)), "given");
    assert_eq!(desk.vote(2_003, 3, 2, false), Some((false, false)), "older");
    assert_eq!(desk.vote(2_004, 4, 4, false), Some((true, false)));
}

#[test]
fn a_primary_votes_and_steps_down_once_its_lease_has_ended_or_a_person_asks() {
    let mut desk = Desk::of(1, 5);
    assert_eq!(
        desk.vote(PATIENCE_MS - 1, 3, 2, false),
        Some((false, false))
    );
    assert_eq!(desk.vote(PATIENCE_MS, 3, 2, false), Some((true, true)));
    assert_ne!(desk.node.role, Role::Primary);
    let mut desk = Desk::of(1, 5);
    assert_eq!(desk.vote(1, 3, 2, true), Some((true, true)));
    // Without fencing it goes on as if alone.
    for forced in [false, true] {
        let mut desk = Desk::of(1, 5);
        desk.settings.fencing = false;
        assert_eq!(desk.vote(9_000, 3, 2, forced), Some((false, false)));
        assert_eq!(desk.node.role, Role::Primary);
    }
}

#[test]
fn a_poll_is_answered_as_a_vote_would_be_and_promises_nothing() {
    let willing = |at_ms, forced| {
        let mut desk = Desk::of(2, 5);
        let out = desk.hear(at_ms, 3, Message::Poll { attempt: 7, forced });
        assert_eq!(
            (desk.node.ballot.term, desk.node.ballot.voted_for),
            (1, Some(n(1)))
        );
        out.iter().find_map(|effect| match effect {
            Effect::Send {
                message:
                    Message::PollReply {
                        attempt: 7,
                        willing,
                        ..
                    },
                ..
            } => Some(*willing),
            _ => None,
        })
    };
    assert_eq!(willing(SILENCE_MS - 1, false), Some(false));
    assert_eq!(willing(SILENCE_MS, false), Some(true));
    assert_eq!(willing(1, true), Some(true));
}

#[test]
fn who_is_asked_to_stand_does_so_only_in_silence_and_once() {
    let mut desk = Desk::of(2, 5);
    assert!(desk.hear(SILENCE_MS - 1, 3, Message::Stand).is_empty());
    let mut desk = Desk::of(2, 5).polls(SILENCE_MS);
    assert!(
        desk.hear(SILENCE_MS, 3, Message::Stand).is_empty(),
        "it polls"
    );
    let mut primary = Desk::of(1, 5);
    assert!(primary.hear(9_000, 3, Message::Stand).is_empty());
}

#[test]
fn a_poll_needs_a_majority_that_would_vote() {
    let mut desk = Desk::of(2, 5).polls(2_000);
    assert!(!stands(&desk.would(2_010, 3, true, level())));
    assert!(!stands(&desk.window_ends(2_400)), "two of five answered");
    assert!(stands(&desk.would(2_410, 4, true, level())), "three");

    let mut desk = Desk::of(2, 5).polls(2_000);
    for from in [1, 3, 4] {
        assert!(desk.would(2_010, from, from == 3, level()).is_empty());
    }
    let out = desk.would(2_010, 5, false, level());
    assert_eq!(
        failed(&out),
        Some(ElectionFailure::PrimaryAlive),
        "all answered"
    );

    let mut desk = Desk::of(2, 5).polls(2_000);
    desk.would(2_010, 3, false, level());
    desk.would(2_010, 4, false, level());
    let out = desk.window_ends(2_400);
    let why = Some(ElectionFailure::PrimaryAlive);
    assert_eq!(
        failed(&out),
        why,
        "a majority, itself included, and it will not"
    );

    let mut desk = Desk::of(2, 5).polls(2_000);
    desk.would(2_010, 3, true, level());
    desk.window_ends(2_400);
    let out = desk.window_ends(3_900);
    assert_eq!(failed(&out), Some(ElectionFailure::NoMajority));
}

#[test]
fn answers_to_another_attempt_count_for_nothing() {
    let mut desk = Desk::of(2, 5).polls(2_000);
    let attempt = desk.node.election.attempt;
    for from in [1, 3, 4, 5] {
        let reply = Message::PollReply {
            attempt: attempt + 1,
            willing: true,
            standing: level(),
        };
        assert!(desk.hear(2_010, from, reply).is_empty());
    }
    assert!(!stands(&desk.window_ends(2_400)));
}

#[test]
fn the_most_log_among_those_that_may_and_can_stands() {
    /// What n2 does when n3 has more log than itself, and this standing.
    fn with(change: impl Fn(&mut Standing)) -> Vec<Effect> {
        let mut desk = Desk::of(2, 5).polls(2_000);
        let mut more = standing(9);
        change(&mut more);
        desk.would(2_010, 3, true, more);
        desk.would(2_010, 4, true, level());
        desk.window_ends(2_400)
    }
    let out = with(|_| {});
    assert_eq!(sends_forward(&out), [n(3)]);
    assert_eq!(failed(&out), Some(ElectionFailure::OtherHasMore));
    assert!(stands(&with(|standing| standing.fit = false)));
    // A newer set than this node's own counts, an older one does not.
    let newer = Electable::new(FIRST, 1, set(&[1, 2]));
    assert!(stands(&with(|standing| standing.electable = newer)));
    let without_me = Electable::new(FIRST, 1, set(&[1, 5]));
    let out = with(|standing| standing.electable = without_me);
    assert_eq!(failed(&out), Some(ElectionFailure::NobodyElectable));
    // Among equals the lowest number.
    let out = with(|standing| standing.tip = Tip::default());
    assert!(stands(&out));
    let mut desk = Desk::of(4, 5).polls(2_000);
    desk.would(2_010, 3, true, level());
    desk.would(2_010, 5, true, level());
    assert_eq!(sends_forward(&desk.window_ends(2_400)), [n(3)]);
}

#[test]
fn who_has_more_and_still_hears_a_primary_is_waited_for_once() {
    let mut desk = Desk::of(2, 5).polls(2_000);
    desk.would(2_010, 3, false, standing(9));
    desk.would(2_010, 4, true, level());
    desk.would(2_010, 5, true, level());
    let out = desk.window_ends(2_400);
    assert_eq!(failed(&out), Some(ElectionFailure::OtherHasMore));
    assert!(sends_forward(&out).is_empty());
    let mut desk = desk.polls(5_000);
    desk.would(5_010, 3, false, standing(9));
    desk.would(5_010, 4, true, level());
    desk.would(5_010, 5, true, level());
    assert!(stands(&desk.window_ends(5_400)));
}

#[test]
fn a_majority_of_votes_wins_and_a_minority_does_not() {
    let mut desk = candidate();
    assert!(!has_won(&desk.votes(2_410, 3, true, level())));
    assert!(
        !has_won(&desk.votes(2_411, 3, true, level())),
        "the same vote twice"
    );
    assert!(!has_won(&desk.votes(2_412, 4, false, level())));
    let out = desk.votes(2_413, 5, true, level());
    assert!(has_won(&out));
    assert_eq!(desk.node.timeline(), Timeline::new(2, n(2)));
    // The new set: those that may be elected and voted, and itself.
    assert_eq!(desk.node.sync_set(), Some(set(&[3, 5])));
}

#[test]
fn a_vote_of_another_term_is_none() {
    let mut desk = candidate();
    for (from, term) in [(3, 1), (4, 3), (5, 1)] {
        let reply = Message::VoteReply {
            term,
            granted: true,
            stepped_down: false,
            standing: level(),
        };
        assert!(desk.hear(2_410, from, reply).is_empty());
    }
}

#[test]
fn a_newer_term_ends_the_candidacy_and_an_equal_one_does_not() {
    let mut desk = candidate();
    let of_term = |term| Standing { term, ..level() };
    assert_eq!(failed(&desk.votes(2_410, 3, false, of_term(2))), None);
    assert_eq!(
        failed(&desk.votes(2_410, 4, true, of_term(7))),
        None,
        "it voted"
    );
    let out = desk.votes(2_411, 5, false, of_term(7));
    assert_eq!(failed(&out), Some(ElectionFailure::Overtaken));
    assert_eq!(
        (desk.node.ballot.term, desk.node.ballot.voted_for),
        (7, None)
    );
}

#[test]
fn who_turns_out_to_have_more_log_is_given_way_to() {
    let mut desk = candidate();
    desk.votes(2_410, 3, true, standing(9));
    let out = desk.votes(2_411, 4, true, level());
    assert!(!has_won(&out));
    assert_eq!(sends_forward(&out), [n(3)]);
    // Whoever is not electable any more does not win either.
    let mut desk = candidate();
    let newer = Electable::new(FIRST, 1, set(&[1, 5]));
    desk.votes(
        2_410,
        3,
        true,
        Standing {
            electable: newer,
            ..level()
        },
    );
    let out = desk.votes(2_411, 4, true, level());
    assert_eq!(failed(&out), Some(ElectionFailure::NobodyElectable));
}

#[test]
fn a_node_that_votes_for_another_stands_no_more() {
    let mut desk = candidate();
    assert_eq!(desk.vote(2_410, 3, 3, false), Some((true, false)));
    assert_eq!(desk.node.role, Role::Replica);
    assert!(!has_won(&desk.votes(2_420, 4, true, level())));
    assert!(!has_won(&desk.votes(2_420, 5, true, level())));
}

#[test]
fn a_persons_candidate_waits_for_the_lease_that_it_did_not_meet() {
    let opens = |met: bool| {
        let mut desk = Desk::of(2, 5);
        desk.with(100, super::super::Node::promote);
        for from in [1, 3, 4, 5] {
            desk.would(110, from, true, level());
        }
        let term = desk.node.ballot.term;
        for from in [1, 3] {
            desk.hear(
                120,
                from,
                Message::VoteReply {
                    term,
                    granted: true,
                    stepped_down: met && from == 1,
                    standing: level(),
                },
            );
        }
        let primary = desk.node.primary.as_ref().expect("it won");
        primary.opens_at
    };
    assert_eq!(opens(true), Time::from_millis(120));
    assert_eq!(opens(false), Time::from_millis(120 + PATIENCE_MS));
}

/// n2 after its disk was lost and it came back, having asked.
fn blank(nodes: usize) -> Desk {
    let mut desk = Desk::of(2, nodes);
    desk.node.crash(true);
    desk.node.lose_disk();
    let out = desk.with(5_000, super::super::Node::restart);
    let asks = asked(&out, |message| {
        matches!(message, Message::Poll { forced: false, .. })
    });
    assert_eq!(asks.len(), nodes - 1);
    desk
}

#[test]
fn a_lost_disk_takes_the_promises_with_it_so_nothing_is_promised_until_they_are_learned() {
    let mut desk = blank(5);
    assert_eq!(desk.vote(9_000, 3, 99, true), None);
    let poll = Message::Poll {
        attempt: 1,
        forced: true,
    };
    assert!(desk.hear(9_000, 3, poll).is_empty());
}

#[test]
fn what_was_promised_is_learned_from_so_many_that_no_majority_is_missed() {
    // Any majority that it voted in, itself aside, meets so many of the others.
    for (nodes, enough) in [(2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4)] {
        let mut desk = blank(nodes);
        let newest = Electable::new(Timeline::new(4, n(1)), 3, set(&[1, 2]));
        let others = (1..=nodes as u8).filter(|&number| number != 2);
        for (told, from) in others.enumerate() {
            assert_eq!(desk.node.ballot.blank, told < enough, "{told} of {nodes}");
            let mut standing = level();
            standing.term = 4 + told as u32;
            if told == 0 {
                standing.electable = newest;
            }
            desk.would(5_100, from, true, standing);
        }
        assert_eq!(desk.node.ballot.electable, newest);
        // The vote of the newest term may have been given: there is none left in it.
        let term = 4 + enough as u32 - 1;
        assert_eq!(desk.node.ballot.term, term, "{nodes} nodes");
        assert_eq!(desk.vote(9_000, 1, term, true), Some((false, false)));
        assert_eq!(desk.vote(9_000, 1, term + 1, true), Some((true, false)));
    }
}
