//! The gate on hand-made steps: pure values in, verdicts out.

mod accounts;
mod identity;
mod limits;
mod lockouts;

use serde_json::{Value, json};

use std::{collections::BTreeMap, sync::Arc};

use super::{lockout::LockoutReason, *};
use crate::{
    kind::{
        ScopeFacts,
        erased::{Edit, EditBody, Resolved},
    },
    kinds::{self, kms_key, organizations_policy as scp},
    model::{
        Claim, Deletion, Fence, Halt, Observed, Phase, ScopedKind, Seen,
        policy_document::{Dialect, PolicyDocument},
    },
    plan::{
        Cause, Claims, Holdoff, Installation, KnownWant, Limits, Live, Lockout, Look, Memory,
        Organization, Past, ReportReason, Wait, WaitReason, Waves, look::Resolving,
    },
    settings::{GateLimits, Mode, Prune},
};

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/palisade";

/// Everything the gate looks at; each test changes what it is about.
struct Scene {
    live: Live,
    organization: Organization,
    past: Past,
    lockout: Lockout,
    approved: BTreeSet<String>,
    facts: BTreeMap<String, ScopeFacts>,
    documents: crate::manifest::Documents,
    completing: BTreeSet<Address>,
    known_wants: BTreeMap<Address, KnownWant>,
    wants: BTreeMap<Address, Arc<Want>>,
    holdoffs: BTreeMap<Address, Holdoff>,
    limits: GateLimits,
    fence: Fence,
    waves: Waves,
}

impl Scene {
    fn new() -> Self {
        let facts = |name: &str, account: &str| {
            let facts = ScopeFacts {
                name: name.into(),
                account: account.into(),
                region: "eu-west-1".into(),
                partition: "aws".into(),
            };
            (name.to_owned(), facts)
        };
        let lockout = Lockout {
            callers: BTreeMap::from([
                ("prod".to_owned(), ROLE.to_owned()),
                ("org".to_owned(), "arn:aws:iam::999988887777:role/palisade".to_owned()),
            ]),
            ..Lockout::default()
        };
        Self {
            live: Live::default(),
            organization: Organization {
                managers: BTreeMap::from([("org".to_owned(), "999988887777".to_owned())]),
                ..Organization::default()
            },
            past: Past::default(),
            lockout,
            approved: BTreeSet::new(),
            facts: BTreeMap::from([facts("prod", ACCOUNT), facts("org", "999988887777")]),
            documents: BTreeMap::new(),
            completing: BTreeSet::new(),
            known_wants: BTreeMap::new(),
            wants: BTreeMap::new(),
            holdoffs: BTreeMap::new(),
            limits: GateLimits::default(),
            fence: Fence::default(),
            waves: Waves::default(),
        }
    }

    /// The given number of keys of this installation.
    fn keys(mut self, count: usize) -> Self {
        let keys = (0..count).map(|n| key(n).1).collect();
        self.live.seen.insert(ScopedKind::new("prod", "KmsKey"), Seen::All(keys));
        self
    }

    fn hold(&self, steps: Vec<Step>) -> Vec<Step> {
        let mut plan = Plan { steps, wants: self.wants.clone(), ..Plan::default() };
        self.ask(|inputs| hold(&mut plan, inputs));
        plan.steps
    }

    /// Why the step would lock somebody out.
    fn reasons(&self, step: &Step) -> Vec<LockoutReason> {
        self.ask(|inputs| lockout::reasons(step, &lockout::Grounds::of(inputs)))
    }

    fn ask<T>(&self, question: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let (registry, nothing) = (kinds::registry(), BTreeMap::new());
        let installation = Installation { registry: &registry, owner: "ml", facts: &self.facts };
        let claims = Claims::read(&self.live, "ml");
        let predecessors = BTreeMap::new();
        let mut look = Look::new(installation, &self.documents, &self.live, claims, &predecessors);
        for (address, want) in &self.wants {
            let want = Resolved {
                state: want.state.clone(),
                tags: BTreeMap::new(),
                natural_keys: Vec::new(),
            };
            let resolving = Resolving::Done(Some(want), Box::default());
            look.resolved.insert(address, Arc::new(resolving));
        }
        question(&Inputs {
            look: &look,
            memory: Memory {
                holdoffs: &self.holdoffs,
                create_holdoffs: &nothing,
                given_up: &BTreeSet::new(),
                completing: &self.completing,
                predecessors: &predecessors,
                known_wants: &self.known_wants,
                inherited: &BTreeMap::new(),
                past: &self.past,
            },
            limits: Limits {
                mode: Mode::Enforce,
                prune: Prune::Never,
                gate: &self.limits,
                fence: &self.fence,
                lockout: &self.lockout,
                approved: &self.approved,
                only: None,
                focus: None,
                halt: &Halt::default(),
                waves: &self.waves,
            },
            organization: &self.organization,
        })
    }

