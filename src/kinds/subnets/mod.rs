//! What route tables and network ACLs have in common: both belong to a VPC, and each subnet has one
//! of either, which another one of ours takes over in one call.

pub(crate) mod aws;

use serde_json::json;

use crate::{
    kind::{
        Accepts, LookupKind,
        table::{
            Absent, Call, Compare, Form, Gives, How, Leaf, Named, Null, RiskOf, Take, Text, Tree,
            get, texts,
        },
    },
    kinds::cloud_control::{ec2_subnet, ec2_vpc},
    model::Risk,
};

/// The row of the subnets.
pub(crate) const SUBNETS: &str = "subnets";
/// The member of a live state that says which subnets other resources of ours have.
const ELSEWHERE: &str = "elsewhere";
/// What a subnet had led elsewhere, or stopped something else.
pub(crate) const MOVES: Risk = Risk::REPLACES.cutting_connections();
/// Subnets of a VPC, with the quota raised.
const LIMIT: usize = 2_000;

/// A row of a set; `null` is none.
pub(crate) fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf {
        null: Null::None(json!([])),
        compare: Compare::Set,
        ..Leaf::harmless(path, about, form, change)
    }
}

/// The VPC; why it is needed, and why it stays.
pub(crate) fn vpc(needed: &'static str, fixed: &'static str) -> Leaf {
    let named = Named::new(Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc), "vpc-");
    let about = "The VPC: its id or a lookup by tags. Immutable.";
    Leaf {
        absent: Absent::Required(
            needed.into(),
            "write the VPC's id, or {lookup: {tags: {Name: …}}}".into(),
        ),
        null: Null::Refused,
        compare: Compare::Exact,
        ..row("vpc", about, Form::Target(named), How::Fixed(fixed.into()))
    }
}

/// The calls by which a subnet comes, goes, and is taken over, and where it is meanwhile.
pub(crate) struct Moves {
    /// Adds one.
    pub(crate) add: Call,
    /// Removes one; or why there is no call for that, after the path.
    pub(crate) remove: Result<Call, Text>,
    /// Takes one over.
    pub(crate) take: Call,
    /// Where it is before and after that, with `{from}`.
    pub(crate) shown: (&'static str, &'static str),
}

/// The subnets.
pub(crate) fn subnets(about: &'static str, moves: Moves) -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::id_or_lookup(ec2_subnet::NAME, LookupKind::Subnet), "subnet-"),
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (LIMIT, "{count} subnets; a VPC has at most {max}".into()),
    };
    let (from, to) = moves.shown;
    let take = Take { call: moves.take, fact: ELSEWHERE.into(), shown: (from.into(), to.into()) };
    let change = How::Entries { add: moves.add, remove: moves.remove, take: Some(take) };
    Leaf {
        risk: RiskOf::Each { add: MOVES, remove: MOVES, take: MOVES },
        gives: Gives::More,
        ..row(SUBNETS, about, form, change)
    }
}

/// The risk of a new one: it is empty and nothing uses it; what lets something through, and what
/// uses it, follow at once.
pub(crate) fn creating(lets_through: bool, is_used: bool) -> Risk {
    let of = [(lets_through, Risk::LOOSENS), (is_used, MOVES)];
    of.into_iter().filter_map(|(is, risk)| is.then_some(risk)).collect()
}

/// The wanted or live subnets.
pub(crate) fn of(state: &Tree) -> impl Iterator<Item = &str> {
    texts(get(state, SUBNETS))
}
