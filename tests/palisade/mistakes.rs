//! Mistakes that people make, each with what palisade says about it: where it is, what is wrong, and a way out. The snapshot
//! is the table; every row has all three.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use palisade::{
    engine::Scopes,
    kinds,
    manifest::{Loader, Problem},
    settings::{Overrides, Settings},
};

use crate::{cli::palisade, world::World};

const API: &str = "apiVersion: palisade.dev/v1alpha1\n";

fn manifest(kind: &str, spec: &str) -> String {
    format!("{API}kind: {kind}\nmetadata: {{name: x}}\nspec:\n{}\n", indented(spec))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn group(rest: &str) -> String {
    manifest("SecurityGroup", &format!("description: x\nvpc: vpc-0123456789abcdef0\n{rest}"))
}

fn endpoint(rest: &str) -> String {
    let network = "vpc: vpc-0123456789abcdef0\nsubnets: [subnet-0123456789abcdef0]\nsecurityGroups: [sg-0123456789abcdef0]";
    manifest("VpcEndpoint", &format!("type: Interface\n{network}\npolicy: default\n{rest}"))
}

const ROOT: &str = "{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"kms:*\", Resource: \"*\"}";

fn key(statements: &str, rest: &str) -> String {
    manifest(
        "KmsKey",
        &format!("policy: {{Version: \"2012-10-17\", Statement: [{statements}]}}\n{rest}"),
    )
}

fn guardrail(statement: &str, rest: &str) -> String {
    manifest(
        "ServiceControlPolicy",
        &format!("content: {{Version: \"2012-10-17\", Statement: [{statement}]}}\n{rest}"),
    )
    .replace("{name: x}", "{name: x, scope: org}")
}

const DENY: &str = "{Effect: Deny, Action: \"organizations:LeaveOrganization\", Resource: \"*\"}";

fn domain(rest: &str) -> String {
    let needed = "authMode: IAM\nvpc: vpc-0123456789abcdef0\nsubnets: [subnet-0123456789abcdef0]";
    let user = "defaultUserSettings: {executionRole: \"arn:aws:iam::111122223333:role/x\", securityGroups: [sg-0123456789abcdef0]}";
    manifest("SageMakerDomain", &format!("{needed}\n{user}\n{rest}"))
}

/// Mistakes in the file itself and in what every manifest has.
#[expect(clippy::too_many_lines, reason = "a table: a row a mistake")]
fn envelopes() -> Vec<(&'static str, String)> {
    let with = |rest: &str| format!("{API}kind: SecurityGroup\nmetadata: {{name: x}}\n{rest}\n");
    let good = "spec: {description: x, vpc: vpc-0123456789abcdef0}";
    vec![
        ("no apiVersion", "kind: SecurityGroup\nmetadata: {name: x}\nspec: {}\n".into()),
        ("another apiVersion", group("").replace("v1alpha1", "v1")),
        ("a kind with a slip", group("").replace("SecurityGroup", "SecurtyGroup")),
        (
            "Kubernetes' own kind",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}\n".into(),
        ),
        ("a name with capitals", group("").replace("{name: x}", "{name: My_Group}")),
        ("a name that is a number", group("").replace("{name: x}", "{name: 7}")),
        ("no name", group("").replace("{name: x}", "{}")),
        ("labels", group("").replace("{name: x}", "{name: x, labels: {a: b}}")),
        ("a namespace", group("").replace("{name: x}", "{name: x, namespace: prod}")),
        ("a scope with a slip", group("").replace("{name: x}", "{name: x, scope: ml-prd}")),
        ("no spec", with("")),
        (
            "lifecycle below spec",
            with(&format!("{good}\n  ").replace("}\n  ", ", lifecycle: {paused: true}}")),
        ),
        ("a mode that there is not", with(&format!("lifecycle: {{mode: enforced}}\n{good}"))),
        ("a text for true", with(&format!("lifecycle: {{paused: \"true\"}}\n{good}"))),
        ("yes for true", with(&format!("lifecycle: {{paused: yes}}\n{good}"))),
        (
            "prevent_destroy of Terraform",
            with(&format!("lifecycle: {{preventDestroy: true}}\n{good}")),
        ),
        (
            "a waiver of a rule that there is not",
            with(&format!("lifecycle: {{waive: {{SG-99: x}}}}\n{good}")),
        ),
        (
            "a waiver without a reason",
            with(&format!("lifecycle: {{waive: {{SG-01: \"\"}}}}\n{good}")),
        ),
        ("a waiver at another kind", with(&format!("lifecycle: {{waive: {{KMS-01: x}}}}\n{good}"))),
        ("a variable without value", group("tags: {team: \"${var.team}\"}")),
        ("a fact that there is not", group("tags: {a: \"${scope.acount}\"}")),
        ("a manifest twice", format!("{}---\n{}", group(""), group(""))),
        ("a text for a manifest", "just text\n".into()),
        ("a list of manifests", format!("- {}", group("").replace('\n', "\n  "))),
        ("a key twice", with("spec:\n  vpc: vpc-0123456789abcdef0\n  vpc: vpc-0123456789abcdef1")),
        ("an anchor", with("spec: &spec {description: x, vpc: vpc-0123456789abcdef0}")),
        ("a tab", with("spec:\n\tdescription: x")),
        ("a bracket that is not closed", with("spec: {description: x, vpc: [")),
        ("a text with a colon", with("spec:\n  description: note: this")),
        ("a comment in the manner of JSON", with("spec: {\n  \"description\": \"x\"\n  // why\n}")),
        ("a merge conflict", with("<<<<<<< HEAD\nspec: {}\n=======\nspec: {a: b}\n>>>>>>> x")),
        ("a template of Helm without quotes", with("spec:\n  description: {{ .Values.text }}")),
        ("a template of Helm in quotes", group("tags: {a: \"{{ .Values.team }}\"}")),
        ("CloudFormation's !Sub", group("tags: {a: !Sub \"${AWS::StackName}\"}")),
        (
            "CloudFormation's Fn::GetAtt",
            guardrail("{Effect: Deny, Action: \"s3:*\", Resource: {\"Fn::GetAtt\": [A, Arn]}}", ""),
        ),
        (
            "CloudFormation's pseudo parameter",
            guardrail(
                "{Effect: Deny, Action: \"s3:*\", Resource: \"arn:${AWS::Partition}:s3:::a\"}",
                "",
            ),
        ),
        (
            "Terraform's local value",
            guardrail(
                "{Effect: Deny, Action: \"s3:*\", Resource: \"arn:aws:s3:::${local.bucket}\"}",
                "",
            ),
        ),
        ("Terraform's directive", group("tags: {a: \"%{ if x }y%{ endif }\"}")),
        ("Serverless' variable", group("tags: {a: \"${self:custom.team}\"}")),
        ("a shell's variable", group("tags: {a: \"${TEAM}\"}")),
        ("vars for var", group("tags: {a: \"${vars.team}\"}")),
        (
            "a placeholder of the documentation",
            key(
                &format!(
                    "{ROOT}, {{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::<account>:role/x\"}}, Action: \"kms:Decrypt\", Resource: \"*\"}}"
                ),
                "",
            ),
        ),
        ("${ without its end", group("tags: {a: \"${var.team\"}")),
        ("a secret of Ansible", group("tags:\n  a: !vault |\n    x")),
        (
            "an approval without end",
            format!("{API}kind: Approval\nmetadata: {{name: x}}\nspec: {{digest: abc}}\n"),
        ),
        ("a lifecycle as a list", with(&format!("lifecycle: [enforce, absent]\n{good}"))),
        ("a state as a mapping", with(&format!("lifecycle: {{state: {{absent: null}}}}\n{good}"))),
        ("metadata as a list", group("").replace("{name: x}", "[x]")),
        ("a spec as a list", with("spec: [x, vpc-0123456789abcdef0]")),
        ("no space after a colon", group("").replace("{name: x}", "{name:x}")),
        ("metadata with a slip", group("").replace("metadata: {name: x}", "metdata: {name: x}")),
        ("a name with a slip", group("").replace("{name: x}", "{nmae: x}")),
        ("a variable without value in a key", group("tags: {\"${var.team}\": x}")),
        ("a reference in a key", group("tags: {\"${KmsKey/x}\": x}")),
        ("a star without quotes", key("{Effect: Allow, Action: *, Resource: x}", "")),
        (
            "a star without quotes in a block",
            manifest("KmsKey", "policy:\n  Statement:\n    - Action: *\n      Effect: Allow"),
        ),
        ("a tab in a later line", with("spec:\n  description: x\n\tvpc: y")),
        ("a secret of GitHub", group("tags: {a: \"${{ secrets.TEAM }}\"}")),
        (
            "an approval as a list",
            format!("{API}kind: Approval\nmetadata: {{name: x}}\nspec: [a, b]\n"),
        ),
        (
            "an approval with a field too many",
            format!(
                "{API}kind: Approval\nmetadata: {{name: x}}\nspec: {{digest: 0123456789ab, expires: \"2026-12-31T00:00:00Z\", by: me}}\n"
            ),
        ),
        ("an approval of nothing", format!("{API}kind: Approval\nmetadata: {{name: x}}\n")),
        (
            "an approval until a day",
            format!(
                "{API}kind: Approval\nmetadata: {{name: x}}\nspec: {{digest: abc, expires: 2026-12-31}}\n"
            ),
        ),
    ]
}

