//! Assignments as entries with keys: the permission set, whether a user or a group has it, and
//! which one. Nothing of an assignment ever changes, and none depends on another.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::leaves::{ACCOUNT, ASSIGNMENTS};
use crate::{
    aws::identity_center::ADMINISTERS,
    kind::{
        Invalid, Lookup, LookupKind, Reach, Refs, has_placeholder,
        table::{Tree, Wrong, get},
    },
    model::Risk,
};

/// The members of an entry's value: the permission set by name, and who has it. Plans show them.
pub(super) const SET: &str = "set";
pub(super) const WHO: &str = "who";
/// The member that says that the permission set is not known by its id yet, but by its name.
const NAMED: &str = "named";
/// The parts of a key between which AWS's words for users and groups stand.
const SORTS: [(&str, &str); 2] = [("group", "GROUP"), ("user", "USER")];
/// What every account can have: permission sets in one account (Identity Center quotas), with a few
/// users and groups each. More are made as well; AWS says so.
const IN_EVERY_ACCOUNT: usize = 50;

/// Assignments as manifests write them.
pub(super) fn examples() -> Vec<Tree> {
    let set = |id: &str| format!("arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/{id}");
    let entry = |(id, sort, who): (&str, &str, &str)| {
        let members = [("permissionSet", set(id)), (sort, who.to_owned())];
        members.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    };
    let (jane, team) =
        ("906763bfa0-11111111-2222-3333-4444-555555555555", "12345678-1111-2222-3333-444444444444");
    [
        ("ps-1111111111111111", "group", team),
        ("ps-1111111111111111", "user", jane),
        ("ps-2222222222222222", "group", team),
        ("ps-2222222222222222", "user", jane),
    ]
    .map(entry)
    .into()
}

/// The key: AWS compares nothing else.
pub(super) fn key(set: &str, sort: &str, who: &str) -> String {
    format!("{set} {sort} {who}")
}

/// The last part of a permission set's ARN.
pub(super) fn id_of(set: &str) -> &str {
    set.rsplit('/').next().unwrap_or_default()
}

/// The ARN of the permission set, `USER` or `GROUP`, and the id of the user or group.
pub(super) fn parts(key: &str) -> Option<(&str, &str, &str)> {
    let at = |sort: &'static str| {
        let (set, who) = key.split_once(&format!(" {sort} "))?;
        Some((set, sort, who))
    };
    let found = SORTS.into_iter().filter_map(|(_, sort)| at(sort));
    // A name can have the word in it, too.
    found.min_by_key(|(set, ..)| set.len())
}

/// Key and value of an assignment in a manifest, with the names in it.
pub(super) fn entry(members: &Tree) -> Result<(String, Value), Wrong> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let said: Vec<_> =
        SORTS.iter().filter_map(|(name, sort)| Some((*name, *sort, text(name)?))).collect();
    let help = "write {permissionSet: …, group: …}, or user";
    let [(name, sort, who)] = said[..] else {
        let why = if said.is_empty() { "nobody gets it" } else { "both a user and a group" };
        return Err(Wrong::new("", why, help));
    };
    let set = text("permissionSet").unwrap_or_default();
    if set.starts_with("arn:") && !set.contains(":permissionSet/") {
        let help = "write the name of a permission set, or its ARN";
        return Err(Wrong::new("permissionSet", format!("`{set}` is no permission set"), help));
    }
    let is_named = !set.contains(':') && !has_placeholder(set);
    let shown = if is_named { set } else { id_of(set) };
    let mut value = json!({SET: shown, WHO: format!("{name} {who}")});
    if is_named {
        value[NAMED] = true.into();
    }
    Ok((key(set, sort, who), value))
}

/// An assignment as a manifest says it.
pub(super) fn members(key: &str, _: &Value) -> Tree {
    let Some((set, sort, who)) = parts(key) else { return Tree::new() };
    let name = SORTS.iter().find(|(_, it)| *it == sort).map_or("user", |(name, _)| name);
    Tree::from_iter([("permissionSet".to_owned(), json!(set)), (name.to_owned(), json!(who))])
}

/// An assignment on one line.
pub(super) fn shown(key: &str, value: &Value) -> String {
    let text = |name| value[name].as_str().unwrap_or_default();
    let (set, _, who) = parts(key).unwrap_or((key, "", ""));
    let id = |id: &str, in_name: &str| match id {
        _ if in_name.contains(id) || has_placeholder(id) => String::new(),
        id => format!(" ({id})"),
    };
    let warning =
        if value[ADMINISTERS] == true { ", who can then do everything there" } else { "" };
    let (name, whose) = (text(SET), text(WHO));
    format!("{name}{} for {whose}{}{warning}", id(id_of(set), name), id(who, whose))
}

