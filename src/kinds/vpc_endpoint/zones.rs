//! A service does not exist in every Availability Zone of its Region, and EC2 refuses an endpoint
//! with a subnet in another one (terraform-aws-modules/terraform-aws-vpc issues 462 and 785). Such
//! a subnet is left out, and people see that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rules::{BALANCER, INTERFACE};
use crate::kind::{
    Called, LeftOut, LookupKind, Refs, Unresolved, is_placeholder,
    table::{Tree, get, texts},
    zones_of,
};

const FIELD: &str = "subnets";

/// Leaves out of the wanted subnets those in zones in which the service does not exist. Where AWS
/// does not say in which zones that is, nothing is left out.
pub(super) fn keep(want: &mut Tree, endpoint_type: &str, service: &str, refs: &mut Refs<'_>) {
    if ![INTERFACE, BALANCER].contains(&endpoint_type) || get(want, FIELD).is_null() {
        return;
    }
    let found = match refs.called(FIELD, LookupKind::EndpointService, service) {
        Called::Found(service) => service,
        Called::Absent | Called::NotYet => return,
        // Which subnets are wanted follows from it.
        Called::Unread(placeholder) => return only(want, &placeholder),
    };
    let zones = found.attributes.get(&zones_of(endpoint_type)).cloned();
    let Some(zones) = zones else { return };
    let zones: BTreeSet<&str> = zones.split(' ').collect();
    let (mut kept, mut left) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    for set in get(want, FIELD).as_array().into_iter().flatten() {
        let mut alternatives = Vec::new();
        for id in texts(set) {
            match zone(id, refs).filter(|zone| !zones.contains(zone.as_str())) {
                Some(zone) => left.entry(zone).or_default().push(id.to_owned()),
                None => alternatives.push(id.to_owned()),
            }
        }
        if !alternatives.is_empty() {
            kept.push(json!(alternatives));
        }
    }
    if left.is_empty() {
        return;
    }
    if kept.is_empty() {
        let zones = zones.into_iter().map(str::to_owned).collect();
        let (field, service) = (FIELD.to_owned(), service.to_owned());
        let why = Unresolved::NoZone { field, service: service.clone(), zones };
        let placeholder = refs.lack(LookupKind::EndpointService, &service, why);
        return only(want, &placeholder);
    }
    want.insert(FIELD.to_owned(), Value::Array(kept));
    for (zone, ids) in left {
        let (field, service) = (FIELD.to_owned(), service.to_owned());
        refs.leave_out(LeftOut::Zone { field, ids, zone, service });
    }
}

/// The wanted subnets while they are not known.
fn only(want: &mut Tree, placeholder: &str) {
    want.insert(FIELD.to_owned(), json!([[placeholder]]));
}

/// The id of a subnet's zone, if it is known.
fn zone(subnet: &str, refs: &mut Refs<'_>) -> Option<String> {
    if is_placeholder(subnet) {
        return None;
    }
    let found = refs.listed(FIELD, LookupKind::Subnet, subnet).ok()?;
    found.attributes.get("zone").cloned()
}