/// Mistakes in what the kinds' specs say.
fn specs() -> Vec<(&'static str, String)> {
    let rule = |rule: &str| group(&format!("ingress: [{{{rule}}}]"));
    vec![
        ("a field with a slip", group("ingres: []")),
        ("CloudFormation's !Ref for an id", group("").replace("vpc-0123456789abcdef0", "!Ref Vpc")),
        (
            "CloudFormation's !Join for an id",
            group("").replace("vpc-0123456789abcdef0", "!Join [\"\", [vpc-, x]]"),
        ),
        (
            "CloudFormation's Ref for an id",
            group("").replace("vpc-0123456789abcdef0", "{Ref: TheVpcOfTheWholeInstallation}"),
        ),
        ("a template for a switch", key(ROOT, "enabled: \"{{ x }}\"")),
        ("a variable for a number", key(ROOT, "deletionWindowDays: \"${var.nobody}\"")),
        ("a rule as a list", group("ingress: [[x, tcp, 443, [self]]]")),
        (
            "a lookup as a list",
            group("").replace("vpc-0123456789abcdef0", "{lookup: [{Name: ml}]}"),
        ),
        ("a tag beside tags", group("").replace("vpc-0123456789abcdef0", "{lookup: {Name: ml}}")),
        ("a rotation as a list", key(ROOT, "rotation: [true, 365]")),
        ("a field of CloudFormation", endpoint("service: sts\nprivateDnsEnabled: true")),
        (
            "a reference with its kind",
            rule("description: x, protocol: tcp, ports: 443, from: [{ref: SecurityGroup/bastion}]"),
        ),
        (
            "a reference with scope and kind",
            rule(
                "description: x, protocol: tcp, ports: 443, from: [{ref: org/SecurityGroup/bastion}]",
            ),
        ),
        (
            "a reference to no scope",
            rule("description: x, protocol: tcp, ports: 443, from: [{ref: nowhere/bastion}]"),
        ),
        (
            "a reference to nothing",
            rule("description: x, protocol: tcp, ports: 443, from: [{ref: \"\"}]"),
        ),
        (
            "a list behind ref",
            rule("description: x, protocol: tcp, ports: 443, from: [{ref: [bastion]}]"),
        ),
        (
            "a reference in the manner of policies",
            rule("description: x, protocol: tcp, ports: 443, from: [\"${SecurityGroup/bastion}\"]"),
        ),
        (
            "no scope in a text",
            guardrail("{Effect: Deny, Action: \"kms:*\", Resource: \"${nope/KmsKey/x.arn}\"}", ""),
        ),
        ("a zone for the service's Region", endpoint("service: sts\nserviceRegion: eu-west-1a")),
        ("a key of another Region", domain("kmsKey: arn:aws:kms:us-east-1:111122223333:key/x")),
        ("a bucket for a key", domain("kmsKey: arn:aws:s3:eu-west-1:111122223333:key/x")),
        (
            "a role of another account for a domain",
            domain("").replace("111122223333:role/x", "444455556666:role/x"),
        ),
        ("any role for a domain", domain("").replace(":role/x", ":role/*")),
        ("a role of China for a domain", domain("").replace("arn:aws:iam", "arn:aws-cn:iam")),
        ("no VPC", manifest("SecurityGroup", "description: x")),
        ("a VPC by name", manifest("SecurityGroup", "description: x\nvpc: ml")),
        ("a lookup without condition", manifest("SecurityGroup", "vpc: {lookup: {}}")),
        (
            "a lookup by a field that there is not",
            manifest("SecurityGroup", "vpc: {lookup: {name_tag: ml}}"),
        ),
        ("a description in German", group("").replace("description: x", "description: für Studio")),
        ("a group's name like an id", group("groupName: sg-studio")),
        ("a description that is a number", group("").replace("description: x", "description: 7")),
        ("a port that there is not", rule("protocol: tcp, ports: 65536, from: [self]")),
        ("a range backwards", rule("protocol: tcp, ports: 443-80, from: [self]")),
        ("a protocol that there is not", rule("protocol: https, ports: 443, from: [self]")),
        ("an address without length", rule("protocol: tcp, ports: 443, from: [10.0.0.1]")),
        ("a length that there is not", rule("protocol: tcp, ports: 443, from: [10.0.0.0/33]")),
        ("from in an egress rule", group("egress: [{protocol: tcp, ports: 443, from: [self]}]")),
        ("cidr of Terraform", rule("protocol: tcp, ports: 443, cidr_blocks: [10.0.0.0/8]")),
        (
            "an id behind ref",
            rule("protocol: tcp, ports: 443, from: [{ref: sg-0123456789abcdef0}]"),
        ),
        ("a group that nobody declares", rule("protocol: tcp, ports: 443, from: [{ref: bastion}]")),
        ("a tag of AWS", group("tags: {\"aws:createdBy\": x}")),
        ("a tag of palisade", group("tags: {\"palisade:owner\": x}")),
        ("a tag that is a number", group("tags: {cost-center: 0123}")),
        ("a tag that is true", group("tags: {critical: true}")),
        ("tags as a list of Key and Value", group("tags: [{Key: a, Value: b}]")),
        ("a tag's value that is too long", group(&format!("tags: {{a: {}}}", "x".repeat(257)))),
        (
            "an endpoint without subnets",
            manifest(
                "VpcEndpoint",
                "type: Interface\nservice: kms\nvpc: vpc-0123456789abcdef0\nsecurityGroups: [sg-0123456789abcdef0]\npolicy: default",
            ),
        ),
        ("an endpoint without policy", endpoint("service: kms").replace("  policy: default\n", "")),
        (
            "an endpoint's type with a slip",
            endpoint("service: kms").replace("type: Interface", "type: interface"),
        ),
        ("a service's name with a space", endpoint("service: \"sage maker\"")),
        (
            "subnets of a gateway endpoint",
            endpoint("service: s3").replace("type: Interface", "type: Gateway"),
        ),
        ("a Region in words", endpoint("service: kms\nserviceRegion: Ireland")),
        ("a key without policy", manifest("KmsKey", "description: x")),
        (
            "a key's policy for another account",
            key(&ROOT.replace("111122223333", "444455556666"), ""),
        ),
        (
            "a key's policy that is public",
            key(
                &format!(
                    "{ROOT}, {{Effect: Allow, Principal: \"*\", Action: \"kms:Decrypt\", Resource: \"*\"}}"
                ),
                "",
            ),
        ),
        (
            "a key's policy without the administrators",
            key(
                "{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"kms:Decrypt\", Resource: \"*\"}",
                "",
            ),
        ),
        ("an alias without its beginning", key(ROOT, "aliases: [studio]")),
        ("an alias of AWS", key(ROOT, "aliases: [alias/aws/ebs]")),
        ("an alias twice", key(ROOT, "aliases: [alias/a, alias/a]")),
        ("a rotation every month", key(ROOT, "rotation: {periodDays: 30}")),
        ("a deletion tomorrow", key(ROOT, "deletionWindowDays: 1")),
        ("a key's usage that does not fit", key(ROOT, "keyUsage: SIGN_VERIFY")),
        ("a key's tag with an ampersand", key(ROOT, "tags: {Owner: \"Research & Development\"}")),
        (
            "ref and lookup at once",
            manifest("SecurityGroup", "vpc: {ref: ml, lookup: {tags: {Name: ml}}}"),
        ),
        (
            "an unknown kind in a reference",
            key(&ROOT.replace("Resource: \"*\"", "Resource: \"${KmsKy/studio.arn}\""), ""),
        ),
        (
            "an attribute that there is not",
            key(&ROOT.replace("Resource: \"*\"", "Resource: \"${KmsKey/x.name}\""), ""),
        ),
        (
            "a policy with a Principal as SCP",
            guardrail("{Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"*\"}", ""),
        ),
        ("a statement without action", guardrail("{Effect: Deny, Resource: \"*\"}", "")),
        (
            "an effect in lower case",
            guardrail("{Effect: deny, Action: \"s3:*\", Resource: \"*\"}", ""),
        ),
        ("an account as a number", guardrail(DENY, "targets: [111122223333]")),
        ("a unit without ou:", guardrail(DENY, "targets: [/Workloads/ML]")),
        ("a unit's path without slash", guardrail(DENY, "targets: [\"ou:Workloads\"]")),
        ("a target twice", guardrail(DENY, "targets: [root, root]")),
        ("FullAWSAccess as a name", guardrail(DENY, "policyName: FullAWSAccess")),
        ("a policy's tag with brackets", guardrail(DENY, "tags: {Purpose: \"guardrail (one)\"}")),
        (
            "a policy's description that is too long",
            guardrail(DENY, &format!("description: {}", "x".repeat(513))),
        ),
        (
            "a domain without users' role",
            domain("").replace(
                "executionRole: \"arn:aws:iam::111122223333:role/x\", ",
                "executionRole: null, ",
            ),
        ),
        ("a domain's name with underscore", domain("domainName: ml_studio")),
        ("a sign-in that there is not", domain("").replace("authMode: IAM", "authMode: SAML")),
        (
            "a domain without groups",
            domain("").replace(", securityGroups: [sg-0123456789abcdef0]", ""),
        ),
        (
            "identity propagation with IAM",
            domain("domainSettings: {trustedIdentityPropagation: ENABLED}"),
        ),
        ("a domain's tag with a number sign", domain("tags: {Ticket: \"Test #2\"}")),
        ("a key's id behind ref", domain("kmsKey: {ref: 1234abcd-12ab-34cd-56ef-1234567890ab}")),
        (
            "an ARN behind ref",
            domain(
                "kmsKey: {ref: \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"}",
            ),
        ),
    ]
}

