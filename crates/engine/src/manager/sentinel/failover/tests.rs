//! When a failover begins, goes on and ends; who is promoted and who is repointed: one Sentinel alone.

use super::*;
use crate::ids::{Lsn, Timeline, Tip};
use crate::manager::ManagerEffect;
use crate::manager::sentinel::post::{FIRST, N1, N2, N3, Post, orders, primary, reported, standby};
use crate::node::server::Command;
use crate::scenario::ReplicaPriority;

const SECOND: u64 = 1_000_000;
/// When n1 fell silent, was held for down, and the failover is.
const SILENT: u64 = 100 * SECOND;
const DOWN: u64 = 105 * SECOND;
const NOW: u64 = 110 * SECOND;

/// n1 is down, and agreed to be; n2 and n3 are fine.
fn outage() -> Post {
    let mut post = Post::new();
    let view = &mut post.host.nodes[0];
    (view.down, view.down_since) = (true, Time(DOWN));
    post.host.agreed = true;
    for node in [N2, N3] {
        post.says(NOW, node, standby(SILENT));
    }
    post
}

fn candidate(post: &mut Post) -> Option<NodeId> {
    post.at(NOW, |host, cx| host.candidate(cx)).0
}

/// Who is promoted if n2 says this, and n3 is as good as any.
fn instead_of_n2(status: ServerStatus) -> Option<NodeId> {
    let mut post = outage();
    post.says(NOW, N2, status);
    candidate(&mut post)
}

fn goes_on(post: &mut Post, micros: u64) -> Vec<ManagerEffect> {
    post.at(micros, SentinelHost::go_on_with_failover).1
}

fn put(post: &mut Post, stage: Stage) {
    post.host.failover = Some(Failover {
        epoch: 1,
        stage,
        since: Time(NOW),
        again: Time(NOW + SECOND),
    });
}

#[test]
fn r_rs_a_second_attempt_waits_for_twice_failover_timeout_to_the_microsecond() {
    let stands = |micros: u64| {
        let mut post = outage();
        post.host.last_attempt = Some(Time(NOW));
        post.at(micros, SentinelHost::start_failover_if_needed);
        post.host.stands()
    };
    assert!(!stands(NOW + 40 * SECOND - 1));
    assert!(stands(NOW + 40 * SECOND));
    let mut post = outage();
    post.host.agreed = false;
    post.at(NOW, SentinelHost::start_failover_if_needed);
    assert!(!post.host.stands(), "nobody agrees");
}

#[test]
fn r_rs_among_equals_the_lowest_name_and_never_the_primary() {
    assert_eq!(candidate(&mut outage()), Some(N2));
    let mut post = outage();
    // It came back a moment ago, says the newest, and is the one that is to be replaced.
    post.says(NOW, N1, primary());
    assert_eq!(candidate(&mut post), Some(N2));
    post.host.nodes[0].down = false;
    assert_eq!(candidate(&mut post), Some(N2));
}

#[test]
fn r_rs_who_is_down_or_not_ready_or_was_not_heard_lately_is_not_promoted() {
    let mut post = outage();
    post.host.nodes[1].down = true;
    assert_eq!(candidate(&mut post), Some(N3));
    let starting = ServerStatus {
        ready: false,
        ..standby(SILENT)
    };
    assert_eq!(instead_of_n2(starting), Some(N3));
    for (ago, chosen) in [(5 * SECOND, N2), (5 * SECOND + 1, N3)] {
        let mut post = outage();
        post.says(NOW - ago, N2, standby(SILENT));
        assert_eq!(candidate(&mut post), Some(chosen), "{ago}");
    }
}

#[test]
fn r_rs_a_link_to_the_primary_may_be_cut_for_ten_down_afters_and_as_long_as_that_is_down() {
    // 10 × 5 s, and 5 s that n1 has been held for down.
    let longest = 55 * SECOND;
    let cut = |last_heard| ServerStatus {
        streaming: false,
        ..standby(last_heard)
    };
    assert_eq!(instead_of_n2(cut(NOW - longest)), Some(N2));
    assert_eq!(instead_of_n2(cut(NOW - longest - 1)), Some(N3));
    // One that streams, or is a primary already, is linked whatever it last heard.
    assert_eq!(instead_of_n2(standby(0)), Some(N2));
    assert_eq!(instead_of_n2(primary()), Some(N2));
}

#[test]
fn who_cannot_follow_is_promoted_only_if_there_is_nobody_else() {
    let diverged = ServerStatus {
        role: Role::Demoted,
        tip: Tip {
            timeline: Timeline::new(2, N2),
            lsn: Lsn(99),
        },
        ..standby(SILENT)
    };
    assert_eq!(instead_of_n2(diverged), Some(N3));
    let mut post = outage();
    post.says(NOW, N2, diverged);
    post.sentinel.priorities = vec![ReplicaPriority {
        node: N3,
        priority: 0,
    }];
    assert_eq!(candidate(&mut post), Some(N2));
}

#[test]
fn the_newer_history_goes_before_the_longer_log() {
    let with = |timeline, lsn| ServerStatus {
        tip: Tip {
            timeline,
            lsn: Lsn(lsn),
        },
        ..standby(SILENT)
    };
    assert_eq!(instead_of_n2(with(FIRST, 9)), Some(N3), "shorter");
    let mut post = outage();
    post.says(NOW, N3, with(FIRST, 99));
    post.says(NOW, N2, with(Timeline::new(2, N3), 5));
    assert_eq!(candidate(&mut post), Some(N2));
}

