//! Chromium and the driver through which wasm-bindgen's test runner speaks to it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::apt::Apt;
use crate::failure::Failure;
use crate::process;

const MISSING: &str = if cfg!(target_os = "macos") {
    "Chromium or its driver is missing; get them with: \
     brew install --cask chromium chromedriver (or set CHROME and CHROMEDRIVER to programs)"
} else {
    "Chromium or its driver is missing; get them with: \
     sudo apt-get install chromium chromium-driver (or set CHROME and CHROMEDRIVER to programs)"
};

/// Names under which the browser is found on the PATH.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where macOS keeps it; elsewhere these files do not exist.
const MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser the tests run in.
pub(super) struct Browser {
    /// The browser itself.
    pub(super) chromium: PathBuf,
    /// Its driver.
    pub(super) driver: PathBuf,
}

/// Finds the two programs, and installs Debian's if they are not there.
pub(super) fn ensure() -> Result<Browser, Failure> {
    if let Some(browser) = find()? {
        return Ok(browser);
    }
    let missing = || Failure::new(MISSING);
    let apt = Apt::here().ok_or_else(missing)?;
    super::announce(
        "Chromium and its driver from Debian",
        "the browser and end-to-end tests run in it",
        "this takes 1 to 3 minutes",
    );
    apt.install(&["chromium", "chromium-driver"])
        .map_err(|_| missing())?;
    find()?.ok_or_else(missing)
}

fn find() -> Result<Option<Browser>, Failure> {
    let on_path = || NAMES.into_iter().find_map(process::find);
    let on_macos = || {
        MACOS
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.is_file())
    };
    let chromium = named_by("CHROME")?.or_else(on_path).or_else(on_macos);
    let driver = named_by("CHROMEDRIVER")?.or_else(|| process::find("chromedriver"));
    Ok(chromium
        .zip(driver)
        .map(|(chromium, driver)| Browser { chromium, driver }))
}

/// The program a variable names, which then has to exist.
fn named_by(variable: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    if path.is_file() {
        return Ok(Some(path));
    }
    Err(Failure::new(format!(
        "{variable} is set to {}, which is not there; correct it or unset it",
        path.display()
    )))
}

impl Browser {
    /// Writes `webdriver.json` with this browser's path in it and returns where: left alone, the driver
    /// looks for a browser itself and may find another one.
    pub(super) fn write_webdriver_settings(&self, root: &Path) -> Result<PathBuf, Failure> {
        let path = root.join("webdriver.json");
        let settings = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
        let settings = with_binary(&settings, &self.chromium.to_string_lossy());
        let folder = root.join("target").join("xtask");
        fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
        let path = folder.join("webdriver.json");
        fs::write(&path, settings).map_err(Failure::file("write", &path))?;
        Ok(path)
    }
}

fn with_binary(settings: &str, binary: &str) -> String {
    let binary = binary.replace('\\', "\\\\").replace('"', "\\\"");
    let options = "\"goog:chromeOptions\": {";
    settings.replacen(
        options,
        &format!("{options}\n    \"binary\": \"{binary}\","),
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_the_browser() {
        let path = crate::workspace::root().join("webdriver.json");
        let settings = fs::read_to_string(path).unwrap();
        let named = with_binary(&settings, "C:\\chrome.exe");
        assert!(named.contains("\"binary\": \"C:\\\\chrome.exe\","));
        assert!(named.contains("--headless=new"));
    }
}
