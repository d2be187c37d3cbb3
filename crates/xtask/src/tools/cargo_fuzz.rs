//! cargo-fuzz, which builds and runs what `fuzz` holds.

use std::path::{Path, PathBuf};

use super::cache::{Cache, Entry};
use super::cargo_install::Crate;
use crate::failure::Failure;

const VERSION: &str = "0.13.2";

/// The folder with `cargo-fuzz` in it.
pub(super) fn ensure(cache: &Cache) -> Result<PathBuf, Failure> {
    let entry = Entry {
        name: "cargo-fuzz",
        version: VERSION,
        program: "bin/cargo-fuzz",
    };
    cache.ensure(&entry, install)
}

fn install(folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("cargo-fuzz {VERSION}"),
        "it builds and runs the fuzzer",
        "compiling it takes a minute or two, once for all clones",
    );
    let program = Crate {
        name: "cargo-fuzz",
        version: VERSION,
        options: &[],
        // It only starts other programs.
        opt_level: "1",
    };
    program.install(folder)?;
    super::discard(&folder.join("target"))
}
