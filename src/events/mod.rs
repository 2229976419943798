//! Events: noticed in seconds, and by whom.
//!
//! CloudTrail records every call that changes something; EventBridge delivers the records to a
//! queue. An event is a hint where to look, and a candidate for blame, and nothing else: no value
//! of it ever reaches a request, and the full pass stays the guarantee, because events come late,
//! twice, out of order, or never.
//!
//! ```text
//! queue -> message (checked) -> catalogue: which kinds, which resources -> marks -> hint pass
//!                                                                      -> evidence -> by whom
//! ```
//!
//! What a record says is in `message` and `who`; what it is about, the kinds say (`recorded`,
//! `catalogue`). `marks` gathers where to look, `evidence` who may have caused what, `own` what
//! palisade did itself, and `chain` whether events arrive at all; `hub` puts them together.

#[cfg(test)]
mod attribution;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;

mod catalogue;
mod chain;
mod evidence;
mod heartbeat;
mod hub;
mod lookup;
mod marks;
mod message;
mod outcome;
mod own;
mod paths;
mod poll;
mod recorded;
mod who;

pub use self::{
    catalogue::{Catalogue, Target},
    chain::Health,
    evidence::{By, Confidence, Question},
    heartbeat::beats,
    hub::Hub,
    lookup::{Lookup, Wanted},
    marks::{Hint, Hints},
    message::{Event, Place, Refused, digest},
    outcome::Outcome,
    own::Own,
    poll::poll,
    recorded::{Does, Recorded, Records, TAGS, arn_rest, prefixed},
    who::{Principal, Who},
};
