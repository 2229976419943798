//! What AWS refuses in policy documents is found without asking it, and what it takes can be written.

use std::{fs, path::Path};

use palisade::simulator::example::SETTINGS;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{Served, palisade};

/// A directory with one file of manifests, and the settings of the demo.
fn place(manifests: &str) -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("palisade.yaml"), SETTINGS).expect("written");
    fs::create_dir(place.path().join("desired")).expect("made");
    fs::write(place.path().join("desired/a.yaml"), manifests).expect("written");
    place
}

/// `validate`, as JSON, and its exit code.
fn validate(manifests: &str, more: &[&str]) -> (i32, Value) {
    let place = place(manifests);
    let mut command = palisade();
    command.current_dir(place.path()).args(["validate", "desired", "-o", "json"]).args(more);
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    (output.status.code().expect("it ended by itself"), document)
}

/// A manifest as every field of it stands on a line of its own where that matters.
fn manifest(kind: &str, name: &str, scope: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, scope: {scope}}}\nspec:\n{spec}"
    )
}

fn scp(statements: &[&str]) -> String {
    let statements: String = statements.iter().map(|s| format!("      - {s}\n")).collect();
    let spec = format!(
        "  targets: []\n  content:\n    Version: '2012-10-17'\n    Statement:\n{statements}"
    );
    manifest("ServiceControlPolicy", "p", "org", &spec)
}

fn key(statement: &str) -> String {
    let root = "{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}";
    let spec = format!(
        "  policy:\n    Version: '2012-10-17'\n    Statement:\n      - {root}\n      - {statement}\n"
    );
    manifest("KmsKey", "k", "ml-prod", &spec)
}

fn endpoint(service: &str, statement: &str) -> String {
    let spec = format!(
        "  type: Gateway\n  service: {service}\n  vpc: {{lookup: {{tags: {{Name: ml}}}}}}\n  routeTables: []\n  policy:\n    Version: '2012-10-17'\n    Statement:\n      - {statement}\n"
    );
    manifest("VpcEndpoint", service, "ml-prod", &spec)
}

