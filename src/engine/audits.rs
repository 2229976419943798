//! Audits of what no manifest owns, in the background: a pass starts those that are due and does
//! not wait for them, and a later pass reports what they found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt as _, future::join_all};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::{
    defect::contained,
    scopes::{Connected, Scopes},
};
use crate::{
    aws::identity,
    kind::{Audit, Audited, Class, CloudError, LiveFinding, Unaudited, erased::Registry},
    manifest::Document,
    model::{Address, ScopedKind},
};

/// The time between two audits of a scope: what they find changes slowly, and some read a lot.
const EVERY: Duration = Duration::from_hours(1);
/// The time after which an audit that could not be made is made again.
const AGAIN: Duration = Duration::from_mins(10);

/// One audit of one scope: the scope's name, and what is audited.
type Place = (String, &'static str);

/// The result of an audit.
type Found = Result<Vec<LiveFinding>, CloudError>;

/// Audits that are being made, and what the last ones found. All of it may be lost at any time.
#[derive(Default)]
pub(super) struct Audits {
    running: BTreeMap<Place, AbortOnDropHandle<Found>>,
    due: BTreeMap<Place, Instant>,
    found: BTreeMap<Place, Result<Vec<LiveFinding>, String>>,
}

impl Audits {
    /// Takes what has been found since the last pass, and starts what is due.
    pub(super) fn go_on(
        &mut self,
        scopes: &Scopes,
        registry: &Registry,
        declared: &BTreeSet<ScopedKind>,
    ) -> Audited {
        self.collect();
        let now = Instant::now();
        let all = audits(scopes, registry, declared);
        let places: BTreeSet<Place> =
            all.iter().map(|(it, audit)| (it.clone(), audit.about)).collect();
        self.found.retain(|place, _| places.contains(place));
        self.running.retain(|place, _| places.contains(place));
        self.due.retain(|place, _| places.contains(place));
        for (scope, audit) in all {
            let place = (scope.clone(), audit.about);
            let is_due = self.due.get(&place).is_none_or(|due| *due <= now);
            let Some(connected) = scopes.get(&scope).filter(|_| is_due) else { continue };
            let connected = Arc::clone(connected);
            self.running.entry(place).or_insert_with(|| begin(look(scope, connected, audit)));
        }
        audited(&self.found)
    }

    fn collect(&mut self) {
        let ended = self.running.iter().filter(|(_, task)| task.is_finished());
        let ended: Vec<Place> = ended.map(|(place, _)| place.clone()).collect();
        for place in ended {
            let Some(task) = self.running.remove(&place) else { continue };
            // It has ended, so that its result is there at once.
            let Some(Ok(found)) = task.now_or_never() else { continue };
            let pause = if found.is_ok() { EVERY } else { AGAIN };
            self.due.insert(place.clone(), Instant::now() + pause);
            self.found.insert(place, found.map_err(|error| error.to_string()));
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "its handle ends it when it is dropped: with the engine, or without the manifest"
)]
fn begin(audit: impl Future<Output = Found> + Send + 'static) -> AbortOnDropHandle<Found> {
    AbortOnDropHandle::new(tokio::spawn(audit))
}

/// Makes every audit of these kinds once.
pub async fn audit(
    scopes: &Scopes,
    registry: &Registry,
    declared: &BTreeSet<ScopedKind>,
) -> Audited {
    let all = audits(scopes, registry, declared).into_iter().filter_map(|(scope, audit)| {
        let connected = Arc::clone(scopes.get(&scope)?);
        Some(async move {
            let found = look(scope.clone(), connected, audit).await;
            ((scope, audit.about), found.map_err(|error| error.to_string()))
        })
    });
    audited(&join_all(all).await.into_iter().collect())
}

/// The audits of the kinds that are declared in each scope: what `iam-policy` grants there. Those
/// that are the same in a whole account are made once for each account.
fn audits(
    scopes: &Scopes,
    registry: &Registry,
    declared: &BTreeSet<ScopedKind>,
) -> Vec<(String, &'static Audit)> {
    let mut accounts = BTreeSet::new();
    let mut found = Vec::new();
    for ScopedKind { scope, kind } in declared {
        let audit = registry.get(kind).and_then(|kind| kind.doctor().audit);
        let (Some(audit), Some(facts)) = (audit, scopes.facts().get(scope)) else { continue };
        if !audit.account_wide || accounts.insert((audit.about, &facts.account)) {
            found.push((scope.clone(), audit));
        }
    }
    found
}

/// Makes one audit, in the right account only.
async fn look(scope: String, connected: Arc<Connected>, audit: &'static Audit) -> Found {
    let access = &connected.access;
    let caller = identity::caller(access).await?;
    if caller.account != access.facts.account {
        let message = format!("the credentials belong to account {}", caller.account);
        return Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, message));
    }
    let breaches = contained((audit.look)(access)).await?;
    Ok(audit.findings(&scope, breaches))
}

/// Leaves out what manifests compare by themselves: it is shown as a difference.
pub fn leave_out_compared(
    audited: &mut Audited,
    registry: &Registry,
    documents: &BTreeMap<Address, Document>,
) {
    audited.findings.retain(|finding| {
        // What a claimed resource breaks is named by the address in its claim.
        let Ok(address) = finding.subject.parse::<Address>() else { return true };
        let compares = registry.get(&address.kind).and_then(|kind| kind.doctor().compares);
        let spec = documents.get(&address).and_then(|document| document.spec.as_ref());
        let (Some(compares), Some(spec)) = (compares, spec) else { return true };
        address.scope != finding.scope || !compares(spec, finding.rule)
    });
}

fn audited(found: &BTreeMap<Place, Result<Vec<LiveFinding>, String>>) -> Audited {
    let mut audited = Audited::default();
    for ((scope, about), found) in found {
        match found {
            Ok(findings) => audited.findings.extend(findings.iter().cloned()),
            Err(why) => {
                let (scope, why) = (scope.clone(), why.clone());
                audited.unknown.push(Unaudited { scope, about, why });
            }
        }
    }
    audited.findings.sort();
    audited
}
