//! Faults addressed as (operation, nth, phase): the way tests make AWS fail on purpose.

use super::Service;
use super::service::ApiError;

/// What goes wrong, with which call.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The operation as the API names it, or `*` for every one.
    pub operation: String,
    /// Which call of that operation, counted from 1 since the fault was injected; `None`: every one.
    pub nth: Option<u64>,
    /// Whether AWS has carried the call out when it goes wrong.
    pub phase: Phase,
    /// What the caller sees.
    pub effect: Effect,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened yet, and nothing will.
    Before,
    /// The call has been carried out; only its answer is affected.
    After,
}

/// What the caller sees instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// This error.
    Reject {
        /// The error's code.
        code: String,
        /// The error's message.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The service's own throttling error.
    Throttle,
    /// No answer, for ever: the caller's time-out decides.
    Hang,
    /// The connection breaks. The call has always been carried out, whatever the phase: that is what "the answer was lost" means.
    LoseAnswer,
    /// An answer with status 200 that is neither XML nor JSON.
    Garbage,
}

impl Fault {
    /// Every call of the operation is refused with this code, status 400.
    pub fn reject(operation: &str, code: &str, message: &str) -> Self {
        let (code, message) = (code.into(), message.into());
        let status = 400;
        Self::new(operation, Effect::Reject { code, message, status })
    }

    /// Every call of the operation is throttled.
    pub fn throttle(operation: &str) -> Self {
        Self::new(operation, Effect::Throttle)
    }

    /// Every call of the operation gets no answer and is not carried out.
    pub fn hang(operation: &str) -> Self {
        Self::new(operation, Effect::Hang)
    }

    /// Every call of the operation is carried out and its answer lost.
    pub fn lose_answer(operation: &str) -> Self {
        Self::new(operation, Effect::LoseAnswer).after()
    }

    /// Every call of the operation gets garbage and is not carried out.
    pub fn garbage(operation: &str) -> Self {
        Self::new(operation, Effect::Garbage)
    }

    fn new(operation: &str, effect: Effect) -> Self {
        Self { operation: operation.into(), nth: None, phase: Phase::Before, effect }
    }

    /// The same fault, with the nth call only.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// The same fault, after the call has been carried out.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.phase = Phase::After;
        self
    }
}

/// The faults in force, each with the number of calls it has seen.
#[derive(Debug, Default)]
pub(super) struct Faults {
    injected: Vec<(Fault, u64)>,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.injected.push((fault, 0));
    }

    pub(super) fn clear(&mut self) {
        self.injected.clear();
    }

    /// The fault that strikes this call: the one injected first among those that match. Every matching fault counts the call.
    pub(super) fn strike(&mut self, operation: &str) -> Option<(Phase, Effect)> {
        let mut struck = None;
        for (fault, seen) in &mut self.injected {
            if fault.operation != operation && fault.operation != "*" {
                continue;
            }
            *seen += 1;
            if struck.is_none() && fault.nth.is_none_or(|nth| nth == *seen) {
                let applied = fault.phase == Phase::After || fault.effect == Effect::LoseAnswer;
                let phase = if applied { Phase::After } else { Phase::Before };
                struck = Some((phase, fault.effect.clone()));
            }
        }
        struck
    }
}

/// How each service says "too many requests", from their error references.
pub(super) fn throttled(service: Service) -> ApiError {
    match service {
        Service::Ec2 => {
            ApiError::new("RequestLimitExceeded", "Request limit exceeded.").status(503)
        }
        Service::Organizations => ApiError::new(
            "TooManyRequestsException",
            "You have sent too many requests in too short a period of time.",
        ),
        Service::Kms | Service::SageMaker => ApiError::new("ThrottlingException", "Rate exceeded"),
        Service::Sts => ApiError::new("Throttling", "Rate exceeded"),
    }
}
