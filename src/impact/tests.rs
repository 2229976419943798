//! What policies would have done to calls, from records as CloudTrail writes them.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{gunzip::tests::gzip, *};
use crate::{
    kind::{Guarded, Reach},
    model::{
        Address,
        policy_document::{Dialect, PolicyDocument},
    },
};

const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k-1";

fn document(dialect: Dialect, statements: &Value) -> PolicyDocument {
    let text = json!({"Version": "2012-10-17", "Statement": statements});
    PolicyDocument::from_value(&text, dialect).unwrap()
}

fn scp(statements: &Value, targets: &[&str]) -> Vec<Guarded> {
    let targets = targets.iter().map(|&it| it.to_owned()).collect();
    let document = Some(document(Dialect::ServiceControlPolicy, statements));
    vec![Guarded { document, reach: Reach::Accounts(targets) }]
}

fn policies(before: Vec<Guarded>, after: Vec<Guarded>) -> Vec<Policy> {
    let address = Address::new("prod", "Policy", "p");
    let live = Some(("vpce-1", KEY));
    Policy::of(&address, ACCOUNT, "eu-west-1", live, (before, after)).unwrap()
}

fn record(id: u32, call: &str, changes: &Value) -> Value {
    let (service, name) = call.split_once(':').unwrap();
    let mut record = json!({
        "eventVersion": "1.11", "eventTime": format!("2026-01-02T00:00:{:02}Z", id % 60),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.31",
        "requestID": format!("r-{id}"), "eventID": format!("e-{id}"), "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "principalId": "AROA:ci",
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/s-{id}"),
            "sessionContext": {"sessionIssuer": {"arn": format!("arn:aws:iam::{ACCOUNT}:role/ci")}}},
    });
    for (member, value) in changes.as_object().unwrap() {
        record[member] = value.clone();
    }
    record
}

fn impact(policies: &[Policy], ground: &Ground, records: &[Value]) -> Impact {
    let known = Known::default();
    let mut analyst = Analyst::new(policies, ground, &known, None);
    for record in records {
        analyst.take(record.to_string().as_bytes());
    }
    Impact::of(policies, &analyst.finish(), std::collections::BTreeMap::new(), Vec::new())
}

/// Newly denied, cannot be told, newly allowed.
fn counts(impact: &Impact) -> (u64, u64, u64) {
    let of = &impact.policies[0];
    (of.newly_denied, of.undecided, of.newly_allowed)
}

fn here() -> Ground {
    Ground { accounts: [ACCOUNT.to_owned()].into(), ..Ground::default() }
}

