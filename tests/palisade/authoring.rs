//! What people see before they change something: plans of a part of the directory, of a pull request, and in the forms
//! that forges show.

use std::{fs, path::Path, process::Command};

use palisade::{
    aws::Guard,
    engine::Options,
    plan::{Focus, Verdict},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    cli::{Served, fit, palisade, repository},
    world::{World, baseline, copy, until_quiet},
};

/// The directory as it was, beside the one of a world.
fn before() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    copy(&baseline(), dir.path());
    dir
}

fn open_ssh(world: &World) {
    let rule = json!([{
        "IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]
    }]);
    let group = world.group("studio-apps");
    world.ec2("AuthorizeSecurityGroupIngress", &json!({"GroupId": group, "IpPermissions": rule}));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_apart_from_drift_by_one_observation() {
    let (world, _) = World::applied().await;
    let base = before();
    open_ssh(&world);
    let keys = fs::read_to_string(world.dir().join("ml-prod/keys.yaml")).expect("read");
    assert!(keys.contains("periodDays: 365"), "{keys}");
    world.write("ml-prod/keys.yaml", keys.replace("periodDays: 365", "periodDays: 180"));

    world.reads();
    let plain = world.reader().await.pass().await;
    let reads_of_one = world.reads();
    let options = Options { base: Some(base.path().to_owned()), ..Options::default() };
    let mut engine = world.engine_with(Guard::read_only(), options).await;
    let report = engine.pass().await;
    assert_eq!(world.reads(), reads_of_one, "two plans, one observation");
    assert_eq!(report.plan.steps, plain.plan.steps);

    let compared = report.comparison.expect("there is a base");
    let kinds = |plan: &palisade::plan::Plan| -> Vec<String> {
        plan.steps.iter().map(|step| step.address.kind.clone()).collect()
    };
    assert_eq!(kinds(&compared.anyway), ["SecurityGroup"]);
    let changed = kinds(&compared.change);
    assert!(!changed.is_empty() && changed.iter().all(|kind| kind == "KmsKey"), "{changed:?}");
    assert_eq!(compared.manifests.changed.len(), changed.len());
    assert!(compared.manifests.added.is_empty() && compared.manifests.removed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_base_that_cannot_be_read_is_an_error_of_its_own() {
    let world = World::baseline();
    let base = before();
    fs::write(base.path().join("ml-prod/keys.yaml"), "kind: [").expect("written");
    let options = Options { base: Some(base.path().to_owned()), ..Options::default() };
    let report = world.engine_with(Guard::read_only(), options).await.pass().await;
    assert!(report.problems.is_empty() && report.comparison.is_none());
    let first = report.base_problems.first().expect("an error");
    assert!(first.origin.file.starts_with(base.path()), "{first}");
}

#[tokio::test(start_paused = true)]
async fn a_focus_reads_no_scope_that_it_does_not_need_and_changes_nothing_else() {
    let world = World::baseline();
    let focus = Focus { kinds: vec!["SecurityGroup".to_owned()], ..Focus::default() };
    let options = Options { focus: Some(focus), write: true, ..Options::default() };
    let mut engine = world.engine_with(Guard::writing(world.brake.clone()), options).await;
    world.calls();
    let last = until_quiet(&mut engine).await;
    let report = last.last();
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    assert!(report.plan.orphans.is_empty());
    let groups = report.manifests.iter().filter(|it| it.kind == "SecurityGroup").count();
    assert_eq!(report.plan.counts().in_sync, groups);
    let calls = world.calls();
    let foreign: Vec<&str> = calls
        .iter()
        .filter(|call| !["ec2", "sts"].contains(&call.service.as_str()))
        .map(|call| call.operation.as_str())
        .collect();
    assert_eq!(foreign, [""; 0], "nothing of other kinds was asked for");

    // Without the focus the rest is still to be done, and what was made is no orphan.
    let report = world.reader().await.pass().await;
    assert!(report.plan.counts().create > 0 && report.plan.orphans.is_empty());
    assert!(
        report.plan.steps.iter().all(|step| !matches!(step.verdict, Verdict::Held(_))
            || step.address.kind != "SecurityGroup")
    );
}

fn text(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn run(command: &mut Command, exit: i32) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{command:?}\n{}\n{said}", text(&output));
    text(&output)
}

#[test]
fn a_pull_request_shows_its_own_change_with_an_exit_code_of_its_own() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    fs::copy(repository().join("examples/palisade.yaml"), place.path().join("palisade.yaml"))
        .expect("copied");
    let (base, head) = (place.path().join("base"), place.path().join("head"));
    for dir in [&base, &head] {
        fs::create_dir(dir).expect("made");
        copy(&baseline(), dir);
    }
    let group = "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: new-one}\nspec:\n  \
        description: new\n  vpc: {lookup: {tags: {Name: ml}}}\n  ingress: []\n  egress: []\n";
    fs::write(head.join("new.yaml"), group).expect("written");
    let plan = |arguments: &[&str], exit: i32| {
        run(aws.palisade(place.path()).arg("plan").args(arguments), exit)
    };
    let compared = plan(&["head", "--base", "base", "--detailed-exitcode"], 2);
    assert!(compared.contains("+ ml-prod/SecurityGroup/new-one"), "{compared}");
    assert!(compared.contains("There anyway, without this change:"), "{compared}");
    assert!(
        compared.trim_end().ends_with("Plan: 1 to create, 0 to change, 0 to delete, 0 in sync.")
    );
    // What is there anyway, held or not, is no reason for an exit code.
    plan(&["base", "--base", "base", "--detailed-exitcode"], 0);

    let document: Value =
        serde_json::from_str(&plan(&["head", "--base", "base", "-o", "json"], 0)).expect("JSON");
    assert_eq!(document["counts"]["create"], 1);
    assert_eq!(document["base"]["manifests"]["added"], json!(["ml-prod/SecurityGroup/new-one"]));
    assert!(document["base"]["anyway"]["steps"].as_array().is_some_and(|all| all.len() > 10));

    let markdown = plan(&["head", "--base", "base", "-o", "markdown"], 0);
    assert!(markdown.starts_with("<!-- palisade-plan -->\n"), "{markdown}");
    assert!(markdown.len() <= 65_536);
    assert!(
        markdown.contains("| `+` | `ml-prod/SecurityGroup/new-one` | `create` |"),
        "{markdown}"
    );
    assert!(markdown.contains("without this change</summary>"), "{markdown}");
    let whole = plan(&["head", "-o", "markdown"], 0);
    assert!(whole.len() <= 65_536 && whole.contains("```diff"), "{whole}");

    // Filters.
    let one = plan(&["head", "--kind", "sg", "--name", "new-*", "--detailed-exitcode"], 2);
    assert!(
        one.trim_end().ends_with("Plan: 1 to create, 0 to change, 0 to delete, 0 in sync."),
        "{one}"
    );
    for (wrong, help) in [
        (["--kind", "SecurtyGroup"], "did you mean `SecurityGroup`?"),
        (["--scope", "ml-prd"], "did you mean `ml-prod`?"),
        (["--name", "new-oen"], "did you mean `new-one`?"),
    ] {
        let output = aws
            .palisade(place.path())
            .args(["plan", "head"])
            .args(wrong)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(help), "{said}");
    }
    let applied =
        run(aws.palisade(place.path()).args(["apply", "head", "--name", "new-one", "--yes"]), 0);
    assert!(applied.contains("ml-prod/SecurityGroup/new-one"), "{applied}");
    plan(&["head", "--name", "new-one", "--detailed-exitcode"], 0);
}

/// A directory with what `validate` tells apart, and settings that switch rules.
fn judged(rules: &str) -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    let settings = fs::read_to_string(repository().join("examples/palisade.yaml")).expect("read");
    fs::write(place.path().join("palisade.yaml"), format!("{settings}{rules}")).expect("written");
    fs::create_dir(place.path().join("tree")).expect("made");
    let group = |name: &str, lifecycle: &str| {
        format!(
            "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\n{lifecycle}spec:\n  \
             vpc: vpc-0123456789abcdef0\n  description: x\n  egress: []\n  ingress:\n    - {{description: all, protocol: tcp, ports: 443, from: [0.0.0.0/0]}}\n"
        )
    };
    let waive = "lifecycle: {waive: {SG-01: \"public <by> design & law\"}}\n";
    let all =
        group("open", "") + &group("waived", waive) + &group("b&w", "").replace("b&w", "third");
    fs::write(place.path().join("tree/a b.yaml"), all).expect("written");
    place
}

