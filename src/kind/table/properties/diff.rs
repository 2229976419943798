//! What differs, by path, and what changing it risks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Members, Properties, Property, Sort, Word, below, same};
use crate::{
    kind::{
        Guarded, Line, has_placeholder, policy_lines,
        table::{Call, Form, Leaf, LeafEdit, Tree, Verb, diff::Pending, policy, tree},
    },
    model::{
        Risk,
        policy_document::{Context, Dialect, diff, equivalent},
    },
};

/// One difference: what stands at a path is to be replaced as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The names from the top, joined by dots.
    pub path: String,
    /// The live value; `null` if there is none.
    pub old: Value,
    /// What is to be there; `null` for none.
    pub new: Value,
    /// What the change risks; impossible if AWS never makes it.
    pub risk: Risk,
}

impl Properties {
    /// What differs between what a manifest names and what is there.
    pub fn differences(&self, want: &Value, have: &Value, context: &Context) -> Vec<Difference> {
        let mut found = Vec::new();
        for (path, old) in self.instead(want, have) {
            if let Some(property) = self.at(&path) {
                let risk = property.risk_between(&old, &Value::Null, context);
                let risk = if property.has_fixed() { Risk::IMPOSSIBLE } else { risk };
                found.push(Difference { path, old, new: Value::Null, risk });
            }
        }
        let empty = Map::new();
        let want = want.as_object().unwrap_or(&empty);
        let have = have.as_object().unwrap_or(&empty);
        compare(&self.members, want, have, "", context, &mut found);
        if self.open {
            let known = |name: &str| self.members.contains_key(name);
            let others = want.iter().filter(|(name, _)| !known(name));
            let others = others.map(|(name, value)| (name.clone(), value.clone())).collect();
            compare_unknown(&others, have, "", context, &mut found);
        }
        found
    }

    /// What a resource with these properties lets people do that did not exist before.
    pub fn risk_of_creating(&self, want: &Value, context: &Context) -> Risk {
        let all = self.differences(want, &Value::Null, context);
        let unseen = self.unseen(want).into_iter().filter_map(|(path, value)| {
            Some(self.at(&path)?.risk_between(&Value::Null, &value, context))
        });
        // What can never be changed can be chosen.
        let all = all.into_iter().map(|it| Risk { impossible: false, ..it.risk });
        all.chain(unseen).collect()
    }

    /// The lines of a plan for a difference in this part, which the plan names by its path.
    pub(in crate::kind::table) fn lines(
        &self,
        part: &str,
        path: &str,
        (old, new): (&Value, &Value),
        context: &Context,
    ) -> Vec<Line> {
        if let Some(Property { sort: Sort::Policy(dialect), .. }) = self.at(part) {
            let [old, new] = [old, new].map(|value| Some(value).filter(|it| !it.is_null()));
            return one_policy(path, (old, new), *dialect, context);
        }
        if let Some((name, policy)) = self.at(part).and_then(named_policies) {
            return name_by_name((name, policy), path, (old, new), context);
        }
        let quotes = says_policy(old) || says_policy(new);
        vec![Line { quotes, ..Line::change(path, shown(old), shown(new)) }]
    }
}

/// Whether a value has a policy in it, at whatever depth.
fn says_policy(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.contains_key("Statement") || members.values().any(says_policy)
        }
        Value::Array(items) => items.iter().any(says_policy),
        _ => false,
    }
}

/// The lines of a plan for a policy that is added, removed or changed.
fn one_policy(
    place: &str,
    (old, new): (Option<&Value>, Option<&Value>),
    dialect: Dialect,
    context: &Context,
) -> Vec<Line> {
    let none = json!({"Version": "2012-10-17", "Statement": []});
    let [live, wanted] = [old, new].map(|it| same::policy(it.unwrap_or(&none), dialect));
    let (Some(live), Some(wanted)) = (live, wanted) else {
        return vec![Line::change(place, "a policy that palisade cannot read", "as wanted")];
    };
    let mut lines = match (old, new) {
        (None, _) => vec![Line::add(format!("{place}: a policy"))],
        (_, None) => vec![Line::remove(format!("{place}: a policy"))],
        _ => vec![Line::change(place, "a policy", "another policy")],
    };
    lines.extend(policy_lines(&diff(&live, &wanted, context), 2));
    lines
}

/// The member with the name and the member with the policy, where the items of a list are policies
/// with names.
fn named_policies(property: &Property) -> Option<(&str, (&str, Dialect))> {
    let Sort::List { of, .. } = &property.sort else { return None };
    let Sort::Object(members) = &of.sort else { return None };
    let name = members.iter().find(|(_, it)| matches!(it.sort, Sort::Text))?.0;
    let policy = members.iter().find_map(|(member, it)| match it.sort {
        Sort::Policy(dialect) => Some((member.as_ref(), dialect)),
        _ => None,
    })?;
    Some((name, policy))
}

