//! Unknown is not absent, and not contagious.

use super::*;
use crate::kind::{Class, CloudError, Unread};

fn denied(id: &str, tags: Option<Tags>) -> Unread {
    let why = CloudError::new("widget:Get", Class::Denied, "no");
    Unread { id: id.into(), arn: Some(format!("arn:{id}")), tags, why }
}

/// It carries the claim of `prod/Widget/name`.
fn hidden_by(id: &str, name: &str) -> Unread {
    denied(id, Some(ours(id, name, &[]).tags))
}

impl World {
    fn unread(mut self, unread: Unread) -> Self {
        let key = ScopedKind::new("prod", "Widget");
        self.live.unread.entry(key).or_default().push(unread);
        self
    }
}

/// A manifest for a create, an adoption, an edit and a deletion.
fn everything() -> World {
    World::of([
        widget("a-new", "parts: {lock: shut}"),
        widget("b-adopts", "").lifecycle("adopt: w-1"),
        widget("c-drifted", "parts: {lock: shut}"),
        widget("d-old", "").lifecycle("state: absent"),
        widget("e-in-order", ""),
    ])
    .with(stray("w-1", &[]))
    .with(ours("w-2", "c-drifted", &[("lock", "open")]))
    .with(ours("w-3", "d-old", &[]))
    .with(ours("w-4", "e-in-order", &[]))
}

fn verdicts(plan: &Plan) -> BTreeMap<String, bool> {
    plan.steps.iter().map(|step| (step.address.name.clone(), step.verdict.goes())).collect()
}

fn concerned(plan: &Plan) -> BTreeSet<String> {
    plan.unknown.iter().flat_map(|it| &it.concerns).map(|address| address.name.clone()).collect()
}

#[test]
fn what_was_read_is_edited_and_nothing_is_created_adopted_or_deleted() {
    let all = ["a-new", "b-adopts", "c-drifted", "d-old"];
    let without = everything().plan();
    assert_eq!(verdicts(&without), all.map(|name| (name.to_owned(), true)).into());
    for tags in [None, Some(Tags::new())] {
        let plan = everything().unread(denied("w-9", tags)).plan();
        let goes = all.map(|name| (name.to_owned(), name == "c-drifted"));
        assert_eq!(verdicts(&plan), goes.into());
        for step in plan.steps.iter().filter(|step| !step.verdict.goes()) {
            let waits = waits(step);
            assert!(
                waits.iter().any(|wait| wait.to_string().contains("w-9") && !wait.passes),
                "{waits:?}"
            );
        }
        assert!(plan.in_sync.contains(&at("e-in-order")));
        assert_eq!(plan.counts().unknown, 1);
    }
}

#[test]
fn the_plan_names_the_resource_and_the_manifests_that_it_may_be() {
    let plan = everything().unread(denied("w-9", None)).plan();
    let [unknown] = &plan.unknown[..] else { panic!("{:?}", plan.unknown) };
    assert_eq!((unknown.scope.as_str(), unknown.kind.as_str()), ("prod", "Widget"));
    assert_eq!(unknown.id, Some("w-9".into()));
    assert!(unknown.why.contains("widget:Get"), "{}", unknown.why);
    assert_eq!(concerned(&plan), ["a-new".to_owned(), "b-adopts".to_owned()].into());
    let text = anstream::adapter::strip_str(&crate::plan::render::text(&plan)).to_string();
    assert!(text.contains("! prod/Widget w-9  could not be read"), "{text}");
    assert!(text.contains("not judged: prod/Widget/a-new, prod/Widget/b-adopts"), "{text}");
}

#[test]
fn a_resource_that_is_a_manifests_own_freezes_that_manifest_and_no_other() {
    for own in ["a-new", "c-drifted", "d-old", "e-in-order"] {
        let mut world = everything();
        for seen in world.live.seen.values_mut() {
            let Seen::All(resources) = seen else { continue };
            resources.retain(|resource| {
                resource.tags.get(crate::model::claim::ADDRESS_TAG) != Some(&at(own).to_string())
            });
        }
        let plan = world.unread(hidden_by("w-9", own)).plan();
        assert!(plan.steps.iter().all(|step| step.address != at(own)), "{own}");
        assert!(!plan.in_sync.contains(&at(own)), "{own}");
        assert_eq!(concerned(&plan), [own.to_owned()].into());
        let goes = verdicts(&plan).get("c-drifted").copied();
        assert_eq!(goes, (own != "c-drifted").then_some(true), "{own}");
    }
}