fn validate(place: &TempDir, arguments: &[&str], exit: i32) -> String {
    let mut command = palisade();
    command.current_dir(place.path()).args(["validate", "tree"]).args(arguments);
    run(&mut command, exit)
}

#[test]
fn sarif_has_rules_places_levels_and_what_is_accepted() {
    let place = judged("");
    let log: Value = serde_json::from_str(&validate(&place, &["-o", "sarif"], 0)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.len() > 50, "{}", rules.len());
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|it| !it.is_empty()), "{rule}");
        }
        let level = rule["defaultConfiguration"]["level"].as_str().expect("a level");
        assert!(["error", "warning", "note"].contains(&level), "{rule}");
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    for result in results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let physical = &result["locations"][0]["physicalLocation"];
        let artifact = &physical["artifactLocation"];
        assert_eq!(
            (&artifact["uri"], &artifact["uriBaseId"]),
            (&json!("tree/a%20b.yaml"), &json!("%SRCROOT%"))
        );
        let region = &physical["region"];
        assert!(region["endColumn"].as_u64() > region["startColumn"].as_u64(), "{region}");
        assert!(result["partialFingerprints"]["palisade/v1"].is_string());
    }
    let waived = json!([{"kind": "inSource", "justification": "public <by> design & law"}]);
    let accepted: Vec<&Value> = results.iter().map(|result| &result["suppressions"]).collect();
    assert_eq!(accepted.iter().filter(|it| ***it == waived).count(), 1, "{accepted:?}");
    assert_eq!(accepted.iter().filter(|it| ***it == json!([])).count(), 2, "{accepted:?}");

    // An invalid manifest is a result, too.
    fs::write(place.path().join("tree/c.yaml"), "kind: Nope\n").expect("written");
    let log: Value = serde_json::from_str(&validate(&place, &["-o", "sarif"], 1)).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(
        results.iter().all(|result| result["ruleId"] == "manifest" && result["level"] == "error")
    );
}

