//! The languages of policies, and what can be wrong with a text.

/// Which language a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Language {
    Key,
    Endpoint,
    ServiceControl,
    ResourceControl,
}

impl Language {
    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::ServiceControl | Self::ResourceControl)
    }

    pub(super) fn names_principals(self) -> bool {
        self != Self::ServiceControl
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Fault {
    /// Anything but principals, and what.
    Syntax(&'static str),
    /// A principal that cannot be one.
    Principal,
}

pub(super) type Checked = Result<(), Fault>;

pub(super) fn refuse_if(wrong: bool, why: &'static str) -> Checked {
    if wrong { Err(Fault::Syntax(why)) } else { Ok(()) }
}
