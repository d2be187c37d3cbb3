//! What is typed at the command line: expectations, times, nodes, events.

use replicascope_engine::event::EventName;
use replicascope_engine::expect::{Expectation, parse_time, written_time};
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::Endpoint;

/// What is read and written reads back as the same.
pub fn check(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    if let Ok(time) = parse_time(text) {
        assert_eq!(parse_time(&written_time(time)), Ok(time));
    }
    if let Ok(expectation) = text.parse::<Expectation>() {
        let written = expectation.to_string();
        assert_eq!(written.parse().as_ref(), Ok(&expectation), "{written}");
        let json = serde_json::to_string(&expectation).expect("plain data");
        let read: Expectation = serde_json::from_str(&json).expect("what was written");
        assert_eq!(read, expectation, "{json}");
    }
    if let Ok(node) = text.parse::<NodeId>() {
        assert_eq!(node.to_string().parse(), Ok(node));
    }
    if let Ok(end) = text.parse::<Endpoint>() {
        assert_eq!(end.to_string().parse(), Ok(end));
    }
    if let Ok(event) = text.parse::<EventName>() {
        assert_eq!(event.to_string().parse(), Ok(event));
    }
}
