//! Subnets, addresses and NAT gateways, which are EC2's, and what is refused of them.

use super::*;

fn network(client: &Client) -> (String, String) {
    let vpc = client.act("ec2", "CreateVpc", &json!({"CidrBlock": "10.1.0.0/16"}));
    let vpc = vpc["vpc"]["vpcId"].as_str().expect("an id").to_owned();
    let gateway = client.act("ec2", "CreateInternetGateway", &json!({}));
    let gateway = gateway["internetGateway"]["internetGatewayId"].as_str().expect("an id");
    (vpc, gateway.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_subnet_made_here_is_one_of_ec2_and_stays_while_it_is_used() {
    let client = Client::default();
    let kind = "AWS::EC2::Subnet";
    let (vpc, gateway) = network(&client);
    let want = json!({"VpcId": vpc, "CidrBlock": "10.1.0.0/24", "MapPublicIpOnLaunch": true});
    let id = client.create(kind, &want).await;
    let shown = client.act("ec2", "DescribeSubnets", &json!({"SubnetId": [id]}));
    assert_eq!(shown["subnetSet"][0]["mapPublicIpOnLaunch"], true);
    for (want, code) in [
        (json!({"CidrBlock": "10.1.1.0/24"}), "ValidationException"),
        (json!({"VpcId": vpc, "CidrBlock": "10.1.0.0/25"}), "InvalidRequest"),
        (json!({"VpcId": vpc, "CidrBlock": "10.2.0.0/24"}), "InvalidRequest"),
        (json!({"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.1.1.0/24"}), "NotFound"),
    ] {
        assert_eq!(client.refused(kind, &want).await, code, "{want}");
    }
    let private = json!([{"op": "add", "path": "/MapPublicIpOnLaunch", "value": false}]);
    client.update(kind, &id, &private).await;
    assert_eq!(client.get(kind, &id).expect("a model")["MapPublicIpOnLaunch"], false);
    let moved = json!([{"op": "add", "path": "/CidrBlock", "value": "10.1.9.0/24"}]);
    assert_eq!(client.not_updated(kind, &id, &moved).await, "NotUpdatableException");

    let (nat, eip) = ("AWS::EC2::NatGateway", "AWS::EC2::EIP");
    let address = client.create(eip, &json!({"Domain": "vpc"})).await;
    let (_, allocation) = address.split_once('|').expect("two parts");
    let want = json!({"SubnetId": id, "AllocationId": allocation});
    let failure = client.refused(nat, &want).await;
    assert_eq!(failure, "GeneralServiceException", "there is no way out");
    let attachment = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    let attached = client.create("AWS::EC2::VPCGatewayAttachment", &attachment).await;
    assert_eq!(attached, format!("IGW|{vpc}"));
    let made = client.create(nat, &want).await;
    assert_eq!(client.refused(nat, &want).await, "InvalidRequest", "the address is in use");
    for (kind, id) in [(kind, &id), (eip, &address), ("AWS::EC2::VPCGatewayAttachment", &attached)]
    {
        assert_eq!(failed(&client.delete(kind, id).await), "GeneralServiceException", "{kind}");
    }
    for (kind, id) in [(nat, &made), (eip, &address), (kind, &id)] {
        assert_eq!(client.delete(kind, id).await["OperationStatus"], "SUCCESS", "{kind}");
        assert_eq!(client.get(kind, id), Err("ResourceNotFoundException".to_owned()), "{kind}");
    }
    assert_eq!(client.get(eip, allocation), Err("ResourceNotFoundException".to_owned()), "half");
}

#[tokio::test(start_paused = true)]
async fn addresses_have_a_quota() {
    let client = Client::default();
    for _ in 0..5 {
        client.create("AWS::EC2::EIP", &json!({})).await;
    }
    assert_eq!(client.refused("AWS::EC2::EIP", &json!({})).await, "ServiceLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_flow_log_is_refused_as_ec2_refuses_it_and_a_second_one_is_not() {
    let client = Client::default();
    let kind = "AWS::EC2::FlowLog";
    let (vpc, _) = network(&client);
    let role = "arn:aws:iam::111122223333:role/logs";
    let of = |more: Value| {
        let mut want = json!({"ResourceId": vpc, "ResourceType": "VPC"});
        for (name, value) in more.as_object().into_iter().flatten() {
            want[name] = value.clone();
        }
        want
    };
    for (want, code) in [
        (json!({"ResourceId": vpc}), "ValidationException"),
        (of(json!({"TrafficType": "SOME"})), "ValidationException"),
        (of(json!({"LogGroupName": "a"})), "InvalidRequest"),
        (of(json!({"DeliverLogsPermissionArn": role})), "InvalidRequest"),
        (of(json!({"LogDestinationType": "s3"})), "InvalidRequest"),
        (
            of(json!({"LogGroupName": "a", "DeliverLogsPermissionArn": role,
                "MaxAggregationInterval": 90})),
            "InvalidRequest",
        ),
    ] {
        assert_eq!(client.refused(kind, &want).await, code, "{want}");
    }
    let want = of(json!({"LogGroupName": "a", "DeliverLogsPermissionArn": role}));
    let first = client.create(kind, &want).await;
    let second = client.create(kind, &want).await;
    assert_ne!(first, second);
    let live = client.get(kind, &first).expect("a model");
    assert_eq!(live["TrafficType"], "ALL");
    assert_eq!(live["MaxAggregationInterval"], 600);
}
