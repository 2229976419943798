//! The graph of hard references: which resource must exist before which.

use std::collections::BTreeMap;

use petgraph::{algo::tarjan_scc, graph::DiGraph};

use crate::{manifest::Documents, model::Address};

/// Cycles of hard references; each one starts with its smallest address and ends with it again.
/// Soft references (rules between two security groups) may form cycles.
pub fn cycles(documents: &Documents) -> Vec<Vec<Address>> {
    let mut graph = DiGraph::<&Address, ()>::new();
    let nodes: BTreeMap<_, _> =
        documents.keys().map(|address| (address, graph.add_node(address))).collect();
    for (address, document) in documents {
        for target in &document.recorded.hard {
            if let Some(to) = nodes.get(target) {
                graph.add_edge(nodes[address], *to, ());
            }
        }
    }
    let mut found: Vec<Vec<Address>> = tarjan_scc(&graph)
        .into_iter()
        .filter(|component| {
            component.len() > 1 || component.iter().any(|node| graph.contains_edge(*node, *node))
        })
        .map(|component| {
            let mut addresses: Vec<Address> =
                component.into_iter().map(|node| graph[node].clone()).collect();
            addresses.sort();
            addresses.push(addresses[0].clone());
            addresses
        })
        .collect();
    found.sort();
    found
}
