use serde_json::{Value, json};

use super::*;
use crate::{
    kind::{Known, KnownResource, LookupItem, LookupKind, Resolution, ScopeFacts},
    model::{Address, Seen},
};

fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

fn group(region: &str, account: &str, id: &str) -> KnownResource {
    let arn = format!("arn:aws:ec2:{region}:{account}:security-group/{id}");
    KnownResource { id: id.into(), arn }
}

fn known() -> Known {
    let list = |id: &str, name: &str, most: Option<&str>| LookupItem {
        id: id.into(),
        name: Some(name.into()),
        attributes: most
            .map(|most| ("maxEntries".to_owned(), most.to_owned()))
            .into_iter()
            .collect(),
        ..LookupItem::default()
    };
    Known {
        resources: [
            (
                Address::new("prod", "SecurityGroup", "bastion"),
                group("eu-west-1", "111122223333", "sg-0b000000"),
            ),
            (
                Address::new("dev", "SecurityGroup", "apps"),
                group("eu-west-1", "444455556666", "sg-0d000000"),
            ),
            (
                Address::new("us", "SecurityGroup", "apps"),
                group("us-east-1", "111122223333", "sg-0f200000"),
            ),
        ]
        .into(),
        lookups: [(
            ("prod".into(), LookupKind::PrefixList),
            Seen::All(vec![
                list("pl-0f530000", "com.amazonaws.eu-west-1.s3", None),
                list("pl-0ee00000", "com.amazonaws.eu-west-1.a-new-service", None),
                list("pl-0f0dd000", "odd", None),
                list("pl-0b160000", "big", Some("40")),
                list("pl-0cf00000", "com.amazonaws.global.cloudfront.origin-facing", None),
            ]),
        )]
        .into(),
        ..Known::default()
    }
}

/// Resolves a spec in the VPC `vpc-10000000`.
fn resolve(known: &Known, mut spec: Value) -> (Result<State, Vec<Invalid>>, Resolution) {
    spec.as_object_mut().unwrap().entry("vpc").or_insert(json!("vpc-10000000"));
    let scope = scope();
    let spec: Spec = serde_path_to_error::deserialize(&spec).expect("a spec");
    let mut refs = Refs::new(&scope, "apps", known);
    let state = SecurityGroup::resolve(spec, &mut refs);
    (state, refs.finish())
}

fn ingress(entries: Value) -> Vec<String> {
    let (state, _) = resolve(&known(), json!({"ingress": entries}));
    state.expect("valid").ingress.unwrap().0.into_keys().map(String::from).collect()
}

/// Each problem with its field and help.
fn problems(spec: Value) -> String {
    let problems = resolve(&known(), spec).0.expect_err("refused");
    let mut text = String::new();
    for problem in problems {
        text.push_str(&format!("{problem}\n"));
        if let Some(help) = problem.help {
            text.push_str(&format!("    {help}\n"));
        }
    }
    text
}

#[test]
fn all_spellings_of_a_rule_resolve_to_the_same_rule() {
    assert_eq!(
        ingress(json!([
            {"protocol": 6, "ports": "443", "from": ["10.0.5.7/16", "2001:DB8::1/32"]},
            {"protocol": "udp", "ports": [53, "8192-65535"], "from": ["self"]},
            {"protocol": "-1", "from": ["111122223333/sg-0a000000"]},
            {"protocol": "50", "from": ["444455556666/sg-0c000000", "pl-0a000000"]},
            {"protocol": "icmp", "icmp": {"type": 8, "code": 0}, "from": ["0.0.0.0/0"]},
            {"protocol": 58, "icmp": {}, "from": ["::/0"]},
        ])),
        [
            "all traffic, sg-0a000000",
            "tcp 443, 10.0.0.0/16",
            "tcp 443, 2001:db8::/32",
            "udp 53, self",
            "udp 8192-65535, self",
            "icmp type 8 code 0, 0.0.0.0/0",
            "icmpv6 all types, ::/0",
            "protocol 50, 444455556666/sg-0c000000",
            "protocol 50, pl-0a000000",
        ]
    );
}

