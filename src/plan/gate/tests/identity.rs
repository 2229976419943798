//! Identity: what always needs an approval, and what no approval releases.

use serde_json::json;

use super::*;
use crate::{
    kinds::cloud_control::iam_role,
    model::{Bounds, Unbounded},
};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/ml-boundary";

fn scene() -> Scene {
    let bounds = Bounds { path: "/ml/".into(), boundary: BOUNDARY.into() };
    let fence = Fence {
        bounds: BTreeMap::from([
            ("prod".to_owned(), Ok(bounds)),
            ("org".to_owned(), Err(Unbounded::NotGiven)),
        ]),
        own: BTreeSet::from([ROLE.to_owned(), BOUNDARY.to_owned()]),
    };
    Scene { fence, ..Scene::new() }
}

fn address() -> Address {
    Address::new("prod", iam_role::NAME, "jobs")
}

fn live(name: &str, path: &str) -> Observed<Value> {
    let claim = Claim { owner: "ml".into(), address: address(), deletion: Deletion::Retain };
    Observed {
        id: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
        tags: claim.tags(),
        phase: Phase::Ready,
        state: json!({
            "type": iam_role::NAME, "partition": "aws", "account": ACCOUNT,
            "properties": {"RoleName": name, "Path": path, "PermissionsBoundary": BOUNDARY}
        }),
    }
}

fn one(risk: Risk, puts_back: bool) -> Edit {
    let body = EditBody::Change(json!({
        "path": "properties.Description", "operation": "cloudcontrol:UpdateResource",
        "verb": "set", "new": "x"
    }));
    Edit { risk, puts_back, ..Edit::of_tags(format!("{risk} {puts_back}"), "change".into(), body) }
}

fn step(have: Observed<Value>, edits: Vec<Edit>) -> Step {
    let action = Action::Edit { have, edits };
    Step::new(&address(), None, Cause::Manifest, action, Verdict::Go)
}

fn reasons(scene: &Scene, step: Step) -> Vec<HoldReason> {
    let held = scene.hold(vec![step]).into_iter();
    let why = held.filter_map(|step| match step.verdict {
        Verdict::Held(why) => Some(why),
        _ => None,
    });
    why.flatten().collect()
}

#[test]
fn what_gives_an_identity_more_is_held_and_what_takes_something_away_goes() {
    for (risk, puts_back, held) in [
        (Risk::LOOSENS, false, true),
        (Risk::REPLACES, false, true),
        (Risk::LOOSENS, true, true),
        (Risk::REPLACES, true, false),
        (Risk::TIGHTENS, false, false),
        (Risk::NEUTRAL, false, false),
    ] {
        let step = step(live("jobs", "/ml/"), vec![one(risk, puts_back)]);
        let why = reasons(&scene(), step.clone());
        let expected = vec![HoldReason::Identity { creates: false }];
        assert_eq!(why, if held { expected } else { Vec::new() }, "{risk} {puts_back}");
        let scene = Scene { approved: [step.digest.clone()].into(), ..scene() };
        assert_eq!(reasons(&scene, step), [], "an approval releases it");
    }
}

#[test]
fn what_goes_and_what_is_held_are_two_steps() {
    let edits = vec![one(Risk::TIGHTENS, false), one(Risk::LOOSENS, false)];
    let steps = scene().hold(vec![step(live("jobs", "/ml/"), edits)]);
    let goes: Vec<bool> = steps.iter().map(|step| step.verdict.goes()).collect();
    assert_eq!(goes, [true, false]);
}

#[test]
fn no_approval_releases_what_is_outside_of_the_bounds_or_palisades_own() {
    let own = "arn:aws:iam::111122223333:role/ml/palisade".to_owned();
    let deletes = |have| {
        let action = Action::Delete { have, want: None };
        Step::new(&address(), None, Cause::Tombstone, action, Verdict::Go)
    };
    let elsewhere = |mut step: Step| {
        step.address.scope = "org".into();
        step
    };
    let tightens = || vec![one(Risk::TIGHTENS, false)];
    for (step, why) in [
        (step(live("jobs", "/"), tightens()), HoldReason::Outside { path: "/ml/".into() }),
        (deletes(live("jobs", "/")), HoldReason::Outside { path: "/ml/".into() }),
        (step(live("palisade", "/ml/"), tightens()), HoldReason::Own { arn: own.clone() }),
        (deletes(live("palisade", "/ml/")), HoldReason::Own { arn: own }),
        (elsewhere(step(live("jobs", "/ml/"), tightens())), HoldReason::Unbounded),
    ] {
        let scene = Scene { approved: [step.digest.clone()].into(), ..scene() };
        assert_eq!(reasons(&scene, step), [why]);
    }
}

#[test]
fn a_role_is_created_with_an_approval_and_palisades_own_is_not_at_all() {
    let create = |name: &str| {
        let action = Action::Create {
            want: live(name, "/ml/").state,
            tags: BTreeMap::new(),
            token: String::new(),
            lines: Vec::new(),
            risk: Risk::LOOSENS,
        };
        Step::new(&address(), None, Cause::Manifest, action, Verdict::Go)
    };
    let why = reasons(&scene(), create("jobs"));
    assert_eq!(why, [HoldReason::Identity { creates: true }]);
    let step = create("palisade");
    let approved = Scene { approved: [step.digest.clone()].into(), ..scene() };
    let arn = "arn:aws:iam::111122223333:role/ml/palisade".to_owned();
    assert!(reasons(&approved, step).contains(&HoldReason::Own { arn }));
}

#[test]
fn nothing_of_any_kind_is_written_that_palisade_stands_on() {
    let (address, mut have) = key(0);
    have.arn = BOUNDARY.to_owned();
    let action = Action::Delete { have, want: None };
    let step = Step::new(&address, None, Cause::Tombstone, action, Verdict::Go);
    let scene = Scene { approved: [step.digest.clone()].into(), ..scene() };
    assert_eq!(reasons(&scene, step), [HoldReason::Own { arn: BOUNDARY.to_owned() }]);
}
