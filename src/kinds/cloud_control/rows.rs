//! The operations that every type has, each with the permission of Cloud Control itself. A type
//! adds what its handlers call.

use crate::operations::{
    Grant, On, Operation,
    table::{deletes, may, reads, writes},
};

/// The requests under way.
pub(super) const UNDER_WAY: Operation = reads("cloudcontrol:ListResourceRequests")
    .only_needs(&[may("cloudformation:ListResourceRequests", On::Anything, &[])]);
/// How far a request is.
pub(super) const STATUS: Operation = reads("cloudcontrol:GetResourceRequestStatus")
    .only_needs(&[may("cloudformation:GetResourceRequestStatus", On::Anything, &[])]);
/// The tag index.
pub(super) const INDEX: Operation = reads("resourcegroupstaggingapi:GetResources")
    .only_needs(&[may("tag:GetResources", On::Anything, &[])]);

/// Cloud Control's own permission to read a resource.
pub(super) const GET: Grant = may("cloudformation:GetResource", On::Anything, &[]);
/// To list.
pub(super) const LIST: Grant = may("cloudformation:ListResources", On::Anything, &[]);
/// To create.
pub(super) const CREATE: Grant = may("cloudformation:CreateResource", On::Anything, &[]);
/// To change.
pub(super) const UPDATE: Grant = may("cloudformation:UpdateResource", On::Anything, &[]);
/// To delete.
pub(super) const DELETE: Grant = may("cloudformation:DeleteResource", On::Anything, &[]);
/// To set tags.
pub(super) const TAG: Grant = may("tag:TagResources", On::Anything, &[]);
/// To remove tags.
pub(super) const UNTAG: Grant = may("tag:UntagResources", On::Anything, &[]);

/// Reads a resource, with these permissions.
pub(super) const fn gets(needs: &'static [Grant]) -> Operation {
    reads("cloudcontrol:GetResource").only_needs(needs)
}

/// Lists the resources, where AWS invents their identifiers.
pub(super) const fn lists(needs: &'static [Grant]) -> Operation {
    reads("cloudcontrol:ListResources").only_needs(needs)
}

/// Creates one.
pub(super) const fn creates(needs: &'static [Grant]) -> Operation {
    writes("cloudcontrol:CreateResource", On::Anything, &[]).only_needs(needs)
}

/// Changes one.
pub(super) const fn updates(needs: &'static [Grant]) -> Operation {
    writes("cloudcontrol:UpdateResource", On::Anything, &[]).only_needs(needs)
}

/// Sets tags of one.
pub(super) const fn tags(needs: &'static [Grant]) -> Operation {
    writes("resourcegroupstaggingapi:TagResources", On::Anything, &[]).only_needs(needs)
}

/// Removes tags of one.
pub(super) const fn untags(needs: &'static [Grant]) -> Operation {
    writes("resourcegroupstaggingapi:UntagResources", On::Anything, &[]).only_needs(needs)
}

/// Deletes one.
pub(super) const fn removes(needs: &'static [Grant]) -> Operation {
    deletes("cloudcontrol:DeleteResource", On::Anything, &[]).only_needs(needs)
}
