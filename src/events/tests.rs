//! Records of calls, as AWS's guides and real records have them: which resource each names. The
//! shapes marked synthetic are those of calls of which no record is public, in the forms that their
//! API suggests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    message::tests::{NOW, event, place},
    *,
};
use crate::kinds;

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ALIAS_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:alias/ml";

struct Case {
    service: &'static str,
    call: &'static str,
    record: Value,
    /// The kind and the ids, in order; `None` for the whole kind.
    targets: Vec<(&'static str, Option<Vec<&'static str>>)>,
}

fn case(
    action: &'static str,
    record: Value,
    kind: &'static str,
    ids: Option<&[&'static str]>,
) -> Case {
    let (service, call) = action.split_once(':').unwrap();
    Case { service, call, record, targets: vec![(kind, ids.map(<[_]>::to_vec))] }
}

fn check(cases: Vec<Case>) {
    let catalogue = Catalogue::of(&kinds::registry());
    for Case { service, call, record, targets } in cases {
        let event = event(service, call, &record);
        let found: Vec<_> = catalogue
            .targets(&event)
            .into_iter()
            .map(|it| (it.kind, it.ids))
            .filter(|(kind, _)| targets.is_empty() || targets.iter().any(|(it, _)| it == kind))
            .collect();
        let wanted: Vec<_> = targets
            .into_iter()
            .map(|(kind, ids)| {
                let ids = ids.map(|ids| ids.into_iter().map(str::to_owned).collect());
                (kind, ids as Option<BTreeSet<String>>)
            })
            .collect();
        assert_eq!(found, wanted, "{service}:{call} {record}");
    }
}

#[test]
fn calls_on_security_groups_name_the_group_in_both_renderings() {
    let group = "SecurityGroup";
    let one = Some(&["sg-0aaa"][..]);
    let by_id = json!({"requestParameters": {"groupId": "sg-0aaa", "ipPermissions": {"items": [
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {"items": [
            {"groupId": "sg-0fff", "userId": "111122223333"}]},
         "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": {}, "prefixListIds": {}}]}},
        "responseElements": {"requestId": "1", "_return": true, "securityGroupRuleSet": {"items": [
            {"groupOwnerId": "111122223333", "groupId": "sg-0aaa", "securityGroupRuleId": "sgr-0bbb",
             "isEgress": false}]}}});
    let by_name = json!({"requestParameters": {"groupName": "web", "ipPermissions": {}},
        "responseElements": {"_return": true, "securityGroupRuleSet": {"items": [
            {"groupId": "sg-0aaa", "securityGroupRuleId": "sgr-0bbb"}]}}});
    let only_name = json!({"requestParameters": {"groupName": "web"},
        "responseElements": {"_return": true}});
    let mut cases = vec![
        case("ec2:AuthorizeSecurityGroupIngress", by_id.clone(), group, one),
        case("ec2:AuthorizeSecurityGroupEgress", by_id.clone(), group, one),
        case("ec2:AuthorizeSecurityGroupIngress", by_name, group, one),
        case("ec2:RevokeSecurityGroupIngress", by_id.clone(), group, one),
        case("ec2:RevokeSecurityGroupEgress", by_id, group, one),
        case("ec2:RevokeSecurityGroupIngress", only_name.clone(), group, None),
        case("ec2:DeleteSecurityGroup", only_name, group, None),
        case(
            "ec2:DeleteSecurityGroup",
            json!({"requestParameters": {"groupId": "sg-0aaa"}}),
            group,
            one,
        ),
        case(
            "ec2:CreateSecurityGroup",
            json!({"requestParameters": {"groupName": "web", "vpcId": "vpc-1"},
                "responseElements": {"groupId": "sg-0aaa"}}),
            group,
            one,
        ),
        case(
            "ec2:ModifySecurityGroupRules",
            json!({"requestParameters": {"ModifySecurityGroupRulesRequest": {
                "GroupId": "sg-0aaa", "SecurityGroupRule": {"SecurityGroupRuleId": "sgr-0bbb",
                "tag": 1, "SecurityGroupRule": {"IpProtocol": "tcp", "CidrIpv4": "10.0.0.0/8"}}}}}),
            group,
            one,
        ),
        // Only the id of a rule: whose it is, the record does not say.
        case(
            "ec2:CreateTags",
            json!({"requestParameters": {"resourcesSet": {"items": [{"resourceId": "sgr-0bbb"}]},
                "tagSet": {"items": [{"key": "Name", "value": "x"}]}}}),
            group,
            None,
        ),
        case(
            "ec2:CreateTags",
            json!({"requestParameters": {"resourcesSet": {"items": [
                {"resourceId": "sg-0aaa"}, {"resourceId": "i-0ccc"}]}}}),
            group,
            one,
        ),
    ];
    // Synthetic: in the older and in the newer rendering.
    for call in [
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        "ec2:AssociateSecurityGroupVpc",
        "ec2:DisassociateSecurityGroupVpc",
    ] {
        let wrapped = format!("{}Request", call.split_once(':').unwrap().1);
        let mut parameters = json!({});
        parameters[wrapped] = json!({"GroupId": "sg-0aaa"});
        cases.push(case(call, json!({"requestParameters": parameters}), group, one));
        let old = json!({"requestParameters": {"groupId": "sg-0aaa"}});
        cases.push(case(call, old, group, one));
    }
    check(cases);
}

