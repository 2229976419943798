//! What holds for every plan, whatever is declared and whatever is live.

use std::fmt;

use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    manifest::{ManifestMode, Presence},
    model::Ownership,
};

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lifecycles =
            self.documents.values().map(|it| (&it.address.name, &it.lifecycle, &it.spec));
        let lifecycles: Vec<_> = lifecycles.collect();
        let settings = (self.mode, self.prune, &self.stopped, !self.approved.is_empty());
        write!(f, "{settings:?}\n{lifecycles:#?}\n{:#?}", self.live.seen)
    }
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn manifests() -> impl Strategy<Value = Vec<Manifest>> {
    let lifecycle = |adopt| {
        select(vec![
            "",
            "",
            "state: absent",
            "paused: true",
            "mode: observe",
            "deletion: delete",
            adopt,
        ])
    };
    let spec =
        |title| select(vec!["", "parts: {lock: shut}", "parts: {frame: oak, label: x}", title]);
    // Loading refuses two manifests that adopt one resource or want one name.
    let own = [("adopt: w-0", "title: a"), ("adopt: w-1", "title: b"), ("adopt: w-2", "title: c")];
    let one = |n: usize| {
        let (adopt, title) = own[n];
        let manifest = move |(lifecycle, spec)| widget(NAMES[n], spec).lifecycle(lifecycle);
        prop::option::of((lifecycle(adopt), spec(title)).prop_map(manifest))
    };
    (one(0), one(1), one(2)).prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
}

fn resources() -> impl Strategy<Value = Vec<Observed<Value>>> {
    let owner = select(vec![None, Some(OWNER), Some(OWNER), Some(OWNER), Some("another")]);
    let name = select(vec!["a", "b", "c", "old"]);
    let title = select(vec![None, None, None, Some("a"), Some("b")]);
    let phase = select(vec![
        Phase::Ready,
        Phase::Ready,
        Phase::Settling("Updating".into()),
        Phase::Failed("x".into()),
        Phase::Restorable { state: "PendingDeletion".into(), until: None },
    ]);
    let one = (owner, name, title, phase, any::<bool>(), prop::bool::weighted(0.1));
    let one = one.prop_map(|(owner, name, title, phase, deletable, is_gone)| {
        let mut resource = in_phase(phase, stray("", &[("lock", "open")]));
        if let Some(owner) = owner {
            resource = claimed_by(owner, &at(name), resource);
        }
        if owner.is_some() && deletable {
            resource.tags.insert("palisade:deletion".into(), "delete".into());
        }
        if let Some(title) = title {
            resource = titled(title, resource);
        }
        if is_gone { gone(resource) } else { resource }
    });
    prop::collection::vec(one, 0..5).prop_map(|mut all| {
        for (n, resource) in all.iter_mut().enumerate() {
            resource.id = format!("w-{n}").as_str().into();
        }
        all
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let prune = select(vec![Prune::Never, Prune::Held, Prune::Automatic]);
    let mode = select(vec![Mode::Enforce, Mode::Enforce, Mode::Observe]);
    let stopped = select(vec![None, None, Some(Stop::Brake)]);
    let seen = prop::bool::weighted(0.9);
    let (given_up, consent) = (any::<bool>(), any::<bool>());
    (manifests(), resources(), prune, mode, stopped, seen, given_up, consent).prop_map(
        |(manifests, resources, prune, mode, stopped, seen, given_up, consent)| {
            let mut world = World { mode, prune, stopped, ..World::of(manifests) };
            if given_up {
                world.given_up = resources.iter().filter_map(owner_of).collect();
            }
            world = resources.into_iter().fold(world, World::with);
            if !seen {
                let key = ScopedKind::new("prod", "Widget");
                world.live.seen.insert(key, Seen::Unknown("denied".into()));
            }
            if consent {
                // People may consent to everything that the plan shows; that is never more than it
                // may do.
                world.approved = world.plan().steps.into_iter().map(|step| step.digest).collect();
            }
            world
        },
    )
}

fn owner_of(resource: &Observed<Value>) -> Option<Address> {
    match Ownership::read(&resource.tags, OWNER) {
        Ownership::Ours { address, .. } => Some(address),
        _ => None,
    }
}

proptest! {
    #[test]
    fn only_what_is_claimed_or_adopted_by_its_id_is_touched(world in worlds()) {
        for step in world.plan().steps {
            let Some(have) = step.action.have() else { continue };
            let document = world.documents.get(&step.address);
            let adopts = document.and_then(|document| document.lifecycle.adopt.clone());
            let adopted = have.tags.is_empty() && adopts == Some(have.id.clone());
            prop_assert!(owner_of(have) == Some(step.address.clone()) || adopted, "{step:?}");
            prop_assert!(!adopted || step.action.verb() == "edit", "{step:?}");
        }
    }

    #[test]
    fn nothing_is_deleted_without_a_tombstone_or_a_claim_and_settings_that_say_so(world in worlds()) {
        for step in world.plan().steps {
            let Action::Delete { have, .. } = &step.action else { continue };
            if let Some(document) = world.documents.get(&step.address) {
                prop_assert_eq!(document.lifecycle.state, Presence::Absent);
                continue;
            }
            prop_assert_eq!(&have.tags["palisade:deletion"], "delete");
            prop_assert!(world.prune != Prune::Never && !world.documents.is_empty());
            let twice = world.given_up.contains(&step.address);
            let may = match world.prune {
                Prune::Automatic => twice,
                _ => world.approved.contains(&step.digest),
            };
            prop_assert!(may || !step.verdict.goes(), "{:?}", step);
        }
    }

    #[test]
    fn of_two_resources_with_one_claim_and_on_what_was_not_seen_nothing_is_done(world in worlds()) {
        let plan = world.plan();
        let seen = &world.live.seen[&ScopedKind::new("prod", "Widget")];
        let Some(resources) = seen.all() else {
            prop_assert!(plan.steps.is_empty() && plan.in_sync.is_empty());
            return Ok(());
        };
        for address in world.documents.keys() {
            let claims = resources.iter().filter(|it| owner_of(it).as_ref() == Some(address));
            if claims.count() > 1 {
                prop_assert!(plan.steps.iter().all(|step| step.address != *address));
                prop_assert!(plan.conflicts.iter().any(|conflict| conflict.address == *address));
            }
        }
    }

    #[test]
    fn no_consent_reaches_through_observe_brake_or_pause(world in worlds()) {
        for step in world.plan().go() {
            prop_assert!(world.mode == Mode::Enforce && world.stopped.is_none());
            if let Some(document) = world.documents.get(&step.address) {
                let lifecycle = &document.lifecycle;
                prop_assert!(!lifecycle.paused && lifecycle.mode == ManifestMode::Enforce);
            }
        }
    }

    #[test]
    fn no_manifest_is_passed_over_in_silence(world in worlds()) {
        let plan = world.plan();
        for address in world.documents.keys() {
            let in_order = plan.in_sync.contains(address);
            let steps = plan.steps.iter().any(|step| step.address == *address);
            let conflict = plan.conflicts.iter().any(|it| it.address == *address);
            let ways = [in_order, steps, conflict, !plan.unknown.is_empty()];
            prop_assert_eq!(ways.iter().filter(|way| **way).count(), 1, "{}: {:?}", address, plan);
        }
    }
}
