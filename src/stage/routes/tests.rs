use crate::stage::layout::{Input, Point};

use super::way::{level, straight};
use super::*;
use replicascope_engine::ids::NodeSet;

fn layouts() -> impl Iterator<Item = Layout> {
    let sizes = [
        (340.0, 480.0),
        (684.0, 420.0),
        (832.0, 540.0),
        (1_400.0, 500.0),
    ];
    sizes.into_iter().flat_map(|(width, height)| {
        (2..=10).flat_map(move |nodes| {
            (0..=2).map(move |writers| {
                Layout::of(&Input {
                    width,
                    height,
                    apps: 3,
                    nodes,
                    writers: NodeSet::first(writers),
                    hosts: 0,
                    tight: false,
                })
            })
        })
    })
}

#[test]
fn every_pair_has_a_way_from_card_to_card() {
    for layout in layouts() {
        let routes = Routes::of(&layout);
        for a in 0..layout.places.len() as u8 {
            for b in (0..layout.places.len() as u8).filter(|&b| b != a) {
                let (way, forward) = routes.talk(NodeId(a), NodeId(b)).expect("a way");
                assert_eq!(forward, a < b);
                let (from, to) = if forward { (a, b) } else { (b, a) };
                for (node, part) in [(from, 0.0), (to, 1.0)] {
                    let at = way.spot(part).at;
                    let rect = layout.places[node as usize].rect;
                    let touches = at.x >= rect.x - 1.0
                        && at.x <= rect.right() + 1.0
                        && at.y >= rect.y - 1.0
                        && at.y <= rect.bottom() + 1.0;
                    assert!(touches, "n{} at {at:?}, card {rect:?}", node + 1);
                }
            }
        }
    }
}

#[test]
fn ways_stay_in_the_field() {
    for layout in layouts() {
        let routes = Routes::of(&layout);
        let all = routes.apps.iter().chain(&routes.asks).chain(&routes.talks);
        for point in all.flat_map(|way| way.points) {
            assert!(point.x >= 0.0 && point.x <= layout.width, "{point:?}");
            assert!(point.y >= 0.0 && point.y <= layout.height, "{point:?}");
        }
    }
}

#[test]
fn a_message_moves_evenly() {
    let way = Way::through(&[level(Point::new(0.0, 0.0), Point::new(80.0, 200.0))]);
    let step = |part: f64| way.spot(part).at.distance(way.spot(part + 0.1).at);
    for tenth in 0..9 {
        let ratio = step(f64::from(tenth) / 10.0) / (way.length() / 10.0);
        assert!((0.94..=1.06).contains(&ratio), "{ratio}");
    }
}

#[test]
fn a_way_glides_into_another() {
    let from = Way::through(&[straight(Point::new(0.0, 0.0), Point::new(10.0, 0.0))]);
    let to = Way::through(&[straight(Point::new(0.0, 10.0), Point::new(30.0, 10.0))]);
    let middle = from.toward(&to, 0.5);
    assert_eq!(middle.spot(1.0).at, Point::new(20.0, 5.0));
    assert!((middle.length() - 20.0).abs() < 1e-6);
}
