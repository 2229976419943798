//! What a RouteTable manifest can say, row by row.

use serde_json::json;

use super::{
    NAME,
    aws::Tables,
    errors, operations,
    routes::{entry, examples, outcome, probes, risk, shown},
};
use crate::{
    baseline::Baseline,
    kind::{
        Accepts, Claimed, Creation, Doctor, LookupKind, Profile, Removal, Writers,
        table::{
            Absent, Call, Compare, Form, Gives, How, Keyed, Leaf, Live, Named, Null, RiskOf, Table,
            TagLeaf, Take, Text, Tree, get, texts,
        },
    },
    kinds::vpc_endpoint,
    model::{Risk, text},
};

/// The member of a live state that says which subnets our other tables have.
const ELSEWHERE: &str = "elsewhere";
/// The member of a live state with the destinations of the local routes.
pub(super) const LOCAL: &str = "local";
/// The maximum of routes of a table for each address family, with the quota raised (Amazon VPC
/// quotas).
const MAX_ROUTES: usize = 2_000;
/// A subnet that changes to another table loses connections that the two tables route differently.
const MOVE_RISK: Risk = Risk::REPLACES.cutting_connections();
/// The maximum of subnets of a VPC, with the quota raised.
const MAX_SUBNETS: usize = 2_000;

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "rtb",
            about: "A route table of a VPC: where the subnets that use it send their traffic.",
            claimed: Claimed::ByTags,
            creation: Creation::Token,
            removal: Removal::Prunable,
            writers: Writers::Many,
            sweep: true,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: "A route table of a VPC. Its routes are exclusive, except those that AWS adds \
                itself: the local ones, those\nof gateway endpoints, and those that are propagated."
            .into(),
        leaves: vec![vpc(), routes(), subnets()],
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::EC2,
        }),
        order: vec![
            "ec2:CreateRoute".into(),
            "ec2:ReplaceRoute".into(),
            "ec2:DeleteRoute".into(),
            "ec2:AssociateRouteTable".into(),
            "ec2:ReplaceRouteTableAssociation".into(),
            "ec2:DisassociateRouteTable".into(),
        ],
        natural_keys: |state: &Tree| texts(get(state, "subnets")).map(str::to_owned).collect(),
        fixed_first: true,
        creating,
        restore: None,
        settle: |_, _, _| {},
        connect: Live::<Tables>::open,
    }
}

/// A new table is empty and nothing uses it; its routes and subnets follow at once.
fn creating(want: &Tree) -> Risk {
    let routes = get(want, "routes").as_object().is_some_and(|all| !all.is_empty());
    let subnets = texts(get(want, "subnets")).next().is_some();
    let of = [(routes, Risk::LOOSENS), (subnets, MOVE_RISK)];
    of.into_iter().filter_map(|(is, risk)| is.then_some(risk)).collect()
}

fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf {
        null: Null::None(json!([])),
        compare: Compare::Set,
        ..Leaf::harmless(path, about, form, change)
    }
}

fn vpc() -> Leaf {
    let named = Named::new(Accepts::lookup(LookupKind::Vpc), "vpc-");
    let fixed = How::Fixed("which EC2 fixes when a table is created".into());
    Leaf {
        absent: Absent::Required(
            "is missing; a table belongs to a VPC".into(),
            "write the VPC's id, or {lookup: {tags: {Name: …}}}".into(),
        ),
        null: Null::Refused,
        compare: Compare::Exact,
        ..row("vpc", "The VPC: its id or a lookup by tags. Immutable.", Form::Target(named), fixed)
    }
}

fn routes() -> Leaf {
    let change = How::Keyed {
        add: Call::new("ec2:CreateRoute", "add the route to {item}"),
        replace: Call::new("ec2:ReplaceRoute", "replace the route to {item}"),
        remove: Call::new("ec2:DeleteRoute", "remove the route to {item}"),
    };
    let too_many: (Text, Text) = (
        "{count} routes; a table has at most {max}".into(),
        "combine destinations in a prefix list".into(),
    );
    let keyed = Keyed {
        of: Box::new(route()),
        examples,
        max: (MAX_ROUTES, too_many),
        entry,
        shown,
        probes,
        outcome,
        risk,
    };
    Leaf {
        null: Null::None(json!({})),
        risk: RiskOf::Keyed,
        gives: Gives::Outcomes,
        ..row(
            "routes",
            "The routes, each with a destination (`to`) and a target (`via`). A route that is not \
             in the list is removed.\nAbsent: not managed; `null` or an empty list: none.",
            Form::Keyed(keyed),
            change,
        )
    }
}

fn route() -> Form {
    let needed = |path: &'static str, about: &'static str, accepts, help: &'static str| Leaf {
        absent: Absent::Required("is missing".into(), help.into()),
        null: Null::Refused,
        compare: Compare::Exact,
        change: How::Argument,
        ..row(path, about, Form::Target(Named { accepts, prefix: Text::default() }), How::Argument)
    };
    let to = needed(
        "to",
        "The destination: an IPv4 or IPv6 block, or a prefix list by id or lookup.",
        Accepts::lookup(LookupKind::PrefixList),
        "write a CIDR block such as 0.0.0.0/0",
    );
    let via = needed(
        "via",
        "The target, by its id: an internet, egress-only, NAT, transit, virtual private or carrier \
         gateway, a peering\nconnection, a network interface, an instance, or a Gateway Load \
         Balancer endpoint, which can be a reference.",
        Accepts::id_of(vpc_endpoint::NAME),
        "write the target's id, such as nat-0123456789abcdef0",
    );
    Form::Group {
        name: "Route".into(),
        about: "A route: destination and target.".into(),
        rows: vec![to, via],
    }
}

fn subnets() -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::lookup(LookupKind::Subnet), "subnet-"),
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (MAX_SUBNETS, "{count} subnets; a VPC has at most {max}".into()),
    };
    let take = Take {
        call: Call::new("ec2:ReplaceRouteTableAssociation", "take subnet {item} over from {from}"),
        fact: ELSEWHERE.into(),
        shown: ("uses {from}".into(), "uses this table".into()),
    };
    let remove = Call {
        inspect: true,
        ..Call::new("ec2:DisassociateRouteTable", "leave subnet {item} to the VPC's main table")
    };
    let change = How::Entries {
        // The routes must be right before anything uses them.
        add: Call::new("ec2:AssociateRouteTable", "associate subnet {item}").after(&[
            "ec2:CreateRoute",
            "ec2:ReplaceRoute",
            "ec2:DeleteRoute",
        ]),
        remove,
        take: Some(take),
    };
    Leaf {
        risk: RiskOf::Each { add: MOVE_RISK, remove: MOVE_RISK, take: MOVE_RISK },
        gives: Gives::More,
        ..row(
            "subnets",
            "The subnets that use the table: ids, or a lookup by tags in its VPC. A subnet that is \
             not in the list goes back to\nthe VPC's main table, which waits while that has routes \
             of its own. Absent: not managed; `null`: none.",
            form,
            change,
        )
    }
}
