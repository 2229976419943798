//! The edits of a group, in an order in which no intermediate state opens or breaks anything.
//!
//! Rules only allow, so with `old` the live rules and `new` the wanted ones:
//! 1. Rules that are not wanted and share no traffic with a missing wanted rule are revoked first.
//!    A hole is closed before anything that can fail.
//! 2. Rules that are not wanted become missing ones of the same peer type in place, if that cuts
//!    nothing that another missing rule allows too. Those that only narrow have a call of their
//!    own: EC2 accepts all of a call or nothing, and narrowing must not wait for anything else.
//! 3. The other unwanted rules share traffic with several missing rules (somebody replaced three
//!    narrow rules by a wide one). These missing rules are added, and then the wide one is revoked:
//!    in the opposite order, traffic that both allow would be interrupted.
//! 4. Descriptions, then the rest of what is missing.
//!
//! At each of these instants everything allowed is allowed by `old` or `new`, and what both allow
//! is allowed. Overlap is judged where it can be known: between address ranges, and between equal
//! groups or prefix lists. The one exception: if the quota has no room for step 3, its revocation
//! comes first, which allows less for a moment, never more.
//!
//! A missing rule whose peer is not known yet, or is a prefix list of unknown size, is added by an
//! edit of its own, which is the only one to wait for that. A live rule that may be such a rule is
//! neither revoked nor changed meanwhile; one that cannot be is revoked at once.
//!
//! Associations with VPCs that are not wanted end before all of this, and missing ones are made
//! after it: the group is used in more VPCs only with the rules that it is to have.
//!
//! A rule that names a group by its id, which was not seen in the VPC, may be one that EC2 refuses:
//! it is added by an edit of its own too. What such a rule, or one for a prefix list of unknown
//! size, takes the place of is revoked after it: a mistyped id must not cut off everybody. This is
//! for changes of the manifest: putting back waits for nothing, and what is open to the world goes
//! first.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    associations,
    change::{Change, Fixed, Pair, Redescription},
    peer::{OtherGroup, Peer, PeerType, Pending, PendingKind},
    rule::{Direction, Entry, Rule},
    spec::Mode,
    state::{Rules, State},
};
use crate::kind::{Candidates, Describe as _, is_placeholder};

/// The order of the changes; both directions go through the stages together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Revoke,
    Narrow,
    Modify,
    Bridge,
    RevokeBridged,
    Describe,
    Authorize,
    Unsure,
    Pending,
    RevokeReplaced,
}

/// All edits, in order.
pub(super) fn edits(want: &State, have: &State) -> Vec<Change> {
    let mut changes = immutable(want, have);
    let mut staged = Vec::new();
    for direction in Direction::BOTH {
        if let Some(wanted) = want.rules_of(direction) {
            let live = have.rules_of(direction).cloned().unwrap_or_default();
            let side = Side {
                direction,
                want: by_own_id(wanted, have.id.as_deref()),
                live: live.0,
                state: want,
            };
            staged.extend(side.edits());
        }
    }
    staged.sort_by_key(|(stage, _)| *stage);
    changes.extend(associations::ends(want, have));
    changes.extend(staged.into_iter().map(|(_, change)| change));
    changes.extend(associations::begins(want, have));
    changes
}

fn immutable(want: &State, have: &State) -> Vec<Change> {
    [
        (Fixed::GroupName, &want.group_name, &have.group_name),
        (Fixed::Description, &want.description, &have.description),
        (Fixed::Vpc, &want.vpc, &have.vpc),
    ]
    .into_iter()
    .filter_map(|(field, want, have)| {
        // What is not known yet may equal the live value.
        let want = want.as_ref().filter(|want| field != Fixed::Vpc || !is_placeholder(want))?;
        (have.as_ref() != Some(want)).then(|| Change::Immutable {
            field,
            have: have.clone().unwrap_or_default(),
            want: want.clone(),
        })
    })
    .collect()
}

/// A rule that names the group by its own id is a rule for `self`.
fn by_own_id(rules: &Rules, own: Option<&str>) -> BTreeMap<Rule, Option<String>> {
    let mut canonical = BTreeMap::new();
    for (rule, description) in &rules.0 {
        let mut rule = rule.clone();
        if matches!(&rule.peer, Peer::Group(OtherGroup { id, .. }) if Some(id.as_str()) == own) {
            rule.peer = Peer::Myself;
        }
        // If it is written both ways, the first description is used.
        canonical.entry(rule).or_insert_with(|| description.clone());
    }
    canonical
}

