//! The laws of `diff` and `effect`, for any two states.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::{document, policy_of, statement};
use crate::{
    kind::Kind as _,
    kinds::kms_key::{Change, KmsKey, Rotation, State},
};

const ALIASES: [&str; 3] = ["alias/a", "alias/b", "alias/c"];
const ROLES: [&str; 3] = ["one", "two", "three"];

fn subset(of: &'static [&'static str; 3]) -> impl Strategy<Value = BTreeSet<String>> {
    proptest::sample::subsequence(&of[..], 0..=3)
        .prop_map(|some| some.into_iter().map(str::to_owned).collect())
}

/// Whom the policy lets use the key: a statement a role.
fn policy(roles: &BTreeSet<String>) -> serde_json::Value {
    policy_of(&roles.iter().map(|role| statement(role, role)).collect::<Vec<_>>())
}

fn key_spec() -> impl Strategy<Value = Option<String>> {
    prop_oneof![4 => Just("SYMMETRIC_DEFAULT"), 1 => Just("RSA_2048")]
        .prop_map(|spec| Some(spec.to_owned()))
}

prop_compose! {
    fn want()(
        aliases in proptest::option::of(subset(&ALIASES)),
        description in proptest::option::of(prop_oneof![Just(String::new()), Just("x".to_owned())]),
        roles in subset(&ROLES),
        rotation in proptest::option::of((any::<bool>(), proptest::option::of(90u16..93))),
        enabled in any::<bool>(),
        key_spec in key_spec(),
        multi_region in proptest::option::of(any::<bool>()),
    ) -> State {
        State {
            aliases,
            description,
            policy: Some(document(&policy(&roles))),
            rotation: rotation.map(|(enabled, days)| Rotation { enabled, period_days: days.filter(|_| enabled) }),
            enabled: Some(enabled),
            key_spec,
            key_usage: Some("ENCRYPT_DECRYPT".into()),
            origin: Some("AWS_KMS".into()),
            multi_region,
            deletion_window_days: Some(30),
            partition: "aws".into(),
            account: "111122223333".into(),
            ..State::default()
        }
    }
}

prop_compose! {
    fn have()(
        aliases in subset(&ALIASES),
        elsewhere in subset(&ALIASES),
        description in prop_oneof![Just(String::new()), Just("x".to_owned())],
        roles in subset(&ROLES),
        rotation in proptest::option::of((any::<bool>(), 90u16..93)),
        enabled in any::<bool>(),
        key_spec in key_spec(),
        multi_region in any::<bool>(),
        pending_deletion in proptest::bool::weighted(0.2),
    ) -> State {
        State {
            elsewhere: elsewhere.difference(&aliases).map(|alias| (alias.clone(), "other".to_owned())).collect(),
            aliases: Some(aliases),
            description: Some(description),
            policy: Some(document(&policy(&roles))),
            rotation: rotation
                .filter(|_| !pending_deletion)
                .map(|(enabled, days)| Rotation { enabled, period_days: enabled.then_some(days) }),
            enabled: Some(enabled && !pending_deletion),
            key_spec,
            key_usage: Some("ENCRYPT_DECRYPT".into()),
            origin: Some("AWS_KMS".into()),
            multi_region: Some(multi_region),
            deletion_window_days: None,
            pending_deletion,
            partition: "aws".into(),
            account: "111122223333".into(),
        }
    }
}

/// A live key that differs from the wanted one in at most one field.
fn perturbed() -> impl Strategy<Value = (State, State)> {
    (want(), have(), 0..7).prop_map(|(want, other, which)| {
        let mut have = super::live(&want);
        match which {
            0 => have.aliases = other.aliases,
            1 => have.description = other.description,
            2 => have.policy = other.policy,
            3 => have.rotation = other.rotation,
            4 => have.enabled = other.enabled,
            5 => have.multi_region = other.multi_region,
            _ => {}
        }
        (want, have)
    })
}

fn pairs() -> impl Strategy<Value = (State, State)> {
    prop_oneof![(want(), have()), perturbed()]
}

