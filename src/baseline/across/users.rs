//! What user profiles override that their domains keep: a profile's settings win over its domain's,
//! and only its security groups add to them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, Wanted},
    kind::table::{Gives, get, texts},
    kinds::{
        sagemaker_domain::{self, baseline::app_groups},
        security_group::{
            DEFAULT_GROUP,
            baseline::{Group, group},
        },
        user_profile::{self, SETTINGS, State},
    },
};

/// SageMaker developer guide: an app has at most five groups, one of which SageMaker uses for NFS.
const MAX_GROUPS: usize = 4;
const SOURCE: &str = "SageMaker API reference, CreateDomain.DefaultUserSettings (settings of a \
                      profile win, security groups are aggregated)";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "USR-01",
        severity: Severity::High,
        kind: user_profile::NAME,
        title: "A user's settings open nothing that the domain keeps closed",
        why: "Whatever a domain closes is open for the one user whose profile says otherwise.",
        source: SOURCE,
        help: "leave it out, so that the domain's setting holds",
        reach: Reach::Manifest,
        check: opened,
    },
    Rule {
        id: "USR-02",
        severity: Severity::Medium,
        kind: user_profile::NAME,
        title: "A user runs with the domain's role",
        why: "A role of one user's own is reviewed by nobody who reviews the domain's.",
        source: "AWS whitepaper \"SageMaker Studio Administration Best Practices\", permissions \
                 management; SageMaker API reference, UserSettings.ExecutionRole",
        help: "leave out `userSettings.executionRole`, or waive this with the reason",
        reach: Reach::Manifest,
        check: roles,
    },
    Rule {
        id: "USR-03",
        severity: Severity::Medium,
        kind: user_profile::NAME,
        title: "A user's scripts, images and machines are those of the domain",
        why: "Lifecycle scripts and images run with the user's role and data; a hidden machine \
              costs what was to be saved.",
        source: SOURCE,
        help: "offer them in the domain's `defaultUserSettings`, or leave them out",
        reach: Reach::Manifest,
        check: brought_along,
    },
    Rule {
        id: "USR-04",
        severity: Severity::High,
        kind: user_profile::NAME,
        title: "A user's own groups are declared, none is the VPC's default, and four at most",
        why: "They add to the domain's: what they let through, the user's apps can reach.",
        source: "SageMaker API reference, UserSettings.SecurityGroups; Security Hub EC2.2",
        help: "refer to groups that manifests declare in `userSettings.securityGroups`",
        reach: Reach::Manifest,
        check: groups,
    },
];

/// A profile, and its domain where a manifest declares that.
struct Pair<'f> {
    profile: Wanted<'f, State>,
    domain: &'f sagemaker_domain::State,
}

fn pairs<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = Pair<'f>> {
    facts.of::<State>().filter_map(move |profile| pair(facts, profile))
}

fn pair<'f>(facts: &'f Facts<'_>, profile: Wanted<'f, State>) -> Option<Pair<'f>> {
    let id = get(&profile.state.0, "domain").as_str()?;
    let domain = facts.with_id::<sagemaker_domain::State>(id)?.state;
    Some(Pair { profile, domain })
}

impl Pair<'_> {
    /// The profile's value of a setting, and the domain's.
    fn both(&self, path: &str) -> [&Value; 2] {
        let domains = self.domain.at(&format!("defaultUserSettings.{path}"));
        [get(&self.profile.state.0, &field(path)), domains.unwrap_or(&Value::Null)]
    }

    fn breach(&self, path: &str, why: String) -> Breach {
        self.profile.breach(field(path), why)
    }

    /// What the profile says in one of these members of an app's settings, and the domain in none.
    fn not_offered(&self, app: &str, members: &[&str]) -> Option<(String, String)> {
        let paths: Vec<String> = members.iter().map(|member| format!("{app}.{member}")).collect();
        let offered: BTreeSet<&str> =
            paths.iter().flat_map(|path| names(self.both(path)[1])).collect();
        paths.iter().find_map(|path| {
            let own = names(self.both(path)[0]).into_iter().find(|name| !offered.contains(name))?;
            Some((path.clone(), own.to_owned()))
        })
    }
}

fn field(path: &str) -> String {
    format!("{SETTINGS}.{path}")
}

/// A text, the texts of a list, or the names of images in one.
fn names(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    let named = items.filter_map(|item| item.as_str().or_else(|| item["imageName"].as_str()));
    value.as_str().into_iter().chain(named).collect()
}

const SHARING: &str = "sharingSettings.notebookOutputOption";
const HIDDEN: [&str; 3] = ["hiddenMlTools", "hiddenAppTypes", "hiddenInstanceTypes"];

