//! YAML as a tree in which every key and value has its line and column.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

/// `(line, column)`, both from 1.
pub(super) type Place = (u64, u64);

/// One YAML document: its values, and the place of each by its path (`spec.ingress[2].ports`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Located {
    pub(super) value: Value,
    pub(super) start: Place,
    places: Places,
    /// The paths of numbers and truth values that JSON writes in another way than the file (`1.10`,
    /// `0x1F`, `TRUE`).
    pub(super) respelled: BTreeSet<String>,
}

/// The places of values by their paths, close together: there is one for every line of a directory.
#[derive(Debug, Clone, Default, PartialEq)]
struct Places {
    /// All paths, one after the other, in their order.
    paths: Box<str>,
    /// Where the path ends among them, and the place.
    ends: Box<[(u32, u32, u32)]>,
}

impl Places {
    fn of(places: BTreeMap<String, Place>) -> Self {
        let mut paths = String::new();
        // A file has at most a mebibyte.
        let number = |it: u64| u32::try_from(it).unwrap_or(u32::MAX);
        let ends = places
            .into_iter()
            .map(|(path, (line, column))| {
                paths.push_str(&path);
                (number(paths.len() as u64), number(line), number(column))
            })
            .collect();
        Self { paths: paths.into(), ends }
    }

    fn get(&self, path: &str) -> Option<Place> {
        let end = |n: usize| self.ends.get(n).map_or(0, |(end, ..)| *end as usize);
        let begin = |n: usize| if n == 0 { 0 } else { end(n - 1) };
        let text = |n: usize| self.paths.get(begin(n)..end(n)).unwrap_or_default();
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match text(middle).cmp(path) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => {
                    let (_, line, column) = self.ends[middle];
                    return Some((line.into(), column.into()));
                }
            }
        }
        None
    }
}

/// Why a file is not a list of YAML documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxProblem {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Located {
    /// The place of a path, or of the nearest thing around it that has one.
    pub(super) fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self.start,
            }
        }
    }
}

/// The deepest allowed nesting. The deepest leaf of a Studio domain's settings is ten levels down;
/// the parser takes some tens of kilobytes of stack per level in a debug build, and a thread has
/// two megabytes.
const MAX_DEPTH: usize = 24;

/// Parses every document in a file. Anchors, aliases and merge keys are refused: what is reviewed
/// must be what is meant, in the place where it is written.
pub(super) fn parse(text: &str) -> Result<Vec<Located>, SyntaxProblem> {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_anchors = 0;
    budget.max_aliases = 0;
    budget.max_merge_keys = 0;
    budget.max_depth = MAX_DEPTH;
    budget.flow_nesting_limit = MAX_DEPTH;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.duplicate_keys = DuplicateKeyPolicy::Error;
    options.strict_booleans = true;
    let lines: Vec<&str> = text.lines().collect();
    let nodes: Vec<Spanned<Option<Node>>> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| syntax_problem(error, &lines))?;
    Ok(nodes.into_iter().filter_map(|node| locate(node, &lines)).collect())
}

fn locate(node: Spanned<Option<Node>>, lines: &[&str]) -> Option<Located> {
    let start = at(&node);
    let mut flat = Flattening { lines, places: BTreeMap::new(), respelled: BTreeSet::new() };
    let value = flat.value("", start, node.value?);
    Some(Located { value, start, places: Places::of(flat.places), respelled: flat.respelled })
}

fn syntax_problem(error: serde_saphyr::Error, lines: &[&str]) -> SyntaxProblem {
    let error = error.without_snippet();
    let place = error.location().map_or((1, 1), |at| (at.line().max(1), at.column().max(1)));
    let message = error.to_string();
    let lower = message.to_lowercase();
    let (message, help) = if bare_star(place, lines) {
        ("an unquoted `*` begins a YAML alias".to_owned(), "put it in quotes: \"*\"")
    } else if ["anchor", "alias", "merge"].iter().any(|word| lower.contains(word)) {
        (
            "anchors, aliases and merge keys are not allowed".to_owned(),
            "write the value in each place",
        )
    } else if lower.contains("duplicate") {
        let key = message.split(": ").nth(1).and_then(|rest| rest.split(',').next());
        let key = key.map(|key| format!(" `{key}`")).unwrap_or_default();
        (format!("duplicate key{key}"), "keep one of the two")
    } else {
        (first_line(&message), syntax_help(place, lines))
    };
    SyntaxProblem { place, message, help }
}

/// Whether an unquoted text begins with `*`, in the line of a syntax error or the one before it. If
/// the file has anchors, an alias may be meant.
fn bare_star((line, _): Place, lines: &[&str]) -> bool {
    if lines.iter().any(|line| line.contains(": &") || line.contains("- &")) {
        return false;
    }
    let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    (line.saturating_sub(1)..=line).filter_map(|line| lines.get(line)).any(|line| begins_star(line))
}

