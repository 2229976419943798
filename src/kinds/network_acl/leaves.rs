//! The table of a network ACL.

use serde_json::json;

use super::{
    NAME,
    aws::Acls,
    entries::{counts, entry, examples, fits, members, outcomes, probes, risk, shown},
    errors, operations,
};
use crate::kinds::cloud_control::ec2_vpc;
use crate::{
    baseline::Baseline,
    kind::{
        Accepts, Claimed, Creation, Doctor, Invalid, LookupKind, Profile, Refs, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, IDLE, Keyed, Leaf, Live, Named, Null,
            Range, RiskOf, Table, TagLeaf, Take, Text, Tree, get, texts,
        },
    },
    model::{Risk, text},
};

/// The member of a live state that says which subnets other ACLs of ours have.
const ELSEWHERE: &str = "elsewhere";
/// The row that says the quota of entries.
const QUOTA: &str = "entryQuota";
/// Entries of one direction and address family, with the one that denies the rest: what every
/// account can have, and the most that the quota can be raised to (Amazon VPC quotas).
const QUOTAS: (i64, i64) = (20, 40);
/// Entries of a manifest, with both directions and address families.
const ENTRY_LIMIT: usize = 156;
/// A subnet that another ACL filters loses what this one stops, and may get what that one stopped.
const MOVES: Risk = Risk::REPLACES.cutting_connections();
/// Subnets of a VPC, with the quota raised.
const SUBNET_LIMIT: usize = 2_000;

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "acl",
            about: "A network ACL of a VPC: which packets enter and leave its subnets.",
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
        about: "A network ACL of a VPC. Its entries are exclusive; the first one that fits a \
                packet decides, by number, and\nwhat none fits is denied. It keeps no \
                connections: answers need entries of their own."
            .into(),
        leaves: vec![vpc(), entries(), entry_quota(), subnets()],
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
        creating,
        restore: None,
        settle,
        connect: Live::<Acls>::open,
    }
}

/// A new ACL lets nothing through and filters nothing; its entries and subnets follow at once.
fn creating(want: &Tree) -> Risk {
    let entries = get(want, "entries").as_object().is_some_and(|all| !all.is_empty());
    let subnets = texts(get(want, "subnets")).next().is_some();
    let of = [(entries, Risk::LOOSENS), (subnets, MOVES)];
    of.into_iter().filter_map(|(is, risk)| is.then_some(risk)).collect()
}

/// Too many entries are refused before the first write: with half of them an ACL would stop what
/// the rest lets through.
fn settle(want: &mut Tree, _: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let quota = get(want, QUOTA).as_u64().and_then(|quota| usize::try_from(quota).ok());
    let (Some(all), Some(quota)) = (get(want, "entries").as_object(), quota) else { return };
    // One of them is the one that denies the rest.
    let most = quota.saturating_sub(1);
    for (what, count) in counts(all).filter(|(_, count)| *count > most) {
        let why = format!("{count} {what}; with a quota of {quota} there can be {most}");
        let help = "put blocks or ranges of ports together; or have the quota raised, and say so: \
                    `entryQuota: 40`";
        problems.push(Invalid::new("entries", why).help(help));
    }
}

fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf {
        null: Null::None(json!([])),
        compare: Compare::Set,
        ..Leaf::harmless(path, about, form, change)
    }
}

fn vpc() -> Leaf {
    let named = Named {
        accepts: Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc),
        prefix: "vpc-".into(),
    };
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
        max: (ENTRY_LIMIT, too_many),
        entry,
        members,
        shown,
        probes,
        outcomes,
        also: None,
        fits,
        risk,
    };
    Leaf {
        null: Null::None(json!({})),
        risk: RiskOf::Keyed,
        gives: Gives::Outcomes,
        idle_while: Some((IDLE.into(), json!(true))),
        ..row(
            "entries",
            "The entries, each with direction and number. An entry that is not in the list is\n\
             removed. Absent: not managed; `null` or an empty list: none, so that everything is\n\
             denied.",
            Form::Keyed(keyed),
            change,
        )
    }
}

fn entry_quota() -> Leaf {
    let (min, max) = QUOTAS;
    let help = "the quota is 20, and can be raised to 40";
    let form = Form::Int(Range { min, max, unit: "entries".into(), help: help.into() });
    Leaf {
        absent: Absent::Means(json!(min)),
        null: Null::Refused,
        ..Leaf::harmless(
            QUOTA,
            "The account's quota of entries for each direction and address family, with the one\n\
             that denies the rest: 20, and up to 40 where it was raised. More entries than that\n\
             are refused before anything is written. Absent: 20.",
            form,
            How::Argument,
        )
    }
}

/// A member of an entry.
fn member(path: &'static str, about: &'static str, form: Form) -> Leaf {
    Leaf::harmless(path, about, form, How::Argument)
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

fn numbers(min: i64, max: i64, unit: &'static str, help: &'static str) -> Form {
    Form::Int(Range { min, max, unit: unit.into(), help: help.into() })
}

fn one() -> Form {
    let rule =
        numbers(1, 32_766, "entries", "leave gaps, such as 100 and 200, for what comes between");
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
    let text = || Form::Text(Check::Any);
    let text_or_number = || Form::Text(Check::OrNumber);
    let rows = vec![
        needed("direction", "What enters or what leaves.", direction, "write ingress or egress"),
        needed(
            "rule",
            "Its number, 1 to 32766: the lowest that fits a packet decides.",
            rule,
            "write a number such as 100",
        ),
        needed("action", "Whether the packets pass.", action, "write allow or deny"),
        needed(
            "protocol",
            "`all`, `tcp`, `udp`, `icmp`, `icmpv6` or a protocol's number.",
            text_or_number(),
            "write tcp, or all",
        ),
        needed(
            "cidr",
            "Where packets come from, or go to: an IPv4 or IPv6 block.",
            text(),
            "write a block such as 10.0.0.0/8",
        ),
        member(
            "ports",
            "Of tcp and udp: a port or a range, `443` or `1024-65535`. Absent: all.",
            text_or_number(),
        ),
        member(
            "icmpType",
            "Of icmp and icmpv6: the type. Absent: all.",
            numbers(-1, 255, "types", "-1 is every type"),
        ),
        member(
            "icmpCode",
            "Of icmp and icmpv6: the code of the type. Absent: all.",
            numbers(-1, 255, "codes", "-1 is every code"),
        ),
    ];
    let about = "An entry: which packets, and what becomes of them.".into();
    Form::Group { name: "AclEntry".into(), about, rows }
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
        // The entries are right before anything is filtered by them, and all of them are there.
        add: call("filter subnet {item}").once(&after),
        remove: Err("which always has an ACL: another one has to take it".into()),
        take: Some(Take {
            call: call("take subnet {item} over from {from}").once(&after),
            fact: ELSEWHERE.into(),
            shown: ("is filtered by {from}".into(), "is filtered by this ACL".into()),
        }),
    };
    Leaf {
        risk: RiskOf::Each { add: MOVES, remove: MOVES, take: MOVES },
        gives: Gives::More,
        ..row(
            "subnets",
            "The subnets that it filters: ids, or a lookup by tags in its VPC. A subnet always\n\
             has an ACL, so one that is not in the list stays until another ACL takes it. Absent:\n\
             not managed; `null`: none.",
            form,
            change,
        )
    }
}
