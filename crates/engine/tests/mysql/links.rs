//! R-MY-12: noticing a dead link, and connecting again.

use replicascope_engine::event::{EventKind, LostWhy};
use replicascope_engine::message::Refusal;
use replicascope_engine::scenario::{Action, Mysql};
use replicascope_engine::time::Time;

use crate::lab::{Lab, mysql, n};

fn lost_at(lab: &Lab) -> Option<(Time, LostWhy)> {
    lab.simulation
        .trace()
        .events()
        .find_map(|event| match event.kind {
            EventKind::UpstreamLost { why, .. } => Some((event.at, why)),
            _ => None,
        })
}

#[test]
fn r_my_12_heartbeats_keep_an_idle_connection() {
    let lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(600_000);
    assert_eq!(lost_at(&lab), None);
}

#[test]
fn r_my_12_a_silent_link_is_given_up_after_net_timeout() {
    let mut lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    lab.wait_ms(100_000);
    assert_eq!(lost_at(&lab), Some((Time::from_secs(60), LostWhy::Silent)));
}

#[test]
fn r_my_12_the_first_attempt_is_immediate_then_one_every_connect_retry() {
    let settings = Mysql {
        source_connect_retry: 10,
        ..Mysql::default()
    };
    let mut lab = Lab::new(&mysql(1, 5, settings)).at_ms(1_000);
    lab.kill_process(n(1));
    lab.wait_ms(35_000);
    let tried: Vec<u64> = lab
        .simulation
        .trace()
        .events()
        .filter(|event| {
            use replicascope_engine::message::MessageKind;
            matches!(
                event.kind,
                EventKind::NobodyListened {
                    kind: MessageKind::Follow,
                    ..
                }
            )
        })
        .map(|event| event.at.0 / 1_000)
        .collect();
    // The end of the process is known 5 ms later, and an attempt takes 5 ms to get there.
    assert_eq!(tried, [1_010, 11_010, 21_010, 31_010]);
    let refused = lab.when(|kind| {
        matches!(
            kind,
            EventKind::CannotFollow {
                why: Refusal::NobodyListens,
                ..
            }
        )
    });
    assert!(refused.is_some());
}

#[test]
fn r_my_12_a_source_that_returns_is_found_at_the_next_attempt() {
    let mut lab = Lab::new(&mysql(1, 5, Mysql::default())).at_ms(1_000);
    lab.kill_process(n(1));
    lab.wait_ms(1_000);
    lab.restart(n(1));
    lab.wait_ms(1_000);
    lab.write(0);
    lab.wait_ms(50_000);
    assert!(lab.rows(n(2)).is_empty(), "it waits for its minute");
    lab.wait_ms(10_000);
    assert_eq!(lab.rows(n(2)), [0]);
}