/// The roles that the policy lets use the key.
fn roles(state: &State) -> BTreeSet<String> {
    let text = state
        .policy
        .as_ref()
        .map(crate::model::policy_document::PolicyDocument::to_minified_json)
        .unwrap_or_default();
    ROLES
        .iter()
        .filter(|role| text.contains(&format!("role/{role}\"")))
        .map(|role| (*role).to_owned())
        .collect()
}

/// What the state allows: who could manage it, and who can use it by what name.
fn allowed(state: &State) -> BTreeSet<(String, String)> {
    let mut allowed: BTreeSet<_> =
        roles(state).into_iter().map(|role| (role, "(named in the policy)".to_owned())).collect();
    if state.enabled == Some(true) {
        let names = state.aliases.iter().flatten().cloned().chain(["(its id)".to_owned()]);
        let names: Vec<_> = names.collect();
        allowed.extend(
            roles(state)
                .into_iter()
                .flat_map(|role| names.iter().map(move |name| (role.clone(), name.clone()))),
        );
    }
    allowed
}

/// `have` after each change of one pass, `have` first.
fn course(want: &State, have: State) -> Vec<State> {
    let mut states = vec![have];
    for change in KmsKey::diff(want, &states[0]) {
        let next = KmsKey::effect(states[states.len() - 1].clone(), &change);
        states.push(next);
    }
    states
}

/// What `want` comes to on this key: what it does not manage stays.
fn goal(want: &State, have: &State) -> State {
    State {
        aliases: want.aliases.clone().or_else(|| have.aliases.clone()),
        enabled: want.enabled.or(have.enabled),
        policy: want.policy.clone().or_else(|| have.policy.clone()),
        ..have.clone()
    }
}

proptest! {
    #[test]
    fn folding_the_edits_ends_at_want((want, have) in pairs()) {
        let pending = have.pending_deletion;
        let mut end = course(&want, have).pop().expect("at least the start");
        // The one exception: a key called back is finished by the pass that sees it disabled.
        if pending {
            end = course(&want, end).pop().expect("at least the start");
        }
        prop_assert_eq!(KmsKey::diff(&want, &end), []);
        prop_assert!(!end.pending_deletion);
        prop_assert_eq!(end.enabled, want.enabled);
        prop_assert_eq!(roles(&end), roles(&want));
        if want.aliases.is_some() {
            prop_assert_eq!(end.aliases, want.aliases);
        }
    }

    #[test]
    fn no_state_in_between_allows_what_neither_allowed_or_denies_what_both_allowed((want, have) in pairs()) {
        let (before, after) = (allowed(&have), allowed(&goal(&want, &have)));
        let either: BTreeSet<_> = before.union(&after).cloned().collect();
        let both: BTreeSet<_> = before.intersection(&after).cloned().collect();
        for state in course(&want, have) {
            let now = allowed(&state);
            prop_assert!(now.is_subset(&either), "allowed in between: {:?}", now.difference(&either));
            prop_assert!(both.is_subset(&now), "denied in between: {:?}", both.difference(&now));
        }
    }

    #[test]
    fn a_dying_key_gets_nothing_but_its_life_back((want, have) in pairs()) {
        let have = State { pending_deletion: true, ..have };
        prop_assert_eq!(KmsKey::diff(&want, &have), [Change::CancelDeletion]);
    }

    #[test]
    fn rotation_is_changed_only_while_the_key_is_enabled((want, have) in pairs()) {
        let states = course(&want, have.clone());
        for (state, change) in states.iter().zip(KmsKey::diff(&want, &have)) {
            if matches!(change, Change::EnableRotation { .. } | Change::DisableRotation { .. }) {
                prop_assert_eq!(state.enabled, Some(true));
            }
        }
    }

    #[test]
    fn every_change_reads_back_what_it_writes((want, have) in pairs()) {
        for change in KmsKey::diff(&want, &have) {
            let value = serde_json::to_value(&change).expect("plain data");
            prop_assert_eq!(serde_json::from_value::<Change>(value).expect("a change"), change);
        }
        let value = json!(have);
        prop_assert_eq!(serde_json::from_value::<State>(value).expect("a state"), have);
    }
}