/// Every assignment is a question of its own.
pub(super) fn probes(old: &Tree, new: &Tree) -> Vec<Value> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    keys.into_iter().map(|key| json!(key)).collect()
}

/// Whether each is there.
pub(super) fn outcomes(entries: &Tree, probes: &[Value]) -> Vec<Option<String>> {
    let is_there = |probe: &Value| probe.as_str().is_some_and(|key| entries.contains_key(key));
    probes.iter().map(|probe| is_there(probe).then(|| "assigned".to_owned())).collect()
}

/// Whether every account can have so many.
pub(super) fn fits(entries: &Tree) -> bool {
    let sets: BTreeSet<_> = entries.keys().filter_map(|key| parts(key)).map(|it| it.0).collect();
    sets.len() <= IN_EVERY_ACCOUNT
}

/// One that is given lets somebody in; one that is taken away does not.
pub(super) fn risk(_: &str, old: Option<&Value>, new: Option<&Value>, _: [&Tree; 2]) -> Risk {
    match (old, new) {
        (None, _) => Risk::LOOSENS,
        (_, None) => Risk::TIGHTENS,
        _ => Risk::REPLACES,
    }
}

/// Whether a live assignment may be the one of which a part is not known yet.
pub(super) fn may_be(unknown: &str, live: &str) -> bool {
    let (Some(unknown), Some(live)) = (parts(unknown), parts(live)) else { return true };
    let fits = |unknown: &str, live: &str| has_placeholder(unknown) || unknown == live;
    fits(unknown.0, live.0) && unknown.1 == live.1 && fits(unknown.2, live.2)
}

/// The roles of Identity Center in the account exist as long as somebody is assigned.
pub(super) fn reach(state: &Tree) -> Option<Reach> {
    let entries = get(state, ASSIGNMENTS).as_object()?;
    let sets = entries.values().filter_map(|value| value[SET].as_str().map(str::to_owned));
    let account = get(state, ACCOUNT).as_str().unwrap_or_default().to_owned();
    Some(Reach::Assignments { account, sets: sets.collect() })
}

/// Finds out whom and what the names stand for.
pub(super) fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let Some(Value::Object(said)) = want.get(ASSIGNMENTS) else { return };
    let mut known = Tree::new();
    for (key, value) in said {
        let (key, value) = resolved(key, value, refs);
        if known.contains_key(&key) {
            let why = format!("`{}` occurs twice", shown(&key, &value));
            problems.push(Invalid::new(ASSIGNMENTS, why).help("keep one"));
        }
        known.insert(key, value);
    }
    known.sort_keys();
    want.insert(ASSIGNMENTS.to_owned(), Value::Object(known));
}

fn resolved(said: &str, value: &Value, refs: &mut Refs<'_>) -> (String, Value) {
    let Some((set, sort, who)) = parts(said) else { return (said.to_owned(), value.clone()) };
    let find = |refs: &mut Refs<'_>, kind, name: &str| {
        let lookup = Lookup { name: Some(name.to_owned()), ..Lookup::default() };
        refs.find_one(ASSIGNMENTS, kind, &lookup, None)
    };
    let named = value[NAMED] == true;
    let mut value = json!({SET: value[SET], WHO: value[WHO]});
    let set = if named {
        let found = find(refs, LookupKind::PermissionSet, set);
        if found.attributes.contains_key(ADMINISTERS) {
            value[ADMINISTERS] = true.into();
        }
        found.id
    } else {
        // What is shown of an ARN follows from it: an approval is of the reference.
        if let Some(placeholder) = refs.placeholder_of(set) {
            refs.filled(id_of(set).to_owned(), id_of(&placeholder).to_owned());
        }
        set.to_owned()
    };
    let kind = match sort {
        "USER" => LookupKind::IdentityUser,
        _ => LookupKind::IdentityGroup,
    };
    let who = if is_id(who) { who.to_owned() } else { find(refs, kind, who).id };
    (key(&set, sort, &who), value)
}

/// Whether a text has the form of the id of a user or group: a GUID, with ten digits before it in
/// older identity stores (Identity Store API reference, `ResourceId`).
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let guid = match parts.len() {
        6 if parts[0].len() == 10 => &parts[1..],
        _ => &parts[..],
    };
    let lengths: Vec<usize> = guid.iter().map(|part| part.len()).collect();
    let hexadecimal = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(hexadecimal)
}
