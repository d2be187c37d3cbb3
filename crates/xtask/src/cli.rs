//! The command line: from words to a [`Command`].

use crate::failure::Failure;
use crate::fuzz;
use crate::serve;
use crate::test::Step;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
The project's own commands. What they need and is missing they install first.

  cargo xtask serve [--port N] [--dev] [trunk's options]
      builds the page, serves it and rebuilds it when a file changes;
      --dev builds faster and runs slower: no link-time optimisation, debug checks on
  cargo xtask test [--only STEP[,STEP...]]
      runs every test there is; steps: fmt, clippy, clippy-wasm, native, browser, page, e2e
  cargo xtask pictures
      takes pictures of the release build in three sizes, light and dark, into tests/e2e/pictures/
  cargo xtask measure
      prints what the release build weighs, its script per frame, seek time and memory, and how fast the engine
      is in wasm, each with its goal
  cargo xtask bench [cargo bench's options]
      measures the engine
  cargo xtask fuzz [TARGET] [--seconds N]
      runs everything that reads a text on random input, each target for 60 s or N; docs/fuzzing.md
  cargo xtask mutants [--survivors] [--slow] [--units] [PART-OF-A-NAME...]
      changes one thing at a time in what judges: which changes does no test notice? docs/mutants.md
  cargo xtask setup
      only installs
  cargo xtask help
      prints this
";

/// One of the project's commands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Build, serve and watch the page.
    Serve(serve::Options),
    /// Run these steps of the tests.
    Test { steps: Vec<Step> },
    /// Take pictures of the page.
    Pictures { rest: Vec<String> },
    /// Measure the page.
    Measure,
    /// Measure the engine.
    Bench { rest: Vec<String> },
    /// Fuzz.
    Fuzz(fuzz::Options),
    /// Judge the mutants.
    Mutants { rest: Vec<String> },
    /// Finish the page that Trunk has just built.
    Finish,
    /// Only install.
    Setup,
    /// Say what there is.
    Help,
}

/// Reads the words after `cargo xtask`.
pub(crate) fn parse(words: &[String]) -> Result<Command, Failure> {
    let Some((name, rest)) = words.split_first() else {
        return Ok(Command::Help);
    };
    match name.as_str() {
        "serve" => Ok(Command::Serve(parse_serve(rest)?)),
        "test" => Ok(Command::Test {
            steps: parse_steps(rest)?,
        }),
        "pictures" => Ok(Command::Pictures {
            rest: rest.to_vec(),
        }),
        "measure" if rest.is_empty() => Ok(Command::Measure),
        "bench" => Ok(Command::Bench {
            rest: rest.to_vec(),
        }),
        "fuzz" => Ok(Command::Fuzz(parse_fuzz(rest)?)),
        "mutants" => Ok(Command::Mutants {
            rest: rest.to_vec(),
        }),
        "finish" if rest.is_empty() => Ok(Command::Finish),
        "setup" if rest.is_empty() => Ok(Command::Setup),
        "help" | "--help" | "-h" => Ok(Command::Help),
        _ => Err(Failure::new(format!(
            "`{}` is not a command here; `cargo xtask help` lists them",
            words.join(" ")
        ))),
    }
}

fn parse_serve(words: &[String]) -> Result<serve::Options, Failure> {
    let mut options = serve::Options::default();
    let mut words = Words(words.iter());
    while let Some(word) = words.0.next() {
        if let Some(port) = words.value_of("--port", word)? {
            let number = port.parse().ok().filter(|number| *number != 0);
            options.port = Some(number.ok_or_else(|| {
                Failure::new(format!(
                    "`--port {port}`: a port is a number from 1 to 65535"
                ))
            })?);
        } else if word == "--dev" {
            options.dev = true;
        } else if word != "--release" {
            options.rest.push(word.clone());
        }
    }
    Ok(options)
}

fn parse_fuzz(words: &[String]) -> Result<fuzz::Options, Failure> {
    let mut options = fuzz::Options::default();
    let mut words = Words(words.iter());
    while let Some(word) = words.0.next() {
        if let Some(seconds) = words.value_of("--seconds", word)? {
            let number = seconds.parse().ok().filter(|number| *number != 0);
            options.seconds = number.ok_or_else(|| {
                Failure::new(format!("`--seconds {seconds}` is not a number of seconds"))
            })?;
        } else if options.target.is_none() && !word.starts_with('-') {
            options.target = Some(word.clone());
        } else {
            return Err(Failure::new(format!(
                "`{word}` is too much; `cargo xtask fuzz` takes one target, and --seconds"
            )));
        }
    }
    Ok(options)
}

fn parse_steps(words: &[String]) -> Result<Vec<Step>, Failure> {
    let mut only = Vec::new();
    let mut words = Words(words.iter());
    while let Some(word) = words.0.next() {
        let Some(names) = words.value_of("--only", word)? else {
            return Err(Failure::new(format!(
                "`{word}` is not an option of `cargo xtask test`; it has --only"
            )));
        };
        for name in names.split(',') {
            only.push(Step::from_name(name)?);
        }
    }
    if only.is_empty() {
        return Ok(Step::ALL.to_vec());
    }
    // What is served to the end-to-end tests has to be today's page.
    let wanted = |step: &Step| {
        only.contains(step) || (*step == Step::Page && only.contains(&Step::EndToEnd))
    };
    Ok(Step::ALL.into_iter().filter(wanted).collect())
}

struct Words<'a>(std::slice::Iter<'a, String>);

