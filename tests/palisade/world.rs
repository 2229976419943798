//! Worlds to test in: a simulated AWS, a directory of manifests, and engines over both.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_config::SdkConfig;
use palisade::{
    aws::{Brake, Connection, Guard},
    engine::{Changed, Engine, Options, Report, Scopes},
    kinds,
    model::Address,
    plan::{Step, Verdict},
    settings::{Overrides, Settings},
    simulator::{self, CallRecord, Simulator, example, example::Hands},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::palisade;

/// More passes than anything here needs: a loop that does not settle is a defect.
const ENOUGH: usize = 400;

/// The directory of the manifests that palisade ships: a whole platform.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("desired-state")
}

/// The manifests that `palisade init` writes for the accounts and the network of [`World::empty`]: keys, groups,
/// endpoints, Studio and guardrails of the platform, in an account that exists.
pub fn baseline() -> PathBuf {
    static WRITTEN: OnceLock<TempDir> = OnceLock::new();
    let place = WRITTEN.get_or_init(|| {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let mut init = palisade();
        init.arg("init").arg(place.path()).args(["--owner", "palisade-demo", "--scope", "ml-prod"]);
        init.args(["--account", example::ML_ACCOUNT, "--region", example::REGION]);
        init.args(["--management-account", example::MANAGEMENT_ACCOUNT]);
        init.args(["--vpc", "Name=ml", "--subnets", "tier=private", "--unit", "ou:/Workloads/ML"]);
        let output = init.output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        place
    });
    place.path().join("desired-state")
}

/// A simulated AWS, a directory, and settings.
pub struct World {
    pub simulator: Simulator,
    pub settings: Settings,
    pub brake: Brake,
    dir: TempDir,
}

impl World {
    /// The accounts of the demo, and an empty directory.
    pub fn empty() -> Self {
        Self::over(simulator::Options::default())
    }

    /// The same with another sort of AWS.
    pub fn over(options: simulator::Options) -> Self {
        let simulator = Simulator::new(options);
        example::build(&simulator).expect("the accounts are built");
        let settings = Settings::parse(example::SETTINGS, &Overrides::default());
        Self {
            simulator,
            settings: settings.expect("the settings are understood"),
            brake: Brake::default(),
            dir: tempfile::tempdir().expect("a directory"),
        }
    }

    /// The accounts that [`shipped`] is for, with its settings and a copy of it.
    pub fn platform() -> Self {
        let simulator = Simulator::new(example::organization_options());
        example::accounts(&simulator).expect("the accounts are built");
        let settings = Settings::parse(example::PLATFORM_SETTINGS, &Overrides::default());
        let world = Self {
            simulator,
            settings: settings.expect("the settings are understood"),
            brake: Brake::default(),
            dir: tempfile::tempdir().expect("a directory"),
        };
        copy(&shipped(), world.dir());
        world
    }

    /// One file of manifests, `main.yaml`.
    pub fn with(manifests: &str) -> Self {
        let world = Self::empty();
        world.write("main.yaml", manifests);
        world
    }

    /// The manifests of [`baseline`].
    pub fn baseline() -> Self {
        Self::baseline_over(simulator::Options::default())
    }

    /// The same with another sort of AWS.
    pub fn baseline_over(options: simulator::Options) -> Self {
        let world = Self::over(options);
        copy(&baseline(), world.dir());
        world
    }

    /// The manifests of [`baseline`], applied, and the engine that did it.
    pub async fn applied() -> (Self, Engine) {
        let world = Self::baseline();
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        world.writes();
        (world, engine)
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        fs::write(self.dir().join(file), text).expect("written");
    }

    pub fn remove(&self, file: &str) {
        fs::remove_file(self.dir().join(file)).expect("removed");
    }

