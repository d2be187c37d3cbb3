//! The reader and writer beside `serde_json`, whose paths come from `serde_path_to_error`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{from_text, to_line, to_lines};
use crate::Scenario;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Everything {
    yes: bool,
    small: u8,
    whole: u64,
    signed: i64,
    fraction: f64,
    text: String,
    letter: char,
    maybe: Option<Box<Everything>>,
    list: Vec<Kind>,
    pair: (u32, String),
    named: BTreeMap<String, i8>,
    nothing: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Kind {
    Bare,
    One(u16),
    Pair(i32, Option<bool>),
    Parts { a: u8, b: Vec<String> },
}

/// What is wrong with a text according to `serde_json`.
#[derive(Debug)]
struct Wrong {
    path: String,
    /// A value of the wrong kind, not a break of the grammar.
    is_data: bool,
}

/// What `serde_json` makes of it.
fn judged(text: &str) -> Result<Everything, Wrong> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| Wrong {
        // The whole is "." there.
        path: Some(error.path().to_string())
            .filter(|path| path != ".")
            .unwrap_or_default(),
        is_data: error.inner().is_data(),
    })?;
    reader.end().map_err(|_| Wrong {
        path: String::new(),
        is_data: false,
    })?;
    Ok(value)
}

/// Both take the text and read the same from it, or both refuse it and name the same field. Where the grammar is broken between
/// two fields or items, one of them may name what is around them.
fn compare(text: &str) {
    match (judged(text), from_text::<Everything>(text)) {
        (Ok(expected), Ok(found)) => assert_eq!(found, expected, "{text}"),
        (Err(expected), Err(found)) if expected.is_data => {
            assert_eq!(found.path(), expected.path, "{text}: {found}");
        }
        (Err(expected), Err(found)) => {
            let path = expected.path.trim_end_matches(['.', '?']);
            assert!(
                path.starts_with(found.path()) || found.path().starts_with(path),
                "{text}: {} is not {path}: {found}",
                found.path()
            );
        }
        (expected, found) => panic!("{text}: expected {expected:?}, found {found:?}"),
    }
}

fn everything() -> Everything {
    Everything {
        yes: true,
        small: 255,
        whole: u64::MAX,
        signed: i64::MIN,
        fraction: -1234.5,
        text: "a \"b\" \\ / \n\r\t\u{8}\u{c}\u{1}\u{7f} é 😀 \u{2028}".to_owned(),
        letter: 'ß',
        maybe: Some(Box::new(Everything::default())),
        list: vec![
            Kind::Bare,
            Kind::One(7),
            Kind::Pair(-7, None),
            Kind::Parts {
                a: 1,
                b: vec!["x".to_owned(), String::new()],
            },
        ],
        pair: (3, "three".to_owned()),
        named: [("a".to_owned(), -1), ("\n".to_owned(), 127)].into(),
        nothing: (),
    }
}

