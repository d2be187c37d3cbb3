//! How the fields of events are written where their own form would not be read.

use serde::ser::SerializeStruct;
use serde::{Serialize as _, Serializer};

use crate::ids::{NodeId, NodeSet, Timeline};

/// `{"number":2,"opened_by":"n2"}`.
pub(crate) fn timeline<S: Serializer>(timeline: &Timeline, to: S) -> Result<S::Ok, S::Error> {
    let mut fields = to.serialize_struct("Timeline", 2)?;
    fields.serialize_field("number", &timeline.term())?;
    fields.serialize_field("opened_by", &timeline.owner())?;
    fields.end()
}

/// `["n1","n3"]`.
pub(super) fn nodes<S: Serializer>(set: &NodeSet, to: S) -> Result<S::Ok, S::Error> {
    set.iter().collect::<Vec<NodeId>>().serialize(to)
}
