//! Requests: what became of them, and what may be seen of their resources meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    clock::{CANCELLING, RECORDS, RETRY, TOKENS},
    schema::Model,
    site::Failure,
};
use crate::simulator::service::{ApiError, Caller};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. Times are those of the world.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub token: String,
    pub operation: Operation,
    pub account: String,
    pub region: String,
    pub kind: &'static str,
    pub identifier: Option<String>,
    /// The caller's token, with the call that carried it.
    pub client: Option<(String, &'static str, Value)>,
    /// Since the epoch.
    pub event_time: f64,
    pub begun: Duration,
    pub done: Duration,
    pub failure: Option<Failure>,
    /// Whether a hook refused it.
    pub hooked: bool,
    pub cancelled: Option<Duration>,
    /// What reads show until it is done; nothing for a resource that is being created.
    pub before: Option<Model>,
    /// How long reads do not find what was created after it is done.
    pub hides: Duration,
}

impl Request {
    /// The status at a time.
    pub(super) fn status(&self, now: Duration) -> &'static str {
        if let Some(cancelled) = self.cancelled {
            let over = now >= cancelled + CANCELLING;
            return if over { "CANCEL_COMPLETE" } else { "CANCEL_IN_PROGRESS" };
        }
        let works = self.begun + (self.done.saturating_sub(self.begun)) / 4;
        match &self.failure {
            _ if now < works => "PENDING",
            _ if now < self.done => "IN_PROGRESS",
            Some(_) => "FAILED",
            None => "SUCCESS",
        }
    }

    pub(super) fn is_over(&self, now: Duration) -> bool {
        !matches!(self.status(now), "PENDING" | "IN_PROGRESS" | "CANCEL_IN_PROGRESS")
    }

    /// What is known of it at a time.
    pub(super) fn event(&self, now: Duration) -> Value {
        let status = self.status(now);
        let mut event = json!({
            "TypeName": self.kind,
            "RequestToken": self.token,
            "Operation": self.operation.name(),
            "OperationStatus": status,
            "EventTime": self.event_time,
        });
        if let Some(id) = self.identifier.as_ref().filter(|_| status != "PENDING") {
            event["Identifier"] = id.as_str().into();
        }
        if self.hooked {
            event["HooksRequestToken"] = self.token.as_str().into();
        }
        match &self.failure {
            Some(failure) if status == "FAILED" => {
                event["ErrorCode"] = failure.code.into();
                event["StatusMessage"] = failure.message.as_str().into();
            }
            _ if !self.is_over(now) => {
                let left = self.done.saturating_sub(now).min(RETRY);
                let since = now.saturating_sub(self.begun);
                event["RetryAfter"] = (self.event_time + (since + left).as_secs_f64()).into();
            }
            _ => {}
        }
        event
    }

    /// What the hooks said of it.
    pub(super) fn hooks(&self, now: Duration) -> Value {
        if !self.hooked || !self.is_over(now) {
            return json!([]);
        }
        json!([{
            "HookTypeName": "Acme::Guard::Hook",
            "HookTypeVersionId": "00000001",
            "HookTypeArn": format!(
                "arn:aws:cloudformation:{}:{}:type/hook/Acme-Guard-Hook",
                self.region, self.account
            ),
            "InvocationPoint": "PRE_PROVISION",
            "HookStatus": "HOOK_COMPLETE_FAILED",
            "HookEventTime": self.event_time,
            "HookStatusMessage": "Refused by the rules of the organization.",
            "FailureMode": "FAIL",
        }])
    }

    fn is_here(&self, caller: &Caller) -> bool {
        self.account == caller.account && self.region == caller.region
    }

    fn is_about(&self, caller: &Caller, kind: &str, id: &str) -> bool {
        self.is_here(caller) && self.kind == kind && self.identifier.as_deref() == Some(id)
    }
}

