//! What starts in a subnet is given: attributes that are changed one at a time.

use super::{
    errors::done,
    resources::Attributes,
    state::{Call, State},
};
use crate::simulator::{
    query::missing,
    service::{Answer, ApiError},
};
use serde_json::Value;

/// The parameters of ModifySubnetAttribute that are flags, and the members that show them.
const FLAGS: [(&str, &str); 5] = [
    ("AssignIpv6AddressOnCreation", "assignIpv6AddressOnCreation"),
    ("EnableDns64", "enableDns64"),
    ("EnableResourceNameDnsAAAARecordOnLaunch", "enableResourceNameDnsAAAARecord"),
    ("EnableResourceNameDnsARecordOnLaunch", "enableResourceNameDnsARecord"),
    ("MapPublicIpOnLaunch", "mapPublicIpOnLaunch"),
];
/// The one that is a word: `ip-name` or `resource-name`.
const HOSTNAMES: (&str, &str) = ("PrivateDnsHostnameTypeOnLaunch", "hostnameType");

pub(super) fn modify(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("SubnetId")?;
    state.subnet(id)?;
    let mut given = Vec::new();
    for (parameter, member) in FLAGS {
        if let Some(value) = call.input.member(parameter) {
            let value = value.flag("Value")?.ok_or_else(|| missing("Value"))?;
            given.push((member, Value::from(value)));
        }
    }
    if let Some(word) = call.input.text(HOSTNAMES.0) {
        given.push((HOSTNAMES.1, word.into()));
    }
    let [(member, value)] = &given[..] else {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "Exactly one subnet attribute has to be specified in a request",
        ));
    };
    if let Some(subnet) = state.subnets.get_mut(id) {
        subnet.attributes.insert((*member).to_owned(), value.clone());
    }
    done()
}

/// An attribute as answers show it.
pub(super) fn shown(attributes: &Attributes, member: &str) -> Value {
    let default = if member == HOSTNAMES.1 { "ip-name".into() } else { false.into() };
    attributes.get(member).cloned().unwrap_or(default)
}