/// Every problem has a line, a field, a reason and a way out.
fn assert_complete(document: &Value) {
    for problem in document["problems"].as_array().expect("a list") {
        assert!(problem["origin"]["line"].as_u64().is_some_and(|line| line > 0), "{problem}");
        for part in ["path", "message", "help"] {
            assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
    }
}

#[test]
fn what_organizations_refuses_is_a_problem_at_its_place_and_what_it_takes_is_none() {
    let leave =
        "{Sid: Second, Effect: Deny, Action: 'organizations:LeaveOrganization', Resource: '*'}";
    let deny = |sid: &str, action: &str| {
        format!("{{Sid: {sid}, Effect: Deny, Action: {action}, Resource: '*'}}")
    };
    let trail = "'cloudtrail:StopLogging'";
    for (statement, path) in [
        (deny("DenyTrail1", trail), None),
        (deny("Mid", "'iam:*AccessKey*'"), None),
        (deny("All", "'s3:*'"), None),
        (deny("New", "'nosuchservice:NoSuchAction'"), None),
        (
            "{Sid: AllowCond, Effect: Allow, NotAction: 'iam:*', NotResource: 'arn:aws:s3:::logs', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}".to_owned(),
            None,
        ),
        (deny("deny_trail", trail), Some("Sid")),
        (deny("deny-trail", trail), Some("Sid")),
        (deny("'Deny trail'", trail), Some("Sid")),
        (deny("Deny", "[StopLogging]"), Some("Action[0]")),
        (deny("Deny", "['s3:PutObject', '*:Untag*']"), Some("Action[1]")),
        (deny("Deny", "'cloudtrail.StopLogging'"), Some("Action")),
        (deny("Deny", "'s3:Put:Object'"), Some("Action")),
        (deny("Deny", "[]"), Some("Action")),
        ("{Effect: Deny, Action: 's3:Put*', Resource: 'my-bucket/*'}".to_owned(), Some("Resource")),
        ("{Effect: Deny, Action: 's3:Put*', Resource: ['*', 'arn:aws:s3']}".to_owned(), Some("Resource[1]")),
        ("{Effect: Deny, Action: 's3:Put*'}".to_owned(), Some("Resource")),
        (
            "{Effect: Deny, Action: 's3:Put*', Resource: '*', Condition: {StringEqual: {'aws:RequestedRegion': eu-west-1}}}".to_owned(),
            Some("Condition.StringEqual"),
        ),
        (
            "{Effect: Deny, Action: 's3:Put*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'no'}}}".to_owned(),
            Some("Condition.Bool.aws:SecureTransport"),
        ),
        (
            "{Effect: Deny, Action: 's3:Put*', Resource: '*', Principal: '*'}".to_owned(),
            Some("Principal"),
        ),
        ("{Effect: deny, Action: 's3:Put*', Resource: '*'}".to_owned(), Some("Effect")),
        ("{Effect: Deny, action: 's3:Put*', Resource: '*'}".to_owned(), Some("action")),
    ] {
        let (exit, document) = validate(&scp(&[&statement, leave]), &[]);
        let paths: Vec<&str> = document["problems"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|problem| problem["path"].as_str())
            .collect();
        let expected = path.map(|path| format!("spec.content.Statement[0].{path}"));
        assert_eq!(paths, expected.iter().map(String::as_str).collect::<Vec<_>>(), "{statement}");
        assert_eq!(exit, i32::from(expected.is_some()), "{statement}: {document}");
        assert_complete(&document);
    }
    let twice = deny("Deny", trail);
    let (exit, document) = validate(&scp(&[&twice, &twice]), &[]);
    assert_eq!(
        (exit, &document["problems"][0]["path"]),
        (1, &"spec.content.Statement[1].Sid".into())
    );
}

#[test]
fn policies_that_aws_refuses_are_all_found_at_once() {
    let bucket = "{Effect: Deny, Action: 's3:PutObject', Resource: my-bucket}";
    let all = [
        key("{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/x'}, Action: 'kms:Decrypt', Resource: '*', Condition: {StringEqual: {'kms:ViaService': s3.eu-west-1.amazonaws.com}}}"),
        key("{Effect: Allow, Principal: {Service: sagemaker}, Action: 'kms:Decrypt', Resource: '*'}").replace("name: k,", "name: k2,"),
        scp(&["{Sid: no spaces here, Effect: Deny, Action: 's3:PutObject', Resource: '*'}", bucket]),
        endpoint("s3", "{Effect: Allow, Action: 's3:*', Resource: '*'}"),
        endpoint("dynamodb", "{Effect: Allow, Principal: '*', Action: 'dynamodb:*', Resource: '*', Condition: {StringLike: {'aws:PrincipalAccount': '1111*'}}}"),
    ];
    let (exit, document) = validate(&all.concat(), &[]);
    assert_eq!(exit, 1);
    let problems = document["problems"].as_array().expect("a list");
    assert_eq!(problems.len(), 6, "{document:#}");
    assert_complete(&document);
}

#[test]
fn an_action_that_is_not_known_is_a_finding_which_fails_validate_only_when_strict() {
    let manifests = scp(&["{Effect: Deny, Action: 'cloudtrail:StopLoging', Resource: '*'}"]);
    let (exit, document) = validate(&manifests, &[]);
    assert_eq!((exit, document["problems"].as_array().map(Vec::len)), (0, Some(0)), "{document}");
    let of_it = |document: &Value| {
        let all = document["findings"].as_array().expect("a list").iter();
        all.filter(|finding| finding["rule"] == "SCP-ACT").cloned().collect::<Vec<_>>()
    };
    let found = of_it(&document);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]["message"].as_str().is_some_and(|text| text.contains("`cloudtrail:StopLogging`")),
        "{document}"
    );
    assert_eq!(validate(&manifests, &["--strict"]).0, 1);
    let waived = manifests.replace("spec:", "lifecycle: {waive: {SCP-ACT: it is new}}\nspec:");
    assert_eq!(of_it(&validate(&waived, &[]).1)[0]["waived"], "it is new");
}