#[test]
fn junit_has_a_case_for_every_manifest_and_every_finding() {
    let place = judged("");
    insta::assert_snapshot!(validate(&place, &["--strict", "-o", "junit"], 1));
    let lenient = validate(&place, &["-o", "junit"], 0);
    assert!(lenient.contains("failures=\"0\"") && lenient.contains("skipped=\"3\""), "{lenient}");
}

#[test]
fn settings_switch_rules_for_the_whole_installation_and_the_summary_counts_it() {
    let off = judged("rules: {SG-01: {level: off, reason: \"another tool looks\"}}\n");
    let said = validate(&off, &["--strict"], 0);
    assert_eq!(said, "3 manifests, no problems, no findings (1 waived, 2 of rules that are off)\n");
    let log: Value = serde_json::from_str(&validate(&off, &["-o", "sarif"], 0)).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(
        results.iter().all(|it| it["suppressions"].as_array().is_some_and(|it| !it.is_empty()))
    );

    let warn = judged("rules: {SG-01: warn}\n");
    let said = validate(&warn, &["--strict"], 0);
    assert!(
        said.contains("warning[SG-01]") && said.contains("the settings make it a warning"),
        "{said}"
    );
    let error = judged("rules: {SG-01: error}\n");
    let said = validate(&error, &[], 1);
    assert!(said.contains("error[SG-01]"), "{said}");

    for (rules, says) in [
        ("rules: {SG-1: warn}\n", "unknown rule `SG-1`"),
        ("rules: {SG-01: off}\n", "is off without a reason"),
        ("rules: {SG-01: {level: off, reason: \" \"}}\n", "is off without a reason"),
        ("rules: {SG-01: silent}\n", "unknown variant `silent`"),
    ] {
        let place = judged(rules);
        let mut command = palisade();
        command.current_dir(place.path()).args(["validate", "tree"]);
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(says) && said.contains("palisade.yaml:"), "{said}");
    }
}

