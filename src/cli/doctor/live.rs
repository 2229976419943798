//! The checks of one scope against live AWS: who the caller is there, and whether it may do what
//! the manifests need. The reads are those of a pass, made by the same code.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use super::Check;
use crate::{
    aws::{Access, identity, lookup, queue::Queue, trace, trails::recording},
    engine::Scopes,
    kind::{
        Ask, Class, CloudError, LookupItem, LookupKind, Population, Rehearsed, Stage,
        erased::Registry,
    },
    manifest::{Document, Snapshot, did_you_mean},
    model::{Address, Claim, Deletion, Observed, Ownership, Tags},
    settings::{Mode, Settings, is_known_region, regions},
};

/// The scope to be checked.
pub(super) struct Scope<'a> {
    pub(super) name: &'a str,
    pub(super) registry: &'a Registry,
    pub(super) settings: &'a Settings,
    pub(super) scopes: &'a Scopes,
    pub(super) snapshot: &'a Snapshot,
    /// Whether AWS is reached through custom endpoints.
    pub(super) custom_endpoint: bool,
}

/// The results.
pub(super) struct Examined {
    pub(super) checks: Vec<Check>,
    /// How far this machine's clock is ahead of AWS's, in seconds, where AWS's answer said its
    /// time.
    pub(super) skew: Option<i64>,
}

/// Live resources of this installation, by kind.
type Ours = BTreeMap<String, Vec<Observed<Value>>>;

