//! Condition keys that identify the requester, and what their values name.

use super::{Condition, Party, Reading, Why, is_open};
use crate::model::{
    AddressSpace, Cidr,
    policy_document::{canonical::is_account_id, operator::Test},
};

/// What a key describes, and thereby which requests carry it (IAM user guide, "AWS global condition
/// context keys"; KMS developer guide, "AWS KMS condition keys").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The principal: present in requests of users, roles and root users.
    Principal,
    /// The calling account, whatever the principal.
    Caller,
    /// The resource that a service acts for: present only in requests of AWS services.
    Source,
    /// The VPC endpoint, present only in requests through one, or the address.
    Network,
    /// The resource that is acted on.
    Resource,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Account,
    Organization,
    /// `o-abc1234567/r-ab12/ou-ab12-11111111/…`
    Path,
    Arn,
    /// `AROA…:session` of a role, `AIDA…` of a user, the account of a root user (IAM user guide,
    /// principal key values).
    UserId,
    /// An id with this prefix.
    Id(&'static str),
}

/// A key that the analysis knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Names(Side, Names),
    /// `aws:PrincipalIsAWSService`
    IsService,
    ServiceName,
    Address,
    /// Often used to restrict a statement to somebody, and cannot.
    NoTie(Why),
}

/// The key with this lower-case name.
pub(super) fn key(name: &str) -> Option<Key> {
    use Names::{Account, Arn, Id, Organization, Path, UserId};
    use Side::{Caller, Network, Principal, Resource, Source};
    Some(match name {
        "aws:principalaccount" => Key::Names(Principal, Account),
        "aws:principalorgid" => Key::Names(Principal, Organization),
        "aws:principalorgpaths" => Key::Names(Principal, Path),
        "aws:principalarn" => Key::Names(Principal, Arn),
        "aws:userid" => Key::Names(Principal, UserId),
        "kms:calleraccount" => Key::Names(Caller, Account),
        "aws:sourceaccount" | "aws:sourceowner" => Key::Names(Source, Account),
        "aws:sourceorgid" => Key::Names(Source, Organization),
        "aws:sourceorgpaths" => Key::Names(Source, Path),
        "aws:sourcearn" => Key::Names(Source, Arn),
        "aws:sourcevpc" => Key::Names(Network, Id("vpc-")),
        "aws:sourcevpce" => Key::Names(Network, Id("vpce-")),
        "aws:sourcevpcarn" => Key::Names(Network, Arn),
        "aws:vpceaccount" => Key::Names(Network, Account),
        "aws:vpceorgid" => Key::Names(Network, Organization),
        "aws:vpceorgpaths" => Key::Names(Network, Path),
        "aws:resourceaccount" | "s3:resourceaccount" | "s3:dataaccesspointaccount" => {
            Key::Names(Resource, Account)
        }
        "aws:resourceorgid" => Key::Names(Resource, Organization),
        "aws:resourceorgpaths" => Key::Names(Resource, Path),
        "s3:dataaccesspointarn" => Key::Names(Resource, Arn),
        "aws:principalisawsservice" => Key::IsService,
        "aws:principalservicename" | "aws:principalservicenameslist" => Key::ServiceName,
        "aws:sourceip" => Key::Address,
        // A private address is not unique to one network, nor is a service unique to one customer.
        "aws:vpcsourceip"
        | "aws:username"
        | "aws:principaltype"
        | "kms:viaservice"
        | "aws:viaawsservice"
        | "aws:calledvia"
        | "aws:calledviafirst"
        | "aws:calledvialast"
        | "kms:grantisforawsresource" => Key::NoTie(Why::Everyones),
        _ if name.starts_with("aws:principaltag/") => Key::NoTie(Why::Everyones),
        _ => return None,
    })
}

impl Condition<'_> {
    /// Whether it requires a fixed value of a tag of the principal.
    pub(super) fn is_mark(&self) -> bool {
        self.key.key().starts_with("aws:principaltag/")
            && self.asks_for_its_key()
            && matches!(self.operator.test, Test::Text | Test::TextIgnoringCase | Test::Like)
            && !self.values.iter().any(|value| is_open(value.shown()))
    }
}

