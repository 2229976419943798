//! The specification of route tables, in sentences.

use serde_json::{Value, json};

use super::{routes::outcomes, table};
use crate::{
    kind::{
        Known, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _},
        table::Tree,
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

fn state(routes: &[(&str, &str)]) -> Value {
    let routes: Tree = routes.iter().map(|(to, via)| ((*to).to_owned(), json!(via))).collect();
    json!({"vpc": "vpc-10000000", "routes": routes, "subnets": []})
}

fn edits(routes: &[(&str, &str)], have: &[(&str, &str)]) -> Vec<Edit> {
    let routes: Vec<_> = routes.iter().map(|(to, via)| json!({"to": to, "via": via})).collect();
    let want = resolve(&json!({"vpc": "vpc-10000000", "routes": routes})).expect("valid");
    table().diff(&want, &state(have)).expect("states")
}

#[test]
fn a_state_has_routes_by_destination_in_the_form_of_ec2() {
    let spec = json!({"vpc": "vpc-10000000", "routes": [
        {"to": "0.0.0.0/0", "via": "nat-10000000"},
        {"to": "2001:DB8::/32", "via": "eigw-10000000"},
        {"to": "pl-10000000", "via": "tgw-10000000"},
    ]});
    assert_eq!(
        resolve(&spec).expect("valid")["routes"],
        json!({"0.0.0.0/0": "nat-10000000", "2001:db8::/32": "eigw-10000000", "pl-10000000": "tgw-10000000"})
    );
    assert_eq!(resolve(&json!({"vpc": "vpc-10000000"})).expect("valid")["routes"], Value::Null);
    let none = json!({"vpc": "vpc-10000000", "routes": null});
    assert_eq!(resolve(&none).expect("valid")["routes"], json!({}));
}

#[test]
fn problems_of_routes_are_reported_with_their_place() {
    let spec = json!({"vpc": "vpc-10000000", "routes": [
        {"to": "10.0.0.1/8", "via": "nat-10000000"},
        {"to": "here", "via": "nat-10000000"},
        {"to": "10.0.0.0/8", "via": "somewhere"},
        {"to": "0.0.0.0/0", "via": "nat-10000000"},
        {"to": "0.0.0.0/0", "via": "igw-10000000"},
        {"to": "10.0.0.0/8"},
    ]});
    assert_eq!(
        resolve(&spec).expect_err("wrong"),
        [
            "routes[0].to: `10.0.0.1/8` has bits behind its prefix, which EC2 drops",
            "routes[1].to: `here` is not a destination",
            "routes[2].via: `somewhere` is not the id of a target",
            "routes[4]: `0.0.0.0/0` occurs twice",
            "routes[5].via: is missing",
        ]
    );
    assert_eq!(
        resolve(&json!({"routes": []})).expect_err("wrong"),
        ["vpc: is missing; a table belongs to a VPC"]
    );
}

#[test]
fn adding_a_route_to_the_internet_loosens_and_removing_it_tightens() {
    let (private, public) = (
        [("10.0.0.0/8", "tgw-10000000")],
        [("10.0.0.0/8", "tgw-10000000"), ("0.0.0.0/0", "igw-10000000")],
    );
    let [opened] = &edits(&public, &private)[..] else { panic!("one edit") };
    assert_eq!((opened.key.as_str(), opened.risk), ("routes 0.0.0.0/0", Risk::LOOSENS));
    let [closed] = &edits(&private, &public)[..] else { panic!("one edit") };
    assert_eq!(closed.risk, Risk::TIGHTENS.cutting_connections());
    assert_eq!(closed.summary, "remove the route to 0.0.0.0/0");
    let lines: Vec<_> =
        closed.lines.iter().map(|it| format!("{} {}", it.sign.as_char(), it.text)).collect();
    assert_eq!(lines, ["- routes: 0.0.0.0/0 to internet gateway igw-10000000"]);
}

#[test]
fn a_route_with_another_target_is_replaced_by_one_call() {
    let [edit] = &edits(&[("0.0.0.0/0", "nat-10000000")], &[("0.0.0.0/0", "igw-10000000")])[..]
    else {
        panic!("one edit");
    };
    assert_eq!(edit.summary, "replace the route to 0.0.0.0/0");
    assert_eq!(edit.risk, Risk::REPLACES.cutting_connections());
}

#[test]
fn a_route_within_another_one_diverts_its_traffic_and_returns_it() {
    let wide = ("0.0.0.0/0", "nat-10000000");
    let both = [wide, ("10.0.0.0/8", "tgw-10000000")];
    assert_eq!(edits(&both, &[wide])[0].risk, Risk::REPLACES.cutting_connections());
    assert_eq!(edits(&[wide], &both)[0].risk, Risk::REPLACES.cutting_connections());
    // With the same target, no traffic is diverted.
    let same = [wide, ("10.0.0.0/8", "nat-10000000")];
    assert_eq!(edits(&same, &[wide])[0].risk, Risk::LOOSENS);
}

#[test]
fn the_most_specific_route_decides() {
    let routes = state(&[
        ("0.0.0.0/0", "nat-10000000"),
        ("10.0.0.0/8", "tgw-10000000"),
        ("10.1.0.0/16", "pcx-10000000"),
    ]);
    let routes = routes["routes"].as_object().expect("routes");
    let addresses = ["10.1.2.3", "10.2.0.0", "8.8.8.8", "2001:db8::1"].map(|it| json!(it));
    let targets = [Some("pcx-10000000"), Some("tgw-10000000"), Some("nat-10000000"), None];
    assert_eq!(outcomes(routes, &addresses), targets.map(|via| via.map(str::to_owned)));
}

#[test]
fn nothing_is_removed_while_a_lookup_is_not_answered() {
    let have = json!({"vpc": "vpc-10000000", "routes": {"pl-10000000": "tgw-10000000"}, "subnets": ["subnet-10000000"]});
    let list = json!({"lookup": {"name": "offices"}});
    for spec in [
        json!({"vpc": "vpc-10000000", "subnets": {"lookup": {"tags": {"tier": "private"}}}}),
        json!({"vpc": "vpc-10000000", "routes": [{"to": list, "via": "tgw-10000000"}]}),
    ] {
        let want = resolve(&spec).expect("valid");
        let edits = table().diff(&want, &have).expect("states");
        let shown: Vec<_> = edits.iter().map(|edit| edit.summary.as_str()).collect();
        let is_added = |text: &&str| text.starts_with('a');
        assert!(!shown.is_empty() && shown.iter().all(is_added), "{shown:?}");
    }
}

#[test]
fn every_field_of_the_example_is_right_and_no_field_is_missing_there() {
    let text = include_str!("../../../examples/route-table.yaml");
    crate::kind::table::tests::examples::names_every_field(&table(), text);
}

#[test]
fn a_table_for_gateways_takes_no_propagated_routes_and_nothing_but_gateways() {
    let spec = |gateways: &[&str]| json!({"vpc": "vpc-10000000", "propagating": ["vgw-10000000"], "gateways": gateways});
    assert!(resolve(&spec(&[])).is_ok());
    assert_eq!(
        resolve(&spec(&["igw-10000000", "nat-10000000"])).expect_err("wrong"),
        [
            "propagating: a table that gateways use takes no propagated routes",
            "gateways: `nat-10000000` is neither an internet gateway nor a virtual private gateway",
        ]
    );
}

#[test]
fn what_is_said_of_a_live_table_is_no_edit() {
    let want = resolve(&json!({"vpc": "vpc-10000000", "routes": []})).expect("valid");
    let mut have = state(&[]);
    have["notes"] = json!(["the route to 10.0.0.0/8 leads nowhere"]);
    assert!(table().diff(&want, &have).expect("states").is_empty());
    assert_eq!(table().notes(&have), ["the route to 10.0.0.0/8 leads nowhere"]);
}

#[test]
fn nothing_is_put_into_use_without_the_routes_that_it_needs() {
    let list = json!({"lookup": {"name": "offices"}});
    let want = resolve(&json!({
        "vpc": "vpc-10000000", "subnets": ["subnet-10000000", "subnet-20000000"], "gateways": ["igw-10000000"],
        "routes": [{"to": "0.0.0.0/0", "via": "nat-10000000"}, {"to": list, "via": "tgw-10000000"}],
    }));
    let mut have = state(&[]);
    have["elsewhere"] = json!({"subnet-20000000": "rtb-20000000"});
    let edits = table().diff(&want.expect("valid"), &have).expect("states");
    let (routes, users): (Vec<_>, Vec<_>) =
        edits.iter().partition(|edit| edit.key.starts_with("routes "));
    assert_eq!((routes.len(), users.len()), (2, 3));
    for user in users {
        let needs_all = routes.iter().all(|route| user.needs.contains(&route.key));
        assert!(needs_all, "{}: {:?}", user.key, user.needs);
    }
    assert!(routes.iter().all(|route| route.needs.is_empty()));
}

#[test]
fn a_target_that_ec2_shows_under_two_ids_is_as_wanted_by_either() {
    let mut have = state(&[("10.0.0.0/8", "i-10000000")]);
    have["interfaces"] = json!({"10.0.0.0/8": "eni-10000000"});
    let edits = |via: &str| {
        let spec = json!({"vpc": "vpc-10000000", "routes": [{"to": "10.0.0.0/8", "via": via}]});
        let want = resolve(&spec).expect("valid");
        table().diff(&want, &have).expect("states").len()
    };
    assert_eq!(
        ["i-10000000", "eni-10000000", "eni-20000000", "i-20000000"].map(edits),
        [0, 0, 1, 1]
    );
}

#[test]
fn nobody_is_cut_off_by_a_change_of_a_table_that_nothing_uses() {
    let risks = |idle: bool| {
        let mut have = state(&[("0.0.0.0/0", "igw-10000000")]);
        (have["idle"], have["propagating"]) = (json!(idle), json!(["vgw-10000000"]));
        let spec = json!({"vpc": "vpc-10000000", "routes": [], "propagating": null, "subnets": ["subnet-10000000"]});
        let want = resolve(&spec).expect("valid");
        let edits = table().diff(&want, &have).expect("states");
        edits.iter().map(|edit| edit.risk).collect::<Vec<_>>()
    };
    let moves = Risk::REPLACES.cutting_connections();
    assert_eq!(risks(true), [Risk::TIGHTENS, Risk::REPLACES, moves]);
    assert_eq!(risks(false), [Risk::TIGHTENS.cutting_connections(), moves, moves]);
}

#[test]
fn what_an_entry_refers_to_is_recorded_with_its_place() {
    let spec = json!({"vpc": "vpc-10000000", "routes": [
        {"to": "0.0.0.0/0", "via": "nat-10000000"},
        {"to": "10.0.0.0/8", "via": {"ref": "inspection"}},
    ]});
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let mut refs = Refs::new(&scope, "private", &known);
    table().resolve(&spec, &mut refs).expect("valid");
    let asked = refs.finish().asked;
    let fields: Vec<_> = asked.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["routes[1].via"]);
}
