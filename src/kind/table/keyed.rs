//! Entries of which each has a key and a value: routes by destination, rules by number. Each is an
//! edit of its own, and what one of them does depends on the others that are there.
//!
//! What the entries do together is a question of probes: a packet, an address. For each of them the
//! entries have an outcome, or let nothing through. The edits are put in an order in which no probe
//! has an outcome for a moment that neither side gives it, and none loses one that both sides give
//! it, if there is such an order. Where there is none, letting nothing through comes first.

use serde_json::{Value, json};

use super::{Call, Form, Leaf, LeafEdit, Text, Tree, Verb, diff::Pending};
use crate::{
    kind::{Invalid, Line, Refs, has_placeholder},
    model::Risk,
};

/// What an order is looked for with, at most: how often a probe is held against an entry. That is
/// some tenths of a second. What is found until then stands; in the rest what closes comes first.
const EFFORT: usize = 1_000_000;

/// What a [`Form::Keyed`] is.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// How an entry looks in a manifest: a group.
    pub of: Box<Form>,
    /// Entries as a manifest may have them, some with the key of another: they stand in the schema,
    /// and the laws are checked with them.
    pub examples: fn() -> Vec<Tree>,
    /// How many there can be; what is said of more, with `{count}` and `{max}`, and the way out.
    pub max: (usize, (Text, Text)),
    /// The key and the value of an entry, or what is wrong with it.
    pub entry: fn(&Tree) -> Result<(String, Value), Wrong>,
    /// How an entry reads on one line.
    pub shown: fn(&str, &Value) -> String,
    /// What can have another outcome in one of these two sets of entries than in the other, or in
    /// any that lies between them.
    pub probes: fn(&Tree, &Tree) -> Vec<Value>,
    /// What becomes of a probe; nothing if nothing lets it through.
    pub outcome: fn(&Tree, &Value) -> Option<String>,
    /// What a change of one entry risks: the key, the live value and the wanted one, and which
    /// others there can be meanwhile.
    pub risk: fn(&str, Option<&Value>, Option<&Value>, [&Tree; 2]) -> Risk,
}

/// What is wrong with an entry: the member, why, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The member; empty for the entry as a whole.
    pub member: &'static str,
    /// Why.
    pub why: String,
    /// The way out.
    pub help: String,
}

impl Wrong {
    /// Something wrong with a member.
    pub fn new(member: &'static str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { member, why: why.into(), help: help.into() }
    }

    fn at(self, field: &str) -> Invalid {
        let field = match self.member {
            "" => field.to_owned(),
            member => format!("{field}.{member}"),
        };
        Invalid::new(field, self.why).help(self.help)
    }
}

/// The calls of a [`How::Keyed`].
pub(super) struct Calls<'t> {
    pub(super) add: &'t Call,
    pub(super) replace: &'t Call,
    pub(super) remove: &'t Call,
}

impl Keyed {
    /// From the list of a manifest to the entries of a state.
    pub(super) fn entries(
        &self,
        field: &str,
        list: &Value,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let Form::Group { rows, .. } = self.of.as_ref() else { return json!({}) };
        let mut all = Tree::new();
        for (index, said) in list.as_array().into_iter().flatten().enumerate() {
            let field = format!("{field}[{index}]");
            let mut wrong = Vec::new();
            let members = rows.iter().filter_map(|row| {
                let value = row.wanted(said.get(row.name()), before, refs, &mut wrong)?;
                (!value.is_null()).then(|| (row.name().to_owned(), value))
            });
            let members: Tree = members.collect();
            let is_whole = wrong.is_empty();
            problems.extend(wrong.into_iter().map(|problem| {
                let field = format!("{field}.{}", problem.field);
                Invalid { field, ..problem }
            }));
            match (self.entry)(&members) {
                _ if !is_whole => {}
                Err(wrong) => problems.push(wrong.at(&field)),
                Ok((key, _)) if all.contains_key(&key) => {
                    problems.push(Invalid::new(field, format!("`{key}` occurs twice")));
                }
                Ok((key, value)) => drop(all.insert(key, value)),
            }
        }
        all.sort_keys();
        Value::Object(all)
    }

    /// The lines of a plan for one entry.
    pub(super) fn lines(&self, path: &str, edit: &LeafEdit) -> Vec<Line> {
        let (key, shown) = (edit.entry.as_str(), self.shown);
        match edit.verb {
            Verb::Add => vec![Line::add(format!("{path}: {}", shown(key, &edit.new)))],
            Verb::Remove => vec![Line::remove(format!("{path}: {}", shown(key, &edit.old)))],
            _ => vec![Line::change(
                &format!("{path} {key}"),
                shown(key, &edit.old),
                shown(key, &edit.new),
            )],
        }
    }
}

