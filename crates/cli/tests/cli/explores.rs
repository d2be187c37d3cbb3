//! `replicascope explore`.

use crate::person::Desk;

#[test]
fn every_invariant_holds_in_the_first_seeds() {
    let desk = Desk::new();
    let said = desk.types(&["explore", "--seeds", "25", "--from", "5", "--jobs", "2"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out, "");
    assert!(
        said.err
            .contains("\n25 scenarios, seeds 5 to 29: every invariant holds ("),
        "{}",
        said.err
    );
    assert!(said.err.starts_with("theme "), "{}", said.err);
    assert!(
        desk.files().is_empty(),
        "nothing was found, so nothing is written"
    );
}
