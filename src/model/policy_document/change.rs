//! What the change of a document means for a request.
//!
//! Statements that both documents have decide the same in both, whatever is unknown of a request:
//! only those that differ are looked at first, and a request that none of them is about is decided
//! as before.

use std::collections::BTreeSet;

use super::{
    Decision, PolicyDocument, Request,
    canonical::{Body, Effect, Selection, Statement},
    condition,
    keys::{Bearing, unfilled},
    pattern::Tri,
};

/// What a document says about a request, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The decision.
    pub decision: Decision,
    /// The statements that decide it, by name or number.
    pub by: BTreeSet<String>,
    /// For [`Decision::Unknown`]: the condition keys whose values would decide it, in lower case;
    /// `action`, `principal` or `resource` where that is what is not known.
    pub missing: BTreeSet<String>,
}

/// A document before and after a change. A document that is missing matches nothing.
#[derive(Debug, Clone)]
pub struct PolicyChange {
    before: Option<PolicyDocument>,
    after: Option<PolicyDocument>,
    /// The numbers of the statements that only one of them has.
    only_before: Vec<usize>,
    only_after: Vec<usize>,
}

/// The number of a statement, and whether it is about an action.
type About = (usize, Tri);

/// The statements of a change that may be about an action; all others say nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relevant {
    before: Vec<About>,
    after: Vec<About>,
}

/// The statements of a change that apply to a request, or may.
#[derive(Debug)]
pub struct Applied<'a> {
    before: Vec<Applying<'a>>,
    after: Vec<Applying<'a>>,
}

#[derive(Debug)]
struct Applying<'a> {
    number: usize,
    statement: &'a Statement,
    how: Tri,
}

impl PolicyChange {
    /// The change from one document to another.
    pub fn new(before: Option<PolicyDocument>, after: Option<PolicyDocument>) -> Self {
        let only_before = only_in(before.as_ref(), after.as_ref());
        let only_after = only_in(after.as_ref(), before.as_ref());
        Self { before, after, only_before, only_after }
    }

    /// Whether the documents differ in a statement.
    pub fn is_change(&self) -> bool {
        !self.only_before.is_empty() || !self.only_after.is_empty()
    }

    /// What of a request of this action can decide, in one of the documents.
    pub fn bearing(&self, action: &str) -> Bearing {
        let mut bearing = Bearing::default();
        let documents = self.before.iter().chain(&self.after);
        documents.for_each(|document| document.bears_on(action, &mut bearing));
        bearing
    }

    /// Whether a text occurs in one of the documents: whether a caller's session matters, say.
    pub fn mentions(&self, text: &str) -> bool {
        let mut documents = self.before.iter().chain(&self.after);
        documents.any(|document| document.to_minified_json().contains(text))
    }

    /// Whether a statement that differs may be about an action.
    pub fn may_concern(&self, action: &str) -> bool {
        self.differing().any(|(document, body)| document.concerns(body, action) != Tri::No)
    }

    /// The statements that may be about an action.
    pub fn relevant(&self, action: &str) -> Relevant {
        let of = |it: &Option<PolicyDocument>| it.as_ref().map(|it| it.about(action));
        let [before, after] = [&self.before, &self.after].map(|it| of(it).unwrap_or_default());
        Relevant { before, after }
    }

    /// Which of these statements apply to a request of the action.
    pub fn apply(&self, request: &Request, relevant: &Relevant) -> Applied<'_> {
        let Self { before, after, .. } = self;
        let before = before.as_ref().map(|it| it.applying(request, &relevant.before));
        let after = after.as_ref().map(|it| it.applying(request, &relevant.after));
        Applied { before: before.unwrap_or_default(), after: after.unwrap_or_default() }
    }

    /// What both documents say about a request; `None` if no statement that differs is about it, so
    /// that they say the same. `applied` is of this change, or of one whose documents this one has.
    pub fn judge(
        &self,
        request: &Request,
        applied: &Applied<'_>,
    ) -> Option<(Judgement, Judgement)> {
        let any = |applied: &[Applying<'_>], differing: &[usize]| {
            applied.iter().any(|it| differing.contains(&it.number))
        };
        let differs =
            any(&applied.before, &self.only_before) || any(&applied.after, &self.only_after);
        differs.then(|| {
            let judge = |document: &Option<PolicyDocument>, applied: &[Applying<'_>]| {
                let judged = document.as_ref().map(|it| it.judge(request, applied));
                judged.unwrap_or_else(Judgement::nothing)
            };
            (judge(&self.before, &applied.before), judge(&self.after, &applied.after))
        })
    }

    fn differing(&self) -> impl Iterator<Item = (&PolicyDocument, &Body)> {
        let before = statements(self.before.as_ref(), &self.only_before);
        before.chain(statements(self.after.as_ref(), &self.only_after))
    }
}

