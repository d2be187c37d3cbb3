//! Cuts the program of the page at the doors of `src/parts.rs`: what is reached through them only goes into files of its own, which
//! are fetched when somebody comes by.
//!
//! This has to happen between the linker and wasm-bindgen, where Trunk has no hook. So the last steps of Trunk's build are done
//! once more: cut, wasm-bindgen, wasm-opt; the files take the place of Trunk's, whose names they keep. Before the cut,
//! what nobody uses and is kept only because a library exports it is taken off the list of exports (`exports`).

use std::path::{Path, PathBuf};

use super::{exports, replaced};
use crate::failure::Failure;
use crate::process;
use crate::tools::{Need, Toolbox, WASM_TARGET};
use crate::workspace;

/// The program, and the profile that `index.html` names for release builds.
const PROGRAM: &str = "replicascope-web";
const PROFILE: &str = "page";
/// What the cutting tool calls its loader, and what begins the names of its files.
const LOADER: &str = "__wasm_split.js";
const CUT: [&str; 2] = ["split_", "chunk_"];
/// In the names of exports of `wasm-streams`, which Leptos brings for functions on a server; the page has none, but what is
/// exported is kept, with all that it calls.
const UNUSED: &str = "intounderlying";

/// Replaces the program in `stage` by its parts, and returns the page that knows of them.
pub(super) fn cut(stage: &Path, html: &str, public: &str) -> Result<String, Failure> {
    let stem = stem(stage)?;
    let hash = &stem[PROGRAM.len() + 1..];
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace::root().join("target"), PathBuf::from);
    let linked = target
        .join(WASM_TARGET)
        .join(PROFILE)
        .join(format!("{PROGRAM}.wasm"));
    let work = target.join("parts");
    if work.exists() {
        std::fs::remove_dir_all(&work).map_err(Failure::file("remove", &work))?;
    }
    std::fs::create_dir_all(&work).map_err(Failure::file("make", &work))?;
    let bytes = std::fs::read(&linked).map_err(Failure::file("read", &linked))?;
    let used = exports::without(&bytes, UNUSED)?;
    let linked = work.join("linked.wasm");
    std::fs::write(&linked, used).map_err(Failure::file("write", &linked))?;
    let toolbox = Toolbox::prepare(&[Need::WasmSplit, Need::WasmBindgen, Need::WasmOpt])?;
    let mut split = toolbox.command("wasm-split-cli");
    split
        .args([&linked, &work])
        .args(["--target", "web", "--out-name", &stem]);
    process::run_quietly(&mut split)?;

    let joined = work.join("joined");
    let mut bindgen = toolbox.command("wasm-bindgen");
    bindgen
        // The parts find the program's functions by what the linker exports.
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args(["--out-name", &stem, "--out-dir"])
        .args([&joined, &work.join(format!("{stem}.wasm"))]);
    process::run_quietly(&mut bindgen)?;

    let optimise = |from: &Path, to: &str| {
        let mut opt = toolbox.command("wasm-opt");
        // Such as are on in the program; a part does not say it of itself.
        opt.args([
            "-O3",
            "--enable-bulk-memory",
            "--enable-multivalue",
            "--enable-mutable-globals",
            "--enable-nontrapping-float-to-int",
            "--enable-reference-types",
            "--enable-sign-ext",
        ]);
        opt.arg(from).arg("-o").arg(stage.join(to));
        process::run_quietly(&mut opt)
    };
    let main = format!("{stem}_bg.wasm");
    optimise(&joined.join(&main), &main)?;

    let loader = format!("parts-{hash}.js");
    let script = format!("{stem}.js");
    // The file it comes from; in the program the imports keep the name of their module.
    let (from, to) = (
        format!("from \"./{LOADER}\""),
        format!("from \"./{loader}\""),
    );
    let text = replaced(&read(&joined.join(&script))?, &from, &to, &script)?;
    write(&stage.join(&script), &text)?;
    let mut text = read(&work.join(LOADER))?;
    for file in wasm_files(&work)? {
        let Some(rest) = CUT.iter().find_map(|start| file.strip_prefix(start)) else {
            continue;
        };
        let part = format!("part-{}-{hash}.wasm", rest.trim_end_matches(".wasm"));
        text = replaced(&text, &file, &part, LOADER)?;
        optimise(&work.join(&file), &part)?;
    }
    write(&stage.join(&loader), &text)?;

    // The program's script asks for the loader first of all: so it comes along with it.
    let known = format!("<link rel=\"modulepreload\" href=\"{public}{script}\"");
    let both = format!(
        "<link rel=\"modulepreload\" href=\"{public}{loader}\" crossorigin=\"anonymous\">{known}"
    );
    replaced(html, &known, &both, "index.html")
}

/// What Trunk calls the program: its name and the hash of what it made of it.
fn stem(stage: &Path) -> Result<String, Failure> {
    let files = wasm_files(stage)?;
    let mut stems = files
        .iter()
        .filter_map(|name| name.strip_suffix("_bg.wasm"));
    let stem = stems.find(|stem| {
        stem.strip_prefix(PROGRAM)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('-'))
    });
    stem.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!(
            "there is no {PROGRAM}-<hash>_bg.wasm in {}",
            stage.display()
        ))
    })
}

fn wasm_files(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(Failure::file("read", folder))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".wasm"))
        .collect();
    names.sort();
    Ok(names)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(Failure::file("read", file))
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(Failure::file("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_profile_and_turns_the_cut_on() {
        let html = read(&workspace::root().join("index.html")).unwrap();
        let program = html
            .lines()
            .find(|line| line.contains("rel=\"rust\""))
            .unwrap();
        assert!(program.contains(&format!("data-bin=\"{PROGRAM}\"")));
        assert!(program.contains(&format!("data-cargo-profile-release=\"{PROFILE}\"")));
        assert!(program.contains("data-cargo-features=\"split\""));
    }
}
