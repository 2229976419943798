//! Input as it comes: pasted from other tools, written as people write YAML, without an account at hand, or piped into
//! something that stops listening.

use std::{fs, process::Stdio};

use palisade::{
    engine::Scopes,
    kinds,
    manifest::{Loader, Problem, Snapshot},
    settings::{Overrides, Settings},
    simulator::example::tagged,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    cli::palisade,
    world::{World, list, string, until_quiet, waiting},
};

fn load(world: &World) -> Result<Snapshot, Vec<Problem>> {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&world.settings);
    Loader { registry: &registry, settings: &world.settings, facts: &facts }.load(world.dir())
}

/// What is wrong with one file, without the directory.
fn refused(text: &str) -> String {
    let world = World::with(text);
    let problems = load(&world).err().unwrap_or_default();
    let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
    all.join("\n").replace(&format!("{}/", world.dir().display()), "")
}

fn guardrail(resource: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {{name: p, scope: org}}\n\
         spec: {{targets: [], content: {{Version: \"2012-10-17\", Statement: [{{Sid: Logs, Effect: Deny, \
         Action: \"s3:DeleteObject\", Resource: {resource}}}]}}}}\n"
    )
}

const SCP: &str = "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {name: p, scope: org}\nspec:\n";
const CONTENT: &str = "  content: {Version: \"2012-10-17\", Statement: [{Sid: A, Effect: Deny, Action: \"organizations:LeaveOrganization\", Resource: \"*\"}]}\n";

#[tokio::test(start_paused = true)]
async fn what_another_tool_should_have_filled_in_reaches_nobody() {
    for resource in [
        "!Sub \"arn:${AWS::Partition}:s3:::audit/*\"",
        "!GetAtt Bucket.Arn",
        "!Join [\"\", [\"arn:aws:s3:::\", audit]]",
        "!ImportValue audit",
        "\"arn:${AWS::Partition}:s3:::audit/*\"",
        "\"arn:aws:s3:::${local.audit_bucket}/*\"",
        "\"arn:aws:s3:::${aws_s3_bucket.audit.id}/*\"",
        "\"arn:aws:s3:::${Bucket}/*\"",
        "\"arn:aws:s3:::{{ .Values.bucket }}/*\"",
        "\"arn:aws:s3:::%{ if x }a%{ endif }\"",
        "\"arn:aws:s3:::#{bucket}/*\"",
        "\"arn:aws:s3:::<bucket>/*\"",
        "{\"Fn::Sub\": \"arn:aws:s3:::x\"}",
        "{Ref: Bucket}",
    ] {
        let text = guardrail(resource);
        let said = refused(&text);
        assert!(said.contains("main.yaml:4:") && said.contains("help: "), "{resource}: {said}");
        assert!(said.contains("spec.content.Statement[0].Resource"), "{resource}: {said}");
        let world = World::with(&text);
        let report = world.engine().await.pass().await;
        assert!(report.plan.steps.is_empty() && !report.problems.is_empty(), "{resource}");
        assert_eq!(world.writes(), [""; 0], "{resource}");
    }
}

#[test]
fn a_placeholder_is_found_wherever_it_stands() {
    let group = |metadata: &str, rest: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{{metadata}}}\n{rest}"
        )
    };
    let spec = "spec: {description: x, vpc: vpc-0123456789abcdef0}\n";
    for (text, path) in [
        (group("name: x, scope: \"{{ env }}\"", spec), "metadata.scope"),
        (
            group("name: x", &format!("lifecycle: {{waive: {{SG-01: \"${{ticket}}\"}}}}\n{spec}")),
            "lifecycle.waive.SG-01",
        ),
        (
            group(
                "name: x",
                &format!("lifecycle: {{adopt: \"${{aws_security_group.x.id}}\"}}\n{spec}"),
            ),
            "lifecycle.adopt",
        ),
        (
            group("name: x", "spec: {description: !Ref Text, vpc: vpc-0123456789abcdef0}\n"),
            "spec.description",
        ),
        (
            group("name: x", "spec: {vpc: vpc-0123456789abcdef0, tags: {\"${local.key}\": x}}\n"),
            "spec.tags.${local.key}",
        ),
        (
            group("name: x", "spec: {vpc: {lookup: {tags: {Name: \"${module.vpc.name}\"}}}}\n"),
            "spec.vpc.lookup.tags.Name",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(&format!(": {path}: ")), "{path}: {said}");
    }
}

