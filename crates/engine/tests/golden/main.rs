//! Golden traces: behaviours worth a name, as scripts of commands with the output they gave, for a person to read.
//!
//! Every file under `scripts` is one. `UPDATE_GOLDENFILES=1 cargo test -p replicascope-engine --test golden` writes the output
//! anew; read the difference before it is kept. A new behaviour is a new file, nothing else. The commands are in `runner`;
//! the format is goldenscript's.

mod runner;
mod show;
mod status;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            scripts(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn every_script_gives_its_known_output() {
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scripts");
    scripts(&folder, &mut files);
    files.sort();
    assert!(files.len() >= 10, "the scripts were not found");
    let mut failed = Vec::new();
    for file in &files {
        let run = AssertUnwindSafe(|| goldenscript::run(&mut runner::Runner::default(), file));
        match catch_unwind(run) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(format!("{}: {error}", file.display())),
            Err(_) => failed.push(format!("{}: see above", file.display())),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
