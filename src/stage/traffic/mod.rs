//! What is on its way, where on the stage, and as what: a pure function of virtual time.

mod flows;

use replicascope_engine::Simulation;
use replicascope_engine::ids::{ClientId, MessageId, NodeId};
use replicascope_engine::message::{Message, MessageKind};
use replicascope_engine::scenario::Endpoint;
use replicascope_engine::time::Time;
use replicascope_engine::world::InFlight;

use super::layout::Point;
use super::routes::{Routes, Spot, Way};

pub(crate) use flows::{Flows, Load};

/// More messages than this are drawn as flow.
pub(crate) const MOST_SHAPES: usize = 150;
/// Numbers are written beside messages up to this many.
pub(crate) const MOST_NUMBERS: usize = 24;

/// What a message looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Small and faint: heartbeats and health checks.
    Diamond,
    /// Even smaller.
    Dot,
    /// A filled tag that points forward.
    Tag,
    /// An open circle.
    Question,
    /// A filled circle.
    Answer,
    /// A cell of the log.
    Cell,
    /// Several cells.
    Cells,
    /// A tick: an acknowledgement.
    Tick,
    /// A tick in the colour of elections.
    Vote,
    /// An arrow in the colour of elections.
    Arrow,
    /// A cross: a refusal.
    Cross,
    /// An open square: a node asks to follow.
    Square,
}

impl Shape {
    /// The shape of a message.
    #[must_use]
    pub(crate) fn of(message: &Message) -> Self {
        match message.kind() {
            MessageKind::Heartbeat | MessageKind::HeartbeatAck => Self::Diamond,
            MessageKind::Probe
            | MessageKind::ProbeReply
            | MessageKind::Ping
            | MessageKind::PingReply
            | MessageKind::StoreRequest
            | MessageKind::StoreReply
            | MessageKind::StoreConsensus
            | MessageKind::AgentRequest
            | MessageKind::AgentReply
            | MessageKind::MonitorTalk => Self::Dot,
            MessageKind::WriteRequest => Self::Tag,
            MessageKind::ReadRequest => Self::Question,
            MessageKind::ReadReply => Self::Answer,
            MessageKind::Wal => Self::Cell,
            MessageKind::Backup => Self::Cells,
            MessageKind::WriteAck | MessageKind::WalAck | MessageKind::Stream => Self::Tick,
            MessageKind::CommandReply => Self::Tick,
            MessageKind::Follow | MessageKind::CopyRequest => Self::Square,
            MessageKind::Poll
            | MessageKind::VoteRequest
            | MessageKind::Stand
            | MessageKind::Command => Self::Arrow,
            MessageKind::Refusal
            | MessageKind::HeartbeatRefused
            | MessageKind::FollowRefused
            | MessageKind::ConnectionClosed => Self::Cross,
            MessageKind::PollReply | MessageKind::VoteReply => match message {
                Message::PollReply { willing: false, .. }
                | Message::VoteReply { granted: false, .. } => Self::Cross,
                _ => Self::Vote,
            },
        }
    }

    /// Whether it is drawn small, without a number and without a wake.
    #[must_use]
    pub(crate) const fn is_chatter(self) -> bool {
        matches!(self, Self::Diamond | Self::Dot)
    }

    /// Whether a number stands beside it.
    #[must_use]
    pub(crate) const fn has_number(self) -> bool {
        matches!(self, Self::Tag | Self::Cell | Self::Tick)
    }
}

/// How many shapes there are.
#[cfg(test)]
pub(crate) const SHAPES: usize = Shape::Square as usize + 1;

/// A message at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mover {
    /// As what.
    pub(crate) shape: Shape,
    /// Where, and in which direction it goes.
    pub(crate) spot: Spot,
    /// The number beside it; 0 for none. Near the ends of a way there is none: it would touch a card.
    pub(crate) number: u64,
    /// Whether a person holds it.
    pub(crate) held: bool,
    /// Which.
    pub(crate) id: MessageId,
}

/// How much motion there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    /// Messages move evenly.
    Smooth,
    /// Messages jump between three stops: sent, half way, arrived.
    Stops,
}

impl Motion {
    fn place(self, part: f64) -> f64 {
        match self {
            Self::Smooth => part,
            Self::Stops if part < 1.0 / 3.0 => 0.06,
            Self::Stops if part < 2.0 / 3.0 => 0.5,
            Self::Stops => 0.94,
        }
    }
}

