//! The specification of security groups, in sentences.

mod associations;
mod canonical;
mod diff;
mod groups;
mod laws;
mod pending;
mod resolve;
mod written;

use super::*;

/// `"tcp 443, 10.0.0.0/16"`.
pub(super) fn rule(text: &str) -> Rule {
    Rule::try_from(text.to_owned()).expect("a rule")
}

/// Rules as text, a description after `#`.
pub(super) fn rules(texts: &[&str]) -> Rules {
    Rules(
        texts
            .iter()
            .map(|text| match text.split_once(" # ") {
                Some((text, description)) => (rule(text), Some(description.to_owned())),
                None => (rule(text), None),
            })
            .collect(),
    )
}

/// A live group with these rules.
fn live(ingress: &[&str], egress: &[&str]) -> State {
    let described = |texts| {
        let Rules(rules) = rules(texts);
        Rules(
            rules.into_iter().map(|(rule, text)| (rule, Some(text.unwrap_or_default()))).collect(),
        )
    };
    State {
        id: Some("sg-0own".into()),
        group_name: Some("apps".into()),
        description: Some("Apps".into()),
        vpc: Some("vpc-1".into()),
        ingress: Some(described(ingress)),
        egress: Some(described(egress)),
        ..State::default()
    }
}

/// A wanted group with these ingress rules.
fn wanted(ingress: &[&str]) -> State {
    State {
        group_name: Some("apps".into()),
        vpc: Some("vpc-1".into()),
        rules: Some(Mode::Exclusive),
        ingress: Some(rules(ingress)),
        ..State::default()
    }
}

/// The plan's text: risk, summary, lines below.
fn plan(want: &State, have: &State) -> String {
    use crate::kind::Describe as _;
    let mut text = String::new();
    for change in SecurityGroup::diff(want, have) {
        text.push_str(&format!("{}: {change}\n", change.risk()));
        for line in change.lines() {
            text.push_str(&format!("    {} {}\n", line.sign.as_char(), line.text));
        }
    }
    text
}