#[test]
fn tags_of_other_resources_concern_nobody() {
    let record = json!({"requestParameters": {"resourcesSet": {"items": [
        {"resourceId": "i-0ccc"}]}}});
    let catalogue = Catalogue::of(&kinds::registry());
    assert_eq!(catalogue.targets(&event("ec2", "CreateTags", &record)), []);
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:model/m";
    let record = json!({"requestParameters": {"resourceArn": arn}});
    assert_eq!(catalogue.targets(&event("sagemaker", "AddTags", &record)), []);
}

#[test]
fn calls_on_endpoints_are_wrapped_and_lists_of_one_are_no_lists() {
    let kind = "VpcEndpoint";
    let ns = "http://ec2.amazonaws.com/doc/2016-11-15/";
    check(vec![
        case(
            "ec2:CreateVpcEndpoint",
            json!({"requestParameters": {"CreateVpcEndpointRequest": {"VpcId": "vpc-1",
                "SecurityGroupId": {"tag": 1, "content": "sg-0aaa"}}},
                "responseElements": {"CreateVpcEndpointResponse": {"xmlns": ns, "vpcEndpoint": {
                    "vpcEndpointId": "vpce-0ddd", "vpcId": "vpc-1", "ownerId": 111_122_223_333_u64}}}}),
            kind,
            Some(&["vpce-0ddd"]),
        ),
        case(
            "ec2:DeleteVpcEndpoints",
            json!({"requestParameters": {"DeleteVpcEndpointsRequest": {
                "VpcEndpointId": {"tag": 1, "content": "vpce-0ddd"}}},
                "responseElements": {"DeleteVpcEndpointsResponse": {"xmlns": ns,
                    "unsuccessful": ""}}}),
            kind,
            Some(&["vpce-0ddd"]),
        ),
        case(
            "ec2:DeleteVpcEndpoints",
            json!({"requestParameters": {"DeleteVpcEndpointsRequest": {"VpcEndpointId": [
                {"tag": 1, "content": "vpce-0ddd"}, {"tag": 2, "content": "vpce-0eee"}]}}}),
            kind,
            Some(&["vpce-0ddd", "vpce-0eee"]),
        ),
        // Synthetic.
        case(
            "ec2:ModifyVpcEndpoint",
            json!({"requestParameters": {"ModifyVpcEndpointRequest": {
                "VpcEndpointId": "vpce-0ddd", "AddSecurityGroupId": {"tag": 1, "content": "sg-1"}}}}),
            kind,
            Some(&["vpce-0ddd"]),
        ),
        case(
            "ec2:CreateTags",
            json!({"requestParameters": {"resourcesSet": {"items": [{"resourceId": "vpce-0ddd"}]}}}),
            kind,
            Some(&["vpce-0ddd"]),
        ),
    ]);
}

