//! The laws of diff and effect, for any two states that the rows allow.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::super::{
    ACCOUNT, Absent, Fixed, Form, Gives, How, Keyed, Leaf, Null, PARTITION, Properties, Property,
    Range, Sort, Table, Tree, Verb, get, texts,
};
use crate::{
    kind::{
        erased::{Edit, EditBody, ErasedKind as _, Stage},
        table::{
            LeafEdit, chosen, edit::is_on, keys as kms, singles, targets::choice, tree, unreadable,
        },
    },
    model::{Risk, policy_document::Dialect},
};

const ROLES: [&str; 3] = ["one", "two", "three"];
const ENTRIES: [&str; 3] = ["entry/a", "entry/b", "entry/c"];

/// Whether the laws hold, in the order of the table and in the opposite one: what must come first
/// is defined by [`After`](super::super::After), and not by the order of rows.
pub(super) fn hold(table: &Table, cases: u32) -> Result<(), String> {
    table.rows().into_iter().try_for_each(described_correctly)?;
    growing_and_shrinking_wait_alike(table)?;
    row_by_row(table)?;
    run(table, cases)?;
    let mut reversed = table.clone();
    reversed.leaves.reverse();
    reversed.order.reverse();
    run(&reversed, cases).map_err(|why| format!("in the opposite order: {why}"))
}

/// The description of a row must say whether a call changes it.
fn described_correctly(leaf: &Leaf) -> Result<(), String> {
    let is_fixed = matches!(leaf.change, How::Fixed(_) | How::Until { .. });
    let says_fixed = leaf.about.to_lowercase().contains("immutable");
    if leaf.is_written() && (is_fixed || leaf.fixed_while.is_some()) != says_fixed {
        return Err(format!("the description of {} is wrong: {}", leaf.path, leaf.about));
    }
    Ok(())
}

/// If a set waits for consent to grow, it also waits to shrink.
fn growing_and_shrinking_wait_alike(table: &Table) -> Result<(), String> {
    let is_wrong = |leaf: &&Leaf| match &leaf.change {
        How::Members { add, remove } => add.inspect && !remove.inspect,
        _ => false,
    };
    match table.rows().into_iter().find(is_wrong) {
        Some(leaf) => Err(format!("{} shrinks without asking", leaf.path)),
        None => Ok(()),
    }
}

/// Tests each of many rows by itself: among all of them, few pairs of states show what a single row
/// does.
fn row_by_row(table: &Table) -> Result<(), String> {
    for leaf in table.rows().into_iter().filter(|_| table.has_groups()) {
        let one = Table { leaves: vec![leaf.clone()], ..table.clone() };
        run(&one, 64).map_err(|why| format!("{} by itself: {why}", leaf.path))?;
    }
    Ok(())
}

