//! Every lesson replayed in the browser by its official solution, as `crates/lessons/tests/replay.rs` does natively.
#![cfg(target_arch = "wasm32")]

mod lessons;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn every_lesson_is_what_the_engine_does() {
    assert!(lessons::INDEX.contains(lessons::LESSONS[0].0));
    for (id, lesson, solution) in lessons::LESSONS {
        let replayed = lessons::replay::replay(lesson, solution);
        assert!(
            replayed.wrong.is_empty(),
            "{id}: {}",
            replayed.wrong.join("\n")
        );
        assert!(!replayed.told.is_empty(), "{id} tells something");
    }
}