impl Reading {
    /// The party that one value names.
    pub(super) fn party(
        self,
        value: &str,
        side: Side,
        names: Names,
        test: Test,
    ) -> Result<Party, Why> {
        if self.variables && self.is_owners(value, side, names) {
            return Ok(Party::Owner);
        }
        if value.contains("${") {
            return Err(Why::Variable(value.to_owned()));
        }
        // No other party's id continues after these prefixes, so that a wildcard there adds nobody.
        let fixed = |text: &str| !is_open(text);
        let party = match names {
            Names::Account => Some(value.trim_end_matches('*'))
                .filter(|account| is_account_id(account))
                .map(|account| Party::Account(account.to_owned())),
            Names::Organization => Some(value)
                .filter(|id| id.starts_with("o-") && fixed(id))
                .map(|id| Party::Organization(id.to_owned())),
            Names::Path => value
                .split('/')
                .next()
                .filter(|id| id.starts_with("o-") && fixed(id))
                .map(|id| Party::Organization(id.to_owned())),
            Names::Id(prefix) => Some(value)
                .filter(|id| id.starts_with(prefix) && fixed(id))
                .map(|id| Party::Network(id.to_owned())),
            Names::Arn => arn(value, test),
            Names::UserId => user_id(value),
        };
        party.ok_or_else(|| {
            let text = value.to_owned();
            if is_open(value) { Why::Pattern(text) } else { Why::Malformed(text) }
        })
    }

    /// Whether the value is a variable that stands for the owner of what the policy is attached to.
    /// The resource of a key's policy is the key; the endpoint of an endpoint's policy is the
    /// endpoint. A resource's owner may also be compared with the principal's: then the resource is
    /// as restricted as the principal is.
    fn is_owners(self, value: &str, side: Side, names: Names) -> bool {
        let organization = matches!(names, Names::Organization | Names::Path);
        let keys: &[&str] = match (self.attached.is_endpoint(), side, names, organization) {
            (_, _, Names::Arn | Names::UserId | Names::Id(_), _) => &[],
            (false, Side::Resource, ..) => &[],
            (false, _, _, true) => &["aws:resourceorgid"],
            (false, _, _, false) => &["aws:resourceaccount"],
            (true, Side::Principal | Side::Caller | Side::Source, _, true) => &["aws:vpceorgid"],
            (true, Side::Principal | Side::Caller | Side::Source, _, false) => &["aws:vpceaccount"],
            (true, Side::Resource, _, true) => &["aws:vpceorgid", "aws:principalorgid"],
            (true, Side::Resource, _, false) => &["aws:vpceaccount", "aws:principalaccount"],
            (true, Side::Network, ..) => &[],
        };
        let whole = if names == Names::Path {
            value.split_once('/').map_or("", |(organization, _)| organization)
        } else {
            value
        };
        let name = whole.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        name.is_some_and(|name| keys.iter().any(|key| name.eq_ignore_ascii_case(key)))
    }
}

/// The party that a unique id names: ids of roles and users are never reused, and the text after a
/// role's id is a session name.
fn user_id(value: &str) -> Option<Party> {
    let id = value.split(':').next().unwrap_or_default();
    if is_account_id(id) && id == value {
        return Some(Party::RootUser(id.to_owned()));
    }
    let unique = (id.starts_with("AROA") || id.starts_with("AIDA"))
        && id.len() >= 16
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    unique.then(|| Party::Principal(id.to_owned()))
}

/// The owner of every ARN that matches this pattern. With the `Arn` operators a wildcard stays
/// within its component. With the others it also matches colons, which role paths and resource
/// names may contain: it must not come before the end of the account.
fn arn(value: &str, test: Test) -> Option<Party> {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", _, service, _, account, resource] = parts[..] else { return None };
    if test != Test::Arn && parts[1..4].iter().any(|part| is_open(part)) {
        return None;
    }
    let account = account.trim_end_matches('*');
    if is_account_id(account) {
        return Some(Party::Account(account.to_owned()));
    }
    // Bucket ARNs have no account; bucket names are unique.
    let bucket = resource.split('/').next().unwrap_or_default();
    let named = service == "s3" && !bucket.is_empty() && !is_open(bucket);
    (parts[4].is_empty() && named).then(|| Party::Resource(format!("arn:aws:s3:::{bucket}")))
}

/// The network that the ranges of an address condition describe.
pub(super) fn network(condition: &Condition<'_>) -> Result<String, Why> {
    let texts: Vec<&str> = condition.values.iter().map(super::Token::shown).collect();
    let range = |text: &&str| -> Option<Cidr> {
        let single = if text.contains(':') { "128" } else { "32" };
        let text = if text.contains('/') { (*text).to_owned() } else { format!("{text}/{single}") };
        text.parse().ok()
    };
    let malformed = || Why::Malformed(texts.join(", "));
    if texts.is_empty() || !condition.written.contains("IpAddress") {
        return Err(malformed());
    }
    let ranges: Vec<Cidr> = texts.iter().map(range).collect::<Option<_>>().ok_or_else(malformed)?;
    if AddressSpace::of(&ranges).is_broad() {
        return Err(Why::EveryAddress);
    }
    Ok(texts.join(", "))
}
