//! Nobody locks palisade out, nor a break-glass role, whatever the manifests say: from a directory to the verdict.

use palisade::{
    aws::Guard,
    engine::{Options, Report},
    plan::{HoldReason, Verdict},
    simulator::example,
};
use serde_json::json;

use crate::world::{World, held, steps, string, until_quiet};

const GUARD: &str = "org/ServiceControlPolicy/guard";
const KEY: &str = "ml-prod/KmsKey/k";

fn key(more: &str) -> String {
    format!(
        "
---
apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {{name: k, scope: ml-prod}}
spec:
  policy:
    Version: '2012-10-17'
    Statement:
      - {{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::111122223333:root'}}, Action: 'kms:*', Resource: '*'}}
      {more}
"
    )
}

fn group() -> String {
    "
---
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: g, scope: ml-prod}
spec: {vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}
"
    .to_owned()
}

fn domain() -> String {
    "
---
apiVersion: palisade.dev/v1alpha1
kind: SageMakerDomain
metadata: {name: d, scope: ml-prod}
spec:
  authMode: SSO
  vpc: {lookup: {tags: {Name: ml}}}
  subnets: {lookup: {tags: {tier: private}}}
  appNetworkAccessType: VpcOnly
  kmsKey: {ref: k}
  defaultUserSettings:
    executionRole: 'arn:aws:iam::111122223333:role/ml-studio'
    securityGroups: [sg-0123456789abcdef0]
"
    .to_owned()
}

/// A service control policy of one statement.
fn guard(statement: &str, targets: &str, lifecycle: &str) -> String {
    format!(
        "
---
apiVersion: palisade.dev/v1alpha1
kind: ServiceControlPolicy
metadata: {{name: guard, scope: org}}
{lifecycle}
spec:
  content:
    Version: '2012-10-17'
    Statement: [{statement}]
  targets: [{targets}]
"
    )
}

const ML: &str = "'111122223333'";

/// The first pass over a directory, of a process that cannot write.
async fn planned(world: &World) -> Report {
    let report = world.reader().await.pass().await;
    assert!(report.problems.is_empty(), "{report:?}");
    report
}

fn goes(report: &Report, address: &str) -> bool {
    let steps = steps(report, address);
    !steps.is_empty() && steps.iter().all(|step| matches!(step.verdict, Verdict::Go))
}

#[tokio::test(start_paused = true)]
async fn blocks_that_would_lock_palisade_out_are_held_and_those_that_exempt_it_go() {
    let blocks = |with: &str| {
        format!(
            "
---
apiVersion: palisade.dev/v1alpha1
kind: ServiceControlPolicy
metadata: {{name: guard, scope: org}}
spec:
  guardrails:
    - use: scp/regions
      with: {{regions: [ap-south-1]{with}}}
  targets: ['111122223333']
"
        )
    };
    let world = World::with(&(group() + &blocks(", palisade: []")));
    let (_, why) = held(&planned(&world).await, GUARD);
    assert!(why.contains("ec2:"), "{why}");
    let world = World::with(&(group() + &blocks("")));
    let role = world.settings.scopes["ml-prod"].own_role(None).map(str::to_owned);
    assert!(role.is_some_and(|arn| arn.ends_with(":role/palisade")), "the role that is exempt");
    assert!(goes(&planned(&world).await, GUARD));
}

#[tokio::test(start_paused = true)]
async fn what_a_call_needs_besides_its_own_permission_is_not_denied() {
    for action in ["iam:PassRole", "iam:CreateServiceLinkedRole", "kms:CreateGrant"] {
        let deny = format!("{{Effect: Deny, Action: '{action}', Resource: '*'}}");
        let world = World::with(&(key("") + &domain() + &guard(&deny, ML, "")));
        let report = planned(&world).await;
        let (_, why) = held(&report, GUARD);
        assert!(why.contains(action), "{why}");
        let world = World::with(&(group() + &guard(&deny, ML, "")));
        assert!(goes(&planned(&world).await, GUARD), "{action}: there is no domain");
    }
    let deny = "{Effect: Deny, Action: 'route53:*', Resource: '*'}";
    let endpoint = "
---
apiVersion: palisade.dev/v1alpha1
kind: VpcEndpoint
metadata: {name: e, scope: ml-prod}
spec: {service: sts, type: Interface, vpc: {lookup: {tags: {Name: ml}}}, subnets: {lookup: {tags: {tier: private}}}, \
       securityGroups: [sg-0123456789abcdef0], policy: default}
";
    let world = World::with(&(endpoint.to_owned() + &guard(deny, ML, "")));
    let (_, why) = held(&planned(&world).await, GUARD);
    assert!(why.contains("route53:AssociateVPCWithHostedZone"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_key_stays_readable_for_palisade() {
    for action in
        ["kms:ListResourceTags", "kms:GetKeyRotationStatus", "kms:Get*", "kms:UpdateAlias"]
    {
        let world = World::with(&key(""));
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        let deny = format!("- {{Effect: Deny, Principal: '*', Action: '{action}', Resource: '*'}}");
        world.write("main.yaml", key(&deny));
        let report = engine.pass().await;
        let (_, why) = held(&report, KEY);
        assert!(why.contains("would be denied kms:"), "{action}: {why}");
        world.writes();
    }
}

#[tokio::test(start_paused = true)]
async fn a_perimeter_around_resources_does_not_catch_the_calls_that_are_about_none() {
    let own = |condition: &str| {
        format!("{{Effect: Deny, Action: 'kms:*', Resource: '*', Condition: {condition}}}")
    };
    let alone = own("{StringNotEquals: {'aws:ResourceAccount': '111122223333'}}");
    let world = World::with(&(key("") + &guard(&alone, ML, "")));
    let (_, why) = held(&planned(&world).await, GUARD);
    assert!(why.contains("kms:ListKeys"), "{why}");
    let there = own(
        "{StringNotEquals: {'aws:ResourceAccount': '111122223333'}, 'Null': {'aws:ResourceAccount': 'false'}}",
    );
    let world = World::with(&(key("") + &guard(&there, ML, "")));
    assert!(goes(&planned(&world).await, GUARD));
}

/// The account lives on palisade's policy that allows all, beside one of somebody that allows little.
async fn living_on(world: &World, full: &str) {
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let s3 = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let made = world.organizations(
        "CreatePolicy",
        &json!({"Name": "s3-only", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": s3.to_string()}),
    );
    let id = string(&made["Policy"]["PolicySummary"], "Id");
    let account = |policy: &str| json!({"PolicyId": policy, "TargetId": example::ML_ACCOUNT});
    world.organizations("AttachPolicy", &account(&id));
    world.organizations("DetachPolicy", &account(full));
}

#[tokio::test(start_paused = true)]
async fn the_policy_that_an_account_lives_on_is_neither_detached_nor_deleted() {
    let all = "{Effect: Allow, Action: '*', Resource: '*'}";
    for (targets, lifecycle) in [("", ""), (ML, "lifecycle: {state: absent}")] {
        let world = World::with(&(group() + &guard(all, ML, "")));
        living_on(&world, "p-FullAWSAccess").await;
        world.write("main.yaml", group() + &guard(all, targets, lifecycle));
        let report = planned(&world).await;
        let (_, why) = held(&report, GUARD);
        assert!(why.contains("would no longer be allowed"), "{why}");
    }
    let deny = "{Effect: Deny, Action: 's3:DeleteBucket', Resource: '*'}";
    let world = World::with(&(group() + &guard(deny, ML, "")));
    living_on(&world, "p-FullAWSAccess").await;
    world.write("main.yaml", group() + &guard(deny, ML, "lifecycle: {state: absent}"));
    let report = planned(&world).await;
    assert!(
        !steps(&report, GUARD).iter().any(|step| match &step.verdict {
            Verdict::Held(why) => why.iter().any(|one| matches!(one, HoldReason::Lockout { .. })),
            _ => false,
        }),
        "what only denies gives nothing"
    );
}

const ONLY_PALISADE: &str = "{Effect: Deny, Action: '*', Resource: '*', Condition: {ArnNotLike: {'aws:PrincipalArn': \
                             'arn:aws:iam::*:role/palisade'}}}";

#[tokio::test(start_paused = true)]
async fn a_break_glass_role_is_kept_in_an_account_that_no_scope_is_for() {
    let glass = "arn:aws:iam::444455556666:role/break-glass";
    for (targets, is_held) in [("'444455556666'", true), ("root", true), (ML, false)] {
        let mut world = World::with(&(key("") + &guard(ONLY_PALISADE, targets, "")));
        world.settings.break_glass_roles = [glass.to_owned()].into();
        let report = planned(&world).await;
        if is_held {
            let (_, why) = held(&report, GUARD);
            assert!(why.contains(&format!("the break-glass role {glass}")), "{why}");
        } else {
            // It is the account of the example's own credentials.
            let (_, why) = held(&report, GUARD);
            assert!(!why.contains("break-glass"), "{targets}: {why}");
        }
    }
}

/// A process whose own credentials are a session of a role, in a scope that no other role is assumed for.
async fn session_of(world: &mut World, role: &str, daemon: Option<&str>) -> Report {
    let scope = world.settings.scopes.get_mut("ml-prod").unwrap();
    scope.role = None;
    scope.daemon_role = daemon.map(str::to_owned);
    let input = json!({"RoleArn": role, "RoleSessionName": "session"});
    let answer =
        world.simulator.act(example::ML_ACCOUNT, example::REGION, "sts", "AssumeRole", &input);
    let base = world.simulator.session_config(&answer.unwrap(), example::REGION);
    let dir = world.dir().to_owned();
    let mut engine = world.engine_on(&dir, base, Guard::read_only(), Options::default()).await;
    let report = engine.pass().await;
    assert!(report.problems.is_empty(), "{report:?}");
    report
}

#[tokio::test(start_paused = true)]
async fn a_role_that_only_a_session_shows_is_not_taken_for_one_without_a_path() {
    let deny = |role: &str| {
        format!(
            "{{Effect: Deny, Action: 'ec2:*', Resource: '*', Condition: {{ArnNotLike: {{'aws:PrincipalArn': \
             'arn:aws:iam::111122223333:role/{role}'}}}}}}"
        )
    };
    let with_path = "arn:aws:iam::111122223333:role/platform/palisade";
    for (exempt, daemon, is_held) in [
        ("palisade", None, true),
        ("platform/palisade", None, true),
        ("*palisade", None, false),
        ("platform/palisade", Some(with_path), false),
        ("palisade", Some(with_path), true),
        ("daemon", Some("arn:aws:iam::111122223333:role/daemon"), false),
    ] {
        let mut world = World::with(&(group() + &guard(&deny(exempt), ML, "")));
        let report = session_of(&mut world, with_path, daemon).await;
        if is_held {
            let (_, why) = held(&report, GUARD);
            assert!(why.contains("palisade's own role"), "{why}");
            assert_eq!(why.contains("daemonRole"), daemon.is_none(), "{why}");
        } else {
            assert!(goes(&report, GUARD), "{exempt} {daemon:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_role_that_a_scope_assumes_is_judged_with_its_path() {
    let world = |exempt: &str| {
        let deny = format!(
            "{{Effect: Deny, Action: 'ec2:*', Resource: '*', Condition: {{ArnNotEquals: {{'aws:PrincipalArn': \
             'arn:aws:iam::111122223333:role/{exempt}'}}}}}}"
        );
        let mut world = World::with(&(group() + &guard(&deny, ML, "")));
        let scope = world.settings.scopes.get_mut("ml-prod").unwrap();
        let role = scope.role.as_mut().unwrap();
        role.role_arn = "arn:aws:iam::111122223333:role/platform/palisade".into();
        world
    };
    assert!(goes(&planned(&world("platform/palisade")).await, GUARD));
    held(&planned(&world("palisade")).await, GUARD);
}

const OUTSIDERS: &str = "{Effect: Deny, Action: 'kms:PutKeyPolicy', Resource: '*', Principal: '*', \
                         Condition: {StringNotEquals: {'aws:PrincipalOrgID': ORGANIZATION}}}";

#[tokio::test(start_paused = true)]
async fn the_organization_is_known_from_the_settings_or_from_what_was_asked_for_another_reason() {
    let mut world = World::empty();
    let found = world.organizations("DescribeOrganization", &json!({}));
    let id = found["Organization"]["Id"].as_str().expect("an id").to_owned();
    let deny = OUTSIDERS.replace("ORGANIZATION", &id);
    world.write("main.yaml", key(&format!("- {deny}")));
    let why = said(&planned(&world).await, KEY);
    assert!(why.contains("may be denied"), "nobody asked for the organization: {why}");
    world.settings.organization = Some(id);
    let why = said(&planned(&world).await, KEY);
    assert!(!why.contains("denied"), "{why}");
    world.settings.organization = Some("o-somebodyelse".to_owned());
    let why = said(&planned(&world).await, KEY);
    assert!(why.contains("would be denied"), "{why}");

    world.settings.organization = None;
    let in_scp = deny.replace(" Principal: '*',", "");
    world.write("main.yaml", key("") + &guard(&in_scp, ML, ""));
    assert!(goes(&planned(&world).await, GUARD), "it is asked for before an SCP changes");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_that_waits_for_a_second_look_says_that_it_will_be_held() {
    let me = "'arn:aws:iam::111122223333:role/palisade'";
    let deny = format!(
        "- {{Effect: Deny, Principal: {{AWS: {me}}}, Action: 'kms:PutKeyPolicy', Resource: '*'}}"
    );
    let world = World::with(&key(&deny));
    let report = planned(&world).await;
    let why = said(&report, KEY);
    assert!(why.contains("it will be held then") && why.contains("kms:PutKeyPolicy"), "{why}");
    assert!(report.plan.needs_a_person());
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert!(held(quiet.last(), KEY).1.contains("kms:PutKeyPolicy"));
    assert_eq!(world.writes(), [""; 0]);
}

/// Why the steps of an address wait.
fn said(report: &Report, address: &str) -> String {
    let waits = steps(report, address).into_iter().map(|step| match &step.verdict {
        Verdict::Waiting(why) => why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        other => panic!("{other:?}"),
    });
    waits.collect()
}

#[tokio::test(start_paused = true)]
async fn whoever_assumes_the_roles_of_the_scopes_must_be_able_to() {
    let deny = "{Effect: Deny, Action: 'sts:AssumeRole', Resource: '*'}";
    let world = World::with(&(key("") + &guard(deny, ML, "")));
    let report = planned(&world).await;
    let why = held(&report, GUARD).1;
    assert!(why.contains("with whose credentials palisade starts"), "{why}");
    assert!(why.contains("arn:aws:iam::999988887777:role/palisade"), "{why}");
    let world = World::with(&(key("") + &guard(deny, "'000000000001'", "")));
    assert!(goes(&planned(&world).await, GUARD), "nobody assumes roles from there");
}

#[tokio::test(start_paused = true)]
async fn roles_of_accounts_whose_manifests_are_elsewhere_can_still_be_assumed() {
    let rcp = format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: ResourceControlPolicy\n\
         metadata: {{name: guard, scope: org}}\nspec: {{targets: [{ML}], content: {{Version: '2012-10-17', \
         Statement: [{{Effect: Deny, Principal: '*', Action: 'sts:AssumeRole', Resource: '*'}}]}}}}\n"
    );
    let (_, why) = held(&planned(&World::with(&rcp)).await, "org/ResourceControlPolicy/guard");
    assert!(why.contains(":role/palisade") && why.contains("sts:AssumeRole"), "{why}");
}
