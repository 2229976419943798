//! What the kinds of SageMaker notebooks share: names, and the scripts of lifecycle configurations.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use crate::{
    kind::{
        Invalid, Refs,
        table::{Absent, Check, Form, Gives, How, Leaf, Null, RiskOf, Tree, get},
    },
    model::Risk,
};

/// What is wrong with a text, after the text itself, and the way out.
type Wrong = Option<(&'static str, &'static str)>;

/// The longest script: 16,384 characters in base64 (SageMaker API reference, `Content`).
const MAX_SCRIPT: usize = 12_288;

/// SageMaker API reference, the pattern of `NotebookInstanceName` and the like.
fn wrong_name(name: &str) -> Wrong {
    let is_name = (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    let help = "1 to 63 letters and digits, with hyphens between them";
    (!is_name).then_some(("is not a name in SageMaker", help))
}

/// The row of the name in AWS; by default that of the manifest ([`name_it`]).
pub(crate) fn name(path: &'static str, about: &'static str) -> Leaf {
    let fixed = How::Fixed("which is what SageMaker knows it by".into());
    let form = Form::Text(Check::Form(wrong_name));
    Leaf { absent: Absent::Derived, ..Leaf::harmless(path, about, form, fixed) }
}

/// Names a resource after its manifest where the manifest names no other name.
pub(crate) fn name_it(path: &str, want: &mut Tree, refs: &Refs<'_>, problems: &mut Vec<Invalid>) {
    if !get(want, path).is_null() {
        return;
    }
    let name = refs.name();
    if let Some((why, help)) = wrong_name(name) {
        problems.push(Invalid::new(path, format!("`{name}` {why}")).help(help));
    }
    want.insert(path.to_owned(), json!(name));
}

/// Names are the same in whatever case: ARNs have them in lower case.
pub(crate) fn natural_keys(path: &str, state: &Tree) -> Vec<String> {
    get(state, path).as_str().map(str::to_ascii_lowercase).into_iter().collect()
}

/// A script that runs as root with the instance's role, or in an app with the user's: what it lets
/// anybody do cannot be read here.
pub(crate) fn script(path: &'static str, about: &'static str, change: How) -> Leaf {
    let leaf = Leaf::harmless(path, about, Form::Script(wrong_script), change);
    let leaf = leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something);
    Leaf { null: Null::None(json!("")), ..leaf }
}

fn wrong_script(script: &str) -> Wrong {
    if script.len() > MAX_SCRIPT {
        return Some((
            "is longer than the 12,288 bytes that SageMaker takes",
            "keep the script in S3 or in the image, and let a short one call it",
        ));
    }
    let is_binary = script.starts_with("base64:");
    is_binary.then_some(("is no script", "write the script itself, not its base64 form"))
}

/// What looks like a secret: an access key of AWS, a private key, or a literal that is given to
/// something named like one. What a script fetches, or takes from its environment, is none.
#[expect(clippy::expect_used, reason = "a constant")]
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let named = r#"(?i-u:password|passwd|secret|token|api_?key|credential)[A-Za-z0-9_-]*"#;
    let literal = r#"["']?\s*[=:]\s*["']?[A-Za-z0-9/+_.~-]{8,}"#;
    let pattern = format!(
        r"\b(?:AKIA|ASIA)[A-Z0-9]{{16}}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|{named}{literal}"
    );
    Regex::new(&pattern).expect("a pattern")
});

/// The number of the first line that looks as if it had a secret in it.
pub(crate) fn secret_at(script: &str) -> Option<usize> {
    script.lines().position(|line| SECRET.is_match(line)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_by_its_line_and_what_is_fetched_is_none() {
        let script = |line: &str| format!("#!/bin/bash\nset -e\n{line}\n");
        for line in [
            "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN RSA PRIVATE KEY-----",
            "DB_PASSWORD='hunter2hunter2'",
            "apiKey: 0123456789abcdef",
        ] {
            assert_eq!(secret_at(&script(line)), Some(3), "{line}");
        }
        for line in [
            "TOKEN=$(aws secretsmanager get-secret-value --secret-id x)",
            "password=\"${PASSWORD}\"",
            "# where the token comes from: see the guide",
            "pip install --upgrade pip",
        ] {
            assert_eq!(secret_at(&script(line)), None, "{line}");
        }
    }
}