#[test]
fn iams_own_variables_pass_and_an_escaped_one_reaches_aws_as_it_stands() {
    for variable in [
        "${aws:PrincipalAccount}",
        "${*}",
        "${?}",
        "${$}",
        "${aws:PrincipalTag/team, 'none'}",
        "${s3:prefix}",
        "${cognito-identity.amazonaws.com:sub}",
    ] {
        let text = guardrail(&format!("\"arn:aws:s3:::x/{variable}\""));
        assert_eq!(refused(&text), "", "{variable}");
    }
    let world = World::with(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: x}\n\
         spec: {description: \"$${Kind/x} and $${local.y}\", vpc: vpc-0123456789abcdef0}\n",
    );
    assert!(load(&world).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_escaped_placeholder_is_written_as_a_text() {
    let world = World::empty();
    let vpc = world.vpc();
    let manifest = format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: literal}}\n\
         spec: {{description: \"$${{KmsKey/x}}\", vpc: {vpc}}}\n"
    );
    world.write("main.yaml", manifest);
    until_quiet(&mut world.engine().await).await.in_order();
    let found = world.groups("literal");
    assert_eq!(string(&found[0], "groupDescription"), "${KmsKey/x}");
}

/// A variable in `adopt`: the id of what is there differs from installation to installation.
#[test]
fn adopt_takes_variables_of_the_settings() {
    let text = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: x}\n\
                lifecycle: {adopt: \"${var.group}\"}\nspec: {description: x, vpc: vpc-0123456789abcdef0}\n";
    let mut world = World::with(text);
    world.settings.vars.insert("group".to_owned(), "sg-0123456789abcdef0".to_owned());
    let snapshot = load(&world).expect("good");
    let adopted = snapshot.documents.values().next().and_then(|it| it.lifecycle.adopt.clone());
    assert_eq!(adopted.map(|id| id.0), Some("sg-0123456789abcdef0".to_owned()));
    world.settings.vars.clear();
    let problems = load(&world).expect_err("no value");
    assert_eq!(problems[0].path, "lifecycle.adopt");
}

#[test]
fn tags_that_the_service_refuses_are_named_before_anything_is_sent() {
    let said = refused(
        "apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {name: tagged}\nspec:\n  \
         policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"kms:*\", Resource: \"*\"}]}\n  \
         tags: {Owner: \"Research & Development\", \"a;b\": x}\n---\n\
         apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {name: tagged, scope: org}\nspec:\n  \
         content: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"organizations:LeaveOrganization\", Resource: \"*\"}]}\n  \
         tags: {Purpose: \"guardrail (one image, many overrides)\"}\n---\n\
         apiVersion: palisade.dev/v1alpha1\nkind: SageMakerDomain\nmetadata: {name: tagged}\nspec:\n  \
         authMode: IAM\n  vpc: vpc-0123456789abcdef0\n  subnets: [subnet-0123456789abcdef0]\n  \
         defaultUserSettings: {executionRole: \"arn:aws:iam::111122223333:role/x\", securityGroups: [sg-0123456789abcdef0]}\n  \
         tags: {Ticket: \"Test #2\"}\n---\n\
         apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: tagged}\nspec:\n  \
         description: x\n  vpc: vpc-0123456789abcdef0\n  tags: {Owner: \"Research & Development\", \"aws:x\": y}\n",
    );
    insta::assert_snapshot!(said);
}

#[test]
fn yaml_is_read_as_people_write_it() {
    let scp = |body: &str| format!("{SCP}{body}");
    for (what, text, place, says) in [
        (
            "an account that begins with 0",
            scp(&format!("{CONTENT}  targets: [012345670123]\n")),
            "main.yaml:6:",
            "quotes",
        ),
        (
            "any account without quotes",
            scp(&format!("{CONTENT}  targets: [123456789012]\n")),
            "main.yaml:6:",
            "quotes",
        ),
        ("a tab", scp(&format!("\tdescription: x\n{CONTENT}")), "main.yaml:5:", "tabs"),
        (
            "a // comment",
            scp(
                "  content:\n    {\n      \"Version\": \"2012-10-17\",\n      \"Statement\": [{\"Effect\": \"Deny\", \"Resource\": \"*\", \"Action\": [\n        \"iam:CreateUser\"\n        //more\n      ]}]\n    }\n",
            ),
            "main.yaml:",
            "#",
        ),
        (
            "a number as a tag",
            scp(&format!("{CONTENT}  tags: {{cost-center: 0123}}\n")),
            "main.yaml:6:",
            "spec.tags.cost-center",
        ),
        (
            "a yes or no as a tag",
            scp(&format!("{CONTENT}  tags: {{critical: true}}\n")),
            "main.yaml:6:",
            "spec.tags.critical",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(place) && said.contains(says), "{what}: {said}");
        assert!(!said.contains("1402433619"), "{what}: read as an octal number: {said}");
    }
    for (what, text) in [
        ("an account in quotes", scp(&format!("{CONTENT}  targets: [\"012345670123\"]\n"))),
        ("Version without quotes", scp(&CONTENT.replace("\"2012-10-17\"", "2012-10-17"))),
        ("Windows line ends", scp(CONTENT).replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{}", scp(CONTENT))),
        ("NO is a text", scp(&format!("{CONTENT}  tags: {{country: NO}}\n"))),
    ] {
        assert_eq!(refused(&text), "", "{what}");
    }
}

/// A file in JSON, with an ending in capitals, is a manifest like any other.
#[test]
fn files_are_read_as_kubectl_reads_them_and_the_others_are_named() {
    let world = World::empty();
    let manifest = json!({
        "apiVersion": "palisade.dev/v1alpha1", "kind": "SecurityGroup", "metadata": {"name": "json"},
        "spec": {"description": "x", "vpc": "vpc-0123456789abcdef0"}
    });
    let mut tabs = serde_json::to_string_pretty(&manifest).expect("JSON").replace("  ", "\t");
    tabs.push('\n');
    world.write("a.json", tabs.replace("\"json\"", "\"tabs\""));
    world.write("b.JSON", manifest.to_string());
    let yaml = |name: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\n\
             spec: {{description: x, vpc: vpc-0123456789abcdef0}}\n"
        )
    };
    world.write("c.YAML", yaml("capitals"));
    world.write("d.yml", yaml("short"));
    world.write("e.yaml.bak", yaml("backup"));
    world.write("README.md", "Read me.");
    let snapshot = load(&world).unwrap_or_else(|problems| panic!("{problems:?}"));
    let names: Vec<_> = snapshot.documents.keys().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["capitals", "json", "short", "tabs"]);
    let [skipped] = &snapshot.warnings[..] else { panic!("{:?}", snapshot.warnings) };
    assert!(skipped.origin.file.ends_with("e.yaml.bak"), "{skipped}");
}

