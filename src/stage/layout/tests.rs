use super::*;

fn inputs() -> impl Iterator<Item = Input> {
    let widths = (320..=1_400).step_by(9);
    widths.flat_map(|width| {
        (2..=10).flat_map(move |nodes| {
            [250.0, 420.0, 536.0, 900.0]
                .into_iter()
                .flat_map(move |height| {
                    [1, 3, 8].into_iter().flat_map(move |apps| {
                        [0, 1, 2].into_iter().map(move |writers| Input {
                            width: f64::from(width),
                            height,
                            apps,
                            nodes,
                            writers: NodeSet::first(writers),
                            hosts: [0, 3, 5][nodes % 3],
                            tight: nodes % 2 == 0,
                        })
                    })
                })
        })
    })
}

fn everything(layout: &Layout) -> Vec<Rect> {
    let mut all = layout.apps.clone();
    all.push(layout.router);
    all.extend(layout.legend);
    all.extend(layout.places.iter().map(|place| place.rect));
    all.extend(&layout.hosts);
    if layout.places.iter().all(|place| !place.seated) {
        all.push(layout.seat);
    }
    all
}

#[test]
fn nothing_overlaps_and_everything_is_inside() {
    for input in inputs() {
        let layout = Layout::of(&input);
        let field = Rect {
            x: 0.0,
            y: 0.0,
            w: layout.width,
            h: layout.height,
        };
        let all = everything(&layout);
        for (index, &one) in all.iter().enumerate() {
            assert!(
                field.holds(one),
                "{one:?} is outside of {field:?}: {input:?}"
            );
            for &other in &all[index + 1..] {
                assert!(!one.overlaps(other), "{one:?} and {other:?}: {input:?}");
            }
        }
    }
}

#[test]
fn every_node_has_a_place_that_is_wide_enough_to_read() {
    for input in inputs() {
        let layout = Layout::of(&input);
        assert_eq!(layout.places.len(), input.nodes, "{input:?}");
        for place in &layout.places {
            assert!(place.rect.w >= 144.0, "{place:?}: {input:?}");
            assert!(place.rect.h >= 38.0, "{place:?}: {input:?}");
            let strip = strip_width(place);
            assert!(strip / layout.cells as f64 >= 6.5, "{place:?}: {input:?}");
        }
    }
}

#[test]
fn writers_stand_in_the_seat_and_only_they() {
    for input in inputs() {
        let layout = Layout::of(&input);
        for (index, place) in layout.places.iter().enumerate() {
            let writes = input.writers.contains(NodeId(index as u8));
            assert_eq!(place.seated, writes);
            assert_eq!(layout.seat.holds(place.rect), writes, "{input:?}");
        }
    }
}

#[test]
fn a_phone_shows_copies_below_the_seat() {
    let layout = Layout::of(&Input {
        width: 390.0,
        height: 480.0,
        apps: 3,
        nodes: 5,
        writers: NodeSet::first(1),
        hosts: 0,
        tight: false,
    });
    assert!(layout.phone);
    for place in layout.places.iter().filter(|place| !place.seated) {
        assert!(place.rect.y > layout.seat.bottom());
    }
}

#[test]
fn a_tight_phone_leaves_out_what_it_can_before_it_grows() {
    let input = |height, tight| Input {
        width: 320.0,
        height,
        apps: 3,
        nodes: 5,
        writers: NodeSet::first(1),
        hosts: 0,
        tight,
    };
    let tight = Layout::of(&input(344.0, true));
    assert_eq!(
        (tight.height, tight.places[0].density),
        (344.0, Density::Slim)
    );
    let snug = Layout::of(&input(390.0, true));
    assert_eq!(
        (snug.height, snug.places[0].density),
        (390.0, Density::Medium)
    );
    assert_eq!(snug.app_density, AppDensity::Tiny);
    assert!(Layout::of(&input(344.0, false)).height > 440.0);
    // Where there is room it is as usual.
    assert_eq!(
        Layout::of(&input(600.0, true)),
        Layout::of(&input(600.0, false))
    );
}

#[test]
fn room_decides_how_much_a_card_says() {
    let density = |nodes, height| {
        let input = Input {
            width: 832.0,
            height,
            apps: 3,
            nodes,
            writers: NodeSet::first(1),
            hosts: 0,
            tight: false,
        };
        Layout::of(&input).places[1].density
    };
    assert_eq!(density(3, 560.0), Density::Full);
    assert_eq!(density(5, 560.0), Density::Medium);
    assert_eq!(density(8, 700.0), Density::Slim);
    assert_eq!(density(10, 500.0), Density::Tiny);
}
