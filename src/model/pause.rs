//! A pause: something that people keep palisade from changing during an incident, without Git. It
//! ends by itself.

use std::fmt;

use aws_smithy_types::date_time::{DateTime, Format};
use serde::{Deserialize, Serialize};

use super::{Address, Engaged};

/// The end of a pause that somebody must end: 9999-12-31T23:59:59Z. A moment, so that everything
/// that reads the file understands it.
pub const OPEN_END: u64 = 253_402_300_799;
/// A running process records who ended a pause within its interval; an hour, in seconds, is enough
/// for every reasonable interval.
pub(crate) const RELEASES_KEPT: u64 = 3600;

/// What a pause covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// All writing of the process.
    Everything,
    /// Everything in one scope.
    Scope(String),
    /// The resource of one manifest.
    Address(Address),
}

impl Extent {
    /// The word, for metric labels.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Scope(_) => "scope",
            Self::Address(_) => "address",
        }
    }

    /// Whether this address is covered.
    pub fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Everything => true,
            Self::Scope(scope) => *scope == address.scope,
            Self::Address(paused) => paused == address,
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Scope(scope) => write!(f, "scope {scope}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// One pause, with its author and reason. Nothing that it covers is written until it ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pause {
    /// What it covers.
    pub extent: Extent,
    /// When it ends by itself, in seconds since the epoch.
    pub until: u64,
    /// The reason, in its author's words.
    pub reason: String,
    /// Its author.
    pub by: String,
    /// When it began, in seconds since the epoch.
    pub since: u64,
}

impl Pause {
    /// Whether it is over.
    pub fn is_over(&self, now: u64) -> bool {
        self.until <= now
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            OPEN_END.. => write!(f, "paused by {} until it is released: {}", self.by, self.reason),
            until => write!(f, "paused by {} until {}: {}", self.by, moment(until), self.reason),
        }
    }
}

/// Seconds since the epoch as RFC 3339 in UTC.
pub fn moment(at: u64) -> String {
    let seconds = i64::try_from(at).unwrap_or(i64::MAX);
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_else(|_| format!("{at} s"))
}

/// A pause that somebody ended early.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// The pause.
    pub pause: Pause,
    /// Who ended it.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: u64,
}

/// Why nothing may be written at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Stop {
    /// The process is stopping.
    Brake,
    /// Somebody engaged the brake of this process.
    Engaged(Engaged),
    /// There is a brake file without pauses (an empty one is enough), or one that cannot be read or
    /// trusted.
    BrakeFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The settings' mode is observe.
    Observe,
    /// The settings file cannot be read any more, so its mode is unknown.
    Settings {
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Brake => f.write_str("the brake is on"),
            Self::Engaged(engaged) => engaged.fmt(f),
            Self::BrakeFile { path, why } => write!(f, "the brake is on: {path} {why}"),
            Self::Observe => f.write_str("the settings say observe"),
            Self::Settings { why } => write!(f, "the settings cannot be read any more: {why}"),
        }
    }
}

/// What must not be written now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Halt {
    /// Why nothing may be written at all.
    pub stop: Option<Stop>,
    /// The pauses in force.
    pub pauses: Vec<Pause>,
    /// Pauses that were ended early, recently.
    pub released: Vec<Release>,
}

impl Halt {
    /// Why nothing may be written at all; `None` if something may.
    pub fn everything(&self) -> Option<String> {
        let all = || self.pauses.iter().find(|pause| pause.extent == Extent::Everything);
        match &self.stop {
            Some(stop) => Some(stop.to_string()),
            None => all().map(ToString::to_string),
        }
    }

    /// Why nothing of this address may be written; `None` if it may.
    pub fn of(&self, address: &Address) -> Option<String> {
        let paused = || self.pauses.iter().find(|pause| pause.extent.covers(address));
        self.everything().or_else(|| paused().map(ToString::to_string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(extent: Extent) -> Pause {
        Pause {
            extent,
            until: 1_764_417_780,
            reason: "network incident".into(),
            by: "ann".into(),
            since: 1_764_414_180,
        }
    }

    #[test]
    fn a_pause_covers_what_it_names_and_nothing_else() {
        let key = Address::new("prod", "KmsKey", "studio");
        for (extent, covers) in [
            (Extent::Everything, true),
            (Extent::Scope("prod".into()), true),
            (Extent::Scope("pro".into()), false),
            (Extent::Address(key.clone()), true),
            (Extent::Address(Address::new("prod", "KmsKey", "other")), false),
            (Extent::Address(Address::new("test", "KmsKey", "studio")), false),
        ] {
            assert_eq!(extent.covers(&key), covers, "{extent}");
            let halt = Halt { pauses: vec![pause(extent.clone())], ..Halt::default() };
            assert_eq!(halt.of(&key).is_some(), covers, "{extent}");
            assert_eq!(halt.everything().is_some(), extent == Extent::Everything);
        }
    }

    #[test]
    fn a_pause_says_who_until_when_and_why() {
        assert_eq!(
            pause(Extent::Everything).to_string(),
            "paused by ann until 2025-11-29T12:03:00Z: network incident"
        );
    }

    #[test]
    fn a_pause_is_over_at_its_moment() {
        let pause = pause(Extent::Everything);
        assert!(!pause.is_over(pause.until - 1) && pause.is_over(pause.until));
    }

    #[test]
    fn what_is_written_reads_back() {
        for extent in [
            Extent::Everything,
            Extent::Scope("prod".into()),
            Extent::Address(Address::new("prod", "KmsKey", "studio")),
        ] {
            let text = serde_json::to_string(&pause(extent.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Pause>(&text).unwrap(), pause(extent));
        }
    }
}
