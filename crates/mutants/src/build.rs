//! The copy of the workspace with the mutants in it, built.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Failure;
use crate::list::Mutant;
use crate::splice::{self, Spliced};

/// Where the switch stands in the copy.
const SWITCH: &str = "crates/engine/src/mutant.rs";
const LIBRARY: &str = "crates/engine/src/lib.rs";

/// What was built.
pub(crate) struct Built {
    /// The test programs.
    pub(crate) programs: Vec<Program>,
    /// Mutants that do not compile, with the compiler's first words about each.
    pub(crate) unviable: BTreeMap<usize, String>,
    /// The number that the question of each mutant gives for its place.
    pub(crate) place: BTreeMap<usize, usize>,
}

/// A program with tests in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The folder of its package, where cargo runs it.
    pub(crate) runs_in: PathBuf,
}

/// Builds all test programs, or only that of the unit tests.
pub(crate) fn build(mutants: &[Mutant], folder: &Path, only_units: bool) -> Result<Built, Failure> {
    let tree = folder.join("tree");
    copy_sources(&tree, mutants)?;
    let known = folder.join("unviable.json");
    let mut unviable = read_known(&known, mutants);
    let place = loop {
        let spliced = splice_all(mutants, &tree, &mut unviable)?;
        let errors = errors(&cargo(folder, &tree, &["check", "--lib"])?);
        if errors.is_empty() {
            let places = spliced.into_values().flat_map(|file| file.places);
            break places.collect();
        }
        let before = unviable.len();
        blame(&errors, &spliced, &mut unviable);
        if unviable.len() == before {
            let texts: Vec<String> = errors.into_iter().map(|error| error.text).collect();
            return Err(Failure::Build(texts.join("\n")));
        }
        println!("{} mutants do not compile so far", unviable.len());
    };
    write_known(&known, mutants, &unviable)?;
    let units: &[&str] = if only_units { &["--lib"] } else { &[] };
    let messages = cargo(folder, &tree, &[&["test", "--no-run"], units].concat())?;
    let errors = errors(&messages);
    if !errors.is_empty() {
        let texts: Vec<String> = errors.into_iter().map(|error| error.text).collect();
        return Err(Failure::Build(texts.join("\n")));
    }
    Ok(Built {
        programs: programs(&messages, &tree.join("crates/engine")),
        unviable,
        place,
    })
}

/// The mutants that did not compile the last time, of files that are still the same: by file, its hash, and its mutants by name. They
/// are left out from the start, so that an unchanged copy is not built again.
type Known = BTreeMap<String, (u64, BTreeMap<String, String>)>;

fn read_known(file: &Path, mutants: &[Mutant]) -> BTreeMap<usize, String> {
    // The first time there is none.
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut known: Known = serde_json::from_str(&text).unwrap_or_default();
    known.retain(|name, (of, _)| hash(Path::new(name)).is_ok_and(|now| now == *of));
    let because = |mutant: &Mutant| known.get(&mutant.file)?.1.get(&mutant.name).cloned();
    let found = mutants
        .iter()
        .enumerate()
        .filter_map(|(index, mutant)| Some((index + 1, because(mutant)?)));
    found.collect()
}

fn write_known(
    file: &Path,
    mutants: &[Mutant],
    unviable: &BTreeMap<usize, String>,
) -> Result<(), Failure> {
    let mut known = Known::new();
    for (&number, because) in unviable {
        let mutant = &mutants[number - 1];
        if !known.contains_key(&mutant.file) {
            let of = hash(Path::new(&mutant.file))?;
            known.insert(mutant.file.clone(), (of, BTreeMap::new()));
        }
        if let Some((_, names)) = known.get_mut(&mutant.file) {
            names.insert(mutant.name.clone(), because.clone());
        }
    }
    let text = serde_json::to_string_pretty(&known).expect("plain data");
    fs::write(file, text).map_err(Failure::file("write", file))
}

pub(crate) fn hash(file: &Path) -> Result<u64, Failure> {
    let content = fs::read(file).map_err(Failure::file("read", file))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&content);
    Ok(hasher.finish())
}

/// Copies what belongs to the repository, except what is spliced. What has not changed keeps its time, so that it is not built again.
fn copy_sources(tree: &Path, mutants: &[Mutant]) -> Result<(), Failure> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .map_err(Failure::file("run", Path::new("git")))?;
    let spliced: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    let names = String::from_utf8_lossy(&listed.stdout);
    for name in names.split('\0') {
        let from = Path::new(name);
        if name.is_empty() || spliced.contains(name) || !from.is_file() {
            continue;
        }
        let mut content = fs::read(from).map_err(Failure::file("read", from))?;
        if name == LIBRARY {
            content.extend_from_slice(b"\n#[doc(hidden)]\npub mod mutant;\n");
        }
        write(&tree.join(name), &content)?;
    }
    forget_removed(tree, &names)?;
    write(&tree.join(SWITCH), include_bytes!("switch.txt"))
}

