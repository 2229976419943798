//! Assignments over the AWS SDK.
//!
//! AWS accepts a request to give or to take a permission set, and works on it for seconds to
//! minutes. Nothing here waits for that. An edit of an assignment on which AWS is at work, whoever
//! asked for it, waits; a request of this process that has failed in the end is reported by the
//! call that would repeat it, so that the loop waits as it does after any failed call.

mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_sdk_ssoadmin::Client;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    entries::{SET, WHO, id_of, key},
    leaves::{ACCOUNT as ID, ASSIGNMENTS, CREATE, DELETE},
};
use crate::{
    aws::{
        Access, classify,
        identity_center::{IdentityCenter, Instance, PAGE, incomplete},
        lookup::Pages,
    },
    kind::{
        Ask, Class, CloudError, ScopeFacts, Unread,
        table::{ACCOUNT, Found, LeafEdit, NOTES, PARTITION, Page, Service, Tree, defect},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

/// Where a request is as long as AWS is at work on it (API reference, `StatusValues`).
const IN_PROGRESS: &str = "IN_PROGRESS";
const PROVISIONED: &str = "ssoadmin:ListPermissionSetsProvisionedToAccount";
/// How many permission sets of an account are read at the same time.
const AT_ONCE: usize = 4;

/// The assignments of accounts, through one scope.
#[derive(Debug, Clone)]
pub struct Assignments {
    center: IdentityCenter,
    facts: ScopeFacts,
    /// The instance, as this pass has found it.
    instance: Arc<Mutex<Option<Instance>>>,
    /// What AWS was at work on when this pass first asked.
    at_work: Arc<Mutex<Option<BTreeSet<Place>>>>,
    /// The requests of this process that were not seen to be finished, or that failed.
    sent: Arc<Mutex<BTreeMap<Place, Sent>>>,
}

/// Account and key of an assignment.
type Place = (String, String);

/// A request that was sent.
#[derive(Debug, Clone)]
struct Sent {
    operation: &'static str,
    id: String,
    /// Whether AWS said last that it is at work on it.
    in_progress: bool,
    /// Why it failed.
    failure: Option<CloudError>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Assignments {
    fn client(&self) -> &Client {
        &self.center.admin
    }

    fn instance(&self) -> Result<Instance, CloudError> {
        let found = locked(&self.instance).clone();
        found.ok_or_else(|| defect("no instance of Identity Center was looked for"))
    }

    /// The permission sets that are assigned to anybody in an account; `None` if there is no such
    /// account.
    async fn provisioned(
        &self,
        instance: &Instance,
        account: &str,
    ) -> Result<Option<Vec<String>>, CloudError> {
        let (mut pages, mut token, mut sets) = (Pages::of(PROVISIONED), None, Vec::new());
        loop {
            let call = self.client().list_permission_sets_provisioned_to_account();
            let call = call.instance_arn(&instance.arn).account_id(account);
            let call = call.max_results(PAGE).set_next_token(token);
            let page = match call.send().await.map_err(|error| classify(PROVISIONED, &error)) {
                Err(error) if error.class == Class::Missing => return Ok(None),
                page => page?,
            };
            sets.extend(page.permission_sets.unwrap_or_default());
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(Some(sets));
            }
        }
    }

    /// Who has a permission set in an account, as entries of the state.
    async fn of_set(
        &self,
        instance: &Instance,
        account: &str,
        set: &str,
    ) -> Result<Vec<(String, Value)>, CloudError> {
        const OPERATION: &str = "ssoadmin:ListAccountAssignments";
        // Who has it is known without the name, too.
        let name = self.center.name(instance, set).await.unwrap_or_default();
        let (mut pages, mut token, mut entries) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let call = self.client().list_account_assignments().instance_arn(&instance.arn);
            let call = call.account_id(account).permission_set_arn(set);
            let call = call.max_results(PAGE).set_next_token(token);
            let page = call.send().await.map_err(|error| classify(OPERATION, &error))?;
            for it in page.account_assignments.unwrap_or_default() {
                let (Some(sort), Some(who)) = (it.principal_type, it.principal_id) else {
                    return Err(incomplete(OPERATION));
                };
                let key = key(set, sort.as_str(), &who);
                let shown = name.as_deref().unwrap_or(id_of(set));
                let whose = format!("{} {who}", sort.as_str().to_lowercase());
                let value = json!({SET: shown, WHO: whose});
                entries.push((key, value));
            }
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(entries);
            }
        }
    }
}

