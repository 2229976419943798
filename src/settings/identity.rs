//! `identity`: where roles, policies and permission sets may be written.
//!
//! Manifests cannot change the settings: this is what keeps whoever may write a manifest from
//! giving himself more than the boundary allows. Without it no manifest writes identity.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Overrides, Settings, SettingsError,
    check::{is_account, role_partition},
    error::value,
};
use crate::{
    kind::ScopeFacts,
    model::{Bounds, Fence, Unbounded},
};

/// The longest path (IAM API reference, `Path`).
const LONGEST_PATH: usize = 512;
/// The longest name of a policy (IAM API reference, `PolicyName`).
const LONGEST_NAME: usize = 128;
/// Below these only AWS makes roles (IAM user guide, service-linked roles; IAM Identity Center user
/// guide, permission sets).
const OF_AWS: [&str; 2] = ["/aws-service-role/", "/aws-reserved/"];
/// Stands for an account while its form is checked.
const SOME_ACCOUNT: &str = "111122223333";

/// Where identity may be written: valid, with `${scope.account}` and `${scope.partition}` in the
/// boundary as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The path of IAM that every path begins with.
    path: String,
    /// The ARN of the permissions boundary that each must have.
    boundary: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Identity")]
pub(super) struct FileIdentity {
    /// The path of IAM at or below which roles may be written.
    #[schemars(extend("examples" = ["/ml/"]))]
    path: Option<String>,
    /// The managed policy that each of them has as its permissions boundary.
    #[schemars(extend("examples" = ["arn:aws:iam::${scope.account}:policy/ml-boundary"]))]
    boundary: Option<String>,
}

/// The setting for all scopes, in these partitions. Each part may come from a flag.
pub(super) fn of_all(
    flags: &Overrides,
    file: FileIdentity,
    partitions: &BTreeSet<&str>,
) -> Result<Option<Identity>, SettingsError> {
    let all = FileIdentity {
        path: flags.identity_path.clone().or(file.path),
        boundary: flags.identity_boundary.clone().or(file.boundary),
    };
    let identity = all.checked("identity")?;
    let named = identity.as_ref().map(|it| role_partition(&it.boundary));
    if let Some(named) = named.filter(|it| !it.contains('$') && !partitions.contains(it)) {
        // Such a policy can be the boundary of nothing here.
        let right = partitions.iter().copied().collect::<Vec<_>>().join(", ");
        let why = format!("the boundary is in partition `{named}`, which no scope is in");
        let help = format!("write the partition after `arn:`: {right}");
        return Err(value("identity.boundary", why, help));
    }
    Ok(identity)
}

impl FileIdentity {
    /// The setting of one scope.
    pub(super) fn of_scope(
        &self,
        field: &str,
        account: &str,
        partition: &str,
    ) -> Result<Option<Identity>, SettingsError> {
        let Some(identity) = self.checked(field)? else { return Ok(None) };
        let filled = identity.filled(account, partition);
        let (named, owner) = (role_partition(&filled), account_in(&filled).unwrap_or_default());
        let field = format!("{field}.boundary");
        if named != partition {
            let why = format!("the boundary is in partition {named}, and the scope in {partition}");
            let help = format!("begin it with arn:{partition}:iam:, or correct the Region");
            return Err(value(field, why, help));
        }
        if ![account, "aws"].contains(&owner) {
            let why = format!(
                "the boundary is a policy of account {owner}, and the scope's account is {account}"
            );
            let help = "IAM takes a policy of the same account only: correct one of the two";
            return Err(value(field, why, help));
        }
        Ok(Some(identity))
    }

