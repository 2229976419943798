//! `palisade iam-policy` prints what palisade needs and nothing else: everything it does in a long life happens here under
//! exactly those policies.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use palisade::{
    aws::Guard,
    engine::{Options, Report},
    kind::Class,
    model::policy_document::{Dialect, PolicyDocument, Request},
    simulator::{self, Judged, allows, example},
};
use serde_json::{Value, json};

use crate::{
    cli::palisade,
    drift::{DOMAIN_EDITS, ENDPOINT_EDITS, GROUPS, KEY_EDITS, POLICY_EDITS},
    sagemaker_work::one_of_each,
    world::{World, held, string, until_quiet},
};

/// The policies of every account, by the name of their mode.
pub type Printed = BTreeMap<String, BTreeMap<String, Value>>;

/// What the program prints for a directory under the settings of the example.
pub fn printed(dir: &Path, more: &[&str]) -> Printed {
    printed_under(example::SETTINGS, dir, more)
}

/// The same under other settings.
pub fn printed_under(text: &str, dir: &Path, more: &[&str]) -> Printed {
    let place = tempfile::tempdir().expect("a directory");
    let settings = place.path().join("palisade.yaml");
    fs::write(&settings, text).expect("written");
    let mut command = palisade();
    command.arg("--settings").arg(&settings).arg("iam-policy").arg(dir).args(more);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let scopes: Printed = serde_json::from_slice(&output.stdout).expect("JSON");
    let account = |scope: String| match scope.as_str() {
        "ml-prod" => example::ML_ACCOUNT.to_owned(),
        "org" => example::MANAGEMENT_ACCOUNT.to_owned(),
        "log-archive" => example::LOG_ARCHIVE_ACCOUNT.to_owned(),
        other => panic!("no scope {other}"),
    };
    scopes.into_iter().map(|(scope, policies)| (account(scope), policies)).collect()
}

fn documents(policies: &BTreeMap<String, Value>) -> Vec<PolicyDocument> {
    let read = |policy| PolicyDocument::from_value(policy, Dialect::IdentityPolicy);
    policies.values().map(|policy| read(policy).expect("a policy")).collect()
}

pub fn permit(world: &World, printed: &Printed) {
    let permissions: BTreeMap<_, _> =
        printed.iter().map(|(account, policies)| (account.clone(), documents(policies))).collect();
    world.simulator.with(|world| world.options.permissions = permissions);
}

/// The calls that were denied.
pub fn denied(world: &World) -> BTreeSet<String> {
    let calls = world.simulator.calls();
    let denied = calls.iter().filter(|call| {
        matches!(
            call.error.as_deref(),
            Some("UnauthorizedOperation" | "AccessDeniedException" | "AccessDenied")
        )
    });
    denied.map(|call| format!("{}:{}", call.service, call.operation)).collect()
}

/// What was asked for and is not allowed, in calls and in what handlers of Cloud Control call, with
/// what the request carries.
pub fn refused(world: &World, printed: &Printed) -> BTreeSet<String> {
    let allowed: BTreeMap<_, _> =
        printed.iter().map(|(account, policies)| (account, documents(policies))).collect();
    let judged: Vec<Judged> = world.simulator.with(|world| world.judged.clone());
    let refused = judged.into_iter().filter(|it| !allows(&allowed[&it.account], &it.request));
    refused
        .map(|Judged { account, request: Request { action, resource, context, .. } }| {
            format!("{account} {action} {resource} {context:?}")
        })
        .collect()
}

async fn quiet(world: &World, story: &str) {
    let quiet = until_quiet(&mut world.engine().await).await;
    assert_eq!(denied(world), BTreeSet::new(), "{story}");
    let shown = || palisade::plan::render::text(&quiet.last().plan);
    assert!(quiet.last().is_converged(), "{story}\n{}", shown());
}

/// With consent to what the last plan holds for an address.
async fn consented(world: &World, address: &str) {
    let report = world.engine().await.pass().await;
    let digest = held(&report, address).0.digest.clone();
    until_quiet(&mut world.engine_approving(&[&digest]).await).await.in_order();
}

