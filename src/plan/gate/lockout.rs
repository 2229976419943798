//! Self-lockout: no policy goes out that would deny palisade's own roles, or a break-glass role, what they need.
//!
//! Judged by evaluating the document as AWS would, for every state that a step leads through. What cannot be decided
//! counts as denied. Endpoint policies concern only requests that take the way through the endpoint, which palisade's
//! own need not: only one that allows nobody anything is held.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    kind::{Guarded, Reach, ScopeFacts},
    model::{
        Ownership, Seen,
        policy_document::{Decision, PolicyDocument, Request},
    },
    operations,
    plan::{Action, HoldReason, Inputs, Step},
};

/// What must stay possible with a key, so that what is wrong with it can be put right.
const KEY_OPERATIONS: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:EnableKey",
    "kms:GetKeyPolicy",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
];
/// Names of operations shown; the rest is a number.
const SHOWN: usize = 4;
const WAY_OUT: &str = "exempt it in the policy, or consent to this step";

/// Somebody who must not be locked out.
struct Principal<'a> {
    arn: String,
    account: String,
    /// The scope it works in; none for a break-glass role.
    facts: Option<&'a ScopeFacts>,
}

/// Why the step would lock somebody out; empty if it would not.
pub(super) fn reasons(step: &Step, inputs: &Inputs<'_>) -> Vec<HoldReason> {
    sentences(step, inputs).into_iter().map(|why| HoldReason::Lockout { why }).collect()
}

fn sentences(step: &Step, inputs: &Inputs<'_>) -> Vec<String> {
    let Some(kind) = inputs.registry.get(&step.address.kind) else { return Vec::new() };
    let judged = || {
        let (before, states, arn) = match &step.action {
            Action::Create { want, .. } => (Vec::new(), vec![want.clone()], None),
            Action::Edit { have, edits } => {
                let states = kind.states(&have.state, edits)?;
                (kind.guards(&have.state)?, states, Some(have.arn.as_str()))
            }
            Action::Delete { .. } => return Ok(BTreeSet::new()),
        };
        let mut reasons = BTreeSet::new();
        for state in &states {
            let after = kind.guards(state)?;
            for guarded in after.iter().filter(|guarded| !before.contains(guarded)) {
                reasons.extend(judge(guarded, before.first(), step, arn, inputs));
            }
        }
        Ok::<_, crate::kind::erased::Undecodable>(reasons)
    };
    match judged() {
        Ok(reasons) => reasons.into_iter().collect(),
        Err(defect) => vec![format!("whether it locks palisade out cannot be told: {defect}")],
    }
}

fn judge(
    guarded: &Guarded,
    before: Option<&Guarded>,
    step: &Step,
    arn: Option<&str>,
    inputs: &Inputs<'_>,
) -> Vec<String> {
    match &guarded.reach {
        Reach::Key => key(&guarded.document, step, arn, inputs),
        Reach::Accounts(targets) => accounts(&guarded.document, before, targets, inputs),
        Reach::Endpoint if allows_nothing(&guarded.document) => {
            vec!["nobody could do anything through this endpoint: no statement allows".to_owned()]
        }
        Reach::Endpoint => Vec::new(),
    }
}

fn key(
    document: &PolicyDocument,
    step: &Step,
    arn: Option<&str>,
    inputs: &Inputs<'_>,
) -> Vec<String> {
    let Some(facts) = inputs.facts.get(&step.address.scope) else { return Vec::new() };
    let (own, unknown) = own_role(facts, inputs);
    let sample = sample("KmsKey", facts);
    let resource = arn.unwrap_or(&sample);
    // No other account can administer a key, whatever the policy says (KMS developer guide).
    let here = own.into_iter().chain(break_glass(inputs).filter(|p| p.account == facts.account));
    let locked = here.filter_map(|principal| {
        let decided = KEY_OPERATIONS.iter().map(|action| {
            let mut request = request(&principal, facts, action, resource, inputs);
            request.context.insert("kms:calleraccount".into(), vec![facts.account.clone()]);
            request.context.insert("kms:viaservice".into(), Vec::new());
            request
                .context
                .insert("kms:bypasspolicylockoutsafetycheck".into(), vec!["false".into()]);
            (*action, document.evaluate(&request))
        });
        complaint(&principal, decided.filter(|(_, decision)| *decision != Decision::Allow))
    });
    unknown.into_iter().chain(locked).collect()
}

