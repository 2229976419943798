//! The port through the real SDK, against the simulator.

use super::{
    super::{
        tests::{rule, rules},
        *,
    },
    Live,
};
use crate::{
    aws::{Access, Brake, Budget, Connection, Guard},
    kind::{Ask, Class, CloudError, Intent, Port, ScopeFacts},
    model::{Address, Claim, Deletion, Observed, PhysicalId},
    simulator::{Fault, Simulator},
};

struct Cloud {
    simulator: Simulator,
    access: Access,
    others: aws_sdk_ec2::Client,
    port: Live,
    vpc: String,
}

fn claim(name: &str) -> crate::model::Tags {
    let address = Address::new("prod", "SecurityGroup", name);
    Claim { owner: "ml".into(), address, deletion: Deletion::Retain }.tags()
}

impl Cloud {
    async fn new() -> Self {
        let simulator = Simulator::default();
        let facts = ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let config = simulator.sdk_config(&facts.account, &facts.region);
        // Changes by others bypass the guard, which knows only palisade's own operations.
        let others = aws_sdk_ec2::Client::new(&config);
        let connection =
            Connection::new(config, Guard::writing(Brake::default())).within(Budget::unlimited());
        let access = connection.access(facts, None).await;
        let vpc = others.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("a VPC");
        let vpc = vpc.vpc.and_then(|vpc| vpc.vpc_id).expect("its id");
        Self { port: Live::connect(&access), simulator, access, others, vpc }
    }

    fn want(&self, name: &str, ingress: &[&str], egress: &[&str]) -> State {
        State {
            group_name: Some(name.into()),
            vpc: Some(self.vpc.clone()),
            rules: Some(Mode::Exclusive),
            ingress: Some(rules(ingress)),
            egress: Some(rules(egress)),
            ..State::default()
        }
    }

    async fn create(&self, want: &State) -> Result<PhysicalId, CloudError> {
        let name = want.group_name.clone().unwrap_or_default();
        self.port.create(want, &claim(&name), "unused").await
    }

    async fn observe(&self, id: &PhysicalId) -> Observed<State> {
        let ask = Ask { owner: "ml".into(), ..Ask::default() };
        let all = self.port.observe(&ask).await.expect("all groups").whole;
        all.into_iter().find(|group| group.id == *id).expect("the group is ours")
    }

    /// Makes all edits and returns the result.
    async fn apply(&self, id: &PhysicalId, want: &State) -> Observed<State> {
        let have = self.observe(id).await;
        for change in SecurityGroup::diff(want, &have.state) {
            self.port
                .change(&have, std::slice::from_ref(&change))
                .await
                .expect("the change is made");
        }
        let after = self.observe(id).await;
        assert_eq!(SecurityGroup::diff(want, &after.state), [], "nothing is left to do");
        after
    }

    async fn created(&self, name: &str, ingress: &[&str], egress: &[&str]) -> PhysicalId {
        let want = self.want(name, ingress, egress);
        let id = self.create(&want).await.expect("created");
        self.apply(&id, &want).await;
        id
    }

    /// A network interface in the group.
    async fn interface(&self, group: &PhysicalId) -> String {
        let ec2 = &self.others;
        let subnet = ec2.create_subnet().vpc_id(&self.vpc).cidr_block("10.0.1.0/24");
        let subnet = subnet.send().await.expect("a subnet").subnet.expect("the subnet");
        let interface = ec2
            .create_network_interface()
            .subnet_id(subnet.subnet_id.expect("its id"))
            .groups(group.as_str())
            .description("EFS mount target")
            .send()
            .await
            .expect("an interface");
        interface.network_interface.and_then(|it| it.network_interface_id).expect("its id")
    }

    /// The mutating operations since the last time.
    fn writes(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        self.simulator.clear_calls();
        calls.into_iter().filter(|call| call.mutating).map(|call| call.operation).collect()
    }

    async fn exists(&self, id: &PhysicalId) -> bool {
        let ask = Ask { owner: "ml".into(), ..Ask::default() };
        self.port.observe(&ask).await.expect("all groups").whole.iter().any(|group| group.id == *id)
    }
}

