//! When a resource is read whole.
//!
//! The requests under way and the tag index are read in every pass, once for all types of a scope.
//! What the index shows with our claim is read whole
//!
//! * in every pass, if a change of its type may give access ([`Reads::EveryPass`]);
//! * otherwise in turn: each resource once within [`IN_TURN`], at a time that follows from its
//!   identifier, so that every pass reads about as many;
//! * at once, if this process has not read it before, if the index shows other tags than when it
//!   was read, and if a request for it is under way, was sent by this process, or has just ended.
//!
//! What the index does not show (a type without tags, a part of something, a new resource, one
//! whose tags somebody removed) is read by its identifier in every pass, and a type whose
//! identifiers AWS invents is listed if a manifest has no resource.
//!
//! Between two reads a resource counts as it was. So nothing is written before it has been read
//! again: if it is not what the plan was made from, it waits for the next pass.
//!
//! [`Reads::EveryPass`]: super::super::overlay::Reads::EveryPass

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;

use crate::model::{Observed, PhysicalId, Tags};

/// The time within which each resource is read whole in turn.
pub(super) const IN_TURN: Duration = Duration::from_mins(10);

/// The resources of one type as they were read last.
#[derive(Debug)]
pub(super) struct Kept {
    begun: Instant,
    by_id: Mutex<BTreeMap<PhysicalId, Whole>>,
}

#[derive(Debug)]
struct Whole {
    live: Observed<Value>,
    /// Its tags in the index at that time.
    indexed: Tags,
    turn: u128,
    /// Whether a pass has used it since.
    used: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self { begun: Instant::now(), by_id: Mutex::default() }
    }
}

impl Kept {
    fn book(&self) -> MutexGuard<'_, BTreeMap<PhysicalId, Whole>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the turn of a resource has come.
    fn turn(&self, id: &PhysicalId) -> u128 {
        let mut hasher = DefaultHasher::new();
        id.0.hash(&mut hasher);
        let offset = u128::from(hasher.finish()) % IN_TURN.as_millis();
        (self.begun.elapsed().as_millis() + offset) / IN_TURN.as_millis()
    }

    /// A resource as it was read last; none if it has to be read now.
    pub(super) fn get(&self, id: &PhysicalId, indexed: &Tags) -> Option<Observed<Value>> {
        let turn = self.turn(id);
        let mut book = self.book();
        let whole = book.get_mut(id).filter(|it| it.turn == turn && it.indexed == *indexed)?;
        whole.used = true;
        Some(whole.live.clone())
    }

    /// Keeps what was read now.
    pub(super) fn keep(&self, live: &Observed<Value>, indexed: &Tags) {
        let turn = self.turn(&live.id);
        let whole = Whole { live: live.clone(), indexed: indexed.clone(), turn, used: false };
        self.book().insert(live.id.clone(), whole);
    }

    /// The next pass reads it.
    pub(super) fn forget(&self, id: &PhysicalId) {
        self.book().remove(id);
    }

    /// Whether the last pass has used what was read in an earlier one. The next pass reads it.
    pub(super) fn take_used(&self, id: &PhysicalId) -> bool {
        self.book().remove(id).is_some_and(|whole| whole.used)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Phase;

    fn live(id: &str) -> Observed<Value> {
        Observed {
            id: PhysicalId(id.to_owned()),
            arn: String::new(),
            tags: Tags::new(),
            phase: Phase::Ready,
            state: json!({}),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_resource_is_read_once_in_a_turn_and_not_all_at_the_same_time() {
        let kept = Kept::default();
        let all: Vec<_> = (0..100).map(|n| live(&format!("vpc-{n}"))).collect();
        for it in &all {
            kept.keep(it, &Tags::new());
        }
        let mut reads = Vec::new();
        for _ in 0..10 {
            tokio::time::advance(IN_TURN / 10).await;
            let due: Vec<_> =
                all.iter().filter(|it| kept.get(&it.id, &Tags::new()).is_none()).collect();
            for it in &due {
                kept.keep(it, &Tags::new());
            }
            reads.push(due.len());
        }
        assert_eq!(reads.iter().sum::<usize>(), all.len(), "{reads:?}");
        assert!(reads.iter().all(|count| (1..30).contains(count)), "{reads:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn other_tags_in_the_index_and_what_was_forgotten_are_read_now() {
        let kept = Kept::default();
        let one = live("vpc-1");
        let tags = Tags::from([("team".to_owned(), "ml".to_owned())]);
        kept.keep(&one, &tags);
        assert_eq!(kept.get(&one.id, &tags).as_ref(), Some(&one));
        assert_eq!(kept.get(&one.id, &Tags::new()), None);
        kept.forget(&one.id);
        assert_eq!(kept.get(&one.id, &tags), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_in_this_pass_is_not_read_again_before_it_is_written() {
        let kept = Kept::default();
        let one = live("vpc-1");
        kept.keep(&one, &Tags::new());
        assert!(!kept.take_used(&one.id));
        kept.keep(&one, &Tags::new());
        kept.get(&one.id, &Tags::new());
        assert!(kept.take_used(&one.id));
        assert!(!kept.take_used(&one.id), "the next pass reads it");
    }
}