/// A manifest of every kind whose tags say that `legacy` shall be none.
const UNTAGGED: &str = r"
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: untagged, scope: ml-prod}
spec:
  vpc: {lookup: {tags: {Name: ml}}}
  egress:
    - {description: to itself, protocol: tcp, ports: 443, to: [self]}
  tags: {legacy: null}
";

/// Everything that happens in a life, up to the end of every resource.
async fn life(world: &World) {
    quiet(world, "the shipped directory is applied").await;
    let zero = Duration::ZERO;
    world.simulator.with(|world| world.options.endpoint_pending = zero);
    for cases in [GROUPS, ENDPOINT_EDITS, KEY_EDITS, POLICY_EDITS, DOMAIN_EDITS] {
        for case in cases.iter().filter(|case| !case.calls.is_empty()) {
            (case.inject)(world);
            quiet(world, case.story).await;
        }
    }
    by_hand(world).await;
    audited(world).await;
    tags(world).await;
    end(world).await;
}

/// What people make with SageMaker is looked at wherever a manifest of SageMaker is.
async fn audited(world: &World) {
    one_of_each(world);
    let guard = Guard::writing(world.brake.clone());
    let options = Options { write: true, audits: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    engine.pass().await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    let report = engine.pass().await;
    assert_eq!(report.audited.unknown, []);
    let found: BTreeSet<_> = report.audited.findings.iter().map(|it| it.rule).collect();
    assert!(found.is_superset(&["JOB-01", "JOB-02", "JOB-03", "JOB-04"].into()), "{found:?}");
}

async fn by_hand(world: &World) {
    let group = world.group("studio-apps");
    let rule = world.rule(&group, true, 443);
    let new = json!([{"SecurityGroupRuleId": rule, "Description": "by somebody"}]);
    let input = json!({"GroupId": group, "SecurityGroupRuleDescription": new});
    world.ec2("UpdateSecurityGroupRuleDescriptionsEgress", &input);
    quiet(world, "the description of an egress rule").await;

    let data = world.key("alias/ml/data");
    world.kms("CreateAlias", &json!({"AliasName": "alias/tmp", "TargetKeyId": data}));
    consented(world, "ml-prod/KmsKey/data").await;
    world.kms("UpdateAlias", &json!({"AliasName": "alias/ml/studio", "TargetKeyId": data}));
    consented(world, "ml-prod/KmsKey/studio").await;
    world.kms("ScheduleKeyDeletion", &json!({"KeyId": data, "PendingWindowInDays": 7}));
    quiet(world, "a key's deletion is called back").await;
}

/// Tags that manifests say shall be none, on every kind, are removed.
async fn tags(world: &World) {
    let legacy = json!([{"Key": "legacy", "Value": "x"}]);
    world.write("untagged.yaml", UNTAGGED);
    quiet(world, "one group more").await;
    let endpoint = world.endpoint("sts")["vpcEndpointId"].clone();
    let ids = json!([world.group("untagged"), endpoint]);
    world.ec2("CreateTags", &json!({"ResourceId": ids, "Tag": legacy}));
    let key = json!({"KeyId": world.key("alias/ml/data"), "Tags": [{"TagKey": "legacy", "TagValue": "x"}]});
    world.kms("TagResource", &key);
    let policy = world.policy("protect-cloudtrail");
    world.organizations("TagResource", &json!({"ResourceId": policy, "Tags": legacy}));
    let domain = world.sagemaker("DescribeDomain", &json!({"DomainId": world.domain()}));
    world.sagemaker("AddTags", &json!({"ResourceArn": domain["DomainArn"], "Tags": legacy}));
    world.edit("ml-prod/keys.yaml", "tags: {", "tags: {legacy: null, ");
    for file in
        ["ml-prod/endpoints.yaml", "ml-prod/studio.yaml", "organization/protect-cloudtrail.yaml"]
    {
        world.edit(file, "\nspec:\n", "\nspec:\n  tags: {legacy: null}\n");
    }
    quiet(world, "tags are removed").await;
}

/// A document that asks for deletion, and else says what it said.
fn tombstone(document: &str) -> String {
    if document.contains("\nlifecycle:\n") {
        document.replace("\nlifecycle:\n", "\nlifecycle:\n  state: absent\n")
    } else {
        document.replace("\nspec:\n", "\nlifecycle: {state: absent}\nspec:\n")
    }
}

/// A tombstone for everything.
async fn end(world: &World) {
    let mut files = vec![world.dir().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                fs::read_dir(&path).expect("a directory").map(|it| it.expect("an entry").path()),
            );
            continue;
        }
        let text = fs::read_to_string(&path).expect("read");
        let documents: Vec<String> = text.split("\n---\n").map(tombstone).collect();
        fs::write(&path, documents.join("\n---\n")).expect("written");
    }
    quiet(world, "everything is deleted").await;
    assert_eq!(world.groups("studio-apps"), Vec::<Value>::new());
}

