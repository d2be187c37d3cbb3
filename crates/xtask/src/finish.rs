//! `cargo xtask finish`, called by Trunk after each build: what Trunk leaves to be done before the page is the one that is served.
//!
//! `parts` cuts the program of a release build into what opens the page and what comes later; `externalise` moves every inline
//! script into a file of its own.

mod externalise;
mod parts;

use std::path::Path;

use crate::failure::Failure;

/// Where Trunk has put the page before it becomes `dist/`.
const STAGE: &str = "TRUNK_STAGING_DIR";
/// What the addresses in the page begin with.
const PUBLIC: &str = "TRUNK_PUBLIC_URL";
/// `release` or `debug`.
const PROFILE: &str = "TRUNK_PROFILE";

/// Finishes the page that Trunk has just built.
pub(crate) fn run() -> Result<(), Failure> {
    let stage = std::env::var_os(STAGE)
        .ok_or_else(|| Failure::new(format!("{STAGE} is not set: Trunk calls this command")))?;
    let public = std::env::var(PUBLIC).unwrap_or_else(|_| "/".to_owned());
    let stage = Path::new(&stage);
    let page = stage.join("index.html");
    let mut html = std::fs::read_to_string(&page).map_err(Failure::file("read", &page))?;
    if std::env::var(PROFILE).is_ok_and(|profile| profile == "release") {
        html = parts::cut(stage, &html, &public)?;
    }
    let (html, scripts) = externalise::externalise(&html, &public);
    for (name, text) in scripts {
        let file = stage.join(name);
        std::fs::write(&file, text).map_err(Failure::file("write", &file))?;
    }
    std::fs::write(&page, html).map_err(Failure::file("write", &page))
}
