//! Debian's packages.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// How this user may install packages.
pub(super) enum Apt {
    /// As root.
    Root,
    /// Through a `sudo` that asks no questions.
    Sudo,
}

impl Apt {
    /// Finds out whether packages can be installed on this machine and by this user.
    pub(super) fn here() -> Option<Self> {
        process::find("apt-get")?;
        let user = process::read(Command::new("id").arg("--user")).ok()?;
        if user.trim() == "0" {
            return Some(Self::Root);
        }
        let may = process::succeeds(Command::new("sudo").args(["--non-interactive", "true"]));
        may.then_some(Self::Sudo)
    }

    /// Installs `packages`.
    pub(super) fn install(&self, packages: &[&str]) -> Result<(), Failure> {
        // A list that cannot be refreshed may still have the package.
        let _ = process::run_quietly(self.apt_get().arg("update"));
        let mut install = self.apt_get();
        install
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages);
        process::run_quietly(&mut install)
    }

    fn apt_get(&self) -> Command {
        let words: &[&str] = match self {
            Self::Root => &["env"],
            Self::Sudo => &["sudo", "--non-interactive", "env"],
        };
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"])
            // In seconds: another installation may be under way.
            .args(["--option", "DPkg::Lock::Timeout=300"]);
        command
    }
}
