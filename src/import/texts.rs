//! Texts of AWS as manifests write them: what would be read as a variable is escaped, and what
//! stands for the account, the Region or the organization becomes the variable for it.

use crate::kind::{ScopeFacts, placeholder};

/// What variables stand for in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The scope's account and Region.
    pub scope: ScopeFacts,
    /// The id of its organization, if it is known.
    pub organization: Option<String>,
}

/// What becomes a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variables {
    /// Nothing.
    None,
    /// The account.
    Account,
    /// The account, the Region and the organization: in policies, where they are no accident.
    All,
}

/// One part of a text of AWS.
enum Part<'t> {
    /// Plain text.
    Plain(&'t str),
    /// `${…}` that IAM fills in.
    Variable(&'t str),
    /// `${…}` that nobody fills in, or that palisade would: with its braces.
    Token(&'t str),
}

/// The parts of a text. `${` without its end is plain; no manifest can say it, and loading tells.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find('}') else { break };
        if !before.is_empty() {
            found.push(Part::Plain(before));
        }
        let (token, after) = from.split_at(end + 1);
        let inner = &token[2..end];
        // After a dollar sign manifests read it as escaped.
        let is_ours = ["scope.", "var.", "organization."].iter().any(|it| inner.starts_with(it));
        let is_variable =
            !is_ours && placeholder::is_policy_variable(inner) && !before.ends_with('$');
        found.push(if is_variable { Part::Variable(token) } else { Part::Token(token) });
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Part::Plain(rest));
    }
    found
}

impl Facts {
    /// The text as a manifest writes it.
    pub fn written(&self, text: &str, variables: Variables) -> String {
        let mut out = String::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Plain(plain) => self.plain(plain, variables, &mut out),
                Part::Variable(token) => out.push_str(token),
                Part::Token(token) => {
                    out.push('$');
                    out.push_str(token);
                }
            }
        }
        out
    }

    /// Plain text with variables.
    fn plain(&self, text: &str, variables: Variables, out: &mut String) {
        let facts = [
            (Some(self.scope.account.as_str()), "${scope.account}", Variables::Account),
            (Some(self.scope.region.as_str()), "${scope.region}", Variables::All),
            (self.organization.as_deref(), "${organization.id}", Variables::All),
        ];
        let known = facts.into_iter().filter_map(|(fact, name, from)| {
            let is_meant = match variables {
                Variables::None => false,
                Variables::Account => from == Variables::Account,
                Variables::All => true,
            };
            Some((fact.filter(|fact| is_meant && !fact.is_empty())?, name))
        });
        let known: Vec<(&str, &str)> = known.collect();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let before = text[..at].chars().next_back();
            let found = known.iter().find(|(fact, _)| {
                rest.strip_prefix(*fact).is_some_and(|after| {
                    is_end(before) && before != Some('$') && is_end(after.chars().next())
                })
            });
            match found {
                Some((fact, name)) => {
                    out.push_str(name);
                    at += fact.len();
                }
                None => {
                    let next = rest.chars().next().map_or(1, char::len_utf8);
                    out.push_str(&rest[..next]);
                    at += next;
                }
            }
        }
    }
}

/// Whether a word ends there.
fn is_end(c: Option<char>) -> bool {
    !c.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::kind::{Known, Refs};

    fn facts() -> Facts {
        Facts {
            scope: ScopeFacts {
                name: "prod".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
                partition: "aws".into(),
            },
            organization: Some("o-abcde12345".into()),
        }
    }

    /// As loading a manifest and resolving it reads the text.
    fn read(text: &str) -> Value {
        let facts = facts();
        let mut known = Known::default();
        let id = crate::model::Seen::All("o-abcde12345".to_owned());
        known.organizations.insert("prod".into(), id);
        let read = crate::manifest::expanded(text, &facts.scope).expect("known variables");
        let mut value = json!([read]);
        let mut refs = Refs::new(&facts.scope, "x", &known);
        refs.interpolate(&mut value, &[]).expect("no references");
        value[0].take()
    }

    #[test]
    fn what_stands_for_the_scope_becomes_its_variable_where_a_word_ends() {
        let written = |text: &str| facts().written(text, Variables::All);
        for (text, wanted) in [
            ("arn:aws:iam::111122223333:root", "arn:aws:iam::${scope.account}:root"),
            ("logs-111122223333", "logs-${scope.account}"),
            ("1111222233334", "1111222233334"),
            ("eu-west-1", "${scope.region}"),
            ("eu-west-1a", "eu-west-1a"),
            ("o-abcde12345/r-ab12/*", "${organization.id}/r-ab12/*"),
            ("$111122223333", "$111122223333"),
        ] {
            assert_eq!(written(text), wanted);
            assert_eq!(read(wanted), text);
        }
        let account = "111122223333 in eu-west-1";
        assert_eq!(facts().written(account, Variables::Account), "${scope.account} in eu-west-1");
        assert_eq!(facts().written(account, Variables::None), account);
    }

    #[test]
    fn variables_of_iam_stay_and_everything_else_is_escaped() {
        let written = |text: &str| facts().written(text, Variables::All);
        for (text, wanted) in [
            ("home/${aws:username}/*", "home/${aws:username}/*"),
            ("${scope.account}", "$${scope.account}"),
            ("${KmsKey/studio.arn}", "$${KmsKey/studio.arn}"),
            ("${HOME}/bin", "$${HOME}/bin"),
            ("$${x}", "$$${x}"),
            ("$${aws:username}", "$$${aws:username}"),
        ] {
            assert_eq!(written(text), wanted);
            assert_eq!(read(wanted), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_aws_has_is_read_back(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("$".to_owned()), Just("${".to_owned()), Just("}".to_owned()),
                    Just("aws:username".to_owned()), Just("scope.account".to_owned()),
                    Just("111122223333".to_owned()), Just("eu-west-1".to_owned()),
                    Just("o-abcde12345".to_owned()), Just("/".to_owned()), "[a-z{ü]{0,3}",
                ],
                0..12,
            )
        ) {
            let text = pieces.concat();
            let opened = text.rfind("${").is_some_and(|at| !text[at..].contains('}'));
            prop_assume!(!opened);
            for variables in [Variables::None, Variables::Account, Variables::All] {
                let written = facts().written(&text, variables);
                prop_assert_eq!(read(&written), json!(text.clone()), "{}", written);
            }
        }
    }
}