#[test]
fn every_problem_of_every_file_is_shown_at_once_with_its_line() {
    let place = judged("");
    fs::write(place.path().join("tree/bytes.yaml"), [0xff, 0xfe]).expect("written");
    fs::write(
        place.path().join("tree/c.yaml"),
        "apiVersion: palisade.dev/v1alpha1\nkind: VpcEndpoint\nmetadata: {nmae: x, scope: ml-prod}\nspec:\n  \
         type: Interfaces\n  servce: sts\n---\napiVersion: v2\nkind: KmsKey\nmetadata: {name: k, scope: nowhere}\n\
         spec: {rotation: {enabled: maybe}}\n",
    )
    .expect("written");
    let said = validate(&place, &[], 1);
    insta::assert_snapshot!(said);

    let document: Value =
        serde_json::from_str(&validate(&place, &["-o", "json"], 1)).expect("JSON");
    let problems = document["problems"].as_array().expect("problems");
    let wrong = problems.iter().find(|it| it["path"] == "spec.type").expect("it is wrong");
    assert_eq!(wrong["origin"], json!({"file": "tree/c.yaml", "line": 5, "column": 3}));
    assert_eq!(wrong["span"], json!({"line": 5, "column": 9, "endColumn": 19}));
    for problem in problems {
        for text in ["message", "help"] {
            assert!(problem[text].as_str().is_some_and(|it| !it.is_empty()), "{problem}");
        }
    }
}

#[test]
fn a_variable_stands_for_a_number_and_the_schema_and_the_loader_agree() {
    let place = tempfile::tempdir().expect("a directory");
    let settings = fs::read_to_string(repository().join("examples/palisade.yaml")).expect("read");
    let settings =
        settings.replace("\nvars:\n", "\nvars:\n  days: \"180\"\n  on: \"true\"\n  word: many\n");
    fs::write(place.path().join("palisade.yaml"), settings).expect("written");
    fs::create_dir(place.path().join("tree")).expect("made");
    let schema: Value =
        serde_json::from_str(&run(palisade().args(["schema", "KmsKey"]), 0)).expect("JSON");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"
    }]});
    let key = |enabled: &str, days: &str| {
        json!({
            "apiVersion": "palisade.dev/v1alpha1", "kind": "KmsKey", "metadata": {"name": "k"},
            "spec": {"description": "x", "policy": policy, "rotation": {"enabled": enabled, "periodDays": days}}
        })
    };
    for (document, is_right) in [
        (key("${var.on}", "${var.days}"), true),
        (key("${var.on}", "${var.word}"), false),
        (key("${var.on}", "${var.days}0"), false),
        (key("yes", "${var.days}"), false),
    ] {
        let file = place.path().join("tree/k.json");
        fs::write(&file, document.to_string()).expect("written");
        let said = validate(&place, &[], i32::from(!is_right));
        let fits = fit(&schema, &schema, &document, "");
        // That a variable has the right value is for the loader to say.
        let by_value = document["spec"]["rotation"]["periodDays"] == "${var.word}";
        assert_eq!(fits.is_none(), is_right || by_value, "{document}: {fits:?} {said}");
    }
}

#[test]
fn schemas_are_written_for_every_kind_for_approvals_and_for_settings() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = place.path().join("schemas");
    run(palisade().args(["schema", "--out"]).arg(&dir), 0);
    let read = |name: &str| -> Value {
        let text =
            fs::read_to_string(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).expect("JSON")
    };
    for name in
        ["SecurityGroup.json", "AWS-S3-Bucket.json", "Approval.json", "all.json", "settings.json"]
    {
        let schema = read(name);
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#", "{name}");
    }
    let count = fs::read_dir(&dir).expect("read").count();
    assert_eq!(count, palisade::kinds::registry().names().len() + 3);
    for entry in fs::read_dir(&dir).expect("read") {
        let name = entry.expect("read").file_name().to_string_lossy().into_owned();
        let schema = read(&name);
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_eq!(fit(&schema, &schema, example, ""), None, "{name}");
        }
        let has_example = schema["examples"].as_array().is_some_and(|all| !all.is_empty());
        assert!(has_example || name == "all.json", "{name} has no example");
    }
    let settings = read("settings.json");
    for (field, fact) in [("interval", "default"), ("gate", "description"), ("rules", "examples")] {
        assert!(!settings["properties"][field][fact].is_null(), "{field} has no {fact}");
    }
    for wrong in
        [json!({"ownr": "x"}), json!({"rules": {"SG-01": "silent"}}), json!({"mode": "dry"})]
    {
        assert!(fit(&settings, &settings, &wrong, "").is_some(), "{wrong}");
    }
    for right in
        [json!({"rules": {"SG-01": {"level": "off", "reason": "x"}}}), json!({"mode": "observe"})]
    {
        assert_eq!(fit(&settings, &settings, &right, ""), None, "{right}");
    }
}

