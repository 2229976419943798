//! Whom a policy would lock out: what decides, on which resources, and for whom.

mod assuming;
mod lost;
mod principals;
mod requests;
mod resources;

use super::*;
use crate::{
    kinds::vpc_endpoint,
    plan::tests::{Manifest, load},
};

/// A live resource of the kind; nobody's unless `name` is given.
fn live(scene: &mut Scene, scope: &str, kind: &str, arn: &str, name: Option<&str>) {
    let mut resource = key(0).1;
    resource.arn = arn.into();
    resource.tags = match name {
        Some(name) => {
            let address = Address::new(scope, kind, name);
            Claim { owner: "ml".into(), address, deletion: Deletion::Retain }.tags()
        }
        None => BTreeMap::new(),
    };
    let seen = scene.live.seen.entry(ScopedKind::new(scope, kind));
    let Seen::All(resources) = seen.or_insert_with(|| Seen::All(Vec::new())) else { panic!() };
    resources.push(resource);
}

fn deny_on(action: &str, resource: &str) -> Value {
    json!([{"Effect": "Deny", "Action": action, "Resource": resource}])
}

/// Whether the service control policy is let through.
fn goes(scene: &Scene, statements: Value, target: &str) -> bool {
    going(&scene.hold(vec![scp_step(statements, target)])) == 1
}

#[test]
fn what_names_no_resource_is_judged_as_such() {
    let mut scene = Scene::new().keys(1);
    live(&mut scene, "prod", "SecurityGroup", "arn:aws:ec2:eu-west-1:111122223333:x/1", None);
    for action in ["kms:CreateKey", "kms:ListKeys", "ec2:DescribeSecurityGroups"] {
        let service = action.split(':').next().unwrap();
        let one = deny_on(action, &format!("arn:aws:{service}:*:*:*"));
        assert!(goes(&scene, one, ACCOUNT), "{action} is on everything, never on one");
        assert!(!goes(&scene, deny_on(action, "*"), ACCOUNT), "{action}");
    }
    for (action, resource) in [
        ("kms:PutKeyPolicy", "arn:aws:kms:*:*:key/*"),
        ("ec2:DeleteSecurityGroup", "arn:aws:ec2:*:*:security-group/*"),
    ] {
        assert!(!goes(&scene, deny_on(action, resource), ACCOUNT), "{action}");
    }
}

#[test]
fn what_is_claimed_is_judged_by_its_own_arn() {
    let mut scene = Scene::new();
    let arn = |name: &str| format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{name}");
    live(&mut scene, "prod", "KmsKey", &arn("ours"), Some("k"));
    live(&mut scene, "prod", "KmsKey", &arn("stray"), None);
    assert!(!goes(&scene, deny_on("kms:PutKeyPolicy", &arn("ours")), ACCOUNT));
    assert!(goes(&scene, deny_on("kms:PutKeyPolicy", &arn("stray")), ACCOUNT));
}

#[test]
fn what_manifests_come_to_is_judged_as_what_they_name() {
    let mut scene = Scene::new();
    live(&mut scene, "prod", "SecurityGroup", "arn:aws:ec2:eu-west-1:111122223333:x/1", None);
    live(
        &mut scene,
        "prod",
        "SageMakerDomain",
        "arn:aws:sagemaker:eu-west-1:111122223333:x/1",
        None,
    );
    let key = "arn:aws:kms:eu-west-1:444455556666:key/0";
    let arn = |rest: &str| format!("arn:aws:ec2:eu-west-1:111122223333:{rest}");
    let cases = [
        ("ec2:CreateSecurityGroup", arn("vpc/vpc-7")),
        ("ec2:ModifySecurityGroupRules", arn("prefix-list/pl-7")),
        ("kms:DescribeKey", key.to_owned()),
    ];
    for (action, resource) in &cases {
        assert!(goes(&scene, deny_on(action, resource), ACCOUNT), "{action}: nobody names it");
    }
    let state = json!({"vpc": "vpc-7", "lists": ["pl-7"], "kmsKey": key});
    let want = Arc::new(Want { state, ..Want::default() });
    scene.wants.insert(Address::new("prod", "SecurityGroup", "g"), want);
    for (action, resource) in &cases {
        assert!(!goes(&scene, deny_on(action, resource), ACCOUNT), "{action}");
    }
}

