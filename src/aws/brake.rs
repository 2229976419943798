//! The brake: stops the writes of this process, in whole or in part, before the next call.

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    lease::Leases,
    model::{Address, Asked, Halt, Stop},
    settings::now,
};

/// An external source of what the process may not write, checked before every mutating call.
type Lever = Box<dyn Fn() -> Halt + Send + Sync>;

/// Stops all writing of this process, before the next call, until it is released.
#[derive(Clone, Default)]
pub struct Brake(Arc<Levers>);

#[derive(Default)]
struct Levers {
    pulled: AtomicBool,
    asked: Mutex<Asked>,
    outside: Option<Lever>,
    leases: OnceLock<Leases>,
}

impl fmt::Debug for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Brake").field(&self.why()).finish()
    }
}

impl Brake {
    /// A brake that can also be engaged from outside: `outside` returns what may not be written
    /// now.
    pub fn with_lever(outside: impl Fn() -> Halt + Send + Sync + 'static) -> Self {
        let outside: Option<Lever> = Some(Box::new(outside));
        Self(Arc::new(Levers { outside, ..Levers::default() }))
    }

    /// From now on nothing is written in a scope but while one of these leases allows it.
    pub fn share(&self, leases: Leases) {
        // A process has one name, so what was given first stays.
        let _ = self.0.leases.set(leases);
    }

    /// The leases of this process, if processes share the scopes.
    pub fn leases(&self) -> Option<&Leases> {
        self.0.leases.get()
    }

    /// What people have asked of this process.
    pub fn asked(&self) -> Asked {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what people ask of this process: in force before the next call.
    pub fn ask<T>(&self, change: impl FnOnce(&mut Asked) -> T) -> T {
        change(&mut self.0.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// No further mutating call is sent.
    pub fn engage(&self) {
        self.0.pulled.store(true, Ordering::SeqCst);
    }

    /// Undoes [`Self::engage`]: writing is possible again, unless somebody asked otherwise.
    pub fn release(&self) {
        self.0.pulled.store(false, Ordering::SeqCst);
    }

    /// What must not be written now.
    pub fn halt(&self) -> Halt {
        let mut halt = self.0.outside.as_ref().map(|lever| lever()).unwrap_or_default();
        let Asked { engaged, pauses, released } = self.asked();
        let now = now();
        halt.pauses.extend(pauses.into_iter().filter(|pause| !pause.is_over(now)));
        halt.released.extend(released);
        if let Some(engaged) = engaged {
            halt.stop = Some(Stop::Engaged(engaged));
        }
        if self.0.pulled.load(Ordering::SeqCst) {
            halt.stop = Some(Stop::Brake);
        }
        halt
    }

    /// Why nothing may be written now; `None` if it may.
    pub fn why(&self) -> Option<String> {
        self.halt().everything()
    }

    /// Why nothing of this address may be written now; `None` if it may.
    pub fn why_not(&self, address: &Address) -> Option<String> {
        self.halt().of(address)
    }

    /// Whether writing is stopped.
    pub fn is_engaged(&self) -> bool {
        self.why().is_some()
    }
}