/// Whether an unquoted value in the line begins with `*`, comments aside.
fn begins_star(line: &str) -> bool {
    // The last character, and the last one that is not a space.
    let (mut quote, mut last, mut before) = (None, ' ', ':');
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '#' && line[..at].ends_with(' ') => return false,
            // A quote in the middle of a word does not open a string.
            None if matches!(c, '"' | '\'') && ":[{,-".contains(before) => quote = Some(c),
            None if c == '*' && ":[,-".contains(before) && " [,".contains(last) => return true,
            None => {}
        }
        last = c;
        if !c.is_whitespace() {
            before = c;
        }
    }
    false
}

/// Help for a syntax error, from the text in its line and before it.
fn syntax_help((line, _): Place, lines: &[&str]) -> &'static str {
    let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let before = line.saturating_sub(1)..=line;
    let near = || before.clone().filter_map(|line| lines.get(line));
    // The parser often stops before the tab that is the cause.
    let around = || near().chain(lines.get(line + 1));
    if lines.iter().any(|line| line.contains("{{") || line.contains("{%")) {
        "the file contains a template (`{{ … }}`) that was not filled in: write the values \
         themselves, or ${var.NAME}"
    } else if around()
        .any(|line| line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t'))
    {
        "indent with spaces: YAML does not allow tabs"
    } else if lines.iter().any(|line| {
        let line = line.trim_start();
        line.starts_with("//") || line.starts_with("/*") || line.contains(" // ")
    }) {
        "a comment begins with #, not with // or /*"
    } else if near()
        .any(|line| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)))
    {
        "resolve the merge conflict"
    } else {
        "check the indentation, brackets and quotes in this line and the one above; a text with `: \
         `, ` #` or a bracket needs quotes"
    }
}

/// The first line of the parser's message says what is wrong; the rest may quote the file. The
/// place is known already.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or_default().trim().to_owned()
}

#[derive(Debug)]
enum Node {
    Plain(Value),
    List(Vec<Spanned<Option<Node>>>),
    Map(Vec<(Spanned<Key>, Spanned<Option<Node>>)>),
}

/// A key. IAM's condition operator `Null` parses as YAML's null, and a port number as a number:
/// what counts is the text as written.
#[derive(Debug)]
enum Key {
    Text(String),
    NotText,
}

struct Flattening<'a> {
    lines: &'a [&'a str],
    places: BTreeMap<String, Place>,
    respelled: BTreeSet<String>,
}