#[test]
fn what_is_wrong_with_a_block_has_its_line_and_column_and_a_way_out() {
    let spec = "  guardrails:
    - use: scp/cloudtrail-keep
    - use: scp/regoins
    - use: scp/regions
      with:
        regions: [eu-west-1, Ireland]
        exmpt: [me]
";
    let (exit, document) = validate(&manifest("ServiceControlPolicy", "p", "org", spec), &[]);
    assert_eq!(exit, 1);
    assert_complete(&document);
    let problems = document["problems"].as_array().expect("a list");
    let at = |path: &str| {
        let found = problems.iter().find(|it| it["path"] == path);
        let found = found.unwrap_or_else(|| panic!("{path}: {document:#}"));
        let place = (found["origin"]["line"].as_u64(), found["origin"]["column"].as_u64());
        (place, found["help"].as_str().unwrap_or_default())
    };
    assert_eq!(at("spec.guardrails[1].use"), ((Some(8), Some(7)), "did you mean `scp/regions`?"));
    assert_eq!(at("spec.guardrails[2].with.regions[1]").0, (Some(11), Some(30)));
    let (place, help) = at("spec.guardrails[2].with.exmpt");
    assert_eq!((place, help), ((Some(12), Some(9)), "did you mean `exempt`?"));
}

#[test]
fn the_baseline_judges_what_blocks_compose_to_and_names_the_block() {
    let spec = "  guardrails:
    - use: scp/org-stay
    - use: scp/sm-unkeyed
      with: {actions: ['sagemaker:CreateAlgoritm', 'sagemaker:CreateWorkforce']}
";
    let (exit, document) = validate(&manifest("ServiceControlPolicy", "p", "org", spec), &[]);
    assert_eq!(exit, 0, "{document:#}");
    let findings = document["findings"].as_array().expect("a list");
    let found: Vec<_> = findings.iter().filter(|it| it["rule"] == "SCP-ACT").collect();
    assert_eq!(found.len(), 1, "{document:#}");
    assert_eq!(found[0]["path"], "spec.guardrails[1]");
    assert_eq!(found[0]["origin"]["line"], 8, "{document:#}");
    // What a block denies is denied: the rule about trails finds nothing with the block.
    let trails = |spec: &str| {
        let (_, document) = validate(&manifest("ServiceControlPolicy", "p", "org", spec), &[]);
        let findings = document["findings"].as_array().expect("a list").clone();
        findings.into_iter().filter(|it| it["rule"] == "SCP-01").count()
    };
    let keep =
        "  targets: [root]\n  guardrails: [{use: scp/cloudtrail-keep}, {use: scp/config-keep}]\n";
    assert_eq!(trails(keep), 0);
    assert!(trails("  targets: [root]\n  guardrails: [{use: scp/org-stay}]\n") > 0);
}

/// Runs the program in a place and asserts its exit code.
fn run(aws: &Served, place: &Path, exit: i32, arguments: &[&str]) -> String {
    let output = aws.palisade(place).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}\n{said}\n{errors}");
    said
}

#[test]
fn a_quarantine_policy_can_be_written_applied_and_stays_quiet() {
    let aws = Served::start();
    let place = place(&scp(&["{Sid: DenyAll, Effect: Deny, Action: '*', Resource: '*'}"]));
    let said = run(&aws, place.path(), 0, &["validate", "desired"]);
    assert!(said.contains("warning[SCP-ALL]: "), "{said}");
    assert!(said.contains("^ spec.content.Statement[0]"), "{said}");
    run(&aws, place.path(), 0, &["apply", "desired", "--yes", "--settle-window", "1s"]);
    run(
        &aws,
        place.path(),
        0,
        &["plan", "desired", "--detailed-exitcode", "--settle-window", "1s"],
    );
}

#[test]
fn a_policy_at_its_limit_of_actions_that_nobody_knows_is_taken_and_one_beyond_is_not() {
    let of = |count: usize| {
        let actions: Vec<_> =
            (0..count).map(|n| format!("'service{n:04}:DoSomethingLong{n:04}'")).collect();
        scp(&[&format!("{{Effect: Deny, Resource: '*', Action: [{}]}}", actions.join(", "))])
    };
    let (exit, document) = validate(&of(280), &[]);
    assert_eq!(exit, 0, "{}", document["problems"]);
    let (exit, document) = validate(&of(400), &[]);
    assert_eq!(exit, 1);
    let problem = &document["problems"][0];
    assert!(problem["message"].as_str().is_some_and(|text| text.contains("10240")), "{problem}");
    assert_complete(&document);
}
