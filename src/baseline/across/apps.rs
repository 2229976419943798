//! What the apps of domains can reach, and which key and policies they use.

use serde_json::Value;

use super::users::{apps_of_users, floor_of_users};
use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity},
    kinds::{
        kms_key,
        organizations_policy::service_control_policy,
        sagemaker_domain::{
            self, State,
            baseline::{HIDDEN_TYPES, USER_GROUPS, all_groups, app_groups, each, is_vpc_only},
        },
        security_group::{
            self, DEFAULT_GROUP, Direction, Ports, Traffic,
            baseline::{Listed, breach, group, to_everywhere},
        },
    },
};

/// SageMaker developer guide, "Connect Studio in a VPC to external resources": the ports between
/// apps and kernels, and to the home file system.
const STUDIO: [(Ports, &str); 2] = [
    (Ports { from: 8192, to: u16::MAX }, "tcp 8192-65535"),
    (Ports { from: 2049, to: 2049 }, "tcp 2049 (NFS)"),
];
/// SageMaker developer guide: an app has at most five groups, one of which SageMaker uses for NFS.
const MAX_GROUPS: usize = 4;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SG-05",
        severity: Severity::High,
        kind: security_group::NAME,
        title: "The apps of a domain reach endpoints and prefix lists only, not everywhere",
        why: "A notebook that reaches every address can send data to every address.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" \
                 (VpcOnly); AWS whitepaper \"SageMaker Studio Administration Best Practices\", \
                 network management",
        help: "list `egress` with the endpoints' group and S3's prefix list, and keep `rules: \
               exclusive`",
        reach: Reach::Manifest,
        check: studio_egress,
    },
    Rule {
        id: "SG-07",
        severity: Severity::Medium,
        kind: security_group::NAME,
        title: "The apps of a VpcOnly domain reach each other and their home file system",
        why: "Without tcp 8192-65535 and NFS (tcp 2049) within the domain's groups apps do not \
              start, and the group is opened in a \
              hurry.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" \
                 (VpcOnly)",
        help: "add both to `ingress` (`from: [self]`) and `egress` (`to: [self]`)",
        reach: Reach::Manifest,
        check: studio_floor,
    },
    Rule {
        id: "SMD-03",
        severity: Severity::High,
        kind: sagemaker_domain::NAME,
        title: "Home file system and volumes are encrypted with a key that a manifest declares",
        why: "Nobody controls who may decrypt with AWS's own key, and access cannot be withdrawn.",
        source: "checkov CKV_AWS_187; SageMaker developer guide, \"Protect Data at Rest Using \
                 Encryption\"",
        help: "write `kmsKey: {ref: NAME}` (it can only be chosen when the domain is created)",
        reach: Reach::Manifest,
        check: key,
    },
    Rule {
        id: "SMD-04",
        severity: Severity::High,
        kind: sagemaker_domain::NAME,
        title: "Apps are in one to four groups, none of them the VPC's default",
        why: "Everything in the VPC may use the default group; SageMaker needs one of five groups \
              for NFS.",
        source: "SageMaker API reference, UserSettings.SecurityGroups; Security Hub EC2.2",
        help: "refer to groups that manifests declare in `defaultUserSettings.securityGroups`",
        reach: Reach::Manifest,
        check: groups,
    },
    Rule {
        id: "SMD-13",
        severity: Severity::Medium,
        kind: sagemaker_domain::NAME,
        title: "The apps of one user are not reached by those of others",
        why: "In a group whose members reach each other, a notebook that somebody took over \
              reaches the apps of all users.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" (a \
                 distinct security group for each user profile)",
        help: "give each profile a group of its own (`userSettings.securityGroups`) that admits \
               itself, and the domain's none that does; or waive this with the reason",
        reach: Reach::Manifest,
        check: users_apart,
    },
    Rule {
        id: "SMD-16",
        severity: Severity::Low,
        kind: sagemaker_domain::NAME,
        title: "The largest instance types are hidden or denied",
        why: "Stolen sessions are used for them, and the cost is noticed late.",
        source: "AWS whitepaper \"SageMaker Studio Administration Best Practices\" (limiting \
                 CreateApp by sagemaker:InstanceTypes); SageMaker API reference, \
                 StudioWebPortalSettings",
        help: "list `hiddenInstanceTypes`, or deny sagemaker:CreateApp by sagemaker:InstanceTypes \
               in a service control \
               policy",
        reach: Reach::Manifest,
        check: instance_types,
    },
];

