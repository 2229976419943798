//! The laws of diff and effect, for any two states that the rows allow.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::super::{
    ACCOUNT, Absent, Form, Gives, How, Leaf, PARTITION, Range, Table, Tree, Verb, get, texts,
};
use crate::{
    kind::{
        erased::{Edit, EditBody, ErasedKind as _},
        table::{LeafEdit, chosen, edit::is_on, singles, targets::choice, unreadable},
    },
    model::{Risk, policy_document::Dialect},
};

const ROLES: [&str; 3] = ["one", "two", "three"];
const ENTRIES: [&str; 3] = ["entry/a", "entry/b", "entry/c"];

/// Whether the laws hold, in the order of the table and in the opposite one: what must come first stands in
/// [`After`](super::super::After), and not in the order of rows.
pub(super) fn hold(table: &Table, cases: u32) -> Result<(), String> {
    table.leaves.iter().try_for_each(told_as_it_is)?;
    run(table, cases)?;
    let mut reversed = Table {
        profile: table.profile,
        operations: table.operations,
        errors: table.errors,
        baseline: table.baseline,
        doctor: table.doctor,
        about: table.about.clone(),
        leaves: table.leaves.clone(),
        tags: table.tags.clone(),
        order: table.order.clone(),
        natural_keys: table.natural_keys,
        fixed_first: table.fixed_first,
        creating: table.creating,
        restore: table.restore.clone(),
        settle: table.settle,
        connect: table.connect,
    };
    reversed.leaves.reverse();
    reversed.order.reverse();
    run(&reversed, cases).map_err(|why| format!("in the opposite order: {why}"))
}

/// What people read of a row says whether a call changes it.
fn told_as_it_is(leaf: &Leaf) -> Result<(), String> {
    let is_fixed = matches!(leaf.change, How::Fixed(_)) || leaf.fixed_while.is_some();
    let is_told = leaf.about.to_lowercase().contains("immutable");
    if leaf.is_written() && is_fixed != is_told {
        return Err(format!("{} is told as what it is not: {}", leaf.path, leaf.about));
    }
    Ok(())
}

fn run(table: &Table, cases: u32) -> Result<(), String> {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 256, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let strategy = (states(table, true), states(table, false), 0..=table.leaves.len(), 0..4);
    runner
        .run(&strategy, |(want, have, drifted, apart)| {
            let mut have = have;
            // Most pairs are of one resource, whichever leaf differs.
            if table.fixed_first && apart > 0 {
                same_resource(table, &want, &mut have);
            }
            laws(table, &want, &have)?;
            // A resource that is as wanted but for one leaf.
            let mut near = settled(table, &want, &have);
            if let Some(leaf) = table.leaves.get(drifted) {
                copy(leaf, &have, &mut near);
            }
            laws(table, &want, &near)
        })
        .map_err(|error| error.to_string())
}

/// Makes what no call changes as it is wanted, where it is wanted.
fn same_resource(table: &Table, want: &Tree, have: &mut Tree) {
    let fixed = |leaf: &Leaf| matches!(leaf.change, How::Fixed(_));
    let (always, sometimes): (Vec<_>, Vec<_>) = table.leaves.iter().partition(|leaf| fixed(leaf));
    for leaf in always.into_iter().chain(sometimes) {
        let wanted = get(want, &leaf.path);
        let is_fixed = fixed(leaf)
            || leaf.fixed_while.as_ref().is_some_and(|(path, value)| get(have, path) == value);
        if is_fixed && !wanted.is_null() {
            have.insert(leaf.path.to_string(), observed(leaf, wanted));
        }
    }
}

/// A wanted state.
pub(super) fn some_want(table: &Table) -> Tree {
    use proptest::strategy::ValueTree as _;
    let mut runner = TestRunner::deterministic();
    states(table, true).new_tree(&mut runner).expect("a state").current()
}

// --- states ---

