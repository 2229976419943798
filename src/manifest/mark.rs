//! The exact part of a line that an error is about: a value, or the name of a field.

use std::ops::Range;

use serde::Serialize;

/// What of a field an error is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Its value.
    #[default]
    Value,
    /// Its name.
    Name,
}

/// The characters of a line that an error is about. `column` (from 1) is where the field begins, or
/// the item of a list; `path` is the field's.
///
/// A value that is not in the line, because it is a mapping or a list below it or a text of several
/// lines, leaves the name.
pub fn marked(line: &str, column: u64, path: &str, part: Part) -> Range<usize> {
    let line: Vec<char> = line.chars().collect();
    let end = end_of_line(&line);
    let start = usize::try_from(column).unwrap_or(1).saturating_sub(1).min(end);
    let in_flow = depth(&line[..start]) > 0;
    let token = start..token_end(&line, start, end, in_flow);
    let after = skip_spaces(&line, token.end, end);
    let is_key = line.get(after) == Some(&':');
    let is_item = path.is_empty() || path.ends_with(']');
    let found = if !is_key {
        token
    } else if is_item && !path.is_empty() && !in_flow {
        // An item that is a mapping: its first line.
        start..end
    } else if is_item || part == Part::Name {
        token
    } else {
        let begin = skip_spaces(&line, after + 1, end);
        let is_block = line.get(begin).is_some_and(|c| "|>".contains(*c));
        let value = begin..token_end(&line, begin, end, in_flow);
        if is_block || value.is_empty() { token } else { value }
    };
    if found.is_empty() { start..start + 1 } else { found }
}

/// Where the text of a line ends, without the comment and the spaces before it.
fn end_of_line(line: &[char]) -> usize {
    let mut quote = None;
    let mut end = line.len();
    for (at, c) in line.iter().enumerate() {
        match quote {
            Some(open) if *c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && opens(line, at) => quote = Some(*c),
            None if *c == '#' && (at == 0 || line[at - 1].is_whitespace()) => {
                end = at;
                break;
            }
            None => {}
        }
    }
    let text = line[..end].iter().rposition(|c| !c.is_whitespace());
    text.map_or(0, |last| last + 1)
}

/// Whether a quote opens a text: one in the middle of a word does not.
fn opens(line: &[char], at: usize) -> bool {
    let before = line[..at].iter().rfind(|c| !c.is_whitespace());
    before.is_none_or(|c| ":[{,-".contains(*c))
}

/// How many brackets are open at the end of a text.
fn depth(line: &[char]) -> i32 {
    let (mut quote, mut depth) = (None, 0);
    for (at, c) in line.iter().enumerate() {
        match (quote, c) {
            (Some(open), c) if *c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if opens(line, at) => quote = Some(*c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, _) => {}
        }
    }
    depth
}

fn skip_spaces(line: &[char], from: usize, end: usize) -> usize {
    (from..end).find(|at| !line[*at].is_whitespace()).unwrap_or(end.max(from))
}

/// The end of the text, list or mapping that begins at `start`.
fn token_end(line: &[char], start: usize, end: usize, in_flow: bool) -> usize {
    match line.get(start).filter(|_| start < end) {
        None => start,
        Some(quote @ ('"' | '\'')) => {
            let mut at = start + 1;
            while at < end {
                let escaped = *quote == '"' && line[at] == '\\';
                let doubled = *quote == '\'' && line[at] == '\'' && line.get(at + 1) == Some(&'\'');
                if line[at] == *quote && !doubled {
                    return at + 1;
                }
                at += if escaped || doubled { 2 } else { 1 };
            }
            end
        }
        Some('[' | '{') => {
            (start + 1..=end).find(|at| depth(&line[start..*at]) == 0).unwrap_or(end)
        }
        Some(_) => {
            let ends = |at: &usize| {
                let next = line.get(at + 1).is_none_or(|c| c.is_whitespace());
                match line[*at] {
                    ':' => {
                        next || (in_flow && line.get(at + 1).is_some_and(|c| ",[]{}".contains(*c)))
                    }
                    ',' => in_flow,
                    ']' | '}' => in_flow,
                    _ => false,
                }
            };
            let stop = (start..end).find(ends).unwrap_or(end);
            let text = line[start..stop].iter().rposition(|c| !c.is_whitespace() && *c != ',');
            text.map_or(stop, |last| start + last + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is marked, with the error at the first `^`'s column of the line below.
    fn shown(line: &str, begins: &str, path: &str, part: Part) -> String {
        let at = line.find(begins).unwrap();
        let column = line[..at].chars().count() as u64 + 1;
        let range = marked(line, column, path, part);
        line.chars().skip(range.start).take(range.len()).collect()
    }

    #[test]
    fn the_value_is_marked_or_the_name_and_never_what_stands_beside_it() {
        let value = |line: &str, begins: &str| shown(line, begins, "spec.x", Part::Value);
        let name = |line: &str, begins: &str| shown(line, begins, "spec.x", Part::Name);
        let item = |line: &str, begins: &str| shown(line, begins, "spec.x[0]", Part::Value);
        assert_eq!(value("  type: Interfaces   # none", "type"), "Interfaces");
        assert_eq!(value("  type: 'it''s' # none", "type"), "'it''s'");
        assert_eq!(value(r#"  "type": "a \" b", more: 1"#, "\"type"), r#""a \" b""#);
        assert_eq!(value("spec: {vpc: vpc-1, ports: 80-x, from: [a]}", "ports"), "80-x");
        assert_eq!(value("spec: {vpc: vpc-1, from: [a, {b: ']'}], x: 1}", "from"), "[a, {b: ']'}]");
        assert_eq!(value("  url: https://example.com/a,b", "url"), "https://example.com/a,b");
        assert_eq!(name("spec: {vpc: vpc-1, ingres: []}", "ingres"), "ingres");
        assert_eq!(name("  ingres:", "ingres"), "ingres");
        assert_eq!(value("  ingress:", "ingress"), "ingress");
        assert_eq!(value("  script: |", "script"), "script");
        assert_eq!(
            item("    - {description: all, ports: 443}  # x", "{"),
            "{description: all, ports: 443}"
        );
        assert_eq!(item("    - description: all", "description"), "description: all");
        assert_eq!(item("  from: [10.0.0.0/8, ::/0]", "::/0"), "::/0");
        assert_eq!(item("  - 10.0.0.0/8", "10"), "10.0.0.0/8");
        assert_eq!(value("  größe: zwölf", "größe"), "zwölf");
        assert_eq!(shown("a: [1", "a", "", Part::Value), "a");
    }

    #[test]
    fn any_place_of_any_line_has_a_mark() {
        for line in ["", " ", "#", "a", "a:", "'", "{", "]]", "\t- [", "🔑: \"\\"] {
            for column in 0..12 {
                for path in ["", "a", "a[0]"] {
                    for part in [Part::Name, Part::Value] {
                        assert!(!marked(line, column, path, part).is_empty(), "{line:?} {column}");
                    }
                }
            }
        }
    }
}
