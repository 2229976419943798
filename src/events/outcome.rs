//! What became of messages.

/// What became of a message: the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It says where to look.
    Used,
    /// It says which kind changed, and not which resource.
    Unlocated,
    /// It is older than a day.
    Stale,
    /// What palisade did itself.
    Own,
    /// The call failed, so that nothing changed.
    Error,
    /// It concerns no kind.
    Irrelevant,
    /// It was delivered before.
    Duplicate,
    /// It is about another account or Region.
    Foreign,
    /// It is not understood.
    Malformed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Used,
        Self::Unlocated,
        Self::Stale,
        Self::Own,
        Self::Error,
        Self::Irrelevant,
        Self::Duplicate,
        Self::Foreign,
        Self::Malformed,
    ];

    /// The metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unlocated => "unlocated",
            Self::Stale => "stale",
            Self::Own => "own",
            Self::Error => "error",
            Self::Irrelevant => "irrelevant",
            Self::Duplicate => "duplicate",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
        }
    }
}
