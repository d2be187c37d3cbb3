//! Tools that are compiled from their published source.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// A program as the registry has it.
pub(super) struct Crate<'a> {
    /// The package's name.
    pub(super) name: &'a str,
    /// The exact version.
    pub(super) version: &'a str,
    /// Further options of `cargo install`.
    pub(super) options: &'a [&'a str],
    /// How much work the compiler spends on it, 0 to 3.
    pub(super) opt_level: &'a str,
}

impl Crate<'_> {
    /// Compiles the program into `folder`, with the dependencies it was published with.
    pub(super) fn install(&self, folder: &Path) -> Result<(), Failure> {
        process::run(self.command(folder).arg("--locked"))
    }

    /// The same with the newest dependencies that fit.
    pub(super) fn install_unlocked(&self, folder: &Path) -> Result<(), Failure> {
        process::run(&mut self.command(folder))
    }

    fn command(&self, folder: &Path) -> Command {
        let mut cargo = Command::new(super::cargo_program());
        cargo
            .args(["install", self.name, "--version", self.version])
            .args(self.options)
            .arg("--root")
            .arg(folder)
            // Beside the result, so that it is thrown away with an interrupted attempt, and no target
            // folder named by the user is filled with it.
            .arg("--target-dir")
            .arg(folder.join("target"))
            // Cargo warns about folders that are not on the PATH; this one never will be.
            .env("PATH", process::path_with(&[folder.join("bin")]))
            // A newcomer waits for this. Link-time optimisation doubles the wait and wins nothing here.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
        cargo
    }
}
