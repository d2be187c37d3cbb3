//! The steps of `cargo xtask test`.

use std::process::Command;

use super::counts::Counts;
use crate::failure::Failure;
use crate::process;
use crate::tools::{Need, Toolbox, WASM_TARGET};
use crate::workspace;

/// The package that is the page.
const PAGE_PACKAGE: &str = "replicascope-web";

/// One step, all of which have to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The code is formatted.
    Format,
    /// Clippy finds nothing, natively.
    Clippy,
    /// Clippy finds nothing in the page as the browser gets it.
    ClippyWasm,
    /// The tests that need no browser.
    Native,
    /// The tests compiled to wasm that run in a browser.
    Browser,
    /// The page as it is shipped can be built, and is not too heavy.
    Page,
    /// A browser uses that page.
    EndToEnd,
}

/// What a step came to.
pub(crate) struct Outcome {
    /// The tests it ran.
    pub(crate) counts: Counts,
    /// Whether it succeeded.
    pub(crate) ended: Result<(), Failure>,
}

impl Step {
    /// Every step, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Format,
        Self::Clippy,
        Self::ClippyWasm,
        Self::Native,
        Self::Browser,
        Self::Page,
        Self::EndToEnd,
    ];

    /// The step's name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Format => "fmt",
            Self::Clippy => "clippy",
            Self::ClippyWasm => "clippy-wasm",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::Page => "page",
            Self::EndToEnd => "e2e",
        }
    }

    /// The step with this name.
    pub(crate) fn from_name(name: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|step| step.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Failure::new(format!("`{name}` is not a step; the steps are {names}"))
        })
    }

    /// What the step does, in a few words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Format => "is the code formatted?",
            Self::Clippy => "clippy, warnings are errors",
            Self::ClippyWasm => "clippy on the page for wasm32, warnings are errors",
            Self::Native => "native tests",
            Self::Browser => "browser tests in headless Chromium",
            Self::Page => "the release build of the page, and its weight",
            Self::EndToEnd => "end-to-end tests on the release build",
        }
    }

    /// What has to be installed for it.
    pub(crate) fn needs(self) -> &'static [Need] {
        match self {
            Self::Format | Self::Clippy => &[Need::Components],
            Self::ClippyWasm => &[Need::Components, Need::WasmTarget],
            Self::Native => &[],
            Self::Browser => &[Need::WasmTarget, Need::Browser, Need::WasmBindgen],
            Self::Page => &[
                Need::WasmTarget,
                Need::WasmOpt,
                Need::Trunk,
                Need::WasmBindgen,
                Need::WasmSplit,
            ],
            Self::EndToEnd => &[Need::Browser, Need::NodePackages],
        }
    }

    /// Runs the step. An error means that it could not even be started.
    pub(crate) fn run(self, toolbox: &Toolbox) -> Result<Outcome, Failure> {
        let mut cargo = toolbox.cargo();
        match self {
            Self::Format => Ok(checked(cargo.args(["fmt", "--all", "--check"]))),
            Self::Clippy => Ok(checked(
                cargo
                    .args(["clippy", "--workspace", "--all-targets"])
                    .args(["--", "--deny", "warnings"]),
            )),
            Self::ClippyWasm => Ok(checked(
                cargo
                    .args(["clippy", "--package", PAGE_PACKAGE, "--all-targets"])
                    .args(["--target", WASM_TARGET])
                    .args(["--", "--deny", "warnings"]),
            )),
            Self::Native => counted(
                cargo.args(["test", "--workspace", "--no-fail-fast"]),
                Counts::of_cargo,
            ),
            Self::Browser => counted(
                // `--tests`: the browser runner knows nothing of documentation tests.
                toolbox
                    .in_browser(&mut cargo)?
                    .args(["test", "--package", PAGE_PACKAGE, "--tests"])
                    .args(["--target", WASM_TARGET, "--no-fail-fast"]),
                Counts::of_cargo,
            ),
            Self::Page => Ok(Outcome {
                counts: Counts::default(),
                ended: build_page(toolbox).and_then(|()| weigh_page(toolbox)),
            }),
            Self::EndToEnd => {
                let mut node = toolbox.command("node");
                node.args(["--test", "--test-reporter=spec"])
                    .args(end_to_end_files()?);
                counted(&mut node, Counts::of_node)
            }
        }
    }
}

/// Builds the page as it is shipped, into `dist/`.
pub(crate) fn build_page(toolbox: &Toolbox) -> Result<(), Failure> {
    process::run(toolbox.trunk().args(["build", "--release"]))
}

/// Prints what the page that was built weighs; fails when that is more than its budget.
fn weigh_page(toolbox: &Toolbox) -> Result<(), Failure> {
    // Node.js is there: `wasm-opt` needs it too.
    process::run(toolbox.command("node").arg("tests/e2e/weight.mjs"))
}

fn checked(command: &mut Command) -> Outcome {
    Outcome {
        counts: Counts::default(),
        ended: process::run(command),
    }
}

fn counted(command: &mut Command, count: fn(&str) -> Counts) -> Result<Outcome, Failure> {
    let (output, ended) = process::run_and_read(command)?;
    let counts = count(&output);
    // A runner that found no test reports success; here it means that something is set up wrongly.
    let ended = ended.and_then(|()| match counts.is_empty() {
        true => Err(Failure::new("no test ran")),
        false => Ok(()),
    });
    Ok(Outcome { counts, ended })
}

/// The files one by one: what Node does with the name of a folder depends on its version.
fn end_to_end_files() -> Result<Vec<String>, Failure> {
    let folder = workspace::root().join("tests/e2e");
    let entries = std::fs::read_dir(&folder).map_err(Failure::file("list", &folder))?;
    let mut files: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("tests/e2e/{name}"))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_found_by_name() {
        for step in Step::ALL {
            assert_eq!(Step::from_name(step.name()).unwrap(), step);
        }
        let line = Step::from_name("speed").unwrap_err().to_string();
        assert!(line.contains("fmt, clippy"));
    }

    #[test]
    fn there_are_end_to_end_tests() {
        assert!(!end_to_end_files().unwrap().is_empty());
    }
}