fn states(table: &Table, wanted: bool) -> BoxedStrategy<Tree> {
    let rows: Vec<_> = table.leaves.iter().map(|leaf| member(leaf, wanted)).collect();
    let paths: Vec<_> = table.leaves.iter().map(|leaf| leaf.path.to_string()).collect();
    let restore = table.restore.clone().filter(|_| !wanted);
    let bound: Vec<_> = table.leaves.iter().filter(|leaf| leaf.only_while.is_some()).collect();
    let bound: Vec<_> = bound.into_iter().map(|leaf| leaf.path.to_string()).collect();
    let facts: Vec<_> = if wanted { Vec::new() } else { table.shape().takes };
    (rows, subsequence(ENTRIES.to_vec(), 0..=3), proptest::bool::weighted(0.15))
        .prop_map(move |(values, elsewhere, leaving)| {
            let mut state: Tree = paths.iter().cloned().zip(values).collect();
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

fn member(leaf: &Leaf, wanted: bool) -> BoxedStrategy<Value> {
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
                // Of some resources nobody can say whether it is on.
                Form::Switch { .. } => prop_oneof![1 => Just(Value::Null), 4 => live].boxed(),
                // Some have no policy, and of some it cannot be read.
                Form::Policy { word: Some(_), .. } => {
                    prop_oneof![1 => Just(Value::Null), 1 => Just(unreadable("why")), 8 => live]
                        .boxed()
                }
                _ => live.boxed(),
            }
        }
    }
}

