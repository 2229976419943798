//! How the rows around the settings are made.

use super::settings::neutral;
use crate::{
    kind::{
        Accepts,
        table::{Absent, Call, Form, How, Leaf, Named, Null},
    },
    kinds::sagemaker_domain,
};

/// The one call that changes a resource: it takes all edits together.
pub fn update(operation: &'static str) -> Call {
    Call { shared: true, ..Call::new(operation, "update {path}") }
}

/// A row that no call changes.
pub fn fixed() -> How {
    How::Fixed("which AWS fixes at creation".into())
}

/// What cannot be unset.
pub fn never() -> Null {
    Null::Never("cannot be none".into(), "leave it out if it is not to be managed".into())
}

/// A row that is there or not.
pub fn plain(leaf: Leaf, change: How) -> Leaf {
    Leaf { null: Null::Absent, change, ..neutral(leaf) }
}

/// A row that can be changed, and never be none.
pub fn kept(leaf: Leaf, change: How) -> Leaf {
    Leaf { null: never(), change, ..leaf }
}

/// A row without which nothing can be created.
pub fn needed(leaf: Leaf, why: &'static str, help: &'static str) -> Leaf {
    Leaf { absent: Absent::Required(why.into(), help.into()), ..leaf }
}

/// The domain that a user profile or a space is in.
pub fn domain() -> Leaf {
    let each = Named { accepts: Accepts::id_of(sagemaker_domain::NAME), prefix: "d-".into() };
    let leaf = plain(Leaf::setting(Form::Target(each)), fixed());
    needed(leaf, "is required: it says where this is", "write {ref: NAME}, or the domain's id")
}

/// Names rows: the meaning of each stands as the doc comment of its name.
macro_rules! rows {
    ($($(#[doc = $line:literal])+ $field:literal: $row:expr,)*) => {
        vec![$($row.named($field, &[$($line),+])),*]
    };
}
pub(in crate::kinds) use rows;
