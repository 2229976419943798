//! Names of manifests: DNS labels from tags and names in AWS, which are untrusted texts.

use std::collections::BTreeSet;

/// The longest DNS label.
const MAX: usize = 63;

/// A DNS label that resembles a text; none if nothing of it can stand in one.
pub fn label(text: &str) -> Option<String> {
    let mut label = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        let is_plain = c.is_ascii_lowercase() || c.is_ascii_digit();
        if is_plain {
            label.push(c);
        } else if !label.ends_with('-') && !label.is_empty() {
            label.push('-');
        }
        if label.len() >= MAX {
            break;
        }
    }
    let label = label.trim_end_matches('-');
    (!label.is_empty()).then(|| label.to_owned())
}

/// The first of these texts that gives a label, with a number if it is taken; it is taken then.
pub fn unique<'t>(
    texts: impl IntoIterator<Item = &'t str>,
    otherwise: &str,
    taken: &mut BTreeSet<String>,
) -> String {
    let first = texts.into_iter().find_map(label).unwrap_or_else(|| otherwise.to_owned());
    let mut name = first.clone();
    let mut number = 1_u32;
    while taken.contains(&name) {
        number += 1;
        let end = format!("-{number}");
        let room = first.len().min(MAX - end.len());
        name = format!("{}{end}", first[..room].trim_end_matches('-'));
    }
    taken.insert(name.clone());
    name
}

/// A kind's name in the name of a file: `security-group`, `aws-s3-bucket`.
pub fn file_name(kind: &str) -> String {
    let mut name = String::new();
    let mut before = ' ';
    let mut letters = kind.chars().peekable();
    while let Some(c) = letters.next() {
        let ends_word = before.is_ascii_lowercase() || before.is_ascii_digit();
        let begins_word = letters.peek().is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && (ends_word || before.is_ascii_uppercase() && begins_word) {
            name.push('-');
        }
        name.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        before = c;
    }
    label(&name).unwrap_or_else(|| "manifests".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_label_is_made_of_what_a_text_has_of_one() {
        for (text, wanted) in [
            ("Studio Apps", Some("studio-apps")),
            ("alias/ml/studio", Some("alias-ml-studio")),
            ("../../etc/passwd", Some("etc-passwd")),
            ("a\n---\nkind: x", Some("a-kind-x")),
            ("${scope.account}", Some("scope-account")),
            ("--", None),
            ("日本", None),
            ("Ünïcode", Some("n-code")),
        ] {
            assert_eq!(label(text).as_deref(), wanted, "{text}");
        }
        assert_eq!(label(&"x".repeat(100)).map(|it| it.len()), Some(63));
    }

    #[test]
    fn names_are_numbered_where_they_are_taken() {
        let mut taken = BTreeSet::new();
        let mut name = |texts: &[&str]| unique(texts.iter().copied(), "sg-1", &mut taken);
        assert_eq!(name(&["Web"]), "web");
        assert_eq!(name(&["web"]), "web-2");
        assert_eq!(name(&["", "web"]), "web-3");
        assert_eq!(name(&["!"]), "sg-1");
        let long = "y".repeat(63);
        assert_eq!(name(&[&long]), long);
        assert_eq!(name(&[&long]), format!("{}-2", "y".repeat(61)));
    }

    #[test]
    fn files_are_named_after_kinds() {
        let names = ["Kind", "TwoWords", "AWS::S3::Bucket", "PolicyEC2", "A::B::CDEFs"];
        let names: Vec<_> = names.map(file_name).into();
        assert_eq!(names, ["kind", "two-words", "aws-s3-bucket", "policy-ec2", "a-b-cde-fs"]);
    }

    proptest! {
        #[test]
        fn every_label_is_one(text in "\\PC{0,80}") {
            if let Some(label) = label(&text) {
                let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                prop_assert!((1..=63).contains(&label.len()) && label.bytes().all(inner));
                prop_assert!(!label.starts_with('-') && !label.ends_with('-'));
            }
        }
    }
}
