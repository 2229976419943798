//! Equality is an equality, AWS's rewriting preserves it, and nothing else does.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::context;
use crate::model::policy_document::{
    Comparison, Decision, Dialect, PolicyDocument, Request, Widening, compare, diff, equivalent,
};

fn read(value: &Value) -> PolicyDocument {
    PolicyDocument::from_value(value, Dialect::KeyPolicy).expect("generated documents are policies")
}

fn texts(pool: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec(select(pool), 1..4).prop_map(|texts| json!(texts))
}

fn principal() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "111122223333",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::111122223333:role/a",
        "AROAIOSFODNN7EXAMPLE",
        "*",
    ];
    let aws = || texts(NAMES);
    prop_oneof![
        1 => Just(json!("*")),
        1 => Just(json!({})),
        4 => aws().prop_map(|names| json!({ "AWS": names })),
        1 => texts(&["logs.amazonaws.com"]).prop_map(|names| json!({ "Service": names })),
        1 => aws().prop_map(|names| json!({"AWS": names, "Service": "a.amazonaws.com"})),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let block = |keys: &'static [&'static str], values: &'static [&'static str]| {
        (select(keys), texts(values)).prop_map(|(key, values)| json!({ key: values }))
    };
    prop_oneof![
        Just(json!({})),
        block(&["aws:PrincipalOrgID", "kms:ViaService"], &["o-1", "o-2", "x"])
            .prop_map(|b| json!({ "StringEquals": b })),
        block(&["aws:MultiFactorAuthAge"], &["10", "10.0", "7"])
            .prop_map(|b| json!({ "NumericLessThan": b })),
        (block(&["aws:RequestTag/Team"], &["a", "b"]), block(&["aws:SourceVpce"], &["vpce-1"]))
            .prop_map(|(like, not)| json!({"StringLike": like, "StringNotEqualsIfExists": not})),
    ]
}

prop_compose! {
    fn statement()(
        effect in select(&["Allow", "Deny"][..]),
        principal in principal(),
        not_principal in prop::bool::weighted(0.15),
        actions in texts(&["kms:Decrypt", "kms:Encrypt", "kms:*", "kms:Get*"]),
        not_action in prop::bool::weighted(0.15),
        resources in texts(&["*", "arn:aws:kms:eu-west-1:111122223333:key/k"]),
        condition in condition(),
        sid in select(&["", "A", "B"][..]),
    ) -> Value {
        let mut fields = Map::new();
        fields.insert("Effect".into(), json!(effect));
        fields.insert(if not_principal { "NotPrincipal" } else { "Principal" }.into(), principal);
        fields.insert(if not_action { "NotAction" } else { "Action" }.into(), actions);
        fields.insert("Resource".into(), resources);
        fields.insert("Condition".into(), condition);
        fields.insert("Sid".into(), json!(sid));
        Value::Object(fields)
    }
}

fn document() -> impl Strategy<Value = Value> {
    (vec(statement(), 1..4), select(&["2008-10-17", "2012-10-17"][..]))
        .prop_map(|(statements, version)| json!({"Version": version, "Statement": statements}))
}

