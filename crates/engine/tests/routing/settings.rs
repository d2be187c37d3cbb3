//! Routing as data.

use replicascope_engine::Scenario;
use replicascope_engine::scenario::{Pin, Routing, Setting, Token};
use replicascope_engine::time::Time;

use crate::lab::{Lab, n};
use crate::lagging;

fn read(text: &str) -> Result<Scenario, String> {
    Scenario::from_json(text).map_err(|error| error.to_string())
}

#[test]
fn a_file_without_routing_means_what_it_did() {
    let old = read(r#"{"version":1,"settings":{"reads":"random"}}"#).expect("valid");
    assert_eq!(old.settings.routing, Routing::Plain);
    assert!(!old.to_json().contains("routing"));
    let newer = read(r#"{"version":1,"settings":{"routing":"sticky"}}"#).expect_err("newer");
    assert_eq!(
        newer,
        "settings.routing: routers came with version 2, and this file says version 1"
    );
}

#[test]
fn every_routing_can_be_written_and_read() {
    for text in [
        r#""sticky""#,
        r#"{"pin":{"delay":60000,"from":"sent","global":true}}"#,
        r#"{"token":{"position":"insert","wait":null,"keep_seen":false,"timelines":true}}"#,
        r#"{"django":"primary_replica_router"}"#,
        r#"{"django":{"pin_after_write":3000}}"#,
        r#"{"proxysql":{"max_replication_lag":10}}"#,
        r#"{"maxscale":{"causal_reads":"fast_universal","causal_reads_timeout":3}}"#,
        r#"{"pgpool":{"delay_threshold_by_time":500,"disable_load_balance_on_write":"always"}}"#,
        r#"{"haproxy":{"inter":3000,"fall":3,"rise":2,"lag":1048576}}"#,
    ] {
        let scenario = read(&format!(
            r#"{{"version":2,"settings":{{"routing":{text}}}}}"#
        ));
        let scenario = scenario.expect(text);
        assert_ne!(scenario.settings.routing, Routing::Plain);
        let again = read(&scenario.to_json()).expect("what was written can be read");
        assert_eq!(again, scenario);
    }
    let defaults = read(r#"{"version":2,"settings":{"routing":{"pin":{}}}}"#).expect("valid");
    assert_eq!(defaults.settings.routing, Routing::Pin(Pin::RAILS));
}

#[test]
fn errors_name_the_field() {
    for (text, error) in [
        (
            r#"{"version":2,"settings":{"routing":{"haproxy":{"rise":0}}}}"#,
            "settings.routing.haproxy.rise: 0 is not in 1 to 1000 checks",
        ),
        (
            r#"{"version":2,"settings":{"routing":{"token":{"wait":3600001}}}}"#,
            "settings.routing.token.wait: 3600001 is not in 0 to 3600000 ms",
        ),
        (
            r#"{"version":2,"settings":{"database":{"postgresql":{}},"routing":{"maxscale":{}}}}"#,
            "settings.routing: ProxySQL and MaxScale speak to MySQL and MariaDB",
        ),
        (
            r#"{"version":2,"settings":{"database":{"mysql":{}},"routing":{"pgpool":{}}}}"#,
            "settings.routing: Pgpool-II, and HAProxy with `/primary` and `/replica`, speak to PostgreSQL",
        ),
        (
            r#"{"version":2,"actions":[{"at_us":1,"action":{"set":{"routing":{"pgpool":{"sr_check_period":0}}}}}]}"#,
            "actions[0].action.set.routing.pgpool.sr_check_period: 0 is not in 1 to 3600 s",
        ),
    ] {
        assert_eq!(read(text).expect_err(text), error);
    }
}

#[test]
fn another_routing_forgets_what_sessions_knew() {
    let mut lab = Lab::new(&lagging(2, 60_000, Routing::Pin(Pin::RAILS))).at_ms(1_000);
    lab.acked(0, 0);
    let pinned = lab.answered(0, 0);
    assert_eq!(lab.node_of(pinned), n(1));
    lab.set(Setting::Routing(Routing::Token(Token::default())));
    let free = lab.answered(0, 0);
    assert_ne!(lab.node_of(free), n(1));
    assert!(lab.simulation.now() < Time::from_secs(2));
}
