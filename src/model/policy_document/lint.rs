//! What AWS accepts and nobody means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Dialect, PolicyDocument,
    canonical::{Body, Effect, PrincipalType, Principals, Selection, Tokens, is_account_id},
    error::Place,
    operator::Operator,
};

/// One finding about a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// Which rule found it.
    pub rule: LintRule,
    /// `Statement[2].Principal`, counted from zero.
    pub path: String,
    /// What is wrong and what to do, without policy text.
    pub message: String,
}

/// What a lint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LintRule {
    /// The document has no statement.
    NoStatements,
    /// A statement without actions: KMS accepts it and ignores it (KMS API reference).
    MissingAction,
    /// A statement without resources: KMS accepts it and ignores it (KMS API reference).
    MissingResource,
    /// A resource policy statement that names nobody.
    MissingPrincipal,
    /// A bare string other than `"*"` as the principal.
    StringPrincipal,
    /// An `Allow` to everyone, in any account, without a condition (KMS developer guide).
    PublicAllow,
    /// An `Allow` to everyone but some (IAM reference: "we strongly recommend that you do not").
    AllowNotPrincipal,
    /// A role session as principal: KMS rewrites it and it ends with the session.
    SessionPrincipal,
    /// The unique id of a deleted user or role (IAM user guide). A policy with one cannot be put again.
    OrphanedPrincipal,
    /// A `Deny` of everything, to everyone of an account, without a condition.
    DenyEverything,
    /// A condition operator that the IAM reference does not list; operators are case-sensitive.
    UnknownOperator,
    /// One tag key in two spellings: IAM matches tag keys in conditions without regard to case.
    TagKeyCase,
}

impl LintRule {
    fn message(self) -> &'static str {
        match self {
            Self::NoStatements => "the document says nothing: add a statement",
            Self::MissingAction => {
                "no action is listed, so the statement has no effect: list the actions"
            }
            Self::MissingResource => {
                "no resource is listed, so the statement has no effect: write \"*\" or the ARNs"
            }
            Self::MissingPrincipal => "nobody is named: say whom the statement is about",
            Self::StringPrincipal => "a bare string: write an object such as {\"AWS\": …}",
            Self::PublicAllow => "allows every AWS account: name the principals or add a condition",
            Self::AllowNotPrincipal => {
                "allows everyone who is not listed: name the principals instead"
            }
            Self::SessionPrincipal => "names a role session: name the role",
            Self::OrphanedPrincipal => {
                "the unique id of a deleted principal: name its ARN if it exists again, or remove it"
            }
            Self::DenyEverything => {
                "denies everything to everyone, palisade included: add a condition"
            }
            Self::UnknownOperator => "not a condition operator: correct its spelling and case",
            Self::TagKeyCase => {
                "this tag key also occurs in another case, and IAM does not tell the two apart: use one"
            }
        }
    }

    fn at(self, place: &Place) -> Lint {
        Lint { rule: self, path: place.to_string(), message: self.message().to_owned() }
    }
}

impl PolicyDocument {
    /// What AWS accepts in this document and nobody means, in document order. The rules are those of `dialect`.
    pub fn lint(&self, dialect: Dialect) -> Vec<Lint> {
        let mut lints = Vec::new();
        if self.statements.is_empty() {
            lints.push(LintRule::NoStatements.at(&Place::default().field("Statement")));
        }
        let mut tag_keys = BTreeMap::new();
        for (index, statement) in self.statements.iter().enumerate() {
            let place = Place::default().field("Statement").item(index);
            let body = &statement.body;
            if body.action.as_ref().is_none_or(|a| a.inner().is_empty()) {
                lints.push(LintRule::MissingAction.at(&place.field("Action")));
            }
            if body.resource.as_ref().is_none_or(|r| r.inner().is_empty()) {
                lints.push(LintRule::MissingResource.at(&place.field("Resource")));
            }
            if matches!(dialect, Dialect::KeyPolicy | Dialect::EndpointPolicy) {
                principals(body, &place, &mut lints);
            }
            if denies_everything(body) {
                lints.push(LintRule::DenyEverything.at(&place));
            }
            conditions(body, &place.field("Condition"), &mut tag_keys, &mut lints);
        }
        lints
    }
}

