//! What a pass leaves for people who ask about one resource.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::{
    manifest::{Document, Snapshot},
    model::{Address, Observed},
    plan::Claims,
};

/// The live resource of each address in the latest pass.
pub type Live = Arc<BTreeMap<Address, Observed<Value>>>;

/// The manifests that each manifest refers to.
pub type Links = Arc<BTreeMap<Address, BTreeSet<Address>>>;

pub(super) fn links_of(snapshot: &Snapshot) -> Links {
    let links = |document: &Document| {
        let recorded = &document.recorded;
        recorded.hard.iter().chain(&recorded.soft).cloned().collect()
    };
    let all = snapshot.documents.iter().map(|(address, it)| (address.clone(), links(it)));
    Arc::new(all.collect())
}

pub(super) fn live_of(claims: &Claims<'_>) -> Live {
    let all = claims.inventories().flat_map(|(_, inventory)| inventory.all());
    let all = all.filter_map(|it| Some((it.address()?.clone(), it.resource.clone())));
    Arc::new(all.collect())
}