#[test]
fn what_a_manifest_adopts_or_had_before_is_its_own_whatever_its_tags() {
    let adopts = World::of([widget("a", "").lifecycle("adopt: w-9")]).unread(denied("w-9", None));
    let mut before = World::of([widget("a", "")]).unread(denied("w-9", None));
    before.predecessors.insert(at("a"), "w-9".into());
    for world in [adopts, before] {
        let plan = world.plan();
        assert!(plan.steps.is_empty() && plan.in_sync.is_empty(), "{plan:?}");
        assert_eq!(concerned(&plan), ["a".to_owned()].into());
    }
}

#[test]
fn a_tombstone_is_not_fulfilled_while_its_resource_may_be_hidden() {
    let gone = || World::of([widget("a", "").lifecycle("state: absent")]);
    assert!(gone().plan().in_sync.contains(&at("a")));
    assert!(gone().unread(denied("w-9", None)).plan().in_sync.is_empty());
    // Whose it is was read: it is not this one's.
    assert!(gone().unread(hidden_by("w-9", "b")).plan().in_sync.contains(&at("a")));
}

#[test]
fn an_orphan_is_reported_and_not_pruned() {
    let address = at("old");
    let claim = Claim { owner: OWNER.into(), address: address.clone(), deletion: Deletion::Delete };
    let orphan = || Observed { tags: claim.tags(), ..stray("w-1", &[]) };
    for prune in [Prune::Held, Prune::Automatic] {
        let world = World::of([widget("a", "")]).with(ours("w-0", "a", &[])).with(orphan());
        let mut world = world.unread(denied("w-9", None));
        world.given_up.insert(address.clone());
        world.prune = prune;
        assert_eq!(waits(&world.step()).len(), 1);
        // Consent does not reach through what is unknown.
        world.approved.insert(world.step().digest);
        assert!(!world.step().verdict.goes());
        assert_eq!(world.plan().orphans.len(), 1);
        world.live.unread.clear();
        assert!(world.step().verdict.goes(), "{prune:?}");
    }
}

#[test]
fn other_scopes_and_kinds_are_not_concerned() {
    let plan = World::of([keepsake("k", ""), widget("t", "").scope("test")])
        .unread(denied("w-9", None))
        .plan();
    assert_eq!(plan.go().count(), 2);
}

#[test]
fn a_reference_waits_for_what_may_be_hidden_and_takes_what_its_claim_names() {
    let asking = || World::of([widget("a", "behind: [{ref: b}]"), widget("b", "")]);
    let plan = asking().unread(denied("w-9", None)).plan();
    let step = plan.steps.iter().find(|step| step.address == at("a")).unwrap();
    assert!(
        waits(step).iter().any(|wait| wait.to_string().contains("could not be read")),
        "{step:?}"
    );
    let named = asking().with(ours("w-1", "a", &[])).unread(hidden_by("w-9", "b"));
    let known = Claims::read(&named.live, OWNER).known(&named.live, &named.documents);
    assert_eq!(known.resources[&at("b")].id, "w-9".into());
}

#[test]
fn what_is_claimed_and_could_not_be_read_counts_as_there() {
    // 20 of 41 are edited; a limit of 30 percent of 67 would let them go.
    let names: Vec<String> = (0..20).map(|n| format!("w{n:02}")).collect();
    let drifted = || {
        let manifests = names.iter().map(|name| widget(name.clone().leak(), "parts: {lock: shut}"));
        names.iter().fold(World::of(manifests), |world, name| {
            world.with(ours(&format!("id-{name}"), name, &[("lock", "open")]))
        })
    };
    assert_eq!(drifted().plan().go().count(), 0);
    let many = (0..47).fold(drifted(), |world, n| {
        world.unread(hidden_by(&format!("u-{n}"), &format!("other{n}")))
    });
    assert_eq!(many.plan().go().count(), 20);
    let nobodys = (0..47).fold(drifted(), |world, n| world.unread(denied(&format!("u-{n}"), None)));
    assert_eq!(nobodys.plan().go().count(), 0, "whose they are is not known");
}
