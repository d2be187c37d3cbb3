//! A person at a terminal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What a command did.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// It did what it was asked for.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// Bad input or usage: nothing on standard output, and what is wrong.
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{self:?}");
        self.err
    }

    /// Standard output as JSON.
    pub(crate) fn json(self) -> Value {
        let out = self.well();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

/// A folder to work in.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).expect("writable");
        self
    }

    pub(crate) fn scenario(&self, name: &str, scenario: &Value) -> &Self {
        self.file(name, &scenario.to_string())
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }

    /// The names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("readable");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        names
    }

    pub(crate) fn types(&self, arguments: &[&str]) -> Said {
        self.pipes("", arguments)
    }

    /// With something on standard input.
    pub(crate) fn pipes(&self, input: &str, arguments: &[&str]) -> Said {
        let mut child = command(self.0.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        // It may end before it has read everything, for instance when the arguments are wrong.
        let _ = child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        Said {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// The binary in a folder.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replicascope"));
    command.current_dir(folder);
    command
}

/// The path of a scenario of the corpus.
pub(crate) fn corpus(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus");
    format!("{folder}/{name}.json")
}

/// A cluster of three without jitter and workload: 1 ms between clients and nodes, `delay_ms` between nodes; a write costs
/// 0.4 ms of the processor and 0.8 ms of the disk, so an async commit takes 1 + 0.4 + 0.8 + 1 = 3.2 ms.
pub(crate) fn quiet(delay_ms: u64, actions: &[(u64, Value)]) -> Value {
    let actions: Vec<Value> = actions
        .iter()
        .map(|(at_ms, action)| json!({ "at_us": at_ms * 1_000, "action": action }))
        .collect();
    json!({
        "version": 1,
        "cluster": {
            "replicas": 2,
            "node_link": { "delay_us": delay_ms * 1_000 },
            "client_link": { "delay_us": 1_000 },
        },
        "workload": { "operations_per_second": 0 },
        "actions": actions,
    })
}

/// A write of key 0 by a client.
pub(crate) fn write(client: u16) -> Value {
    json!({ "write": { "client": client, "key": 0 } })
}

/// A read of key 0 by a client from a node.
pub(crate) fn read(client: u16, node: &str) -> Value {
    json!({ "read": { "client": client, "key": 0, "node": node } })
}

/// A scenario with these settings.
pub(crate) fn with(mut scenario: Value, name: &str, value: Value) -> Value {
    scenario[name] = value;
    scenario
}
