//! Everything that is wrong with the settings, at once.
//!
//! Reading them ends at the first error. So what is wrong is taken out, and the rest is read again,
//! until nothing is wrong. What an error says of something around a part that was taken out (a
//! member is missing there, a scope is unknown) follows from that, and is not told.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    Overrides, Settings, SettingsError,
    file::{File, invalid, unreadable},
};
use crate::manifest::{settings_in, tags_in, typed_value, unfilled_in};

/// More errors than anybody corrects before he looks again.
const MOST: usize = 50;

/// All errors in their order in the file; none if not even the first can be taken out.
pub(super) fn every(path: Option<&Path>, text: &str, flags: &Overrides) -> Vec<SettingsError> {
    let named = path.unwrap_or_else(|| Path::new(""));
    let tags = tags_in(text);
    if !tags.is_empty() {
        return tags.into_iter().map(|tag| unreadable(named, tag)).collect();
    }
    let Ok(Some(value)) = settings_in(text) else { return Vec::new() };
    let mut rest = Rest { value, taken: BTreeSet::new(), gone: BTreeMap::new() };
    let mut found = Vec::new();
    for _ in 0..MOST {
        let Err(error) = rest.read(flags) else { break };
        let field = rest.as_written(&error.field);
        let here = error.field.clone();
        if !rest.follows(&field) {
            found.push(SettingsError { field, ..error }.at(path, text, flags));
        }
        if !rest.take_out(&here) {
            break;
        }
    }
    let place = |error: &SettingsError| error.origin.as_ref().map(|it| (it.line, it.column));
    found.sort_by_key(place);
    found
}

/// What is left of the settings.
struct Rest {
    value: Value,
    /// The paths of what was taken out, as they are in the file.
    taken: BTreeSet<String>,
    /// The numbers of items that were taken out of lists, by the lists' paths.
    gone: BTreeMap<String, BTreeSet<usize>>,
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

impl Rest {
    fn read(&self, flags: &Overrides) -> Result<Settings, SettingsError> {
        if let Some(wrong) = unfilled_in(&self.value).into_iter().next() {
            return Err(invalid(wrong));
        }
        let file: File = typed_value(&self.value).map_err(invalid)?;
        Settings::merge(file, flags)
    }

    /// Whether an error is about something around, or in the place of, what was taken out.
    fn follows(&self, field: &str) -> bool {
        let is_around = |taken: &String| {
            let below = taken.strip_prefix(field);
            below.is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
        };
        self.taken.iter().any(is_around)
    }

    /// The steps to the deepest thing of a path that is there, and the rest of the path. Names of
    /// scopes can have dots in them.
    fn steps<'p>(&self, path: &'p str) -> (Vec<Step>, &'p str) {
        let (mut at, mut rest, mut steps) = (&self.value, path, Vec::new());
        loop {
            let inner = rest.strip_prefix('.').unwrap_or(rest);
            let next = match at {
                Value::Object(members) => {
                    let is_next = |key: &&String| {
                        let after = inner.strip_prefix(key.as_str());
                        after.is_some_and(|it| it.is_empty() || it.starts_with(['.', '[']))
                    };
                    let key = members.keys().filter(is_next).max_by_key(|key| key.len());
                    key.map(|key| (&members[key], Step::Key(key.clone()), &inner[key.len()..]))
                }
                Value::Array(items) => {
                    let number = rest.strip_prefix('[').and_then(|it| it.split_once(']'));
                    number.and_then(|(number, after)| {
                        let index = number.parse().ok()?;
                        Some((items.get(index)?, Step::Index(index), after))
                    })
                }
                _ => None,
            };
            let Some((value, step, after)) = next else { return (steps, rest) };
            steps.push(step);
            (at, rest) = (value, after);
        }
    }

    /// A path as it is in the file: items have other numbers there once one before them is gone.
    fn as_written(&self, path: &str) -> String {
        let (steps, rest) = self.steps(path);
        format!("{}{rest}", self.written(&steps))
    }

