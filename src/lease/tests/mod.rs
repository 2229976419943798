//! The lease of a scope, as one process knows it, and the choice among leases.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    Clock, Holding, Leases, Untenured,
    share::{Appetite, Share},
    state::{Lease, Moment, Record, Turn, Watched},
    terms::Terms,
};

mod properties;

/// A clock that a test moves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Moment {
        s(self.0.load(Ordering::SeqCst))
    }
}

/// Leases of the process `me` with a minute's duration; these scopes are held, `others` is not.
pub(crate) fn holding(scopes: &[&str]) -> (Leases, Hand) {
    let hand = Hand::default();
    let leases = Leases::new(ME.to_owned(), terms(), hand.clone());
    let all: Vec<String> = scopes.iter().chain(&["others"]).map(|it| (*it).to_owned()).collect();
    leases.follow(&all);
    for scope in &all {
        let mut board = leases.board();
        let owner = if scope == "others" { OTHER } else { ME };
        let watched = board.leases.get_mut(scope).unwrap();
        let turn = if scope == "others" {
            watched.saw(Some(record(owner, 3, "x")), s(0))
        } else {
            watched.wrote(record(owner, 7, scope), s(0), s(0))
        };
        leases.note(&mut board, scope, &turn);
    }
    (leases, hand)
}

pub(super) const ME: &str = "me";
pub(super) const OTHER: &str = "other";

pub(super) fn s(seconds: u64) -> Moment {
    Duration::from_secs(seconds)
}

pub(super) fn terms() -> Terms {
    Terms::new(s(60), s(15), s(60))
}

pub(super) fn record(owner: &str, fence: u64, version: &str) -> Record {
    Record {
        owner: owner.to_owned(),
        fence,
        version: version.to_owned(),
        duration: s(60),
        released: false,
        since: String::new(),
    }
}

fn released(fence: u64, version: &str) -> Record {
    Record { released: true, ..record(OTHER, fence, version) }
}

/// A lease that was taken with a write from this moment on.
fn taken(at: Moment) -> Watched {
    let mut watched = Watched::default();
    watched.sends("1", at);
    assert_eq!(watched.wrote(record(ME, 1, "1"), at, at + s(1)), Turn::Taken);
    watched
}

fn left(watched: &Watched, now: Moment) -> Option<Duration> {
    watched.ours().map(|tenure| tenure.left(now))
}

#[test]
fn the_time_of_a_lease_counts_from_before_its_renewal_was_sent() {
    let mut lease = taken(s(100));
    assert_eq!(left(&lease, s(110)), Some(s(50)));
    lease.sends("2", s(115));
    assert_eq!(left(&lease, s(116)), Some(s(44)), "not before the answer");
    lease.wrote(record(ME, 1, "2"), s(115), s(119));
    assert_eq!(left(&lease, s(119)), Some(s(56)));
    assert_eq!(left(&lease, s(999)), Some(s(0)));
    assert_eq!(lease.ours().map(|it| it.since), Some(s(101)), "it was held all the time");
}

#[test]
fn others_expire_when_their_version_has_stayed_the_same_for_the_whole_duration() {
    let mut lease = Watched::default();
    lease.saw(Some(record(OTHER, 3, "a")), s(10));
    assert!(!lease.is_expired(s(60), s(69)));
    assert!(lease.is_expired(s(60), s(70)));
    // Read again and again, it is the same version; a new one begins anew.
    lease.saw(Some(record(OTHER, 3, "a")), s(40));
    assert!(lease.is_expired(s(60), s(70)), "kcl#1803: reading does not make it younger");
    lease.saw(Some(record(OTHER, 3, "b")), s(50));
    assert!(!lease.is_expired(s(60), s(109)));
    // The longer duration counts, whoever has it.
    assert!(lease.is_expired(s(60), s(110)) && !lease.is_expired(s(90), s(110)));
}

