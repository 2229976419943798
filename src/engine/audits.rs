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
    kind::{Audit, Audited, Class, CloudError, Look, Looked, Seen, erased::Registry},
    manifest::Documents,
    model::{Address, ScopedKind},
};

/// The time between two audits of a scope: what they find changes slowly, and some read a lot.
const EVERY: Duration = Duration::from_hours(1);
/// The time after which an audit that could not be made, or not of everything, is made again.
const AGAIN: Duration = Duration::from_mins(10);

/// One audit of one scope: the scope's name, and what is audited.
type Place = (String, &'static str);

/// Audits that are being made, and what the last ones found. All of it may be lost at any time.
#[derive(Default)]
pub(super) struct Audits {
    running: BTreeMap<Place, AbortOnDropHandle<Audited>>,
    due: BTreeMap<Place, Instant>,
    found: BTreeMap<Place, Audited>,
    seen: BTreeMap<Place, Arc<Seen>>,
}

impl Audits {
    /// Takes what has been found since the last pass, and starts what is due.
    pub(super) fn go_on(
        &mut self,
        scopes: &Scopes,
        registry: &Registry,
        declared: &BTreeSet<ScopedKind>,
        window: Duration,
    ) -> Audited {
        self.collect();
        let now = Instant::now();
        let all = audits(scopes, registry, declared);
        let places: BTreeSet<Place> =
            all.iter().map(|(it, audit)| (it.clone(), audit.about)).collect();
        self.found.retain(|place, _| places.contains(place));
        self.running.retain(|place, _| places.contains(place));
        self.due.retain(|place, _| places.contains(place));
        self.seen.retain(|place, _| places.contains(place));
        for (scope, audit) in all {
            let place = (scope.clone(), audit.about);
            let is_due = self.due.get(&place).is_none_or(|due| *due <= now);
            let Some(connected) = scopes.get(&scope).filter(|_| is_due) else { continue };
            let connected = Arc::clone(connected);
            let seen = Arc::clone(self.seen.entry(place.clone()).or_default());
            let audit = || begin(make(scope, connected, audit, window, seen));
            self.running.entry(place).or_insert_with(audit);
        }
        together(self.found.values().cloned())
    }

    fn collect(&mut self) {
        let ended = self.running.iter().filter(|(_, task)| task.is_finished());
        let ended: Vec<Place> = ended.map(|(place, _)| place.clone()).collect();
        for place in ended {
            let Some(task) = self.running.remove(&place) else { continue };
            // It has ended, so that its result is there at once.
            let Some(Ok(found)) = task.now_or_never() else { continue };
            let pause = if found.unknown.is_empty() { EVERY } else { AGAIN };
            self.due.insert(place.clone(), Instant::now() + pause);
            self.found.insert(place, found);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "its handle ends it when it is dropped: with the engine, or without the manifest"
)]
fn begin(audit: impl Future<Output = Audited> + Send + 'static) -> AbortOnDropHandle<Audited> {
    AbortOnDropHandle::new(tokio::spawn(audit))
}

/// Makes every audit of these kinds once. `window` is how far back they look.
pub async fn audit(
    scopes: &Scopes,
    registry: &Registry,
    declared: &BTreeSet<ScopedKind>,
    window: Duration,
) -> Audited {
    let all = audits(scopes, registry, declared).into_iter().filter_map(|(scope, audit)| {
        let connected = Arc::clone(scopes.get(&scope)?);
        Some(make(scope, connected, audit, window, Arc::default()))
    });
    together(join_all(all).await)
}

/// The audits of the kinds that are declared in each scope: what `iam-policy` grants there. Those
/// that are the same in a whole account are made once for each account, and those of several kinds
/// once in each scope.
fn audits(
    scopes: &Scopes,
    registry: &Registry,
    declared: &BTreeSet<ScopedKind>,
) -> Vec<(String, &'static Audit)> {
    let (mut accounts, mut places) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for ScopedKind { scope, kind } in declared {
        let audit = registry.get(kind).and_then(|kind| kind.doctor().audit);
        let (Some(audit), Some(facts)) = (audit, scopes.facts().get(scope)) else { continue };
        let is_new = if audit.account_wide {
            accounts.insert((audit.about, &facts.account))
        } else {
            places.insert((audit.about, scope))
        };
        if is_new {
            found.push((scope.clone(), audit));
        }
    }
    found
}

/// Makes one audit.
async fn make(
    scope: String,
    connected: Arc<Connected>,
    audit: &'static Audit,
    window: Duration,
    seen: Arc<Seen>,
) -> Audited {
    let look = Look { access: &connected.access, window, seen: &seen };
    audit.audited(&scope, looked(audit, &look).await)
}

/// Looks, in the right account only.
async fn looked(audit: &Audit, look: &Look<'_>) -> Result<Looked, CloudError> {
    let caller = identity::caller(look.access).await?;
    if caller.account != look.access.facts.account {
        let message = format!("the credentials belong to account {}", caller.account);
        return Err(CloudError::new("sts:GetCallerIdentity", Class::Denied, message));
    }
    contained((audit.look)(look)).await
}

/// Leaves out what manifests compare by themselves: it is shown as a difference.
pub fn leave_out_compared(audited: &mut Audited, registry: &Registry, documents: &Documents) {
    audited.findings.retain(|finding| {
        // What a claimed resource breaks is named by the address in its claim.
        let Ok(address) = finding.subject.parse::<Address>() else { return true };
        let compares = registry.get(&address.kind).and_then(|kind| kind.doctor().compares);
        let spec = documents.get(&address).and_then(|document| document.spec.as_ref());
        let (Some(compares), Some(spec)) = (compares, spec) else { return true };
        address.scope != finding.scope || !compares(spec, finding.rule)
    });
}

fn together(all: impl IntoIterator<Item = Audited>) -> Audited {
    let mut audited = Audited::default();
    for Audited { findings, unknown } in all {
        audited.findings.extend(findings);
        audited.unknown.extend(unknown);
    }
    audited.findings.sort();
    audited.unknown.sort();
    audited
}