#[test]
fn calls_on_keys_name_them_by_id_by_arn_or_among_the_resources() {
    let kind = "KmsKey";
    let resources = json!([{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY_ARN}]);
    let one = Some(&[KEY][..]);
    let mut cases = Vec::new();
    for call in [
        "kms:PutKeyPolicy",
        "kms:EnableKey",
        "kms:DisableKey",
        "kms:EnableKeyRotation",
        "kms:DisableKeyRotation",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
        "kms:RevokeGrant",
        "kms:ImportKeyMaterial",
        "kms:DeleteImportedKeyMaterial",
        "kms:UpdatePrimaryRegion",
    ] {
        let by_id = json!({"requestParameters": {"keyId": KEY}, "responseElements": null});
        let by_arn = json!({"requestParameters": {"keyId": KEY_ARN}, "resources": resources});
        cases.push(case(call, by_id, kind, one));
        cases.push(case(call, by_arn, kind, one));
    }
    // The key stands among the resources only; the request is empty.
    let only_there = json!({"requestParameters": null, "resources": resources,
        "additionalEventData": {"grantId": "abc"}});
    cases.push(case("kms:RetireGrant", only_there, kind, one));
    let made = json!({"responseElements": {"keyMetadata": {"keyId": KEY, "arn": KEY_ARN}}});
    cases.push(case("kms:CreateKey", made, kind, one));
    let alias = json!({"requestParameters": {"aliasName": "alias/ml", "targetKeyId": KEY},
        "resources": [{"ARN": ALIAS_ARN, "type": "AWS::KMS::Key"}, {"ARN": KEY_ARN}]});
    cases.push(case("kms:CreateAlias", alias.clone(), kind, one));
    // It may have been another key's until now.
    cases.push(case("kms:UpdateAlias", alias.clone(), kind, None));
    cases.push(case("kms:DeleteAlias", alias, kind, one));
    // A service event: nobody asked for it now.
    let service = json!({"eventType": "AwsServiceEvent", "requestParameters": null,
        "serviceEventDetails": {"keyId": KEY}, "resources": resources,
        "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"}});
    cases.push(case("kms:DeleteKey", service, kind, one));
    check(cases);
}

#[test]
fn calls_on_policies_of_the_organization_name_the_policy_or_none() {
    let kind = "ServiceControlPolicy";
    let one = Some(&["p-12345678"][..]);
    let by_id = json!({"requestParameters": {"policyId": "p-12345678", "targetId": "r-ab12"},
        "responseElements": null});
    let mut cases: Vec<_> = ["UpdatePolicy", "AttachPolicy", "DetachPolicy", "DeletePolicy"]
        .into_iter()
        .map(|call| Case {
            service: "organizations",
            call,
            record: by_id.clone(),
            targets: vec![(kind, one.map(<[_]>::to_vec))],
        })
        .collect();
    cases.extend([
        case(
            "organizations:CreatePolicy",
            json!({"responseElements": {"policy": {"policySummary": {"id": "p-12345678",
                "type": "SERVICE_CONTROL_POLICY"}, "content": "{}"}}}),
            kind,
            one,
        ),
        case(
            "organizations:DisablePolicyType",
            json!({"requestParameters": {"rootId": "r-ab12",
                "policyType": "SERVICE_CONTROL_POLICY"}}),
            kind,
            None,
        ),
        // Synthetic.
        case(
            "organizations:TagResource",
            json!({"requestParameters": {"resourceId": "p-12345678"}}),
            kind,
            one,
        ),
    ]);
    check(cases);
    let unit = json!({"requestParameters": {"resourceId": "ou-ab12-11111111"}});
    let found = Catalogue::of(&kinds::registry());
    for call in ["TagResource", "UntagResource"] {
        let targets = found.targets(&event("organizations", call, &unit));
        let kinds: Vec<&str> = targets.iter().map(|target| target.kind).collect();
        assert_eq!(kinds, ["AWS::Organizations::OrganizationalUnit"], "no policy");
    }
}