/// A service control policy gives nothing: what it does not deny stays as it is, unless it was the one that allowed it.
fn accounts(
    document: &PolicyDocument,
    before: Option<&Guarded>,
    targets: &BTreeSet<String>,
    inputs: &Inputs<'_>,
) -> Vec<String> {
    let lost_targets = match before.map(|guarded| &guarded.reach) {
        Some(Reach::Accounts(old)) => old - targets,
        _ => BTreeSet::new(),
    };
    let mut reasons = Vec::new();
    let mut principals: Vec<Principal<'_>> = break_glass(inputs).collect();
    for facts in inputs.facts.values().filter(|facts| !kinds_in_use(facts, inputs).is_empty()) {
        if below(targets, &facts.account, inputs) || below(&lost_targets, &facts.account, inputs) {
            let (own, unknown) = own_role(facts, inputs);
            principals.extend(own);
            reasons.extend(unknown);
        }
    }
    for principal in &principals {
        let covered = below(targets, &principal.account, inputs);
        let uncovered = below(&lost_targets, &principal.account, inputs);
        let decided = needs(principal, inputs).into_iter().filter_map(|(action, request)| {
            let decision = document.evaluate(&request);
            let gave = before.is_some_and(|old| old.document.evaluate(&request) == Decision::Allow);
            let lost = gave && (uncovered || decision != Decision::Allow);
            let denied = covered && matches!(decision, Decision::Deny | Decision::Unknown);
            let worst = if denied { decision } else { Decision::NoMatch };
            (denied || lost).then_some((action, worst))
        });
        reasons.extend(complaint(principal, decided));
    }
    reasons
}

/// Whether an account is, or may be, below one of the targets. Who is below a root or unit is not known here, so
/// everybody may be, but for the management account.
fn below(targets: &BTreeSet<String>, account: &str, inputs: &Inputs<'_>) -> bool {
    let is_account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    !inputs.live.management_accounts.values().any(|manager| manager == account)
        && targets.iter().any(|target| target == account || !is_account(target))
}

/// Everything that a principal does, as requests: on what is there, and on a sample of each kind.
fn needs(principal: &Principal<'_>, inputs: &Inputs<'_>) -> Vec<(&'static str, Request)> {
    let scopes: Vec<&ScopeFacts> = match principal.facts {
        Some(facts) => vec![facts],
        // A break-glass role must be able to undo what palisade does in its account.
        None => inputs.facts.values().filter(|facts| facts.account == principal.account).collect(),
    };
    let mut requests = Vec::new();
    for facts in scopes {
        for kind in kinds_in_use(facts, inputs) {
            let mut resources = claimed(&kind, facts, inputs);
            resources.insert(sample(&kind, facts));
            for action in operations::actions_of(&kind) {
                let everything = BTreeSet::from(["*".to_owned()]);
                let on = if acts_on_all(action) { &everything } else { &resources };
                requests.extend(
                    on.iter().map(|resource| {
                        (action, request(principal, facts, action, resource, inputs))
                    }),
                );
            }
        }
    }
    requests
}

/// Lists, EC2's descriptions, and the creation of keys name no resource (service authorization reference).
fn acts_on_all(action: &str) -> bool {
    action.starts_with("ec2:Describe") || action.contains(":List") || action == "kms:CreateKey"
}

fn kinds_in_use(facts: &ScopeFacts, inputs: &Inputs<'_>) -> BTreeSet<String> {
    let declared = inputs.documents.keys().filter(|a| a.scope == facts.name);
    let declared = declared.map(|address| address.kind.clone());
    let seen = inputs.live.seen.iter().filter(|((scope, _), seen)| {
        *scope == facts.name && seen.all().is_some_and(|resources| !resources.is_empty())
    });
    declared.chain(seen.map(|((_, kind), _)| kind.clone())).collect()
}

fn claimed(kind: &str, facts: &ScopeFacts, inputs: &Inputs<'_>) -> BTreeSet<String> {
    let key = (facts.name.clone(), kind.to_owned());
    let Some(Seen::All(resources)) = inputs.live.seen.get(&key) else { return BTreeSet::new() };
    let ours = resources.iter().filter(|resource| {
        matches!(Ownership::read(&resource.tags, inputs.owner), Ownership::Ours { .. })
    });
    ours.map(|resource| resource.arn.clone()).filter(|arn| arn.starts_with("arn:")).collect()
}