#[test]
fn what_is_yet_to_be_made_is_judged_by_the_arn_it_will_have() {
    for (kind, action, resource) in [
        (
            "SecurityGroup",
            "ec2:CreateSecurityGroup",
            "ec2:eu-west-1:111122223333:security-group/sg-",
        ),
        ("VpcEndpoint", "ec2:CreateVpcEndpoint", "ec2:eu-west-1:111122223333:vpc-endpoint/vpce-"),
        ("KmsKey", "kms:EnableKeyRotation", "kms:eu-west-1:111122223333:key/"),
        ("SageMakerDomain", "sagemaker:CreateDomain", "sagemaker:eu-west-1:111122223333:domain/d-"),
        (
            "ServiceControlPolicy",
            "organizations:UpdatePolicy",
            "organizations::999988887777:policy/o-*/service_control_policy/p-",
        ),
    ] {
        let mut scene = Scene::new();
        // The policies of an organization belong to the account that manages it.
        scene.organization.managers.insert("prod".into(), "999988887777".into());
        live(&mut scene, "prod", kind, "arn:aws:something:else", None);
        let deny = |resource: &str| deny_on(action, &format!("arn:aws:{resource}*"));
        assert!(!goes(&scene, deny(resource), ACCOUNT), "{kind}");
        let elsewhere =
            resource.replace("111122223333", "444455556666").replace("999988887777", ACCOUNT);
        assert!(goes(&scene, deny(&elsewhere), ACCOUNT), "{kind}");
    }
}

#[test]
fn a_kind_is_in_use_where_a_manifest_declares_it_or_something_of_it_is_live() {
    let denies_keys = |scene: &Scene| !goes(scene, deny("kms:PutKeyPolicy", None), ACCOUNT);
    let mut scene = Scene::new();
    assert!(!denies_keys(&scene));
    scene = scene.keys(0);
    scene.live.seen.insert(ScopedKind::new("prod", "VpcEndpoint"), Seen::Unknown("x".into()));
    live(&mut scene, "org", "KmsKey", "arn:aws:kms:eu-west-1:999988887777:key/1", None);
    live(&mut scene, "prod", "SecurityGroup", "arn:aws:ec2:eu-west-1:111122223333:x/1", None);
    assert!(!denies_keys(&scene), "it is in another account");
    scene
        .facts
        .insert("test".into(), ScopeFacts { name: "test".into(), ..scene.facts["org"].clone() });
    let declared = |scope| Manifest {
        kind: "KmsKey",
        scope,
        name: "k",
        lifecycle: "state: absent",
        spec: "policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'kms:*', \
               Resource: '*', Principal: {AWS: 'arn:aws:iam::${scope.account}:root'}}]}",
    };
    scene.documents = load(&kinds::registry(), &scene.facts, [declared("test")]);
    assert!(!denies_keys(&scene), "it is declared for another account");
    scene.documents = load(&kinds::registry(), &scene.facts, [declared("prod")]);
    assert!(denies_keys(&scene));
}

#[test]
fn whoever_may_be_below_a_root_or_unit_is_concerned_but_for_the_management_account() {
    let mut scene = Scene::new().keys(1);
    let denies = |scene: &Scene, target| !goes(scene, deny("kms:PutKeyPolicy", None), target);
    // A root's id may have as many characters as an account's.
    for target in ["r-ab12", "r-ab12cd34ef", "ou-ab12-11111111", ACCOUNT, "1111222233334"] {
        assert!(denies(&scene, target), "{target}");
    }
    assert!(!denies(&scene, "444455556666"), "another account");
    scene.organization.managers.insert("prod".into(), ACCOUNT.into());
    for target in ["r-ab12", ACCOUNT] {
        assert!(!denies(&scene, target), "{target}");
    }
}

#[test]
fn a_break_glass_role_must_be_able_to_undo_what_palisade_does_in_its_account() {
    let mut scene = Scene::new().keys(1);
    let exempt = || deny("kms:PutKeyPolicy", Some("palisade"));
    assert!(goes(&scene, exempt(), "r-ab12"));
    let role = |account: &str| BTreeSet::from([format!("arn:aws:iam::{account}:role/glass")]);
    scene.lockout.break_glass = role(ACCOUNT);
    let why = scene.held(scp_step(exempt(), "r-ab12"));
    assert!(why.contains("the break-glass role arn:aws:iam::111122223333:role/glass"), "{why}");
    assert!(goes(&scene, exempt(), "444455556666"), "it is not below that account");
    scene.lockout.break_glass = role("444455556666");
    assert!(!goes(&scene, exempt(), "r-ab12"), "in an account without a scope it needs all");
    assert!(goes(&scene, exempt(), ACCOUNT), "its account is another one");
}

