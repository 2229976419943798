mod blocks;
mod guardrails;
mod sisters;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{change::Update, *};
use crate::{
    kind::{Describe as _, Known, LookupItem, LookupKind, Resolution, ScopeFacts},
    model::{
        Risk, Seen,
        policy_document::{Dialect, PolicyDocument},
    },
};

type Spec = super::Spec<service_control_policy::ServiceControl>;
type ServiceControlPolicy = Policy<service_control_policy::ServiceControl>;

const ROOT: &str = "r-ab12";
const ML: &str = "ou-ab12-mlmlmlml";
const WEB: &str = "ou-ab12-webwebwe";
const IN_ML: [&str; 2] = ["111111111111", "222222222222"];
const IN_WEB: &str = "333333333333";
const IN_ROOT: &str = "444444444444";

fn facts() -> ScopeFacts {
    ScopeFacts {
        name: "org".into(),
        account: "999988887777".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    }
}

fn organization() -> Known {
    let item = |id: &str, name: &str| LookupItem {
        id: id.into(),
        name: Some(name.into()),
        ..LookupItem::default()
    };
    let items = vec![item(ROOT, "root"), item(ML, "/Workloads/ML"), item(WEB, "/Workloads/Web")];
    Known {
        lookups: [(("org".into(), LookupKind::OrganizationalUnit), Seen::All(items))].into(),
        ..Known::default()
    }
}

