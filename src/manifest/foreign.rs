//! Syntax of other tools in a manifest: YAML tags, placeholders that nobody fills in here, and
//! CloudFormation functions. Each of them would be sent to AWS as it is, and a guardrail that names
//! a bucket called `${local.bucket}` protects nothing.

use granit_parser::{Event, Parser};
use serde_json::Value;

use super::node::Place;
use crate::kind::{
    Invalid,
    placeholder::{self, Piece},
};

/// What to use in a manifest in place of another tool's placeholder.
const VARIABLES_HELP: &str = "write the value itself, or ${var.NAME} with the value under `vars` \
                              in palisade.yaml, ${scope.account}, ${scope.region}, \
                              ${scope.partition}, or ${Kind/name.arn} for what a manifest declares";

/// CloudFormation's short forms (AWS CloudFormation user guide, "Intrinsic function reference").
const CLOUDFORMATION: [&str; 20] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "Equals",
    "FindInMap",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// A tag in a file, its place, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tagged {
    pub(super) place: Place,
    pub(super) wrong: Invalid,
}

/// Every YAML tag of a file that is not one of YAML's own. A syntax error ends the search: the
/// reader reports it.
pub(super) fn tags(text: &str) -> Vec<Tagged> {
    let mut found = Vec::new();
    // Every tag begins with it (YAML 1.2, section 6.8.1); most files need not be parsed for them.
    if !text.contains('!') {
        return found;
    }
    let mut path = Trail::default();
    for next in Parser::new_from_str(text) {
        let Ok((event, span)) = next else { break };
        if event.is_node() {
            path.node();
        }
        if let Some(tag) = event.tag().filter(|tag| !tag.is_yaml_core_schema()) {
            let start = span.tag_span().unwrap_or(span).start;
            let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
            let at = (number(start.line()), number(start.col()).saturating_add(1));
            let wrong = tag_problem(&path.shown(), &tag.original());
            found.push(Tagged { place: at, wrong });
        }
        path.after(&event);
    }
    found
}

fn tag_problem(path: &str, tag: &str) -> Invalid {
    let name = tag.trim_start_matches('!');
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
    let shown = if name.chars().all(plain) && name.len() <= 40 { tag } else { "!…" };
    if CLOUDFORMATION.contains(&name) {
        let why =
            format!("`{shown}` is a CloudFormation function, which palisade does not support");
        return Invalid::new(path, why).help(VARIABLES_HELP);
    }
    Invalid::new(path, format!("the YAML tag `{shown}` is not supported"))
        .help("remove it, and write the value itself (a text in quotes)")
}

/// The parser's position in a document.
#[derive(Default)]
struct Trail(Vec<Level>);

enum Level {
    /// In a list, before or at the item with this index; `None` before the first.
    List(Option<usize>),
    /// In a mapping: the last key, and whether its value comes next.
    Map { key: String, value_next: bool },
}

impl Trail {
    /// A node begins: the next item of a list.
    fn node(&mut self) {
        if let Some(Level::List(index)) = self.0.last_mut() {
            *index = Some(index.map_or(0, |index| index + 1));
        }
    }

    fn after(&mut self, event: &Event<'_>) {
        match event {
            Event::MappingStart(..) => {
                self.0.push(Level::Map { key: String::new(), value_next: false });
            }
            Event::SequenceStart(..) => self.0.push(Level::List(None)),
            Event::MappingEnd | Event::SequenceEnd => {
                self.0.pop();
                self.done(None);
            }
            Event::DocumentEnd => self.0.clear(),
            Event::Scalar(text, ..) => self.done(Some(text.as_ref())),
            Event::Alias(_) => self.done(None),
            _ => {}
        }
    }

    /// A node of a mapping is complete: a key, or a value.
    fn done(&mut self, text: Option<&str>) {
        if let Some(Level::Map { key, value_next }) = self.0.last_mut() {
            if !*value_next {
                *key = text.unwrap_or_default().to_owned();
            }
            *value_next = !*value_next;
        }
    }

    fn shown(&self) -> String {
        let mut path = String::new();
        for level in &self.0 {
            match level {
                Level::List(index) => path.push_str(&format!("[{}]", index.unwrap_or_default())),
                Level::Map { value_next: false, .. } => {}
                Level::Map { key, .. } if path.is_empty() => path.push_str(key),
                Level::Map { key, .. } => path.push_str(&format!(".{key}")),
            }
        }
        path
    }
}