impl Leaf {
    /// The edits of entries with keys, in a safe order.
    pub(super) fn keyed<'t>(
        &'t self,
        keyed: &Keyed,
        calls: &Calls<'t>,
        (new, old): (&Value, &Value),
    ) -> Vec<Pending<'t>> {
        let (new, old) = (entries(new), entries(old));
        let mut edits = Vec::new();
        // An entry whose key is not known yet may be one that is there.
        let is_known = !new.keys().any(|key| has_placeholder(key));
        for (key, value) in &old {
            match new.get(key) {
                None if !is_known => {}
                None => edits.push((key, Some(value), None)),
                Some(wanted) if wanted != value => edits.push((key, Some(value), Some(wanted))),
                Some(_) => {}
            }
        }
        let come = new.iter().filter(|(key, _)| !old.contains_key(*key));
        edits.extend(come.map(|(key, value)| (key, None, Some(value))));
        let around = [&old, &new];
        let risk = |&(key, old, new): &Change<'_>| (keyed.risk)(key, old, new, around);
        let mut edits: Vec<_> = edits.into_iter().map(|edit| (edit, risk(&edit))).collect();
        // What closes something is tried first.
        edits.sort_by_key(|(_, risk)| risk.opens);
        let order = match Search::new(keyed, around) {
            Some(search) if edits.len() > 1 => search.order(edits),
            _ => edits,
        };
        let pending = |((key, old, new), risk): Risky<'_>| {
            let (verb, call) = match (old, new) {
                (None, _) => (Verb::Add, calls.add),
                (_, None) => (Verb::Remove, calls.remove),
                _ => (Verb::Replace, calls.replace),
            };
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: Some(call.operation.clone().into_owned()),
                verb,
                entry: key.clone(),
                old: old.cloned().unwrap_or_default(),
                new: new.cloned().unwrap_or_default(),
                with: Tree::new(),
            };
            Pending::new(self, edit, Some(call), risk)
        };
        order.into_iter().map(pending).collect()
    }
}

/// The entries of a state.
pub(super) fn entries(value: &Value) -> Tree {
    value.as_object().cloned().unwrap_or_default()
}

/// What an edit makes of the entries of a state.
pub(super) fn apply(state: &mut Tree, edit: &LeafEdit) {
    let mut all = entries(state.get(&edit.path).unwrap_or(&Value::Null));
    if edit.verb == Verb::Remove {
        all.shift_remove(&edit.entry);
    } else {
        all.insert(edit.entry.clone(), edit.new.clone());
    }
    all.sort_keys();
    state.insert(edit.path.clone(), Value::Object(all));
}

/// The key, the live value and the wanted one.
type Change<'a> = (&'a String, Option<&'a Value>, Option<&'a Value>);

/// A change with its risk.
type Risky<'a> = (Change<'a>, Risk);

/// How many probes have what neither side gives them, and how many lose what both do.
type Harm = (usize, usize);

/// A search for an order.
struct Search<'a> {
    keyed: &'a Keyed,
    probes: Vec<Value>,
    old: &'a Tree,
    before: Vec<Option<String>>,
    after: Vec<Option<String>>,
    /// How many states can still be tried.
    trials: usize,
}

impl<'a> Search<'a> {
    /// None where there are so many entries that looking at them once is too much.
    fn new(keyed: &'a Keyed, around: [&'a Tree; 2]) -> Option<Self> {
        let [old, new] = around;
        let probes = (keyed.probes)(old, new);
        let cost = (probes.len() * (old.len() + new.len())).max(1);
        if cost > EFFORT {
            return None;
        }
        let of = |entries: &Tree| -> Vec<_> {
            probes.iter().map(|probe| (keyed.outcome)(entries, probe)).collect()
        };
        let (before, after, trials) = (of(old), of(new), EFFORT / cost);
        Some(Self { keyed, probes, old, before, after, trials })
    }

    fn harm(&mut self, entries: &Tree) -> Harm {
        self.trials = self.trials.saturating_sub(1);
        let mut harm = (0, 0);
        for ((probe, before), after) in self.probes.iter().zip(&self.before).zip(&self.after) {
            let now = (self.keyed.outcome)(entries, probe);
            let is_new = now.is_some() && now != *before && now != *after;
            let is_lost = before.is_some() && before == after && now != *before;
            harm = (harm.0 + usize::from(is_new), harm.1 + usize::from(is_lost && !is_new));
        }
        harm
    }

    fn order(mut self, mut edits: Vec<Risky<'a>>) -> Vec<Risky<'a>> {
        let (old, effort) = (self.old, self.trials);
        let mut done = Vec::with_capacity(edits.len());
        if self.harmless(old, &mut edits.clone(), &mut done) {
            return done;
        }
        // As much again for the least harm, however much the first search took.
        self.trials = effort;
        let (mut now, mut done) = (old.clone(), Vec::with_capacity(edits.len()));
        while self.trials >= edits.len() && !edits.is_empty() {
            let harms: Vec<_> =
                edits.iter().map(|(edit, _)| self.harm(&changed(&now, edit))).collect();
            let least = harms.iter().enumerate().min_by_key(|(_, harm)| **harm);
            let next = edits.remove(least.map_or(0, |(index, _)| index));
            now = changed(&now, &next.0);
            done.push(next);
        }
        done.extend(edits);
        done
    }

    /// Whether what is left can be done without harm; then `done` has the order.
    fn harmless(
        &mut self,
        now: &Tree,
        left: &mut Vec<Risky<'a>>,
        done: &mut Vec<Risky<'a>>,
    ) -> bool {
        if left.is_empty() {
            return true;
        }
        for index in 0..left.len() {
            let next = changed(now, &left[index].0);
            if self.trials == 0 {
                return false;
            }
            if self.harm(&next) != (0, 0) {
                continue;
            }
            let edit = left.remove(index);
            done.push(edit);
            if self.harmless(&next, left, done) {
                return true;
            }
            done.pop();
            left.insert(index, edit);
        }
        false
    }
}

