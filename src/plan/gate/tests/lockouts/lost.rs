//! What is lost when a policy goes, and what the other kinds of policies take away.

use super::*;
use crate::model::{Member, OrganizationTree};

fn scp_state(statements: Option<Value>, targets: &[&str]) -> Value {
    let content = statements.map(|it| policy(it, Dialect::ServiceControlPolicy).into());
    let targets = Some(targets.iter().map(|&target| target.to_owned()).collect());
    let state = scp::State {
        name: "p".into(),
        description: None,
        content,
        targets,
        attachments: scp::Attachments::Exclusive,
    };
    serde_json::to_value(state).unwrap()
}

/// The deletion of a service control policy as it is.
fn scp_delete(statements: Option<Value>, targets: &[&str]) -> Step {
    let have = Observed { state: scp_state(statements, targets), ..key(0).1 };
    let address = Address::new("org", "ServiceControlPolicy", "p");
    let action = Action::Delete { have, want: None };
    Step::new(&address, None, Cause::Tombstone, action, Verdict::Go)
}

fn full() -> Value {
    json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
}

fn passes(scene: &Scene, step: Step) -> bool {
    going(&scene.hold(vec![step])) == 1
}

#[test]
fn the_deletion_of_a_policy_that_palisade_lives_on_is_held() {
    let mut scene = Scene::new().keys(1);
    for target in [ACCOUNT, "ou-ab12-11111111", "r-ab12"] {
        let why = scene.held(scp_delete(Some(full()), &[target]));
        assert!(why.contains("own role") && why.contains("would no longer be allowed"), "{why}");
    }
    let some = json!([{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]);
    assert!(!passes(&scene, scp_delete(Some(some), &[ACCOUNT])));
    let other = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
    assert!(passes(&scene, scp_delete(Some(other), &[ACCOUNT])), "palisade needs nothing of it");
    assert!(passes(&scene, scp_delete(Some(full()), &["444455556666"])), "nobody of ours");
    assert!(passes(&scene, scp_delete(Some(full()), &[])), "attached nowhere it gives nothing");
    let guard = deny("kms:PutKeyPolicy", None);
    assert!(passes(&scene, scp_delete(Some(guard), &[ACCOUNT])), "it gives back what it denied");
    let unknown = json!([{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}]);
    let why = scene.held(scp_delete(Some(unknown), &[ACCOUNT]));
    assert!(why.contains("may be denied"), "what it may have given: {why}");
    scene.lockout.break_glass = BTreeSet::from(["arn:aws:iam::444455556666:role/glass".into()]);
    let why = scene.held(scp_delete(Some(full()), &["444455556666"]));
    assert!(why.contains("the break-glass role"), "{why}");
    scene.organization.managers.insert("org".into(), ACCOUNT.into());
    assert!(passes(&scene, scp_delete(Some(full()), &[ACCOUNT])), "it concerns no manager");
}

#[test]
fn what_a_policy_that_cannot_be_read_gave_or_denies_is_not_known() {
    let scene = Scene::new().keys(1);
    let why = scene.held(scp_delete(None, &[ACCOUNT]));
    assert!(why.contains("may be denied"), "{why}");
    assert!(passes(&scene, scp_delete(None, &["444455556666"])));
    let have = scp_state(None, &[ACCOUNT]);
    let want = scp_state(Some(deny("cloudtrail:StopLogging", None)), &[ACCOUNT]);
    let edits = kinds::registry().get("ServiceControlPolicy").unwrap().diff(&want, &have).unwrap();
    let action = Action::Edit { have: Observed { state: have, ..key(0).1 }, edits };
    let address = Address::new("org", "ServiceControlPolicy", "p");
    let step = Step::new(&address, None, Cause::Manifest, action, Verdict::Go);
    let why = scene.held(step);
    assert!(why.contains("may be denied"), "what it gave is gone: {why}");
}

/// Another policy of the organization, attached to the account.
fn another(scene: &mut Scene, scope: &str, name: Option<&str>, statements: Value) {
    live(scene, scope, "ServiceControlPolicy", "arn:aws:organizations::1:p", name);
    let key = ScopedKind::new(scope, "ServiceControlPolicy");
    let Some(Seen::All(all)) = scene.live.seen.get_mut(&key) else { panic!() };
    let last = all.last_mut().unwrap();
    last.id = "p-other".into();
    last.state = scp_state(Some(statements), &[ACCOUNT]);
}

#[test]
fn what_another_policy_goes_on_allowing_is_not_lost() {
    let mut scene = Scene::new().keys(1);
    let mut narrow = Scene::new().keys(1);
    another(&mut scene, "org", None, full());
    assert!(passes(&scene, scp_delete(Some(full()), &[ACCOUNT])), "somebody's stays");
    assert!(passes(
        &scene,
        scp_edit(full(), full(), &[ACCOUNT, "444455556666"], &["444455556666"])
    ));
    assert!(!passes(&scene, scp_delete(Some(full()), &["r-ab12"])), "it is at another level");
    another(
        &mut narrow,
        "org",
        None,
        json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]),
    );
    assert!(!passes(&narrow, scp_delete(Some(full()), &[ACCOUNT])), "it allows too little");
}