/// A world in which nobody has to consent to deletions, and service control policies are switched off at first.
fn world() -> World {
    let options =
        simulator::Options { service_control_policies: false, ..simulator::Options::default() };
    World::baseline_over(options)
}

/// The policies without one action of one statement; the statement without any goes.
fn without(printed: &Printed, sid: &str, action: &str) -> Printed {
    let mut less = printed.clone();
    for policy in less.values_mut().flat_map(BTreeMap::values_mut) {
        let statements = policy["Statement"].as_array_mut().expect("statements");
        for statement in statements.iter_mut().filter(|one| one["Sid"] == sid) {
            statement["Action"].as_array_mut().expect("actions").retain(|it| it != action);
        }
        statements.retain(|statement| statement["Action"] != json!([]));
    }
    less
}

/// Statement and action of everything that is allowed.
fn permissions(printed: &Printed) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for policy in printed.values().flat_map(BTreeMap::values) {
        for statement in policy["Statement"].as_array().expect("statements") {
            let actions = statement["Action"].as_array().expect("actions").iter();
            let allowed = actions.filter(|_| statement["Effect"] == "Allow");
            all.extend(allowed.map(|action| {
                (string(statement, "Sid"), action.as_str().expect("an action").to_owned())
            }));
        }
    }
    all
}

/// Permissions that the life above has no use for, each with the reason why they are printed.
const UNUSED: [(&str, &str); 12] = [
    // The search for orphans reads those that there are; the shipped directory has none.
    ("NotebookInstances", "sagemaker:DescribeNotebookInstance"),
    ("NotebookInstances", "sagemaker:ListTags"),
    ("NotebookLifecycleConfigs", "sagemaker:DescribeNotebookInstanceLifecycleConfig"),
    ("NotebookLifecycleConfigs", "sagemaker:ListTags"),
    // No shipped group is shared with another VPC.
    ("Owned", "ec2:AssociateSecurityGroupVpc"),
    ("Owned", "ec2:DisassociateSecurityGroupVpc"),
    // Only where ListAccounts gives accounts without their paths.
    ("Parents", "organizations:ListAccountsForParent"),
    // A rule that names a prefix list is changed in place: no shipped group has one.
    ("PrefixLists", "ec2:ModifySecurityGroupRules"),
    ("StudioLifecycleConfigs", "sagemaker:DescribeStudioLifecycleConfig"),
    ("StudioLifecycleConfigs", "sagemaker:ListTags"),
    ("Vpcs", "ec2:AssociateSecurityGroupVpc"),
    ("Vpcs", "ec2:DisassociateSecurityGroupVpc"),
];

/// A notebook instance, its scripts, and a script of Studio. `{lifecycle}` and `{tags}` stand for
/// what changes.
const NOTEBOOKS: &str = "
apiVersion: palisade.dev/v1alpha1
kind: NotebookInstance
metadata: {name: research, scope: ml-prod}
lifecycle: {{lifecycle}}
spec:
  running: true
  rootAccess: Disabled
  minimumInstanceMetadataServiceVersion: '2'
  directInternetAccess: Enabled
  instanceType: ml.t3.medium
  kmsKey: {ref: notebooks}
  role: arn:aws:iam::111122223333:role/notebooks
  lifecycleConfig: {ref: setup}
  tags: {legacy: {tags}}
