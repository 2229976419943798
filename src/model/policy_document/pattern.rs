//! Texts with wildcards and policy variables, matched against a partly known request.

use std::collections::BTreeMap;

use super::ANY_TEXT;

/// Yes, no, or unknown. `and` and `or` are those of three-valued logic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tri {
    Yes,
    No,
    Unknown,
}

impl Tri {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    pub(super) fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::No, Self::or)
    }

    pub(super) fn all(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::Yes, Self::and)
    }
}

impl std::ops::Not for Tri {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// The request's context: lower-cased key -> values. A key without values is known to be absent, a
/// missing key is unknown.
pub(super) type Known = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// A policy variable of unknown value: any text at all.
    Hole,
}

/// The number of components of an ARN; the last one keeps its colons.
const ARN_COMPONENTS: usize = 6;

/// A text to match against.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    /// `*` and `?` are wildcards; no other character is special.
    pub(super) fn glob(text: &str) -> Self {
        Self::read(text, true, None)
    }

    /// Parses `text`; `variables` is the context for policy variables, `None` if the document's
    /// version has none.
    pub(super) fn read(text: &str, wildcards: bool, variables: Option<&Known>) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(known) = variables
                && let Some((name, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}'))
            {
                match variable(name, known) {
                    Some(value) => parts.extend(value.chars().map(Part::Char)),
                    None => parts.push(Part::Hole),
                }
                rest = after;
                continue;
            }
            parts.push(match c {
                '*' if wildcards => Part::Many,
                '?' if wildcards => Part::One,
                c => Part::Char(c),
            });
            rest = &rest[c.len_utf8()..];
        }
        Self(parts)
    }

    /// A `Resource`. Variables are documented only after the fifth colon of an ARN: what they mean
    /// before it is unknown.
    pub(super) fn of_resource(text: &str, variables: Option<&Known>) -> Self {
        let mut before = text.splitn(ARN_COMPONENTS, ':').take(ARN_COMPONENTS - 1);
        let early = text.starts_with("arn:") && before.any(|part| part.contains("${"));
        let nothing = Known::new();
        Self::read(text, true, variables.map(|known| if early { &nothing } else { known }))
    }

    /// The same pattern in lower case.
    pub(super) fn lowercase(self) -> Self {
        let lower = |part| match part {
            Part::Char(c) => c.to_lowercase().map(Part::Char).collect(),
            other => vec![other],
        };
        Self(self.0.into_iter().flat_map(lower).collect())
    }

    /// Whether the pattern matches the whole of `text`. A variable of unknown value makes the
    /// answer unknown at best; for a partly known text ([`ANY_TEXT`]) the answer is the one that
    /// all possible texts have in common.
    pub(super) fn matches(&self, text: &str) -> Tri {
        if text.contains(ANY_TEXT) {
            return self.matches_some(&text.chars().collect::<Vec<_>>());
        }
        if !glob(&self.0, &text.chars().collect::<Vec<_>>()) {
            Tri::No
        } else if self.0.contains(&Part::Hole) {
            Tri::Unknown
        } else {
            Tri::Yes
        }
    }

    fn matches_some(&self, text: &[char]) -> Tri {
        if !overlaps(&self.0, text) {
            return Tri::No;
        }
        let plain = !self.0.contains(&Part::Hole);
        // The pattern covers every possible text, so it matches whatever the text is.
        if plain && swallows(&self.0, text) { Tri::Yes } else { Tri::Unknown }
    }

    /// Matches as the `Arn` operators do: component by component, so that a wildcard never matches
    /// one of the first five colons. The result for texts that are not ARNs is not documented.
    pub(super) fn matches_arn(&self, text: &str) -> Tri {
        let components = self.components();
        let values: Vec<&str> = text.splitn(ARN_COMPONENTS, ':').collect();
        if components.len() == ARN_COMPONENTS && values.len() == ARN_COMPONENTS {
            Tri::all(components.iter().zip(values).map(|(pattern, value)| pattern.matches(value)))
        } else {
            Tri::Unknown.and(self.matches(text))
        }
    }

    /// Matches as a `Resource` does. The documentation is inconsistent on whether a wildcard may
    /// match the colons of an ARN, and on shortened ARNs: if the readings disagree the answer is
    /// unknown.
    pub(super) fn matches_resource(&self, text: &str) -> Tri {
        let whole = self.matches(text);
        let values: Vec<&str> = text.splitn(ARN_COMPONENTS, ':').collect();
        if values.len() != ARN_COMPONENTS {
            return whole;
        }
        let mut components = self.components();
        components.resize_with(ARN_COMPONENTS, || Self(vec![Part::Many]));
        let by_component =
            Tri::all(components.iter().zip(values).map(|(pattern, value)| pattern.matches(value)));
        if whole == by_component { whole } else { Tri::Unknown }
    }

    /// Split at the first five colons.
    fn components(&self) -> Vec<Self> {
        self.0
            .splitn(ARN_COMPONENTS, |part| *part == Part::Char(':'))
            .map(|parts| Self(parts.to_vec()))
            .collect()
    }
}

