//! A report with one of everything that the page can show, for tests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Place, Setup};
use crate::{
    baseline::Severity,
    engine::{Contest, Drift, DriftState, Outcome, PendingDeletion, Report, StepResult},
    events::{By, Confidence, Principal, Who},
    kind::{
        Audited, Class, LeftOut, Line, LiveFinding, Unaudited,
        erased::{Edit, EditBody},
    },
    manifest::{Origin, Part, Problem},
    model::{Address, Extent, HeldRisk, Observed, Pause, Phase, Risk, Tags},
    plan::{
        Action, Cause, Conflict, HoldReason, Orphan, Plan, ReportReason, Rollout, Step, Unknown,
        Verdict, Wait, WaitReason,
    },
    settings::Mode,
};

/// When the fixture's pass began: 2026-11-20T10:00:00Z.
pub(crate) const STARTED_AT: f64 = 1_795_168_800.0;

/// From half an hour before the pass to an hour and a half after it.
fn pause() -> Pause {
    Pause {
        extent: Extent::Scope("ml-dev".to_owned()),
        until: 1_795_174_200,
        reason: "the peering is being repaired".to_owned(),
        by: "ann (uid 1000)".to_owned(),
        since: 1_795_167_000,
    }
}

pub(crate) fn setup() -> Setup {
    let place = |account: &str, region: &str| Place {
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
    };
    Setup {
        version: "0.1.0",
        owner: "ml-platform-prod".to_owned(),
        mode: Mode::Enforce,
        writing: true,
        directory: "desired-state".to_owned(),
        accepted: None,
        places: BTreeMap::from([
            ("ml-dev".to_owned(), place("444455556666", "eu-west-1")),
            ("ml-prod".to_owned(), place("111122223333", "eu-west-1")),
            ("org".to_owned(), place("999988887777", "us-east-1")),
        ]),
    }
}

fn group(name: &str) -> Address {
    Address::new("ml-prod", "SecurityGroup", name)
}

fn origin(file: &str, line: u64) -> Origin {
    Origin { file: format!("desired-state/{file}").into(), line, column: 3 }
}

fn edit(risk: Risk, summary: &str, lines: Vec<Line>) -> Edit {
    let body = EditBody::Change(json!({ "what": summary }));
    Edit { risk, lines, ..Edit::of_tags(summary, summary.to_owned(), body) }
}

fn editing(id: &str, edits: Vec<Edit>) -> Action {
    let have = Observed {
        id: id.into(),
        arn: format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{id}"),
        tags: Tags::new(),
        phase: Phase::Ready,
        state: json!({}),
    };
    Action::Edit { have, edits }
}

fn creating(lines: &[&str]) -> Action {
    let lines = lines.iter().map(|line| Line::add(*line)).collect();
    let (want, tags, risk) = (json!({}), Tags::new(), Risk::LOOSENS);
    Action::Create { want, tags, token: "t".into(), lines, risk }
}

fn step(address: &Address, at: Option<&Origin>, cause: Cause, action: Action, v: Verdict) -> Step {
    Step::new(address, at, cause, action, v)
}

fn steps() -> Vec<Step> {
    let ssh = edit(
        Risk::TIGHTENS,
        "revoke ingress tcp 22 from 0.0.0.0/0",
        vec![Line::remove("ingress: tcp 22 from 0.0.0.0/0 \"<script>alert(1)</script>\"")],
    );
    let describe = edit(
        Risk::NEUTRAL,
        "describe ingress tcp 443 from 10.0.0.0/16",
        vec![
            Line::change("description", "\"from the bastion\"", "\"from bastion & VPN\""),
            Line::add("tag team: ml-platform"),
        ],
    );
    let policy = edit(
        Risk::NEUTRAL.cutting_connections(),
        "replace the key policy",
        vec![
            Line::remove("statement AllowStudio: Allow kms:* to role/ml-studio"),
            Line::add(
                "statement AllowStudio: Allow kms:Decrypt, kms:GenerateDataKey to role/ml-studio",
            ),
        ],
    );
    let vpc = edit(
        Risk::IMPOSSIBLE,
        "move to another VPC",
        vec![Line::change("vpc", "vpc-0a", "vpc-0b")],
    );
    let key = Address::new("ml-prod", "KmsKey", "studio");
    let endpoint = Address::new("ml-prod", "VpcEndpoint", "sagemaker-api");
    let domain = Address::new("ml-dev", "SageMakerDomain", "studio");
    vec![
        step(
            &domain,
            Some(&origin("studio.yaml", 41)),
            Cause::Manifest,
            creating(&["domainName: ml-studio", "authMode: SSO"]),
            Verdict::Waiting(vec![Wait::lasting(WaitReason::CreatedFirst {
                address: key.clone(),
            })]),
        ),
        step(
            &key,
            Some(&origin("keys.yaml", 4)),
            Cause::Drift,
            editing("1234abcd-12ab-34cd-56ef-1234567890ab", vec![policy]),
            Verdict::Held(vec![HoldReason::Risk { risks: vec![HeldRisk::Disrupts] }]),
        ),
        step(
            &group("bastion"),
            Some(&origin("network.yaml", 7)),
            Cause::Drift,
            editing("sg-0123456789abcdef0", vec![ssh]),
            Verdict::Go,
        ),
        step(
            &group("endpoints"),
            Some(&origin("network.yaml", 63)),
            Cause::Manifest,
            editing("sg-0fedcba9876543210", vec![vpc]),
            Verdict::Held(vec![HoldReason::Impossible]),
        ),
        step(
            &group("studio-apps"),
            Some(&origin("network.yaml", 31)),
            Cause::Manifest,
            editing("sg-0aaaaaaaaaaaaaaa0", vec![describe]),
            Verdict::Go,
        ),
        step(
            &endpoint,
            Some(&origin("network.yaml", 90)),
            Cause::Manifest,
            creating(&["type: Interface"]),
            Verdict::Reported(ReportReason::Paused),
        ),
    ]
}

