//! Who may have something that others make (the holders of grants): what there is and nobody of the
//! set has is removed, and nothing is ever added.

use serde_json::Value;

use super::{Call, Check, Leaf, LeafEdit, Text, Tree, Verb, diff::Pending, get, texts};
use crate::kind::{Line, has_placeholder};

/// What a [`Form::Allowed`](super::Form::Allowed) is. It is read only for manifests that name it
/// ([`Service::more`](super::Service::more)), because there can be much of it.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The check of each text of the set.
    pub of: Check,
    /// The maximum number of texts.
    pub max: usize,
    /// The message about too many, with `{count}` and `{max}`, and how to fix it.
    pub too_many: (Text, Text),
    /// Whether a text of the set allows this live entry.
    pub covers: fn(&str, &Value) -> bool,
    /// An entry with this id on one line.
    pub shown: fn(&str, &Value) -> String,
    /// Texts of a set, and live entries by id: some of these are allowed by some of those. The laws
    /// are checked with them.
    pub examples: fn() -> (Vec<&'static str>, Tree),
}

impl Allowed {
    /// Whether a wanted set allows a live entry.
    pub(super) fn covered(&self, set: &Value, entry: &Value) -> bool {
        texts(set).any(|text| (self.covers)(text, entry))
    }

    /// The lines of a plan for an entry that is removed.
    pub(super) fn lines(&self, path: &str, edit: &LeafEdit) -> Vec<Line> {
        vec![Line::remove(format!("{path}: {}", (self.shown)(&edit.entry, &edit.old)))]
    }
}

impl Leaf {
    /// The removals of all live entries that the wanted set does not allow; none while the set, or
    /// what there is, is not known.
    pub(super) fn not_allowed<'t>(
        &'t self,
        allowed: &Allowed,
        call: &'t Call,
        set: &Value,
        (want, have): (&Tree, &Tree),
    ) -> Vec<Pending<'t>> {
        if texts(set).any(has_placeholder) {
            return Vec::new();
        }
        let live = get(have, &self.path).as_object().into_iter().flatten();
        let removed = live.filter(|(_, entry)| !allowed.covered(set, entry)).map(|(id, entry)| {
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: Some(call.operation.clone().into_owned()),
                verb: Verb::Remove,
                entry: id.clone(),
                old: entry.clone(),
                new: Value::Null,
                with: Tree::new(),
            };
            let risk = self.risk_between(entry, &Value::Null, (want, have));
            Pending::new(self, edit, Some(call), risk)
        });
        removed.collect()
    }
}
