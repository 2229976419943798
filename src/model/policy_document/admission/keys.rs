//! Condition keys that tell who asks, and what their values name.

use super::{Condition, Party, Reading, Why, is_open};
use crate::model::{
    AddressSpace, Cidr,
    policy_document::{canonical::is_account_id, operator::Test},
};

/// Whom a key is about, and thereby in which requests it is present (IAM user guide, "AWS global condition context keys";
/// KMS developer guide, "AWS KMS condition keys").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The principal: present in what users, roles and root users ask.
    Principal,
    /// The calling account, whoever asks.
    Caller,
    /// The resource that a service acts for: present only where a service of AWS asks.
    Source,
    /// The VPC endpoint, present only in requests through one, or the address.
    Network,
    /// What is acted on.
    Resource,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Account,
    Organisation,
    /// `o-abc1234567/r-ab12/ou-ab12-11111111/…`
    Path,
    Arn,
    /// `AROA…:session` of a role, `AIDA…` of a user, the account of a root user (IAM user guide, principal key values).
    UserId,
    /// An id that begins so.
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
    /// People use it to tie a statement, and it cannot.
    NoTie(Why),
}

/// The key of this lower-case name.
pub(super) fn key(name: &str) -> Option<Key> {
    use Names::{Account, Arn, Id, Organisation, Path, UserId};
    use Side::{Caller, Network, Principal, Resource, Source};
    Some(match name {
        "aws:principalaccount" => Key::Names(Principal, Account),
        "aws:principalorgid" => Key::Names(Principal, Organisation),
        "aws:principalorgpaths" => Key::Names(Principal, Path),
        "aws:principalarn" => Key::Names(Principal, Arn),
        "aws:userid" => Key::Names(Principal, UserId),
        "kms:calleraccount" => Key::Names(Caller, Account),
        "aws:sourceaccount" | "aws:sourceowner" => Key::Names(Source, Account),
        "aws:sourceorgid" => Key::Names(Source, Organisation),
        "aws:sourceorgpaths" => Key::Names(Source, Path),
        "aws:sourcearn" => Key::Names(Source, Arn),
        "aws:sourcevpc" => Key::Names(Network, Id("vpc-")),
        "aws:sourcevpce" => Key::Names(Network, Id("vpce-")),
        "aws:sourcevpcarn" => Key::Names(Network, Arn),
        "aws:vpceaccount" => Key::Names(Network, Account),
        "aws:vpceorgid" => Key::Names(Network, Organisation),
        "aws:vpceorgpaths" => Key::Names(Network, Path),
        "aws:resourceaccount" | "s3:resourceaccount" | "s3:dataaccesspointaccount" => {
            Key::Names(Resource, Account)
        }
        "aws:resourceorgid" => Key::Names(Resource, Organisation),
        "aws:resourceorgpaths" => Key::Names(Resource, Path),
        "s3:dataaccesspointarn" => Key::Names(Resource, Arn),
        "aws:principalisawsservice" => Key::IsService,
        "aws:principalservicename" | "aws:principalservicenameslist" => Key::ServiceName,
        "aws:sourceip" => Key::Address,
        // A private address is no more one network's than a service is one customer's.
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
    /// Whether it asks for one fixed value of a tag of the principal.
    pub(super) fn is_mark(&self) -> bool {
        self.key.key().starts_with("aws:principaltag/")
            && self.asks_for_its_key()
            && matches!(self.operator.test, Test::Text | Test::TextIgnoringCase | Test::Like)
            && !self.values.iter().any(|value| is_open(value.shown()))
    }
}

impl Reading {
    /// Whom one value names.
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
        // Nobody's name goes on after these; a wildcard there takes nobody else in.
        let fixed = |text: &str| !is_open(text);
        let party = match names {
            Names::Account => Some(value.trim_end_matches('*'))
                .filter(|account| is_account_id(account))
                .map(|account| Party::Account(account.to_owned())),
            Names::Organisation => Some(value)
                .filter(|id| id.starts_with("o-") && fixed(id))
                .map(|id| Party::Organisation(id.to_owned())),
            Names::Path => value
                .split('/')
                .next()
                .filter(|id| id.starts_with("o-") && fixed(id))
                .map(|id| Party::Organisation(id.to_owned())),
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

    /// Whether the value is a variable that stands for whoever owns what the policy is attached to. The resource of a
    /// key's policy is the key; the endpoint of an endpoint's policy is the endpoint. What a resource belongs to may
    /// also be the principal's own, which says as much of it as is said of the principal.
    fn is_owners(self, value: &str, side: Side, names: Names) -> bool {
        let organisation = matches!(names, Names::Organisation | Names::Path);
        let keys: &[&str] = match (self.attached.is_endpoint(), side, names, organisation) {
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
            value.split_once('/').map_or("", |(organisation, _)| organisation)
        } else {
            value
        };
        let name = whole.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        name.is_some_and(|name| keys.iter().any(|key| name.eq_ignore_ascii_case(key)))
    }
}

/// Whom a unique id means: ids of roles and users are never used again, and what follows a role's is the name of a session.
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

/// Whose an ARN with this pattern must be. Under the `Arn` operators a wildcard stays within its component; under the
/// others it reaches over colons, which paths of roles and names of resources may have: there it must not come before the
/// account ends.
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
    // Buckets have no account in their ARNs; their names are unique.
    let bucket = resource.split('/').next().unwrap_or_default();
    let named = service == "s3" && !bucket.is_empty() && !is_open(bucket);
    (parts[4].is_empty() && named).then(|| Party::Resource(format!("arn:aws:s3:::{bucket}")))
}

/// The network that the ranges of a condition on an address are.
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