impl Scope<'_> {
    pub(super) async fn examine(&self) -> Examined {
        let Some(connected) = self.scopes.get(self.name) else {
            return Examined { checks: Vec::new(), skew: None };
        };
        let access = &connected.access;
        let (caller, calls) = trace::collect(identity::caller(access)).await;
        let answered = calls.iter().rev().find_map(|call| call.answered_at);
        let skew = answered.map(|theirs| epoch_seconds() - theirs);
        let mut checks = vec![self.identity(access, caller.as_ref())];
        checks.extend(self.region(&access.facts.region, caller.is_ok()));
        match caller {
            // Results from another account would be meaningless.
            Ok(caller) if caller.account == access.facts.account => {
                checks.extend(self.permissions(access, &caller.arn).await);
            }
            _ => {}
        }
        Examined { checks, skew }
    }

    fn check_name(&self, what: &str) -> String {
        format!("{}: {what}", self.name)
    }

    /// Checks a Region that palisade does not know. Only AWS's own endpoint proves that it exists:
    /// a custom endpoint answers for any name.
    fn region(&self, region: &str, answers: bool) -> Option<Check> {
        if is_known_region(region) {
            return None;
        }
        let name = self.check_name("region");
        if answers && !self.custom_endpoint {
            let found = format!("{region} answers, and is newer than palisade's list of Regions");
            return Some(Check::warn(
                name,
                found,
                "check that the endpoints' service names are right in that Region",
            ));
        }
        let help = did_you_mean(region, regions()).map_or_else(
            || format!("correct scopes.{}.region: eu-west-1 is the code of a Region", self.name),
            |near| format!("did you mean `{near}`? Correct scopes.{}.region", self.name),
        );
        Some(Check::fail(name, format!("unknown Region `{region}`"), help))
    }

    fn identity(&self, access: &Access, caller: Result<&identity::Caller, &CloudError>) -> Check {
        let name = self.check_name("identity");
        let role = self.settings.scopes.get(self.name).and_then(|scope| scope.role.as_ref());
        match caller {
            Ok(caller) if caller.account == access.facts.account => {
                Check::ok(name, format!("{} in {}", caller.arn, access.facts.region))
            }
            Ok(caller) => Check::fail(
                name,
                format!(
                    "the credentials belong to account {}, the settings say {}",
                    caller.account, access.facts.account
                ),
                format!(
                    "correct scopes.{}.account, or reach the account with assumeRole or another \
                     AWS_PROFILE",
                    self.name
                ),
            ),
            Err(error) if error.class == Class::Denied => {
                let help = match role {
                    Some(role) => format!(
                        "check that there are ambient credentials, that they are allowed \
                         sts:AssumeRole, and that the trust policy of {} names them{}",
                        role.role_arn,
                        if role.external_id.is_some() { " and the external id" } else { "" }
                    ),
                    None => "set AWS_PROFILE, or run with a container or instance role".to_owned(),
                };
                Check::fail(name, error.to_string(), help)
            }
            Err(error) => Check::fail(name, error.to_string(), advice(error, access, "")),
        }
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        let all = self.snapshot.documents.values().map(AsRef::as_ref);
        all.filter(|document: &&Document| document.address.scope == self.name)
    }

    /// Checks reads and writes for the manifests of this scope.
    async fn permissions(&self, access: &Access, arn: &str) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut found: BTreeMap<LookupKind, Vec<LookupItem>> = BTreeMap::new();
        for (kind, names) in self.lookups() {
            let name = self.check_name(&format!("look up {}s", kind.as_str()));
            match lookup::fetch(access, kind, &names).await {
                Ok(items) => {
                    checks.push(looked_up(name, kind, &names, &items, access));
                    found.insert(kind, items);
                }
                Err(error) => checks.push(failed(name, &error, access, arn)),
            }
        }
        let needed = self.documents().any(|document| document.recorded.organization);
        if needed && self.settings.organization.is_none() {
            let name = self.check_name("organization");
            checks.push(match identity::organization(access).await {
                Ok(organization) => Check::ok(name, organization.id),
                Err(error) => {
                    let mut check = failed(name, &error, access, arn);
                    let or = "or set `organization` in the settings to spare the call";
                    check.help = check.help.map(|help| format!("{help}; {or}"));
                    check
                }
            });
        }
        checks.extend(self.events(access, arn).await);
        checks.extend(self.trail(access, arn).await);
        let mut ours = Ours::new();
        for (kind, ask) in self.asks() {
            let name = self.check_name(&format!("read {kind}"));
            let Some(port) = self.scopes.port(self.registry, self.name, &kind) else { continue };
            match port.observe(&ask).await {
                Ok(Population { whole: mut live, unread, .. }) => {
                    for it in &unread {
                        let name = format!("{name} {}", it.id);
                        checks.push(failed(name, &it.why, access, arn));
                    }
                    live.retain(|it| self.is_ours(&it.tags));
                    let all = self.documents().filter(|it| it.address.kind == kind).count();
                    let count = live.len();
                    checks.push(Check::ok(name, format!("{count} claimed, {all} in manifests")));
                    ours.insert(kind, live);
                }
                Err(error) => checks.push(failed(name, &error, access, arn)),
            }
        }
        if self.settings.mode == Mode::Enforce {
            let vpc = found.get(&LookupKind::Vpc).and_then(|vpcs| vpcs.first());
            let vpc = vpc.map(|vpc| vpc.id.as_str());
            checks.extend(self.rehearse(access, arn, vpc, &ours).await);
        }
        checks
    }

    /// Checks the queue of events, without taking anything from it.
    async fn events(&self, access: &Access, arn: &str) -> Option<Check> {
        let events = self.settings.scopes.get(self.name)?.events.as_ref()?;
        let queue = Queue::of(access, &events.queue_url, &events.region);
        let name = self.check_name("events");
        Some(match queue.waiting().await {
            Ok(count) => {
                let found = format!(
                    "{}: {count} waiting; whether events arrive, the first write shows",
                    events.queue_url
                );
                Check::ok(name, found)
            }
            Err(error) => failed(name, &error, access, arn),
        })
    }

    /// Looks for a trail that records what changes where the queue is.
    async fn trail(&self, access: &Access, arn: &str) -> Option<Check> {
        let region = &self.settings.scopes.get(self.name)?.events.as_ref()?.region;
        let name = self.check_name("trail");
        let found = match recording(access, region).await {
            Ok(found) => found,
            // Events arrive without this permission, too.
            Err(error) => {
                return Some(Check::warn(name, error.to_string(), advice(&error, access, arn)));
            }
        };
        if found.by.is_empty() {
            let others = found.others.iter().map(|(trail, why)| format!("{trail}: {why}"));
            let others = others.collect::<Vec<_>>().join("; ");
            let others = if others.is_empty() { "there is none".to_owned() } else { others };
            let what = format!("no trail records what changes in {region} ({others})");
            let help = "no event arrives without one: log write events of management";
            return Some(Check::warn(name, what, help));
        }
        let by = found.by.join(", ");
        if found.without.is_empty() {
            return Some(Check::ok(name, format!("{by} records what changes in {region}")));
        }
        let without = found.without.into_iter().collect::<Vec<_>>().join(", ");
        let what = format!("{by} records what changes in {region} but for calls of {without}");
        let help = "of these no event arrives: take them out of the trail's exclusions";
        Some(Check::warn(name, what, help))
    }

    fn is_ours(&self, tags: &Tags) -> bool {
        matches!(Ownership::read(tags, &self.settings.owner), Ownership::Ours { .. })
    }

    fn lookups(&self) -> BTreeMap<LookupKind, BTreeSet<String>> {
        let mut asked: BTreeMap<LookupKind, BTreeSet<String>> = BTreeMap::new();
        for document in self.documents() {
            for (kind, name) in &document.recorded.lookups {
                asked.entry(*kind).or_default().extend(name.clone());
            }
        }
        asked
    }

    /// The questions of a pass, except for names that need a lookup.
    fn asks(&self) -> BTreeMap<String, Ask> {
        let mut asks: BTreeMap<String, Ask> = BTreeMap::new();
        for document in self.documents() {
            let ask = asks.entry(document.address.kind.clone()).or_default();
            self.settings.owner.clone_into(&mut ask.owner);
            ask.names.insert(document.address.name.clone());
            ask.natural_keys.extend(document.natural_keys.clone());
            ask.adopt.extend(document.lifecycle.adopt.clone());
        }
        asks
    }

    /// EC2's writes, as far as they can be rehearsed with existing resources.
    async fn rehearse(
        &self,
        access: &Access,
        arn: &str,
        vpc: Option<&str>,
        ours: &Ours,
    ) -> Vec<Check> {
        let mut checks = Vec::new();
        for kind in self.asks().into_keys() {
            let known = self.registry.get(&kind);
            let Some(rehearse) = known.and_then(|kind| kind.doctor().rehearse) else { continue };
            let claim = Claim {
                owner: self.settings.owner.clone(),
                address: Address::new(self.name, kind.as_str(), "doctor"),
                deletion: Deletion::Retain,
            };
            let one = ours.get(&kind).and_then(|live| live.first());
            let ours = one.map(|one| (&one.id, &one.tags));
            let claim = claim.tags();
            let answers = rehearse(access, Stage { vpc, claim: &claim, ours }).await;
            checks.extend(answers.into_iter().map(|it| self.rehearsed(it, access, arn)));
        }
        checks
    }

    fn rehearsed(
        &self,
        Rehearsed { operation, answer }: Rehearsed,
        access: &Access,
        arn: &str,
    ) -> Check {
        let name = self.check_name(&format!("rehearse {operation}"));
        match answer {
            Ok(()) => Check::ok(name, "would be allowed (dry run)"),
            Err(error) if error.class == Class::Denied => failed(name, &error, access, arn),
            // AWS judged the values of the rehearsal before the permission, which says nothing
            // about the permission.
            Err(error) => Check::warn(
                name,
                format!("inconclusive: {error}"),
                format!("check that {arn} is allowed {operation}"),
            ),
        }
    }
}