/// Which stretch of which way a message takes.
enum Journey {
    App(ClientId),
    Ask(NodeId),
    Talk(NodeId, NodeId),
}

/// A way, and whether it is taken forward.
type Stretch = (Journey, bool);

/// The ways of a message from end to end, the app's first where it has one; `None` for one from or to a service, which takes
/// no way.
fn journey(simulation: &Simulation, message: &InFlight) -> Option<(Option<Stretch>, Stretch)> {
    let app = match &message.message {
        Message::Request(request) => Some(request.client),
        Message::Reply { op, .. } => simulation.oracle().op(*op).map(|op| op.client),
        _ => None,
    };
    Some(match (message.from, message.to) {
        (Endpoint::Clients, Endpoint::Node(node)) => (
            app.map(|app| (Journey::App(app), true)),
            (Journey::Ask(node), true),
        ),
        (Endpoint::Node(node), Endpoint::Clients) => (
            app.map(|app| (Journey::App(app), false)),
            (Journey::Ask(node), false),
        ),
        (Endpoint::Node(from), Endpoint::Node(to)) => (None, (Journey::Talk(from, to), true)),
        _ => return None,
    })
}

/// Calls back for every message on its way.
pub(crate) fn each_mover(
    simulation: &Simulation,
    routes: &Routes,
    motion: Motion,
    mut on_mover: impl FnMut(Mover),
) {
    let now = simulation.now();
    for message in simulation.network().in_flight() {
        let part = motion.place(part_of(message, now));
        let Some(spot) = spot_of(simulation, message, routes, part) else {
            continue;
        };
        let shape = Shape::of(&message.message);
        on_mover(Mover {
            shape,
            spot,
            number: if shape.has_number() && (0.1..0.88).contains(&part) {
                message.message.number()
            } else {
                0
            },
            held: message.held,
            id: message.id,
        });
    }
}

/// Where a message is drawn, if it is on its way.
pub(crate) fn where_is(
    simulation: &Simulation,
    routes: &Routes,
    motion: Motion,
    id: MessageId,
) -> Option<Point> {
    let message = simulation.network().find(id)?;
    let part = motion.place(part_of(message, simulation.now()));
    spot_of(simulation, message, routes, part).map(|spot| spot.at)
}

/// The message that is drawn nearest to a point, not further than `within`; chatter only when nothing else is there.
pub(crate) fn nearest(
    simulation: &Simulation,
    routes: &Routes,
    motion: Motion,
    to: Point,
    within: f64,
) -> Option<MessageId> {
    let mut best: Option<(bool, f64, MessageId)> = None;
    each_mover(simulation, routes, motion, |mover| {
        let away = (mover.spot.at.x - to.x).hypot(mover.spot.at.y - to.y);
        let chatter = mover.shape.is_chatter();
        let better = best.is_none_or(|(other, so_far, _)| {
            (!chatter && other) || (chatter == other && away < so_far)
        });
        if away <= within && better {
            best = Some((chatter, away, mover.id));
        }
    });
    best.map(|(.., id)| id)
}

/// How much of its time on the link has passed.
fn part_of(message: &InFlight, now: Time) -> f64 {
    let whole = message.arrives_at.since(message.sent_at).0.max(1);
    let gone = now.since(message.sent_at).0.min(whole);
    let part = gone as f64 / whole as f64;
    // One that is held stands before the card it would enter.
    if message.held { part.min(0.85) } else { part }
}

fn spot_of(
    simulation: &Simulation,
    message: &InFlight,
    routes: &Routes,
    part: f64,
) -> Option<Spot> {
    let Some((app, main)) = journey(simulation, message) else {
        let (from, to) = routes.aside(message.from, message.to)?;
        let length = from.distance(to).max(1.0);
        return Some(Spot {
            at: from.toward(to, part),
            along: Point::new((to.x - from.x) / length, (to.y - from.y) / length),
        });
    };
    let (way, forward) = resolve(routes, &main)?;
    let Some((app_way, _)) = app.as_ref().and_then(|app| resolve(routes, app)) else {
        return Some(along(way, forward, part));
    };
    let share = app_way.length() / (app_way.length() + way.length()).max(1.0);
    Some(if forward {
        if part < share {
            along(app_way, true, part / share)
        } else {
            along(way, true, (part - share) / (1.0 - share))
        }
    } else if part < 1.0 - share {
        along(way, false, part / (1.0 - share))
    } else {
        along(app_way, false, (part - 1.0 + share) / share)
    })
}

