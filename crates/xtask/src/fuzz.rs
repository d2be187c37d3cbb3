//! `cargo xtask fuzz`: everything that reads a text, under random input.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process;
use crate::tools::{Need, Toolbox};
use crate::workspace;

/// How long a target is fuzzed when nobody says, in seconds.
const SECONDS: u32 = 60;
/// Longest input, in bytes.
const MOST_BYTES: u32 = 4_096;
/// Most memory that the process may hold, in MiB: a target that needs more has found something.
const MOST_MEMORY: u32 = 1_024;
/// Longest time for one input, in seconds.
const MOST_SECONDS: u32 = 10;

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// One target, or all of them.
    pub(crate) target: Option<String>,
    /// How long each, in seconds.
    pub(crate) seconds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: None,
            seconds: SECONDS,
        }
    }
}

/// Fuzzes one target after the other; stops at the first input that something does not hold for.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let all = targets()?;
    let wanted = match &options.target {
        None => all,
        Some(name) if all.contains(name) => vec![name.clone()],
        Some(name) => {
            let all = all.join(", ");
            let line = format!("`{name}` is not a target; the targets are {all}");
            return Err(Failure::new(line));
        }
    };
    let toolbox = Toolbox::prepare(&[Need::CargoFuzz])?;
    let folder = workspace::root().join("target/fuzz");
    let dictionary = folder.join("words.dict");
    create(&folder)?;
    let schema = read(&workspace::root().join("docs/scenario.schema.json"))?;
    std::fs::write(&dictionary, words(&schema)).map_err(Failure::file("write", &dictionary))?;
    for target in wanted {
        println!("── {target}");
        // What is found grows there; the committed corpus is only read.
        let found = folder.join("corpus").join(&target);
        create(&found)?;
        let mut cargo = toolbox.cargo();
        cargo
            // The workspace's release profile links for minutes; here a build is used once.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            // Sanitizers need a nightly compiler, and look for what safe Rust does not do.
            .args(["fuzz", "run", "--sanitizer", "none"])
            .args(["--features", "libfuzzer", &target])
            .arg(&found)
            .arg(format!("fuzz/corpus/{target}"))
            .arg("--")
            .arg(format!("-max_total_time={}", options.seconds))
            .arg(format!("-max_len={MOST_BYTES}"))
            .arg(format!("-rss_limit_mb={MOST_MEMORY}"))
            .arg(format!("-timeout={MOST_SECONDS}"))
            .arg(format!("-dict={}", dictionary.display()))
            .arg("-print_final_stats=1");
        process::run(&mut cargo)?;
    }
    Ok(())
}

/// The targets: one program each.
fn targets() -> Result<Vec<String>, Failure> {
    let folder = workspace::root().join("fuzz/targets");
    let entries = std::fs::read_dir(&folder).map_err(Failure::file("list", &folder))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// The fuzzer's dictionary: every word of the scenario format in its quotes, as its schema has them.
fn words(schema: &str) -> String {
    let is_word = |word: &&str| {
        (1..=40).contains(&word.len())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut words: Vec<&str> = schema.split('"').skip(1).step_by(2).collect();
    words.retain(is_word);
    words.sort_unstable();
    words.dedup();
    words
        .iter()
        .map(|word| format!("\"\\\"{word}\\\"\"\n"))
        .collect()
}

fn create(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(Failure::file("create", folder))
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(Failure::file("read", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_targets() {
        let targets = targets().unwrap();
        assert!(
            targets.contains(&"scenario".to_owned()),
            "{}",
            targets.join(" ")
        );
    }

    #[test]
    fn the_dictionary_holds_the_words_of_the_schema() {
        let text = words(r#"{"title": "A link, in µs", "enum": ["power_off", "power_off"]}"#);
        assert_eq!(
            text,
            "\"\\\"enum\\\"\"\n\"\\\"power_off\\\"\"\n\"\\\"title\\\"\"\n"
        );
    }
}
