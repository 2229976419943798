//! What others change by hand is noticed, corrected with the necessary calls and no other, and nothing else is touched.

use palisade::{
    engine::{Engine, Report},
    model::Risk,
    plan::Cause,
    simulator::example::ML_ACCOUNT,
};
use serde_json::{Value, json};

use crate::world::{World, held, list, string, until_quiet, waiting, written};

/// One thing done by hand.
pub struct Foreign {
    pub story: &'static str,
    pub inject: fn(&World),
    /// The address it concerns.
    address: &'static str,
    /// Every mutating call of the one pass that corrects it.
    pub calls: &'static [&'static str],
}

/// Does each thing in turn; each is corrected by one pass, and the next pass writes nothing.
async fn one_at_a_time(cases: &[Foreign]) {
    let (world, mut engine) = World::applied().await;
    for case in cases {
        (case.inject)(&world);
        let report = engine.pass().await;
        assert_eq!(world.writes(), case.calls, "{}\n{}", case.story, shown(&report));
        assert_eq!(report.failures().count(), 0, "{}: {:?}", case.story, report.results);
        assert_eq!(written(&report), [case.address.to_owned()].into(), "{}", case.story);
        assert!(report.drift().next().is_some(), "{} is drift", case.story);
        settled(&world, &mut engine, case.story).await;
    }
}

/// AWS may need its time, but palisade has nothing more to do.
async fn settled(world: &World, engine: &mut Engine, story: &str) {
    let quiet = until_quiet(engine).await;
    assert!(quiet.last().is_converged(), "{story}:\n{}", shown(quiet.last()));
    assert_eq!(world.writes(), [""; 0], "{story}: something was left to write");
}

fn shown(report: &Report) -> String {
    palisade::plan::render::text(&report.plan)
}

const APPS: &str = "ml-prod/SecurityGroup/studio-apps";
const ENDPOINTS: &str = "ml-prod/SecurityGroup/endpoints";

pub const GROUPS: &[Foreign] = &[
    Foreign {
        story: "SSH is opened to the world",
        inject: open_ssh,
        address: APPS,
        calls: &["RevokeSecurityGroupIngress"],
    },
    Foreign {
        story: "a rule is deleted",
        inject: |world| {
            let group = world.group("studio-apps");
            let rule = world.rule(&group, false, 2049);
            let input = json!({"GroupId": group, "SecurityGroupRuleId": [rule]});
            world.ec2("RevokeSecurityGroupIngress", &input);
        },
        address: APPS,
        calls: &["AuthorizeSecurityGroupIngress"],
    },
    Foreign {
        story: "a rule's description is changed",
        inject: |world| {
            let group = world.group("studio-apps");
            let rule = world.rule(&group, false, 2049);
            let new = json!([{"SecurityGroupRuleId": rule, "Description": "of somebody"}]);
            let input = json!({"GroupId": group, "SecurityGroupRuleDescription": new});
            world.ec2("UpdateSecurityGroupRuleDescriptionsIngress", &input);
        },
        address: APPS,
        calls: &["UpdateSecurityGroupRuleDescriptionsIngress"],
    },
    Foreign {
        story: "everything may go out",
        inject: |world| {
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            let group = world.group("ml-endpoints");
            let input = json!({"GroupId": group, "IpPermissions": all});
            world.ec2("AuthorizeSecurityGroupEgress", &input);
        },
        address: ENDPOINTS,
        calls: &["RevokeSecurityGroupEgress"],
    },
    Foreign {
        story: "a rule is widened in place",
        inject: |world| {
            let group = world.group("studio-apps");
            let rule = world.rule(&group, false, 2049);
            let wide = json!({"IpProtocol": "tcp", "FromPort": "0", "ToPort": "65535", "ReferencedGroupId": group});
            let rules = json!([{"SecurityGroupRuleId": rule, "SecurityGroupRule": wide}]);
            world.ec2(
                "ModifySecurityGroupRules",
                &json!({"GroupId": group, "SecurityGroupRule": rules}),
            );
        },
        address: APPS,
        calls: &["ModifySecurityGroupRules"],
    },
    Foreign {
        story: "the claim is changed to allow pruning",
        inject: |world| {
            let tag = json!([{"Key": "palisade:deletion", "Value": "delete"}]);
            let group = world.group("studio-apps");
            world.ec2("CreateTags", &json!({"ResourceId": [group], "Tag": tag}));
        },
        address: APPS,
        calls: &["CreateTags"],
    },
];

