//! What holds for every table, of whatever kind.

mod laws;
mod live;
mod mutants;
pub(crate) mod port;
mod widget;

use std::collections::BTreeSet;

use super::{Absent, Form, How, Leaf, Table, get};
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
fn every_path_is_there_once_and_is_found_where_it_is_named() {
    each(|table| {
        let paths: BTreeSet<_> = table.leaves.iter().map(|leaf| &leaf.path).collect();
        assert_eq!(paths.len(), table.leaves.len(), "{}", name(table));
        let named = table
            .leaves
            .iter()
            .filter_map(|leaf| leaf.only_while.as_ref().map(|(path, _)| path))
            .chain(table.leaves.iter().flat_map(|leaf| {
                leaf.fixed_while.iter().chain(&leaf.idle_while).map(|(path, _)| path)
            }))
            .chain(table.every_call().flat_map(|call| &call.with))
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
            let row = operations::find(service, operation);
            let row =
                row.unwrap_or_else(|| panic!("{} is in no table of operations", call.operation));
            assert!(row.is_mutating(), "{}", call.operation);
            assert_eq!(row.kind, Some(name(table)), "{} of {}", call.operation, name(table));
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
fn what_comes_first_is_a_call_of_the_kind_and_never_waits_for_what_follows_it() {
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
fn every_row_says_what_it_means_and_its_defaults_are_of_its_form() {
    each(|table| {
        for leaf in &table.leaves {
            assert!(!leaf.about.is_empty(), "{} of {}", leaf.path, name(table));
            if let Absent::Means(value) | Absent::Always(value) = &leaf.absent {
                assert!(fits(leaf, value), "{}: {value}", leaf.path);
            }
            if let super::Null::None(value) = &leaf.null {
                assert!(fits(leaf, value), "{}: {value}", leaf.path);
            }
            for (path, value) in
                leaf.only_while.iter().chain(&leaf.fixed_while).chain(&leaf.idle_while)
            {
                let other = table.leaf(path).expect("a row");
                assert!(fits(other, value), "{path}: {value}");
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
        Form::Text(_) => value.is_string(),
        Form::Word { words, .. } => words.iter().any(|(word, _)| *value == **word),
        Form::Set { .. } => value.is_array(),
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
fn a_state_names_its_partition_and_account_last() {
    // Whoever digests a state must find the same text in it from release to release.
    each(|table| {
        let want = laws::some_want(table);
        let names: Vec<_> = want.keys().map(String::as_str).collect();
        assert!(names.ends_with(&[super::PARTITION, super::ACCOUNT]), "{names:?}");
        assert!(table.leaves.iter().zip(&names).all(|(leaf, name)| leaf.path == *name));
        assert!(!get(&want, super::PARTITION).is_null());
    });
}