#[test]
fn everything_can_be_explained() {
    let explain = |subject: &str| run(palisade().args(["explain", subject]), 0);
    for (subject, says) in [
        ("SecurityGroup.spec.ingress.ports", "SecurityGroup.ingress.ports"),
        ("sg", "EXAMPLE"),
        ("AWS::S3::Bucket", "AWS::S3::Bucket"),
        ("settings.gate.deletesPercent", "Default: 10"),
        ("settings.rules", "by number"),
        ("SG-01", "palisade.yaml (off, warn or error)"),
        ("scp/regions", "PARAMETERS"),
        ("guardrails", "scp/regions"),
        ("metrics", "palisade_build_info"),
        ("palisade_build_info", "LABELS"),
        ("3", "something needs a person"),
        ("exit-codes", "64"),
    ] {
        let page = explain(subject);
        assert!(page.contains(says), "{subject}: {page}");
    }
    for name in palisade::kinds::registry().names() {
        assert!(explain(name).starts_with(name), "{name}");
    }
    for family in palisade::status::metrics::FAMILIES {
        assert!(explain(family.name).contains(family.help), "{}", family.name);
    }
    for (wrong, says) in [
        ("palisade_build_inof", "did you mean `palisade_build_info`?"),
        ("scp/region", "did you mean `scp/regions`?"),
        ("7", "exit codes: 0, 1, 2, 3, 64"),
        ("sg.ingres", "did you mean `ingress`?"),
    ] {
        let output = palisade().args(["explain", wrong]).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(says), "{wrong}: {said}");
    }
    let tree = run(palisade().args(["explain", "sg", "--recursive"]), 0);
    assert!(tree.contains("\n  ingress  <") && tree.contains("\n    ports  <"), "{tree}");
}

/// Runs a program on a file, if the machine has it.
fn parses(program: &str, arguments: &[&str], file: &Path) {
    let mut command = Command::new(program);
    match command.args(arguments).arg(file).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{command:?}"),
    }
}

#[test]
fn completions_parse_in_their_shells_and_the_one_of_bash_completes() {
    let dir = tempfile::tempdir().expect("a directory");
    for (shell, arguments) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])]
    {
        let file = dir.path().join(shell);
        fs::write(&file, run(palisade().args(["completions", shell]), 0)).expect("written");
        parses(shell, arguments, &file);
    }
    let script = format!(
        "source {}\nCOMP_WORDS=(palisade pl); COMP_CWORD=1\n_palisade palisade pl palisade\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n\
         COMP_WORDS=(palisade plan --ba); COMP_CWORD=2\n_palisade palisade --ba plan\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        dir.path().join("bash").display()
    );
    let said = run(Command::new("bash").args(["-eu", "-c", &script]), 0);
    assert_eq!(said, "plan\n--base\n");
}

#[test]
fn the_manual_has_a_page_for_every_verb_and_every_exit_code() {
    let dir = tempfile::tempdir().expect("a directory");
    run(palisade().args(["man", "--out"]).arg(dir.path()), 0);
    let page = run(palisade().arg("man"), 0);
    assert_eq!(fs::read_to_string(dir.path().join("palisade.1")).expect("read"), page);
    for section in
        [".TH palisade 1", ".SH SYNOPSIS", ".SH SUBCOMMANDS", ".SH \"EXIT STATUS\"", ".SH FILES"]
    {
        assert!(page.contains(section), "{section}: {page}");
    }
    let plan = fs::read_to_string(dir.path().join("palisade-plan.1")).expect("read");
    assert!(plan.contains("\\-\\-base") && plan.contains("palisade\\-plan"), "{plan}");
    let help = run(palisade().arg("--help"), 0);
    let verbs =
        help.split_once("Commands:").expect("commands").1.split_once("\n\n").expect("an end").0;
    let verbs = verbs.lines().filter_map(|line| {
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        name.split_whitespace().next()
    });
    for verb in verbs.filter(|verb| verb.chars().next().is_some_and(char::is_alphabetic)) {
        assert!(dir.path().join(format!("palisade-{verb}.1")).exists() || verb == "help", "{verb}");
        parses(
            "man",
            &["--warnings", "-l", "-Tutf8"],
            &dir.path().join(format!("palisade-{verb}.1")),
        );
    }
}

