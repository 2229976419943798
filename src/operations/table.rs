//! How rows are written, and the rows that every scope needs. The others stand in the kinds'
//! folders.
//!
//! Resources and conditions are those of the service authorization reference: which resources an
//! action is authorised for, and which condition keys there are for them. Where the reference names
//! none, the grant has none.

use super::{Grant, Mode, Need, On, Operation, When};

/// The request changes a resource that carries our owner tag.
pub(crate) const OURS: &[When] = &[When::Owned];
/// The request sets tags on a resource that is ours, and it stays so.
pub(crate) const OURS_AFTER: &[When] = &[When::Owned, When::StaysOurs];
/// The request removes tags from a resource that is ours, and it stays so.
pub(crate) const OURS_WITHOUT: &[When] = &[When::Owned, When::KeepsOwner];
/// The request claims a new resource.
pub(crate) const CLAIMS: &[When] = &[When::Claims];
/// The request claims a resource that nobody has claimed.
pub(crate) const CLAIMS_UNCLAIMED: &[When] = &[When::Claims, When::NobodyElses];

/// A permission.
pub(crate) const fn may(action: &'static str, on: On, when: &'static [When]) -> Grant {
    Grant { action, on, when }
}

/// A call `service:Operation` that reads, under the permission of that name. For any resource
/// unless [`Operation::on`] says for which.
pub(crate) const fn reads(call: &'static str) -> Operation {
    row(call, Mode::Observe, On::Anything, &[])
}

/// A call that creates or changes, under the permission of its name.
pub(crate) const fn writes(call: &'static str, on: On, when: &'static [When]) -> Operation {
    row(call, Mode::Apply, on, when)
}

/// A call that deletes, under the permission of its name.
pub(crate) const fn deletes(call: &'static str, on: On, when: &'static [When]) -> Operation {
    row(call, Mode::Destroy, on, when)
}

const fn row(call: &'static str, mode: Mode, on: On, when: &'static [When]) -> Operation {
    let (service, name) = split(call);
    Operation {
        service,
        name,
        mode,
        kind: None,
        own: Some(may(call, on, when)),
        more: &[],
        sweep: false,
        need: Need::Always,
        note: "",
    }
}

/// Before and after the colon. Evaluated by the compiler: a call without one does not build.
const fn split(call: &'static str) -> (&'static str, &'static str) {
    let mut at = 0;
    while call.as_bytes()[at] != b':' {
        at += 1;
    }
    (call.split_at(at).0, call.split_at(at + 1).1)
}

impl Operation {
    /// The permission of its name is for these resources.
    pub(crate) const fn on(self, on: On, when: &'static [When]) -> Self {
        let own = match self.own {
            Some(Grant { action, .. }) => Some(may(action, on, when)),
            None => None,
        };
        Self { own, ..self }
    }

    /// It needs these permissions, too.
    pub(crate) const fn and(self, more: &'static [Grant]) -> Self {
        Self { more, ..self }
    }

    /// It needs these permissions and none of its name, or a row of its own has that.
    pub(crate) const fn only_needs(self, more: &'static [Grant]) -> Self {
        Self { own: None, more, ..self }
    }

    /// Made by the search for orphans, too.
    pub(crate) const fn swept(self) -> Self {
        Self { sweep: true, ..self }
    }

    /// With a note for readers of the policy.
    pub(crate) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Brought about only by manifests that need this.
    pub(crate) const fn only(self, need: Need) -> Self {
        Self { need, ..self }
    }
}

/// What every scope needs.
pub(super) const EVERYWHERE: &[Operation] = &[
    reads("sts:GetCallerIdentity")
        .only_needs(&[])
        .note("STS answers everybody: no permission is needed."),
    reads("organizations:DescribeOrganization").only(Need::OrganizationId),
];
