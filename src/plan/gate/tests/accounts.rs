//! How many accounts a change of one of the organization's policies may concern.

use super::*;
use crate::model::{Member, OrganizationTree};

const MANAGER: &str = "999988887777";
const ROOT: &str = "r-ab12";
/// A unit of two accounts, and one more in a unit of its own.
const WORKLOADS: &str = "ou-ab12-workload";
const ML: &str = "ou-ab12-mlmlmlml";
const SANDBOX: &str = "ou-ab12-sandboxx";

/// Nine accounts: the one that manages, three below Workloads (one of them below ML), two in
/// Sandbox, three in the root.
fn organization(closed: &[&str]) -> OrganizationTree {
    let accounts: [(&str, &[&str]); 9] = [
        (MANAGER, &[]),
        ("000000000001", &[WORKLOADS]),
        ("000000000002", &[WORKLOADS]),
        ("000000000003", &[WORKLOADS, ML]),
        ("000000000004", &[SANDBOX]),
        ("000000000005", &[SANDBOX]),
        ("000000000006", &[]),
        ("000000000007", &[]),
        ("000000000008", &[]),
    ];
    let member = |(id, units): (&str, &[&str])| {
        let above = units.iter().copied().chain([ROOT]).map(str::to_owned).collect();
        (
            id.to_owned(),
            Member { above, closed: closed.contains(&id), active: !closed.contains(&id) },
        )
    };
    OrganizationTree(accounts.map(member).into())
}

fn scene() -> Scene {
    closed(&[])
}

fn closed(closed: &[&str]) -> Scene {
    let mut scene = Scene::new();
    scene.organization.managers.insert("org".into(), MANAGER.into());
    scene.organization.trees.insert("org".into(), Seen::All(organization(closed)));
    scene
}

struct Policy {
    denies: &'static str,
    description: &'static str,
    targets: &'static [&'static str],
}

const GUARD: Policy = Policy { denies: "cloudtrail:StopLogging", description: "", targets: &[] };

impl Policy {
    fn at(targets: &'static [&'static str]) -> Self {
        Self { targets, ..GUARD }
    }

    fn state(&self) -> Value {
        let targets = self.targets.iter().map(|&target| target.to_owned()).collect();
        serde_json::to_value(scp::State {
            name: "guard".into(),
            description: Some(self.description.into()),
            content: Some(policy(deny(self.denies, None), Dialect::ServiceControlPolicy).into()),
            targets: Some(targets),
            attachments: scp::Attachments::Exclusive,
        })
        .unwrap()
    }
}

fn guard() -> Address {
    Address::new("org", "ServiceControlPolicy", "guard")
}

fn live_policy(have: &Policy) -> Observed<Value> {
    Observed { state: have.state(), ..key(0).1 }
}

fn change(have: &Policy, want: &Policy, cause: Cause) -> Step {
    let have = live_policy(have);
    let kind = kinds::registry();
    let kind = kind.get("ServiceControlPolicy").unwrap();
    let edits = kind.diff(&want.state(), &have.state).unwrap();
    assert!(!edits.is_empty());
    Step::new(&guard(), None, cause, Action::Edit { have, edits }, Verdict::Go)
}

fn goes(scene: &Scene, have: &Policy, want: &Policy) -> bool {
    going(&scene.hold(vec![change(have, want, Cause::Manifest)])) == 1
}

#[test]
fn a_guardrail_that_moves_from_a_unit_to_the_root_is_held_although_it_tightens() {
    let step = change(&Policy::at(&[ML]), &Policy::at(&[ROOT]), Cause::Manifest);
    let why = scene().held(step);
    assert_eq!(
        why,
        "it concerns 8 of 8 accounts of the organization, and one change may concern 2 (gate.accountsPercent): try it on fewer accounts first, or approve this step"
    );
}

/// A tag policy that moves from one place to another.
fn tag_policy(from: &str, to: &str) -> Step {
    let state = |target: &str| {
        serde_json::json!({
            "name": "guard", "description": "", "targets": [target], "attachments": "exclusive",
            "content": {"language": "tag", "policy": {"tags": {"team": {
                "tag_key": {"@@assign": "team"}}}}},
        })
    };
    let have = Observed { state: state(from), ..key(0).1 };
    let registry = kinds::registry();
    let edits = registry.get("TagPolicy").unwrap().diff(&state(to), &have.state).unwrap();
    let address = Address::new("org", "TagPolicy", "guard");
    Step::new(&address, None, Cause::Manifest, Action::Edit { have, edits }, Verdict::Go)
}

#[test]
fn settings_concern_the_management_account_too() {
    let why = scene().held(tag_policy(ML, ROOT));
    assert!(why.contains("it concerns 9 of 9 accounts of the organization"), "{why}");
}