/// The lines of a plan for a list of policies with names: each by what differs in it.
fn name_by_name(
    (name, (member, dialect)): (&str, (&str, Dialect)),
    path: &str,
    (old, new): (&Value, &Value),
    context: &Context,
) -> Vec<Line> {
    let [old, new] = [old, new].map(|list| -> BTreeMap<&str, &Value> {
        let items = list.as_array().into_iter().flatten();
        items.filter_map(|item| Some((item.get(name)?.as_str()?, item.get(member)?))).collect()
    });
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let same = |(old, new): (Option<&Value>, Option<&Value>)| {
        let read = |value: Option<&Value>| same::policy(value?, dialect);
        let (old, new) = (read(old), read(new));
        old.zip(new).is_some_and(|(old, new)| equivalent(&old, &new, context))
    };
    let both = |name| (name, (old.get(name).copied(), new.get(name).copied()));
    let differ = names.into_iter().map(both).filter(|(_, both)| !same(*both));
    let lines = differ
        .flat_map(|(name, both)| one_policy(&format!("{path}[{name}]"), both, dialect, context));
    lines.collect()
}

/// A value on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(
    members: &Members,
    want: &Map<String, Value>,
    have: &Map<String, Value>,
    path: &str,
    context: &Context,
    found: &mut Vec<Difference>,
) {
    for (name, want) in want {
        let path = below(path, name);
        let have = have.get(name).unwrap_or(&Value::Null);
        // Unknown names are refused when the manifest is read.
        let Some(property) = members.get(name.as_str()) else { continue };
        if property.unseen || property.is_same(want, have, context) {
            continue;
        }
        match (&property.sort, want, have) {
            (Sort::Object(inner), Value::Object(want), Value::Object(have)) if !property.fixed => {
                compare(inner, want, have, &path, context, found);
            }
            _ => {
                let new = property.written(want, have, context);
                // Nothing is sent at or above what AWS never changes.
                let risk = if property.has_fixed() {
                    Risk::IMPOSSIBLE
                } else {
                    property.risk_between(have, &new, context)
                };
                found.push(Difference { path, old: have.clone(), new, risk });
            }
        }
    }
}

/// Compares what nothing is known about, member by member.
fn compare_unknown(
    want: &Map<String, Value>,
    have: &Map<String, Value>,
    path: &str,
    context: &Context,
    found: &mut Vec<Difference>,
) {
    let any = Property::new(Sort::Any);
    for (name, want) in want {
        let path = below(path, name);
        let have = have.get(name).unwrap_or(&Value::Null);
        match (want, have) {
            _ if any.is_same(want, have, context) => {}
            (Value::Object(want), Value::Object(have)) => {
                compare_unknown(want, have, &path, context, found);
            }
            _ => found.push(Difference {
                path,
                old: have.clone(),
                new: want.clone(),
                risk: Risk::LOOSENS,
            }),
        }
    }
}

impl Property {
    /// What is written where it differs: of an item of a list that is as wanted, what AWS has, so
    /// that what the manifest does not name stays; of the others, what the manifest names.
    fn written(&self, want: &Value, have: &Value, context: &Context) -> Value {
        match (&self.sort, want) {
            (Sort::List { of, ordered, .. }, Value::Array(wanted)) => {
                let live = have.as_array().map_or(&[][..], Vec::as_slice);
                let found = same::pairs(of, *ordered, wanted, live, context).unwrap_or_default();
                let kept = |item: usize| found.iter().find(|(wanted, _)| *wanted == item);
                let items = wanted.iter().enumerate().map(|(item, want)| match kept(item) {
                    Some((_, live_item)) => of.accepted(&live[*live_item]),
                    None => of.written(want, &Value::Null, context),
                });
                items.collect()
            }
            (Sort::Object(members), Value::Object(wanted)) => {
                let named = wanted.iter().filter(|(_, want)| !want.is_null());
                let written = named.map(|(name, want)| {
                    let have = have.get(name).unwrap_or(&Value::Null);
                    let value = match members.get(name.as_str()) {
                        Some(property) => property.written(want, have, context),
                        None => want.clone(),
                    };
                    (name.clone(), value)
                });
                written.collect::<Map<_, _>>().into()
            }
            // A map without known names: what the manifest does not name stays.
            (Sort::Any, Value::Object(wanted)) => {
                let mut all = have.as_object().cloned().unwrap_or_default();
                for (name, value) in wanted {
                    if value.is_null() {
                        all.shift_remove(name);
                    } else {
                        all.insert(name.clone(), value.clone());
                    }
                }
                Value::Object(all)
            }
            _ => self.sent(want),
        }
    }

