//! Rules for SageMaker AI domains.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{NAME as KIND, State};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity, Wanted},
    model::Address,
};

/// The baseline of domains.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(RULES);

/// The path of the groups of users' apps.
pub(crate) const USER_GROUPS: &str = "defaultUserSettings.securityGroups";
const SPACE_GROUPS: &str = "defaultSpaceSettings.securityGroups";
const USER_ROLE: &str = "defaultUserSettings.executionRole";
const SPACE_ROLE: &str = "defaultSpaceSettings.executionRole";
const SHARING: &str = "defaultUserSettings.sharingSettings";
const DOCKER: &str = "domainSettings.dockerSettings";
const PROPAGATION: &str = "domainSettings.trustedIdentityPropagationSettings.status";
/// The path of the instance types that are hidden from users.
pub(crate) const HIDDEN_TYPES: &str =
    "defaultUserSettings.studioWebPortalSettings.hiddenInstanceTypes";
const SESSION_NAMES: &str =
    "defaultUserSettings.studioWebPortalSettings.executionRoleSessionNameMode";

const RULES: &[Rule] = &[
    Rule {
        id: "SMD-01",
        severity: Severity::High,
        kind: KIND,
        title: "Studio's traffic stays in the VPC (VpcOnly)",
        why: "Otherwise apps reach the internet through a network of AWS, past every group, \
              endpoint and log of yours.",
        source: "Config SAGEMAKER_DOMAIN_IN_VPC; SageMaker developer guide, \"Connect Studio in a \
                 VPC to external resources\"",
        help: "write `appNetworkAccessType: VpcOnly`",
        reach: Reach::Manifest,
        check: vpc_only,
    },
    Rule {
        id: "SMD-02",
        severity: Severity::High,
        kind: KIND,
        title: "The domain has subnets in more than one zone",
        why: "With one subnet, the platform fails with its zone.",
        source: "AWS whitepaper \"SageMaker Studio Administration Best Practices\", network \
                 management; SageMaker developer guide, \"Choose an Amazon VPC\"",
        help: "list at least two private subnets, in different zones",
        reach: Reach::Manifest,
        check: subnets,
    },
    Rule {
        id: "SMD-05",
        severity: Severity::Medium,
        kind: KIND,
        title: "Users come from IAM Identity Center",
        why: "People who leave are removed in one place, and multi-factor authentication is \
              enforced in one place.",
        source: "Prowler sagemaker_domain_sso_configured; AWS whitepaper \"SageMaker Studio \
                 Administration Best Practices\", identity management",
        help: "write `authMode: SSO` (it can only be chosen when the domain is created)",
        reach: Reach::Manifest,
        check: sign_in,
    },
    Rule {
        id: "SMD-06",
        severity: Severity::Medium,
        kind: KIND,
        title: "With Identity Center, users reach data as themselves",
        why: "Otherwise every access is the role's, and permissions cannot distinguish people.",
        source: "SageMaker developer guide, \"Trusted identity propagation with Studio\"",
        help: "write `domainSettings.trustedIdentityPropagation: ENABLED`",
        reach: Reach::Manifest,
        check: propagation,
    },
    Rule {
        id: "SMD-07",
        severity: Severity::Medium,
        kind: KIND,
        title: "With IAM, sessions carry the user's name",
        why: "Otherwise CloudTrail shows only the shared role, and nobody knows who it was.",
        source: "SageMaker developer guide, \"Monitor user resource access with sourceIdentity\"; \
                 AWS whitepaper \"SageMaker Studio Administration Best Practices\", logging and \
                 monitoring",
        help: "write `domainSettings.executionRoleIdentityConfig: USER_PROFILE_NAME`, or \
               `executionRoleSessionNameMode: USER_IDENTITY`",
        reach: Reach::Manifest,
        check: attribution,
    },
    Rule {
        id: "SMD-08",
        severity: Severity::Medium,
        kind: KIND,
        title: "Shared spaces and other domains do not run with the users' role",
        why: "A role that is used everywhere has the permissions of all uses.",
        source: "IAM user guide, \"Security best practices\" (least privilege); AWS whitepaper \
                 \"SageMaker Studio Administration Best Practices\", permissions management",
        help: "give each an `executionRole` of its own",
        reach: Reach::Manifest,
        check: roles,
    },
    Rule {
        id: "SMD-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "Shared notebooks contain no output, or keep it encrypted in a location of yours",
        why: "Outputs show data to people who may not read it.",
        source: "SageMaker API reference, SharingSettings; SageMaker developer guide, \"Protect \
                 Data at Rest Using Encryption\"",
        help: "write `notebookOutputOption: Disabled`, or add `s3OutputPath` and `s3KmsKeyId`",
        reach: Reach::Manifest,
        check: sharing,
    },
    Rule {
        id: "SMD-10",
        severity: Severity::Low,
        kind: KIND,
        title: "Idle apps stop",
        why: "Apps that nobody uses cost money, and their sessions can be stolen.",
        source: "SageMaker developer guide, \"Idle shutdown\"; AWS Well-Architected Machine \
                 Learning Lens (cost)",
        help: "set `appLifecycleManagement.idleSettings.lifecycleManagement: ENABLED` for \
               JupyterLab and Code Editor",
        reach: Reach::Manifest,
        check: idle,
    },
    Rule {
        id: "SMD-11",
        severity: Severity::Medium,
        kind: KIND,
        title: "Docker is off, or rootless and with trusted images only",
        why: "Docker with root can escape the container; untrusted images can contain anything.",
        source: "SageMaker developer guide, \"Local mode support in Studio\"; SageMaker API \
                 reference, DockerSettings",
        help: "write `enableDockerAccess: DISABLED`, or `rootlessDocker: ENABLED` with \
               `vpcOnlyTrustedAccounts`",
        reach: Reach::Manifest,
        check: docker,
    },
    Rule {
        id: "SMD-12",
        severity: Severity::Medium,
        kind: KIND,
        title: "The users' files survive the domain",
        why: "Deleting a domain with its file system destroys the work of everybody in it.",
        source: "SageMaker API reference, DeleteDomain (RetentionPolicy)",
        help: "leave out `efsRetention`, or write Retain",
        reach: Reach::Manifest,
        check: retention,
    },
    Rule {
        id: "SMD-14",
        severity: Severity::Low,
        kind: KIND,
        title: "Whether tags are copied to what users create is decided",
        why: "Costs and permissions by tag are right only if somebody decided where tags are \
              copied.",
        source: "Config SAGEMAKER_DOMAIN_TAGGED; SageMaker API reference, TagPropagation",
        help: "write `tagPropagation: ENABLED` or `DISABLED`",
        reach: Reach::Manifest,
        check: tags,
    },
];