/// The apps of a domain are in all of its groups, and those of a user in the profile's too, so the
/// rules of the groups add up.
fn studio_egress(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    let domains = facts.of::<State>().map(|domain| (domain.state, all_groups(domain.state)));
    let all = domains.chain(apps_of_users(facts));
    for (_, ids) in all.filter(|(domain, _)| is_vpc_only(domain)) {
        let groups: Vec<_> = ids.iter().filter_map(|id| group(facts, id)).collect();
        for group in groups.iter().filter(|group| group.state.keeps_default(Direction::Egress)) {
            let why = "a domain's apps are in this group, and AWS's default egress, everything to \
                       everywhere, is not \
                       removed";
            found.push(group.breach("egress", why));
        }
        let rules = groups
            .iter()
            .flat_map(|group| group.state.of(Direction::Egress).map(move |l| (group, l)));
        let (groups, rules): (Vec<_>, Vec<&Listed>) = rules.unzip();
        for (number, ranges) in to_everywhere(&rules, |_| true) {
            let listed = rules[number];
            let why = format!("lets a domain's apps send {} to {ranges}", listed.rule.traffic);
            found.push(breach(groups[number], listed, why));
        }
    }
    found
}

/// The apps of a domain are in all of its groups: the rules may be in any of them, but each rule
/// applies only between the members of its own group.
fn studio_floor(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for domain in facts.of::<State>().filter(|domain| is_vpc_only(domain.state)) {
        let ids = app_groups(domain.state);
        let groups: Vec<_> = ids.iter().filter_map(|id| group(facts, id)).collect();
        // What a group that no manifest declares allows is unknown.
        let [first, ..] = groups[..] else { continue };
        if groups.len() < ids.len() {
            continue;
        }
        for (ports, name) in STUDIO {
            for direction in Direction::BOTH {
                let allowed = groups.iter().any(|group| {
                    (direction == Direction::Egress && group.state.keeps_default(Direction::Egress))
                        || group.state.allows_within(&groups, direction, Traffic::Tcp(ports))
                });
                let of_users = || {
                    floor_of_users(facts, domain.state, |groups| {
                        let all = groups.iter();
                        all.copied().any(|group| {
                            group.state.allows_within(groups, direction, Traffic::Tcp(ports))
                        })
                    })
                };
                if !allowed && !of_users() {
                    let why = format!(
                        "{} apps need {direction} of {name} within their group",
                        domain.address().name
                    );
                    found.push(first.breach(direction.as_str(), why));
                }
            }
        }
    }
    found
}

/// What a group that no manifest declares allows is unknown.
fn users_apart(facts: &Facts<'_>) -> Vec<Breach> {
    let [(apps, name), _] = STUDIO;
    each(facts, USER_GROUPS, |domain| {
        let ids = app_groups(domain.state);
        let groups: Vec<_> = ids.iter().filter_map(|id| group(facts, id)).collect();
        let shared = groups.iter().find(|group| {
            group.state.allows_within(&groups, Direction::Ingress, Traffic::Tcp(apps))
        })?;
        let group = &shared.address().name;
        Some(format!("{group} lets the apps of all users reach each other on {name}"))
    })
}

fn key(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "kmsKey", |domain| {
        let why = match domain.state.text("kmsKey") {
            None => "encrypts with AWS's own key",
            Some(arn) if facts.is_arn_of(kms_key::NAME, arn) => return None,
            Some(_) => "names a key that no manifest declares, so it is unknown who may use it",
        };
        Some(why.to_owned())
    })
}

fn groups(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, USER_GROUPS, |domain| {
        let ids = app_groups(domain.state);
        let default = |id: &String| {
            let group = group(facts, id);
            group.is_some_and(|g| g.state.state.group_name.as_deref() == Some(DEFAULT_GROUP))
        };
        if ids.is_empty() {
            Some("the apps are in no group".to_owned())
        } else if ids.len() > MAX_GROUPS {
            Some(format!("{} groups, of at most {MAX_GROUPS}", ids.len()))
        } else if ids.iter().any(default) {
            Some("the apps are in the VPC's default group".to_owned())
        } else {
            None
        }
    })
}

fn instance_types(facts: &Facts<'_>) -> Vec<Breach> {
    if service_control_policy::baseline::denies_large_apps(facts) {
        return Vec::new();
    }
    each(facts, HIDDEN_TYPES, |domain| {
        let hidden = domain.state.at(HIDDEN_TYPES).and_then(Value::as_array);
        hidden
            .is_none_or(Vec::is_empty)
            .then(|| "every instance type can be chosen for an app".to_owned())
    })
}
