//! AWS::EC2::VPC.

use super::*;

fn want() -> Value {
    json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "a", "Value": "1"}]})
}

#[tokio::test(start_paused = true)]
async fn a_vpc_made_here_is_one_of_ec2_with_its_tags() {
    let client = Client::default();
    let mut want = want();
    want["EnableDnsHostnames"] = true.into();
    let id = client.create(VPC, &want).await;
    let all = client.act("ec2", "DescribeVpcs", &json!({"VpcId": [id]}));
    assert_eq!(all["vpcSet"][0]["cidrBlock"], "10.0.0.0/16");
    assert_eq!(all["vpcSet"][0]["tagSet"], json!([{"key": "a", "value": "1"}]));
    let model = client.get(VPC, &id).expect("a model");
    assert_eq!(model["EnableDnsHostnames"], true);
    assert_eq!(model["EnableDnsSupport"], true, "the default is read");
    assert_eq!(model["InstanceTenancy"], "default");
    assert_eq!(model["Ipv6CidrBlocks"], json!([]), "a husk");
    assert!(model["DefaultNetworkAcl"].as_str().expect("an id").starts_with("acl-"));
    assert!(model["DefaultSecurityGroup"].as_str().expect("an id").starts_with("sg-"));
    assert_eq!(client.list(VPC), [id]);
}

#[tokio::test(start_paused = true)]
async fn a_vpc_made_by_ec2_is_one_of_cloud_control() {
    let client = Client::default();
    let made = client.act("ec2", "CreateVpc", &json!({"CidrBlock": "10.1.0.0/16"}));
    let id = made["vpc"]["vpcId"].as_str().expect("an id");
    assert_eq!(client.get(VPC, id).expect("a model")["CidrBlock"], "10.1.0.0/16");
    client.update(VPC, id, &add("/EnableDnsHostnames", &json!(true))).await;
    let of = json!({"VpcId": id, "Attribute": "enableDnsHostnames"});
    let answer = client.act("ec2", "DescribeVpcAttribute", &of);
    assert_eq!(answer["enableDnsHostnames"]["value"], true);
    assert_eq!(client.delete(VPC, id).await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(VPC, id), Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn tags_are_replaced_as_a_whole() {
    let client = Client::default();
    let id = client.create(VPC, &want()).await;
    let tags = json!([{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]);
    client.update(VPC, &id, &add("/Tags", &tags)).await;
    let all = client.act("ec2", "DescribeVpcs", &json!({"VpcId": [id]}));
    let expected = json!([{"key": "b", "value": "2"}, {"key": "c", "value": "3"}]);
    assert_eq!(all["vpcSet"][0]["tagSet"], expected);
}

#[tokio::test(start_paused = true)]
async fn a_dedicated_vpc_becomes_a_default_one_and_no_other() {
    let client = Client::default();
    let mut want = want();
    want["InstanceTenancy"] = "dedicated".into();
    let id = client.create(VPC, &want).await;
    client.update(VPC, &id, &add("/InstanceTenancy", &json!("default"))).await;
    let back = add("/InstanceTenancy", &json!("dedicated"));
    assert_eq!(client.not_updated(VPC, &id, &back).await, "NotUpdatable");
}

#[tokio::test(start_paused = true)]
async fn a_vpc_is_refused_as_ec2_and_its_schema_refuse_it() {
    let client = Client::default();
    for (want, code) in [
        (json!({}), "ValidationException"),
        (json!({"CidrBlock": 10}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "Cidr": "10.0.0.0/16"}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "VpcId": "vpc-1"}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": "true"}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "none"}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "Tags": {"a": "1"}}), "ValidationException"),
        (json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "a"}]}), "ValidationException"),
        (
            json!({"CidrBlock": "10.0.0.0/16", "Ipv4IpamPoolId": "p", "Ipv4NetmaskLength": 16}),
            "ValidationException",
        ),
        (json!({"Ipv4IpamPoolId": "ipam-pool-1"}), "ValidationException"),
        (json!({"Ipv4IpamPoolId": "ipam-pool-1", "Ipv4NetmaskLength": 16}), "InvalidRequest"),
        (json!({"CidrBlock": "10.0.0.0/8"}), "InvalidRequest"),
        (json!({"CidrBlock": "everything"}), "InvalidRequest"),
        (json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "host"}), "InvalidRequest"),
        (
            json!({
                "CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": false,
            }),
            "InvalidRequest",
        ),
        (
            json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "aws:a", "Value": ""}]}),
            "InvalidRequest",
        ),
    ] {
        assert_eq!(client.refused(VPC, &want).await, code, "{want}");
    }
    assert!(client.list(VPC).is_empty(), "nothing was made");
}

#[tokio::test(start_paused = true)]
async fn what_is_fixed_or_generated_in_a_vpc_cannot_be_patched() {
    let client = Client::default();
    let id = client.create(VPC, &want()).await;
    for (path, value, code) in [
        ("/CidrBlock", json!("10.0.0.0/16"), "NotUpdatableException"),
        ("/Ipv4NetmaskLength", json!(16), "NotUpdatableException"),
        ("/VpcEncryptionControl/Mode", json!("enforce"), "NotUpdatableException"),
        ("/DefaultNetworkAcl", json!("acl-1"), "ValidationException"),
        ("/VpcId", json!("vpc-1"), "ValidationException"),
        ("/EnableDnsSupport", json!("false"), "ValidationException"),
        ("/Unknown", json!(1), "ValidationException"),
    ] {
        assert_eq!(client.not_updated(VPC, &id, &add(path, &value)).await, code, "{path}");
    }
    let none = add("/EnableDnsHostnames", &json!(true));
    let nothing = client.not_updated(VPC, "vpc-0123456789abcdef0", &none).await;
    assert_eq!(nothing, "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_vpc_with_something_in_it_is_not_deleted() {
    let client = Client::default();
    let id = client.create(VPC, &want()).await;
    let subnet = json!({"VpcId": id, "CidrBlock": "10.0.1.0/24"});
    client.act("ec2", "CreateSubnet", &subnet);
    assert_eq!(failed(&client.delete(VPC, &id).await), "GeneralServiceException");
    assert_eq!(failed(&client.delete(VPC, "vpc-0123456789abcdef0").await), "NotFound");
    assert!(client.get(VPC, &id).is_ok());
}
