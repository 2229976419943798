//! Cycles of hard references. The loader refuses them, so they are added to loaded manifests
//! here.

use super::*;
use crate::plan::graph::cycles;

/// Four manifests with the given references.
fn cycles_of(hard: &[(&str, &str)]) -> Vec<String> {
    let mut documents = World::of(["a", "b", "c", "d"].map(|name| widget(name, ""))).documents;
    for (from, to) in hard {
        let document = documents.get_mut(&at(from)).unwrap();
        Arc::make_mut(document).recorded.hard.insert(at(to));
    }
    let names = |cycle: &Vec<Address>| {
        cycle.iter().map(|address| address.name.as_str()).collect::<Vec<_>>().join(" ")
    };
    cycles(&documents).iter().map(names).collect()
}

#[test]
fn a_chain_is_not_a_cycle_and_neither_are_two_paths_to_the_same_end() {
    assert!(cycles_of(&[]).is_empty());
    assert!(cycles_of(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]).is_empty());
}

#[test]
fn a_manifest_that_refers_to_itself_is_a_cycle() {
    assert_eq!(cycles_of(&[("b", "b"), ("a", "b")]), ["b b"]);
}

#[test]
fn a_cycle_starts_and_ends_at_its_smallest_address() {
    assert_eq!(cycles_of(&[("c", "b"), ("b", "d"), ("d", "c"), ("a", "c")]), ["b c d b"]);
}

#[test]
fn every_cycle_is_found_and_they_come_in_order() {
    assert_eq!(cycles_of(&[("d", "c"), ("c", "d"), ("b", "a"), ("a", "b")]), ["a b a", "c d c"]);
    assert_eq!(cycles_of(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]), ["a b a", "c d c"]);
}

#[test]
fn a_reference_to_what_is_not_declared_makes_no_cycle() {
    assert!(cycles_of(&[("a", "missing"), ("b", "a")]).is_empty());
}

#[test]
fn soft_references_may_form_a_cycle() {
    let soft = [widget("a", "beside: [{ref: b}]"), widget("b", "beside: [{ref: a}]")];
    assert!(cycles(&World::of(soft).documents).is_empty());
}
