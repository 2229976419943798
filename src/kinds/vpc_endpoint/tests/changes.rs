//! What differs, and what is done about it.

use serde_json::json;

use super::*;
use crate::{
    kind::Describe as _,
    kinds::vpc_endpoint::{Change, Modify},
    model::Risk,
};

/// The leaves that differ, as the one call that they make.
fn together(want: &State, have: &State) -> Change {
    let changes = VpcEndpoint::diff(want, have);
    assert!(changes.windows(2).all(|two| VpcEndpoint::joins(&two[0], &two[1])), "{changes:#?}");
    let leaves = changes.iter().map(|change| match change {
        Change::Modify(modify) => &**modify,
        Change::Immutable(immutable) => panic!("{immutable:?}"),
    });
    Change::Modify(Box::new(Modify::together(leaves).expect("something differs")))
}

fn only(want: &State, have: &State) -> Change {
    let mut changes = VpcEndpoint::diff(want, have);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    changes.remove(0)
}

fn modify(want: &State, have: &State) -> Modify {
    match only(want, have) {
        Change::Modify(modify) => *modify,
        Change::Immutable(immutable) => panic!("{immutable:?}"),
    }
}

fn shown(change: &Change) -> String {
    let lines: Vec<_> = change
        .lines()
        .into_iter()
        .map(|line| format!("{} {}", line.sign.as_char(), line.text))
        .collect();
    format!("{change} [{}]\n{}", change.risk(), lines.join("\n"))
}

/// The risk of going from the one state to the other.
fn risk(change: impl FnOnce(&mut State), have: State) -> Risk {
    let mut want = have.clone();
    change(&mut want);
    only(&want, &have).risk()
}

#[test]
fn nothing_is_done_to_an_endpoint_that_is_as_wanted() {
    assert_eq!(VpcEndpoint::diff(&resolve(interface(json!({}))), &live()), []);
    assert_eq!(VpcEndpoint::diff(&resolve(gateway(json!({}))), &live_gateway()), []);
}

#[test]
fn awss_own_print_of_the_default_policy_is_the_default() {
    let text = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \
                \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}";
    assert_eq!(Policy::read(text, &context()), Policy::AllowAll);
    let old = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    assert_eq!(Policy::read(old, &context()), Policy::AllowAll);
}

#[test]
fn a_policy_is_compared_by_its_meaning() {
    let want = State { policy: Some(allowing("s3:GetObject")), ..live() };
    let rewritten = r#"{"Statement":{"Resource":["*"],"Action":["S3:getobject"],"Principal":{"AWS":"*"},
        "Effect":"Allow","Sid":"Ours","Condition":{"StringEquals":{"aws:PrincipalAccount":["111122223333"]}}},
        "Version":"2012-10-17"}"#;
    let have = State { policy: Some(Policy::read(rewritten, &context())), ..live() };
    assert_eq!(VpcEndpoint::diff(&want, &have), []);
}

