//! rustfmt and clippy, which a minimal or a distribution's toolchain comes without.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

use super::apt::Apt;
use super::toolchain::Toolchain;
use crate::failure::Failure;
use crate::process;

/// Debian's packages with a compiler, and those with the rustfmt and clippy that belong to it.
const DEBIAN: [(&str, [&str; 2]); 2] = [
    ("rustc-web", ["rustfmt-web", "rust-web-clippy"]),
    ("rustc", ["rustfmt", "rust-clippy"]),
];

/// Adds the two through rustup, or from Debian if that is where the compiler is from.
pub(super) fn ensure(toolchain: &Toolchain) -> Result<(), Failure> {
    let program = |name: &str| {
        let file = format!("{name}{EXE_SUFFIX}");
        toolchain.sysroot.join("bin").join(file)
    };
    if program("cargo-fmt").is_file() && program("cargo-clippy").is_file() {
        return Ok(());
    }
    let announce = || {
        super::announce(
            "rustfmt and clippy",
            "the tests check the code with them",
            "this takes a few seconds",
        );
    };
    if let Some(packages) = debian_packages(&program("rustc").to_string_lossy()) {
        let missing = || missing(&format!("sudo apt-get install {}", packages.join(" ")));
        let apt = Apt::here().ok_or_else(missing)?;
        announce();
        return apt.install(&packages).map_err(|_| missing());
    }
    let missing = || missing("rustup component add rustfmt clippy");
    let rustup = process::find("rustup").ok_or_else(missing)?;
    announce();
    let mut add = Command::new(rustup);
    add.args(["component", "add", "rustfmt", "clippy"]);
    process::run_quietly(&mut add).map_err(|_| missing())
}

fn missing(command: &str) -> Failure {
    Failure::new(format!(
        "rustfmt or clippy is missing; get them with: {command}"
    ))
}

/// The packages that complete Debian's compiler, if `rustc` is part of one.
fn debian_packages(rustc: &str) -> Option<[&'static str; 2]> {
    let mut query = Command::new(process::find("dpkg-query")?);
    // It complains about files that belong to no package, which is the usual case.
    let answer = query.args(["--search", rustc]).output().ok()?;
    packages_beside(&String::from_utf8_lossy(&answer.stdout))
}

/// From a line such as `rustc-web: /usr/bin/rustc`.
fn packages_beside(owner: &str) -> Option<[&'static str; 2]> {
    let (package, _) = owner.split_once(':')?;
    let known = DEBIAN.into_iter().find(|(name, _)| *name == package);
    known.map(|(_, packages)| packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_keeps_two_compilers_apart() {
        let web = packages_beside("rustc-web: /usr/bin/rustc\n");
        assert_eq!(web, Some(["rustfmt-web", "rust-web-clippy"]));
        let own = packages_beside("rustc: /usr/bin/rustc\n");
        assert_eq!(own, Some(["rustfmt", "rust-clippy"]));
        assert_eq!(packages_beside("something: /usr/bin/rustc\n"), None);
        assert_eq!(packages_beside(""), None);
    }
}