fn run(table: &Table, cases: u32) -> Result<(), String> {
    // With many rows, each pair of states shows many at once, and takes correspondingly longer.
    let rows: usize = table.rows().into_iter().map(parts).sum();
    let share = |count: u32| (count * 24 / u32::try_from(rows).unwrap_or(24).max(24)).max(16);
    let (cases, max_shrink_iters) = (share(cases), share(256));
    let config = Config { cases, failure_persistence: None, max_shrink_iters, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let strategy = (pairs(table), 0..=table.rows().len());
    runner
        .run(&strategy, |((want, have), drifted)| {
            laws(table, &want, &have)?;
            // A resource that is as wanted except for one leaf.
            let mut near = settled(table, &want, &have);
            if let Some(leaf) = table.rows().get(drifted) {
                copy(leaf, &have, &mut near);
            }
            laws(table, &want, &near)
        })
        .map_err(|error| error.to_string())
}

/// How many rows a row counts as: each of its properties is one.
fn parts(leaf: &Leaf) -> usize {
    fn of(sort: &Sort) -> usize {
        match sort {
            Sort::Object(members) => members.values().map(|it| of(&it.sort)).sum(),
            Sort::List { of: item, .. } => of(&item.sort),
            _ => 1,
        }
    }
    match &leaf.form {
        Form::Properties(properties) => {
            properties.members.values().map(|it| of(&it.sort)).sum::<usize>()
        }
        _ => 1,
    }
}

/// A wanted and a live state. If fixed leaves identify the resource, most pairs are of one
/// resource, whichever leaf differs.
fn pairs(table: &Table) -> impl Strategy<Value = (Tree, Tree)> {
    let of = table.clone();
    (states(table, true), states(table, false), 0..4).prop_map(move |(want, mut have, apart)| {
        if of.fixed_first && apart > 0 {
            same_resource(&of, &want, &mut have);
        }
        (want, have)
    })
}

/// Sets leaves that no call changes to their wanted values.
fn same_resource(table: &Table, want: &Tree, have: &mut Tree) {
    let fixed = |leaf: &Leaf| matches!(leaf.change, How::Fixed(_));
    let (always, sometimes): (Vec<_>, Vec<_>) =
        table.rows().into_iter().partition(|leaf| fixed(leaf));
    for leaf in always.into_iter().chain(sometimes) {
        let Some(wanted) = leaf.wanted_in(want) else { continue };
        let is_fixed = fixed(leaf) || super::super::diff::is_while(&leaf.fixed_while, have);
        if is_fixed {
            place(have, leaf, observed(leaf, wanted));
        }
    }
}

/// Checks pairs of a wanted and a live state.
pub(crate) fn for_pairs(table: &Table, cases: u32, check: impl Fn(&Value, &Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&pairs(table), |(want, have)| {
            check(&Value::Object(want), &Value::Object(have));
            Ok(())
        })
        .expect("every pair");
}

/// A wanted state.
pub(super) fn some_want(table: &Table) -> Tree {
    use proptest::strategy::ValueTree as _;
    let mut runner = TestRunner::deterministic();
    states(table, true).new_tree(&mut runner).expect("a state").current()
}

// --- states ---

fn states(table: &Table, wanted: bool) -> BoxedStrategy<Tree> {
    let leaves: Vec<Leaf> = table.rows().into_iter().cloned().collect();
    let rows: Vec<_> = leaves.iter().map(|leaf| member(leaf, wanted)).collect();
    let restore = table.restore.clone().filter(|_| !wanted);
    let bound: Vec<_> = leaves.iter().filter(|leaf| leaf.only_while.is_some()).collect();
    let bound: Vec<_> = bound.into_iter().map(|leaf| leaf.path.to_string()).collect();
    let facts: Vec<_> = if wanted { Vec::new() } else { table.shape().takes };
    let groups = if wanted { groups_that_can_be_none(&table.leaves) } else { Vec::new() };
    let groups = proptest::option::weighted(0.2, any::<proptest::sample::Index>())
        .prop_map(move |index| Some(groups.get(index?.index(groups.len().max(1)))?.clone()));
    (rows, subsequence(ENTRIES.to_vec(), 0..=3), proptest::bool::weighted(0.15), groups)
        .prop_map(move |(values, elsewhere, leaving, none)| {
            let mut state = Tree::new();
            for (leaf, value) in leaves.iter().zip(values) {
                if let Some(value) = value {
                    set(&mut state, &leaf.path, value);
                }
            }
            if let Some(group) = none {
                set(&mut state, &group, Value::Null);
            }
            if let Some(restore) = restore.as_ref().filter(|_| leaving) {
                state.extend(
                    restore.sets.iter().map(|(path, value)| (path.to_string(), value.clone())),
                );
                for path in &bound {
                    state.insert(path.clone(), Value::Null);
                }
                state.insert(restore.fact.to_string(), json!(true));
            }
            for (path, fact) in &facts {
                let own: BTreeSet<_> = texts(get(&state, path)).collect();
                let others = elsewhere.iter().filter(|item| !own.contains(*item));
                let others: BTreeMap<_, _> = others.map(|item| (*item, "another")).collect();
                state.insert(fact.to_string(), json!(others));
            }
            state.insert(PARTITION.to_owned(), json!("aws"));
            state.insert(ACCOUNT.to_owned(), json!("111122223333"));
            state
        })
        .boxed()
}

/// Writes a value at a path, `null` too.
fn set(state: &mut Tree, path: &str, value: Value) {
    match path.split_once('.') {
        Some((group, rest)) => {
            let inner = state.entry(group).or_insert_with(|| json!({}));
            if !inner.is_object() {
                *inner = json!({});
            }
            set(inner.as_object_mut().expect("a group"), rest, value);
        }
        None => drop(state.insert(path.to_owned(), value)),
    }
}

/// Writes the value of a row, as states have it.
fn place(state: &mut Tree, leaf: &Leaf, value: Value) {
    if leaf.is_left_out() {
        tree::put(state, &leaf.path, value);
    } else {
        state.insert(leaf.path.to_string(), value);
    }
}

fn groups_that_can_be_none(leaves: &[Leaf]) -> Vec<String> {
    let mut found = Vec::new();
    for leaf in leaves {
        if let Form::Group { rows, .. } = &leaf.form {
            found.extend(groups_that_can_be_none(rows));
            if leaf.path.contains('.') && matches!(leaf.null, Null::Unset(_)) {
                found.push(leaf.path.to_string());
            }
        }
    }
    found
}

/// The value of a row; none if it is not in the state.
fn member(leaf: &Leaf, wanted: bool) -> BoxedStrategy<Option<Value>> {
    let form = leaf.form.clone();
    let any = value(&leaf.form).prop_map(move |value| form.canonical(value));
    if leaf.is_left_out() && wanted {
        let can_be_none = matches!(leaf.null, Null::Unset(_) | Null::None(Value::Null));
        let none = u32::from(can_be_none);
        let none = if none > 0 { Just(Some(Value::Null)).boxed() } else { Just(None).boxed() };
        // What another row needs is interesting if it is to be none.
        let (unsaid, none_at_all) =
            if matches!(leaf.change, How::Needed { .. }) { (4, 4) } else { (12, 1) };
        let any = any.prop_map(Some);
        return prop_oneof![unsaid => Just(None), none_at_all => none, 4 => any].boxed();
    }
    if leaf.is_left_out() && matches!(leaf.change, How::Argument) {
        return Just(None).boxed();
    }
    if leaf.is_left_out() {
        let leaf = leaf.clone();
        let live = any.prop_map(move |value| Some(observed(&leaf, &value)));
        return prop_oneof![1 => Just(None), 1 => live].boxed();
    }
    whole_member(leaf, wanted).prop_map(Some).boxed()
}

fn whole_member(leaf: &Leaf, wanted: bool) -> BoxedStrategy<Value> {
    if let (Form::Allowed(allowed), false) = (&leaf.form, wanted) {
        let (_, all) = (allowed.examples)();
        let all: Vec<_> = all.into_iter().collect();
        let some = subsequence(all.clone(), 0..=all.len());
        let some = some.prop_map(|some| Value::Object(some.into_iter().collect()));
        // What could not be read is not known.
        return prop_oneof![1 => Just(Value::Null), 4 => some].boxed();
    }
    let form = leaf.form.clone();
    let any = value(&leaf.form).prop_map(move |value| form.canonical(value));
    match (&leaf.absent, &leaf.change, wanted) {
        (_, How::Argument, false) => Just(Value::Null).boxed(),
        (Absent::Always(always), _, true) => Just(always.clone()).boxed(),
        (Absent::Always(always), _, false) => {
            prop_oneof![4 => Just(always.clone()), 1 => Just(json!("something else"))].boxed()
        }
        (Absent::Unmanaged | Absent::Derived, _, true) => {
            prop_oneof![1 => Just(Value::Null), 3 => any].boxed()
        }
        (_, _, true) => any.boxed(),
        (_, _, false) => {
            let owned = leaf.clone();
            let live = any.prop_map(move |value| observed(&owned, &value));
            match &leaf.form {
                // For some resources it is unknown whether it is on.
                Form::Switch { .. } => prop_oneof![1 => Just(Value::Null), 4 => live].boxed(),
                // Some have no policy, and some have an unreadable one.
                Form::Policy { word: Some(_), .. } => {
                    prop_oneof![1 => Just(Value::Null), 1 => Just(unreadable("why")), 8 => live]
                        .boxed()
                }
                // AWS omits what is not set.
                _ if leaf.can_be_left_out() || is_fixed_once_set(leaf) => {
                    prop_oneof![1 => Just(Value::Null), 4 => live].boxed()
                }
                _ => live.boxed(),
            }
        }
    }
}

fn is_fixed_once_set(leaf: &Leaf) -> bool {
    matches!(leaf.change, How::Until { fixed: Fixed::Set, .. })
}

fn value(form: &Form) -> BoxedStrategy<Value> {
    match form {
        Form::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Form::Int(range) => select(samples(range)).prop_map(Value::from).boxed(),
        Form::Text(_) | Form::Script(_) => select(vec!["", "x", "y"]).prop_map(Value::from).boxed(),
        Form::Word { words, .. } => {
            let words: Vec<_> = words.iter().take(3).map(|(word, _)| word.to_string()).collect();
            select(words).prop_map(Value::from).boxed()
        }
        Form::Set { .. } | Form::Words { .. } => {
            let all = universe(form);
            subsequence(all.clone(), 0..=all.len()).prop_map(|some| json!(some)).boxed()
        }
        Form::Key { .. } => {
            let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
            select(vec![key, "alias/a", "alias/b"]).prop_map(Value::from).boxed()
        }
        Form::Role { .. } => {
            let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
            select(["a", "b"].map(role).to_vec()).prop_map(Value::from).boxed()
        }
        Form::Items { of, .. } => {
            let items = proptest::collection::vec(item(of), 0..=2);
            items.prop_map(Value::Array).boxed()
        }
        Form::Group { .. } | Form::Choice { .. } => item(form),
        Form::Keyed(keyed) => keyed_entries(keyed),
        Form::Allowed(allowed) => {
            let (all, _) = (allowed.examples)();
            subsequence(all.clone(), 0..=all.len()).prop_map(|some| json!(some)).boxed()
        }
        Form::Properties(properties) => some_properties(properties),
        Form::Target(_) => select(vec!["id-1", "id-2"]).prop_map(Value::from).boxed(),
        Form::Targets { one_of_each: None, min, max, .. } => {
            let sizes = min.0..=max.0.min(ENTRIES.len());
            subsequence(ENTRIES.to_vec(), sizes).prop_map(|some| json!(some)).boxed()
        }
        Form::Targets { one_of_each: Some(_), min, .. } => {
            let sets = vec![json!(["entry/a", "entry/b"]), json!(["entry/c"]), json!(["entry/d"])];
            subsequence(sets, min.0..=3).prop_map(Value::Array).boxed()
        }
        Form::Policy { dialect, word, .. } => {
            let word = word.as_ref().map(|word| json!(word.word));
            let dialect = *dialect;
            let documents =
                subsequence(ROLES.to_vec(), 0..=3).prop_map(move |roles| policy(dialect, &roles));
            match word {
                Some(word) => prop_oneof![1 => Just(word), 4 => documents].boxed(),
                None => documents.boxed(),
            }
        }
        Form::Switch { details, .. } => {
            let details: Vec<_> = details
                .iter()
                .map(|detail| {
                    let path = detail.path.to_string();
                    proptest::option::of(value(&detail.form)).prop_map(move |it| (path.clone(), it))
                })
                .collect();
            (any::<bool>(), details)
                .prop_map(|(enabled, details)| {
                    let mut whole = Tree::from_iter([("enabled".to_owned(), json!(enabled))]);
                    whole.extend(details.into_iter().map(|(path, value)| (path, json!(value))));
                    Value::Object(whole)
                })
                .boxed()
        }
    }
}

/// The items of a list: some of a group's members, or one of the alternatives.
fn item(form: &Form) -> BoxedStrategy<Value> {
    let one = |row: &Leaf| {
        let name = row.name().to_owned();
        item(&row.form).prop_map(move |value| (name.clone(), value)).boxed()
    };
    match form {
        Form::Group { rows, .. } => {
            let rows: Vec<_> =
                rows.iter().map(|row| proptest::option::weighted(0.7, one(row))).collect();
            rows.prop_map(|rows| Value::Object(rows.into_iter().flatten().collect())).boxed()
        }
        Form::Choice { rows, .. } => {
            // An alternative without a member would not be one of them.
            let there = |row: &(String, Value)| !tree::is_none(&row.1);
            let rows: Vec<_> =
                rows.iter().map(|row| one(row).prop_filter("there", there).boxed()).collect();
            proptest::strategy::Union::new(rows)
                .prop_map(|row| Value::Object([row].into_iter().collect()))
                .boxed()
        }
        form => value(form),
    }
}

/// What a list of texts can contain.
fn universe(form: &Form) -> Vec<String> {
    match form {
        Form::Words { words, .. } => {
            words.iter().take(3).map(|(word, _)| word.to_string()).collect()
        }
        _ => ENTRIES.map(str::to_owned).to_vec(),
    }
}

/// Every entry of the examples: several with the same key.
fn every_entry(keyed: &Keyed) -> Vec<(String, Value)> {
    let entries = (keyed.examples)();
    entries.iter().map(|members| (keyed.entry)(members).expect("an entry")).collect()
}

fn keyed_entries(keyed: &Keyed) -> BoxedStrategy<Value> {
    let all = every_entry(keyed);
    let some = subsequence(all.clone(), 0..=all.len().min(4));
    let state = some.prop_map(|entries| {
        let mut all = entries.into_iter().collect::<Tree>();
        all.sort_keys();
        Value::Object(all)
    });
    state.boxed()
}

/// Some members with some values, and some that are to be none.
fn some_properties(properties: &Properties) -> BoxedStrategy<Value> {
    let members = properties.members.iter().filter(|(_, it)| it.refused.is_none());
    let members: Vec<_> = members.map(|(name, it)| member_of(name, it)).collect();
    members.prop_map(|all| Value::Object(all.into_iter().flatten().collect())).boxed()
}

fn member_of(name: &str, property: &Property) -> BoxedStrategy<Option<(String, Value)>> {
    let name = name.to_owned();
    let some = property_value(&property.sort).prop_map(move |value| Some((name.clone(), value)));
    prop_oneof![2 => Just(None), 1 => some].boxed()
}

fn property_value(sort: &Sort) -> BoxedStrategy<Value> {
    match sort {
        Sort::Object(members) => {
            let members = members.iter().filter(|(_, it)| it.refused.is_none());
            let members: Vec<_> = members.map(|(name, it)| member_of(name, it)).collect();
            members.prop_map(|all| Value::Object(all.into_iter().flatten().collect())).boxed()
        }
        Sort::List { of, .. } => proptest::collection::vec(property_value(&of.sort), 0..=2)
            .prop_map(Value::Array)
            .boxed(),
        Sort::Text => select(vec!["x", "y"]).prop_map(Value::from).boxed(),
        Sort::Number => select(vec![1, 2]).prop_map(Value::from).boxed(),
        Sort::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Sort::Any | Sort::Json | Sort::JsonText => {
            select(vec![json!({"a": "1"}), json!({"a": "2"})]).boxed()
        }
        Sort::Policy(dialect) => {
            let dialect = *dialect;
            let roles = subsequence(ROLES.to_vec(), 0..=3);
            roles.prop_map(move |roles| policy(dialect, &roles)).boxed()
        }
    }
}

fn samples(range: &Range) -> Vec<i64> {
    vec![range.min, i64::midpoint(range.min, range.max), range.max]
}

/// A policy that lets these roles do something: one statement for each role.
fn policy(dialect: Dialect, roles: &[&str]) -> Value {
    let allow = |sid: &str, principal: Value, action: Value| json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"});
    let arn = |what: &str| json!({"AWS": format!("arn:aws:iam::111122223333:{what}")});
    let (all, some) = match dialect {
        Dialect::KeyPolicy => ("kms:*", json!(["kms:Decrypt", "kms:Encrypt"])),
        _ => ("s3:ListBucket", json!(["s3:GetObject", "s3:PutObject"])),
    };
    let mut statements = vec![allow("Administer", arn("root"), json!(all))];
    statements
        .extend(roles.iter().map(|role| allow(role, arn(&format!("role/{role}")), some.clone())));
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        match dialect {
            Dialect::IdentityPolicy => {
                let whose = statement.shift_remove("Principal").unwrap_or_default();
                let key = whose["AWS"].clone();
                let condition = json!({"StringEquals": {"aws:PrincipalTag/of": key}});
                statement.insert("Condition".to_owned(), condition);
            }
            Dialect::RepositoryPolicy => drop(statement.shift_remove("Resource")),
            Dialect::TrustPolicy => {
                statement.shift_remove("Resource");
                statement.insert("Action".to_owned(), json!(["sts:AssumeRole"]));
            }
            _ => {}
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What AWS returns for a value that was written: details that are not managed have some value.
fn observed(leaf: &Leaf, written: &Value) -> Value {
    if let Form::Targets { one_of_each: Some(_), .. } = &leaf.form {
        return singles(chosen(written));
    }
    if let Form::Allowed(allowed) = &leaf.form {
        let (_, all) = (allowed.examples)();
        let all = all.into_iter().filter(|(_, entry)| allowed.covered(written, entry));
        return Value::Object(all.collect());
    }
    let mut live = written.clone();
    if let (Form::Switch { details, .. }, true) = (&leaf.form, is_on(written)) {
        for detail in details {
            let value = &mut live[detail.path.as_ref()];
            if value.is_null() {
                *value = detail.default.clone().unwrap_or_default();
            }
        }
    }
    live
}

/// A live state that is as wanted, spelled as AWS may spell it; what is not managed is as in
/// `have`.
fn settled(table: &Table, want: &Tree, have: &Tree) -> Tree {
    let mut state = Tree::new();
    for leaf in table.rows() {
        let value = match (&leaf.change, leaf.wanted_in(want)) {
            (How::Argument, _) => Value::Null,
            (_, None) => get(have, &leaf.path).clone(),
            (_, Some(wanted)) => respelled(leaf, &observed(leaf, wanted)),
        };
        place(&mut state, leaf, value);
    }
    for fact in [PARTITION, ACCOUNT] {
        state.insert(fact.to_owned(), get(want, fact).clone());
    }
    state
}

/// The same value in another order and spelling.
fn respelled(leaf: &Leaf, value: &Value) -> Value {
    let reversed =
        |list: &Value| Value::Array(list.as_array().into_iter().flatten().rev().cloned().collect());
    match &leaf.form {
        _ if value.is_null() => Value::Null,
        Form::Set { .. } | Form::Words { .. } | Form::Targets { .. } => reversed(value),
        // AWS returns more of an item than was written.
        Form::Items { .. } => {
            let mut list = reversed(value);
            for item in list.as_array_mut().into_iter().flatten() {
                item["added"] = json!("by AWS");
            }
            list
        }
        // AWS may return the key that an alias points to.
        Form::Key { .. } if value.as_str().is_some_and(|key| key.starts_with("alias/")) => {
            json!("arn:aws:kms:eu-west-1:111122223333:key/2")
        }
        Form::Policy { .. } if value.is_string() => value.clone(),
        Form::Policy { .. } => {
            let mut document = value.clone();
            let statements = document["Statement"].as_array_mut().expect("statements");
            statements.reverse();
            for action in statements.iter_mut().map(|statement| &mut statement["Action"]) {
                *action = if action.is_array() { reversed(action) } else { json!([action]) };
            }
            document
        }
        _ => value.clone(),
    }
}

/// Copies a leaf, and the facts about its entries.
fn copy(leaf: &Leaf, from: &Tree, to: &mut Tree) {
    place(to, leaf, get(from, &leaf.path).clone());
    if let How::Entries { take: Some(take), .. } = &leaf.change {
        to.insert(take.fact.to_string(), get(from, &take.fact).clone());
    }
}

// --- what a state lets people do ---

/// A principal or its name, and what it is allowed or how.
type Allowed = BTreeSet<(String, String)>;

fn allowed(table: &Table, state: &Tree) -> Allowed {
    let rows = table.rows();
    let of = |gives: Gives| rows.iter().filter(move |leaf| leaf.gives == gives);
    let mut roles: BTreeSet<String> = BTreeSet::new();
    for leaf in of(Gives::Grants) {
        let value = get(state, &leaf.path);
        let text = value.to_string();
        // A word stands for a policy that lets everybody do everything.
        let named = |role: &&&str| value.is_string() || text.contains(&format!("role/{role}\""));
        roles.extend(ROLES.iter().filter(named).map(|it| (*it).to_owned()));
    }
    let mut allowed: Allowed =
        roles.iter().map(|role| (role.clone(), "(named)".to_owned())).collect();
    if of(Gives::Grants).next().is_none() {
        roles.insert("anybody".to_owned());
    }
    // Nobody can use a resource that is being deleted.
    if table.is_leaving(state).is_none()
        && of(Gives::Gate).all(|leaf| is_on(get(state, &leaf.path)))
    {
        let mut ways = BTreeSet::from(["(its id)"]);
        ways.extend(of(Gives::Ways).flat_map(|leaf| entries(get(state, &leaf.path))));
        let each =
            roles.iter().flat_map(|role| ways.iter().map(|way| (role.clone(), (*way).to_owned())));
        allowed.extend(each);
    }
    for leaf in &rows {
        amount(leaf, get(state, &leaf.path), &mut allowed);
    }
    allowed
}

/// The entries of a list, or of a list of lists.
fn entries(value: &Value) -> impl Iterator<Item = &str> {
    let nested = value.as_array().into_iter().flatten().flat_map(texts);
    texts(value).chain(nested)
}

/// How much a value lets people do, if that is a matter of degree.
fn amount(leaf: &Leaf, value: &Value, allowed: &mut Allowed) {
    let mut let_do = |what: String| {
        allowed.insert((leaf.path.to_string(), what));
    };
    let none = json!([]);
    let value = if value.is_null() && leaf.is_list() { &none } else { value };
    match (&leaf.gives, &leaf.form) {
        (Gives::MostIfNone, Form::Int(range)) => {
            let most = value.as_i64().unwrap_or(i64::MAX);
            let up_to = samples(range).into_iter().chain([i64::MAX]).filter(|n| *n <= most);
            up_to.for_each(|n| let_do(format!("{n}")));
        }
        (Gives::Less, Form::Int(range)) => {
            let least = value.as_i64().unwrap_or(i64::MIN);
            let above = samples(range).into_iter().filter(|n| *n > least);
            above.for_each(|n| let_do(format!("{n}")));
        }
        _ if value.is_null() => {}
        (Gives::Outcomes, Form::Keyed(keyed)) => {
            // Of entries with one key the first and the last.
            let all = every_entry(keyed);
            let last: Tree = all.iter().cloned().collect();
            let first: Tree = all.into_iter().rev().collect();
            let (probes, none) = ((keyed.probes)(&first, &last), Tree::new());
            let outcomes = (keyed.outcomes)(value.as_object().unwrap_or(&none), &probes);
            for (probe, outcome) in probes.iter().zip(outcomes) {
                if let Some(outcome) = outcome {
                    let_do(format!("{probe} {outcome}"));
                }
            }
        }
        (Gives::Something, _) if !tree::is_none(value) => let_do(value.to_string()),
        (Gives::Least(least), _) if value != least => let_do("more than the least".to_owned()),
        (Gives::More, Form::Switch { details, .. }) => {
            for detail in details {
                let highest = match &detail.form {
                    Form::Int(range) => json!(range.max),
                    _ => Value::Null,
                };
                let own = value.get(detail.path.as_ref()).unwrap_or(&Value::Null);
                amount(detail, if is_on(value) { own } else { &highest }, allowed);
            }
            if !is_on(value) {
                allowed.insert((leaf.path.to_string(), "off".to_owned()));
            }
        }
        (Gives::More, Form::Int(range)) => {
            // The least is no more than what is not known.
            let above = samples(range).into_iter().filter(|n| *n > range.min);
            above.filter(|n| Some(*n) <= value.as_i64()).for_each(|n| let_do(format!("{n}")));
        }
        (Gives::More, Form::Items { .. }) => {
            value.as_array().into_iter().flatten().for_each(|item| let_do(item.to_string()));
        }
        (Gives::More, Form::Allowed(_)) => {
            let held = value.as_object().into_iter().flatten();
            held.for_each(|(id, _)| let_do(id.clone()));
        }
        (Gives::More, _) => entries(value).for_each(|item| let_do(item.to_owned())),
        (Gives::Each(words), _) => {
            let word = words.iter().find(|(word, _)| *value == **word);
            word.iter().flat_map(|(_, things)| things).for_each(|thing| let_do(thing.to_string()));
        }
        (Gives::Less, _) => {
            let there: BTreeSet<_> = texts(value).collect();
            let all = universe(&leaf.form).into_iter();
            all.filter(|item| !there.contains(item.as_str())).for_each(let_do);
        }
        _ => {}
    }
}

// --- what the laws observe ---

/// How rows change in the pairs that the laws are checked with: each by its path and a word for it.
pub(super) fn seen(table: &Table, cases: u32) -> BTreeSet<(String, &'static str)> {
    let all = RefCell::new(BTreeSet::new());
    for_pairs(table, cases, |want, have| {
        for edit in table.diff(want, have).expect("states") {
            let LeafEdit { path, verb, new, .. } = change(&edit);
            let path = table.leaf(&path).map_or(path, |leaf| leaf.path.to_string());
            let see = |what| {
                all.borrow_mut().insert((path.clone(), what));
            };
            see(match verb {
                _ if edit.risk.impossible => "fixed",
                Verb::Set => "set",
                Verb::Shrink => "fewer",
                Verb::Add => "added",
                Verb::Replace => "replaced",
                Verb::Remove => "removed",
                Verb::Take => "taken",
                Verb::Rest => "rested",
                Verb::Restore => "restored",
            });
            if tree::is_none(&new) {
                see("none");
            }
            if edit.follows {
                see("following");
            }
            if !edit.needs.is_empty() {
                see("needing");
            }
        }
    });
    all.into_inner()
}

// --- the laws ---

fn laws(table: &Table, want: &Tree, have: &Tree) -> Result<(), TestCaseError> {
    let (want_value, have_value) = (Value::Object(want.clone()), Value::Object(have.clone()));
    let edits = table.diff(&want_value, &have_value).expect("states");
    let mut course = vec![have.clone()];
    for state in table.states(&have_value, &edits).expect("states") {
        course.push(state.as_object().expect("a state").clone());
    }
    stated(table, want, &edits, &course)?;
    let stays = |edit: &Edit| {
        let row = table.leaf(&change(edit).path).expect("a row");
        matches!(row.change, How::Entries { .. })
    };
    let is_fixed = |edit: &Edit| edit.risk.impossible && !stays(edit);
    if table.fixed_first && edits.iter().any(is_fixed) {
        prop_assert!(edits.iter().all(is_fixed), "{:?}", keys(&edits));
        return Ok(());
    }
    if table.is_gone(&have_value).expect("a state") {
        prop_assert_eq!(edits.len(), 1, "only the deletion is cancelled");
        prop_assert_eq!(change(&edits[0]).verb, Verb::Restore);
        prop_assert_eq!(edits[0].risk, Risk::NEUTRAL);
        let back = course.pop().expect("the state after it");
        prop_assert!(!table.is_gone(&Value::Object(back.clone())).expect("a state"));
        return laws(table, want, &back);
    }
    between(table, want, &edits, have)?;
    possible(table, &edits, &course)?;
    goes_along(table, want, &edits, &course)?;
    let end = course.pop().expect("at least the start");
    ends(table, want, have, &end)?;
    stable(table, want, have, &edits)?;
    let settled = Value::Object(settled(table, want, have));
    let quiet = table.diff(&want_value, &settled).expect("states");
    prop_assert!(quiet.is_empty(), "edits at the wanted state: {:?}", keys(&quiet));
    Ok(())
}

fn change(edit: &Edit) -> LeafEdit {
    match &edit.body {
        EditBody::Change(body) => serde_json::from_value(body.clone()).expect("an edit"),
        other => panic!("{other:?}"),
    }
}

fn keys(edits: &[Edit]) -> Vec<&str> {
    edits.iter().map(|edit| edit.key.as_str()).collect()
}

/// Every edit is of something that the manifest names, has a key of its own, and its risk covers
/// what it does.
fn stated(
    table: &Table,
    want: &Tree,
    edits: &[Edit],
    course: &[Tree],
) -> Result<(), TestCaseError> {
    let unique: BTreeSet<_> = keys(edits).into_iter().collect();
    prop_assert_eq!(unique.len(), edits.len(), "a key stands for two edits: {:?}", keys(edits));
    let mut before = allowed(table, &course[0]);
    for (edit, state) in edits.iter().zip(&course[1..]) {
        let row = table.leaf(&change(edit).path);
        let is_named = |row: &Leaf| row.wanted_in(want).is_some();
        prop_assert!(row.is_none_or(is_named), "not named by the manifest: {}", &edit.key);
        let is_impossible = change(edit).operation.is_none();
        prop_assert_eq!(edit.risk.impossible, is_impossible, "{}", &edit.key);
        let after = allowed(table, state);
        admits(edit, &before, &after)?;
        before = after;
    }
    Ok(())
}

/// No state in between allows what neither side allows, or denies what both allow. Of entries with
/// keys there are pairs of states for which no order does without: then it has only the harm that
/// every order has, rather denies, and says that it interrupts.
fn between(table: &Table, want: &Tree, edits: &[Edit], have: &Tree) -> Result<(), TestCaseError> {
    let mut goal = have.clone();
    for leaf in table.rows() {
        let Some(wanted) = leaf.wanted_in(want) else { continue };
        // A value that may be on or off is unknown, and is left alone.
        let is_unknown = matches!(leaf.form, Form::Switch { .. } | Form::Allowed(_))
            && get(have, &leaf.path).is_null();
        if !is_unknown {
            let value = match &leaf.form {
                Form::Allowed(allowed) => {
                    let live = get(have, &leaf.path).as_object().into_iter().flatten();
                    let kept = live.filter(|(_, entry)| allowed.covered(wanted, entry));
                    Value::Object(kept.map(|(id, it)| (id.clone(), it.clone())).collect())
                }
                Form::Targets { one_of_each: Some(_), .. } => {
                    singles(choice(wanted, get(have, &leaf.path)))
                }
                _ => observed(leaf, wanted),
            };
            place(&mut goal, leaf, value);
        }
    }
    let (before, after) = (allowed(table, have), allowed(table, &goal));
    let either: Allowed = before.union(&after).cloned().collect();
    let both: Allowed = before.intersection(&after).cloned().collect();
    let ends = [have, &goal];
    let mut states = made(table, edits, ends)?;
    let mut best = BTreeMap::new();
    let mut at_best = |path: &String| {
        *best.entry(path.clone()).or_insert_with(|| {
            let leaf = table.leaf(path).filter(|leaf| matches!(leaf.form, Form::Keyed(_)));
            leaf.map_or(Best::Harmless, |leaf| best_order(leaf, ends))
        })
    };
    let interrupts = |path: &String| {
        let mut own = edits.iter().filter(|edit| change(edit).path == *path);
        own.any(|edit| edit.risk.disrupts())
    };
    let calls = table.calls(edits).expect("edits").into_iter();
    let shared: Vec<bool> =
        calls.flat_map(|call| std::iter::repeat_n(call.len() > 1, call.len())).collect();
    // One edit may be held, and with it those that wait for it; of many edits some are tried.
    for held in (0..edits.len()).step_by(edits.len() / 8 + 1) {
        let others = made(table, &without(edits, held), ends)?;
        states.extend(others.into_iter().filter(|_| shared[held]));
    }
    for state in states {
        let now = allowed(table, &state);
        for (path, what) in now.difference(&either) {
            prop_assert_eq!(at_best(path), Best::Opens, "allowed in between: {} {}", path, what);
        }
        for (path, what) in both.difference(&now) {
            prop_assert!(at_best(path) >= Best::Denies, "denied in between: {} {}", path, what);
            prop_assert!(interrupts(path), "denied in between, and not said: {} {}", path, what);
        }
    }
    Ok(())
}

/// What the best order of the edits of entries with keys does in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Best {
    /// Neither of these.
    Harmless,
    /// It denies for a moment what both sides allow.
    Denies,
    /// It allows for a moment what neither side allows.
    Opens,
}

/// The best order there is. Which subsets of the edits can be reached without harm is known from
/// the subsets with one edit less.
fn best_order(leaf: &Leaf, ends: [&Tree; 2]) -> Best {
    let [have, goal] =
        ends.map(|state| get(state, &leaf.path).as_object().cloned().unwrap_or_default());
    let keys: BTreeSet<&String> = have.keys().chain(goal.keys()).collect();
    let edits: Vec<_> = keys.into_iter().filter(|key| have.get(*key) != goal.get(*key)).collect();
    assert!(edits.len() <= 12, "too many to try them all");
    let allowed = |made: usize| {
        let mut entries = have.clone();
        for (index, key) in edits.iter().enumerate() {
            match goal.get(*key) {
                _ if made >> index & 1 == 0 => {}
                Some(value) => drop(entries.insert((*key).clone(), value.clone())),
                None => drop(entries.shift_remove(*key)),
            }
        }
        let mut allowed = Allowed::new();
        amount(leaf, &Value::Object(entries), &mut allowed);
        allowed
    };
    let all = (1 << edits.len()) - 1;
    let (before, after) = (allowed(0), allowed(all));
    let both: Allowed = before.intersection(&after).cloned().collect();
    // Whether each subset does without either harm, and without the worse one.
    let mut reached = vec![[true, true]];
    for made in 1..=all {
        let now = allowed(made);
        let opens = now.iter().any(|it| !before.contains(it) && !after.contains(it));
        let denies = !both.is_subset(&now);
        let is_reached = |standard: usize| {
            let mut last = (0..edits.len()).filter(|index| made >> index & 1 == 1);
            last.any(|index| reached[made & !(1 << index)][standard])
        };
        reached.push([!opens && !denies && is_reached(0), !opens && is_reached(1)]);
    }
    match reached[all] {
        [true, _] => Best::Harmless,
        [false, true] => Best::Denies,
        [false, false] => Best::Opens,
    }
}

/// No call leaves a state that AWS does not take, unless one of the two ends is such a state.
fn accepted(leaf: &Leaf, now: &Tree, ends: [&Tree; 2]) -> Result<(), TestCaseError> {
    let lacks = |state: &Tree| match &leaf.change {
        How::Needed { by: (path, value), .. } => {
            get(state, path) == value && tree::is_none(get(state, &leaf.path))
        }
        How::Whole { given, .. } => {
            let own = get(state, &leaf.path);
            given.iter().all(|path| tree::is_none(get(state, path)))
                && !tree::is_none(own)
                && *own != json!(false)
        }
        _ => false,
    };
    let has_too_many = |state: &Tree| {
        get(state, &leaf.path).as_array().is_some_and(|items| items.len() > leaf.form.most())
    };
    if !ends.into_iter().any(lacks) {
        prop_assert!(!lacks(now), "needed, and none in between: {}", &leaf.path);
    }
    if !ends.into_iter().any(has_too_many) {
        prop_assert!(!has_too_many(now), "too many in between: {}", &leaf.path);
    }
    Ok(())
}

/// The edits that are made while this one is held.
fn without(edits: &[Edit], held: usize) -> Vec<Edit> {
    let impossible = (0..edits.len()).filter(|index| edits[*index].risk.impossible);
    let mut rest: BTreeSet<usize> = impossible.chain([held]).collect();
    let waits = |index: usize, rest: &BTreeSet<usize>| {
        let edit = &edits[index];
        rest.iter().any(|other| {
            let held = &edits[*other];
            if *other < index { edit.waits_for(held) } else { edit.needs.contains(&held.key) }
        })
    };
    while let Some(next) =
        (0..edits.len()).find(|index| !rest.contains(index) && waits(*index, &rest))
    {
        rest.insert(next);
    }
    let made = (0..edits.len()).filter(|index| !rest.contains(index));
    made.map(|index| edits[index].clone()).collect()
}

/// The states after each call: the edits of one call take effect together. No edit has a
/// consequence that it does not declare, whatever was made before it.
fn made(table: &Table, edits: &[Edit], ends: [&Tree; 2]) -> Result<Vec<Tree>, TestCaseError> {
    let rows = table.rows();
    let (mut state, mut states) = (ends[0].clone(), Vec::new());
    for call in table.calls(edits).expect("edits") {
        for edit in call {
            let before = allowed(table, &state);
            table.apply(&mut state, &change(edit));
            admits(edit, &before, &allowed(table, &state))?;
        }
        rows.iter().try_for_each(|leaf| accepted(leaf, &state, ends))?;
        states.push(state.clone());
    }
    Ok(states)
}

/// The risk of an edit covers what it does.
fn admits(edit: &Edit, before: &Allowed, after: &Allowed) -> Result<(), TestCaseError> {
    let Risk { opens, closes, impossible, .. } = edit.risk;
    let closes = closes || edit.risk.disrupts();
    let is_more = !impossible && !opens && !after.is_subset(before);
    prop_assert!(!is_more, "understated, it opens: {}", &edit.summary);
    let is_less = !impossible && !closes && !before.is_subset(after);
    prop_assert!(!is_less, "understated, it closes: {}", &edit.summary);
    Ok(())
}

/// A leaf that is sent with a call can be changed by the call, and is as wanted afterwards.
fn goes_along(
    table: &Table,
    want: &Tree,
    edits: &[Edit],
    course: &[Tree],
) -> Result<(), TestCaseError> {
    for call in table.every_call() {
        for path in &call.with {
            let leaf = table.leaf(path);
            let shares = |leaf: &Leaf| leaf.calls().iter().any(|it| it.operation == call.operation);
            // A row that is tried by itself has no others.
            let alone = table.leaves.len() == 1;
            prop_assert!(leaf.map_or(alone, shares), "{} goes along with {}", path, &call.says);
        }
    }
    for (edit, after) in edits.iter().zip(&course[1..]) {
        for (path, value) in &change(edit).with {
            prop_assert_eq!(value, get(want, path), "{}", path);
            prop_assert_eq!(value, get(after, path), "{}", path);
        }
    }
    Ok(())
}

/// What AWS accepts only under a condition is sent only under it.
fn possible(table: &Table, edits: &[Edit], course: &[Tree]) -> Result<(), TestCaseError> {
    for (edit, before) in edits.iter().zip(course) {
        let leaf = table.leaf(&change(edit).path).expect("a row");
        if let Some((path, value)) = &leaf.only_while {
            prop_assert_eq!(get(before, path), value, "AWS refuses: {}", &edit.summary);
        }
        // What is inspected waits until somebody stops it.
        let at_rest = edit.stage == Some(Stage::AtRest) && !edit.inspect;
        let mut rows = table.rows().into_iter();
        let runs = rows.any(|row| {
            matches!(row.change, How::Runs { .. }) && *get(before, &row.path) == json!(true)
        });
        prop_assert!(!(at_rest && runs), "AWS refuses while it runs: {}", &edit.summary);
    }
    Ok(())
}

/// After the last edit nothing is left to do, and what is managed is as wanted.
fn ends(table: &Table, want: &Tree, have: &Tree, end: &Tree) -> Result<(), TestCaseError> {
    let left = table.diff(&Value::Object(want.clone()), &Value::Object(end.clone()));
    let left = left.expect("states");
    prop_assert!(left.is_empty(), "left to do: {:?}", keys(&left));
    for leaf in table.rows() {
        let Some(wanted) = leaf.wanted_in(want) else { continue };
        let live = get(end, &leaf.path);
        match &leaf.form {
            _ if matches!(leaf.change, How::Argument) => {}
            _ if wanted.is_null() => prop_assert!(tree::is_none(live), "{}", &leaf.path),
            Form::Allowed(allowed) => {
                let mut held = live.as_object().into_iter().flatten();
                let all = held.all(|(_, entry)| allowed.covered(wanted, entry));
                prop_assert!(all, "{}", &leaf.path);
            }
            // An empty text is none.
            Form::Text(_) if wanted == "" => {
                prop_assert!(live.is_null() || live == "", "{}", &leaf.path);
            }
            Form::Targets { one_of_each: Some(_), .. } => {
                one_of_each(wanted, &chosen(get(have, &leaf.path)), &chosen(live))?;
            }
            Form::Set { .. } | Form::Words { .. } | Form::Targets { .. } => {
                let [wanted, live] = [wanted, live].map(|set| texts(set).collect::<BTreeSet<_>>());
                prop_assert_eq!(wanted, live, "{}", &leaf.path);
            }
            Form::Switch { .. } | Form::Policy { .. } | Form::Properties(_) => {}
            Form::Items { .. } => {
                prop_assert!(tree::is_same_list(wanted, live), "{}", &leaf.path);
            }
            Form::Key { .. } => prop_assert!(kms::is_same(wanted, live), "{}", &leaf.path),
            _ => prop_assert_eq!(wanted, live, "{}", &leaf.path),
        }
    }
    Ok(())
}

/// Exactly one of the alternatives is used, the one that was in use before if there was one, and
/// nothing else.
fn one_of_each(
    sets: &Value,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> Result<(), TestCaseError> {
    let sets: Vec<BTreeSet<String>> = serde_json::from_value(sets.clone()).expect("sets");
    prop_assert_eq!(after.len(), sets.len(), "one of each of {:?}", &sets);
    for set in sets {
        let used: BTreeSet<_> = set.intersection(after).collect();
        prop_assert_eq!(used.len(), 1, "one of {:?}", &set);
        let is_kept = used.iter().all(|id| before.contains(*id));
        prop_assert!(set.is_disjoint(before) || is_kept, "the one in use of {:?} is removed", &set);
    }
    Ok(())
}

/// The key of an edit is the same whatever else differs.
fn stable(table: &Table, want: &Tree, have: &Tree, edits: &[Edit]) -> Result<(), TestCaseError> {
    let settled = settled(table, want, have);
    for leaf in table.rows().into_iter().filter(|leaf| leaf.wanted_in(want).is_some()) {
        // It is stopped and started for others, not because it differs.
        let for_others = edits.iter().any(|edit| change(edit).verb == Verb::Rest);
        if for_others && matches!(leaf.change, How::Runs { .. }) {
            continue;
        }
        let mut near = settled.clone();
        copy(leaf, have, &mut near);
        let alone = table.diff(&Value::Object(want.clone()), &Value::Object(near));
        let alone = alone.expect("states");
        let own = |edits: &[Edit]| -> BTreeSet<String> {
            let own = edits.iter().filter(|edit| change(edit).path == leaf.path);
            own.map(|edit| edit.key.clone()).collect()
        };
        prop_assert_eq!(own(&alone), own(edits), "keys of {}", &leaf.path);
    }
    Ok(())
}
