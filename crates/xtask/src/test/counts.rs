//! How many tests passed and failed, read from what the runners print.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that did what they should.
    pub(crate) passed: u64,
    /// Tests that did not.
    pub(crate) failed: u64,
}

impl Counts {
    /// From the output of `cargo test`, natively and in the browser: one line for each test binary,
    /// `test result: ok. 3 passed; 0 failed; 0 ignored; ...`.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            let Some(result) = line.trim_start().strip_prefix("test result: ") else {
                continue;
            };
            // The word before the numbers: "ok. " or "FAILED. ".
            let numbers = result.split_once(". ").map_or(result, |(_, rest)| rest);
            for part in numbers.split("; ") {
                match part.split_once(' ') {
                    Some((number, "passed")) => sum.passed += number.parse().unwrap_or(0),
                    Some((number, "failed")) => sum.failed += number.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        sum
    }

    /// From the output of `node --test --test-reporter=spec`: lines such as `ℹ pass 3`, at the end.
    pub(crate) fn of_node(output: &str) -> Self {
        let last = |name: &str| {
            let numbers = output.lines().rev().filter_map(|line| {
                let number = line.strip_prefix("ℹ ")?.strip_prefix(name)?;
                number.trim_start().parse::<u64>().ok()
            });
            numbers.into_iter().next().unwrap_or(0)
        };
        Self {
            passed: last("pass "),
            // A test that ran into the time limit counts as cancelled; for us it did not do what it should.
            failed: last("fail ") + last("cancelled "),
        }
    }

    /// Whether no test ran at all.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_prints_one_result_for_each_binary() {
        let output = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

no tests to run!
test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 filtered out; finished in 0.01s
";
        let counts = Counts::of_cargo(output);
        assert_eq!((counts.passed, counts.failed), (5, 4));
        assert_eq!(counts.to_string(), "5 passed, 4 failed");
    }

    #[test]
    fn node_prints_its_sums_at_the_end() {
        let output = "\
✔ ℹ pass 9 is the name of a test
ℹ pass 9
ℹ tests 6
ℹ pass 3
ℹ fail 1
ℹ cancelled 2
";
        let counts = Counts::of_node(output);
        assert_eq!((counts.passed, counts.failed), (3, 3));
    }

    #[test]
    fn silence_is_no_test() {
        assert!(Counts::of_cargo("").is_empty());
        assert!(Counts::of_node("").is_empty());
    }
}
