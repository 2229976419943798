//! The decision of one document on one request, as far as it is determined.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Dialect, PolicyDocument,
    canonical::{
        Body, Effect, PrincipalType, Principals, Selection, Token, Tokens, Version, is_account_id,
    },
    condition,
    pattern::{Pattern, Tri},
};

/// Stands for any text, including none, in the caller, resource or condition key values of a
/// [`Request`]: a role of which only a session is known may have any path. (A Unicode noncharacter:
/// AWS accepts no text that contains it.)
pub const ANY_TEXT: char = '\u{FFFF}';

/// A request to AWS, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The caller's ARN: a user, a role, a role session or an account's root. An AWS service is
    /// its service principal (`logs.eu-west-1.amazonaws.com`), an anonymous caller is empty.
    pub principal_arn: String,
    /// `service:Action`.
    pub action: String,
    /// The ARN of the resource, or `*` for actions without one.
    pub resource: String,
    /// Condition keys, in lower case, with their values. A key without values is known to be absent
    /// from the request; a key that is not listed is unknown, and a condition on it is undecided.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Request {
    /// A request with the two condition keys that follow from the caller's ARN:
    /// `aws:principalaccount`, and `aws:principalarn` unless the caller is a session (there the key
    /// holds the role's ARN, and a session's ARN does not contain its path).
    pub fn new(principal_arn: &str, action: &str, resource: &str) -> Self {
        let mut context = BTreeMap::new();
        if let Some(principal) = Arn::parse(principal_arn) {
            context.insert("aws:principalaccount".to_owned(), vec![principal.account.to_owned()]);
            if principal.service == "iam" {
                context.insert("aws:principalarn".to_owned(), vec![principal_arn.to_owned()]);
            }
        }
        Self {
            principal_arn: principal_arn.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
        }
    }
}

/// The decision of a document on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// A statement allows it and none can deny it. An `Allow` to the root of the caller's account
    /// counts: it delegates to the IAM policies of that account, which must allow the request as
    /// well and are not evaluated here.
    Allow,
    /// A statement certainly denies it.
    Deny,
    /// No statement matches: denied, unless another policy allows it.
    NoMatch,
    /// It depends on something unknown. To be safe, treat it as the worse answer.
    Unknown,
}

impl Decision {
    /// From whether a statement denies and whether one allows.
    pub(super) fn of(denied: Tri, allowed: Tri) -> Self {
        match (denied, allowed) {
            (Tri::Yes, _) => Self::Deny,
            (Tri::Unknown, _) | (Tri::No, Tri::Unknown) => Self::Unknown,
            (Tri::No, Tri::Yes) => Self::Allow,
            (Tri::No, Tri::No) => Self::NoMatch,
        }
    }
}

impl PolicyDocument {
    /// Decides `request` by this document alone. A certain deny wins over everything; a possible
    /// deny, or only a possible allow, is [`Decision::Unknown`].
    pub fn evaluate(&self, request: &Request) -> Decision {
        let (mut allowed, mut denied) = (Tri::No, Tri::No);
        for statement in &self.statements {
            let applies = self.applies(&statement.body, request);
            match statement.body.effect {
                Effect::Allow => allowed = allowed.or(applies),
                Effect::Deny => denied = denied.or(applies),
            }
        }
        Decision::of(denied, allowed)
    }

    pub(super) fn applies(&self, body: &Body, request: &Request) -> Tri {
        // Most statements are about other actions: skip the rest of them.
        let about = self.concerns(body, &request.action);
        if about == Tri::No { Tri::No } else { self.applies_to(about, body, request) }
    }

    /// The same, if it is known whether the statement is about the action.
    pub(super) fn applies_to(&self, about: Tri, body: &Body, request: &Request) -> Tri {
        Tri::all([
            about,
            self.principal_matches(body, request),
            self.resource_matches(body, request),
            condition::holds(&body.condition, &request.context, self.has_variables()),
        ])
    }

    /// Whether the language of the document has policy variables.
    pub(super) fn has_variables(&self) -> bool {
        self.version == Version::V2012
    }