/// The value of the policy variable `${name}` or `${name, 'default'}`, if it is certain.
fn variable(name: &str, known: &Known) -> Option<String> {
    if matches!(name, "*" | "?" | "$") {
        return Some(name.to_owned());
    }
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => {
            (key, default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\'')))
        }
        None => (name, None),
    };
    let value = match known.get(&key.trim().to_ascii_lowercase())?.as_slice() {
        [] => default?,
        [value] => value,
        _ => return None,
    };
    // Whether wildcards inside a value count is not documented.
    (!value.contains(['*', '?', '$', ANY_TEXT])).then(|| value.to_owned())
}

fn glob(pattern: &[Part], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to resume on a mismatch: after the last wildcard, one character further each time.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Part::Many | Part::Hole) => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            Some(Part::One) => {}
            Some(Part::Char(c)) if *c == text[t] => {}
            _ => match retry {
                Some((after, from)) => {
                    (p, t) = (after, from + 1);
                    retry = Some((p, t));
                    continue;
                }
                None => return false,
            },
        }
        p += 1;
        t += 1;
    }
    pattern[p..].iter().all(|part| matches!(part, Part::Many | Part::Hole))
}

/// Whether a pattern and a partly known text can match.
fn overlaps(pattern: &[Part], text: &[char]) -> bool {
    // `row[j]`: whether the rest of the pattern can match `text[j..]`.
    let mut row: Vec<bool> =
        (0..=text.len()).map(|j| text[j..].iter().all(|c| *c == ANY_TEXT)).collect();
    for part in pattern.iter().rev() {
        let mut next = vec![false; row.len()];
        for j in (0..row.len()).rev() {
            let rest = |next: &[bool]| next.get(j + 1).copied().unwrap_or_default();
            next[j] = match (part, text.get(j)) {
                (Part::Many | Part::Hole, _) => row[j] || rest(&next),
                (_, Some(&ANY_TEXT)) => rest(&next) || row[j],
                (Part::One, Some(_)) => row[j + 1],
                (Part::Char(c), Some(letter)) => c == letter && row[j + 1],
                (_, None) => false,
            };
        }
        row = next;
    }
    row[0]
}

/// Whether a pattern without variables matches every possible value of a partly known text. May
/// miss a true case.
fn swallows(pattern: &[Part], text: &[char]) -> bool {
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for part in pattern {
        let mut next = vec![false; reach.len()];
        if *part == Part::Many {
            if let Some(first) = reach.iter().position(|reached| *reached) {
                next[first..].fill(true);
            }
        } else {
            for (i, letter) in text.iter().enumerate() {
                let same = match part {
                    Part::Char(c) => c == letter,
                    _ => *letter != ANY_TEXT,
                };
                next[i + 1] = reach[i] && same;
            }
        }
        reach = next;
    }
    reach[text.len()]
}

/// Whether the glob `wide` certainly matches everything that the glob `narrow` matches. May miss a
/// true case, never claims a false one.
pub(super) fn covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow {
        return true;
    }
    // A variable may hold anything, and `${*}` is not a wildcard: only the wildcard for everything
    // covers those.
    if wide.contains("${") {
        return false;
    }
    // `*` in `narrow` is an ordinary character here, which only `*` in `wide` may match.
    let narrow = without_variables(narrow);
    let mut reach = vec![false; narrow.len() + 1];
    reach[0] = true;
    for c in wide.chars() {
        let mut next = vec![false; narrow.len() + 1];
        if c == '*' {
            if let Some(first) = reach.iter().position(|reached| *reached) {
                next[first..].fill(true);
            }
        } else {
            for (i, n) in narrow.iter().enumerate() {
                next[i + 1] = reach[i] && (*n == c || (c == '?' && *n != '*'));
            }
        }
        reach = next;
    }
    reach[narrow.len()]
}

/// The characters of a glob, with `*` for each policy variable, which may hold any text.
fn without_variables(text: &str) -> Vec<char> {
    let mut widened = String::new();
    let mut rest = text;
    while let Some((before, (_, after))) =
        rest.split_once("${").and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        widened.push_str(before);
        widened.push('*');
        rest = after;
    }
    widened.push_str(rest);
    widened.chars().collect()
}