---
apiVersion: palisade.dev/v1alpha1
kind: NotebookLifecycleConfig
metadata: {name: setup, scope: ml-prod}
lifecycle: {{lifecycle}}
spec: {onStart: echo start, tags: {legacy: {tags}}}
---
apiVersion: palisade.dev/v1alpha1
kind: StudioLifecycleConfig
metadata: {name: idle, scope: ml-prod}
lifecycle: {{lifecycle}}
spec: {appType: JupyterLab, content: echo idle, tags: {legacy: {tags}}}
---
apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {name: notebooks, scope: ml-prod}
spec:
  policy:
    Version: '2012-10-17'
    Statement:
      - {Sid: Admin, Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}
";

#[tokio::test(start_paused = true)]
async fn a_life_of_notebooks_needs_every_permission_that_is_printed_for_them_and_no_other() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    world.settings.gate.deletes_percent = 100;
    let said = |lifecycle: &str, tags: &str| {
        NOTEBOOKS.replace("{lifecycle}", lifecycle).replace("{tags}", tags)
    };
    world.write("main.yaml", said("", "x"));
    let printed = printed(world.dir(), &[]);
    permit(&world, &printed);
    quiet(&world, "everything is made").await;
    let named = json!({"NotebookInstanceName": "research"});
    world.sagemaker("StopNotebookInstance", &named);
    tokio::time::advance(Duration::from_secs(2)).await;
    let open = json!({"NotebookInstanceName": "Research", "RootAccess": "Enabled",
                      "RoleArn": "arn:aws:iam::111122223333:role/other"});
    world.sagemaker("UpdateNotebookInstance", &open);
    let named = json!({"NotebookInstanceLifecycleConfigName": "setup", "OnStart": []});
    world.sagemaker("UpdateNotebookInstanceLifecycleConfig", &named);
    tokio::time::advance(Duration::from_secs(2)).await;
    quiet(&world, "what somebody changed is put back").await;
    world.write("main.yaml", said("", "y").replace("Disabled", "Enabled"));
    quiet(&world, "it is stopped, changed and started").await;
    world.write("main.yaml", said("", "null").replace("running: true", "running: false"));
    quiet(&world, "tags are removed, and it is stopped").await;
    world.write("main.yaml", said("state: absent", "null"));
    quiet(&world, "everything is deleted").await;
    let judged: Vec<Judged> = world.simulator.with(|world| world.judged.clone());
    let asked: BTreeSet<&str> = judged.iter().map(|it| it.request.action.as_str()).collect();
    let own = permissions(&printed).into_iter().filter(|(sid, action)| {
        action.contains("Notebook")
            || action.contains("StudioLifecycle")
            || sid.contains("Notebook")
    });
    let unused: Vec<_> = own.filter(|(_, action)| !asked.contains(action.as_str())).collect();
    assert_eq!(unused, []);
}

#[tokio::test(start_paused = true)]
async fn under_exactly_the_printed_policies_nothing_is_denied_and_no_permission_is_superfluous() {
    let mut world = world();
    world.settings.gate.deletes_percent = 100;
    let mut printed = printed(world.dir(), &[]);
    permit(&world, &printed);
    life(&world).await;

    let judged: Vec<Judged> = world.simulator.with(|world| world.judged.clone());
    // Whether everything that was asked for an action is still allowed.
    let still = |printed: &Printed, action: &str| {
        let documents: BTreeMap<_, _> = printed
            .iter()
            .map(|(account, policies)| (account.clone(), documents(policies)))
            .collect();
        let mut asked = judged.iter().filter(|judged| judged.request.action == action);
        asked.all(|judged| allows(&documents[&judged.account], &judged.request))
    };
    let superfluous: Vec<_> = permissions(&printed)
        .into_iter()
        .filter(|(sid, action)| still(&without(&printed, sid, action), action))
        .collect();
    let expected: Vec<_> =
        UNUSED.iter().map(|(sid, action)| ((*sid).to_owned(), (*action).to_owned())).collect();
    assert_eq!(superfluous, expected);

    // A whole mode is no more to be spared than a permission is.
    for policies in printed.values_mut() {
        policies.remove("destroy");
    }
    assert!(!still(&printed, "kms:ScheduleKeyDeletion"));
}

