//! Approvals of held steps, in the directory next to the manifests.

use serde_json::Value;

use super::{
    Part, Problem,
    document::{Approval, ApprovalSpec, Place, invalid_from, join, type_problems},
    load::Reading,
};
use crate::kind::{Invalid, typed};

/// An approval that is valid for longer approves something that nobody has looked at.
pub(crate) const MAX_APPROVAL_SECONDS: f64 = 7.0 * 24.0 * 3600.0;

impl Reading<'_> {
    /// Reads an approval. Errors are found when it is loaded, as with manifests.
    pub(super) fn approval(&mut self, place: &Place, spec: Option<&Value>) {
        let Some(spec) = spec.filter(|spec| !spec.is_null()) else {
            let why = Invalid::new("", "missing")
                .help("`palisade explain Approval` shows its fields: `digest` and `expires`");
            return self.contents.problems.push(place.problem("spec", &why));
        };
        let read = |spec: &Value| typed::<ApprovalSpec>(spec).map_err(|error| invalid_from(&error));
        let found = type_problems(spec, |spec| read(spec).err());
        let below = |it: Invalid| Invalid { field: join("spec", &it.field), ..it };
        let wrong: Vec<_> = found.into_iter().map(below).collect();
        self.report(place, &wrong, spec);
        let Ok(ApprovalSpec { digest, expires }) = read(spec) else { return };
        use aws_smithy_types::date_time::{DateTime, Format};
        let Ok(expires) = DateTime::from_str(&expires, Format::DateTimeWithOffset) else {
            let why = Invalid::new("", "not a time").help("RFC 3339, e.g. 2026-12-31T18:00:00Z");
            return self.contents.problems.push(place.problem("spec.expires", &why));
        };
        if !is_digest(&digest) {
            let why = Invalid::new("", "not a digest, so it releases nothing").help(
                "write the 12 characters (0-9, a-f) that `palisade plan` shows with the held step",
            );
            self.contents.warnings.push(place.problem("spec.digest", &why));
        }
        self.contents.approvals.push(Approval {
            digest,
            expires: expires.as_secs_f64(),
            origin: place.origin("spec.digest"),
            ends: place.origin("spec.expires"),
        });
    }
}

impl Approval {
    /// What is wrong with its expiry at `now`, in seconds since the epoch: then it releases
    /// nothing.
    pub fn warning(&self, now: f64) -> Option<Problem> {
        let (message, help) = if now >= self.expires {
            ("the approval has expired, so it releases nothing", "remove it, or write a new expiry")
        } else if self.expires > now + MAX_APPROVAL_SECONDS {
            (
                "the approval expires more than 7 days ahead, so it releases nothing",
                "write an expiry within the next 7 days",
            )
        } else {
            return None;
        };
        let path = "spec.expires".to_owned();
        let (message, help) = (message.to_owned(), help.to_owned());
        let (origin, part) = (self.ends.clone(), Part::Value);
        Some(Problem { origin, path, message, help, part })
    }
}

/// Whether a text has the form of a step's digest.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Origin;

    #[test]
    fn an_expiry_that_is_past_or_too_far_ahead_is_reported() {
        let at = |line| Origin { file: "a.yaml".into(), line, column: 1 };
        let approval = |expires| Approval {
            digest: "0123456789ab".to_owned(),
            expires,
            origin: at(1),
            ends: at(2),
        };
        let warning_at =
            |expires| approval(expires).warning(1000.0).map(|it| (it.origin.line, it.message));
        assert_eq!(warning_at(1001.0), None);
        assert_eq!(warning_at(1000.0 + MAX_APPROVAL_SECONDS), None);
        let (line, message) = warning_at(1000.0).unwrap();
        assert!(line == 2 && message.contains("has expired"), "{message}");
        assert!(warning_at(1001.0 + MAX_APPROVAL_SECONDS).unwrap().1.contains("more than 7 days"));
        assert!(is_digest("0123456789ab"));
        for wrong in ["0123456789AB", "0123456789a", "0123456789abc", "", "a tag"] {
            assert!(!is_digest(wrong), "{wrong}");
        }
    }
}
