//! How rows are written, and the rows that every scope needs. The other rows are in the folders of
//! the kinds.
//!
//! Resources and conditions come from the service authorization reference: for which resources an
//! action is authorized, and with which condition keys. Where the reference lists none, the grant
//! has none.

use super::{
    Grant, Mode, Named, Need, On, Operation, ResourceType, Resources, When, organization::PARENTS,
};
use crate::aws::heartbeat;

/// The request changes a resource that carries our owner tag.
pub(crate) const OURS: &[When] = &[When::Owned];
/// The request sets tags on a resource that is ours and stays ours.
pub(crate) const OURS_AFTER: &[When] = &[When::Owned, When::StaysOurs];
/// The request removes tags from a resource that is ours and stays ours.
pub(crate) const OURS_WITHOUT: &[When] = &[When::Owned, When::KeepsOwner];
/// The request claims a new resource.
pub(crate) const CLAIMS: &[When] = &[When::Claims];
/// The request claims an unclaimed resource.
pub(crate) const CLAIMS_UNCLAIMED: &[When] = &[When::Claims, When::NobodyElses];

/// A permission.
pub(crate) const fn may(action: &'static str, on: On, when: &'static [When]) -> Grant {
    Grant { action, on, when }
}

/// A reading call `service:Operation` with the permission of that name, for any resource unless
/// [`Operation::on`] limits it.
pub(crate) const fn reads(call: &'static str) -> Operation {
    row(call, Mode::Observe, On::Anything, &[])
}

/// A call that creates or changes, with the permission of its name.
pub(crate) const fn writes(call: &'static str, on: On, when: &'static [When]) -> Operation {
    row(call, Mode::Apply, on, when)
}

/// A call that writes what is palisade's own, with the permission of its name.
pub(crate) const fn writes_own(call: &'static str, on: On) -> Operation {
    row(call, Mode::Own, on, &[]).only(Need::Own)
}

/// A call that deletes, with the permission of its name.
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

/// The parts before and after the colon. Evaluated at compile time: a call without a colon does not
/// build.
const fn split(call: &'static str) -> (&'static str, &'static str) {
    let mut at = 0;
    while call.as_bytes()[at] != b':' {
        at += 1;
    }
    (call.split_at(at).0, call.split_at(at + 1).1)
}

impl Operation {
    /// Limits the permission of its name to these resources.
    pub(crate) const fn on(self, on: On, when: &'static [When]) -> Self {
        let own = match self.own {
            Some(Grant { action, .. }) => Some(may(action, on, when)),
            None => None,
        };
        Self { own, ..self }
    }

    /// Adds these permissions.
    pub(crate) const fn and(self, more: &'static [Grant]) -> Self {
        Self { more, ..self }
    }

    /// Needs these permissions but none of its own name, or has another row with that.
    pub(crate) const fn only_needs(self, more: &'static [Grant]) -> Self {
        Self { own: None, more, ..self }
    }

    /// The search for orphans also calls it.
    pub(crate) const fn swept(self) -> Self {
        Self { sweep: true, ..self }
    }

    /// Adds a note for readers of the policy.
    pub(crate) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Called only for manifests that need this.
    pub(crate) const fn only(self, need: Need) -> Self {
        Self { need, ..self }
    }
}

/// What manifests need of which palisade only reads a type, whatever it is.
pub(crate) const SHOWN: Need = Need::Noted("a type that is only observed");

/// What manifests need whose resource works in every account of the organization. It is kept where
/// the organization is managed, and nobody needs it elsewhere.
pub(crate) const OF_ORGANIZATION: Need = Need::Noted("a resource of the whole organization");

/// Queues of events. Where they are, the settings say.
const QUEUE: ResourceType = ResourceType::new(
    "queue",
    "arn:{partition}:sqs:*:{account}:{id}",
    "palisade-events",
    Named::Never,
);
const QUEUES: On = On::Of(&Resources { name: "Queues", types: &[QUEUE] });

/// Trails, those of the organization too, which are its management account's.
const TRAIL: ResourceType = ResourceType::new(
    "trail",
    "arn:{partition}:cloudtrail:*:*:trail/{id}",
    "organization",
    Named::Never,
);
const TRAILS: On = On::Of(&Resources { name: "Trails", types: &[TRAIL] });

