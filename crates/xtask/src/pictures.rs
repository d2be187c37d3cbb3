//! `cargo xtask pictures`: what the release build looks like, for people to look at.

use crate::failure::Failure;
use crate::process;
use crate::test;
use crate::tools::{Need, Toolbox};

/// Builds the page and takes the pictures.
pub(crate) fn run(rest: &[String]) -> Result<(), Failure> {
    on_release_build("tests/e2e/pictures.mjs", rest)
}

/// Builds the page and measures it: `cargo xtask measure`.
pub(crate) fn measure() -> Result<(), Failure> {
    on_release_build("tests/e2e/measure.mjs", &[])
}

fn on_release_build(script: &str, rest: &[String]) -> Result<(), Failure> {
    let toolbox = Toolbox::prepare(&[
        Need::WasmTarget,
        Need::Browser,
        Need::NodePackages,
        Need::WasmOpt,
        Need::Trunk,
        Need::WasmBindgen,
    ])?;
    test::build_page(&toolbox)?;
    let mut node = toolbox.command("node");
    node.arg(script).args(rest);
    process::run(&mut node)
}
