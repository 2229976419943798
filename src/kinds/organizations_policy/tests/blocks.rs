//! Manifests that name blocks of the guardrail library.

use super::*;

fn spec(value: &Value) -> Result<State, String> {
    resolve(value.clone())
}

fn statements(state: &State) -> Vec<Value> {
    let document = state.content.as_ref().and_then(Content::document).expect("a document");
    document.as_value()["Statement"].as_array().cloned().expect("statements")
}

#[test]
fn blocks_make_up_the_policy_alone_and_after_what_is_written_out() {
    let blocks = json!([{"use": "scp/root-none"}, {"use": "scp/org-stay"}]);
    let alone = spec(&json!({"guardrails": blocks})).unwrap();
    let sids: Vec<_> = statements(&alone).iter().map(|it| it["Sid"].clone()).collect();
    assert_eq!(sids, ["OrgStay1", "RootNone1"]);
    let both = spec(&json!({"content": text("Deny", &["s3:A"]), "guardrails": blocks})).unwrap();
    let sids: Vec<_> = statements(&both).iter().map(|it| it["Sid"].clone()).collect();
    assert_eq!(sids, ["s3A", "OrgStay1", "RootNone1"]);
}

#[test]
fn a_manifest_with_blocks_is_compared_with_aws_as_one_that_is_written_out() {
    let blocks = spec(&json!({"guardrails": [{"use": "scp/org-stay"}], "targets": []})).unwrap();
    let content = blocks.content.as_ref().and_then(Content::document).unwrap().as_value().clone();
    let written = spec(&json!({"content": content, "targets": []})).unwrap();
    assert_eq!(plan(&blocks, &written), "");
    // What a block adds and what it stops is shown statement by statement, with its risk.
    let more = json!({"guardrails": [{"use": "scp/org-stay"}, {"use": "scp/kms-grants"}]});
    let more = spec(&more).unwrap();
    let shown = plan(&more, &blocks);
    assert!(shown.contains("update content [tightens]"), "{shown}");
    assert!(shown.contains(r#"+ statement "KmsGrants1" (Deny): narrows access"#), "{shown}");
}

#[test]
fn facts_of_the_scope_and_of_the_organization_are_filled_in() {
    let guard = json!({"guardrails": [{"use": "scp/s3-guard"}]});
    let (state, resolution) = resolve_in(&organization(), guard);
    assert!(resolution.organization, "the default of `archive` names it");
    assert!(state.is_ok());
    let (_, resolution) =
        resolve_in(&organization(), json!({"guardrails": [{"use": "scp/org-stay"}]}));
    assert!(!resolution.organization);
}

#[test]
fn problems_are_at_the_block_or_parameter_that_has_them() {
    for (given, says) in [
        (json!({"guardrails": [{"use": "scp/nope"}]}), "guardrails[0].use: there is no block"),
        (
            json!({"guardrails": [{"use": "scp/regions", "with": {"regions": ["x"]}}]}),
            "guardrails[0].with.regions[0]: is not a Region",
        ),
        (json!({"guardrails": []}), "content: missing (write a policy document, or name"),
        (json!({}), "content: missing"),
        (json!({"content": "x", "guardrails": [{"use": "scp/org-stay"}]}), "content: is not"),
        (
            json!({"content": text("Deny", &["s3:A"]), "compact": true}),
            "compact: has no effect on a service control policy without blocks",
        ),
        // What is wrong with what is written out stays there, behind the blocks or not.
        (
            json!({
                "content": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:A", "Resource": "*"}]},
                "guardrails": [{"use": "scp/org-stay"}],
            }),
            "content.Statement[0].Principal",
        ),
        (
            json!({
                "content": text("Deny", &["s3:A"]).as_object().map(|it| {
                    let mut it = it.clone();
                    it["Statement"][0]["Sid"] = json!("OrgStay1");
                    it
                }),
                "guardrails": [{"use": "scp/kms-grants"}, {"use": "scp/org-stay"}],
            }),
            "guardrails[1]: the same Sid as Statement[0]",
        ),
    ] {
        let problems = spec(&given).expect_err("problems");
        assert!(problems.contains(says), "{given}: {problems}");
    }
}

#[test]
fn what_does_not_fit_into_one_policy_says_what_to_move_and_what_merging_saves() {
    let role = |number: usize| format!("a-role-with-a-name-of-some-length-{number:04}");
    let roles: Vec<_> = (0..60).map(role).collect();
    let with = json!({"exempt": roles});
    let blocks: Vec<_> = ["config-keep", "cloudtrail-keep", "guardduty-keep", "sm-remote"]
        .iter()
        .map(|block| json!({"use": format!("scp/{block}"), "with": with}))
        .collect();
    let problems = spec(&json!({"guardrails": blocks})).unwrap_err();
    assert!(problems.starts_with("guardrails: "), "{problems}");
    assert!(problems.contains("more than the 10240 AWS takes"), "{problems}");
    assert!(problems.contains("the largest blocks: scp/sm-remote ("), "{problems}");
    assert!(problems.contains("palisade guardrails --compose FILE"), "{problems}");
}

#[test]
fn compact_merges_statements_of_the_same_shape() {
    let blocks = json!([{"use": "scp/config-keep"}, {"use": "scp/cloudtrail-keep"}]);
    let plain = spec(&json!({"guardrails": blocks})).unwrap();
    let compact = spec(&json!({"guardrails": blocks, "compact": true})).unwrap();
    assert_eq!((statements(&plain).len(), statements(&compact).len()), (2, 1));
    let document = |state: &State| state.content.as_ref().unwrap().document().unwrap().clone();
    let request = crate::model::policy_document::Request::new(
        "arn:aws:iam::111122223333:role/x",
        "config:StopConfigurationRecorder",
        "*",
    );
    let denied = crate::model::policy_document::Decision::Deny;
    assert_eq!(document(&compact).evaluate(&request), denied);
    assert_eq!(document(&plain).evaluate(&request), denied);
}

#[test]
fn a_resource_control_policy_has_blocks_and_a_management_policy_has_none() {
    let registry = register(Registry::default());
    let facts = facts();
    let known = organization();
    let resolve = |kind: &str, spec: Value| {
        let mut refs = Refs::new(&facts, "p", &known);
        registry.resolve(kind, &spec, &mut refs).map(|it| it.state)
    };
    let blocks = json!([{"use": "rcp/tls"}]);
    let state = resolve("ResourceControlPolicy", json!({"guardrails": blocks})).unwrap();
    assert_eq!(state["content"]["document"]["Statement"][0]["Sid"], "Tls1");
    let wrong = resolve("TagPolicy", json!({"guardrails": blocks})).unwrap_err();
    assert!(wrong.iter().any(|it| it.field == "guardrails"), "{wrong:?}");
    let wrong = resolve("ResourceControlPolicy", json!({"guardrails": [{"use": "scp/org-stay"}]}));
    assert!(wrong.unwrap_err()[0].why.contains("is not for resource control policies"));
}

#[test]
fn a_reference_in_a_parameter_waits_like_any_other() {
    let spec = json!({"guardrails": [
        {"use": "scp/sm-presign", "with": {"vpces": ["${ml-prod/VpcEndpoint/studio}"]}}]});
    let registry = crate::kinds::registry();
    let (facts, known) = (facts(), organization());
    let mut refs = Refs::new(&facts, "p", &known);
    let state = registry.resolve("ServiceControlPolicy", &spec, &mut refs).expect("resolved").state;
    assert!(state.to_string().contains("known after apply"), "{state}");
    assert_eq!(refs.finish().waiting().len(), 1);
}

#[test]
fn a_region_that_is_not_known_is_a_warning_because_it_can_be_new() {
    let regions = |region: &str| {
        resolve_in(
            &organization(),
            json!({"guardrails": [{"use": "scp/regions", "with": {"regions": [region]}}]}),
        )
    };
    let (state, resolution) = regions("eu-wset-1");
    assert!(state.is_ok());
    let [warning] = &resolution.warnings[..] else { panic!("{:?}", resolution.warnings) };
    assert_eq!(warning.field, "guardrails[0].with.regions[0]");
    assert_eq!(warning.help.as_deref(), Some("did you mean `eu-west-1`?"));
    assert_eq!(regions("eu-west-1").1.warnings, []);
}

#[test]
fn the_schema_says_what_each_block_takes() {
    let registry = register(Registry::default());
    let kind = registry.get(service_control_policy::NAME).expect("registered");
    let schema = kind.spec_schema().to_value();
    let items = &schema["properties"]["guardrails"]["items"];
    let of = |block: &str| {
        let all = items["allOf"].as_array().expect("a list").iter();
        let found = all.clone().find(|it| it["if"]["properties"]["use"]["const"] == block);
        found.expect("a block")["then"]["properties"]["with"].clone()
    };
    let regions = of("scp/regions");
    assert_eq!(regions["required"], json!(["regions"]));
    assert_eq!(regions["properties"]["regions"]["type"], "array");
    assert_eq!(of("scp/kms-keep")["properties"]["minWindow"]["maximum"], 30);
    assert_eq!(of("scp/sm-notebooks")["properties"]["imdsv2"]["type"], "boolean");
    assert_eq!(of("scp/org-stay")["properties"], json!({}));
}
