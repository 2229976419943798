//! The tagging API over the wire.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::json::testing::WireClient;

#[derive(Default)]
struct Client(WireClient);

impl Client {
    fn call(&self, operation: &str, input: &Value) -> Result<Value, String> {
        self.0.call("ResourceGroupsTaggingAPI_20170126", operation, input)
    }

    fn find(&self, input: &Value) -> Vec<String> {
        let answer = self.call("GetResources", input).expect("resources");
        let all = answer["ResourceTagMappingList"].as_array().expect("a list").clone();
        all.iter().map(|it| it["ResourceARN"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn act(&self, service: &str, operation: &str, input: &Value) -> Value {
        let answer = self.0.simulator.act(self.0.account, self.0.region, service, operation, input);
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// A VPC with one tag; its ARN.
    fn vpc(&self, key: &str, value: &str) -> String {
        let tags = json!([{"ResourceType": "vpc", "Tag": [{"Key": key, "Value": value}]}]);
        let input = json!({"CidrBlock": "10.0.0.0/16", "TagSpecification": tags});
        let made = self.act("ec2", "CreateVpc", &input);
        let id = made["vpc"]["vpcId"].as_str().expect("an id");
        format!("arn:aws:ec2:eu-west-1:111122223333:vpc/{id}")
    }

    fn bucket(&self, key: &str, value: &str) -> String {
        self.act("s3", "CreateBucket", &json!({"Bucket": "acme-a"}));
        let tags = json!([{"Key": key, "Value": value}]);
        self.act("s3", "PutBucketTagging", &json!({"Bucket": "acme-a", "Tags": tags}));
        "arn:aws:s3:::acme-a".to_owned()
    }
}

#[test]
fn resources_are_found_by_tags_and_types() {
    let client = Client::default();
    let (one, two) = (client.vpc("owner", "a"), client.vpc("owner", "b"));
    let bucket = client.bucket("owner", "a");
    let with = |values: Value| json!({"TagFilters": [{"Key": "owner", "Values": values}]});
    assert_eq!(client.find(&with(json!(["a"]))), [one.clone(), bucket.clone()]);
    let mut all = vec![one.clone(), two.clone(), bucket.clone()];
    all.sort();
    assert_eq!(client.find(&with(json!([]))), all);
    assert_eq!(client.find(&with(json!(["c"]))), [""; 0]);
    assert_eq!(
        client.find(&json!({"ResourceTypeFilters": ["s3:bucket"]})),
        std::slice::from_ref(&bucket)
    );
    let vpcs = client.find(&json!({"ResourceTypeFilters": ["ec2:vpc"]}));
    assert_eq!((vpcs.len(), vpcs.contains(&two)), (2, true));
    assert_eq!(client.find(&json!({"ResourceARNList": [bucket]})), std::slice::from_ref(&bucket));
    let none = "arn:aws:s3:::acme-none";
    assert_eq!(client.find(&json!({"ResourceARNList": [none]})), [""; 0], "silently missing");
    let elsewhere = Client(client.0.in_region("us-east-1"));
    assert_eq!(elsewhere.find(&json!({})), [""; 0], "the index is of a Region");
}

#[test]
fn pages_end_with_an_empty_token() {
    let client = Client::default();
    for _ in 0..3 {
        client.vpc("owner", "a");
    }
    let first = client.call("GetResources", &json!({"ResourcesPerPage": 2})).expect("a page");
    assert_eq!(first["ResourceTagMappingList"].as_array().map(Vec::len), Some(2));
    let next = json!({"ResourcesPerPage": 2, "PaginationToken": first["PaginationToken"]});
    let last = client.call("GetResources", &next).expect("a page");
    assert_eq!(last["ResourceTagMappingList"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["PaginationToken"], "");
}

#[test]
fn tags_are_added_and_removed_and_others_stay() {
    let client = Client::default();
    let (vpc, bucket) = (client.vpc("owner", "a"), client.bucket("owner", "a"));
    let arns = json!([vpc, bucket]);
    let tags = json!({"ResourceARNList": arns, "Tags": {"team": "ml", "owner": "b"}});
    let answer = client.call("TagResources", &tags).expect("an answer");
    assert_eq!(answer["FailedResourcesMap"], json!({}));
    let both = json!({"TagFilters": [
        {"Key": "team", "Values": ["ml"]}, {"Key": "owner", "Values": ["b"]},
    ]});
    assert_eq!(client.find(&both).len(), 2);
    let gone = json!({"ResourceARNList": arns, "TagKeys": ["team"]});
    client.call("UntagResources", &gone).expect("an answer");
    assert!(client.find(&both).is_empty());
    let owner = json!({"TagFilters": [{"Key": "owner", "Values": ["b"]}]});
    assert_eq!(client.find(&owner).len(), 2);
}

#[test]
fn what_cannot_be_tagged_is_reported_and_does_not_stop_the_rest() {
    let client = Client::default();
    let bucket = client.bucket("owner", "a");
    let role = "arn:aws:iam::111122223333:role/ml";
    let gone = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0";
    let tags = json!({"ResourceARNList": [role, gone, bucket], "Tags": {"team": "ml"}});
    let answer = client.call("TagResources", &tags).expect("an answer");
    let failed = &answer["FailedResourcesMap"];
    assert_eq!(failed[role]["ErrorCode"], "InvalidParameterException");
    assert_eq!(failed[gone]["ErrorCode"], "InvalidVpcID.NotFound");
    assert_eq!(failed.get(&bucket), None);
    let reserved = json!({"ResourceARNList": [bucket], "Tags": {"aws:x": "1"}});
    let answer = client.call("TagResources", &reserved).expect("an answer");
    assert!(answer["FailedResourcesMap"].get(&bucket).is_some());
}

#[test]
fn searches_are_checked() {
    let client = Client::default();
    let arns: Vec<String> = (0..21).map(|it| format!("arn:aws:s3:::b{it}")).collect();
    for (operation, input) in [
        ("GetResources", json!({"ResourceARNList": [arns[0]], "ResourceTypeFilters": ["s3"]})),
        ("GetResources", json!({"ResourceARNList": [arns[0]], "ResourcesPerPage": 5})),
        ("GetResources", json!({"ResourcesPerPage": 101})),
        ("GetResources", json!({"TagFilters": [{"Values": ["a"]}]})),
        ("TagResources", json!({"ResourceARNList": arns, "Tags": {"a": "1"}})),
        ("TagResources", json!({"ResourceARNList": [], "Tags": {"a": "1"}})),
        ("TagResources", json!({"ResourceARNList": [arns[0]], "Tags": {}})),
        ("UntagResources", json!({"ResourceARNList": [arns[0]]})),
    ] {
        let refused = client.call(operation, &input);
        assert_eq!(refused, Err("InvalidParameterException".to_owned()), "{operation} {input}");
    }
    let token = client.call("GetResources", &json!({"PaginationToken": "?"}));
    assert_eq!(token, Err("PaginationTokenExpiredException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_index_lags_behind_the_services() {
    let client = Client::default();
    client.0.simulator.with(|world| world.options.read_lag = Duration::from_mins(1));
    let vpc = client.vpc("owner", "a");
    assert_eq!(client.find(&json!({})), [""; 0]);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(client.find(&json!({})), std::slice::from_ref(&vpc));
    let id = vpc.rsplit('/').next();
    client.act("ec2", "DeleteVpc", &json!({"VpcId": id}));
    assert_eq!(client.find(&json!({})), [vpc]);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(client.find(&json!({})), [""; 0]);
}
