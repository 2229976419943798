//! What manifests mean, and which are refused.

use serde_json::{Value, json};

use super::*;
use crate::kinds::vpc_endpoint::service::full_name;

#[test]
fn an_interface_endpoint_takes_one_subnet_a_zone_of_its_vpc_and_the_groups_it_refers_to() {
    let state = resolve(interface(json!({})));
    assert_eq!(state.service, "com.amazonaws.eu-west-1.sagemaker.api");
    assert_eq!(state.vpc, "vpc-10000000");
    assert_eq!(state.security_groups, Some(set(["sg-10000000"])));
    let zones = vec![set(["subnet-a1000000", "subnet-a2000000"]), set(["subnet-b1000000"])];
    assert_eq!(state.subnets, Some(zones));
    assert_eq!(chosen(&state), set(["subnet-a1000000", "subnet-b1000000"]));
}

#[test]
fn subnets_named_by_id_are_used_and_not_candidates() {
    let state = resolve(interface(json!({"subnets": ["subnet-b1000000", "subnet-a2000000"]})));
    assert_eq!(state.subnets, Some(singles(set(["subnet-a2000000", "subnet-b1000000"]))));
}

#[test]
fn private_dns_is_wanted_by_default() {
    assert_eq!(resolve(interface(json!({}))).private_dns, Some(true));
    assert_eq!(resolve(interface(json!({"privateDns": false}))).private_dns, Some(false));
    assert_eq!(resolve(gateway(json!({}))).private_dns, None);
}

#[test]
fn only_s3_interfaces_set_private_dns_for_the_whole_vpc() {
    let flag = |fields| resolve(interface(fields)).private_dns_only_for_inbound_resolver_endpoint;
    let field = "privateDnsOnlyForInboundResolverEndpoint";
    assert_eq!(flag(json!({"service": "s3"})), Some(false));
    assert_eq!(flag(json!({"service": "s3", field: true})), Some(true));
    assert_eq!(flag(json!({"service": "s3", "privateDns": false})), None);
    assert_eq!(flag(json!({"service": "dynamodb"})), None);
    assert_eq!(flag(json!({"service": "dynamodb", field: false})), Some(false));
    assert_eq!(flag(json!({})), None);
}

#[test]
fn the_inbound_only_flag_is_for_services_with_gateway_endpoints() {
    let message = problems(interface(json!({"privateDnsOnlyForInboundResolverEndpoint": false})));
    insta::assert_snapshot!(message, @"privateDnsOnlyForInboundResolverEndpoint: \
                                       com.amazonaws.eu-west-1.sagemaker.api has no gateway \
                                       endpoints, so there is nothing to choose (remove it; it is \
                                       for S3 and DynamoDB)");
}

#[test]
fn short_names_stand_for_full_ones_by_table() {
    for (short, region, full) in [
        ("s3", "eu-west-1", "com.amazonaws.eu-west-1.s3"),
        ("ecr.dkr", "eu-west-1", "com.amazonaws.eu-west-1.ecr.dkr"),
        ("studio", "eu-west-1", "aws.sagemaker.eu-west-1.studio"),
        ("sagemaker.studio", "cn-north-1", "aws.sagemaker.cn-north-1.studio"),
        ("sagemaker.notebook", "us-gov-west-1", "aws.sagemaker.us-gov-west-1.notebook"),
        ("s3-global.accesspoint", "eu-west-1", "com.amazonaws.s3-global.accesspoint"),
        ("iam", "eu-west-1", "com.amazonaws.iam"),
        ("freetier", "eu-west-1", "aws.api.eu-west-1.freetier"),
        // In China some names begin differently, and most do not.
        ("sts", "cn-north-1", "cn.com.amazonaws.cn-north-1.sts"),
        ("kms", "cn-north-1", "com.amazonaws.cn-north-1.kms"),
        ("account", "cn-north-1", "com.amazonaws.cn-north-1.account"),
        ("account", "cn-northwest-1", "cn.com.amazonaws.cn-northwest-1.account"),
        ("transcribe", "cn-north-1", "cn.com.amazonaws.cn-north-1.transcribe.cn"),
        ("s3", "cn-north-1", "cn.com.amazonaws.cn-north-1.s3"),
        ("ecr.api", "eusc-de-east-1", "eu.amazonaws.eusc-de-east-1.ecr.api"),
        ("kms", "eusc-de-east-1", "com.amazonaws.eusc-de-east-1.kms"),
        ("ec2", "us-iso-east-1", "gov.ic.c2s.us-iso-east-1.ec2"),
        ("sqs", "us-isob-east-1", "gov.sgov.sc2s.us-isob-east-1.sqs"),
        ("ecr.dkr", "us-isof-south-1", "gov.ic.hci.csp.us-isof-south-1.ecr.dkr"),
        ("ecr.dkr", "eu-isoe-west-1", "uk.adc-e.cloud.eu-isoe-west-1.ecr.dkr"),
        ("kms", "us-gov-west-1", "com.amazonaws.us-gov-west-1.kms"),
        ("com.amazonaws.vpce.r-1.vpce-svc-1", "r-1", "com.amazonaws.vpce.r-1.vpce-svc-1"),
        ("aws.sagemaker.r-1.studio", "r-1", "aws.sagemaker.r-1.studio"),
        ("cn.com.amazonaws.r-1.kms", "r-1", "cn.com.amazonaws.r-1.kms"),
        ("gov.ic.r-1.kms", "r-1", "gov.ic.r-1.kms"),
        ("quantum", "eu-west-1", "com.amazonaws.eu-west-1.quantum"),
    ] {
        assert_eq!(full_name(short, region, "Interface"), full, "{short} in {region}");
    }
    let gateway = |region| full_name("s3", region, "Gateway");
    assert_eq!(gateway("cn-north-1"), "com.amazonaws.cn-north-1.s3");
}