#[test]
fn references_become_groups_of_their_account_and_the_own_name_is_self() {
    let from = json!([{"ref": "bastion"}, {"ref": "dev/apps"}, {"ref": "apps"}, {"lookup": {"name": "com.amazonaws.eu-west-1.s3"}}]);
    assert_eq!(
        ingress(json!([{"protocol": "tcp", "ports": 443, "from": from}])),
        [
            "tcp 443, self",
            "tcp 443, sg-0b000000 as SecurityGroup/bastion",
            "tcp 443, 444455556666/sg-0d000000 as dev/SecurityGroup/apps",
            "tcp 443, pl-0f530000",
        ]
    );
    let own = json!([{"protocol": "all", "from": [{"ref": "prod/apps"}]}]);
    assert_eq!(ingress(own), ["all traffic, self"]);
}

#[test]
fn a_rule_for_a_group_that_does_not_exist_yet_stays_in_the_state_and_delays_nothing_else() {
    let mut known = known();
    known
        .candidates
        .insert(Address::new("prod", "SecurityGroup", "lost"), ["sg-0f100000".into()].into());
    known.unknown.insert(crate::model::ScopedKind::new("net", "SecurityGroup"), "denied".into());
    let from = json!(["self", {"ref": "later"}, {"ref": "lost"}, {"ref": "net/hub"}]);
    let entry = json!({"protocol": "tcp", "ports": 443, "from": from});
    let (state, resolution) = resolve(&known, json!({"ingress": [entry]}));
    let state = state.unwrap();
    let wanted = [
        "tcp 443, self",
        "tcp 443, group SecurityGroup/later.arn (known after apply)",
        "tcp 443, group SecurityGroup/lost.arn (known after apply) | these sg-0f100000",
        "tcp 443, group net/SecurityGroup/hub.arn (known after apply) | any",
    ];
    assert_eq!(state.ingress, Some(rules(&wanted)));
    assert!(resolution.hard.is_empty());
    let later: Vec<_> = resolution.unresolved.values().map(|it| it.why.to_string()).collect();
    assert_eq!(
        later,
        [
            "prod/SecurityGroup/later does not exist yet",
            "prod/SecurityGroup/lost does not exist yet",
            "net/SecurityGroup/hub could not be read: denied",
        ]
    );
}

#[test]
fn a_rule_reads_the_same_to_consent_before_and_after_its_reference_is_known() {
    let spec =
        || json!({"ingress": [{"protocol": "tcp", "ports": 443, "from": [{"ref": "dev/apps"}]}]});
    let text = |state: State| serde_json::to_string(&state.ingress).unwrap();
    let (before, _) = resolve(&Known::default(), spec());
    let (after, resolution) = resolve(&known(), spec());
    let (before, after) = (text(before.unwrap()), text(after.unwrap()));
    assert_ne!(after, before);
    let symbolic = crate::plan::symbolic::symbolic_text(&after, &resolution.filled);
    assert_eq!(symbolic, before);
}

#[test]
fn a_vpc_that_is_not_found_or_is_ambiguous_delays_only_the_creation() {
    let vpc = |id: &str| LookupItem {
        id: id.into(),
        tags: [("Name".to_owned(), "ml".to_owned())].into(),
        ..LookupItem::default()
    };
    let spec = json!({"vpc": {"lookup": {"tags": {"Name": "ml"}}}, "ingress": []});
    for (found, expected) in [
        (vec![], "VPC with Name=ml (not resolved)"),
        (vec![vpc("vpc-10000000")], "vpc-10000000"),
        (vec![vpc("vpc-10000000"), vpc("vpc-20000000")], "VPC with Name=ml (not resolved)"),
    ] {
        let mut known = known();
        known.lookups.insert(("prod".into(), LookupKind::Vpc), Seen::All(found));
        let (state, resolution) = resolve(&known, spec.clone());
        assert_eq!(state.unwrap().vpc.as_deref(), Some(expected));
        assert_eq!(resolution.unresolved.is_empty(), expected == "vpc-10000000");
    }
}