#[test]
fn a_new_repository_with_a_network_of_its_own_applies_to_in_sync() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    let boundary = "arn:aws:iam::${scope.account}:policy/ml-boundary";
    let init = |more: &[&str], exit: i32| {
        let mut command = palisade();
        command.current_dir(place.path()).args(["init", "new", "--owner", "acme-ml"]);
        run(command.args(["--account", "111122223333", "--vpc", "new"]).args(more), exit)
    };
    for wrong in [
        &["--region", "eu-west-1", "--subnets", "tier=private"][..],
        &["--region", "eu-west-1", "--block", "10.1.0.0/8"],
        &["--region", "eu-west-1", "--block", "10.1.2.0/16"],
        &["--region", "eu-west-1", "--identity-path", "/ml/"],
    ] {
        init(wrong, 1);
        assert!(!place.path().join("new").exists(), "{wrong:?}");
    }
    let regions = ["--region", "eu-west-1", "--region", "eu-central-1", "--block", "10.8.0.0/16"];
    let identity = ["--identity-path", "/ml/", "--identity-boundary", boundary];
    init(&[&regions[..], &identity[..]].concat(), 0);
    let new = place.path().join("new");
    let said = run(palisade().current_dir(&new).args(["validate", "--strict"]), 0);
    assert!(said.contains("no problems, no findings"), "{said}");
    let settings = fs::read_to_string(new.join("palisade.yaml")).expect("read");
    assert!(settings.contains(boundary), "{settings}");
    let block = |scope: &str| {
        let file = new.join(format!("desired-state/{scope}/network.yaml"));
        let text = fs::read_to_string(file).expect("read");
        let block = text.split("CidrBlock: ").nth(1).expect("a block");
        block.split(',').next().expect("an end").to_owned()
    };
    let blocks = [block("111122223333-eu-central-1"), block("111122223333-eu-west-1")];
    assert_eq!(blocks, ["10.8.0.0/16", "10.9.0.0/16"], "no two networks overlap");

    // The role of Studio in the simulator trusts its service; the first time a table is used is held.
    let apply = ["apply", "--yes", "--settle-window", "1s"];
    let held = run(aws.palisade(&new).args(apply), 3);
    let mut approved = aws.palisade(&new);
    approved.args(apply).arg("--all");
    let digests: std::collections::BTreeSet<&str> =
        held.split("--approve ").skip(1).filter_map(|it| it.split_whitespace().next()).collect();
    assert!(!digests.is_empty(), "{held}");
    for digest in &digests {
        approved.args(["--approve", digest.trim_end_matches(['`', '.', ',', ')'])]);
    }
    run(&mut approved, 0);
    let plan = run(aws.palisade(&new).args(["plan", "--detailed-exitcode"]), 0);
    assert!(plan.contains("0 to create, 0 to change, 0 to delete"), "{plan}");
}