#[test]
fn an_unknown_service_is_a_warning_and_looked_up_before_anything_is_created() {
    let spec = interface(json!({"service": "secretmanager"}));
    let (state, recorded) = resolve_with(spec, &known());
    assert!(state.is_ok(), "a new service can be right");
    let [warning] = &recorded.warnings[..] else { panic!("one warning: {recorded:?}") };
    assert_eq!(warning.field, "service");
    assert!(
        warning.help.as_deref().is_some_and(|it| it.contains("`secretsmanager`")),
        "{warning:?}"
    );
    let name = "com.amazonaws.eu-west-1.secretmanager";
    assert!(recorded.lookups.contains(&(LookupKind::EndpointService, Some(name.to_owned()))));
    assert_eq!(recorded.waiting().len(), 1, "{recorded:?}");

    let mut known = known();
    let there = LookupItem { id: name.into(), name: Some(name.into()), ..LookupItem::default() };
    let key = ("ml-prod".to_owned(), LookupKind::EndpointService);
    known.lookups.insert(key, Seen::All(vec![there]));
    let spec = interface(json!({"service": "secretmanager"}));
    assert!(resolve_with(spec, &known).1.waiting().is_empty(), "AWS has it");

    let (_, recorded) = resolve_with(interface(json!({"service": "kms"})), &known);
    assert_eq!(
        (recorded.warnings.len(), recorded.lookups.len()),
        (0, 3),
        "the VPC, the subnets, and the zones of the service"
    );
}

#[test]
fn a_service_in_another_region_has_that_region_in_its_name() {
    let state = resolve(interface(json!({"service": "kms", "serviceRegion": "us-east-1"})));
    assert_eq!(state.service, "com.amazonaws.us-east-1.kms");
    assert_eq!(state.service_region.as_deref(), Some("us-east-1"));
    let state = resolve(interface(json!({"service": "kms", "serviceRegion": "eu-west-1"})));
    assert_eq!(state.service_region, None, "the endpoint's own Region");
    let message = problems(interface(json!({"serviceRegion": "US East"})));
    assert!(message.contains("serviceRegion: `US East` is not a Region"), "{message}");
}

