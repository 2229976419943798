//! What `${…}` contains: palisade's own references, IAM's policy variables, or what another tool
//! left behind.

use std::{collections::BTreeSet, sync::LazyLock};

/// A part of a text that may contain placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// `${…}`, by what it contains.
    Token(&'a str),
    /// `$${…}`, which stands for the text `${…}`, by what it contains.
    Literal(&'a str),
    /// `${` without its end, and everything after it.
    Open(&'a str),
}

/// The parts of a text, in order.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let literal = before.ends_with('$');
        let before = before.strip_suffix('$').unwrap_or(before);
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        let Some(end) = from.find('}') else {
            found.push(Piece::Open(from));
            return found;
        };
        let inner = &from[2..end];
        found.push(if literal { Piece::Literal(inner) } else { Piece::Token(inner) });
        rest = &from[end + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// Prefixes of condition keys; `#` begins a comment.
static PREFIXES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("iam_prefixes.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

/// Whether IAM fills it in: `*`, `?` and `$`, or a condition key, with or without a default value
/// (IAM user guide, "Policy variables and tags"). A key's prefix is that of a service, or of an
/// identity provider, which is a host name; a tag key's prefix may be followed by any text.
pub fn is_policy_variable(inner: &str) -> bool {
    if matches!(inner, "*" | "?" | "$") {
        return true;
    }
    let key = match inner.split_once(',') {
        None => inner,
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.len() >= 2 && default.starts_with('\'') && default.ends_with('\'');
            if !quoted {
                return false;
            }
            key.trim_end()
        }
    };
    let Some((prefix, name)) = key.split_once(':') else { return false };
    let known = PREFIXES.contains(prefix.to_ascii_lowercase().as_str())
        || (prefix.contains('.')
            && prefix.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)));
    known
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.contains(['{', '$', '"', '\''])
        && key.trim() == key
}

/// Whether it is one of palisade's own: `var.…`, `scope.…`, `organization.…`, or a path such as
/// `Kind/name.arn`.
pub fn is_own(inner: &str) -> bool {
    let named = ["var.", "scope.", "organization."].iter().any(|own| inner.starts_with(own));
    named || is_path(inner)
}

/// Whether it is a path such as `Kind/name.arn`, and not one of IAM's keys. The names of
/// CloudFormation's types have two colons, which no key has.
pub fn is_path(inner: &str) -> bool {
    inner.contains('/') && !inner.replace("::", "").contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_placeholders() {
        use Piece::{Literal, Open, Text, Token};
        assert_eq!(
            pieces("a ${b}${c} $${d} ${*}$ ${open"),
            [
                Text("a "),
                Token("b"),
                Token("c"),
                Text(" "),
                Literal("d"),
                Text(" "),
                Token("*"),
                Text("$ "),
                Open("${open")
            ]
        );
        assert_eq!(pieces(""), []);
        assert_eq!(pieces("$${$}"), [Literal("$")]);
    }

    #[test]
    fn only_condition_keys_and_the_three_signs_are_policy_variables() {
        for inner in [
            "*",
            "?",
            "$",
            "aws:PrincipalAccount",
            "AWS:username",
            "aws:PrincipalTag/team",
            "aws:PrincipalTag/team, 'none'",
            "aws:PrincipalTag/palisade:owner",
            "s3:prefix",
            "saml:sub",
            "sagemaker:DomainId",
            "credentials-iot:ThingName",
            "kafka-cluster:topicName",
            "cognito-identity.amazonaws.com:sub",
            "www.amazon.com:user_id",
            "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub",
        ] {
            assert!(is_policy_variable(inner), "{inner}");
        }
        for inner in [
            "",
            "AWS::Partition",
            "local.bucket",
            "Account",
            "self:custom.stage",
            "opt:stage",
            "env:HOME",
            "ACCOUNT:-1111",
            "aws:PrincipalTag/team, none",
            "aws:",
            "aws: username",
            "ssm:/path",
            "data.aws_caller_identity.current.account_id",
        ] {
            assert!(!is_policy_variable(inner), "{inner}");
        }
    }
}
