//! What lessons say: a sentence that names a number, in digits or as a word, or a default carries a rule, a source or a number of the
//! run; cited rules exist; texts are short, since learners read little.

#[path = "../../../tests/lessons/mod.rs"]
#[expect(dead_code, reason = "this test reads lessons and replays none")]
mod lessons;

use replicascope_lessons::{Lesson, Paragraph, Piece};

const RULES: &str = include_str!("../../../docs/rules.md");

fn all() -> Vec<Lesson> {
    let read = |(id, text, _): &(&str, &str, &str)| {
        Lesson::read(text).unwrap_or_else(|error| panic!("{id}: {error}"))
    };
    lessons::LESSONS.iter().map(read).collect()
}

/// Every paragraph that states something, with where it is. What an option of a prediction says is a guess, and what a step asks
/// for is a wish.
fn statements(lesson: &Lesson) -> Vec<(String, &Paragraph)> {
    let mut found: Vec<(String, &Paragraph)> = Vec::new();
    let whole = lesson.opening.iter().chain(&lesson.takeaway);
    found.extend(whole.map(|paragraph| (lesson.id.clone(), paragraph)));
    for step in &lesson.steps {
        let place = format!("{}, {}", lesson.id, step.id);
        let mut here: Vec<&Paragraph> = step.text.iter().chain(&step.after).collect();
        here.extend(&step.hint);
        if let Some(predict) = &step.predict {
            here.push(&predict.question);
            here.extend(
                predict
                    .options
                    .iter()
                    .filter_map(|option| option.if_wrong.as_ref()),
            );
        }
        if let Some(decide) = &step.decide {
            here.push(&decide.question);
            here.extend(decide.needs.iter().map(|need| &need.text));
            for way in &decide.options {
                here.extend(way.postgresql.iter().chain(&way.mysql));
            }
        }
        found.extend(here.into_iter().map(|paragraph| (place.clone(), paragraph)));
    }
    found
}

/// Sentences of a paragraph: what they say, and whether something stands behind it.
fn sentences(paragraph: &Paragraph) -> Vec<(String, bool)> {
    let mut sentences = vec![(String::new(), false)];
    for piece in paragraph.pieces() {
        match piece {
            Piece::Rule(_) | Piece::Source(_) | Piece::Number(_) => {
                // A citation that stands right behind a sentence's end belongs to that sentence.
                let last = sentences.len() - 1;
                let behind = sentences[last].0.trim().is_empty()
                    && last > 0
                    && !matches!(piece, Piece::Number(_));
                sentences[if behind { last - 1 } else { last }].1 = true;
            }
            Piece::Code(text) => sentences.last_mut().expect("one").0.push_str(text),
            Piece::Plain(text) | Piece::Emphasis(text) => {
                let mut rest = text.as_str();
                let ends = |rest: &str| {
                    [". ", "? ", "! "]
                        .iter()
                        .filter_map(|end| rest.find(end))
                        .min()
                };
                while let Some(end) = ends(rest) {
                    sentences.last_mut().expect("one").0.push_str(&rest[..=end]);
                    sentences.push((String::new(), false));
                    rest = &rest[end + 2..];
                }
                sentences.last_mut().expect("one").0.push_str(rest);
            }
        }
    }
    sentences
}

/// Numbers as words. Not among them: *one*, which is an article as often as a number; *both*, which points at what was just named;
/// and ordinals, which tell things apart.
const NUMBER_WORDS: &[&str] = &[
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "millions",
    "dozen",
    "dozens",
    "half",
    "halves",
    "thirds",
    "quarter",
    "quarters",
    "fifth",
    "fifths",
    "tenth",
    "tenths",
    "twice",
    "thrice",
    "double",
    "doubles",
    "doubled",
];

/// What counts and claims nothing. Each stands in a lesson, or the test says that it can go.
const COUNTS: &[&str] = &[
    // Things of the step's own run, which stand on the stage beside the sentence.
    "two machines",
    "two nodes",
    "three nodes",
    "four nodes",
    "three sentinels",
    // What split brain is: more than one of what there should be one of.
    "two primaries",
    "two histories",
    // What a majority is.
    "two majorities",
    // What a median is; its number stands in the feedback.
    "half of the",
];