    fn held(&self, step: Step) -> String {
        match self.hold(vec![step]).remove(0).verdict {
            Verdict::Held(why) => {
                why.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            }
            other => panic!("not held: {other:?}"),
        }
    }
}

fn key(n: usize) -> (Address, Observed<Value>) {
    let address = Address::new("prod", "KmsKey", format!("key-{n}"));
    let claim = Claim { owner: "ml".into(), address: address.clone(), deletion: Deletion::Retain };
    let resource = Observed {
        id: format!("id-{n}").as_str().into(),
        arn: format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/id-{n}"),
        tags: claim.tags(),
        phase: Phase::Ready,
        state: serde_json::to_value(kms_key::State::default()).unwrap(),
    };
    (address, resource)
}

fn delete(n: usize) -> Step {
    let (address, have) = key(n);
    let action = Action::Delete { have, want: None };
    Step::new(&address, None, Cause::Tombstone, action, Verdict::Go)
}

fn edit(n: usize) -> Step {
    let (address, have) = key(n);
    let body = EditBody::Tag(BTreeMap::from([("a".into(), "b".into())]));
    let edit = Edit::of_tags("tags", "tag a=b".into(), body);
    let action = Action::Edit { have, edits: vec![edit] };
    Step::new(&address, None, Cause::Manifest, action, Verdict::Go)
}

/// This many other keys within the last hour.
fn recent(count: usize) -> BTreeMap<ScopedKind, BTreeSet<Address>> {
    let keys = (0..count).map(|n| Address::new("prod", "KmsKey", format!("earlier-{n}")));
    BTreeMap::from([(ScopedKind::new("prod", "KmsKey"), keys.collect())])
}

fn undone() -> HoldReason {
    HoldReason::Undone { key: "tags".into(), times: 3, since_minutes: 4, retry_minutes: 10 }
}

fn going(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.verdict.goes()).count()
}

#[test]
fn one_deletion_goes_and_a_tenth_goes_but_one_more_holds_all_of_them() {
    assert_eq!(going(&Scene::new().keys(1).hold(vec![delete(0)])), 1);
    assert_eq!(going(&Scene::new().keys(30).hold((0..3).map(delete).collect())), 3);
    let held = Scene::new().keys(30).hold((0..4).map(delete).collect());
    assert_eq!(going(&held), 0);
    let Verdict::Held(why) = &held[0].verdict else { panic!() };
    assert_eq!(why[0].to_string(), "4 of 30 would be deleted; the limit is 3 an hour");
}

#[test]
fn deletions_cannot_trickle_through_pass_by_pass_nor_hide_behind_waiting_ones() {
    let mut scene = Scene::new().keys(17);
    scene.past.recent.deleted = recent(3);
    assert_eq!(going(&scene.hold(vec![delete(0)])), 0, "3 of 20 within the hour already");
    let mut waiting: Vec<Step> = (0..5).map(delete).collect();
    for step in &mut waiting[1..] {
        step.verdict = Verdict::Waiting(vec![Wait::passing(WaitReason::SecondLook)]);
    }
    assert_eq!(going(&Scene::new().keys(10).hold(waiting)), 0);
}

#[test]
fn what_was_not_claimed_or_is_on_its_way_out_makes_the_population_no_larger() {
    let mut scene = Scene::new().keys(100);
    let Some(Seen::All(keys)) = scene.live.seen.get_mut(&ScopedKind::new("prod", "KmsKey")) else {
        panic!()
    };
    let gone = kms_key::State { pending_deletion: true, ..kms_key::State::default() };
    for (n, key) in keys.iter_mut().enumerate().skip(10) {
        if n % 2 == 0 {
            key.tags.clear();
        } else {
            key.state = serde_json::to_value(&gone).unwrap();
        }
    }
    assert_eq!(going(&scene.hold(vec![delete(0), delete(1)])), 0, "2 of 10, not of 100");
}

#[test]
fn ten_edits_go_and_thirty_percent_go_but_more_are_held() {
    assert_eq!(going(&Scene::new().keys(12).hold((0..10).map(edit).collect())), 10);
    assert_eq!(going(&Scene::new().keys(12).hold((0..11).map(edit).collect())), 0);
    assert_eq!(going(&Scene::new().keys(100).hold((0..30).map(edit).collect())), 30);
    assert_eq!(going(&Scene::new().keys(100).hold((0..31).map(edit).collect())), 0);
}

#[test]
fn edits_that_complete_what_was_just_created_are_not_counted() {
    let mut scene = Scene::new().keys(40);
    scene.completing = (0..40).map(|n| key(n).0).collect();
    assert_eq!(going(&scene.hold((0..40).map(edit).collect())), 40);
}