fn statements<'a>(
    document: Option<&'a PolicyDocument>,
    numbers: &'a [usize],
) -> impl Iterator<Item = (&'a PolicyDocument, &'a Body)> {
    document.into_iter().flat_map(move |document| {
        let bodies = numbers.iter();
        bodies.filter_map(move |at| Some((document, &document.statements.get(*at)?.body)))
    })
}

/// The numbers of the statements of a document that another one lacks. Variables are read in one
/// version only, so that statements of two versions are never the same.
fn only_in(document: Option<&PolicyDocument>, other: Option<&PolicyDocument>) -> Vec<usize> {
    let Some(document) = document else { return Vec::new() };
    let same = other.filter(|other| other.version == document.version);
    let has = |statement: &Statement| {
        same.is_some_and(|other| other.statements.iter().any(|it| it.body == statement.body))
    };
    let statements = document.statements.iter().enumerate();
    statements.filter(|(_, statement)| !has(statement)).map(|(at, _)| at).collect()
}

impl Judgement {
    fn nothing() -> Self {
        Self { decision: Decision::NoMatch, by: BTreeSet::new(), missing: BTreeSet::new() }
    }
}

impl PolicyDocument {
    /// The statements that may be about an action.
    fn about(&self, action: &str) -> Vec<About> {
        let all = self.statements.iter().enumerate();
        let about = all.map(|(number, it)| (number, self.concerns(&it.body, action)));
        about.filter(|(_, about)| *about != Tri::No).collect()
    }

    /// Those of these statements that apply to a request, or may.
    fn applying(&self, request: &Request, among: &[About]) -> Vec<Applying<'_>> {
        let one = |(number, about): &About| {
            let statement = self.statements.get(*number)?;
            let how = self.applies_to(*about, &statement.body, request);
            (how != Tri::No).then_some(Applying { number: *number, statement, how })
        };
        among.iter().filter_map(one).collect()
    }

    /// As [`PolicyDocument::evaluate`], with the statements that decide.
    fn judge(&self, request: &Request, applying: &[Applying<'_>]) -> Judgement {
        let of = |effect| applying.iter().filter(move |it| it.statement.body.effect == effect);
        let [denied, allowed] =
            [Effect::Deny, Effect::Allow].map(|effect| Tri::any(of(effect).map(|it| it.how)));
        let those = |effect, how| of(effect).filter(move |it| it.how == how).collect();
        let decision = Decision::of(denied, allowed);
        let deciding: Vec<&Applying<'_>> = match decision {
            Decision::NoMatch => Vec::new(),
            Decision::Deny => those(Effect::Deny, Tri::Yes),
            Decision::Allow => those(Effect::Allow, Tri::Yes),
            Decision::Unknown if denied == Tri::Unknown => those(Effect::Deny, Tri::Unknown),
            Decision::Unknown => those(Effect::Allow, Tri::Unknown),
        };
        let missing = if decision == Decision::Unknown {
            let missing = deciding.iter().map(|it| self.missing(&it.statement.body, request));
            missing.flatten().collect()
        } else {
            BTreeSet::new()
        };
        let by = deciding.into_iter().map(|it| named(it.number, it.statement)).collect();
        Judgement { decision, by, missing }
    }

    /// What would have to be known to say whether a statement applies.
    fn missing(&self, body: &Body, request: &Request) -> BTreeSet<String> {
        let mut missing = BTreeSet::new();
        if self.concerns(body, &request.action) == Tri::Unknown {
            missing.insert("action".to_owned());
        }
        if self.principal_matches(body, request) == Tri::Unknown {
            missing.insert("principal".to_owned());
        }
        let variables = self.has_variables();
        if self.resource_matches(body, request) == Tri::Unknown {
            let patterns = body.resource.as_ref().map(Selection::inner);
            let unknown = patterns.into_iter().flat_map(|it| unfilled(it, &request.context));
            let before = missing.len();
            missing.extend(unknown.filter(|_| variables));
            if missing.len() == before {
                missing.insert("resource".to_owned());
            }
        }
        missing.extend(condition::undecided(&body.condition, &request.context, variables));
        missing
    }
}

