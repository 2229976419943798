//! Rules for policy documents of every kind: what AWS accepts and is probably not what was meant. The documents are
//! judged by the lint of their dialect; what AWS refuses never gets here, because the manifest is a problem then.

use crate::{
    kinds::{kms_key, policies, vpc_endpoint},
    model::policy_document::{Gravity, PolicyDocument, Topic},
};

use super::{
    Breach, Reach, Rule, Severity,
    facts::{Facts, Wanted},
};

const WHY_ACTIONS: &str =
    "A denial of an action that does not exist protects nothing, and an allowance gives nothing.";
const HELP_ACTIONS: &str = "correct the spelling; AWS adds actions every week, so waive it for one that is newer than palisade";
const SOURCE_ACTIONS: &str = "AWS service authorization reference; IAM Access Analyzer INVALID_ACTION, INVALID_SERVICE_IN_ACTION";
const WHY_CONDITIONS: &str =
    "A condition that never holds makes its statement do nothing; one that always holds is none.";
const HELP_CONDITIONS: &str = "write the test so that it can come out both ways";
const SOURCE_CONDITIONS: &str = "IAM user guide, condition operators; IAM Access Analyzer policy checks; AWS PrivateLink guide, \
                                 considerations for endpoint policies";
const WHY_STATEMENTS: &str = "AWS takes it and does something else than what it looks like.";
const HELP_STATEMENTS: &str = "write what is meant";
const SOURCE_STATEMENTS: &str =
    "IAM user guide, policy elements; IAM Access Analyzer policy checks";
const WHY_ALL: &str =
    "Nobody can do anything below it, and what is locked out cannot take it back.";
const HELP_ALL: &str = "add a condition that exempts somebody; waive it where exactly this is meant, as for closed accounts";
const SOURCE_ALL: &str =
    "AWS Organizations user guide, SCP evaluation; KMS developer guide, key policies";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "KMS-ACT",
        severity: Severity::Medium,
        kind: kms_key::NAME,
        title: "Actions of key policies exist",
        why: WHY_ACTIONS,
        source: SOURCE_ACTIONS,
        help: HELP_ACTIONS,
        reach: Reach::Manifest,
        check: |facts| keys(facts, Topic::Actions),
    },
    Rule {
        id: "KMS-CON",
        severity: Severity::Medium,
        kind: kms_key::NAME,
        title: "Conditions of key policies can hold and fail",
        why: WHY_CONDITIONS,
        source: SOURCE_CONDITIONS,
        help: HELP_CONDITIONS,
        reach: Reach::Manifest,
        check: |facts| keys(facts, Topic::Conditions),
    },
    Rule {
        id: "KMS-STM",
        severity: Severity::Low,
        kind: kms_key::NAME,
        title: "Statements of key policies mean what they look like",
        why: WHY_STATEMENTS,
        source: SOURCE_STATEMENTS,
        help: HELP_STATEMENTS,
        reach: Reach::Manifest,
        check: |facts| keys(facts, Topic::Statements),
    },
    Rule {
        id: "KMS-ALL",
        severity: Severity::High,
        kind: kms_key::NAME,
        title: "No key policy denies everything to everybody",
        why: WHY_ALL,
        source: SOURCE_ALL,
        help: HELP_ALL,
        reach: Reach::Manifest,
        check: |facts| keys(facts, Topic::Everything),
    },
    Rule {
        id: "EP-ACT",
        severity: Severity::Medium,
        kind: "VpcEndpoint",
        title: "Actions of endpoint policies exist",
        why: WHY_ACTIONS,
        source: SOURCE_ACTIONS,
        help: HELP_ACTIONS,
        reach: Reach::Manifest,
        check: |facts| endpoints(facts, Topic::Actions),
    },
    Rule {
        id: "EP-CON",
        severity: Severity::Medium,
        kind: "VpcEndpoint",
        title: "Conditions of endpoint policies can hold and fail",
        why: WHY_CONDITIONS,
        source: SOURCE_CONDITIONS,
        help: HELP_CONDITIONS,
        reach: Reach::Manifest,
        check: |facts| endpoints(facts, Topic::Conditions),
    },
    Rule {
        id: "EP-STM",
        severity: Severity::Low,
        kind: "VpcEndpoint",
        title: "Statements of endpoint policies mean what they look like",
        why: WHY_STATEMENTS,
        source: SOURCE_STATEMENTS,
        help: HELP_STATEMENTS,
        reach: Reach::Manifest,
        check: |facts| endpoints(facts, Topic::Statements),
    },
    Rule {
        id: "EP-ALL",
        severity: Severity::High,
        kind: "VpcEndpoint",
        title: "No endpoint policy denies everything to everybody",
        why: WHY_ALL,
        source: SOURCE_ALL,
        help: HELP_ALL,
        reach: Reach::Manifest,
        check: |facts| endpoints(facts, Topic::Everything),
    },
    Rule {
        id: "SCP-ACT",
        severity: Severity::Medium,
        kind: "ServiceControlPolicy",
        title: "Actions of service control policies exist",
        why: WHY_ACTIONS,
        source: SOURCE_ACTIONS,
        help: HELP_ACTIONS,
        reach: Reach::Manifest,
        check: |facts| policies(facts, Topic::Actions),
    },
    Rule {
        id: "SCP-CON",
        severity: Severity::Medium,
        kind: "ServiceControlPolicy",
        title: "Conditions of service control policies can hold and fail",
        why: WHY_CONDITIONS,
        source: SOURCE_CONDITIONS,
        help: HELP_CONDITIONS,
        reach: Reach::Manifest,
        check: |facts| policies(facts, Topic::Conditions),
    },
    Rule {
        id: "SCP-STM",
        severity: Severity::Low,
        kind: "ServiceControlPolicy",
        title: "Statements of service control policies mean what they look like",
        why: WHY_STATEMENTS,
        source: SOURCE_STATEMENTS,
        help: HELP_STATEMENTS,
        reach: Reach::Manifest,
        check: |facts| policies(facts, Topic::Statements),
    },
    Rule {
        id: "SCP-ALL",
        severity: Severity::High,
        kind: "ServiceControlPolicy",
        title: "No service control policy denies everything to everybody",
        why: WHY_ALL,
        source: SOURCE_ALL,
        help: HELP_ALL,
        reach: Reach::Manifest,
        check: |facts| policies(facts, Topic::Everything),
    },
];

