//! `cargo xtask serve`: Trunk builds, serves and watches the page.

use std::net::{Ipv4Addr, TcpListener};

use crate::failure::Failure;
use crate::process;
use crate::tools::{Need, Toolbox};

/// Trunk's own first choice.
const FIRST_PORT: u16 = 8080;

/// How many ports after the first are tried when nobody asked for one.
const PORTS_TRIED: u16 = 20;

/// What was asked for on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The port somebody insists on.
    pub(crate) port: Option<u16>,
    /// A quick build instead of the one that is shipped.
    pub(crate) dev: bool,
    /// Handed on to Trunk.
    pub(crate) rest: Vec<String>,
}

/// Serves the page until it is stopped.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let toolbox = Toolbox::prepare(&[
        Need::WasmTarget,
        Need::WasmOpt,
        Need::Trunk,
        Need::WasmBindgen,
        Need::WasmSplit,
    ])?;
    let port = match options.port {
        Some(port) => asked_port(port)?,
        None => free_port(FIRST_PORT)?,
    };
    let mut trunk = toolbox.trunk();
    trunk.args(["serve", "--port", &port.to_string()]);
    if !options.dev {
        trunk.arg("--release");
    }
    trunk.args(&options.rest);
    println!(
        "ReplicaScope will be at http://127.0.0.1:{port}/ when it is built (Ctrl+C stops it)."
    );
    process::hand_over(&mut trunk)
}

fn asked_port(port: u16) -> Result<u16, Failure> {
    if is_free(port) {
        return Ok(port);
    }
    Err(Failure::new(format!(
        "port {port} is in use; without --port the next free one is taken"
    )))
}

fn free_port(first: u16) -> Result<u16, Failure> {
    let last = first + PORTS_TRIED;
    let free = (first..=last).find(|port| is_free(*port));
    free.ok_or_else(|| {
        Failure::new(format!(
            "the ports {first} to {last} are all in use; choose one with --port"
        ))
    })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_passed_over_or_refused() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let line = asked_port(port).unwrap_err().to_string();
        assert!(line.contains(&port.to_string()));
        // At the very top of the range there would be no next port to pass on to.
        if port < u16::MAX - PORTS_TRIED {
            assert_ne!(free_port(port).unwrap(), port);
        }
    }
}