/// Whether the manifest says that the domain is `VpcOnly`.
pub(crate) fn is_vpc_only(state: &State) -> bool {
    state.text("appNetworkAccessType") == Some("VpcOnly")
}

/// The VPC.
pub(crate) fn vpc(state: &State) -> Option<&str> {
    state.text("vpc")
}

/// The groups of the users' apps.
pub(crate) fn app_groups(state: &State) -> BTreeSet<String> {
    let list = state.at(USER_GROUPS).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The groups of all apps: the users', and those of shared spaces.
pub(crate) fn all_groups(state: &State) -> BTreeSet<String> {
    let list = state.at(SPACE_GROUPS).and_then(Value::as_array);
    let spaces = list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    spaces.chain(app_groups(state)).collect()
}

fn leaf<'s>(state: &'s State, path: &str) -> Option<&'s str> {
    state.at(path).and_then(Value::as_str)
}

/// A breach at `field` for every domain for which `wrong` returns a reason.
pub(crate) fn each(
    facts: &Facts<'_>,
    field: &str,
    wrong: impl Fn(&Wanted<'_, State>) -> Option<String>,
) -> Vec<Breach> {
    let found = facts.of::<State>();
    found.filter_map(|domain| wrong(&domain).map(|why| domain.breach(field, why))).collect()
}

fn vpc_only(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "appNetworkAccessType", |domain| {
        let why = match domain.state.text("appNetworkAccessType") {
            Some("VpcOnly") => return None,
            Some(_) => "apps reach the internet directly",
            None => "where the traffic goes is not managed",
        };
        Some(why.to_owned())
    })
}

