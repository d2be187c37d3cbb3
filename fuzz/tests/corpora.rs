//! Every input of the committed corpora goes through its target, without a fuzzer.

use std::fs;
use std::path::Path;

use replicascope_fuzz::TARGETS;

/// Most inputs of a target, and most bytes of one: a corpus is read by people too, and runs with every test.
const MOST_INPUTS: usize = 48;
const MOST_BYTES: usize = 4_096;

#[test]
fn the_committed_inputs_hold() {
    for (name, check) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        assert!(files.len() <= MOST_INPUTS, "{name}: {}", files.len());
        for file in files {
            let input = fs::read(&file).expect("readable");
            assert!(input.len() <= MOST_BYTES, "{}", file.display());
            // The panic of the check stands above.
            let held = std::panic::catch_unwind(|| check(&input));
            assert!(held.is_ok(), "{} does not hold", file.display());
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_program_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
    let mut programs: Vec<String> = fs::read_dir(folder)
        .expect("fuzz/targets")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    programs.sort();
    assert_eq!(programs, TARGETS.map(|(name, _)| name.to_owned()));
}
