//! Every lesson by its official solution: goals are not reached before and are after, predictions' right answers are what the engine
//! does, tasks accept the solution and refuse near misses, and going back restores the state.

#[path = "../../../tests/lessons/mod.rs"]
mod lessons;

use replicascope_lessons::{Index, Lesson};

/// With `LESSON=id` only that one, and its texts with their numbers.
#[test]
fn every_lesson_is_what_the_engine_does() {
    let only = std::env::var("LESSON").ok();
    let mut wrong = Vec::new();
    for (id, lesson, solution) in lessons::LESSONS {
        if only.as_ref().is_some_and(|only| only != id) {
            continue;
        }
        let replayed = lessons::replay::replay(lesson, solution);
        if only.is_some() {
            eprintln!("{}", replayed.told.join("\n"));
        }
        wrong.extend(
            replayed
                .wrong
                .iter()
                .map(|complaint| format!("{id}: {complaint}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_names_every_lesson_and_nothing_else() {
    let index = Index::read(lessons::INDEX).expect("the list is valid");
    let listed: Vec<(&str, u8, &str)> = index
        .lessons
        .iter()
        .map(|entry| (entry.id.as_str(), entry.station, entry.title.as_str()))
        .collect();
    let read: Vec<Lesson> = lessons::LESSONS
        .iter()
        .map(|(id, text, _)| Lesson::read(text).unwrap_or_else(|error| panic!("{id}: {error}")))
        .collect();
    let there: Vec<(&str, u8, &str)> = read
        .iter()
        .map(|lesson| (lesson.id.as_str(), lesson.station, lesson.title.as_str()))
        .collect();
    assert_eq!(listed, there);
    assert!(listed.is_sorted_by_key(|(_, station, _)| *station));
    for (folder, extra) in [("www/lessons", 1), ("crates/lessons/solutions", 0)] {
        let folder = format!("{}/../../{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(&folder).expect("readable").count();
        assert_eq!(
            files,
            read.len() + extra,
            "{folder} holds something that is not listed"
        );
    }
}
