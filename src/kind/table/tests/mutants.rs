//! A wrong row must make a law fail: one mutant a form of row, at least.

use serde_json::json;

use super::{
    super::{Compare, Form, How, Leaf, RiskOf, Table},
    laws, widget,
};
use crate::{kinds, model::Risk};

/// What is done to a table.
type Mutation = fn(&mut Table);

fn leaf<'t>(table: &'t mut Table, path: &str) -> &'t mut Leaf {
    row(&mut table.leaves, path).expect("a row")
}

fn row<'t>(leaves: &'t mut [Leaf], path: &str) -> Option<&'t mut Leaf> {
    leaves.iter_mut().find_map(|leaf| {
        if leaf.path == path {
            return Some(leaf);
        }
        match &mut leaf.form {
            Form::Group { rows, .. } => row(rows, path),
            _ => None,
        }
    })
}

/// Makes no call of this operation wait for anything.
fn unordered(table: &mut Table, operation: &str) {
    for leaf in &mut table.leaves {
        let calls = match &mut leaf.change {
            How::By(call) | How::Until { call, .. } => vec![call],
            How::Members { add, remove } => vec![add, remove],
            How::Needed { call, after, .. } => vec![call, after],
            How::Switch { on, off } => vec![on, off],
            How::Entries { add, remove, take } => {
                let take = take.as_mut().map(|take| &mut take.call);
                [add, remove].into_iter().chain(take).collect()
            }
            How::Fixed(_) | How::Argument => Vec::new(),
        };
        calls
            .into_iter()
            .filter(|call| call.operation == operation)
            .for_each(|call| call.after.clear());
    }
}

fn caught(table: fn() -> Table, mutations: &[(&str, Mutation)]) {
    laws::hold(&table(), 128).expect("the table itself keeps the laws");
    let missed = mutations.iter().filter(|(_, mutate)| {
        let mut mutant = table();
        mutate(&mut mutant);
        laws::hold(&mutant, 128).is_ok()
    });
    let missed: Vec<_> = missed.map(|(what, _)| *what).collect();
    assert!(missed.is_empty(), "no law fails for: {missed:?}");
}

#[test]
fn a_wrong_risk_is_noticed_in_every_form_of_risk() {
    caught(
        kinds::kms_key::table,
        &[
            ("a policy that is always neutral", |table| {
                leaf(table, "policy").risk = RiskOf::Always(Risk::NEUTRAL);
            }),
            ("a switch that is turned around", |table| {
                leaf(table, "enabled").risk = RiskOf::Towards {
                    value: json!(true),
                    there: Risk::TIGHTENS,
                    back: Risk::LOOSENS,
                };
            }),
            ("entries that open nothing", |table| {
                leaf(table, "aliases").risk = RiskOf::Each {
                    add: Risk::NEUTRAL,
                    remove: Risk::NEUTRAL.cutting_connections(),
                    take: Risk::LOOSENS,
                };
            }),
            ("entries whose removal nobody notices", |table| {
                leaf(table, "aliases").risk =
                    RiskOf::Each { add: Risk::LOOSENS, remove: Risk::NEUTRAL, take: Risk::LOOSENS };
            }),
            ("entries whose taking over opens nothing", |table| {
                leaf(table, "aliases").risk = RiskOf::Each {
                    add: Risk::LOOSENS,
                    remove: Risk::NEUTRAL.cutting_connections(),
                    take: Risk::NEUTRAL,
                };
            }),
            ("a detail of a switch that is turned around", |table| {
                let Form::Switch { details, .. } = &mut leaf(table, "rotation").form else {
                    panic!("a switch");
                };
                details[0].risk = RiskOf::MoreIsTighter;
            }),
            ("calling back a key that can be used at once", |table| {
                let restore = table.restore.as_mut().expect("it can be called back");
                restore.sets = vec![("enabled".into(), json!(true))];
            }),
        ],
    );
    caught(
        widget::table,
        &[
            ("a set whose growth tightens", |table| {
                leaf(table, "groups").risk = RiskOf::MoreIsTighter;
            }),
            ("a set whose growth loosens", |table| {
                leaf(table, "hidden").risk = RiskOf::MoreIsLooser;
            }),
            ("a number that is turned around", |table| {
                leaf(table, "hours").risk = RiskOf::MoreIsTighter;
            }),
            ("a word that is turned around", |table| {
                leaf(table, "mode").risk = RiskOf::Towards {
                    value: json!("open"),
                    there: Risk::TIGHTENS,
                    back: Risk::LOOSENS,
                };
            }),
        ],
    );
}