#[test]
fn an_interface_endpoint_with_unsafe_defaults_of_aws_is_refused_with_all_reasons() {
    let bare = json!({"type": "Interface", "service": "kms", "vpc": "vpc-10000000"});
    insta::assert_snapshot!(problems(bare), @r#"
    policy: missing; AWS would silently let everybody do everything through the endpoint (write a policy, or say `policy: default` if everything should be allowed)
    securityGroups: an interface endpoint needs at least one; without it AWS would use the VPC's default group (refer to a SecurityGroup manifest: `[{ref: name}]`)
    subnets: an endpoint of type Interface needs subnets (give a list of ids or `{lookup: {tags: …}}`)
    "#);
}

#[test]
fn fields_of_other_types_are_refused() {
    let mixed = json!({
        "type": "Gateway", "service": "s3", "vpc": "vpc-10000000", "policy": "default",
        "subnets": ["subnet-10000000"], "securityGroups": ["sg-10000000"], "privateDns": false,
        "ipAddressType": "ipv4", "dnsRecordIpType": "ipv4", "serviceRegion": "us-east-1",
        "privateDnsOnlyForInboundResolverEndpoint": false,
    });
    insta::assert_snapshot!(problems(mixed), @r#"
    serviceRegion: an endpoint of type Gateway has none (remove it; it belongs to type Interface)
    securityGroups: an endpoint of type Gateway has none (remove it; it belongs to type Interface, Resource and ServiceNetwork)
    subnets: an endpoint of type Gateway has none (remove it; it belongs to type Interface, GatewayLoadBalancer, Resource and ServiceNetwork)
    privateDns: an endpoint of type Gateway has none (remove it; it belongs to type Interface, Resource and ServiceNetwork)
    privateDnsOnlyForInboundResolverEndpoint: an endpoint of type Gateway has none (remove it; it belongs to type Interface)
    "#);
    let balancer = json!({
        "type": "GatewayLoadBalancer", "service": "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
        "vpc": "vpc-10000000", "subnets": ["subnet-10000000", "subnet-20000000"], "policy": "default", "routeTables": [],
    });
    insta::assert_snapshot!(problems(balancer), @r#"
    policy: an endpoint of type GatewayLoadBalancer has none (remove it; it belongs to type Interface and Gateway)
    subnets: a Gateway Load Balancer endpoint is in exactly one subnet (make an endpoint for each zone)
    routeTables: an endpoint of type GatewayLoadBalancer has none (remove it; it belongs to type Gateway)
    "#);
}

#[test]
fn a_gateway_endpoint_accepts_the_address_families_that_aws_allows() {
    for (ip, dns) in [
        ("ipv4", "ipv4"),
        ("ipv4", "service-defined"),
        ("ipv6", "ipv6"),
        ("ipv6", "service-defined"),
        ("dualstack", "ipv4"),
        ("dualstack", "ipv6"),
        ("dualstack", "dualstack"),
        ("dualstack", "service-defined"),
    ] {
        let state = resolve(gateway(json!({"ipAddressType": ip, "dnsRecordIpType": dns})));
        assert_eq!(state.ip_address_type.as_deref(), Some(ip));
        assert_eq!(state.dns_record_ip_type.as_deref(), Some(dns));
    }
    insta::assert_snapshot!(
        problems(gateway(json!({"ipAddressType": "ipv4", "dnsRecordIpType": "dualstack"}))),
        @"dnsRecordIpType: dualstack records need addresses that ipv4 endpoints lack (set \
          `ipAddressType: dualstack`)"
    );
    let dynamodb = |records: &str| {
        gateway(
            json!({"service": "dynamodb", "ipAddressType": "dualstack", "dnsRecordIpType": records}),
        )
    };
    resolve(dynamodb("service-defined"));
    insta::assert_snapshot!(
        problems(dynamodb("dualstack")),
        @"dnsRecordIpType: a gateway endpoint of DynamoDB has service-defined records only (write \
          `service-defined`, or remove it)"
    );
}

#[test]
fn all_invalid_values_are_reported_at_once() {
    let wrong = interface(json!({
        "service": "k ms", "vpc": "ml", "subnets": ["subnet-10000000", "subnet-10000000", "sub"],
        "securityGroups": [], "dnsRecordIpType": "ipv6", "ipAddressType": "ipv4",
        "privateDnsOnlyForInboundResolverEndpoint": true, "privateDns": false, "policy": "allow",
    }));
    insta::assert_snapshot!(problems(wrong), @r#"
    service: `k ms` has a character that no service name has (letters, digits, `.`, `-` and `_` do) (write its short name, such as sagemaker.api, or its full name)
    vpc: `ml` is not an id of the form `vpc-…`
    policy: neither a policy document nor the word `default`
    securityGroups: is empty; an endpoint needs at least one
    subnets[1]: is the same as number 0
    subnets[2]: `sub` is not an id of the form `subnet-…`
    privateDnsOnlyForInboundResolverEndpoint: narrows private DNS, which `privateDns: false` turns off
    dnsRecordIpType: ipv6 records need addresses that ipv4 interfaces lack (set `ipAddressType: dualstack`)
    "#);
}

#[test]
fn all_missing_required_fields_are_reported_at_once() {
    insta::assert_snapshot!(problems(json!({"policy": "default"})), @r#"
    type: missing (write `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`)
    service: missing (write its short name, such as sagemaker.api, or its full name)
    vpc: missing (write its id, or `{lookup: {tags: …}}`)
    "#);
    // A field with an invalid value still counts as present.
    let message = problems(interface(json!({"subnets": ["apps"]})));
    insta::assert_snapshot!(message, @"subnets[0]: `apps` is not an id of the form `subnet-…`");
    let message = problems(interface(json!({"policy": 7})));
    insta::assert_snapshot!(message, @"policy: neither a policy document nor the word `default`");
}

#[test]
fn problems_of_a_policy_are_reported_with_their_place() {
    let statement = json!({"Effect": "allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let message = problems(interface(json!({"policy": {"Statement": [statement]}})));
    assert!(message.starts_with("policy.Statement[0].Effect: "), "{message}");
    let nobody = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let message = problems(interface(json!({"policy": {"Statement": nobody}})));
    assert!(
        message.starts_with("policy.Statement.Principal: the statement has no Principal"),
        "{message}"
    );
    let waits = json!({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "${KmsKey/studio.arn}",
    }]});
    resolve(interface(json!({"policy": waits})));
    let reference = json!({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "${Key/studio.arn}",
    }]});
    let message = problems(interface(json!({"policy": reference})));
    assert!(message.starts_with("policy.Statement[0].Resource: "), "{message}");
}

#[test]
fn a_policy_of_more_than_20480_characters_is_refused() {
    let sized = |actions: usize| {
        let actions: Vec<_> = (0..actions).map(|n| format!("s3:Action{n:05}")).collect();
        interface(json!({"policy": {"Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*",
        }]}}))
    };
    resolve(sized(1100));
    let message = problems(sized(1300));
    assert!(message.contains("more than the 20480 AWS takes"), "{message}");
}

#[test]
fn null_says_that_a_service_accepts_no_policy_but_every_gateway_endpoint_has_one() {
    let without = |spec: Value| merged_raw(spec, "policy", Value::Null);
    assert_eq!(resolve(without(interface(json!({})))).policy, None);
    let message = problems(without(gateway(json!({}))));
    assert!(message.starts_with("policy: `null` says"), "{message}");
}

fn merged_raw(mut spec: Value, field: &str, value: Value) -> Value {
    spec[field] = value;
    spec
}

#[test]
fn route_tables_are_unmanaged_when_absent_and_none_when_null_or_empty() {
    assert_eq!(resolve(gateway(json!({"routeTables": null}))).route_tables, None);
    for none in [json!([]), Value::Null] {
        let state = resolve(merged_raw(gateway(json!({})), "routeTables", none));
        assert_eq!(state.route_tables, Some(set([])));
    }
}

#[test]
fn an_allow_all_document_is_the_default_however_it_is_written() {
    for written in [
        json!({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}),
        json!({"Version": "2012-10-17", "Statement": {
            "Action": ["*"], "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": ["*"],
        }}),
    ] {
        assert_eq!(resolve(interface(json!({"policy": written}))).policy, Some(Policy::AllowAll));
    }
    let narrower = json!({"Statement": [{
        "Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "arn:aws:s3:::x/*",
    }]});
    let state = resolve(interface(json!({"policy": narrower})));
    assert!(matches!(state.policy, Some(Policy::Document(_))));
}

#[test]
fn a_policy_may_name_other_manifests_and_keeps_the_variables_of_iam() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "ec2:*",
        "Resource": ["${SecurityGroup/endpoints.arn}", "arn:aws:s3:::x/${aws:PrincipalTag/team}"],
    }]});
    let state = resolve(interface(json!({"policy": policy})));
    let text = policy::text(&json!(state.policy)).expect("a document");
    assert!(
        text.contains("security-group/sg-10000000") && text.contains("${aws:PrincipalTag/team}")
    );
}

#[test]
fn before_the_first_observation_resolving_records_what_is_needed_and_waits() {
    let (state, resolution) = resolve_with(interface(json!({})), &Known::default());
    let state = state.expect("placeholders are no mistake");
    assert_eq!(state.security_groups, Some(set(["SecurityGroup/endpoints (known after apply)"])));
    assert!(resolution.hard.contains(&Address::new("ml-prod", "SecurityGroup", "endpoints")));
    let service = "com.amazonaws.eu-west-1.sagemaker.api".to_owned();
    let zones = (LookupKind::EndpointService, Some(service));
    let lookups = [(LookupKind::Vpc, None), (LookupKind::Subnet, None), zones];
    assert_eq!(resolution.lookups, lookups.into());
    // The subnets wait for the VPC that they are in.
    assert_eq!(resolution.unresolved.len(), 4, "{:?}", resolution.unresolved);
    assert_eq!(resolution.waiting().len(), 3, "{:?}", resolution.waiting());
}

#[test]
fn a_gateway_load_balancer_endpoint_is_in_the_one_subnet_a_lookup_finds() {
    let spec = json!({
        "type": "GatewayLoadBalancer", "service": "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
        "vpc": "vpc-10000000", "subnets": {"lookup": {"tags": {"tier": "private"}}},
    });
    let (_, resolution) = resolve_with(spec.clone(), &known());
    assert!(resolution.waiting().iter().any(|why| why.contains("one is needed")));
    let mut known = known();
    let tags = [("tier".into(), "private".into())].into();
    let only = LookupItem { id: "subnet-f0000000".into(), tags, ..LookupItem::default() };
    known.lookups.insert(("ml-prod".into(), LookupKind::Subnet), Seen::All(vec![only]));
    let (state, resolution) = resolve_with(spec, &known);
    assert_eq!(state.expect("a state").subnets, Some(singles(set(["subnet-f0000000"]))));
    assert!(resolution.waiting().is_empty());
}

#[test]
fn only_what_aws_allows_once_is_a_natural_key() {
    let keys = |spec| natural_keys(&resolve(spec));
    assert_eq!(
        keys(interface(json!({}))),
        ["private DNS of com.amazonaws.eu-west-1.sagemaker.api in vpc-10000000"]
    );
    assert!(keys(interface(json!({"privateDns": false}))).is_empty());
    assert_eq!(
        keys(gateway(json!({"routeTables": ["rtb-20000000", "rtb-10000000"]}))),
        [
            "route to com.amazonaws.eu-west-1.s3 in rtb-10000000 of vpc-10000000",
            "route to com.amazonaws.eu-west-1.s3 in rtb-20000000 of vpc-10000000"
        ]
    );
    assert!(keys(gateway(json!({"routeTables": []}))).is_empty());
}

#[test]
fn a_state_reads_back_from_what_is_stored() {
    for state in [
        resolve(interface(json!({}))),
        State { policy: Some(allowing("s3:Get*")), ..live() },
        State { policy: Some(Policy::Unreadable("why".into())), ..live_gateway() },
    ] {
        let stored = serde_json::to_value(&state).expect("stored");
        assert_eq!(serde_json::from_value::<State>(stored).expect("read back"), state);
    }
}

#[test]
fn a_policy_of_blocks_is_composed_and_has_no_effect_next_to_a_word() {
    let organization = json!({"organization": "o-abcde12345"});
    let blocks = json!([{"use": "endpoint/s3", "with": organization}]);
    let state = resolve(interface(json!({"policy": null, "policyBlocks": blocks})));
    let written = json!(state)["policy"].clone();
    assert_eq!(written["Statement"][0]["Sid"], "S31");
    assert!(written.to_string().contains("prod-eu-west-1-starport-layer-bucket"), "{written}");
    let same = resolve(interface(json!({"policy": written})));
    assert_eq!(json!(same), json!(state));
    let word = problems(interface(json!({"policyBlocks": blocks})));
    assert!(word.starts_with("policyBlocks: has no effect next to a policy that is"), "{word}");
    let other = json!([{"use": "key/admin", "with": {"admins": ["a"]}}]);
    let other = problems(interface(json!({"policy": null, "policyBlocks": other})));
    assert!(other.contains("is not for policies of VPC endpoints"), "{other}");
}

#[test]
fn no_policy_text_gets_into_debug_output() {
    let state = State { policy: Some(allowing("s3:Secret")), ..live() };
    assert!(!format!("{state:?}").contains("Secret"));
}

#[test]
fn every_field_of_the_example_is_valid_and_none_is_missing() {
    let text = include_str!("../../../../examples/vpc-endpoint.yaml");
    let mut fields = BTreeSet::new();
    for document in text.split("\n---\n") {
        let document: Value = serde_yaml::from_str(document).expect("YAML");
        let spec = document["spec"].as_object().expect("a spec");
        fields.extend(spec.keys().cloned());
        let mut known = known();
        let table = LookupItem {
            id: "rtb-10000000".into(),
            tags: [("tier".into(), "private".into())].into(),
            ..LookupItem::default()
        };
        known.lookups.insert(("ml-prod".into(), LookupKind::RouteTable), Seen::All(vec![table]));
        let (state, resolution) = resolve_with(document["spec"].clone(), &known);
        state.expect("a state");
        assert!(resolution.waiting().is_empty(), "{:?}", resolution.waiting());
    }
    let schema = table().spec_schema().to_value();
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(fields, properties.keys().cloned().collect());
    for (field, property) in properties {
        assert!(property["description"].is_string(), "{field} has no description");
    }
}