/// Everything below `path` that another tool should have filled in.
pub(super) fn leftovers(path: &str, value: &Value, problems: &mut Vec<Invalid>) {
    match value {
        Value::String(text) => {
            problems.extend(
                in_text(text).into_iter().map(|it| Invalid { field: path.to_owned(), ..it }),
            );
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leftovers(&format!("{path}[{index}]"), item, problems);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let lone_ref = key == "Ref" && map.len() == 1;
                if key.starts_with("Fn::") || lone_ref {
                    let why = format!(
                        "`{key}` is a CloudFormation function, which palisade does not support"
                    );
                    problems.push(Invalid::new(&path, why).help(VARIABLES_HELP));
                    // Its content is its arguments.
                    continue;
                }
                let keyed = in_text(key).into_iter();
                problems.extend(keyed.map(|it| Invalid { field: path.clone(), ..it }));
                leftovers(&path, inner, problems);
            }
        }
        _ => {}
    }
}

/// The delimiters of other tools' placeholders, and the tool.
const TEMPLATES: [(&str, &str, &str); 5] = [
    ("{{", "}}", "a template (Helm, Jinja, CloudFormation's dynamic references)"),
    ("{%", "%}", "a template (Jinja)"),
    ("%{", "}", "a directive of Terraform"),
    ("#{", "}", "a placeholder of another tool"),
    ("<%", "%>", "a template (ERB)"),
];

fn in_text(text: &str) -> Vec<Invalid> {
    let mut found = Vec::new();
    for (begin, end, whose) in TEMPLATES {
        if text.find(begin).is_some_and(|at| text[at + begin.len()..].contains(end)) {
            let why = format!("`{begin}…{end}` is {whose} that was not filled in");
            found.push(Invalid::new("", why).help(VARIABLES_HELP));
        }
    }
    found.extend(terraform_variable(text));
    if text.starts_with("arn:") && (text.contains('<') || text.contains("$(")) {
        let why = "a placeholder in an ARN was not filled in";
        found.push(Invalid::new("", why).help(VARIABLES_HELP));
    }
    if !text.contains("${") {
        return found;
    }
    for piece in placeholder::pieces(text) {
        match piece {
            Piece::Text(_) | Piece::Literal(_) => {}
            Piece::Open(_) => found.push(
                Invalid::new("", "`${` without its `}`")
                    .help("close it, or write $${ for the text ${ itself"),
            ),
            // `${{ … }}` is a template, which was reported.
            Piece::Token(inner) if inner.starts_with('{') && !found.is_empty() => {}
            Piece::Token(inner) => {
                if !placeholder::is_own(inner) && !placeholder::is_policy_variable(inner) {
                    found.push(token_problem(inner));
                }
            }
        }
    }
    found
}

/// Terraform's way to write IAM's variables: `&{aws:username}`. To IAM it is a text. Scripts have
/// `&{` too.
fn terraform_variable(text: &str) -> Option<Invalid> {
    text.match_indices("&{").find_map(|(at, begin)| {
        let (inner, _) = text[at + begin.len()..].split_once('}')?;
        let why = format!("`&{{{inner}}}` is Terraform's notation of a policy variable");
        let help = format!("write ${{{inner}}}, as IAM does");
        placeholder::is_policy_variable(inner).then(|| Invalid::new("", why).help(help))
    })
}

/// The prefixes of Terraform expressions.
const TERRAFORM: [&str; 8] =
    ["local.", "data.", "module.", "each.", "path.", "count.", "aws_", "terraform."];

fn token_problem(inner: &str) -> Invalid {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ._-:/[]\"',@".contains(c);
    let shown = if inner.chars().all(plain) && inner.len() <= 60 { inner } else { "…" };
    if let Some(name) = inner.strip_prefix("AWS::") {
        let help = match name {
            "Partition" => "write ${scope.partition}",
            "AccountId" => "write ${scope.account}",
            "Region" => "write ${scope.region}",
            "URLSuffix" => "write the domain itself, such as amazonaws.com",
            _ => VARIABLES_HELP,
        };
        let why = format!(
            "`${{{shown}}}` is a CloudFormation variable, which is not filled in \
            here"
        );
        return Invalid::new("", why).help(help);
    }
    if let Some(near) = near(inner) {
        let why = format!("`${{{shown}}}` is not a variable of palisade");
        return Invalid::new("", why).help(format!("did you mean ${{{near}}}?"));
    }
    if TERRAFORM.iter().any(|start| inner.starts_with(start)) {
        let why = format!("`${{{shown}}}` is a Terraform expression, which is not filled in here");
        return Invalid::new("", why).help(VARIABLES_HELP);
    }
    let why =
        format!("`${{{shown}}}` is neither a palisade nor an IAM variable, so it is not filled in");
    Invalid::new("", why).help(format!("{VARIABLES_HELP}; $${{ stands for the text ${{ itself"))
}

