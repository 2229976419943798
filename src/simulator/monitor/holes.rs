//! Closing a hole does not wait for anything unrelated. This is judged from what is really open,
//! whatever the process reports.
//!
//! A hole is a fact that allows somebody more than is wanted: an extra rule, route, group or
//! subnet, another policy, an enabled key, a policy of ours that is not attached where it should
//! be. It may stay as long as something permitted prevents closing it. The caller knows what that
//! is, and names the addresses where nothing does.

use std::collections::{BTreeMap, BTreeSet};

use super::expect::{Violation, short};
use crate::simulator::services::kinds;

/// The passes that closing a hole may take if nothing prevents it: one pass sees and closes the
/// hole; one more, because the foreign change may come while the first is observing.
const PASSES: u32 = 2;

/// The open holes, one sentence each.
pub(super) fn holes(found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let opens = |fact: &&String| {
        kinds().any(|kind| {
            kind.holes.added.iter().any(|word| fact.starts_with(word))
                || kind.holes.whole.iter().any(|end| fact.ends_with(end))
        })
    };
    let closes = |fact: &&String| {
        kinds().any(|kind| kind.holes.missing.iter().any(|word| fact.starts_with(word)))
    };
    let added = found.difference(wanted).filter(opens).cloned();
    let missing = wanted.difference(found).filter(closes);
    added.chain(missing.map(|fact| format!("not {fact}"))).collect()
}

/// The number of passes that each hole has been open although nothing prevented closing it.
#[derive(Debug, Default)]
pub(super) struct Open(BTreeMap<(String, String), u32>);

impl Open {
    /// The holes that have been open for too long after this pass. A pass in which something
    /// prevented closing a hole does not count, but earlier passes still do.
    pub(super) fn after_pass(
        &mut self,
        truth: &BTreeMap<String, BTreeSet<String>>,
        wanted: &BTreeMap<String, BTreeSet<String>>,
        free: &BTreeSet<String>,
    ) -> Vec<Violation> {
        let open = |(address, wanted): (&String, &BTreeSet<String>)| {
            let found = truth.get(address).map(|found| holes(found, wanted)).unwrap_or_default();
            let address = address.clone();
            found.into_iter().map(move |hole| (address.clone(), hole)).collect::<Vec<_>>()
        };
        let open: BTreeSet<(String, String)> = wanted.iter().flat_map(open).collect();
        self.0.retain(|hole, _| open.contains(hole));
        let mut found = Vec::new();
        for hole in open.into_iter().filter(|(address, _)| free.contains(address)) {
            let what = format!("{} stays open: {}", hole.0, short(&hole.1));
            let passes = self.0.entry(hole).or_default();
            *passes += 1;
            if *passes == PASSES {
                found.push(Violation { rule: "S15", what });
            }
        }
        found
    }

    /// Starts again for a new process, which has not seen anything yet.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|fact| (*fact).to_owned()).collect()
    }

    fn one(address: &str, all: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        [(address.to_owned(), facts(all))].into()
    }

    #[test]
    fn a_hole_is_a_fact_that_is_not_wanted() {
        for (found, wanted, hole) in [
            ("ingress tcp 22-22 0.0.0.0/0", "name apps", "ingress tcp 22-22 0.0.0.0/0"),
            ("egress -1 all 0.0.0.0/0", "name apps", "egress -1 all 0.0.0.0/0"),
            ("policy {\"wide\":1}", "policy {}", "policy {\"wide\":1}"),
            ("content {}", "content {\"narrow\":1}", "content {}"),
            ("routeTable rtb-2", "name logs", "routeTable rtb-2"),
            ("name logs", "routeTable rtb-1", "not routeTable rtb-1"),
            ("group sg-2", "group sg-1", "group sg-2"),
            ("subnet subnet-2", "subnet subnet-1", "subnet subnet-2"),
            ("state Enabled", "state Disabled", "state Enabled"),
            (
                "settings.DockerSettings.EnableDockerAccess \"ENABLED\"",
                "settings.DockerSettings.EnableDockerAccess \"DISABLED\"",
                "settings.DockerSettings.EnableDockerAccess \"ENABLED\"",
            ),
            ("name guard", "attached r-1", "not attached r-1"),
        ] {
            assert_eq!(holes(&facts(&[found]), &facts(&[wanted])), facts(&[hole]));
        }
    }

    #[test]
    fn missing_permissions_and_facts_without_access_are_not_holes() {
        let wanted = facts(&["ingress tcp 443-443 10.0.0.0/16", "state Enabled", "description a"]);
        let found = facts(&["state Disabled", "description b", "attached ou-1", "alias alias/x"]);
        assert_eq!(holes(&found, &wanted), facts(&[]));
    }

    const APPS: &str = "ml/SecurityGroup/apps";

    #[test]
    fn a_hole_must_not_outlast_two_passes_if_nothing_prevents_closing_it() {
        let (wanted, truth) = (one(APPS, &[]), one(APPS, &["ingress tcp 22-22 0.0.0.0/0"]));
        let (free, busy) = (facts(&[APPS]), facts(&[]));
        let mut open = Open::default();
        assert_eq!(open.after_pass(&truth, &wanted, &free), []);
        // Something prevented closing it, so that pass does not count.
        assert_eq!(open.after_pass(&truth, &wanted, &busy), []);
        let found = open.after_pass(&truth, &wanted, &free);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].rule, "S15");
        assert!(found[0].what.contains(APPS), "{}", found[0]);
    }

    #[test]
    fn a_hole_that_is_opened_again_is_counted_from_the_start() {
        let (wanted, truth) = (one(APPS, &[]), one(APPS, &["ingress tcp 22-22 0.0.0.0/0"]));
        let free = facts(&[APPS]);
        let mut open = Open::default();
        for _ in 0..4 {
            assert_eq!(open.after_pass(&truth, &wanted, &free), []);
            assert_eq!(open.after_pass(&wanted, &wanted, &free), []);
        }
    }
}