/// The result of a lookup. Manifests wait for a name that does not exist.
fn looked_up(
    check: String,
    kind: LookupKind,
    names: &BTreeSet<String>,
    items: &[LookupItem],
    access: &Access,
) -> Check {
    let there = |name: &&String| items.iter().any(|item| item.name.as_ref() == Some(*name));
    let missing: Vec<&str> = names.iter().filter(|it| !there(it)).map(String::as_str).collect();
    if missing.is_empty() {
        return Check::ok(check, format!("{} found", items.len()));
    }
    let (kind, region) = (kind.as_str(), &access.facts.region);
    Check::warn(
        check,
        format!(
            "no {kind} has the name {} (account {}, {region})",
            missing.join(", "),
            access.facts.account
        ),
        format!(
            "correct the name in the manifests, or create the {kind}; the manifests wait until \
            then"
        ),
    )
}

fn failed(name: String, error: &CloudError, access: &Access, arn: &str) -> Check {
    let help = advice(error, access, arn);
    if error.class == Class::Throttled {
        return Check::warn(name, error.to_string(), help);
    }
    Check::fail(name, error.to_string(), help)
}

/// What to do about a failed call.
fn advice(error: &CloudError, access: &Access, arn: &str) -> String {
    let (service, region) =
        (error.operation.split(':').next().unwrap_or_default(), &access.facts.region);
    match error.class {
        Class::Denied => format!(
            "allow {} to {arn}, in its policies and in the SCPs above its account",
            error.operation
        ),
        Class::Throttled => "try again later: other callers use up the account's quota".to_owned(),
        Class::Ambiguous | Class::Unavailable => format!(
            "{service} in {region} is not reachable from here: check DNS, routes, proxy, firewall, \
             VPC endpoints, and AWS_ENDPOINT_URL if it is set"
        ),
        _ => "look the code up in the service's API reference".to_owned(),
    }
}

fn epoch_seconds() -> i64 {
    // A clock before 1970 counts as 1970, and the difference is reported.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
