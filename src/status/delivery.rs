//! What comes of messages.

/// How a message, or a notice, ended, as a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver took the message.
    Sent,
    /// It did not; the message is sent again.
    Failed,
    /// A notice was dropped, because too many waited.
    Dropped,
}

impl Delivery {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}
