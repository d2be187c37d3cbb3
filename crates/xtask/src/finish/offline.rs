//! Tells the service worker (`www/offline.js`) what it keeps: the number of the build and every file of it. The page gets the same
//! number, by which it asks for its lessons; a page without one has no worker.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use super::replaced;
use crate::failure::Failure;

/// The worker, in the folder of the page.
const WORKER: &str = "offline.js";
/// The lines that are written anew.
const BUILD: &str = "const BUILD = \"none\";";
const FILES: &str = "const FILES = [];";
/// Where the page learns its number.
const HEAD_ENDS: &str = "</head>";

/// Numbers the build whose page is `html` and all of whose other files are in `stage`; returns the page with its number.
pub(super) fn number(stage: &Path, html: &str) -> Result<String, Failure> {
    let mut files = files(stage)?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    for name in files.iter().filter(|name| *name != "index.html") {
        let file = stage.join(name);
        let bytes = fs::read(&file).map_err(Failure::file("read", &file))?;
        (name, bytes).hash(&mut hasher);
    }
    let build = format!("{:016x}", hasher.finish());

    let worker = stage.join(WORKER);
    let text = fs::read_to_string(&worker).map_err(Failure::file("read", &worker))?;
    // The browser fetches the worker itself whenever it looks for a newer one.
    let kept = files.iter().filter(|name| *name != WORKER);
    let list: Vec<_> = kept.map(|name| format!("\n  {name:?},")).collect();
    let text = replaced(&text, BUILD, &format!("const BUILD = {build:?};"), WORKER)?;
    let list = format!("const FILES = [{}\n];", list.concat());
    let text = replaced(&text, FILES, &list, WORKER)?;
    fs::write(&worker, text).map_err(Failure::file("write", &worker))?;

    let meta = format!("<meta name=\"build\" content=\"{build}\">{HEAD_ENDS}");
    replaced(html, HEAD_ENDS, &meta, "index.html")
}

/// Every file below `folder`, named as in an address relative to it.
fn files(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("list", folder))? {
        let entry = entry.map_err(Failure::file("list", folder))?;
        let path = entry.path();
        let name = entry.file_name().into_string().map_err(|name| {
            Failure::new(format!("{} cannot be part of an address", name.display()))
        })?;
        if path.is_dir() {
            let inside = files(&path)?;
            names.extend(inside.iter().map(|inner| format!("{name}/{inner}")));
        } else {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    /// A folder of the tests, empty.
    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("lessons")).unwrap();
        let worker = fs::read(workspace::root().join("www").join(WORKER)).unwrap();
        fs::write(folder.join(WORKER), worker).unwrap();
        fs::write(folder.join("a.css"), "a").unwrap();
        fs::write(folder.join("lessons/one.json"), "1").unwrap();
        folder
    }

    #[test]
    fn worker_and_page_get_the_number_and_the_worker_the_files() {
        let stage = folder("number");
        let html = number(&stage, "<head></head>").unwrap();
        let build = html.split('"').nth(3).unwrap();
        assert_eq!(build.len(), 16);
        let worker = fs::read_to_string(stage.join(WORKER)).unwrap();
        assert!(worker.contains(&format!("const BUILD = \"{build}\";")));
        assert!(
            worker.contains("const FILES = [\n  \"a.css\",\n  \"lessons/one.json\",\n];"),
            "{worker}"
        );
        fs::remove_dir_all(&stage).unwrap();
    }

    #[test]
    fn every_file_counts() {
        let number_of = |change: fn(&Path)| {
            let stage = folder("counts");
            change(&stage);
            let html = number(&stage, "<head></head>").unwrap();
            fs::remove_dir_all(&stage).unwrap();
            html
        };
        let same = number_of(|_| ());
        assert_eq!(same, number_of(|_| ()));
        for change in [
            |stage: &Path| fs::write(stage.join("lessons/one.json"), "2").unwrap(),
            |stage: &Path| fs::rename(stage.join("a.css"), stage.join("b.css")).unwrap(),
            |stage: &Path| {
                let worker = stage.join(WORKER);
                let text = fs::read_to_string(&worker).unwrap();
                fs::write(worker, format!("{text}//")).unwrap();
            },
        ] {
            assert_ne!(same, number_of(change));
        }
    }
}