#[test]
fn another_policy_of_ours_counts_only_as_its_manifest_keeps_it() {
    let in_prod = || {
        let mut step = scp_delete(Some(full()), &[ACCOUNT]);
        step.address.scope = "prod".into();
        step
    };
    let manifest = |lifecycle: &'static str, spec: &'static str| Manifest {
        kind: "ServiceControlPolicy",
        scope: "prod",
        name: "other",
        lifecycle,
        spec,
    };
    let kept = "content: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', \
        Resource: '*'}]}, \
                targets: ['111122223333']";
    let moved = "content: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', \
        Resource: '*'}]}, \
                 targets: ['444455556666']";
    let other = "content: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', \
        Resource: '*'}]}, \
                 targets: ['111122223333']";
    for (lifecycle, spec, stays) in
        [("", kept, true), ("state: absent", kept, false), ("", moved, false), ("", other, false)]
    {
        let mut scene = Scene::new().keys(1);
        another(&mut scene, "prod", Some("other"), full());
        scene.documents = load(&kinds::registry(), &scene.facts, [manifest(lifecycle, spec)]);
        let went = passes(&scene, in_prod());
        assert_eq!(went, stays, "{lifecycle} {spec}");
    }
    let mut scene = Scene::new().keys(1);
    another(&mut scene, "prod", Some("other"), full());
    assert!(!passes(&scene, in_prod()), "an orphan may be pruned");
}

#[test]
fn a_denial_of_all_but_a_few_is_read_as_what_it_is() {
    let scene = Scene::new().keys(1);
    let all_but = |actions: Value, resources: Value| json!([{"Effect": "Deny", "NotAction": actions, "NotResource": resources}]);
    assert!(!goes(&scene, all_but(json!("s3:*"), json!("arn:aws:s3:::*")), ACCOUNT));
    let keys = json!(["kms:*", "ec2:Describe*", "iam:*", "sagemaker:*"]);
    assert!(goes(&scene, all_but(keys, json!("arn:aws:s3:::*")), ACCOUNT));
    assert!(goes(&scene, all_but(json!("s3:*"), json!("*")), ACCOUNT), "it denies on nothing");
}

fn put(statements: Value) -> Step {
    create_key(json!([vec![allow(ACCOUNT)], statements.as_array().unwrap().clone()].concat()))
}

