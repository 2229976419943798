//! Which files of a folder depend on each other in a circle, read from the names that they use.
//!
//! A file depends on those whose names it uses, wherever a `pub use` passes the names on; passing a name on is no dependence.
//! Calls of methods are not seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A module's path, outermost first.
type Path = Vec<String>;

/// What one file says of others.
#[derive(Default)]
struct Names {
    /// The paths it uses, from the root of the folder.
    used: Vec<Path>,
    /// The names it has from elsewhere, for itself or for others.
    known: BTreeMap<String, Path>,
}

/// The shortest circle of each file that is in one: its files in order, the first one again at the end. `files` are the program's
/// lines by path below the folder's parent, `folder` is the first part of their paths.
pub fn circles(files: &BTreeMap<String, String>, folder: &str) -> BTreeSet<String> {
    let modules: BTreeMap<Path, &str> =
        files.iter().map(|(path, text)| (module(path), text.as_str())).collect();
    let names: BTreeMap<Path, Names> =
        modules.iter().map(|(me, text)| (me.clone(), read(me, text, &modules, folder))).collect();
    let depends: BTreeMap<&Path, BTreeSet<Path>> = names
        .iter()
        .map(|(me, mine)| {
            let on = mine.used.iter().map(|path| home(path, &names, 0));
            (me, on.filter(|on| on != me).collect())
        })
        .collect();
    depends.keys().filter_map(|me| circle(me, &depends)).collect()
}

/// `a/b/mod.rs` and `a/b.rs` are the module `a::b`.
fn module(path: &str) -> Path {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

fn read(me: &Path, text: &str, modules: &BTreeMap<Path, &str>, folder: &str) -> Names {
    let mut names = Names::default();
    let tokens = tokens(text);
    let mut at = 0;
    while at < tokens.len() {
        let passes_on = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
        if tokens[at] == "use" {
            let end = (at..tokens.len()).find(|end| tokens[*end] == ";").unwrap_or(tokens.len());
            for (path, name) in leaves(&tokens[at + 1..end], &[]) {
                let Some(path) = from_root(me, &path, modules, folder) else { continue };
                names.known.insert(name, path.clone());
                if !passes_on {
                    names.used.push(path);
                }
            }
            at = end;
        } else if tokens.get(at + 1) == Some(&"::") && (at == 0 || tokens[at - 1] != "::") {
            let path: Path = tokens[at..]
                .chunks(2)
                .take_while(|pair| word(pair[0]))
                .scan(true, |goes_on, pair| {
                    let part = (*goes_on).then(|| pair[0].to_owned());
                    *goes_on = pair.get(1) == Some(&"::");
                    part
                })
                .collect();
            names.used.extend(from_root(me, &path, modules, folder));
        }
        at += 1;
    }
    names
}

/// Words, `::` and single signs; what is in quotes is left out.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => 1 + quoted(&rest[1..]),
            '\'' if rest.starts_with("'\"'") => 3,
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        if first != '"' && !first.is_whitespace() {
            found.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    found
}

/// How long the rest of a text in quotes is, with the closing one.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, sign) in rest.char_indices() {
        match sign {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The leaves of a `use` tree, each with the name that it gives.
fn leaves(tokens: &[&str], before: &[String]) -> Vec<(Path, String)> {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "::" => {}
            "{" => {
                let inside = &tokens[at + 1..tokens.len() - 1];
                return entries(inside).into_iter().flat_map(|it| leaves(it, &path)).collect();
            }
            "as" => {
                return vec![(path, tokens.get(at + 1).map_or(String::new(), |it| (*it).into()))];
            }
            "self" if !path.is_empty() => {}
            part => path.push(part.to_owned()),
        }
        at += 1;
    }
    let name = path.last().cloned().unwrap_or_default();
    vec![(path, name)]
}

/// The entries of a `use` tree's braces.
fn entries<'a, 't>(tokens: &'a [&'t str]) -> Vec<&'a [&'t str]> {
    let mut depth = 0;
    let split = tokens.split(move |token| {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        *token == "," && depth == 0
    });
    split.filter(|entry| !entry.is_empty()).collect()
}

/// A path as it is from the folder's parent; `None` if it leads out of the folder.
fn from_root(
    me: &Path,
    path: &[String],
    modules: &BTreeMap<Path, &str>,
    folder: &str,
) -> Option<Path> {
    let first = path.first()?;
    let mut rest = path;
    let mut from = me.clone();
    match first.as_str() {
        "crate" => return (path.get(1)? == folder).then(|| path[1..].to_vec()),
        "super" | "self" => {
            while let Some((up @ ("super" | "self"), more)) =
                rest.split_first().map(|(first, more)| (first.as_str(), more))
            {
                if up == "super" {
                    from.pop();
                }
                rest = more;
            }
        }
        _ => {
            let child = [me.as_slice(), std::slice::from_ref(first)].concat();
            if !modules.contains_key(&child) {
                return None;
            }
        }
    }
    from.extend_from_slice(rest);
    (from.first()? == folder).then_some(from)
}

/// The module in which what a path leads to is declared.
fn home(path: &[String], names: &BTreeMap<Path, Names>, depth: usize) -> Path {
    let mut here = Path::new();
    for part in path {
        let inside = [here.as_slice(), std::slice::from_ref(part)].concat();
        if names.contains_key(&inside) {
            here = inside;
            continue;
        }
        let known = names.get(&here).and_then(|names| names.known.get(part));
        return match known {
            Some(elsewhere) if depth < 8 && elsewhere != path => home(elsewhere, names, depth + 1),
            _ => here,
        };
    }
    here
}

/// The shortest way from a module back to itself.
fn circle(me: &Path, depends: &BTreeMap<&Path, BTreeSet<Path>>) -> Option<String> {
    let mut ways = VecDeque::from([vec![me.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().and_then(|last| depends.get(last)).into_iter().flatten() {
            let way = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == me {
                let names: Vec<String> = way.iter().map(|module| module.join("/")).collect();
                return Some(names.join(" -> "));
            }
            if seen.insert(next.clone()) {
                ways.push_back(way);
            }
        }
    }
    None
}

#[test]
fn a_circle_is_found_through_names_that_are_passed_on() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let straight = BTreeMap::from([
        file(
            "sim/mod.rs",
            "mod a; mod b; mod c; pub use a::One; pub use c::{d::Three, Two as Too};",
        ),
        file("sim/a.rs", "use crate::sim::{Too, c::{d}};\npub struct One; // b::x"),
        file("sim/b.rs", "use super::One; const B: &str = \"super::b\";"),
        file("sim/c/mod.rs", "pub mod d; pub struct Two;"),
        file("sim/c/d.rs", "pub struct Three(std::fmt::Error);"),
    ]);
    assert_eq!(circles(&straight, "sim"), BTreeSet::new());
    for (path, text, circle) in [
        ("sim/c/d.rs", "use super::super::One;", "sim/a -> sim/c/d -> sim/a"),
        ("sim/c/mod.rs", "pub fn f(_: crate::sim::a::One) {}", "sim/a -> sim/c -> sim/a"),
        ("sim/c/mod.rs", "mod d; fn f() { d::g() } pub struct Two;", ""),
        ("sim/c/d.rs", "use crate::sim::{Too};", ""),
    ] {
        let mut files = straight.clone();
        files.insert(path.to_owned(), text.to_owned());
        let found = circles(&files, "sim");
        assert_eq!(found.first().map_or("", String::as_str), circle, "{path}: {text}");
    }
}
