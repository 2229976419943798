//! The order of the edits of entries with keys.
//!
//! In between no probe should have an outcome that neither side gives it, and none should lose one
//! that both sides give it. Some pairs of states have no such order. Then it is better to let
//! nothing through for a moment than to let through what nobody wants, and the edits that take what
//! both sides give say that they interrupt.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Keyed, Tree};
use crate::model::Risk;

/// What one search may cost, at most: how often a probe is held against an entry. That is some
/// tenths of a second. What is not found with that is not found; then what closes comes first.
const EFFORT: usize = 1_000_000;

/// The key, the live value and the wanted one.
pub(super) type Change<'a> = (&'a String, Option<&'a Value>, Option<&'a Value>);

/// A change with its risk.
pub(super) type Risky<'a> = (Change<'a>, Risk);

/// What becomes of each probe.
type Outcomes = Vec<Option<String>>;

/// Which of the edits are made.
type Made = Vec<bool>;

/// The edits, from these entries on, in the best order that is found.
pub(super) fn ordered<'a>(keyed: &Keyed, mut edits: Vec<Risky<'a>>, old: &Tree) -> Vec<Risky<'a>> {
    // What closes something is tried first.
    edits.sort_by_key(|(_, risk)| risk.opens);
    if edits.is_empty() {
        return edits;
    }
    let found = Search::new(keyed, &edits, old).map(Search::order);
    found.unwrap_or(edits)
}

/// What is wrong with a state in between: the worst first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Harm {
    /// How many probes have what neither side gives them.
    opened: usize,
    /// Whether AWS may refuse the state, because it has more entries than both sides.
    is_crowded: bool,
    /// How many probes have lost what both sides give them.
    denied: usize,
}

/// What an order is looked for without, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standard {
    /// Without any harm.
    Harmless,
    /// It may deny for a moment what both sides allow.
    Interrupting,
    /// It may also need more entries than AWS takes in every account.
    Crowded,
}

impl Standard {
    const ALL: [Self; 3] = [Self::Harmless, Self::Interrupting, Self::Crowded];

    fn takes(self, harm: Harm) -> bool {
        match self {
            Self::Harmless => harm == Harm::default(),
            Self::Interrupting => harm.opened == 0 && !harm.is_crowded,
            Self::Crowded => harm.opened == 0,
        }
    }
}

/// A search for an order.
struct Search<'a, 's> {
    keyed: &'s Keyed,
    edits: &'s [Risky<'a>],
    old: &'s Tree,
    probes: Vec<Value>,
    before: Outcomes,
    after: Outcomes,
    /// Whether AWS takes both sides in every account.
    has_room: bool,
    /// How many states can be looked at, and how many of them are left.
    effort: usize,
    trials: usize,
    seen: BTreeMap<Made, Harm>,
}

impl<'a, 's> Search<'a, 's> {
    /// None where looking at all entries once is too much.
    fn new(keyed: &'s Keyed, edits: &'s [Risky<'a>], old: &'s Tree) -> Option<Self> {
        let new = state(old, edits.iter());
        let probes = (keyed.probes)(old, &new);
        let cost = (probes.len() * (old.len() + new.len())).max(1);
        let effort = EFFORT / cost;
        if effort == 0 {
            return None;
        }
        let [before, after] = [old, &new].map(|entries| (keyed.outcomes)(entries, &probes));
        let has_room = (keyed.fits)(old) && (keyed.fits)(&new);
        let seen = BTreeMap::new();
        let trials = effort;
        Some(Self { keyed, edits, old, probes, before, after, has_room, effort, trials, seen })
    }

    fn order(mut self) -> Vec<Risky<'a>> {
        for standard in Standard::ALL {
            // As much again for each, however much the others took.
            self.trials = self.effort;
            let mut done = Vec::with_capacity(self.edits.len());
            let mut made = vec![false; self.edits.len()];
            if self.find(standard, &mut made, &mut done, &mut BTreeSet::new()) == Some(true) {
                return self.stated(&done);
            }
        }
        self.trials = self.effort;
        let done = self.least_harm();
        self.stated(&done)
    }

