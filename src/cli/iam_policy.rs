//! `palisade iam-policy`: the minimal IAM policies for palisade's roles.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

use super::{
    Ended,
    output::{self, Format},
    role_template::{self, Role},
};
use crate::{
    engine::Scopes,
    kind::{ScopeFacts, erased::Registry},
    kinds,
    manifest::{Documents, Loader},
    operations::{Usage, policy::Policies},
    settings::{Overrides, OwnUse, Scope, ScopeSet, Settings, partition},
};

/// Stands for an account or a Region that only the credentials determine.
const ANY: &str = "*";
/// Stands for the role that the process itself has, before it assumes those of its scopes. No scope
/// can have this name.
const PROCESS: &str = "(process)";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory of manifests; without it the policies are for all kinds
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only the policies for reporting drift
    #[arg(long)]
    observe_only: bool,
    /// Only this scope
    #[arg(long, value_name = "SCOPE", conflicts_with = "set")]
    scope: Option<String>,
    /// Only the scopes of this set
    #[arg(long, value_name = "SET", required_if_eq("output", "cloudformation"))]
    set: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

/// A policy is always a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// JSON: an object of scopes, each with the policies `observe`, `apply` and `destroy`; what is
    /// longer than IAM takes is in several documents (`apply-2`). `(process)` is for the role that
    /// the process starts with, if it keeps its memory in a table or sends notices over AWS, and
    /// every scope has another role
    #[default]
    Json,
    /// The same as YAML
    Yaml,
    /// With --set: a template of the set's role for a stack set, the same for all accounts
    Cloudformation,
}

pub(super) fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let mut settings = Settings::load(overrides).context("settings")?;
    settings.assume_accounts().context("settings")?;
    if let Some(scope) = &args.scope
        && !settings.scopes.contains_key(scope)
    {
        let names: Vec<_> = settings.scopes.keys().map(String::as_str).collect();
        anyhow::bail!("unknown scope `{scope}`; scopes: {}", names.join(", "));
    }
    if let Some(set) = &args.set
        && !settings.sets.contains_key(set)
    {
        let names: Vec<_> = settings.sets.keys().map(String::as_str).collect();
        anyhow::bail!("unknown set `{set}`; sets: {}", names.join(", "));
    }
    let registry = kinds::registry();
    let documents = args.dir.as_deref().map(|dir| load(&registry, &settings, dir)).transpose()?;
    let set = args.set.as_ref().and_then(|set| settings.sets.get(set));
    let wanted = |name: &&String| {
        args.scope.as_ref().is_none_or(|scope| scope == *name)
            && set.is_none_or(|set| set.scopes.contains(*name))
    };
    let mut all = BTreeMap::new();
    for name in settings.scopes.keys().filter(wanted) {
        let usage = match &documents {
            None => Usage::everything(&registry),
            Some(documents) => {
                let here = documents.values().filter(|one| one.address.scope == *name);
                Usage::of(&registry, here.map(AsRef::as_ref))
            }
        };
        let facts = facts(name, &settings.scopes[name]);
        let fence = settings.fence(&[(name.clone(), facts.clone())].into());
        let usage = usage
            .within(fence.bounds(name).ok().cloned())
            .listening(settings.scopes[name].events.is_some())
            .beating(settings.scopes[name].events.as_ref().is_some_and(|it| it.heartbeat.is_some()))
            .listing_accounts(settings.lists_accounts(name))
            .with_own(settings.own_use_in(name));
        let mut policies = Policies::new(&facts, &settings.owner, &usage);
        if args.observe_only {
            policies = Policies { apply: Vec::new(), destroy: Vec::new(), ..policies };
        }
        all.insert(name.as_str(), policies);
    }
    if let Some(policies) = of_process(&settings).filter(|_| args.scope.is_none() && set.is_none())
    {
        all.insert(PROCESS, policies);
    }
    match (args.output, set) {
        (Form::Cloudformation, Some(set)) => {
            let template = for_any_account(set, &all, &settings);
            output::data(Format::Yaml, &template, String::new)?;
        }
        (Form::Json, _) => output::data(Format::Json, &all, String::new)?,
        (Form::Yaml | Form::Cloudformation, _) => output::data(Format::Yaml, &all, String::new)?,
    }
    Ok(Ended::Done)
}

/// The template of a set's role. Accounts with manifests of their own add what these need.
fn for_any_account(set: &ScopeSet, all: &BTreeMap<&str, Policies>, settings: &Settings) -> Value {
    let mut documents = Vec::new();
    for (scope, policies) in all {
        let account = settings.scopes[*scope].account.as_deref().unwrap_or(ANY);
        for document in role_template::documents(policies, true) {
            let document = role_template::in_any_account(&document, account);
            if !documents.contains(&document) {
                documents.push(document);
            }
        }
    }
    let (name, external_id) = set.role();
    role_template::template(Role { name, external_id }, documents)
}

/// What the process needs apart from its scopes: its memory in a table and its notices, where every
/// scope is reached through a role of its own.
fn of_process(settings: &Settings) -> Option<Policies> {
    let own = settings.own_use();
    let ambient = settings.scopes.values().any(|scope| scope.role.is_none());
    if ambient || own == OwnUse::default() {
        return None;
    }
    let facts = ScopeFacts {
        name: PROCESS.to_owned(),
        account: ANY.to_owned(),
        region: ANY.to_owned(),
        partition: partition("").to_owned(),
    };
    Some(Policies::new(&facts, &settings.owner, &Usage::default().with_own(own)))
}

fn load(registry: &Registry, settings: &Settings, dir: &Path) -> anyhow::Result<Documents> {
    let facts = Scopes::offline_facts(settings);
    match (Loader { registry, settings, facts: &facts }).load(dir) {
        Ok(snapshot) => Ok(snapshot.documents),
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            let count = problems.len();
            anyhow::bail!("{count} problems in {}, the first: {first}", dir.display())
        }
    }
}

fn facts(name: &str, scope: &Scope) -> ScopeFacts {
    let or_any = |known: Option<&String>| known.map_or(ANY, String::as_str).to_owned();
    ScopeFacts {
        name: name.to_owned(),
        account: or_any(scope.account.as_ref()),
        region: or_any(scope.region.as_ref()),
        partition: scope.region.as_deref().map_or("aws", partition).to_owned(),
    }
}