fn named(at: usize, statement: &Statement) -> String {
    if statement.sid.is_empty() { format!("statement {}", at + 1) } else { statement.sid.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::policy_document::Dialect;

    fn scp(statements: &Value) -> PolicyDocument {
        let text = json!({"Version": "2012-10-17", "Statement": statements});
        PolicyDocument::from_value(&text, Dialect::ServiceControlPolicy).unwrap()
    }

    fn request(action: &str, context: &[(&str, &str)]) -> Request {
        let mut request = Request::new("arn:aws:iam::111122223333:role/ci", action, "*");
        for (key, value) in context {
            request.context.insert((*key).to_owned(), vec![(*value).to_owned()]);
        }
        request
    }

    fn judged(change: &PolicyChange, request: &Request) -> Option<(Judgement, Judgement)> {
        let applied = change.apply(request, &change.relevant(&request.action));
        change.judge(request, &applied)
    }

    fn judge(document: &PolicyDocument, request: &Request) -> Judgement {
        let applying = document.applying(request, &document.about(&request.action));
        let judged = document.judge(request, &applying);
        assert_eq!(judged.decision, document.evaluate(request));
        judged
    }

    fn in_vpc() -> Value {
        json!({"Sid": "InVpc", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*",
               "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}})
    }

    #[test]
    fn a_request_that_no_changed_statement_is_about_is_decided_as_before() {
        let undecided = json!({"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}});
        let change = PolicyChange::new(
            Some(scp(&json!([undecided]))),
            Some(scp(&json!([undecided, in_vpc()]))),
        );
        assert!(change.is_change() && !change.may_concern("ec2:RunInstances"));
        assert!(change.may_concern("sagemaker:CreateApp"));
        assert_eq!(judged(&change, &request("ec2:RunInstances", &[])), None);
        assert!(judged(&change, &request("sagemaker:CreateApp", &[])).is_some());
        let subnets = [("sagemaker:vpcsubnets", "subnet-1")];
        assert_eq!(judged(&change, &request("sagemaker:CreateApp", &subnets)), None);
        // A name decides nothing.
        let renamed = json!([{"Sid": "X", "Effect": "Deny", "Action": "a:b", "Resource": "*"}]);
        let plain = json!([{"Effect": "Deny", "Action": "a:b", "Resource": "*"}]);
        assert!(!PolicyChange::new(Some(scp(&renamed)), Some(scp(&plain))).is_change());
    }

    #[test]
    fn what_decides_and_what_is_missing_are_named() {
        let document = scp(&json!([in_vpc(), {"Effect": "Deny", "Action": "iam:*", "Resource":
            "arn:aws:iam::*:role/${aws:PrincipalTag/team}"}]));
        let judged = judge(&document, &request("sagemaker:CreateApp", &[]));
        assert_eq!(judged.decision, Decision::Unknown);
        assert!(judged.by.contains("InVpc") && judged.missing.contains("sagemaker:vpcsubnets"));
        let mut absent = request("sagemaker:CreateApp", &[]);
        absent.context.insert("sagemaker:vpcsubnets".into(), Vec::new());
        let judged = judge(&document, &absent);
        assert_eq!((judged.decision, judged.missing.len()), (Decision::Deny, 0));
        let role = Request {
            resource: "arn:aws:iam::111122223333:role/x".into(),
            ..request("iam:CreateRole", &[])
        };
        let judged = judge(&document, &role);
        assert_eq!(judged.by, ["statement 2".to_owned()].into());
        assert_eq!(judged.missing, ["aws:principaltag/team".to_owned()].into());
    }
}
