//! Faults addressed as (operation, nth, phase): the way tests make AWS fail, lie and dawdle on purpose.

use std::{any::Any, fmt, sync::Arc, time::Duration};

/// What goes wrong, with which call.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The operation as the API names it, or `*` for every one: with [`Self::nth`], the nth call of the run.
    pub operation: String,
    /// Calls of this account only.
    pub account: Option<String>,
    /// Which call of that operation, counted from 1 since the fault was injected; `None`: every one.
    pub nth: Option<u64>,
    /// How many calls in a row from the nth on.
    pub times: u64,
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

/// What the caller sees instead of the answer, or what else happens.
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
    /// The service's own words for "you may not".
    Deny,
    /// The service's own words for credentials that have expired.
    Expire,
    /// No answer, for ever: the caller's time-out decides.
    Hang,
    /// The connection breaks. The call has always been carried out, whatever the phase: that is what "the answer was lost" means.
    LoseAnswer,
    /// An answer with status 200 that is neither XML nor JSON.
    Garbage,
    /// The right answer, so much later.
    Delay(Duration),
    /// The call is carried out, and the next `reads` reads show what was there before it; with `alternating`, every other one.
    Stale {
        /// How many.
        reads: u32,
        /// New, old, new, old: a reader is sent to different replicas.
        alternating: bool,
    },
    /// The call is carried out, and what it created is missing from the next so many listings.
    Unlisted {
        /// How many.
        reads: u32,
    },
    /// The next so many answers that carry tags carry none, this one included.
    Untagged {
        /// How many.
        reads: u32,
    },
    /// A listing goes wrong between its pages; nothing happens to a call that lists nothing.
    Paging(Paging),
    /// The call is accepted, and what it started fails later (endpoints being created; domains
    /// being created or updated; associations with route tables being made).
    FailLater,
    /// The call is accepted, and what it started takes so long.
    Stall(Duration),
    /// The call is accepted and nothing of it is applied.
    Ignore,
    /// `GetCallerIdentity` names this account.
    Impostor(String),
    /// Somebody else does this just before the call, which is carried out as usual.
    Meanwhile(Deed),
    /// The caller dies: no answer, and [`super::Simulator::crashed`] says so.
    Crash,
}

/// How a listing goes wrong between its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// The first page has half of the items, and the token of the second one leads to an error.
    Broken,
    /// Every page has the same token and the same items.
    Looping,
    /// The first page is empty and has a token.
    EmptyFirst,
}

/// Something that somebody else does to the world, made by [`Deed::new`]. A world keeps the faults that will strike it, so that
/// the world is not named here.
#[derive(Clone)]
pub struct Deed(Arc<Act>);

type Act = dyn Fn(&mut dyn Any) + Send + Sync;

impl Deed {
    /// A deed on a world of this type.
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
    /// Whether the call is carried out although its fault strikes before: then only its answer or its aftermath is affected.
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
    /// Every call of the operation has this effect.
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

    /// Every call of the operation is refused with this code, status 400.
    pub fn reject(operation: &str, code: &str, message: &str) -> Self {
        let (code, message) = (code.into(), message.into());
        Self::new(operation, Effect::Reject { code, message, status: 400 })
    }

    /// Every call of the operation answers an error of the server's, with the status 500 or 503.
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

    /// Every call of the operation is carried out and its answer lost.
    pub fn lose_answer(operation: &str) -> Self {
        Self::new(operation, Effect::LoseAnswer).after()
    }

    /// Every call of the operation gets garbage and is not carried out.
    pub fn garbage(operation: &str) -> Self {
        Self::new(operation, Effect::Garbage)
    }

    /// The same fault, with the nth call only.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// The same fault, with so many calls in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// The same fault, with calls of this account only.
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

/// The faults in force, each with the number of calls it has seen.
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

    /// The fault that strikes this call: the one injected first among those that match. Every matching fault counts the call.
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