#[test]
fn a_renewal_without_an_answer_counts_once_it_was_read() {
    // It has arrived.
    let mut lease = taken(s(0));
    lease.sends("2", s(15));
    lease.unanswered();
    assert!(lease.must_be_read() && !lease.is_doubted());
    assert_eq!(left(&lease, s(20)), Some(s(40)));
    assert_eq!(lease.saw(Some(record(ME, 1, "2")), s(25)), Turn::None);
    assert_eq!(left(&lease, s(25)), Some(s(50)), "from its own beginning");
    // It has not arrived, and arrives after the next one was sent.
    let mut lease = taken(s(0));
    lease.sends("2", s(15));
    lease.unanswered();
    assert_eq!(lease.saw(Some(record(ME, 1, "1")), s(20)), Turn::None);
    assert_eq!(left(&lease, s(20)), Some(s(40)));
    lease.sends("3", s(21));
    lease.refused("3");
    assert!(lease.is_doubted(), "somebody has changed it");
    assert_eq!(lease.saw(Some(record(ME, 1, "2")), s(23)), Turn::None);
    assert!(!lease.is_doubted());
    assert_eq!(left(&lease, s(23)), Some(s(52)));
}

#[test]
fn a_lease_that_somebody_else_has_taken_is_lost_whatever_time_is_left() {
    let mut lease = taken(s(0));
    let lost = Turn::Lost { by: Some(OTHER.to_owned()) };
    assert_eq!(lease.saw(Some(record(OTHER, 2, "x")), s(5)), lost);
    assert_eq!(lease.ours(), None);
    // Without its item it is lost, too: its fence would begin anew.
    let mut lease = taken(s(0));
    assert_eq!(lease.saw(None, s(5)), Turn::Lost { by: None });
    // What was released is nobody's, even by a write of this process.
    let mut lease = taken(s(0));
    lease.sends("2", s(4));
    let own = Record { released: true, ..record(ME, 1, "2") };
    assert_eq!(lease.saw(Some(own), s(5)), Turn::Lost { by: None });
}

#[test]
fn a_take_over_without_an_answer_is_found_later() {
    let mut lease = Watched::default();
    lease.saw(Some(record(OTHER, 4, "a")), s(0));
    lease.sends("1", s(60));
    lease.unanswered();
    assert_eq!(lease.ours(), None, "not before it was read");
    assert_eq!(lease.saw(Some(record(ME, 5, "1")), s(70)), Turn::Taken);
    let tenure = lease.ours().unwrap();
    assert_eq!((tenure.record.fence, tenure.from, tenure.since), (5, s(60), s(70)));
}

#[test]
fn a_released_lease_is_free_and_the_time_that_it_is_free_counts() {
    let mut lease = Watched::default();
    lease.saw(Some(released(4, "a")), s(10));
    lease.saw(Some(released(4, "a")), s(20));
    assert!(matches!(lease.lease, Lease::Free { since, .. } if since == s(10)));
    lease.saw(None, s(30));
    assert!(matches!(lease.lease, Lease::Free { since, record: None } if since == s(30)));
}

fn all(leases: Vec<Watched>) -> BTreeMap<String, Watched> {
    let named = leases.into_iter().enumerate();
    named.map(|(number, lease)| (format!("s{number:02}"), lease)).collect()
}

fn free() -> Watched {
    let mut lease = Watched::default();
    lease.saw(Some(released(1, "a")), s(0));
    lease
}

fn of(owner: &str) -> Watched {
    let mut lease = Watched::default();
    lease.saw(Some(record(owner, 1, owner)), s(0));
    lease
}

fn wanted(leases: &BTreeMap<String, Watched>, appetite: Appetite, now: Moment) -> usize {
    let terms = terms();
    Share { leases, owner: ME, terms: &terms, appetite }.wanted(now).len()
}