/// Rewrites a document as AWS may: every choice is taken from `dice`.
fn rewrite(value: &Value, dice: &mut impl FnMut(usize) -> usize) -> Value {
    let mut rewritten = value.clone();
    if rewritten["Statement"].is_object() {
        rewritten["Statement"] = json!([rewritten["Statement"]]);
    }
    let statements = rewritten["Statement"].as_array_mut().expect("a list");
    for statement in statements.iter_mut() {
        let fields = statement.as_object_mut().expect("an object");
        for (name, field) in fields.iter_mut() {
            *field = match (name.as_str(), &*field) {
                ("Effect", same) => same.clone(),
                ("Sid", same) => same.clone(),
                ("Action" | "NotAction", Value::Array(_)) => list(field, dice, &|text, dice| {
                    if dice(2) == 0 { text.to_ascii_uppercase() } else { text.to_owned() }
                }),
                ("Principal" | "NotPrincipal", Value::String(_)) if dice(2) == 0 => {
                    json!({"AWS": ["*"]})
                }
                ("Principal" | "NotPrincipal", Value::Object(by_type)) => {
                    if by_type.len() == 1
                        && by_type.get("AWS") == Some(&json!(["*"]))
                        && dice(2) == 0
                    {
                        json!("*")
                    } else {
                        by_type
                            .iter()
                            .map(|(kind, names)| (kind.clone(), list(names, dice, &account)))
                            .collect()
                    }
                }
                ("Condition", Value::Object(operators)) => operators
                    .iter()
                    .map(|(operator, keys)| {
                        let keys = keys.as_object().expect("an object").iter();
                        let keys: Map<String, Value> = keys
                            .map(|(key, values)| {
                                let key = if dice(2) == 0 {
                                    key.to_ascii_uppercase()
                                } else {
                                    key.clone()
                                };
                                (key, list(values, dice, &|text, _| text.to_owned()))
                            })
                            .collect();
                        (operator.clone(), Value::Object(keys))
                    })
                    .collect(),
                (_, Value::Array(_)) => list(field, dice, &|text, _| text.to_owned()),
                (_, same) => same.clone(),
            };
        }
        if fields.get("Condition") == Some(&json!({})) && dice(2) == 0 {
            fields.remove("Condition");
        }
        if fields.get("Sid") == Some(&json!("")) && dice(2) == 0 {
            fields.remove("Sid");
        }
    }
    shuffle(statements, dice);
    if dice(3) == 0 {
        let again = statements[dice(statements.len())].clone();
        statements.push(again);
    }
    if statements.len() == 1 && dice(2) == 0 {
        rewritten["Statement"] = statements[0].clone();
    }
    if rewritten.get("Version") == Some(&json!("2008-10-17")) && dice(2) == 0 {
        rewritten.as_object_mut().expect("an object").remove("Version");
    }
    rewritten
}

/// Another spelling of a text, chosen by dice.
type Spelling = dyn Fn(&str, &mut dyn FnMut(usize) -> usize) -> String;

fn account(name: &str, dice: &mut dyn FnMut(usize) -> usize) -> String {
    match name {
        "111122223333" if dice(2) == 0 => "arn:aws:iam::111122223333:root".to_owned(),
        "arn:aws:iam::444455556666:root" if dice(2) == 0 => "444455556666".to_owned(),
        same => same.to_owned(),
    }
}

fn list(value: &Value, dice: &mut impl FnMut(usize) -> usize, text: &Spelling) -> Value {
    let mut items: Vec<Value> = match value {
        Value::Array(items) => items.clone(),
        single => vec![single.clone()],
    };
    for item in &mut items {
        *item = json!(text(item.as_str().expect("a string"), dice));
    }
    shuffle(&mut items, dice);
    if dice(3) == 0 {
        items.push(items[0].clone());
    }
    if items.len() == 1 && dice(2) == 0 { items.remove(0) } else { Value::Array(items) }
}

fn shuffle(items: &mut [Value], dice: &mut impl FnMut(usize) -> usize) {
    for i in (1..items.len()).rev() {
        items.swap(i, dice(i + 1));
    }
}

/// A source of choices that proptest can reproduce: a linear congruential generator.
fn dice(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |sides| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) % sides as u64) as usize
    }
}

/// Changes one thing: a statement or a value comes or goes, or a statement loses its conditions.
fn edit(value: &Value, dice: &mut impl FnMut(usize) -> usize, donor: &Value) -> Value {
    let mut edited = value.clone();
    let donated = donor["Statement"][0].clone();
    let statements = edited["Statement"].as_array_mut().expect("a list");
    let index = dice(statements.len());
    match dice(6) {
        0 => statements.push(donated),
        1 => drop(statements.remove(index)),
        2 => statements[index]["Condition"] = donated["Condition"].clone(),
        3 => statements[index]["Condition"] = json!({}),
        which => {
            let fields = statements[index].as_object_mut().expect("an object");
            let element = ["Action", "NotAction", "Principal", "NotPrincipal", "Resource"][dice(5)];
            let change = |field: &mut Value| {
                let Some(values) = field.as_array_mut() else {
                    return;
                };
                if which == 4 && values.len() > 1 {
                    values.remove(0);
                } else if let Some(more) =
                    donated.get(element).and_then(|d| d.get("AWS").unwrap_or(d).as_array())
                {
                    values.extend(more.iter().cloned());
                }
            };
            match fields.get_mut(element) {
                Some(Value::Object(by_type)) => by_type.get_mut("AWS").map_or((), change),
                Some(field) => change(field),
                None => {}
            }
        }
    }
    edited
}