#[test]
fn what_is_certain_of_a_request_decides_and_what_is_not_known_counts_as_denied() {
    let mut scene = Scene::new().keys(1);
    let unless = |key: &str, value: &str| {
        let mut statement = deny("kms:PutKeyPolicy", None)[0].take();
        statement["Condition"] = json!({"StringNotEquals": {key: value}});
        json!([statement])
    };
    for (key, is, is_not) in [
        ("aws:RequestedRegion", "eu-west-1", "us-east-1"),
        ("aws:ResourceAccount", ACCOUNT, "444455556666"),
        ("aws:PrincipalAccount", ACCOUNT, "444455556666"),
        ("aws:PrincipalType", "AssumedRole", "User"),
        ("aws:ViaAWSService", "false", "true"),
        ("aws:PrincipalIsAWSService", "false", "true"),
        ("aws:SecureTransport", "true", "false"),
    ] {
        assert!(goes(&scene, unless(key, is), ACCOUNT), "{key} is {is}");
        let why = scene.held(scp_step(unless(key, is_not), ACCOUNT));
        assert!(why.contains("would be denied kms:PutKeyPolicy"), "{key} {is_not}: {why}");
    }
    let ours = || unless("aws:PrincipalOrgID", "o-1");
    let why = scene.held(scp_step(ours(), ACCOUNT));
    assert!(why.contains("may be denied, depending on facts that are unknown here"), "{why}");
    scene.live.organizations.insert("prod".into(), Seen::Unknown("denied".into()));
    assert!(!goes(&scene, ours(), ACCOUNT));
    scene.live.organizations.insert("prod".into(), Seen::All("o-1".into()));
    assert!(goes(&scene, ours(), ACCOUNT));
}

#[test]
fn organizations_answers_in_one_region_and_elsewhere_than_in_aws_it_is_not_known_which() {
    let mut scene = Scene::new();
    scene.facts.get_mut("prod").unwrap().region = "us-east-1".into();
    live(&mut scene, "prod", "ServiceControlPolicy", "arn:aws:organizations::1:x", None);
    let only_in = |region: &str| {
        json!([{"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": region}}}])
    };
    assert!(goes(&scene, only_in("us-east-1"), ACCOUNT));
    assert!(!goes(&scene, only_in("eu-west-1"), ACCOUNT));
    scene.facts.get_mut("prod").unwrap().partition = "aws-cn".into();
    let why = scene.held(scp_step(only_in("us-east-1"), ACCOUNT));
    assert!(why.contains("may be denied"), "{why}");
}

/// An edit of a service control policy from one state to another, from the first target to the
/// second.
fn scp_edit(old: Value, new: Value, from: &[&str], to: &[&str]) -> Step {
    let state = |statements, targets: &[&str]| scp::State {
        name: "p".into(),
        description: None,
        content: Some(policy(statements, Dialect::ServiceControlPolicy).into()),
        targets: Some(targets.iter().map(|&target| target.to_owned()).collect()),
        attachments: scp::Attachments::Exclusive,
    };
    let have = serde_json::to_value(state(old, from)).unwrap();
    let want = serde_json::to_value(state(new, to)).unwrap();
    let edits = kinds::registry().get("ServiceControlPolicy").unwrap().diff(&want, &have).unwrap();
    assert!(!edits.is_empty());
    let have = Observed { state: have, ..key(0).1 };
    let address = Address::new("org", "ServiceControlPolicy", "p");
    Step::new(&address, None, Cause::Manifest, Action::Edit { have, edits }, Verdict::Go)
}

#[test]
fn a_policy_that_gave_something_may_not_leave_the_account_that_lives_on_it() {
    let scene = Scene::new().keys(1);
    let full = || json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let why = scene.held(scp_edit(full(), full(), &[ACCOUNT, "444455556666"], &["444455556666"]));
    assert!(why.contains("would no longer be allowed ec2:Describe"), "{why}");
    let away = scp_edit(full(), full(), &[ACCOUNT, "444455556666"], &[ACCOUNT]);
    assert_eq!(going(&scene.hold(vec![away])), 1, "nobody of ours is in the account it leaves");
    let guard = || deny("cloudtrail:StopLogging", None);
    let away = scp_edit(guard(), guard(), &[ACCOUNT, "444455556666"], &["444455556666"]);
    assert_eq!(going(&scene.hold(vec![away])), 1, "what only denies gives nothing");
}

