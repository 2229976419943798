//! Whether the events of a scope arrive. The writes of this process are a free test: each of them
//! must come back as an event. A trail that is off, a rule that is missing, a queue that refuses
//! EventBridge: nothing reports an error in any of these cases, and all are found so.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::own::Written;

/// An event that has not come by then does not come: the slowest ones seen take some minutes. Said
/// before ten minutes are over.
const LOST_AFTER: Duration = Duration::from_mins(9);
/// A proof holds this long; without a write for a day nobody knows.
const PROOF_LASTS: Duration = Duration::from_hours(24);
/// A queue that cannot be read for this long is as good as none.
const UNREADABLE_AFTER: Duration = Duration::from_mins(5);
/// Request ids that arrived before the answer to the call did.
const ARRIVED: usize = 1_000;

/// The state of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Nothing proves that events arrive, and nothing that they do not.
    Unproved,
    /// An own write has come back within a day.
    Healthy,
    /// Events do not arrive, for this reason.
    Broken(String),
}

/// The chain of one scope.
#[derive(Debug, Default)]
pub(super) struct Chain {
    awaited: VecDeque<Written>,
    arrived: VecDeque<String>,
    proved: Option<Instant>,
    lost: Option<String>,
    unreadable: Option<(Instant, String)>,
    /// Own writes without their events so far.
    pub(super) missing: u64,
}

impl Chain {
    /// Waits for the event of an own write.
    pub(super) fn wrote(&mut self, written: Written) {
        if self.arrived.contains(&written.request_id) {
            self.prove(written.at);
        } else {
            self.awaited.push_back(written);
        }
    }

    /// An event of this place with that request id has come.
    pub(super) fn came(&mut self, request_id: &str, now: Instant) {
        let before = self.awaited.len();
        self.awaited.retain(|it| it.request_id != request_id);
        if self.awaited.len() < before {
            self.prove(now);
        } else {
            self.arrived.push_back(request_id.to_owned());
            let surplus = self.arrived.len().saturating_sub(ARRIVED);
            self.arrived.drain(..surplus);
        }
    }

    fn prove(&mut self, now: Instant) {
        self.proved = Some(now);
        self.lost = None;
    }

    /// The queue was read, or it could not be.
    pub(super) fn read(&mut self, result: Result<(), String>, now: Instant) {
        self.unreadable = match (result, self.unreadable.take()) {
            (Ok(()), _) => None,
            (Err(why), Some((since, _))) => Some((since, why)),
            (Err(why), None) => Some((now, why)),
        };
    }

    /// Its state.
    pub(super) fn health(&mut self, now: Instant) -> Health {
        let is_late = |it: &Written| now.saturating_duration_since(it.at) >= LOST_AFTER;
        let late: BTreeSet<String> =
            self.awaited.iter().filter(|it| is_late(it)).map(|it| it.action.clone()).collect();
        let before = self.awaited.len();
        self.awaited.retain(|it| !is_late(it));
        self.missing += (before - self.awaited.len()) as u64;
        if !late.is_empty() {
            let calls: Vec<String> = late.into_iter().collect();
            self.proved = None;
            self.lost = Some(format!(
                "no event of palisade's own {} came within {} minutes: look at the trail, the \
                 rule and the queue's policy",
                calls.join(", "),
                LOST_AFTER.as_secs() / 60
            ));
        }
        if let Some((since, why)) = &self.unreadable
            && now.saturating_duration_since(*since) >= UNREADABLE_AFTER
        {
            return Health::Broken(format!("the queue cannot be read: {why}"));
        }
        if let Some(why) = &self.lost {
            return Health::Broken(why.clone());
        }
        let holds = |at: &Instant| now.saturating_duration_since(*at) < PROOF_LASTS;
        let readable = self.unreadable.is_none();
        if readable && self.proved.as_ref().is_some_and(holds) {
            Health::Healthy
        } else {
            Health::Unproved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(id: &str, at: Instant) -> Written {
        Written { scope: "prod".into(), action: "ec2:CreateTags".into(), request_id: id.into(), at }
    }

    #[test]
    fn an_own_write_that_comes_back_proves_the_chain_for_a_day() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        assert_eq!(chain.health(now), Health::Unproved);
        chain.wrote(written("1", now));
        chain.came("foreign", now);
        assert_eq!(chain.health(now), Health::Unproved);
        chain.came("1", now);
        assert_eq!(chain.health(now), Health::Healthy);
        assert_eq!(chain.health(now + PROOF_LASTS), Health::Unproved);
        // The event may be here before the answer.
        chain.came("2", now);
        chain.wrote(written("2", now + PROOF_LASTS));
        assert_eq!(chain.health(now + PROOF_LASTS), Health::Healthy);
    }

    #[test]
    fn a_write_without_its_event_breaks_it_within_ten_minutes_and_the_next_proof_mends_it() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        chain.wrote(written("1", now));
        chain.came("1", now);
        chain.wrote(written("2", now));
        let later = now + Duration::from_mins(8);
        assert_eq!(chain.health(later), Health::Healthy);
        let later = now + Duration::from_mins(10);
        let Health::Broken(why) = chain.health(later) else { panic!("not broken") };
        assert!(why.contains("ec2:CreateTags"), "{why}");
        assert_eq!(chain.missing, 1);
        chain.wrote(written("3", later));
        chain.came("3", later);
        assert_eq!(chain.health(later), Health::Healthy);
    }

    #[test]
    fn a_queue_that_cannot_be_read_is_no_proof_and_soon_broken() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        chain.wrote(written("1", now));
        chain.came("1", now);
        chain.read(Err("AccessDenied".into()), now);
        assert_eq!(chain.health(now), Health::Unproved);
        let later = now + UNREADABLE_AFTER;
        chain.read(Err("AccessDenied".into()), later);
        assert!(matches!(chain.health(later), Health::Broken(_)));
        chain.read(Ok(()), later);
        assert_eq!(chain.health(later), Health::Healthy);
    }
}
