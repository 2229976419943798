//! Requests to EC2 and the interpretation of its answers, through the real SDK.

use serde_json::json;

use super::*;
use crate::{
    aws::lookup::canned::Canned,
    kind::{
        Ask,
        erased::{Edit, EditBody, ErasedKind as _},
        table::{Verb, tests::port::Port},
    },
    kinds::vpc_endpoint::{
        Policy, State, table,
        tests::{diff, one_call, policy, set, singles},
    },
    model::Phase,
};

const ALLOW_ALL: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

fn wanted() -> State {
    State {
        endpoint_type: "Interface".into(),
        service: "com.amazonaws.eu-west-1.s3".into(),
        service_region: None,
        vpc: "vpc-1".into(),
        subnets: Some(vec![set(["subnet-a1", "subnet-a2"]), set(["subnet-b1"])]),
        security_groups: Some(set(["sg-1"])),
        route_tables: None,
        private_dns: Some(true),
        dns_record_ip_type: None,
        private_dns_only_for_inbound_resolver_endpoint: Some(false),
        ip_address_type: None,
        policy: Some(Policy::AllowAll),
        partition: "aws".into(),
        account: "111122223333".into(),
        ..State::default()
    }
}

fn wanted_gateway() -> State {
    State {
        endpoint_type: "Gateway".into(),
        subnets: None,
        security_groups: None,
        route_tables: Some(set(["rtb-1"])),
        private_dns: None,
        private_dns_only_for_inbound_resolver_endpoint: None,
        ..wanted()
    }
}

fn observed(state: State) -> Observed<State> {
    Observed {
        id: "vpce-1".into(),
        arn: "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-1".into(),
        tags: Tags::new(),
        phase: Phase::Ready,
        state,
    }
}

async fn port(server: &Canned) -> Port<State> {
    Port::new(table().connect(&server.access().await))
}

const CREATED: &str =
    "<R><vpcEndpoint><vpcEndpointId>vpce-1</vpcEndpointId><state>pending</state></vpcEndpoint></R>";
const YES: &str = "<R><return>true</return></R>";

fn error(code: &str, message: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>r-1</RequestID></Response>"
    )
}