fn changed(now: &Tree, (key, _, new): &Change<'_>) -> Tree {
    let mut next = now.clone();
    match new {
        Some(value) => drop(next.insert((*key).clone(), (*value).clone())),
        None => drop(next.shift_remove(*key)),
    }
    next
}

#[cfg(test)]
mod tests {
    use super::{super::How, *};
    use crate::kinds::route_table;

    fn tree(entries: &[(&str, &str)]) -> Tree {
        entries.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
    }

    /// The keys of the edits, in their order, each with what happens to it.
    fn order(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let table = route_table::table();
        let routes = table.leaf("routes").expect("a row");
        let (Form::Keyed(keyed), How::Keyed { add, replace, remove }) =
            (&routes.form, &routes.change)
        else {
            panic!("entries with keys");
        };
        let calls = Calls { add, replace, remove };
        let (new, old) = (Value::Object(tree(new)), Value::Object(tree(old)));
        let edits = routes.keyed(keyed, &calls, (&new, &old));
        let shown = |it: &Pending<'_>| format!("{:?} {}", it.edit.verb, it.edit.entry);
        edits.iter().map(shown).collect()
    }

    #[test]
    fn what_is_wider_goes_after_what_is_narrower_has_come() {
        // Without the narrow route, what it takes would go to the wide one's target for a moment.
        assert_eq!(
            order(
                &[("10.0.0.0/8", "tgw-1"), ("10.1.0.0/16", "pcx-1")],
                &[("0.0.0.0/0", "nat-1"), ("10.0.0.0/8", "tgw-1"), ("10.1.0.0/16", "pcx-1")],
            ),
            ["Add 0.0.0.0/0"]
        );
        assert_eq!(
            order(&[("0.0.0.0/0", "igw-1")], &[("0.0.0.0/0", "nat-1"), ("10.0.0.0/8", "tgw-1")]),
            ["Add 10.0.0.0/8", "Replace 0.0.0.0/0"]
        );
    }

    #[test]
    fn an_exit_closes_before_another_one_opens() {
        assert_eq!(
            order(&[("0.0.0.0/0", "igw-1")], &[("192.168.0.0/16", "pcx-1")]),
            ["Remove 0.0.0.0/0", "Add 192.168.0.0/16"]
        );
    }

    #[test]
    fn a_narrow_route_goes_once_the_wide_one_leads_where_it_led() {
        assert_eq!(
            order(&[("10.0.0.0/8", "pcx-1"), ("10.1.0.0/16", "tgw-1")], &[("10.0.0.0/8", "tgw-1")],),
            ["Replace 10.0.0.0/8", "Remove 10.1.0.0/16"]
        );
    }

    #[test]
    fn of_more_entries_than_can_be_tried_what_closes_comes_first() {
        const MANY: u32 = 600;
        let routes = |from: u32| -> Vec<String> {
            (from..from + MANY).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect()
        };
        let (old, new) = (routes(0), routes(MANY));
        fn pairs(all: &[String]) -> Vec<(&str, &str)> {
            all.iter().map(|to| (to.as_str(), "tgw-1")).collect()
        }
        let order = order(&pairs(&old), &pairs(&new));
        let (gone, come) = order.split_at(MANY as usize);
        assert_eq!((gone.len(), come.len()), (600, 600));
        assert!(gone.iter().all(|edit| edit.starts_with("Remove")));
        assert!(come.iter().all(|edit| edit.starts_with("Add")));
    }
}