/// Whether a sentence names a number or a default. Names such as n1, s3 or m1 and roles of a key are none.
fn claims(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let is_name = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = word.trim_start_matches(['n', 's', 'm']);
        word != digits && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let digits = sentence
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | ',' | '(' | ')' | '’' | '\''))
        .any(|word| word.chars().any(|c| c.is_ascii_digit()) && !is_name(word));
    lower.contains("default") || digits || in_words(&lower)
}

fn in_words(lower: &str) -> bool {
    let counted = COUNTS
        .iter()
        .fold(lower.to_owned(), |text, counts| text.replace(counts, ""));
    let mut words = counted.split(|c: char| !c.is_alphanumeric());
    words.any(|word| NUMBER_WORDS.contains(&word))
}

#[test]
fn a_sentence_with_a_number_or_a_default_says_where_it_is_from() {
    let mut bare = Vec::new();
    for lesson in &all() {
        for (place, paragraph) in statements(lesson) {
            for (sentence, backed) in sentences(paragraph) {
                if claims(&sentence) && !backed {
                    bare.push(format!("{place}: {}", sentence.trim()));
                }
            }
        }
    }
    assert!(
        bare.is_empty(),
        "without rule, source or placeholder:\n{}",
        bare.join("\n")
    );
}

#[test]
fn what_need_not_be_backed_is_needed() {
    let lessons = all();
    let told: Vec<String> = lessons
        .iter()
        .flat_map(statements)
        .flat_map(|(_, paragraph)| sentences(paragraph))
        .filter(|(_, backed)| !backed)
        .map(|(sentence, _)| sentence.to_lowercase())
        .collect();
    for counts in COUNTS {
        let used = told.iter().any(|sentence| sentence.contains(counts));
        assert!(used, "\"{counts}\" is in no lesson any more");
    }
}

#[test]
fn cited_rules_exist() {
    let mut unknown = Vec::new();
    let mut cited = 0;
    for lesson in &all() {
        for (place, paragraph) in statements(lesson) {
            for piece in paragraph.pieces() {
                if let Piece::Rule(rule) = piece {
                    cited += 1;
                    if !RULES.contains(&format!("**{rule}**")) {
                        unknown.push(format!("{place}: {rule}"));
                    }
                }
            }
        }
    }
    assert!(unknown.is_empty(), "no such rule:\n{}", unknown.join("\n"));
    assert!(cited > 0);
}

#[test]
fn texts_are_short() {
    let mut long = Vec::new();
    for lesson in &all() {
        let mut check = |place: String, words: usize, most: usize| {
            if words > most {
                long.push(format!(
                    "{}, {place}: {words} words, at most {most}",
                    lesson.id
                ));
            }
        };
        let words = |paragraphs: &[Paragraph]| paragraphs.iter().map(Paragraph::words).sum();
        check("opening".to_owned(), words(&lesson.opening), 90);
        check("takeaway".to_owned(), words(&lesson.takeaway), 90);
        for step in &lesson.steps {
            let at = |field: &str| format!("{}.{field}", step.id);
            check(at("text"), words(&step.text), 60);
            check(at("after"), words(&step.after), 70);
            for (field, paragraph) in [("ask", &step.ask), ("hint", &step.hint)] {
                check(
                    at(field),
                    paragraph.as_ref().map_or(0, Paragraph::words),
                    40,
                );
            }
            for option in step.predict.iter().flat_map(|predict| &predict.options) {
                check(at("predict"), option.text.words(), 20);
                let told = option.if_wrong.as_ref().map_or(0, Paragraph::words);
                check(at("if_wrong"), told, 45);
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn claims_are_found() {
    for (sentence, claim) in [
        ("n1 dies and n2 follows", false),
        ("It waits 10 s", true),
        ("The default is off", true),
        ("`rpl_timeout` = 10000", true),
        ("n1's lease", false),
        ("replica n12, s3 and m1", false),
        ("n1 loses 3", true),
        ("Two replicas lose nothing", true),
        ("It stands still for thirty seconds", true),
        ("Half a second passes", true),
        ("Twice as much", true),
        ("Two nodes take writes", false),
        ("Two nodes lose twenty writes", true),
        ("Often one of both", false),
    ] {
        assert_eq!(claims(sentence), claim, "{sentence}");
    }
    let paragraph: Paragraph = "It waits 10 s. [R-MY-5] Then 3 are lost. So {writes.acked} of 5."
        .parse()
        .expect("well-formed");
    let found: Vec<bool> = sentences(&paragraph)
        .iter()
        .map(|(_, backed)| *backed)
        .collect();
    assert_eq!(found, [true, false, true]);
}
