//! The specification of VPC endpoints, in sentences.

mod changes;
mod lattice;
mod manifests;
mod perimeter;
mod zones;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Policy, State, policy, table};
use crate::{
    kind::{
        Invalid, Known, KnownResource, LookupItem, LookupKind, Refs, Resolution, ScopeFacts,
        erased::{Edit, ErasedKind as _},
    },
    model::{
        Address, Seen,
        policy_document::{Context, Dialect, PolicyDocument},
    },
};

fn facts() -> ScopeFacts {
    ScopeFacts {
        name: "ml-prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

pub(super) fn set<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.map(str::to_owned).into()
}

/// Each subnet as a set of its own, as a live state has them.
pub(super) fn singles(ids: BTreeSet<String>) -> Vec<BTreeSet<String>> {
    ids.into_iter().map(|id| BTreeSet::from([id])).collect()
}

/// The subnets that are in use (live), or that a create takes: the lowest id of each set.
pub(super) fn chosen(state: &State) -> BTreeSet<String> {
    state.subnets.iter().flatten().filter_map(|set| set.first().cloned()).collect()
}

pub(super) fn diff(want: &State, have: &State) -> Vec<Edit> {
    table().diff(&json!(want), &json!(have)).expect("states")
}

/// The edits that turn one state into the other, all in one call.
pub(super) fn one_call(want: &State, have: &State) -> Vec<Edit> {
    let edits = diff(want, have);
    assert_eq!(table().calls(&edits).expect("edits").len(), 1, "{edits:#?}");
    edits
}

pub(super) fn natural_keys(state: &State) -> Vec<String> {
    table().natural_keys(&json!(state)).expect("a state")
}

/// Two zones with two private subnets each, one VPC, one security group.
fn known() -> Known {
    let mut known = Known::default();
    known.resources.insert(
        Address::new("ml-prod", "SecurityGroup", "endpoints"),
        KnownResource {
            id: "sg-10000000".into(),
            arn: "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-10000000".into(),
        },
    );
    let vpc = LookupItem {
        id: "vpc-10000000".into(),
        tags: [("Name".into(), "ml".into())].into(),
        ..LookupItem::default()
    };
    let subnet = |id: &str, vpc: &str, zone: &str| LookupItem {
        id: id.into(),
        name: None,
        attributes: [("vpc".into(), vpc.into()), ("zone".into(), zone.into())].into(),
        tags: [("tier".into(), "private".into())].into(),
    };
    let subnets = vec![
        subnet("subnet-a2000000", "vpc-10000000", "euw1-az1"),
        subnet("subnet-a1000000", "vpc-10000000", "euw1-az1"),
        subnet("subnet-b1000000", "vpc-10000000", "euw1-az2"),
        subnet("subnet-e1000000", "vpc-20000000", "euw1-az3"),
    ];
    known.lookups.insert(("ml-prod".into(), LookupKind::Vpc), Seen::All(vec![vpc]));
    known.lookups.insert(("ml-prod".into(), LookupKind::Subnet), Seen::All(subnets));
    // AWS says nothing of any service's zones.
    known.lookups.insert(("ml-prod".into(), LookupKind::EndpointService), Seen::All(Vec::new()));
    known
}

fn resolve_with(spec: Value, known: &Known) -> (Result<State, Vec<Invalid>>, Resolution) {
    let facts = facts();
    let mut refs = Refs::new(&facts, "endpoint", known);
    let mut spec = spec;
    if let Err(wrong) = refs.interpolate(&mut spec, &crate::kinds::registry().names()) {
        return (Err(wrong), refs.finish());
    }
    let state = table().resolve(&spec, &mut refs).map(|resolved| read(resolved.state));
    (state, refs.finish())
}

fn read(state: Value) -> State {
    serde_json::from_value(state).expect("a state")
}

fn resolve(spec: Value) -> State {
    resolve_with(spec, &known()).0.expect("a state")
}

/// The messages of all problems, one a line.
fn problems(spec: Value) -> String {
    let wrong = resolve_with(spec, &known()).0.expect_err("problems");
    let lines: Vec<_> = wrong
        .iter()
        .map(|invalid| match &invalid.help {
            Some(help) => format!("{invalid} ({help})"),
            None => invalid.to_string(),
        })
        .collect();
    lines.join("\n")
}

/// The interface endpoint of the examples, with fields replaced (`null` here removes one).
fn interface(fields: Value) -> Value {
    merged(
        json!({
            "type": "Interface",
            "service": "sagemaker.api",
            "vpc": {"lookup": {"tags": {"Name": "ml"}}},
            "subnets": {"lookup": {"tags": {"tier": "private"}}},
            "securityGroups": [{"ref": "endpoints"}],
            "policy": "default",
        }),
        fields,
    )
}

fn gateway(fields: Value) -> Value {
    merged(
        json!({
            "type": "Gateway", "service": "s3", "vpc": "vpc-10000000", "routeTables": ["rtb-10000000"],
            "policy": "default",
        }),
        fields,
    )
}

fn merged(mut spec: Value, fields: Value) -> Value {
    let (Value::Object(into), Value::Object(fields)) = (&mut spec, fields) else {
        unreachable!("both are objects")
    };
    for (field, value) in fields {
        match value {
            Value::Null => drop(into.remove(&field)),
            value => drop(into.insert(field, value)),
        }
    }
    spec
}

fn context() -> Context {
    Context { partition: "aws".into(), account: "111122223333".into() }
}

/// A live policy.
pub(super) fn policy(text: &str) -> Policy {
    serde_json::from_value(policy::read(text, &context())).expect("a policy")
}

/// A policy that allows one action to the account.
fn allowing(action: &str) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
    }]});
    policy(&document.to_string())
}

/// A live interface endpoint that is as [`interface`] wants it.
fn live() -> State {
    State {
        endpoint_type: "Interface".into(),
        service: "com.amazonaws.eu-west-1.sagemaker.api".into(),
        service_region: Some("eu-west-1".into()),
        resource_configuration: None,
        service_network: None,
        addresses: None,
        private_dns_preference: None,
        private_dns_specified_domains: Some(BTreeSet::new()),
        vpc: "vpc-10000000".into(),
        subnets: Some(singles(set(["subnet-a1000000", "subnet-b1000000"]))),
        security_groups: Some(set(["sg-10000000"])),
        route_tables: Some(BTreeSet::new()),
        private_dns: Some(true),
        dns_record_ip_type: Some("ipv4".into()),
        private_dns_only_for_inbound_resolver_endpoint: None,
        ip_address_type: Some("ipv4".into()),
        policy: Some(Policy::AllowAll),
        partition: "aws".into(),
        account: "111122223333".into(),
    }
}

fn live_gateway() -> State {
    State {
        endpoint_type: "Gateway".into(),
        service: "com.amazonaws.eu-west-1.s3".into(),
        subnets: Some(Vec::new()),
        security_groups: Some(BTreeSet::new()),
        route_tables: Some(set(["rtb-10000000"])),
        private_dns: Some(false),
        dns_record_ip_type: None,
        ip_address_type: None,
        ..live()
    }
}
