//! Differences and their edits.

use serde_json::json;

use super::*;
use crate::{
    kind::{erased::EditBody, table::LeafEdit},
    model::Risk,
};

fn only(want: &State, have: &State) -> Edit {
    let mut edits = diff(want, have);
    assert_eq!(edits.len(), 1, "{edits:#?}");
    edits.remove(0)
}

fn body(edit: &Edit) -> LeafEdit {
    match &edit.body {
        EditBody::Change(body) => serde_json::from_value(body.clone()).expect("an edit"),
        other => panic!("{other:?}"),
    }
}

/// The ids that an edit adds and those that it removes.
fn swapped(edit: &Edit) -> [BTreeSet<String>; 2] {
    let LeafEdit { old, new, .. } = body(edit);
    let ids = |ids| serde_json::from_value::<BTreeSet<String>>(ids).expect("ids");
    let [old, new] = [old, new].map(ids);
    [&new - &old, &old - &new]
}

/// The edits as a plan shows them.
fn shown(edits: &[Edit]) -> String {
    let mut lines = Vec::new();
    for edit in edits {
        lines.push(format!("{} [{}]", edit.summary, edit.risk));
        let below = edit.lines.iter().map(|it| format!("{} {}", it.sign.as_char(), it.text));
        lines.extend(below);
    }
    lines.join("\n")
}

/// The risk of changing one state to the other.
fn risk(change: impl FnOnce(&mut State), have: State) -> Risk {
    let mut want = have.clone();
    change(&mut want);
    only(&want, &have).risk
}

#[test]
fn nothing_is_done_to_an_endpoint_that_is_as_wanted() {
    assert_eq!(diff(&resolve(interface(json!({}))), &live()), []);
    assert_eq!(diff(&resolve(gateway(json!({}))), &live_gateway()), []);
}

#[test]
fn awss_own_text_of_the_default_policy_is_the_default() {
    let text = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \
                \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  \
                ]\n}";
    assert_eq!(policy(text), Policy::AllowAll);
    let old = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    assert_eq!(policy(old), Policy::AllowAll);
}

#[test]
fn a_policy_is_compared_by_its_meaning() {
    let want = State { policy: Some(allowing("s3:GetObject")), ..live() };
    let rewritten = r#"{"Statement":{"Resource":["*"],"Action":["S3:getobject"],"Principal":{"AWS":"*"},
        "Effect":"Allow","Sid":"Ours","Condition":{"StringEquals":{"aws:PrincipalAccount":["111122223333"]}}},
        "Version":"2012-10-17"}"#;
    let have = State { policy: Some(policy(rewritten)), ..live() };
    assert_eq!(diff(&want, &have), []);
}