fn in_vpc_only() -> Value {
    json!([{"Sid": "InVpc", "Effect": "Deny", "Action": "sagemaker:CreateTrainingJob",
        "Resource": "*", "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}}])
}

#[test]
fn a_new_denial_names_who_did_what_and_by_which_statement() {
    let policies = policies(Vec::new(), scp(&in_vpc_only(), &[ACCOUNT]));
    let inside = json!({"requestParameters": {"trainingJobName": "b",
        "vpcConfig": {"subnets": ["subnet-1"]}}});
    let outside = json!({"requestParameters": {"trainingJobName": "a"}});
    let hidden = json!({"requestParameters": {"omitted": true}});
    let call = "sagemaker:CreateTrainingJob";
    let found = impact(
        &policies,
        &here(),
        &[
            record(1, call, &outside),
            record(2, call, &outside),
            record(3, call, &inside),
            record(4, call, &hidden),
            record(5, "ec2:RunInstances", &json!({})),
        ],
    );
    assert_eq!(counts(&found), (2, 1, 0));
    let [denied, untold] = &found.policies[0].groups[..] else { panic!("{found:#?}") };
    assert_eq!(denied.principal, "arn:aws:iam::111122223333:role/ci");
    assert_eq!((denied.action.as_str(), denied.count), (call, 2));
    assert_eq!(denied.statements, ["InVpc".to_owned()].into());
    assert_eq!(denied.events, ["e-1", "e-2"]);
    let job = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a";
    assert_eq!(denied.resources[0].resource, job);
    assert_eq!(untold.missing, ["sagemaker:vpcsubnets".to_owned()].into());
    assert!(found.has_changes() && found.is_undecided());
}

#[test]
fn what_depends_on_tags_that_no_record_holds_cannot_be_told() {
    let tagged = json!([{"Effect": "Deny", "Action": "ec2:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}}]);
    let policies = policies(Vec::new(), scp(&tagged, &[ACCOUNT]));
    let found = impact(&policies, &here(), &[record(1, "ec2:RunInstances", &json!({}))]);
    assert_eq!(counts(&found), (0, 1, 0));
    let missing = &found.policies[0].groups[0].missing;
    assert_eq!(*missing, ["aws:principaltag/team".to_owned()].into());
}

#[test]
fn nothing_is_told_without_calls() {
    let policies = policies(Vec::new(), scp(&in_vpc_only(), &[ACCOUNT]));
    let found = impact(&policies, &here(), &[]);
    assert!(found.is_undecided() && !found.has_changes());
    assert!(found.notes[0].contains("nothing can be told"), "{:?}", found.notes);
}

#[test]
fn only_principals_below_the_targets_are_limited_and_never_those_that_aws_exempts() {
    let all = json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]);
    let policies = policies(Vec::new(), scp(&all, &["ou-1"]));
    let call = || record(1, "ec2:RunInstances", &json!({}));
    let below: OrganizationTree = serde_json::from_value(json!(
        {ACCOUNT: {"above": ["r-1", "ou-1"], "closed": false, "active": true}}
    ))
    .unwrap();
    let elsewhere: OrganizationTree = serde_json::from_value(
        json!({ACCOUNT: {"above": ["r-1"], "closed": false, "active": true}}),
    )
    .unwrap();
    let with = |tree| Ground { tree: Some(tree), ..here() };
    assert_eq!(counts(&impact(&policies, &with(below.clone()), &[call()])), (1, 0, 0));
    assert_eq!(counts(&impact(&policies, &with(elsewhere), &[call()])), (0, 0, 0));
    let unread = impact(&policies, &here(), &[call()]);
    assert_eq!(counts(&unread), (0, 1, 0), "the organization was not read");
    let said = Ground { below: [ACCOUNT.to_owned()].into(), ..here() };
    assert_eq!(counts(&impact(&policies, &said, &[call()])), (1, 0, 0));
    let manager = Ground { managers: [ACCOUNT.to_owned()].into(), ..with(below.clone()) };
    assert_eq!(counts(&impact(&policies, &manager, &[call()])), (0, 0, 0));
    let service = json!({"userIdentity": {"type": "AWSService", "accountId": ACCOUNT,
        "invokedBy": "autoscaling.amazonaws.com"}});
    let linked = json!({"userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT,
        "sessionContext": {"sessionIssuer": {"arn":
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/X"}}}});
    for exempt in [service, linked] {
        let calls = [record(1, "ec2:RunInstances", &exempt)];
        assert_eq!(counts(&impact(&policies, &with(below.clone()), &calls)), (0, 0, 0));
    }
}

#[test]
fn a_denial_that_ends_allows_and_what_failed_anyway_is_not_newly_denied() {
    let deny = json!([{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}]);
    let none = json!([{"Effect": "Deny", "Action": "a:b", "Resource": "*"}]);
    let (old, new) = (|| scp(&deny, &[ACCOUNT]), || scp(&none, &[ACCOUNT]));
    let failed = json!({"errorCode": "Client.UnauthorizedOperation"});
    let calls = [
        record(1, "ec2:RunInstances", &failed),
        record(2, "ec2:RunInstances", &json!({"errorCode": "Client.DryRunOperation"})),
    ];
    assert_eq!(counts(&impact(&policies(old(), new()), &here(), &calls)), (0, 0, 2));
    let tightened = impact(&policies(new(), old()), &here(), &calls);
    assert_eq!(counts(&tightened), (1, 0, 0), "a dry run shows that it would have been allowed");
    assert_eq!(tightened.policies[0].denied_anyway, 1);
}

#[test]
fn a_statement_that_stays_decides_nothing_new_however_unknown_it_is() {
    let tagged = json!({"Effect": "Deny", "Action": "ec2:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "ml"}}});
    let more = json!({"Effect": "Deny", "Action": "kms:*", "Resource": "*"});
    let change =
        policies(scp(&json!([tagged]), &[ACCOUNT]), scp(&json!([tagged, more]), &[ACCOUNT]));
    let found = impact(&change, &here(), &[record(1, "ec2:RunInstances", &json!({}))]);
    assert_eq!(counts(&found), (0, 0, 0));
    assert!(!found.is_undecided());
}

#[test]
fn taking_away_what_a_policy_allowed_depends_on_the_other_policies() {
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let some = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
    let change = policies(scp(&all, &[ACCOUNT]), scp(&some, &[ACCOUNT]));
    let found = impact(&change, &here(), &[record(1, "ec2:RunInstances", &json!({}))]);
    assert_eq!(counts(&found), (0, 1, 0));
    let missing = found.policies[0].groups[0].missing.iter().next().unwrap();
    assert_eq!(missing, "whether another policy allows it");
}

#[test]
fn a_key_policy_decides_the_calls_on_its_key_and_grants_may_allow_more() {
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    let allow = |actions: &[&str]| {
        let statement = json!({"Effect": "Allow", "Principal": root, "Action": actions,
            "Resource": "*"});
        vec![Guarded {
            document: Some(document(Dialect::KeyPolicy, &json!([statement]))),
            reach: Reach::Key,
        }]
    };
    let change = policies(allow(&["kms:*"]), allow(&["kms:Describe*"]));
    let on = |key: &str| json!({"resources": [{"ARN": key, "accountId": ACCOUNT}]});
    let other = "arn:aws:kms:eu-west-1:111122223333:key/k-2";
    for (call, resources, expected) in [
        ("kms:PutKeyPolicy", on(KEY), (1, 0, 0)),
        ("kms:Decrypt", on(KEY), (0, 1, 0)),
        ("kms:DescribeKey", on(KEY), (0, 0, 0)),
        ("kms:PutKeyPolicy", on(other), (0, 0, 0)),
        ("kms:PutKeyPolicy", json!({}), (0, 1, 0)),
        ("kms:CreateKey", json!({}), (0, 0, 0)),
    ] {
        let found = impact(&change, &here(), &[record(1, call, &resources)]);
        assert_eq!(counts(&found), expected, "{call} {resources}");
    }
}

#[test]
fn a_bucket_policy_denies_its_own_bucket_only_and_an_endpoint_what_goes_through_it() {
    let arn = "arn:aws:s3:::logs";
    let bucket = |statements: &Value| {
        let document = Some(document(Dialect::BucketPolicy, statements));
        vec![Guarded { document, reach: Reach::Bucket { arn: arn.into() } }]
    };
    let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
        "Resource": format!("{arn}/*")}]);
    let change = policies(Vec::new(), bucket(&deny));
    let of = |name: &str| json!({"requestParameters": {"bucketName": name, "key": "a"}});
    let calls = [record(1, "s3:DeleteObject", &of("logs")), record(2, "s3:DeleteObject", &of("x"))];
    assert_eq!(counts(&impact(&change, &here(), &calls)), (1, 0, 0));

    let endpoint = |actions: &str| {
        let statement = json!([{"Effect": "Allow", "Principal": "*", "Action": actions,
            "Resource": "*"}]);
        let document = Some(document(Dialect::EndpointPolicy, &statement));
        let prefixes = BTreeSet::from(["s3".to_owned()]);
        vec![Guarded { document, reach: Reach::Endpoint { prefixes } }]
    };
    let change = policies(endpoint("*"), endpoint("s3:Get*"));
    let through = |id: &str| json!({"sourceIPAddress": "10.0.0.1", "vpcEndpointId": id});
    for (changes, expected) in [
        (through("vpce-1"), (1, 0, 0)),
        (through("vpce-2"), (0, 0, 0)),
        (json!({}), (0, 0, 0)),
        (json!({"sourceIPAddress": "10.0.0.1"}), (0, 1, 0)),
    ] {
        let calls = [record(1, "s3:DeleteObject", &changes)];
        assert_eq!(counts(&impact(&change, &here(), &calls)), expected, "{changes}");
    }
}

#[test]
fn a_call_without_an_action_of_its_name_is_never_taken_as_not_affected() {
    let deny = json!([{"Effect": "Deny", "Action": "apigateway:DELETE", "Resource": "*"}]);
    let policies = policies(Vec::new(), scp(&deny, &[ACCOUNT]));
    let found = impact(&policies, &here(), &[record(1, "apigateway:DeleteRestApi", &json!({}))]);
    assert_eq!(counts(&found), (0, 1, 0));
    assert!(found.policies[0].groups[0].missing.contains("action"));
}

#[test]
fn a_role_that_is_passed_is_asked_for_too() {
    let deny = json!([{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}]);
    let policies = policies(Vec::new(), scp(&deny, &[ACCOUNT]));
    let sent = json!({"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/exec"}});
    let found = impact(&policies, &here(), &[record(1, "sagemaker:CreateModel", &sent)]);
    assert_eq!(counts(&found), (1, 0, 0));
    assert_eq!(found.policies[0].groups[0].action, "iam:PassRole");
}

#[test]
fn a_value_that_is_only_known_later_is_not_taken_for_a_text() {
    let later = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "x (known after apply)"}}}]);
    let policies = policies(Vec::new(), scp(&later, &[ACCOUNT]));
    let through = json!({"sourceIPAddress": "10.0.0.1", "vpcEndpointId": "vpce-9"});
    let found = impact(&policies, &here(), &[record(1, "s3:GetObject", &through)]);
    assert_eq!(counts(&found), (0, 1, 0));
}

#[test]
fn files_give_what_the_records_in_them_give_once_and_in_any_packing() {
    let policies = policies(Vec::new(), scp(&in_vpc_only(), &[ACCOUNT]));
    let call = "sagemaker:CreateTrainingJob";
    let records: Vec<Value> = (0..3_000)
        .map(|id| record(id, call, &json!({"requestParameters": {"trainingJobName": "a"}})))
        .collect();
    let alone = impact(&policies, &here(), &records);
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = records.split_at(1_000);
    fs::create_dir_all(dir.path().join("a/b")).unwrap();
    let file = |records: &[Value]| json!({"Records": records}).to_string();
    fs::write(dir.path().join("a/b/1.json.gz"), gzip(file(first).as_bytes())).unwrap();
    let events: Vec<Value> =
        second.iter().map(|it| json!({"CloudTrailEvent": it.to_string()})).collect();
    fs::write(dir.path().join("a/2.json"), json!({"Events": events}).to_string()).unwrap();
    // The same again, as another trail has it.
    fs::write(dir.path().join("3.json"), file(first)).unwrap();
    fs::write(dir.path().join("readme.txt"), "no records").unwrap();
    let tally = of_files(&[dir.path().to_owned()], &policies, &here(), None).unwrap();
    let found = Impact::of(&policies, &tally, std::collections::BTreeMap::new(), Vec::new());
    assert_eq!(found.policies, alone.policies);
    assert_eq!((found.covered.events, found.covered.duplicates), (3_000, 1_000));

    fs::write(dir.path().join("4.json.gz"), &gzip(b"{\"Records\": []}")[..20]).unwrap();
    let wrong = of_files(&[dir.path().to_owned()], &policies, &here(), None).unwrap_err();
    assert!(wrong.to_string().contains("4.json.gz"), "{wrong}");
}

#[test]
fn what_is_found_is_bounded_and_nothing_of_it_is_lost() {
    let deny = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let policies = policies(Vec::new(), scp(&deny, &[ACCOUNT]));
    let records: Vec<Value> = (0..500)
        .map(|id| {
            let key = format!("object-{id}");
            record(
                id,
                "s3:GetObject",
                &json!({"requestParameters":
                {"bucketName": "b", "key": key}}),
            )
        })
        .collect();
    let found = impact(&policies, &here(), &records);
    assert_eq!(counts(&found), (500, 0, 0));
    let [group] = &found.policies[0].groups[..] else { panic!("one group") };
    assert_eq!((group.count, group.resources.len(), group.other_resources), (500, 20, 480));
    assert_eq!(group.events.len(), 3);
}
