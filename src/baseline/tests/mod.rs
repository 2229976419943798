//! For every rule, a manifest that breaks it and one that keeps it, through the real loader.

mod cases;
mod openness;

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::{
    engine::Scopes,
    kinds,
    manifest::Loader,
    settings::{Overrides, Settings},
};

const SETTINGS: &str = "\
owner: test
defaultScope: ml
scopes:
  ml: {account: \"111122223333\", region: eu-west-1}
  org:
    account: \"999988887777\"
    region: us-east-1
    assumeRole: {roleArn: \"arn:aws:iam::999988887777:role/palisade\"}
";

fn settings(dir: &Path, text: &str) -> Settings {
    let file = dir.join("palisade.yaml");
    fs::write(&file, text).unwrap();
    Settings::load(&Overrides { file: Some(file), ..Overrides::default() }).unwrap()
}

/// Loads and checks a directory.
fn judge(dir: &Path, settings: &Settings) -> Result<Report, Vec<Problem>> {
    let registry = kinds::registry();
    let scopes = Scopes::offline_facts(settings);
    let snapshot = Loader { registry: &registry, settings, facts: &scopes }.load(dir)?;
    let roles: Vec<String> = settings
        .scopes
        .values()
        .filter_map(|scope| scope.role.as_ref().map(|role| role.role_arn.clone()))
        .collect();
    Ok(check(Subject {
        registry: &registry,
        scopes: &scopes,
        snapshot: &snapshot,
        roles: &roles,
        switches: &BTreeMap::new(),
    }))
}

fn judge_text(manifests: &str) -> Result<Report, Vec<Problem>> {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("manifests");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("a.yaml"), manifests).unwrap();
    judge(&dir, &settings(home.path(), SETTINGS))
}

pub(crate) fn report(manifests: &str) -> Report {
    let report =
        judge_text(manifests).unwrap_or_else(|problems| panic!("{problems:#?}\n{manifests}"));
    assert_eq!(report.problems, [], "{manifests}");
    report
}

fn broken(manifests: &str) -> BTreeSet<&'static str> {
    report(manifests).findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_rule_finds_the_manifest_that_breaks_it_and_accepts_the_one_that_keeps_it() {
    let cases = cases::all();
    let covered: BTreeSet<_> = cases.iter().map(|case| case.rule).collect();
    let rules: BTreeSet<_> = rules().map(|rule| rule.id).collect();
    assert_eq!(covered, rules, "a case for every rule");
    let mut wrong = Vec::new();
    for case in &cases {
        if !broken(&case.breaks).contains(case.rule) {
            wrong.push(format!("{} is not found:\n{}", case.rule, case.breaks));
        }
        if broken(&case.keeps).contains(case.rule) {
            wrong.push(format!("{} is found:\n{}", case.rule, case.keeps));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_have_unique_numbers_and_a_source() {
    let mut seen = BTreeSet::new();
    let registry = kinds::registry();
    for rule in rules() {
        assert!(seen.insert(rule.id), "{} is there twice", rule.id);
        assert!(registry.get(rule.kind).is_some(), "{}: {}", rule.id, rule.kind);
        for text in [rule.title, rule.why, rule.source, rule.help] {
            assert!(!text.is_empty() && !text.contains("shared/"), "{}", rule.id);
        }
        assert!(!rule.title.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn the_shipped_directory_breaks_no_rule_that_it_does_not_waive() {
    let home = tempfile::tempdir().unwrap();
    let settings = settings(home.path(), crate::simulator::example::PLATFORM_SETTINGS);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("desired-state");
    let report = judge(&shipped, &settings).unwrap();
    assert_eq!(report.problems, []);
    let open = report.findings.iter().filter(|finding| finding.waived.is_none());
    let open: Vec<String> = open.map(ToString::to_string).collect();
    assert!(open.is_empty(), "{}", open.join("\n"));
}

const OPEN_GROUP: &str = "\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: web}
LIFECYCLEspec:
  vpc: vpc-0123456789abcdef0
  ingress:
    - {description: inside, protocol: tcp, ports: 443, from: [10.0.0.0/8]}
    - {description: outside, protocol: tcp, ports: 443, from: [0.0.0.0/0]}
  egress: []
";

#[test]
fn a_finding_has_a_field_and_a_repair() {
    let found = report(&OPEN_GROUP.replace("LIFECYCLE", "")).findings;
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((finding.origin.line, finding.origin.column), (8, 7));
    assert_eq!(finding.path, "spec.ingress[1]");
    let text = finding.to_string();
    assert!(text.contains("a.yaml:8:7: [SG-01 high] spec.ingress[1]: "), "{text}");
    assert!(text.contains("\n  help: "), "{text}");
}

#[test]
fn a_waived_finding_stays_with_its_reason() {
    let waive = "lifecycle: {waive: {SG-01: public web site}}\n";
    let found = report(&OPEN_GROUP.replace("LIFECYCLE", waive)).findings;
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(finding.waived.as_deref(), Some("public web site"));
}

#[test]
fn an_invalid_waiver_is_a_problem() {
    for (waive, message, help) in [
        ("{SG-1: reason}", "unknown rule `SG-1`", "did you mean `SG-0"),
        ("{KMS-01: reason}", "KMS-01 is reported at a KmsKey", "waive it there"),
        ("{SG-01: ' '}", "gives no reason", "write the reason"),
    ] {
        let text = OPEN_GROUP.replace("LIFECYCLE", &format!("lifecycle: {{waive: {waive}}}\n"));
        let problems = judge_text(&text).unwrap_err();
        let [problem] = &problems[..] else { panic!("{problems:#?}") };
        assert_eq!(problem.message, message);
        assert!(problem.path.starts_with("lifecycle.waive."), "{problem}");
        assert!(problem.help.contains(help), "{problem}");
    }
}

#[test]
fn a_policy_that_denies_everything_is_allowed_and_is_a_finding_that_can_be_waived() {
    let text = |lifecycle: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {{name: suspended, scope: org}}\n\
             {lifecycle}spec: {{targets: [], content: {{Version: '2012-10-17', Statement: [{{Sid: DenyAll, Effect: Deny, Action: '*', Resource: '*'}}]}}}}\n"
        )
    };
    let of = |manifests: &str| {
        let findings = report(manifests).findings;
        let all = findings.iter().filter(|finding| finding.rule == "SCP-ALL");
        all.map(|finding| (finding.path.clone(), finding.waived.clone())).collect::<Vec<_>>()
    };
    let path = "spec.content.Statement[0]".to_owned();
    assert_eq!(of(&text("")), [(path.clone(), None)]);
    let waived = of(&text("lifecycle: {waive: {SCP-ALL: closed accounts}}\n"));
    assert_eq!(waived, [(path, Some("closed accounts".to_owned()))]);
}

#[test]
fn a_finding_about_an_action_is_at_the_action_and_has_a_suggestion() {
    let text = "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {name: p, scope: org}\nspec:\n  content:\n    Version: '2012-10-17'\n    Statement:\n      - Effect: Deny\n        Resource: '*'\n        Action:\n          - s3:PutObject\n          - cloudtrail:StopLoging\n";
    let found = report(text).findings;
    let finding = found.iter().find(|finding| finding.rule == "SCP-ACT").expect("found");
    assert_eq!((finding.origin.line, finding.origin.column), (12, 13));
    assert_eq!(finding.path, "spec.content.Statement[0].Action[1]");
    assert!(finding.message.ends_with("did you mean `cloudtrail:StopLogging`?"), "{finding}");
}

/// What a profile overrides, each with its rule and field.
#[test]
fn what_a_profile_overrides_is_found_setting_by_setting() {
    const DOMAIN: &str = "\
apiVersion: palisade.dev/v1alpha1
kind: SageMakerDomain
metadata: {name: studio}
spec:
  authMode: SSO
  vpc: vpc-0123456789abcdef0
  subnets: [subnet-0123456789abcdef0]
  defaultUserSettings:
    executionRole: arn:aws:iam::111122223333:role/users
    securityGroups: [sg-10000000, sg-20000000, sg-30000000]
    studioWebPortalSettings:
      hiddenInstanceTypes: [ml.p5.48xlarge, ml.p4d.24xlarge]
      executionRoleSessionNameMode: USER_IDENTITY
    kernelGatewayAppSettings: {customImages: [{imageName: torch, appImageConfigName: torch}]}
    jupyterLabAppSettings: {appLifecycleManagement: {idleSettings: {lifecycleManagement: ENABLED}}}
---
apiVersion: palisade.dev/v1alpha1
kind: UserProfile
metadata: {name: ada}
spec:
  domain: {ref: studio}
  userSettings:
";
    let of = |settings: &str| {
        let found = report(&format!("{DOMAIN}{settings}")).findings;
        let own = found.iter().filter(|finding| finding.address.name == "ada");
        own.map(|finding| format!("{} {}", finding.rule, finding.path)).collect::<Vec<_>>()
    };
    for (settings, rule, field) in [
        (
            "    sharingSettings: {notebookOutputOption: Allowed}",
            "USR-01",
            "sharingSettings.notebookOutputOption",
        ),
        (
            "    studioWebPortalSettings: {executionRoleSessionNameMode: STATIC}",
            "USR-01",
            "studioWebPortalSettings.executionRoleSessionNameMode",
        ),
        (
            "    studioWebPortalSettings: {hiddenInstanceTypes: [ml.p5.48xlarge]}",
            "USR-01",
            "studioWebPortalSettings.hiddenInstanceTypes",
        ),
        (
            "    jupyterLabAppSettings: {appLifecycleManagement: {idleSettings: {lifecycleManagement: DISABLED}}}",
            "USR-01",
            "jupyterLabAppSettings.appLifecycleManagement.idleSettings.lifecycleManagement",
        ),
        ("    executionRole: arn:aws:iam::111122223333:role/own", "USR-02", "executionRole"),
        (
            "    codeEditorAppSettings: {defaultResourceSpec: {lifecycleConfigArn: arn:x}}",
            "USR-03",
            "codeEditorAppSettings.defaultResourceSpec.lifecycleConfigArn",
        ),
        (
            "    kernelGatewayAppSettings: {customImages: [{imageName: own, appImageConfigName: own}]}",
            "USR-03",
            "kernelGatewayAppSettings.customImages",
        ),
        (
            "    jupyterLabAppSettings: {defaultResourceSpec: {instanceType: ml.p5.48xlarge}}",
            "USR-03",
            "jupyterLabAppSettings.defaultResourceSpec.instanceType",
        ),
        ("    securityGroups: [sg-40000000, sg-50000000]", "USR-04", "securityGroups"),
    ] {
        assert_eq!(of(settings), [format!("{rule} spec.userSettings.{field}")], "{settings}");
    }
    for settings in [
        "    sharingSettings: {notebookOutputOption: Disabled}",
        "    executionRole: arn:aws:iam::111122223333:role/users",
        "    studioWebPortalSettings: {hiddenInstanceTypes: [ml.p5.48xlarge, ml.p4d.24xlarge, ml.g5.48xlarge]}",
        "    studioWebPortalSettings: {hiddenInstanceTypes: []}",
        "    kernelGatewayAppSettings: {customImages: [{imageName: torch, appImageConfigName: torch}]}",
        "    jupyterLabAppSettings: {defaultResourceSpec: {instanceType: ml.t3.medium}}",
    ] {
        assert_eq!(of(settings), [""; 0], "{settings}");
    }
}

#[test]
fn a_script_of_a_manifest_is_named_by_it_and_never_by_an_arn_that_does_not_exist() {
    let scripts = |name: &str| {
        format!(
            "---\napiVersion: palisade.dev/v1alpha1\nkind: StudioLifecycleConfig\n\
             metadata: {{name: {name}, scope: ml}}\nspec: {{appType: JupyterLab, content: echo}}\n"
        )
    };
    let settings =
        |name: &str| format!("jupyterLabAppSettings: {{lifecycleConfigArns: [{{ref: {name}}}]}}");
    let text = format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SageMakerDomain\nmetadata: {{name: studio, scope: ml}}\n\
         spec:\n  domainName: studio\n  authMode: IAM\n  vpc: vpc-10000000\n  subnets: [subnet-20000000]\n  \
         appNetworkAccessType: VpcOnly\n  defaultUserSettings:\n    \
         executionRole: arn:aws:iam::111122223333:role/users\n    securityGroups: [sg-10000000]\n    {}\n---\n\
         apiVersion: palisade.dev/v1alpha1\nkind: UserProfile\nmetadata: {{name: ada, scope: ml}}\n\
         spec:\n  domain: {{ref: studio}}\n  userSettings:\n    {}\n{}{}",
        settings("all"),
        settings("own"),
        scripts("all"),
        scripts("own"),
    );
    let found: Vec<_> =
        report(&text).findings.into_iter().filter(|it| it.rule == "USR-03").collect();
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!(finding.message, "ml/StudioLifecycleConfig/own is not offered by the domain");
}
