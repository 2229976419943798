//! What properties are compared by, and what is written.

use serde_json::{Value, json};

use super::*;
use crate::model::policy_document::Context;

fn context() -> Context {
    Context { partition: "aws".into(), account: "111122223333".into() }
}

fn object(members: Vec<(&'static str, Property)>) -> Members {
    members.into_iter().map(|(name, property)| (name.into(), property)).collect()
}

fn list(of: Sort, ordered: bool) -> Property {
    Property::new(Sort::List { of: Box::new(Property::new(of)), ordered, min: 1 })
}

fn fixed(sort: Sort) -> Property {
    Property { fixed: true, ..Property::new(sort) }
}

fn properties() -> Properties {
    let item = Sort::Object(object(vec![
        ("Key", Property::new(Sort::Text)),
        ("Value", Property::new(Sort::Text)),
        ("Status", Property { read_only: true, ..Property::new(Sort::Text) }),
    ]));
    let flag = Property {
        risk: Word::Towards { value: json!(true), there: Risk::TIGHTENS, back: Risk::LOOSENS },
        ..Property::new(Sort::Bool)
    };
    let policy =
        Property { risk: Word::Meaning, ..Property::new(Sort::Policy(Dialect::BucketPolicy)) };
    Properties {
        members: object(vec![
            ("Name", fixed(Sort::Text)),
            ("Count", Property::new(Sort::Number)),
            ("Block", Property::new(Sort::Object(object(vec![("A", flag.clone()), ("B", flag)])))),
            (
                "Half",
                Property::new(Sort::Object(object(vec![
                    ("Free", Property::new(Sort::Text)),
                    ("Fixed", fixed(Sort::Text)),
                ]))),
            ),
            ("Set", list(item, false)),
            ("Steps", list(Sort::Text, true)),
            ("Document", Property::new(Sort::Json)),
            ("Policy", policy),
        ]),
        open: false,
        required: vec!["Name".into()],
        exclusive: vec![
            Exclusive { of: "", first: "Count", second: "Document" },
            Exclusive { of: "Half", first: "Free", second: "Other" },
            Exclusive { of: "Set/*", first: "Key", second: "Alias" },
        ],
        reach: None,
        blind: Vec::new(),
    }
}

fn differences(want: Value, have: Value) -> Vec<(String, Value, Risk)> {
    let found = properties().differences(&want, &have, &context());
    found.into_iter().map(|it| (it.path, it.new, it.risk)).collect()
}

fn same(want: Value, have: Value) {
    assert_eq!(differences(want, have), []);
}

#[test]
fn only_what_the_manifest_names_is_compared_and_defaults_that_aws_fills_in_are_left_alone() {
    same(json!({"Block": {"A": true}}), json!({"Block": {"A": true, "B": false, "C": 1}, "D": 1}));
    same(json!({}), json!({"Name": "a", "Set": [{"Key": "k"}]}));
}

#[test]
fn null_says_none_and_empty_is_none() {
    same(json!({"Block": null, "Set": null, "Count": null}), json!({"Block": {}, "Set": []}));
    same(json!({"Set": [], "Document": null}), json!({"Document": ""}));
    let found = differences(json!({"Block": null}), json!({"Block": {"A": true}}));
    assert_eq!(found, [("Block".to_owned(), Value::Null, Risk::LOOSENS)]);
}

#[test]
fn members_are_changed_by_themselves_and_never_at_or_above_what_is_fixed() {
    let have = json!({"Name": "a", "Block": {"A": false, "B": true}, "Half": {"Fixed": "x"}});
    let want = json!({"Name": "b", "Block": {"A": true, "B": false}, "Half": {"Free": "y"}});
    assert_eq!(
        differences(want, have.clone()),
        [
            ("Name".to_owned(), json!("b"), Risk::IMPOSSIBLE),
            ("Block.A".to_owned(), json!(true), Risk::TIGHTENS),
            ("Block.B".to_owned(), json!(false), Risk::LOOSENS),
            ("Half.Free".to_owned(), json!("y"), Risk::LOOSENS),
        ]
    );
    let whole = differences(json!({"Half": {"Free": "y"}}), json!({"Name": "a"}));
    assert_eq!(whole, [("Half".to_owned(), json!({"Free": "y"}), Risk::IMPOSSIBLE)]);
    let none = differences(json!({"Half": null}), have);
    assert_eq!(none, [("Half".to_owned(), Value::Null, Risk::IMPOSSIBLE)]);
}

#[test]
fn lists_are_multisets_unless_their_order_means_something() {
    let set = json!({"Set": [{"Key": "a"}, {"Key": "b", "Value": "2"}]});
    same(set.clone(), json!({"Set": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}));
    assert_eq!(differences(set, json!({"Set": [{"Key": "b", "Value": "2"}]})).len(), 1);
    let twice = json!({"Set": [{"Key": "a"}, {"Key": "a"}]});
    assert_eq!(differences(twice, json!({"Set": [{"Key": "a"}]})).len(), 1);
    assert_eq!(differences(json!({"Steps": ["a", "b"]}), json!({"Steps": ["b", "a"]})).len(), 1);
}

#[test]
fn an_item_that_names_little_leaves_the_place_of_one_that_names_more() {
    let want = json!({"Set": [{"Key": "a"}, {"Key": "a", "Value": "1"}]});
    same(want, json!({"Set": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}));
}

#[test]
fn a_list_is_sent_whole_with_what_aws_has_of_the_items_that_are_as_wanted() {
    let have = json!({"Set": [{"Key": "a", "Value": "1", "Status": "OK"}, {"Key": "b"}]});
    let want = json!({"Set": [{"Key": "c", "Value": null}, {"Key": "a"}]});
    let [(path, new, _)] = &differences(want, have)[..] else { panic!("one") };
    assert_eq!(path, "Set");
    assert_eq!(*new, json!([{"Key": "c"}, {"Key": "a", "Value": "1"}]));
}

#[test]
fn numbers_words_json_and_policies_are_compared_by_what_they_say() {
    same(
        json!({"Count": 10, "Block": {"A": "true"}}),
        json!({"Count": "10.0", "Block": {"A": true}}),
    );
    assert_eq!(differences(json!({"Count": 1}), json!({"Count": "2"})).len(), 1);
    same(
        json!({"Document": {"a": 1, "b": [1]}}),
        json!({"Document": "{\"b\": [1], \"a\": \"1\"}"}),
    );
    let statement = |action: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
        ]})
    };
    let spelled = statement(json!(["s3:*"])).to_string();
    same(json!({"Policy": statement(json!("s3:*"))}), json!({"Policy": spelled}));
    let have = json!({"Policy": statement(json!("s3:*"))});
    let found = differences(json!({"Policy": statement(json!("s3:PutObject"))}), have);
    assert!(found[0].2.opens, "less is denied");
}

