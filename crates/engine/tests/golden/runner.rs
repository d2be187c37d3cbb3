//! The commands of a golden script.
//!
//! | command | what it does |
//! |---|---|
//! | `start settings=… cluster=… workload=… seed=…` | a run at its start; each value is JSON that is laid over a quiet cluster of five without jitter |
//! | `run_to 4s`, `after 250ms` | moves to that instant, or on by that long |
//! | `until LeaseExpired`, `until ServerReady most=60s` | moves to right after the next event of that kind |
//! | `act {"kill":{"node":"n1"}}` | any action, as in a scenario file; a bare word needs no quotes |
//! | `set {"mode":"sync"}` | changes a setting |
//! | `service agent:n1 freeze` | does something to a process beside the databases |
//! | `admin n2 {"follow":{"upstream":"n1"}}` | types a command at a server |
//! | `cut n1 n2`, `heal n1 n2` | both directions of a link |
//! | `write key=3 client=0`, `read key=3 node=n2` | one operation |
//! | `milestones`, `milestones without=StandbyConnected,UpstreamLost` | what changed the course of the run since the last time they were shown |
//! | `events Committed WriteAcked` | events of these kinds since the last time, or all |
//! | `why WriteLost` | the causes of the newest event of a kind, the first cause first, without the ticking of timers |
//! | `explain 5`, `explain split_brain`, `explain no_primary` | the explanation of an operation or of the whole: verdict, then line and part of each step |
//! | `nodes` | what each node is and how far it has come |
//! | `standbys n1` | `pg_stat_replication` |
//! | `replica n2`, `semi_sync n1` | `SHOW REPLICA STATUS`; the status variables of semi-sync |
//! | `store` | what the consensus store holds |
//! | `failovers` | failovers and outages as the report has them |
//! | `ledger`, `ledger last=5`, `ledger broken`, `ledger lost` | operations as their clients saw them: all, or what went wrong |
//! | `report` | totals, outages, and what is wrong with the whole |

use std::error::Error;

use goldenscript::{Command, Context};
use replicascope_engine::event::Event;
use replicascope_engine::ids::{EventId, NodeId, OpId};
use replicascope_engine::oracle::Op;
use replicascope_engine::scenario::Action;
use replicascope_engine::time::{Span, Time};
use replicascope_engine::why::{Question, explain};
use replicascope_engine::{Course, Scenario, Simulation};
use serde_json::{Value, json};

use crate::{show, status};

type Output = Result<String, Box<dyn Error>>;

/// A run under way, and how much of it was shown.
#[derive(Default)]
pub(crate) struct Runner {
    scenario: Option<Scenario>,
    simulation: Option<Simulation>,
    milestones: EventId,
    events: EventId,
}

