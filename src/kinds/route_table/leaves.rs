//! What a RouteTable manifest can say, row by row.

use serde_json::json;

use super::{
    NAME, Routes,
    aws::Tables,
    errors, operations,
    routes::{entry, examples, fits, members, outcomes, probes, risk, shown},
};
use crate::{
    baseline::Baseline,
    kind::{
        Accepts, Claimed, Creation, Doctor, Invalid, LookupKind, Profile, Refs, Removal, Writers,
        table::{
            Absent, Call, Compare, Form, Gives, How, IDLE, Keyed, Leaf, Live, Named, Null, RiskOf,
            Table, TagLeaf, Take, Text, Tree, get, texts,
        },
    },
    kinds::{
        cloud_control::{ec2_internet_gateway, ec2_nat_gateway},
        subnets::{self, MOVES, Moves, row},
        vpc_endpoint,
    },
    model::{Risk, text},
};

/// The row of the gateways that use the table.
pub(super) const GATEWAYS: &str = "gateways";
/// The row of the gateways that put routes in.
pub(super) const PROPAGATING: &str = "propagating";
/// The member of a live state that says which gateways other tables of ours have.
const GATEWAYS_ELSEWHERE: &str = "gatewaysElsewhere";
/// The member of a live state that says whether it is the main table of its VPC.
pub(super) const MAIN: &str = "main";
/// The member of a live state with the network interface of each route that leads to an instance.
pub(super) const INTERFACES: &str = "interfaces";
/// The member of a live state that has the destinations of the local routes.
pub(super) const LOCAL: &str = "local";
/// Routes of a table for each address family, at most, with the quota raised (Amazon VPC quotas).
const ROUTE_LIMIT: usize = 2_000;
/// What brings the routes of a table about. A table is right before anything uses it: nothing is
/// put into use while a route waits.
const ROUTED: [&str; 5] = [
    "ec2:CreateRoute",
    "ec2:ReplaceRoute",
    "ec2:DeleteRoute",
    "ec2:EnableVgwRoutePropagation",
    "ec2:DisableVgwRoutePropagation",
];
/// The kinds that a route may lead to, in addition to endpoints.
const WAYS_OUT: [&str; 2] = [ec2_internet_gateway::NAME, ec2_nat_gateway::NAME];
/// More gateways than any VPC has: it has one of each sort (Amazon VPC quotas).
const GATEWAY_LIMIT: usize = 10;

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
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: Baseline::of::<Routes>(&[]),
        doctor: Doctor::NONE,
        about: "A route table of a VPC. Its routes are exclusive, except those that AWS adds \
                itself: the local ones, those\nof gateway endpoints, and those that are propagated."
            .into(),
        leaves: vec![vpc(), routes(), propagating(), used_by_subnets(), gateways()],
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::EC2,
        }),
        order: vec![
            "ec2:CreateRoute".into(),
            "ec2:ReplaceRoute".into(),
            "ec2:DeleteRoute".into(),
            "ec2:DisableVgwRoutePropagation".into(),
            "ec2:EnableVgwRoutePropagation".into(),
            "ec2:AssociateRouteTable".into(),
            "ec2:ReplaceRouteTableAssociation".into(),
            "ec2:DisassociateRouteTable".into(),
        ],
        natural_keys: |state: &Tree| users(state).map(str::to_owned).collect(),
        fixed_first: true,
        creating,
        restore: None,
        settle,
        connect: Live::<Tables>::open,
    }
}

/// A new table is empty and nothing uses it; its routes and subnets follow at once.
fn creating(want: &Tree) -> Risk {
    let routes = get(want, "routes").as_object().is_some_and(|all| !all.is_empty())
        || texts(get(want, PROPAGATING)).next().is_some();
    subnets::creating(routes, users(want).next().is_some())
}

/// What uses a table: each subnet and each gateway has one.
fn users(state: &Tree) -> impl Iterator<Item = &str> {
    subnets::of(state).chain(texts(get(state, GATEWAYS)))
}

/// A table that gateways use takes no propagated routes (Amazon VPC guide, "Gateway route tables").
fn settle(want: &mut Tree, _: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let is_edge = |id: &&str| id.starts_with("igw-") || id.starts_with("vgw-");
    for id in texts(get(want, GATEWAYS)).filter(|id| !is_edge(id)) {
        let why = format!("`{id}` is neither an internet gateway nor a virtual private gateway");
        problems.push(Invalid::new(GATEWAYS, why).help("write an id: `igw-…` or `vgw-…`"));
    }
    let [gateways, propagating] =
        [GATEWAYS, PROPAGATING].map(|row| texts(get(want, row)).next().is_some());
    if gateways && propagating {
        let why = "a table that gateways use takes no propagated routes";
        let help = "make a table of its own for the gateways";
        problems.push(Invalid::new(PROPAGATING, why).help(help));
    }
}