/// What a manifest in a broken file declares is not known, so that nothing is said to be missing.
#[test]
fn a_broken_file_makes_no_false_problems_elsewhere() {
    let world = World::empty();
    let refers = |name: &str, to: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\nspec:\n  \
             description: x\n  vpc: vpc-0123456789abcdef0\n  \
             egress: [{{protocol: tcp, ports: 443, to: [{{ref: {to}}}]}}]\n"
        )
    };
    world.write("a.yaml", refers("apps", "endpoints"));
    world.write("b.yaml", refers("endpoints", "apps").replace("description: x", "description: ["));
    let said = |world: &World| {
        let problems = load(world).err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let found = said(&world);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("b.yaml:"), "{found:#?}");
    // A manifest that is there and wrong is not missing either.
    world.write(
        "b.yaml",
        refers("endpoints", "apps").replace("  description: x", "  descriptio: x"),
    );
    let found = said(&world);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("descriptio"), "{found:#?}");
    // What no file mentions is missing all the same.
    world.write("c.yaml", refers("third", "nobody"));
    let found = said(&world);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[1].contains("no manifest declares ml-prod/SecurityGroup/nobody"), "{found:#?}");
}

/// A directory of manifests and nothing else: no settings, no credentials, no Region.
fn alone(file: &str, text: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir(dir.path().join("tree")).expect("made");
    if !text.is_empty() {
        fs::write(dir.path().join("tree").join(file), text).expect("written");
    }
    dir
}