#[tokio::test]
async fn a_group_is_created_with_its_claim_by_one_call() {
    let cloud = Cloud::new().await;
    cloud.writes();
    let id = cloud.create(&cloud.want("apps", &[], &[])).await.expect("created");
    assert_eq!(cloud.writes(), ["CreateSecurityGroup"]);
    let group = cloud.observe(&id).await;
    assert_eq!(group.tags, claim("apps"));
    assert_eq!(group.arn, format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{id}"));
    assert_eq!(group.state.description.as_deref(), Some("Managed by palisade"));
    assert_eq!(group.state.egress, Some(rules(&["all traffic, 0.0.0.0/0 # "]).trimmed()));
}

impl Rules {
    /// `rules` cannot write an empty description.
    fn trimmed(self) -> Self {
        let trim =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).or(Some(String::new()));
        Self(self.0.into_iter().map(|(rule, text)| (rule, trim(text))).collect())
    }
}

#[tokio::test]
async fn a_create_call_whose_answer_is_lost_is_not_repeated() {
    let cloud = Cloud::new().await;
    cloud.writes();
    cloud.simulator.inject(Fault::lose_answer("CreateSecurityGroup"));
    let error = cloud.create(&cloud.want("apps", &[], &[])).await.expect_err("no answer");
    assert!(error.class.may_have_happened(), "{error}");
    assert_eq!(cloud.writes(), ["CreateSecurityGroup"]);
}

#[tokio::test]
async fn a_taken_name_is_reported_with_its_owner_and_default_is_never_created() {
    let cloud = Cloud::new().await;
    let first = cloud.create(&cloud.want("apps", &[], &[])).await.expect("created");
    let error = cloud.create(&cloud.want("apps", &[], &[])).await.expect_err("taken");
    assert_eq!(error.class, Class::Duplicate);
    assert!(error.message.starts_with(first.as_str()), "{error}");
    let error = cloud.create(&cloud.want("default", &[], &[])).await.expect_err("refused");
    assert_eq!(error.class, Class::Rejected);
}

#[tokio::test]
async fn every_form_of_rule_exists_after_one_pass_and_equals_in_the_next() {
    let cloud = Cloud::new().await;
    let other = cloud.created("other", &[], &[]).await;
    let list = cloud
        .others
        .create_managed_prefix_list()
        .prefix_list_name("offices")
        .address_family("IPv4")
        .max_entries(3)
        .send()
        .await
        .expect("a prefix list");
    let list = list.prefix_list.and_then(|list| list.prefix_list_id).expect("its id");
    let texts = [
        "tcp 443, 10.0.0.0/16 # from the bastion".to_owned(),
        "tcp all ports, self".to_owned(),
        "udp 8192-65535, 2001:db8::/32".to_owned(),
        format!("all traffic, {other} # peers"),
        "protocol 50, self".to_owned(),
        "icmp type 8 code 0, 0.0.0.0/0".to_owned(),
        "icmp type 3, 10.0.0.0/8".to_owned(),
        "icmpv6 all types, ::/0".to_owned(),
        format!("tcp 443, {list}"),
    ];
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    cloud.created("apps", &texts, &texts).await;
}

#[tokio::test]
async fn a_changed_rule_keeps_its_id_and_a_description_is_edited_in_place() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &["tcp 443, 10.0.0.0/8 # web", "tcp 22, self # x"], &[]).await;
    let rule_ids = async || {
        let answer = cloud.access.ec2.describe_security_group_rules().send().await.expect("rules");
        let rows = answer.security_group_rules.unwrap_or_default().into_iter();
        let ours = rows.filter(|row| row.group_id.as_deref() == Some(id.as_str()));
        ours.map(|row| row.security_group_rule_id).collect::<BTreeSet<_>>()
    };
    let before = rule_ids().await;
    cloud.writes();
    let want = cloud.want("apps", &["tcp 443, 10.1.0.0/16", "tcp 22, self # y"], &[]);
    let after = cloud.apply(&id, &want).await;
    assert_eq!(
        cloud.writes(),
        ["ModifySecurityGroupRules", "UpdateSecurityGroupRuleDescriptionsIngress"]
    );
    assert_eq!(rule_ids().await, before);
    let ingress = after.state.ingress.unwrap();
    assert_eq!(ingress, rules(&["tcp 443, 10.1.0.0/16 # web", "tcp 22, self # y"]));
}

#[tokio::test]
async fn rules_that_others_added_are_revoked_by_rule_id() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &["tcp 443, self"], &[]).await;
    let open = cloud.created("open", &["tcp 22, 0.0.0.0/0"], &["all traffic, ::/0"]).await;
    cloud.simulator.clear_calls();
    cloud.apply(&open, &cloud.want("open", &[], &[])).await;
    for call in cloud.simulator.calls().iter().filter(|call| call.mutating) {
        assert!(call.operation.starts_with("RevokeSecurityGroup"), "{call:?}");
        assert!(call.input.to_string().contains("sgr-"), "{call:?}");
    }
    assert_eq!(cloud.observe(&id).await.state.ingress.unwrap().0.len(), 1);
}