#[test]
fn a_live_policy_that_cannot_be_read_is_replaced_and_counts_as_wider() {
    let have = State { policy: Some(policy(r#"{"Statement":[],"Extra":1}"#)), ..live() };
    assert!(matches!(have.policy, Some(Policy::Unreadable(_))));
    let want = State { policy: Some(allowing("s3:GetObject")), ..live() };
    assert_eq!(only(&want, &have).risk, Risk::REPLACES);
}

#[test]
fn the_subnet_in_use_stays_even_if_another_one_of_its_zone_is_possible() {
    let have =
        State { subnets: Some(singles(set(["subnet-a2000000", "subnet-b1000000"]))), ..live() };
    assert_eq!(diff(&resolve(interface(json!({}))), &have), []);
}

#[test]
fn a_zone_without_a_subnet_gets_the_lowest_id_and_an_unwanted_subnet_is_removed() {
    let have =
        State { subnets: Some(singles(set(["subnet-b1000000", "subnet-f9000000"]))), ..live() };
    let edit = only(&resolve(interface(json!({}))), &have);
    assert_eq!(edit.key, "subnets");
    assert_eq!(swapped(&edit), [set(["subnet-a1000000"]), set(["subnet-f9000000"])]);
}

#[test]
fn one_group_is_added_as_the_other_is_removed_so_that_there_is_always_one() {
    let have = State { security_groups: Some(set(["sg-default"])), ..live() };
    let edit = only(&resolve(interface(json!({}))), &have);
    assert_eq!(edit.key, "securityGroups");
    assert_eq!(swapped(&edit), [set(["sg-10000000"]), set(["sg-default"])]);
}

#[test]
fn all_differences_go_into_one_modification() {
    let want = State {
        policy: Some(allowing("sagemaker:CreateApp")),
        ip_address_type: Some("dualstack".into()),
        ..resolve(interface(json!({})))
    };
    let have = State {
        subnets: Some(singles(set(["subnet-b1000000", "subnet-f9000000"]))),
        security_groups: Some(set(["sg-default"])),
        private_dns: Some(false),
        ..live()
    };
    insta::assert_snapshot!(shown(&one_call(&want, &have)), @r#"
    replace the policy [tightens]
    ~ policy: default (everything is allowed) -> a policy of 1 statement
    ~   Version: 2008-10-17 -> 2012-10-17
    ~   statement "Ours" (Allow): narrows access
    +     Sid: Ours
    -     Action: *
    +     Action: sagemaker:CreateApp
    +     Condition StringEquals aws:PrincipalAccount: 111122223333
    change the security groups: add sg-10000000 and remove sg-default [loosens]
    - securityGroups: sg-default
    + securityGroups: sg-10000000
    change the subnets: add subnet-a1000000 and remove subnet-f9000000 [loosens, disrupts]
    - subnets: subnet-f9000000
    + subnets: subnet-a1000000
    turn private DNS on [tightens]
    ~ privateDns: false -> true
    set the addresses to dualstack [loosens]
    ~ ipAddressType: ipv4 -> dualstack
    "#);
}

#[test]
fn a_gateways_plan_names_its_route_tables_and_statements() {
    let want = State {
        route_tables: Some(set(["rtb-10000000", "rtb-20000000"])),
        policy: Some(allowing("s3:GetObject")),
        ..resolve(gateway(json!({})))
    };
    let have = State {
        route_tables: Some(set(["rtb-10000000", "rtb-30000000"])),
        policy: Some(allowing("s3:*")),
        ..live_gateway()
    };
    insta::assert_snapshot!(shown(&one_call(&want, &have)), @r#"
    replace the policy [tightens]
    ~ policy: a policy of 1 statement -> a policy of 1 statement
    ~   statement "Ours" (Allow): narrows access
    -     Action: s3:*
    +     Action: s3:GetObject
    change the route tables: add rtb-20000000 and remove rtb-30000000 [loosens, disrupts]
    - routeTables: rtb-30000000
    + routeTables: rtb-20000000
    "#);
}

#[test]
fn turning_private_dns_on_also_sends_the_dns_options_and_shows_only_what_changes() {
    let want = resolve(interface(json!({"service": "s3", "dnsRecordIpType": "ipv4"})));
    let have = State {
        service: want.service.clone(),
        private_dns: Some(false),
        private_dns_only_for_inbound_resolver_endpoint: Some(false),
        ..live()
    };
    let edit = only(&want, &have);
    assert_eq!(
        Value::Object(body(&edit).with),
        json!({"privateDnsOnlyForInboundResolverEndpoint": false, "dnsRecordIpType": "ipv4"})
    );
    insta::assert_snapshot!(shown(&[edit]), @r#"
    turn private DNS on [tightens]
    ~ privateDns: false -> true
    "#);
}

#[test]
fn what_is_sent_along_is_part_of_the_edit_and_of_its_risk() {
    let want = resolve(interface(json!({"service": "s3", "dnsRecordIpType": "dualstack"})));
    let have = State {
        service: want.service.clone(),
        private_dns: Some(false),
        private_dns_only_for_inbound_resolver_endpoint: Some(true),
        ..live()
    };
    let edits = one_call(&want, &have);
    let risks: Vec<_> = edits.iter().map(|edit| (edit.key.as_str(), edit.risk)).collect();
    let closing = Risk::TIGHTENS.cutting_connections();
    assert_eq!(
        risks,
        [
            ("privateDns", closing),
            // Nobody uses the usual names yet.
            ("privateDnsOnlyForInboundResolverEndpoint", Risk::TIGHTENS),
            ("dnsRecordIpType", Risk::NEUTRAL.cutting_connections()),
        ]
    );
    let states = table().states(&json!(have), &edits[..1]).expect("states");
    assert_eq!(diff(&want, &read(states[0].clone())), [], "one of them does it all");
    let on =
        State { private_dns: Some(true), dns_record_ip_type: Some("dualstack".into()), ..have };
    assert_eq!(only(&want, &on).risk, closing, "now somebody does");
}

#[test]
fn records_and_addresses_that_both_differ_are_changed_together_or_not_at_all() {
    let family = |records: &str, addresses: &str| State {
        dns_record_ip_type: Some(records.into()),
        ip_address_type: Some(addresses.into()),
        ..live()
    };
    let closing = Risk::TIGHTENS.cutting_connections();
    let risks = |want: &State, have: &State| -> Vec<_> {
        one_call(want, have).into_iter().map(|edit| (edit.key, edit.risk)).collect()
    };
    assert_eq!(
        risks(&family("ipv4", "ipv4"), &family("dualstack", "dualstack")),
        [("dnsRecordIpType".to_owned(), closing), ("ipAddressType".to_owned(), closing)]
    );
    let neutral = Risk::NEUTRAL.cutting_connections();
    assert_eq!(
        risks(&family("ipv4", "dualstack"), &family("dualstack", "dualstack")),
        [("dnsRecordIpType".to_owned(), neutral)]
    );
}

#[test]
fn unmanaged_leaves_are_left_alone() {
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
    assert_eq!(diff(&want, &live()), []);
}

#[test]
fn each_change_has_its_risk() {
    let dns = |on| move |state: &mut State| state.private_dns = Some(on);
    let off = State { private_dns: Some(false), ..live() };
    assert_eq!(risk(dns(false), live()), Risk::LOOSENS.cutting_connections());
    assert_eq!(risk(dns(true), off), Risk::TIGHTENS);
    let groups = |ids| move |state: &mut State| state.security_groups = Some(ids);
    let two = State { security_groups: Some(set(["sg-10000000", "sg-20000000"])), ..live() };
    assert_eq!(risk(groups(set(["sg-10000000"])), two.clone()), Risk::TIGHTENS);
    assert_eq!(risk(groups(set(["sg-10000000", "sg-20000000"])), live()), Risk::LOOSENS);
    assert_eq!(risk(groups(set(["sg-30000000"])), two), Risk::REPLACES);
    let subnets = |ids| move |state: &mut State| state.subnets = Some(singles(ids));
    let closing = Risk::TIGHTENS.cutting_connections();
    assert_eq!(risk(subnets(set(["subnet-a1000000"])), live()), closing);
    let one = State { subnets: Some(singles(set(["subnet-a1000000"]))), ..live() };
    assert_eq!(risk(subnets(set(["subnet-a1000000", "subnet-b1000000"])), one), Risk::LOOSENS);
    let tables = |ids| move |state: &mut State| state.route_tables = Some(ids);
    assert_eq!(
        risk(tables(set(["rtb-10000000", "rtb-20000000"])), live_gateway()),
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
fn the_risk_of_a_policy_is_its_direction_and_loosens_if_that_is_uncertain() {
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
fn what_aws_cannot_change_is_impossible_and_shown_alone() {
    let want = State { policy: Some(allowing("s3:*")), ..resolve(interface(json!({}))) };
    let have = State {
        endpoint_type: "Resource".into(),
        service: "com.amazonaws.eu-west-1.kms".into(),
        vpc: "vpc-20000000".into(),
        ..live()
    };
    insta::assert_snapshot!(shown(&diff(&want, &have)), @r#"
    change type, which AWS cannot do in place [impossible]
    ~ type: Resource -> Interface
    change service, which AWS cannot do in place [impossible]
    ~ service: com.amazonaws.eu-west-1.kms -> com.amazonaws.eu-west-1.sagemaker.api
    change vpc, which AWS cannot do in place [impossible]
    ~ vpc: vpc-20000000 -> vpc-10000000
    "#);
}

#[test]
fn a_gateway_load_balancer_endpoint_cannot_move_to_another_subnet() {
    let have = State {
        endpoint_type: "GatewayLoadBalancer".into(),
        subnets: Some(singles(set(["subnet-10000000"]))),
        ..live()
    };
    let want = State { subnets: Some(singles(set(["subnet-20000000"]))), ..have.clone() };
    let edit = only(&want, &have);
    assert_eq!(edit.risk, Risk::IMPOSSIBLE);
    insta::assert_snapshot!(shown(&[edit]), @r#"
    change subnets, which AWS cannot do in place [impossible]
    ~ subnets: subnet-10000000 -> subnet-20000000
    "#);
}
