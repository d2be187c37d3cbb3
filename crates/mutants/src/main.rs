//! Judges every mutant of the engine with one build.
//!
//! `cargo mutants --list` says what the mutants are. They are spliced into one copy of the sources, each behind a question that is
//! answered when a test program starts (`splice`, `switch.txt`). What the compiler refuses is taken out (`build`). Each test is run
//! once to learn which mutants it comes by (`reach`); then each mutant is put before the tests that come by it, the quick ones
//! first, until one fails (`judge`). A mutant that no test notices has survived.
#![allow(
    clippy::print_stdout,
    reason = "a command line talks to a person on standard output"
)]

mod build;
mod judge;
mod list;
mod process;
mod reach;
mod splice;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use judge::Verdict;
use list::Mutant;

/// Why the judging stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the list of mutants cannot be read: {0}")]
    List(String),
    #[error("{0} cannot be taken apart: {1}")]
    Source(String, String),
    #[error("the copy with the mutants in it does not compile, and no mutant is to blame:\n{0}")]
    Build(String),
    #[error("usage: mutants LIST.json FOLDER [--survivors] [--slow] [--units] [PART-OF-A-NAME...]")]
    Usage,
}

impl Failure {
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Returns how many have survived.
fn run() -> Result<usize, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, folder, rest @ ..] = arguments.as_slice() else {
        return Err(Failure::Usage);
    };
    // Test programs run elsewhere.
    let folder = std::path::absolute(folder).map_err(Failure::file("find", Path::new(folder)))?;
    let folder = folder.as_path();
    let (flags, parts): (Vec<&String>, Vec<&String>) =
        rest.iter().partition(|word| word.starts_with("--"));
    let has = |name: &str| flags.iter().any(|flag| *flag == name);
    let (only_survivors, slow) = (has("--survivors"), has("--slow"));
    let mutants = list::read(Path::new(list))?;
    let kept = folder.join("verdicts.json");
    let mut verdicts = read_verdicts(&kept);

    let built = build::build(&mutants, folder, has("--units"))?;
    let tests = reach::tests(&built.programs, folder)?;
    let wanted = |number: &usize| {
        let name = &mutants[number - 1].name;
        let asked = parts.is_empty() || parts.iter().any(|part| name.contains(part.as_str()));
        let open = !only_survivors || verdicts.get(name).is_none_or(judge::Verdict::has_survived);
        asked && open
    };
    let numbers: Vec<usize> = (1..=mutants.len()).filter(wanted).collect();
    let judged = judge::judge(
        &numbers,
        &mutants,
        &built,
        &tests,
        slow,
        |number, verdict| {
            if verdict.has_survived() {
                println!("{verdict}: {}", mutants[number - 1].name);
            }
        },
    );
    for (&number, verdict) in &judged {
        verdicts.insert(mutants[number - 1].name.clone(), verdict.clone());
    }
    let names: BTreeSet<&String> = mutants.iter().map(|mutant| &mutant.name).collect();
    verdicts.retain(|name, _| names.contains(name));
    let text = serde_json::to_string_pretty(&verdicts).expect("plain data");
    fs::write(&kept, text).map_err(Failure::file("write", &kept))?;
    let judged: Vec<(&Mutant, &Verdict)> = judged
        .iter()
        .map(|(&number, verdict)| (&mutants[number - 1], verdict))
        .collect();
    summary(&judged);
    Ok(judged
        .iter()
        .filter(|(_, verdict)| verdict.has_survived())
        .count())
}

fn read_verdicts(file: &Path) -> BTreeMap<String, Verdict> {
    // Nothing was judged yet, or by another version: then everything is judged anew.
    let text = fs::read_to_string(file).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// A line for each file: how many mutants, and what became of them.
fn summary(judged: &[(&Mutant, &Verdict)]) {
    let mut files: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (mutant, verdict) in judged {
        let counts = files.entry(&mutant.file).or_default();
        counts[0] += 1;
        let column = match verdict {
            Verdict::Caught { .. } | Verdict::TimedOut { .. } => 1,
            Verdict::Unviable { .. } => 2,
            Verdict::Survived { .. } | Verdict::NotReached => 3,
        };
        counts[column] += 1;
    }
    println!("mutants  caught  unviable  survived  file");
    for (file, [all, caught, unviable, survived]) in &files {
        println!("{all:7}  {caught:6}  {unviable:8}  {survived:8}  {file}");
    }
    let total = files.values().fold([0; 4], |mut total, counts| {
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
        total
    });
    let [all, caught, unviable, survived] = total;
    println!("{all:7}  {caught:6}  {unviable:8}  {survived:8}  together");
}
