//! wasm-bindgen's command line, which has to be of exactly the version of the library.

use std::path::{Path, PathBuf};

use super::cache::{Cache, Entry};
use super::cargo_install::Crate;
use crate::failure::Failure;
use crate::workspace;

/// The folder with `wasm-bindgen` and `wasm-bindgen-test-runner` in it.
pub(super) fn ensure(cache: &Cache, root: &Path) -> Result<PathBuf, Failure> {
    let path = root.join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
    let version = workspace::locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::new("Cargo.lock names no version of wasm-bindgen"))?;
    let entry = Entry {
        name: "wasm-bindgen-cli",
        version,
        program: "bin/wasm-bindgen-test-runner",
    };
    cache.ensure(&entry, |folder| install(version, folder))
}

fn install(version: &str, folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("wasm-bindgen-cli {version}"),
        "it joins wasm to JavaScript and runs the browser tests; Cargo.lock asks for this version",
        "compiling it takes 2 to 5 minutes, once for all clones",
    );
    let cli = Crate {
        name: "wasm-bindgen-cli",
        version,
        options: &[],
        // It takes large modules apart in every browser test.
        opt_level: "3",
    };
    if let Err(failure) = cli.install(folder) {
        println!("{failure}; trying again with other versions of its dependencies.");
        cli.install_unlocked(folder)?;
    }
    super::discard(&folder.join("target"))
}
