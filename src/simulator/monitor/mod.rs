//! Monitors judge every call from what really exists.
//!
//! They know palisade's contract, not its code: claims (tags), which addresses are declared, which
//! may be deleted, and what each address should become in the end. Every rule is checked on every
//! mutating call, so that it holds after every prefix of a run, that is, wherever the process may
//! die.
//!
//! - S1 ownership: a changed resource carried our claim before the call, or is adopted by id; a new
//!   resource carries the claim from its creation.
//! - S2 place: the account is configured, and the last caller identity was that account's.
//! - S3 no duplicate: one resource for each address; no second create while an answer is unclear,
//!   nor soon after a start.
//! - S4 never weaker midway: what exists after a call existed before or is wanted; what existed and
//!   is wanted stays.
//! - S5 deletion: only of what may be deleted, and of keys with the wanted waiting period.
//! - S6 input: no calls by a process that has not read any valid input yet.
//! - S7 completeness: no create and no delete of a kind whose last listing in this pass failed.
//! - S8 freshness: only within a pass, and not long after it began.
//! - S10 bounded force: calls in a pass, and repetitions of one call.
//! - S12 no self-lockout: no lockout check is bypassed; no target loses its last control policy, or
//!   the last one that allows everything; no key loses all who can administer it; no control policy
//!   denies everything, or what palisade needs for its resources.
//! - S14 brake: no calls while the brake is engaged.
//! - S15 holes: what somebody opened is closed unless something permitted prevents it; judged after
//!   each pass.

mod expect;
mod holes;
mod lockout;
mod rules;
mod seen;
#[cfg(test)]
mod tests;
mod watching;

pub use expect::{Expectations, Violation};
pub use watching::Monitor;
