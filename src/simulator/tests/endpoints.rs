use super::*;
use aws_sdk_ec2::types::{Filter, VpcEndpoint};

const STS: &str = "com.amazonaws.eu-west-1.sts";
const S3: &str = "com.amazonaws.eu-west-1.s3";

async fn shown(ec2: &Client, id: &str) -> VpcEndpoint {
    let answer = ec2.describe_vpc_endpoints().vpc_endpoint_ids(id).send().await;
    answer.expect("endpoints").vpc_endpoints()[0].clone()
}

/// The name on the wire, which the SDK's enumeration changes.
async fn state(ec2: &Client, id: &str) -> String {
    shown(ec2, id).await.state.expect("a state").as_str().to_owned()
}

async fn main_table(ec2: &Client) -> String {
    let tables = ec2.describe_route_tables().send().await.expect("tables");
    tables.route_tables()[0].route_table_id().expect("its id").to_owned()
}

async fn gateway(ec2: &Client, vpc: &str, table: &str) -> String {
    let call = ec2.create_vpc_endpoint().vpc_id(vpc).service_name(S3);
    let answer = call.route_table_ids(table).send().await.expect("an endpoint");
    answer.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id).expect("its id")
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_pending_and_then_available() {
    let ec2 = ec2(&Simulator::default());
    let id = interface_endpoint(&ec2, &vpc(&ec2).await, STS).await;
    assert_eq!(state(&ec2, &id).await, "pending");
    pass(1).await;
    assert_eq!(state(&ec2, &id).await, "available");
}

#[tokio::test]
async fn missing_members_of_a_create_call_get_the_defaults_of_the_api() {
    let ec2 = ec2(&Simulator::default());
    let vpc = dns_vpc(&ec2).await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
    let gateway = call.send().await.expect("an endpoint").vpc_endpoint.expect("it");
    assert_eq!(gateway.vpc_endpoint_type(), Some(&VpcEndpointType::Gateway));
    assert_eq!(gateway.private_dns_enabled(), Some(false));
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(STS);
    let call = call.vpc_endpoint_type(VpcEndpointType::Interface);
    let interface = call.send().await.expect("an endpoint").vpc_endpoint.expect("it");
    assert_eq!(interface.private_dns_enabled(), Some(true));
    assert_eq!(interface.groups()[0].group_name(), Some("default"));
    let policy: serde_json::Value =
        serde_json::from_str(interface.policy_document().expect("a policy")).expect("JSON");
    let allow_all = serde_json::json!({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]});
    assert_eq!(policy, allow_all);
}

#[tokio::test]
async fn a_client_token_makes_one_endpoint_and_refuses_another_request() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let call = |service: &str| {
        let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(service);
        call.client_token("token-1").send()
    };
    let first = call(S3).await.expect("an endpoint").vpc_endpoint.expect("it");
    let second = call(S3).await.expect("the same").vpc_endpoint.expect("it");
    assert_eq!(first.vpc_endpoint_id(), second.vpc_endpoint_id());
    let all = ec2.describe_vpc_endpoints().send().await.expect("endpoints");
    assert_eq!(all.vpc_endpoints().len(), 1);
    let other = call("com.amazonaws.eu-west-1.dynamodb").await;
    assert_eq!(code(other), "IdempotentParameterMismatch");
}