/// [`covers`] for resources: in both readings of a wildcard in an ARN.
pub(super) fn covers_resource(wide: &str, narrow: &str) -> bool {
    if wide == "*" || wide == narrow {
        return true;
    }
    let split =
        |text: &str| text.splitn(ARN_COMPONENTS, ':').map(str::to_owned).collect::<Vec<_>>();
    let (wide_parts, narrow_parts) = (split(wide), split(narrow));
    wide_parts.len() == ARN_COMPONENTS
        && narrow_parts.len() == ARN_COMPONENTS
        && covers(wide, narrow)
        && wide_parts.iter().zip(&narrow_parts).all(|(wide, narrow)| covers(wide, narrow))
}

#[cfg(test)]
mod tests {
    use super::{Known, Pattern, Tri, covers, covers_resource};

    #[test]
    fn three_valued_logic_lets_a_certain_answer_win() {
        use Tri::{No, Unknown, Yes};
        for (a, b, and, or) in [
            (Yes, Yes, Yes, Yes),
            (Yes, No, No, Yes),
            (Yes, Unknown, Unknown, Yes),
            (No, Unknown, No, Unknown),
            (No, No, No, No),
            (Unknown, Unknown, Unknown, Unknown),
        ] {
            assert_eq!((a.and(b), b.and(a), a.or(b), b.or(a)), (and, and, or, or), "{a:?} {b:?}");
        }
        assert_eq!((!Yes, !No, !Unknown), (No, Yes, Unknown));
        assert_eq!((Tri::any([]), Tri::all([])), (No, Yes));
    }

