//! The policies of the manifests that were named, before and after.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{
    super::session::{Access, Session},
    Args,
};
use crate::{
    aws,
    cli::plan,
    engine::{Options, Scopes},
    impact::{Attached, Ground, Policy},
    kind::{Guarded, Known, Refs, ScopeFacts, erased::Registry},
    kinds,
    manifest::{Document, Loader, Presence, Snapshot},
    model::{Address, Seen},
    plan::{Action, Focus, Plan},
    settings::{Overrides, Settings},
};

/// What is judged.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) policies: Vec<Policy>,
    pub(super) ground: Ground,
    pub(super) notes: Vec<String>,
    /// Manifests whose policies cannot be judged, with the reason.
    pub(super) untold: BTreeMap<Address, String>,
}

/// The policies that change; `None` if the directory has problems, which have been printed.
pub(super) async fn find(
    overrides: &Overrides,
    settings: &Settings,
    scopes: Option<&Scopes>,
    args: &Args,
) -> anyhow::Result<Option<Changes>> {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(settings);
    let loader = Loader { registry: &registry, settings, facts: &facts };
    let Some(head) = load(&loader, &args.dir) else { return Ok(None) };
    let chosen = chosen(&head, &args.manifests)?;
    let own = facts.values().filter(|it| !is_assumed(it));
    let ground = Ground {
        organization: settings.organization.clone(),
        accounts: own.map(|it| it.account.clone()).collect(),
        below: args.below.iter().cloned().collect(),
        ..Ground::default()
    };
    let mut changes = Changes { ground, ..Changes::default() };
    if args.base.is_none() && !args.from_nothing {
        let focus = focus(&chosen);
        let options = Options { focus: Some(focus), ..Options::default() };
        let mut session = Session::open(overrides, &args.dir, Access::Read, options, None).await?;
        let report = session.engine.pass().await;
        plan::warnings(&report);
        if !plan::problems(&report)? {
            return Ok(None);
        }
        for address in &chosen {
            changes.planned(&registry, &facts, &report.plan, address);
        }
    } else {
        let base = match &args.base {
            Some(dir) => match load(&loader, dir) {
                Some(base) => Some(base),
                None => return Ok(None),
            },
            None => None,
        };
        for address in &chosen {
            let before = base.as_ref().and_then(|base| base.documents.get(address));
            let sides = [before, head.documents.get(address)].map(|it| it.map(AsRef::as_ref));
            changes.written(&registry, settings, &facts, address, sides);
        }
    }
    if let Some(scopes) = scopes.filter(|_| changes.is_about_accounts()) {
        changes.read_organization(scopes).await;
    }
    Ok(Some(changes))
}

fn load(loader: &Loader<'_>, dir: &Path) -> Option<Snapshot> {
    match loader.load(dir) {
        Ok(snapshot) => Some(snapshot),
        Err(problems) => {
            plan::note_all(&problems);
            None
        }
    }
}

/// The manifests in these files.
fn chosen(head: &Snapshot, paths: &[PathBuf]) -> anyhow::Result<BTreeSet<Address>> {
    let mut chosen = BTreeSet::new();
    for path in paths {
        let real =
            path.canonicalize().with_context(|| format!("cannot read {}", path.display()))?;
        let is_there = |document: &Document| {
            document.origin.file.canonicalize().is_ok_and(|file| file.starts_with(&real))
        };
        let before = chosen.len();
        let there = head.documents.values().filter(|it| is_there(it));
        chosen.extend(there.map(|it| it.address.clone()));
        if chosen.len() == before {
            bail!(
                "{} holds no manifest of the directory; --dir says which directory it is part of",
                path.display()
            );
        }
    }
    Ok(chosen)
}

/// What must be planned for these manifests; others may be in it.
fn focus(chosen: &BTreeSet<Address>) -> Focus {
    let each = |part: fn(&Address) -> &String| {
        let all: BTreeSet<&String> = chosen.iter().map(part).collect();
        all.into_iter().cloned().collect()
    };
    Focus { scopes: each(|it| &it.scope), kinds: each(|it| &it.kind), names: each(|it| &it.name) }
}

/// Whether a scope stands for those that a set would find in the organization.
fn is_assumed(facts: &ScopeFacts) -> bool {
    !facts.knows_account() && facts.name.starts_with(ScopeFacts::UNKNOWN_ACCOUNT)
}

type Sides = (Vec<Guarded>, Vec<Guarded>);

impl Changes {
    fn is_about_accounts(&self) -> bool {
        let by_account = [Attached::Accounts, Attached::Resources];
        self.policies.iter().any(|it| by_account.contains(&it.attached))
    }

