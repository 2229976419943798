//! A scope's part of a pass: identity, then lookups, then kinds. Scopes share nothing but the rate
//! budget; an error makes one kind, or one resource, of the scope unknown and stops nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::{defect::contained, scopes::Connected};
use crate::{
    aws::{identity, lookup},
    kind::{
        Ask, Class, CloudError, Known, LookupItem, LookupKind, Population, Refs, Unread,
        erased::Registry,
    },
    manifest::Document,
    model::{Address, Observed, Seen},
};

/// The questions to one scope in a pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Questions {
    /// Lookups, with the names that manifests look for.
    pub(super) lookups: BTreeMap<LookupKind, BTreeSet<String>>,
    /// Whether a manifest says `${organization.id}`.
    pub(super) organization: bool,
    /// The questions for each kind; natural keys that depend on a lookup are still missing.
    pub(super) asks: BTreeMap<String, Ask>,
    /// Manifests whose natural keys are known only after their lookups: the name of a security
    /// group is unique within its VPC.
    pub(super) named: Vec<Arc<Document>>,
}

/// The answers of one scope.
#[derive(Debug)]
pub(super) struct Answers {
    /// When observing it began: no answer is older.
    pub(super) since: Instant,
    /// How long it took.
    pub(super) took: Duration,
    pub(super) caller: Result<identity::Caller, CloudError>,
    pub(super) lookups: BTreeMap<LookupKind, Seen<Vec<LookupItem>>>,
    pub(super) organization: Option<Seen<identity::Organization>>,
    pub(super) kinds: BTreeMap<String, Read>,
}

/// The resources of a kind, and those of it that could not be read.
pub(super) type Read = (Seen<Vec<Observed<Value>>>, Vec<Unread>);

impl Answers {
    /// If the scope did not answer: everything is unknown.
    pub(super) fn none(questions: &Questions, since: Instant, error: &CloudError) -> Self {
        let why = error.to_string();
        let kinds = questions.asks.keys();
        Self {
            since,
            took: since.elapsed(),
            caller: Err(error.clone()),
            lookups: questions
                .lookups
                .keys()
                .map(|kind| (*kind, Seen::Unknown(why.clone())))
                .collect(),
            organization: questions.organization.then(|| Seen::Unknown(why.clone())),
            kinds: kinds
                .map(|kind| (kind.clone(), (Seen::Unknown(why.clone()), Vec::new())))
                .collect(),
        }
    }
}

/// What is needed to ask one scope.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) connected: Arc<Connected>,
    pub(super) registry: Arc<Registry>,
    /// Found earlier; the id and the management account never change.
    pub(super) organization: Option<identity::Organization>,
}

impl Scope {
    /// Asks a scope everything.
    pub(super) async fn ask(self, mut questions: Questions) -> Answers {
        let since = Instant::now();
        let caller = match self.caller().await {
            Ok(caller) => caller,
            Err(error) => return Answers::none(&questions, since, &error),
        };
        let (lookups, organization) =
            tokio::join!(self.lookups(&questions), self.organization(&questions));
        self.fill_in(&mut questions, &lookups, organization.as_ref());
        let kinds = self.kinds(&questions).await;
        Answers { since, took: since.elapsed(), caller: Ok(caller), lookups, organization, kinds }
    }

    /// Asks a scope for some kinds, with what was found of lookups before.
    pub(super) async fn ask_again(
        self,
        mut questions: Questions,
        lookups: BTreeMap<LookupKind, Seen<Vec<LookupItem>>>,
    ) -> Answers {
        let since = Instant::now();
        let caller = match self.caller().await {
            Ok(caller) => caller,
            Err(error) => return Answers::none(&questions, since, &error),
        };
        let organization = self.organization.clone().map(Seen::All);
        self.fill_in(&mut questions, &lookups, organization.as_ref());
        let kinds = self.kinds(&questions).await;
        let (took, caller) = (since.elapsed(), Ok(caller));
        Answers { since, took, caller, lookups: BTreeMap::new(), organization: None, kinds }
    }

    /// The live identity; a wrong account is an error like any other.
    async fn caller(&self) -> Result<identity::Caller, CloudError> {
        let access = &self.connected.access;
        let caller = identity::caller(access).await?;
        if caller.account == access.facts.account {
            return Ok(caller);
        }
        let message = format!(
            "the credentials belong to account {}, the settings say {}",
            caller.account, access.facts.account
        );
        Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, message))
    }

    async fn lookups(&self, questions: &Questions) -> BTreeMap<LookupKind, Seen<Vec<LookupItem>>> {
        let access = &self.connected.access;
        let fetches = questions.lookups.iter().map(|(kind, names)| async move {
            (*kind, seen(lookup::fetch(access, *kind, names).await))
        });
        join_all(fetches).await.into_iter().collect()
    }

    async fn organization(&self, questions: &Questions) -> Option<Seen<identity::Organization>> {
        if !questions.organization {
            return None;
        }
        Some(match &self.organization {
            Some(known) => Seen::All(known.clone()),
            None => seen(identity::organization(&self.connected.access).await),
        })
    }

    /// Adds the natural keys that this pass's lookups give to the questions for the kinds.
    fn fill_in(
        &self,
        questions: &mut Questions,
        lookups: &BTreeMap<LookupKind, Seen<Vec<LookupItem>>>,
        organization: Option<&Seen<identity::Organization>>,
    ) {
        if questions.named.is_empty() {
            return;
        }
        let facts = &self.connected.access.facts;
        let mut known = Known::default();
        let here = lookups.iter();
        known.lookups =
            here.map(|(kind, seen)| ((facts.name.clone(), *kind), seen.clone())).collect();
        if let Some(organization) = organization {
            known.organizations.insert(facts.name.clone(), id_of(organization));
        }
        for document in std::mem::take(&mut questions.named) {
            let (Address { kind, name, .. }, Some(spec)) = (&document.address, &document.spec)
            else {
                continue;
            };
            let resolved = self.registry.resolve(kind, spec, &mut Refs::new(facts, name, &known));
            let keys = resolved
                .map_or_else(|_| document.natural_keys.clone(), |resolved| resolved.natural_keys);
            questions.asks.entry(kind.clone()).or_default().want(name.clone(), keys);
        }
    }

    async fn kinds(&self, questions: &Questions) -> BTreeMap<String, Read> {
        let reads = questions.asks.iter().map(|(kind, ask)| async move {
            let read = match self.connected.port(&self.registry, kind) {
                Some(port) => seen(contained(port.observe(ask)).await),
                None => Seen::Unknown("there is no such kind".to_owned()),
            };
            (kind.clone(), parted(read))
        });
        join_all(reads).await.into_iter().collect()
    }
}

/// Only the id of an organization.
pub(super) fn id_of(organization: &Seen<identity::Organization>) -> Seen<String> {
    match organization {
        Seen::All(organization) => Seen::All(organization.id.clone()),
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
    }
}

fn parted(seen: Seen<Population<Value>>) -> Read {
    match seen {
        Seen::All(Population { whole, unread, .. }) => (Seen::All(whole), unread),
        Seen::Unknown(why) => (Seen::Unknown(why), Vec::new()),
    }
}

fn seen<T>(result: Result<T, CloudError>) -> Seen<T> {
    match result {
        Ok(value) => Seen::All(value),
        Err(error) => Seen::Unknown(error.to_string()),
    }
}