impl<'a> Words<'a> {
    /// The value if `word` is `option=value`, or the next word if it is `option` alone.
    fn value_of(&mut self, option: &str, word: &'a str) -> Result<Option<&'a str>, Failure> {
        let Some(tail) = word.strip_prefix(option) else {
            return Ok(None);
        };
        if tail.is_empty() {
            let missing = || Failure::new(format!("`{option}` wants a value"));
            return Ok(Some(self.0.next().ok_or_else(missing)?));
        }
        Ok(tail.strip_prefix('='))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words).map_err(|failure| failure.to_string())
    }

    fn steps_of(line: &str) -> Vec<Step> {
        match parse_line(line) {
            Ok(Command::Test { steps }) => steps,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn no_words_ask_for_help() {
        assert_eq!(parse_line(""), Ok(Command::Help));
        assert_eq!(parse_line("--help"), Ok(Command::Help));
    }

    #[test]
    fn serve_keeps_what_is_meant_for_trunk() {
        let expected = serve::Options {
            port: Some(9000),
            dev: true,
            rest: vec!["--open".to_owned(), "--no-autoreload".to_owned()],
        };
        for line in [
            "serve --port 9000 --dev --open --no-autoreload",
            "serve --open --port=9000 --no-autoreload --dev",
        ] {
            assert_eq!(parse_line(line), Ok(Command::Serve(expected.clone())));
        }
    }

    #[test]
    fn a_port_has_to_be_one() {
        for line in ["serve --port 0", "serve --port 70000", "serve --port=x"] {
            assert!(parse_line(line).unwrap_err().contains("1 to 65535"));
        }
        let missing = parse_line("serve --port").unwrap_err();
        assert_eq!(missing, "`--port` wants a value");
    }

    #[test]
    fn fuzz_takes_a_target_and_a_time() {
        let options = |target: Option<&str>, seconds| {
            Ok(Command::Fuzz(fuzz::Options {
                target: target.map(str::to_owned),
                seconds,
            }))
        };
        assert_eq!(parse_line("fuzz"), options(None, 60));
        assert_eq!(
            parse_line("fuzz link --seconds 5"),
            options(Some("link"), 5)
        );
        for line in ["fuzz a b", "fuzz --seconds 0", "fuzz --forever"] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }

    #[test]
    fn test_runs_everything_unless_told() {
        assert_eq!(steps_of("test"), Step::ALL);
        let some = steps_of("test --only native,fmt");
        assert_eq!(some, [Step::Format, Step::Native]);
        let some = steps_of("test --only native --only=fmt");
        assert_eq!(some, [Step::Format, Step::Native]);
    }

    #[test]
    fn end_to_end_tests_get_a_fresh_page() {
        assert_eq!(steps_of("test --only e2e"), [Step::Page, Step::EndToEnd]);
    }

    #[test]
    fn unknown_words_are_refused() {
        for line in ["tset", "test --all", "test --only speed", "setup now"] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_help_names_every_step() {
        for step in Step::ALL {
            assert!(HELP.contains(step.name()), "{}", step.name());
        }
    }
}