#[test]
fn a_management_policy_that_is_attached_somewhere_is_no_unfinished_create() {
    let goes = |scene: &Scene| going(&scene.hold(vec![tag_policy(ML, ROOT)])) == 1;
    let mut scene = scene();
    assert!(!goes(&scene), "it was in force somewhere before this process began");
    scene.completing.insert(Address::new("org", "TagPolicy", "guard"));
    assert!(goes(&scene), "this process made it, and attaching completes that");
}

#[test]
fn a_quarter_of_the_accounts_goes_and_one_more_is_held() {
    // Two of eight, and three of eight.
    assert!(goes(&scene(), &Policy::at(&[ML]), &Policy::at(&[ML, SANDBOX])));
    assert!(!goes(&scene(), &Policy::at(&[SANDBOX]), &Policy::at(&[SANDBOX, WORKLOADS])));
}

#[test]
fn one_account_always_goes_and_needs_no_knowledge_of_the_organization() {
    let mut scene = scene();
    scene.limits.accounts_percent = 0;
    assert!(goes(&scene, &Policy::at(&[ROOT]), &Policy::at(&[ROOT, "000000000001"])));
    assert!(goes(&scene, &Policy::at(&[ML]), &Policy { denies: "a:B", ..Policy::at(&[ML]) }));
    scene.organization.trees.clear();
    assert!(goes(&scene, &Policy::at(&[ROOT]), &Policy::at(&[ROOT, "000000000001"])));
}

#[test]
fn a_limit_of_a_hundred_percent_is_none_even_where_nothing_is_known() {
    let mut scene = scene();
    scene.limits.accounts_percent = 100;
    assert!(goes(&scene, &Policy::at(&[ML]), &Policy::at(&[ROOT])));
    scene.organization.trees.clear();
    assert!(goes(&scene, &Policy::at(&[ML]), &Policy::at(&[ROOT])));
    scene.limits.accounts_percent = 99;
    assert!(!goes(&scene, &Policy::at(&[ML]), &Policy::at(&[ROOT])));
}

#[test]
fn a_new_text_concerns_who_is_below_the_old_places_and_the_new_ones() {
    let other = |targets| Policy { denies: "cloudtrail:DeleteTrail", ..Policy::at(targets) };
    assert!(goes(&scene(), &Policy::at(&[SANDBOX]), &other(&[SANDBOX])));
    assert!(!goes(&scene(), &Policy::at(&[WORKLOADS]), &other(&[WORKLOADS])));
    assert!(!goes(&scene(), &Policy::at(&[ROOT]), &other(&[ROOT])));
    let why = scene().held(change(&Policy::at(&[SANDBOX]), &other(&[ML]), Cause::Manifest));
    assert!(why.contains("concerns 3 of 8"), "{why}");
}

#[test]
fn who_is_below_two_of_the_places_counts_once() {
    let step = change(&Policy::at(&[ROOT]), &Policy::at(&[ROOT, WORKLOADS, ML]), Cause::Manifest);
    assert!(scene().held(step).contains("concerns 3 of 8"));
}

#[test]
fn a_name_or_a_description_concerns_nobody() {
    let named = Policy { description: "what it is for", ..Policy::at(&[ROOT]) };
    assert!(goes(&scene(), &Policy::at(&[ROOT]), &named));
}

#[test]
fn taking_a_policy_away_counts_like_putting_it_there() {
    assert!(!goes(&scene(), &Policy::at(&[ROOT, ML]), &Policy::at(&[ML])));
    let delete = |targets| {
        let action = Action::Delete { have: live_policy(&Policy::at(targets)), want: None };
        Step::new(&guard(), None, Cause::Tombstone, action, Verdict::Go)
    };
    let mut scene = scene();
    scene.limits.deletes_percent = 100;
    assert_eq!(going(&scene.hold(vec![delete(&[ROOT])])), 0);
    assert_eq!(going(&scene.hold(vec![delete(&[SANDBOX])])), 1);
    assert_eq!(going(&scene.hold(vec![delete(&[])])), 1);
}

#[test]
fn putting_back_what_was_in_force_goes_whomever_it_concerns_and_whatever_is_known() {
    let (right, wrong) = (Policy::at(&[ROOT]), Policy { denies: "a:B", ..Policy::at(&[ML]) });
    let mut scene = scene();
    for _ in 0..2 {
        assert_eq!(going(&scene.hold(vec![change(&wrong, &right, Cause::Drift)])), 1);
        for cause in [Cause::Manifest, Cause::Adoption, Cause::Unknown] {
            assert_eq!(going(&scene.hold(vec![change(&wrong, &right, cause)])), 0, "{cause:?}");
        }
        scene.organization.trees.clear();
    }
}

