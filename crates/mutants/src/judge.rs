//! Each mutant before the tests that come by it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::build::Built;
use crate::list::Mutant;
use crate::process::{bounded, run_for};
use crate::reach::{Test, workers};

/// Tests of one program run together while they take no longer than this without a mutant.
const TOGETHER_MILLIS: u64 = 1_500;
/// Tests that take longer are asked only by `--slow`.
const QUICK_MILLIS: u64 = 1_500;
/// A mutant may be slower than the program as it is, and the machine busier than it was.
const SLOWER: u64 = 8;
const LEAST: Duration = Duration::from_secs(20);

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    /// One of these tests failed.
    Caught { by: Vec<String> },
    /// One of these tests did not come to an end.
    TimedOut { in_tests: Vec<String> },
    /// The compiler refuses it.
    Unviable { because: String },
    /// All tests that come by it pass.
    Survived { tests: usize },
    /// No test comes by it.
    NotReached,
}

impl Verdict {
    pub(crate) fn has_survived(&self) -> bool {
        matches!(self, Self::Survived { .. } | Self::NotReached)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught { by } => write!(f, "caught by one of {}", by.join(", ")),
            Self::TimedOut { in_tests } => write!(f, "no end in {}", in_tests.join(", ")),
            Self::Unviable { because } => write!(f, "does not compile ({because})"),
            Self::Survived { tests } => write!(f, "survived {tests} tests"),
            Self::NotReached => f.write_str("no test comes by"),
        }
    }
}

pub(crate) fn judge(
    numbers: &[usize],
    mutants: &[Mutant],
    built: &Built,
    tests: &[Test],
    slow: bool,
    tell: impl Fn(usize, &Verdict) + Sync,
) -> BTreeMap<usize, Verdict> {
    let tests: Vec<&Test> = tests
        .iter()
        .filter(|test| slow || test.millis <= QUICK_MILLIS)
        .collect();
    println!("{} of {} mutants are judged", numbers.len(), mutants.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                while let Some(&number) = numbers.get(next.fetch_add(1, Relaxed)) {
                    let verdict = verdict(number, built, &tests);
                    tell(number, &verdict);
                    done.lock().expect("no panic there").insert(number, verdict);
                }
            });
        }
    });
    done.into_inner().expect("no panic there")
}

fn verdict(number: usize, built: &Built, tests: &[&Test]) -> Verdict {
    if let Some(because) = built.unviable.get(&number) {
        return Verdict::Unviable {
            because: because.clone(),
        };
    }
    let place = built.place[&number];
    let mut coming: Vec<&Test> = tests
        .iter()
        .copied()
        .filter(|test| test.places.contains(&place))
        .collect();
    if coming.is_empty() {
        return Verdict::NotReached;
    }
    coming.sort_by_key(|test| test.millis);
    for batch in batches(&coming) {
        let names = || {
            batch
                .iter()
                .map(|test| format!("{}::{}", test.of.name, test.name))
        };
        let millis: u64 = batch.iter().map(|test| test.millis).sum();
        let most = Duration::from_millis(millis * SLOWER).max(LEAST);
        let mut command = bounded(&batch[0].of);
        command
            .args(["--exact", "--test-threads=1"])
            .args(batch.iter().map(|test| &test.name))
            .env("MUTANT", number.to_string());
        match run_for(&mut command, most) {
            None => {
                return Verdict::TimedOut {
                    in_tests: names().collect(),
                };
            }
            Some(status) if !status.success() => {
                return Verdict::Caught {
                    by: names().collect(),
                };
            }
            Some(_) => {}
        }
    }
    Verdict::Survived {
        tests: coming.len(),
    }
}

/// The quick ones first; those of one program that are about as quick go together.
fn batches<'a>(tests: &[&'a Test]) -> Vec<Vec<&'a Test>> {
    let mut open: BTreeMap<&Path, (u64, Vec<&Test>)> = BTreeMap::new();
    let mut closed = Vec::new();
    for &test in tests {
        let (millis, batch) = open.entry(&test.of.path).or_default();
        if !batch.is_empty() && *millis + test.millis > TOGETHER_MILLIS {
            closed.push(std::mem::take(batch));
            *millis = 0;
        }
        batch.push(test);
        *millis += test.millis;
    }
    let rest = open.into_values().map(|(_, batch)| batch);
    closed.extend(rest.filter(|batch| !batch.is_empty()));
    let millis = |batch: &[&Test]| batch.iter().map(|test| test.millis).sum::<u64>();
    closed.sort_by_key(|batch| millis(batch));
    closed
}