/// Mistakes in the settings file.
const SETTINGS: &[(&str, &str)] = &[
    ("no owner", "interval: 60s\n"),
    ("an owner with a space", "owner: ml platform\n"),
    ("a setting with a slip", "owner: x\nintervall: 60s\n"),
    ("a time without unit", "owner: x\ninterval: 60\n"),
    ("a time that is too long", "owner: x\ninterval: 9999999999999999999h\n"),
    ("a time that is too short", "owner: x\ninterval: 10ms\n"),
    (
        "an account with 11 digits",
        "owner: x\nscopes:\n  prod: {account: \"11112222333\", region: eu-west-1}\n",
    ),
    (
        "a Region in words",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: Ireland}\n",
    ),
    (
        "a zone for a Region",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu_west_1}\n",
    ),
    (
        "a role of another account",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1, assumeRole: {roleArn: \"arn:aws:iam::444455556666:role/p\"}}\n",
    ),
    (
        "a user for a role",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1, assumeRole: {roleArn: \"arn:aws:iam::111122223333:user/p\"}}\n",
    ),
    (
        "a daemon's role of another account",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1, daemonRole: \"arn:aws:iam::444455556666:role/p\"}\n",
    ),
    (
        "a daemon's role with a wildcard",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1, daemonRole: \"arn:aws:iam::111122223333:role/*\"}\n",
    ),
    (
        "a scope's name with a slash",
        "owner: x\nscopes:\n  a/b: {account: \"111122223333\", region: eu-west-1}\n",
    ),
    (
        "a default scope with a slip",
        "owner: x\ndefaultScope: prdo\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1}\n",
    ),
    ("more than everything", "owner: x\ngate: {deletesPercent: 101}\n"),
    ("more than all accounts", "owner: x\ngate: {accountsPercent: 250}\n"),
    ("a mode that there is not", "owner: x\nmode: dry-run\n"),
    ("a risk that there is not", "owner: x\ngate: {holdRisks: [danger]}\n"),
    ("a port alone", "owner: x\nserver: {listen: \"9464\"}\n"),
    ("break-glass by name", "owner: x\nbreakGlassRoles: [admin]\n"),
    ("an organization by name", "owner: x\norganization: acme\n"),
    ("a bracket that is not closed", "owner: x\nscopes: {\n"),
    ("an empty file", ""),
    (
        "the name of a zone for a Region",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1a}\n",
    ),
    (
        "a role of another partition",
        "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-west-1, assumeRole: {roleArn: \"arn:aws-cn:iam::111122223333:role/p\"}}\n",
    ),
    (
        "break-glass in no partition",
        "owner: x\nbreakGlassRoles: [\"arn:amazon:iam::111122223333:role/b\"]\n",
    ),
    ("an owner as a list", "owner: [x]\n"),
    ("scopes as a list", "owner: x\nscopes: [prod]\n"),
    ("a scope as a text", "owner: x\nscopes: {prod: \"111122223333\"}\n"),
    (
        "an account without quotes",
        "owner: x\nscopes: {prod: {account: 111122223333, region: eu-west-1}}\n",
    ),
    ("a scope without Region", "owner: x\nscopes: {prod: {account: \"111122223333\"}}\n"),
    ("gates by position", "owner: x\ngate: [5, 5]\n"),
    ("a negative percentage", "owner: x\ngate: {deletesPercent: -1}\n"),
    ("a setting twice", "owner: x\nowner: y\n"),
    ("a tag in the settings", "owner: !Sub x\n"),
    ("a template in the settings", "owner: x\nvars: {team: \"{{ team }}\"}\n"),
    ("two documents of settings", "owner: x\n---\nowner: y\n"),
    ("a text for settings", "owner\n"),
];

