//! Circles of hard references. The loader refuses them, so they are drawn into loaded manifests here.

use super::*;
use crate::plan::graph::cycles;

/// Four manifests that refer to each other as said.
fn circles(hard: &[(&str, &str)]) -> Vec<String> {
    let mut documents = World::of(["a", "b", "c", "d"].map(|name| widget(name, ""))).documents;
    for (from, to) in hard {
        documents.get_mut(&at(from)).unwrap().recorded.hard.insert(at(to));
    }
    let names = |circle: &Vec<Address>| {
        circle.iter().map(|address| address.name.as_str()).collect::<Vec<_>>().join(" ")
    };
    cycles(&documents).iter().map(names).collect()
}

#[test]
fn a_chain_is_no_circle_and_neither_are_two_ways_to_the_same_end() {
    assert!(circles(&[]).is_empty());
    assert!(circles(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]).is_empty());
}

#[test]
fn a_manifest_that_refers_to_itself_is_a_circle() {
    assert_eq!(circles(&[("b", "b"), ("a", "b")]), ["b b"]);
}

#[test]
fn a_circle_starts_and_ends_at_its_smallest_address() {
    assert_eq!(circles(&[("c", "b"), ("b", "d"), ("d", "c"), ("a", "c")]), ["b c d b"]);
}

#[test]
fn every_circle_is_found_and_they_come_in_order() {
    assert_eq!(circles(&[("d", "c"), ("c", "d"), ("b", "a"), ("a", "b")]), ["a b a", "c d c"]);
    assert_eq!(circles(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]), ["a b a", "c d c"]);
}

#[test]
fn a_reference_to_what_is_not_declared_makes_no_circle() {
    assert!(circles(&[("a", "missing"), ("b", "a")]).is_empty());
}

#[test]
fn references_that_may_follow_later_may_form_a_circle() {
    let beside = [widget("a", "beside: [{ref: b}]"), widget("b", "beside: [{ref: a}]")];
    assert!(cycles(&World::of(beside).documents).is_empty());
}
