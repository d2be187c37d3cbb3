//! The Rust toolchain that is in use, however it came to be there.

use std::path::PathBuf;
use std::process::Command;

use super::wasm_target;
use crate::failure::Failure;
use crate::process;

/// Where the parts of the active toolchain are.
pub(super) struct Toolchain {
    /// The folder it is installed in.
    pub(super) sysroot: PathBuf,
    /// Where its standard library for wasm32 is, or would be.
    pub(super) wasm_libraries: PathBuf,
}

impl Toolchain {
    /// Asks rustc; one call for both, because with rustup in between each takes a while.
    pub(super) fn active() -> Result<Self, Failure> {
        let mut rustc = Command::new("rustc");
        rustc
            .args(["--print", "sysroot", "--print", "target-libdir"])
            .args(["--target", wasm_target::NAME]);
        let output = process::read(&mut rustc)?;
        Self::parse(&output)
            .ok_or_else(|| Failure::new("rustc does not say where its libraries are"))
    }

    fn parse(output: &str) -> Option<Self> {
        let mut lines = output.lines().map(PathBuf::from);
        Some(Self {
            sysroot: lines.next()?,
            wasm_libraries: lines.next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_folders_are_read() {
        let output = "/rust\n/rust/lib/rustlib/wasm32-unknown-unknown/lib\n";
        let toolchain = Toolchain::parse(output).unwrap();
        assert_eq!(toolchain.sysroot, PathBuf::from("/rust"));
        assert!(
            toolchain
                .wasm_libraries
                .ends_with("wasm32-unknown-unknown/lib")
        );
        assert!(Toolchain::parse("/rust\n").is_none());
    }
}
