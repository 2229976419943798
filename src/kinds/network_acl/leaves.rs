//! The table of a network ACL.

use serde_json::json;

use super::{
    NAME,
    aws::Acls,
    entries::{entry, examples, outcome, parsed, probes, risk, shown},
    operations,
};
use crate::{
    baseline::Baseline,
    kind::{
        Accepts, Claimed, Creation, Doctor, Invalid, LookupKind, Profile, Refs, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Keyed, Leaf, Live, Named, Null, Range,
            RiskOf, Table, TagLeaf, Take, Text, Tree, get, texts,
        },
    },
    model::{Risk, text},
};

/// The member of a live state that says which subnets other ACLs of ours have.
const ELSEWHERE: &str = "elsewhere";
/// Entries of one direction and address family, at most, without the one that denies the rest
/// (Amazon VPC quotas: 20, and 40 where the quota is raised).
const ENTRY_LIMIT: usize = 39;
/// Subnets of a VPC, with the quota raised.
const SUBNET_LIMIT: usize = 2_000;

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "acl",
            about: "A network ACL of a VPC: which packets enter and leave the subnets that it filters.",
            claimed: Claimed::ByTags,
            creation: Creation::Token,
            removal: Removal::Prunable,
            writers: Writers::Many,
            sweep: true,
        },
        operations: operations::OPERATIONS,
        errors: &[],
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: "A network ACL of a VPC. Its entries are exclusive; the first one that fits a \
                packet decides, by number, and\nwhat none fits is denied. It keeps no \
                connections: answers need entries of their own."
            .into(),
        leaves: vec![vpc(), entries(), subnets()],
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::EC2,
        }),
        order: vec![
            "ec2:CreateNetworkAclEntry".into(),
            "ec2:ReplaceNetworkAclEntry".into(),
            "ec2:DeleteNetworkAclEntry".into(),
            "ec2:ReplaceNetworkAclAssociation".into(),
        ],
        natural_keys: |state: &Tree| texts(get(state, "subnets")).map(str::to_owned).collect(),
        fixed_first: true,
        // It lets nothing through, and filters no subnet.
        creating: Risk::NEUTRAL,
        restore: None,
        settle,
        connect: Live::<Acls>::open,
    }
}

/// Refused before the first write: half of the entries would let through what the rest denies.
fn settle(want: &mut Tree, _: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    for (egress, direction) in [(false, "ingress"), (true, "egress")] {
        for (v6, family) in [(false, "IPv4"), (true, "IPv6")] {
            let all = get(want, "entries").as_object().into_iter().flatten();
            let of = all.filter(|(key, value)| {
                let is_v6 = value["cidr"].as_str().is_some_and(|cidr| cidr.contains(':'));
                parsed(key).is_some_and(|(of, _)| of == egress) && is_v6 == v6
            });
            let count = of.count();
            if count > ENTRY_LIMIT {
                let why =
                    format!("{count} {direction} entries for {family}; EC2 takes {ENTRY_LIMIT}");
                let help = "put blocks or ranges of ports together";
                problems.push(Invalid::new("entries", why).help(help));
            }
        }
    }
}

fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf {
        path: path.into(),
        about: about.into(),
        form,
        absent: Absent::Unmanaged,
        null: Null::None(json!([])),
        default: None,
        compare: Compare::Set,
        change,
        risk: RiskOf::Always(Risk::NEUTRAL),
        gives: Gives::Nothing,
        fixed_while: None,
        idle_while: None,
        only_while: None,
    }
}

fn vpc() -> Leaf {
    let named = Named { accepts: Accepts::lookup(LookupKind::Vpc), prefix: "vpc-".into() };
    let fixed = How::Fixed("which EC2 fixes when an ACL is made".into());
    Leaf {
        absent: Absent::Required(
            "is missing; an ACL belongs to a VPC".into(),
            "write the VPC's id, or {lookup: {tags: {Name: …}}}".into(),
        ),
        null: Null::Refused,
        compare: Compare::Exact,
        ..row("vpc", "The VPC: its id or a lookup by tags. Immutable.", Form::Target(named), fixed)
    }
}