/// Everything that is wrong with one file of manifests.
fn problems(text: &str) -> Vec<Problem> {
    let world = World::with(text);
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&world.settings);
    let loader = Loader { registry: &registry, settings: &world.settings, facts: &facts };
    let mut problems = loader.load(world.dir()).err().unwrap_or_default();
    for problem in &mut problems {
        let shown = problem.origin.file.strip_prefix(world.dir());
        problem.origin.file = shown.expect("below the directory").to_owned();
        let folder = format!("{}/", world.dir().display());
        problem.help = problem.help.replace(&folder, "");
    }
    problems
}

#[test]
fn every_mistake_in_a_manifest_has_its_place_its_reason_and_a_way_out() {
    let (mut table, mut silent) = (String::new(), Vec::new());
    let rows: Vec<_> = envelopes().into_iter().chain(specs()).collect();
    assert!(rows.len() >= 80, "{} mistakes", rows.len());
    for (what, text) in rows {
        let found = problems(&text);
        if found.is_empty() {
            silent.push(what);
        }
        for problem in &found {
            let Problem { origin, message, help, .. } = problem;
            assert!(origin.line > 0 && origin.column > 0, "{what}: no place: {problem}");
            assert!(!message.trim().is_empty() && !help.trim().is_empty(), "{what}: {problem}");
        }
        let _ = writeln!(table, "# {what}");
        for problem in found {
            let _ = writeln!(table, "{problem}");
        }
        table.push('\n');
    }
    assert_eq!(silent, [""; 0], "nothing is said about these");
    insta::assert_snapshot!(table);
}