/// The ARN of a resource of the kind that does not exist (service authorization reference, resource types).
fn sample(kind: &str, facts: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = facts;
    let (service, region, resource) = match kind {
        "SecurityGroup" => ("ec2", region.as_str(), "security-group/sg-00000000000000000"),
        "VpcEndpoint" => ("ec2", region.as_str(), "vpc-endpoint/vpce-00000000000000000"),
        "KmsKey" => ("kms", region.as_str(), "key/00000000-0000-4000-8000-000000000000"),
        "SageMakerDomain" => ("sagemaker", region.as_str(), "domain/d-000000000000"),
        "ServiceControlPolicy" => {
            ("organizations", "", "policy/o-0000000000/service_control_policy/p-00000000")
        }
        _ => return "*".to_owned(),
    };
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

/// What is certain about a request of ours, whatever it is about.
fn request(
    principal: &Principal<'_>,
    facts: &ScopeFacts,
    action: &str,
    resource: &str,
    inputs: &Inputs<'_>,
) -> Request {
    let mut request = Request::new(&principal.arn, action, resource);
    let sort = if principal.arn.contains(":role/") { Some("AssumedRole") } else { None };
    // Organizations answers in one Region of each partition (General Reference, endpoints).
    let region = match (action.starts_with("organizations:"), facts.partition.as_str()) {
        (true, "aws") => "us-east-1",
        (true, _) => return request,
        (false, _) => facts.region.as_str(),
    };
    let organization = match inputs.live.organizations.get(&facts.name) {
        Some(Seen::All(id)) => Some(id.as_str()),
        _ => None,
    };
    for (key, value) in [
        ("aws:requestedregion", Some(region)),
        ("aws:resourceaccount", Some(facts.account.as_str())),
        ("aws:securetransport", Some("true")),
        ("aws:principalisawsservice", Some("false")),
        ("aws:viaawsservice", Some("false")),
        ("aws:principaltype", sort),
        ("aws:principalorgid", organization),
    ] {
        if let Some(value) = value {
            request.context.insert(key.to_owned(), vec![value.to_owned()]);
        }
    }
    request
}

/// The role that palisade has in a scope; or, if nobody knows, the complaint.
fn own_role<'a>(
    facts: &'a ScopeFacts,
    inputs: &Inputs<'_>,
) -> (Option<Principal<'a>>, Option<String>) {
    if let Some(arn) = inputs.lockout.callers.get(&facts.name) {
        let (arn, account) = (arn.clone(), facts.account.clone());
        (Some(Principal { arn, account, facts: Some(facts) }), None)
    } else {
        let why = format!(
            "whether it locks palisade out of scope {} cannot be told: its role there is not known in this pass",
            facts.name
        );
        (None, Some(why))
    }
}

fn break_glass<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = Principal<'a>> {
    inputs.lockout.break_glass.iter().map(|arn| {
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        Principal { arn: arn.clone(), account, facts: None }
    })
}

/// One sentence about one principal.
fn complaint<'a>(
    principal: &Principal<'_>,
    decided: impl Iterator<Item = (&'a str, Decision)>,
) -> Option<String> {
    let mut by_decision: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (action, decision) in decided {
        let verb = match decision {
            Decision::Deny => "would be denied",
            Decision::Unknown => "may be denied, depending on what is not known here,",
            Decision::NoMatch | Decision::Allow => "would no longer be allowed",
        };
        by_decision.entry(verb).or_default().insert(action);
    }
    if by_decision.is_empty() {
        return None;
    }
    let what: Vec<String> = by_decision
        .iter()
        .map(|(verb, actions)| {
            let shown: Vec<&str> = actions.iter().copied().take(SHOWN).collect();
            let more = actions.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("{verb} {}{more}", shown.join(", "))
        })
        .collect();
    let who =
        if principal.facts.is_some() { "palisade's own role" } else { "the break-glass role" };
    Some(format!("{who} {} {}; {WAY_OUT}", principal.arn, what.join(", and ")))
}

fn allows_nothing(document: &PolicyDocument) -> bool {
    let allows = |statement: &Value| statement["Effect"] == "Allow";
    match &document.as_value()["Statement"] {
        Value::Array(statements) => !statements.iter().any(allows),
        single => !allows(single),
    }
}