    /// From what a plan would do.
    fn planned(
        &mut self,
        registry: &Registry,
        facts: &BTreeMap<String, ScopeFacts>,
        plan: &Plan,
        address: &Address,
    ) {
        let step = plan.steps.iter().find(|step| step.address == *address);
        let (Some(step), Some(kind)) = (step, registry.get(&address.kind)) else {
            if !plan.in_sync.contains(address) {
                let conflict = plan.conflicts.iter().find(|it| it.address == *address);
                let unread = plan
                    .unknown
                    .iter()
                    .find(|it| it.scope == address.scope && it.kind == address.kind);
                let why = match (conflict, unread) {
                    (Some(_), _) => "it is in conflict with somebody else's resource".to_owned(),
                    (_, Some(unread)) => format!("AWS could not be read: {}", unread.why),
                    _ => "palisade has no plan for it; `palisade plan` says why".to_owned(),
                };
                self.untold.insert(address.clone(), why);
            }
            return;
        };
        let guards = |state: &Value| kind.guards(state);
        let sides = match &step.action {
            Action::Create { want, .. } => guards(want).map(|new| (Vec::new(), new)),
            Action::Delete { have, .. } => guards(&have.state).map(|old| (old, Vec::new())),
            Action::Edit { have, edits } => kind.states(&have.state, edits).and_then(|states| {
                let last = states.last().unwrap_or(&have.state);
                Ok((guards(&have.state)?, guards(last)?))
            }),
        };
        let live = step.action.have().map(|have| (have.id.as_str(), have.arn.as_str()));
        self.add(facts, address, live, sides.map_err(|defect| defect.to_string()));
    }

    /// From two states of the directory, without AWS.
    fn written(
        &mut self,
        registry: &Registry,
        settings: &Settings,
        facts: &BTreeMap<String, ScopeFacts>,
        address: &Address,
        [old, new]: [Option<&Document>; 2],
    ) {
        let organizations = settings.organization.iter().flat_map(|id| {
            settings.scopes.keys().map(move |scope| (scope.clone(), Seen::All(id.clone())))
        });
        let known = Known { organizations: organizations.collect(), ..Known::default() };
        let side = |document: Option<&Document>| -> Result<Vec<Guarded>, String> {
            let present = document.filter(|it| it.lifecycle.state == Presence::Present);
            let Some(spec) = present.and_then(|it| it.spec.as_ref()) else {
                return Ok(Vec::new());
            };
            let (Some(here), Some(kind)) = (facts.get(&address.scope), registry.get(&address.kind))
            else {
                return Err("its scope or kind is unknown".to_owned());
            };
            let mut refs = Refs::new(here, &address.name, &known);
            let resolved = registry.resolve(&address.kind, spec, &mut refs);
            let wrong = |all: Vec<crate::kind::Invalid>| {
                all.first().map(|it| it.why.clone()).unwrap_or_default()
            };
            let state = resolved.map_err(wrong)?.state;
            kind.guards(&state).map_err(|defect| defect.to_string())
        };
        let sides = side(old).and_then(|old| Ok((old, side(new)?)));
        self.add(facts, address, None, sides);
    }

    fn add(
        &mut self,
        facts: &BTreeMap<String, ScopeFacts>,
        address: &Address,
        live: Option<(&str, &str)>,
        sides: Result<Sides, String>,
    ) {
        let (account, region) = facts
            .get(&address.scope)
            .map(|it| (it.account.as_str(), it.region.as_str()))
            .unwrap_or_default();
        let is_assumed = facts.get(&address.scope).is_some_and(is_assumed);
        let sides = if is_assumed {
            Err("which accounts its set has is known only with AWS".to_owned())
        } else {
            sides
        };
        let found = sides.and_then(|sides| {
            Policy::of(address, account, region, live, sides).map_err(str::to_owned)
        });
        match found {
            Ok(policies) => self.policies.extend(policies),
            Err(why) => {
                self.untold.insert(address.clone(), why);
            }
        }
    }

    /// The organization: which accounts are below the targets, and which one manages it.
    async fn read_organization(&mut self, scopes: &Scopes) {
        let scope = self.policies.iter().map(|it| &it.address.scope).next();
        let Some(connected) = scope.and_then(|scope| scopes.get(scope)) else { return };
        match aws::identity::organization(&connected.access).await {
            Ok(found) => {
                self.ground.managers.extend(found.management_account);
                self.ground.organization.get_or_insert(found.id);
            }
            Err(error) => self.notes.push(format!(
                "the organization was not read, so that its management account is not known: \
                 {error}"
            )),
        }
        match aws::lookup::tree(&connected.access).await {
            Ok(tree) => {
                self.ground.accounts.extend(tree.0.keys().cloned());
                self.ground.tree = Some(tree);
            }
            Err(error) => self.notes.push(format!(
                "the accounts of the organization were not read, so that it is not known which \
                 are below the targets of policies: {error}"
            )),
        }
    }
}
