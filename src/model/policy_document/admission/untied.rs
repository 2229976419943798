//! Why a condition ties a statement to nobody.

use std::fmt;

/// A condition that looks as if it tied a statement to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untied {
    /// As written.
    pub operator: String,
    /// As written.
    pub key: String,
    /// Why it ties nobody.
    pub why: Why,
}

/// Why a condition ties nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The value has wildcards where it would have to name somebody.
    Pattern(String),
    /// What is acted on is named so that it may be anybody's.
    Unowned(String),
    /// The value is a policy variable, which the request itself fills in.
    Variable(String),
    /// The value is none that the key can have.
    Malformed(String),
    /// The test names whom it is not about.
    Negated,
    /// It also holds for requests without the key.
    WithoutKey,
    /// `Null` asks whether the key is there, not whose it is.
    OnlyPresence,
    /// It asks for whoever is no service of AWS.
    NoService,
    /// Everybody can have the key with this value: the same services, tags of his own, a private network.
    Everyones,
    /// The ranges are half of all addresses or more, or wider than anybody's network.
    EveryAddress,
}

impl fmt::Display for Untied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operator, key, why } = self;
        match why {
            Why::Pattern(value) => write!(f, "the {key} `{value}` fits others too"),
            Why::Unowned(value) => write!(f, "the {key} `{value}` is not one owner's"),
            Why::Variable(value) => {
                write!(f, "the {key} `{value}` is whatever the request brings")
            }
            Why::Malformed(value) => {
                write!(f, "the {key} `{value}` under {operator} is no fixed value")
            }
            Why::Negated => write!(f, "{operator} of {key} holds for everybody else"),
            Why::WithoutKey => write!(f, "{operator} also holds where there is no {key}"),
            Why::OnlyPresence => write!(f, "Null does not ask whose {key} it is"),
            Why::NoService => write!(f, "everybody but AWS's services has {key} false"),
            Why::Everyones => write!(f, "everybody can have this {key}"),
            Why::EveryAddress => {
                write!(f, "the ranges of {key} are too wide to be anybody's network")
            }
        }
    }
}
