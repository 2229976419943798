//! The VPCs in which a group may be used besides its own (Amazon VPC user guide, "Associate
//! security groups with multiple VPCs"). They are exclusive: one that no manifest names is
//! disassociated.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, DEFAULT_GROUP, State};
use crate::{
    kind::{Accepts, ID_HELP, Invalid, LookupKind, Refs, Target, is_literal_id, is_placeholder},
    kinds::cloud_control::ec2_vpc,
};

/// The field of a manifest.
pub(super) const FIELD: &str = "associatedVpcs";

/// The VPCs that a manifest names, for a group of this name in this VPC.
pub(super) fn resolve(
    list: &[Target],
    (group, vpc): (&str, Option<&str>),
    refs: &mut Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> BTreeSet<String> {
    if !list.is_empty() && group.eq_ignore_ascii_case(DEFAULT_GROUP) {
        let why = "EC2 associates no group `default` with other VPCs";
        problems.push(Invalid::new(FIELD, why).help("make a group of its own for them"));
    }
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (index, target) in list.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        if let Target::Id(id) = target
            && !is_literal_id(id, "vpc-")
        {
            let forms = "write vpc-…, {ref: name}, or {lookup: {tags: {Name: …}}}";
            let help = if id.starts_with("vpc-") { ID_HELP } else { forms };
            problems.push(Invalid::new(field, format!("`{id}` is not a VPC id")).help(help));
            continue;
        }
        let accepts = Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc);
        // The group can be made without it.
        let id = match refs.maybe(&field, target, accepts) {
            Ok(id) => id,
            Err(invalid) => {
                problems.push(invalid);
                continue;
            }
        };
        if Some(id.as_str()) == vpc {
            let why = format!("{id} is the group's own VPC, where it may be used anyway");
            problems.push(Invalid::new(field, why).help("leave it out"));
        } else if let Some(other) = first.get(&id) {
            let why = format!("is the same as number {other}");
            problems.push(Invalid::new(field, why).help("keep one"));
        } else {
            first.insert(id, index);
        }
    }
    first.into_keys().collect()
}

/// What ends associations that are not wanted: while a VPC is not known yet, any of them may be
/// wanted.
pub(super) fn ends(want: &State, have: &State) -> Vec<Change> {
    let Some((wanted, live)) = both(want, have) else { return Vec::new() };
    if wanted.iter().any(|vpc| is_placeholder(vpc)) {
        return Vec::new();
    }
    live.difference(wanted).map(|vpc| Change::Disassociate { vpc: vpc.clone() }).collect()
}

/// What makes the associations that are missing.
pub(super) fn begins(want: &State, have: &State) -> Vec<Change> {
    let Some((wanted, live)) = both(want, have) else { return Vec::new() };
    wanted.difference(live).map(|vpc| Change::Associate { vpc: vpc.clone() }).collect()
}

/// Both sides, if they are managed and could be read.
fn both<'s>(
    want: &'s State,
    have: &'s State,
) -> Option<(&'s BTreeSet<String>, &'s BTreeSet<String>)> {
    Some((want.associated_vpcs.as_ref()?, have.associated_vpcs.as_ref()?))
}

/// See [`Kind::unread`](crate::kind::Kind::unread).
pub(super) fn unread(want: &State, have: &State) -> Vec<(String, String)> {
    let why = want.associated_vpcs.as_ref().and(have.unread_associations.as_ref());
    why.map(|why| (FIELD.to_owned(), why.clone())).into_iter().collect()
}

/// What AWS did not bring about.
pub(super) fn notes(have: &State) -> Vec<String> {
    let failed = have.failed_associations.iter();
    failed
        .map(|(vpc, why)| {
            let is_there = have.associated_vpcs.as_ref().is_some_and(|all| all.contains(vpc));
            let what = if is_there { "its end" } else { "it" };
            format!("the association with {vpc}: {what} failed in AWS: {why}")
        })
        .collect()
}