#[tokio::test(start_paused = true)]
async fn security_groups_are_corrected_one_edit_at_a_time() {
    one_at_a_time(GROUPS).await;
}

fn open_ssh(world: &World) {
    let ssh = json!([{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let input = json!({"GroupId": world.group("studio-apps"), "IpPermissions": ssh});
    world.ec2("AuthorizeSecurityGroupIngress", &input);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_no_manifest_names_is_nobodys_drift() {
    let (world, mut engine) = World::applied().await;
    let tag = json!([{"Key": "cost-centre", "Value": "4711"}]);
    world.ec2("CreateTags", &json!({"ResourceId": [world.group("studio-apps")], "Tag": tag}));
    assert!(engine.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_resource_whose_claim_is_taken_away_is_left_alone_and_not_made_again() {
    let (world, mut engine) = World::applied().await;
    let tag = json!([{"Key": "palisade:owner"}]);
    let group = world.group("studio-apps");
    world.ec2("DeleteTags", &json!({"ResourceId": [group], "Tag": tag}));
    open_ssh(&world);
    let report = engine.pass().await;
    // Nor are rules of other groups that refer to it: they may be just the wanted ones.
    assert_eq!(world.writes(), [""; 0]);
    let why = crate::world::conflict(&report, APPS);
    assert!(why.contains("has lost its claim tags"), "{}", shown(&report));
}

/// AWS itself would let a second one of each of these be made.
#[tokio::test(start_paused = true)]
async fn what_has_no_name_that_aws_keeps_unique_is_not_made_again_either_when_its_claim_is_gone() {
    let (world, mut engine) = World::applied().await;
    let live = world.simulator.with(|world| world.truth());
    let mut stripped = Vec::new();
    for (id, thing) in &live.things {
        let Some(address) = thing.address("palisade-demo") else { continue };
        let key = "palisade:owner";
        match thing.kind {
            "VpcEndpoint" => {
                let input = json!({"ResourceId": [id], "Tag": [{"Key": key}]});
                world.ec2("DeleteTags", &input);
            }
            "KmsKey" => {
                world.kms("UntagResource", &json!({"KeyId": id, "TagKeys": [key]}));
            }
            "SageMakerDomain" => {
                let domain = world.sagemaker("DescribeDomain", &json!({"DomainId": id}));
                let arn = string(&domain, "DomainArn");
                world.sagemaker("DeleteTags", &json!({"ResourceArn": arn, "TagKeys": [key]}));
            }
            _ => continue,
        }
        stripped.push(address.to_string());
    }
    assert!(stripped.len() > 3, "{stripped:?}");
    // Longer than any window within which something absent may be made.
    for _ in 0..8 {
        let report = engine.pass().await;
        for address in &stripped {
            let why = crate::world::conflict(&report, address);
            assert!(why.contains("has lost its claim tags"), "{address}: {}", shown(&report));
        }
        tokio::time::sleep(std::time::Duration::from_mins(3)).await;
    }
    assert_eq!(world.writes(), [""; 0]);
}

const S3: &str = "ml-prod/VpcEndpoint/s3";
const API: &str = "ml-prod/VpcEndpoint/sagemaker-api";

fn modify_endpoint(world: &World, service: &str, mut input: Value) {
    input["VpcEndpointId"] = world.endpoint(service)["vpcEndpointId"].clone();
    world.ec2("ModifyVpcEndpoint", &input);
    // AWS needs a second for it, and palisade leaves an endpoint alone meanwhile.
    world.simulator.with(|world| world.options.endpoint_pending = std::time::Duration::ZERO);
}

pub const ENDPOINT_EDITS: &[Foreign] = &[
    Foreign {
        story: "the policy is widened to everything",
        inject: |world| {
            let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
            modify_endpoint(world, "sagemaker.api", json!({"PolicyDocument": all.to_string()}));
        },
        address: API,
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "the security group is swapped",
        inject: |world| {
            let (own, other) = (world.group("ml-endpoints"), world.group("ml-jobs"));
            let input = json!({"AddSecurityGroupId": [other], "RemoveSecurityGroupId": [own]});
            modify_endpoint(world, "sagemaker.api", input);
        },
        address: API,
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "private DNS is turned off, so that traffic goes around the endpoint's policy",
        inject: |world| {
            modify_endpoint(world, "sagemaker.api", json!({"PrivateDnsEnabled": "false"}));
        },
        address: API,
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "a subnet is removed",
        inject: |world| {
            let subnets = list(&world.endpoint("sagemaker.api"), "subnetIdSet");
            modify_endpoint(world, "sagemaker.api", json!({"RemoveSubnetId": [subnets[0]]}));
        },
        address: API,
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "policy, group and subnet at once",
        inject: |world| {
            let (own, other) = (world.group("ml-endpoints"), world.group("ml-jobs"));
            let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
            let subnets = list(&world.endpoint("sts"), "subnetIdSet");
            let input = json!({
                "AddSecurityGroupId": [other], "RemoveSecurityGroupId": [own], "PolicyDocument": all.to_string(),
                "RemoveSubnetId": [subnets[0]]
            });
            modify_endpoint(world, "sts", input);
        },
        address: "ml-prod/VpcEndpoint/sts",
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "the S3 gateway's policy is reset to AWS's default",
        inject: |world| modify_endpoint(world, "s3", json!({"ResetPolicy": "true"})),
        address: S3,
        calls: &["ModifyVpcEndpoint"],
    },
    Foreign {
        story: "an endpoint is deleted",
        inject: |world| {
            let id = world.endpoint("logs")["vpcEndpointId"].clone();
            world
                .simulator
                .with(|world| world.options.endpoint_deleting = std::time::Duration::ZERO);
            world.ec2("DeleteVpcEndpoints", &json!({"VpcEndpointId": [id]}));
        },
        address: "ml-prod/VpcEndpoint/logs",
        calls: &["CreateVpcEndpoint"],
    },
];

#[tokio::test(start_paused = true)]
async fn endpoints_are_corrected_one_edit_at_a_time() {
    // Modifications by hand are over when palisade looks.
    let (world, _) = World::applied().await;
    world.simulator.with(|world| world.options.endpoint_pending = std::time::Duration::ZERO);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    for case in ENDPOINT_EDITS {
        (case.inject)(&world);
        let report = engine.pass().await;
        assert_eq!(world.writes(), case.calls, "{}\n{}", case.story, shown(&report));
        assert_eq!(written(&report), [case.address.to_owned()].into(), "{}", case.story);
        assert_eq!(report.drift().count(), 1, "{} is drift", case.story);
        settled(&world, &mut engine, case.story).await;
    }
}

#[tokio::test(start_paused = true)]
async fn routes_to_the_s3_gateway_come_back_at_once_because_without_them_its_policy_is_passed_by() {
    let (world, mut engine) = World::applied().await;
    let tables = list(&world.endpoint("s3"), "routeTableIdSet");
    modify_endpoint(&world, "s3", json!({"RemoveRouteTableId": tables}));
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["ModifyVpcEndpoint"]);
    let step =
        report.plan.steps.iter().find(|step| step.address.to_string() == S3).expect("a step");
    assert_eq!((step.risk(), step.cause), (Risk::REPLACES.cutting_connections(), Cause::Drift));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(list(&world.endpoint("s3"), "routeTableIdSet"), tables);
}

#[tokio::test(start_paused = true)]
async fn while_aws_still_works_on_a_foreign_edit_palisade_waits_and_then_corrects() {
    let (world, mut engine) = World::applied().await;
    let id = world.endpoint("sagemaker.api")["vpcEndpointId"].clone();
    let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    world
        .ec2("ModifyVpcEndpoint", &json!({"VpcEndpointId": id, "PolicyDocument": all.to_string()}));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(waiting(&report, API).contains("still working"), "{}", shown(&report));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ModifyVpcEndpoint"]);
}

const STUDIO: &str = "ml-prod/KmsKey/studio";

fn with_key(world: &World, operation: &str, mut input: Value) {
    input["KeyId"] = json!(world.key("alias/ml/studio"));
    world.kms(operation, &input);
}

fn lend_key(world: &World) {
    let key = world.key("alias/ml/studio");
    let policy = world.kms("GetKeyPolicy", &json!({"KeyId": key, "PolicyName": "default"}));
    let mut policy: Value = serde_json::from_str(&string(&policy, "Policy")).expect("a policy");
    policy["Statement"].as_array_mut().expect("statements").push(json!({
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "kms:Decrypt", "Resource": "*"
    }));
    let input = json!({"KeyId": key, "PolicyName": "default", "Policy": policy.to_string()});
    world.kms("PutKeyPolicy", &input);
}

pub const KEY_EDITS: &[Foreign] = &[
    Foreign {
        story: "another account may decrypt",
        inject: lend_key,
        address: STUDIO,
        calls: &["PutKeyPolicy"],
    },
    Foreign {
        story: "rotation is switched off",
        inject: |world| with_key(world, "DisableKeyRotation", json!({})),
        address: STUDIO,
        calls: &["EnableKeyRotation"],
    },
    Foreign {
        story: "the rotation period is made longer",
        inject: |world| {
            with_key(world, "EnableKeyRotation", json!({"RotationPeriodInDays": 2000}));
        },
        address: STUDIO,
        calls: &["EnableKeyRotation"],
    },
    Foreign {
        story: "the alias is deleted",
        inject: |world| {
            world.kms("DeleteAlias", &json!({"AliasName": "alias/ml/studio"}));
        },
        address: STUDIO,
        calls: &["CreateAlias"],
    },
    Foreign {
        story: "a second alias is made",
        inject: |world| {
            let key = world.key("alias/ml/data");
            world.kms("CreateAlias", &json!({"AliasName": "alias/tmp", "TargetKeyId": key}));
        },
        address: "ml-prod/KmsKey/data",
        calls: &[],
    },
    Foreign {
        story: "the key is disabled",
        inject: |world| with_key(world, "DisableKey", json!({})),
        address: STUDIO,
        calls: &["EnableKey"],
    },
    Foreign {
        story: "the description is changed",
        inject: |world| {
            with_key(world, "UpdateKeyDescription", json!({"Description": "old, delete me"}));
        },
        address: STUDIO,
        calls: &["UpdateKeyDescription"],
    },
    Foreign {
        story: "a tag of the manifest is removed",
        inject: |world| with_key(world, "UntagResource", json!({"TagKeys": ["data-class"]})),
        address: STUDIO,
        calls: &["TagResource"],
    },
    Foreign {
        story: "a tag of the claim is changed",
        inject: |world| {
            let tag = json!([{"TagKey": "palisade:deletion", "TagValue": "delete"}]);
            with_key(world, "TagResource", json!({"Tags": tag}));
        },
        address: STUDIO,
        calls: &["TagResource"],
    },
];

#[tokio::test(start_paused = true)]
async fn keys_are_corrected_one_edit_at_a_time() {
    let cases: Vec<_> = KEY_EDITS.iter().filter(|case| !case.calls.is_empty()).collect();
    let (world, mut engine) = World::applied().await;
    for case in cases {
        (case.inject)(&world);
        let report = engine.pass().await;
        assert_eq!(world.writes(), case.calls, "{}\n{}", case.story, shown(&report));
        assert_eq!(written(&report), [case.address.to_owned()].into(), "{}", case.story);
        assert_eq!(report.drift().count(), 1, "{} is drift", case.story);
        settled(&world, &mut engine, case.story).await;
    }
    assert_eq!(world.keys(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_surplus_alias_goes_only_with_consent_because_people_may_use_it() {
    let (world, mut engine) = World::applied().await;
    let key = world.key("alias/ml/data");
    world.kms("CreateAlias", &json!({"AliasName": "alias/tmp", "TargetKeyId": key}));
    let report = engine.pass().await;
    let (step, _) = held(&report, "ml-prod/KmsKey/data");
    assert_eq!(world.writes(), [""; 0]);
    until_quiet(&mut world.engine_approving(&[&step.digest]).await).await.in_order();
    assert_eq!(world.writes(), ["DeleteAlias"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_schedules_for_deletion_is_called_back_and_there_is_never_a_second_one()
{
    let (world, mut engine) = World::applied().await;
    let before = world.key("alias/ml/studio");
    with_key(&world, "ScheduleKeyDeletion", json!({"PendingWindowInDays": 7}));
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["CancelKeyDeletion"]);
    assert_eq!(written(&report), [STUDIO.to_owned()].into());
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["EnableKey"]);
    assert_eq!(world.key("alias/ml/studio"), before);
    assert_eq!(world.keys(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_alias_moved_to_our_other_key_comes_back_with_consent_to_a_strangers_key_never() {
    let (world, mut engine) = World::applied().await;
    let (studio, data) = (world.key("alias/ml/studio"), world.key("alias/ml/data"));
    let point_to = |key: &str| {
        world.kms("UpdateAlias", &json!({"AliasName": "alias/ml/studio", "TargetKeyId": key}));
    };
    point_to(&data);
    let report = engine.pass().await;
    let (step, _) = held(&report, STUDIO);
    assert_eq!(world.writes(), [""; 0]);
    // The other key sees an alias that its manifest does not name; only the move is consented to.
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateAlias"]);
    assert_eq!(world.key("alias/ml/studio"), studio);

    let stranger = string(&world.kms("CreateKey", &json!({}))["KeyMetadata"], "KeyId");
    point_to(&stranger);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    let quiet = until_quiet(&mut engine).await;
    assert!(!quiet.last().is_converged());
    let calls = world.calls();
    let wrote: Vec<_> = calls.iter().filter(|call| call.mutating && call.error.is_none()).collect();
    assert!(wrote.is_empty(), "{wrote:?}");
    assert_eq!(world.key("alias/ml/studio"), stranger);
}

const TRAILS: &str = "org/ServiceControlPolicy/protect-cloudtrail";

fn detach(world: &World) {
    let policy = world.policy("protect-cloudtrail");
    world.organizations("DetachPolicy", &json!({"PolicyId": policy, "TargetId": world.root()}));
}

fn update_policy(world: &World, mut input: Value) {
    input["PolicyId"] = json!(world.policy("protect-cloudtrail"));
    world.organizations("UpdatePolicy", &input);
}

pub const POLICY_EDITS: &[Foreign] = &[
    Foreign {
        story: "the policy is detached",
        inject: detach,
        address: TRAILS,
        calls: &["AttachPolicy"],
    },
    Foreign {
        story: "its content is replaced by one that denies nothing of use",
        inject: |world| {
            let weak = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
            update_policy(world, json!({"Content": weak.to_string()}));
        },
        address: TRAILS,
        calls: &["UpdatePolicy"],
    },
    Foreign {
        story: "it is attached to an account too",
        inject: |world| {
            let policy = world.policy("protect-cloudtrail");
            let input = json!({"PolicyId": policy, "TargetId": ML_ACCOUNT});
            world.organizations("AttachPolicy", &input);
        },
        address: TRAILS,
        calls: &["DetachPolicy"],
    },
    Foreign {
        story: "its description is changed",
        inject: |world| update_policy(world, json!({"Description": "unused"})),
        address: TRAILS,
        calls: &["UpdatePolicy"],
    },
    Foreign {
        story: "it is renamed",
        inject: |world| update_policy(world, json!({"Name": "old-stuff"})),
        address: TRAILS,
        calls: &["UpdatePolicy"],
    },
    Foreign {
        story: "a tag of the claim is changed",
        inject: |world| {
            let policy = world.policy("protect-cloudtrail");
            let tags = json!([{"Key": "palisade:deletion", "Value": "delete"}]);
            world.organizations("TagResource", &json!({"ResourceId": policy, "Tags": tags}));
        },
        address: TRAILS,
        calls: &["TagResource"],
    },
];

#[tokio::test(start_paused = true)]
async fn service_control_policies_are_corrected_one_edit_at_a_time() {
    one_at_a_time(POLICY_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_service_control_policy_is_made_and_attached_again() {
    let (world, mut engine) = World::applied().await;
    detach(&world);
    let policy = world.policy("protect-cloudtrail");
    world.organizations("DeletePolicy", &json!({"PolicyId": policy}));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreatePolicy", "AttachPolicy"]);
}

const DOMAIN: &str = "ml-prod/SageMakerDomain/ml-studio";

fn update_domain(world: &World, mut input: Value) {
    input["DomainId"] = json!(world.domain());
    world.simulator.with(|world| world.options.domain_updating = std::time::Duration::ZERO);
    world.sagemaker("UpdateDomain", &input);
}

pub const DOMAIN_EDITS: &[Foreign] = &[
    Foreign {
        story: "apps may run Docker",
        inject: |world| {
            let settings = json!({"DockerSettings": {"EnableDockerAccess": "ENABLED"}});
            update_domain(world, json!({"DomainSettingsForUpdate": settings}));
        },
        address: DOMAIN,
        calls: &["UpdateDomain"],
    },
    Foreign {
        story: "notebook outputs are copied to S3",
        inject: |world| {
            let sharing = json!({"SharingSettings": {"NotebookOutputOption": "Allowed"}});
            update_domain(world, json!({"DefaultUserSettings": sharing}));
        },
        address: DOMAIN,
        calls: &["UpdateDomain"],
    },
    Foreign {
        story: "users get another role and another group",
        inject: |world| {
            let role = "arn:aws:iam::111122223333:role/admin";
            let users = json!({"ExecutionRole": role, "SecurityGroups": [world.group("ml-jobs")]});
            update_domain(world, json!({"DefaultUserSettings": users}));
        },
        address: DOMAIN,
        calls: &["UpdateDomain"],
    },
    Foreign {
        story: "users' identity is not propagated, and tags are",
        inject: |world| {
            let settings = json!({"TrustedIdentityPropagationSettings": {"Status": "DISABLED"}});
            let input = json!({"DomainSettingsForUpdate": settings, "TagPropagation": "ENABLED"});
            update_domain(world, input);
        },
        address: DOMAIN,
        calls: &["UpdateDomain"],
    },
    Foreign {
        story: "a tag of the claim is changed",
        inject: |world| {
            let arn = world.sagemaker("DescribeDomain", &json!({"DomainId": world.domain()}));
            let tags = json!([{"Key": "palisade:deletion", "Value": "delete"}]);
            world.sagemaker("AddTags", &json!({"ResourceArn": arn["DomainArn"], "Tags": tags}));
        },
        address: DOMAIN,
        calls: &["AddTags"],
    },
];

#[tokio::test(start_paused = true)]
async fn domains_are_corrected_one_edit_at_a_time() {
    one_at_a_time(DOMAIN_EDITS).await;
}

#[tokio::test(start_paused = true)]
async fn idle_apps_are_shut_down_again_only_with_consent_and_the_rest_does_not_wait_for_it() {
    let (world, mut engine) = World::applied().await;
    let idle =
        json!({"AppLifecycleManagement": {"IdleSettings": {"LifecycleManagement": "DISABLED"}}});
    let users = json!({"JupyterLabAppSettings": idle});
    update_domain(&world, json!({"DefaultUserSettings": users}));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0], "{}", shown(&report));
    let (step, why) = held(&report, DOMAIN);
    assert!(why.contains("disrupts"), "{why}");
    until_quiet(&mut world.engine_approving(&[&step.digest]).await).await.in_order();
    assert_eq!(world.writes(), ["UpdateDomain"]);
}

#[tokio::test(start_paused = true)]
async fn what_aws_changes_only_without_apps_waits_and_names_the_app() {
    let (world, mut engine) = World::applied().await;
    update_domain(&world, json!({"AppNetworkAccessType": "PublicInternetOnly"}));
    let domain = world.domain();
    let user = json!({
        "DomainId": domain, "UserProfileName": "ada", "SingleSignOnUserIdentifier": "UserName",
        "SingleSignOnUserValue": "ada"
    });
    world.sagemaker("CreateUserProfile", &user);
    let app = json!({"DomainId": domain, "UserProfileName": "ada", "AppType": "JupyterLab", "AppName": "lab"});
    world.sagemaker("CreateApp", &app);

    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0], "{}", shown(&report));
    let why = waiting(&report, DOMAIN);
    assert!(why.contains("lab") && why.contains("ada"), "{why}");

    world.sagemaker("DeleteApp", &app);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateDomain"]);
}

#[tokio::test(start_paused = true)]
async fn everything_at_once_is_corrected_by_one_pass_what_tightens_first() {
    let (world, mut engine) = World::applied().await;
    let zero = std::time::Duration::ZERO;
    world.simulator.with(|world| world.options.endpoint_pending = zero);
    let all: [fn(&World); 8] = [
        // What will loosen: a rule is missing, the key is disabled.
        |world| {
            let group = world.group("ml-endpoints");
            let rule = world.rule(&group, false, 443);
            let input = json!({"GroupId": group, "SecurityGroupRuleId": [rule]});
            world.ec2("RevokeSecurityGroupIngress", &input);
        },
        |world| {
            world.kms("DisableKey", &json!({"KeyId": world.key("alias/ml/data")}));
        },
        // What will tighten.
        open_ssh,
        ENDPOINT_EDITS[0].inject,
        lend_key,
        detach,
        DOMAIN_EDITS[0].inject,
        // And the rest.
        |world| with_key(world, "UpdateKeyDescription", json!({"Description": "x"})),
    ];
    for inject in all {
        inject(&world);
    }
    let report = engine.pass().await;
    let writes = world.writes();
    let mut sorted = writes.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "AttachPolicy",
            "AuthorizeSecurityGroupIngress",
            "EnableKey",
            "ModifyVpcEndpoint",
            "PutKeyPolicy",
            "RevokeSecurityGroupIngress",
            "UpdateDomain",
            "UpdateKeyDescription",
        ],
        "{}",
        shown(&report)
    );
    let loosening = ["AuthorizeSecurityGroupIngress", "EnableKey"];
    let place = |call: &str| writes.iter().position(|write| write == call).expect("was made");
    for tightening in
        ["RevokeSecurityGroupIngress", "ModifyVpcEndpoint", "AttachPolicy", "UpdateDomain"]
    {
        for call in loosening {
            assert!(place(tightening) < place(call), "{tightening} after {call}: {writes:?}");
        }
    }
    settled(&world, &mut engine, "everything").await;
}
