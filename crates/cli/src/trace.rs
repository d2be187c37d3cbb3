//! `replicascope trace`: every event, as it happens. Nothing is kept, so a run of any length needs the same memory.

mod fields;

use std::io::{self, BufWriter, Write};

use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::{Simulation, event::EventName};

use crate::args;
use crate::failure::{Ended, Result};
use crate::files;
use crate::output::counted;
use crate::run::{course, to_the_end};
use fields::Shape;

pub(crate) fn trace(options: &args::Trace) -> Result<Ended> {
    let scenario = files::read(&options.file)?;
    let name = files::name(&options.file);
    let mut course = course(&name, &scenario, options.until)?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut line = String::new();
    to_the_end(&mut course, |simulation, event| {
        if !wanted(options, event) {
            return Ok(());
        }
        line.clear();
        event.write_line(&mut line).map_err(io::Error::other)?;
        if !options.node.is_empty() && !about(options, &line)? {
            return Ok(());
        }
        if options.json {
            out.write_all(line.as_bytes())
        } else {
            for_a_person(&mut out, simulation, event, &line)
        }
    })?;
    out.flush()?;
    if course.missed() > 0 {
        eprintln!(
            "note: {name}: {} of one step are not shown",
            counted(course.missed(), "event")
        );
    }
    Ok(Ended::Well)
}

fn wanted(options: &args::Trace, event: &Event) -> bool {
    let kinds: &[EventName] = &options.kind;
    options.from.is_none_or(|from| from <= event.at)
        && (kinds.is_empty() || kinds.contains(&event.kind.name()))
        && (!options.milestones || event.kind.is_milestone())
}

/// Whether one of the nodes asked for stands in any field.
fn about(options: &args::Trace, json: &str) -> io::Result<bool> {
    let shape: Shape = serde_json::from_str(json)?;
    Ok(options
        .node
        .iter()
        .any(|node| shape.has_word(&node.to_string())))
}

/// `  4.000000 s  #812 <-811   killed  node=n1`: when, which, caused by which, what.
fn for_a_person(
    out: &mut impl Write,
    simulation: &Simulation,
    event: &Event,
    json: &str,
) -> io::Result<()> {
    let cause = if event.cause.0 == 0 {
        "start".to_owned()
    } else {
        format!("#{}", event.cause.0)
    };
    let (at, id) = (event.at.to_string(), event.id.0);
    write!(
        out,
        "{at:>14}  #{id:<7} <- {cause:<8}  {}",
        event.kind.name()
    )?;
    let Shape::Fields(mut fields) = serde_json::from_str(json)? else {
        return writeln!(out);
    };
    fields.retain(|(name, _)| !matches!(name.as_str(), "id" | "at_us" | "cause" | "event"));
    if !fields.is_empty() {
        write!(out, " {}", Shape::Fields(fields))?;
    }
    if let EventKind::Action { index } = event.kind
        && let Some(timed) = simulation.actions().get(index as usize)
    {
        let action: Shape = serde_json::from_str(&serde_json::to_string(&timed.action)?)?;
        write!(out, " {action}")?;
    }
    writeln!(out)
}