fn resolve<'a>(routes: &'a Routes, (journey, forward): &Stretch) -> Option<(&'a Way, bool)> {
    match *journey {
        Journey::App(app) => Some((routes.app(app.index())?, *forward)),
        Journey::Ask(node) => Some((routes.ask(node)?, *forward)),
        Journey::Talk(from, to) => routes.talk(from, to),
    }
}

/// How far beside its line a message runs, so that two directions do not collide.
const BESIDE: f64 = 4.0;

fn along(way: &Way, forward: bool, part: f64) -> Spot {
    let spot = way.spot(if forward { part } else { 1.0 - part });
    let sign = if forward { 1.0 } else { -1.0 };
    let along = Point::new(spot.along.x * sign, spot.along.y * sign);
    let mut at = spot.at;
    at.x += along.y * BESIDE;
    at.y -= along.x * BESIDE;
    Spot { at, along }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::layout::{Input, Layout};

    #[test]
    fn messages_are_somewhere_between_their_ends() {
        let (scenario, start) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("the opening is valid");
        simulation.advance_to(start);
        let layout = Layout::of(&Input {
            width: 832.0,
            height: 540.0,
            apps: 3,
            nodes: 5,
            writers: simulation.writers(),
            hosts: 0,
            tight: false,
        });
        let routes = Routes::of(&layout);
        let mut seen = [0; SHAPES];
        for _ in 0..4_000 {
            simulation.step();
            each_mover(&simulation, &routes, Motion::Smooth, |mover| {
                seen[mover.shape as usize] += 1;
                let at = mover.spot.at;
                assert!(at.x > 0.0 && at.x < layout.width && at.y > 0.0 && at.y < layout.height);
            });
        }
        for shape in [
            Shape::Tag,
            Shape::Cell,
            Shape::Tick,
            Shape::Answer,
            Shape::Vote,
        ] {
            assert!(seen[shape as usize] > 0, "{shape:?} is never seen");
        }
    }

    #[test]
    fn the_nearest_message_is_the_one_at_the_point() {
        let (scenario, start) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("the opening is valid");
        simulation.advance_to(start);
        let layout = Layout::of(&Input {
            width: 832.0,
            height: 540.0,
            apps: 3,
            nodes: 5,
            writers: simulation.writers(),
            hosts: 0,
            tight: false,
        });
        let routes = Routes::of(&layout);
        let message = simulation
            .network()
            .in_flight()
            .find(|message| !message.message.kind().is_routine())
            .expect("something is on its way");
        let at = where_is(&simulation, &routes, Motion::Smooth, message.id).expect("drawn");
        let found = nearest(&simulation, &routes, Motion::Smooth, at, 16.0).expect("there");
        let beside = where_is(&simulation, &routes, Motion::Smooth, found).expect("drawn");
        assert!((beside.x - at.x).hypot(beside.y - at.y) < 0.5);
        let away = Point::new(-500.0, -500.0);
        assert_eq!(
            nearest(&simulation, &routes, Motion::Smooth, away, 16.0),
            None
        );
    }

    #[test]
    fn reduced_motion_knows_three_stops() {
        let stops: Vec<f64> = (0..=10)
            .map(|tenth| Motion::Stops.place(f64::from(tenth) / 10.0))
            .collect();
        let mut different = stops.clone();
        different.dedup();
        assert_eq!(different, [0.06, 0.5, 0.94]);
    }

    #[test]
    fn flows_count_what_is_on_its_way() {
        let (scenario, start) = crate::scenarios::opening();
        let mut simulation = Simulation::new(&scenario).expect("the opening is valid");
        simulation.advance_to(start);
        let mut flows = Flows::of(&simulation);
        let wal: f64 = flows.talks.iter().flatten().map(|load| load.wal).sum();
        let shapes = simulation
            .network()
            .in_flight()
            .map(|m| Shape::of(&m.message));
        assert_eq!(wal as usize, shapes.filter(|&s| s == Shape::Cell).count());
        flows.approach(flows.clone(), 0.5);
        assert_eq!(flows, Flows::of(&simulation));
    }
}