    #[test]
    fn a_glob_matches_the_whole_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a", "", false),
            ("?", "", false),
            ("?", "a", true),
            ("??", "a", false),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("*b*", "abc", true),
            ("a*b*c", "aXbYbZc", true),
            ("a**", "a", true),
            ("*ab", "aab", true),
            ("*a?", "aaab", true),
            ("kms:Get?", "kms:Gets", true),
            ("kms:get*", "kms:Gets", false),
        ] {
            assert_eq!(
                Pattern::glob(pattern).matches(text),
                expected.into(),
                "{pattern:?} on {text:?}"
            );
        }
    }

    #[test]
    fn where_there_are_no_wildcards_an_asterisk_and_a_question_mark_are_themselves() {
        let plain = |pattern, text| Pattern::read(pattern, false, None).matches(text);
        for (pattern, other) in [("a*", "ab"), ("a?", "ab"), ("*", "a"), ("?", "a")] {
            assert_eq!((plain(pattern, pattern), plain(pattern, other)), (Tri::Yes, Tri::No));
        }
    }

    #[test]
    fn a_variable_is_its_value_or_else_unknown_where_it_could_matter() {
        let known: Known = [
            ("aws:username".to_owned(), vec!["ann".to_owned()]),
            ("aws:absent".to_owned(), vec![]),
            ("aws:two".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
            ("aws:star".to_owned(), vec!["a*".to_owned()]),
        ]
        .into();
        for (pattern, text, expected) in [
            ("home/${aws:username}/*", "home/ann/x", Tri::Yes),
            ("home/${AWS:UserName}/*", "home/bob/x", Tri::No),
            ("home/${aws:other}/*", "home/bob/x", Tri::Unknown),
            ("home/${aws:other}/*", "work/bob/x", Tri::No),
            ("${aws:absent, 'none'}", "none", Tri::Yes),
            ("${aws:absent}", "none", Tri::Unknown),
            ("${aws:other, 'none'}", "none", Tri::Unknown),
            ("${aws:two}", "a", Tri::Unknown),
            ("${aws:star}", "a*", Tri::Unknown),
            ("${*}", "*", Tri::Yes),
            ("${*}", "x", Tri::No),
            ("${open", "${open", Tri::Yes),
        ] {
            assert_eq!(
                Pattern::read(pattern, true, Some(&known)).matches(text),
                expected,
                "{pattern} on {text}"
            );
        }
        assert_eq!(Pattern::read("${aws:username}", true, None).matches("ann"), Tri::No);
        assert_eq!(Pattern::read("a*", false, None).matches("ab"), Tri::No);
    }

    #[test]
    fn arn_operators_match_component_by_component() {
        let role = "arn:aws:iam::111122223333:role/team/ml";
        for (pattern, expected) in [
            ("arn:aws:iam::111122223333:role/*", Tri::Yes),
            ("arn:aws:iam::*:role/team/??", Tri::Yes),
            ("arn:*:iam::*:role/*", Tri::Yes),
            ("arn:aws:iam::*:user/*", Tri::No),
            ("arn:aws:*:role/team/ml", Tri::Unknown),
            ("arn:*:::*:role/*", Tri::No),
            ("*", Tri::Unknown),
            ("x*", Tri::No),
        ] {
            assert_eq!(Pattern::glob(pattern).matches_arn(role), expected, "{pattern}");
        }
        assert_eq!(Pattern::glob("arn:a:b:c:d:e").matches_arn("not an arn"), Tri::No);
        assert_eq!(
            Pattern::glob("arn:aws:sns:*:*:a:b").matches_arn("arn:aws:sns:r:1:a:b"),
            Tri::Yes
        );
    }

    #[test]
    fn a_resource_matches_for_certain_only_when_every_reading_agrees() {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/k1";
        for (pattern, expected) in [
            ("*", Tri::Yes),
            ("arn:aws:kms:*", Tri::Yes),
            ("arn:aws:kms:*:111122223333:key/*", Tri::Yes),
            ("arn:aws:kms:*:key/k1", Tri::Unknown),
            ("*key/k1", Tri::Unknown),
            ("arn:aws:kms", Tri::Unknown),
            ("arn:aws:ec2:*", Tri::No),
            ("arn:aws:kms:eu-west-1:111122223333:key/K1", Tri::No),
        ] {
            assert_eq!(Pattern::glob(pattern).matches_resource(key), expected, "{pattern}");
        }
        assert_eq!(Pattern::glob("arn:aws:*").matches_resource("*"), Tri::No);
        assert_eq!(Pattern::glob("*").matches_resource("*"), Tri::Yes);
    }

    #[test]
    fn a_pattern_covers_only_what_it_surely_matches() {
        for (wide, narrow, expected) in [
            ("kms:*", "kms:get*", true),
            ("kms:get*", "kms:*", false),
            ("*", "kms:*", true),
            ("kms:?et", "kms:get", true),
            ("kms:?et", "kms:*et", false),
            ("kms:?et", "kms:?et", true),
            ("a*?", "ab", true),
            ("a", "ab", false),
            ("ab", "a", false),
            ("a?", "a", false),
            ("*", "${x}", true),
            ("a*", "a${x}b${y}", true),
            ("????", "${x}", false),
            ("*b", "${x}b", true),
            ("*x*", "${x}", false),
            ("$?x", "${x", true),
            ("???", "${x", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("${*}", "a", false),
            ("${x}", "${x}", true),
            ("a${x}*", "a${x}b", false),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} over {narrow}");
        }
    }

    #[test]
    fn a_text_that_is_known_in_part_matches_only_if_all_that_it_can_be_does() {
        use Tri::{No, Unknown, Yes};
        for (pattern, text, expected) in [
            ("role/*", "role/~x", Yes),
            ("role/*x", "role/~x", Yes),
            ("*", "~", Yes),
            ("**", "a~b", Yes),
            ("role/x", "role/~x", Unknown),
            ("role/team/x", "role/~x", Unknown),
            ("role/*/x", "role/~x", Unknown),
            ("role/?x", "role/~x", Unknown),
            ("role/y", "role/~x", No),
            ("role/*y", "role/~x", No),
            ("user/*", "role/~x", No),
            ("?", "~", Unknown),
            ("", "~", Unknown),
            ("", "a~", No),
            ("role/${aws:who}", "role/~x", Unknown),
            ("user/${aws:who}", "role/~x", No),
        ] {
            let text = text.replace('~', &super::ANY_TEXT.to_string());
            let known = Known::default();
            let pattern_read = Pattern::read(pattern, true, Some(&known));
            assert_eq!(pattern_read.matches(&text), expected, "{pattern} on {text}");
        }
        let role = format!("arn:aws:iam::111122223333:role/{}palisade", super::ANY_TEXT);
        for (pattern, expected) in [
            ("arn:aws:iam::*:role/*", Yes),
            ("arn:aws:iam::*:role/*palisade", Yes),
            ("arn:aws:iam::*:role/palisade", Unknown),
            ("arn:aws:iam::444455556666:role/palisade", No),
            ("arn:aws:iam::*:role/admin", No),
        ] {
            assert_eq!(Pattern::glob(pattern).matches_arn(&role), expected, "{pattern}");
        }
    }

    #[test]
    fn resource_coverage_holds_in_both_readings_of_a_wildcard() {
        for (wide, narrow, expected) in [
            ("*", "anything", true),
            ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/*", true),
            ("arn:aws:*:x", "arn:aws:kms:r:1:x", false),
            ("arn:*:1:x:y:z", "arn:aws:kms:1:x:y:z", false),
            ("arn:aws:s3:::b*", "arn:aws:s3:::c", false),
            ("abc*", "abcd", false),
        ] {
            assert_eq!(covers_resource(wide, narrow), expected, "{wide} over {narrow}");
        }
    }
}