fn validate(dir: &TempDir, flags: &[&str]) -> (i32, String) {
    let mut command = palisade();
    let output = command
        .current_dir(dir.path())
        .arg("validate")
        .args(flags)
        .arg("tree")
        .output()
        .expect("it runs");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    (output.status.code().expect("it ended"), said)
}

#[test]
fn without_settings_nothing_is_judged_that_needs_the_account() {
    let key = |principals: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: k}}\nspec:\n  \
             policy: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Principal: {{AWS: {principals}}}, Action: \"kms:*\", Resource: \"*\"}}]}}\n"
        )
    };
    for principals in [
        "\"arn:aws:iam::123456789012:root\"",
        "\"123456789012\"",
        "\"arn:aws:iam::123456789012:role/admin\"",
        "\"arn:aws:iam::${scope.account}:root\"",
    ] {
        let (code, said) = validate(&alone("k.yaml", &key(principals)), &[]);
        assert_eq!(code, 0, "{principals}: {said}");
        assert!(!said.contains("locks everybody out"), "{principals}: {said}");
        assert!(!said.contains("does not keep control"), "{principals}: {said}");
        let is_root = !principals.contains(":role/");
        assert!(!is_root || !said.contains("both administers and uses"), "{principals}: {said}");
    }
}

#[test]
fn without_settings_a_scope_and_a_region_are_taken_for_right() {
    let text = guardrail("\"arn:aws:s3:::x\"");
    let (code, said) = validate(&alone("s.yaml", &text), &[]);
    assert!(code == 0 && !said.contains("no scope"), "{said}");
    let (code, said) = validate(&alone("e.yaml", &endpoint("com.amazonaws.eu-central-1.kms")), &[]);
    assert!(code == 0 && !said.contains("spec.service"), "{said}");
    let (code, said) =
        validate(&alone("e.yaml", &endpoint("com.amazonaws.eu-central-1.kmss")), &[]);
    assert!(code == 0 && said.contains("`com.amazonaws.eu-central-1.kms`"), "{said}");
}

#[test]
fn a_key_for_another_account_names_both_accounts() {
    let said = refused(
        "apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {name: k}\nspec:\n  \
         policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::444455556666:root\"}, Action: \"kms:*\", Resource: \"*\"}]}\n",
    );
    assert!(said.contains("444455556666") && said.contains("111122223333"), "{said}");
}

#[test]
fn an_empty_directory_and_files_that_were_not_read_are_said() {
    let (code, said) = validate(&alone("", ""), &[]);
    assert!(
        code == 0 && said.contains("warning: no manifests found") && said.contains("--> tree"),
        "{said}"
    );
    let (code, said) = validate(&alone("a.yaml.bak", "kind: x\n"), &[]);
    assert!(code == 0 && said.contains("warning: not read, because"), "{said}");
    assert!(said.contains("a.yaml.bak"), "{said}");
    assert!(said.contains("0 manifests, no problems, no findings, 2 warnings"), "{said}");
    assert_eq!(validate(&alone("", ""), &["--strict"]).0, 1);
    // What was not read may hold what is missing.
    let refers = endpoint("sts").replace("sg-0123456789abcdef0", "{ref: endpoints}");
    let dir = alone("a.yaml", &refers);
    fs::write(dir.path().join("tree/b.yaml.bak"), "kind: SecurityGroup\n").expect("written");
    let (code, said) = validate(&dir, &[]);
    assert!(code == 1 && said.contains("no manifest declares"), "{said}");
    assert!(said.contains("not read, because") && said.contains("b.yaml.bak"), "{said}");
}