#[test]
fn a_key_policy_must_leave_palisade_every_call_that_it_makes_with_a_key() {
    let scene = Scene::new();
    let calls = crate::operations::all().filter(|row| row.kind == Some("KmsKey"));
    // ReplicateKey is asked of the primary key, which is in another scope.
    let calls = calls.filter(|row| row.name != "ReplicateKey");
    let on_keys = calls.flat_map(crate::operations::Operation::grants).filter(|grant| {
        grant.action.starts_with("kms:") && grant.on.types().iter().any(|it| it.sort == "key")
    });
    let mut seen = 0;
    for grant in on_keys {
        seen += 1;
        let action = grant.action;
        let denied =
            json!([{"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}]);
        let why = scene.held(put(denied));
        assert!(why.contains(action), "{action}: {why}");
        let mut but = allow(ACCOUNT);
        but.as_object_mut().unwrap().remove("Action");
        but["NotAction"] = json!(action);
        let why = scene.held(create_key(json!([but])));
        assert!(why.contains(action), "{action}: {why}");
    }
    assert!(seen > 15, "{seen}");
    for action in ["kms:Decrypt", "kms:ListKeys", "kms:CreateKey", "kms:CreateGrant"] {
        let denied =
            json!([{"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}]);
        assert!(passes(&scene, put(denied)), "{action} is not asked of a key");
    }
}

#[test]
fn a_key_policy_is_asked_as_palisade_asks_directly_from_the_keys_account() {
    let scene = Scene::new();
    let with = |effect: &str, operator: &str, key: &str, value: &str| {
        json!({"Effect": effect, "Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*",
            "Condition": {operator: {key: value}}})
    };
    let via = "sagemaker.eu-west-1.amazonaws.com";
    for (statement, fine) in [
        (with("Allow", "StringEquals", "kms:ViaService", via), false),
        (with("Allow", "StringNotEquals", "kms:ViaService", via), true),
        (with("Allow", "StringEqualsIfExists", "kms:ViaService", via), true),
        (with("Allow", "StringEquals", "kms:CallerAccount", ACCOUNT), true),
        (with("Allow", "StringEquals", "kms:CallerAccount", "444455556666"), false),
        (with("Allow", "StringEquals", "kms:EncryptionContext:app", "ml"), false),
        (with("Allow", "Null", "kms:EncryptionContext:app", "true"), true),
        (with("Allow", "StringEquals", "aws:PrincipalAccount", ACCOUNT), true),
        (with("Allow", "Bool", "aws:ViaAWSService", "false"), true),
        (with("Allow", "Bool", "aws:MultiFactorAuthPresent", "true"), false),
        (with("Allow", "StringEquals", "aws:ResourceTag/palisade:owner", "ml"), false),
    ] {
        assert_eq!(passes(&scene, create_key(json!([statement]))), fine, "{statement}");
    }
    let unless = json!([with("Deny", "StringNotEquals", "kms:ViaService", via)]);
    let why = scene.held(put(unless));
    assert!(why.contains("would be denied kms:CancelKeyDeletion"), "{why}");
    let bypass = json!([with("Deny", "Bool", "kms:BypassPolicyLockoutSafetyCheck", "true")]);
    assert!(passes(&scene, put(bypass)), "palisade never bypasses it");
}

#[test]
fn a_key_that_a_domain_uses_must_let_sagemaker_have_its_grant() {
    let mut scene = Scene::new().keys(1);
    let denied =
        json!([{"Effect": "Deny", "Principal": "*", "Action": "kms:CreateGrant", "Resource": "*"}]);
    let state = |statements| {
        let policy = Some(policy(statements, Dialect::KeyPolicy));
        serde_json::to_value(kms_key::State { policy, ..kms_key::State::default() }).unwrap()
    };
    let (have, want) = (
        state(json!([allow(ACCOUNT)])),
        state(json!([vec![allow(ACCOUNT)], denied.as_array().unwrap().clone()].concat())),
    );
    let edits = kinds::registry().get("KmsKey").unwrap().diff(&want, &have).unwrap();
    let action = Action::Edit { have: Observed { state: have, ..key(0).1 }, edits };
    let step = Step::new(&key(0).0, None, Cause::Manifest, action, Verdict::Go);
    assert!(passes(&scene, step.clone()), "no domain uses the key");
    live(&mut scene, "prod", "SageMakerDomain", "arn:aws:sagemaker:eu-west-1:1:domain/d", None);
    assert!(passes(&scene, step.clone()), "the domain uses another key");
    let key = ScopedKind::new("prod", "SageMakerDomain");
    let Some(Seen::All(all)) = scene.live.seen.get_mut(&key) else { panic!() };
    all[0].state = json!({"kmsKey": "id-0"});
    assert!(scene.held(step).contains("would be denied kms:CreateGrant"));
}

#[test]
fn an_endpoint_policy_whose_denial_leaves_nothing_is_held() {
    let scene = Scene::new();
    let statement = |effect: &str, action: &str, principal: Value| json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"});
    let allow = || statement("Allow", "kms:Decrypt", json!("*"));
    for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
        let nothing = json!([allow(), statement("Deny", "*", principal)]);
        assert!(!passes(&scene, endpoint(nothing)));
    }
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    assert!(passes(&scene, endpoint(json!([allow(), statement("Deny", "*", root)]))));
    assert!(passes(&scene, endpoint(json!([allow(), statement("Deny", "s3:*", json!("*"))]))));
}

#[test]
fn what_aws_s_own_policy_goes_on_allowing_is_not_lost() {
    let mut scene = Scene::new().keys(1);
    assert!(!passes(&scene, scp_delete(Some(full()), &[ACCOUNT])));
    scene.organization.full_access.insert("org".into(), BTreeSet::from([ACCOUNT.to_owned()]));
    assert!(passes(&scene, scp_delete(Some(full()), &[ACCOUNT])));
    assert!(!passes(&scene, scp_delete(Some(full()), &["ou-ab12-11111111"])), "only where it is");
}

#[test]
fn a_policy_on_a_unit_that_palisade_is_certainly_not_below_concerns_it_not() {
    let mut scene = Scene::new().keys(1);
    let quarantine = || {
        scp_step(json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]), "ou-ab12-22222222")
    };
    assert!(!passes(&scene, quarantine()), "nobody knows who is below it");
    let member = |above: &[&str]| Member {
        above: above.iter().map(|&it| it.to_owned()).collect(),
        closed: false,
        active: true,
    };
    let tree = OrganizationTree(BTreeMap::from([(
        ACCOUNT.to_owned(),
        member(&["r-ab12", "ou-ab12-11111111"]),
    )]));
    scene.organization.trees.insert("org".into(), Seen::All(tree));
    assert!(passes(&scene, quarantine()));
    let root = scp_step(json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]), "r-ab12");
    assert!(!passes(&scene, root));
}