fn vpc() -> Leaf {
    subnets::vpc("is missing; a table belongs to a VPC", "which EC2 fixes when a table is created")
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
        max: (ROUTE_LIMIT, too_many),
        entry,
        members,
        shown,
        probes,
        outcomes,
        also: Some(INTERFACES),
        fits,
        risk,
        only_keys: false,
        may_be: |_, _| true,
        reach: None,
    };
    Leaf {
        null: Null::None(json!({})),
        risk: RiskOf::Keyed,
        gives: Gives::Outcomes,
        idle_while: Some((IDLE.into(), json!(true))),
        ..row(
            "routes",
            "The routes, each with a destination (`to`) and a target (`via`). A route that is not\n\
             in the list is removed. Absent: not managed; `null` or an empty list: none.",
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
        "The target, by its id: an internet, egress-only, NAT, transit, virtual private, local or\n\
         carrier gateway, a peering connection, a network interface, an instance, or a Gateway\n\
         Load Balancer endpoint; or the ARN of a core network or an ODB\n\
         network. A reference is `{ref: name}` to an endpoint, and `{ref: Kind/name}` to an\n\
         internet gateway or a NAT gateway.",
        Accepts::id_of(vpc_endpoint::NAME).or_of(&WAYS_OUT),
        "write the target's id, such as nat-0123456789abcdef0",
    );
    Form::Group {
        name: "Route".into(),
        about: "A route: destination and target.".into(),
        rows: vec![to, via],
    }
}

fn used_by_subnets() -> Leaf {
    let remove = Call {
        inspect: true,
        ..Call::new("ec2:DisassociateRouteTable", "leave subnet {item} to the VPC's main table")
    };
    let moves = Moves {
        // The routes are right before anything uses them.
        add: Call::new("ec2:AssociateRouteTable", "associate subnet {item}").once(&ROUTED),
        remove: Ok(remove),
        take: Call::new("ec2:ReplaceRouteTableAssociation", "take subnet {item} over from {from}")
            .once(&ROUTED),
        shown: ("uses {from}", "uses this table"),
    };
    subnets::subnets(
        "The subnets that use the table: ids, or a lookup by tags in its VPC. A subnet that\n\
         is not in the list goes back to the VPC's main table, which waits while that has\n\
         routes of its own. Absent: not managed; `null`: none.",
        moves,
    )
}

/// One of a VPC's gateways, by its id.
fn gateway(prefix: &'static str) -> Named {
    Named { accepts: Accepts::NOTHING, prefix: prefix.into() }
}

fn gateways() -> Leaf {
    let form = Form::Targets {
        each: gateway(""),
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (GATEWAY_LIMIT, "{count} gateways; a VPC has one of each sort".into()),
    };
    let take = Take {
        call: Call::new("ec2:ReplaceRouteTableAssociation", "take {item} over from {from}")
            .once(&ROUTED),
        fact: GATEWAYS_ELSEWHERE.into(),
        shown: ("uses {from}".into(), "uses this table".into()),
    };
    let change = How::Entries {
        // What comes in through the gateway goes past what the routes lead to, otherwise.
        add: Call::new("ec2:AssociateRouteTable", "associate {item}").once(&ROUTED),
        remove: Ok(Call::new("ec2:DisassociateRouteTable", "let {item} use no table")),
        take: Some(take),
    };
    Leaf {
        risk: RiskOf::Each { add: MOVES, remove: MOVES, take: MOVES },
        gives: Gives::More,
        ..row(
            GATEWAYS,
            "The internet gateway and the virtual private gateway, by id, whose incoming traffic\n\
             the table routes: to network interfaces and Gateway Load Balancer endpoints, for\n\
             addresses of the VPC. Absent: not managed; `null`: none.",
            form,
            change,
        )
    }
}

fn propagating() -> Leaf {
    let form = Form::Targets {
        each: gateway("vgw-"),
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (GATEWAY_LIMIT, "{count} virtual private gateways; a VPC has one".into()),
    };
    let change = How::Entries {
        add: Call::new("ec2:EnableVgwRoutePropagation", "let {item} put routes in"),
        remove: Ok(Call::new("ec2:DisableVgwRoutePropagation", "let {item} put no routes in")),
        take: None,
    };
    Leaf {
        // What the gateway learns may lead elsewhere than a wider route.
        risk: RiskOf::Each { add: MOVES, remove: MOVES, take: MOVES },
        gives: Gives::More,
        idle_while: Some((IDLE.into(), json!(true))),
        ..row(
            PROPAGATING,
            "The virtual private gateway, by id, that puts in the routes that it learns. They are\n\
             not compared with `routes`. Absent: not managed; `null` or an empty list: none.",
            form,
            change,
        )
    }
}
