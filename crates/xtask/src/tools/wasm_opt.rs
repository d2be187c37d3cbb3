//! `wasm-opt`, which makes the page's wasm smaller and faster.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::{Cache, Entry};
use super::node;
use crate::failure::Failure;
use crate::process;

/// The npm package's version.
const VERSION: &str = "132.0.0";

/// The folder with `wasm-opt` in it.
pub(super) fn ensure(cache: &Cache) -> Result<PathBuf, Failure> {
    // The program is a script that Node.js runs.
    node::require()?;
    let entry = Entry {
        name: "binaryen",
        version: VERSION,
        program: "node_modules/.bin/wasm-opt",
    };
    cache.ensure(&entry, install)
}

fn install(folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("binaryen {VERSION}"),
        "its wasm-opt makes the page smaller and faster",
        "this takes a few seconds",
    );
    let mut npm = Command::new(node::require_npm()?);
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(folder)
        .arg(format!("binaryen@{VERSION}"));
    process::run_quietly(&mut npm)
}
