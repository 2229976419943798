//! What planning costs for each resource, in an account of 1,000, 10,000 and 100,000: in sync, and
//! where one resource in twenty has drifted. `cargo bench`; criterion shows the time of a whole plan
//! and resources a second.
//!
//! Planning is linear: the time for one resource must not grow with the number of the others. This
//! fails where it does.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot begin is over, and what it found is its output"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use palisade::{
    kind::{Known, KnownResource, Refs, ScopeFacts, erased::Registry},
    kinds::{self, kms_key, security_group},
    manifest::{Document, Documents, Loader},
    model::{Address, Claim, Fence, Halt, Observed, Phase, ScopedKind, Seen},
    plan::{
        Claims, Inputs, Installation, Limits, Live, Lockout, Look, Memory, Organization, Past,
        Plan, Waves, plan,
    },
    settings::{GateLimits, Mode, Overrides, Prune, Settings},
};
use serde_json::{Value, json};

const OWNER: &str = "ml";
const SCOPE: &str = "prod";
const ACCOUNT: &str = "111122223333";
/// The sizes of an account, in resources.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// How much longer a resource may take among the most than among the fewest: caches hold less of
/// more, and maps are deeper.
const MOST_GROWTH: f64 = 1.5;
/// One resource in this many has drifted.
const DRIFTED: usize = 20;
/// One resource in this many is a key, the others are security groups.
const KEYS: usize = 4;

/// An account, and a directory that describes it.
struct World {
    registry: Registry,
    facts: BTreeMap<String, ScopeFacts>,
    documents: Documents,
    live: Live,
    lockout: Lockout,
}

/// A key, or a group that lets in the group before it: the kind, and what it wants.
fn manifest(n: usize) -> (&'static str, Value) {
    if n.is_multiple_of(KEYS) {
        let everything = json!({
            "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"
        });
        let policy = json!({"Version": "2012-10-17", "Statement": [everything]});
        return (kms_key::NAME, json!({"description": format!("k{n}"), "policy": policy}));
    }
    let before = if n % KEYS == 1 { json!("self") } else { json!({"ref": name(n - 1)}) };
    let rule = json!({"protocol": "tcp", "ports": 443, "from": [before]});
    let spec = json!({"vpc": "vpc-10000000", "description": "g", "ingress": [rule], "egress": []});
    (security_group::NAME, spec)
}

fn name(n: usize) -> String {
    format!("n{n:06}")
}

/// The documents of an account of this size. One is loaded, and the others are made of it: a
/// directory holds no more than some mebibytes, and what loading costs is not what is measured.
fn documents(registry: &Registry, facts: &BTreeMap<String, ScopeFacts>, size: usize) -> Documents {
    let dir = tempfile::tempdir().expect("a directory");
    let text = format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: {}\nmetadata: {{name: one}}\n\
         spec: {{vpc: vpc-10000000, description: g}}\n",
        security_group::NAME
    );
    std::fs::write(dir.path().join("one.yaml"), text).expect("a file");
    let settings = format!(
        "{{owner: {OWNER}, scopes: {{{SCOPE}: {{account: '{ACCOUNT}', region: eu-west-1}}}}}}"
    );
    let settings = Settings::parse(&settings, &Overrides::default()).expect("settings");
    let loader = Loader { registry, settings: &settings, facts };
    let snapshot = loader.load(dir.path()).expect("loads");
    let template = snapshot.documents.into_values().next().expect("one");
    let nothing = Known::default();
    let document = |n: usize| {
        let ((kind, spec), name) = (manifest(n), name(n));
        let mut refs = Refs::new(&facts[SCOPE], &name, &nothing);
        let resolved = registry.resolve(kind, &spec, &mut refs).expect("resolves");
        let mut document = Document::clone(&template);
        document.address = Address::new(SCOPE, kind, &name);
        document.spec = Some(spec);
        document.recorded = refs.finish();
        document.natural_keys = resolved.natural_keys;
        (document.address.clone(), Arc::new(document))
    };
    (0..size).map(document).collect()
}

impl World {
    fn of(size: usize) -> Self {
        let registry = kinds::registry();
        let facts = ScopeFacts {
            name: SCOPE.to_owned(),
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            partition: "aws".to_owned(),
        };
        let facts = BTreeMap::from([(SCOPE.to_owned(), facts)]);
        let documents = documents(&registry, &facts, size);
        let mut world = Self {
            registry,
            facts,
            documents,
            live: Live::default(),
            lockout: Lockout {
                callers: [(SCOPE.to_owned(), format!("arn:aws:iam::{ACCOUNT}:role/palisade"))]
                    .into(),
                break_glass: BTreeSet::new(),
                assuming: palisade::plan::Assuming::default(),
            },
        };
        world.create();
        world
    }

