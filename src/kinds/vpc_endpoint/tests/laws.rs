//! The laws of every kind, over any pair of states.

use proptest::{collection::btree_set, option, prelude::*, sample};

use super::*;
use crate::kinds::vpc_endpoint::Change;

fn ids(prefix: &'static str) -> impl Strategy<Value = BTreeSet<String>> {
    btree_set((0..5u8).prop_map(move |n| format!("{prefix}-{n}")), 1..4)
}

/// Disjoint groups of candidates: subnet 0 and 1 share a zone, 2 and 3 another, 4 is alone.
fn groups() -> impl Strategy<Value = Vec<BTreeSet<String>>> {
    let zones = vec![
        set(["subnet-0", "subnet-1"]),
        set(["subnet-2", "subnet-3"]),
        set(["subnet-4"]),
        set(["subnet-5"]),
    ];
    sample::subsequence(zones, 1..4)
}

fn policies() -> impl Strategy<Value = Policy> {
    sample::select(vec![
        Policy::AllowAll,
        allowing("s3:*"),
        allowing("s3:GetObject"),
        allowing("kms:Decrypt"),
    ])
}

fn words(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    sample::select(words).prop_map(str::to_owned)
}

fn types() -> impl Strategy<Value = String> {
    words(&["Interface", "Interface", "Interface", "Gateway", "GatewayLoadBalancer"])
}

prop_compose! {
    fn wanted()(
        endpoint_type in types(),
        vpc in words(&["vpc-1", "vpc-1", "vpc-1", "vpc-2"]),
        service_region in option::of(words(&["eu-west-1"])),
        subnets in option::of(groups()),
        security_groups in option::of(ids("sg")),
        route_tables in option::of(ids("rtb")),
        private_dns in option::of(any::<bool>()),
        dns_record_ip_type in option::of(words(&["ipv4", "dualstack"])),
        only_inbound in option::of(any::<bool>()),
        ip_address_type in option::of(words(&["ipv4", "dualstack", "ipv6"])),
        policy in option::of(policies()),
    ) -> State {
        State {
            endpoint_type, vpc, service_region, subnets, security_groups, route_tables, private_dns,
            dns_record_ip_type, ip_address_type, policy,
            private_dns_only_for_inbound_resolver_endpoint: only_inbound,
            ..live()
        }
    }
}

/// Any live state: complete, its subnets single, perhaps with a policy nobody can read.
fn found() -> impl Strategy<Value = State> {
    let subnets = btree_set((0..6u8).prop_map(|n| format!("subnet-{n}")), 0..4);
    let policy = prop_oneof![
        9 => policies().prop_map(Some),
        1 => Just(Some(Policy::Unreadable("Extra: unknown field".into()))),
        1 => Just(None),
    ];
    (wanted(), subnets, ids("sg"), ids("rtb"), policy).prop_map(
        |(state, subnets, groups, tables, policy)| State {
            service_region: Some("eu-west-1".into()),
            subnets: Some(singles(subnets)),
            security_groups: Some(groups),
            route_tables: Some(tables),
            private_dns: Some(state.private_dns.unwrap_or(false)),
            policy,
            ..state
        },
    )
}

/// A wanted state, and a live one that has nothing to do with it or is it with some fields drifted.
fn pairs() -> impl Strategy<Value = (State, State)> {
    let drifted = (wanted(), found(), any::<[bool; 4]>()).prop_map(|(want, other, drift)| {
        let [subnets, groups, dns, policy] = drift;
        let settled = |own: bool, wanted: bool| own && wanted;
        let have = State {
            endpoint_type: want.endpoint_type.clone(),
            vpc: want.vpc.clone(),
            subnets: match &want.subnets {
                Some(_) if !subnets => Some(singles(want.chosen_subnets())),
                _ => other.subnets.clone(),
            },
            security_groups: match &want.security_groups {
                Some(wanted) if !groups => Some(wanted.clone()),
                _ => other.security_groups.clone(),
            },
            private_dns: if settled(!dns, want.private_dns.is_some()) {
                want.private_dns
            } else {
                other.private_dns
            },
            policy: if settled(!policy, want.policy.is_some()) {
                want.policy.clone()
            } else {
                other.policy.clone()
            },
            ..other
        };
        (want, have)
    });
    prop_oneof![(wanted(), found()), drifted]
}

/// Within what either side has, and with what both have.
fn between(
    end: &BTreeSet<String>,
    want: Option<&BTreeSet<String>>,
    have: &BTreeSet<String>,
) -> bool {
    let Some(want) = want else { return end == have };
    end.is_subset(&(want | have)) && end.is_superset(&(want & have))
}

proptest! {
    #[test]
    fn folding_the_edits_over_have_ends_at_want((want, have) in pairs()) {
        let mut state = have;
        for change in VpcEndpoint::diff(&want, &state.clone()) {
            state = VpcEndpoint::effect(state, &change);
        }
        prop_assert_eq!(VpcEndpoint::diff(&want, &state), []);
    }

    #[test]
    fn no_state_allows_what_neither_side_allowed_or_loses_what_both_have(
        (want, have) in pairs(),
        left_out in 0_u8..32,
    ) {
        let changes = VpcEndpoint::diff(&want, &have);
        // One call for everything that goes. Where some leaves do not go, the state is one of these too.
        if let Some(Change::Immutable(_)) | None = changes.first() {
            return Ok(());
        }
        prop_assert!(changes.windows(2).all(|two| VpcEndpoint::joins(&two[0], &two[1])));
        let made = changes.iter().enumerate().filter(|(n, _)| left_out & (1 << n) == 0);
        let end = made.fold(have.clone(), |state, (_, change)| VpcEndpoint::effect(state, change));
        let sets = [
            (&end.security_groups, &want.security_groups, &have.security_groups),
            (&end.route_tables, &want.route_tables, &have.route_tables),
        ];
        for (end, want, have) in sets {
            let (Some(end), Some(have)) = (end, have) else { panic!("live states are complete") };
            prop_assert!(between(end, want.as_ref(), have));
        }
        prop_assert!(end.security_groups.is_some_and(|groups| !groups.is_empty()));
        prop_assert!(end.policy == want.policy || end.policy == have.policy);
    }

    #[test]
    fn of_each_group_exactly_one_subnet_is_used_and_one_in_use_is_kept((want, have) in pairs()) {
        let changes = VpcEndpoint::diff(&want, &have);
        let (Some(groups), Some(Change::Modify(_))) = (&want.subnets, changes.first()) else {
            return Ok(());
        };
        let live = have.chosen_subnets();
        let end = changes.iter().fold(have, VpcEndpoint::effect).chosen_subnets();
        prop_assert_eq!(end.len(), groups.len());
        for group in groups {
            let used: BTreeSet<_> = group & &end;
            prop_assert_eq!(used.len(), 1);
            prop_assert!(group.is_disjoint(&live) || used.is_subset(&live));
        }
    }

    #[test]
    fn a_state_differs_not_from_itself(have in found()) {
        prop_assert_eq!(VpcEndpoint::diff(&have, &have), []);
    }

    #[test]
    fn states_and_changes_read_back_from_what_is_stored((want, have) in pairs()) {
        let stored = serde_json::to_string(&want).expect("stored");
        prop_assert_eq!(serde_json::from_str::<State>(&stored).expect("read back"), want.clone());
        for change in VpcEndpoint::diff(&want, &have) {
            let stored = serde_json::to_value(&change).expect("stored");
            prop_assert_eq!(serde_json::from_value::<Change>(stored).expect("read back"), change);
        }
    }
}