#[test]
fn a_digest_releases_exactly_its_step_and_never_the_impossible() {
    let mut scene = Scene::new().keys(30);
    let steps: Vec<Step> = (0..4).map(delete).collect();
    scene.approved = BTreeSet::from([steps[2].digest.clone()]);
    let held = scene.hold(steps);
    assert_eq!(going(&held), 1);
    assert!(held[2].verdict.goes() && held[2].approved);

    let mut step = edit(0);
    let Action::Edit { edits, .. } = &mut step.action else { panic!() };
    edits[0].risk = Risk::IMPOSSIBLE;
    step.verdict = Verdict::Held(vec![HoldReason::Impossible]);
    scene.approved = BTreeSet::from([step.digest.clone()]);
    assert!(matches!(scene.hold(vec![step])[0].verdict, Verdict::Held(_)));
}

#[test]
fn a_frozen_field_freezes_its_address_until_the_wish_changes_or_people_consent() {
    let mut scene = Scene::new().keys(3);
    let frozen = BTreeMap::from([("tags".to_owned(), undone())]);
    let rewrites = Rewrites { want: String::new(), frozen };
    scene.past.rewrites.insert(key(0).0, rewrites.clone());
    assert_eq!(going(&scene.hold(vec![edit(0), edit(1)])), 1);
    scene.approved = BTreeSet::from([edit(0).digest]);
    assert_eq!(going(&scene.hold(vec![edit(0), edit(1)])), 2);
    scene.approved.clear();
    let other = Rewrites { want: "another".into(), ..rewrites };
    scene.past.rewrites.insert(key(0).0, other);
    assert_eq!(going(&scene.hold(vec![edit(0), edit(1)])), 2);
}

fn policy(statements: Value, dialect: Dialect) -> PolicyDocument {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    PolicyDocument::from_value(&document, dialect).unwrap()
}

fn create_key(statements: Value) -> Step {
    let state = kms_key::State {
        policy: Some(policy(statements, Dialect::KeyPolicy)),
        ..kms_key::State::default()
    };
    let want = serde_json::to_value(state).unwrap();
    let action = Action::Create {
        want,
        tags: BTreeMap::new(),
        token: String::new(),
        lines: Vec::new(),
        risk: Risk::LOOSENS,
    };
    Step::new(&Address::new("prod", "KmsKey", "k"), None, Cause::Manifest, action, Verdict::Go)
}

fn allow(principal: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"})
}

#[test]
fn a_key_policy_must_leave_palisade_what_it_needs_by_name_or_by_the_accounts_root() {
    let scene = Scene::new();
    for fine in ["arn:aws:iam::111122223333:root", ACCOUNT, ROLE] {
        assert_eq!(going(&scene.hold(vec![create_key(json!([allow(fine)]))])), 1, "{fine}");
    }
    let why = scene.held(create_key(json!([allow("arn:aws:iam::111122223333:role/admin")])));
    assert!(
        why.contains("role/palisade would no longer be allowed kms:CancelKeyDeletion"),
        "{why}"
    );
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion",
        "Resource": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}});
    let why = scene.held(create_key(json!([allow(ROLE), deny])));
    assert!(why.contains("would be denied kms:ScheduleKeyDeletion"), "{why}");
    let depends = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy",
        "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}});
    let why = scene.held(create_key(json!([allow(ROLE), depends])));
    assert!(why.contains("may be denied"), "{why}");
}

#[test]
fn a_key_policy_must_leave_break_glass_roles_of_its_account_what_they_need() {
    let mut scene = Scene::new();
    scene.lockout.break_glass = BTreeSet::from([
        "arn:aws:iam::111122223333:role/break-glass".to_owned(),
        "arn:aws:iam::444455556666:role/elsewhere".to_owned(),
    ]);
    let why = scene.held(create_key(json!([allow(ROLE)])));
    assert!(why.contains("the break-glass role") && !why.contains("elsewhere"), "{why}");
    assert_eq!(going(&scene.hold(vec![create_key(json!([allow(ACCOUNT)]))])), 1);
}

#[test]
fn an_edit_that_leaves_the_policy_alone_is_not_judged_by_it() {
    let mut step = edit(0);
    let Action::Edit { have, .. } = &mut step.action else { panic!() };
    let state = kms_key::State {
        policy: Some(policy(
            json!([allow("arn:aws:iam::111122223333:role/x")]),
            Dialect::KeyPolicy,
        )),
        ..kms_key::State::default()
    };
    have.state = serde_json::to_value(state).unwrap();
    assert_eq!(going(&Scene::new().keys(1).hold(vec![step])), 1);
}

