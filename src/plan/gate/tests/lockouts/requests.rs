//! What palisade asks for, and what its requests carry.

use super::*;
use crate::{
    model::Bounds,
    operations::{On, Usage, policy::statement_for},
};

/// Something of every kind is in use, in an organization that is known.
fn everything() -> Scene {
    let mut scene = Scene::new();
    for kind in kinds::registry().names() {
        live(&mut scene, "prod", kind, "arn:aws:something:else", None);
    }
    scene.fence.bounds.insert("prod".into(), Ok(bounds()));
    scene.organization.managers.insert("prod".into(), "999988887777".into());
    scene.live.organizations.insert("prod".into(), Seen::All("o-1".into()));
    scene
}

/// Where identity may be written.
fn bounds() -> Bounds {
    Bounds { path: "/ml/".into(), boundary: "arn:aws:iam::111122223333:policy/ml".into() }
}

/// Everything that palisade may use. Without events it does the same, later.
fn usage() -> Usage {
    Usage::everything(&kinds::registry())
        .within(Some(bounds()))
        .listening(false)
        .listing_accounts(false)
        .with_own(crate::settings::OwnUse::default())
}

fn granted() -> Vec<&'static crate::operations::Grant> {
    let usage = usage();
    usage.grants().map(|(_, grant)| grant).filter(|it| !matches!(it.on, On::Adopted(_))).collect()
}

fn printed(scene: &Scene, grant: &crate::operations::Grant) -> Value {
    statement_for(&scene.facts["prod"], "ml", &usage(), grant)
}

#[test]
fn a_denial_of_exactly_what_iam_policy_prints_is_held_for_every_permission() {
    let scene = everything();
    for grant in granted() {
        let mut statement = printed(&scene, grant);
        statement["Effect"] = json!("Deny");
        let why = scene.held(scp_step(json!([statement]), ACCOUNT));
        assert!(why.contains("own role") && why.contains(grant.action), "{grant:?}: {why}");
    }
}

#[test]
fn an_allow_list_without_one_of_the_permissions_that_iam_policy_prints_is_held() {
    let scene = everything();
    let all = || json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    for grant in granted() {
        let but = json!([{"Effect": "Allow", "NotAction": grant.action, "Resource": "*"}]);
        let why = scene.held(scp_edit(all(), but, &[ACCOUNT], &[ACCOUNT]));
        assert!(why.contains(grant.action), "{grant:?}: {why}");
    }
}

#[test]
fn what_iam_policy_does_not_print_may_be_denied() {
    let scene = everything();
    let mut resources: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for grant in granted() {
        let named = match printed(&scene, grant)["Resource"].take() {
            Value::Array(all) => all,
            one => vec![one],
        };
        resources.entry(grant.action).or_default().extend(named);
    }
    let actions: Vec<&&str> = resources.keys().collect();
    let others = json!([{"Effect": "Deny", "NotAction": actions, "Resource": "*"}]);
    assert!(goes(&scene, others, ACCOUNT), "no other action is needed");
    for (action, on) in &resources {
        let elsewhere = json!([{"Effect": "Deny", "Action": action, "NotResource": on}]);
        assert!(goes(&scene, elsewhere, ACCOUNT), "{action} is needed on nothing but {on:?}");
    }
}