#[tokio::test]
async fn private_dns_needs_the_vpcs_dns_and_a_name_that_is_free() {
    let ec2 = ec2(&Simulator::default());
    let call = |vpc: String| {
        let call = ec2.create_vpc_endpoint().vpc_id(vpc).service_name(STS);
        call.vpc_endpoint_type(VpcEndpointType::Interface).private_dns_enabled(true).send()
    };
    assert_eq!(code(call(vpc(&ec2).await).await), "InvalidParameter");
    let vpc = dns_vpc(&ec2).await;
    call(vpc.clone()).await.expect("an endpoint");
    let conflict = call(vpc).await.expect_err("the name is taken");
    let message = conflict.into_service_error();
    assert!(message.meta().message().expect("words").contains("conflicting DNS domain"));
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_endpoint_come_one_after_the_other() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let apps = group(&ec2, &vpc, "apps").await;
    let id = interface_endpoint(&ec2, &vpc, STS).await;
    let modify = || {
        let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id);
        call.add_security_group_ids(&apps).send()
    };
    assert_eq!(code(modify().await), "IncorrectState");
    pass(1).await;
    modify().await.expect("modified");
    assert_eq!(code(modify().await), "OperationInProgress");
    pass(1).await;
    assert_eq!(shown(&ec2, &id).await.groups().len(), 2);
    modify().await.expect("the same again");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_keeps_a_security_group() {
    let ec2 = ec2(&Simulator::default());
    let id = interface_endpoint(&ec2, &vpc(&ec2).await, STS).await;
    pass(1).await;
    let only = shown(&ec2, &id).await.groups()[0].group_id().expect("id").to_owned();
    let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id);
    let answer = call.remove_security_group_ids(only).send().await;
    assert_eq!(code(answer), "InvalidParameter");
    assert_eq!(shown(&ec2, &id).await.groups().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_interfaces_of_an_endpoint_keep_subnet_and_group_until_it_is_gone() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let apps = group(&ec2, &vpc, "apps").await;
    let subnet_id = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(STS).private_dns_enabled(false);
    let call = call.vpc_endpoint_type(VpcEndpointType::Interface).subnet_ids(&subnet_id);
    let answer = call.security_group_ids(&apps).send().await.expect("an endpoint");
    let id = answer.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id).expect("its id");
    let in_subnet = Filter::builder().name("subnet-id").values(&subnet_id).build();
    let interfaces = ec2.describe_network_interfaces().filters(in_subnet.clone()).send().await;
    let interfaces = interfaces.expect("interfaces");
    assert_eq!(interfaces.network_interfaces()[0].requester_managed(), Some(true));
    let doomed = ec2.delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.expect("deleting");
    assert!(doomed.unsuccessful().is_empty());
    assert_eq!(state(&ec2, &id).await, "deleting");
    let early = ec2.delete_security_group().group_id(&apps).send().await;
    assert_eq!(code(early), "DependencyViolation");
    let early = ec2.delete_subnet().subnet_id(&subnet_id).send().await;
    assert_eq!(code(early), "DependencyViolation");
    pass(1).await;
    ec2.delete_security_group().group_id(&apps).send().await.expect("deleted");
    ec2.delete_subnet().subnet_id(&subnet_id).send().await.expect("deleted");
    let gone = ec2.describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await;
    assert_eq!(code(gone), "InvalidVpcEndpointId.NotFound");
}

#[tokio::test]
async fn two_subnets_of_one_zone_are_one_too_many() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let one = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let two = subnet(&ec2, &vpc, "10.0.1.0/24", "eu-west-1a").await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(STS).private_dns_enabled(false);
    let call = call.vpc_endpoint_type(VpcEndpointType::Interface);
    let answer = call.subnet_ids(one).subnet_ids(two).send().await;
    assert_eq!(code(answer), "DuplicateSubnetsInSameZone");
    let all = ec2.describe_vpc_endpoints().send().await.expect("endpoints");
    assert!(all.vpc_endpoints().is_empty(), "a refused call leaves nothing behind");
    let interfaces = ec2.describe_network_interfaces().send().await.expect("interfaces");
    assert!(interfaces.network_interfaces().is_empty());
}

#[tokio::test]
async fn a_route_table_has_one_route_to_a_gateway_endpoint_of_a_service() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let table = main_table(&ec2).await;
    let id = gateway(&ec2, &vpc, &table).await;
    let tables = ec2.describe_route_tables().send().await.expect("tables");
    let routes = tables.route_tables()[0].routes();
    assert!(routes.iter().any(|route| route.gateway_id() == Some(&id)
        && route.destination_prefix_list_id().is_some_and(|list| list.starts_with("pl-"))));
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
    let second = call.route_table_ids(&table).send().await;
    assert_eq!(code(second), "RouteAlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn the_routes_of_a_gateway_endpoint_are_deleted_with_it() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let table = main_table(&ec2).await;
    let id = gateway(&ec2, &vpc, &table).await;
    ec2.delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.expect("deleting");
    let tables = ec2.describe_route_tables().send().await.expect("tables");
    assert_eq!(tables.route_tables()[0].routes().len(), 1);
    gateway(&ec2, &vpc, &table).await;
}

