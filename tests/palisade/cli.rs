//! The program as people run it: arguments, exit codes, what is printed where.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use palisade::simulator::example::SETTINGS;
use serde::Deserialize as _;
use serde_json::Value;
use tempfile::TempDir;

/// The built program, with nothing of this machine's AWS configuration in its environment.
pub fn palisade() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("NO_COLOR", "1");
    command.current_dir(repository()).stdin(Stdio::null());
    command
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(arguments: &[&str]) -> Output {
    palisade().args(arguments).output().expect("it runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs it and asserts its exit code; gives what stands on stdout.
fn expect(exit: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = || format!("{arguments:?}\n{}\n{}", stdout(&output), stderr(&output));
    assert_eq!(code(&output), exit, "{}", said());
    stdout(&output)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A working directory with the settings of the demo.
fn workplace() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("palisade.yaml"), SETTINGS).expect("written");
    dir
}

#[test]
fn help_names_every_verb_and_exits_with_0() {
    let help = expect(0, &["--help"]);
    for verb in [
        "plan",
        "apply",
        "run",
        "brake",
        "status",
        "get",
        "diff",
        "history",
        "approve",
        "reconcile",
        "import",
        "release",
        "validate",
        "init",
        "doctor",
        "explain",
        "schema",
        "guardrails",
        "iam-policy",
        "impact",
        "policy-diff",
        "simulate",
        "demo",
        "healthcheck",
        "completions",
        "man",
    ] {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb}: {help}");
        assert!(expect(0, &[verb, "--help"]).contains("Usage: palisade"), "{verb}");
    }
    assert!(expect(0, &["--version"]).starts_with("palisade "));
    let codes = help.split_once("Exit codes:").expect("they are listed").1;
    for code in ["0 done", "1 failed", "2 changes", "3 something", "64 wrong usage"] {
        assert!(codes.contains(code), "{code}: {help}");
    }
}