fn keys(facts: &Facts<'_>, topic: Topic) -> Vec<Breach> {
    let keys = facts.keys.iter().filter(|key| key.is_present());
    keys.flat_map(|key| breaches(facts, key, "policy", key.state.policy.as_ref(), topic)).collect()
}

fn endpoints(facts: &Facts<'_>, topic: Topic) -> Vec<Breach> {
    let endpoints = facts.endpoints.iter();
    let breaches = endpoints.flat_map(|endpoint| {
        let document = match &endpoint.state.policy {
            Some(vpc_endpoint::Policy::Document(document)) => Some(document),
            _ => None,
        };
        breaches(facts, endpoint, "policy", document, topic)
    });
    breaches.collect()
}

fn policies(facts: &Facts<'_>, topic: Topic) -> Vec<Breach> {
    let all = facts.policies.iter();
    all.flat_map(|policy| breaches(facts, policy, "content", policy.state.content.as_ref(), topic))
        .collect()
}

/// The doubtful findings of one topic in the document under `field`.
fn breaches<S>(
    facts: &Facts<'_>,
    wanted: &Wanted<'_, S>,
    field: &str,
    document: Option<&PolicyDocument>,
    topic: Topic,
) -> Vec<Breach> {
    let Some(document) = document else { return Vec::new() };
    let Some(scope) = facts.scopes.get(&wanted.address().scope) else { return Vec::new() };
    let lints = document.lint(&policies::context(scope)).into_iter();
    let lints = lints.filter(|lint| {
        lint.gravity == Gravity::Doubtful
            && lint.rule.topic() == topic
            && !wanted.written(field).is_some_and(|written| policies::refers(written, &lint.path))
    });
    lints
        .map(|lint| {
            let message = format!("{}: {}", lint.message, lint.help);
            wanted.breach(policies::below(field, &lint.path), message)
        })
        .collect()
}
