//! `cargo xtask mutants`: whether the tests notice a changed verdict, ack or election.

use std::fs;

use crate::failure::Failure;
use crate::process;
use crate::tools::{Need, Toolbox};
use crate::workspace;

/// Lists the mutants and has them judged. `rest` goes to the judge.
pub(crate) fn run(rest: &[String]) -> Result<(), Failure> {
    let toolbox = Toolbox::prepare(&[Need::CargoMutants])?;
    let folder = workspace::root().join("target/mutants");
    fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
    let list = folder.join("list.json");
    let mut cargo = toolbox.cargo();
    cargo.args([
        "mutants",
        "--list",
        "--json",
        "--package=replicascope-engine",
    ]);
    let text = process::read(&mut cargo)?;
    fs::write(&list, text).map_err(Failure::file("write", &list))?;
    let mut judge = toolbox.cargo();
    judge
        .args(["run", "--quiet", "--package", "mutants", "--"])
        .args([&list, &folder])
        .args(rest);
    process::run(&mut judge)
}
