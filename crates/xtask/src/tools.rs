//! The tools that the commands run, installed when they are missing.
//!
//! [`Toolbox::prepare`] is all that the commands see. Each module below knows one tool: how to tell
//! that it is there, how to install it, and what to say where that is impossible.

mod apt;
mod cache;
mod cargo_fuzz;
mod cargo_install;
mod cargo_mutants;
mod chromium;
mod components;
mod node;
mod toolchain;
mod trunk;
mod wasm_bindgen;
mod wasm_opt;
mod wasm_split;
mod wasm_target;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace;
use cache::Cache;
use chromium::Browser;
use toolchain::Toolchain;
pub(crate) use wasm_target::NAME as WASM_TARGET;

/// Something a command cannot do without.
///
/// In the order in which they are looked at: what cannot be installed here should be said before
/// minutes go into compiling, so the compiled ones come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// rustfmt and clippy.
    Components,
    /// Rust's standard library for wasm32.
    WasmTarget,
    /// What the end-to-end tests import.
    NodePackages,
    /// `wasm-opt`.
    WasmOpt,
    /// Chromium and its driver.
    Browser,
    /// Trunk.
    Trunk,
    /// `wasm-bindgen` and its test runner.
    WasmBindgen,
    /// `wasm-split-cli`.
    WasmSplit,
    /// cargo-fuzz.
    CargoFuzz,
    /// cargo-mutants.
    CargoMutants,
}

impl Need {
    /// Everything that the page and its tests need.
    pub(crate) const ALL: [Self; 8] = [
        Self::Components,
        Self::WasmTarget,
        Self::NodePackages,
        Self::WasmOpt,
        Self::Browser,
        Self::Trunk,
        Self::WasmBindgen,
        Self::WasmSplit,
    ];
}

/// Tools that are there, and commands that find them.
pub(crate) struct Toolbox {
    root: PathBuf,
    bin_folders: Vec<PathBuf>,
    browser: Option<Browser>,
}

impl Toolbox {
    /// Installs what of `needs` is missing.
    pub(crate) fn prepare(needs: &[Need]) -> Result<Self, Failure> {
        let mut needs = needs.to_vec();
        needs.sort();
        needs.dedup();

        let mut toolbox = Self {
            root: workspace::root(),
            bin_folders: Vec::new(),
            browser: None,
        };
        if needs.is_empty() {
            return Ok(toolbox);
        }
        let cache = Cache::open()?;
        let toolchain = Toolchain::active()?;
        for need in needs {
            toolbox.prepare_one(need, &cache, &toolchain)?;
        }
        Ok(toolbox)
    }

    fn prepare_one(
        &mut self,
        need: Need,
        cache: &Cache,
        toolchain: &Toolchain,
    ) -> Result<(), Failure> {
        match need {
            Need::Components => components::ensure(toolchain)?,
            Need::WasmTarget => wasm_target::ensure(toolchain)?,
            Need::Browser => self.browser = Some(chromium::ensure()?),
            Need::NodePackages => node::ensure_packages(cache, &self.root.join("tests/e2e"))?,
            Need::WasmOpt => self.bin_folders.push(wasm_opt::ensure(cache)?),
            Need::Trunk => self.bin_folders.push(trunk::ensure(cache)?),
            Need::WasmBindgen => {
                let folder = wasm_bindgen::ensure(cache, &self.root)?;
                self.bin_folders.push(folder);
            }
            Need::WasmSplit => self.bin_folders.push(wasm_split::ensure(cache)?),
            Need::CargoFuzz => self.bin_folders.push(cargo_fuzz::ensure(cache)?),
            Need::CargoMutants => self.bin_folders.push(cargo_mutants::ensure(cache)?),
        }
        Ok(())
    }

    /// The folders of the tools, as one piece of a `PATH`.
    pub(crate) fn bin_folders(&self) -> PathBuf {
        let joined = std::env::join_paths(&self.bin_folders);
        joined.map_or_else(|_| PathBuf::new(), PathBuf::from)
    }

    /// A command that runs in the repository's root and finds the tools.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("PATH", process::path_with(&self.bin_folders));
        if let Some(browser) = &self.browser {
            command
                .env("CHROME", &browser.chromium)
                .env("CHROMEDRIVER", &browser.driver);
        }
        command
    }

    /// Cargo, the one that is running this.
    pub(crate) fn cargo(&self) -> Command {
        self.command(&cargo_program().to_string_lossy())
    }

    /// Trunk, which finds the other tools on the PATH and asks nobody about newer versions.
    pub(crate) fn trunk(&self) -> Command {
        let mut trunk = self.command("trunk");
        trunk.env("TRUNK_SKIP_VERSION_CHECK", "true");
        // Trunk takes the variable for its own switch and stops at any value but true and false.
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            trunk.env("NO_COLOR", "true");
        }
        trunk
    }

    /// Prepares `cargo test` for wasm32: what wasm-bindgen's test runner has to know.
    pub(crate) fn in_browser<'a>(
        &self,
        cargo: &'a mut Command,
    ) -> Result<&'a mut Command, Failure> {
        if let Some(browser) = &self.browser {
            let settings = browser.write_webdriver_settings(&self.root)?;
            cargo.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", settings);
        }
        // In seconds. The runner's own limits, 20 and 5, are for one quick test on an idle machine.
        cargo
            .env("WASM_BINDGEN_TEST_TIMEOUT", "600")
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
        Ok(cargo)
    }
}

/// The cargo that is running this program.
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Says what is being installed, why, and how long that takes.
fn announce(what: &str, why: &str, how: &str) {
    println!("Installing {what} ({why}); {how}.");
}

/// Where a program is, or the line that says how to get it.
fn require(program: &str, missing: &str) -> Result<PathBuf, Failure> {
    process::find(program).ok_or_else(|| Failure::new(missing))
}

/// Whether there is something in `folder`.
fn filled(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Removes a folder that is of no more use.
fn discard(folder: &Path) -> Result<(), Failure> {
    std::fs::remove_dir_all(folder).map_err(Failure::file("remove", folder))
}