    /// Whether a statement is about an action.
    pub(super) fn concerns(&self, body: &Body, action: &str) -> Tri {
        self.selected(body.action.as_ref(), |patterns| {
            Tri::any(patterns.iter().map(|p| self.action_matches(p, action)))
        })
    }

    /// Whether a statement is about the resource of a request.
    pub(super) fn resource_matches(&self, body: &Body, request: &Request) -> Tri {
        let context = self.has_variables().then_some(&request.context);
        self.selected(body.resource.as_ref(), |patterns| {
            let matches = |p: &Token| match p.shown() {
                // In every reading.
                "*" => Tri::Yes,
                text => Pattern::of_resource(text, context).matches_resource(&request.resource),
            };
            Tri::any(patterns.iter().map(matches))
        })
    }

    fn selected(
        &self,
        selection: Option<&Selection<Tokens>>,
        matches: impl Fn(&Tokens) -> Tri,
    ) -> Tri {
        match selection {
            Some(Selection::Only(patterns)) => matches(patterns),
            Some(Selection::AllBut(patterns)) => !matches(patterns),
            // The KMS API reference: a key policy statement without a Resource is accepted and has
            // no effect.
            None if self.dialect == Dialect::KeyPolicy => Tri::No,
            // Such a policy is about its own role or repository, and says so nowhere.
            None if matches!(self.dialect, Dialect::TrustPolicy | Dialect::RepositoryPolicy) => {
                Tri::Yes
            }
            None => Tri::Unknown,
        }
    }

    fn action_matches(&self, pattern: &Token, action: &str) -> Tri {
        if is_of_another_service(pattern.key(), action) {
            return Tri::No;
        }
        if !pattern.key().contains(['*', '?']) && !action.contains(ANY_TEXT) {
            return self.is_action(pattern.key(), action);
        }
        let folded = Pattern::glob(&pattern.key().to_ascii_lowercase())
            .matches(&action.to_ascii_lowercase());
        // Case-insensitive according to the IAM reference, case-sensitive according to the
        // Organizations user guide: if only one of them matches a control policy, the result is
        // uncertain.
        if self.dialect.is_control_policy()
            && folded != Pattern::glob(pattern.key()).matches(action)
        {
            return Tri::Unknown;
        }
        folded
    }

    /// As [`Self::action_matches`], for a name without wildcards.
    fn is_action(&self, name: &str, action: &str) -> Tri {
        let folded = name.eq_ignore_ascii_case(action);
        if self.dialect.is_control_policy() && folded && name != action {
            return Tri::Unknown;
        }
        folded.into()
    }

    pub(super) fn principal_matches(&self, body: &Body, request: &Request) -> Tri {
        match &body.principal {
            // It applies to every principal in the accounts below it, or to the identity that it is
            // attached to.
            None => match self.dialect {
                Dialect::ServiceControlPolicy | Dialect::IdentityPolicy => Tri::Yes,
                Dialect::KeyPolicy
                | Dialect::EndpointPolicy
                | Dialect::BucketPolicy
                | Dialect::RepositoryPolicy
                | Dialect::TrustPolicy
                | Dialect::ResourceControlPolicy => Tri::Unknown,
            },
            Some(Selection::Only(principals)) => named(principals, &request.principal_arn),
            Some(Selection::AllBut(principals)) => not_exempt(principals, &request.principal_arn),
        }
    }
}

/// Whether the service prefixes have no wildcards and differ even if case is ignored.
fn is_of_another_service(pattern: &str, action: &str) -> bool {
    match (pattern.split_once(':'), action.split_once(':')) {
        (Some((one, _)), Some((other, _))) => {
            !one.contains(['*', '?']) && !one.eq_ignore_ascii_case(other)
        }
        _ => false,
    }
}

