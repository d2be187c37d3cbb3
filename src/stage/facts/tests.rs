use super::*;
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::time::Time;

fn opening() -> Simulation {
    Simulation::new(&crate::scenarios::opening().0).expect("the opening is valid")
}

fn name_of(simulation: &Simulation, node: u8) -> String {
    let id = NodeId(node);
    let face = Face::of(simulation, id).expect("the node is there");
    name(id, face, &Progress::of(simulation, id))
}

#[test]
fn names_say_id_part_condition_and_lag() {
    let mut simulation = opening();
    simulation.advance_to(Time::from_millis(1_200));
    assert_eq!(name_of(&simulation, 0), "n1, primary, up");
    let far = name_of(&simulation, 4);
    assert!(far.starts_with("n5, replica, slow, "), "{far}");
    assert!(far.contains(" behind, "), "{far}");
}

#[test]
fn a_stopped_primary_is_an_old_primary() {
    let mut simulation = opening();
    simulation
        .act(Action::Kill {
            node: NodeId(0),
            how: KillKind::PowerOff,
        })
        .expect("n1 is there");
    assert_eq!(name_of(&simulation, 0), "n1, old primary, down");
}

#[test]
fn the_lease_and_the_patience_run_down() {
    let mut simulation = opening();
    simulation.advance_to(Time::from_millis(1_000));
    let lease = Countdown::of(&simulation, NodeId(0)).expect("n1 holds a lease");
    assert!(lease.lease && lease.left > 40, "{lease:?}");
    simulation.advance_to(Time::from_millis(1_700));
    let patience = Countdown::of(&simulation, NodeId(1)).expect("n2 waits");
    assert!(!patience.lease && patience.left < 60, "{patience:?}");
    assert_eq!(Countdown::of(&simulation, NodeId(0)), None);
}
