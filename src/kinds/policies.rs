//! Policy documents of manifests that refer to other manifests.

use serde_json::Value;

pub(crate) use crate::kind::policies::{below, checked, context};
use crate::kind::{
    placeholder::{self, Piece},
    policies::at,
};

/// Whether the text at `path` of a document, as written, refers to a manifest: `${Kind/name}`.
pub(crate) fn refers(document: &Value, path: &str) -> bool {
    let text = at(document, path).and_then(Value::as_str).unwrap_or_default();
    let kinds = super::registry().names();
    placeholder::pieces(text).into_iter().any(|piece| match piece {
        Piece::Token(name) => {
            placeholder::is_path(name) && name.split('/').any(|part| kinds.contains(&part))
        }
        // `$${…}` stands for the text itself.
        Piece::Text(_) | Piece::Literal(_) | Piece::Open(_) => false,
    })
}
