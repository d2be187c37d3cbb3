//! PG3c: an async standby next door shows a row long before the primary does, whose synchronous standby is far away.
//!
//! | observation | where |
//! |---|---|
//! | when each trial first saw the row on s2 and on the primary | `the_async_standby_is_first_in_every_trial`: 90 ms apart or more |
//! | when the client was acked | the same |

use replicascope_engine::scenario::{LinkSettings, Postgresql};

use crate::lab::{Lab, delay_between, n, postgresql};
use crate::{latency_agrees, number, observed};

#[test]
fn the_async_standby_is_first_in_every_trial() {
    let measured = observed("PG3c");
    let trials = measured["trials"].as_array().expect("a list");
    let settings = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut scenario = postgresql(2, 0, settings);
    scenario.cluster.client_link = LinkSettings::default();
    delay_between(&mut scenario, n(1), n(2), 50);
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    for trial in 0..trials.len() as u64 {
        let start = 1_000 + trial * 1_000;
        lab.run_to_ms(start);
        let op = lab.write(0);
        let mut first_seen = [None, None];
        let mut reads = Vec::new();
        for ms in 1..200 {
            for (place, node) in [n(1), n(3)].into_iter().enumerate() {
                reads.push((place, ms, lab.read(0, Some(node))));
            }
            lab.run_to_ms(start + ms);
        }
        for (place, ms, read) in reads {
            if lab.value(read) == Some(op) && first_seen[place].is_none() {
                first_seen[place] = Some(ms as f64);
            }
        }
        let [primary, standby] = first_seen.map(|seen| seen.expect("seen in the end"));
        assert!(
            primary - standby >= 90.0,
            "trial {trial}: {standby} and {primary}"
        );
        let ack = lab.latency(op).expect("acked").0 as f64 / 1_000.0;
        let measured_median = number(&measured["primary_first_seen"]["median"]);
        assert!(latency_agrees(ack, measured_median), "{ack}");
        // The measured times include 5 to 15 ms of opening connections.
        assert!(standby <= number(&measured["s2_first_seen"]["min"]));
    }
}
