//! The manifests in `examples/` against the rows of their kind.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Form, Keyed, Leaf, Table, read::TAGS};
use crate::{
    kind::{Known, LookupItem, LookupKind, Refs, ScopeFacts, erased::ErasedKind as _},
    model::Seen,
};

const SCOPE: &str = "ml-prod";

/// A VPC with two private subnets, and who is in Identity Center, as the examples look them up.
fn known() -> Known {
    let item = |id: &str, (tag, value): (&str, &str)| LookupItem {
        id: id.to_owned(),
        tags: [(tag.to_owned(), value.to_owned())].into(),
        attributes: [("vpc".to_owned(), "vpc-10000000".to_owned())].into(),
        ..LookupItem::default()
    };
    let subnets =
        ["subnet-10000000", "subnet-20000000"].map(|id| item(id, ("tier", "private"))).into();
    let named = |names: &[&str]| -> Vec<LookupItem> {
        let item = |name: &&str| LookupItem {
            id: (*name).to_owned(),
            name: Some((*name).to_owned()),
            ..LookupItem::default()
        };
        names.iter().map(item).collect()
    };
    let mut known = Known::default();
    for (kind, found) in [
        (LookupKind::Vpc, vec![item("vpc-10000000", ("Name", "ml"))]),
        (LookupKind::Subnet, subnets),
        (LookupKind::PermissionSet, named(&["DataScientist", "BreakGlass"])),
        (LookupKind::IdentityGroup, named(&["ml-scientists", "ml-operations"])),
        (LookupKind::IdentityUser, named(&["oncall@example.com"])),
    ] {
        known.lookups.insert((SCOPE.to_owned(), kind), Seen::All(found));
    }
    known
}

/// Fails unless the manifests of an example are right, wait for nothing but what AWS has, and
/// together name every field that there is, those of entries too.
pub(crate) fn names_every_field(table: &Table, text: &str) {
    let (known, scope) = (
        known(),
        ScopeFacts {
            name: SCOPE.into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        },
    );
    let (mut named, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for document in text.split("\n---\n") {
        let document: Value = serde_yaml::from_str(document).expect("YAML");
        assert_eq!(document["kind"], table.profile.name);
        let spec = document["spec"].as_object().expect("a spec");
        let mut refs = Refs::new(&scope, "example", &known);
        let resolved = table.resolve(&document["spec"], &mut refs);
        assert!(resolved.is_ok(), "{:?}", resolved.err());
        assert!(refs.finish().waiting().is_empty());
        named.extend(spec.keys().cloned());
        let lists = spec.values().filter_map(Value::as_array).flatten();
        entries.extend(lists.filter_map(Value::as_object).flat_map(|it| it.keys().cloned()));
    }
    let names = |rows: &[Leaf]| -> BTreeSet<String> {
        let written = rows.iter().filter(|row| row.is_written());
        written.map(|row| row.name().to_owned()).collect()
    };
    let mut every = names(&table.leaves);
    every.extend(table.tags.iter().map(|_| TAGS.to_owned()));
    assert_eq!(named, every);
    let members = table.leaves.iter().flat_map(|leaf| match &leaf.form {
        Form::Keyed(Keyed { of, .. }) => match of.as_ref() {
            Form::Group { rows, .. } => names(rows),
            other => panic!("{other:?}"),
        },
        _ => BTreeSet::new(),
    });
    assert_eq!(entries, members.collect());
}
