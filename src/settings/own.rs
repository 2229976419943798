//! What the process itself uses on AWS.

use std::collections::BTreeSet;

use super::{Channel, MemoryHome, MemoryTable, Secret, Settings};

/// What the process uses with its own credentials, apart from its scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnUse {
    /// The table of its memory.
    pub memory: Option<MemoryTable>,
    /// The table of its leases.
    pub leases: Option<MemoryTable>,
    /// The topics that it publishes to, by ARN.
    pub topics: BTreeSet<String>,
    /// The buses that it puts events on, by ARN.
    pub buses: BTreeSet<String>,
    /// The secrets that it reads, by ARN.
    pub secrets: BTreeSet<String>,
}

impl Settings {
    /// What the process uses with its own credentials.
    pub fn own_use(&self) -> OwnUse {
        let memory = self.memory.as_ref().and_then(MemoryHome::table).cloned();
        let mut own = OwnUse { memory, leases: self.lease_table(), ..OwnUse::default() };
        for target in &self.notify {
            match &target.channel {
                Channel::Sns { topic_arn } => own.topics.insert(topic_arn.clone()),
                Channel::EventBridge { bus_arn } => own.buses.insert(bus_arn.clone()),
                Channel::Slack { .. } | Channel::Webhook { .. } => false,
            };
            own.secrets.extend(target.channel.secret().and_then(Secret::arn).map(str::to_owned));
        }
        own
    }

    /// The same, if this scope is reached with these credentials; nothing otherwise.
    pub fn own_use_in(&self, scope: &str) -> OwnUse {
        let ambient = self.scopes.get(scope).is_some_and(|it| it.role.is_none());
        if ambient { self.own_use() } else { OwnUse::default() }
    }
}