/// The parts of an ARN that identify a principal.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, service, _region) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { partition, service, account: parts.next()?, resource: parts.next()? })
    }

    fn same_account(&self, other: &Self) -> bool {
        self.partition == other.partition && self.account == other.account
    }

    fn is_root(&self) -> bool {
        self.service == "iam" && self.resource == "root"
    }

    /// The name of the role without its path: unique within an account.
    fn role(&self) -> Option<&'a str> {
        (self.service == "iam").then_some(())?;
        self.resource.strip_prefix("role/")?.rsplit('/').next()
    }

    /// The name of the role of a session.
    fn session_role(&self) -> Option<&'a str> {
        (self.service == "sts").then_some(())?;
        self.resource.strip_prefix("assumed-role/")?.split('/').next()
    }
}

/// The account of a principal, if its spelling contains it.
pub(super) fn account_of(principal: &str) -> Option<&str> {
    if is_account_id(principal) {
        Some(principal)
    } else {
        Arn::parse(principal).map(|arn| arn.account)
    }
}

/// Whether `principals` include the caller.
fn named(principals: &Principals, caller: &str) -> Tri {
    let Principals::Named(by_type) = principals else {
        return Tri::Unknown;
    };
    Tri::any(
        by_type.iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name))).map(
            |(kind, name)| {
                match kind {
                    PrincipalType::Aws => aws_principal(name.key(), caller),
                    PrincipalType::Service | PrincipalType::Federated => {
                        (name.key() == caller).into()
                    }
                    // Another name of an account, which cannot be resolved here.
                    PrincipalType::CanonicalUser => Tri::Unknown,
                }
            },
        ),
    )
}

fn aws_principal(name: &str, caller: &str) -> Tri {
    // AWS services and anonymous callers too: statements of resource control policies about them
    // say `"*"` (Organizations user guide, RCP examples).
    if name == "*" || name == caller {
        return Tri::Yes;
    }
    let Some(caller_arn) = Arn::parse(caller) else {
        return Tri::Unknown;
    };
    if is_account_id(name) {
        return (name == caller_arn.account).into();
    }
    // A unique id (AROA…, AIDA…) belongs to an unknown principal; a wildcard inside an ARN is not
    // in the language.
    let Some(arn) = Arn::parse(name).filter(|_| !name.contains(['*', '?'])) else {
        return Tri::Unknown;
    };
    if !arn.same_account(&caller_arn) {
        return Tri::No;
    }
    if arn.is_root() {
        return Tri::Yes;
    }
    if let (Some(role), Some(session)) = (arn.role(), caller_arn.session_role()) {
        return (role == session).into();
    }
    if let (Some(named), Some(session)) = (arn.session_role(), caller_arn.session_role())
        && caller.contains(ANY_TEXT)
    {
        return if named == session { Tri::Unknown } else { Tri::No };
    }
    if let (Some(session), Some(role)) = (arn.session_role(), caller_arn.role()) {
        // The caller's session may be the one named.
        return if session == role { Tri::Unknown } else { Tri::No };
    }
    Tri::No
}

/// Whether a `NotPrincipal` element applies to the caller. The IAM reference: an exempt principal
/// must be listed together with its account's root, and a session also with its role; otherwise it
/// may still be denied.
fn not_exempt(principals: &Principals, caller: &str) -> Tri {
    if named(principals, caller) == Tri::No {
        return Tri::Yes;
    }
    let Some(arn) = Arn::parse(caller) else {
        return Tri::Unknown;
    };
    let listed = |matches: &dyn Fn(&str) -> bool| {
        principals.of_type(PrincipalType::Aws).any(|name| matches(name.key()))
    };
    let same = |name: &str, test: &dyn Fn(&Arn<'_>) -> bool| {
        Arn::parse(name).is_some_and(|n| n.same_account(&arn) && test(&n))
    };
    let root = listed(&|name| name == arn.account || same(name, &|n| n.is_root()));
    let role = arn
        .session_role()
        .is_none_or(|session| listed(&|name| same(name, &|n| n.role() == Some(session))));
    // A role acts through sessions, which are listed individually.
    let itself = listed(&|name| name == caller) && arn.role().is_none();
    if listed(&|name| name == "*") || (root && role && (itself || arn.is_root())) {
        Tri::No
    } else {
        Tri::Unknown
    }
}
