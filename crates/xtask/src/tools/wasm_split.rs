//! `wasm-split-cli`, which cuts the page's program into the parts that come later.

use std::path::{Path, PathBuf};

use super::cache::{Cache, Entry};
use super::cargo_install::Crate;
use crate::failure::Failure;

/// It goes with the `wasm_split_helpers` that Leptos brings, which marks where to cut.
const VERSION: &str = "0.2.4";

/// The folder with `wasm-split-cli` in it.
pub(super) fn ensure(cache: &Cache) -> Result<PathBuf, Failure> {
    let entry = Entry {
        name: "wasm_split_cli_support",
        version: VERSION,
        program: "bin/wasm-split-cli",
    };
    cache.ensure(&entry, install)
}

fn install(folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("wasm-split-cli {VERSION}"),
        "it cuts the page into what opens it and what comes later",
        "compiling it takes 1 to 3 minutes, once for all clones",
    );
    let cli = Crate {
        name: "wasm_split_cli_support",
        version: VERSION,
        options: &["--features", "build-binary"],
        opt_level: "2",
    };
    if let Err(failure) = cli.install(folder) {
        println!("{failure}; trying again with other versions of its dependencies.");
        cli.install_unlocked(folder)?;
    }
    super::discard(&folder.join("target"))
}