    /// Makes everything live, as the manifests say: first to have ids, then with the ids that
    /// references name.
    fn create(&mut self) {
        let mut known = Known::default();
        for _ in 0..2 {
            let mut seen: BTreeMap<ScopedKind, Vec<Observed<Value>>> = BTreeMap::new();
            for (n, document) in self.documents.values().enumerate() {
                let live = self.live(n, document, &known);
                seen.entry(document.address.scoped_kind()).or_default().push(live);
            }
            for (document, live) in self.documents.values().zip(seen.values().flatten()) {
                let resource = KnownResource { id: live.id.clone(), arn: live.arn.clone() };
                known.resources.insert(document.address.clone(), resource);
            }
            self.live.seen = seen.into_iter().map(|(key, all)| (key, Seen::All(all))).collect();
        }
    }

    fn live(&self, n: usize, document: &Document, known: &Known) -> Observed<Value> {
        let Address { kind, name, .. } = &document.address;
        let spec = document.spec.as_ref().expect("a spec");
        let mut refs = Refs::new(&self.facts[SCOPE], name, known);
        let resolved = self.registry.resolve(kind, spec, &mut refs).expect("resolves");
        let (id, arn) = if kind == kms_key::NAME {
            let id = format!("{n:08x}-0000-4000-8000-000000000000");
            (id.clone(), format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}"))
        } else {
            let id = format!("sg-{n:017x}");
            (id.clone(), format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/{id}"))
        };
        let claim = Claim {
            owner: OWNER.to_owned(),
            address: document.address.clone(),
            deletion: document.lifecycle.deletion,
        };
        let mut tags = claim.tags();
        tags.extend(resolved.tags.into_iter().filter_map(|(key, value)| Some((key, value?))));
        Observed { id: id.as_str().into(), arn, tags, phase: Phase::Ready, state: resolved.state }
    }

    /// Takes rules out of groups and gives keys another policy; how many resources that concerns.
    fn drifted(&mut self) -> usize {
        let mut drifted = 0;
        for seen in self.live.seen.values_mut() {
            let Seen::All(all) = seen else { continue };
            for resource in all.iter_mut().step_by(DRIFTED) {
                drifted += 1;
                if resource.state.get("ingress").is_some() {
                    resource.state["ingress"] = json!([]);
                } else {
                    resource.state["policy"]["Statement"][0]["Action"] = json!("kms:Describe*");
                }
            }
        }
        drifted
    }

    fn plan(&self) -> Plan {
        let installation =
            Installation { registry: &self.registry, owner: OWNER, facts: &self.facts };
        let claims = Claims::read(&self.live, OWNER);
        let predecessors = BTreeMap::new();
        let look = Look::new(installation, &self.documents, &self.live, claims, &predecessors);
        plan(&Inputs {
            look: &look,
            memory: Memory {
                holdoffs: &BTreeMap::new(),
                create_holdoffs: &BTreeMap::new(),
                given_up: &BTreeSet::new(),
                completing: &BTreeSet::new(),
                predecessors: &predecessors,
                known_wants: &BTreeMap::new(),
                inherited: &BTreeMap::new(),
                past: &Past::default(),
            },
            limits: Limits {
                mode: Mode::Enforce,
                prune: Prune::Never,
                gate: &GateLimits::default(),
                fence: &Fence::default(),
                lockout: &self.lockout,
                approved: &BTreeSet::new(),
                only: None,
                focus: None,
                halt: &Halt::default(),
                waves: &Waves::default(),
            },
            organization: &Organization::default(),
        })
    }
}

/// A benchmark of planning the world: what one resource takes at best.
fn measured(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, world: &World) -> f64 {
    let size = world.documents.len();
    let mut best = f64::INFINITY;
    group.throughput(Throughput::Elements(size as u64));
    group.bench_function(BenchmarkId::new(name, size), |bench| {
        bench.iter_custom(|rounds| {
            let begun = Instant::now();
            for _ in 0..rounds {
                drop(black_box(world.plan()));
            }
            let took = begun.elapsed();
            best = best.min(took.as_secs_f64() / rounds as f64 / size as f64);
            took
        });
    });
    best
}

fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    let mut each: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for size in SIZES {
        let mut world = World::of(size);
        let plan = world.plan();
        assert_eq!((plan.in_sync.len(), plan.steps.len()), (size, 0), "everything is in sync");
        each.entry("in_sync").or_default().push(measured(&mut group, "in_sync", &world));
        let drifted = world.drifted();
        assert_eq!(world.plan().steps.len(), drifted, "one in {DRIFTED} has drifted");
        each.entry("drifted").or_default().push(measured(&mut group, "drifted", &world));
    }
    group.finish();
    for (name, each) in each {
        let (fewest, most) = (each[0], each[each.len() - 1]);
        // A filter (`cargo bench -- 1000$`) leaves out some of them.
        if fewest.is_finite() && most.is_finite() {
            let growth = most / fewest;
            println!(
                "{name}: {:.1} us a resource, {growth:.2} times that among the most",
                fewest * 1e6
            );
            assert!(growth <= MOST_GROWTH, "{name}: planning is no longer linear");
        }
    }
}

criterion_group!(benches, planning);
criterion_main!(benches);