#[test]
fn what_others_own_may_be_kept_from_palisade_where_it_only_changes_its_own() {
    let scene = everything();
    for action in ["kms:PutKeyPolicy", "ec2:DeleteVpcEndpoints", "organizations:UpdatePolicy"] {
        let deny = |operator: &str, owner: &str| {
            json!([{"Effect": "Deny", "Action": action, "Resource": "*",
                "Condition": {operator: {"aws:ResourceTag/palisade:owner": owner}}}])
        };
        assert!(goes(&scene, deny("StringNotEquals", "ml"), ACCOUNT), "{action}");
        assert!(goes(&scene, deny("StringEquals", "others"), ACCOUNT), "{action}");
        assert!(!goes(&scene, deny("StringEquals", "ml"), ACCOUNT), "{action}");
    }
    // It reads everybody's keys to learn whose they are.
    let read = json!([{"Effect": "Deny", "Action": "kms:ListResourceTags", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:ResourceTag/palisade:owner": "ml"}}}]);
    assert!(!goes(&scene, read, ACCOUNT));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Present,
    Absent,
    Unknown,
}

#[test]
fn a_condition_key_is_there_only_in_requests_that_carry_it() {
    use Key::{Absent, Present, Unknown};
    let scene = everything();
    for (action, key, expected) in [
        ("kms:PutKeyPolicy", "aws:ResourceAccount", Present),
        ("ec2:ModifyVpcEndpoint", "aws:ResourceAccount", Present),
        ("ec2:CreateVpcEndpoint", "aws:ResourceAccount", Absent),
        ("ec2:CreateVpcEndpoint", "aws:ResourceOrgID", Absent),
        ("route53:AssociateVPCWithHostedZone", "aws:ResourceAccount", Absent),
        ("kms:ListAliases", "aws:ResourceAccount", Unknown),
        ("kms:ListKeys", "aws:ResourceOrgPaths", Unknown),
        ("kms:CreateKey", "aws:ResourceAccount", Unknown),
        ("ec2:DescribeVpcs", "aws:ResourceAccount", Unknown),
        ("organizations:UpdatePolicy", "aws:ResourceAccount", Unknown),
        ("kms:PutKeyPolicy", "aws:ResourceOrgID", Present),
        ("kms:PutKeyPolicy", "aws:ResourceOrgPaths", Unknown),
        ("kms:ListAliases", "kms:CallerAccount", Absent),
        ("kms:PutKeyPolicy", "kms:CallerAccount", Present),
        ("kms:PutKeyPolicy", "kms:ViaService", Absent),
        ("kms:CreateGrant", "kms:ViaService", Present),
        ("kms:CreateGrant", "kms:GrantIsForAWSResource", Present),
        ("kms:CreateGrant", "kms:EncryptionContext:app", Unknown),
        ("kms:PutKeyPolicy", "kms:EncryptionContext:app", Absent),
        ("kms:PutKeyPolicy", "kms:BypassPolicyLockoutSafetyCheck", Present),
        ("kms:EnableKey", "kms:BypassPolicyLockoutSafetyCheck", Absent),
        ("kms:ScheduleKeyDeletion", "kms:ScheduleKeyDeletionPendingWindowInDays", Present),
        ("kms:EnableKey", "kms:ScheduleKeyDeletionPendingWindowInDays", Absent),
        ("iam:PassRole", "iam:PassedToService", Present),
        ("iam:PassRole", "aws:RequestedRegion", Unknown),
        ("iam:CreateServiceLinkedRole", "iam:AWSServiceName", Present),
        ("iam:CreateServiceLinkedRole", "aws:ViaAWSService", Unknown),
        ("sagemaker:CreateDomain", "sagemaker:VpcSubnets", Unknown),
        ("sagemaker:ListDomains", "sagemaker:VpcSubnets", Absent),
        ("ec2:DescribeVpcs", "ec2:Region", Present),
        ("ec2:DescribeVpcs", "ec2:Vpc", Absent),
        ("ec2:DeleteTags", "ec2:CreateAction", Absent),
        ("organizations:ListPolicies", "organizations:PolicyType", Present),
        ("organizations:ListRoots", "organizations:PolicyType", Absent),
        ("kms:UntagResource", "aws:TagKeys", Unknown),
        ("kms:PutKeyPolicy", "aws:TagKeys", Absent),
        ("kms:CreateKey", "aws:RequestTag/palisade:owner", Present),
        ("kms:PutKeyPolicy", "aws:RequestTag/team", Absent),
        ("kms:PutKeyPolicy", "aws:ResourceTag/team", Unknown),
        ("kms:ListKeys", "aws:ResourceTag/team", Absent),
        ("kms:PutKeyPolicy", "aws:PrincipalArn", Present),
        ("kms:PutKeyPolicy", "aws:PrincipalAccount", Present),
        ("kms:PutKeyPolicy", "aws:PrincipalTag/team", Unknown),
        ("kms:PutKeyPolicy", "aws:PrincipalServiceName", Absent),
        ("kms:PutKeyPolicy", "aws:username", Absent),
        ("kms:PutKeyPolicy", "aws:TokenIssueTime", Present),
        ("kms:PutKeyPolicy", "aws:MultiFactorAuthAge", Absent),
        ("kms:PutKeyPolicy", "aws:MultiFactorAuthPresent", Unknown),
        ("kms:PutKeyPolicy", "aws:CalledVia", Absent),
        ("kms:PutKeyPolicy", "aws:SourceArn", Absent),
        ("kms:PutKeyPolicy", "aws:SourceIp", Unknown),
        ("kms:PutKeyPolicy", "aws:SourceVpce", Unknown),
        ("kms:PutKeyPolicy", "ec2:SourceInstanceARN", Unknown),
        ("kms:PutKeyPolicy", "saml:aud", Unknown),
        ("kms:PutKeyPolicy", "aws:KeyOfNextYear", Unknown),
    ] {
        let denied = |absent: &str| {
            let deny = json!([{"Effect": "Deny", "Action": action, "Resource": "*",
                "Condition": {"Null": {key: absent}}}]);
            let step = scene.hold(vec![scp_step(deny, ACCOUNT)]).remove(0);
            match step.verdict {
                Verdict::Go => "goes",
                Verdict::Held(why) if why[0].to_string().contains("may be denied") => "unknown",
                Verdict::Held(_) => "denied",
                other => panic!("{other:?}"),
            }
        };
        let expect = match expected {
            Present => ("goes", "denied"),
            Absent => ("denied", "goes"),
            Unknown => ("unknown", "unknown"),
        };
        assert_eq!((denied("true"), denied("false")), expect, "{key} of {action}: {expected:?}");
    }
}

#[test]
fn where_both_readings_of_a_request_without_a_resource_agree_it_is_decided() {
    let scene = everything();
    let deny = |condition: Value| json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": condition}]);
    let own = || json!({"aws:ResourceAccount": ACCOUNT});
    let why = scene.held(scp_step(deny(json!({"StringNotEquals": own()})), ACCOUNT));
    assert!(why.contains("kms:CreateKey, kms:ListAliases, kms:ListKeys"), "{why}");
    assert!(!goes(&scene, deny(json!({"StringNotEqualsIfExists": own()})), ACCOUNT));
    let there = json!({"StringNotEquals": own(), "Null": {"aws:ResourceAccount": "false"}});
    assert!(goes(&scene, deny(there), ACCOUNT));
}

#[test]
fn the_waiting_times_of_all_keys_count() {
    let mut scene = everything();
    let deny = |operator: &str, days: &str| {
        json!([{"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition":
            {operator: {"kms:ScheduleKeyDeletionPendingWindowInDays": days}}}])
    };
    assert!(goes(&scene, deny("NumericLessThan", "30"), ACCOUNT));
    assert!(!goes(&scene, deny("NumericLessThan", "31"), ACCOUNT));
    scene.documents = load(
        &kinds::registry(),
        &scene.facts,
        [Manifest {
            kind: "KmsKey",
            scope: "prod",
            name: "k",
            lifecycle: "",
            spec: "deletionWindowDays: 7, policy: {Version: '2012-10-17', Statement: [{Effect: \
                Allow, \
                   Action: 'kms:*', Resource: '*', Principal: {AWS: \
                   'arn:aws:iam::${scope.account}:root'}}]}",
        }],
    );
    assert!(!goes(&scene, deny("NumericLessThan", "30"), ACCOUNT));
    assert!(goes(&scene, deny("NumericLessThan", "7"), ACCOUNT));
    assert!(!goes(&scene, deny("NumericEquals", "30"), ACCOUNT), "an orphan has the usual time");
}

#[test]
fn what_manifests_and_live_resources_name_is_asked_for_by_its_id() {
    let mut scene = Scene::new();
    live(&mut scene, "prod", "VpcEndpoint", "arn:aws:ec2:eu-west-1:1:vpc-endpoint/e", Some("e"));
    let Some(Seen::All(all)) = scene.live.seen.get_mut(&ScopedKind::new("prod", "VpcEndpoint"))
    else {
        panic!()
    };
    all[0].state = json!({"vpc": "vpc-1", "subnets": ["subnet-1"], "routeTables": ["rtb-1"],
        "securityGroups": ["sg-1"]});
    for (id, needed) in [
        ("vpc/vpc-1", true),
        ("vpc/vpc-2", false),
        ("subnet/subnet-1", true),
        ("route-table/rtb-1", true),
        ("security-group/sg-1", true),
        ("security-group/sg-2", false),
    ] {
        let deny =
            deny_on("ec2:CreateVpcEndpoint", &format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:{id}"));
        assert_eq!(goes(&scene, deny, ACCOUNT), !needed, "{id}");
    }
}

#[test]
fn when_a_session_began_is_not_known_and_a_user_has_none() {
    let mut scene = everything();
    let deny = |condition: Value| json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": condition}]);
    let old = json!({"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}});
    assert!(scene.held(scp_step(deny(old), ACCOUNT)).contains("may be denied"));
    let lasting = || deny(json!({"Null": {"aws:TokenIssueTime": "true"}}));
    assert!(goes(&scene, lasting(), ACCOUNT), "a role has no other credentials");
    scene.lockout.callers.insert("prod".into(), format!("arn:aws:iam::{ACCOUNT}:user/ann"));
    assert!(!goes(&scene, lasting(), ACCOUNT));
}

#[test]
fn the_organization_is_known_whether_a_manifest_names_it_or_not_and_in_variables_too() {
    let mut scene = everything();
    scene.live.organizations.clear();
    let deny = |key: &str, value: &str| {
        json!([{"Effect": "Deny", "Action": "kms:PutKeyPolicy", "Resource": "*",
            "Condition": {"StringNotEquals": {key: value}}}])
    };
    let ours = || deny("aws:PrincipalOrgID", "o-1");
    let perimeter = || deny("aws:ResourceOrgID", "${aws:PrincipalOrgID}");
    let another = || deny("aws:PrincipalOrgID", "o-2");
    for statements in [ours(), perimeter(), another()] {
        let why = scene.held(scp_step(statements, ACCOUNT));
        assert!(why.contains("may be denied"), "the organization is unknown: {why}");
    }
    scene.organization.ids.insert("prod".into(), "o-1".into());
    assert!(goes(&scene, ours(), ACCOUNT));
    assert!(goes(&scene, perimeter(), ACCOUNT));
    assert!(scene.held(scp_step(another(), ACCOUNT)).contains("would be denied"));
    // What AWS answered in this pass stands before what was known.
    scene.live.organizations.insert("prod".into(), Seen::All("o-2".into()));
    assert!(!goes(&scene, ours(), ACCOUNT));
}
