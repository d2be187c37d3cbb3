//! The wall: the engine knows no browser, clock, thread, file or hash map, and does not depend on the page.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_engine_depends_on_nothing_of_the_web() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("readable");
    let dependencies: Vec<&str> = manifest
        .split("[dependencies]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("there are dependencies")
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(
        dependencies,
        ["libm", "schemars", "serde", "serde_json", "thiserror"]
    );
}

#[test]
fn what_only_the_schema_needs_stays_out_of_the_page() {
    let engine = fs::read_to_string(root().join("Cargo.toml")).expect("readable");
    assert!(engine.contains("\nschemars = { version = \"1.2.3\", optional = true }\n"));
    assert!(engine.contains("\nserde_json = { workspace = true, optional = true }\n"));
    assert!(
        !engine.contains("\ndefault = "),
        "no feature is on by itself"
    );
    let page = fs::read_to_string(root().join("../../Cargo.toml")).expect("readable");
    assert!(page.contains("\nreplicascope-engine.workspace = true\n"));
    assert!(page.contains("\nreplicascope-engine = { path = \"crates/engine\" }\n"));
}

#[test]
fn the_engine_uses_nothing_that_differs_between_machines() {
    let forbidden = [
        "std::time",
        "Instant::",
        "SystemTime",
        "std::thread",
        "std::fs",
        "std::net",
        "std::env",
        "HashMap",
        "HashSet",
        "thread_local!",
        "static mut",
        "OnceLock",
        "wasm_bindgen",
        "web_sys",
        "js_sys",
        "leptos",
    ];
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    assert!(files.len() > 20, "the sources were not found");
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for word in forbidden {
                assert!(
                    !line.contains(word),
                    "{}:{}: {word}",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}
