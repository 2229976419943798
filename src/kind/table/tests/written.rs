//! The way back: whatever a live state is, the manifest that is written for it resolves to a state
//! that differs in nothing.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value, json};

use super::{
    super::{Absent, Form, How, Leaf, Table, Tree, get, read::ENABLED, singles, tree},
    each, laws, name,
};
use crate::{
    kind::{Accepts, InBlocks, Known, Naming, Refs, ScopeFacts, erased::ErasedKind as _},
    model::policy_document::Dialect,
};

/// Writes everything as AWS says it.
pub(crate) struct Literally;

impl Naming for Literally {
    fn name(&self) -> &'static str {
        "imported"
    }

    fn target(&self, _: Accepts, id: &str) -> Value {
        json!(id)
    }

    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn policy_text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn property(&self, text: &str) -> String {
        text.to_owned()
    }

    fn place(&self, id: &str) -> String {
        id.to_owned()
    }

    fn blocks(&self, _: Dialect, _: &Value) -> Option<InBlocks> {
        None
    }
}

pub(crate) fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

/// The wanted state of a spec. Of values that no manifest may have (the generated ones know no
/// checks) the whole member is left out; nothing if nothing is left that could be resolved.
fn resolved(table: &Table, mut spec: Tree) -> Option<Value> {
    let (facts, known) = (scope(), Known::default());
    loop {
        let mut refs = Refs::new(&facts, "imported", &known);
        let wrong = match table.resolve(&Value::Object(spec.clone()), &mut refs) {
            Ok(resolved) => return Some(resolved.state),
            Err(wrong) => wrong,
        };
        let field = wrong.first()?.field.clone();
        if !leave_out(&mut spec, &field) {
            return None;
        }
    }
}

/// Whether a manifest must say a text that the generated ones never are: the name of a service, an
/// ARN, a machine. Such kinds are compared in whole-program tests.
fn is_unresolvable(table: &Table) -> bool {
    let needs = |leaf: &&Leaf| matches!(leaf.absent, Absent::Required(..) | Absent::Derived);
    table
        .rows()
        .into_iter()
        .filter(needs)
        .any(|leaf| matches!(leaf.form, Form::Text(_) | Form::Script(_) | Form::Properties(_)))
}