#[tokio::test]
async fn revoking_a_rule_that_is_gone_succeeds_and_editing_it_is_stale() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let have = cloud.observe(&id).await;
    let entry = Entry { rule: rule("tcp 22, self"), description: None };
    cloud.writes();
    let direction = Direction::Ingress;
    let revoke = Change::Revoke {
        direction,
        rules: vec![entry.clone()],
        bridged: false,
        replaced_by: Vec::new(),
    };
    cloud.port.change(&have, std::slice::from_ref(&revoke)).await.expect("nothing to revoke");
    let one = Redescription { rule: entry.rule, old: "a".into(), new: "b".into() };
    let describe = Change::Describe { direction, rules: vec![one] };
    let error = cloud
        .port
        .change(&have, std::slice::from_ref(&describe))
        .await
        .expect_err("the rule is gone");
    assert_eq!(error.class, Class::Busy);
    assert!(cloud.writes().is_empty());
}

#[tokio::test]
async fn adding_rules_that_a_call_with_a_lost_answer_added_succeeds() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &["tcp 22, self"], &[]).await;
    let have = cloud.observe(&id).await;
    let authorize = |texts: &[&str]| Change::Authorize {
        direction: Direction::Ingress,
        rules: rules(texts).into(),
        covered: false,
        waits_for: None,
    };
    cloud
        .port
        .change(&have, std::slice::from_ref(&authorize(&["tcp 22, self"])))
        .await
        .expect("it is there");
    let both = authorize(&["tcp 22, self", "tcp 23, self"]);
    let error =
        cloud.port.change(&have, std::slice::from_ref(&both)).await.expect_err("only one is there");
    assert_eq!(error.class, Class::Duplicate);
}

#[tokio::test]
async fn only_our_requested_and_adopted_groups_are_read_and_others_are_known_by_name() {
    let cloud = Cloud::new().await;
    let ec2 = &cloud.access.ec2;
    for name in ["theirs", "Wanted"] {
        let call = ec2.create_security_group().vpc_id(&cloud.vpc).group_name(name);
        call.description("by hand").send().await.expect("a group");
    }
    let seen = async |ask: Ask| {
        let all = cloud.port.observe(&ask).await.expect("all groups").whole;
        let read = all.into_iter().filter(|group| group.state.ingress.is_some());
        read.filter_map(|group| group.state.group_name).collect::<Vec<_>>()
    };
    let ask = Ask { owner: "ml".into(), ..Ask::default() };
    let all = cloud.port.observe(&ask).await.expect("all groups").whole;
    let named = SecurityGroup::natural_keys(&cloud.want("Theirs", &[], &[]));
    assert!(all.iter().any(|group| SecurityGroup::natural_keys(&group.state) == named));
    assert_eq!(seen(ask.clone()).await, Vec::<String>::new());
    let natural_keys = SecurityGroup::natural_keys(&cloud.want("wanted", &[], &[]));
    let ask = Ask { natural_keys: natural_keys.into_iter().collect(), ..ask };
    assert_eq!(seen(ask.clone()).await, ["Wanted"]);
    let groups = ec2.describe_security_groups().send().await.expect("groups");
    let groups = groups.security_groups.unwrap_or_default();
    let default = groups.iter().find(|group| group.group_name() == Some("default"));
    let id = PhysicalId::from(default.and_then(|group| group.group_id()).expect("its id"));
    let ask = Ask { owner: "ml".into(), adopt: [id.clone()].into(), ..Ask::default() };
    assert_eq!(seen(ask.clone()).await, ["default"]);
    let all = cloud.port.observe(&ask).await.expect("all groups").whole;
    let have = all.into_iter().find(|group| group.id == id).expect("the default group");
    let error = cloud.port.delete(&have, None).await.expect_err("refused");
    assert_eq!(error.class, Class::Rejected);
}

#[tokio::test]
async fn a_failed_page_is_an_error_and_not_an_empty_list() {
    let cloud = Cloud::new().await;
    cloud.created("apps", &[], &[]).await;
    cloud.simulator.inject(Fault::reject("DescribeSecurityGroups", "UnauthorizedOperation", "no"));
    let error = cloud.port.observe(&Ask::default()).await.expect_err("denied");
    assert_eq!(error.class, Class::Denied);
}