fn request() -> impl Strategy<Value = Request> {
    let callers = [
        "arn:aws:iam::111122223333:role/a",
        "arn:aws:iam::111122223333:user/b",
        "arn:aws:sts::111122223333:assumed-role/a/s",
        "arn:aws:iam::444455556666:user/c",
        "logs.amazonaws.com",
    ];
    let contexts =
        (select(&["", "o-1", "o-2"][..]), select(&["", "7", "10"][..]), select(&["", "a"][..]));
    let actions = select(&["kms:Decrypt", "kms:GetKeyPolicy", "ec2:RunInstances"][..]);
    let keys = select(&["k", "other"][..]);
    (select(callers.to_vec()), actions, keys, contexts).prop_map(
        |(caller, action, key, (org, age, team))| {
            let mut request = Request::new(
                caller,
                action,
                &format!("arn:aws:kms:eu-west-1:111122223333:key/{key}"),
            );
            let values = |value: &str| {
                if value.is_empty() { vec![] } else { vec![value.to_owned()] }
            };
            for (key, value) in [
                ("aws:principalorgid", org),
                ("kms:viaservice", org),
                ("aws:multifactorauthage", age),
                ("aws:requesttag/team", team),
                ("aws:sourcevpce", team),
            ] {
                request.context.insert(key.to_owned(), values(value));
            }
            request
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_change_judged_not_to_widen_allows_nothing_new(
        value in document(), donor in document(), seed: u64, requests in vec(request(), 12),
    ) {
        let (old, new) = (read(&value), read(&edit(&value, &mut dice(seed), &donor)));
        let widening = diff(&old, &new, &context()).widening;
        for request in requests {
            let (before, after) = (old.evaluate(&request), new.evaluate(&request));
            let possible = [Decision::Allow, Decision::Unknown];
            if matches!(widening, Widening::Narrows | Widening::Neutral) && after == Decision::Allow {
                prop_assert!(possible.contains(&before), "{widening:?} but allows {request:?}");
            }
            if matches!(widening, Widening::Widens | Widening::Neutral) && before == Decision::Allow {
                prop_assert!(possible.contains(&after), "{widening:?} but forbids {request:?}");
            }
        }
    }

    #[test]
    fn documents_that_are_equal_decide_alike(value in document(), seed: u64, request in request()) {
        let (a, b) = (read(&value), read(&rewrite(&value, &mut dice(seed))));
        prop_assert_eq!(a.evaluate(&request), b.evaluate(&request));
    }
}

proptest! {
    #[test]
    fn a_document_equals_itself_and_has_no_diff(value in document()) {
        let policy = read(&value);
        prop_assert_eq!(compare(&policy, &policy, &context()), Comparison::Equal);
        let diff = diff(&policy, &policy, &context());
        prop_assert!(diff.statements.is_empty() && diff.document.is_empty());
        prop_assert_eq!(diff.widening, Widening::Neutral);
        prop_assert_eq!(diff.to_string(), "");
    }

    #[test]
    fn what_aws_may_rewrite_stays_equal(value in document(), first: u64, second: u64) {
        let once = rewrite(&value, &mut dice(first));
        let other = rewrite(&value, &mut dice(second));
        let (a, b, c) = (read(&value), read(&once), read(&other));
        for (x, y) in [(&a, &b), (&b, &a), (&a, &c), (&b, &c)] {
            prop_assert_eq!(compare(x, y, &context()), Comparison::Equal);
            prop_assert_eq!(diff(x, y, &context()).to_string(), "");
        }
    }

    #[test]
    fn comparison_is_symmetric_and_transitive(a in document(), b in document(), c in document(), seed: u64) {
        // Two of the three are close relatives, so that equality is not a rarity.
        let mut near = rewrite(&a, &mut dice(seed));
        match &mut near["Statement"] {
            Value::Array(statements) => statements[0]["Sid"] = json!("Z"),
            single => single["Sid"] = json!("Z"),
        }
        let all = [read(&a), read(&b), read(&c), read(&near), read(&rewrite(&near, &mut dice(!seed)))];
        for x in &all {
            for y in &all {
                prop_assert_eq!(compare(x, y, &context()), compare(y, x, &context()));
                for z in &all {
                    for relation in [|c| c == Comparison::Equal, |c| c != Comparison::Different] {
                        let holds = |a, b| relation(compare(a, b, &context()));
                        prop_assert!(!(holds(x, y) && holds(y, z)) || holds(x, z));
                    }
                }
            }
        }
    }

    #[test]
    fn another_principal_effect_action_resource_or_condition_is_never_equal(value in document(), which in 0_usize..7, seed: u64) {
        let mut changed = rewrite(&value, &mut dice(seed));
        if changed["Statement"].is_object() {
            changed["Statement"] = json!([changed["Statement"]]);
        }
        let index = dice(!seed)(changed["Statement"].as_array().expect("a list").len());
        let (statement, effect) = (&mut changed["Statement"][index], json!({"Allow": "Deny", "Deny": "Allow"}));
        let fields = statement.as_object_mut().expect("an object");
        match which {
            0 => { fields.retain(|name, _| !name.ends_with("Principal")); fields.insert("Principal".into(), json!({"AWS": "999988887777"})); }
            1 => { let flipped = effect[fields["Effect"].as_str().expect("a string")].clone(); fields.insert("Effect".into(), flipped); }
            2 => { fields.retain(|name, _| !name.ends_with("Action")); fields.insert("Action".into(), json!("kms:ScheduleKeyDeletion")); }
            3 => { fields.insert("Resource".into(), json!("arn:aws:kms:eu-west-1:111122223333:key/other")); }
            4 => { fields.insert("Condition".into(), json!({"StringEquals": {"aws:SourceVpce": "vpce-2"}})); }
            5 => { fields.retain(|name, _| !name.ends_with("Principal")); }
            _ => { fields.retain(|name, _| !name.ends_with("Resource")); }
        }
        let (a, b) = (read(&value), read(&changed));
        // Flipping one effect of a pair that differs in nothing else gives the same pair again.
        let swapped = which == 1 && value["Statement"].as_array().is_some_and(|s| s.len() > 1);
        if !swapped {
            prop_assert!(!equivalent(&a, &b, &context()));
            prop_assert!(!equivalent(&b, &a, &context()));
            prop_assert!(!diff(&a, &b, &context()).to_string().is_empty());
        }
    }

    #[test]
    fn reading_back_what_was_written_gives_the_same_document(value in document()) {
        let policy = read(&value);
        for text in [policy.to_json(), policy.to_minified_json()] {
            prop_assert_eq!(&PolicyDocument::parse(&text, Dialect::KeyPolicy).expect("own output"), &policy);
        }
        let through_serde: PolicyDocument =
            serde_json::from_str(&serde_json::to_string(&policy).expect("serializes")).expect("own \
                output");
        prop_assert_eq!(through_serde, policy);
    }

    #[test]
    fn a_diff_is_empty_exactly_when_nothing_differs_and_turns_round_with_its_sides(a in document(), b in document()) {
        let (a, b) = (read(&a), read(&b));
        let (there, back) = (diff(&a, &b, &context()), diff(&b, &a, &context()));
        prop_assert_eq!(there.comparison, back.comparison);
        prop_assert_eq!(there.to_string().is_empty(), there.comparison == Comparison::Equal);
        let turned = match there.widening {
            Widening::Widens => Widening::Narrows,
            Widening::Narrows => Widening::Widens,
            other => other,
        };
        // Pairs may fall differently the other way round, which can only blur the answer, never
        // reverse it.
        let blurred = [Widening::Mixed, Widening::Unknown];
        prop_assert!(back.widening == turned || blurred.contains(&back.widening) || blurred.contains(&turned));
        for line in there.to_string().lines() {
            prop_assert!(["+ ", "- ", "~ "].iter().any(|mark| line.trim_start_matches("  ").starts_with(mark)), "{}", line);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,64}", json in "[\\[\\]{}:,\"a-zA-Z0-9 \
        ]{0,64}") {
        for text in [text, json] {
            let _ = PolicyDocument::parse(&text, Dialect::EndpointPolicy).map(|policy| policy.lint(&context()));
        }
    }
}