    /// A live value without what AWS fills in and refuses in requests.
    fn accepted(&self, live: &Value) -> Value {
        match (&self.sort, live) {
            (Sort::Object(members), Value::Object(all)) => {
                let is_accepted = |name: &str| !members.get(name).is_some_and(|it| it.read_only);
                let kept = all.iter().filter(|(name, _)| is_accepted(name));
                let kept = kept.map(|(name, value)| {
                    let value = match members.get(name.as_str()) {
                        Some(property) => property.accepted(value),
                        None => value.clone(),
                    };
                    (name.clone(), value)
                });
                kept.collect::<Map<_, _>>().into()
            }
            (Sort::List { of, .. }, Value::Array(items)) => {
                items.iter().map(|item| of.accepted(item)).collect()
            }
            _ => live.clone(),
        }
    }

    /// What a change risks: the risks of everything in it that differs.
    fn risk_between(&self, old: &Value, new: &Value, context: &Context) -> Risk {
        match (&self.sort, &self.risk) {
            (_, Word::Judged(judge)) => judge(old, new, context),
            (Sort::Object(members), _) if old.is_object() || new.is_object() => {
                let empty = Map::new();
                let [old, new] = [old, new].map(|it| it.as_object().unwrap_or(&empty));
                let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
                let of = |name: &String| {
                    let [old, new] = [old, new].map(|it| it.get(name).unwrap_or(&Value::Null));
                    match members.get(name.as_str()) {
                        _ if old == new => Risk::NEUTRAL,
                        Some(member) if member.read_only => Risk::NEUTRAL,
                        Some(member) => member.risk_between(old, new, context),
                        None => Risk::LOOSENS,
                    }
                };
                names.into_iter().map(of).collect()
            }
            (_, Word::Always(risk)) => *risk,
            (_, Word::Towards { value, there, back }) => {
                if self.is_same(value, new, context) {
                    *there
                } else {
                    *back
                }
            }
            (Sort::Policy(dialect), Word::Meaning) => {
                match (same::policy(old, *dialect), same::policy(new, *dialect)) {
                    (Some(live), Some(wanted)) => diff(&live, &wanted, context).widening.risk(),
                    _ => Risk::REPLACES,
                }
            }
            (_, Word::Meaning) => Risk::REPLACES,
        }
    }
}

/// A row of properties in a table.
impl Leaf {
    /// An edit for each difference, all of them in one call.
    pub(in crate::kind::table) fn properties<'t>(
        &'t self,
        properties: &Properties,
        call: &'t Call,
        (new, old): (&Value, &Value),
        want: &Tree,
    ) -> Vec<Pending<'t>> {
        let differences = properties.differences(new, old, &policy::context(want));
        let unseen = properties.unseen(new).into_iter();
        let with: Tree = unseen.map(|(path, value)| (below(&self.path, &path), value)).collect();
        let edits = differences.into_iter().filter_map(|Difference { path, old, new, risk }| {
            // What is not known yet may equal the live value.
            if risk.impossible && has_placeholder(&new.to_string()) {
                return None;
            }
            let call = (!risk.impossible).then_some(call);
            let is_policy = properties.is_policy(&path);
            let edit = LeafEdit {
                path: below(&self.path, &path),
                operation: call.map(|call| call.operation.clone().into_owned()),
                verb: Verb::Set,
                entry: String::new(),
                old: if is_policy { Value::Null } else { old },
                new,
                with: with.clone(),
            };
            Some(Pending::new(self, edit, call, risk))
        });
        edits.collect()
    }

    /// Whether an edit writes a policy document as a whole.
    pub(in crate::kind::table) fn replaces_policy(&self, edit: &LeafEdit) -> bool {
        match &self.form {
            Form::Policy { .. } => true,
            Form::Properties(properties) => properties.is_policy(self.part(edit)),
            _ => false,
        }
    }

    /// What of an edit's path is below the row's own.
    pub(in crate::kind::table) fn part<'e>(&self, edit: &'e LeafEdit) -> &'e str {
        let rest = edit.path.strip_prefix(self.path.as_ref()).unwrap_or(&edit.path);
        rest.trim_start_matches('.')
    }
}

impl Properties {
    fn is_policy(&self, path: &str) -> bool {
        matches!(self.at(path), Some(Property { sort: Sort::Policy(_), .. }))
    }

    /// The policies of a state that can lock somebody out.
    pub(in crate::kind::table) fn guards(&self, value: &Value, state: &Tree) -> Vec<Guarded> {
        let (Some(reach), Some(value)) = (self.reach, value.as_object()) else {
            return Vec::new();
        };
        let there = self.policies().into_iter().filter_map(|(path, dialect)| {
            let document = tree::at(value, &path).filter(|document| !document.is_null())?;
            let document = same::policy(document, dialect);
            Some(Guarded { document, reach: reach(state) })
        });
        there.collect()
    }
}
