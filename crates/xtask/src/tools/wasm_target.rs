//! Rust's standard library for wasm32.

use std::process::Command;

use super::toolchain::Toolchain;
use crate::failure::Failure;
use crate::process;

/// The target the page is compiled for.
pub(crate) const NAME: &str = "wasm32-unknown-unknown";

/// Adds the target through rustup, unless the toolchain has it from wherever.
pub(super) fn ensure(toolchain: &Toolchain) -> Result<(), Failure> {
    if super::filled(&toolchain.wasm_libraries) {
        return Ok(());
    }
    let missing = format!("Rust's {NAME} target is missing; get it with: rustup target add {NAME}");
    let rustup = super::require("rustup", &missing)?;
    super::announce(
        &format!("Rust's {NAME} target"),
        "the page is compiled for it",
        "this takes a few seconds",
    );
    let mut add = Command::new(rustup);
    add.args(["target", "add", NAME]);
    process::run_quietly(&mut add).map_err(|_| Failure::new(missing))
}
