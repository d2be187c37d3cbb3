//! Debian's packages.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Installs `packages`, or stops with the line `missing` where this machine or this user cannot.
pub(super) fn install(packages: &[&str], missing: &str) -> Result<(), Failure> {
    let cannot = || Failure::new(missing);
    process::find("apt-get").ok_or_else(cannot)?;
    let privilege = Privilege::of_this_user().ok_or_else(cannot)?;
    // A list that cannot be refreshed may still have the package.
    let _ = process::run_quietly(privilege.apt_get().arg("update"));
    let mut install = privilege.apt_get();
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages);
    process::run_quietly(&mut install).map_err(|_| cannot())
}

/// How this user may install packages.
enum Privilege {
    Root,
    /// `sudo` that asks no questions.
    Sudo,
}

impl Privilege {
    fn of_this_user() -> Option<Self> {
        let user = process::read(Command::new("id").arg("--user")).ok()?;
        if user.trim() == "0" {
            return Some(Self::Root);
        }
        let may = process::succeeds(Command::new("sudo").args(["--non-interactive", "true"]));
        may.then_some(Self::Sudo)
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
