//! Network ACLs in sentences.

use serde_json::{Value, json};

use super::{entries::outcome, table};
use crate::{
    kind::{
        Known, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _},
    },
    model::Risk,
};

fn resolve(spec: &Value) -> Result<Value, Vec<String>> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "private", &known));
    resolved
        .map(|resolved| resolved.state)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn entry(rule: u16, action: &str, ports: &str, cidr: &str) -> Value {
    json!({"direction": "ingress", "rule": rule, "action": action, "protocol": "tcp", "ports": ports, "cidr": cidr})
}

fn state(entries: &[Value]) -> Value {
    resolve(&json!({"vpc": "vpc-1", "entries": entries, "subnets": null})).expect("valid")
}

fn edits(want: &[Value], have: &[Value]) -> Vec<Edit> {
    table().diff(&state(want), &state(have)).expect("states")
}

#[test]
fn entries_stand_in_the_state_by_direction_and_number_and_as_ec2_writes_them() {
    let all = json!([
        {"direction": "egress", "rule": 20, "action": "allow", "protocol": "all", "cidr": "0.0.0.0/0"},
        {"direction": "ingress", "rule": 100, "action": "deny", "protocol": "udp", "cidr": "2001:DB8::/32"},
        {"direction": "ingress", "rule": 9, "action": "allow", "protocol": "icmp", "cidr": "10.0.0.0/8", "icmpType": 8},
        {"direction": "ingress", "rule": 7, "action": "allow", "protocol": "6", "cidr": "10.0.0.0/8", "ports": "443"},
    ]);
    let state = resolve(&json!({"vpc": "vpc-1", "entries": all})).expect("valid");
    assert_eq!(
        state["entries"],
        json!({
            "egress 00020": {"action": "allow", "protocol": "-1", "cidr": "0.0.0.0/0"},
            "ingress 00007": {"action": "allow", "protocol": "6", "cidr": "10.0.0.0/8", "ports": [443, 443]},
            "ingress 00009": {"action": "allow", "protocol": "1", "cidr": "10.0.0.0/8", "icmp": [8, -1]},
            "ingress 00100": {"action": "deny", "protocol": "17", "cidr": "2001:db8::/32", "ports": [0, 65535]},
        })
    );
}

#[test]
fn what_is_wrong_with_an_entry_is_named_with_its_place() {
    let with = |member: &str, value: Value| {
        let mut entry = entry(100, "allow", "443", "10.0.0.0/8");
        entry[member] = value;
        entry
    };
    for (entry, problem) in [
        (with("rule", json!(0)), "entries[0].rule: 0 is not within 1 and 32766 entries"),
        (
            with("ports", json!("443-80")),
            "entries[0].ports: `443-80` is neither a port nor a range of ports",
        ),
        (with("protocol", json!("http")), "entries[0].protocol: `http` is not a protocol"),
        (with("protocol", json!("all")), "entries[0].ports: only tcp and udp have ports"),
        (
            with("cidr", json!("10.0.0.1/8")),
            "entries[0].cidr: `10.0.0.1/8` has bits behind its prefix, which EC2 drops",
        ),
        (with("icmpType", json!(8)), "entries[0].icmpType: only icmp and icmpv6 have types"),
    ] {
        let spec = json!({"vpc": "vpc-1", "entries": [entry]});
        assert_eq!(resolve(&spec).expect_err("wrong"), [problem]);
    }
}

#[test]
fn more_than_ec2_takes_are_refused_before_the_first_write() {
    let all: Vec<_> = (1..=40).map(|rule| entry(rule, "allow", "443", "10.0.0.0/8")).collect();
    let spec = json!({"vpc": "vpc-1", "entries": all});
    let problems = resolve(&spec).expect_err("too many");
    assert_eq!(problems, ["entries: 40 ingress entries for IPv4; EC2 takes 39"]);
}

#[test]
fn what_allows_opens_and_what_denies_closes_and_stops_what_is_under_way() {
    let allow = entry(100, "allow", "443", "10.0.0.0/8");
    let deny = entry(100, "deny", "443", "10.0.0.0/8");
    let risk = |want: &[Value], have: &[Value]| edits(want, have)[0].risk;
    let closing = Risk::TIGHTENS.cutting_connections();
    assert_eq!(risk(std::slice::from_ref(&allow), &[]), Risk::LOOSENS);
    assert_eq!(risk(&[], std::slice::from_ref(&allow)), closing);
    assert_eq!(risk(std::slice::from_ref(&deny), &[]), closing);
    assert_eq!(risk(&[], std::slice::from_ref(&deny)), Risk::LOOSENS);
    let replaced = edits(std::slice::from_ref(&deny), std::slice::from_ref(&allow));
    assert_eq!((replaced.len(), replaced[0].risk), (1, closing));
    assert_eq!(replaced[0].summary, "replace the entry ingress 00100");
}

#[test]
fn a_renumbering_neither_opens_nor_closes_in_between() {
    let (old, new) =
        (entry(100, "allow", "443", "10.0.0.0/8"), entry(50, "allow", "443", "10.0.0.0/8"));
    let edits = edits(&[new], &[old]);
    let shown: Vec<_> = edits.iter().map(|edit| edit.summary.as_str()).collect();
    assert_eq!(shown, ["add the entry ingress 00050", "remove the entry ingress 00100"]);
}

#[test]
fn a_subnet_that_is_not_wanted_here_stays_until_another_acl_takes_it() {
    let want = state(&[]);
    let mut have = want.clone();
    have["subnets"] = json!(["subnet-1"]);
    let edits = table().diff(&want, &have).expect("states");
    assert_eq!(edits.len(), 1);
    assert!(edits[0].risk.impossible);
    let said = "change subnets, which always has an ACL: another one has to take it";
    assert_eq!(edits[0].summary, said);
}

#[test]
fn the_lowest_number_that_fits_decides() {
    let all = state(&[
        entry(100, "deny", "443", "10.1.0.0/16"),
        entry(200, "allow", "400-500", "10.0.0.0/8"),
    ]);
    let all = all["entries"].as_object().expect("entries");
    for (address, port, passes) in [
        ("10.1.0.1", 443, false),
        ("10.1.0.1", 444, true),
        ("10.2.0.1", 443, true),
        ("11.0.0.1", 443, false),
    ] {
        let probe = json!({"egress": false, "protocol": "6", "address": address, "port": port});
        assert_eq!(outcome(all, &probe).is_some(), passes, "{address} {port}");
    }
}