#[test]
fn a_denial_is_judged_where_the_policy_goes_although_its_text_stays() {
    let scene = Scene::new().keys(1);
    let deny = || deny("kms:PutKeyPolicy", None);
    let step = scp_edit(deny(), deny(), &["444455556666"], &["444455556666", ACCOUNT]);
    assert!(scene.held(step).contains("would be denied kms:PutKeyPolicy"));
    let away = scp_edit(deny(), deny(), &["444455556666", ACCOUNT], &["444455556666"]);
    assert_eq!(going(&scene.hold(vec![away])), 1, "it gives back what it denied");
}

#[test]
fn operations_are_named_up_to_a_handful_and_then_counted() {
    let scene = Scene::new().keys(1);
    let actions = |count: usize| {
        let all = [
            "kms:PutKeyPolicy",
            "kms:EnableKey",
            "kms:CreateAlias",
            "kms:DisableKey",
            "kms:ListKeys",
        ];
        json!([{"Effect": "Deny", "Action": all[..count], "Resource": "*"}])
    };
    let why = scene.held(scp_step(actions(4), ACCOUNT));
    assert!(
        why.contains(
            "denied kms:CreateAlias, kms:DisableKey, kms:EnableKey, kms:PutKeyPolicy; exempt"
        ),
        "{why}"
    );
    let why = scene.held(scp_step(actions(5), ACCOUNT));
    assert!(why.contains("kms:ListKeys and 1 more; exempt"), "{why}");
}

fn endpoint(statements: Value) -> Step {
    endpoint_of("kms", statements)
}

fn endpoint_of(service: &str, statements: Value) -> Step {
    let document = policy(statements, Dialect::EndpointPolicy);
    let state = vpc_endpoint::State {
        endpoint_type: "Interface".into(),
        service: format!("com.amazonaws.eu-west-1.{service}"),
        service_region: None,
        vpc: "vpc-1".into(),
        subnets: None,
        security_groups: None,
        route_tables: None,
        private_dns: None,
        dns_record_ip_type: None,
        private_dns_only_for_inbound_resolver_endpoint: None,
        ip_address_type: None,
        policy: Some(vpc_endpoint::Policy::Document(document)),
        partition: "aws".into(),
        account: ACCOUNT.into(),
        ..vpc_endpoint::State::default()
    };
    let want = serde_json::to_value(state).unwrap();
    let action = Action::Create {
        want,
        tags: BTreeMap::new(),
        token: String::new(),
        lines: Vec::new(),
        risk: Risk::LOOSENS,
    };
    Step::new(&Address::new("prod", "VpcEndpoint", "e"), None, Cause::Manifest, action, Verdict::Go)
}

#[test]
fn an_endpoint_policy_is_held_only_if_nobody_could_do_anything_through_it() {
    let scene = Scene::new().keys(1);
    let statement = |effect: &str| json!({"Effect": effect, "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"});
    for nothing in [statement("Deny"), json!([statement("Deny")])] {
        let why = scene.held(endpoint(nothing));
        assert!(why.starts_with("this endpoint policy allows nothing to anybody"), "{why}");
    }
    let denies = |action: &str, more: Value| {
        let mut denial = statement("Deny");
        denial["Action"] = json!(action);
        denial.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([statement("Allow"), denial])
    };
    for (action, more) in
        [("kms:*", json!({})), ("*:*", json!({})), ("*", json!({"Condition": {}}))]
    {
        let why = scene.held(endpoint(denies(action, more)));
        assert!(why.starts_with("this endpoint policy allows nothing to anybody"), "{action}");
    }
    let tied = json!({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}});
    for (action, more) in [("s3:*", json!({})), ("kms:*", tied)] {
        assert_eq!(going(&scene.hold(vec![endpoint(denies(action, more))])), 1, "{action}");
    }
    for something in [statement("Allow"), json!([statement("Allow"), statement("Deny")])] {
        assert_eq!(
            going(&scene.hold(vec![endpoint(something)])),
            1,
            "palisade's own way is another"
        );
    }
}

