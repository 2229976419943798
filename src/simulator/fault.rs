//! Faults addressed by operation, number and phase, with which tests make AWS fail, answer wrongly
//! and be slow.

use std::{any::Any, fmt, sync::Arc, time::Duration};

/// What goes wrong, and for which call.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The operation as the API names it, or `*` for all; with [`Self::nth`], the nth call of the
    /// run.
    pub operation: String,
    /// Calls of this account only.
    pub account: Option<String>,
    /// Which call of that operation, counted from 1 since the fault was injected; `None` for every
    /// call.
    pub nth: Option<u64>,
    /// The number of consecutive calls from the nth on.
    pub times: u64,
    /// Whether AWS has already carried out the call.
    pub phase: Phase,
    /// What the caller sees.
    pub effect: Effect,
}

/// When a fault applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The call has not been carried out, and will not be.
    Before,
    /// The call has been carried out; only its answer is affected.
    After,
}

/// What the caller sees instead of the answer, or another effect.
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
    /// The service's own error for a denied call.
    Deny,
    /// The service's own error for expired credentials.
    Expire,
    /// No answer at all: the caller's time-out decides.
    Hang,
    /// The connection breaks. The call is carried out in both phases, because a lost answer implies
    /// that.
    LoseAnswer,
    /// An answer with status 200 that is neither XML nor JSON.
    Garbage,
    /// The right answer, delayed by this time.
    Delay(Duration),
    /// The call is carried out, and the next `reads` reads return the state before it; with
    /// `alternating`, every second one.
    Stale {
        /// The number of reads.
        reads: u32,
        /// New, old, new, old: a caller is routed to different replicas.
        alternating: bool,
    },
    /// The call is carried out, and what it created is missing from the next listings.
    Unlisted {
        /// The number of listings.
        reads: u32,
    },
    /// The next answers with tags, including this one, carry none.
    Untagged {
        /// The number of answers.
        reads: u32,
    },
    /// A listing goes wrong between its pages; other calls are not affected.
    Paging(Paging),
    /// The call is accepted, and what it started fails later (endpoints in creation; domains in
    /// creation or update; new associations with route tables).
    FailLater,
    /// The call is accepted, and what it started takes this long.
    Stall(Duration),
    /// The call is accepted and has no effect.
    Ignore,
    /// A request of Cloud Control, or a read of what it made, deceives.
    Lie(Lie),
    /// `GetCallerIdentity` names this account.
    Impostor(String),
    /// Somebody else makes a change just before the call, which is carried out as usual.
    Meanwhile(Deed),
    /// The process of the caller dies: there is no answer, and [`super::Simulator::crashed`]
    /// returns.
    Crash,
}

/// How Cloud Control deceives. Each of them was seen by users of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// The request fails with this code; nothing was done.
    Fails(&'static str),
    /// The request fails with this code although everything was done.
    FailsThough(&'static str),
    /// The request fails with this code when half of the properties were set.
    FailsHalfway(&'static str),
    /// The request fails with `AlreadyExists` and the identifier of another resource of the type,
    /// if there is one; nothing was done.
    NamesAnother,
    /// A hook of the account refuses the request; nothing was done.
    Hooked,
    /// Reads do not find the resource for this time after the request has succeeded.
    Hides(Duration),
    /// A read shows a property that the schema does not have.
    Adds,
    /// A read lacks this property.
    Omits(&'static str),
    /// A read shows an empty list as this property.
    Husk(&'static str),
}

/// How a listing goes wrong between its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// The first page has half of the items, and the token of the second page leads to an error.
    Broken,
    /// Every page has the same token and the same items.
    Looping,
    /// The first page is empty and has a token.
    EmptyFirst,
}

/// A change of the world by somebody else, made by [`Deed::new`]. The type of the world is erased,
/// because the world contains the faults.
#[derive(Clone)]
pub struct Deed(Arc<Act>);

type Act = dyn Fn(&mut dyn Any) + Send + Sync;

impl Deed {
    /// A change of a world of this type.
    pub(super) fn of<W: 'static>(deed: impl Fn(&mut W) + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |world: &mut dyn Any| {
            if let Some(world) = world.downcast_mut::<W>() {
                deed(world);
            }
        }))
    }

    pub(super) fn run(&self, world: &mut dyn Any) {
        (self.0)(world);
    }
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deed")
    }
}

impl PartialEq for Deed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Deed {}

impl Effect {
    /// Whether the call is carried out although its fault applies before it: then only its answer
    /// or its consequences are affected.
    fn carries_out(&self) -> bool {
        !matches!(
            self,
            Self::Reject { .. }
                | Self::Throttle
                | Self::Deny
                | Self::Expire
                | Self::Hang
                | Self::Garbage
                | Self::Crash
        )
    }
}

impl Fault {
    /// A fault for every call of the operation.
    pub fn new(operation: &str, effect: Effect) -> Self {
        Self {
            operation: operation.into(),
            account: None,
            nth: None,
            times: 1,
            phase: Phase::Before,
            effect,
        }
    }

    /// Every call of the operation is refused with this code and status 400.
    pub fn reject(operation: &str, code: &str, message: &str) -> Self {
        let (code, message) = (code.into(), message.into());
        Self::new(operation, Effect::Reject { code, message, status: 400 })
    }

    /// Every call of the operation returns a server error with the status 500 or 503.
    pub fn server_error(operation: &str, status: u16) -> Self {
        let code = if status == 503 { "ServiceUnavailable" } else { "InternalError" };
        let message = "An error occurred on the server side.".into();
        Self::new(operation, Effect::Reject { code: code.into(), message, status })
    }

    /// Every call of the operation is throttled.
    pub fn throttle(operation: &str) -> Self {
        Self::new(operation, Effect::Throttle)
    }

    /// Every call of the operation gets no answer and is not carried out.
    pub fn hang(operation: &str) -> Self {
        Self::new(operation, Effect::Hang)
    }

    /// Every call of the operation is carried out, and its answer is lost.
    pub fn lose_answer(operation: &str) -> Self {
        Self::new(operation, Effect::LoseAnswer).after()
    }

    /// Every call of the operation gets an unreadable answer and is not carried out.
    pub fn garbage(operation: &str) -> Self {
        Self::new(operation, Effect::Garbage)
    }

    /// The same fault for the nth call only.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// The same fault for this number of consecutive calls.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// The same fault for calls of this account only.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> Self {
        self.account = Some(account.into());
        self
    }

    /// The same fault, after the call has been carried out.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.phase = Phase::After;
        self
    }
}

/// The injected faults, each with the number of calls it has matched.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    injected: Vec<(Fault, u64)>,
    pub(super) strikes: u64,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.injected.push((fault, 0));
    }

    pub(super) fn clear(&mut self) {
        self.injected.clear();
    }

    /// The fault for this call: the first injected of those that match. Every matching fault counts
    /// the call.
    pub(super) fn strike(&mut self, operation: &str, account: &str) -> Option<(Phase, Effect)> {
        let mut struck = None;
        for (fault, seen) in &mut self.injected {
            let other_account = fault.account.as_ref().is_some_and(|only| only != account);
            if (fault.operation != operation && fault.operation != "*") || other_account {
                continue;
            }
            *seen += 1;
            let due = |nth: u64| (nth..nth + fault.times).contains(seen);
            if struck.is_none() && fault.nth.is_none_or(due) {
                let applied = fault.phase == Phase::After || fault.effect.carries_out();
                let phase = if applied { Phase::After } else { Phase::Before };
                struck = Some((phase, fault.effect.clone()));
            }
        }
        self.strikes += u64::from(struck.is_some());
        struck
    }
}