    /// Replaces a text, which must be there, in a file.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.dir().join(file)).expect("read");
        assert!(text.contains(from), "{file} does not say {from}");
        self.write(file, text.replace(from, to));
    }

    /// A new process that may write.
    pub async fn engine(&self) -> Engine {
        self.engine_approving(&[]).await
    }

    /// A new process that may write, with consents.
    pub async fn engine_approving(&self, digests: &[&str]) -> Engine {
        let approve = digests.iter().map(|&digest| digest.to_owned()).collect();
        let guard = Guard::writing(self.brake.clone());
        self.engine_with(guard, Options { approve, write: true, ..Options::default() }).await
    }

    /// A new process that cannot write.
    pub async fn reader(&self) -> Engine {
        self.engine_with(Guard::read_only(), Options::default()).await
    }

    pub async fn engine_with(&self, guard: Guard, options: Options) -> Engine {
        let base = self.simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
        self.engine_on(self.dir(), base, guard, options).await
    }

    /// A new process with a directory and a connection of its own.
    pub async fn engine_on(
        &self,
        dir: &Path,
        base: SdkConfig,
        guard: Guard,
        options: Options,
    ) -> Engine {
        let registry = Arc::new(kinds::registry());
        let connection = Connection::new(base, guard);
        let scopes = Scopes::connect(&self.settings, &connection, &registry).await;
        let (settings, brake) = (self.settings.clone(), self.brake.clone());
        let scopes = scopes.expect("the scopes are connected");
        Engine::new(settings, registry, scopes, dir, options, brake)
    }

    /// The calls since the last time.
    pub fn calls(&self) -> Vec<CallRecord> {
        let calls = self.simulator.calls();
        self.simulator.clear_calls();
        calls
    }

    /// The mutating operations since the last time, in order.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.calls().into_iter().filter(|call| call.mutating);
        calls.map(|call| call.operation).collect()
    }

    /// The reading operations since the last time, counted by `service:Operation`. Credentials are not a read.
    pub fn reads(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls().iter().filter(|call| !call.mutating) {
            if call.operation != "AssumeRole" {
                *counts.entry(format!("{}:{}", call.service, call.operation)).or_default() += 1;
            }
        }
        counts
    }

    pub fn ec2(&self, operation: &str, input: &Value) -> Value {
        Hands::ec2(&self.simulator).call(operation, input).expect("EC2 answers")
    }

    /// Another service, by its name.
    pub fn aws(&self, service: &'static str, operation: &str, input: &Value) -> Value {
        Hands::of(&self.simulator, service).call(operation, input).expect("an answer")
    }

    pub fn kms(&self, operation: &str, input: &Value) -> Value {
        Hands::kms(&self.simulator).call(operation, input).expect("KMS answers")
    }

    pub fn organizations(&self, operation: &str, input: &Value) -> Value {
        Hands::organizations(&self.simulator).call(operation, input).expect("Organizations answers")
    }

    pub fn sagemaker(&self, operation: &str, input: &Value) -> Value {
        Hands::sagemaker(&self.simulator).call(operation, input).expect("SageMaker answers")
    }

    /// The security groups with a name.
    pub fn groups(&self, name: &str) -> Vec<Value> {
        let filter = json!([{"Name": "group-name", "Value": [name]}]);
        list(&self.ec2("DescribeSecurityGroups", &json!({"Filter": filter})), "securityGroupInfo")
    }

    /// The id of the one security group with a name.
    pub fn group(&self, name: &str) -> String {
        let groups = self.groups(name);
        assert_eq!(groups.len(), 1, "groups named {name}");
        string(&groups[0], "groupId")
    }

    /// The id of the one rule of a group that has this first port.
    pub fn rule(&self, group: &str, egress: bool, port: i64) -> String {
        let filter = json!([{"Name": "group-id", "Value": [group]}]);
        let rules = self.ec2("DescribeSecurityGroupRules", &json!({"Filter": filter}));
        let rules = list(&rules, "securityGroupRuleSet");
        let rule = rules.iter().find(|rule| rule["isEgress"] == egress && rule["fromPort"] == port);
        string(rule.expect("there is such a rule"), "securityGroupRuleId")
    }

    /// The endpoint for a service (its short name).
    pub fn endpoint(&self, service: &str) -> Value {
        let service = format!("com.amazonaws.{}.{service}", example::REGION);
        let filter = json!([{"Name": "service-name", "Value": [service]}]);
        let endpoints = self.ec2("DescribeVpcEndpoints", &json!({"Filter": filter}));
        let endpoints = list(&endpoints, "vpcEndpointSet");
        assert_eq!(endpoints.len(), 1, "endpoints for {service}");
        endpoints[0].clone()
    }

    pub fn vpc(&self) -> String {
        let filter = json!([{"Name": "tag:Name", "Value": ["ml"]}]);
        let vpcs = self.ec2("DescribeVpcs", &json!({"Filter": filter}));
        string(&list(&vpcs, "vpcSet")[0], "vpcId")
    }

    /// The id of the key with an alias.
    pub fn key(&self, alias: &str) -> String {
        let key = self.kms("DescribeKey", &json!({"KeyId": alias}));
        string(&key["KeyMetadata"], "KeyId")
    }

    /// How many keys of customers there are, whatever their state.
    pub fn keys(&self) -> usize {
        let keys = list(&self.kms("ListKeys", &json!({})), "Keys");
        let ours = |key: &&Value| {
            let key = self.kms("DescribeKey", &json!({"KeyId": key["KeyId"]}));
            key["KeyMetadata"]["KeyManager"] == "CUSTOMER"
        };
        keys.iter().filter(ours).count()
    }

    pub fn root(&self) -> String {
        string(&self.organizations("ListRoots", &json!({}))["Roots"][0], "Id")
    }

    /// The id of the service control policy with a name.
    pub fn policy(&self, name: &str) -> Option<String> {
        self.policy_of("SERVICE_CONTROL_POLICY", name)
    }

    /// The id of the policy of a type with a name.
    pub fn policy_of(&self, policy_type: &str, name: &str) -> Option<String> {
        let filter = json!({"Filter": policy_type});
        let policies = list(&self.organizations("ListPolicies", &filter), "Policies");
        let policy = policies.iter().find(|policy| policy["Name"] == name)?;
        Some(string(policy, "Id"))
    }

    pub fn domain(&self) -> String {
        let domains = list(&self.sagemaker("ListDomains", &json!({})), "Domains");
        assert_eq!(domains.len(), 1, "domains");
        string(&domains[0], "DomainId")
    }
}