#[tokio::test]
async fn a_group_in_use_is_not_deleted_and_its_interface_is_named() {
    let cloud = Cloud::new().await;
    let peer = cloud.created("peer", &[], &[]).await;
    let text = format!("tcp 443, {peer}");
    let id = cloud.created("apps", &[&text], &[]).await;
    let interface = cloud.interface(&id).await;
    let have = cloud.observe(&id).await;
    cloud.writes();
    let names = cloud.port.obstacles(&have, Intent::Delete).await.expect("read");
    assert_eq!(
        names,
        [format!("{interface} \"EFS mount target\" of type interface made by 111122223333")]
    );
    let error = cloud.port.delete(&have, None).await.expect_err("in use");
    assert_eq!((error.class, error.message), (Class::Blocked, names[0].clone()));
    assert!(cloud.writes().is_empty(), "not even a rule is revoked while it is in use");
}

#[tokio::test]
async fn the_groups_whose_rules_name_a_group_are_named() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let text = format!("tcp 443, {id}");
    let other = cloud.created("other", &[&text], &[]).await;
    let have = cloud.observe(&id).await;
    let names = cloud.port.obstacles(&have, Intent::Delete).await.expect("read");
    assert_eq!(names, [format!("{other} \"other\" names it in an ingress rule")]);
    let error = cloud.port.delete(&have, None).await.expect_err("named");
    assert_eq!((error.class, error.message), (Class::Busy, names[0].clone()));
}

#[tokio::test]
async fn two_groups_that_name_each_other_can_both_be_deleted() {
    let cloud = Cloud::new().await;
    let a = cloud.created("a", &[], &[]).await;
    let to_a = format!("tcp 443, {a}");
    let b = cloud.created("b", &[&to_a], &[]).await;
    let to_b = format!("tcp 443, {b}");
    cloud.apply(&a, &cloud.want("a", &[], &[&to_b, "tcp 1, self"])).await;
    for id in [&a, &b, &a] {
        if !cloud.exists(id).await {
            continue;
        }
        let have = cloud.observe(id).await;
        let names = cloud.port.obstacles(&have, Intent::Delete).await.expect("read");
        assert_eq!(names, Vec::<String>::new(), "the ring itself is no obstacle");
        if let Err(error) = cloud.port.delete(&have, None).await {
            assert_eq!(error.class, Class::Busy, "{error}");
        }
    }
    assert!(!cloud.exists(&a).await && !cloud.exists(&b).await);
}

#[tokio::test]
async fn deleting_a_group_that_is_gone_succeeds() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let have = cloud.observe(&id).await;
    cloud.port.delete(&have, None).await.expect("deleted");
    cloud.port.delete(&have, None).await.expect("still deleted");
}

#[tokio::test]
async fn tags_are_set_and_removed_by_key_and_never_all() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let have = cloud.observe(&id).await;
    let team = crate::model::Tags::from([("team".to_owned(), "ml".to_owned())]);
    cloud.port.tag(&have, &team).await.expect("tagged");
    assert_eq!(cloud.observe(&id).await.tags.get("team").map(String::as_str), Some("ml"));
    cloud.port.untag(&have, &["team".to_owned()]).await.expect("untagged");
    cloud.port.untag(&have, &[]).await.expect("nothing to do");
    assert_eq!(cloud.observe(&id).await.tags, claim("apps"));
}

#[tokio::test]
async fn impossible_changes_are_refused_without_a_call() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let have = cloud.observe(&id).await;
    cloud.writes();
    let want = State { description: Some("Other".into()), ..cloud.want("apps", &[], &[]) };
    let changes = SecurityGroup::diff(&want, &have.state);
    let error =
        cloud.port.change(&have, std::slice::from_ref(&changes[0])).await.expect_err("impossible");
    assert_eq!((error.class, cloud.writes().len()), (Class::Rejected, 0));
}

#[tokio::test]
async fn unknown_values_are_never_sent() {
    let cloud = Cloud::new().await;
    let id = cloud.created("apps", &[], &[]).await;
    let have = cloud.observe(&id).await;
    cloud.writes();
    let want =
        cloud.want("apps", &["tcp 443, group SecurityGroup/later.arn (known after apply)"], &[]);
    let changes = SecurityGroup::diff(&want, &have.state);
    assert_eq!(changes.len(), 1);
    let error = cloud.port.change(&have, &changes).await.expect_err("it waits");
    assert_eq!(error.class, Class::Busy);
    let nowhere = State {
        vpc: Some("VPC with Name=ml (not resolved)".into()),
        ..cloud.want("new", &[], &[])
    };
    let error = cloud.create(&nowhere).await.expect_err("it waits");
    assert_eq!(error.class, Class::Busy);
    assert!(cloud.writes().is_empty());
}
