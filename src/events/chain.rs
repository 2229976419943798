//! Whether the events of a scope arrive. The writes of this process are a free test: each of them
//! must come back as an event. A trail that is off, a rule that is missing, a queue that refuses
//! EventBridge: nothing reports an error in any of these cases, and all are found so.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::own::Written;

/// An event that has not come by then does not come: the slowest ones seen take some minutes. Said
/// before ten minutes are over.
const LOST_AFTER: Duration = Duration::from_mins(9);
/// A proof holds this long; without a write for a day nobody knows.
const PROOF_LASTS: Duration = Duration::from_hours(24);
/// A heartbeat that has not come back by then is one that is missing: the slowest hundredth of the
/// events takes a minute and a half. After two of them palisade says so.
const SILENT_AFTER: Duration = Duration::from_mins(4);
/// Heartbeats whose events are waited for.
const BEATS: usize = 10;
/// The service of heartbeats.
const BEATING: &str = "ec2";
/// A queue that cannot be read for this long is as good as none.
const UNREADABLE_AFTER: Duration = Duration::from_mins(5);
/// Request ids that arrived before the answer to the call did.
const ARRIVED: usize = 1_000;

/// One event may be lost on its way; more than this many in a row are not lost by chance.
const MISSES: usize = 3;

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

/// The chain of one scope. A trail can leave out the events of one service, such as KMS, so that
/// what proves one proves nothing of another.
#[derive(Debug, Default)]
pub(super) struct Chain {
    awaited: VecDeque<Written>,
    arrived: VecDeque<String>,
    services: BTreeMap<String, Service>,
    unreadable: Option<(Instant, String)>,
    beats: Beats,
    /// Own writes and heartbeats without their events so far.
    pub(super) missing: u64,
}

/// What is known of the events of one service.
#[derive(Debug, Default)]
struct Service {
    proved: Option<Instant>,
    /// The calls of own writes in a row whose events did not come.
    missed: Vec<String>,
}

/// The heartbeats that have not come back.
#[derive(Debug, Default)]
struct Beats {
    awaited: VecDeque<String>,
    /// When the first of them was sent, since nothing of palisade's came back.
    since: Option<Instant>,
}

impl Beats {
    fn is_silent(&self, now: Instant) -> bool {
        let long = |since| now.saturating_duration_since(since) >= SILENT_AFTER;
        self.awaited.len() > 1 && self.since.is_some_and(long)
    }
}

impl Written {
    fn service(&self) -> &str {
        self.action.split(':').next().unwrap_or_default()
    }
}

impl Chain {
    /// Waits for the event of an own write.
    pub(super) fn wrote(&mut self, written: Written) {
        if self.arrived.contains(&written.request_id) {
            self.prove(written.service(), written.at);
        } else {
            self.awaited.push_back(written);
        }
    }

    /// An event of this place with that request id has come.
    pub(super) fn came(&mut self, request_id: &str, now: Instant) {
        let at = self.awaited.iter().position(|it| it.request_id == request_id);
        if self.beats.awaited.iter().any(|it| it == request_id) {
            self.prove(BEATING, now);
        } else if let Some(written) = at.and_then(|at| self.awaited.remove(at)) {
            self.prove(written.service(), now);
        } else {
            self.arrived.push_back(request_id.to_owned());
            let surplus = self.arrived.len().saturating_sub(ARRIVED);
            self.arrived.drain(..surplus);
        }
    }

    /// An event of a service has come that only an own write can have caused.
    pub(super) fn prove(&mut self, service: &str, now: Instant) {
        self.beats = Beats::default();
        let known = self.services.entry(service.to_owned()).or_default();
        *known = Service { proved: Some(now), missed: Vec::new() };
    }

    /// A heartbeat was sent.
    pub(super) fn beat(&mut self, request_id: &str, now: Instant) {
        if self.arrived.iter().any(|it| it == request_id) {
            self.prove(BEATING, now);
            return;
        }
        // The one before is one of those that did not come back.
        self.missing += u64::from(self.beats.is_silent(now));
        self.beats.since.get_or_insert(now);
        self.beats.awaited.push_back(request_id.to_owned());
        let surplus = self.beats.awaited.len().saturating_sub(BEATS);
        self.beats.awaited.drain(..surplus);
    }

    /// Whether a heartbeat has not come back yet.
    pub(super) fn awaits_beat(&self) -> bool {
        self.beats.since.is_some()
    }

    /// The queue was read, or it could not be.
    pub(super) fn read(&mut self, result: Result<(), String>, now: Instant) {
        self.unreadable = match (result, self.unreadable.take()) {
            (Ok(()), _) => None,
            (Err(why), Some((since, _))) => Some((since, why)),
            (Err(why), None) => Some((now, why)),
        };
    }

    /// Notes the writes whose events do not come any more.
    fn expire(&mut self, now: Instant) {
        let is_late = |it: &Written| now.saturating_duration_since(it.at) >= LOST_AFTER;
        let all = std::mem::take(&mut self.awaited).into_iter();
        let (late, awaited): (Vec<Written>, Vec<Written>) = all.partition(is_late);
        self.awaited = awaited.into();
        self.missing += late.len() as u64;
        for written in late {
            let service = self.services.entry(written.service().to_owned()).or_default();
            // What came since the write was made proves that events come.
            if service.proved.is_none_or(|proved| proved <= written.at + LOST_AFTER) {
                service.proved = None;
                service.missed.push(written.action);
            }
        }
    }

