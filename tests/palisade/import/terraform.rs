//! What Terraform has built is imported with its names.

use palisade::import::{Request, terraform::State};
use serde_json::{Value, json};

use super::{account, adopted, imported, texts};
use crate::world::{World, string};

/// The resources that a state has, in the shape of a public module's: a module in a module, with
/// keys and numbers.
fn state(vpc: &str, groups: &[String], key: &str) -> Value {
    let resource = |module: &str, of: &str, name: &str, instances: &Value| {
        json!({"module": module, "mode": "managed", "type": of, "name": name,
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": instances})
    };
    let keyed = |number: usize, name: &str| {
        json!({"index_key": name, "schema_version": 1, "attributes": {
            "id": groups[number], "name": name, "ingress": [],
            "arn": format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{}", groups[number])}})
    };
    json!({
        "version": 4, "terraform_version": "1.14.3", "serial": 12, "lineage": "b1f7",
        "outputs": {"password": {"value": "hunter2hunter2", "sensitive": true}},
        "resources": [
            resource("module.vpc", "aws_vpc", "this", &json!([{"index_key": 0, "attributes": {
                "id": vpc, "cidr_block": "10.20.0.0/16"}}])),
            resource("module.vpc.module.groups", "aws_security_group", "app",
                &json!([keyed(0, "web"), keyed(1, "db")])),
            resource("module.vpc.module.groups", "aws_vpc_security_group_ingress_rule", "web",
                &json!([{"attributes": {"id": "sgr-1", "security_group_id": groups[0]}}])),
            {"mode": "managed", "type": "aws_kms_key", "name": "data", "instances": [{
                "attributes": {"id": key, "key_id": key, "policy": "not what AWS has"},
                "sensitive_attributes": [[{"type": "get_attr", "value": "policy"}]]}]},
            {"mode": "managed", "type": "aws_db_instance", "name": "db", "instances": [{
                "attributes": {"id": "db-1", "password": "hunter2hunter2"}}]},
        ],
    })
}

#[tokio::test(start_paused = true)]
async fn names_and_groups_come_from_a_state_and_values_from_aws() {
    let world = World::empty();
    let vpc = world.vpc();
    let web = account::group(&world, &vpc, "tf-2024-web", &[("tcp", 443, "10.0.0.0/8")]);
    let db = account::group(&world, &vpc, "tf-2024-db", &[]);
    account::group(&world, &vpc, "not of terraform", &[]);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*",
        "Resource": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}]});
    let key = world.kms("CreateKey", &json!({"Policy": policy.to_string()}));
    let key = string(&key["KeyMetadata"], "KeyId");
    let state = state(&vpc, &[web, db], &key);
    let state = State::parse(&state.to_string()).expect("a state");
    assert_eq!(state.others.get("aws_db_instance"), Some(&1));
    let dir = tempfile::tempdir().expect("a directory");
    let request =
        Request { dir: dir.path().to_owned(), terraform: Some(state), ..Request::default() };
    let summary = imported(&world, &request).await;
    let names: Vec<_> = summary.imported.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(
        names,
        [
            "ml-prod/KmsKey/data",
            "ml-prod/AWS::EC2::VPC/vpc",
            "ml-prod/SecurityGroup/app-db",
            "ml-prod/SecurityGroup/app-web",
        ]
    );
    let texts = texts(dir.path());
    let files: Vec<_> = texts.keys().map(String::as_str).collect();
    assert_eq!(
        files,
        [
            "ml-prod/kms-key.yaml",
            "ml-prod/vpc/aws-ec2-vpc.yaml",
            "ml-prod/vpc/groups/security-group.yaml",
        ]
    );
    let all: String = texts.into_values().collect();
    assert!(all.contains("ref: vpc") && !all.contains("hunter2"), "{all}");
    adopted(&world, dir.path(), &summary).await;
}