fn principals(body: &Body, place: &Place, lints: &mut Vec<Lint>) {
    let Some(selection) = &body.principal else {
        lints.push(LintRule::MissingPrincipal.at(&place.field("Principal")));
        return;
    };
    let place = place.field(&selection.label("Principal"));
    match selection.inner() {
        Principals::Text(_) => lints.push(LintRule::StringPrincipal.at(&place)),
        Principals::Named(by_type) if by_type.values().all(Tokens::is_empty) => {
            lints.push(LintRule::MissingPrincipal.at(&place));
        }
        Principals::Named(_) => {}
    }
    if body.effect == Effect::Allow {
        match selection {
            Selection::AllBut(_) => lints.push(LintRule::AllowNotPrincipal.at(&place)),
            Selection::Only(names) if names_everyone(names) && unconditional(body) => {
                lints.push(LintRule::PublicAllow.at(&place));
            }
            Selection::Only(_) => {}
        }
    }
    let place = place.field(PrincipalType::Aws.name());
    let aws = || selection.inner().of_type(PrincipalType::Aws).map(super::canonical::Token::key);
    if aws().any(is_session) {
        lints.push(LintRule::SessionPrincipal.at(&place));
    }
    if aws().any(is_unique_id) {
        lints.push(LintRule::OrphanedPrincipal.at(&place));
    }
}

fn names_everyone(principals: &Principals) -> bool {
    principals.of_type(PrincipalType::Aws).any(|name| name.key() == "*")
}

/// No condition, or one that lists nothing to test.
fn unconditional(body: &Body) -> bool {
    body.condition.values().all(BTreeMap::is_empty)
}

fn is_session(principal: &str) -> bool {
    principal.starts_with("arn:")
        && principal.contains(":sts:")
        && principal.contains(":assumed-role/")
}

/// `AROA…` (role) or `AIDA…` (user), as the IAM user guide lists the prefixes of unique ids.
fn is_unique_id(principal: &str) -> bool {
    (principal.starts_with("AROA") || principal.starts_with("AIDA"))
        && principal.len() >= 16
        && principal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn denies_everything(body: &Body) -> bool {
    let any = |selection: &Option<Selection<Tokens>>, all: &[&str]| match selection {
        Some(Selection::Only(tokens)) => tokens.iter().any(|token| all.contains(&token.key())),
        _ => false,
    };
    // Denying everything to one role is a way to suspend it; to an account's root it hits everybody in there.
    let everybody = match &body.principal {
        None | Some(Selection::AllBut(_)) => true,
        Some(Selection::Only(names)) => names.of_type(PrincipalType::Aws).any(|name| {
            name.key() == "*" || name.key().ends_with(":root") || is_account_id(name.key())
        }),
    };
    body.effect == Effect::Deny
        && everybody
        && any(&body.action, &["*", "*:*", "kms:*"])
        && any(&body.resource, &["*"])
        && unconditional(body)
}

fn conditions(
    body: &Body,
    place: &Place,
    tag_keys: &mut BTreeMap<String, String>,
    lints: &mut Vec<Lint>,
) {
    for (operator, keys) in &body.condition {
        let place = place.field(operator);
        if Operator::parse(operator).is_none() {
            lints.push(LintRule::UnknownOperator.at(&place));
        }
        for key in keys.keys().filter(|key| key.key().contains("tag/")) {
            // Only the tag's own name counts: `aws:` in another case is no tag key.
            let tag = key.shown().split_once('/').map_or("", |(_, tag)| tag);
            let first = tag_keys.entry(key.key().to_owned()).or_insert_with(|| tag.to_owned());
            if first != tag {
                lints.push(LintRule::TagKeyCase.at(&place.field(key.shown())));
            }
        }
    }
}