fn subnets(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "subnets", |domain| {
        let listed = domain.written("subnets").and_then(Value::as_array)?;
        (listed.len() < 2).then(|| "lists fewer than two subnets".to_owned())
    })
}

fn sign_in(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "authMode", |domain| {
        (domain.state.text("authMode") != Some("SSO"))
            .then(|| "users sign in with IAM credentials".to_owned())
    })
}

fn propagation(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "domainSettings.trustedIdentityPropagation", |domain| {
        let sso = domain.state.text("authMode") == Some("SSO");
        (sso && leaf(domain.state, PROPAGATION) != Some("ENABLED"))
            .then(|| "trusted identity propagation is not on".to_owned())
    })
}

fn attribution(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "domainSettings.executionRoleIdentityConfig", |domain| {
        let state = domain.state;
        let iam = state.text("authMode") == Some("IAM");
        let named = leaf(state, "domainSettings.executionRoleIdentityConfig")
            == Some("USER_PROFILE_NAME")
            || leaf(state, SESSION_NAMES) == Some("USER_IDENTITY");
        (iam && !named).then(|| "sessions of the execution role carry no user's name".to_owned())
    })
}

fn roles(facts: &Facts<'_>) -> Vec<Breach> {
    let mut users: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for domain in facts.of::<State>() {
        for role in [USER_ROLE, SPACE_ROLE].iter().filter_map(|path| leaf(domain.state, path)) {
            users.entry(role).or_default().push(domain.address());
        }
    }
    each(facts, USER_ROLE, |domain| {
        let role = leaf(domain.state, USER_ROLE)?;
        if leaf(domain.state, SPACE_ROLE) == Some(role) {
            return Some("shared spaces run with the same role".to_owned());
        }
        let other = users.get(role)?.iter().find(|other| **other != domain.address())?;
        Some(format!("{other} runs with the same role"))
    })
}

fn sharing(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, SHARING, |domain| {
        let settings = domain.state.at(SHARING)?;
        let has = |key: &str| settings.get(key).is_some_and(Value::is_string);
        let shared =
            settings.get("notebookOutputOption").and_then(Value::as_str) == Some("Allowed");
        (shared && !(has("s3OutputPath") && has("s3KmsKeyId")))
            .then(|| "outputs are shared, without a location and a key for them".to_owned())
    })
}

fn idle(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for (app, field) in
        [("JupyterLab", "jupyterLabAppSettings"), ("Code Editor", "codeEditorAppSettings")]
    {
        let field = format!("defaultUserSettings.{field}.appLifecycleManagement.idleSettings");
        found.extend(each(facts, &field, |domain| {
            (leaf(domain.state, &format!("{field}.lifecycleManagement")) != Some("ENABLED"))
                .then(|| format!("idle {app} apps do not stop"))
        }));
    }
    found
}

fn docker(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, DOCKER, |domain| {
        let settings = domain.state.at(DOCKER)?;
        let word = |key: &str| settings.get(key).and_then(Value::as_str);
        let trusted = settings.get("vpcOnlyTrustedAccounts").and_then(Value::as_array);
        if word("enableDockerAccess") != Some("ENABLED") {
            None
        } else if word("rootlessDocker") != Some("ENABLED") {
            Some("Docker is on, with root".to_owned())
        } else if trusted.is_none_or(Vec::is_empty) {
            Some("Docker is on, and no account's images are named as trusted".to_owned())
        } else {
            None
        }
    })
}

fn retention(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "efsRetention", |domain| {
        (domain.state.text("efsRetention") == Some("Delete"))
            .then(|| "the file system would be deleted with the domain".to_owned())
    })
}

fn tags(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, "tagPropagation", |domain| {
        (!domain.state.has("tagPropagation")).then(|| "is not managed".to_owned())
    })
}