    /// Whether what is left can be done by this standard; then `done` has the order. Nothing if
    /// that would take too much. `dead` has the states from which it cannot.
    fn find(
        &mut self,
        standard: Standard,
        made: &mut Made,
        done: &mut Vec<usize>,
        dead: &mut BTreeSet<Made>,
    ) -> Option<bool> {
        if done.len() == self.edits.len() {
            return Some(true);
        }
        if dead.contains(made) {
            return Some(false);
        }
        for index in self.next(standard, made)? {
            if !standard.takes(self.harm_of(made, index)?) {
                continue;
            }
            made[index] = true;
            done.push(index);
            if self.find(standard, made, done, dead)? {
                return Some(true);
            }
            done.pop();
            made[index] = false;
        }
        dead.insert(made.clone());
        Some(false)
    }

    /// The edits that are left; where harm is taken, those that do least of it first.
    fn next(&mut self, standard: Standard, made: &mut Made) -> Option<Vec<usize>> {
        let left = (0..made.len()).filter(|index| !made[*index]);
        if standard == Standard::Harmless {
            return Some(left.collect());
        }
        let left: Vec<_> = left.collect();
        let harms = left.iter().map(|&index| Some((self.harm_of(made, index)?, index)));
        let mut harms = harms.collect::<Option<Vec<_>>>()?;
        harms.sort_unstable();
        Some(harms.into_iter().map(|(_, index)| index).collect())
    }

    /// Of all edits that are left always the one that does least harm, as long as that can be
    /// seen.
    fn least_harm(&mut self) -> Vec<usize> {
        let mut made = vec![false; self.edits.len()];
        let mut done = Vec::with_capacity(made.len());
        while let Some(next) = self.next(Standard::Crowded, &mut made) {
            let Some(&first) = next.first() else { break };
            made[first] = true;
            done.push(first);
        }
        done.extend((0..made.len()).filter(|index| !made[*index]));
        done
    }

    /// What is wrong with the state after one more edit.
    fn harm_of(&mut self, made: &mut Made, index: usize) -> Option<Harm> {
        made[index] = true;
        let harm = self.seen.get(made).copied().or_else(|| {
            self.trials = self.trials.checked_sub(1)?;
            let harm = self.harm(made);
            self.seen.insert(made.clone(), harm);
            Some(harm)
        });
        made[index] = false;
        harm
    }

    fn harm(&self, made: &Made) -> Harm {
        let entries = self.state(made);
        let is_crowded = self.has_room && !(self.keyed.fits)(&entries);
        let mut harm = Harm { is_crowded, ..Harm::default() };
        let now = (self.keyed.outcomes)(&entries, &self.probes);
        for ((now, before), after) in now.iter().zip(&self.before).zip(&self.after) {
            if now.is_some() && now != before && now != after {
                harm.opened += 1;
            } else if before.is_some() && before == after && now != before {
                harm.denied += 1;
            }
        }
        harm
    }

    fn state(&self, made: &Made) -> Tree {
        let made = self.edits.iter().zip(made).filter(|(_, is_made)| **is_made);
        state(self.old, made.map(|(edit, _)| edit))
    }

    /// The edits in this order. Those that give for a moment what neither side gives say so, and
    /// those that take what both give. One that takes from no probe what it has interrupts nobody,
    /// if that is so after the edits before it and also without them: they may be held.
    fn stated(&self, done: &[usize]) -> Vec<Risky<'a>> {
        let mut made = vec![false; done.len()];
        let mut now = self.before.clone();
        let mut stated = Vec::with_capacity(done.len());
        // Of what cannot be looked at as a whole every edit says what it risks by itself.
        let is_seen = 2 * done.len() <= self.effort;
        for &index in done {
            let (change, mut risk) = self.edits[index];
            made[index] = true;
            if is_seen {
                let next = (self.keyed.outcomes)(&self.state(&made), &self.probes);
                let alone = state(self.old, std::iter::once(&self.edits[index]));
                let alone = (self.keyed.outcomes)(&alone, &self.probes);
                if !takes(&now, &next) && !takes(&self.before, &alone) {
                    risk = risk.keeping_connections();
                }
                let ends = self.before.iter().zip(&self.after);
                for ((old, new), (before, after)) in now.iter().zip(&next).zip(ends) {
                    risk.opens |= new.is_some() && ![old, before, after].contains(&new);
                    if old.is_some() && new != old && old == before && old == after {
                        risk = risk.cutting_connections();
                    }
                }
                now = next;
            }
            stated.push((change, risk));
        }
        stated
    }
}

