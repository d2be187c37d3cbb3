//! PG3d: how long the first commit waits when the synchronous standby dies, freezes or is cut off, and when a waiter wakes
//! after the standby was dropped or the list was changed.
//!
//! | observation | where |
//! |---|---|
//! | stall of the first commit: killed, frozen, cut off, with two time-outs and both methods | `the_first_commit_after_the_standby_went` |
//! | release after the sender is terminated or the list changed, idle and busy | `a_waiter_wakes_when_the_next_standby_replies` |
//!
//! A waiter wakes when a remaining synchronous standby next replies. On an idle system that is a status message or the
//! answer to a keepalive, whose phase is set by the last record the standby received. The real system writes a record now
//! and then by itself; here a local write at several instants does that, so that the same phases are met.

use replicascope_engine::ids::OpId;
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Database, KillKind, Postgresql, Setting,
};
use serde_json::Value;

use crate::lab::{Lab, n, postgresql};
use crate::{number, observed, time_agrees};

fn settings(names: &str, sender_timeout_s: u64) -> Postgresql {
    Postgresql {
        synchronous_standby_names: names.parse().expect("valid"),
        wal_sender_timeout: sender_timeout_s * 1_000,
        ..Postgresql::default()
    }
}

fn stall_s(lab: &Lab, op: OpId) -> f64 {
    lab.latency(op).expect("it ended").0 as f64 / 1_000_000.0
}

fn range(value: &Value) -> (f64, f64) {
    (number(&value["min"]), number(&value["max"]))
}

/// Breaks s1 (n2) and commits at once; a record nobody waits for follows `echo_ms` later, if any.
fn first_commit(settings: Postgresql, break_it: impl Fn(&mut Lab), echo_ms: Option<u64>) -> f64 {
    let mut lab = Lab::new(&postgresql(2, 0, settings)).at_ms(1_900);
    // The commit before, to which s1 replied last.
    lab.write(1);
    lab.run_to_ms(2_000);
    break_it(&mut lab);
    let op = lab.write(0);
    if let Some(ms) = echo_ms {
        lab.run_to_ms(2_000 + ms);
        lab.write_at(2, n(1), Some(CommitLevel::Local));
    }
    lab.run_to_ms(120_000);
    stall_s(&lab, op)
}

#[test]
fn the_first_commit_after_the_standby_went() {
    let measured = observed("PG3d")["first_commit_stall_s"].clone();
    let kill = |lab: &mut Lab| {
        lab.act(Action::Kill {
            node: n(2),
            how: KillKind::Process,
        });
    };
    let freeze = |lab: &mut Lab| lab.act(Action::Freeze { node: n(2) });
    let cut = |lab: &mut Lab| lab.act(Action::Isolate { node: n(2) });
    let first = "FIRST 1 (n2, n3)";

    let (least, most) = range(&measured["FIRST 1 (s1,s2) | SIGKILL | wal_sender_timeout 60s"]);
    let stall = first_commit(settings(first, 60), kill, None);
    assert!(stall < most + 0.005 && stall + 0.005 > least, "{stall}");

    for (case, break_it) in [
        (
            "FIRST 1 (s1,s2) | SIGSTOP | wal_sender_timeout 10s",
            &freeze as &dyn Fn(&mut Lab),
        ),
        ("FIRST 1 (s1,s2) | blackhole | wal_sender_timeout 10s", &cut),
    ] {
        let (least, most) = range(&measured[case]);
        for value in measured[case]["values"].as_array().expect("a list") {
            // The phase of s2's replies that this trial met.
            let echo_ms = ((number(value) - 10.0) * 1_000.0) as u64;
            let stall = first_commit(settings(first, 10), break_it, Some(echo_ms));
            assert!(time_agrees(stall, least, most), "{case}: {stall}");
            assert!(
                (stall - number(value)).abs() < 0.5,
                "{case}: {stall}, not {value}"
            );
        }
    }

    let (least, most) = range(&measured["FIRST 1 (s1,s2) | SIGSTOP | wal_sender_timeout 60s"]);
    let stall = first_commit(settings(first, 60), freeze, Some(9_168));
    assert!(time_agrees(stall, least, most), "{stall}");

    let (least, most) = range(&measured["ANY 1 (s1,s2) | SIGSTOP | wal_sender_timeout 60s"]);
    let stall = first_commit(settings("ANY 1 (n2, n3)", 60), freeze, None);
    assert!(stall < most + 0.005 && stall + 0.005 > least, "{stall}");
}

/// A commit waits for frozen s1; `change` is made `phase_ms` later. How long until the commit returns?
fn release_after(change: impl Fn(&mut Lab), phase_ms: u64, background: bool) -> f64 {
    let mut lab = Lab::new(&postgresql(2, 0, settings("FIRST 1 (n2, n3)", 60))).at_ms(1_000);
    lab.act(Action::Freeze { node: n(2) });
    let op = lab.write(0);
    let mut now = 1_000;
    let mut echo = |lab: &mut Lab, until: u64| {
        while now < until {
            now += 50;
            lab.run_to_ms(now.min(until));
            if background {
                lab.write_at(1, n(1), Some(CommitLevel::Local));
            }
        }
    };
    echo(&mut lab, 2_000 + phase_ms);
    let changed = lab.simulation.now();
    change(&mut lab);
    echo(&mut lab, 60_000);
    let done = lab.op(op).done_at.expect("released");
    done.since(changed).0 as f64 / 1_000_000.0
}

#[test]
fn a_waiter_wakes_when_the_next_standby_replies() {
    let measured = observed("PG3d")["release_after_change_s"].clone();
    let terminate = |lab: &mut Lab| lab.admin(n(1), Admin::TerminateSender { standby: n(2) });
    let rename = |lab: &mut Lab| {
        let names = settings("FIRST 1 (n3)", 60);
        lab.set(Setting::Database(Database::Postgresql(Box::new(names))));
    };
    for entry in measured.as_array().expect("a list") {
        let case = entry["case"].as_str().expect("a name");
        let background = entry["background_local_writes_20_per_s"] == true;
        let values: Vec<f64> = entry["seconds_from_change_to_release"]
            .as_array()
            .expect("a list")
            .iter()
            .map(number)
            .collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        for &value in &values {
            // s2 replies every ten seconds after the commit; the change comes so long before the next time.
            let phase_ms = if background {
                0
            } else {
                9_000 - ((value * 1_000.0) as u64).min(9_000)
            };
            let released = if case.contains("terminated") {
                release_after(terminate, phase_ms, background)
            } else {
                release_after(rename, phase_ms, background)
            };
            assert!(
                time_agrees(released, least, most),
                "{case}: {released}, not {value}"
            );
            assert_eq!(background, released < 0.1, "{case}: {released}");
        }
    }
}