fn resolve_in(known: &Known, spec: Value) -> (Result<State, String>, Resolution) {
    let facts = facts();
    let mut refs = Refs::new(&facts, "deny-tampering", known);
    let spec: Spec = serde_json::from_value(spec).expect("the spec's types are right");
    let state = ServiceControlPolicy::resolve(spec, &mut refs).map_err(|problems| {
        let lines = problems.iter().map(|problem| match &problem.help {
            Some(help) => format!("{problem} ({help})"),
            None => problem.to_string(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    (state, refs.finish())
}

fn resolve(spec: Value) -> Result<State, String> {
    resolve_in(&organization(), spec).0
}

fn text(effect: &str, actions: &[&str]) -> Value {
    let statements: Vec<_> = actions
        .iter()
        .map(|action| {
            let sid = action.replace(':', "");
            json!({"Sid": sid, "Effect": effect, "Action": action, "Resource": "*"})
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn deny(actions: &[&str]) -> PolicyDocument {
    document(&text("Deny", actions))
}

fn document(value: &Value) -> PolicyDocument {
    PolicyDocument::from_value(value, Dialect::ServiceControlPolicy).expect("a policy")
}

fn state(content: PolicyDocument, targets: &[&str]) -> State {
    State {
        name: "p".into(),
        description: Some(String::new()),
        content: Some(content.into()),
        targets: Some(targets.iter().map(|id| (*id).to_owned()).collect()),
        attachments: Attachments::Exclusive,
    }
}

fn plan(want: &State, have: &State) -> String {
    let lines = ServiceControlPolicy::diff(want, have).into_iter().flat_map(|change| {
        let fields = change.lines().into_iter();
        let fields = fields.map(|line| format!("    {} {}", line.sign.as_char(), line.text));
        std::iter::once(format!("{change} [{}]", change.risk())).chain(fields).collect::<Vec<_>>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_manifest_gives_its_name_and_the_ids_of_its_places() {
    let want = resolve(json!({
        "content": text("Deny", &["s3:A"]),
        "targets": ["ou:/Workloads/ML", "root", "111122223333", "ou-ab12-webwebwe"],
    }))
    .unwrap();
    assert_eq!(want.name, "deny-tampering");
    assert_eq!(want.description, None);
    assert_eq!(want.attachments, Attachments::Exclusive);
    let places: Vec<_> = want.targets.iter().flatten().map(String::as_str).collect();
    assert_eq!(places, ["111122223333", ML, WEB, ROOT]);
    assert_eq!(ServiceControlPolicy::natural_keys(&want), ["deny-tampering"]);
}

#[test]
fn absent_is_not_managed_and_null_is_none() {
    let content = text("Deny", &["s3:A"]);
    let absent = resolve(json!({"content": content})).unwrap();
    assert_eq!((absent.description, absent.targets), (None, None));
    let none = resolve(json!({"content": content, "description": null, "targets": null})).unwrap();
    assert_eq!((none.description, none.targets), (Some(String::new()), Some(BTreeSet::new())));
    let empty = resolve(json!({"content": content, "targets": []})).unwrap();
    assert_eq!(empty.targets, Some(BTreeSet::new()));
}

#[test]
fn a_place_that_is_not_there_makes_the_policy_wait() {
    let spec = json!({"content": text("Deny", &["s3:A"]), "targets": ["ou:/Gone"]});
    let (state, resolution) = resolve_in(&organization(), spec.clone());
    assert!(state.is_ok());
    assert_eq!(
        resolution.waiting().into_iter().collect::<Vec<_>>(),
        ["targets[0]: no organizational unit matches name /Gone"]
    );
    let (state, resolution) = resolve_in(&Known::default(), spec);
    assert!(state.is_ok() && !resolution.waiting().is_empty());
    assert_eq!(
        resolution.lookups.into_iter().collect::<Vec<_>>(),
        [(LookupKind::OrganizationalUnit, Some("/Gone".to_owned()))]
    );
}

#[test]
fn every_problem_is_reported_with_its_field_and_help() {
    let problems = resolve(json!({
        "policyName": "FullAWSAccess",
        "description": "x".repeat(513),
        "content": {"Version": "2012-10-17", "Statement": [
            {"Sid": "All", "Effect": "Deny", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*"}
        ]},
        "targets": ["root", "ou:Workloads", "ou:/", "ou:/a//b", "ou:/1/2/3/4/5/6", "11112222333",
                    "r-ab12", "ou-ab12-short", "OU-AB12-MLMLMLML"],
        "tags": {"palisade:owner": "me", "": "x"},
    }))
    .unwrap_err();
    insta::assert_snapshot!(problems, @r#"
    policyName: FullAWSAccess is AWS's own policy and cannot be edited (choose another name)
    description: 513 characters long (Organizations allows at most 512)
    content.Statement[1].Action: no action is listed, so the statement has no effect (list the actions)
    content.Statement[2].Resource: no resource is listed, so the statement has no effect (write "*" or the ARNs)
    targets[1]: `ou:Workloads`: a path starts with a slash (write the names of the units from the root down, such as ou:/Workloads/ML)
    targets[2]: `ou:/`: this is the root: write root (write the names of the units from the root down, such as ou:/Workloads/ML)
    targets[3]: `ou:/a//b`: a unit without a name (write the names of the units from the root down, such as ou:/Workloads/ML)
    targets[4]: `ou:/1/2/3/4/5/6`: AWS nests units at most five deep (write the names of the units from the root down, such as ou:/Workloads/ML)
    targets[5]: `11112222333` is not a place to attach a policy to (write root, ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh or r-ab12, or the twelve digits of an account)
    targets[6]: r-ab12 is the same place as targets[0] (name each place once)
    targets[7]: `ou-ab12-short` is not a place to attach a policy to (write root, ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh or r-ab12, or the twelve digits of an account)
    targets[8]: `OU-AB12-MLMLMLML` is not a place to attach a policy to (write root, ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh or r-ab12, or the twelve digits of an account)
    tags.: the key has 0 characters (Organizations allows 1 to 128)
    tags.palisade:owner: keys that start with `palisade:` are reserved for palisade (use another key)
    "#);
}

#[test]
fn a_policy_of_another_language_is_refused() {
    for (content, says) in [
        (
            json!({"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}),
            "2012-10-17",
        ),
        (
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}),
            "Principal",
        ),
        (json!({"Version": "2012-10-17", "Statement": [], "Note": ""}), "unknown field"),
        (json!("{}"), "content"),
    ] {
        let problems = resolve(json!({"content": content})).unwrap_err();
        assert!(problems.starts_with("content") && problems.contains(says), "{problems}");
    }
}

#[test]
fn a_policy_that_denies_everything_can_be_wanted() {
    let all = json!({"Sid": "DenyAll", "Effect": "Deny", "Action": "*", "Resource": "*"});
    let state = resolve(json!({"content": {"Version": "2012-10-17", "Statement": [all]}}));
    assert!(state.expect("a state").content.is_some());
}

#[test]
fn the_size_is_counted_without_white_space_and_in_bytes() {
    let filled = |actions: usize| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Resource": "*",
            "Action": (0..actions).map(|n| format!("s3:Action{n:05}")).collect::<Vec<_>>(),
        }]})
    };
    let size = |value: &Value| document(value).size_bytes();
    let fits = (1..2000).take_while(|n| size(&filled(*n)) <= 10_240).last().unwrap();
    assert!(resolve(json!({"content": filled(fits)})).is_ok());
    let problems = resolve(json!({"content": filled(fits + 1)})).unwrap_err();
    let over = size(&filled(fits + 1)) - 10_240;
    assert!(problems.contains(&format!("{over} more than the 10240")), "{problems}");
}

#[test]
fn only_ids_in_the_form_of_aws_are_places() {
    for (id, place) in [
        ("111122223333", Some(Place::Account)),
        ("ou-ab12-abcdefgh", Some(Place::Unit)),
        ("r-ab12", Some(Place::Root)),
        ("11112222333", None),
        ("ou-ab12-abc", None),
        ("r-AB12", None),
        ("r-abc", None),
        ("p-FullAWSAccess", None),
        ("", None),
    ] {
        assert_eq!(Place::of(id), place, "{id}");
    }
}

#[test]
fn too_many_policies_on_one_place_are_found_before_aws_is_asked() {
    let of = &service_control_policy::ServiceControl::TYPE;
    let mut states: Vec<_> = (0..=10)
        .map(|n| State { name: format!("p{n}"), ..state(deny(&["s3:A"]), &[ROOT, ML]) })
        .collect();
    // None of them allows anything, so that FullAWSAccess or another policy of others stays.
    assert!(attachments_over_limit(&states[..9], of).is_empty());
    let over = attachments_over_limit(&states[..10], of);
    assert_eq!(over.keys().copied().collect::<Vec<_>>(), [ML, ROOT]);
    assert_eq!((over[ROOT].names.len(), over[ROOT].limit), (10, 9));
    // One that allows something can take its place.
    let allow = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let allow = PolicyDocument::from_value(&allow, Dialect::ServiceControlPolicy).unwrap();
    states[0] = State { name: "p0".into(), ..state(allow, &[ROOT, ML]) };
    assert!(attachments_over_limit(&states[..10], of).is_empty());
    assert_eq!(attachments_over_limit(&states, of)[ML].limit, 10);
}

#[test]
fn only_white_space_and_key_order_are_not_differences() {
    let want = state(deny(&["s3:A", "s3:B"]), &[ROOT]);
    let live = r#"{ "Statement" : [
        {"Resource":"*","Action":"s3:A","Effect":"Deny","Sid":"s3A"},
        {"Resource":"*","Action":"s3:B","Effect":"Deny","Sid":"s3B"} ], "Version":"2012-10-17"}"#;
    let parsed = PolicyDocument::parse(live, Dialect::ServiceControlPolicy).unwrap();
    assert_eq!(plan(&want, &state(parsed, &[ROOT])), "");
    let turned = state(deny(&["s3:B", "s3:A"]), &[ROOT]);
    insta::assert_snapshot!(plan(&want, &turned), @r"
    update content [neutral]
        ~ the same statements, written differently (order, repetition or brackets)
    ");
}

#[test]
fn a_plan_shows_what_changes_and_what_it_does_to_protection() {
    let have = state(deny(&["s3:A", "s3:B"]), &[ML]);
    let want = State {
        name: "q".into(),
        description: Some("why".into()),
        ..state(deny(&["s3:A"]), &[ROOT, IN_WEB])
    };
    insta::assert_snapshot!(plan(&want, &have), @r#"
    update content [loosens]
        ~ content (bytes): 160 -> 99
        - statement "s3B" (Deny): widens access
        -   Action: s3:B
        -   Resource: *
    update name [neutral]
        ~ name: "p" -> "q"
    update description [neutral]
        ~ description: "" -> "why"
    attach to 333333333333 [tightens]
    attach to r-ab12 [tightens]
    detach from ou-ab12-mlmlmlml [loosens]
    "#);
}

#[test]
fn all_of_name_description_and_text_goes_in_one_call() {
    let have = State { description: Some("old".into()), ..state(deny(&["s3:A"]), &[ROOT]) };
    let want = State {
        name: "q".into(),
        description: Some(String::new()),
        ..state(deny(&["s3:B"]), &[ROOT])
    };
    let edits = ServiceControlPolicy::diff(&want, &have);
    assert!(edits.windows(2).all(|two| ServiceControlPolicy::joins(&two[0], &two[1])));
    let update = Update::together(edits.iter().map(|edit| match edit {
        Change::Update(update) => &**update,
        other => panic!("{other:?}"),
    }));
    assert_eq!(update.description.as_ref().map(|d| d.new.as_str()), Some(""));
    assert!(update.name.is_some() && update.content.is_some());
}

#[test]
fn a_text_that_cannot_be_read_is_replaced_and_counts_as_loosening() {
    let have = State { content: None, ..state(deny(&["s3:A"]), &[ROOT]) };
    let want = state(deny(&["s3:A"]), &[ROOT]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    update content [loosens]
        ~ content: (not readable) -> the manifest's
    ");
}

#[test]
fn additive_attachments_are_never_removed() {
    let have = state(deny(&["s3:A"]), &[ML, WEB]);
    let want =
        State { attachments: Attachments::Additive, ..state(deny(&["s3:A"]), &[ML, IN_ROOT]) };
    assert_eq!(plan(&want, &have), "attach to 444444444444 [tightens]");
    let unmanaged = State { targets: None, ..want };
    assert_eq!(plan(&unmanaged, &have), "");
}

#[test]
fn small_places_come_first_and_nothing_is_left_before_all_is_attached() {
    let have = state(deny(&["s3:A"]), &[WEB]);
    let want = state(deny(&["s3:A"]), &[ROOT, ML, IN_ROOT]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    attach to 444444444444 [tightens]
    attach to ou-ab12-mlmlmlml [tightens]
    attach to r-ab12 [tightens]
    detach from ou-ab12-webwebwe [loosens]
    ");
}

#[test]
fn attaching_what_allows_loosens() {
    let allow = document(&text("Allow", &["s3:A"]));
    let (have, want) = (state(allow.clone(), &[ML]), state(allow, &[WEB]));
    let risks: Vec<_> =
        ServiceControlPolicy::diff(&want, &have).iter().map(crate::kind::Describe::risk).collect();
    assert_eq!(risks, [Risk::LOOSENS, Risk::TIGHTENS]);
}

#[test]
fn a_stricter_text_goes_first_unless_places_are_left() {
    let first = |want: &State, have: &State| {
        ServiceControlPolicy::diff(want, have).first().map(ToString::to_string)
    };
    let (loose, strict) = (deny(&["s3:A"]), deny(&["s3:A", "s3:B"]));
    let update = Some("update content".to_owned());
    assert_eq!(first(&state(strict.clone(), &[ML, WEB]), &state(loose.clone(), &[ML])), update);
    assert_eq!(first(&state(loose.clone(), &[ML]), &state(strict.clone(), &[ML, WEB])), update);
    assert_eq!(
        first(&state(strict, &[ML]), &state(loose, &[ML, WEB])),
        Some(format!("detach from {WEB}"))
    );
}

#[test]
fn edits_and_states_survive_a_round_trip_through_json() {
    let have = state(deny(&["s3:A"]), &[ML]);
    let want = state(deny(&["s3:B"]), &[WEB]);
    let there = serde_json::to_value(&want).unwrap();
    assert_eq!(serde_json::from_value::<State>(there).unwrap(), want);
    for change in ServiceControlPolicy::diff(&want, &have) {
        let there = serde_json::to_value(&change).unwrap();
        assert_eq!(serde_json::from_value::<Change>(there).unwrap(), change);
    }
}

const ACTIONS: [&str; 5] = ["s3:A", "s3:B", "s3:C", "s3:D", "s3:E"];
const PLACES: [&str; 7] = [ROOT, ML, WEB, IN_ML[0], IN_ML[1], IN_WEB, IN_ROOT];

type Acts = BTreeSet<(String, String)>;

fn text_of(state: &State) -> &PolicyDocument {
    state.content.as_ref().and_then(Content::document).expect("readable")
}

fn actions(state: &State) -> BTreeSet<String> {
    let statements = text_of(state).as_value()["Statement"].clone();
    let statements = statements.as_array().expect("a list").clone();
    statements.iter().map(|s| s["Action"].as_str().expect("an action").to_owned()).collect()
}

/// The accounts that each action affects: below any target.
fn hit_accounts(state: &State) -> Acts {
    let above = BTreeMap::from([
        (IN_ML[0], vec![IN_ML[0], ML, ROOT]),
        (IN_ML[1], vec![IN_ML[1], ML, ROOT]),
        (IN_WEB, vec![IN_WEB, WEB, ROOT]),
        (IN_ROOT, vec![IN_ROOT, ROOT]),
    ]);
    let targets = state.targets.as_ref().expect("live");
    let covered = above.iter().filter(|(_, chain)| chain.iter().any(|t| targets.contains(*t)));
    pairs(covered.map(|(account, _)| (*account).to_owned()), state)
}

/// The targets at which each action has an effect.
fn hit_targets(state: &State) -> Acts {
    pairs(state.targets.clone().expect("live").into_iter(), state)
}

fn pairs(places: impl Iterator<Item = String>, state: &State) -> Acts {
    let actions = actions(state);
    places.flat_map(|place| actions.iter().map(move |a| (place.clone(), a.clone()))).collect()
}

prop_compose! {
    fn any_state(effect: &'static str)(
        name in prop::sample::select(vec!["p", "q"]),
        description in prop::option::of(prop::sample::select(vec!["", "one", "two"])),
        actions in prop::sample::subsequence(ACTIONS.to_vec(), 1..=ACTIONS.len()),
        targets in prop::option::weighted(0.9, prop::sample::subsequence(PLACES.to_vec(), 0..=PLACES.len())),
        additive in prop::bool::weighted(0.2),
    ) -> State {
        State {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            content: Some(document(&text(effect, &actions)).into()),
            targets: targets.map(|list| list.into_iter().map(str::to_owned).collect()),
            attachments: if additive { Attachments::Additive } else { Attachments::Exclusive },
        }
    }
}

fn live(mut state: State) -> State {
    state.description.get_or_insert_default();
    state.targets.get_or_insert_default();
    state.attachments = Attachments::Exclusive;
    state
}

/// Wanted and live states: independent ones, and live ones that drifted a little from the wanted
/// one.
fn pair_of(effect: &'static str) -> impl Strategy<Value = (State, State)> {
    let near = (any_state(effect), any_state(effect), 0..4u8).prop_map(|(want, other, field)| {
        let mut have = live(want.clone());
        match field {
            0 => have.content = other.content,
            1 => have.targets = live(other).targets,
            2 => have.description = live(other).description,
            _ => {}
        }
        (want, have)
    });
    let far = (any_state(effect), any_state(effect)).prop_map(|(want, have)| (want, live(have)));
    prop_oneof![near, far]
}

/// All states from the first to the last.
fn states(want: &State, have: &State) -> Vec<State> {
    let mut way = vec![have.clone()];
    for change in ServiceControlPolicy::diff(want, have) {
        let next = ServiceControlPolicy::effect(way.last().expect("one").clone(), &change);
        way.push(next);
    }
    way
}

/// Neither text contains the other, while targets are added and removed: no order keeps everything
/// that both allow.
fn is_torn(way: &[State]) -> bool {
    let [first, .., last] = way else { return false };
    let (old, new) = (actions(first), actions(last));
    let (from, to) = (first.targets.as_ref(), last.targets.as_ref());
    let comes = to.into_iter().flatten().any(|t| !from.is_some_and(|f| f.contains(t)));
    let goes = from.into_iter().flatten().any(|t| !to.is_some_and(|s| s.contains(t)));
    comes && goes && !old.is_subset(&new) && !new.is_subset(&old)
}

proptest! {
    #[test]
    fn folding_the_edits_ends_at_what_is_wanted((want, have) in pair_of("Deny")) {
        let way = states(&want, &have);
        let last = way.last().expect("one");
        prop_assert!(ServiceControlPolicy::diff(&want, last).is_empty());
        prop_assert!(ServiceControlPolicy::diff(last, last).is_empty());
        if want.attachments == Attachments::Exclusive && want.targets.is_some() {
            prop_assert_eq!(&last.targets, &want.targets);
        }
    }

    #[test]
    fn on_the_way_nothing_is_allowed_that_neither_allowed((want, have) in pair_of("Deny")) {
        let way = states(&want, &have);
        let (old, new) = (hit_accounts(&have), hit_accounts(way.last().expect("one")));
        let both: Acts = old.intersection(&new).cloned().collect();
        for state in &way {
            prop_assert!(both.is_subset(&hit_accounts(state)), "{state:?}");
        }
    }

    #[test]
    fn on_the_way_nothing_is_denied_that_both_allowed((want, have) in pair_of("Deny")) {
        let way = states(&want, &have);
        if !is_torn(&way) {
            let (old, new) = (hit_accounts(&have), hit_accounts(way.last().expect("one")));
            let either: Acts = old.union(&new).cloned().collect();
            for state in &way {
                prop_assert!(hit_accounts(state).is_subset(&either), "{state:?}");
            }
        }
    }

    #[test]
    fn each_place_goes_from_old_to_new_without_a_detour(
        (want, have) in prop_oneof![pair_of("Allow"), pair_of("Deny")],
    ) {
        let way = states(&want, &have);
        if !is_torn(&way) {
            let (old, new) = (hit_targets(&have), hit_targets(way.last().expect("one")));
            let both: Acts = old.intersection(&new).cloned().collect();
            let either: Acts = old.union(&new).cloned().collect();
            for state in &way {
                let hit = hit_targets(state);
                prop_assert!(both.is_subset(&hit) && hit.is_subset(&either), "{state:?}");
            }
        }
    }

    #[test]
    fn no_detachment_comes_before_an_attachment((want, have) in pair_of("Deny")) {
        let edits = ServiceControlPolicy::diff(&want, &have);
        let detached = edits.iter().position(|edit| matches!(edit, Change::Detach { .. }));
        let attached = edits.iter().rposition(|edit| matches!(edit, Change::Attach { .. }));
        if let (Some(detached), Some(attached)) = (detached, attached) {
            prop_assert!(attached < detached);
        }
    }
}
