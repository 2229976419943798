//! The life of endpoints against the simulator, lookups included.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, Tag, TagSpecification};
use serde_json::{Value, json};

use super::*;
use crate::{
    aws::{Brake, Connection, Guard, lookup},
    kind::{
        Ask, Known, KnownResource, LookupKind, Refs,
        erased::{Edit, EditBody, ErasedKind as _},
        table::tests::port::Port,
    },
    kinds::vpc_endpoint::{
        State, table,
        tests::{chosen, diff, natural_keys, one_call},
    },
    model::{Address, Phase, Seen, claim::OWNER_TAG},
    simulator::Simulator,
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// A VPC with two tagged subnets in each of two zones, a group, and a route table.
struct Scene {
    simulator: Simulator,
    access: Access,
    known: Known,
    group: String,
    subnets: Vec<String>,
    table: String,
}

fn tagged(kind: ResourceType, key: &str, value: &str) -> TagSpecification {
    let tag = Tag::builder().key(key).value(value).build();
    TagSpecification::builder().resource_type(kind).tags(tag).build()
}

impl Scene {
    async fn new() -> Self {
        let simulator = Simulator::default();
        let config = simulator.sdk_config(ACCOUNT, REGION);
        let facts = ScopeFacts {
            name: "ml-prod".into(),
            account: ACCOUNT.into(),
            region: REGION.into(),
            partition: "aws".into(),
        };
        // Changes by others bypass the guard, which knows only palisade's own operations.
        let ec2 = &aws_sdk_ec2::Client::new(&config);
        let connection = Connection::new(config, Guard::writing(Brake::default()));
        let access = connection.access(facts, None).await;
        let call = ec2.create_vpc().cidr_block("10.0.0.0/16");
        let call = call.tag_specifications(tagged(ResourceType::Vpc, "Name", "ml"));
        let vpc = call.send().await.expect("a VPC").vpc.expect("it").vpc_id.expect("its id");
        let on = AttributeBooleanValue::builder().value(true).build();
        let call = ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on);
        call.send().await.expect("DNS host names");
        let mut subnets = Vec::new();
        for (index, zone) in
            ["eu-west-1a", "eu-west-1a", "eu-west-1b", "eu-west-1b"].iter().enumerate()
        {
            let call = ec2.create_subnet().vpc_id(&vpc).cidr_block(format!("10.0.{index}.0/24"));
            let call = call.availability_zone(*zone);
            let call = call.tag_specifications(tagged(ResourceType::Subnet, "tier", "private"));
            let subnet = call.send().await.expect("a subnet").subnet.expect("it");
            subnets.push(subnet.subnet_id.expect("its id"));
        }
        let call = ec2.create_security_group().vpc_id(&vpc).group_name("endpoints");
        let answer = call.description("endpoints").send().await.expect("a group");
        let call = ec2.create_route_table().vpc_id(&vpc);
        let call = call.tag_specifications(tagged(ResourceType::RouteTable, "tier", "private"));
        let table = call.send().await.expect("a table").route_table.expect("it");
        Self {
            simulator,
            known: Known::default(),
            group: answer.group_id.expect("its id"),
            subnets,
            table: table.route_table_id.expect("its id"),
            access,
        }
        .looked_up()
        .await
    }

    async fn looked_up(mut self) -> Self {
        for kind in [LookupKind::Vpc, LookupKind::Subnet, LookupKind::RouteTable] {
            let items = lookup::fetch(&self.access, kind, &BTreeSet::new()).await.expect("read");
            self.known.lookups.insert(("ml-prod".into(), kind), Seen::All(items));
        }
        let names = ["sagemaker.api", "kms", "s3"].map(|it| format!("com.amazonaws.{REGION}.{it}"));
        let kind = LookupKind::EndpointService;
        let services = lookup::fetch(&self.access, kind, &names.into()).await.expect("read");
        self.known.lookups.insert(("ml-prod".into(), kind), Seen::All(services));
        let id = PhysicalId(self.group.clone());
        let known = KnownResource { id, arn: String::new() };
        self.known.resources.insert(Address::new("ml-prod", "SecurityGroup", "endpoints"), known);
        self
    }

    fn resolve(&self, spec: Value) -> State {
        let mut refs = Refs::new(&self.access.facts, "endpoint", &self.known);
        let resolved = table().resolve(&spec, &mut refs).expect("a state");
        assert!(refs.finish().unresolved.is_empty());
        serde_json::from_value(resolved.state).expect("a state")
    }

    fn port(&self) -> Port<State> {
        Port::new(table().connect(&self.access))
    }

    async fn seen(&self) -> Vec<Observed<State>> {
        let ask = Ask { owner: "ml".into(), ..Ask::default() };
        self.port().observe(&ask).await.expect("read").whole
    }

    async fn only(&self) -> Observed<State> {
        let mut seen = self.seen().await;
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen.remove(0)
    }

    async fn create(&self, want: &State, token: &str) -> PhysicalId {
        let tags = Tags::from([(OWNER_TAG.into(), "ml".into())]);
        self.port().create(want, &tags, token).await.expect("created")
    }

    /// Makes the edits, in one call, and waits until it is done.
    async fn converge(&self, want: &State) {
        let have = self.only().await;
        let edits = one_call(want, &have.state);
        self.port().call(&have, &edits).await.expect("changed");
        pass().await;
        assert_eq!(diff(want, &self.only().await.state), []);
    }
}

