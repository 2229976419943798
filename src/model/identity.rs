//! Where identity may be written, and whose it never is.
//!
//! A role, a policy or a permission set gives somebody permissions. Whoever can write a manifest
//! must not be able to give himself more than what the settings allow, which are kept apart from
//! the manifests: so each of them is below one path and has one permissions boundary, and what
//! palisade itself stands on is never written.

use std::collections::{BTreeMap, BTreeSet};

/// The bounds of identity in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The path of IAM that its paths begin with, such as `/ml/`.
    pub path: String,
    /// The ARN of the managed policy that each has as its permissions boundary.
    pub boundary: String,
}

impl Bounds {
    /// Whether a path is this one or below it.
    pub fn contain(&self, path: &str) -> bool {
        path.starts_with(&self.path)
    }

    /// What is below the path, as the ids of IAM's resources in ARNs are written: `ml/*`.
    pub fn below(&self) -> String {
        format!("{}*", self.path.trim_start_matches('/'))
    }
}

/// Why identity is not written in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unbounded {
    /// The settings give no bounds.
    NotGiven,
    /// The boundary that they give is a policy of this other account: IAM takes none of another
    /// account (IAM user guide, permissions boundaries).
    OtherAccount(String),
}

/// What the settings say about identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// The bounds, by scope.
    pub bounds: BTreeMap<String, Result<Bounds, Unbounded>>,
    /// The ARNs of what palisade itself stands on, and of what must not be taken from it: its roles
    /// (or their sessions), the break-glass roles, the boundaries. No manifest changes those.
    pub own: BTreeSet<String>,
}

impl Fence {
    /// The bounds in a scope.
    ///
    /// # Errors
    /// Identity is not written there, and why.
    pub fn bounds(&self, scope: &str) -> Result<&Bounds, &Unbounded> {
        match self.bounds.get(scope) {
            Some(bounds) => bounds.as_ref(),
            None => Err(&Unbounded::NotGiven),
        }
    }

    /// Whether an ARN is that of something palisade itself stands on. The name of a role is unique
    /// in its account whatever its path and case (IAM user guide, quotas), and the ARN of a session
    /// has no path: so roles are compared by account and name.
    pub fn is_own(&self, arn: &str) -> bool {
        match role_of(arn) {
            Some(role) => self.own.iter().any(|own| role_of(own).as_ref() == Some(&role)),
            None => self.own.contains(arn),
        }
    }
}

/// The account, and the name in lower case, of the role that an ARN names: its own, or that of a
/// session of it.
fn role_of(arn: &str) -> Option<(&str, String)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, _, account, resource] = parts[..] else { return None };
    let name = match service {
        "iam" => resource.strip_prefix("role/")?.rsplit('/').next(),
        "sts" => resource.strip_prefix("assumed-role/")?.split('/').next(),
        _ => None,
    };
    Some((account, name?.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_its_own_whatever_path_case_or_session_an_arn_shows() {
        let own = [
            "arn:aws:iam::111122223333:role/platform/palisade",
            "arn:aws:sts::444455556666:assumed-role/Deployer/i-0abc",
            "arn:aws:iam::111122223333:policy/ml-boundary",
        ];
        let fence = Fence { own: own.map(str::to_owned).into(), ..Fence::default() };
        for (arn, is_own) in [
            ("arn:aws:iam::111122223333:role/platform/palisade", true),
            ("arn:aws:iam::111122223333:role/ml/Palisade", true),
            ("arn:aws:sts::111122223333:assumed-role/palisade/s", true),
            ("arn:aws:iam::444455556666:role/x/deployer", true),
            ("arn:aws:iam::444455556666:role/palisade", false),
            ("arn:aws:iam::111122223333:role/palisade/other", false),
            ("arn:aws:iam::111122223333:policy/ml-boundary", true),
            ("arn:aws:iam::111122223333:policy/other", false),
        ] {
            assert_eq!(fence.is_own(arn), is_own, "{arn}");
        }
    }

    #[test]
    fn what_is_below_the_path_is_within_the_bounds() {
        let bounds = Bounds { path: "/ml/".into(), boundary: "arn:b".into() };
        for (path, within) in
            [("/ml/", true), ("/ml/jobs/", true), ("/", false), ("/mlx/", false), ("", false)]
        {
            assert_eq!(bounds.contain(path), within, "{path}");
        }
    }
}