    fn written(&self, steps: &[Step]) -> String {
        let mut path = String::new();
        for step in steps {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.push_str(&format!(".{key}")),
                Step::Index(index) => {
                    let gone = self.gone.get(&path);
                    let is_there = |number: &usize| gone.is_none_or(|gone| !gone.contains(number));
                    let number = (0..).filter(is_there).nth(*index).unwrap_or(*index);
                    path.push_str(&format!("[{number}]"));
                }
            }
        }
        path
    }

    /// Takes out what an error is about; says whether anything has changed.
    fn take_out(&mut self, path: &str) -> bool {
        if path == OWNER {
            self.taken.insert(OWNER.to_owned());
            return self.put(OWNER, json!("owner"));
        }
        let (mut steps, _) = self.steps(path);
        if let [Step::Key(scopes), Step::Key(name), inner @ ..] = &steps[..]
            && scopes == SCOPES
        {
            let is_needed =
                |step: &Step| matches!(step, Step::Key(key) if NEEDED.contains(&key.as_str()));
            if inner.first().is_none_or(is_needed) {
                self.taken.insert(self.written(&steps[..2]));
                let some = json!({"account": "111122223333", "region": "eu-west-1"});
                let (name, scope) = (name.clone(), &mut self.value[SCOPES][name]);
                if *scope != some {
                    *scope = some;
                    return true;
                }
                self.forget_scope(&name);
                steps.truncate(2);
            }
        }
        if matches!(&steps[..], [Step::Key(scopes)] if scopes == SCOPES) {
            self.forget_scopes();
        }
        let taken = self.written(&steps);
        let Some(last) = steps.pop() else { return false };
        let mut around = &mut self.value;
        for step in &steps {
            around = match step {
                Step::Key(key) => &mut around[key.as_str()],
                Step::Index(index) => &mut around[*index],
            };
        }
        match (last, around) {
            (Step::Key(key), Value::Object(members)) => drop(members.shift_remove(&key)),
            (Step::Index(index), Value::Array(items)) if index < items.len() => {
                items.remove(index);
                let number = taken.rsplit_once('[').and_then(|(_, it)| it.strip_suffix(']'));
                let number = number.and_then(|it| it.parse().ok()).unwrap_or(index);
                self.gone.entry(self.written(&steps)).or_default().insert(number);
            }
            _ => return false,
        }
        self.taken.insert(taken);
        true
    }

    fn put(&mut self, key: &str, value: Value) -> bool {
        match &mut self.value {
            Value::Object(members) => members.insert(key.to_owned(), value.clone()) != Some(value),
            _ => false,
        }
    }

    /// That others name a scope which was taken out is no error of theirs.
    fn forget_scope(&mut self, name: &str) {
        if self.value[DEFAULT].as_str() == Some(name) {
            self.forget_default();
        }
        for target in self.targets() {
            if let Some(scopes) = target.get_mut(SCOPES).and_then(Value::as_array_mut) {
                scopes.retain(|scope| scope.as_str() != Some(name));
            }
        }
    }

    fn forget_scopes(&mut self) {
        self.forget_default();
        for target in self.targets() {
            if let Value::Object(target) = target {
                target.shift_remove(SCOPES);
            }
        }
    }

    fn targets(&mut self) -> impl Iterator<Item = &mut Value> {
        self.value.get_mut(NOTIFY).and_then(Value::as_array_mut).into_iter().flatten()
    }

    fn forget_default(&mut self) {
        if let Value::Object(members) = &mut self.value {
            members.shift_remove(DEFAULT);
        }
    }
}

