//! Who made a call, as the record says: `userIdentity` and what surrounds it (CloudTrail user
//! guide, record contents; Identity Center and console forms from real records).
//!
//! All of it is text that callers choose in part (session names, user agents): it is shortened and
//! freed of control characters before it goes anywhere.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest text that is kept of a record.
const MAX_CHARS: usize = 256;
/// The path of the roles of Identity Center's permission sets, which nobody else can make.
const IDENTITY_CENTER_PATH: &str = ":role/aws-reserved/sso.amazonaws.com/";
/// The name of these roles, before the set's own.
const IDENTITY_CENTER_ROLE: &str = "AWSReservedSSO_";

/// What sort of principal made a call: the label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// The root user of an account.
    Root,
    /// A user of IAM.
    User,
    /// A role, assumed by anything.
    Role,
    /// A person, through Identity Center.
    Person,
    /// A federated user.
    Federated,
    /// A principal of another account, as the owner of the resource sees it.
    Account,
    /// A service of AWS, of its own accord.
    Service,
    /// What this version does not know.
    Unknown,
}

impl Principal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Root,
        Self::User,
        Self::Role,
        Self::Person,
        Self::Federated,
        Self::Account,
        Self::Service,
        Self::Unknown,
    ];

    /// The metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
            Self::Role => "role",
            Self::Person => "person",
            Self::Federated => "federated",
            Self::Account => "account",
            Self::Service => "service",
            Self::Unknown => "unknown",
        }
    }
}

/// Who made a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// What sort of principal.
    #[serde(rename = "principalType")]
    pub sort: Principal,
    /// Its name: a role's ARN, a user's name, a service.
    pub principal: String,
    /// The person, where Identity Center or a source identity names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The name of the role's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The service that made the call for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// Whether it came from the console.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub console: bool,
    /// The address that it came from, or AWS's name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// What the client calls itself: its own claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The ARN of the caller, as in GetCallerIdentity; only to recognize palisade's own role.
    #[serde(skip)]
    pub arn: Option<String>,
}

impl Who {
    /// From a record.
    pub(super) fn of(record: &Value) -> Self {
        let identity = &record["userIdentity"];
        let (sort, principal) = principal(identity, record);
        let session = session(identity);
        let source_identity = text(&identity["sessionContext"]["sourceIdentity"]);
        let behind = text(&identity["onBehalfOf"]["userId"]);
        let person = match sort {
            Principal::Person => source_identity.or_else(|| session.clone()).or(behind),
            _ => source_identity.or(behind),
        };
        let invoked_by = text(&identity["invokedBy"]);
        Self {
            sort,
            principal,
            person,
            session,
            via: invoked_by.filter(|_| sort != Principal::Service),
            // A text, not a boolean, and present only if it is true.
            console: record["sessionCredentialFromConsole"] == "true",
            source_address: text(&record["sourceIPAddress"]),
            user_agent: text(&record["userAgent"]),
            arn: text(&identity["arn"]),
        }
    }

    /// In one phrase: the person before the role, and the service that acted for them.
    pub fn words(&self) -> String {
        let of = match (&self.person, &self.session) {
            (Some(person), _) => format!("{person} ({})", self.principal),
            (None, Some(session)) => format!("{} (session {session})", self.principal),
            (None, None) => self.principal.clone(),
        };
        match &self.via {
            Some(via) => format!("{of} through {via}"),
            None => of,
        }
    }
}

fn principal(identity: &Value, record: &Value) -> (Principal, String) {
    let account = || text(&identity["accountId"]).unwrap_or_else(|| "an account".to_owned());
    let arn = || text(&identity["arn"]);
    let named = |otherwise: &str| {
        let name = text(&identity["userName"]).or_else(arn);
        name.or_else(|| text(&identity["principalId"])).unwrap_or_else(|| otherwise.to_owned())
    };
    match identity["type"].as_str() {
        Some("Root") => (Principal::Root, format!("root of {}", account())),
        Some("IAMUser") => (Principal::User, format!("user/{}", named("unnamed"))),
        Some("AssumedRole" | "Role") => {
            let issuer = &identity["sessionContext"]["sessionIssuer"];
            let role = text(&issuer["arn"]).or_else(|| text(&issuer["userName"])).or_else(arn);
            let role = role.unwrap_or_else(|| named("a role"));
            // The session's name is the caller's choice, and so is the name of a role.
            let person = match text(&issuer["arn"]) {
                Some(arn) => arn.contains(IDENTITY_CENTER_PATH),
                None => role_of_session(&role).starts_with(IDENTITY_CENTER_ROLE),
            };
            (if person { Principal::Person } else { Principal::Role }, role)
        }
        Some("FederatedUser" | "SAMLUser" | "WebIdentityUser" | "Directory") => {
            (Principal::Federated, named("a federated user"))
        }
        Some("IdentityCenterUser") => {
            let user = text(&identity["onBehalfOf"]["userId"]);
            (Principal::Person, user.unwrap_or_else(|| named("a user of Identity Center")))
        }
        Some("AWSAccount") => (Principal::Account, format!("account {}", account())),
        Some("AWSService") => {
            let service = text(&identity["invokedBy"]);
            (Principal::Service, service.unwrap_or_else(|| "an AWS service".to_owned()))
        }
        // A service event has no type: AWS acted of its own accord.
        None if record["eventType"] == "AwsServiceEvent" => {
            let service = text(&identity["invokedBy"]);
            (Principal::Service, service.unwrap_or_else(|| "AWS Internal".to_owned()))
        }
        other => (Principal::Unknown, named(&clean(other.unwrap_or("an unknown principal")))),
    }
}

