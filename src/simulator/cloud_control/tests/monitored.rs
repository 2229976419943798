//! What monitors see.

use super::*;
use crate::{
    model::claim::{ADDRESS_TAG, OWNER_TAG},
    simulator::monitor::{Expectations, Monitor},
};

#[tokio::test(start_paused = true)]
async fn every_type_is_a_kind_of_the_truth() {
    let client = Client::default();
    let vpc = client.create(VPC, &json!({"CidrBlock": "10.0.0.0/16"})).await;
    client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    let statement = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-a",
    });
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    client.create(POLICY, &json!({"Bucket": "acme-a", "PolicyDocument": policy})).await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }]});
    client.create(ROLE, &json!({"RoleName": "config", "AssumeRolePolicyDocument": trust})).await;
    let role = "arn:aws:iam::111122223333:role/config";
    client.create(RECORDER, &json!({"Name": "default", "RoleARN": role})).await;
    let source = json!({"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"});
    client.create(RULE, &json!({"ConfigRuleName": "encrypted", "Source": source})).await;
    let truth = client.0.simulator.with(|world| world.truth());
    for (id, kind, fact) in [
        (vpc.as_str(), VPC, "dnsSupport true"),
        (
            "AWS::S3::Bucket/111122223333/acme-a",
            BUCKET,
            "PublicAccessBlockConfiguration.BlockPublicAcls true",
        ),
        ("AWS::IAM::Role/111122223333/config", ROLE, "maxSession 3600"),
        (
            "AWS::Config::ConfigurationRecorder/111122223333/eu-west-1/default",
            RECORDER,
            "recording false",
        ),
        (
            "AWS::Config::ConfigRule/111122223333/eu-west-1/encrypted",
            RULE,
            "Source.SourceIdentifier \"ENCRYPTED_VOLUMES\"",
        ),
    ] {
        let thing = &truth.things[id];
        assert_eq!((thing.kind, thing.account.as_str()), (kind, ACCOUNT));
        assert!(thing.facts.contains(fact), "{fact} in {:?}", thing.facts);
    }
    let policy = &truth.things["AWS::S3::BucketPolicy/111122223333/acme-a"];
    assert_eq!((policy.kind, policy.facts_of("policy").count()), (POLICY, 1));
}

/// A client whose calls a monitor watches, in a pass.
fn watched(present: &str) -> (Client, Monitor) {
    let client = Client::default();
    // An account whose Region was used has settings.
    client.act("ec2", "DescribeVpcs", &json!({}));
    let expect = Expectations {
        owner: crate::simulator::Owner::new("platform"),
        accounts: [ACCOUNT.to_owned()].into(),
        present: [present.to_owned()].into(),
        ..Expectations::default()
    };
    let monitor = Monitor::new(expect);
    monitor.life_begins(Duration::ZERO);
    monitor.pass_begins(Duration::ZERO);
    client.0.simulator.watch(monitor.clone());
    (client, monitor)
}

/// The rules broken so far, in order.
fn broken(monitor: &Monitor) -> Vec<&'static str> {
    let rules = monitor.violations().into_iter().map(|violation| violation.rule);
    rules.filter(|rule| *rule != "S8").collect()
}

const ADDRESS: &str = "ml/SecurityGroup/apps";

fn claimed() -> Value {
    let claim = json!([
        {"Key": OWNER_TAG, "Value": "platform"},
        {"Key": ADDRESS_TAG, "Value": ADDRESS},
    ]);
    json!({"CidrBlock": "10.0.0.0/16", "Tags": claim})
}

#[tokio::test(start_paused = true)]
async fn monitors_judge_claims_and_deletions_of_what_is_made_here() {
    let (client, monitor) = watched(ADDRESS);
    let id = client.create(VPC, &claimed()).await;
    assert_eq!(broken(&monitor), [""; 0], "{:?}", monitor.violations());
    client.create(VPC, &claimed()).await;
    assert_eq!(broken(&monitor), ["S3"], "two resources with one address");
    client.create(BUCKET, &json!({"BucketName": "acme-a"})).await;
    assert_eq!(broken(&monitor), ["S3", "S1"], "no claim");
    client.delete(VPC, &id).await;
    assert_eq!(broken(&monitor), ["S3", "S1", "S5"], "it may not be deleted");
}

#[tokio::test(start_paused = true)]
async fn a_failed_listing_of_one_type_is_about_that_type_alone() {
    let (client, monitor) = watched(ADDRESS);
    client.0.simulator.inject(Fault::throttle("ListResources").nth(1));
    let failed = client.call("ListResources", &json!({"TypeName": BUCKET}));
    assert_eq!(failed, Err("ThrottlingException".to_owned()));
    client.create(VPC, &claimed()).await;
    assert_eq!(broken(&monitor), [""; 0], "{:?}", monitor.violations());
    client.start(BUCKET, &json!({"BucketName": "acme-a"})).expect("a request");
    assert!(broken(&monitor).contains(&"S7"), "{:?}", monitor.violations());
}
