//! Policy leaves: a document, a word that stands for one, or a live policy that cannot be read.

use serde_json::{Value, json};

use super::{ACCOUNT, Form, Leaf, PARTITION, PolicyWord, Tree, get};
use crate::{
    kind::{Line, Refs, policy_lines},
    model::policy_document::{Context, Dialect, Lint, LintRule, PolicyDocument, diff, equivalent},
};

/// The member under which a live policy that cannot be read is stored, with the reason. No policy
/// has an element of this name.
const UNREADABLE: &str = "unreadable";

/// A live policy that cannot be read, and why. It equals no wanted policy.
pub fn unreadable(why: &str) -> Value {
    json!({ UNREADABLE: why })
}

/// Why a state's value cannot be read as a policy; `None` if it is not an unreadable live policy.
pub fn why_unreadable(value: &Value) -> Option<&str> {
    value.get(UNREADABLE)?.as_str()
}

/// Policies are evaluated for the account that the state is in.
pub(super) fn context(state: &Tree) -> Context {
    let text = |name| get(state, name).as_str().unwrap_or_default().to_owned();
    Context { partition: text(PARTITION), account: text(ACCOUNT) }
}

/// The same for a manifest.
pub(super) fn scope_context(refs: &Refs<'_>) -> Context {
    let scope = refs.scope();
    Context { partition: scope.partition.clone(), account: scope.account.clone() }
}

/// A policy of a state; `None` if there is none, or one that cannot be read.
pub(super) fn policy(form: &Form, value: &Value) -> Option<PolicyDocument> {
    let Form::Policy { dialect, word, .. } = form else { return None };
    let value = match word {
        Some(word) if *value == *word.word => word.documents.first()?,
        _ => value,
    };
    PolicyDocument::from_value(value, *dialect).ok()
}

impl PolicyWord {
    /// A document with the meaning of the word becomes the word.
    pub fn canonical(&self, value: Value, dialect: Dialect, context: &Context) -> Value {
        let Ok(document) = PolicyDocument::from_value(&value, dialect) else { return value };
        let read = |value| PolicyDocument::from_value(value, dialect).ok();
        let is_word = |default: PolicyDocument| equivalent(&default, &document, context);
        if self.documents.iter().filter_map(read).any(is_word) {
            json!(self.word)
        } else {
            document.as_value().clone()
        }
    }

    /// The document that is sent for a state's value.
    pub fn document<'v>(&'v self, value: &'v Value) -> &'v Value {
        match self.documents.first() {
            Some(document) if *value == *self.word => document,
            _ => value,
        }
    }

    /// The text of a state's value in a plan.
    fn displayed(&self, value: &Value) -> String {
        match value {
            Value::Null => "(none)".to_owned(),
            Value::String(word) if *word == self.word => self.shown.clone().into_owned(),
            Value::Object(document) => match why_unreadable(value) {
                Some(why) => format!("unreadable ({why})"),
                None => statements(document),
            },
            other => other.to_string(),
        }
    }
}

fn statements(document: &Tree) -> String {
    let count = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.len(),
        Some(_) => 1,
        None => 0,
    };
    format!("a policy of {count} statement{}", if count == 1 { "" } else { "s" })
}

/// The lines of a plan for a policy leaf.
pub(super) fn lines(leaf: &Leaf, want: &Tree, have: &Tree) -> Vec<Line> {
    let Form::Policy { word, orphaned, .. } = &leaf.form else { return Vec::new() };
    let context = context(want);
    let (old, new) = (get(have, &leaf.path), get(want, &leaf.path));
    let heading = word
        .as_ref()
        .map(|word| Line::change(&leaf.path, word.displayed(old), word.displayed(new)));
    let indent = if heading.is_some() { 2 } else { 0 };
    let mut lines: Vec<_> = heading.into_iter().collect();
    let (Some(live), Some(wanted)) = (policy(&leaf.form, old), policy(&leaf.form, new)) else {
        if lines.is_empty() {
            let unreadable = "(not a policy document palisade can read)";
            lines.push(Line::change(&leaf.path, unreadable, "as wanted"));
        }
        return lines;
    };
    lines.extend(policy_lines(&diff(&live, &wanted, &context), indent));
    // A role or user that was deleted stays in a live policy as its unique id (IAM user guide).
    let is_orphan = |lint: &Lint| lint.rule == LintRule::OrphanedPrincipal;
    if let Some(orphaned) =
        orphaned.as_ref().filter(|_| live.faults(&context).iter().any(is_orphan))
    {
        let old = "the live policy names a deleted role or user by its unique id";
        lines.push(Line::change("orphaned principal", old, orphaned));
    }
    lines
}
