//! cargo-mutants, which says what the mutants are.

use std::path::{Path, PathBuf};

use super::cache::{Cache, Entry};
use super::cargo_install::Crate;
use crate::failure::Failure;

const VERSION: &str = "27.1.0";

/// The folder with `cargo-mutants` in it.
pub(super) fn ensure(cache: &Cache) -> Result<PathBuf, Failure> {
    let entry = Entry {
        name: "cargo-mutants",
        version: VERSION,
        program: "bin/cargo-mutants",
    };
    cache.ensure(&entry, install)
}

fn install(folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("cargo-mutants {VERSION}"),
        "it says what can be changed in the code that judges",
        "compiling it takes 2 to 5 minutes, once for all clones",
    );
    let program = Crate {
        name: "cargo-mutants",
        version: VERSION,
        options: &[],
        opt_level: "1",
    };
    program.install(folder)?;
    super::discard(&folder.join("target"))
}