/// Removes from the copy what was copied once and is no part of the repository any more: two files for one module do not compile.
fn forget_removed(tree: &Path, names: &str) -> Result<(), Failure> {
    let kept = tree.join("copied.txt");
    // The first time nothing was copied yet.
    let before = fs::read_to_string(&kept).unwrap_or_default();
    let now: BTreeSet<&str> = names.split('\0').collect();
    for name in before.split('\0') {
        let old = tree.join(name);
        if !now.contains(name) && old.is_file() {
            fs::remove_file(&old).map_err(Failure::file("remove", &old))?;
        }
    }
    write(&kept, names.as_bytes())
}

fn write(file: &Path, content: &[u8]) -> Result<(), Failure> {
    if fs::read(file).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    }
    fs::write(file, content).map_err(Failure::file("write", file))
}

/// Writes every file that has mutants, without those that are known not to compile.
fn splice_all<'a>(
    mutants: &'a [Mutant],
    tree: &Path,
    unviable: &mut BTreeMap<usize, String>,
) -> Result<BTreeMap<&'a str, Spliced>, Failure> {
    let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        let of_file = files.entry(&mutant.file).or_default();
        if !unviable.contains_key(&(index + 1)) {
            of_file.push((index + 1, mutant));
        }
    }
    let mut spliced = BTreeMap::new();
    for (file, of_file) in files {
        let text = fs::read_to_string(file).map_err(Failure::file("read", Path::new(file)))?;
        let result = splice::splice(&text, &of_file)
            .map_err(|error| Failure::Source(file.to_owned(), error))?;
        write(&tree.join(file), result.text.as_bytes())?;
        for &number in &result.missed {
            unviable.insert(number, "its place cannot hold a choice".to_owned());
        }
        spliced.insert(file, result);
    }
    Ok(spliced)
}

/// Runs cargo on the engine of the copy; returns its messages.
fn cargo(folder: &Path, tree: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = std::path::absolute(folder.join("build"));
    let target = target.map_err(Failure::file("find", folder))?;
    let output = Command::new(&program)
        .args(arguments)
        .args(["--package", "replicascope-engine", "--profile", "mutants"])
        .arg("--message-format=json")
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::file("run", Path::new(&program)))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// An error of the compiler.
struct CompileError {
    /// Files and bytes that it points at, the main one first.
    spans: Vec<(String, Range<usize>)>,
    text: String,
}

fn messages(output: &str) -> impl Iterator<Item = Value> {
    output
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

fn errors(output: &str) -> Vec<CompileError> {
    messages(output)
        .filter(|message| message["reason"] == "compiler-message")
        .map(|message| message["message"].clone())
        .filter(|message| message["level"] == "error")
        // "aborting due to 3 previous errors" points at nothing.
        .filter(|message| {
            message["spans"]
                .as_array()
                .is_some_and(|spans| !spans.is_empty())
        })
        .map(|message| {
            let mut spans: Vec<&Value> =
                message["spans"].as_array().into_iter().flatten().collect();
            spans.sort_by_key(|span| span["is_primary"] != true);
            let number = |value: &Value| value.as_u64().unwrap_or_default() as usize;
            CompileError {
                spans: spans
                    .into_iter()
                    .map(|span| {
                        let file = span["file_name"].as_str().unwrap_or_default().to_owned();
                        (file, number(&span["byte_start"])..number(&span["byte_end"]))
                    })
                    .collect(),
                text: message["rendered"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

/// Finds the mutants that the errors point at.
fn blame(
    errors: &[CompileError],
    spliced: &BTreeMap<&str, Spliced>,
    unviable: &mut BTreeMap<usize, String>,
) {
    for error in errors {
        let culprit = error.spans.iter().find_map(|(file, bytes)| {
            let (_, spliced) = spliced.iter().find(|(name, _)| {
                Path::new(name).ends_with(file) || Path::new(file).ends_with(name)
            })?;
            let overlaps = |(owned, _): &&(Range<usize>, usize)| {
                owned.start < bytes.end && bytes.start < owned.end
            };
            let within = spliced.owned.iter().filter(overlaps);
            // The narrowest: a place that holds others is not to blame for them.
            within
                .min_by_key(|(owned, _)| owned.len())
                .map(|&(_, number)| number)
        });
        if let Some(number) = culprit {
            let first = error.text.lines().next().unwrap_or_default().to_owned();
            unviable.entry(number).or_insert(first);
        }
    }
}

fn programs(output: &str, runs_in: &Path) -> Vec<Program> {
    messages(output)
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| {
            Some(Program {
                name: message["target"]["name"].as_str()?.to_owned(),
                path: message["executable"].as_str()?.into(),
                runs_in: runs_in.to_owned(),
            })
        })
        .collect()
}
