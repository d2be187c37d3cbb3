//! Node.js, and the packages that the end-to-end tests import.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cache::Cache;
use crate::failure::Failure;
use crate::process;

/// The oldest major version that the browser library of the end-to-end tests works with.
const OLDEST: u32 = 20;

/// Makes sure that there is a Node.js that is new enough.
pub(super) fn require() -> Result<(), Failure> {
    let missing = if cfg!(target_os = "macos") {
        "Node.js is missing; get it with: brew install node"
    } else {
        "Node.js is missing; get it with: sudo apt-get install nodejs npm"
    };
    let node = super::require("node", missing)?;
    let version = process::read(Command::new(node).arg("--version"))?;
    match major(&version) {
        Some(found) if found < OLDEST => Err(Failure::new(format!(
            "Node.js {found} is too old, {OLDEST} or newer is needed; get it with: sudo npx --yes n lts"
        ))),
        _ => Ok(()),
    }
}

/// The first number of a version such as `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    let number = version.trim().strip_prefix('v')?.split('.').next()?;
    number.parse().ok()
}

/// Where npm is.
pub(super) fn require_npm() -> Result<PathBuf, Failure> {
    let missing = if cfg!(target_os = "macos") {
        "npm is missing; get it with: brew install node"
    } else {
        "npm is missing; get it with: sudo apt-get install npm"
    };
    super::require("npm", missing)
}

/// Installs what `folder/package-lock.json` names into `folder/node_modules`.
pub(super) fn ensure_packages(cache: &Cache, folder: &Path) -> Result<(), Failure> {
    require()?;
    let lock_path = folder.join("package-lock.json");
    let lock = fs::read(&lock_path).map_err(Failure::file("read", &lock_path))?;
    // A copy of what was installed from, written when npm is done: npm clears the folder when it
    // begins, so a copy that is there and the same says that the installation is whole.
    let stamp = folder.join("node_modules").join(".installed-from");
    let installed = || fs::read(&stamp).is_ok_and(|from| from == lock);
    if installed() {
        return Ok(());
    }
    let npm = require_npm()?;
    let _lock = cache.lock("end-to-end-packages")?;
    if installed() {
        return Ok(());
    }
    super::announce(
        "the packages in tests/e2e",
        "the end-to-end tests drive a browser with them",
        "this takes a few seconds",
    );
    let mut npm = Command::new(npm);
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder);
    process::run_quietly(&mut npm)?;
    fs::write(&stamp, &lock).map_err(Failure::file("write", &stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
