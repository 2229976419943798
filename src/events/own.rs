//! What palisade itself did, by AWS's request ids: the answer to each of its writes carries one,
//! and so does the record. Nothing else is proof: a role can be assumed by others, and a user agent
//! is what the client says. But palisade's role is palisade's alone: what it did before this
//! process began, an earlier process did.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{catalogue::event_source, who::Who};

/// The most ids that are kept: a day of writes of a large installation.
const KEPT: usize = 20_000;

/// What the SDK calls the services that have handlers do the work, and what these call themselves.
const HANDLED: [&str; 2] = ["cloudcontrol", "resourcegroupstaggingapi"];
const HANDLERS: [&str; 3] =
    ["cloudcontrolapi.amazonaws.com", "cloudformation.amazonaws.com", "tagging.amazonaws.com"];
/// A request of Cloud Control takes hours at most (user guide: 36 with all retries, for very few
/// types); what comes later is looked at, which does no harm.
const HANDLING: Duration = Duration::from_hours(3);

/// The request ids of this process's writes; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Own(Arc<Mutex<Ids>>);

#[derive(Debug, Default)]
struct Ids {
    known: HashSet<String>,
    order: VecDeque<String>,
    /// Those that [`Own::take_new`] has not returned yet.
    new: Vec<Written>,
    /// The identity in each scope, and when this process first had it there, in seconds since the
    /// epoch.
    identities: BTreeMap<String, (String, f64)>,
    /// The latest write in each scope that handlers of AWS carry out.
    handled: BTreeMap<String, Instant>,
}

/// A write that AWS has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) scope: String,
    /// The call, as IAM names it.
    pub(super) action: String,
    pub(super) request_id: String,
    pub(super) at: Instant,
}

impl Own {
    /// Notes a write in a scope that AWS has answered. `service` is the SDK's name.
    pub fn note(&self, scope: &str, service: &str, operation: &str, request_id: &str) {
        let service = service.replace(' ', "").to_ascii_lowercase();
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if HANDLED.contains(&&*service) {
            ids.handled.insert(scope.to_owned(), Instant::now());
        }
        if !ids.keep(request_id) {
            return;
        }
        if ids.new.len() < KEPT {
            ids.new.push(Written {
                scope: scope.to_owned(),
                action: format!("{}:{operation}", event_source(&service)),
                request_id: request_id.to_owned(),
                at: Instant::now(),
            });
        }
    }

    /// Notes a heartbeat, which no record of another caller can be.
    pub(super) fn note_beat(&self, request_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(request_id);
    }

    /// Notes whom this process is in a scope: the caller's ARN, and the time in seconds since the
    /// epoch. The first time counts.
    pub fn identify(&self, scope: &str, caller: &str, epoch: f64) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = ids.identities.entry(scope.to_owned());
        let known = known.or_insert_with(|| (caller.to_owned(), epoch));
        if known.0 != caller {
            *known = (caller.to_owned(), epoch);
        }
    }

    /// If a caller is the identity that this process has in a scope, whatever the session: since
    /// when the process has it, in seconds since the epoch.
    pub(super) fn role_since(&self, scope: &str, caller: &str) -> Option<f64> {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, since) = ids.identities.get(scope)?;
        (without_session(own) == without_session(caller)).then_some(*since)
    }

    /// Whether handlers that work for palisade made a call: in its name, through this service.
    /// They call for it with request ids of their own, for as long as its requests take.
    pub(super) fn is_by_handlers(&self, scope: &str, who: &Who) -> bool {
        let through = who.via.as_deref().is_some_and(|via| HANDLERS.contains(&via));
        let ours = || who.arn.as_deref().is_some_and(|arn| self.role_since(scope, arn).is_some());
        let ids = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = || ids().handled.get(scope).is_some_and(|at| at.elapsed() < HANDLING);
        through && ours() && lately()
    }

    /// The writes since the last call.
    pub(super) fn take_new(&self) -> Vec<Written> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).new)
    }

    /// Whether this process made the request with this id.
    pub fn has(&self, request_id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(request_id)
    }
}

impl Ids {
    /// Keeps an id, and drops the oldest one if there are too many; whether it is new.
    fn keep(&mut self, request_id: &str) -> bool {
        if !self.known.insert(request_id.to_owned()) {
            return false;
        }
        self.order.push_back(request_id.to_owned());
        while self.order.len() > KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.known.remove(&oldest);
        }
        true
    }
}

/// A caller without the name of its session.
fn without_session(arn: &str) -> &str {
    match arn.rsplit_once('/') {
        Some((role, _)) if arn.contains(":assumed-role/") => role,
        _ => arn,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_latest_ids_are_known_and_the_number_is_bounded() {
        let own = Own::default();
        for number in 0..=KEPT {
            own.note("prod", "EC2", "CreateTags", &number.to_string());
        }
        own.note("prod", "EC2", "CreateTags", &KEPT.to_string());
        assert!(!own.has("0") && own.has("1") && own.has(&KEPT.to_string()));
        assert!(!own.clone().has("another"));
        let new = own.take_new();
        assert_eq!((new.len(), new[0].action.as_str()), (KEPT, "ec2:CreateTags"));
        assert!(own.take_new().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_handlers_do_for_palisade_is_its_own_while_they_may_be_at_work() {
        let own = Own::default();
        let role = "arn:aws:sts::111122223333:assumed-role/palisade/palisade";
        own.identify("prod", role, 0.0);
        let who = |arn: &str, via: &str| {
            let identity = json!({"type": "AssumedRole", "arn": arn, "invokedBy": via});
            Who::of(&json!({"userIdentity": identity}))
        };
        let theirs = who(role, "cloudformation.amazonaws.com");
        assert!(!own.is_by_handlers("prod", &theirs), "nothing was asked of them");
        own.note("prod", "CloudControl", "UpdateResource", "r-1");
        assert!(own.is_by_handlers("prod", &theirs));
        assert!(!own.is_by_handlers("other", &theirs));
        let ann = "arn:aws:sts::111122223333:assumed-role/ann/ann";
        assert!(!own.is_by_handlers("prod", &who(ann, "cloudformation.amazonaws.com")));
        assert!(!own.is_by_handlers("prod", &who(role, "sagemaker.amazonaws.com")));
        assert_eq!(own.take_new()[0].action, "cloudcontrolapi:UpdateResource");
        tokio::time::advance(HANDLING).await;
        assert!(!own.is_by_handlers("prod", &theirs));
    }
}
