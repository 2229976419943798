//! Types that nobody has reviewed: a manifest can show what differs from one, by its identifier,
//! and nothing is ever written.
//!
//! All that is known of them is in `facts/types.txt`: their names, their handlers and what their
//! identifiers consist of. Their properties are whatever Cloud Control returns.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::json;

use super::{aws, errors::ERRORS, table};
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Invalid, Profile, Removal, Writers,
        erased::{ErasedKind, Others},
        table::{
            Absent, Call, Form, Gives, How, Leaf, Members, Null, PROPERTIES, Properties, RiskOf,
            Table,
        },
    },
    model::{Risk, near::did_you_mean},
    operations::{OfKind, table::SHOWN},
};

/// The types of CloudFormation's registry, one a line: its name, the first letters of its handlers
/// (create, read, update, delete, list), and the properties whose values, joined by `|`, are its
/// identifier. `tests/facts` writes and compares it.
const ALL: &str = include_str!("facts/types.txt");

const ABOUT: &str = "A type of CloudFormation's registry that nobody has reviewed for palisade: \
                     shown, never written.";

/// These types for the registry of kinds.
pub(super) const OTHERS: Others = Others { kind, why_not };

/// One line of the list.
#[derive(Debug, Clone, Copy)]
struct Listed {
    name: &'static str,
    handlers: &'static str,
    identifier: &'static str,
}

fn all() -> impl Iterator<Item = Listed> + Clone {
    let lines = ALL.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (name, handlers, identifier) = (words.next()?, words.next()?, words.next()?);
        Some(Listed { name, handlers, identifier })
    })
}

/// Every type that can be read.
static TABLES: LazyLock<BTreeMap<&'static str, Table>> = LazyLock::new(|| {
    let readable = all().filter(|of| of.handlers.contains('r'));
    readable.map(|of| (of.name, table(of))).collect()
});

fn kind(name: &str) -> Option<&'static dyn ErasedKind> {
    let table = name.contains("::").then(|| TABLES.get(name))??;
    Some(table)
}

/// Why a name with colons is no kind.
fn why_not(name: &str) -> Option<Invalid> {
    if !name.contains("::") {
        return None;
    }
    if all().any(|of| of.name == name) {
        let why = format!("`{name}` is a type that Cloud Control cannot read");
        let help = "`palisade explain` lists the types that palisade manages";
        return Some(Invalid::new("", why).help(help));
    }
    let near = did_you_mean(name, all().map(|of| of.name))?;
    let why = format!("there is no type `{name}`");
    Some(Invalid::new("", why).help(format!("did you mean `{near}`?")))
}

fn table(of: Listed) -> Table {
    let about = format!(
        "{ABOUT}\nIt is read by its identifier, which the manifest adopts (`lifecycle: {{mode: \
         observe, adopt: …}}`): {}. What stands under `properties` is compared with what Cloud \
         Control returns, as CloudFormation's documentation names it. palisade needs the \
         permissions of the type's read handler for it.",
        of.identifier.replace('/', ".")
    );
    Table {
        profile: Profile {
            name: of.name,
            short: of.name,
            about: ABOUT,
            claimed: Claimed::OnlyObserved,
            creation: Creation::Token,
            removal: Removal::Never,
            writers: Writers::Many,
            sweep: false,
            global: table::is_global(of.name),
        },
        operations: OfKind {
            usage: Some(|_, usage| {
                usage.needs.insert(SHOWN);
            }),
            ..OfKind::NONE
        },
        errors: ERRORS,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: about.into(),
        leaves: vec![table::kind_row(of.name), properties()],
        tags: None,
        order: vec![table::UPDATE.into()],
        natural_keys: |_| Vec::new(),
        fixed_first: false,
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: |_, _, _| {},
        connect: aws::open_unreviewed,
    }
}

/// Its differences are shown as the edits that they would be.
fn properties() -> Leaf {
    let about = "The properties to compare, as CloudFormation's documentation of the type names \
                 them: objects partly, lists wholly, and `null` says that there must be none.";
    let all = Properties {
        members: Members::new(),
        open: true,
        required: Vec::new(),
        exclusive: Vec::new(),
        reach: None,
        blind: Vec::new(),
    };
    let change = How::By(Call::new(table::UPDATE, "change {path}").shared());
    Leaf {
        absent: Absent::Means(json!({})),
        null: Null::Refused,
        risk: RiskOf::Always(Risk::LOOSENS),
        gives: Gives::Nothing,
        ..Leaf::harmless(PROPERTIES, about, Form::Properties(all), change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_can_be_read_has_an_identifier_and_says_it() {
        assert!(TABLES.len() > 1500, "{}", TABLES.len());
        for of in all() {
            assert!(of.name.starts_with("AWS::") || of.name.contains("::"), "{}", of.name);
            assert!(!of.identifier.is_empty(), "{}", of.name);
        }
        let about = TABLES["AWS::DataZone::Project"].about.to_string();
        assert!(about.contains("DomainId|Id"), "{about}");
    }

    #[test]
    fn what_is_no_type_is_told_from_what_cannot_be_read() {
        let why = |name: &str| {
            let why = why_not(name)?;
            Some(format!("{}: {}", why.why, why.help.unwrap_or_default()))
        };
        assert_eq!(why("SecurityGroups"), None);
        let unreadable = why("AWS::IAM::AccessKey").expect("a reason");
        assert!(unreadable.contains("cannot read"), "{unreadable}");
        let misspelt = why("AWS::SQS::Quue").expect("a reason");
        assert!(misspelt.contains("did you mean `AWS::SQS::Queue`?"), "{misspelt}");
        assert!(kind("AWS::IAM::AccessKey").is_none());
        assert!(kind("AWS::Lambda::Function").is_some());
    }
}