/// A live state with ids and key policies of the right form, which generated ones do not have.
fn real(table: &Table, have: &Tree) -> Tree {
    let mut state = have.clone();
    for leaf in table.rows() {
        let Some(live) = tree::at(have, &leaf.path) else { continue };
        let new = match (&leaf.form, live) {
            (Form::Target(named), Value::String(_)) => json!(id(&named.prefix, 0)),
            (Form::Targets { each, one_of_each, .. }, Value::Array(all)) => {
                let ids = (0..all.len()).map(|number| id(&each.prefix, number));
                match one_of_each {
                    Some(_) => singles(ids),
                    None => ids.collect(),
                }
            }
            (Form::Policy { word: None, .. }, Value::Object(_)) => json!({
                "Statement": [{"Action": "kms:*", "Effect": "Allow", "Resource": "*",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
                "Version": "2012-10-17",
            }),
            _ => continue,
        };
        tree::put(&mut state, &leaf.path, new);
    }
    // A replica is what its primary key is, and other origins have other key specs, which no
    // generator knows.
    state.entry("replicaOf").and_modify(|it| *it = Value::Null);
    state.entry("origin").and_modify(|it| *it = json!("AWS_KMS"));
    state
}

fn id(prefix: &str, number: usize) -> String {
    match prefix {
        "" => format!("entry-{number}"),
        "arn:" => format!("arn:aws:iam::111122223333:role/role-{number}"),
        ec2 => format!("{ec2}0123456789abcde{number:02x}"),
    }
}

fn leave_out(spec: &mut Tree, field: &str) -> bool {
    let whole = field.split('[').next().unwrap_or_default();
    let mut path = whole.to_owned();
    loop {
        if tree::at(spec, &path).is_some() {
            tree::put(spec, &path, Value::Null);
            return true;
        }
        match path.rsplit_once('.') {
            Some((above, _)) => path = above.to_owned(),
            None => return spec.shift_remove(&path).is_some(),
        }
    }
}

#[test]
fn what_is_written_for_a_live_state_resolves_to_no_difference() {
    each(|table| {
        let compared = RefCell::new(0);
        laws::for_pairs(table, 96, |_, have| {
            let state = real(table, have.as_object().expect("a state"));
            let have = &Value::Object(state.clone());
            if table.is_gone(have).expect("a state") {
                return;
            }
            let written = table.manifest(&state, &Literally);
            let Some(want) = resolved(table, written.spec.clone()) else { return };
            *compared.borrow_mut() += 1;
            let edits = table.diff(&want, have).expect("two states");
            // A generated state can be one that AWS never has, of which no manifest can say what is
            // fixed: an import leaves such a resource out.
            let edits = edits.iter().filter(|edit| !edit.risk.impossible);
            let edits: Vec<_> = edits.map(|edit| edit.summary.as_str()).collect();
            assert!(
                edits.is_empty(),
                "{}: {edits:?}\nspec: {:#}\nhave: {have:#}",
                name(table),
                Value::Object(written.spec)
            );
        });
        assert!(compared.into_inner() > 0 || is_unresolvable(table), "{}", name(table));
    });
}

#[test]
fn every_row_with_a_closed_form_is_written_unless_it_has_its_default() {
    each(|table| {
        let is_closed = |form: &Form| {
            matches!(form, Form::Bool | Form::Int(_) | Form::Word { .. } | Form::Words { .. })
        };
        let rows = table.rows().into_iter().filter(|leaf| {
            is_closed(&leaf.form)
                && leaf.is_written()
                && !matches!(leaf.change, How::Argument | How::Runs { .. })
        });
        let rows: Vec<_> = rows.collect();
        let missed: RefCell<BTreeMap<String, Value>> = RefCell::default();
        let said: RefCell<BTreeSet<String>> = RefCell::default();
        laws::for_pairs(table, 96, |_, have| {
            let state = have.as_object().expect("a state");
            let spec = table.manifest(state, &Literally).spec;
            for leaf in &rows {
                let live = get(state, &leaf.path);
                let means = matches!(&leaf.absent, Absent::Means(it) if it == live);
                if tree::is_none(live) || means || leaf.default.as_ref() == Some(live) {
                    continue;
                }
                if tree::at(&spec, &leaf.path) == Some(live) {
                    said.borrow_mut().insert(leaf.path.to_string());
                } else {
                    missed.borrow_mut().insert(leaf.path.to_string(), live.clone());
                }
            }
        });
        assert_eq!(missed.into_inner(), BTreeMap::new(), "{}", name(table));
        assert!(rows.is_empty() || !said.into_inner().is_empty(), "{}", name(table));
    });
}

#[test]
fn entries_with_keys_are_written_as_they_are_read() {
    each(|table| {
        for leaf in table.rows() {
            let Form::Keyed(keyed) = &leaf.form else { continue };
            for example in (keyed.examples)() {
                let entry = (keyed.entry)(&example).expect("an entry");
                let again = (keyed.entry)(&(keyed.members)(&entry.0, &entry.1));
                assert_eq!(again, Ok(entry), "{}: {example:?}", name(table));
            }
        }
    });
}

#[test]
fn switches_are_written_with_what_they_say() {
    each(|table| {
        for leaf in table.rows() {
            let Form::Switch { details, .. } = &leaf.form else { continue };
            for on in [true, false] {
                let mut value = Tree::from_iter([(ENABLED.to_owned(), json!(on))]);
                value.extend(details.iter().map(|it| (it.path.to_string(), Value::Null)));
                let mut state = Tree::new();
                tree::put(&mut state, &leaf.path, Value::Object(value));
                let spec = table.manifest(&state, &Literally).spec;
                let said = tree::at(&spec, &leaf.path).and_then(|it| it.get(ENABLED));
                assert_eq!(said, Some(&json!(on)), "{}: {}", name(table), leaf.path);
            }
        }
    });
}