#[test]
fn a_wrong_order_is_noticed_in_every_call_that_has_one() {
    caught(
        kinds::kms_key::table,
        &[
            ("PutKeyPolicy", |table| unordered(table, "kms:PutKeyPolicy")),
            ("EnableKey", |table| unordered(table, "kms:EnableKey")),
            ("CreateAlias", |table| unordered(table, "kms:CreateAlias")),
            ("UpdateAlias", |table| unordered(table, "kms:UpdateAlias")),
            ("EnableKeyRotation", |table| unordered(table, "kms:EnableKeyRotation")),
            ("DisableKeyRotation", |table| unordered(table, "kms:DisableKeyRotation")),
        ],
    );
}

#[test]
fn a_set_or_a_document_that_is_compared_letter_by_letter_is_noticed() {
    caught(
        kinds::kms_key::table,
        &[("a policy", |table| leaf(table, "policy").compare = Compare::Exact)],
    );
    caught(widget::table, &[("a set", |table| leaf(table, "groups").compare = Compare::Exact)]);
}

#[test]
fn a_wrong_key_is_noticed() {
    caught(
        kinds::kms_key::table,
        &[("two rows of one path", |table| leaf(table, "description").path = "multiRegion".into())],
    );
    caught(
        widget::table,
        &[("entries of two rows with one key", |table| {
            for path in ["groups", "hidden"] {
                let row = leaf(table, path);
                let How::By(call) = row.change.clone() else { panic!("one call") };
                row.change = How::Entries { add: call.clone(), remove: call, take: None };
            }
        })],
    );
}

#[test]
fn a_wrong_row_in_a_group_is_noticed() {
    caught(
        widget::deep,
        &[
            ("a role that risks nothing", |table| {
                leaf(table, "settings.role").risk = RiskOf::Always(Risk::NEUTRAL);
            }),
            ("a list of words that is turned around", |table| {
                leaf(table, "settings.look.hidden").risk = RiskOf::MoreIsLooser;
            }),
            ("a word that is turned around", |table| {
                leaf(table, "settings.look.open").risk = RiskOf::Towards {
                    value: json!("off"),
                    there: Risk::LOOSENS,
                    back: Risk::TIGHTENS,
                };
            }),
            ("a number of which less is safe", |table| {
                leaf(table, "settings.hours").risk =
                    RiskOf::Less { less: Risk::NEUTRAL, other: Risk::LOOSENS };
            }),
            ("a list of groups that is compared letter by letter", |table| {
                leaf(table, "settings.images").compare = Compare::Exact;
            }),
            ("a list of alternatives that is compared letter by letter", |table| {
                leaf(table, "settings.mounts").compare = Compare::Exact;
            }),
            ("a list of words that is compared letter by letter", |table| {
                leaf(table, "settings.look.hidden").compare = Compare::Exact;
            }),
            ("an alias that is held against a key", |table| {
                leaf(table, "settings.key").compare = Compare::Exact;
            }),
            ("two rows of one path", |table| {
                leaf(table, "settings.look.open").path = "settings.role".into();
            }),
        ],
    );
}

#[test]
fn a_wrong_call_of_a_row_with_two_is_noticed() {
    caught(
        widget::deep,
        &[
            ("a set that waits to grow and not to shrink", |table| {
                let How::Members { add, remove } = &mut leaf(table, "places").change else {
                    panic!("two calls");
                };
                std::mem::swap(add, remove);
            }),
            ("a set whose shrinking tightens nothing", |table| {
                leaf(table, "places").risk = RiskOf::Always(Risk::LOOSENS);
            }),
            ("what is needed, taken away too early", |table| {
                let How::Needed { call, after, .. } = &mut leaf(table, "settings.groups").change
                else {
                    panic!("two calls");
                };
                *after = call.clone();
            }),
            ("a first value that opens nothing", |table| {
                leaf(table, "home").risk = RiskOf::Always(Risk::NEUTRAL);
            }),
        ],
    );
}

#[test]
fn a_wrong_row_of_the_deepest_kind_is_noticed() {
    caught(
        kinds::sagemaker_domain::table,
        &[
            ("users' groups that open nothing", |table| {
                leaf(table, "defaultUserSettings.securityGroups").risk = RiskOf::MoreIsTighter;
            }),
            ("subnets that are taken away at once", |table| {
                let How::Members { remove, .. } = &mut leaf(table, "subnets").change else {
                    panic!("two calls");
                };
                remove.inspect = false;
                let How::Members { add, .. } = &mut leaf(table, "subnets").change else {
                    panic!("two calls");
                };
                add.inspect = true;
            }),
        ],
    );
}
