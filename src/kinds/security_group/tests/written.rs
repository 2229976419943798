//! The way back from a live group.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::kind::{
    Kind as _, Known, Refs,
    table::{
        Tree,
        tests::written::{Literally, scope},
    },
};

const TRAFFIC: [&str; 10] = [
    "all traffic",
    "tcp 22",
    "tcp 443",
    "tcp 80-443",
    "tcp all ports",
    "udp 443",
    "icmp all types",
    "icmp type 8",
    "icmp type 8 code 0",
    "protocol 50",
];
const PEERS: [&str; 7] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "::/0",
    "self",
    "sg-0123456789abcdef0",
    "444455556666/sg-0123456789abcdef1",
    "sg-01234567",
];

fn any_rules() -> impl Strategy<Value = Rules> {
    let text = select(vec!["", "one", "two # quoted"]);
    vec((select(&TRAFFIC[..]), select(&PEERS[..]), text), 0..9).prop_map(|rules| {
        let rule = |(traffic, peer, text): (&str, &str, &str)| {
            (rule(&format!("{traffic}, {peer}")), Some(text.to_owned()))
        };
        Rules(rules.into_iter().map(rule).collect())
    })
}

fn resolved(spec: Tree) -> State {
    let (scope, known) = (scope(), Known::default());
    let spec: Spec = serde_json::from_value(serde_json::Value::Object(spec)).expect("a spec");
    SecurityGroup::resolve(spec, &mut Refs::new(&scope, "imported", &known)).expect("a state")
}

proptest! {
    #[test]
    fn what_is_written_for_a_group_resolves_to_no_difference(
        ingress in any_rules(), egress in any_rules()
    ) {
        let have = State {
            vpc: Some("vpc-0123456789abcdef0".into()),
            ingress: Some(ingress),
            egress: Some(egress),
            ..live(&[], &[])
        };
        let written = SecurityGroup::written(&have, &Literally);
        prop_assert!(written.left_out.is_empty());
        let want = resolved(written.spec);
        prop_assert!(SecurityGroup::diff(&want, &have).is_empty(), "{}", plan(&want, &have));
        // Rules of somebody else are differences from then on.
        prop_assert!(want.ingress.is_some() && want.egress.is_some());
    }
}

#[test]
fn rules_that_differ_in_ports_or_peers_only_are_one_entry() {
    let have = live(
        &[
            "tcp 443, 10.0.0.0/8 # web",
            "tcp 80, 10.0.0.0/8 # web",
            "tcp 443, 10.1.0.0/16",
            "tcp 443, self",
            "icmp type 8, 10.0.0.0/8",
        ],
        &[],
    );
    let written = SecurityGroup::written(&have, &Literally);
    assert_eq!(
        written.spec["ingress"],
        json!([
            {"protocol": "icmp", "icmp": {"type": 8}, "from": ["10.0.0.0/8"]},
            {"protocol": "tcp", "ports": 443, "from": ["self", "10.1.0.0/16"]},
            {"description": "web", "protocol": "tcp", "ports": [80, 443], "from": ["10.0.0.0/8"]},
        ])
    );
    assert_eq!(written.spec["egress"], json!([]));
    assert_eq!(written.spec["groupName"], json!("apps"));
}