fn results() -> Vec<StepResult> {
    let done = |name: &str, cause, done: &[&str], outcome| StepResult {
        address: group(name),
        verb: "edit",
        cause,
        done: done.iter().map(ToString::to_string).collect(),
        wrote: Vec::new(),
        failed: Vec::new(),
        shared: false,
        outcome,
        error: None,
    };
    vec![
        done(
            "bastion",
            "drift",
            &["revoke ingress tcp 22 from 0.0.0.0/0"],
            Outcome::Done { id: "sg-0123456789abcdef0".into() },
        ),
        done(
            "studio-apps",
            "manifest",
            &[],
            Outcome::Failed {
                class: Class::Denied,
                message: "ec2:ModifySecurityGroupRules answered UnauthorizedOperation (denied)"
                    .into(),
            },
        ),
    ]
}

/// One drift that was corrected and one that is held, both new.
fn drifts() -> Vec<Drift> {
    let seen = |number, address: Address, origin: Origin, what: &str, state| Drift {
        number,
        first_pass: 42,
        seen_at: STARTED_AT,
        ended_at: (state == DriftState::Corrected).then_some(STARTED_AT + 1.25),
        address,
        origin: Some(origin.to_string()),
        what: vec![what.to_owned()],
        by: (number == 1).then(|| By {
            confidence: Confidence::Likely,
            who: Who {
                sort: Principal::Person,
                principal: "AWSReservedSSO_Admin_0123456789abcdef".to_owned(),
                person: Some("ann@acme.example".to_owned()),
                session: None,
                via: None,
                console: false,
                source_address: Some("192.0.2.7".to_owned()),
                user_agent: Some("aws-cli/2.31".to_owned()),
                arn: None,
            },
            call: "kms:PutKeyPolicy".to_owned(),
            event_id: "22222222-2222-4222-8222-222222222222".to_owned(),
            at: STARTED_AT - 8.0,
        }),
        state,
    };
    let held = "held: it disrupts, and the settings hold that".to_owned();
    vec![
        seen(
            1,
            Address::new("ml-prod", "KmsKey", "studio"),
            origin("keys.yaml", 4),
            "replace the key policy",
            DriftState::Open(held),
        ),
        seen(
            2,
            group("bastion"),
            origin("network.yaml", 7),
            "revoke ingress tcp 22 from 0.0.0.0/0",
            DriftState::Corrected,
        ),
    ]
}

