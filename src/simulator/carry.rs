//! Carrying one call out, with the fault that strikes it.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use super::{
    Caller, Service, World,
    fault::{Effect, Phase, denied, expired, throttled},
    lies,
    query::Input,
    service::{Answer, ApiError, is_mutating},
    truth::Truth,
};

/// A request understood.
pub(super) struct Call {
    pub service: Service,
    pub caller: Caller,
    pub operation: String,
    pub input: Value,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    Later(Duration),
    Garbled,
    Broken,
    Silent,
}

/// One call as a monitor sees it: with what was true before and after it.
#[derive(Debug)]
pub struct Witnessed<'a> {
    /// `ec2`, `kms`, …
    pub service: &'static str,
    /// The operation as the API names it.
    pub operation: &'a str,
    /// Who calls.
    pub caller: &'a Caller,
    /// The request's members.
    pub input: &'a Value,
    /// What the service answered, before any fault touched the answer.
    pub answer: &'a Answer,
    /// What the caller is told, if it gets an answer.
    pub told: &'a Answer,
    /// The code of the error that the caller is shown, if it is shown one.
    pub shown: Option<&'a str>,
    /// When, in the world's time since it began.
    pub at: Duration,
    /// Before and after the call; only of calls that can change anything.
    pub truth: Option<(&'a Truth, &'a Truth)>,
}

/// Somebody who sees every call and judges it. The world stands still meanwhile.
pub trait Watch: fmt::Debug + Send {
    /// One call was carried out, or kept from it by a fault.
    fn witness(&mut self, call: &Witnessed<'_>);
}

impl World {
    /// The answer as the caller would see it, and what keeps the caller from seeing it.
    pub(super) fn carry_out(&mut self, call: &Call) -> (Answer, Fate) {
        let struck = self.faults.strike(&call.operation, &call.caller.account);
        let (applies, effect) = match struck {
            None => (true, None),
            Some((phase, effect)) => (phase == Phase::After, Some(effect)),
        };
        if let Some(Effect::Meanwhile(deed)) = &effect {
            deed.clone().run(self);
        }
        let watched = self.watch.is_some() && is_mutating(&call.operation);
        let before = watched.then(|| self.truth());
        let answer = if applies {
            self.count(call)
                .and_then(|()| {
                    self.authorise(call.service, &call.caller, &call.operation, &call.input)
                })
                .and_then(|()| self.answer(call, effect.as_ref()))
        } else {
            let message = "This call was kept from being carried out by an injected fault.";
            Err(ApiError::new("InjectedFault", message).status(500))
        };
        let (shown, fate) = self.show(call, effect.as_ref(), answer.clone());
        if let Some(mut watch) = self.watch.take() {
            let after = before.is_some().then(|| self.truth());
            watch.witness(&Witnessed {
                service: call.service.name(),
                operation: &call.operation,
                caller: &call.caller,
                input: &call.input,
                answer: &answer,
                told: &shown,
                shown: match fate {
                    Fate::Answered | Fate::Later(_) => {
                        shown.as_ref().err().map(|error| error.code.as_str())
                    }
                    Fate::Garbled | Fate::Broken | Fate::Silent => Some("(no answer)"),
                },
                at: self.age(),
                truth: before.as_ref().zip(after.as_ref()),
            });
            self.watch = Some(watch);
        }
        (shown, fate)
    }

    /// Takes the call from its bucket, where there are buckets.
    fn count(&mut self, call: &Call) -> Result<(), ApiError> {
        if !self.options.throttling {
            return Ok(());
        }
        let (input, age) = (Input::new(&call.input), self.age());
        self.buckets.take(call.service, &call.caller, &call.operation, input, age)
    }

