//! A run without one of its replicas. Nodes are told apart by number, so those after it move up by one, in the settings, the links and
//! the actions alike.

use super::start::forget;
use super::value::Value;

/// Takes a replica out of a scenario. What the settings and links say of it goes with it, and so does every action that names it.
pub(super) fn without(scenario: &mut Value, removed: u64) {
    let replicas = scenario["cluster"]["replicas"].as_u64().unwrap_or(1);
    scenario["cluster"]["replicas"] = Value::Number(replicas.saturating_sub(1).into());
    if let Value::Array(actions) = &mut scenario["actions"] {
        actions.retain(|action| !names(action, removed));
    }
    let gone = [format!("n{removed}")];
    forget(&mut scenario["cluster"]["links"], &gone);
    forget(&mut scenario["settings"], &gone);
    if let Some(text) =
        scenario["settings"]["database"]["postgresql"]["synchronous_standby_names"].as_str()
    {
        let text = Value::from(standby_names(text, removed));
        scenario["settings"]["database"]["postgresql"]["synchronous_standby_names"] = text;
    }
    move_up(&mut scenario["cluster"]["links"], removed);
    move_up(&mut scenario["settings"], removed);
    move_up(&mut scenario["actions"], removed);
}

/// The number of the node that a text names: alone, or as the one whose agent is meant.
fn number(text: &str) -> Option<u64> {
    let name = text.strip_prefix("agent:").unwrap_or(text);
    name.strip_prefix('n')?.parse().ok()
}

fn names(value: &Value, node: u64) -> bool {
    value
        .as_str()
        .is_some_and(|text| number(text) == Some(node))
        || value.items().iter().any(|item| names(item, node))
        || value.fields().iter().any(|(_, field)| names(field, node))
}

fn move_up(value: &mut Value, removed: u64) {
    match value {
        Value::String(text) => {
            if let Some(number) = number(text).filter(|&number| number > removed) {
                *text = text.replace(&format!("n{number}"), &format!("n{}", number - 1));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_up(item, removed)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(_, field)| move_up(field, removed)),
        _ => {}
    }
}

/// `FIRST 1 (n2, n4)` without n2 is `FIRST 1 (n3)`; without anybody it is empty.
fn standby_names(text: &str, removed: u64) -> String {
    let (head, list) = text.split_once('(').unwrap_or(("", text));
    let list: Vec<String> = list
        .trim_end()
        .trim_end_matches(')')
        .split(',')
        .map(str::trim)
        .filter(|name| number(name) != Some(removed))
        .map(|name| match number(name) {
            Some(number) if number > removed => format!("n{}", number - 1),
            _ => name.to_owned(),
        })
        .collect();
    match (list.join(", "), head) {
        (list, _) if list.is_empty() => list,
        (list, "") => list,
        (list, head) => format!("{head}({list})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{close, open};
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::ids::NodeId;
    use replicascope_engine::scenario::Action;

    fn of(text: &str) -> Value {
        open(&Scenario::from_json(text).unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn those_after_it_move_up_and_what_is_said_of_it_goes() {
        let mut scenario = of(
            r#"{"version":2,"cluster":{"replicas":4,"links":[{"from":"n1","to":"n3","link":{}},{"from":"n4","to":"n2","link":{}}]},
            "settings":{"database":{"postgresql":{"synchronous_standby_names":"ANY 1 (n2, n3, n5)","recovery_min_apply_delay_on":"n5"}},
            "manager":{"patroni":{"tags":[{"node":"n3","nosync":true},{"node":"n4","replicatefrom":"n5"},{"node":"n2","replicatefrom":"n3"}]}}},
            "actions":[{"at_us":1,"action":{"kill":{"node":"n4"}}},{"at_us":2,"action":{"freeze":{"node":"n3"}}},
            {"at_us":3,"action":{"service":{"service":"agent:n5","what":"kill"}}},{"at_us":4,"action":{"cut_link":{"from":"n3","to":"n1"}}},
            {"at_us":5,"action":{"restart":{"node":"n2"}}}]}"#,
        );
        without(&mut scenario, 3);
        let scenario = close(&scenario).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.cluster.replicas, 3);
        let json = scenario.to_json_line();
        for part in [
            r#""synchronous_standby_names":"ANY 1 (n2, n4)""#,
            r#""recovery_min_apply_delay_on":"n4""#,
            r#""service":"agent:n4""#,
        ] {
            assert!(json.contains(part), "{part} in {json}");
        }
        assert!(
            !json.contains("\"n5\"") && !json.contains("nosync\":true"),
            "{json}"
        );
        assert_eq!(scenario.cluster.links.len(), 1);
        let actions: Vec<&Action> = scenario.actions.iter().map(|timed| &timed.action).collect();
        assert_eq!(actions.len(), 3);
        assert!(matches!(
            actions[0],
            Action::Kill {
                node: NodeId(2),
                ..
            }
        ));
        assert!(matches!(actions[2], Action::Restart { node: NodeId(1) }));
    }

    #[test]
    fn a_list_of_standbys_loses_the_name_and_keeps_its_form() {
        assert_eq!(
            standby_names("FIRST 2 (n4, n2, n10)", 2),
            "FIRST 2 (n3, n9)"
        );
        assert_eq!(standby_names("n2, n3", 3), "n2");
        assert_eq!(standby_names("n3", 3), "");
        assert_eq!(standby_names("*", 3), "*");
        assert_eq!(standby_names("ANY 1 (*)", 3), "ANY 1 (*)");
    }
}
