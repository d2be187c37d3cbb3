//! PG3b: nothing but a cancel, a terminate, another list or the standby's return ends the wait; `statement_timeout` does not.
//!
//! | observation | where |
//! |---|---|
//! | how long each waited until it was cancelled | `the_wait_goes_on_until_somebody_cancels_it` |
//! | still waiting after 11 min 26 s | the same |
//! | `remote_apply` with replay paused: still waiting after 12 s, then done | `remote_apply_waits_for_paused_replay` |
//!
//! The engine has no statement time-out, for the measured reason: it would change nothing here.

use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Admin, CommitLevel, Postgresql};

use crate::lab::{Lab, n, postgresql};
use crate::{number, observed, time_agrees};

fn lab() -> Lab {
    let settings = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    };
    Lab::new(&postgresql(2, 0, settings)).at_ms(1_000)
}

fn waited_s(lab: &Lab, op: replicascope_engine::ids::OpId) -> f64 {
    lab.latency(op).expect("over").0 as f64 / 1_000_000.0
}

#[test]
fn the_wait_goes_on_until_somebody_cancels_it() {
    for case in observed("PG3b")["cases"].as_array().expect("a list") {
        let mut lab = lab();
        lab.kill(n(2));
        let op = lab.write(0);
        // Two seconds and a half of looking at it, then 15 s more, as measured.
        lab.run_to_ms(18_500);
        assert_eq!(lab.op(op).status, Status::Open);
        lab.admin(n(1), Admin::CancelWait { op });
        lab.run_to_ms(19_000);
        assert_eq!(lab.op(op).status, Status::Acked);
        let measured = number(&case["waited_s"]);
        assert!(time_agrees(waited_s(&lab, op), measured, measured));
    }
    // The longest that was seen, by accident: 11 min 26 s.
    let seen = observed("PG3b")["longest seen (accident, statement_timeout=4s)"].clone();
    assert!(seen.as_str().expect("a line").contains("00:11:26"));
    let mut lab = lab();
    lab.kill(n(2));
    let op = lab.write(0);
    lab.run_to_ms(1_000 + (11 * 60 + 26) * 1_000);
    assert_eq!(lab.op(op).status, Status::Open);
}

#[test]
fn remote_apply_waits_for_paused_replay() {
    let measured = observed("PG3b")["remote_apply, replay paused, statement_timeout 3s"].clone();
    let mut lab = lab();
    lab.admin(n(2), Admin::PauseReplay);
    let op = lab.write_at(0, n(1), Some(CommitLevel::RemoteApply));
    lab.run_to_ms(13_000);
    assert_eq!(measured["after 12 s"], "still waiting");
    assert_eq!(lab.op(op).status, Status::Open);
    lab.admin(n(2), Admin::ResumeReplay);
    lab.run_to_ms(14_000);
    assert_eq!(lab.op(op).status, Status::Acked);
    let then = number(&measured["then resumed"][0]);
    assert!(time_agrees(waited_s(&lab, op), then, then));
}