#[test]
fn wrong_usage_exits_with_64_because_2_means_changes() {
    for arguments in [
        &["plan", "--nope"][..],
        &["nope"],
        &[],
        &["schema", "a", "b"],
        &["plan", "--interval", "x"],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 64, "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn validate_accepts_the_shipped_directory_and_names_every_mistake() {
    let place = workplace();
    let settings = place.path().join("palisade.yaml");
    let settings = settings.to_str().expect("a path");
    let said = expect(0, &["--settings", "examples/palisade.yaml", "validate", "--strict"]);
    assert_eq!(said, "133 manifests, no problems, no findings (3 waived)\n");

    let bad = place.path().join("bad");
    fs::create_dir(&bad).expect("made");
    fs::write(bad.join("a.yaml"), "kind: X\n---\nkind: Y\n").expect("written");
    let bad = bad.to_str().expect("a path");
    let said = expect(1, &["--settings", settings, "validate", bad]);
    assert!(said.contains("a.yaml:1:1") && said.contains("a.yaml:3:1"), "{said}");
    assert!(said.ends_with(" problems\n"), "{said}");

    let document = json(&expect(1, &["--settings", settings, "validate", bad, "-o", "json"]));
    assert_eq!(document["schemaVersion"], 1);
    assert_eq!(document["manifests"], 0);
    let problem = &document["problems"][0];
    assert!(problem["origin"]["line"].is_u64() && problem["message"].is_string(), "{problem}");
    // Without settings, what needs none is judged; settings and directories that are named and missing are failures, not usage.
    let baseline = crate::world::baseline();
    expect(0, &["validate", baseline.to_str().expect("a path")]);
    expect(1, &["--settings", "/nonexistent", "validate"]);
    expect(1, &["--settings", settings, "validate", "/nonexistent"]);
}

#[test]
fn validate_reports_what_breaks_the_baseline_and_fails_for_it_only_when_strict() {
    let place = workplace();
    let settings = place.path().join("palisade.yaml");
    let settings = settings.to_str().expect("a path");
    let dir = place.path().join("open");
    fs::create_dir(&dir).expect("made");
    let group = "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: web}\nspec:\n  vpc: vpc-0123456789abcdef0\n  egress: []\n  ingress:\n    - {description: all, protocol: tcp, ports: 443, from: [0.0.0.0/0]}\n";
    fs::write(dir.join("a.yaml"), group).expect("written");
    let dir = dir.to_str().expect("a path");
    let validate = ["--settings", settings, "validate", dir];

    let said = expect(0, &validate);
    assert!(said.starts_with("warning[SG-01]: lets in tcp 443"), "{said}");
    assert!(said.contains("a.yaml:8:7\n") && said.contains("^ spec.ingress[0]"), "{said}");
    assert!(said.ends_with("1 manifest, no problems, 1 finding\n"), "{said}");
    let strict = expect(1, &[&validate[..], &["--strict"]].concat());
    assert_eq!(strict, said.replace("warning[SG-01]", "error[SG-01]"));

    let document = json(&expect(0, &[&validate[..], &["-o", "json"]].concat()));
    assert_eq!(document["findings"][0]["rule"], "SG-01");
    assert_eq!(document["findings"][0]["severity"], "high");
    assert_eq!(document["findings"][0]["origin"]["line"], 8);
    let annotations = expect(0, &[&validate[..], &["-o", "github"]].concat());
    let start =
        format!("::warning file={dir}/a.yaml,line=8,col=7,title=SG-01 high::spec.ingress[0]: ");
    assert!(annotations.starts_with(&start), "{annotations}");
}

#[test]
fn explain_lists_the_rules_of_the_baseline_and_tells_where_each_comes_from() {
    let rules = expect(0, &["explain", "rules"]);
    for rule in ["  SG-01   high      ", "  KMS-02  critical  ", "  SCP-18  high      "] {
        assert!(rules.contains(rule), "{rule}: {rules}");
    }
    let rule = expect(0, &["explain", "sg-01"]);
    assert!(rule.starts_with("SG-01  <high, SecurityGroup>"), "{rule}");
    assert!(rule.contains("Security Hub EC2.18") && rule.contains("waive: {SG-01:"), "{rule}");
    for live in ["  ROOT-01 critical  ", "  JOB-03  high      "] {
        assert!(rules.contains(live) && rules.matches(live).count() == 1, "{live}: {rules}");
    }
    let live = expect(0, &["explain", "job-03"]);
    assert!(live.starts_with("JOB-03  <high, live>"), "{live}");
    assert!(live.contains("scp/sm-jobs-vpc") && !live.contains("waive:"), "{live}");
}

#[test]
fn policy_diff_tells_by_its_exit_code_whether_two_policies_differ() {
    let place = tempfile::tempdir().expect("a directory");
    let file = |name: &str, actions: &str| {
        let path = place.path().join(name);
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": {actions}, "Resource": "*"}}]}}"#
        );
        fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let one = file("one.json", r#"["kms:Decrypt", "kms:Encrypt"]"#);
    let same = file("same.json", r#"["kms:Encrypt", "kms:Decrypt"]"#);
    let wide = file("wide.json", r#""kms:*""#);
    expect(0, &["policy-diff", &one, &same]);
    let difference = expect(2, &["policy-diff", &one, &wide]);
    assert!(difference.contains("kms:*"), "{difference}");
    expect(1, &["policy-diff", &one, "/nonexistent.json"]);
}

#[test]
fn explain_shows_kinds_and_their_fields() {
    let all = expect(0, &["explain"]);
    for kind in
        ["KmsKey", "SageMakerDomain", "SecurityGroup", "ServiceControlPolicy", "VpcEndpoint"]
    {
        assert!(all.contains(kind), "{all}");
        assert!(expect(0, &["explain", kind]).starts_with(kind));
    }
    assert!(expect(0, &["explain", "sg.ingress"]).contains("protocol"));
    let output = run(&["explain", "SecurtyGroup"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("did you mean `SecurityGroup`"), "{}", stderr(&output));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(expect(0, &["completions", shell]).contains("palisade"));
    }
}

/// Every file below a folder that ends with `.yaml`.
fn manifests(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![repository().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml")
                // Settings, no manifests.
                && !path.ends_with("palisade.yaml")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_example_and_every_shipped_manifest_fits_the_schemas() {
    let all = json(&expect(0, &["schema"]));
    let mut schemas = BTreeMap::new();
    let mut count = 0;
    for path in manifests("examples").into_iter().chain(manifests("desired-state")) {
        let text = fs::read_to_string(&path).expect("read");
        for document in serde_yaml::Deserializer::from_str(&text) {
            let document = Value::deserialize(document).expect("YAML");
            let kind = document["kind"].as_str().expect("a kind");
            if kind == "Approval" {
                continue;
            }
            let own = schemas
                .entry(kind.to_owned())
                .or_insert_with(|| json(&expect(0, &["schema", kind])));
            for schema in [&*own, &all] {
                let wrong = fit(schema, schema, &document, "");
                assert_eq!(wrong, None, "{} {}", path.display(), document["metadata"]);
            }
            let mut bad = document.clone();
            bad["spec"]["nope"] = Value::Null;
            assert!(fit(own, own, &bad, "").is_some(), "an unknown field fits {kind}");
            assert!(fit(&all, &all, &bad, "").is_some(), "an unknown field fits");
            count += 1;
        }
    }
    assert!(count > 30, "{count} manifests");
}

/// Why a value does not fit a JSON schema: the keywords of draft 7 that our schemas use; any other one fails the
/// test, so that none is passed over.
pub fn fit(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = match schema {
        Value::Bool(true) => return None,
        Value::Bool(false) => return Some(format!("{at}: not allowed")),
        Value::Object(schema) => schema,
        other => panic!("{other} is no schema"),
    };
    let fits = |schema: &Value| fit(root, schema, value, at).is_none();
    let many = |rule: &Value| rule.as_array().cloned().unwrap_or_default();
    for (keyword, rule) in schema {
        let ok = match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" | "default" | "format"
            | "examples" => true,
            // Read with their neighbours.
            "then" => true,
            "additionalProperties" if schema.contains_key("properties") => true,
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if let Some(wrong) = fit(root, rule, inner, &format!("{at}.{name}")) {
                        return Some(wrong);
                    }
                }
                true
            }
            "$ref" => {
                let path =
                    rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a local one");
                let target = root.pointer(path).unwrap_or_else(|| panic!("{path} leads nowhere"));
                if let Some(wrong) = fit(root, target, value, at) {
                    return Some(wrong);
                }
                true
            }
            "type" => match rule {
                Value::Array(types) => types.iter().any(|one| is_type(one, value)),
                one => is_type(one, value),
            },
            "enum" => many(rule).contains(value),
            "const" => rule == value,
            "minimum" => {
                value.as_f64().is_none_or(|number| number >= rule.as_f64().expect("a number"))
            }
            "maximum" => {
                value.as_f64().is_none_or(|number| number <= rule.as_f64().expect("a number"))
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "uniqueItems" => true,
            // A pattern that only ECMAScript knows is not tried.
            "pattern" => value.as_str().is_none_or(|text| {
                let pattern = regex::Regex::new(rule.as_str().expect("a pattern"));
                pattern.map_or(true, |pattern| pattern.is_match(text))
            }),
            "required" => value.as_object().is_none_or(|map| {
                many(rule).iter().all(|name| map.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => {
                let additional = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
                for (name, inner) in value.as_object().into_iter().flatten() {
                    let rule = rule.get(name).unwrap_or(additional);
                    if let Some(wrong) = fit(root, rule, inner, &format!("{at}.{name}")) {
                        return Some(wrong);
                    }
                }
                true
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    if let Some(wrong) = fit(root, rule, inner, &format!("{at}[{index}]")) {
                        return Some(wrong);
                    }
                }
                true
            }
            "allOf" => {
                for rule in many(rule) {
                    if let Some(wrong) = fit(root, &rule, value, at) {
                        return Some(wrong);
                    }
                }
                true
            }
            "anyOf" => many(rule).iter().any(fits),
            "oneOf" => many(rule).iter().filter(|rule| fits(rule)).count() == 1,
            "not" => !fits(rule),
            "if" => {
                let then = schema.get("then").expect("an `if` has a `then`");
                if fits(rule)
                    && let Some(wrong) = fit(root, then, value, at)
                {
                    return Some(wrong);
                }
                true
            }
            other => panic!("this test does not know `{other}`"),
        };
        if !ok {
            return Some(format!("{at}: {keyword} {rule}"));
        }
    }
    None
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().expect("a type's name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("there is no type {other}"),
    }
}

#[test]
fn the_demo_shows_everything_and_ends_well() {
    let said = expect(0, &["demo"]);
    assert!(said.contains("133 manifests in sync"), "{said}");
    assert!(said.contains("8 of 8 drifts noticed and corrected"), "{said}");
}

/// A simulated AWS on a free port of this machine; it ends with the test.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    pub fn start() -> Self {
        let mut command = palisade();
        command.args(["simulate", "--seeded", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
        let first = lines.next().expect("a line").expect("UTF-8");
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.expect("its address").trim_end_matches('.').to_owned();
        Self { child, url }
    }

    /// The program with this AWS.
    pub fn palisade(&self, place: &Path) -> Command {
        let mut command = palisade();
        command
            .current_dir(place)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "any");
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn plan_apply_and_plan_again_against_an_aws_on_a_socket() {
    let aws = Served::start();
    let place = workplace();
    let state = crate::world::baseline();
    let state = state.to_str().expect("a path");
    let run = |exit: i32, arguments: &[&str]| {
        let output = aws.palisade(place.path()).args(arguments).output().expect("it runs");
        let said = || format!("{arguments:?}\n{}\n{}", stdout(&output), stderr(&output));
        assert_eq!(code(&output), exit, "{}", said());
        stdout(&output)
    };

    let text = run(2, &["plan", state, "--detailed-exitcode"]);
    assert!(text.contains("+ ml-prod/SecurityGroup/studio-apps"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("Plan: ")), "{text}");

    // Consent covers what a policy grants and which tags there will be: both are shown.
    for shown in ["      +   statement \"", "Action: kms:", "Principal AWS: arn:aws:iam::"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }

    let plan = json(&run(0, &["plan", state, "-o", "json"]));
    assert_eq!(plan["schemaVersion"], 1);
    assert!(plan["counts"]["create"].as_u64().is_some_and(|count| count > 0), "{plan}");
    for member in ["steps", "conflicts", "orphans", "unknown", "inSync"] {
        assert!(plan[member].is_array(), "{member}");
    }
    let step = &plan["steps"][0];
    for member in ["address", "origin", "cause", "action", "verdict", "digest"] {
        assert!(!step[member].is_null(), "{member}: {step}");
    }
    assert_eq!(step["action"]["verb"], "create");
    let yaml: Value = serde_yaml::from_str(&run(0, &["plan", state, "-o", "yaml"])).expect("YAML");
    assert_eq!(yaml["schemaVersion"], 1);

    // Without consent nothing happens: stdin is empty. What nobody saved, nobody has read as a whole.
    run(1, &["apply", state]);
    run(1, &["apply", state, "--approve-all"]);
    run(2, &["plan", state, "--detailed-exitcode"]);

    let text = run(0, &["apply", state, "--yes"]);
    assert!(
        text.trim_end().ends_with("0 to create, 0 to change, 0 to delete, 26 in sync."),
        "{text}"
    );
    run(0, &["plan", state, "--detailed-exitcode"]);

    // Who consents to what there is not has to look again.
    let text = run(3, &["apply", state, "--yes", "--approve", "000000000000"]);
    assert!(text.contains("approval of 000000000000  releases nothing"), "{text}");

    // A directory of which nothing is read is no quiet success.
    let skipped = place.path().join("skipped");
    fs::create_dir(&skipped).expect("made");
    fs::write(skipped.join("a.yaml.bak"), "kind: x\n").expect("written");
    let skipped = skipped.to_str().expect("a path");
    for verb in [&["plan", skipped][..], &["apply", skipped, "--yes"]] {
        let output = aws.palisade(place.path()).args(verb).output().expect("it runs");
        let said = stderr(&output);
        assert!(
            said.contains("warning: not read") && said.contains("no manifests found"),
            "{said}"
        );
    }

    // An empty URL is none.
    let mut command = aws.palisade(place.path());
    command.env("AWS_ENDPOINT_URL_STS", "").args(["plan", state, "--detailed-exitcode"]);
    let output = command.output().expect("it runs");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn without_credentials_plan_fails_and_says_so() {
    let place = workplace();
    let state = crate::world::baseline();
    let mut command = palisade();
    let output =
        command.current_dir(place.path()).arg("plan").arg(state).output().expect("it runs");
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(stdout(&output).contains("could not be read"), "{}", stdout(&output));
}
