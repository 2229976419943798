//! Carries out one call, with the fault that applies to it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    api::Api,
    authorize::Asked,
    distortions,
    fault::{Effect, Phase},
    service::{Answer, ApiError, Caller, Disturbed, is_mutating},
    truth::Truth,
    witness::Witnessed,
    world::World,
};

/// A parsed request.
pub(super) struct Call {
    pub api: &'static Api,
    pub caller: Caller,
    pub operation: String,
    pub input: Value,
    pub request_id: String,
}

/// How the answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Answered,
    Later(Duration),
    Garbled,
    Broken,
    Silent,
}

impl World {
    /// The answer for the caller, and how it is delivered.
    pub(super) fn carry_out(&mut self, call: &Call) -> (Answer, Delivery) {
        let struck = self.faults.strike(&call.operation, &call.caller.account);
        let (applies, effect) = match struck {
            None => (true, None),
            Some((phase, effect)) => (phase == Phase::After, Some(effect)),
        };
        if let Some(Effect::Meanwhile(deed)) = &effect {
            deed.clone().run(self);
        }
        let hiding = matches!(effect, Some(Effect::Unlisted { .. }));
        let watched = (self.watch.is_some() || hiding) && is_mutating(&call.operation);
        let before = watched.then(|| self.truth());
        let answer = if applies {
            self.count(call)
                .and_then(|()| self.authorize(call))
                .and_then(|()| self.answer(call, effect.as_ref()))
        } else {
            let message = "An injected fault prevented this call.";
            Err(ApiError::new("InjectedFault", message).status(500))
        };
        if applies {
            let made = (call.api.name, call.operation.as_str(), &call.input);
            self.record(&call.caller, made, &answer, Some(&call.request_id));
        }
        if let (Some(Effect::Unlisted { reads }), Some(before)) = (&effect, &before) {
            self.hide(call, &answer, before, *reads);
        }
        let (shown, delivery) = self.show(call, effect.as_ref(), answer.clone());
        if let Some(mut watch) = self.watch.take() {
            let after = before.is_some().then(|| self.truth());
            watch.witness(&Witnessed {
                service: call.api.name,
                operation: &call.operation,
                caller: &call.caller,
                input: &call.input,
                answer: &answer,
                delivered: &shown,
                shown: match delivery {
                    Delivery::Answered | Delivery::Later(_) => {
                        shown.as_ref().err().map(|error| error.code.as_str())
                    }
                    Delivery::Garbled | Delivery::Broken | Delivery::Silent => Some("(no answer)"),
                },
                at: self.age(),
                truth: before.as_ref().zip(after.as_ref()),
            });
            self.watch = Some(watch);
        }
        (shown, delivery)
    }

    /// Takes a token from the bucket of the call, if there are buckets.
    fn count(&mut self, call: &Call) -> Result<(), ApiError> {
        if !self.options.throttling {
            return Ok(());
        }
        let age = self.age();
        self.buckets.take(call.api, &call.caller, &call.operation, &call.input, age)
    }

    /// Refuses a call that the policies of the caller's account do not allow. Accounts without
    /// policies may do everything.
    fn authorize(&mut self, call: &Call) -> Result<(), ApiError> {
        let Some(service) = self.services.get(call.api.name) else { return Ok(()) };
        let asked = Asked {
            api: call.api,
            service,
            directory: &self.services,
            caller: &call.caller,
            operation: &call.operation,
            input: &call.input,
        };
        let mut judged = Vec::new();
        let answer = asked.authorize(&self.options, &mut judged);
        self.note(&call.caller, judged);
        answer
    }

    /// Lets the service answer, with the effects that apply to the call itself.
    fn answer(&mut self, call: &Call, effect: Option<&Effect>) -> Answer {
        match effect {
            Some(Effect::Stale { reads, alternating }) => {
                let before = self.services.clone();
                let answer = self.read_or_write(call);
                self.distortions.show_past(before, *reads, *alternating);
                answer
            }
            Some(Effect::Ignore) if is_mutating(&call.operation) => {
                let before = self.services.clone();
                let answer = self.apply(call, None);
                self.services = before;
                answer
            }
            Some(Effect::Stall(time)) => self.apply(call, Some(Disturbed::Stalled(*time))),
            Some(Effect::FailLater) => self.apply(call, Some(Disturbed::Failing)),
            Some(Effect::Lie(lie)) => self.apply(call, Some(Disturbed::Lying(*lie))),
            Some(Effect::Paging(how)) => {
                if call.api.replicated && !is_mutating(&call.operation) {
                    self.distortions.break_paging(*how, &call.operation);
                }
                self.read_or_write(call)
            }
            Some(Effect::Untagged { reads }) => {
                self.distortions.strip_tags(*reads);
                self.read_or_write(call)
            }
            _ => self.read_or_write(call),
        }
    }