#[test]
fn calls_on_domains_and_what_is_in_them() {
    let arn = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
    check(vec![
        case(
            "sagemaker:CreateDomain",
            json!({"requestParameters": {"domainName": "ml"},
                "responseElements": {"domainArn": arn("domain/d-abcd12345678"), "url": "https://x"}}),
            "SageMakerDomain",
            Some(&["d-abcd12345678"]),
        ),
        case(
            "sagemaker:DeleteDomain",
            json!({"requestParameters": {"domainId": "d-abcd12345678",
                "retentionPolicy": {"homeEfsFileSystem": "Retain"}}}),
            "SageMakerDomain",
            Some(&["d-abcd12345678"]),
        ),
        // Synthetic from here on.
        case(
            "sagemaker:UpdateDomain",
            json!({"requestParameters": {"domainId": "d-abcd12345678"}}),
            "SageMakerDomain",
            Some(&["d-abcd12345678"]),
        ),
        case(
            "sagemaker:AddTags",
            json!({"requestParameters": {"resourceArn": arn("domain/d-abcd12345678")}}),
            "SageMakerDomain",
            Some(&["d-abcd12345678"]),
        ),
        case(
            "sagemaker:UpdateUserProfile",
            json!({"requestParameters": {"domainId": "d-abc", "userProfileName": "ann"}}),
            "UserProfile",
            Some(&["d-abc/ann"]),
        ),
        case(
            "sagemaker:CreateSpace",
            json!({"requestParameters": {"domainId": "d-abc", "spaceName": "one"},
                "responseElements": {"spaceArn": arn("space/d-abc/one")}}),
            "Space",
            Some(&["d-abc/one"]),
        ),
        case(
            "sagemaker:StopNotebookInstance",
            json!({"requestParameters": {"notebookInstanceName": "nb"}}),
            "NotebookInstance",
            Some(&["nb"]),
        ),
        case(
            "sagemaker:DeleteTags",
            json!({"requestParameters": {"resourceArn": arn("notebook-instance/nb")}}),
            "NotebookInstance",
            Some(&["nb"]),
        ),
    ]);
}

#[test]
fn calls_on_route_tables_and_network_acls() {
    let table = |id: &str| json!({"requestParameters": {"routeTableId": id}});
    let acl = json!({"requestParameters": {"networkAclId": "acl-0aaa", "ruleNumber": 100}});
    check(vec![
        case("ec2:CreateRoute", table("rtb-0aaa"), "RouteTable", Some(&["rtb-0aaa"])),
        case("ec2:DeleteRoute", table("rtb-0aaa"), "RouteTable", Some(&["rtb-0aaa"])),
        case("ec2:AssociateRouteTable", table("rtb-0aaa"), "RouteTable", None),
        case(
            "ec2:DisassociateRouteTable",
            json!({"requestParameters": {"associationId": "rtbassoc-1"}}),
            "RouteTable",
            None,
        ),
        case("ec2:CreateNetworkAclEntry", acl.clone(), "NetworkAcl", Some(&["acl-0aaa"])),
        case("ec2:ReplaceNetworkAclAssociation", acl, "NetworkAcl", None),
    ]);
}

#[test]
fn a_shape_that_nobody_knows_concerns_the_whole_kind() {
    for parameters in [json!(null), json!("x"), json!([]), json!({"something": {"else": "sg-1"}})] {
        let record = json!({"requestParameters": parameters});
        check(vec![
            case("ec2:AuthorizeSecurityGroupIngress", record.clone(), "SecurityGroup", None),
            case("ec2:ModifyVpcEndpoint", record.clone(), "VpcEndpoint", None),
            case("kms:PutKeyPolicy", record.clone(), "KmsKey", None),
            case("sagemaker:UpdateDomain", record.clone(), "SageMakerDomain", None),
        ]);
    }
}

/// The tables are only as good as they are complete: a call that palisade itself makes to change a
/// resource is one that others can make.
#[test]
fn every_call_that_changes_a_covered_kind_is_among_its_records() {
    let registry = kinds::registry();
    let catalogue = Catalogue::of(&registry);
    let mut missing = Vec::new();
    for row in crate::operations::all().filter(|row| row.is_mutating()) {
        let action = format!("{}:{}", row.service, row.name);
        // A replica is made in another Region than it is recorded in.
        let known = catalogue.knows(&action) || action == "kms:ReplicateKey";
        if row.kind.is_some_and(|kind| catalogue.covers(kind, "us-east-1")) && !known {
            missing.push(action);
        }
    }
    assert_eq!(missing, [""; 0]);
    let covered =
        registry.iter().filter(|kind| catalogue.covers(kind.profile().name, "us-east-1")).count();
    assert!(covered > 15, "{covered}");
}