#[test]
fn a_live_policy_that_cannot_be_read_is_replaced_and_counts_as_wider() {
    let have =
        State { policy: Some(Policy::read(r#"{"Statement":[],"Extra":1}"#, &context())), ..live() };
    assert!(matches!(have.policy, Some(Policy::Unreadable(_))));
    let want = State { policy: Some(allowing("s3:GetObject")), ..live() };
    assert_eq!(only(&want, &have).risk(), Risk::REPLACES);
}

#[test]
fn the_subnet_in_use_stays_where_another_of_its_zone_would_do_too() {
    let have = State { subnets: Some(singles(set(["subnet-a2", "subnet-b1"]))), ..live() };
    assert_eq!(VpcEndpoint::diff(&resolve(interface(json!({}))), &have), []);
}

#[test]
fn a_zone_without_a_subnet_gets_the_lowest_id_and_a_subnet_nobody_wants_leaves() {
    let have = State { subnets: Some(singles(set(["subnet-b1", "subnet-z9"]))), ..live() };
    let modify = modify(&resolve(interface(json!({}))), &have);
    assert_eq!(modify.subnets.add, set(["subnet-a1"]));
    assert_eq!(modify.subnets.remove, set(["subnet-z9"]));
}

#[test]
fn one_group_comes_as_the_other_leaves_so_that_there_is_always_one() {
    let have = State { security_groups: Some(set(["sg-default"])), ..live() };
    let modify = modify(&resolve(interface(json!({}))), &have);
    assert_eq!(modify.security_groups.add, set(["sg-1"]));
    assert_eq!(modify.security_groups.remove, set(["sg-default"]));
}

#[test]
fn all_differences_go_into_one_modification() {
    let want = State {
        policy: Some(allowing("sagemaker:CreateApp")),
        ip_address_type: Some("dualstack".into()),
        ..resolve(interface(json!({})))
    };
    let have = State {
        subnets: Some(singles(set(["subnet-b1", "subnet-z9"]))),
        security_groups: Some(set(["sg-default"])),
        private_dns: Some(false),
        ..live()
    };
    insta::assert_snapshot!(shown(&together(&want, &have)), @r#"
    replace the policy; add subnet subnet-a1; remove subnet subnet-z9; add security group sg-1; remove security group sg-default; turn private DNS on; set the addresses to dualstack [loosens, disrupts]
    ~ policy: default (everything is allowed) -> a policy of 1 statement
    ~   Version: 2008-10-17 -> 2012-10-17
    ~   statement "Ours" (Allow): narrows access
    +     Sid: Ours
    -     Action: *
    +     Action: sagemaker:CreateApp
    +     Condition StringEquals aws:PrincipalAccount: 111122223333
    - subnets: subnet-z9
    + subnets: subnet-a1
    - securityGroups: sg-default
    + securityGroups: sg-1
    ~ privateDns: false -> true
    ~ ipAddressType: ipv4 -> dualstack
    "#);
}

#[test]
fn a_gateways_plan_names_its_route_tables_and_statements() {
    let want = State {
        route_tables: Some(set(["rtb-1", "rtb-2"])),
        policy: Some(allowing("s3:GetObject")),
        ..resolve(gateway(json!({})))
    };
    let have = State {
        route_tables: Some(set(["rtb-1", "rtb-3"])),
        policy: Some(allowing("s3:*")),
        ..live_gateway()
    };
    insta::assert_snapshot!(shown(&together(&want, &have)), @r#"
    replace the policy; add route table rtb-2; remove route table rtb-3 [loosens, disrupts]
    ~ policy: a policy of 1 statement -> a policy of 1 statement
    ~   statement "Ours" (Allow): narrows access
    -     Action: s3:*
    +     Action: s3:GetObject
    - routeTables: rtb-3
    + routeTables: rtb-2
    "#);
}

#[test]
fn turning_private_dns_on_sends_the_dns_options_along_and_shows_only_what_changes() {
    let want = resolve(interface(json!({"service": "s3", "dnsRecordIpType": "ipv4"})));
    let have = State {
        service: want.service.clone(),
        private_dns: Some(false),
        private_dns_only_for_inbound_resolver_endpoint: Some(false),
        ..live()
    };
    let change = only(&want, &have);
    let modify = modify(&want, &have);
    let sent = modify.private_dns_only_for_inbound_resolver_endpoint.map(|swap| swap.to);
    assert_eq!(sent, Some(false));
    assert_eq!(modify.dns_record_ip_type.map(|swap| swap.to), Some("ipv4".into()));
    insta::assert_snapshot!(shown(&change), @r#"
    turn private DNS on [tightens]
    ~ privateDns: false -> true
    "#);
}

#[test]
fn what_is_not_wanted_is_left_alone() {
    let want = State {
        subnets: None,
        security_groups: None,
        route_tables: None,
        private_dns: None,
        policy: None,
        service_region: None,
        dns_record_ip_type: None,
        ip_address_type: None,
        ..live()
    };
    assert_eq!(VpcEndpoint::diff(&want, &live()), []);
}

#[test]
fn each_part_says_its_risk() {
    let dns = |on| move |state: &mut State| state.private_dns = Some(on);
    let off = State { private_dns: Some(false), ..live() };
    assert_eq!(risk(dns(false), live()), Risk::LOOSENS.cutting_connections());
    assert_eq!(risk(dns(true), off), Risk::TIGHTENS);
    let groups = |ids| move |state: &mut State| state.security_groups = Some(ids);
    let two = State { security_groups: Some(set(["sg-1", "sg-2"])), ..live() };
    assert_eq!(risk(groups(set(["sg-1"])), two.clone()), Risk::TIGHTENS);
    assert_eq!(risk(groups(set(["sg-1", "sg-2"])), live()), Risk::LOOSENS);
    assert_eq!(risk(groups(set(["sg-3"])), two), Risk::REPLACES);
    let subnets = |ids| move |state: &mut State| state.subnets = Some(singles(ids));
    let closing = Risk::TIGHTENS.cutting_connections();
    assert_eq!(risk(subnets(set(["subnet-a1"])), live()), closing);
    let one = State { subnets: Some(singles(set(["subnet-a1"]))), ..live() };
    assert_eq!(risk(subnets(set(["subnet-a1", "subnet-b1"])), one), Risk::LOOSENS);
    let tables = |ids| move |state: &mut State| state.route_tables = Some(ids);
    assert_eq!(
        risk(tables(set(["rtb-1", "rtb-2"])), live_gateway()),
        Risk::REPLACES.cutting_connections(),
        "what the table's subnets send goes past the policy no longer"
    );
    assert_eq!(risk(tables(set([])), live_gateway()), closing);
    let family = |word: &str| {
        let word = word.to_owned();
        move |state: &mut State| state.ip_address_type = Some(word.clone())
    };
    assert_eq!(risk(family("dualstack"), live()), Risk::LOOSENS);
    assert_eq!(risk(family("ipv6"), live()), Risk::REPLACES.cutting_connections());
    let both = State { ip_address_type: Some("dualstack".into()), ..live() };
    assert_eq!(risk(family("ipv4"), both), closing);
}

#[test]
fn a_policys_risk_is_its_direction_and_wider_where_that_is_unsure() {
    let from = |old: Policy, new: Policy| {
        let have = State { policy: Some(old), ..live() };
        risk(move |state| state.policy = Some(new.clone()), have)
    };
    assert_eq!(from(Policy::AllowAll, allowing("s3:*")), Risk::TIGHTENS);
    assert_eq!(from(allowing("s3:*"), Policy::AllowAll), Risk::LOOSENS);
    assert_eq!(from(allowing("s3:*"), allowing("s3:GetObject")), Risk::TIGHTENS);
    assert_eq!(from(allowing("s3:GetObject"), allowing("s3:*")), Risk::LOOSENS);
    assert_eq!(from(allowing("s3:GetObject"), allowing("kms:Decrypt")), Risk::REPLACES);
}

#[test]
fn what_aws_cannot_change_is_shown_alone_and_is_impossible() {
    let want = State { policy: Some(allowing("s3:*")), ..resolve(interface(json!({}))) };
    let have = State {
        endpoint_type: "Resource".into(),
        service: "com.amazonaws.eu-west-1.kms".into(),
        vpc: "vpc-2".into(),
        ..live()
    };
    insta::assert_snapshot!(shown(&only(&want, &have)), @r#"
    change type and service and vpc, which AWS cannot do in place [impossible]
    ~ type: Resource -> Interface
    ~ service: com.amazonaws.eu-west-1.kms -> com.amazonaws.eu-west-1.sagemaker.api
    ~ vpc: vpc-2 -> vpc-1
    "#);
}

#[test]
fn a_gateway_load_balancer_endpoint_cannot_move_to_another_subnet() {
    let have = State {
        endpoint_type: "GatewayLoadBalancer".into(),
        subnets: Some(singles(set(["subnet-1"]))),
        ..live()
    };
    let want = State { subnets: Some(singles(set(["subnet-2"]))), ..have.clone() };
    let change = only(&want, &have);
    assert_eq!(change.risk(), Risk::IMPOSSIBLE);
    insta::assert_snapshot!(shown(&change), @r#"
    change subnets, which AWS cannot do in place [impossible]
    ~ subnets: subnet-1 -> subnet-2
    "#);
}