#[test]
fn free_leases_are_taken_a_few_at_a_time_up_to_the_share() {
    let many = |count: usize, of: fn() -> Watched| (0..count).map(|_| of()).collect::<Vec<_>>();
    assert_eq!(wanted(&all(many(1, free)), Appetite::Share, s(1)), 1);
    assert_eq!(wanted(&all(many(20, free)), Appetite::Share, s(1)), 5);
    assert_eq!(wanted(&all(many(20, free)), Appetite::All, s(1)), 20);
    // Half are somebody else's: the share is ten, and this process has nine.
    let mut leases = many(2, free);
    leases.extend(many(9, || of(OTHER)));
    leases.extend(many(9, || taken(s(0))));
    assert_eq!(wanted(&all(leases.clone()), Appetite::Share, s(1)), 1);
    leases[0] = taken(s(0));
    assert_eq!(wanted(&all(leases.clone()), Appetite::Share, s(1)), 0);
    // What nobody takes for a whole duration is taken all the same.
    assert_eq!(wanted(&all(leases[..2].to_vec()), Appetite::Share, s(60)), 1);
}

#[test]
fn expired_leases_are_taken_at_once_whoever_has_more() {
    let mut leases: Vec<_> = (0..9).map(|_| taken(s(59))).collect();
    leases.extend([of(OTHER), of(OTHER), of("third")]);
    assert_eq!(wanted(&all(leases.clone()), Appetite::Share, s(59)), 0);
    assert_eq!(wanted(&all(leases), Appetite::Share, s(60)), 3);
}

#[test]
fn each_process_has_an_order_of_its_own() {
    let leases = all((0..40).map(|_| free()).collect());
    let terms = terms();
    let of = |owner| Share { leases: &leases, owner, terms: &terms, appetite: Appetite::Share };
    assert_ne!(of("one").wanted(s(1)), of("two").wanted(s(1)));
}

#[test]
fn a_call_needs_more_time_than_the_longest_one_takes() {
    let (leases, hand) = holding(&["prod"]);
    assert_eq!(leases.allow("prod"), Ok(7));
    assert_eq!(leases.allow("others"), Err(Untenured::Held { by: OTHER.to_owned() }));
    assert_eq!(leases.allow("unheard-of"), Err(Untenured::Unread));
    hand.advance(34);
    assert_eq!(leases.allow("prod"), Ok(7));
    hand.advance(1);
    assert_eq!(leases.allow("prod"), Err(Untenured::TimeShort), "25 of 60 seconds are left");
    hand.advance(25);
    assert_eq!(leases.allow("others"), Err(Untenured::Expired { by: OTHER.to_owned() }));
    let view = leases.view();
    let holding = |scope: &str| view.scopes[scope].holding;
    assert_eq!((holding("prod"), holding("others")), (Holding::Nobody, Holding::Nobody));
}

#[test]
fn a_call_without_an_answer_keeps_the_lease_from_being_given_back() {
    let (leases, hand) = holding(&["prod"]);
    let may = |leases: &Leases| leases.may_land(&leases.board(), "prod", leases.now());
    assert!(!may(&leases));
    let flight = leases.flies("prod");
    assert!(may(&leases), "under way");
    flight.lands();
    assert!(!may(&leases));
    drop(leases.flies("prod"));
    assert!(may(&leases), "nobody knows");
    hand.advance(59);
    assert!(may(&leases));
    hand.advance(1);
    assert!(!may(&leases), "it has expired anyway");
}

#[test]
fn a_scope_that_is_gone_is_let_go_and_a_command_keeps_to_its_own() {
    let (leases, _) = holding(&["prod"]);
    leases.follow(&["others".to_owned()]);
    assert_eq!(leases.allow("prod"), Err(Untenured::Unread));
    leases.only(&["one".to_owned()].into());
    leases.follow(&["one".to_owned(), "two".to_owned()]);
    assert_eq!(leases.view().scopes.len(), 1);
}