#[test]
fn only_the_process_that_created_a_policy_completes_that_in_one_go_and_one_after_another() {
    let (nowhere, root) = (Policy::at(&[]), Policy::at(&[ROOT, ML]));
    let why = scene().held(change(&nowhere, &root, Cause::Manifest));
    assert!(why.contains("it concerns 8 of 8 accounts"), "nowhere was wanted until now: {why}");
    assert!(goes(&scene(), &nowhere, &Policy::at(&[SANDBOX])), "two of eight");
    let (half, whole) = (Policy::at(&[ML]), Policy::at(&[ML, ROOT]));
    assert!(!goes(&scene(), &half, &whole), "another process may have attached it long ago");
    let mut scene = scene();
    scene.completing.insert(guard());
    assert!(goes(&scene, &nowhere, &root));
    assert!(goes(&scene, &half, &whole));
    let other = Policy { denies: "a:B", ..Policy::at(&[ROOT]) };
    assert!(!goes(&scene, &Policy::at(&[ROOT]), &other), "a new text completes nothing");
}

#[test]
fn closed_accounts_count_neither_as_concerned_nor_as_there() {
    // Three of eight are held; two of seven are more than a quarter as well.
    let one = closed(&["000000000003"]);
    let step = change(&Policy::at(&[SANDBOX]), &Policy::at(&[SANDBOX, WORKLOADS]), Cause::Manifest);
    assert!(
        one.held(step)
            .contains("concerns 2 of 7 accounts of the organization, and one change may concern 1")
    );
    let two = closed(&["000000000002", "000000000003"]);
    assert!(goes(&two, &Policy::at(&[SANDBOX]), &Policy::at(&[SANDBOX, WORKLOADS])));
}

#[test]
fn the_account_that_manages_the_organization_is_concerned_by_nothing() {
    let mut scene = scene();
    let few =
        organization(&[]).0.into_iter().filter(|(id, _)| id == MANAGER || id == "000000000006");
    let tree = OrganizationTree(few.collect());
    scene.organization.trees.insert("org".into(), Seen::All(tree));
    assert!(goes(&scene, &Policy::at(&[ML]), &Policy::at(&[ROOT])), "one account");
    scene.organization.managers.clear();
    let step = change(&Policy::at(&[ML]), &Policy::at(&[ROOT]), Cause::Manifest);
    assert!(scene.held(step).contains("concerns 2 of 2"), "who manages is not known");
}

#[test]
fn an_unknown_tree_may_concern_every_account() {
    let mut scene = scene();
    let wide = || change(&Policy::at(&[ML]), &Policy::at(&[SANDBOX]), Cause::Manifest);
    let why = "organizations:ListAccounts denied".to_owned();
    scene.organization.trees.insert("org".into(), Seen::Unknown(why.clone()));
    let message = scene.held(wide());
    assert!(message.contains("may be all of them") && message.contains(&why), "{message}");
    scene.organization.trees.clear();
    assert!(scene.held(wide()).contains("may be all of them"));
    // Another organization's tree is none of this scope's.
    scene.organization.trees.insert("prod".into(), Seen::All(organization(&[])));
    assert!(scene.held(wide()).contains("may be all of them"));
}

#[test]
fn the_organization_is_read_only_where_the_verdict_depends_on_it() {
    let registry = kinds::registry();
    let limits = GateLimits::default();
    let depends = |step: &Step| {
        super::super::accounts::depends_on_tree(step, &registry, &BTreeSet::new(), &limits)
    };
    let wide = |cause| change(&Policy::at(&[ML]), &Policy::at(&[ROOT]), cause);
    assert!(depends(&wide(Cause::Manifest)));
    assert!(!depends(&wide(Cause::Drift)));
    let waits = Verdict::Waiting(vec![Wait::passing(WaitReason::SecondLook)]);
    assert!(!depends(&Step { verdict: waits, ..wide(Cause::Manifest) }));
    let observed = Verdict::Reported(ReportReason::SettingsObserve);
    assert!(!depends(&Step { verdict: observed, ..wide(Cause::Manifest) }));
    assert!(depends(&Step { verdict: Verdict::Held(vec![]), ..wide(Cause::Manifest) }));
    let one = || Policy::at(&["000000000001"]);
    let other = Policy { denies: "a:B", ..one() };
    assert!(!depends(&change(&one(), &other, Cause::Manifest)), "one account always goes");
    assert!(!depends(&edit(0)), "a key is nobody else's");
    assert!(!depends(&scp_step(deny("a:B", None), ROOT)), "a create attaches nothing");
}

#[test]
fn a_reason_is_a_value_that_can_be_kept() {
    use super::super::accounts::TooMany;
    let reason = TooMany::Accounts { concerned: 3, of: 8, limit: 2 };
    let kept = serde_json::to_value(&reason).unwrap();
    assert_eq!(kept, json!({"accounts": "accounts", "concerned": 3, "of": 8, "limit": 2}));
    assert_eq!(serde_json::from_value::<TooMany>(kept).unwrap(), reason);
}
