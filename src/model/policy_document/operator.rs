//! Condition operators, decomposed: `ForAnyValue:StringNotLikeIfExists` is a set qualifier, a
//! negation, a test, and the behavior for an absent key.

use crate::model::did_you_mean;

/// How several request values are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualifier {
    /// No prefix: the key has one value.
    Single,
    ForAnyValue,
    ForAllValues,
}

/// A comparison of a request's number with the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The comparison of one request value with one policy value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Text,
    TextIgnoringCase,
    Like,
    /// `ArnEquals` and `ArnLike` "behave identically" (IAM reference): both take wildcards,
    /// component by component.
    Arn,
    Bool,
    Number(Relation),
    Null,
    /// An address within a range.
    Address,
    /// Dates and binary values are not evaluated.
    Date,
    Binary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) qualifier: Qualifier,
    pub(super) test: Test,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

impl Operator {
    /// `None` for a name that the IAM reference does not list; case-sensitive.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (qualifier, rest) = if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Qualifier::ForAnyValue, rest)
        } else if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Qualifier::ForAllValues, rest)
        } else {
            (Qualifier::Single, name)
        };
        let (base, if_exists) =
            rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
        let (test, negated) = base_operator(base)?;
        // The IAM reference: "IfExists … except the Null condition".
        (!(if_exists && test == Test::Null)).then_some(Self { qualifier, test, negated, if_exists })
    }
}

/// The known operator nearest to an unknown name, with the name's own prefix and suffix.
pub(super) fn near(name: &str) -> Option<String> {
    let (prefix, rest) = match name.split_once(':') {
        Some(("ForAnyValue" | "ForAllValues", rest)) => (&name[..name.len() - rest.len()], rest),
        _ => ("", name),
    };
    let (base, suffix) = rest.strip_suffix("IfExists").map_or((rest, ""), |b| (b, "IfExists"));
    let near = did_you_mean(base, OPERATORS)?;
    let suffix = if near == "Null" { "" } else { suffix };
    Some(format!("{prefix}{near}{suffix}"))
}

/// The operators of the IAM reference, without prefix and suffix.
const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

fn base_operator(base: &str) -> Option<(Test, bool)> {
    Some(match base {
        "StringEquals" => (Test::Text, false),
        "StringNotEquals" => (Test::Text, true),
        "StringEqualsIgnoreCase" => (Test::TextIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Test::TextIgnoringCase, true),
        "StringLike" => (Test::Like, false),
        "StringNotLike" => (Test::Like, true),
        "ArnEquals" | "ArnLike" => (Test::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
        "Bool" => (Test::Bool, false),
        "Null" => (Test::Null, false),
        "NumericEquals" => (Test::Number(Relation::Equal), false),
        "NumericNotEquals" => (Test::Number(Relation::Equal), true),
        "NumericLessThan" => (Test::Number(Relation::Less), false),
        "NumericLessThanEquals" => (Test::Number(Relation::LessOrEqual), false),
        "NumericGreaterThan" => (Test::Number(Relation::Greater), false),
        "NumericGreaterThanEquals" => (Test::Number(Relation::GreaterOrEqual), false),
        "IpAddress" => (Test::Address, false),
        "NotIpAddress" => (Test::Address, true),
        "BinaryEquals" => (Test::Binary, false),
        "DateNotEquals" => (Test::Date, true),
        "DateEquals"
        | "DateLessThan"
        | "DateLessThanEquals"
        | "DateGreaterThan"
        | "DateGreaterThanEquals" => (Test::Date, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{OPERATORS, Operator, Qualifier, Relation, Test, near};

    #[test]
    fn every_operator_of_the_list_is_one_and_a_misspelt_one_is_near_to_it() {
        for name in OPERATORS {
            assert!(Operator::parse(name).is_some(), "{name}");
            assert_eq!(near(&name.to_lowercase()).as_deref(), Some(name));
        }
        assert_eq!(
            near("ForAnyValue:StringNotlikeIfExists").as_deref(),
            Some("ForAnyValue:StringNotLikeIfExists")
        );
        assert_eq!(near("NullIfExists").as_deref(), Some("Null"));
        assert_eq!(near("Matches"), None);
    }

    #[test]
    fn an_operator_is_its_prefix_its_test_and_its_suffix() {
        let parse = |name| Operator::parse(name).expect("known operator");
        assert_eq!(
            parse("ForAnyValue:StringNotLikeIfExists"),
            Operator {
                qualifier: Qualifier::ForAnyValue,
                test: Test::Like,
                negated: true,
                if_exists: true
            }
        );
        assert_eq!(
            parse("ForAllValues:ArnEquals"),
            Operator {
                qualifier: Qualifier::ForAllValues,
                test: Test::Arn,
                negated: false,
                if_exists: false
            }
        );
        assert_eq!(
            parse("NumericLessThanEquals"),
            Operator {
                qualifier: Qualifier::Single,
                test: Test::Number(Relation::LessOrEqual),
                negated: false,
                if_exists: false
            }
        );
    }

    #[test]
    fn an_operator_in_another_case_or_an_impossible_one_is_unknown() {
        for name in [
            "stringequals",
            "StringEqual",
            "NullIfExists",
            "foranyvalue:StringLike",
            "IfExists",
            "",
        ] {
            assert_eq!(Operator::parse(name), None, "{name:?}");
        }
    }
}
