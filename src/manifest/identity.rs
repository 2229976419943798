//! Manifests of kinds that give somebody permissions: only within the bounds of the settings.

use serde_json::Value;

use super::document::{ManifestMode, join};
use crate::{
    kind::{Identity, Invalid, identity},
    manifest::Lifecycle,
    model::{Address, Fence},
};

/// What is wrong with a manifest of such a kind. One that only observes may be about anything.
pub(super) fn problems(
    kind: &Identity,
    address: &Address,
    lifecycle: &Lifecycle,
    want: Option<&Value>,
    fence: &Fence,
) -> Vec<Invalid> {
    if lifecycle.mode == ManifestMode::Observe {
        return Vec::new();
    }
    match fence.bounds(&address.scope) {
        Err(why) => {
            let refused = identity::refused(&address.kind, &address.scope, why);
            vec![Invalid { field: "kind".to_owned(), ..refused }]
        }
        Ok(bounds) => {
            let all = kind.problems(bounds, fence, want).into_iter();
            all.map(|it| Invalid { field: join("spec", &it.field), ..it }).collect()
        }
    }
}