/// The palisade variable that was meant.
fn near(inner: &str) -> Option<String> {
    if let Some(name) =
        ["vars.", "variable.", "variables."].iter().find_map(|it| inner.strip_prefix(it))
    {
        return Some(format!("var.{name}"));
    }
    let facts = ["scope.account", "scope.region", "scope.partition", "organization.id"];
    super::did_you_mean(inner, facts).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_tag_of_a_file_is_found_with_its_place_and_path() {
        let text = "a: !Sub x\nb:\n  - 1\n  - !GetAtt Role.Arn\n  - {c: !Join [\"\", [x]], d: \
            !!str 7}\n---\n!vault |\n  x\n";
        let found: Vec<_> = tags(text)
            .iter()
            .map(|it| format!("{:?} {}: {}", it.place, it.wrong.field, it.wrong.why))
            .collect();
        insta::assert_snapshot!(found.join("\n"), @r"
        (1, 4) a: `!Sub` is a CloudFormation function, which palisade does not support
        (4, 5) b[1]: `!GetAtt` is a CloudFormation function, which palisade does not support
        (5, 9) b[2].c: `!Join` is a CloudFormation function, which palisade does not support
        (7, 1) : the YAML tag `!vault` is not supported
        ");
    }

    fn found(value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        leftovers("spec", value, &mut problems);
        assert!(problems.iter().all(|it| it.help.is_some()));
        problems.into_iter().map(|it| format!("{}: {}", it.field, it.why)).collect()
    }

    #[test]
    fn what_another_tool_should_have_filled_in_is_found_in_values_and_keys() {
        let value = json!({
            "a": ["arn:${AWS::Partition}:s3:::x", "${local.bucket}", "{{ .Values.account }}", "%{ \
             if x }", "${vars.team}"],
            "${Account}": 1,
            "b": {"Fn::Sub": "x"}, "c": {"Ref": "Key"}, "d": "arn:aws:iam::<ACCOUNT>:root", "e": "${open",
            "f": "{{resolve:ssm:x}}", "g": "${self:custom.stage}", "h": "${ACCOUNT:-1}", "i": "#{AWS::AccountId}",
            "j": "arn:aws:s3:::x/&{aws:username}/*"
        });
        insta::assert_snapshot!(found(&value).join("\n"), @r"
        spec.a[0]: `${AWS::Partition}` is a CloudFormation variable, which is not filled in here
        spec.a[1]: `${local.bucket}` is a Terraform expression, which is not filled in here
        spec.a[2]: `{{…}}` is a template (Helm, Jinja, CloudFormation's dynamic references) that was not filled in
        spec.a[3]: `%{…}` is a directive of Terraform that was not filled in
        spec.a[4]: `${vars.team}` is not a variable of palisade
        spec.${Account}: `${Account}` is neither a palisade nor an IAM variable, so it is not filled in
        spec.b.Fn::Sub: `Fn::Sub` is a CloudFormation function, which palisade does not support
        spec.c.Ref: `Ref` is a CloudFormation function, which palisade does not support
        spec.d: a placeholder in an ARN was not filled in
        spec.e: `${` without its `}`
        spec.f: `{{…}}` is a template (Helm, Jinja, CloudFormation's dynamic references) that was not filled in
        spec.g: `${self:custom.stage}` is neither a palisade nor an IAM variable, so it is not filled in
        spec.h: `${ACCOUNT:-1}` is neither a palisade nor an IAM variable, so it is not filled in
        spec.i: `#{…}` is a placeholder of another tool that was not filled in
        spec.j: `&{aws:username}` is Terraform's notation of a policy variable
        ");
    }

    #[test]
    fn our_own_and_iams_variables_and_an_escaped_text_pass() {
        let value = json!([
            "${var.x}",
            "${scope.account}",
            "${organization.id}",
            "${KmsKey/a.arn}",
            "${org/KmsKey/a}",
            "${aws:PrincipalTag/team, 'none'}",
            "${*}",
            "$${literal}",
            "50% {off}",
            "if x; then &{ Write-Output 1 }",
            "#1 {x}"
        ]);
        assert_eq!(found(&value), [""; 0]);
    }
}