/// What reads show of a resource.
pub(super) enum Shown {
    /// What is there.
    Truth,
    /// Nothing.
    Nothing,
    /// What was there before.
    Before(Model),
}

/// All requests, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests(Vec<Request>);

impl Requests {
    pub(super) fn expire(&mut self, now: Duration) {
        self.0.retain(|request| request.begun + RECORDS > now);
    }

    pub(super) fn add(&mut self, request: Request) {
        self.0.push(request);
    }

    /// The requests of the caller's account and Region, newest first.
    pub(super) fn here<'r>(&'r self, caller: &'r Caller) -> impl Iterator<Item = &'r Request> {
        self.0.iter().rev().filter(|request| request.is_here(caller))
    }

    /// The request with this token.
    pub(super) fn find(&mut self, caller: &Caller, token: &str) -> Result<&mut Request, ApiError> {
        let mut all = self.0.iter_mut();
        all.find(|request| request.is_here(caller) && request.token == token).ok_or_else(|| {
            let message = format!("The request token {token} was not found.");
            ApiError::new("RequestTokenNotFoundException", message)
        })
    }

    /// The first request that carried a client token which is still valid.
    pub(super) fn replayed(
        &self,
        caller: &Caller,
        token: &str,
        operation: &str,
        input: &Value,
        now: Duration,
    ) -> Result<Option<&Request>, ApiError> {
        let carried = |request: &&Request| {
            let carries = request.client.as_ref().is_some_and(|(it, _, _)| it == token);
            carries && request.is_here(caller) && request.begun + TOKENS > now
        };
        let Some(request) = self.0.iter().rfind(carried) else { return Ok(None) };
        let same = request
            .client
            .as_ref()
            .is_some_and(|(_, carrier, first)| *carrier == operation && first == input);
        if same {
            return Ok(Some(request));
        }
        let message = format!("The client token {token} has been used with another request.");
        Err(ApiError::new("ClientTokenConflictException", message))
    }

    /// Refuses a second operation on a resource.
    pub(super) fn refuse_another(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
        now: Duration,
    ) -> Result<(), ApiError> {
        let mut here = self.0.iter().filter(|request| request.is_about(caller, kind, id));
        if here.all(|request| request.is_over(now)) {
            return Ok(());
        }
        let message = format!(
            "Resource of type '{kind}' with identifier '{id}' has an operation in progress."
        );
        Err(ApiError::new("ConcurrentOperationException", message))
    }

    /// What a read shows of a resource. Reads show the past until the operation is over.
    pub(super) fn shown(&self, caller: &Caller, kind: &str, id: &str, now: Duration) -> Shown {
        let Some(last) = self.0.iter().rfind(|request| request.is_about(caller, kind, id)) else {
            return Shown::Truth;
        };
        let creates = last.operation == Operation::Create;
        let until = if creates { last.done + last.hides } else { last.done };
        match &last.before {
            _ if now >= until => Shown::Truth,
            Some(before) => Shown::Before(before.clone()),
            None if creates => Shown::Nothing,
            None => Shown::Truth,
        }
    }

    /// Whether lists do not have a resource yet, and those that they still have.
    pub(super) fn listed(
        &self,
        caller: &Caller,
        kind: &str,
        ids: Vec<String>,
        (now, lag): (Duration, Duration),
    ) -> Vec<String> {
        let last = |id: &str| self.0.iter().rfind(|it| it.is_about(caller, kind, id));
        let mut all: Vec<String> = ids
            .into_iter()
            .filter(|id| {
                last(id).is_none_or(|last| {
                    let made = last.operation == Operation::Create && last.before.is_none();
                    !made || now >= last.done + last.hides + lag
                })
            })
            .collect();
        let deleted = self.0.iter().filter(|it| {
            let here = it.is_here(caller) && it.kind == kind;
            here && it.operation == Operation::Delete && now < it.done + lag && it.before.is_some()
        });
        for id in deleted.filter_map(|it| it.identifier.clone()) {
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all.sort();
        all
    }
}