/// The session of a role: the end of its ARN, or of the principal's id.
fn session(identity: &Value) -> Option<String> {
    let of_role = matches!(identity["type"].as_str(), Some("AssumedRole" | "FederatedUser"));
    if !of_role {
        return None;
    }
    let from_arn = identity["arn"].as_str().and_then(|arn| {
        let name = arn.splitn(6, ':').nth(5)?;
        let mut parts = name.splitn(3, '/');
        let (_, _, session) = (parts.next()?, parts.next()?, parts.next()?);
        Some(clean(session))
    });
    let from_id = || identity["principalId"].as_str()?.split_once(':').map(|(_, it)| clean(it));
    from_arn.or_else(from_id).filter(|session| !session.is_empty())
}

/// A text of a record that is not empty, as it may be kept.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(clean).filter(|text| !text.is_empty())
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect()
}

/// The role in the ARN of a session (`…:assumed-role/ROLE/SESSION`), or the name itself.
fn role_of_session(role: &str) -> &str {
    let session = role.split_once(":assumed-role/").map(|(_, session)| session);
    session.and_then(|it| it.split('/').next()).unwrap_or(role)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn who(identity: Value) -> Who {
        Who::of(&json!({"userIdentity": identity}))
    }

    #[test]
    fn a_session_or_a_role_with_the_name_of_one_of_identity_center_makes_nobody_a_person() {
        let session = "arn:aws:sts::111122223333:assumed-role/dev/AWSReservedSSO_bob";
        let named = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef";
        for identity in [
            json!({"type": "AssumedRole", "arn": session}),
            json!({"type": "AssumedRole", "arn": session, "sessionContext": {"sessionIssuer":
                {"arn": "arn:aws:iam::111122223333:role/dev", "userName": "dev"}}}),
            json!({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": named}}}),
        ] {
            assert_eq!(who(identity.clone()).sort, Principal::Role, "{identity}");
        }
    }

    #[test]
    fn every_type_of_identity_has_a_name() {
        let role = json!({"sessionIssuer": {"type": "Role", "userName": "admin",
            "arn": "arn:aws:iam::111122223333:role/ops/admin"}});
        let center = json!({"sessionIssuer": {"type": "Role",
            "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"}});
        for (identity, sort, principal, person, session) in [
            (
                json!({"type": "Root", "accountId": "111122223333"}),
                "root",
                "root of 111122223333",
                None,
                None,
            ),
            (
                json!({"type": "IAMUser", "userName": "ann",
                "arn": "arn:aws:iam::111122223333:user/ann"}),
                "user",
                "user/ann",
                None,
                None,
            ),
            (
                json!({"type": "AssumedRole", "principalId": "AROA1:deploy-7", "sessionContext": role,
                "arn": "arn:aws:sts::111122223333:assumed-role/admin/deploy-7"}),
                "role",
                "arn:aws:iam::111122223333:role/ops/admin",
                None,
                Some("deploy-7"),
            ),
            (
                json!({"type": "AssumedRole", "principalId": "AROA1:ann@acme.example",
                "sessionContext": center,
                "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@acme.example"}),
                "person",
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
                Some("ann@acme.example"),
                Some("ann@acme.example"),
            ),
            (
                json!({"type": "AssumedRole", "principalId": "AROA1:x", "sessionContext":
                {"sourceIdentity": "ann", "sessionIssuer": {"userName": "studio"}}}),
                "role",
                "studio",
                Some("ann"),
                Some("x"),
            ),
            (
                json!({"type": "AWSAccount", "accountId": "999988887777", "principalId": "AIDA1"}),
                "account",
                "account 999988887777",
                None,
                None,
            ),
            (
                json!({"type": "AWSService", "invokedBy": "sagemaker.amazonaws.com"}),
                "service",
                "sagemaker.amazonaws.com",
                None,
                None,
            ),
            (
                json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}),
                "person",
                "u-1",
                Some("u-1"),
                None,
            ),
            (json!({"type": "SAMLUser", "userName": "bob"}), "federated", "bob", None, None),
            (json!({"type": "Martian", "principalId": "m"}), "unknown", "m", None, None),
            (json!(null), "unknown", "an unknown principal", None, None),
        ] {
            let found = who(identity.clone());
            let as_text = (
                found.sort.as_str(),
                found.principal.as_str(),
                found.person.as_deref(),
                found.session.as_deref(),
            );
            assert_eq!(as_text, (sort, principal, person, session), "{identity}");
        }
        let service = Who::of(&json!({"eventType": "AwsServiceEvent",
            "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"}}));
        assert_eq!(
            (service.sort, service.words()),
            (Principal::Service, "AWS Internal".to_owned())
        );
    }

    #[test]
    fn a_service_that_acts_for_somebody_is_named_with_both() {
        let who = who(json!({"type": "IAMUser", "userName": "ann",
            "invokedBy": "cloudformation.amazonaws.com"}));
        assert_eq!(who.words(), "user/ann through cloudformation.amazonaws.com");
    }

    #[test]
    fn texts_are_short_and_have_no_control_characters() {
        let agent = format!("a\n\u{1b}[31m{}", "x".repeat(5000));
        let who = Who::of(&json!({"userAgent": agent, "userIdentity": {}}));
        let kept = who.user_agent.unwrap();
        assert!(kept.starts_with("a[31mx") && kept.chars().count() == MAX_CHARS, "{kept}");
    }
}
