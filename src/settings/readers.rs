//! Who may read what the accounts look like with an AWS identity.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    SettingsError,
    check::{is_account, is_plain, role_partition},
    error::value,
};

/// Whoever may read with an AWS identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readers {
    /// What requests must be signed for.
    pub audience: String,
    /// Roles, without their paths, and users, by ARN.
    pub arns: BTreeSet<String>,
    /// The Regions whose STS may be asked.
    pub regions: BTreeSet<String>,
}

/// Who may read the page and its data with an AWS identity, and needs no token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Readers")]
pub(super) struct FileReaders {
    /// The name under which people reach this server: the host in their `--url`. A request that is
    /// signed for another one is refused.
    #[schemars(
        length(min = 1, max = 253),
        regex(pattern = r"^[A-Za-z0-9._:-]+$"),
        extend("examples" = ["palisade.ml.example.com"])
    )]
    audience: String,
    /// The ARNs of roles and users, whole. STS does not say the path of a role, so it is left out.
    #[schemars(extend("examples" = [["arn:aws:iam::111122223333:role/on-call"]]))]
    arns: Vec<String>,
}

impl FileReaders {
    /// `partitions` and `regions` are those of the scopes.
    pub(super) fn check(
        self,
        partitions: &BTreeSet<&str>,
        regions: BTreeSet<String>,
    ) -> Result<Readers, SettingsError> {
        let Self { audience, arns } = self;
        let plain = |b: u8| is_plain(b) || b == b':';
        if audience.is_empty() || audience.len() > 253 || !audience.bytes().all(plain) {
            let why = format!("`{audience}` is not the name of a host");
            let help = "write the host of the address under which people reach this server";
            return Err(value("server.readers.audience", why, help));
        }
        if arns.is_empty() {
            let why = "nobody is named, so nobody could read";
            return Err(value("server.readers.arns", why, "name a role, or remove `readers`"));
        }
        if regions.is_empty() {
            let why = "no scope has a Region, and STS is asked only in Regions of scopes";
            return Err(value("server.readers", why, "give the scope its account and Region"));
        }
        for (index, arn) in arns.iter().enumerate() {
            check_arn(arn, partitions)
                .map_err(|(why, help)| value(format!("server.readers.arns[{index}]"), why, help))?;
        }
        Ok(Readers { audience, arns: arns.into_iter().collect(), regions })
    }
}

fn check_arn(arn: &str, partitions: &BTreeSet<&str>) -> Result<(), (String, &'static str)> {
    const HELP: &str = "write it whole, such as arn:aws:iam::111122223333:role/on-call";
    if arn.contains(['*', '?']) {
        return Err((format!("`{arn}` names more than one"), HELP));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", named, "iam", "", account, resource] = parts[..] else {
        return Err((format!("`{arn}` is not the ARN of a role or user"), HELP));
    };
    let is_sound = match resource.split_once('/') {
        Some(("role", name)) if name.contains('/') => {
            let why = format!("`{arn}` has a path, which STS does not say of a role's session");
            return Err((why, "leave the path out: names of roles are unique in an account"));
        }
        Some(("role" | "user", name)) => is_account(account) && !name.is_empty(),
        _ => false,
    };
    if !is_sound {
        return Err((format!("`{arn}` is not the ARN of a role or user"), HELP));
    }
    if !partitions.contains(named) {
        let why =
            format!("`{arn}` is in partition `{}`, which no scope is in", role_partition(arn));
        return Err((why, "write the partition of the scopes after `arn:`"));
    }
    Ok(())
}

impl Readers {
    /// Whether a caller may read, by the ARN that STS gives.
    pub fn admit(&self, caller: &str) -> bool {
        principal(caller).is_some_and(|it| self.arns.contains(&it))
    }
}

