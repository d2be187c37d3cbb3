//! `synchronous_standby_names`, such as `FIRST 1 (n2, n3)`.

use replicascope_engine::ids::{MAX_NODES, NodeId};
use replicascope_engine::scenario::StandbyNames;

/// What is read is written as it stands, and every node has a place in it or none.
pub fn check(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let Ok(names) = text.parse::<StandbyNames>() else {
        return;
    };
    assert_eq!(names.to_string(), text.trim());
    assert_eq!(names.to_string().parse().as_ref(), Ok(&names));
    let listed = (0..MAX_NODES as u8).filter(|&node| names.priority(NodeId(node)) > 0);
    if names.is_empty() {
        assert_eq!(listed.count(), 0);
    } else {
        assert!(names.count() > 0);
    }
}
