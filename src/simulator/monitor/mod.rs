//! Monitors: judge every call against what is really there.
//!
//! They know palisade's contract, not its code: claims (tags), which addresses are declared, which may be deleted, what each
//! address should become in the end. Every rule is checked on every mutating call, so that it holds after every prefix of a
//! run, which is at every point where the process may die.
//!
//! | rule | what is judged |
//! |---|---|
//! | S1 ownership | what is changed carried our claim before the call, or is adopted by id; what is new carries it from birth |
//! | S2 place | the account is configured, and the caller identity that was shown is that account's |
//! | S3 no duplicate | one resource an address; no second create while an answer is unclear, nor soon after a start |
//! | S4 never weaker midway | what is there after a call was there before or is wanted; what was there and is wanted stays |
//! | S5 deletion | only of what may be deleted, keys with the days asked for |
//! | S6 input | nothing at all by a process that has not read any good input yet |
//! | S7 completeness | no create and no delete of a kind whose last listing in this pass failed |
//! | S8 freshness | only within a pass, and not long after it began |
//! | S10 bounded force | calls a pass, and repetitions of one call |
//! | S12 no self-lockout | no lockout check bypassed, no target without a control policy or without one that allows all where one did, no key that nobody may look after, no control policy that denies all, or what palisade needs for what it has |
//! | S14 brake | nothing after the brake |
//! | S15 holes | what somebody opened is closed while nothing permitted stands in the way; judged after each pass |

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