/// Whether some probe does not have any more what it had.
fn takes(before: &Outcomes, after: &Outcomes) -> bool {
    before.iter().zip(after).any(|(before, after)| before.is_some() && after != before)
}

/// These entries after some edits.
fn state<'e, 'a: 'e>(old: &Tree, edits: impl Iterator<Item = &'e Risky<'a>>) -> Tree {
    let mut entries = old.clone();
    for ((key, _, new), _) in edits {
        match new {
            Some(value) => drop(entries.insert((*key).clone(), (*value).clone())),
            None => drop(entries.shift_remove(*key)),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{Form, How, Table, Verb, keyed::Calls},
        *,
    };
    use crate::kinds::{network_acl, route_table};

    /// What happens to which entry, and what it risks.
    type Step = (Verb, String, Risk);

    fn edits(table: &Table, path: &str, old: Tree, new: Tree) -> Vec<Step> {
        let row = table.leaf(path).expect("a row");
        let (Form::Keyed(keyed), How::Keyed { add, replace, remove }) = (&row.form, &row.change)
        else {
            panic!("entries with keys");
        };
        let calls = Calls { add, replace, remove };
        let edits = row.keyed(keyed, &calls, (&Value::Object(new), &Value::Object(old)));
        edits.into_iter().map(|it| (it.edit.verb, it.edit.entry, it.risk)).collect()
    }

    /// The keys of the edits of routes, in their order, each with what happens to it.
    fn order(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let tree = |entries: &[(&str, &str)]| -> Tree {
            entries.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
        };
        let edits = edits(&route_table::table(), "routes", tree(old), tree(new));
        edits.iter().map(|(verb, entry, _)| format!("{verb:?} {entry}")).collect()
    }

    /// Entries of a network ACL: number, action, protocol (`6` is about port 443) and block.
    fn acl(entries: &[(u16, &str, &str, &str)]) -> Tree {
        let entry = |&(number, action, protocol, cidr): &(u16, &str, &str, &str)| {
            let mut value = json!({"action": action, "protocol": protocol, "cidr": cidr});
            if protocol == "6" {
                value["ports"] = json!([443, 443]);
            }
            (format!("ingress {number:05}"), value)
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn where_every_order_does_harm_it_denies_for_a_moment_and_says_that_it_interrupts() {
        let old = acl(&[(100, "deny", "-1", "10.1.0.0/16"), (200, "allow", "-1", "10.0.0.0/8")]);
        let new = acl(&[(100, "allow", "6", "10.0.0.0/8"), (200, "deny", "-1", "10.1.0.0/16")]);
        let edits = edits(&network_acl::table(), "entries", old, new);
        let keys: Vec<_> = edits.iter().map(|(_, entry, _)| entry.as_str()).collect();
        assert_eq!(keys, ["ingress 00200", "ingress 00100"]);
        assert_eq!(edits[0].2, Risk::TIGHTENS.cutting_connections());
        assert_eq!(edits[1].2, Risk::LOOSENS);
    }

    #[test]
    fn a_deny_where_nothing_passes_interrupts_nobody() {
        let new = acl(&[(100, "deny", "-1", "10.1.0.0/16"), (200, "allow", "-1", "10.0.0.0/8")]);
        let edits = edits(&network_acl::table(), "entries", acl(&[]), new);
        let risks: Vec<_> = edits.iter().map(|(_, entry, risk)| (entry.as_str(), *risk)).collect();
        assert_eq!(risks, [("ingress 00100", Risk::TIGHTENS), ("ingress 00200", Risk::LOOSENS)]);
    }

    #[test]
    fn what_interrupts_nobody_only_after_an_edit_that_may_be_held_interrupts() {
        let old = acl(&[(200, "allow", "-1", "10.1.0.0/16")]);
        let new = acl(&[(100, "deny", "-1", "10.0.0.0/8")]);
        let edits = edits(&network_acl::table(), "entries", old, new);
        assert_eq!(edits.len(), 2);
        assert!(edits.iter().all(|(_, _, risk)| risk.disrupts()), "{edits:?}");
    }

    #[test]
    fn where_every_order_opens_that_is_said() {
        let all = (300, "allow", "-1", "0.0.0.0/0");
        let deny = |number, cidr| (number, "deny", "-1", cidr);
        let old = acl(&[deny(100, "10.1.0.0/16"), deny(200, "10.2.0.0/16"), all]);
        let new = acl(&[deny(100, "10.2.0.0/16"), deny(200, "10.1.0.0/16"), all]);
        let edits = edits(&network_acl::table(), "entries", old, new);
        assert_eq!(edits.len(), 2);
        assert!(edits[0].2.opens, "{:?}", edits[0].2);
    }

    #[test]
    fn a_full_acl_makes_room_for_each_entry_that_comes() {
        let blocks: Vec<_> = (1..=19).map(|n| format!("10.{n}.0.0/16")).collect();
        let from = |first: u16| {
            let numbered = blocks.iter().zip(first..);
            let all: Vec<_> = numbered.map(|(it, n)| (n, "allow", "-1", it.as_str())).collect();
            acl(&all)
        };
        let edits = edits(&network_acl::table(), "entries", from(1), from(101));
        let verbs: Vec<_> = edits.iter().map(|(verb, _, _)| *verb).collect();
        assert_eq!(verbs, [Verb::Remove, Verb::Add].repeat(19));
        // What was removed is allowed again before the next one goes.
        for pair in edits.chunks(2) {
            let number = |step: &Step| step.1[8..].parse::<u16>().expect("a number");
            assert_eq!(number(&pair[0]) + 100, number(&pair[1]));
            assert!(pair[0].2.disrupts());
        }
    }

    #[test]
    fn what_is_wider_goes_after_what_is_narrower_has_come() {
        // Without the narrow route, what it takes would go to the wide one's target for a moment.
        assert_eq!(
            order(
                &[("10.0.0.0/8", "tgw-1"), ("10.1.0.0/16", "pcx-1")],
                &[("0.0.0.0/0", "nat-1"), ("10.0.0.0/8", "tgw-1"), ("10.1.0.0/16", "pcx-1")],
            ),
            ["Add 0.0.0.0/0"]
        );
        assert_eq!(
            order(&[("0.0.0.0/0", "igw-1")], &[("0.0.0.0/0", "nat-1"), ("10.0.0.0/8", "tgw-1")]),
            ["Add 10.0.0.0/8", "Replace 0.0.0.0/0"]
        );
    }

    #[test]
    fn an_exit_closes_before_another_one_opens() {
        assert_eq!(
            order(&[("0.0.0.0/0", "igw-1")], &[("192.168.0.0/16", "pcx-1")]),
            ["Remove 0.0.0.0/0", "Add 192.168.0.0/16"]
        );
    }

    #[test]
    fn a_narrow_route_goes_once_the_wide_one_leads_where_it_led() {
        assert_eq!(
            order(&[("10.0.0.0/8", "pcx-1"), ("10.1.0.0/16", "tgw-1")], &[("10.0.0.0/8", "tgw-1")]),
            ["Replace 10.0.0.0/8", "Remove 10.1.0.0/16"]
        );
    }

    #[test]
    fn of_more_entries_than_can_be_tried_what_closes_comes_first() {
        const MANY: u32 = 600;
        let routes = |from: u32| -> Vec<String> {
            (from..from + MANY).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect()
        };
        let (old, new) = (routes(0), routes(MANY));
        fn pairs(all: &[String]) -> Vec<(&str, &str)> {
            all.iter().map(|to| (to.as_str(), "tgw-1")).collect()
        }
        let order = order(&pairs(&old), &pairs(&new));
        let (gone, come) = order.split_at(MANY as usize);
        assert_eq!((gone.len(), come.len()), (600, 600));
        assert!(gone.iter().all(|edit| edit.starts_with("Remove")));
        assert!(come.iter().all(|edit| edit.starts_with("Add")));
    }
}