const OWNER: &str = "owner";
const SCOPES: &str = "scopes";
const DEFAULT: &str = "defaultScope";
const NOTIFY: &str = "notify";
/// Without these there is no scope, and in another account or Region its other members mean
/// something else.
const NEEDED: [&str; 2] = ["account", "region"];

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let errors = every(Some(Path::new("p.yaml")), text, &Overrides::default());
        errors.iter().map(SettingsError::line).collect()
    }

    #[test]
    fn every_error_is_told_once_with_its_place_in_the_order_of_the_file() {
        let text = "\
owner: my team
intervall: 60s
interval: 1ms
gate: {deletesPercent: 101, changesPercent: x}
scopes:
  prod: {account: '1', region: eu-west-1, assumeRole: {}}
  test.eu: {account: '111122223333', region: eu-west-1, daemonRole: x, events: {queueUrl: q}}
  a/b: {account: '111122223333', region: Ireland}
defaultScope: a/b
breakGlassRoles: [admin, 'arn:aws:iam::111122223333:role/b', root]
notify:
  - {name: a, slack: {url: {env: A}}, scopes: [prod, nowhere]}
  - {name: b}
  - {name: c, severity: loud, slack: {url: {env: A}}}
rules: {SG-99: warn}
server: {listen: '9464', token: '{{ x }}'}
";
        let errors = all(text);
        let places: Vec<&str> = errors.iter().map(|it| it.split(": ").nth(1).unwrap()).collect();
        let wanted = [
            "owner",
            "intervall",
            "interval",
            "gate.deletesPercent",
            "gate.changesPercent",
            "scopes.prod.account",
            "scopes.test.eu.daemonRole",
            "scopes.test.eu.events.queueUrl",
            "scopes.a/b",
            "breakGlassRoles[0]",
            "breakGlassRoles[2]",
        ];
        let has = |field: &&&str| places.contains(*field);
        let missing: Vec<_> = wanted.iter().filter(|it| !has(it)).collect();
        assert!(missing.is_empty(), "{missing:?} of {errors:#?}");
        for field in ["notify[0]", "notify[1]", "notify[2]", "rules.SG-99", "server.token"] {
            let is_there = places.iter().filter(|it| it.starts_with(field)).count() == 1;
            assert!(is_there, "{field}: {errors:#?}");
        }
        let once: BTreeSet<_> = errors.iter().collect();
        assert_eq!(once.len(), errors.len(), "{errors:#?}");
        let lines: Vec<u64> =
            errors.iter().map(|it| it.split(':').nth(1).unwrap().parse().unwrap()).collect();
        assert!(lines.is_sorted(), "{errors:#?}");
        assert!(!places.contains(&"defaultScope"), "it names a scope that has its own error");
    }

    #[test]
    fn what_follows_from_an_error_is_not_told_too() {
        let one = |text: &str| assert_eq!(all(text).len(), 1, "{text}: {:?}", all(text));
        one("owner: x\nscopes: {prod: {acount: '111122223333', region: eu-west-1}}");
        one("owner: x\nscopes: [a]\ndefaultScope: a\nnotify: [{name: a, slack: {url: {env: A}}, \
             scopes: [a]}]");
        one("owner: x\nidentity: {path: '/', boundary: 'arn:aws:iam::111122223333:policy/b'}");
        one("owner: x\nscopes: {prod: {account: '1', region: eu-west-1}}\ndefaultScope: prod");
        one("owner: x\nscopes: {prod: {account: '111122223333', region: eu-west-1, assumeRole: \
             {roleArn: x}}}");
        assert_eq!(all("{}").len(), 1);
        assert!(all("owner: x").is_empty());
        assert!(all("owner: [").is_empty(), "reading says where the text is wrong");
    }

    #[test]
    fn a_flag_that_is_wrong_is_told_with_what_is_wrong_in_the_file() {
        let flags = Overrides { owner: Some("a b".to_owned()), ..Overrides::default() };
        let errors = every(Some(Path::new("p.yaml")), "{owner: x, interval: 5}", &flags);
        let lines: Vec<String> = errors.iter().map(SettingsError::line).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("--owner") && lines[1].contains("interval"), "{lines:?}");
    }

    #[test]
    fn every_tag_is_told() {
        assert_eq!(all("owner: !Ref A\norganization: !Sub B\n").len(), 2);
    }
}