fn value(form: &Form) -> BoxedStrategy<Value> {
    match form {
        Form::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Form::Int(range) => select(samples(range)).prop_map(Value::from).boxed(),
        Form::Text(_) => select(vec!["", "x", "y"]).prop_map(Value::from).boxed(),
        Form::Word { words, .. } => {
            let words: Vec<_> = words.iter().take(3).map(|(word, _)| word.to_string()).collect();
            select(words).prop_map(Value::from).boxed()
        }
        Form::Set { .. } => {
            subsequence(ENTRIES.to_vec(), 0..=3).prop_map(|some| json!(some)).boxed()
        }
        Form::Target(_) => select(vec!["id-1", "id-2"]).prop_map(Value::from).boxed(),
        Form::Targets { one_of_each: None, min, .. } => {
            subsequence(ENTRIES.to_vec(), min.0..=3).prop_map(|some| json!(some)).boxed()
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

fn samples(range: &Range) -> Vec<i64> {
    vec![range.min, i64::midpoint(range.min, range.max), range.max]
}

/// A policy that lets these roles do something: a statement a role.
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
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What AWS tells of a value that was written: details of what is on that nobody asked for have some value.
fn observed(leaf: &Leaf, written: &Value) -> Value {
    if let Form::Targets { one_of_each: Some(_), .. } = &leaf.form {
        return singles(chosen(written));
    }
    let mut live = written.clone();
    if let (Form::Switch { details, .. }, true) = (&leaf.form, is_on(written)) {
        for detail in details {
            let told = &mut live[detail.path.as_ref()];
            if told.is_null() {
                *told = detail.default.clone().unwrap_or_default();
            }
        }
    }
    live
}

/// A live state that is as wanted, spelled as AWS may spell it; what is not managed is as in `have`.
fn settled(table: &Table, want: &Tree, have: &Tree) -> Tree {
    let mut state = want.clone();
    for leaf in &table.leaves {
        let wanted = get(want, &leaf.path);
        let value = match leaf.change {
            How::Argument => Value::Null,
            _ if wanted.is_null() => get(have, &leaf.path).clone(),
            _ => respelled(leaf, &observed(leaf, wanted)),
        };
        state.insert(leaf.path.to_string(), value);
    }
    state
}

/// The same value in another order and spelling.
fn respelled(leaf: &Leaf, value: &Value) -> Value {
    let reversed =
        |list: &Value| Value::Array(list.as_array().into_iter().flatten().rev().cloned().collect());
    match &leaf.form {
        Form::Set { .. } | Form::Targets { .. } => reversed(value),
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
    to.insert(leaf.path.to_string(), get(from, &leaf.path).clone());
    if let How::Entries { take: Some(take), .. } = &leaf.change {
        to.insert(take.fact.to_string(), get(from, &take.fact).clone());
    }
}

// --- what a state lets people do ---

/// What somebody is let do, or by which name; and how.
type Allowed = BTreeSet<(String, String)>;

fn allowed(table: &Table, state: &Tree) -> Allowed {
    let of = |gives: Gives| table.leaves.iter().filter(move |leaf| leaf.gives == gives);
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
    // Nobody can use what is on its way out.
    if table.is_leaving(state).is_none()
        && of(Gives::Gate).all(|leaf| is_on(get(state, &leaf.path)))
    {
        let mut ways = BTreeSet::from(["(its id)"]);
        ways.extend(of(Gives::Ways).flat_map(|leaf| entries(get(state, &leaf.path))));
        let each =
            roles.iter().flat_map(|role| ways.iter().map(|way| (role.clone(), (*way).to_owned())));
        allowed.extend(each);
    }
    for leaf in &table.leaves {
        amount(leaf, get(state, &leaf.path), &mut allowed);
    }
    allowed
}

/// The entries of a list, or of a list of lists.
fn entries(value: &Value) -> impl Iterator<Item = &str> {
    let nested = value.as_array().into_iter().flatten().flat_map(texts);
    texts(value).chain(nested)
}

/// How much a value lets people do, where that is a matter of more or less.
fn amount(leaf: &Leaf, value: &Value, allowed: &mut Allowed) {
    let mut let_do = |what: String| {
        allowed.insert((leaf.path.to_string(), what));
    };
    match (&leaf.gives, &leaf.form) {
        _ if value.is_null() => {}
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
            let up_to = samples(range).into_iter().filter(|n| Some(*n) <= value.as_i64());
            up_to.for_each(|n| let_do(format!("{n}")));
        }
        (Gives::More, _) => entries(value).for_each(|item| let_do(item.to_owned())),
        (Gives::Each(words), _) => {
            let word = words.iter().find(|(word, _)| *value == **word);
            word.iter().flat_map(|(_, things)| things).for_each(|thing| let_do(thing.to_string()));
        }
        (Gives::Less, _) => {
            let there: BTreeSet<_> = texts(value).collect();
            ENTRIES
                .iter()
                .filter(|item| !there.contains(*item))
                .for_each(|item| let_do((*item).to_owned()));
        }
        _ => {}
    }
}

// --- the laws ---

fn laws(table: &Table, want: &Tree, have: &Tree) -> Result<(), TestCaseError> {
    let (want_value, have_value) = (Value::Object(want.clone()), Value::Object(have.clone()));
    let edits = table.diff(&want_value, &have_value).expect("states");
    let mut course = vec![have.clone()];
    for state in table.states(&have_value, &edits).expect("states") {
        course.push(state.as_object().expect("a state").clone());
    }
    stated(table, &edits, &course)?;
    if table.fixed_first && edits.iter().any(|edit| edit.risk.impossible) {
        prop_assert!(edits.iter().all(|edit| edit.risk.impossible), "{:?}", keys(&edits));
        return Ok(());
    }
    if table.is_gone(&have_value).expect("a state") {
        prop_assert_eq!(edits.len(), 1, "what is on its way out is only called back");
        prop_assert_eq!(change(&edits[0]).verb, Verb::Restore);
        prop_assert_eq!(edits[0].risk, Risk::NEUTRAL);
        let back = course.pop().expect("the state after it");
        prop_assert!(!table.is_gone(&Value::Object(back.clone())).expect("a state"));
        return laws(table, want, &back);
    }
    between(table, want, &edits, &course)?;
    possible(table, &edits, &course)?;
    goes_along(table, want, &edits, &course)?;
    let end = course.pop().expect("at least the start");
    ends(table, want, have, &end)?;
    stable(table, want, have, &edits)?;
    let settled = Value::Object(settled(table, want, have));
    let quiet = table.diff(&want_value, &settled).expect("states");
    prop_assert!(quiet.is_empty(), "not quiet at want: {:?}", keys(&quiet));
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

/// Every edit has a key of its own, and a risk that is not less than what it does.
fn stated(table: &Table, edits: &[Edit], course: &[Tree]) -> Result<(), TestCaseError> {
    let unique: BTreeSet<_> = keys(edits).into_iter().collect();
    prop_assert_eq!(unique.len(), edits.len(), "a key stands for two edits: {:?}", keys(edits));
    for (edit, two) in edits.iter().zip(course.windows(2)) {
        let (before, after) = (allowed(table, &two[0]), allowed(table, &two[1]));
        let Risk { opens, closes, impossible, .. } = edit.risk;
        prop_assert_eq!(impossible, change(edit).operation.is_none(), "{}", &edit.key);
        if impossible {
            continue;
        }
        prop_assert!(opens || after.is_subset(&before), "understated, it opens: {}", &edit.summary);
        let is_told = closes || edit.risk.disrupts();
        prop_assert!(
            is_told || before.is_subset(&after),
            "understated, it closes: {}",
            &edit.summary
        );
    }
    Ok(())
}

/// No state in between allows what neither side allows, or denies what both allow.
fn between(
    table: &Table,
    want: &Tree,
    edits: &[Edit],
    course: &[Tree],
) -> Result<(), TestCaseError> {
    let have = &course[0];
    let mut goal = have.clone();
    for leaf in &table.leaves {
        let wanted = get(want, &leaf.path);
        // Of what may be on or off nobody can say, and it is left alone.
        let is_unknown =
            matches!(leaf.form, Form::Switch { .. }) && get(have, &leaf.path).is_null();
        if !wanted.is_null() && !is_unknown {
            let value = match &leaf.form {
                Form::Targets { one_of_each: Some(_), .. } => {
                    singles(choice(wanted, get(have, &leaf.path)))
                }
                _ => observed(leaf, wanted),
            };
            goal.insert(leaf.path.to_string(), value);
        }
    }
    let (before, after) = (allowed(table, have), allowed(table, &goal));
    let either: Allowed = before.union(&after).cloned().collect();
    let both: Allowed = before.intersection(&after).cloned().collect();
    // What one call takes together AWS does together.
    let mut made = 0;
    let calls = table.calls(edits).expect("edits");
    let mut after = Vec::new();
    for call in calls {
        after.push(course[made + call.len()].clone());
        // Of a call that several edits share, one may be held.
        let shared = if call.len() > 1 { made..made + call.len() } else { 0..0 };
        after.extend(shared.map(|held| without(table, &course[made], &edits[made..], held - made)));
        made += call.len();
    }
    for state in after {
        let now = allowed(table, &state);
        prop_assert!(now.is_subset(&either), "allowed in between: {:?}", now.difference(&either));
        prop_assert!(both.is_subset(&now), "denied in between: {:?}", both.difference(&now));
    }
    Ok(())
}

/// The state after all of these edits but one.
fn without(table: &Table, before: &Tree, edits: &[Edit], held: usize) -> Tree {
    let mut state = before.clone();
    let made = edits.iter().enumerate().filter(|(index, _)| *index != held);
    made.for_each(|(_, edit)| table.apply(&mut state, &change(edit)));
    state
}

/// What goes along with a call is a leaf that the call can change, and is as wanted afterwards.
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
            prop_assert!(leaf.is_some_and(shares), "{} goes along with {}", path, &call.says);
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

/// What AWS takes only under a condition is sent only under it.
fn possible(table: &Table, edits: &[Edit], course: &[Tree]) -> Result<(), TestCaseError> {
    for (edit, before) in edits.iter().zip(course) {
        let leaf = table.leaf(&change(edit).path).expect("a row");
        if let Some((path, value)) = &leaf.only_while {
            prop_assert_eq!(get(before, path), value, "AWS refuses: {}", &edit.summary);
        }
    }
    Ok(())
}

/// After the last edit nothing is left to do, and what is managed is as wanted.
fn ends(table: &Table, want: &Tree, have: &Tree, end: &Tree) -> Result<(), TestCaseError> {
    let left = table.diff(&Value::Object(want.clone()), &Value::Object(end.clone()));
    let left = left.expect("states");
    prop_assert!(left.is_empty(), "left to do: {:?}", keys(&left));
    for leaf in &table.leaves {
        let (wanted, live) = (get(want, &leaf.path), get(end, &leaf.path));
        match &leaf.form {
            _ if wanted.is_null() || matches!(leaf.change, How::Argument) => {}
            Form::Targets { one_of_each: Some(_), .. } => {
                one_of_each(wanted, &chosen(get(have, &leaf.path)), &chosen(live))?;
            }
            Form::Set { .. } | Form::Targets { .. } => {
                let [wanted, live] = [wanted, live].map(|set| texts(set).collect::<BTreeSet<_>>());
                prop_assert_eq!(wanted, live, "{}", &leaf.path);
            }
            Form::Switch { .. } | Form::Policy { .. } => {}
            _ => prop_assert_eq!(wanted, live, "{}", &leaf.path),
        }
    }
    Ok(())
}

/// Of alternatives exactly one is used, the one that was in use before if there was one, and nothing else is.
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
        prop_assert!(set.is_disjoint(before) || is_kept, "the one in use of {:?} leaves", &set);
    }
    Ok(())
}

/// The key of an edit is the same whatever else differs.
fn stable(table: &Table, want: &Tree, have: &Tree, edits: &[Edit]) -> Result<(), TestCaseError> {
    for leaf in &table.leaves {
        let mut near = settled(table, want, have);
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