fn opened(facts: &Facts<'_>) -> Vec<Breach> {
    let table = user_profile::table();
    let rows = table.rows();
    let switches: Vec<_> = rows
        .iter()
        .filter_map(|row| match (&row.gives, row.path.strip_prefix("userSettings.")) {
            (Gives::Least(safe), Some(path)) => Some((path, safe)),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    for pair in pairs(facts) {
        for (path, safe) in &switches {
            let [own, domains] = pair.both(path);
            // AWS shares nothing where nobody says that it should.
            let is_closed = domains == *safe || (*path == SHARING && domains.is_null());
            if let (Some(word), true) = (own.as_str(), is_closed && own != *safe) {
                let safe = safe.as_str().unwrap_or_default();
                found.push(pair.breach(path, format!("is {word}, and {safe} for the domain")));
            }
        }
        found.extend(HIDDEN.iter().filter_map(|list| {
            let path = format!("studioWebPortalSettings.{list}");
            let [own, domains] = pair.both(&path);
            let own: BTreeSet<_> = own.is_array().then(|| texts(own).collect())?;
            // An empty list is none: the domain's holds.
            let shown = texts(domains).find(|item| !own.is_empty() && !own.contains(item))?;
            Some(pair.breach(&path, format!("shows {shown}, which the domain hides")))
        }));
        for app in ["jupyterLabAppSettings", "codeEditorAppSettings"] {
            let path = format!("{app}.appLifecycleManagement.idleSettings.lifecycleManagement");
            if let [Value::String(own), Value::String(domains)] = pair.both(&path)
                && (own.as_str(), domains.as_str()) == ("DISABLED", "ENABLED")
            {
                let why = "idle apps do not stop, as the domain's do";
                found.push(pair.breach(&path, why.to_owned()));
            }
        }
    }
    found
}

fn roles(facts: &Facts<'_>) -> Vec<Breach> {
    let role = |pair: Pair<'_>| {
        let [Value::String(own), domains] = pair.both("executionRole") else { return None };
        let other = domains.as_str().filter(|domains| *domains != own)?;
        let [own, other] = [own, other].map(|role| facts.told(role));
        Some(pair.breach("executionRole", format!("runs with {own}, and the domain with {other}")))
    };
    pairs(facts).filter_map(role).collect()
}

const APPS: [&str; 6] = [
    "jupyterServerAppSettings",
    "kernelGatewayAppSettings",
    "tensorBoardAppSettings",
    "rSessionAppSettings",
    "codeEditorAppSettings",
    "jupyterLabAppSettings",
];
/// The scripts and the images that an app can start with.
const SCRIPTS: [&str; 3] =
    ["lifecycleConfigArns", "defaultResourceSpec.lifecycleConfigArn", "builtInLifecycleConfigArn"];
const IMAGES: [&str; 3] = [
    "customImages",
    "defaultResourceSpec.sageMakerImageArn",
    "defaultResourceSpec.sageMakerImageVersionArn",
];

fn brought_along(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for pair in pairs(facts) {
        let [_, hidden] = pair.both("studioWebPortalSettings.hiddenInstanceTypes");
        for app in APPS {
            for members in [&SCRIPTS, &IMAGES] {
                if let Some((path, name)) = pair.not_offered(app, members) {
                    let name = facts.told(&name);
                    found.push(pair.breach(&path, format!("{name} is not offered by the domain")));
                }
            }
            let path = format!("{app}.defaultResourceSpec.instanceType");
            let [own, _] = pair.both(&path);
            if let Some(machine) = own.as_str().filter(|own| texts(hidden).any(|it| it == *own)) {
                found.push(pair.breach(&path, format!("{machine} is hidden by the domain")));
            }
        }
    }
    found
}

/// The groups of a profile's own.
fn own_groups(profile: &State) -> BTreeSet<String> {
    let list = get(&profile.0, &field("securityGroups"));
    texts(list).map(str::to_owned).collect()
}

/// For each profile with groups of its own, its domain and all groups of its apps.
pub(super) fn apps_of_users<'f>(
    facts: &'f Facts<'_>,
) -> impl Iterator<Item = (&'f sagemaker_domain::State, BTreeSet<String>)> {
    let with_own = pairs(facts).filter(|pair| !own_groups(pair.profile.state).is_empty());
    with_own.map(|pair| {
        let mut all = app_groups(pair.domain);
        all.extend(own_groups(pair.profile.state));
        (pair.domain, all)
    })
}

/// Whether every user of a domain has groups that allow something, in which no other user is. Where
/// users come from Identity Center, which makes their profiles, there are more than those that are
/// declared.
pub(super) fn floor_of_users(
    facts: &Facts<'_>,
    domain: &sagemaker_domain::State,
    allow: impl Fn(&[Wanted<'_, Group>]) -> bool,
) -> bool {
    let users: Vec<BTreeSet<String>> = pairs(facts)
        .filter(|pair| std::ptr::eq(pair.domain, domain))
        .map(|pair| own_groups(pair.profile.state))
        .collect();
    let declared = |own: &BTreeSet<String>| -> Vec<_> {
        own.iter().filter_map(|id| group(facts, id)).collect()
    };
    domain.text("authMode") == Some("IAM")
        && !users.is_empty()
        && users.iter().all(|own| allow(&declared(own)))
}

fn groups(facts: &Facts<'_>) -> Vec<Breach> {
    let wrong = |profile: Wanted<'_, State>| {
        let own = own_groups(profile.state);
        let domains = pair(facts, profile).map(|pair| app_groups(pair.domain)).unwrap_or_default();
        let count = own.union(&domains).count();
        let default = own
            .iter()
            .filter_map(|id| group(facts, id))
            .any(|group| group.state.state.group_name.as_deref() == Some(DEFAULT_GROUP));
        let unknown = own.iter().find(|id| group(facts, id).is_none());
        let why = if own.is_empty() {
            return None;
        } else if count > MAX_GROUPS {
            format!("{count} groups with the domain's, of at most {MAX_GROUPS}")
        } else if default {
            "the apps are in the VPC's default group".to_owned()
        } else {
            format!("no manifest declares {}", unknown?)
        };
        Some(profile.breach(field("securityGroups"), why))
    };
    facts.of::<State>().filter_map(wrong).collect()
}