/// Broken in one way or another, it still is what others refer to.
#[test]
fn a_broken_manifest_is_not_said_to_be_missing() {
    let refers = endpoint("sts").replace("sg-0123456789abcdef0", "{ref: bastion}");
    let declared = |head: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\n{head}\nspec: {{description: x, vpc: vpc-0123456789abcdef0}}\n"
        )
    };
    for broken in [
        declared("metdata: {name: bastion}"),
        declared("metadata: {nmae: bastion}"),
        declared("metadata: {name:bastion}"),
        declared("name: bastion"),
        declared("metadata: {}").replace("{description", "{name: bastion, description"),
        format!("- {}", declared("metadata: {name: bastion}").replace('\n', "\n  ")),
    ] {
        let said = refused(&format!("{broken}\n---\n{refers}"));
        assert!(!said.contains("no manifest declares"), "{broken}: {said}");
    }
    let said = refused(&format!("{}---\n{refers}", declared("metadata: {name: other}")));
    assert!(said.contains("no manifest declares"), "{said}");
}

#[test]
fn an_approval_that_can_release_nothing_is_a_warning() {
    let approval = |digest: &str, expires: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: a}}\nspec: {{digest: {digest}, expires: \"{expires}\"}}\n"
        )
    };
    for (text, place, says) in [
        (approval("XYZ", "2020-01-01T00:00:00Z"), "^^^ spec.digest", "not a digest"),
        (approval("0123456789ab", "2020-01-01T00:00:00Z"), "^ spec.expires", "has expired"),
        (approval("0123456789ab", "2999-01-01T00:00:00Z"), "^ spec.expires", "7 days ahead"),
    ] {
        let (code, said) = validate(&alone("a.yaml", &text), &[]);
        assert!(code == 0 && said.contains(place) && said.contains(says), "{said}");
        assert!(said.contains("a.yaml:4:"), "{said}");
    }
}

#[test]
fn a_region_that_nobody_knows_is_a_warning() {
    let dir = alone(
        "e.yaml",
        &endpoint("sts").replace("service:", "serviceRegion: eu-wset-1\n  service:"),
    );
    let (code, said) = validate(&dir, &[]);
    assert!(
        code == 0
            && said.contains("spec.serviceRegion")
            && said.contains("did you mean `eu-west-1`?"),
        "{said}"
    );
    let settings = "owner: x\nscopes:\n  prod: {account: \"111122223333\", region: eu-wset-1}\n";
    fs::write(dir.path().join("palisade.yaml"), settings).expect("written");
    let (code, said) = validate(&dir, &[]);
    assert!(code == 0 && said.contains("palisade.yaml:3:"), "{said}");
    assert!(
        said.contains("warning: `eu-wset-1` is not a Region that palisade knows")
            && said.contains("^ scopes.prod.region"),
        "{said}"
    );
}

fn endpoint(service: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: VpcEndpoint\nmetadata: {{name: e}}\nspec:\n  type: Interface\n  \
         service: {service}\n  vpc: {{lookup: {{tags: {{Name: ml}}}}}}\n  \
         subnets: {{lookup: {{tags: {{tier: private}}}}}}\n  securityGroups: [sg-0123456789abcdef0]\n  policy: default\n"
    )
}

