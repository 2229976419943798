//! The VPCs in which a group may be used besides its own.

use serde_json::{Value, json};

use super::*;
use crate::{
    kind::{Describe as _, Known, Resolution, ScopeFacts},
    model::Risk,
};

fn resolve(spec: Value) -> (Result<State, Vec<Invalid>>, Resolution) {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let spec: Spec = serde_path_to_error::deserialize(&spec).expect("a spec");
    let mut refs = Refs::new(&scope, "apps", &known);
    let state = SecurityGroup::resolve(spec, &mut refs);
    (state, refs.finish())
}

fn wanted_in(vpcs: &[&str]) -> State {
    let vpcs = vpcs.iter().map(|vpc| (*vpc).to_owned()).collect();
    State { associated_vpcs: Some(vpcs), ..wanted(&[]) }
}

fn live_in(vpcs: &[&str]) -> State {
    let vpcs: BTreeSet<String> = vpcs.iter().map(|vpc| (*vpc).to_owned()).collect();
    State { associated_vpcs: Some(vpcs), ..live(&[], &[]) }
}

#[test]
fn what_is_not_wanted_ends_before_the_rules_change_and_what_is_wanted_begins_after_them() {
    let want = State { ingress: Some(rules(&["tcp 443, 10.0.0.0/8"])), ..wanted_in(&["vpc-2"]) };
    let changes = SecurityGroup::diff(&want, &live_in(&["vpc-3"]));
    let keys: Vec<_> = changes.iter().map(Change::key).collect();
    assert_eq!(keys.first().map(String::as_str), Some("disassociate vpc-3"), "{keys:?}");
    assert_eq!(keys.last().map(String::as_str), Some("associate vpc-2"), "{keys:?}");
    let [ends, .., begins] = &changes[..] else { panic!("three changes") };
    assert_eq!((ends.risk(), ends.inspect()), (Risk::TIGHTENS, true));
    assert_eq!((begins.risk(), begins.inspect()), (Risk::LOOSENS, false));
    let after = changes.iter().fold(live_in(&["vpc-3"]), SecurityGroup::effect);
    assert_eq!(SecurityGroup::diff(&want, &after), []);
}

#[test]
fn associations_that_no_manifest_names_or_that_were_not_read_are_left_alone() {
    assert_eq!(SecurityGroup::diff(&wanted(&[]), &live_in(&["vpc-3"])), []);
    let unread = State {
        associated_vpcs: None,
        unread_associations: Some("denied".into()),
        ..live(&[], &[])
    };
    assert_eq!(SecurityGroup::diff(&wanted_in(&[]), &unread), []);
    let said = [("associatedVpcs".to_owned(), "denied".to_owned())];
    assert_eq!(SecurityGroup::unread(&wanted_in(&[]), &unread), said);
    assert_eq!(SecurityGroup::unread(&wanted(&[]), &unread), []);
}

#[test]
fn nothing_ends_while_a_vpc_is_not_known() {
    let vpc = "AWS::EC2::VPC/batch (known after apply)";
    let changes = SecurityGroup::diff(&wanted_in(&[vpc]), &live_in(&["vpc-3"]));
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((change.key(), change.waits_for()), (format!("associate {vpc}"), Some(vpc)));
}

#[test]
fn a_group_can_be_made_before_a_vpc_that_it_refers_to() {
    let (state, resolution) = resolve(json!({
        "vpc": "vpc-10000000", "associatedVpcs": [{"ref": "batch"}, "vpc-20000000"],
    }));
    assert_eq!(state.expect("valid").associated_vpcs.map(|all| all.len()), Some(2));
    assert!(resolution.waiting().is_empty(), "{:?}", resolution.waiting());
}

#[test]
fn what_ec2_refuses_is_refused_with_its_place() {
    let (state, _) = resolve(json!({
        "vpc": "vpc-10000000",
        "associatedVpcs": ["vpc-10000000", "vpc-20000000", "vpc-20000000", "batch"],
    }));
    let problems: Vec<_> = state.expect_err("problems").iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "associatedVpcs[0]: vpc-10000000 is the group's own VPC, where it may be used anyway",
            "associatedVpcs[2]: is the same as number 1",
            "associatedVpcs[3]: `batch` is not a VPC id",
        ]
    );
    let default =
        json!({"vpc": "vpc-10000000", "groupName": "default", "associatedVpcs": ["vpc-20000000"]});
    let problems = resolve(default).0.expect_err("problems");
    assert!(problems.iter().any(|it| it.field == "associatedVpcs"), "{problems:?}");
}

#[test]
fn what_failed_in_aws_is_said() {
    let have = State {
        failed_associations: [("vpc-2".to_owned(), "no".to_owned())].into(),
        ..live_in(&[])
    };
    assert_eq!(SecurityGroup::notes(&have), ["the association with vpc-2: it failed in AWS: no"]);
}