impl goldenscript::Runner for Runner {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Output {
        let mut args = command.consume_args();
        let output = match command.name.as_str() {
            "start" => {
                let mut scenario = quiet();
                for part in ["settings", "cluster", "workload", "seed"] {
                    if let Some(text) = args.take_key(part) {
                        lay_over(&mut scenario[part], serde_json::from_str(text)?);
                    }
                }
                let scenario = Scenario::from_json(&scenario.to_string())?;
                *self = Self {
                    simulation: Some(Simulation::new(&scenario)?),
                    scenario: Some(scenario),
                    ..Self::default()
                };
                String::new()
            }
            "run_to" => {
                let at = Time(span(args.next_pos().ok_or("run_to needs an instant")?)?.0);
                let simulation = self.running()?;
                if at < simulation.now() {
                    return Err(format!("it is {} already", simulation.now()).into());
                }
                simulation.advance_to(at);
                String::new()
            }
            "after" => {
                let by = span(args.next_pos().ok_or("after needs a span")?)?;
                let simulation = self.running()?;
                simulation.advance_to(simulation.now() + by);
                String::new()
            }
            "until" => {
                let kind = args.next_pos().ok_or("until needs the name of an event")?;
                let most = args
                    .take_key("most")
                    .map_or(Ok(Span::from_secs(120)), span)?;
                let simulation = self.running()?;
                let (from, end) = (simulation.trace().len(), simulation.now() + most);
                let found = |simulation: &Simulation| {
                    let mut new = simulation.trace().since(EventId(from));
                    new.any(|event| show::name(event) == *kind)
                };
                while !found(simulation) {
                    if simulation.next_due().is_none_or(|at| at > end) {
                        return Err(format!("no {kind} until {end}").into());
                    }
                    simulation.step();
                }
                String::new()
            }
            "service" => {
                let service = args.next_pos().ok_or("service needs a service")?;
                let what = args.next_pos().ok_or("service needs what to do")?;
                self.act(json!({ "service": { "service": service, "what": what } }))?
            }
            "admin" => {
                let node = args.next_pos().ok_or("admin needs a node")?;
                let command = args.next_pos().ok_or("admin needs a command")?;
                self.act(json!({ "admin": { "node": node, "command": value(command) } }))?
            }
            "cut" | "heal" => {
                let a = args.next_pos().ok_or("a link has two ends")?;
                let b = args.next_pos().ok_or("a link has two ends")?;
                let what = format!("{}_link", command.name);
                for (from, to) in [(a, b), (b, a)] {
                    self.act(json!({ what.as_str(): { "from": from, "to": to } }))?;
                }
                String::new()
            }
            "act" => {
                let text = args.next_pos().ok_or("act needs an action")?;
                self.act(value(text))?
            }
            "set" => {
                let text = args.next_pos().ok_or("set needs a setting")?;
                self.act(json!({ "set": value(text) }))?
            }
            "write" | "read" => {
                let mut fields = json!({ "client": 0 });
                while let Some((key, text)) = args.next_key() {
                    fields[key] = value(text);
                }
                self.act(json!({ command.name.as_str(): fields }))?
            }
            "milestones" => {
                let without = args.take_key("without").unwrap_or_default().to_owned();
                let simulation = self.simulation.as_ref().ok_or("nothing was started")?;
                let since =
                    core::mem::replace(&mut self.milestones, EventId(simulation.trace().len()));
                let new = simulation
                    .trace()
                    .milestones()
                    .filter(|event| event.id > since)
                    .filter(|event| without.split(',').all(|name| name != show::name(event)));
                lines(new.map(|event| show::event(simulation, event)))
            }
            "events" => {
                let mut kinds = Vec::new();
                while let Some(kind) = args.next_pos() {
                    kinds.push(kind);
                }
                let simulation = self.simulation.as_ref().ok_or("nothing was started")?;
                let since = core::mem::replace(&mut self.events, EventId(simulation.trace().len()));
                let wanted = |event: &&Event| {
                    kinds.is_empty() || kinds.iter().any(|kind| show::name(event) == *kind)
                };
                lines(
                    simulation
                        .trace()
                        .since(since)
                        .filter(wanted)
                        .map(|event| show::event(simulation, event)),
                )
            }
            "why" => {
                let kind = args.next_pos().ok_or("why needs the name of an event")?;
                let simulation = self.running()?;
                let trace = simulation.trace();
                let of_kind = |event: &&Event| show::name(event) == kind;
                let newest = trace
                    .events()
                    .rev()
                    .find(of_kind)
                    .ok_or("there is no such event")?;
                let worth_seeing = |event: &&Event| show::name(event) != "NodeTimer";
                let causes = trace.causes(newest.id).filter(worth_seeing);
                let mut chain: Vec<String> =
                    causes.map(|event| show::event(simulation, event)).collect();
                chain.reverse();
                lines(chain.into_iter())
            }
            "explain" => {
                let what = args.next_pos().ok_or("explain needs a question")?;
                let question = match what {
                    "split_brain" => Question::SplitBrain,
                    "no_primary" => Question::NoPrimary,
                    op => Question::Op(OpId(op.parse()?)),
                };
                let simulation = self.running()?;
                let why = explain(simulation, question).ok_or("there is nothing to explain")?;
                status::explanation(simulation, &why)
            }
            "standbys" | "replica" | "semi_sync" => {
                let node: NodeId = args.next_pos().ok_or("a node is needed")?.parse()?;
                let simulation = self.running()?;
                match command.name.as_str() {
                    "standbys" => status::standbys(simulation, node),
                    "replica" => status::replica(simulation, node)?,
                    _ => status::semi_sync(simulation, node)?,
                }
            }
            "store" => status::store(self.running()?)?,
            "failovers" => {
                let simulation = self.simulation.as_ref().ok_or("nothing was started")?;
                let mut scenario = self.scenario.clone().ok_or("nothing was started")?;
                scenario.actions = simulation.actions().to_vec();
                let mut course = Course::until(&scenario, simulation.now())?;
                course.finish();
                status::failovers(&course.report())
            }
            "nodes" => show::nodes(self.running()?),
            "ledger" => {
                let wanted: fn(&Op) -> bool = match args.next_pos() {
                    None => |_| true,
                    Some("broken") => Op::is_broken,
                    Some("lost") => |op| op.lost,
                    Some(other) => return Err(format!("there is no ledger of {other}").into()),
                };
                let last = args.take_key("last").map(str::parse).transpose()?;
                show::ledger(self.running()?, wanted, last.unwrap_or(usize::MAX))
            }
            "report" => show::report(self.running()?),
            other => return Err(format!("there is no command {other}").into()),
        };
        args.reject_next()?;
        Ok(output)
    }
}

impl Runner {
    fn running(&mut self) -> Result<&mut Simulation, Box<dyn Error>> {
        self.simulation
            .as_mut()
            .ok_or_else(|| "nothing was started".into())
    }

    fn act(&mut self, action: Value) -> Output {
        let action: Action = serde_json::from_value(action)?;
        let simulation = self.running()?;
        simulation.act(action)?;
        Ok(String::new())
    }
}

/// No workload, no jitter: what a script does not ask for does not happen.
fn quiet() -> Value {
    json!({
        "version": 2,
        "cluster": {
            "node_link": { "delay_us": 20_000, "jitter_us": 0 },
            "client_link": { "delay_us": 1_000, "jitter_us": 0 },
            "clients": ["shop", "admin"],
        },
        "settings": {},
        "workload": { "operations_per_second": 0, "read_percent": 0, "arrival": "even" },
    })
}

/// Objects are laid over each other field by field; anything else replaces what was there.
fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// JSON, or a bare word that stands for a string.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// A span such as `250ms`, `4s`, `30us`.
fn span(text: &str) -> Result<Span, Box<dyn Error>> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return Err(format!("{text} is not a span such as 250ms or 4s").into()),
    };
    let number: f64 = digits.parse()?;
    Ok(Span((number * factor).round() as u64))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}
