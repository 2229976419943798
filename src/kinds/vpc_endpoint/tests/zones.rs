//! Subnets in Availability Zones in which a service does not exist, and fixed addresses.

use super::*;
use crate::kind::{LeftOut, zones_of};

const STS: &str = "com.amazonaws.eu-west-1.sts";

/// With the service STS in these zones.
fn known_in(zones: Option<&str>) -> Known {
    let mut known = known();
    let attributes = zones.map(|zones| (zones_of("Interface"), zones.to_owned()));
    let service = LookupItem {
        id: STS.into(),
        name: Some(STS.into()),
        attributes: attributes.into_iter().collect(),
        ..LookupItem::default()
    };
    let key = ("ml-prod".to_owned(), LookupKind::EndpointService);
    known.lookups.insert(key, Seen::All(vec![service]));
    known
}

fn sts(fields: Value) -> Value {
    merged(interface(json!({"service": "sts"})), fields)
}

#[test]
fn a_subnet_in_a_zone_without_the_service_is_left_out_and_that_is_said() {
    let (state, resolution) = resolve_with(sts(json!({})), &known_in(Some("euw1-az2 euw1-az3")));
    assert_eq!(state.expect("a state").subnets, Some(vec![set(["subnet-b1000000"])]));
    assert!(resolution.waiting().is_empty(), "{:?}", resolution.waiting());
    let left_out = LeftOut::Zone {
        field: "subnets".into(),
        ids: vec!["subnet-a1000000".into(), "subnet-a2000000".into()],
        zone: "euw1-az1".into(),
        service: STS.into(),
    };
    insta::assert_snapshot!(left_out.to_string(), @"subnets: subnet-a1000000, subnet-a2000000 left out, because com.amazonaws.eu-west-1.sts does not exist in the Availability Zone euw1-az1");
    assert_eq!(resolution.left_out, [left_out]);
}

#[test]
fn a_subnet_that_is_named_by_its_id_is_left_out_likewise() {
    let spec = sts(json!({"subnets": ["subnet-a2000000", "subnet-b1000000"]}));
    let (state, resolution) = resolve_with(spec, &known_in(Some("euw1-az2")));
    assert_eq!(state.expect("a state").subnets, Some(vec![set(["subnet-b1000000"])]));
    assert_eq!(resolution.left_out.len(), 1);
}

#[test]
fn nothing_is_left_out_where_aws_does_not_say_where_a_service_exists() {
    for known in [known(), known_in(None)] {
        let (state, resolution) = resolve_with(sts(json!({})), &known);
        assert_eq!(state.expect("a state").subnets.map(|sets| sets.len()), Some(2));
        assert!(resolution.left_out.is_empty() && resolution.waiting().is_empty());
    }
}

#[test]
fn an_endpoint_without_a_subnet_in_a_zone_of_its_service_waits() {
    let (state, resolution) = resolve_with(sts(json!({})), &known_in(Some("euw1-az3")));
    state.expect("a state");
    let waiting: Vec<_> = resolution.waiting().into_iter().collect();
    assert_eq!(
        waiting,
        [
            "subnets: none is in an Availability Zone of com.amazonaws.eu-west-1.sts, which exists in euw1-az3"
        ]
    );
}

#[test]
fn subnets_wait_while_the_zones_of_a_service_cannot_be_read_and_nothing_else_does() {
    let mut known = known();
    let key = ("ml-prod".to_owned(), LookupKind::EndpointService);
    known.lookups.insert(key, Seen::Unknown("throttled".into()));
    let (state, resolution) = resolve_with(sts(json!({})), &known);
    let want = State { security_groups: Some(set(["sg-20000000"])), ..state.expect("a state") };
    let have = State { service: STS.into(), ..live() };
    let edits = diff(&want, &have);
    let waits = |edit: &&Edit| {
        let body = serde_json::to_string(&edit.body).expect("JSON");
        resolution.unresolved.keys().any(|placeholder| body.contains(placeholder.as_str()))
    };
    let (waiting, free): (Vec<_>, Vec<_>) = edits.iter().partition(|edit| waits(edit));
    let keys = |edits: &[&Edit]| edits.iter().map(|edit| edit.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&waiting), ["subnets"]);
    assert_eq!(keys(&free), ["securityGroups"]);
}

fn fixed(fields: Value) -> Value {
    let own = json!({
        "subnets": ["subnet-a1000000", "subnet-b1000000"],
        "addresses": [
            {"subnet": "subnet-a1000000", "ipv4": "10.0.1.10"},
            {"subnet": "subnet-b1000000", "ipv4": "10.0.2.10"},
        ],
    });
    merged(merged(interface(json!({})), own), fields)
}

#[test]
fn the_address_of_a_subnet_that_is_left_out_is_left_out_too() {
    let spec = merged(fixed(json!({})), json!({"service": "sts"}));
    let (state, _) = resolve_with(spec, &known_in(Some("euw1-az2")));
    let addresses = state.expect("a state").addresses;
    assert_eq!(addresses, Some(json!([{"ipv4": "10.0.2.10", "subnet": "subnet-b1000000"}])));
}

#[test]
fn an_address_that_differs_is_set_which_cuts_the_connections_of_its_interface() {
    let want = resolve(fixed(json!({})));
    let have = |first: &str| State {
        addresses: Some(json!([
            {"subnet": "subnet-a1000000", "ipv4": first},
            {"subnet": "subnet-b1000000", "ipv4": "10.0.2.10"},
        ])),
        ..live()
    };
    assert_eq!(diff(&want, &have("10.0.1.10")), []);
    let edits = diff(&want, &have("10.0.1.99"));
    let [edit] = &edits[..] else { panic!("one edit: {edits:#?}") };
    assert_eq!(edit.key, "addresses");
    assert_eq!(edit.risk.to_string(), "disrupts");
}

#[test]
fn addresses_that_do_not_fit_are_refused_with_place_and_way_out() {
    for (fields, says) in [
        (
            json!({"addresses": [{"subnet": "subnet-a1000000", "ipv4": "10.0.1.10"}]}),
            "addresses: names other subnets",
        ),
        (
            json!({"subnets": {"lookup": {"tags": {"tier": "private"}}}}),
            "addresses: names other subnets",
        ),
        (json!({"ipAddressType": "dualstack"}), "addresses[0].ipv6: is missing"),
        (json!({"ipAddressType": "ipv6"}), "addresses[0].ipv4: belongs to a family"),
        (
            json!({"subnets": ["subnet-a1000000"], "addresses": [{"subnet": "subnet-a1000000", "ipv4": "10.0.1"}]}),
            "`10.0.1` is not an IPv4 address",
        ),
        (
            json!({"subnets": ["subnet-a1000000"], "ipAddressType": "ipv6", "addresses": [{"subnet": "subnet-a1000000", "ipv6": "2001:DB8::1"}]}),
            "is not in the usual spelling",
        ),
    ] {
        let message = problems(fixed(fields));
        assert!(message.contains(says), "{message}");
    }
    let gateway = problems(gateway(
        json!({"addresses": [{"subnet": "subnet-a1000000", "ipv4": "10.0.1.10"}]}),
    ));
    assert!(gateway.contains("addresses: an endpoint of type Gateway has none"), "{gateway}");
}
