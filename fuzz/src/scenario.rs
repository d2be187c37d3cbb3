//! Scenario files: reading, checking, and the start of the run.

use replicascope_engine::report::Course;
use replicascope_engine::{Scenario, Simulation};

/// How many steps of a run are taken: enough for every action of a small scenario, and still thousands of inputs a minute.
const STEPS: u64 = 1_000;

/// What is refused is refused with a reason; what is read is written back as the same, and runs.
pub fn check(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let scenario = match Scenario::from_json(text) {
        Ok(scenario) => scenario,
        Err(error) => {
            assert!(!error.path.is_empty(), "{error}");
            assert!(!error.problem.to_string().is_empty(), "{error}");
            return;
        }
    };
    // Another reader takes it for the same, or does not take it: `-0` is 0 here and no whole number there.
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Ok(other) = serde_json::from_str::<Scenario>(plain) {
        assert_eq!(other, scenario);
    }
    assert_eq!(
        Scenario::from_json(&scenario.to_json_line()).as_ref(),
        Ok(&scenario)
    );
    let written = scenario.to_json();
    assert_eq!(Scenario::from_json(&written).as_ref(), Ok(&scenario));
    run(&scenario);
}

/// The start of a run with its report and the answers to what was expected.
pub(crate) fn run(scenario: &Scenario) {
    let mut course = Course::new(scenario).expect("it was checked");
    course.advance(STEPS, |_, _| {});
    let report = course.report();
    assert!(report.writes.acked <= report.writes.sent);
    assert_eq!(course.answers().len(), scenario.expect.len());
}

/// The hash of a run after so many steps.
pub(crate) fn hash(scenario: &Scenario, steps: u64) -> u64 {
    let mut run = Simulation::new(scenario).expect("it was checked");
    for _ in 0..steps {
        run.step();
    }
    run.trace().hash()
}