/// One mistake is one problem: what only follows from it would send people to a second place.
#[test]
fn what_follows_from_a_mistake_is_not_a_second_one() {
    let rows: Vec<_> = envelopes().into_iter().chain(specs()).collect();
    for what in [
        "CloudFormation's !Sub",
        "CloudFormation's !Ref for an id",
        "CloudFormation's !Join for an id",
        "CloudFormation's Ref for an id",
        "a template for a switch",
        "a variable for a number",
        "a secret of GitHub",
        "a tag beside tags",
        "a list behind ref",
        "no space after a colon",
        "a name with a slip",
        "metadata with a slip",
        "a lookup by a field that there is not",
        "a reference with its kind",
        "a reference with scope and kind",
    ] {
        let (_, text) = rows.iter().find(|(name, _)| *name == what).expect(what);
        let found = problems(text);
        assert_eq!(found.len(), 1, "{what}: {found:#?}");
    }
}

#[test]
fn every_command_that_a_help_names_works() {
    let rows = envelopes().into_iter().chain(specs());
    let found: Vec<_> = rows.flat_map(|(_, text)| problems(&text)).collect();
    let pages: BTreeSet<String> = found
        .iter()
        .filter_map(|problem| {
            let page = problem.help.split_once("`palisade explain ")?.1.split('`').next()?;
            Some(page.to_owned())
        })
        .collect();
    assert!(pages.len() > 5, "{pages:?}");
    for page in pages {
        let output = palisade().args(["explain", &page]).output().expect("it runs");
        assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for page in ["Approval.metadata", "Approval.lifecycle.mode", "SecurityGroup.ingress[0].from"] {
        assert!(palisade().args(["explain", page]).status().expect("it runs").success(), "{page}");
    }
}

#[test]
fn every_mistake_in_the_settings_has_its_place_its_reason_and_a_way_out() {
    let mut table = String::new();
    for (what, text) in SETTINGS {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("palisade.yaml");
        fs::write(&file, text).expect("written");
        let overrides = Overrides { file: Some(file.clone()), ..Overrides::default() };
        let error = Settings::load(&overrides).expect_err(what);
        let place = error.place.strip_prefix(&format!("{}:", file.display())).expect("in the file");
        let (line, column) = place.split_once(':').expect("LINE:COLUMN");
        assert!(line.parse() != Ok(0) && column.parse() != Ok(0), "{what}: {error}");
        assert!(!error.why.is_empty() && !error.help.is_empty(), "{what}: {error}");
        let shown = error.to_string().replace(&format!("{}/", dir.path().display()), "");
        let _ = writeln!(table, "# {what}\n{shown}\n");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_mistake_in_a_flag_names_the_flag_and_what_it_takes() {
    for (flags, names, way_out) in [
        (&["plan", "--mode", "dry-run"][..], "--mode", "[possible values: enforce, observe]"),
        (&["plan", "--interval", "60"], "--interval", "a duration such as 60s"),
        (&["plan", "--var", "team"], "--var", "NAME=VALUE"),
        (&["plan", "--ownr", "x"], "--ownr", "a similar argument exists: '--owner'"),
        (&["plna"], "plna", "similar"),
        (&["explain", "SecurtyGroup"], "SecurtyGroup", "did you mean `SecurityGroup`?"),
        (&["explain", "SecurityGroup.ingres"], "ingres", "fields:"),
        (&["schema", "Deployment"], "Deployment", "kinds:"),
        (&["validate", "--owner", "a b", "/tmp"], "--owner", "1 to 64 letters"),
        (&["validate", "--settings", "/nonexistent.yaml"], "/nonexistent.yaml", "--settings"),
        (&["validate", "/nonexistent"], "/nonexistent", "help: name an existing directory"),
    ] {
        let output = palisade().args(flags).output().expect("it runs");
        assert!(!output.status.success(), "{flags:?}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(said.contains(names) && said.contains(way_out), "{flags:?}: {said}");
    }
}