    fn checked(&self, field: &str) -> Result<Option<Identity>, SettingsError> {
        let (path, boundary) = match (&self.path, &self.boundary) {
            (None, None) => return Ok(None),
            (Some(path), Some(boundary)) => (path, boundary),
            (path, _) => {
                let part = if path.is_none() { "path" } else { "boundary" };
                let why = "missing: a path without a boundary bounds nothing, nor does a boundary \
                           without a path";
                let help = "write both, such as identity: {path: /ml/, boundary: \
                            'arn:aws:iam::${scope.account}:policy/ml-boundary'}";
                return Err(value(format!("{field}.{part}"), why, help));
            }
        };
        if let Some((why, help)) = wrong_path(path) {
            return Err(value(format!("{field}.path"), why, help));
        }
        let identity = Identity { path: path.clone(), boundary: boundary.clone() };
        if !is_policy(&identity.filled(SOME_ACCOUNT, "aws")) {
            let why = format!("`{boundary}` is not the ARN of a managed policy");
            let help = "write it whole and without wildcards, such as \
                        arn:aws:iam::111122223333:policy/ml-boundary; ${scope.account} and \
                        ${scope.partition} are filled in";
            return Err(value(format!("{field}.boundary"), why, help));
        }
        Ok(Some(identity))
    }
}

/// What is wrong with a path: why, and how to correct it. IAM takes nearly all characters; those of
/// names are enough, and none of them is a wildcard in the ARNs of policies.
fn wrong_path(path: &str) -> Option<(String, &'static str)> {
    let inner = path.strip_prefix('/').and_then(|it| it.strip_suffix('/'));
    let right = |part: &str| !part.is_empty() && part.bytes().all(is_of_name);
    let Some(inner) = inner.filter(|inner| inner.split('/').all(right)) else {
        if path == "/" {
            let why = "`/` is above every role of the account, so that it bounds nothing";
            return Some((why.to_owned(), "write a path of your own, such as /ml/"));
        }
        let why = format!("`{path}` is not a path");
        let help = "begin and end it with `/`, such as /ml/ or /teams/ml/, of letters, digits and \
                    _ + = , . @ -";
        return Some((why, help));
    };
    if inner.len() + 2 > LONGEST_PATH {
        let why = format!("a path has at most {LONGEST_PATH} characters");
        return Some((why, "shorten it"));
    }
    let reserved = OF_AWS.iter().find(|it| path.starts_with(**it))?;
    Some((format!("below {reserved} only AWS makes roles"), "write a path of your own"))
}

/// The characters of names in IAM (API reference).
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// Whether it is the ARN of one managed policy, of an account or of AWS.
fn is_policy(arn: &str) -> bool {
    let Some(account) = account_in(arn) else { return false };
    let name = arn.splitn(6, ':').nth(5).and_then(|it| it.strip_prefix("policy/"));
    let right = |part: &str| !part.is_empty() && part.bytes().all(is_of_name);
    let is_one = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or_default();
        name.split('/').all(right) && last.len() <= LONGEST_NAME
    };
    (account == "aws" || is_account(account)) && name.is_some_and(is_one)
}

/// The account in an ARN of IAM.
fn account_in(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "iam", "", account, _] if partition.starts_with("aws") => Some(account),
        _ => None,
    }
}

impl Identity {
    /// The boundary in an account of a partition.
    fn filled(&self, account: &str, partition: &str) -> String {
        self.boundary.replace("${scope.account}", account).replace("${scope.partition}", partition)
    }

    /// The bounds in a scope. What depends on an account that is not known is not judged.
    fn bounds(&self, facts: &ScopeFacts) -> Result<Bounds, Unbounded> {
        let boundary = self.filled(&facts.account, &facts.partition);
        match account_in(&boundary) {
            Some(owner) if facts.knows_account() && ![&*facts.account, "aws"].contains(&owner) => {
                Err(Unbounded::OtherAccount(owner.to_owned()))
            }
            _ => Ok(Bounds { path: self.path.clone(), boundary }),
        }
    }
}

