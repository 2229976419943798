//! From a live policy back to a spec.

use serde_json::{Value, json};

use super::{Content, Language, PolicyType, State};
use crate::{
    kind::{Naming, Omitted, Written, blocks::GUARDRAILS, table::Tree, written_document},
    model::policy_document::Dialect,
};

/// What a manifest says about this policy.
pub(super) fn written(have: &State, of: &PolicyType, by: &dyn Naming) -> Written {
    let mut written = Written::default();
    let spec = &mut written.spec;
    if have.name != by.name() {
        spec.insert("policyName".to_owned(), json!(by.text(&have.name)));
    }
    if let Some(description) = have.description.as_deref().filter(|text| !text.is_empty()) {
        spec.insert("description".to_owned(), json!(by.text(description)));
    }
    match &have.content {
        Some(content) => say(content, of, by, spec),
        None => {
            let why = "palisade cannot read the policy's text".to_owned();
            written.left_out.push(Omitted { field: "content".to_owned(), why });
        }
    }
    if let Some(targets) = &have.targets {
        let places = targets.iter().map(|id| json!(by.place(id)));
        written.spec.insert("targets".to_owned(), places.collect());
    }
    written
}

fn say(content: &Content, of: &PolicyType, by: &dyn Naming, spec: &mut Tree) {
    let (value, dialect) = match (content, of.language) {
        (Content::Control(document), Language::Control(dialect)) => {
            (document.as_value().clone(), Some(dialect))
        }
        (Content::Control(document), Language::Management(_)) => {
            (document.as_value().clone(), None)
        }
        (Content::Management(policy), _) => {
            (serde_json::from_str(&policy.to_minified_json()).unwrap_or(Value::Null), None)
        }
    };
    let found = dialect.and_then(|dialect: Dialect| by.blocks(dialect, &value));
    let (blocks, rest) = match found {
        Some(found) => (Some(found.blocks), found.rest),
        None => (None, Some(value)),
    };
    if let Some(rest) = rest {
        spec.insert("content".to_owned(), written_document(&rest, by));
    }
    if let Some(blocks) = blocks {
        spec.insert(GUARDRAILS.to_owned(), blocks);
    }
}
