//! Rules for policy documents of all kinds: what AWS accepts although it is probably not what was
//! meant. The documents are judged by the lint of their dialect. Documents that AWS refuses never
//! get here, because their manifests are already problems.

use super::{
    Breach, Facts, Reach, Rule, Severity, Wanted,
    statement::{self, Statement},
};
use crate::{
    kind::blocks,
    kinds::policies,
    model::policy_document::{Admission, AttachedTo, Gravity, PolicyDocument, Topic},
};

/// A state that contains a policy document.
pub(crate) trait Documented: 'static {
    /// The document's field in the manifest, below `spec`.
    const FIELD: &'static str;

    /// The document, if there is one.
    fn document(&self) -> Option<&PolicyDocument>;
}

const WHY_ACTIONS: &str =
    "A denial of an action that does not exist protects nothing, and an allowance grants nothing.";
const HELP_ACTIONS: &str = "correct the spelling; AWS adds actions every week, so waive it for one \
                            that is newer than palisade";
const SOURCE_ACTIONS: &str = "AWS service authorization reference; IAM Access Analyzer \
                              INVALID_ACTION, INVALID_SERVICE_IN_ACTION";
const WHY_CONDITIONS: &str =
    "A condition that never holds disables its statement; one that always holds has no effect.";
const HELP_CONDITIONS: &str = "write a test that can both hold and fail";
const SOURCE_CONDITIONS: &str = "IAM user guide, condition operators; IAM Access Analyzer policy \
                                 checks; AWS PrivateLink guide, considerations for endpoint \
                                 policies";
const WHY_STATEMENTS: &str = "AWS accepts it, but it does not do what it appears to do.";
const HELP_STATEMENTS: &str = "write what is intended";
const SOURCE_STATEMENTS: &str =
    "IAM user guide, policy elements; IAM Access Analyzer policy checks";
const WHY_ALL: &str =
    "Nobody can do anything below it, and nobody who is locked out can revert it.";
const HELP_ALL: &str = "add a condition that exempts somebody; waive it if this is intended, as \
                        for closed accounts";
const SOURCE_ALL: &str =
    "AWS Organizations user guide, SCP evaluation; KMS developer guide, key policies";

/// The rule that the actions of a kind's documents exist.
pub(crate) const fn actions<S: Documented>(
    id: &'static str,
    kind: &'static str,
    title: &'static str,
) -> Rule {
    Rule {
        id,
        severity: Severity::Medium,
        kind,
        title,
        why: WHY_ACTIONS,
        source: SOURCE_ACTIONS,
        help: HELP_ACTIONS,
        reach: Reach::Manifest,
        check: |facts| doubtful::<S>(facts, Topic::Actions),
    }
}

/// The rule that the conditions of a kind's documents can hold and fail.
pub(crate) const fn conditions<S: Documented>(
    id: &'static str,
    kind: &'static str,
    title: &'static str,
) -> Rule {
    Rule {
        id,
        severity: Severity::Medium,
        kind,
        title,
        why: WHY_CONDITIONS,
        source: SOURCE_CONDITIONS,
        help: HELP_CONDITIONS,
        reach: Reach::Manifest,
        check: |facts| doubtful::<S>(facts, Topic::Conditions),
    }
}

/// The rule that the statements of a kind's documents mean what they look like.
pub(crate) const fn statements<S: Documented>(
    id: &'static str,
    kind: &'static str,
    title: &'static str,
) -> Rule {
    Rule {
        id,
        severity: Severity::Low,
        kind,
        title,
        why: WHY_STATEMENTS,
        source: SOURCE_STATEMENTS,
        help: HELP_STATEMENTS,
        reach: Reach::Manifest,
        check: |facts| doubtful::<S>(facts, Topic::Statements),
    }
}

/// The rule that none of a kind's documents denies everything to everybody.
pub(crate) const fn everything<S: Documented>(
    id: &'static str,
    kind: &'static str,
    title: &'static str,
) -> Rule {
    Rule {
        id,
        severity: Severity::High,
        kind,
        title,
        why: WHY_ALL,
        source: SOURCE_ALL,
        help: HELP_ALL,
        reach: Reach::Manifest,
        check: |facts| doubtful::<S>(facts, Topic::Everything),
    }
}

/// The doubtful findings about one topic.
fn doubtful<S: Documented>(facts: &Facts<'_>, topic: Topic) -> Vec<Breach> {
    let mut found = Vec::new();
    for wanted in facts.of::<S>() {
        let Some(document) = wanted.state.document() else { continue };
        let Some(scope) = facts.scopes.get(&wanted.address().scope) else { continue };
        let refers = |path: &str| {
            wanted.written(S::FIELD).is_some_and(|written| policies::refers(written, path))
        };
        let lints = document.lint(&policies::context(scope)).into_iter().filter(|lint| {
            lint.gravity == Gravity::Doubtful && lint.rule.topic() == topic && !refers(&lint.path)
        });
        found.extend(lints.map(|lint| {
            let message = format!("{}: {}", lint.message, lint.help);
            let spec = wanted.spec();
            let field = blocks::place(spec, document.as_value(), S::FIELD, &lint.path);
            wanted.breach(field, message)
        }));
    }
    found
}

/// A breach for each statement of a kind's documents in which `wrong` finds something; `wrong` also
/// gets the principals that the statement admits.
pub(crate) fn each_statement<S: Documented>(
    facts: &Facts<'_>,
    attached: impl Fn(&S) -> AttachedTo,
    wrong: impl Fn(&Wanted<'_, S>, &Statement, &Admission) -> Option<String>,
) -> Vec<Breach> {
    let mut found = Vec::new();
    for wanted in facts.of::<S>() {
        let Some(document) = wanted.state.document() else { continue };
        for (statement, admission) in statement::admitted(document, attached(wanted.state)) {
            if let Some(why) = wrong(&wanted, &statement, &admission) {
                let (spec, whole) = (wanted.spec(), document.as_value());
                found.push(
                    wanted.breach(blocks::place(spec, whole, S::FIELD, &statement.field), why),
                );
            }
        }
    }
    found
}