/// What happened until nothing was left to do.
pub struct Quiet {
    /// Every report, the last one last.
    pub reports: Vec<Report>,
}

impl Quiet {
    pub fn last(&self) -> &Report {
        self.reports.last().expect("at least one pass")
    }

    /// Asserts that nothing is left, nothing failed, and nobody must decide anything.
    pub fn in_order(&self) -> &Report {
        for report in &self.reports {
            let failed: Vec<_> = report.failures().collect();
            assert!(failed.is_empty(), "pass {}: {failed:#?}", report.pass);
        }
        let last = self.last();
        assert!(
            last.is_converged(),
            "{:?}\n{}",
            last.problems,
            palisade::plan::render::text(&last.plan)
        );
        last
    }
}

/// An RFC 3339 time a day ahead: approvals may not end later than in a week.
pub fn in_a_day() -> String {
    use aws_smithy_types::date_time::{DateTime, Format};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let then = i64::try_from(now.as_secs()).unwrap() + 24 * 3600;
    DateTime::from_secs(then).fmt(Format::DateTime).unwrap()
}

/// Makes passes until one changes nothing and nothing will move by itself. Time moves only between passes.
pub async fn until_quiet(engine: &mut Engine) -> Quiet {
    let mut reports = Vec::new();
    for _ in 0..ENOUGH {
        let report = engine.pass().await;
        let (changed, moving) = (report.changed(), report.will_move());
        reports.push(report);
        match (changed, moving) {
            (Changed::Yes, _) => {}
            (Changed::No, true) => tokio::time::advance(Duration::from_secs(2)).await,
            (Changed::No, false) => return Quiet { reports },
        }
    }
    let last: &Report = reports.last().expect("many passes");
    panic!("not quiet after {ENOUGH} passes:\n{}", palisade::plan::render::text(&last.plan));
}

/// The steps of an address in a report.
pub fn steps<'r>(report: &'r Report, address: &str) -> Vec<&'r Step> {
    let address: Address = address.parse().expect("an address");
    report.plan.steps.iter().filter(|step| step.address == address).collect()
}

/// The one step of an address, which must be held, and why it is.
pub fn held<'r>(report: &'r Report, address: &str) -> (&'r Step, String) {
    let steps = steps(report, address);
    let held = steps.into_iter().find_map(|step| match &step.verdict {
        Verdict::Held(why) => Some((step, texts(why))),
        _ => None,
    });
    held.unwrap_or_else(|| panic!("not held:\n{}", palisade::plan::render::text(&report.plan)))
}

fn texts(reasons: &[impl ToString]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why the one step of an address waits.
pub fn waiting(report: &Report, address: &str) -> String {
    let steps = steps(report, address);
    let why = steps.iter().find_map(|step| match &step.verdict {
        Verdict::Waiting(why) => Some(texts(why)),
        _ => None,
    });
    why.unwrap_or_else(|| panic!("not waiting:\n{}", palisade::plan::render::text(&report.plan)))
}

/// The one conflict of an address.
pub fn conflict(report: &Report, address: &str) -> String {
    let conflicts = report.plan.conflicts.iter();
    let found: Vec<_> = conflicts.filter(|it| it.address.to_string() == address).collect();
    assert_eq!(found.len(), 1, "{}", palisade::plan::render::text(&report.plan));
    found[0].why.clone()
}

/// The addresses that a pass wrote for.
pub fn written(report: &Report) -> BTreeSet<String> {
    report.results.iter().map(|result| result.address.to_string()).collect()
}

pub fn list(answer: &Value, member: &str) -> Vec<Value> {
    answer[member].as_array().cloned().unwrap_or_default()
}

pub fn string(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

pub fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            fs::create_dir(&target).expect("made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("copied");
        }
    }
}
