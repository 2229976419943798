//! Why a condition does not restrict a statement to anybody.

use std::fmt;

/// A condition that looks like a restriction and is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untied {
    /// As written.
    pub operator: String,
    /// As written.
    pub key: String,
    /// Why it restricts nobody.
    pub why: Why,
}

/// Why a condition restricts nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The value has wildcards where it would have to name a party.
    Pattern(String),
    /// The value does not determine the owner of the resource.
    Unowned(String),
    /// The value is a policy variable, which the request itself fills in.
    Variable(String),
    /// The key cannot have this value.
    Malformed(String),
    /// The test excludes parties instead of naming them.
    Negated,
    /// It also holds for requests without the key.
    WithoutKey,
    /// `Null` tests whether the key is present, not its value.
    OnlyPresence,
    /// It requires that the requester is not an AWS service.
    NoService,
    /// Anybody can have the key with this value: a shared service, a tag of one's own, a private
    /// network.
    Everyones,
    /// The ranges cover half of all addresses or more, or are wider than any single network.
    EveryAddress,
}

impl fmt::Display for Untied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operator, key, why } = self;
        match why {
            Why::Pattern(value) => write!(f, "the {key} `{value}` matches others too"),
            Why::Unowned(value) => write!(f, "the {key} `{value}` can belong to anybody"),
            Why::Variable(value) => {
                write!(f, "the {key} `{value}` is filled in from the request")
            }
            Why::Malformed(value) => {
                write!(f, "the {key} `{value}` under {operator} is not a fixed value")
            }
            Why::Negated => write!(f, "{operator} of {key} holds for everybody else"),
            Why::WithoutKey => write!(f, "{operator} also holds where there is no {key}"),
            Why::OnlyPresence => write!(f, "Null tests whether {key} is present, not its value"),
            Why::NoService => write!(f, "everybody but AWS's services has {key} false"),
            Why::Everyones => write!(f, "everybody can have this {key}"),
            Why::EveryAddress => {
                write!(f, "the ranges of {key} are too wide for a single network")
            }
        }
    }
}
