//! Elastic IP addresses, each free or in use by a NAT gateway.

use super::{
    errors::{done, unknown_id},
    listing::Listing,
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};

/// Addresses of an account and Region (Amazon VPC quotas, by default).
const MOST: usize = 5;

const LISTING: Listing = Listing {
    set: "addressesSet",
    key: "allocationId",
    ids: Some("AllocationId"),
    filters: &[
        ("allocation-id", "allocationId"),
        ("association-id", "associationId"),
        ("domain", "domain"),
        ("network-border-group", "networkBorderGroup"),
        ("public-ip", "publicIp"),
    ],
    page: None,
};

pub(super) fn allocate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if call.input.text("Domain").is_some_and(|domain| domain != "vpc") {
        return Err(invalid("Addresses are for use in a VPC"));
    }
    if state.addresses.len() >= MOST {
        let message = "The maximum number of addresses has been reached.";
        return Err(ApiError::new("AddressLimitExceeded", message));
    }
    let new_tags = tags::on_create(call.input, "elastic-ip")?;
    let id = call.context.ids.next("eipalloc");
    let number = call.context.ids.number();
    let address = format!("198.51.{}.{}", (number >> 8) & 0xff, number & 0xff);
    state.addresses.insert(id.clone(), address);
    state.tags.insert(id.clone(), new_tags);
    Ok(shown(state, &id, call))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.addresses.keys().map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn release(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("AllocationId")?;
    state.address(id)?;
    if state.user_of(id).is_some() {
        let message = format!("Address with allocation id {id} is in use.");
        return Err(ApiError::new("InvalidIPAddress.InUse", message));
    }
    state.addresses.remove(id);
    state.tags.remove(id);
    done()
}

impl State {
    /// The address of an allocation.
    pub(super) fn address(&self, id: &str) -> Result<&str, ApiError> {
        let found = self.addresses.get(id).map(String::as_str);
        found.ok_or_else(|| unknown_id(id, "allocationId"))
    }

    /// The NAT gateway that uses an allocation.
    pub(super) fn user_of(&self, id: &str) -> Option<&str> {
        let mut all = self.nat_gateways.iter();
        all.find(|(_, gateway)| gateway.addresses.iter().any(|it| it == id)).map(|(nat, _)| &**nat)
    }
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let mut shown = json!({
        "allocationId": id,
        "publicIp": state.addresses.get(id),
        "domain": "vpc",
        "publicIpv4Pool": "amazon",
        "networkBorderGroup": call.caller.region,
        "tagSet": tags::shown(state, id),
    });
    if let Some(nat) = state.user_of(id) {
        shown["associationId"] = format!("eipassoc-{}", nat.trim_start_matches("nat-")).into();
    }
    shown
}