#[test]
fn an_empty_list_that_aws_returns_and_would_refuse_is_a_husk() {
    let live = json!({"Set": [], "Steps": ["a"], "Half": {"Free": ""}});
    assert_eq!(properties().husks(live.as_object().expect("an object")), ["Set"]);
}

fn problems(said: Value) -> Vec<String> {
    let scope = crate::kind::ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let mut found = Vec::new();
    properties().check("properties", &said, &scope, &mut found);
    let shown =
        found.into_iter().map(|it| format!("{it} ({})", it.help.clone().unwrap_or_default()));
    shown.collect()
}

#[test]
fn problems_have_their_place_and_a_way_out() {
    assert_eq!(
        problems(json!({"Nmae": "a", "Count": "x", "Set": [{"Kye": "a"}], "Block": true})),
        [
            "properties.Name: is missing; AWS creates none without it ()",
            "properties.Nmae: the type has no property `Nmae` there (did you mean `Name`?)",
            "properties.Count: a number is needed ()",
            "properties.Set[0].Kye: the type has no property `Kye` there (did you mean `Key`?)",
            "properties.Block: a mapping is needed ()",
        ]
    );
    assert_eq!(problems(json!({"Name": "a", "Count": null, "Policy": null})), [""; 0]);
}

#[test]
fn of_a_pair_the_other_one_goes_where_the_manifest_names_one_that_is_not_there() {
    let gone = |want: Value, have: Value| {
        let all = differences(want, have).into_iter();
        all.filter(|(_, new, _)| new.is_null()).map(|(path, ..)| path).collect::<Vec<_>>()
    };
    assert_eq!(gone(json!({"Count": 1}), json!({"Document": {"a": 1}})), ["Document"]);
    assert_eq!(gone(json!({"Document": {"a": 1}}), json!({"Count": 1})), ["Count"]);
    let none: [&str; 0] = [];
    assert_eq!(gone(json!({"Count": 1}), json!({"Count": 2, "Document": {"a": 1}})), none);
    assert_eq!(gone(json!({"Count": 1}), json!({"Document": {}})), none);
    assert_eq!(gone(json!({"Policy": {}}), json!({"Document": {"a": 1}})), none);
}

#[test]
fn of_what_nothing_is_known_each_member_is_compared_by_itself() {
    let open = Properties {
        members: Members::new(),
        open: true,
        required: Vec::new(),
        exclusive: Vec::new(),
        reach: None,
        blind: Vec::new(),
    };
    let want = json!({"A": {"B": 1, "C": {"D": "x"}}, "E": [1, 2], "F": null});
    let paths = |have: Value| {
        let all = open.differences(&want, &have, &context());
        all.into_iter().map(|it| it.path).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(paths(json!({"A": {"B": "1", "C": {"D": "x", "Z": 0}}, "E": [2, 1], "G": 1})), none);
    assert_eq!(
        paths(json!({"A": {"B": 2, "C": {}}, "E": [1], "F": 3})),
        ["A.B", "A.C.D", "E", "F"]
    );
}
