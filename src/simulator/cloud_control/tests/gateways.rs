//! AWS::EC2::InternetGateway, and what is refused of it.

use super::*;

const GATEWAY: &str = "AWS::EC2::InternetGateway";

fn tags() -> Value {
    json!([{"Key": "team", "Value": "ml"}])
}

#[tokio::test(start_paused = true)]
async fn a_gateway_made_here_is_one_of_ec2_and_goes_only_while_nothing_has_it() {
    let client = Client::default();
    let id = client.create(GATEWAY, &json!({"Tags": tags()})).await;
    assert_eq!(client.get(GATEWAY, &id).expect("a model")["Tags"], tags());
    let all = client.act("ec2", "DescribeInternetGateways", &json!({"InternetGatewayId": [id]}));
    assert_eq!(all["internetGatewaySet"][0]["internetGatewayId"], id);
    let made = client.act("ec2", "CreateVpc", &json!({"CidrBlock": "10.1.0.0/16"}));
    let both = json!({"InternetGatewayId": id, "VpcId": made["vpc"]["vpcId"]});
    client.act("ec2", "AttachInternetGateway", &both);
    let refused = client.delete(GATEWAY, &id).await;
    assert_eq!(failed(&refused), "GeneralServiceException", "{refused}");
    client.act("ec2", "DetachInternetGateway", &both);
    assert_eq!(client.delete(GATEWAY, &id).await["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(GATEWAY, &id), Err("ResourceNotFoundException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_refused_as_its_schema_and_ec2_refuse_it() {
    let client = Client::default();
    let long = "k".repeat(129);
    for (want, code) in [
        (json!({"InternetGatewayId": "igw-1"}), "ValidationException"),
        (json!({"VpcId": "vpc-1"}), "ValidationException"),
        (json!({"Tags": {}}), "ValidationException"),
        (json!({"Tags": "team"}), "ValidationException"),
        (json!({"Tags": [{"Key": "team"}]}), "ValidationException"),
        (json!({"Tags": [{"Value": "ml"}]}), "ValidationException"),
        (json!({"Tags": [{"Key": "", "Value": "ml"}]}), "ValidationException"),
        (json!({"Tags": [{"Key": long, "Value": "ml"}]}), "ValidationException"),
        (json!({"Tags": [{"Key": "team", "Value": 1}]}), "ValidationException"),
        (json!({"Tags": [{"Key": "aws:x", "Value": "ml"}]}), "InvalidRequest"),
    ] {
        assert_eq!(client.refused(GATEWAY, &want).await, code, "{want}");
    }
    assert!(client.list(GATEWAY).is_empty());
}
