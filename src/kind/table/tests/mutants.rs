//! A wrong row must violate a law: at least one mutant for each form of row.

use serde_json::json;

use super::{
    super::{Call, Compare, Form, How, Keyed, Leaf, RiskOf, Table},
    laws, widget,
};
use crate::{kinds, model::Risk};

/// A change of a table.
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

/// Makes all calls of this operation wait for nothing.
fn unordered(table: &mut Table, operation: &str) {
    for leaf in &mut table.leaves {
        let calls = match &mut leaf.change {
            How::By(call) | How::Until { call, .. } | How::Removed(call) => vec![call],
            How::Members { add, remove } => vec![add, remove],
            How::Keyed { add, replace, remove } => vec![add, replace, remove],
            How::Needed { call, after, .. } => vec![call, after],
            How::Whole { call, none, .. } => vec![call, none],
            How::Switch { on, off } => vec![on, off],
            How::Runs { start, stop, rest } => vec![start, stop, rest],
            How::Entries { add, remove, take } => {
                let take = take.as_mut().map(|take| &mut take.call);
                [add].into_iter().chain(remove).chain(take).collect()
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
            ("entries whose removal has no risk", |table| {
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
            ("what others have, whose removal closes nothing", |table| {
                leaf(table, "foreignGrants").risk = RiskOf::Always(Risk::NEUTRAL);
            }),
            ("a detail of a switch that is turned around", |table| {
                let Form::Switch { details, .. } = &mut leaf(table, "rotation").form else {
                    panic!("a switch");
                };
                details[0].risk = RiskOf::MoreIsTighter;
            }),
            ("cancelling the deletion of a key that can be used at once", |table| {
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
fn a_set_or_a_document_that_is_compared_exactly_is_noticed() {
    caught(
        kinds::kms_key::table,
        &[("a policy", |table| leaf(table, "policy").compare = Compare::Exact)],
    );
    caught(widget::table, &[("a set", |table| leaf(table, "groups").compare = Compare::Exact)]);
    caught(
        kinds::vpc_endpoint::table,
        &[("targets", |table| leaf(table, "routeTables").compare = Compare::Exact)],
    );
}

#[test]
fn a_wrong_key_is_noticed() {
    caught(
        kinds::kms_key::table,
        &[("two rows of one path", |table| leaf(table, "description").path = "multiRegion".into())],
    );
}

/// The row's only call.
fn call<'t>(table: &'t mut Table, path: &str) -> &'t mut Call {
    match &mut leaf(table, path).change {
        How::By(call) | How::Switch { on: call, .. } => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_risk_is_noticed_if_one_call_writes_several_leaves() {
    caught(
        kinds::vpc_endpoint::table,
        &[
            ("targets whose addition opens nothing", |table| {
                leaf(table, "securityGroups").risk = RiskOf::Each {
                    add: Risk::TIGHTENS,
                    remove: Risk::TIGHTENS,
                    take: Risk::LOOSENS,
                };
            }),
            ("alternatives whose removal has no risk", |table| {
                leaf(table, "subnets").risk =
                    RiskOf::Each { add: Risk::LOOSENS, remove: Risk::NEUTRAL, take: Risk::LOOSENS };
            }),
            ("words that are turned around", |table| {
                leaf(table, "ipAddressType").risk = RiskOf::Words(vec![
                    (None, Some("dualstack".into()), Risk::TIGHTENS),
                    (Some("dualstack".into()), None, Risk::LOOSENS),
                    (None, None, Risk::REPLACES),
                ]);
            }),
            ("words of which a pair is missing", |table| {
                leaf(table, "ipAddressType").risk = RiskOf::Words(vec![
                    (None, Some("dualstack".into()), Risk::LOOSENS),
                    (None, None, Risk::TIGHTENS),
                ]);
            }),
            ("a yes or no that is turned around", |table| {
                leaf(table, "privateDns").risk = RiskOf::Towards {
                    value: json!(false),
                    there: Risk::TIGHTENS,
                    back: Risk::LOOSENS,
                };
            }),
            ("a policy with a word that is always tighter", |table| {
                leaf(table, "policy").risk = RiskOf::Always(Risk::TIGHTENS);
            }),
            ("a word for less than what it stands for", |table| {
                let Form::Policy { word: Some(word), .. } = &mut leaf(table, "policy").form else {
                    panic!("a policy with a word");
                };
                let administer = json!({
                    "Sid": "Administer", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"}
                });
                word.is_everything = false;
                word.documents = vec![json!({"Version": "2012-10-17", "Statement": [administer]})];
            }),
        ],
    );
}

#[test]
fn a_leaf_that_is_sent_with_a_call_that_cannot_change_it_is_noticed() {
    caught(
        kinds::vpc_endpoint::table,
        &[
            ("no row", |table| call(table, "privateDns").with = vec!["dnsRecordType".into()]),
            ("a fixed row", |table| call(table, "privateDns").with = vec!["service".into()]),
        ],
    );
    caught(
        kinds::kms_key::table,
        &[("another call's row", |table| {
            call(table, "description").with = vec!["enabled".into()];
        })],
    );
}

#[test]
fn a_wrong_description_of_a_fixed_row_is_noticed() {
    caught(
        kinds::vpc_endpoint::table,
        &[
            ("a fixed row that a call changes", |table| {
                let modify = call(table, "policy").clone();
                leaf(table, "vpc").change = How::By(modify);
            }),
            ("a row that is fixed although a call changes it", |table| {
                leaf(table, "ipAddressType").change = How::Fixed("which is wrong".into());
            }),
            ("a row that is never fixed", |table| leaf(table, "subnets").fixed_while = None),
        ],
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
            ("a list of groups whose removal has no risk", |table| {
                leaf(table, "settings.mounts").risk =
                    RiskOf::Less { less: Risk::LOOSENS, other: Risk::LOOSENS };
            }),
            ("a list of groups of which one more is safe", |table| {
                leaf(table, "settings.mounts").risk =
                    RiskOf::Less { less: Risk::REPLACES, other: Risk::NEUTRAL };
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
            ("an alias that is compared with a key", |table| {
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
            ("what is needed, removed too early", |table| {
                let How::Needed { call, after, .. } = &mut leaf(table, "settings.groups").change
                else {
                    panic!("two calls");
                };
                *after = call.clone();
            }),
            ("what is needed, set too late", |table| {
                let How::By(mode) = &mut leaf(table, "mode").change else { panic!("one call") };
                mode.inspect = false;
                let How::Needed { call, .. } = &mut leaf(table, "settings.groups").change else {
                    panic!("two calls");
                };
                call.inspect = true;
            }),
            ("a first value that opens nothing", |table| {
                leaf(table, "home").risk = RiskOf::Always(Risk::NEUTRAL);
            }),
            ("a row that AWS fixes and that is described as one that can change", |table| {
                leaf(table, "home").about = "Where it is.".into();
            }),
            ("a row that can change and that is described as one that AWS fixes", |table| {
                let How::Until { call, .. } = leaf(table, "home").change.clone() else {
                    panic!("one call");
                };
                leaf(table, "home").change = How::By(call);
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
            ("an image that opens nothing", |table| {
                let path = "defaultUserSettings.jupyterLabAppSettings.defaultResourceSpec\
                            .sageMakerImageArn";
                leaf(table, path).risk = RiskOf::Always(Risk::NEUTRAL);
            }),
            ("a portal that opens to nobody", |table| {
                leaf(table, "defaultUserSettings.studioWebPortal").risk = RiskOf::Towards {
                    value: json!("DISABLED"),
                    there: Risk::TIGHTENS,
                    back: Risk::TIGHTENS,
                };
            }),
            ("a network that can always be changed", |table| {
                let How::Until { call, .. } = leaf(table, "appNetworkAccessType").change.clone()
                else {
                    panic!("one call");
                };
                leaf(table, "appNetworkAccessType").change = How::By(call);
            }),
            ("a file system that can be switched off", |table| {
                let How::Until { call, .. } =
                    leaf(table, "homeEfsFileSystemCreation").change.clone()
                else {
                    panic!("one call");
                };
                leaf(table, "homeEfsFileSystemCreation").change = How::By(call);
            }),
            ("subnets that are removed at once", |table| {
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

fn keyed<'t>(table: &'t mut Table, path: &str) -> &'t mut Keyed {
    match &mut leaf(table, path).form {
        Form::Keyed(keyed) => keyed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_understated_risk_of_entries_with_keys_is_noticed() {
    caught(
        kinds::route_table::table,
        &[
            ("routes that open nothing", |table| {
                keyed(table, "routes").risk = |_, _, _, _| Risk::TIGHTENS.cutting_connections();
            }),
            ("routes that close nothing", |table| {
                keyed(table, "routes").risk = |_, _, _, _| Risk::LOOSENS;
            }),
            ("routes that divert nothing from wider ones", |table| {
                keyed(table, "routes").risk = |_, old, _, _| match old {
                    None => Risk::LOOSENS,
                    Some(_) => Risk::REPLACES.cutting_connections(),
                };
            }),
        ],
    );
    caught(
        kinds::network_acl::table,
        &[
            ("entries that allow and open nothing", |table| {
                keyed(table, "entries").risk = |_, _, _, _| Risk::TIGHTENS.cutting_connections();
            }),
            ("entries that deny and close nothing", |table| {
                keyed(table, "entries").risk = |_, _, _, _| Risk::LOOSENS;
            }),
        ],
    );
}

#[test]
fn a_change_that_is_sent_while_it_runs_is_noticed() {
    caught(
        kinds::notebook_instance::table,
        &[
            ("a change before the stop", |table| {
                let How::By(update) = &mut leaf(table, "rootAccess").change else {
                    panic!("one call");
                };
                update.after.clear();
            }),
            ("a start before the changes", |table| {
                let How::Runs { start, .. } = &mut leaf(table, "running").change else {
                    panic!("it runs");
                };
                start.after.clear();
            }),
        ],
    );
}