impl Flattening<'_> {
    fn value(&mut self, path: &str, place: Place, node: Node) -> Value {
        match node {
            Node::Plain(value) => {
                let is_spelled = value.is_number() || value.is_boolean();
                // As it would be sent.
                let text = value.to_string();
                if is_spelled && self.scalar_at(place) != text {
                    self.respelled.insert(path.to_owned());
                }
                value
            }
            Node::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    let path = format!("{path}[{index}]");
                    let place = at(&item);
                    self.places.insert(path.clone(), place);
                    item.value.map_or(Value::Null, |node| self.value(&path, place, node))
                })
                .collect(),
            Node::Map(entries) => {
                let mut map = Map::new();
                for (key, item) in entries {
                    let place = at(&key);
                    let key = match key.value {
                        Key::Text(text) => text,
                        Key::NotText => self.text_at(place),
                    };
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.places.insert(path.clone(), place);
                    let begins = at(&item);
                    let value =
                        item.value.map_or(Value::Null, |node| self.value(&path, begins, node));
                    map.insert(key, value);
                }
                Value::Object(map)
            }
        }
    }

    /// The plain scalar that begins at a place and ends before its colon.
    fn text_at(&self, place: Place) -> String {
        self.rest_at(place).split(':').next().unwrap_or_default().trim().to_owned()
    }

    /// The plain number or truth value that begins at a place.
    fn scalar_at(&self, place: Place) -> String {
        let ends = |c: char| c.is_whitespace() || ",]}".contains(c);
        self.rest_at(place).split(ends).next().unwrap_or_default().to_owned()
    }

    fn rest_at(&self, (line, column): Place) -> String {
        let line = usize::try_from(line).ok().and_then(|line| self.lines.get(line.checked_sub(1)?));
        let start = usize::try_from(column).unwrap_or(1).saturating_sub(1);
        line.unwrap_or(&"").chars().skip(start).collect()
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Key, E> {
        Ok(Key::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Key, E> {
        Ok(Key::NotText)
    }

    fn visit_none<E>(self) -> Result<Key, E> {
        Ok(Key::NotText)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Key, E> {
        Ok(Key::NotText)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Key, E> {
        Ok(Key::NotText)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Key, E> {
        Ok(Key::NotText)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Key, E> {
        Ok(Key::NotText)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

fn at<T>(spanned: &Spanned<T>) -> Place {
    (spanned.referenced.line(), spanned.referenced.column())
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Number::from_f64(value)
            .map(|number| Node::Plain(Value::Number(number)))
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Plain(Value::String(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Plain(Value::String(value)))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_of_every_document_has_its_place() {
        let documents =
            parse("a: 1\nb:\n  - x: yes\n  - {y: '2'}\n---\n# nothing\n---\nc: null\n").unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].value, json!({"a": 1, "b": [{"x": "yes"}, {"y": "2"}]}));
        assert_eq!(documents[0].place("a"), (1, 1));
        assert_eq!(documents[0].place("b[1].y"), (4, 6));
        assert_eq!(documents[0].place("b[1].y.deeper[3]"), (4, 6));
        assert_eq!(documents[1].value, json!({"c": null}));
        assert_eq!(documents[1].place("c"), (8, 1));
    }

    #[test]
    fn numbers_and_truth_values_that_json_spells_in_another_way_are_found() {
        let text = "a: [1.10, 0x1F, +15, -0, 0o17, 3.140, 1e3, 012345678901, TRUE]\n\
            b: {c: 1.1, d: 15, e: true, f: -7, g: '1.10', h: 1_000}\nü: {ä: 2.50, o: [0.5]}\n\
            ---\nx:\n  - 10 # ten\n  - 1.0\n";
        let documents = parse(text).unwrap();
        let mut expected: BTreeSet<_> = (0..9).map(|at| format!("a[{at}]")).collect();
        expected.extend(["b.h", "ü.ä"].map(str::to_owned));
        assert_eq!(documents[0].respelled, expected, "{:?}", documents[0].value);
        // JSON writes a whole float with its point.
        assert_eq!(documents[1].respelled, BTreeSet::new());
        // A text in YAML 1.2, which the parser reads as a number.
        assert_eq!(documents[0].value["b"]["h"], json!(1000));
    }

    #[test]
    fn keys_are_text_even_where_yaml_reads_something_else() {
        let documents =
            parse("Condition:\n  Null: {a: 'true'}\n  {x: 1, true: 2, 443: 3, null: 4}: 5\n");
        assert!(documents.is_err(), "a map as a key is nothing we know");
        let documents = parse("Null: {a: 1, true: 2, 443: 3, ~: 4}\n'null': 5\n").unwrap();
        assert_eq!(
            documents[0].value,
            json!({"Null": {"a": 1, "true": 2, "443": 3, "~": 4}, "null": 5})
        );
    }

    #[test]
    fn duplicate_keys_anchors_and_merge_keys_are_refused_with_their_place() {
        let duplicate = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(duplicate.place.0, 3, "{duplicate:?}");
        assert_eq!(duplicate.message, "duplicate key `a`");
        for text in ["a: &x 1\nb: *x\n", "a: {b: 1}\nc:\n  <<: {d: 2}\n"] {
            let problem = parse(text).unwrap_err();
            assert!(problem.message.contains("not allowed"), "{problem:?}");
        }
    }

    #[test]
    fn an_unquoted_star_is_not_reported_as_an_alias() {
        for text in
            ["Action: *\n", "from: [*]\n", "a:\n  - *\nb: 1\n", "a: [\"x\", *]\n", "Action: *:*\n"]
        {
            let problem = parse(text).unwrap_err();
            assert!(problem.help.contains("in quotes"), "{text}: {problem:?}");
        }
        let alias = parse("a: &x 1\nb: *x\n").unwrap_err();
        assert!(alias.message.contains("not allowed"), "{alias:?}");
        assert!(parse("a: s3:*\nb: 'x*'\nc: a * b\n").is_ok());
        for line in ["a: s3:*", "a: \"x, *\"", "- 'arn:aws:s3:::*' # a: *", "a: b * c"] {
            assert!(!begins_star(line), "{line}");
        }
    }

    #[test]
    fn a_tab_and_a_comment_of_another_language_are_named() {
        let tab = parse("a:\n  b: 1\n\tc: 2\n").unwrap_err();
        assert!(tab.help.contains("does not allow tabs"), "{tab:?}");
        let comment = parse("{\n  \"a\": \"x\"\n  // why\n}\n").unwrap_err();
        assert!(comment.help.contains("a comment begins with #"), "{comment:?}");
    }

    #[test]
    fn broken_yaml_says_where_without_quoting_the_file() {
        let problem = parse("a: 1\nb: [secret-value\nc: 2\n").unwrap_err();
        assert!(problem.place.0 >= 2, "{problem:?}");
        assert!(!problem.message.contains("secret-value"), "{problem:?}");
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let problem = parse(&"[".repeat(100_000)).unwrap_err();
        assert!(!problem.message.is_empty());
    }
}