#[test]
fn a_promotion_is_asked_for_each_second_and_given_up_after_failover_timeout() {
    let mut post = outage();
    put(&mut post, Stage::Promoting(N2));
    assert!(goes_on(&mut post, NOW + SECOND - 1).is_empty());
    let again = goes_on(&mut post, NOW + SECOND);
    assert_eq!(orders(&again), [(N2, Command::Promote)]);
    assert!(goes_on(&mut post, NOW + 2 * SECOND - 1).is_empty());
    let last = goes_on(&mut post, NOW + 20 * SECOND);
    assert_eq!(orders(&last), [(N2, Command::Promote)]);
    let over = goes_on(&mut post, NOW + 20 * SECOND + 1);
    let why = Aborted::PromotionTimedOut;
    assert_eq!(reported(&over), [SentinelEvent::Aborted { by: 0, why }]);
    assert!(post.host.failover.is_none());
}

#[test]
fn a_replica_is_promoted_once_it_says_that_it_is_primary_and_ready() {
    for (status, promoted) in [
        (standby(SILENT), false),
        (primary(), true),
        (
            ServerStatus {
                ready: false,
                ..primary()
            },
            false,
        ),
        (
            ServerStatus {
                role: Role::Promoting,
                ..primary()
            },
            false,
        ),
    ] {
        let mut post = outage();
        put(&mut post, Stage::Promoting(N2));
        post.says(NOW, N2, status);
        goes_on(&mut post, NOW);
        assert_eq!(post.host.primary == N2, promoted, "{status:?}");
    }
}

#[test]
fn once_it_is_primary_every_standby_that_is_there_is_told_to_follow() {
    let told = |n1: Option<ServerStatus>, n3: ServerStatus| {
        let mut post = outage();
        put(&mut post, Stage::Promoting(N2));
        if let Some(status) = n1 {
            post.says(NOW, N1, status);
        }
        post.says(NOW, N2, primary());
        post.says(NOW, N3, n3);
        orders(&goes_on(&mut post, NOW))
    };
    let follow = |node| (node, Command::Follow(Some(N2)));
    assert_eq!(told(None, standby(SILENT)), [follow(N3)]);
    let starting = ServerStatus {
        ready: false,
        ..standby(SILENT)
    };
    assert_eq!(told(None, starting), []);
    // An old primary that is back is repaired later, should it not be seen otherwise.
    assert_eq!(told(Some(primary()), standby(SILENT)), [follow(N3)]);
    let both = told(Some(standby(SILENT)), standby(SILENT));
    assert_eq!(both, [follow(N1), follow(N3)]);
}

#[test]
fn whoever_was_promoted_is_not_told_to_follow_itself() {
    let mut post = outage();
    let standby = ServerStatus {
        upstream: Some(N3),
        ..standby(SILENT)
    };
    post.says(NOW, N2, standby);
    let (_, out) = post.at(NOW, |host, cx| host.promoted(cx, 1, N2));
    assert_eq!(orders(&out), [(N3, Command::Follow(Some(N2)))]);
}

#[test]
fn a_failover_ends_when_all_standbys_follow_or_time_is_up() {
    let ended = |micros, n3: ServerStatus| {
        let mut post = outage();
        post.host.primary = N2;
        put(&mut post, Stage::Repointing);
        post.says(micros, N2, primary());
        post.says(micros, N3, n3);
        match reported(&goes_on(&mut post, micros))[..] {
            [SentinelEvent::Ended { timed_out, .. }] => Some(timed_out),
            [] => None,
            ref other => panic!("{other:?}"),
        }
    };
    let follows = |upstream| ServerStatus {
        upstream,
        ..standby(SILENT)
    };
    assert_eq!(ended(NOW + 1, follows(Some(N2))), Some(false));
    assert_eq!(ended(NOW + 1, follows(Some(N1))), None);
    // Nobody waits for one that starts up, or is no standby.
    let starting = ServerStatus {
        ready: false,
        ..follows(Some(N1))
    };
    assert_eq!(ended(NOW + 1, starting), Some(false));
    assert_eq!(ended(NOW + 1, primary()), Some(false));
    assert_eq!(ended(NOW + 20 * SECOND, follows(Some(N1))), None);
    assert_eq!(ended(NOW + 20 * SECOND + 1, follows(Some(N1))), Some(true));
    assert_eq!(ended(NOW + 20 * SECOND + 1, follows(Some(N2))), Some(false));
}

#[test]
fn an_old_primary_that_is_back_in_the_middle_of_a_promotion_gets_nobody() {
    let repairs = |stage: Option<Stage>| {
        let mut post = outage();
        post.host.nodes[0].down = false;
        if let Some(stage) = stage {
            put(&mut post, stage);
        }
        // n2 has begun to be a primary, and n1 is one again.
        let begun = ServerStatus {
            role: Role::Promoting,
            ..primary()
        };
        let mut out = Vec::new();
        for after in 0..12 {
            let now = NOW + after * SECOND;
            post.says(now, N1, primary());
            post.says(now, N2, begun);
            post.says(now, N3, standby(now));
            out.extend(post.at(now, SentinelHost::repair).1);
        }
        orders(&out)
    };
    assert_eq!(repairs(Some(Stage::Promoting(N2))), []);
    // Without a failover it is out of line.
    assert_eq!(repairs(None), [(N2, Command::Follow(Some(N1)))]);
}
