//! Links: letters, compression, head, scenario, replay.

use miniz_oxide::deflate::compress_to_vec;
use replicascope_link::{Link, in_letters};

/// How many steps of a replay are taken.
const STEPS: u64 = 1_000;

/// The first byte says what the others are: a link, what is compressed in one, or what is packed in it. The last two have a check that
/// fits, which no fuzzer would find.
pub fn check(input: &[u8]) {
    let Some((&kind, rest)) = input.split_first() else {
        return;
    };
    let fragment = match kind {
        b'c' => in_letters(rest),
        b'p' => in_letters(&compress_to_vec(rest, 1)),
        _ => match core::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        },
    };
    let link = match Link::from_fragment(&fragment) {
        Ok(link) => link,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(Link::from_fragment(&link.to_fragment()).as_ref(), Ok(&link));
    let (recording, _) = link.replay(STEPS).expect("its scenario was checked");
    assert!(recording.simulation().now() <= link.at);
}