fn was_denied(report: &Report) -> bool {
    let failed = report.results.iter().filter_map(|result| result.error.as_ref());
    failed.into_iter().any(|error| error.class == Class::Denied)
}

#[tokio::test(start_paused = true)]
async fn without_a_permission_the_directory_does_not_become_true_and_the_refusal_is_said() {
    let actions = [
        "ec2:CreateTags",
        "iam:PassRole",
        "kms:TagResource",
        "organizations:AttachPolicy",
        "sagemaker:CreateDomain",
    ];
    for action in actions {
        let world = World::baseline();
        let mut less = printed(world.dir(), &[]);
        for (sid, _) in permissions(&less).into_iter().filter(|(_, it)| it == action) {
            less = without(&less, &sid, action);
        }
        permit(&world, &less);
        let mut engine = world.engine().await;
        let mut refused = false;
        for _ in 0..8 {
            let report = engine.pass().await;
            assert!(!report.is_converged(), "without {action}");
            refused |= was_denied(&report);
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        assert!(refused, "without {action}: {:?}", denied(&world));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_needs_only_the_observe_policy() {
    let (world, _) = World::applied().await;
    let observe = printed(world.dir(), &["--observe-only"]);
    for policies in observe.values() {
        assert_eq!(policies.keys().collect::<Vec<_>>(), ["observe"]);
    }
    permit(&world, &observe);
    world.simulator.clear_calls();
    let report = world.reader().await.pass().await;
    assert!(report.is_converged());
    assert_eq!(denied(&world), BTreeSet::new());
}

/// Attached to the root, in an organisation whose id no manifest asks for.
const POLICY: &str = "
apiVersion: palisade.dev/v1alpha1
kind: ServiceControlPolicy
metadata: {name: guard, scope: org}
spec:
  description: nobody deletes keys
  content:
    Version: '2012-10-17'
    Statement: [{Sid: Keys, Effect: Deny, Action: 'kms:ScheduleKeyDeletion', Resource: '*'}]
  targets: [root]
";

/// Every type of policies of the organization, with its type switched off at first.
#[tokio::test(start_paused = true)]
async fn the_policies_of_every_type_are_made_and_kept_under_the_printed_policies() {
    let options =
        simulator::Options { service_control_policies: false, ..simulator::Options::default() };
    let mut world = World::over(options);
    // The declarative policy of the example ends what is shared.
    world.settings.gate.hold_risks.clear();
    world.write("main.yaml", include_str!("../../examples/organization-policies.yaml"));
    permit(&world, &printed(world.dir(), &[]));
    let mut engine = world.engine().await;
    // The first attachment of a type that is off fails, and enables it; the next one is paced.
    let mut converged = false;
    for _ in 0..10 {
        converged = until_quiet(&mut engine).await.last().is_converged();
        if converged {
            break;
        }
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    assert!(converged);
    let created = world.writes().into_iter().filter(|write| write == "CreatePolicy").count();
    assert_eq!(created, 5);
    assert_eq!(denied(&world), BTreeSet::new());
    // What the policies are kept by.
    let id = world.policy_of("TAG_POLICY", "data-classes").expect("the policy");
    let root = world.root();
    world.organizations("AttachPolicy", &json!({"PolicyId": id, "TargetId": root}));
    engine.pass().await;
    assert!(world.writes().contains(&"DetachPolicy".to_owned()));
    assert_eq!(denied(&world), BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn whom_a_service_control_policy_concerns_may_be_asked() {
    let world = World::with(POLICY);
    permit(&world, &printed(world.dir(), &[]));
    quiet(&world, "a service control policy alone is applied").await;
    assert!(world.reads().contains_key("organizations:DescribeOrganization"));
}

#[tokio::test(start_paused = true)]
async fn adoption_is_allowed_for_exactly_the_id_that_a_manifest_names() {
    let world = World::empty();
    let group = |name: &str| {
        let input = json!({"GroupName": name, "GroupDescription": "by hand", "VpcId": world.vpc()});
        string(&world.ec2("CreateSecurityGroup", &input), "groupId")
    };
    let (ours, other) = (group("untagged"), group("other"));
    let adopts = UNTAGGED.replace("spec:", &format!("lifecycle: {{adopt: {ours}}}\nspec:"));
    world.write("main.yaml", adopts);
    let printed = printed(world.dir(), &[]);
    permit(&world, &printed);
    quiet(&world, "a group is adopted").await;

    let policies = documents(&printed[example::ML_ACCOUNT]);
    let claim = |id: &str, owner: Option<&str>| {
        let arn = format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{id}");
        let caller = "arn:aws:iam::111122223333:role/palisade";
        let mut request = Request::new(caller, "ec2:CreateTags", &arn);
        let mut key = |name: &str, value: &str| {
            request.context.insert(name.to_owned(), vec![value.to_owned()]);
        };
        key("aws:requesttag/palisade:owner", "palisade-demo");
        if let Some(owner) = owner {
            key("aws:resourcetag/palisade:owner", owner);
        }
        allows(&policies, &request)
    };
    assert!(claim(&ours, None));
    assert!(!claim(&ours, Some("another-team")));
    assert!(!claim(&other, None));
}

#[test]
fn what_another_installation_owns_can_be_neither_changed_nor_deleted() {
    let printed = printed(&crate::world::baseline(), &[]);
    for (account, policies) in &printed {
        let policies = documents(policies);
        for (_, action) in permissions(&printed) {
            let (service, verb) = action.split_once(':').expect("service:Action");
            let reads = ["Describe", "List", "Get"].iter().any(|read| verb.starts_with(read));
            let resource = match service {
                "ec2" if verb.contains("VpcEndpoint") => {
                    "ec2:eu-west-1:111122223333:vpc-endpoint/vpce-0a000000"
                }
                "ec2" => "ec2:eu-west-1:111122223333:security-group/sg-0a000000",
                "kms" => "kms:eu-west-1:111122223333:key/0a",
                "organizations" => {
                    "organizations::999988887777:policy/o-a/service_control_policy/p-a"
                }
                "sagemaker" => "sagemaker:eu-west-1:111122223333:domain/d-a",
                _ => continue,
            };
            // A service may use a key of others for a domain; an endpoint may be put behind a group of others.
            let about_ours = !reads && !["CreateGrant", "EnablePolicyType"].contains(&verb);
            if !about_ours || verb.starts_with("Create") {
                continue;
            }
            let arn = format!("arn:aws:{resource}");
            let caller = format!("arn:aws:iam::{account}:role/palisade");
            let mut request = Request::new(&caller, &action, &arn);
            for (key, value) in [
                ("aws:resourcetag/palisade:owner", "another-team"),
                ("aws:requesttag/palisade:owner", "palisade-demo"),
                ("aws:tagkeys", "team"),
                ("kms:schedulekeydeletionpendingwindowindays", "30"),
                ("organizations:policytype", "SERVICE_CONTROL_POLICY"),
            ] {
                request.context.insert(key.to_owned(), vec![value.to_owned()]);
            }
            assert!(!allows(&policies, &request), "{account} {action} {arn}");
        }
    }
}

#[test]
fn a_scope_can_be_chosen_and_one_that_does_not_exist_is_named() {
    let printed = printed(&crate::world::baseline(), &["--scope", "org", "-o", "json"]);
    assert_eq!(printed.keys().collect::<Vec<_>>(), [example::MANAGEMENT_ACCOUNT]);
    let place = tempfile::tempdir().expect("a directory");
    let settings = place.path().join("palisade.yaml");
    fs::write(&settings, example::SETTINGS).expect("written");
    let output =
        palisade().arg("--settings").arg(&settings).args(["iam-policy", "--scope", "x"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("unknown scope `x`; scopes: ml-prod, org"), "{said}");
}