#[test]
fn a_prefix_list_counts_by_its_size_however_it_is_written_and_an_unknown_size_is_never_guessed() {
    let entry = |from: Value| json!([{"protocol": "tcp", "ports": 443, "from": from}]);
    let weigh = |known: &Known, from: Value| {
        let (state, resolution) = resolve(known, json!({"ruleQuota": 200, "ingress": entry(from)}));
        assert!(resolution.lookups.iter().any(|(kind, _)| *kind == LookupKind::PrefixList));
        let why: Vec<_> = resolution.unresolved.values().map(|it| it.why.to_string()).collect();
        (state.unwrap(), why)
    };
    let map = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|&(id, weight)| (id.to_owned(), weight.to_owned())).collect()
    };
    let lists = json!(["pl-0b160000", "pl-0cf00000", "pl-0ee00000", {"lookup": {"name": "com.amazonaws.eu-west-1.s3"}}]);
    let (state, why) = weigh(&known(), lists);
    let weights =
        [("pl-0b160000", "40"), ("pl-0cf00000", "55"), ("pl-0ee00000", "60"), ("pl-0f530000", "1")];
    assert_eq!((state.prefix_list_weights, why.len()), (map(&weights), 0));
    // A list that does not exist, one whose size AWS does not say, and no lists read at all.
    let (state, why) = weigh(&known(), json!(["pl-0dead000", {"lookup": {"name": "odd"}}]));
    let weights = [
        ("pl-0dead000", "prefix list pl-0dead000 (not resolved)"),
        ("pl-0f0dd000", "prefix list pl-0f0dd000 (not resolved)"),
    ];
    assert_eq!(state.prefix_list_weights, map(&weights));
    assert_eq!(
        why,
        [
            "ingress[0].from[0]: no prefix list matches the id pl-0dead000",
            "ingress[0].from[1]: AWS does not say how many entries pl-0f0dd000 may have",
        ]
    );
    let mut unread = known();
    let key = ("prod".to_owned(), LookupKind::PrefixList);
    unread.lookups.insert(key, Seen::Unknown("denied".into()));
    let (_, why) = weigh(&unread, json!(["pl-0b160000", {"lookup": {"name": "big"}}]));
    assert!(why.len() == 2 && why.iter().all(|why| why.contains("could not be read: denied")));
}

