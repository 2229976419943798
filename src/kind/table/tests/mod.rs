//! What every table must satisfy, of whatever kind.

pub(crate) mod examples;
pub(crate) mod laws;
mod live;
mod mutants;
pub(crate) mod port;
mod widget;
pub(crate) mod written;

use std::collections::BTreeSet;

use super::{Absent, Fixed, Form, How, IDLE, Leaf, Table, get};
use crate::{kinds, operations};

/// Runs a test on every kind of the build that is a table.
fn each(test: impl Fn(&Table)) {
    let registry = kinds::registry();
    let tables: Vec<_> = registry.iter().filter_map(|kind| kind.table()).collect();
    assert!(!tables.is_empty(), "there are tables");
    tables.into_iter().for_each(test);
}

fn name(table: &Table) -> &'static str {
    table.profile.name
}

#[test]
fn every_path_occurs_once_and_is_found_by_its_name() {
    each(|table| {
        let rows = table.rows();
        let paths: BTreeSet<_> = rows.iter().map(|leaf| &leaf.path).collect();
        assert_eq!(paths.len(), rows.len(), "{}", name(table));
        let named = rows
            .iter()
            .filter_map(|leaf| leaf.only_while.as_ref().map(|(path, _)| path))
            .chain(rows.iter().flat_map(|leaf| {
                leaf.fixed_while.iter().chain(&leaf.idle_while).map(|(path, _)| path)
            }))
            .filter(|path| *path != IDLE)
            .chain(table.every_call().flat_map(|call| &call.with))
            .chain(rows.iter().filter_map(|leaf| match &leaf.change {
                How::Needed { by: (path, _), .. } => Some(path),
                How::Whole { given, .. } => given.first(),
                How::Until { fixed: Fixed::With(path), .. } => Some(path),
                _ => None,
            }))
            .chain(table.restore.iter().flat_map(|restore| &restore.sets).map(|(path, _)| path));
        for path in named {
            assert!(paths.contains(path), "{}: {path}", name(table));
        }
        let facts = table.shape().takes.into_iter().map(|(_, fact)| fact);
        for fact in facts.chain(table.restore.iter().map(|restore| restore.fact.clone())) {
            assert!(!paths.contains(&fact), "{}: {fact} is a fact, not a row", name(table));
        }
    });
}

#[test]
fn every_operation_is_one_that_the_kind_may_make() {
    each(|table| {
        for call in table.every_call() {
            let (service, operation) = call.operation.split_once(':').expect("service:Operation");
            // Sisters make the same calls.
            let mut rows = operations::all().filter(|row| row.kind == Some(name(table)));
            let row = rows.find(|row| row.service == service && row.name == operation);
            let row = row.unwrap_or_else(|| panic!("{} of {}", call.operation, name(table)));
            assert!(row.is_mutating(), "{}", call.operation);
        }
    });
}

#[test]
fn the_order_names_every_operation_once_and_no_other() {
    each(|table| {
        let calls: BTreeSet<_> = table.every_call().map(|call| &call.operation).collect();
        let order: BTreeSet<_> = table.order.iter().collect();
        assert_eq!(order.len(), table.order.len(), "{}", name(table));
        assert_eq!(order, calls, "{}", name(table));
    });
}

#[test]
fn no_calls_of_a_kind_wait_for_each_other_or_for_unknown_calls() {
    each(|table| {
        let mut left: Vec<_> = table.every_call().collect();
        for after in left.iter().flat_map(|call| &call.after) {
            assert!(table.order.contains(&after.operation), "{}: {after:?}", name(table));
        }
        while !left.is_empty() {
            let free = left.iter().position(|call| {
                let waits = |other: &&super::Call| {
                    call.after.iter().any(|after| after.operation == other.operation)
                };
                !left.iter().any(waits)
            });
            left.remove(free.unwrap_or_else(|| panic!("{} wait for each other", name(table))));
        }
    });
}

#[test]
fn every_row_has_a_description_and_defaults_of_its_form() {
    each(|table| {
        for leaf in table.rows() {
            assert!(!leaf.about.is_empty(), "{} of {}", leaf.path, name(table));
            if let How::Needed { by: (path, value), .. } = &leaf.change {
                assert!(fits(table.leaf(path).expect("a row"), value), "{path}: {value}");
            }
            if let How::Until { fixed: Fixed::Otherwise(value), .. } = &leaf.change {
                assert!(fits(leaf, value), "{}: {value}", leaf.path);
            }
            if let Absent::Means(value) | Absent::Always(value) = &leaf.absent {
                assert!(fits(leaf, value), "{}: {value}", leaf.path);
            }
            if let super::Null::None(value) = &leaf.null {
                let is_nothing = value.is_null() && leaf.is_left_out();
                assert!(is_nothing || fits(leaf, value), "{}: {value}", leaf.path);
            }
            for (path, value) in
                leaf.only_while.iter().chain(&leaf.fixed_while).chain(&leaf.idle_while)
            {
                if path == IDLE {
                    assert!(value.is_boolean(), "{path}: {value}");
                    continue;
                }
                let other = table.leaf(path).expect("a row");
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                assert!(values.iter().all(|value| fits(other, value)), "{path}: {value}");
            }
            let details = matches!(leaf.form, Form::Switch { .. });
            assert!(!details || matches!(leaf.change, How::Switch { .. }), "{}", leaf.path);
        }
    });
}

