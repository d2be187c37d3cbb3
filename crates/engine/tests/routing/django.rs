//! R-RC-6: Django's routers.

use replicascope_engine::scenario::{Django, Routing};

use crate::lab::{Lab, n};
use crate::lagging;

fn saved(django: Django) -> Lab {
    let mut lab = Lab::new(&lagging(3, 5_000, Routing::Django(django))).at_ms(1_000);
    lab.acked(0, 4);
    lab
}

#[test]
fn r_rc_6_refresh_from_db_right_after_save_goes_to_a_replica() {
    let mut lab = saved(Django::PrimaryReplicaRouter);
    let mut used = Vec::new();
    for _ in 0..30 {
        let refreshed = lab.answered(0, 4);
        assert!(lab.op(refreshed).verdict.broke_read_your_writes);
        used.push(lab.node_of(refreshed));
    }
    used.sort_unstable();
    used.dedup();
    assert_eq!(used, [n(2), n(3), n(4)], "a random one of the replicas");
}

#[test]
fn r_rc_6_without_an_answer_of_the_router_the_instance_decides() {
    let mut lab = saved(Django::InstanceState);
    let refreshed = lab.answered(0, 4);
    assert_eq!(lab.node_of(refreshed), n(1), "it was saved there");
    assert!(lab.op(refreshed).verdict.is_fresh());
    let loaded = lab.answered(0, 5);
    let replica = lab.node_of(loaded);
    assert_ne!(replica, n(1), "no instance, so the router answers");
    for _ in 0..20 {
        let again = lab.answered(0, 5);
        assert_eq!(lab.node_of(again), replica, "it was loaded from there");
    }
    let of_another = lab.answered(1, 4);
    assert_ne!(
        lab.node_of(of_another),
        n(1),
        "another process has no instance"
    );
}

#[test]
fn r_rc_6_the_mended_router_pins_after_a_write() {
    let mut lab = saved(Django::PinAfterWrite(3_000));
    let refreshed = lab.answered(0, 4);
    assert_eq!(lab.node_of(refreshed), n(1));
    lab.wait_ms(3_000);
    let late = lab.answered(0, 4);
    assert_ne!(lab.node_of(late), n(1));
    assert!(
        lab.op(late).verdict.broke_read_your_writes,
        "lag is longer than the pin"
    );
}