#[test]
fn a_malformed_id_is_refused_with_its_form() {
    let from = json!(["sg-xxxxxxxx", "111122223333/sg-1", "pl-xxxxxxxx"]);
    insta::assert_snapshot!(problems(json!({
        "vpc": "vpc-xxxxxxxx",
        "ingress": [{"protocol": "tcp", "ports": 1, "from": from}],
    })), @r"
    vpc: `vpc-xxxxxxxx` is not a VPC id
        an id of EC2 ends in 8 or 17 digits of 0-9 and a-f: copy it from AWS
    ingress[0].from[0]: `sg-xxxxxxxx` is not the id of a group or a prefix list
        an id of EC2 ends in 8 or 17 digits of 0-9 and a-f: copy it from AWS
    ingress[0].from[1]: `111122223333/sg-1` is not the id of a group or a prefix list
        an id of EC2 ends in 8 or 17 digits of 0-9 and a-f: copy it from AWS
    ingress[0].from[2]: `pl-xxxxxxxx` is not the id of a group or a prefix list
        an id of EC2 ends in 8 or 17 digits of 0-9 and a-f: copy it from AWS
    ");
}

#[test]
fn a_group_that_is_named_by_id_is_certain_only_if_it_was_seen_in_the_vpc() {
    let mut known = known();
    let item = |id: &str, vpc: &str| LookupItem {
        id: id.into(),
        attributes: [("vpc".to_owned(), vpc.to_owned())].into(),
        ..LookupItem::default()
    };
    let groups = vec![item("sg-0a000000", "vpc-10000000"), item("sg-0b000000", "vpc-20000000")];
    known.lookups.insert(("prod".into(), LookupKind::SecurityGroup), Seen::All(groups));
    let from = json!([
        "sg-0a000000",
        "sg-0b000000",
        "111122223333/sg-0e000000",
        "444455556666/sg-0d000000",
    ]);
    let entry = json!([{"protocol": "tcp", "ports": 443, "from": from}]);
    let (state, resolution) = resolve(&known, json!({"ingress": entry}));
    let unseen = ["sg-0b000000", "sg-0d000000", "sg-0e000000"].map(str::to_owned).into();
    assert_eq!(state.unwrap().unseen_groups, unseen);
    // Nothing waits for that.
    assert!(resolution.waiting().is_empty());
}

#[test]
fn with_nothing_known_every_reference_is_recorded_and_nothing_is_wrong() {
    let spec = json!({
        "vpc": {"lookup": {"tags": {"Name": "ml"}}},
        "ingress": [{"protocol": "tcp", "ports": 443, "from": [{"ref": "bastion"}, {"lookup": {"name": "s3"}}]}],
    });
    let (state, resolution) = resolve(&Known::default(), spec);
    let state = state.unwrap();
    assert_eq!(
        serde_json::from_value::<State>(serde_json::to_value(&state).unwrap()).unwrap(),
        state
    );
    assert_eq!((resolution.soft.len(), resolution.lookups.len()), (1, 2));
}

#[test]
fn absent_null_and_empty_have_three_meanings() {
    let entry = |extra: Value| {
        let mut entry = json!({"protocol": "tcp", "ports": 1, "from": ["self"]});
        entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let (state, _) = resolve(&known(), json!({"ingress": [entry], "egress": []}));
        let state = state.unwrap();
        assert_eq!(state.egress, Some(Rules::default()));
        state.ingress.unwrap().0.into_values().next().unwrap()
    };
    assert_eq!(entry(json!({})), None);
    assert_eq!(entry(json!({"description": null})), Some(String::new()));
    assert_eq!(entry(json!({"description": "x"})), Some("x".to_owned()));
    let (state, _) = resolve(&known(), json!({}));
    let state = state.unwrap();
    assert_eq!((state.ingress, state.egress, state.description), (None, None, None));
    assert_eq!(state.group_name.as_deref(), Some("apps"), "metadata.name");
}

#[test]
fn every_invalid_value_is_reported_with_its_place_and_help() {
    insta::assert_snapshot!(problems(json!({
        "groupName": "sg-apps",
        "description": "a\"b",
        "vpc": "ml",
        "ruleQuota": 0,
        "ingress": [
            {"protocol": "tcp", "from": ["10.0.0.0/0", "10.0.0.1", "sg_1", "1/sg-0a000000"]},
            {"protocol": "tcp", "ports": ["70000", "9-1"], "from": []},
            {"protocol": "all", "ports": 443, "from": ["self"]},
            {"protocol": "icmp", "ports": 8, "from": ["self"]},
            {"protocol": "udp", "ports": 1, "icmp": {"code": 1}, "from": [{"ref": "us/apps"}]},
            {"protocol": "icmp", "icmp": {"code": 1}, "from": ["self"], "description": "a&b"},
            {"protocol": "tcp", "ports": 1, "from": ["192.0.2.9/32"], "description": "café"},
            {"protocol": "tcp", "ports": 2, "from": ["192.0.2.9/0", "2001:db8::9/0"]},
        ],
    })), @r#"
    groupName: AWS does not accept names that begin with `sg-`
    description: AWS does not accept '"' here
        letters without accents, digits, spaces and ._-:/()#,@[]+=&;{}!$*
    ruleQuota: must be 1 to 1000
    vpc: `ml` is not a VPC id
        write vpc-…, or {lookup: {tags: {Name: …}}}
    ingress[0].ports: is missing
        write a port, a range, a list of them, or all
    ingress[0].from[0]: `10.0.0.0/0` means every address, because its prefix length is 0
        write 0.0.0.0/0 if every IPv4 address is meant, or 10.0.0.0/32 for this one address
    ingress[0].from[1]: `10.0.0.1` has no prefix length
        write 10.0.0.1/32 for this one address
    ingress[0].from[2]: `sg_1` is not a peer of a rule
        write a CIDR block, self, {ref: name}, sg-…, 111122223333/sg-…, pl-… or {lookup: {name: …}}
    ingress[0].from[3]: `1` is not an account: 12 digits
    ingress[1].ports: `70000` is not a port; ports are 0 to 65535
    ingress[1].ports: the range 9-1 ends before it begins
    ingress[1].from: names nobody
        leave the entry out, or name who it is for
    ingress[2].ports: with this protocol AWS ignores ports and opens all of them
        name tcp or udp, or leave the ports out
    ingress[3].ports: ICMP has no ports
        write icmp: {type: 8, code: 0}, or icmp: {} for all messages
    ingress[3].icmp: is missing
        write icmp: {} for all messages
    ingress[4].icmp: is for the protocols icmp and icmpv6
    ingress[4].from[0]: us/apps is a group of us-east-1
        a rule can only name groups of its own Region
    ingress[5].icmp: a code needs a type
    ingress[5].description: AWS accepts '&' only in the description of a rule for addresses
        give the groups and prefix lists an entry of their own, described without it
    ingress[6].description: AWS does not accept 'é' here
        letters without accents, digits, spaces and ._-:/()#,@[]+=&;{}!$*
    ingress[7].from[0]: `192.0.2.9/0` means every address, because its prefix length is 0
        write 0.0.0.0/0 if every IPv4 address is meant, or 192.0.2.9/32 for this one address
    ingress[7].from[1]: `2001:db8::9/0` means every address, because its prefix length is 0
        write ::/0 if every IPv6 address is meant, or 2001:db8::9/128 for this one address
    "#);
}

#[test]
fn a_duplicate_rule_is_refused_whatever_its_spelling_and_description() {
    insta::assert_snapshot!(problems(json!({"egress": [
        {"description": "a", "protocol": "tcp", "ports": 443, "to": ["10.0.0.0/16", {"ref": "bastion"}]},
        {"description": "b", "protocol": 6, "ports": "443", "to": ["10.0.9.9/16", "sg-0b000000"]},
        {"protocol": "udp", "ports": [1, "1-1"], "to": [{"ref": "later"}]},
        {"protocol": "udp", "ports": 2, "to": ["sg-0e000000", "444455556666/sg-0e000000", "777788889999/sg-0e000000"]},
        {"protocol": "udp", "ports": 3, "to": [{"ref": "dev/apps"}, "sg-0d000000"]},
    ]})), @r"
    egress[1].to[0]: the rule tcp 443 to 10.0.0.0/16 is already at egress[0].to[0]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    egress[1].to[1]: the rule tcp 443 to sg-0b000000 is already at egress[0].to[1]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    egress[2].to[0]: the rule udp 1 to SecurityGroup/later is already at egress[2].to[0]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    egress[3].to[1]: the rule udp 2 to 444455556666/sg-0e000000 is already at egress[3].to[0]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    egress[3].to[2]: the rule udp 2 to 777788889999/sg-0e000000 is already at egress[3].to[0]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    egress[4].to[1]: the rule udp 3 to sg-0d000000 is already at egress[4].to[0]
        AWS compares masked CIDR blocks and resolved ids, whatever account or description goes with them
    ");
}

#[test]
fn the_quota_counts_per_family_and_prefix_lists_by_their_size() {
    let many =
        |count: usize| json!((0..count).map(|i| format!("10.{i}.0.0/16")).collect::<Vec<_>>());
    let rule = |from: Value| json!({"protocol": "tcp", "ports": 443, "from": from});
    assert!(
        resolve(&known(), json!({"ingress": [rule(many(60)), rule(json!(["::/0"]))]})).0.is_ok()
    );
    insta::assert_snapshot!(problems(json!({"ingress": [
        rule(many(20)), rule(json!([{"lookup": {"name": "big"}}, {"ref": "later"}])),
    ]})), @r"
    ingress: 61 rules count for IPv4, and 60 fit in a group
        a prefix list counts with its MaxEntries; use wider blocks or a smaller list, or set ruleQuota where AWS raised the quota
    ");
    let fits = json!({"ingress": [rule(many(20)), rule(json!(["pl-0b160000", "::/0"]))]});
    assert!(resolve(&known(), fits).0.is_ok());
    let text = problems(json!({"ingress": [rule(many(21)), rule(json!(["pl-0b160000"]))]}));
    assert!(text.contains("61 rules count for IPv4"), "{text}");
    let cloudfront = json!({"lookup": {"name": "com.amazonaws.global.cloudfront.origin-facing"}});
    let text = problems(json!({"ingress": [rule(json!([cloudfront])), rule(many(6))]}));
    assert!(text.contains("61 rules count for IPv4"), "{text}");
    let raised = json!({"ruleQuota": 100, "ingress": [rule(many(90))]});
    assert!(resolve(&known(), raised).0.is_ok());
}

#[test]
fn an_ampersand_is_accepted_only_in_descriptions_of_addresses() {
    let problems = |from: Value| {
        let entry = json!({"protocol": "tcp", "ports": 1, "from": from, "description": "R&D =x"});
        let (state, _) = resolve(&known(), json!({"description": "R&D", "ingress": [entry]}));
        state.err().map_or(0, |problems| problems.len())
    };
    for addresses in [json!(["10.9.0.0/16"]), json!(["2001:db8:9::/48", "0.0.0.0/0"])] {
        assert_eq!(problems(addresses), 0);
    }
    for peers in [
        json!(["self"]),
        json!(["10.9.0.0/16", "sg-0a000000"]),
        json!(["pl-0b160000"]),
        json!([{"ref": "x"}]),
    ] {
        assert_eq!(problems(peers), 1);
    }
}

#[test]
fn invalid_protocols_ports_and_fields_do_not_decode() {
    for (entry, says) in [
        (json!({"protocol": "tpc", "from": ["self"]}), "unknown protocol `tpc`"),
        (json!({"protocol": 256, "from": ["self"]}), "unknown protocol `256`"),
        (json!({"protocol": "tcp", "ports": true, "from": ["self"]}), "a port, a range"),
        (json!({"protocol": "tcp", "port": 1, "from": ["self"]}), "unknown field `port`"),
        (json!({"protocol": "tcp", "ports": 1, "to": ["self"]}), "unknown field `to`"),
    ] {
        let spec = json!({"vpc": "vpc-10000000", "ingress": [entry]});
        let error = serde_path_to_error::deserialize::<_, Spec>(&spec).expect_err("refused");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn the_example_resolves_without_known_resources_and_shows_every_field() {
    let text = include_str!("../../../../examples/security-group.yaml");
    let (mut kinds, mut fields) = (Vec::new(), BTreeSet::new());
    for document in serde_yaml::Deserializer::from_str(text) {
        let document = <Value as serde::Deserialize>::deserialize(document).expect("YAML");
        kinds.push(document["kind"].clone());
        let spec = &document["spec"];
        fields.extend(spec.as_object().expect("a spec").keys().cloned());
        let (state, _) = resolve(&Known::default(), spec.clone());
        state.expect("valid");
    }
    assert_eq!(kinds, ["SecurityGroup"; 3]);
    let schema = serde_json::to_value(schemars::schema_for!(Spec)).expect("JSON");
    let all = schema["properties"].as_object().expect("fields").keys().cloned();
    assert_eq!(fields, all.collect());
}
