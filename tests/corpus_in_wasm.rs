//! The engine gives the same traces in the browser as natively: every scenario of the corpus, event by event.
#![cfg(target_arch = "wasm32")]

mod corpus;

use replicascope_engine::time::Time;
use replicascope_engine::{Scenario, Simulation};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn every_scenario_gives_the_trace_that_it_gives_natively() {
    assert!(corpus::SCENARIOS.len() >= 10);
    for (name, text) in corpus::SCENARIOS {
        let scenario = Scenario::from_json(text).expect("the corpus is valid");
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(corpus::SECONDS));
        let line = corpus::line(name, simulation.trace().hash(), simulation.trace().len());
        assert!(
            corpus::HASHES.lines().any(|known| known == line),
            "{line} is not the native run's"
        );
    }
}