async fn pass() {
    tokio::time::advance(Duration::from_mins(10)).await;
}

fn interface(service: &str) -> Value {
    json!({
        "type": "Interface", "service": service,
        "vpc": {"lookup": {"tags": {"Name": "ml"}}},
        "subnets": {"lookup": {"tags": {"tier": "private"}}},
        "securityGroups": [{"ref": "endpoints"}],
        "policy": {"Version": "2012-10-17", "Statement": [{
            "Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
        }]},
    })
}

#[tokio::test(start_paused = true)]
async fn an_interface_endpoint_becomes_as_wanted_by_the_create_call_alone() {
    let scene = Scene::new().await;
    for (service, token) in [("sagemaker.api", "t-1"), ("studio", "t-2")] {
        let want = scene.resolve(interface(service));
        let id = scene.create(&want, token).await;
        let pending = scene.seen().await.into_iter().find(|live| live.id == id).expect("seen");
        assert_eq!(pending.phase, Phase::Settling("pending".into()));
        pass().await;
        let live = scene.seen().await.into_iter().find(|live| live.id == id).expect("seen");
        assert_eq!(live.phase, Phase::Ready);
        assert_eq!(diff(&want, &live.state), []);
        assert_eq!(chosen(&live.state).len(), 2, "one a zone");
    }
}

#[tokio::test(start_paused = true)]
async fn an_s3_interface_gives_private_dns_to_the_vpc_without_a_gateway_endpoint() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("s3"));
    scene.create(&want, "t").await;
    pass().await;
    assert_eq!(diff(&want, &scene.only().await.state), []);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_create_with_its_token_is_the_same_endpoint() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("kms"));
    assert_eq!(scene.create(&want, "t").await, scene.create(&want, "t").await);
    scene.only().await;
}

#[tokio::test(start_paused = true)]
async fn all_drift_is_corrected_by_one_call() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("kms"));
    let id = scene.create(&want, "t").await;
    pass().await;
    let ec2 = &scene.access.ec2;
    let call = ec2.create_security_group().group_name("other").description("x").vpc_id(&want.vpc);
    let other = call.send().await.expect("a group").group_id.expect("its id");
    let used = chosen(&scene.only().await.state);
    let lost = used.last().expect("one").clone();
    let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(id.as_str());
    let call = call.add_security_group_ids(other).remove_security_group_ids(&scene.group);
    let call = call.private_dns_enabled(false).remove_subnet_ids(lost);
    call.policy_document(policy::text(&json!("default")).expect("a document"))
        .send()
        .await
        .expect("drifted");
    pass().await;
    scene.simulator.clear_calls();
    scene.converge(&want).await;
    let writes = scene.simulator.calls().into_iter().filter(|call| call.mutating).count();
    assert_eq!(writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_follows_its_route_tables_and_its_default_policy_is_reset() {
    let scene = Scene::new().await;
    let spec = |tables: Value, policy: Value| {
        json!({
            "type": "Gateway", "service": "s3", "vpc": {"lookup": {"tags": {"Name": "ml"}}},
            "routeTables": tables, "policy": policy,
        })
    };
    let narrow = interface("s3")["policy"].clone();
    let want = scene.resolve(spec(json!({"lookup": {"tags": {"tier": "private"}}}), narrow));
    assert_eq!(want.route_tables, Some([scene.table.clone()].into()));
    scene.create(&want, "t").await;
    pass().await;
    assert_eq!(diff(&want, &scene.only().await.state), []);
    scene.converge(&scene.resolve(spec(json!([]), json!("default")))).await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_created_and_changed_with_the_wanted_address_families() {
    let scene = Scene::new().await;
    let spec = |service: &str, families: Value| {
        let mut spec = json!({
            "type": "Gateway", "service": service, "vpc": {"lookup": {"tags": {"Name": "ml"}}},
            "routeTables": {"lookup": {"tags": {"tier": "private"}}}, "policy": "default",
        });
        for (field, value) in families.as_object().expect("fields") {
            spec[field] = value.clone();
        }
        spec
    };
    let both = json!({"ipAddressType": "dualstack", "dnsRecordIpType": "dualstack"});
    let want = scene.resolve(spec("s3", both));
    scene.create(&want, "t").await;
    pass().await;
    assert_eq!(diff(&want, &scene.only().await.state), []);
    for families in [
        json!({"ipAddressType": "ipv4", "dnsRecordIpType": "ipv4"}),
        json!({"ipAddressType": "dualstack"}),
        json!({"dnsRecordIpType": "service-defined"}),
    ] {
        scene.converge(&scene.resolve(spec("s3", families))).await;
    }
    let live = scene.only().await.state;
    assert_eq!(live.ip_address_type.as_deref(), Some("dualstack"));
    assert_eq!(live.dns_record_ip_type.as_deref(), Some("service-defined"));
}

#[tokio::test(start_paused = true)]
async fn a_second_modification_during_another_is_busy() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("kms"));
    scene.create(&want, "t").await;
    pass().await;
    let have = scene.only().await;
    let off = State { private_dns: Some(false), ..want };
    let edits = one_call(&off, &have.state);
    let port = scene.port();
    port.call(&have, &edits).await.expect("changed");
    let busy = port.call(&have, &edits).await.expect_err("one at a time");
    assert_eq!(busy.class, Class::Busy);
}

