//! Trunk, which builds and serves the page.

use std::path::{Path, PathBuf};

use super::cache::{Cache, Entry};
use super::cargo_install::Crate;
use crate::failure::Failure;

/// The last version that Rust 1.95 compiles.
const VERSION: &str = "0.21.14";

/// The folder with `trunk` in it.
pub(super) fn ensure(cache: &Cache) -> Result<PathBuf, Failure> {
    let entry = Entry {
        name: "trunk",
        version: VERSION,
        program: "bin/trunk",
    };
    cache.ensure(&entry, install)
}

fn install(folder: &Path) -> Result<(), Failure> {
    super::announce(
        &format!("Trunk {VERSION}"),
        "it builds and serves the page",
        "compiling it takes 5 to 15 minutes, once for all clones",
    );
    let trunk = Crate {
        name: "trunk",
        version: VERSION,
        // Without the feature that looks for newer versions.
        options: &["--no-default-features", "--features", "rustls"],
        // It copies files and starts other programs: nobody would notice more.
        opt_level: "1",
    };
    trunk.install(folder)?;
    super::discard(&folder.join("target"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_asks_for_this_version() {
        let settings = crate::workspace::root().join("Trunk.toml");
        let settings = std::fs::read_to_string(settings).unwrap();
        assert!(settings.contains(&format!("trunk-version = \"={}\"", super::VERSION)));
    }
}