    /// Lets the service answer from the actual state.
    fn apply(&mut self, call: &Call, disturbed: Option<Disturbed>) -> Answer {
        self.call(call.api.name, &call.caller, &call.operation, &call.input, disturbed, true)
    }

    /// Writes use the actual state; reads get an answer that the distortions in force have changed.
    fn read_or_write(&mut self, call: &Call) -> Answer {
        let Call { api, caller, operation, input, .. } = call;
        if is_mutating(operation) || !api.replicated {
            return self.apply(call, None);
        }
        let mut input = input.clone();
        let followed = self.distortions.follow(api, operation, &mut input);
        let answer = match self.distortions.past_for_read() {
            None => self.call(api.name, caller, operation, &input, None, true),
            Some(mut past) => {
                std::mem::swap(&mut self.services, &mut past);
                let answer = self.call(api.name, caller, operation, &input, None, true);
                self.services = past;
                answer
            }
        };
        self.distortions.distort(api, operation, followed, &input, answer)
    }

    /// Hides from listings what a call created: the ids in its answer, or what exists since then.
    fn hide(&mut self, call: &Call, answer: &Answer, before: &Truth, reads: u32) {
        let mut ids =
            answer.as_ref().map(|it| distortions::created(call.api, it)).unwrap_or_default();
        if ids.is_empty() {
            let after = self.truth();
            let new = after.things.keys().filter(|id| !before.things.contains_key(*id));
            ids = new.filter_map(|id| id.rsplit('/').next().map(str::to_owned)).collect();
        }
        self.distortions.hide(ids, reads);
    }

    fn in_time(&mut self) -> Delivery {
        let max = u64::try_from(self.options.latency.as_micros()).unwrap_or(u64::MAX);
        if max == 0 {
            return Delivery::Answered;
        }
        Delivery::Later(Duration::from_micros(self.request_ids.number() % max))
    }

    /// Whether reads are still answered with anything but the truth.
    pub fn distorts_reads(&self) -> bool {
        let truth = self.truth();
        let is_there = |id: &str| {
            let end = format!("/{id}");
            truth.things.keys().any(|key| key == id || key.ends_with(&end))
        };
        self.distortions.remain(is_there)
    }

    /// How many calls faults have applied to so far.
    pub fn strikes(&self) -> u64 {
        self.faults.strikes
    }

    /// The answer as the caller sees it.
    fn show(&mut self, call: &Call, effect: Option<&Effect>, answer: Answer) -> (Answer, Delivery) {
        let delivery = match effect {
            Some(Effect::Hang) => Delivery::Silent,
            Some(Effect::Crash) => {
                self.crashed.notify_one();
                Delivery::Silent
            }
            Some(Effect::LoseAnswer) => Delivery::Broken,
            Some(Effect::Garbage) => Delivery::Garbled,
            Some(Effect::Delay(time)) => Delivery::Later(*time),
            _ => self.in_time(),
        };
        let answer = match effect {
            Some(Effect::Reject { code, message, status }) => {
                Err(ApiError::new(code, message).status(*status))
            }
            Some(Effect::Throttle) => Err(call.api.throttled.error()),
            Some(Effect::Deny) => {
                Err(call.api.protocol.denied("You are not authorized to perform this operation."))
            }
            Some(Effect::Expire) => Err(call.api.protocol.expired()),
            Some(Effect::Impostor(account)) if call.operation == "GetCallerIdentity" => {
                let arn = format!("arn:aws:iam::{account}:user/simulator");
                Ok(json!({"Account": account, "Arn": arn, "UserId": "AIDAEXAMPLE"}))
            }
            _ => answer,
        };
        (answer, delivery)
    }
}
