//! The table of a network ACL.

use serde_json::json;

use super::{
    NAME,
    aws::Acls,
    baseline,
    entries::{counts, entry, examples, fits, members, outcomes, probes, risk, shown},
    errors, operations,
};
use crate::{
    kind::{
        Claimed, Creation, Doctor, Invalid, Profile, Refs, Removal, Writers,
        table::{
            Absent, Call, Check, Form, Gives, How, IDLE, Keyed, Leaf, Live, Null, Range, RiskOf,
            Table, TagLeaf, Text, Tree, get,
        },
    },
    kinds::subnets::{self, Moves, row},
    model::{Risk, text},
};

/// The row that says the quota of entries.
const QUOTA: &str = "entryQuota";
/// Entries of one direction and address family, with the one that denies the rest: what every
/// account can have, and the most that the quota can be raised to (Amazon VPC quotas).
const QUOTAS: (i64, i64) = (20, 40);
/// Entries of a manifest, with both directions and address families.
const ENTRY_LIMIT: usize = 156;

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
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: Doctor::NONE,
        about: "A network ACL of a VPC. Its entries are exclusive; the first one that fits a \
                packet decides, by number, and\nwhat none fits is denied. It keeps no \
                connections: answers need entries of their own."
            .into(),
        leaves: vec![vpc(), entries(), entry_quota(), filtered()],
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
        natural_keys: |state: &Tree| subnets::of(state).map(str::to_owned).collect(),
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
    subnets::creating(entries, subnets::of(want).next().is_some())
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

fn vpc() -> Leaf {
    subnets::vpc("is missing; an ACL belongs to a VPC", "which EC2 fixes when an ACL is made")
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

fn filtered() -> Leaf {
    let call = |says| Call::new("ec2:ReplaceNetworkAclAssociation", says);
    let after =
        ["ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclEntry", "ec2:DeleteNetworkAclEntry"];
    let moves = Moves {
        // The entries are right before anything is filtered by them, and all of them are there.
        add: call("filter subnet {item}").once(&after),
        remove: Err("which always has an ACL: another one has to take it".into()),
        take: call("take subnet {item} over from {from}").once(&after),
        shown: ("is filtered by {from}", "is filtered by this ACL"),
    };
    subnets::subnets(
        "The subnets that it filters: ids, or a lookup by tags in its VPC. A subnet always\n\
         has an ACL, so one that is not in the list stays until another ACL takes it. Absent:\n\
         not managed; `null`: none.",
        moves,
    )
}