#[tokio::test]
async fn a_create_sends_everything_that_aws_would_otherwise_choose() {
    let server = Canned::answering([CREATED]);
    let tags = Tags::from([("palisade:owner".into(), "ml".into())]);
    let id = port(&server).await.create(&wanted(), &tags, "token-1").await.expect("created");
    assert_eq!(id.as_str(), "vpce-1");
    insta::assert_snapshot!(server.only_request(), @r#"
    Action=CreateVpcEndpoint
    Version=2016-11-15
    VpcEndpointType=Interface
    VpcId=vpc-1
    ServiceName=com.amazonaws.eu-west-1.s3
    PolicyDocument={"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}
    SubnetId.1=subnet-a1
    SubnetId.2=subnet-b1
    SecurityGroupId.1=sg-1
    DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint=false
    ClientToken=token-1
    PrivateDnsEnabled=true
    TagSpecification.1.ResourceType=vpc-endpoint
    TagSpecification.1.Tag.1.Key=palisade:owner
    TagSpecification.1.Tag.1.Value=ml
    "#);
}

#[tokio::test]
async fn a_gateway_is_created_with_its_routes_and_policy_and_without_private_dns() {
    let server = Canned::answering([CREATED]);
    port(&server).await.create(&wanted_gateway(), &Tags::new(), "t").await.expect("created");
    let request = server.only_request();
    for line in [
        "VpcEndpointType=Gateway",
        "RouteTableId.1=rtb-1",
        "PrivateDnsEnabled=false",
        &format!("PolicyDocument={ALLOW_ALL}"),
    ] {
        assert!(request.contains(line), "{line} in {request}");
    }
    assert!(!request.contains("SecurityGroupId") && !request.contains("DnsOptions"), "{request}");
}

#[tokio::test]
async fn private_dns_for_an_endpoint_service_is_off_at_first() {
    let server = Canned::answering([CREATED]);
    let want = State {
        service: "com.amazonaws.vpce.eu-west-1.vpce-svc-1".into(),
        private_dns_only_for_inbound_resolver_endpoint: None,
        policy: None,
        ..wanted()
    };
    port(&server).await.create(&want, &Tags::new(), "t").await.expect("created");
    let request = server.only_request();
    assert!(request.contains("PrivateDnsEnabled=false"), "{request}");
    assert!(!request.contains("PolicyDocument"), "{request}");
}

#[tokio::test]
async fn creates_without_a_security_group_or_a_client_token_are_not_sent() {
    let server = Canned::default();
    let want = State { security_groups: Some(BTreeSet::new()), ..wanted() };
    let refused = port(&server).await.create(&want, &Tags::new(), "t").await.expect_err("refused");
    assert_eq!(refused.class, Class::Rejected);
    for token in ["", "ü", &"t".repeat(65)] {
        let refused = port(&server).await.create(&wanted(), &Tags::new(), token).await;
        assert_eq!(refused.expect_err("refused").class, Class::Rejected);
    }
    let want = State { subnets: Some(Vec::new()), ..wanted() };
    port(&server).await.create(&want, &Tags::new(), "t").await.expect_err("refused");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_reasons_of_a_refused_create_get_their_own_class() {
    for (code, message, class) in [
        ("InvalidParameter", "does not support the availability zone", Class::Rejected),
        ("IdempotentParameterMismatch", "", Class::Ambiguous),
        ("InsufficientFreeAddressesInSubnet", "", Class::Limit),
        ("VpcEndpointLimitExceeded", "", Class::Limit),
        ("InvalidSubnetId.NotFound", "", Class::Missing),
    ] {
        let server = Canned::default();
        server.then(400, &error(code, message));
        let failed = port(&server).await.create(&wanted(), &Tags::new(), "t").await;
        assert_eq!(failed.expect_err("an error").class, class, "{code} {message}");
    }
}

async fn modified(want: &State, have: State) -> String {
    let server = Canned::answering([YES]);
    let edits = one_call(want, &have);
    port(&server).await.call(&observed(have), &edits).await.expect("changed");
    server.only_request()
}

#[tokio::test]
async fn every_difference_goes_into_one_call() {
    let have = State {
        subnets: Some(singles(set(["subnet-b1", "subnet-z9"]))),
        security_groups: Some(set(["sg-default"])),
        private_dns: Some(false),
        policy: Some(policy(r#"{"Statement":[]}"#)),
        ..wanted()
    };
    insta::assert_snapshot!(modified(&wanted(), have).await, @r#"
    Action=ModifyVpcEndpoint
    Version=2016-11-15
    VpcEndpointId=vpce-1
    PolicyDocument={"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}
    AddSubnetId.1=subnet-a1
    RemoveSubnetId.1=subnet-z9
    AddSecurityGroupId.1=sg-1
    RemoveSecurityGroupId.1=sg-default
    DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint=false
    PrivateDnsEnabled=true
    "#);
}

#[tokio::test]
async fn a_gateways_default_policy_is_reset_not_written() {
    let have = State { policy: Some(Policy::Unreadable("x".into())), ..wanted_gateway() };
    let request = modified(&wanted_gateway(), have).await;
    assert!(request.contains("ResetPolicy=true"), "{request}");
    assert!(!request.contains("PolicyDocument"), "{request}");
}

#[tokio::test]
async fn changes_that_aws_has_no_call_for_are_not_sent() {
    let server = Canned::default();
    let have = State { vpc: "vpc-2".into(), ..wanted() };
    let edits = diff(&wanted(), &have);
    let refused = port(&server).await.change(&observed(have), &edits[0]).await;
    assert_eq!(refused.expect_err("refused").class, Class::Rejected);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_being_modified_is_busy() {
    let server = Canned::default();
    server.then(400, &error("OperationInProgress", "VpcEndpoint modify operation in progress"));
    let have = State { private_dns: Some(false), ..wanted() };
    let edits = diff(&wanted(), &have);
    let failed = port(&server).await.change(&observed(have), &edits[0]).await;
    assert_eq!(failed.expect_err("busy").class, Class::Busy);
}

fn endpoint(id: &str, state: &str, inner: &str) -> String {
    format!(
        "<item><vpcEndpointId>{id}</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>\
         <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.eu-west-1.kms</serviceName>\
         <state>{state}</state>{inner}</item>"
    )
}

const OURS: &str = "<tagSet><item><key>palisade:owner</key><value>ml</value></item></tagSet>";

fn ask() -> Ask {
    Ask { owner: "ml".into(), ..Ask::default() }
}

#[tokio::test]
async fn states_are_read_by_their_text_whatever_its_capitals() {
    let failed =
        format!("{OURS}<lastError><code>Oops</code><message>no capacity</message></lastError>");
    let page = [
        endpoint("vpce-1", "available", OURS),
        endpoint("vpce-2", "Available", OURS),
        endpoint("vpce-3", "pendingAcceptance", OURS),
        endpoint("vpce-4", "partial", OURS),
        endpoint("vpce-5", "failed", &failed),
        endpoint("vpce-6", "Rejected", OURS),
        endpoint("vpce-7", "deleting", OURS),
        endpoint("vpce-8", "Deleted", OURS),
        endpoint(
            "vpce-9",
            "available",
            &format!("{OURS}<requesterManaged>true</requesterManaged>"),
        ),
        endpoint("vpce-10", "someday", OURS),
    ];
    let server =
        Canned::answering([&format!("<R><vpcEndpointSet>{}</vpcEndpointSet></R>", page.concat())]);
    let seen = port(&server).await.observe(&ask()).await.expect("read").whole;
    let phases: Vec<_> = seen.into_iter().map(|live| (live.id.0, live.phase)).collect();
    assert_eq!(
        phases,
        [
            ("vpce-1".into(), Phase::Ready),
            ("vpce-10".into(), Phase::Settling("someday".into())),
            ("vpce-2".into(), Phase::Ready),
            ("vpce-3".into(), Phase::Settling("pendingAcceptance".into())),
            ("vpce-4".into(), Phase::Settling("partial".into())),
            ("vpce-5".into(), Phase::Failed("failed: Oops: no capacity".into())),
            ("vpce-6".into(), Phase::Failed("rejected".into())),
        ]
    );
    assert!(server.only_request().contains("MaxResults=1000"));
}

#[tokio::test]
async fn a_live_endpoint_is_read_completely() {
    let inner = format!(
        "{OURS}<subnetIdSet><item>subnet-b1</item><item>subnet-a1</item></subnetIdSet>\
         <groupSet><item><groupId>sg-1</groupId></item></groupSet>\
         <privateDnsEnabled>true</privateDnsEnabled><ipAddressType>ipv4</ipAddressType>\
         <dnsOptions><dnsRecordIpType>ipv4</dnsRecordIpType></dnsOptions>\
         <policyDocument>{{\"Statement\":[{{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":\"*\",\
         \"Resource\":\"*\"}}]}}</policyDocument>"
    );
    let server = Canned::answering([&format!(
        "<R><vpcEndpointSet>{}</vpcEndpointSet></R>",
        endpoint("vpce-1", "available", &inner)
    )]);
    let seen = port(&server).await.observe(&ask()).await.expect("read").whole;
    assert_eq!(seen[0].arn, "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-1");
    assert_eq!(
        serde_json::to_value(&seen[0].state).expect("stored"),
        json!({
            "type": "Interface", "service": "com.amazonaws.eu-west-1.kms",
            "serviceRegion": "eu-west-1", "vpc": "vpc-1", "subnets": [["subnet-a1"], ["subnet-b1"]],
            "securityGroups": ["sg-1"], "routeTables": [], "privateDns": true,
            "dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": false,
            "ipAddressType": "ipv4", "policy": "default", "partition": "aws",
            "account": "111122223333", "resourceConfiguration": null, "serviceNetwork": null,
            "privateDnsPreference": null, "privateDnsSpecifiedDomains": [], "addresses": null,
        })
    );
}

#[tokio::test]
async fn only_our_adopted_and_conflicting_endpoints_are_reported() {
    let dns = "<privateDnsEnabled>true</privateDnsEnabled>";
    let page = [
        endpoint("vpce-ours", "available", OURS),
        endpoint("vpce-adopted", "available", ""),
        endpoint("vpce-in-the-way", "available", dns),
        endpoint("vpce-foreign", "available", ""),
    ];
    let pages = [
        format!(
            "<R><vpcEndpointSet>{}</vpcEndpointSet><nextToken>t</nextToken></R>",
            page[..2].concat()
        ),
        format!("<R><vpcEndpointSet>{}</vpcEndpointSet></R>", page[2..].concat()),
    ];
    let server = Canned::answering([&pages[0], &pages[1]]);
    let ask = Ask {
        adopt: [PhysicalId::from("vpce-adopted")].into(),
        natural_keys: set(["private DNS of com.amazonaws.eu-west-1.kms in vpc-1"]),
        ..ask()
    };
    let seen = port(&server).await.observe(&ask).await.expect("read").whole;
    let ids: Vec<_> = seen.iter().map(|live| live.id.as_str()).collect();
    assert_eq!(ids, ["vpce-adopted", "vpce-ours", "vpce-in-the-way"]);
}

fn unsuccessful(code: &str) -> String {
    format!(
        "<R><unsuccessful><item><resourceId>vpce-1</resourceId><error><code>{code}</code>\
         <message>why</message></error></item></unsuccessful></R>"
    )
}

#[tokio::test]
async fn a_failed_deletion_is_found_in_the_list_of_failures() {
    for (code, class) in [
        ("InvalidVpcEndpoint.NotFound", None),
        ("InvalidVpcEndpointId.NotFound", None),
        ("DependencyViolation", Some(Class::Blocked)),
        ("InvalidParameter", Some(Class::Rejected)),
        ("Whatever", Some(Class::Unknown)),
    ] {
        let server = Canned::answering([&unsuccessful(code)]);
        let outcome = port(&server).await.delete(&observed(wanted()), None).await;
        assert_eq!(outcome.err().map(|error| error.class), class, "{code}");
        assert!(server.only_request().contains("VpcEndpointId.1=vpce-1"));
    }
    let server = Canned::answering(["<R><unsuccessful/></R>"]);
    assert_eq!(port(&server).await.delete(&observed(wanted()), None).await, Ok(()));
    let server = Canned::default();
    server.then(400, &error("InvalidVpcEndpointId.NotFound", "gone"));
    assert_eq!(port(&server).await.delete(&observed(wanted()), None).await, Ok(()));
}

#[tokio::test]
async fn tags_are_removed_by_key_and_never_all_of_them() {
    let server = Canned::answering([YES]);
    let port = port(&server).await;
    let have = observed(wanted());
    let tags = |body| Edit::of_tags("tags", "tag".to_owned(), body);
    let nothing = [EditBody::Untag(Vec::new()), EditBody::Tag(Tags::new())];
    for nothing in nothing.map(tags) {
        port.change(&have, &nothing).await.expect("nothing to do");
    }
    assert!(server.requests().is_empty());
    let untag = tags(EditBody::Untag(vec!["team".into()]));
    port.change(&have, &untag).await.expect("removed");
    let request = server.only_request();
    assert!(request.contains("ResourceId.1=vpce-1\nTag.1.Key=team"), "{request}");
}

#[tokio::test]
async fn only_routes_to_a_gateway_load_balancer_endpoint_prevent_its_deletion() {
    let server = Canned::answering([
        "<R><routeTableSet><item><routeTableId>rtb-7</routeTableId></item></routeTableSet></R>",
    ]);
    let port = port(&server).await;
    let nothing = port.obstacles(&observed(wanted())).await.expect("asked");
    assert!(nothing.is_empty() && server.requests().is_empty());
    let balancer = State { endpoint_type: "GatewayLoadBalancer".into(), ..wanted() };
    let found = port.obstacles(&observed(balancer)).await.expect("asked");
    assert_eq!(found, ["a route in rtb-7 leads to it"]);
    let request = server.only_request();
    assert!(
        request.contains("Filter.1.Name=route.gateway-id\nFilter.1.Value.1=vpce-1"),
        "{request}"
    );
}

#[tokio::test]
async fn an_unreadable_policy_is_never_sent() {
    let server = Canned::default();
    let unreadable = State { policy: Some(Policy::Unreadable("x".into())), ..wanted() };
    let port = port(&server).await;
    let refused = port.create(&unreadable, &Tags::new(), "t").await.expect_err("refused");
    assert_eq!(refused.class, Class::Rejected);
    assert!(table().diff(&json!(unreadable), &json!(wanted())).is_err(), "nobody wants it");
    let edit = LeafEdit {
        entry: String::new(),
        path: "policy".into(),
        operation: Some(MODIFY.into()),
        verb: Verb::Set,
        old: Value::Null,
        new: json!(unreadable.policy),
        with: Tree::new(),
    };
    let edit = Edit::of_tags("policy", String::new(), EditBody::Change(json!(edit)));
    port.change(&observed(wanted()), &edit).await.expect_err("refused");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_leaf_that_the_call_does_not_know_is_refused_and_not_left_out() {
    let server = Canned::default();
    let edit = LeafEdit {
        entry: String::new(),
        path: "vpc".into(),
        operation: Some(MODIFY.into()),
        verb: Verb::Set,
        old: Value::Null,
        new: json!("vpc-2"),
        with: Tree::new(),
    };
    let edit = Edit::of_tags("vpc", String::new(), EditBody::Change(json!(edit)));
    let refused = port(&server).await.change(&observed(wanted()), &edit).await;
    assert_eq!(refused.expect_err("refused").class, Class::Rejected);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn unchanged_values_are_sent_only_when_private_dns_is_turned_on() {
    let want = State {
        dns_record_ip_type: Some("ipv4".into()),
        ip_address_type: Some("dualstack".into()),
        ..wanted()
    };
    let narrow = State { ip_address_type: Some("ipv4".into()), ..want.clone() };
    let request = modified(&want, narrow).await;
    assert!(request.contains("IpAddressType=dualstack"), "{request}");
    assert!(!request.contains("DnsOptions"), "{request}");
    let off = State { private_dns: Some(false), ..want.clone() };
    let request = modified(&want, off).await;
    assert!(request.contains("DnsOptions.DnsRecordIpType=ipv4"), "{request}");
    assert!(!request.contains("\nIpAddressType"), "{request}");
}