#[test]
fn a_new_repository_for_a_units_accounts_applies_to_in_sync_in_all_of_them() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    let init = |more: &[&str], exit: i32| {
        let mut command = palisade();
        command.current_dir(place.path()).args(["init", "new", "--owner", "acme-ml"]);
        command.args(["--vpc", "Name=ml", "--subnets", "tier=private", "--region", "eu-west-1"]);
        run(command.args(["--unit", "ou:/Workloads/ML"]).args(more), exit)
    };
    init(&[], 1);
    assert!(!place.path().join("new").exists(), "nobody could list the accounts");
    init(&["--management-account", "999988887777"], 0);
    let new = place.path().join("new");
    let said = run(palisade().current_dir(&new).args(["validate", "--strict"]), 0);
    assert!(said.contains("no problems, no findings"), "{said}");
    let settings = fs::read_to_string(new.join("palisade.yaml")).expect("read");
    assert!(settings.contains("units: [\"ou:/Workloads/ML\"]"), "{settings}");
    let keys = fs::read_to_string(new.join("desired-state/ml/keys.yaml")).expect("read");
    assert!(keys.contains("scopeSet: ml") && !keys.contains("scope: "), "{keys}");
    let role = fs::read_to_string(new.join("roles/ml.cfn.yaml")).expect("read");
    assert!(role.contains("${AWS::AccountId}") && !role.contains("000000000000"), "{role}");
    let role = fs::read_to_string(new.join("roles/999988887777.cfn.yaml")).expect("read");
    assert!(role.contains("organizations:ListAccounts"), "{role}");

    run(aws.palisade(&new).args(["apply", "--yes", "--settle-window", "1s"]), 0);
    let plan = run(aws.palisade(&new).args(["plan", "--detailed-exitcode"]), 0);
    assert!(
        plan.contains("0 to create, 0 to change, 0 to delete") && plan.contains("in sync"),
        "{plan}"
    );
}

#[test]
fn a_new_repository_validates_without_a_finding_and_applies_to_in_sync() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    let init = |dir: &str, more: &[&str], exit: i32| {
        let mut command = palisade();
        command.current_dir(place.path()).args(["init", dir, "--owner", "acme-ml"]);
        run(command.args(["--vpc", "Name=ml", "--subnets", "tier=private"]).args(more), exit)
    };
    let whole = [
        "--account",
        "111122223333",
        "--region",
        "eu-west-1",
        "--management-account",
        "999988887777",
        "--unit",
        "ou:/Workloads/ML",
    ];
    init("whole", &whole, 0);
    init("small", &["--account", "111122223333", "--region", "eu-west-1", "--no-studio"], 0);
    init(
        "many",
        &[
            "--account",
            "111122223333",
            "--account",
            "444455556666",
            "--region",
            "eu-west-1",
            "--region",
            "eu-central-1",
            "--management-account",
            "999988887777",
        ],
        0,
    );
    for dir in ["whole", "small", "many"] {
        let dir = place.path().join(dir);
        let said = run(palisade().current_dir(&dir).args(["validate", "--strict"]), 0);
        assert!(said.contains("no problems, no findings"), "{said}");
        for file in [
            "README.md",
            ".gitignore",
            ".gitlab-ci.yml",
            ".github/workflows/palisade.yml",
            ".github/actions/palisade/action.yml",
            "schemas/all.json",
            "roles/111122223333.cfn.yaml",
        ] {
            assert!(dir.join(file).is_file(), "{file}");
        }
        let role = fs::read_to_string(dir.join("roles/111122223333.cfn.yaml")).expect("read");
        let role: Value = serde_yaml::from_str(&role).expect("YAML");
        let resources = role["Resources"].as_object().expect("resources");
        assert!(resources.len() > 1 && resources["Role"]["Type"] == "AWS::IAM::Role");
        for resource in resources.values() {
            let size = resource["Properties"]["PolicyDocument"].to_string().len();
            assert!(size <= 6_144, "a managed policy of {size} characters");
        }
    }
    let whole = place.path().join("whole");
    run(aws.palisade(&whole).args(["apply", "--yes", "--settle-window", "1s"]), 0);
    let plan = run(aws.palisade(&whole).args(["plan", "--detailed-exitcode"]), 0);
    assert!(
        plan.contains("0 to create, 0 to change, 0 to delete") && plan.contains("in sync"),
        "{plan}"
    );

    // Nothing is overwritten, and nothing is written where something is.
    fs::remove_file(whole.join("README.md")).expect("removed");
    init("whole", &["--account", "111122223333", "--region", "eu-west-1"], 1);
    assert!(!whole.join("README.md").exists());
    for wrong in [
        &["--account", "1", "--region", "eu-west-1"][..],
        &["--account", "111122223333", "--region", "eu-wset-1"],
        &["--account", "111122223333"],
        &["--account", "111122223333", "--region", "eu-west-1", "--unit", "x\"\ny: z"],
    ] {
        init("wrong", wrong, 1);
        assert!(!place.path().join("wrong").exists());
    }
}