#[test]
fn a_lock_out_holds_what_locks_out_and_no_other_edit_of_the_resource() {
    let state = |principal: &str, description: &str| {
        let state = kms_key::State {
            policy: Some(policy(json!([allow(principal)]), Dialect::KeyPolicy)),
            description: Some(description.to_owned()),
            ..kms_key::State::default()
        };
        serde_json::to_value(state).unwrap()
    };
    let (have, want) = (state(ACCOUNT, "old"), state(&format!("{ROLE}-other"), "new"));
    let edits = kinds::registry().get("KmsKey").unwrap().diff(&want, &have).unwrap();
    assert_eq!(edits.len(), 2);
    let have = Observed { state: have, ..key(0).1 };
    let step = Step::new(
        &Address::new("prod", "KmsKey", "k"),
        None,
        Cause::Manifest,
        Action::Edit { have, edits },
        Verdict::Go,
    );
    let mut after = Scene::new().keys(1).hold(vec![step]);
    assert_eq!(after.len(), 2);
    let held = after.pop().unwrap();
    assert_eq!((after[0].keys(), after[0].verdict.goes()), (vec!["description".into()], true));
    let Verdict::Held(why) = held.verdict else { panic!() };
    assert!(why.iter().any(|why| matches!(why, HoldReason::Lockout { .. })), "{why:?}");
}

fn scp_step(statements: Value, target: &str) -> Step {
    let state = scp::State {
        name: "p".into(),
        description: None,
        content: Some(policy(statements, Dialect::ServiceControlPolicy).into()),
        targets: Some(BTreeSet::from([target.to_owned()])),
        attachments: scp::Attachments::Exclusive,
    };
    let want = serde_json::to_value(state).unwrap();
    let action = Action::Create {
        want,
        tags: BTreeMap::new(),
        token: String::new(),
        lines: Vec::new(),
        risk: Risk::LOOSENS,
    };
    let address = Address::new("org", "ServiceControlPolicy", "p");
    Step::new(&address, None, Cause::Manifest, action, Verdict::Go)
}

fn deny(action: &str, exempt: Option<&str>) -> Value {
    let mut statement = json!({"Effect": "Deny", "Action": action, "Resource": "*"});
    if let Some(role) = exempt {
        let condition =
            json!({"ArnNotLike": {"aws:PrincipalArn": format!("arn:aws:iam::*:role/{role}")}});
        statement["Condition"] = condition;
    }
    json!([statement])
}

#[test]
fn a_service_control_policy_must_not_deny_palisade_what_its_kinds_need() {
    let mut scene = Scene::new().keys(1);
    scene.organization.managers.insert("org".into(), "999988887777".into());
    let why = scene.held(scp_step(deny("kms:PutKeyPolicy", None), "r-ab12"));
    assert!(why.contains("own role") && why.contains("would be denied kms:PutKeyPolicy"), "{why}");
    for fine in [
        scp_step(deny("kms:PutKeyPolicy", Some("palisade")), "r-ab12"),
        scp_step(deny("cloudtrail:StopLogging", None), "r-ab12"),
        scp_step(deny("ec2:DeleteSecurityGroup", None), "r-ab12"),
        scp_step(deny("kms:PutKeyPolicy", None), "444455556666"),
        scp_step(deny("organizations:*", None), "999988887777"),
    ] {
        assert_eq!(going(&scene.hold(vec![fine.clone()])), 1, "{fine:?}");
    }
    let why = scene.held(scp_step(deny("kms:*", Some("admin")), ACCOUNT));
    assert!(why.contains("and 16 more") || why.contains("more"), "{why}");
}

#[test]
fn where_palisades_own_role_is_not_known_a_service_control_policy_is_held() {
    let mut scene = Scene::new().keys(1);
    scene.lockout.callers.clear();
    let why = scene.held(scp_step(deny("kms:PutKeyPolicy", None), "r-ab12"));
    assert!(why.contains("role there is unknown"), "{why}");
}

#[test]
fn an_allow_list_that_takes_away_what_it_gave_is_held() {
    let scene = Scene::new().keys(1);
    let mut step = scp_step(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]), ACCOUNT);
    let Action::Create { want, .. } = &step.action else { panic!() };
    let have: scp::State = serde_json::from_value(want.clone()).unwrap();
    let narrow = policy(
        json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]),
        Dialect::ServiceControlPolicy,
    );
    let changed = scp::State { content: Some(narrow.into()), ..have.clone() };
    let kind = kinds::registry();
    let kind = kind.get("ServiceControlPolicy").unwrap();
    let (have, changed) =
        (serde_json::to_value(have).unwrap(), serde_json::to_value(changed).unwrap());
    let edits = kind.diff(&changed, &have).unwrap();
    let live = Observed { state: have, ..key(0).1 };
    step.action = Action::Edit { have: live, edits };
    let why = scene.held(step);
    assert!(why.contains("would no longer be allowed"), "{why}");
}
