//! Reading and writing scenario files.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use replicascope_engine::Scenario;

use crate::failure::{Failure, Result};

/// The largest file that is read. The largest scenario a person keeps is a thousandth of that.
const MOST_BYTES: u64 = 64 << 20;

/// How a person names standard input.
const STDIN: &str = "-";

/// What to call a file in messages.
pub(crate) fn name(file: &Path) -> String {
    if file == Path::new(STDIN) {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

/// Reads a scenario from a file, or from standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Scenario> {
    let failed = |source| Failure::File {
        what: "read",
        name: name(file),
        source,
    };
    let input: Box<dyn Read> = if file == Path::new(STDIN) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(failed)?)
    };
    let mut text = String::new();
    input
        .take(MOST_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Failure::Unsuitable {
            name: name(file),
            reason: format!("it is larger than {} MiB", MOST_BYTES >> 20),
        });
    }
    Scenario::from_json(&text).map_err(|source| Failure::Scenario {
        name: name(file),
        source,
    })
}

/// Writes a file as a whole or not at all: under another name first, then renamed.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(format!(".{}.unfinished", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = File::create(&unfinished)
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()))
        .and_then(|()| fs::rename(&unfinished, file));
    written.map_err(|source| {
        // There may be none; the first failure is the one to tell.
        let _ = fs::remove_file(&unfinished);
        Failure::File {
            what: "write",
            name: name(file),
            source,
        }
    })
}