    /// Lets the service answer, under the effects that are upon the call itself.
    fn answer(&mut self, call: &Call, effect: Option<&Effect>) -> Answer {
        let Call { service, caller, operation, input } = call;
        match effect {
            Some(Effect::Stale { reads, alternating }) => {
                let before = self.services();
                let answer = self.read_or_write(call);
                self.lies.show_past(before, *reads, *alternating);
                answer
            }
            Some(Effect::Ignore) if is_mutating(operation) => {
                let mut before = self.services();
                let answer = self.call(*service, caller, operation, input);
                self.swap_services(&mut before);
                answer
            }
            Some(Effect::Stall(time)) => {
                let options = self.options.clone();
                self.options.endpoint_pending = *time;
                self.options.endpoint_deleting = *time;
                self.options.domain_pending = *time;
                self.options.domain_updating = *time;
                self.options.domain_deleting = *time;
                let answer = self.call(*service, caller, operation, input);
                self.options = options;
                answer
            }
            Some(Effect::FailLater) => {
                let why = || Some("An internal error occurred. Please try again.".to_owned());
                let behaviour = self.sagemaker.behaviour.clone();
                self.options.endpoints_fail = true;
                self.sagemaker.behaviour.creation_failure = why();
                self.sagemaker.behaviour.update_failure = why();
                let answer = self.call(*service, caller, operation, input);
                self.options.endpoints_fail = false;
                self.sagemaker.behaviour = behaviour;
                answer
            }
            Some(Effect::Paging(how)) => {
                if *service != Service::Sts && !is_mutating(operation) {
                    self.lies.break_paging(*how, operation);
                }
                self.read_or_write(call)
            }
            Some(Effect::Untagged { reads }) => {
                self.lies.strip_tags(*reads);
                self.read_or_write(call)
            }
            _ => self.read_or_write(call),
        }
    }

    /// Writes work on the truth; reads are told what the lies in force make of it.
    fn read_or_write(&mut self, call: &Call) -> Answer {
        let Call { service, caller, operation, input } = call;
        if is_mutating(operation) || *service == Service::Sts {
            return self.call(*service, caller, operation, input);
        }
        let mut input = input.clone();
        let followed = self.lies.follow(operation, &mut input);
        let answer = match self.lies.past_for_read() {
            None => self.call(*service, caller, operation, &input),
            Some(mut past) => {
                self.swap_services(&mut past);
                let answer = self.call(*service, caller, operation, &input);
                self.swap_services(&mut past);
                answer
            }
        };
        self.lies.colour(*service, operation, followed, &input, answer)
    }

    fn in_time(&mut self) -> Fate {
        let most = u64::try_from(self.options.latency.as_micros()).unwrap_or(u64::MAX);
        if most == 0 {
            return Fate::Answered;
        }
        Fate::Later(Duration::from_micros(self.request_ids.number() % most))
    }

    /// Whether readers are still told anything but the truth.
    pub fn lies(&self) -> bool {
        self.lies.last(|id| self.truth().things.contains_key(id))
    }

    /// How many calls faults have struck so far.
    pub fn strikes(&self) -> u64 {
        self.faults.strikes
    }

    /// What the caller sees of an answer.
    fn show(&mut self, call: &Call, effect: Option<&Effect>, answer: Answer) -> (Answer, Fate) {
        let fate = match effect {
            Some(Effect::Hang) => Fate::Silent,
            Some(Effect::Crash) => {
                self.crashed.notify_one();
                Fate::Silent
            }
            Some(Effect::LoseAnswer) => Fate::Broken,
            Some(Effect::Garbage) => Fate::Garbled,
            Some(Effect::Delay(time)) => Fate::Later(*time),
            _ => self.in_time(),
        };
        let answer = match effect {
            Some(Effect::Reject { code, message, status }) => {
                Err(ApiError::new(code, message).status(*status))
            }
            Some(Effect::Throttle) => Err(throttled(call.service)),
            Some(Effect::Deny) => Err(denied(call.service)),
            Some(Effect::Expire) => Err(expired(call.service)),
            Some(Effect::Impostor(account)) if call.operation == "GetCallerIdentity" => {
                let arn = format!("arn:aws:iam::{account}:user/simulator");
                Ok(json!({"Account": account, "Arn": arn, "UserId": "AIDAEXAMPLE"}))
            }
            Some(Effect::Unlisted { reads }) => {
                let ids = answer.as_ref().map(lies::created).unwrap_or_default();
                self.lies.hide(ids, *reads);
                answer
            }
            _ => answer,
        };
        (answer, fate)
    }
}