/// A pass that found one of everything.
#[allow(clippy::too_many_lines, reason = "one of everything")]
pub(crate) fn report() -> Report {
    let scp = Address::new("org", "ServiceControlPolicy", "deny-leave");
    let mut manifests: Vec<_> = steps().into_iter().map(|step| step.address).collect();
    let in_sync = [group("proxy"), Address::new("ml-dev", "KmsKey", "studio")];
    manifests.extend(in_sync.iter().cloned());
    manifests.extend([scp.clone(), Address::new("org", "ServiceControlPolicy", "root")]);
    Report {
        pass: 42,
        started_at: STARTED_AT,
        duration_seconds: 1.25,
        revision: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        source_age_seconds: Some(93.0),
        warnings: Vec::new(),
        problems_changed: true,
        warnings_changed: false,
        problems: vec![Problem {
            origin: origin("network.yaml", 12),
            path: "spec.ingress[2].ports".to_owned(),
            message: "`44e` is no port".to_owned(),
            help: "a number from 0 to 65535, a range, or all".to_owned(),
            part: Part::default(),
        }],
        scopes: BTreeMap::from([
            (
                "ml-dev".to_owned(),
                Err("sts:GetCallerIdentity denied: the role cannot be assumed".to_owned()),
            ),
            (
                "ml-prod".to_owned(),
                Ok("arn:aws:sts::111122223333:assumed-role/palisade/palisade".to_owned()),
            ),
            ("org".to_owned(), Ok("arn:aws:sts::999988887777:assumed-role/palisade/p".to_owned())),
        ]),
        plan: Plan {
            frozen: [group("bastion")].into(),
            contested: [(group("bastion"), 4)].into(),
            notes: [(
                Address::new("ml-prod", "RouteTable", "private"),
                vec![
                    "the route to 10.0.0.0/8 leads nowhere: tgw-1 is gone, or not attached".into(),
                ],
            )]
            .into(),
            left_out: [(
                Address::new("ml-prod", "VpcEndpoint", "sts"),
                vec![LeftOut::Zone {
                    field: "subnets".into(),
                    ids: vec!["subnet-0ccccccccccccccc0".into()],
                    zone: "euw1-az3".into(),
                    service: "com.amazonaws.eu-west-1.sts".into(),
                }],
            )]
            .into(),
            unused_approvals: Vec::new(),
            steps: steps(),
            conflicts: vec![Conflict {
                address: scp.clone(),
                origin: Some(origin("scps.yaml", 2).to_string()),
                ids: [crate::model::PhysicalId::from("p-ab12cd34")].into(),
                why: "a policy of that name exists and carries no claim".to_owned(),
                help: "adopt it with `lifecycle.adopt: p-ab12cd34`, or choose another policyName"
                    .to_owned(),
            }],
            orphans: vec![Orphan {
                address: group("old-apps"),
                scope: "ml-prod".to_owned(),
                id: "sg-0bbbbbbbbbbbbbbb0".into(),
            }],
            unknown: vec![
                Unknown::kind(
                    "org",
                    "ServiceControlPolicy",
                    "organizations:ListPolicies throttled: TooManyRequestsException",
                ),
                Unknown {
                    scope: "ml-prod".to_owned(),
                    kind: "KmsKey".to_owned(),
                    id: Some("1234abcd-12ab-34cd-56ef-1234567890ab".into()),
                    why: "kms:GetKeyPolicy answered AccessDeniedException (denied)".to_owned(),
                    passes: false,
                    concerns: BTreeSet::new(),
                },
            ],
            in_sync: in_sync.into(),
            pauses: vec![pause()],
            rollouts: vec![Rollout {
                set: "ml-workloads".to_owned(),
                wave: 1,
                waves: 3,
                reached: 2,
                behind: ["444455556666.eu-west-1".to_owned()].into(),
                unknown: BTreeSet::new(),
                failing: ["111122223333.eu-west-1".to_owned()].into(),
                failures: 0,
                next_in: None,
            }],
            stopped: None,
            wants: BTreeMap::new(),
        },
        results: results(),
        contests: vec![Contest {
            address: group("bastion"),
            times: Some(4),
            ours: Some("arn:aws:sts::111122223333:assumed-role/palisade/palisade".to_owned()),
            theirs: drifts().into_iter().find_map(|drift| drift.by).into_iter().collect(),
        }],
        drifts: drifts(),
        manifests,
        pending_deletions: vec![PendingDeletion {
            scope: "ml-prod".to_owned(),
            kind: "KmsKey".to_owned(),
            id: "9999abcd-12ab-34cd-56ef-1234567890ab".into(),
            address: Address::new("ml-prod", "KmsKey", "archive"),
            until: Some(1_798_761_600),
            tombstone: false,
        }],
        audited: audited(),
        phases: crate::engine::Phases::default(),
        base_problems: Vec::new(),
        comparison: None,
    }
}

fn audited() -> Audited {
    Audited {
        findings: vec![LiveFinding {
            severity: Severity::Critical,
            scope: "ml-prod".to_owned(),
            rule: "ROOT-02",
            subject: "root user".to_owned(),
            message: "has no second factor".to_owned(),
            by: None,
            help: "sign in as the root user and register a hardware key",
        }],
        unknown: vec![Unaudited {
            scope: "org".to_owned(),
            about: "the root user",
            why: "iam:GetAccountSummary answered AccessDenied (denied)".to_owned(),
        }],
    }
}

/// A pass after which nothing is left to do.
pub(crate) fn quiet() -> Report {
    let mut report = report();
    report.plan = Plan { in_sync: report.manifests.iter().cloned().collect(), ..Plan::default() };
    report.problems.clear();
    report.results.clear();
    report.drifts.clear();
    report.contests.clear();
    report.pending_deletions.clear();
    report.audited = Audited::default();
    for caller in report.scopes.values_mut() {
        *caller = Ok("arn:aws:sts::111122223333:assumed-role/palisade/palisade".to_owned());
    }
    report
}
