//! Network ACLs in sentences.

use std::slice::from_ref;

use serde_json::{Value, json};

use super::{entries::outcomes, table};
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
    json!({
        "direction": "ingress", "rule": rule, "action": action, "protocol": "tcp",
        "ports": ports, "cidr": cidr,
    })
}

fn state(entries: &[Value]) -> Value {
    resolve(&json!({"vpc": "vpc-10000000", "entries": entries, "subnets": null})).expect("valid")
}

fn edits(want: &[Value], have: &[Value]) -> Vec<Edit> {
    table().diff(&state(want), &state(have)).expect("states")
}

#[test]
fn entries_stand_in_the_state_by_direction_and_number_and_as_ec2_writes_them() {
    let entry = |direction: &str, rule: u16, action: &str, protocol: &str, cidr: &str| {
        json!({
            "direction": direction, "rule": rule, "action": action, "protocol": protocol,
            "cidr": cidr,
        })
    };
    let (mut echo, mut web) = (
        entry("ingress", 9, "allow", "icmp", "10.0.0.0/8"),
        entry("ingress", 7, "allow", "6", "10.0.0.0/8"),
    );
    echo["icmpType"] = json!(8);
    web["ports"] = json!("443");
    let all = json!([
        entry("egress", 20, "allow", "all", "0.0.0.0/0"),
        entry("ingress", 100, "deny", "udp", "2001:DB8::/32"),
        echo,
        web,
    ]);
    let state = resolve(&json!({"vpc": "vpc-10000000", "entries": all})).expect("valid");
    assert_eq!(
        state["entries"],
        json!({
            "egress 00020": {"action": "allow", "protocol": "-1", "cidr": "0.0.0.0/0"},
            "ingress 00007": {
                "action": "allow", "protocol": "6", "cidr": "10.0.0.0/8", "ports": [443, 443],
            },
            "ingress 00009": {
                "action": "allow", "protocol": "1", "cidr": "10.0.0.0/8", "icmp": [8, -1],
            },
            "ingress 00100": {
                "action": "deny", "protocol": "17", "cidr": "2001:db8::/32", "ports": [0, 65535],
            },
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
        (with("rule", json!(70_000)), "entries[0].rule: 70000 is not within 1 and 32766 entries"),
        (with("protocol", json!("http")), "entries[0].protocol: `http` is not a protocol"),
        (with("protocol", json!("all")), "entries[0].ports: only tcp and udp have ports"),
        (
            with("cidr", json!("10.0.0.1/8")),
            "entries[0].cidr: `10.0.0.1/8` has bits behind its prefix, which EC2 drops",
        ),
        (
            with("icmpType", json!(8)),
            "entries[0].icmpType: only icmp and icmpv6 have types and codes",
        ),
    ] {
        let spec = json!({"vpc": "vpc-10000000", "entries": [entry]});
        assert_eq!(resolve(&spec).expect_err("wrong"), [problem]);
    }
}

#[test]
fn more_than_ec2_takes_are_refused_before_the_first_write() {
    let some = |count: u16| -> Vec<_> {
        (1..=count).map(|rule| entry(rule, "allow", "443", "10.0.0.0/8")).collect()
    };
    let spec = |count, quota: Value| {
        resolve(&json!({"vpc": "vpc-10000000", "entries": some(count), "entryQuota": quota}))
    };
    assert!(spec(19, json!(20)).is_ok() && spec(39, json!(40)).is_ok());
    let problems = spec(20, json!(20)).expect_err("too many");
    assert_eq!(
        problems,
        ["entries: 20 ingress entries for IPv4; with a quota of 20 there can be 19"]
    );
    spec(40, json!(40)).expect_err("too many");
    let problems = spec(1, json!(41)).expect_err("no such quota");
    assert_eq!(problems, ["entryQuota: 41 is not within 20 and 40 entries"]);
}

#[test]
fn what_allows_opens_and_what_denies_closes_and_stops_what_is_under_way() {
    let allow = entry(100, "allow", "443", "10.0.0.0/8");
    let deny = entry(100, "deny", "443", "10.0.0.0/8");
    let risk = |want: &[Value], have: &[Value]| edits(want, have)[0].risk;
    let closing = Risk::TIGHTENS.cutting_connections();
    assert_eq!(risk(from_ref(&allow), &[]), Risk::LOOSENS);
    assert_eq!(risk(&[], from_ref(&allow)), closing);
    // Where nothing passes, what denies stops nothing.
    assert_eq!(risk(from_ref(&deny), &[]), Risk::TIGHTENS);
    let rest = entry(200, "allow", "443", "0.0.0.0/0");
    assert_eq!(risk(&[deny.clone(), rest.clone()], from_ref(&rest)), closing);
    assert_eq!(risk(from_ref(&rest), &[deny.clone(), rest.clone()]), Risk::LOOSENS);
    let replaced = edits(from_ref(&deny), from_ref(&allow));
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
    have["subnets"] = json!(["subnet-10000000"]);
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
        assert_eq!(outcomes(all, &[probe])[0].is_some(), passes, "{address} {port}");
    }
}

#[test]
fn every_field_of_the_example_is_right_and_no_field_is_missing_there() {
    let text = include_str!("../../../examples/network-acl.yaml");
    crate::kind::table::tests::examples::names_every_field(&table(), text);
}

#[test]
fn the_same_for_less_closes_and_for_more_opens() {
    let closing = Risk::TIGHTENS.cutting_connections();
    for (action, narrower, wider) in
        [("allow", closing, Risk::LOOSENS), ("deny", Risk::LOOSENS, closing)]
    {
        let wide = entry(100, action, "1-1000", "10.0.0.0/8");
        let narrow = entry(100, action, "443", "10.1.0.0/16");
        let other = entry(100, action, "2000", "10.0.0.0/8");
        let rest = entry(200, "allow", "1-65535", "10.0.0.0/8");
        let rest = if action == "deny" { vec![rest] } else { Vec::new() };
        let with = |entry: &Value| [vec![entry.clone()], rest.clone()].concat();
        let risk = |want: &Value, have: &Value| edits(&with(want), &with(have))[0].risk;
        assert_eq!((risk(&narrow, &wide), risk(&wide, &narrow)), (narrower, wider), "{action}");
        assert_eq!(risk(&other, &wide), Risk::REPLACES.cutting_connections());
    }
}

#[test]
fn types_and_codes_decide_too() {
    let icmp = |rule: u16, action: &str, kind: i64, code: i64| {
        json!({
            "direction": "ingress", "rule": rule, "action": action, "protocol": "icmp",
            "cidr": "10.0.0.0/8", "icmpType": kind, "icmpCode": code,
        })
    };
    let all = state(&[icmp(100, "deny", 3, 1), icmp(200, "allow", 3, -1)]);
    let all = all["entries"].as_object().expect("entries");
    let probe = |port: i64, code: i64| {
        json!({
            "egress": false, "protocol": "1", "address": "10.0.0.1", "port": port, "code": code,
        })
    };
    let passes = outcomes(all, &[probe(3, 1), probe(3, 4), probe(8, 0)]);
    assert_eq!(passes.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
    let spec = json!({"vpc": "vpc-10000000", "entries": [icmp(100, "deny", -1, 4)]});
    assert_eq!(
        resolve(&spec).expect_err("wrong"),
        ["entries[0].icmpCode: a code says nothing without its type"]
    );
}

#[test]
fn an_entry_needs_these_members_and_the_schema_says_so() {
    let schema = table().spec_schema().to_value();
    assert_eq!(
        schema["definitions"]["AclEntry"]["required"],
        json!(["direction", "rule", "action", "protocol", "cidr"])
    );
}

#[test]
fn a_subnet_is_filtered_by_no_part_of_the_entries() {
    let all = [entry(100, "allow", "443", "10.0.0.0/8"), entry(200, "deny", "80", "10.0.0.0/8")];
    let spec = json!({"vpc": "vpc-10000000", "entries": all, "subnets": ["subnet-10000000"]});
    let edits = table().diff(&resolve(&spec).expect("valid"), &state(&[])).expect("states");
    let subnet = edits.last().expect("edits");
    assert_eq!((subnet.key.as_str(), edits.len()), ("subnet-10000000", 3));
    assert_eq!(
        subnet.needs.iter().collect::<std::collections::BTreeSet<_>>(),
        edits[..2].iter().map(|edit| &edit.key).collect()
    );
}

#[test]
fn ports_and_protocols_can_be_written_as_numbers() {
    let with = |protocol: Value, ports: Value| {
        let mut entry = entry(100, "allow", "", "10.0.0.0/8");
        (entry["protocol"], entry["ports"]) = (protocol, ports);
        state(&[entry])
    };
    assert_eq!(with(json!(6), json!(443)), with(json!("tcp"), json!("443")));
    let all = |protocol: Value| {
        let mut entry = entry(100, "allow", "", "10.0.0.0/8");
        entry["protocol"] = protocol;
        entry.as_object_mut().expect("an entry").remove("ports");
        state(&[entry])
    };
    // As plans and EC2 write it.
    assert_eq!(all(json!("-1")), all(json!("all")));
    assert_eq!(all(json!(-1)), all(json!("all")));
}

#[test]
fn nobody_is_cut_off_by_a_change_of_an_acl_that_filters_nothing() {
    let risk = |idle: bool| {
        let mut have = state(&[entry(100, "allow", "443", "10.0.0.0/8")]);
        have["idle"] = json!(idle);
        table().diff(&state(&[]), &have).expect("states")[0].risk
    };
    assert_eq!(risk(true), Risk::TIGHTENS);
    assert_eq!(risk(false), Risk::TIGHTENS.cutting_connections());
}
