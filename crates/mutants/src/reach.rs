//! Which mutants each test comes by.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::build::{Program, hash};
use crate::process::{bounded, run_for};

/// How many tests, and later mutants, run at the same time.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What takes longer is not asked: a mutant would have to wait for it thousands of times over.
const MOST: Duration = Duration::from_secs(15);

/// A test and the places it comes by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Test {
    pub(crate) of: Program,
    pub(crate) name: String,
    pub(crate) millis: u64,
    /// It passes as long as no mutant is active. One that looks at the sources themselves does not.
    pub(crate) passes: bool,
    /// The first mutants of the places.
    pub(crate) places: Vec<usize>,
}

/// What is known of the tests of a program, by the program's hash.
type Known = BTreeMap<String, (u64, Vec<Test>)>;

/// Every test that passes.
pub(crate) fn tests(programs: &[Program], folder: &Path) -> Result<Vec<Test>, Failure> {
    let kept = folder.join("reach.json");
    let mut known: Known = fs::read_to_string(&kept)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let mut all = Vec::new();
    for program in programs {
        let hash = hash(&program.path)?;
        let tests = match known.remove(&program.name) {
            Some((of, tests)) if of == hash => tests,
            _ => watched(program, folder)?,
        };
        for failing in tests.iter().filter(|test| !test.passes) {
            let why = if failing.millis < MOST.as_millis() as u64 {
                "it fails without a mutant"
            } else {
                "it takes too long"
            };
            println!("not asked, since {why}: {}", failing.name);
        }
        all.extend(tests.iter().filter(|test| test.passes).cloned());
        known.insert(program.name.clone(), (hash, tests));
        let text = serde_json::to_string(&known).expect("plain data");
        fs::write(&kept, text).map_err(Failure::file("write", &kept))?;
    }
    Ok(all)
}

fn watched(program: &Program, folder: &Path) -> Result<Vec<Test>, Failure> {
    let listed = bounded(program)
        .args(["--list", "--format=terse"])
        .stdout(Stdio::piped())
        .output()
        .map_err(Failure::file("run", &program.path))?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    println!("{}: {} tests", program.name, names.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for worker in 0..workers() {
            let (next, done, names) = (&next, &done, &names);
            let places = folder.join(format!("places-{worker}"));
            scope.spawn(move || {
                while let Some(name) = names.get(next.fetch_add(1, Relaxed)) {
                    let test = watch(program, name, &places);
                    done.lock().expect("no panic there").push(test);
                }
            });
        }
    });
    Ok(done.into_inner().expect("no panic there"))
}

fn watch(program: &Program, name: &str, places: &Path) -> Test {
    // There is none before the first test.
    let _ = fs::remove_file(places);
    let started = Instant::now();
    let mut command = bounded(program);
    command
        .args(["--exact", name, "--test-threads=1"])
        .env("MUTANT_PLACES", places);
    let status = run_for(&mut command, MOST);
    // No file: it comes by nothing.
    let found = fs::read_to_string(places).unwrap_or_default();
    Test {
        of: program.clone(),
        name: name.to_owned(),
        millis: started.elapsed().as_millis() as u64,
        passes: status.is_some_and(|status| status.success()),
        places: found.lines().filter_map(|line| line.parse().ok()).collect(),
    }
}