/// One direction of a group.
struct Side<'a> {
    direction: Direction,
    want: BTreeMap<Rule, Option<String>>,
    live: BTreeMap<Rule, Option<String>>,
    state: &'a State,
}

impl Side<'_> {
    /// Whether a live rule may be the wanted one whose peer is pending.
    fn may_be(live: &Rule, wanted: &Rule) -> bool {
        let Peer::Pending(pending) = &wanted.peer else { return false };
        let id = match (&live.peer, pending.kind) {
            (Peer::Group(OtherGroup { id, .. }), PendingKind::Group) => id,
            (Peer::PrefixList(id), PendingKind::PrefixList) => id,
            _ => return false,
        };
        live.traffic == wanted.traffic && pending.candidates.allow(id)
    }

    /// Whether a pending rule certainly exists: it can be only one live thing, and that has the
    /// rule.
    fn exists(&self, wanted: &Rule) -> bool {
        let Peer::Pending(Pending { candidates, .. }) = &wanted.peer else { return false };
        let only_one = matches!(candidates, Candidates::These(ids) if ids.len() == 1);
        only_one && self.live.keys().any(|rule| Self::may_be(rule, wanted))
    }

    /// What adding a missing rule waits for.
    fn waits_for(&self, rule: &Rule) -> Option<String> {
        match &rule.peer {
            Peer::Pending(pending) => Some(pending.placeholder.clone()),
            Peer::PrefixList(id) => {
                let weight = self.state.prefix_list_weights.get(id);
                weight.filter(|weight| is_placeholder(weight)).cloned()
            }
            _ => None,
        }
    }

    /// Whether EC2 may refuse the rule, because it names a group that was not seen and that no live
    /// rule names.
    fn is_unsure(&self, rule: &Rule) -> bool {
        let Peer::Group(OtherGroup { id, .. }) = &rule.peer else { return false };
        self.state.unseen_groups.contains(id) && self.live.keys().all(|live| live.peer != rule.peer)
    }

    fn edits(&self) -> Vec<(Stage, Change)> {
        let mut missing: BTreeSet<_> = self
            .want
            .keys()
            .filter(|rule| !self.live.contains_key(rule) && !self.exists(rule))
            .cloned()
            .collect();
        let mut later = take(&mut missing, |rule| matches!(rule.peer, Peer::Pending(_)));
        let mut extra: BTreeSet<_> = match self.state.rules.unwrap_or_default() {
            Mode::Exclusive => {
                let unwanted = |live: &&Rule| {
                    !self.want.contains_key(live)
                        && !self.want.keys().any(|wanted| Self::may_be(live, wanted))
                };
                self.live.keys().filter(unwanted).cloned().collect()
            }
            Mode::Additive => BTreeSet::new(),
        };
        let unrelated = take(&mut extra, |rule| !missing.iter().any(|new| new.overlaps(rule)));
        let (mut first, pairs) = self.pair(unrelated, &mut extra, &mut missing);
        later.append(&mut take(&mut missing, |rule| self.waits_for(rule).is_some()));
        let unsure = take(&mut missing, |rule| self.is_unsure(rule));

        let mut bridge =
            take(&mut missing, |rule| extra.iter().any(|unwanted| unwanted.overlaps(rule)));
        let mut there: BTreeSet<_> = self.live.keys().cloned().collect();
        there.retain(|rule| !first.contains(rule) && pairs.iter().all(|pair| pair.old != *rule));
        there.extend(pairs.iter().map(|pair| pair.new.clone()));
        if !bridge.is_empty() && !self.state.quota().fits(&there.union(&bridge).cloned().collect())
        {
            first.append(&mut extra);
            missing.append(&mut bridge);
        }
        let (later, unsure) = (self.wait_for_each(later), self.try_each(unsure));
        let covered = bridge.iter().all(|new| there.iter().any(|rule| rule.covers(new)));
        there.retain(|rule| !first.contains(rule));
        there.extend(bridge.iter().chain(&missing).cloned());
        let replaced = self.replaced(there, [&mut first, &mut extra], (&later, &unsure));

        let (narrowing, moving): (Vec<_>, _) =
            pairs.into_iter().partition(|pair| pair.old.covers(&pair.new));

        let edits = [
            (Stage::Revoke, self.revoke(&first, false)),
            (Stage::Narrow, self.modify(narrowing)),
            (Stage::Modify, self.modify(moving)),
            (Stage::Bridge, self.authorize(&bridge, covered)),
            (Stage::RevokeBridged, self.revoke(&extra, true)),
            (Stage::Describe, self.describe()),
            (Stage::Authorize, self.authorize(&missing, false)),
        ];
        let mut edits: Vec<_> =
            edits.into_iter().filter_map(|(stage, change)| Some((stage, change?))).collect();
        edits.extend(unsure.into_iter().map(|change| (Stage::Unsure, change)));
        edits.extend(later.into_iter().map(|change| (Stage::Pending, change)));
        edits.extend(replaced.into_iter().map(|change| (Stage::RevokeReplaced, change)));
        edits
    }

    /// Chooses which unwanted rules become which missing ones, the closest pairs first, and removes
    /// both from the sets. Returns what is to be revoked first, and the pairs.
    fn pair(
        &self,
        mut unrelated: BTreeSet<Rule>,
        extra: &mut BTreeSet<Rule>,
        missing: &mut BTreeSet<Rule>,
    ) -> (BTreeSet<Rule>, Vec<Pair>) {
        let mut candidates = Vec::new();
        for old in unrelated.iter().chain(extra.iter()) {
            for new in missing.iter() {
                let cuts = missing.iter().any(|other| other != new && other.overlaps(old));
                // Another list may count more than there is room for.
                let cuts = cuts || (old.peer != new.peer && self.waits_for(new).is_some());
                if let Some(distance) = distance(old, new)
                    && !cuts
                {
                    candidates.push((distance, old.clone(), new.clone()));
                }
            }
        }
        candidates.sort();
        let mut pairs = Vec::new();
        for (_, old, new) in candidates {
            let free = unrelated.contains(&old) || extra.contains(&old);
            if free && missing.remove(&new) {
                unrelated.remove(&old);
                extra.remove(&old);
                let kept = self.live.get(&old).cloned().flatten();
                let wanted = self.want.get(&new).cloned().flatten();
                pairs.push(Pair { description: wanted.or(kept).unwrap_or_default(), old, new });
            }
        }
        (unrelated, pairs)
    }

    fn revoke(&self, rules: &BTreeSet<Rule>, bridged: bool) -> Option<Change> {
        (!rules.is_empty()).then(|| Change::Revoke {
            direction: self.direction,
            rules: self.live_entries(rules),
            bridged,
            replaced_by: Vec::new(),
        })
    }

    /// Live rules as they are.
    fn live_entries(&self, rules: &BTreeSet<Rule>) -> Vec<Entry> {
        let entry = |rule: &Rule| Entry {
            rule: rule.clone(),
            description: self.live.get(rule).cloned().flatten(),
        };
        rules.iter().map(entry).collect()
    }

    /// Takes out of what is revoked the rules whose place is taken by what waits for a fact about
    /// its peer, or may be refused, and revokes them after that. `there` is what else is there at
    /// some time; without room for both none is taken out.
    fn replaced(
        &self,
        mut there: BTreeSet<Rule>,
        revoked: [&mut BTreeSet<Rule>; 2],
        (later, unsure): (&[Change], &[Change]),
    ) -> Vec<Change> {
        let of_facts = later
            .iter()
            .filter(|change| matches!(change, Change::Authorize { waits_for: Some(_), .. }));
        let of_facts: Vec<(String, &[Entry])> = of_facts
            .chain(unsure)
            .filter_map(|change| match change {
                Change::Authorize { rules, .. } => Some((change.key(), rules.as_slice())),
                _ => None,
            })
            .collect();
        let by = |old: &Rule| -> Vec<String> {
            let is_worldwide = matches!(old.peer, Peer::Cidr(cidr) if cidr.is_everything());
            let takes_place =
                |new: &Entry| !is_worldwide && new.rule.traffic.overlaps(&old.traffic);
            let replacing = of_facts.iter().filter(|(_, rules)| rules.iter().any(takes_place));
            replacing.map(|(key, _)| key.clone()).collect()
        };
        let staying = revoked.iter().flat_map(|rules| rules.iter());
        there.extend(staying.filter(|old| !by(old).is_empty()).cloned());
        for change in later.iter().chain(unsure) {
            if let Change::Authorize { rules, .. } = change {
                there.extend(rules.iter().map(|entry| entry.rule.clone()));
            }
        }
        // What waits is judged again when more is known.
        let quota = self.state.quota();
        let count = quota.count(there.iter().map(|rule| &rule.peer), 1);
        if count.iter().any(|count| *count > quota.limit) {
            return Vec::new();
        }
        let mut replaced: BTreeMap<(bool, Vec<String>), BTreeSet<Rule>> = BTreeMap::new();
        for (rules, bridged) in revoked.into_iter().zip([false, true]) {
            for old in take(rules, |old| !by(old).is_empty()) {
                replaced.entry((bridged, by(&old))).or_default().insert(old);
            }
        }
        let change = |((bridged, replaced_by), rules): ((bool, Vec<String>), BTreeSet<Rule>)| {
            let rules = self.live_entries(&rules);
            Change::Revoke { direction: self.direction, rules, bridged, replaced_by }
        };
        replaced.into_iter().map(change).collect()
    }

    fn modify(&self, pairs: Vec<Pair>) -> Option<Change> {
        (!pairs.is_empty()).then_some(Change::Modify { direction: self.direction, pairs })
    }

    fn authorize(&self, rules: &BTreeSet<Rule>, covered: bool) -> Option<Change> {
        (!rules.is_empty()).then(|| Change::Authorize {
            direction: self.direction,
            rules: self.entries(rules),
            covered,
            waits_for: None,
        })
    }

    /// One edit for each group that may not be there.
    fn try_each(&self, rules: BTreeSet<Rule>) -> Vec<Change> {
        let mut by_group: BTreeMap<Peer, BTreeSet<Rule>> = BTreeMap::new();
        for rule in rules {
            by_group.entry(rule.peer.clone()).or_default().insert(rule);
        }
        by_group.values().filter_map(|rules| self.authorize(rules, false)).collect()
    }

    /// One edit for each thing that must be known first.
    fn wait_for_each(&self, rules: BTreeSet<Rule>) -> Vec<Change> {
        let mut by_placeholder: BTreeMap<String, BTreeSet<Rule>> = BTreeMap::new();
        for rule in rules {
            by_placeholder
                .entry(self.waits_for(&rule).unwrap_or_default())
                .or_default()
                .insert(rule);
        }
        let change = |(placeholder, rules): (String, BTreeSet<Rule>)| {
            let of_a_fact = rules.iter().any(|rule| !matches!(rule.peer, Peer::Pending(_)));
            Change::Authorize {
                direction: self.direction,
                rules: self.entries(&rules),
                covered: false,
                waits_for: of_a_fact.then_some(placeholder),
            }
        };
        by_placeholder.into_iter().map(change).collect()
    }

    /// Missing rules as they are wanted.
    fn entries(&self, rules: &BTreeSet<Rule>) -> Vec<Entry> {
        let entry = |rule: &Rule| Entry {
            rule: rule.clone(),
            description: self.want.get(rule).cloned().flatten(),
        };
        rules.iter().map(entry).collect()
    }

    fn describe(&self) -> Option<Change> {
        let rules: Vec<_> = self
            .want
            .iter()
            .filter_map(|(rule, new)| {
                let (new, old) = (new.as_ref()?, self.live.get(rule)?);
                let old = old.clone().unwrap_or_default();
                (old != *new).then(|| Redescription { rule: rule.clone(), old, new: new.clone() })
            })
            .collect();
        (!rules.is_empty()).then_some(Change::Describe { direction: self.direction, rules })
    }
}

/// How far an unwanted rule is from a missing one; `None` if it must not become it in place. A rule
/// that is open to the world is never moved to other traffic: it is revoked, before anything that
/// can fail. A rule for a group keeps its group: EC2 has no field there for the account of another
/// one.
fn distance(old: &Rule, new: &Rule) -> Option<u8> {
    let kind = old.peer.kind();
    let is_foreign = kind == PeerType::ForeignGroup;
    let other_group = kind == PeerType::Group && old.peer != new.peer;
    if kind != new.peer.kind() || is_foreign || other_group {
        return None;
    }
    match () {
        () if old.covers(new) => Some(0),
        () if new.covers(old) => Some(1),
        () if old.overlaps(new) => Some(2),
        () if old.is_open() => None,
        () if old.traffic == new.traffic => Some(3),
        () if old.peer == new.peer => Some(4),
        () => None,
    }
}

fn take(from: &mut BTreeSet<Rule>, which: impl Fn(&Rule) -> bool) -> BTreeSet<Rule> {
    let (taken, left) = std::mem::take(from).into_iter().partition(which);
    *from = left;
    taken
}