fn fits(leaf: &Leaf, value: &serde_json::Value) -> bool {
    match &leaf.form {
        Form::Bool => value.is_boolean(),
        Form::Int(range) => value.as_i64().is_some_and(|it| (range.min..=range.max).contains(&it)),
        Form::Text(_) | Form::Script(_) => value.is_string(),
        Form::Word { words, .. } => words.iter().any(|(word, _)| *value == **word),
        Form::Set { .. } | Form::Words { .. } | Form::Items { .. } | Form::Allowed(_) => {
            value.is_array()
        }
        Form::Key { .. } | Form::Role { .. } => value.is_string(),
        Form::Group { .. } | Form::Choice { .. } | Form::Keyed(_) | Form::Properties(_) => {
            value.is_object()
        }
        Form::Policy { word, .. } => {
            value.is_object() || word.as_ref().is_some_and(|word| *value == *word.word)
        }
        Form::Target(_) => value.is_string(),
        Form::Targets { .. } => value.is_array(),
        Form::Switch { .. } => value["enabled"].is_boolean(),
    }
}

#[test]
fn every_kind_that_is_a_table_keeps_the_laws() {
    each(|table| {
        if let Err(why) = laws::hold(table, 192) {
            panic!("{}: {why}", name(table));
        }
    });
}

#[test]
fn the_laws_observe_each_row_change_in_every_possible_way() {
    // Of large trees of properties each pair shows many ways at once.
    each(|table| {
        let is_tree = table.rows().iter().any(|leaf| matches!(leaf.form, Form::Properties(_)));
        laws_see_all(table, if is_tree { 32 } else { 512 });
    });
    laws_see_all(&widget::deep(), 512);
}

fn laws_see_all(table: &Table, cases: u32) {
    let seen = laws::seen(table, cases);
    for leaf in table.rows() {
        // AWS fills in or fixes all of them: there is nothing to change.
        let is_empty = matches!(&leaf.form, Form::Properties(all)
            if all.members.values().all(|it| it.refused.is_some() || it.fixed));
        let mut ways = match &leaf.change {
            How::By(_) if is_empty => Vec::new(),
            How::By(_) | How::Switch { .. } | How::Whole { .. } => vec!["set"],
            How::Entries { take: None, .. } => vec!["added", "removed"],
            How::Entries { remove: Err(_), .. } => vec!["added", "fixed", "taken"],
            How::Entries { take: Some(_), .. } => vec!["added", "removed", "taken"],
            // What only has keys is never replaced.
            How::Keyed { .. } => match &leaf.form {
                Form::Keyed(keyed) if keyed.only_keys => vec!["added", "removed"],
                _ => vec!["added", "replaced", "removed"],
            },
            How::Removed(_) => vec!["removed"],
            How::Members { .. } => vec!["set", "fewer", "needing"],
            How::Runs { .. } => vec!["set", "rested"],
            How::Needed { .. } => vec!["set", "following"],
            How::Until { .. } => vec!["set", "fixed"],
            How::Fixed(_) => vec!["fixed"],
            How::Argument => Vec::new(),
        };
        if let How::Needed { by: (path, _), .. } = &leaf.change {
            assert!(seen.contains(&(path.to_string(), "needing")), "{}: {path}", name(table));
        }
        let may_be_none = leaf.is_left_out() && !matches!(leaf.null, super::Null::Never(..));
        if may_be_none && !matches!(leaf.change, How::Argument) {
            ways.push("none");
        }
        for way in ways {
            let path = leaf.path.to_string();
            assert!(seen.contains(&(path, way)), "{}: {} {way}", name(table), leaf.path);
        }
    }
}

#[test]
fn a_state_names_its_partition_and_account_last() {
    // A digest of a state must be the same from release to release.
    each(|table| {
        let want = laws::some_want(table);
        let names: Vec<_> = want.keys().map(String::as_str).collect();
        assert!(names.ends_with(&[super::PARTITION, super::ACCOUNT]), "{names:?}");
        let rows: Vec<_> = table.leaves.iter().map(|leaf| leaf.path.as_ref()).collect();
        let there: Vec<_> = names[..names.len() - 2].to_vec();
        let in_order = rows.iter().filter(|path| there.contains(path));
        assert_eq!(in_order.copied().collect::<Vec<_>>(), there, "{}", name(table));
        assert!(table.has_groups() || there == rows, "{}", name(table));
        assert!(!get(&want, super::PARTITION).is_null());
    });
}