#[tokio::test]
async fn deleting_an_unknown_endpoint_succeeds_and_is_reported_in_the_list() {
    let ec2 = ec2(&Simulator::default());
    let call = ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-0123456789abcdef0");
    let answer = call.send().await.expect("status 200");
    let error = answer.unsuccessful()[0].error().expect("an error");
    assert_eq!(error.code(), Some("InvalidVpcEndpoint.NotFound"));
}

#[tokio::test]
async fn an_endpoint_that_needs_acceptance_waits_for_it() {
    const SERVICE: &str = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0";
    let simulator = simulator_with(|options| {
        options.acceptance_required.insert(SERVICE.into());
    });
    let ec2 = ec2(&simulator);
    let id = interface_endpoint(&ec2, &vpc(&ec2).await, SERVICE).await;
    assert_eq!(state(&ec2, &id).await, "pendingAcceptance");
    assert!(simulator.with(|world| world.ec2.accept_endpoint(ACCOUNT, REGION, &id)));
    assert_eq!(state(&ec2, &id).await, "available");
}

#[tokio::test]
async fn parameters_of_another_kind_of_endpoint_are_refused() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let group = group(&ec2, &vpc, "apps").await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
    let answer = call.security_group_ids(group).send().await;
    assert_eq!(code(answer), "InvalidParameter");
    let call =
        ec2.create_vpc_endpoint().vpc_id(&vpc).service_name("com.amazonaws.eu-west-1.nothing");
    assert_eq!(code(call.send().await), "InvalidServiceName");
}

#[tokio::test]
async fn services_list_what_they_support() {
    let ec2 = ec2(&Simulator::default());
    let answer = ec2.describe_vpc_endpoint_services().service_names(S3).send().await;
    let answer = answer.expect("services");
    assert_eq!(answer.service_names(), [S3]);
    let kinds =
        answer.service_details().iter().flat_map(aws_sdk_ec2::types::ServiceDetail::service_type);
    let kinds: Vec<_> =
        kinds.filter_map(|kind| kind.service_type()).map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(kinds, ["Gateway", "Interface"]);
}

#[tokio::test]
async fn private_names_of_an_s3_interface_endpoint_need_a_gateway_endpoint_by_default() {
    let ec2 = ec2(&Simulator::default());
    let vpc = dns_vpc(&ec2).await;
    let call = || {
        let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
        call.vpc_endpoint_type(VpcEndpointType::Interface).private_dns_enabled(true)
    };
    assert_eq!(code(call().send().await), "InvalidParameter");
    let everyone = aws_sdk_ec2::types::DnsOptionsSpecification::builder()
        .private_dns_only_for_inbound_resolver_endpoint(false)
        .build();
    call().dns_options(everyone).send().await.expect("an endpoint");
}

#[tokio::test]
async fn an_invalid_policy_is_refused() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    for policy in ["{", "{}", "[]", r#"{"Statement":[]}"#] {
        let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
        let answer = call.policy_document(policy).send().await;
        assert_eq!(code(answer), "InvalidPolicyDocument", "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn resetting_the_policy_of_a_gateway_endpoint_restores_the_default() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(S3);
    let narrow = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let created = call.policy_document(narrow).send().await.expect("an endpoint");
    let created = created.vpc_endpoint.expect("it");
    assert_eq!(created.policy_document(), Some(narrow));
    let id = created.vpc_endpoint_id.expect("its id");
    pass(1).await;
    let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id);
    call.reset_policy(true).send().await.expect("modified");
    let policy = shown(&ec2, &id).await.policy_document.expect("a policy");
    assert!(policy.contains("\"Principal\": \"*\""), "{policy}");
}
