//! The policy languages, and the errors of a policy text.

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Language {
    Key,
    Endpoint,
    ServiceControl,
    ResourceControl,
    /// Of a bucket.
    Bucket,
    /// Who may assume a role.
    Trust,
    /// Of a role.
    Identity,
}

impl Language {
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::ServiceControl | Self::ResourceControl)
    }

    pub(super) fn names_principals(self) -> bool {
        !matches!(self, Self::ServiceControl | Self::Identity)
    }
}

/// The first error of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Fault {
    /// An error in anything but principals, in words.
    Syntax(&'static str),
    /// An impossible principal.
    Principal,
}

pub(super) type Checked = Result<(), Fault>;

pub(super) fn refuse_if(wrong: bool, why: &'static str) -> Checked {
    if wrong { Err(Fault::Syntax(why)) } else { Ok(()) }
}