/// The role of a session, without its path, or the user itself; `None` for everybody else, such as
/// the root user and federated users.
fn principal(caller: &str) -> Option<String> {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
    let names: Vec<&str> = resource.split('/').collect();
    match (service, &names[..]) {
        ("sts", ["assumed-role", role, session]) if !role.is_empty() && !session.is_empty() => {
            Some(format!("arn:{partition}:iam::{account}:role/{role}"))
        }
        ("iam", ["user", ..]) => Some(caller.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Overrides, Settings};

    const SCOPE: &str = "scopes: {a: {account: '111122223333', region: eu-west-1}}\n";

    fn readers(readers: &str, scopes: &str) -> Result<Option<Readers>, (String, String)> {
        let text = format!("owner: x\nserver: {{readers: {readers}}}\n{scopes}");
        let settings = Settings::parse(&text, &Overrides::default());
        settings.map(|it| it.readers).map_err(|error| (error.field, error.why))
    }

    #[test]
    fn roles_are_named_without_path_and_each_is_in_a_partition_of_the_scopes() {
        let found = readers(
            "{audience: 'palisade.example:8443', arns: ['arn:aws:iam::111122223333:role/on-call']}",
            SCOPE,
        );
        let found = found.unwrap().unwrap();
        assert_eq!(found.regions, ["eu-west-1".to_owned()].into());
        for (arns, field) in [
            ("[]", "server.readers.arns"),
            ("['arn:aws:iam::111122223333:role/*']", "server.readers.arns[0]"),
            ("['arn:aws:iam::111122223333:role/team/on-call']", "server.readers.arns[0]"),
            ("['arn:aws:iam::111122223333:root']", "server.readers.arns[0]"),
            ("['arn:aws:iam::1:user/ada']", "server.readers.arns[0]"),
            ("['arn:aws:iam::111122223333:user/a', ada]", "server.readers.arns[1]"),
            ("['arn:aws-cn:iam::111122223333:role/on-call']", "server.readers.arns[0]"),
            ("['arn:aws:sts::111122223333:assumed-role/a/b']", "server.readers.arns[0]"),
        ] {
            let (named, why) =
                readers(&format!("{{audience: a, arns: {arns}}}"), SCOPE).unwrap_err();
            assert_eq!(named, field, "{arns}: {why}");
        }
        let one = "arns: ['arn:aws:iam::111122223333:role/on-call']";
        let (named, _) = readers(&format!("{{audience: 'https://a/', {one}}}"), SCOPE).unwrap_err();
        assert_eq!(named, "server.readers.audience");
        let (named, _) = readers(&format!("{{audience: a, {one}}}"), "").unwrap_err();
        assert_eq!(named, "server.readers");
    }

    #[test]
    fn a_session_is_its_role_and_nobody_else_is_anybody() {
        let arns = ["role/on-call", "user/team/ada"]
            .map(|name| format!("arn:aws:iam::111122223333:{name}"));
        let readers =
            Readers { audience: "a".to_owned(), arns: arns.into(), regions: BTreeSet::default() };
        for (caller, admitted) in [
            ("arn:aws:sts::111122223333:assumed-role/on-call/ada", true),
            ("arn:aws:iam::111122223333:user/team/ada", true),
            ("arn:aws:iam::111122223333:user/ada", false),
            ("arn:aws:sts::444455556666:assumed-role/on-call/ada", false),
            ("arn:aws-cn:sts::111122223333:assumed-role/on-call/ada", false),
            ("arn:aws:sts::111122223333:assumed-role/on-call-2/ada", false),
            ("arn:aws:sts::111122223333:assumed-role/on-call", false),
            ("arn:aws:sts::111122223333:assumed-role/on-call/a/b", false),
            ("arn:aws:sts::111122223333:federated-user/on-call", false),
            ("arn:aws:iam::111122223333:role/on-call", false),
            ("arn:aws:iam::111122223333:root", false),
            ("", false),
        ] {
            assert_eq!(readers.admit(caller), admitted, "{caller}");
        }
    }
}