    /// Whether the events of a service arrive, for all that is known: a proof within a day, and no
    /// write since that did not come back.
    pub(super) fn arrive(&mut self, service: &str, now: Instant) -> bool {
        self.expire(now);
        let known = self.services.get(service);
        let readable = self.unreadable.is_none() && !self.beats.is_silent(now);
        readable && known.is_some_and(|it| it.is_proved(now))
    }

    /// Its state: healthy if the events of every service that palisade writes to arrive.
    pub(super) fn health(&mut self, now: Instant) -> Health {
        self.expire(now);
        if let Some((since, why)) = &self.unreadable
            && now.saturating_duration_since(*since) >= UNREADABLE_AFTER
        {
            return Health::Broken(format!("the queue cannot be read: {why}"));
        }
        if self.beats.is_silent(now) {
            return Health::Broken(format!(
                "no event of palisade's heartbeat came within {} minutes: look at the trail, the \
                 rule and the queue's policy",
                SILENT_AFTER.as_secs() / 60
            ));
        }
        let broken = self.services.values().filter(|it| it.missed.len() > MISSES);
        let calls: BTreeSet<&str> =
            broken.flat_map(|it| it.missed.iter().map(String::as_str)).collect();
        if !calls.is_empty() {
            let calls: Vec<&str> = calls.into_iter().collect();
            return Health::Broken(format!(
                "no event of palisade's own {} came within {} minutes: look at the trail, the \
                 rule and the queue's policy",
                calls.join(", "),
                LOST_AFTER.as_secs() / 60
            ));
        }
        let mut services = self.services.values().peekable();
        let any = services.peek().is_some();
        if self.unreadable.is_none() && any && services.all(|it| it.is_proved(now)) {
            Health::Healthy
        } else {
            Health::Unproved
        }
    }
}

impl Service {
    fn is_proved(&self, now: Instant) -> bool {
        let holds = |at: Instant| now.saturating_duration_since(at) < PROOF_LASTS;
        self.missed.is_empty() && self.proved.is_some_and(holds)
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
    fn one_missing_event_ends_the_proof_and_four_in_a_row_break_it_within_ten_minutes() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        chain.wrote(written("1", now));
        chain.came("1", now);
        chain.wrote(written("2", now));
        assert_eq!(chain.health(now + Duration::from_mins(8)), Health::Healthy);
        let later = now + Duration::from_mins(10);
        assert_eq!(chain.health(later), Health::Unproved, "one may be lost");
        assert!(!chain.arrive("ec2", later));
        for id in ["3", "4", "5"] {
            chain.wrote(written(id, later));
        }
        let later = later + Duration::from_mins(10);
        let Health::Broken(why) = chain.health(later) else { panic!("not broken") };
        assert!(why.contains("ec2:CreateTags"), "{why}");
        assert_eq!(chain.missing, 4);
        chain.wrote(written("6", later));
        chain.came("6", later);
        assert_eq!(chain.health(later), Health::Healthy, "the next proof mends it");
    }

    #[test]
    fn two_heartbeats_that_do_not_come_back_break_the_chain_whatever_was_proved() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        chain.beat("b-1", now);
        assert!(chain.awaits_beat());
        chain.came("b-1", now);
        assert!(!chain.awaits_beat() && chain.arrive("ec2", now));
        assert_eq!(chain.health(now), Health::Healthy, "without any write");
        chain.wrote(Written { action: "kms:PutKeyPolicy".into(), ..written("1", now) });
        chain.came("1", now);
        chain.beat("b-2", now);
        let later = now + SILENT_AFTER;
        assert!(chain.arrive("kms", later), "one may be lost");
        chain.beat("b-3", now + Duration::from_mins(2));
        assert!(!chain.arrive("kms", later));
        let Health::Broken(why) = chain.health(later) else { panic!("not broken") };
        assert!(why.contains("heartbeat"), "{why}");
        // The event may be here before the answer.
        chain.came("b-4", later);
        chain.beat("b-4", later);
        assert_eq!(chain.health(later), Health::Healthy);
    }

    #[test]
    fn what_proves_one_service_proves_nothing_of_another() {
        let (mut chain, now) = (Chain::default(), Instant::now());
        chain.wrote(written("1", now));
        chain.came("1", now);
        assert!(chain.arrive("ec2", now) && !chain.arrive("kms", now));
        let kms = Written { action: "kms:PutKeyPolicy".into(), ..written("2", now) };
        chain.wrote(kms);
        chain.wrote(written("3", now + Duration::from_mins(9)));
        chain.came("3", now + Duration::from_mins(9));
        let later = now + Duration::from_mins(10);
        assert!(chain.arrive("ec2", later) && !chain.arrive("kms", later));
        assert_eq!(chain.health(later), Health::Unproved, "the trail may leave KMS out");
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
