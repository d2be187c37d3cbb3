//! R-RC-2, R-RC-7: the primary for a while after a write.

use replicascope_engine::event::Failure;
use replicascope_engine::ids::ClientId;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, KillKind, Pin, PinFrom, Postgresql, Routing};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, postgresql};
use crate::lagging;

/// When, in ms after the ack, reads of the writer's own session did not see its write; and where each read went.
fn broken(lag_ms: u64, pin: Pin) -> Vec<u64> {
    let mut lab = Lab::new(&lagging(2, lag_ms, Routing::Pin(pin))).at_ms(1_000);
    let write = lab.acked(0, 3);
    let acked = lab.op(write).done_at.expect("acked");
    let mut broken = Vec::new();
    for _ in 0..50 {
        lab.wait_ms(97);
        let read = lab.answered(0, 3);
        let after = lab.op(read).issued_at.since(acked);
        let pinned = after < Span::from_millis(pin.delay);
        assert_eq!(lab.node_of(read) == n(1), pinned, "{after:?} after the ack");
        if lab.op(read).verdict.broke_read_your_writes {
            broken.push(after.0 / 1_000);
        }
    }
    broken
}

#[test]
fn r_rc_2_a_pin_keeps_read_your_writes_while_lag_is_shorter() {
    assert_eq!(broken(1_900, Pin::RAILS), Vec::<u64>::new());
    assert_eq!(broken(0, Pin::RAILS), Vec::<u64>::new());
}

#[test]
fn r_rc_2_a_pin_breaks_read_your_writes_between_its_end_and_the_lag() {
    let times = broken(3_500, Pin::RAILS);
    assert!(times.len() >= 14, "{times:?}");
    assert!(
        times.iter().all(|at| (2_000..3_600).contains(at)),
        "{times:?}"
    );
}

#[test]
fn r_rc_2_a_pin_holds_for_its_own_session_only_unless_it_is_global() {
    let read_of_another = |global| {
        let pin = Pin {
            global,
            ..Pin::RAILS
        };
        let mut lab = Lab::new(&lagging(2, 1_000, Routing::Pin(pin))).at_ms(1_000);
        lab.acked(0, 3);
        let read = lab.answered(1, 3);
        (
            lab.node_of(read) == n(1),
            lab.op(read).verdict.stale.is_some(),
        )
    };
    assert_eq!(read_of_another(false), (false, true), "another device");
    assert_eq!(read_of_another(true), (true, false));
}

#[test]
fn r_rc_7_rails_stamps_when_the_request_is_over_even_if_it_failed() {
    let mut scenario = lagging(2, 0, Routing::Pin(Pin::RAILS));
    scenario.settings.timers.client_timeout_us = 1_000_000;
    let mut lab = Lab::new(&scenario).at_ms(500);
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.run_to_ms(600);
    let before = lab.answered(0, 0);
    assert_ne!(lab.node_of(before), n(1));
    let write = lab.write_by(0, 0);
    lab.run_to_ms(1_590);
    assert_eq!(lab.simulation.session(ClientId(0)).last_write, None);
    lab.restart(n(1));
    lab.run_to_ms(2_500);
    assert_eq!(lab.op(write).status, Status::Failed(Failure::NoPrimary));
    let stamp = lab.simulation.session(ClientId(0)).last_write;
    assert_eq!(stamp, lab.op(write).done_at, "it wrote nothing, and stamps");
    let pinned = lab.answered(0, 0);
    assert_eq!(lab.node_of(pinned), n(1));
    lab.run_to_ms(3_700);
    let free = lab.answered(0, 0);
    assert_ne!(lab.node_of(free), n(1));
}

#[test]
fn r_rc_5_ccrfilter_pins_60_s_from_when_the_write_is_sent() {
    assert_eq!((Pin::RAILS.delay, Pin::CCRFILTER.delay), (2_000, 60_000));
    // The commit takes 600 ms, and the pin lasts 500.
    let node_after = |from| {
        let settings = Postgresql {
            synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
            ..Postgresql::default()
        };
        let mut scenario = postgresql(2, 300, settings);
        let delay = 500;
        scenario.settings.routing = Routing::Pin(Pin {
            delay,
            from,
            global: false,
        });
        let mut lab = Lab::new(&scenario).at_ms(1_000);
        lab.acked(0, 0);
        lab.wait_ms(10);
        let read = lab.answered(0, 0);
        lab.node_of(read)
    };
    assert_eq!(node_after(PinFrom::Answered), n(1));
    assert_ne!(node_after(PinFrom::Sent), n(1));
}