#[test]
fn what_is_written_is_what_serde_json_writes_and_reads_back() {
    for value in [everything(), Everything::default()] {
        let (line, lines) = (to_line(&value).unwrap(), to_lines(&value).unwrap());
        assert_eq!(line, serde_json::to_string(&value).unwrap());
        assert_eq!(lines, serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(from_text::<Everything>(&lines).unwrap(), value);
        compare(&line);
    }
    assert_eq!(to_line(&[1.0, 0.5, f64::NAN]).unwrap(), "[1.0,0.5,null]");
    assert_eq!(to_line("<&>").unwrap(), "\"<&>\"");
}

#[test]
fn texts_that_are_no_json_are_refused_where_serde_json_refuses_them() {
    let texts = [
        "",
        " ",
        "{",
        "}",
        "null",
        "{}x",
        "{} {}",
        "{,}",
        "{\"yes\"}",
        "{\"yes\":}",
        "{\"yes\":true,}",
        "{\"yes\":true \"small\":1}",
        "{yes:true}",
        "{\"yes\":tru}",
        "{\"yes\":truefalse}",
        "{\"small\":01}",
        "{\"small\":1.}",
        "{\"small\":.5}",
        "{\"small\":-}",
        "{\"small\":1e}",
        "{\"small\":+1}",
        "{\"small\":1e+}",
        "{\"text\":\"",
        "{\"text\":\"\\x\"}",
        "{\"text\":\"\\u12\"}",
        "{\"text\":\"\\uD800\"}",
        "{\"text\":\"\\uDC00\"}",
        "{\"text\":\"\\uD83D\\uDE00\"}",
        "{\"text\":\"\\uD83D\\n\"}",
        "{\"text\":\"\\uD83D\\u0041\"}",
        "{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
        "{\"text\":\"a\nb\"}",
        "{\"list\":[",
        "{\"list\":[\"bare\"",
        "{\"list\":[\"bare\",]}",
        "{\"list\":[\"bare\" 1]}",
        "{\"list\":[{\"one\":1}",
    ];
    for text in texts {
        compare(text);
    }
}

#[test]
fn values_of_the_wrong_kind_are_found_where_serde_json_finds_them() {
    let texts = [
        "{\"small\":256}",
        "{\"small\":-1}",
        "{\"small\":1.5}",
        "{\"small\":\"1\"}",
        "{\"small\":null}",
        "{\"small\":[]}",
        "{\"small\":{}}",
        "{\"whole\":18446744073709551616}",
        "{\"signed\":-9223372036854775809}",
        "{\"signed\":9223372036854775808}",
        "{\"text\":5}",
        "{\"letter\":\"ab\"}",
        "{\"yes\":0}",
        "{\"smal\":1}",
        "{\"small\":1,\"small\":2}",
        "{\"maybe\":5}",
        "{\"maybe\":{\"maybe\":{\"small\":999}}}",
        "{\"maybe\":null}",
        "{\"list\":{}}",
        "{\"list\":[\"bar\"]}",
        "{\"list\":[5]}",
        "{\"list\":[\"bare\",{\"bare\":null}]}",
        "{\"list\":[\"bare\",{\"bare\":1}]}",
        "{\"list\":[\"one\"]}",
        "{\"list\":[{\"one\":-1}]}",
        "{\"list\":[{\"one\":1,\"bare\":null}]}",
        "{\"list\":[{}]}",
        "{\"list\":[{\"parts\":{\"a\":1}}]}",
        "{\"list\":[{\"parts\":{\"c\":1}}]}",
        "{\"list\":[{\"parts\":{\"a\":1,\"b\":[\"x\",5]}}]}",
        "{\"list\":[{\"pair\":[1]}]}",
        "{\"list\":[{\"pair\":[1,true,3]}]}",
        "{\"list\":[{\"pair\":[1,2]}]}",
        "{\"pair\":[1,\"a\",2]}",
        "{\"pair\":[1]}",
        "{\"named\":{\"1\":1,\"2\":200}}",
        "{\"nothing\":0}",
        "{\"fraction\":1}",
        "{\"fraction\":-3}",
        "{\"fraction\":2.5e-3}",
        "{\"fraction\":1E2}",
        "{\"fraction\":-0.0}",
        "{\"fraction\":\"1\"}",
        "{\"fraction\":123456789.125}",
        "{\"fraction\":0.001}",
        "{\"fraction\":41.2}",
    ];
    for text in texts {
        compare(text);
    }
}

/// Ten thousand texts that are nearly right: each a good one with a few bytes changed, dropped or doubled.
#[test]
fn damaged_texts_are_judged_alike() {
    let good = to_line(&everything()).unwrap();
    let mut state = 0x6A73_6F6E_u64;
    let mut below = |most: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % most
    };
    for _ in 0..10_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(3) {
                0 => bytes[at] = b"{}[]\",:0-e. \\tn"[below(15)],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        // A list in place of an object is the one thing in which the two differ on purpose.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        if !text.starts_with('[')
            && !text.contains(":[[")
            && !text.contains("e\":[\"")
            && !text.contains("\"maybe\":[")
        {
            compare(&text);
        }
    }
}

#[test]
fn an_error_says_where() {
    let error =
        from_text::<Everything>("{\n  \"list\": [\n    \"bare\",\n    {\"one\": 70000}\n  ]\n}")
            .unwrap_err();
    assert_eq!(error.path(), "list[1].one");
    assert_eq!(
        error.to_string(),
        "invalid value: integer `70000`, expected u16 at line 4 column 17"
    );
    let error = from_text::<Scenario>("{\"version\":1,\"actions\":[5]}").unwrap_err();
    assert_eq!(error.path(), "actions[0]");
    let error = from_text::<Scenario>("{\"version\":1,\"cluster\":[]}").unwrap_err();
    assert_eq!(error.path(), "cluster");
    assert!(
        error
            .to_string()
            .starts_with("invalid type: sequence, expected struct Cluster"),
        "{error}"
    );
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(from_text::<serde::de::IgnoredAny>(&deep).is_err());
    let fine = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(from_text::<serde::de::IgnoredAny>(&fine).is_ok());
}

#[test]
fn every_event_of_a_run_is_one_line_as_serde_json_writes_it() {
    let mut run = crate::Simulation::new(&Scenario::default()).expect("valid");
    run.advance_to(crate::time::Time::from_secs(2));
    for event in run.trace().events() {
        let mut line = String::new();
        event.write_line(&mut line).expect("plain data");
        let expected = serde_json::to_string(event).expect("plain data");
        assert_eq!(line, format!("{expected}\n"));
    }
}

/// Three decimals, as reports write spans: read back to the last bit.
#[test]
fn fractions_are_read_as_they_were_written() {
    for text in ["69.347", "0.001", "1100.001", "3.3e-7", "1.5e-30", "2e25"] {
        let read: f64 = super::from_text(text).expect(text);
        let meant: f64 = text.parse().expect(text);
        assert_eq!(read.to_bits(), meant.to_bits(), "{text}");
    }
    for thousandths in (1..3_000_000_u64).step_by(997) {
        let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        let read: f64 = super::from_text(&text).expect(&text);
        assert_eq!(
            read.to_bits(),
            (thousandths as f64 / 1e3).to_bits(),
            "{text}"
        );
    }
}
