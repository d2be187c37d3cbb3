//! PG6: a crashed primary that lost 20 acked rows to a failover comes back as a standby, and is rewound.
//!
//! | observation | where |
//! |---|---|
//! | it starts, waits, shows the 20 lost rows and never the new one (three trials) | `it_starts_and_shows_…` |
//! | after `pg_rewind`: in recovery, streaming, none of the lost rows, equal to the new primary | the same |
//! | what the log says | an event, `cannot_follow` |

use replicascope_engine::event::EventKind;
use replicascope_engine::message::Refusal;
use replicascope_engine::node::Role;
use replicascope_engine::scenario::{
    Action, Admin, Database, LinkSettings, Mode, Postgresql, Setting, Workload,
};

use crate::lab::{Lab, n, writing};
use crate::observed;

#[test]
fn it_starts_and_shows_the_lost_rows_until_it_is_rewound() {
    let measured = observed("PG6");
    let trial = &measured["trials"][0];
    let same = [
        "lost_before",
        "old_only_rows_visible_on_refused_standby",
        "sees_new_row",
        "pg_rewind_rc",
        "after_rewind",
    ];
    for other in measured["trials"].as_array().expect("three") {
        assert!(same.iter().all(|&name| trial[name] == other[name]));
    }
    let mut scenario = writing(Mode::Async, 100, 200);
    scenario.cluster.replicas = 1;
    scenario.cluster.client_link = LinkSettings::default();
    scenario.workload.keys = 10_000;
    scenario.workload.skew_percent = 0;
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        wal_log_hints: true,
        ..Postgresql::default()
    }));
    let mut lab = Lab::new(&scenario).at_ms(5_000);
    lab.set(Setting::Workload(Workload {
        operations_per_second: 0,
        ..scenario.workload
    }));
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    lab.act(Action::Promote { node: n(2) });
    lab.run_to_ms(7_000);
    let lost = lab.lost();
    assert!(
        lost.len()
            .abs_diff(trial["lost_before"].as_u64().expect("a count") as usize)
            <= 1
    );
    let new = lab.write_at(9_999, n(2), None);

    // standby.signal and primary_conninfo, then a start.
    lab.admin(n(1), Admin::Follow { upstream: n(2) });
    lab.restart(n(1));
    lab.run_to_ms(60_000);
    let refused = |kind: &EventKind| matches!(kind, EventKind::CannotFollow { node, why: Refusal::Diverged { .. }, .. } if *node == n(1));
    assert!(lab.when(refused).is_some(), "it says so");
    assert_eq!(lab.simulation.node(n(1)).role(), Role::Demoted);
    let shown: Vec<_> = lost
        .iter()
        .map(|&op| {
            let key = lab.op(op).key.0;
            lab.read(key, Some(n(1)))
        })
        .collect();
    let fresh = lab.read(9_999, Some(n(1)));
    lab.run_to_ms(61_000);
    let visible = shown
        .iter()
        .zip(&lost)
        .filter(|&(&read, &op)| lab.value(read) == Some(op))
        .count();
    assert_eq!(visible, lost.len(), "every lost row is shown");
    assert_eq!(
        trial["old_only_rows_visible_on_refused_standby"],
        trial["lost_before"]
    );
    assert_eq!(trial["sees_new_row"], lab.value(fresh) == Some(new));

    lab.admin(n(1), Admin::Rewind { source: n(2) });
    lab.run_to_ms(70_000);
    let after = &trial["after_rewind"];
    assert_eq!(
        after["in_recovery"],
        lab.simulation.node(n(1)).role() == Role::Replica
    );
    assert_eq!(
        after["rows_equal_to_new_primary"],
        lab.simulation.node(n(1)).table().rows() == lab.simulation.node(n(2)).table().rows()
    );
    assert_eq!(after["streaming"], 1);
    let shows_new = lab.simulation.node(n(1)).table().row(lab.op(new).key).op == new;
    assert_eq!(after["has_new_row"], shows_new);
    assert!(lab.simulation.node(n(1)).streaming_from().is_some());
    let rewound = |kind: &EventKind| matches!(kind, EventKind::Rewound { erased, .. } if *erased as usize == lost.len());
    assert!(
        lab.when(rewound).is_some(),
        "exactly the lost rows are gone"
    );
    assert_eq!(after["lost_rows_present"], 0);
    assert_eq!(trial["pg_rewind_rc"], 0);
}
