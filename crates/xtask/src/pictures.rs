//! `cargo xtask pictures`: what the release build looks like, for people to look at.

use crate::failure::Failure;
use crate::process;
use crate::test;
use crate::tools::{Need, Toolbox, WASM_TARGET};

/// Builds the page and takes the pictures.
pub(crate) fn run(rest: &[String]) -> Result<(), Failure> {
    on_release_build(&toolbox()?, "tests/e2e/pictures.mjs", rest)
}

/// Builds the page, and a fixed piece of the engine's work natively and as the page has it, and measures them:
/// `cargo xtask measure`.
pub(crate) fn measure() -> Result<(), Failure> {
    let toolbox = toolbox()?;
    for profile in [
        &["--release"][..],
        &["--profile", "page", "--target", WASM_TARGET],
    ] {
        let mut cargo = toolbox.cargo();
        cargo
            .args(["build", "--package", "replicascope-engine"])
            .args(["--example", "pace"])
            .args(profile);
        process::run(&mut cargo)?;
    }
    on_release_build(&toolbox, "tests/e2e/measure.mjs", &[])
}

fn toolbox() -> Result<Toolbox, Failure> {
    Toolbox::prepare(&[
        Need::WasmTarget,
        Need::Browser,
        Need::NodePackages,
        Need::WasmOpt,
        Need::Trunk,
        Need::WasmBindgen,
    ])
}

fn on_release_build(toolbox: &Toolbox, script: &str, rest: &[String]) -> Result<(), Failure> {
    test::build_page(toolbox)?;
    let mut node = toolbox.command("node");
    node.arg(script).args(rest);
    process::run(&mut node)
}