/// The security group of heartbeats, which does not exist.
const NOBODYS_GROUP: ResourceType = ResourceType::new(
    "security-group",
    "arn:{partition}:ec2:*:{account}:security-group/{id}",
    heartbeat::NOBODYS_GROUP,
    Named::Never,
)
.like(heartbeat::NOBODYS_GROUP);
const HEARTBEATS: On = On::Of(&Resources { name: "Heartbeats", types: &[NOBODYS_GROUP] });

/// What every scope needs.
pub(super) const EVERYWHERE: &[Operation] = &[
    reads("sts:GetCallerIdentity")
        .only_needs(&[])
        .note("STS answers every caller: no permission is needed."),
    reads("organizations:DescribeOrganization").only(Need::OrganizationId),
    reads("organizations:DescribeOrganization").only(Need::Accounts),
    reads("organizations:ListAccounts").only(Need::Accounts),
    reads("organizations:ListAccountsForParent")
        .on(PARENTS, &[])
        .only(Need::Accounts)
        .note("Only where ListAccounts does not say where the accounts are."),
    reads("organizations:ListRoots").only(Need::Accounts),
    reads("organizations:ListOrganizationalUnitsForParent").on(PARENTS, &[]).only(Need::Accounts),
    reads("sqs:GetQueueAttributes").on(QUEUES, &[]).only(Need::Events),
    reads("sqs:ReceiveMessage").on(QUEUES, &[]).only(Need::Events),
    reads("sqs:DeleteMessageBatch")
        .only_needs(&[may("sqs:DeleteMessage", QUEUES, &[])])
        .only(Need::Events)
        .note(
            "Takes messages off palisade's own queue of events: needed without permission to \
             write, too.",
        ),
    reads("sqs:ReceiveMessage")
        .only_needs(&[may("ec2:RevokeSecurityGroupIngress", HEARTBEATS, &[])])
        .only(Need::Heartbeat)
        .note(
            "A dry run about a group that does not exist, whose event must come back: allowed, \
             so that it is not recorded as a denied call.",
        ),
    reads("cloudtrail:DescribeTrails")
        .only(Need::Events)
        .note("`doctor` looks whether a trail records what changes; nothing else needs it."),
    reads("cloudtrail:GetTrailStatus").on(TRAILS, &[]).only(Need::Events),
    reads("cloudtrail:GetEventSelectors").on(TRAILS, &[]).only(Need::Events),
    reads("cloudtrail:LookupEvents")
        .only(Need::Events)
        .note("Confirms who made a call: what a queue says could be forged."),
    reads("dynamodb:GetItem")
        .on(On::Memory, &[])
        .and(&[may("dynamodb:GetItem", On::Leases, &[])])
        .only(Need::Own),
    reads("dynamodb:Query")
        .on(On::Memory, &[])
        .and(&[may("dynamodb:Query", On::Leases, &[])])
        .only(Need::Own),
    writes_own("dynamodb:PutItem", On::Memory)
        .and(&[may("dynamodb:PutItem", On::Leases, &[])])
        .note("Brake, history, used approvals, what was in force, and new leases."),
    writes_own("dynamodb:UpdateItem", On::Leases)
        .note("Leases: taken, renewed and given back, each on the condition of what was seen."),
    writes_own("sns:Publish", On::Topics).note("Notices."),
    writes_own("eventbridge:PutEvents", On::Buses)
        .only_needs(&[may("events:PutEvents", On::Buses, &[])])
        .note("Notices."),
    reads("secretsmanager:GetSecretValue").on(On::Secrets, &[]).only(Need::Own).note(
        "Secrets of receivers of notices. One that is encrypted with a key of the customer needs \
         kms:Decrypt on that key, too.",
    ),
    reads("cloudcontrol:GetResource")
        .only_needs(&[may("cloudformation:GetResource", On::Anything, &[])])
        .only(SHOWN)
        .note(
            "For types that are only observed. Their read handlers call their services, with \
             permissions that are not listed here.",
        ),
];
