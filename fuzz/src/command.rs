//! What others may say to an embedded page: its address, and commands.

use replicascope_embed::{Command, Given, Options, Received};
use replicascope_engine::Scenario;

/// What is refused names a field or a parameter; what is read says the same again, whatever stands around it.
pub fn check(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let (_, errors) = Options::read(text, &["quiet"]);
    for error in errors {
        assert!(error.to_string().starts_with(&error.parameter), "{error}");
    }
    let received = Received::read(text);
    match &received.command {
        Err(error) => {
            assert!(!error.field.is_empty());
            assert!(error.to_string().starts_with(&error.field), "{error}");
        }
        Ok(command) => {
            assert_eq!(Received::read(&format!(" {text}\n")), received);
            if let Command::SetScenario(Given::Json(json)) = command {
                // What was written anew is the same to whoever reads it: a scenario, or refused.
                if let Ok(scenario) = Scenario::from_json(json) {
                    let again = Scenario::from_json(&scenario.to_json_line());
                    assert_eq!(again.as_ref(), Ok(&scenario));
                }
            }
        }
    }
}
