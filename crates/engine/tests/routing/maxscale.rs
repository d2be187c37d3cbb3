//! R-RC-5: MaxScale's `causal_reads`.

use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Admin, CausalReads, Maxscale, Routing};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n};
use crate::mariadb;

fn lab(causal_reads: CausalReads) -> Lab {
    let routing = Routing::Maxscale(Maxscale {
        causal_reads,
        ..Maxscale::default()
    });
    Lab::new(&mariadb(2, 100, routing)).at_ms(1_000)
}

/// Whether a replica answered, and whether the answer was fresh: the writer's own read, and another session's, right after
/// the ack.
fn after_a_write(causal_reads: CausalReads) -> [(bool, bool); 2] {
    let mut lab = lab(causal_reads);
    lab.acked(0, 0);
    let reads = [lab.read_by(0, 0), lab.read_by(1, 0)];
    reads.map(|read| {
        lab.run_until_done(read);
        (lab.node_of(read) != n(1), lab.op(read).verdict.is_fresh())
    })
}

#[test]
fn r_rc_5_each_mode_of_causal_reads_sees_what_it_says() {
    let (replica, primary) = (true, false);
    let (fresh, stale) = (true, false);
    for (mode, own, other) in [
        (CausalReads::None, (replica, stale), (replica, stale)),
        (CausalReads::Local, (replica, fresh), (replica, stale)),
        (CausalReads::Global, (replica, fresh), (replica, fresh)),
        (CausalReads::Fast, (primary, fresh), (replica, stale)),
        (CausalReads::FastGlobal, (primary, fresh), (primary, fresh)),
        (CausalReads::Universal, (replica, fresh), (replica, fresh)),
        (
            CausalReads::FastUniversal,
            (primary, fresh),
            (primary, fresh),
        ),
    ] {
        assert_eq!(after_a_write(mode), [own, other], "{mode:?}");
    }
}

#[test]
fn r_rc_5_fast_modes_read_from_a_replica_once_the_monitor_has_seen_it_there() {
    let mut lab = lab(CausalReads::Fast);
    lab.acked(0, 0);
    lab.run_to_ms(1_900);
    let early = lab.answered(0, 0);
    assert_eq!(
        lab.node_of(early),
        n(1),
        "it has long been applied, and the monitor looks every 2 s"
    );
    lab.run_to_ms(2_100);
    let late = lab.answered(0, 0);
    assert_ne!(lab.node_of(late), n(1));
    assert!(lab.op(late).verdict.is_fresh());
}

#[test]
fn r_rc_5_after_causal_reads_timeout_the_read_is_tried_again_on_the_primary() {
    let mut lab = lab(CausalReads::Local);
    for node in [1, 2] {
        lab.admin(NodeId(node), Admin::PauseReplay);
    }
    lab.acked(0, 0);
    let read = lab.answered(0, 0);
    assert_eq!(lab.node_of(read), n(1));
    assert!(lab.op(read).verdict.is_fresh());
    let latency = lab.latency(read).expect("answered");
    assert_eq!(
        latency,
        Span(10_000_000 + 4_200),
        "10 s, two round trips and one execution"
    );
}

#[test]
fn r_rc_5_universal_asks_the_primary_before_each_read() {
    let mut lab = lab(CausalReads::Universal);
    lab.wait_ms(1_000);
    let read = lab.answered(2, 7);
    assert_ne!(lab.node_of(read), n(1));
    assert_eq!(
        lab.latency(read),
        Some(Span(2 * 2_000 + 2 * 200)),
        "a round trip more"
    );
}
