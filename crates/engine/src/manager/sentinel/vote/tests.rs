//! One vote an epoch; for whom, and how long one waits for them: one Sentinel alone.

use super::*;
use crate::manager::sentinel::post::{N1, N2, Post, reported};
use crate::manager::{ManagerEffect, ManagerMessage};
use crate::message::Message;
use crate::time::Time;

const SECOND: u64 = 1_000_000;

/// Sentinel `from` asks in an epoch whether this primary is down. Returns whether it got the vote.
fn votes(post: &mut Post, from: u8, epoch: u64, primary: NodeId, stands: bool) -> bool {
    let question = SentinelMessage::IsDown {
        epoch,
        primary,
        stands,
    };
    let out = post.hears(SECOND, from, question);
    let leader = from;
    let voted = SentinelEvent::Voted {
        by: 0,
        leader,
        epoch,
    };
    reported(&out).contains(&voted)
}

#[test]
fn r_rs_one_vote_an_epoch_and_none_in_an_older_one() {
    let mut post = Post::new();
    assert!(votes(&mut post, 1, 3, N1, true));
    assert!(!votes(&mut post, 2, 3, N1, true), "Sentinel 1 has it");
    assert!(!votes(&mut post, 2, 2, N1, true), "older");
    assert!(votes(&mut post, 2, 4, N1, true));
    assert_eq!(
        post.host.vote,
        Some(Vote {
            epoch: 4,
            leader: 2
        })
    );
}

#[test]
fn r_rs_no_vote_in_an_epoch_before_the_newest_that_is_known() {
    let mut post = Post::new();
    let hello = SentinelMessage::Hello {
        epoch: 5,
        config: 0,
        primary: N1,
        answer: true,
    };
    post.hears(SECOND, 1, hello);
    assert!(!votes(&mut post, 2, 4, N1, true));
    assert!(votes(&mut post, 2, 5, N1, true));
}

#[test]
fn r_rs_only_who_stands_against_the_same_primary_gets_the_vote() {
    let mut post = Post::new();
    assert!(!votes(&mut post, 1, 1, N1, false), "it only asks");
    assert!(!votes(&mut post, 1, 1, N2, true), "another primary");
    assert!(!votes(&mut post, 1, 1, N2, false));
    assert!(votes(&mut post, 1, 1, N1, true));
}

#[test]
fn r_rs_a_sentinel_speaks_of_the_primary_that_it_knows_and_not_in_tilt() {
    let says_down = |post: &mut Post, primary| {
        let question = SentinelMessage::IsDown {
            epoch: 1,
            primary,
            stands: false,
        };
        let out = post.hears(SECOND, 1, question);
        out.iter().find_map(opinion).expect("it answers")
    };
    let mut post = Post::new();
    assert!(!says_down(&mut post, N1));
    post.host.nodes[0].down = true;
    post.host.nodes[1].down = true;
    assert!(says_down(&mut post, N1));
    assert!(!says_down(&mut post, N2), "a replica");
    post.host.tilt_until = Time(2 * SECOND);
    assert!(!says_down(&mut post, N1));
}

/// Whether a Sentinel is told that the primary is down.
fn opinion(effect: &ManagerEffect) -> Option<bool> {
    let ManagerEffect::Send {
        message: Message::Manager(message),
        ..
    } = effect
    else {
        return None;
    };
    match message.as_ref() {
        ManagerMessage::Sentinel(SentinelMessage::Opinion { down, .. }) => Some(*down),
        _ => None,
    }
}

#[test]
fn r_rs_votes_are_waited_for_up_to_failover_timeout_and_never_longer_than_10_s() {
    let gives_up = |failover_timeout: u64, waited: u64| {
        let mut post = Post::new();
        post.sentinel.failover_timeout = failover_timeout;
        let (elected, out) = post.at(60 * SECOND, |host, cx| host.is_elected(cx, 1, Span(waited)));
        assert!(!elected, "it has not even its own vote");
        let why = Aborted::NotElected;
        reported(&out).contains(&SentinelEvent::Aborted { by: 0, why })
    };
    assert!(!gives_up(20_000, 10 * SECOND));
    assert!(gives_up(20_000, 10 * SECOND + 1));
    assert!(!gives_up(3_000, 3 * SECOND));
    assert!(gives_up(3_000, 3 * SECOND + 1));
}

#[test]
fn r_rs_a_leader_needs_a_majority_and_the_quorum() {
    let elected = |quorum: u8, for_it: &[u8]| {
        let mut post = Post::new();
        post.sentinel.quorum = quorum;
        post.at(SECOND, |host, cx| host.vote_for(cx, 0, 1));
        for &from in for_it {
            let vote = Some(Vote {
                epoch: 1,
                leader: 0,
            });
            let opinion = SentinelMessage::Opinion {
                primary: N1,
                down: true,
                vote,
            };
            post.hears(SECOND, from, opinion);
        }
        let now = Time(2 * SECOND);
        post.at(now.0, |host, cx| host.is_elected(cx, 1, Span(0))).0
    };
    assert!(!elected(1, &[]), "one of three");
    assert!(elected(1, &[1]));
    assert!(!elected(3, &[1]));
    assert!(elected(3, &[1, 2]));
}