fn entries() -> Leaf {
    let change = How::Keyed {
        add: Call::new("ec2:CreateNetworkAclEntry", "add the entry {item}"),
        replace: Call::new("ec2:ReplaceNetworkAclEntry", "replace the entry {item}"),
        remove: Call::new("ec2:DeleteNetworkAclEntry", "remove the entry {item}"),
    };
    let too_many: (Text, Text) = (
        "{count} entries; an ACL has at most {max}".into(),
        "put blocks or ranges of ports together".into(),
    );
    let keyed = Keyed {
        of: Box::new(one()),
        examples,
        max: (4 * ENTRY_LIMIT, too_many),
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
            "entries",
            "The entries, each with direction and number. An entry that is not in the list is removed.\n\
             Absent: not managed; `null` or an empty list: none, so that everything is denied.",
            Form::Keyed(keyed),
            change,
        )
    }
}

/// A member of an entry.
fn member(path: &'static str, about: &'static str, form: Form) -> Leaf {
    Leaf { null: Null::Absent, compare: Compare::Exact, ..row(path, about, form, How::Argument) }
}

fn needed(path: &'static str, about: &'static str, form: Form, help: &'static str) -> Leaf {
    let absent = Absent::Required("is missing".into(), help.into());
    Leaf { absent, null: Null::Refused, ..member(path, about, form) }
}

fn words(
    name: &'static str,
    about: &'static str,
    words: [(&'static str, &'static str); 2],
) -> Form {
    let words = words.map(|(word, about)| (word.into(), about.into())).into();
    Form::Word { name: name.into(), about: about.into(), words, off: None }
}

fn one() -> Form {
    let number = Range {
        min: 1,
        max: 32_766,
        unit: "entries".into(),
        help: "leave gaps, such as 100 and 200, for what comes between".into(),
    };
    let icmp_type =
        Range { min: -1, max: 255, unit: "types".into(), help: "-1 is every type".into() };
    let direction = words(
        "Direction",
        "Which packets.",
        [("ingress", "Those that enter a subnet."), ("egress", "Those that leave a subnet.")],
    );
    let action = words(
        "EntryAction",
        "What becomes of them.",
        [("allow", "They pass."), ("deny", "They are dropped.")],
    );
    Form::Group {
        name: "AclEntry".into(),
        about: "An entry: which packets, and what becomes of them.".into(),
        rows: vec![
            needed(
                "direction",
                "Whether it is about what enters or what leaves.",
                direction,
                "write ingress or egress",
            ),
            needed(
                "rule",
                "Its number, 1 to 32766: the lowest that fits a packet decides.",
                Form::Int(number),
                "write a number such as 100",
            ),
            needed("action", "Whether the packets pass.", action, "write allow or deny"),
            needed(
                "protocol",
                "`all`, `tcp`, `udp`, `icmp`, `icmpv6` or a protocol's number.",
                Form::Text(Check::Any),
                "write tcp, or all",
            ),
            needed(
                "cidr",
                "Where packets come from, or go to: an IPv4 or IPv6 block.",
                Form::Text(Check::Any),
                "write a block such as 10.0.0.0/8",
            ),
            member(
                "ports",
                "Of tcp and udp: a port or a range, `443` or `1024-65535`. Absent: all.",
                Form::Text(Check::Any),
            ),
            member("icmpType", "Of icmp and icmpv6: the type. Absent: all.", Form::Int(icmp_type)),
        ],
    }
}

fn subnets() -> Leaf {
    let form = Form::Targets {
        each: Named { accepts: Accepts::lookup(LookupKind::Subnet), prefix: "subnet-".into() },
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (SUBNET_LIMIT, "{count} subnets; a VPC has at most {max}".into()),
    };
    let call = |says| Call::new("ec2:ReplaceNetworkAclAssociation", says);
    let after =
        ["ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclEntry", "ec2:DeleteNetworkAclEntry"];
    let change = How::Entries {
        // The entries are right before anything is filtered by them.
        add: call("filter subnet {item}").after(&after),
        remove: Err("which always has an ACL: another one has to take it".into()),
        take: Some(Take {
            call: call("take subnet {item} over from {from}"),
            fact: ELSEWHERE.into(),
            shown: ("is filtered by {from}".into(), "is filtered by this ACL".into()),
        }),
    };
    let moves = Risk::REPLACES.cutting_connections();
    Leaf {
        risk: RiskOf::Each { add: moves, remove: moves, take: moves },
        gives: Gives::More,
        ..row(
            "subnets",
            "The subnets that it filters: ids, or a lookup by tags in its VPC. A subnet always has an ACL, so one that is not\n\
             in the list stays until another ACL takes it. Absent: not managed; `null`: none.",
            form,
            change,
        )
    }
}