impl Settings {
    /// Where identity may be written, and what of it is palisade's own, as far as the settings say
    /// so: the caller of a scope that assumes no role is known only while palisade runs.
    pub fn fence(&self, facts: &BTreeMap<String, ScopeFacts>) -> Fence {
        let mut fence = Fence { own: self.break_glass_roles.clone(), ..Fence::default() };
        for (name, scope) in &self.scopes {
            fence.own.extend(scope.role.iter().map(|role| role.role_arn.clone()));
            fence.own.extend(scope.daemon_role.clone());
            let partition = facts.get(name).map_or("aws", |facts| facts.partition.as_str());
            fence.own.extend(scope.events.iter().filter_map(|queue| queue.arn(partition)));
            let identity = scope.identity.as_ref().or(self.identity.as_ref());
            let bounds = match (identity, facts.get(name)) {
                (Some(identity), Some(facts)) => identity.bounds(facts),
                _ => Err(Unbounded::NotGiven),
            };
            fence.own.extend(bounds.iter().map(|bounds| bounds.boundary.clone()));
            fence.bounds.insert(name.clone(), bounds);
        }
        fence
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Scopes;

    const SCOPES: &str = "
owner: x
breakGlassRoles: ['arn:aws:iam::111122223333:role/break-glass']
scopes:
  prod: {account: '111122223333', region: eu-west-1, assumeRole: {roleArn: 'arn:aws:iam::111122223333:role/palisade'}}
  org: {account: '999988887777', region: us-east-1, daemonRole: 'arn:aws:iam::999988887777:role/daemon'}
";

    fn settings(rest: &str) -> Result<Settings, String> {
        let text = format!("{SCOPES}{rest}");
        Settings::parse(&text, &Overrides::default()).map_err(|error| error.to_string())
    }

    fn fence(rest: &str) -> Fence {
        let settings = settings(rest).expect("valid");
        settings.fence(&Scopes::offline_facts(&settings))
    }

    fn within(path: &str, boundary: &str) -> Bounds {
        Bounds { path: path.into(), boundary: boundary.into() }
    }

    #[test]
    fn without_the_setting_identity_is_written_nowhere() {
        let fence = fence("");
        assert_eq!(fence.bounds("prod"), Err(&Unbounded::NotGiven));
        assert_eq!(fence.bounds("elsewhere"), Err(&Unbounded::NotGiven));
    }

    #[test]
    fn a_boundary_is_in_force_in_its_own_account_and_in_all_if_it_names_none() {
        let of = "identity: {path: /ml/, boundary: 'arn:aws:iam::111122223333:policy/ml'}";
        let fence = fence(of);
        let prod = within("/ml/", "arn:aws:iam::111122223333:policy/ml");
        assert_eq!(fence.bounds("prod"), Ok(&prod));
        let other = Unbounded::OtherAccount("111122223333".into());
        assert_eq!(fence.bounds("org"), Err(&other));

        let all = "identity: {path: /ml/, boundary: \
                   'arn:${scope.partition}:iam::${scope.account}:policy/ml'}";
        let fence = self::fence(all);
        assert_eq!(fence.bounds("prod"), Ok(&prod));
        let org = within("/ml/", "arn:aws:iam::999988887777:policy/ml");
        assert_eq!(fence.bounds("org"), Ok(&org));
        let aws = "identity: {path: /ml/, boundary: 'arn:aws:iam::aws:policy/PowerUserAccess'}";
        let aws_s = within("/ml/", "arn:aws:iam::aws:policy/PowerUserAccess");
        assert_eq!(self::fence(aws).bounds("org"), Ok(&aws_s));
    }

    #[test]
    fn a_scope_has_its_own() {
        let text = SCOPES.replace(
            "org: {",
            "org: {identity: {path: /org/, boundary: 'arn:aws:iam::999988887777:policy/b'}, ",
        );
        let rest = "identity: {path: /ml/, boundary: 'arn:aws:iam::${scope.account}:policy/ml'}";
        let settings = Settings::parse(&format!("{text}{rest}"), &Overrides::default());
        let settings = settings.expect("valid");
        let fence = settings.fence(&Scopes::offline_facts(&settings));
        let org = within("/org/", "arn:aws:iam::999988887777:policy/b");
        assert_eq!(fence.bounds("org"), Ok(&org));
        let prod = within("/ml/", "arn:aws:iam::111122223333:policy/ml");
        assert_eq!(fence.bounds("prod"), Ok(&prod));
    }

    #[test]
    fn palisades_roles_the_break_glass_roles_and_the_boundaries_are_its_own() {
        let fence =
            fence("identity: {path: /ml/, boundary: 'arn:aws:iam::${scope.account}:policy/ml'}");
        let own = [
            "arn:aws:iam::111122223333:policy/ml",
            "arn:aws:iam::111122223333:role/break-glass",
            "arn:aws:iam::111122223333:role/palisade",
            "arn:aws:iam::999988887777:policy/ml",
            "arn:aws:iam::999988887777:role/daemon",
        ];
        assert_eq!(fence.own, own.map(str::to_owned).into());
    }

    #[test]
    fn the_queue_of_events_is_palisades_own() {
        let text = "
owner: x
scopes:
  prod:
    account: '111122223333'
    region: eu-west-1
    events: {queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/palisade-events'}
";
        let settings = Settings::parse(text, &Overrides::default()).expect("valid");
        let fence = settings.fence(&Scopes::offline_facts(&settings));
        assert!(fence.is_own("arn:aws:sqs:eu-west-1:111122223333:palisade-events"));
        assert!(!fence.is_own("arn:aws:sqs:eu-west-1:111122223333:palisade-event"));
    }

    #[test]
    fn a_flag_gives_either_part() {
        let flags = Overrides {
            identity_path: Some("/flag/".into()),
            identity_boundary: Some("arn:aws:iam::${scope.account}:policy/b".into()),
            ..Overrides::default()
        };
        let settings = Settings::parse(SCOPES, &flags).expect("valid");
        let fence = settings.fence(&Scopes::offline_facts(&settings));
        let prod = within("/flag/", "arn:aws:iam::111122223333:policy/b");
        assert_eq!(fence.bounds("prod"), Ok(&prod));
    }

    #[test]
    fn wrong_values_are_refused_with_their_place() {
        const BOUNDARY: &str = "'arn:aws:iam::111122223333:policy/b'";
        for (path, boundary, says) in [
            ("ml", BOUNDARY, "identity.path: `ml` is not a path"),
            ("/ml", BOUNDARY, "identity.path: `/ml` is not a path"),
            ("/ml//x/", BOUNDARY, "identity.path: `/ml//x/` is not a path"),
            ("/ml*/", BOUNDARY, "identity.path: `/ml*/` is not a path"),
            ("/", BOUNDARY, "identity.path: `/` is above every role"),
            ("/aws-reserved/x/", BOUNDARY, "identity.path: below /aws-reserved/ only AWS"),
            ("/ml/", "ml-boundary", "identity.boundary: `ml-boundary` is not the ARN"),
            ("/ml/", "'arn:aws:iam::111122223333:role/b'", "is not the ARN of a managed policy"),
            ("/ml/", "'arn:aws:iam::111122223333:policy/*'", "is not the ARN of a managed policy"),
            ("/ml/", "'arn:aws:iam::1:policy/b'", "is not the ARN of a managed policy"),
            ("/ml/", "'arn:aws-cn:iam::111122223333:policy/b'", "partition `aws-cn`"),
        ] {
            let error = settings(&format!("identity: {{path: {path}, boundary: {boundary}}}"));
            let error = error.expect_err(path);
            assert!(error.contains(says) && error.contains("help: "), "{path}: {error}");
        }
        for (part, says) in [
            ("path: /ml/", "identity.boundary: missing"),
            ("boundary: 'arn:aws:iam::111122223333:policy/b'", "identity.path: missing"),
            ("path: /ml/, borders: x", "identity.borders"),
        ] {
            let error = settings(&format!("identity: {{{part}}}")).expect_err(part);
            assert!(error.contains(says), "{part}: {error}");
        }
        let other = "identity: {path: /x/, boundary: 'arn:aws:iam::111122223333:policy/b'}";
        let text = SCOPES.replace("org: {", &format!("org: {{{other}, "));
        let error = Settings::parse(&text, &Overrides::default()).expect_err("another account");
        assert!(error.to_string().contains("scopes.org.identity.boundary"), "{error}");
    }
}
