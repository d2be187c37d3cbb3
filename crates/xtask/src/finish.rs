//! `cargo xtask finish`, called by Trunk after each build: what Trunk leaves to be done before the page is the one that is served.
//!
//! `parts` cuts the program of a release build into what opens the page and what comes later, `exports` takes off what nothing
//! uses before that; `externalise` moves every inline script into a file of its own; `offline` tells the service worker of a
//! release build what it keeps.

mod exports;
mod externalise;
mod offline;
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
    let public = std::env::var(PUBLIC).unwrap_or_else(|_| "./".to_owned());
    let stage = Path::new(&stage);
    let page = stage.join("index.html");
    let mut html = std::fs::read_to_string(&page).map_err(Failure::file("read", &page))?;
    let shipped = std::env::var(PROFILE).is_ok_and(|profile| profile == "release");
    if shipped {
        html = parts::cut(stage, &html, &public)?;
    }
    let (mut html, scripts) = externalise::externalise(&html, &public);
    for (name, text) in scripts {
        let file = stage.join(name);
        std::fs::write(&file, text).map_err(Failure::file("write", &file))?;
    }
    if shipped {
        html = offline::number(stage, &html)?;
    }
    std::fs::write(&page, html).map_err(Failure::file("write", &page))
}

/// `text` with another name in it. That the name is there is what these files are trusted for.
fn replaced(text: &str, from: &str, to: &str, file: &str) -> Result<String, Failure> {
    if text.contains(from) {
        Ok(text.replace(from, to))
    } else {
        Err(Failure::new(format!(
            "{file} does not name {from}: its maker has changed"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_there_is_a_failure() {
        assert_eq!(replaced("a b a", "a", "c", "f").unwrap(), "c b c");
        let said = replaced("a", "b", "c", "f").unwrap_err().to_string();
        assert_eq!(said, "f does not name b: its maker has changed");
    }
}