#[test]
fn a_service_that_the_table_does_not_know_is_a_warning_with_the_one_that_was_meant() {
    for (service, meant) in [
        ("secretmanager", "`secretsmanager`"),
        ("sagemaker-api", "`sagemaker.api`"),
        ("com.amazonaws.us-east-1.secretmanager", "`com.amazonaws.us-east-1.secretsmanager`"),
    ] {
        let (code, said) = validate(&alone("e.yaml", &endpoint(service)), &[]);
        assert_eq!(code, 0, "{service}: {said}");
        assert!(said.contains("^ spec.service\n") && said.contains(meant), "{service}: {said}");
    }
    let (code, said) = validate(&alone("e.yaml", &endpoint("secretsmanager")), &[]);
    assert!(code == 0 && !said.contains("spec.service"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_aws_does_not_have_waits_with_that_reason_and_nothing_is_sent() {
    let world = World::with(&endpoint("secretmanager"));
    let quiet = until_quiet(&mut world.engine().await).await;
    let why = waiting(quiet.last(), "ml-prod/VpcEndpoint/e");
    assert!(why.contains("com.amazonaws.eu-west-1.secretmanager"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn two_subnets_of_a_zone_written_by_id_are_refused_and_delay_nobody_else() {
    let world = World::empty();
    let vpc = world.vpc();
    let subnets = list(&world.ec2("DescribeSubnets", &json!({})), "subnetSet");
    let first = subnets.iter().find(|it| it["vpcId"] == vpc.as_str()).expect("a subnet");
    let (first, zone) = (string(first, "subnetId"), string(first, "availabilityZone"));
    let tags = tagged("subnet", &[("tier", "private")]);
    let third = world.ec2(
        "CreateSubnet",
        &json!({"VpcId": vpc, "CidrBlock": "10.20.64.0/20", "AvailabilityZone": zone, "TagSpecification": tags}),
    );
    let third = string(&third["subnet"], "subnetId");
    let group = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: endpoints}\n\
                 spec: {description: x, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}\n";
    let by_lookup = endpoint("sts")
        .replace("name: e}", "name: by-lookup}")
        .replace("sg-0123456789abcdef0", "{ref: endpoints}");
    let by_id = endpoint("kms")
        .replace("name: e}", "name: by-id}")
        .replace("sg-0123456789abcdef0", "{ref: endpoints}")
        .replace("{lookup: {tags: {tier: private}}}", &format!("[{first}, {third}]"));
    world.write("main.yaml", format!("{group}---\n{by_lookup}---\n{by_id}"));
    let mut engine = world.engine().await;
    let mut failures = Vec::new();
    for _ in 0..6 {
        let report = engine.pass().await;
        let failed = report.failures().map(|it| format!("{it:?}")).collect::<Vec<_>>();
        failures.extend(failed);
    }
    assert!(failures.iter().any(|it| it.contains("DuplicateSubnetsInSameZone")), "{failures:?}");
    assert!(failures.iter().all(|it| it.contains("by-id")), "{failures:?}");
    let created = world.writes().iter().filter(|it| *it == "CreateVpcEndpoint").count();
    assert_eq!(created, 1 + failures.len(), "the one by lookup was made at once and is quiet");
}

/// Each verb that prints much, with a reader that has gone away: nothing to say, and no crash.
#[test]
fn a_closed_pipe_ends_nothing_with_a_crash() {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("p.json");
    fs::write(&policy, "{\"Version\": \"2012-10-17\", \"Statement\": []}").expect("written");
    let policy = policy.to_str().expect("a path");
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["explain"],
        &["explain", "rules"],
        &["explain", "SecurityGroup"],
        &["schema"],
        &["completions", "bash"],
        &["iam-policy", "--owner", "x"],
        &["policy-diff", policy, policy],
        &["validate", "--settings", "examples/palisade.yaml"],
        &["validate", "--settings", "examples/palisade.yaml", "-o", "json"],
        &["validate", "/nonexistent"],
        &["validate", "--owner", "a b"],
        &["plan", "--ownr"],
        &["plan", "/nonexistent"],
        &["doctor", "/nonexistent"],
    ] {
        for closed in ["stdout", "stderr"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = palisade();
            command.args(arguments).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
            if closed == "stdout" {
                command.stdout(writer).stderr(Stdio::piped());
            } else {
                command.stderr(writer).stdout(Stdio::piped());
            }
            let output = command.spawn().expect("it starts").wait_with_output().expect("it ends");
            let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
            assert!(!said.contains("panicked"), "{arguments:?} without {closed}: {said}");
            let code = output.status.code();
            assert!(
                code.is_some_and(|code| code != 101),
                "{arguments:?} without {closed}: {code:?}"
            );
        }
    }
}

#[test]
fn the_help_of_a_verb_shows_what_plays_a_part_in_it() {
    let help = |verb: &str| {
        let output = palisade().args([verb, "--help"]).output().expect("it runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for verb in
        ["explain", "schema", "completions", "policy-diff", "simulate", "demo", "healthcheck"]
    {
        let said = help(verb);
        assert!(!said.contains("Settings:") && !said.contains("--owner"), "{verb}: {said}");
    }
    for (verb, shown, hidden) in [
        ("run", &["--interval", "--listen", "--prune"][..], &[][..]),
        ("plan", &["--owner", "--mode", "--var"], &["--interval", "--listen"]),
        ("apply", &["--owner", "--gate-deletes-percent"], &["--interval", "--listen"]),
        (
            "validate",
            &["--settings", "--default-scope", "--var"],
            &["--owner", "--prune", "--listen"],
        ),
        ("doctor", &["--settings", "--owner", "--listen"], &["--gate-hold-risks", "--prune"]),
        ("iam-policy", &["--settings", "--owner"], &["--listen", "--prune"]),
    ] {
        let said = help(verb);
        let (_, settings) = said.split_once("Settings:").expect(verb);
        for flag in shown {
            assert!(settings.contains(flag), "{verb} {flag}: {said}");
        }
        for flag in hidden {
            assert!(!said.contains(flag), "{verb} {flag}: {said}");
        }
    }
    for action in ["on", "off", "status"] {
        let output = palisade().args(["brake", action, "--help"]).output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(said.contains("--brake-file") && !said.contains("--interval"), "{action}: {said}");
    }
    let run = help("run");
    for word in ["SIGUSR1", "SIGUSR2", "SIGHUP", "palisade.brake", "--brake-file", "/readyz"] {
        assert!(run.contains(word), "{word}: {run}");
    }
    // A common option may stand before the verb, whatever the help of the verb shows.
    let output = palisade().args(["--owner", "x", "explain"]).output().expect("it runs");
    assert!(output.status.success());
}

#[test]
fn what_every_manifest_has_is_explained_and_in_the_schema() {
    let print = |arguments: &[&str]| {
        let output = palisade().args(arguments).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(print(&["explain"]).contains("Approval"));
    for (path, says) in [
        ("metadata", "name"),
        ("lifecycle", "adopt"),
        ("lifecycle.waive", "secure baseline"),
        ("KmsKey.lifecycle.paused", "nothing is written"),
        ("Approval", "digest"),
        ("approval.expires", "RFC 3339"),
    ] {
        let page = print(&["explain", path]);
        assert!(page.contains(says), "{path}: {page}");
    }
    let approval = print(&["schema", "Approval"]);
    assert!(
        approval.contains("\"expires\"") && approval.contains("additionalProperties"),
        "{approval}"
    );
    assert!(print(&["schema"]).contains("\"Approval\""));
}

#[test]
fn a_wrong_setting_says_where_it_stands() {
    let dir = alone("", "");
    fs::write(
        dir.path().join("palisade.yaml"),
        "owner: x\nscopes:\n  prod:\n    account: \"123\"\n    region: eu-west-1\n",
    )
    .expect("written");
    let (code, said) = validate(&dir, &[]);
    assert_eq!(code, 1);
    assert!(
        said.contains("error: `123` is not an account id")
            && said.contains("palisade.yaml:4:")
            && said.contains("^ scopes.prod.account"),
        "{said}"
    );
    let error = Settings::load(&Overrides { owner: Some("a b".into()), ..Overrides::default() });
    assert_eq!(error.expect_err("refused").place, "--owner");
}