#[test]
fn a_deletion_and_a_kind_that_nobody_knows_lock_nobody_out() {
    let scene = Scene::new().keys(1);
    assert_eq!(going(&scene.hold(vec![delete(0)])), 1);
    let mut step = create_key(json!([allow("arn:aws:iam::111122223333:role/admin")]));
    step.address.kind = "Gadget".into();
    assert_eq!(going(&scene.hold(vec![step])), 1);
}

#[test]
fn what_does_not_decode_is_held() {
    let mut step = create_key(json!([allow(ACCOUNT)]));
    let Action::Create { want, .. } = &mut step.action else { panic!() };
    want["policy"] = json!(7);
    let why = Scene::new().held(step);
    assert!(why.starts_with("whether it locks palisade out is unknown"), "{why}");
}

#[test]
fn a_key_is_judged_by_its_own_arn_and_where_palisades_role_is_known() {
    let mut scene = Scene::new();
    let only = json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:*",
        "Resource": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/id-0")});
    let why = scene.held(create_key(json!([only])));
    assert!(why.contains("would no longer be allowed"), "a new key has another ARN: {why}");
    let state = |statements| {
        let policy = Some(policy(statements, Dialect::KeyPolicy));
        serde_json::to_value(kms_key::State { policy, ..kms_key::State::default() }).unwrap()
    };
    let (have, want) = (state(json!([allow(ROLE)])), state(json!([only])));
    let edits = kinds::registry().get("KmsKey").unwrap().diff(&want, &have).unwrap();
    let have = Observed { state: have, ..key(0).1 };
    let action = Action::Edit { have, edits };
    let step = Step::new(&key(0).0, None, Cause::Manifest, action, Verdict::Go);
    scene = scene.keys(1);
    assert_eq!(going(&scene.hold(vec![step.clone()])), 1);
    scene.lockout.callers.clear();
    let why = scene.held(step);
    assert!(why.contains("role there is unknown in this pass"), "{why}");
}

#[test]
fn an_endpoint_policy_is_about_the_actions_of_the_service_whatever_the_endpoint_is_called() {
    let scene = Scene::new();
    let statement = |effect: &str, actions: Value| json!({"Effect": effect, "Principal": "*", "Action": actions, "Resource": "*"});
    for (service, prefix) in [
        ("sagemaker.api", "sagemaker"),
        ("ecr.api", "ecr"),
        ("ecr.dkr", "ecr"),
        ("bedrock-runtime", "bedrock"),
        ("monitoring", "cloudwatch"),
    ] {
        let all = json!(format!("{prefix}:*"));
        let passes =
            |statements: Value| going(&scene.hold(vec![endpoint_of(service, statements)])) == 1;
        let everything = || statement("Allow", json!("*"));
        assert!(!passes(json!([everything(), statement("Deny", all.clone())])), "{service}");
        assert!(passes(json!([everything(), statement("Deny", json!("api:*"))])), "{service}");
        assert!(!passes(statement("Allow", json!(["iam:*", "ec2:Describe*"]))), "{service}");
        assert!(passes(statement("Allow", all)), "{service}");
        assert!(passes(statement("Allow", json!(["iam:*", "*:List*"]))), "{service}");
    }
    let of_others = statement("Allow", json!("iam:*"));
    let others = "dicom.x";
    assert_eq!(going(&scene.hold(vec![endpoint_of(others, of_others)])), 1, "nothing is known");
}

#[test]
fn what_waits_says_that_it_will_be_held_and_goes_on_waiting() {
    let mut scene = Scene::new();
    let wait = || Wait::passing(WaitReason::SecondLook);
    let waiting = |statements: Value| Step {
        verdict: Verdict::Waiting(vec![wait()]),
        ..create_key(statements)
    };
    let locked = || waiting(json!([allow("arn:aws:iam::111122223333:role/admin")]));
    let plan = Plan { steps: scene.hold(vec![locked()]), ..Plan::default() };
    let Verdict::Waiting(waits) = &plan.steps[0].verdict else { panic!("{plan:?}") };
    assert_eq!(waits[0], wait());
    let why = waits[1].to_string();
    assert!(why.starts_with("it will be held then: palisade's own role"), "{why}");
    assert!(plan.needs_a_person());
    let fine = scene.hold(vec![waiting(json!([allow(ROLE)]))]);
    assert_eq!(fine[0].verdict, Verdict::Waiting(vec![wait()]));
    scene.approved.insert(locked().digest);
    assert_eq!(scene.hold(vec![locked()])[0].verdict, Verdict::Waiting(vec![wait()]));
}