impl Service for Assignments {
    const LISTS: &'static [&'static str] = &["ssoadmin:ListInstances"];

    fn connect(access: &Access) -> Self {
        Self {
            center: access.identity_center.clone(),
            facts: access.facts.clone(),
            instance: Arc::default(),
            at_work: Arc::default(),
            sent: Arc::default(),
        }
    }

    /// Nothing but accounts that manifests adopt is looked at.
    async fn page(&self, _list: usize, _token: Option<String>) -> Result<Page, CloudError> {
        Ok(Page::default())
    }

    fn looked_for(&self, ask: &Ask) -> BTreeSet<PhysicalId> {
        ask.remembered.union(&ask.adopt).cloned().collect()
    }

    async fn under_way(&self, ask: &Ask) -> Result<Vec<Unread>, CloudError> {
        *locked(&self.at_work) = None;
        *locked(&self.instance) = None;
        if !self.looked_for(ask).is_empty() {
            let instance = self.center.instance().await?;
            *locked(&self.instance) = Some(instance);
        }
        Ok(Vec::new())
    }

    async fn tags(&self, _found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(Some(Tags::new()))
    }

    /// Whether there is such an account shows when its assignments are read.
    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let names = BTreeSet::from([id.0.clone()]);
        Ok(Some(Found { names, tags: Some(Tags::new()), ..Found::of(id.clone()) }))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let (instance, account) = (self.instance()?, found.id.as_str());
        let Some(sets) = self.provisioned(&instance, account).await? else { return Ok(None) };
        let mut entries = Tree::new();
        for some in sets.chunks(AT_ONCE) {
            let all = join_all(some.iter().map(|set| self.of_set(&instance, account, set))).await;
            for of_set in all {
                entries.extend(of_set?);
            }
        }
        entries.sort_keys();
        let notes = self.follow(account).await;
        // A failure of what has been done since is of no interest.
        locked(&self.sent).retain(|(of, key), sent| {
            let is_done = entries.contains_key(key) == (sent.operation == CREATE);
            of != account || sent.failure.is_none() || !is_done
        });
        let state = json!({
            ID: account,
            ASSIGNMENTS: entries,
            NOTES: notes,
            PARTITION: self.facts.partition,
            ACCOUNT: self.facts.account,
        });
        Ok(Some(Observed {
            id: found.id.clone(),
            arn: String::new(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state,
        }))
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            let operation = match edit.operation.as_deref() {
                Some(CREATE) => CREATE,
                Some(DELETE) => DELETE,
                _ => return Err(defect("it is not a call of assignments")),
            };
            self.ask(operation, (have.id.0.clone(), edit.entry.clone())).await?;
        }
        Ok(())
    }

    /// AWS refuses a second request for an assignment on which it is at work, and a delegated
    /// administrator for the management account (Identity Center user guide, "Delegated
    /// administration").
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        edit: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        let Some(edit) = edit else { return Ok(Vec::new()) };
        let (owner, account) = (self.instance()?.owner, have.id.as_str());
        if owner == account && owner != self.facts.account {
            let why = "a delegated administrator cannot change the assignments of the management \
                       account: declare them in a scope of the management account itself";
            return Ok(vec![why.to_owned()]);
        }
        let place = (account.to_owned(), edit.entry.clone());
        let own = locked(&self.sent).get(&place).is_some_and(|sent| sent.in_progress);
        let is_busy = own || self.at_work().await?.contains(&place);
        let busy = || CloudError::new(CREATE, Class::Busy, IN_PROGRESS);
        if is_busy { Err(busy()) } else { Ok(Vec::new()) }
    }
}