#[tokio::test(start_paused = true)]
async fn a_second_private_name_is_refused_and_seen_as_a_conflict_beforehand() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("kms"));
    scene.port().create(&want, &Tags::new(), "theirs").await.expect("created");
    pass().await;
    assert!(scene.seen().await.is_empty(), "not ours");
    let natural_keys = natural_keys(&want).into_iter().collect();
    let ask = Ask { owner: "ml".into(), natural_keys, ..Ask::default() };
    assert_eq!(scene.port().observe(&ask).await.expect("read").whole.len(), 1);
    // One code stands for all that can be wrong with a request.
    let refused = scene.port().create(&want, &Tags::new(), "ours").await.expect_err("taken");
    assert_eq!(refused.class, Class::Rejected, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn tags_are_set_and_removed_by_key_and_a_repeated_deletion_is_harmless() {
    let scene = Scene::new().await;
    let want = scene.resolve(interface("kms"));
    scene.create(&want, "t").await;
    pass().await;
    let have = scene.only().await;
    let port = scene.port();
    let tags = |body| Edit::of_tags("tags", "tag".to_owned(), body);
    let tag = tags(EditBody::Tag([("team".to_owned(), "ml".to_owned())].into()));
    port.change(&have, &tag).await.expect("tagged");
    assert_eq!(scene.only().await.tags["team"], "ml");
    let untag = tags(EditBody::Untag(vec!["team".into()]));
    port.change(&have, &untag).await.expect("untagged");
    assert_eq!(scene.only().await.tags, have.tags);
    assert!(port.obstacles(&have).await.expect("asked").is_empty());
    port.delete(&have, None).await.expect("deleted");
    assert!(scene.seen().await.is_empty(), "on its way out");
    pass().await;
    port.delete(&have, None).await.expect("gone already");
}

#[tokio::test(start_paused = true)]
async fn lookups_see_the_zones_and_tags_of_what_there_is() {
    let scene = Scene::new().await;
    let key = |kind| ("ml-prod".to_owned(), kind);
    let Some(Seen::All(subnets)) = scene.known.lookups.get(&key(LookupKind::Subnet)) else {
        panic!("read")
    };
    let ids: BTreeSet<_> = subnets.iter().map(|item| item.id.clone()).collect();
    assert!(scene.subnets.iter().all(|id| ids.contains(id)));
    let zones: BTreeSet<_> = subnets.iter().map(|item| &item.attributes["zone"]).collect();
    assert!(zones.len() >= 2 && zones.iter().all(|zone| zone.starts_with("euw1-az")), "{zones:?}");
    let lists = lookup::fetch(&scene.access, LookupKind::PrefixList, &BTreeSet::new()).await;
    let names: BTreeSet<_> =
        lists.expect("read").into_iter().filter_map(|list| list.name).collect();
    assert!(names.contains("com.amazonaws.eu-west-1.s3"), "{names:?}");
}
