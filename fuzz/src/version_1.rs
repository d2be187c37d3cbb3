//! Scenario files that say they are of version 1: the same run as the same file of version 2.

use replicascope_engine::Scenario;
use serde_json::Value;

use crate::scenario::hash;

const STEPS: u64 = 300;

/// A file of version 1 is a file of version 2 without what version 2 added.
pub fn check(input: &[u8]) {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(input) else {
        return;
    };
    fields.insert("version".to_owned(), 1.into());
    let Ok(old) = Scenario::from_json(&Value::Object(fields.clone()).to_string()) else {
        return;
    };
    fields.insert("version".to_owned(), 2.into());
    let new = Scenario::from_json(&Value::Object(fields).to_string())
        .expect("version 2 has everything that version 1 had");
    assert_eq!(hash(&old, STEPS), hash(&new, STEPS));
}