/// Whatever a message says, it is taken or refused, and nothing more.
#[test]
fn no_record_makes_the_program_fail() {
    let catalogue = Catalogue::of(&kinds::registry());
    let odd = [
        json!(null),
        json!(true),
        json!(-1.5e300),
        json!(""),
        json!("\u{0}"),
        json!([[[[]]]]),
        json!({"items": {"item": {"content": {"items": []}}}}),
        json!({"": {"": ""}}),
    ];
    for call in ["CreateTags", "AuthorizeSecurityGroupIngress", "DeleteVpcEndpoints"] {
        for value in &odd {
            let record = json!({"requestParameters": value, "responseElements": value,
                "resources": value, "userIdentity": value, "userAgent": value});
            let event = event("ec2", call, &record);
            drop(catalogue.targets(&event));
            assert!(!event.who.words().is_empty());
        }
    }
    let whole = json!({"detail": odd}).to_string();
    assert!(Event::parse(&whole, &place(), NOW).is_err());
}

mod interleavings {
    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::{
        super::message::tests::{NOW, envelope, place},
        *,
    };

    /// One call: whether palisade made it, the group, and whether its answer comes first.
    type Call = (bool, u8, bool);

    fn group(number: u8) -> String {
        format!("sg-{number}")
    }

    fn message(number: usize, (own, of, _): &Call) -> String {
        let name = if *own { "palisade" } else { "ann" };
        envelope(
            "ec2",
            "RevokeSecurityGroupIngress",
            &json!({"requestParameters": {"groupId": group(*of)}, "eventID": number.to_string(),
                "requestID": format!("r-{number}"),
                "userIdentity": {"type": "IAMUser", "userName": name}}),
        )
        .to_string()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// What palisade did is never somebody else's, and the other way round, in whatever order
        /// answers and events come.
        #[test]
        fn nobody_is_taken_for_somebody_else(
            calls in prop::collection::vec((any::<bool>(), 0..3_u8, any::<bool>()), 1..10),
            late in any::<prop::sample::Index>(),
        ) {
            let own = Own::default();
            let places = [("prod".to_owned(), place())].into();
            let hub = Hub::new(Catalogue::of(&kinds::registry()), own.clone(), places);
            let answered = |number: usize| {
                own.note("prod", "EC2", "RevokeSecurityGroupIngress", &format!("r-{number}"));
            };
            for (number, call) in calls.iter().enumerate() {
                if call.0 && call.2 {
                    answered(number);
                }
                hub.receive("prod", &message(number, call), Instant::now(), NOW);
                // Everything may be delivered once more, at any time.
                let again = late.index(number + 1);
                hub.receive("prod", &message(again, &calls[again]), Instant::now(), NOW);
                if call.0 && !call.2 {
                    answered(number);
                }
            }
            let foreign: BTreeSet<String> =
                calls.iter().filter(|call| !call.0).map(|call| group(call.1)).collect();
            let hints = hub.take(Instant::now());
            let named = hints.into_values().next().and_then(|hint| hint.ids).unwrap_or_default();
            prop_assert_eq!(&named, &foreign);
            for number in 0..3 {
                let id = Some(group(number));
                let question = Question {
                    drift: u64::from(number) + 1,
                    scope: "prod".to_owned(),
                    kind: "SecurityGroup".to_owned(),
                    id: id.clone(),
                    keys: ["authorize ingress tcp 443".to_owned()].into(),
                    since: NOW - 60.0,
                    until: NOW,
                };
                let who = hub.cause(&question).map(|by| by.who.principal);
                let expected = foreign.contains(&group(number)).then(|| "user/ann".to_owned());
                prop_assert_eq!(who, expected);
            }
        }
    }
}
