//! Every rule is broken once on purpose, by calls that palisade would never make, and must be
//! reported.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{Expectations, Monitor, Violation, lockout, rules::rests_for_a_change};
use crate::{
    aws::{Connection, Guard},
    kind::ScopeFacts,
    simulator::{Effect, Fault, Owner, Simulator},
};

const ACCOUNT: &str = "111122223333";
const MANAGEMENT: &str = "999988887777";
const APPS: &str = "ml/SecurityGroup/apps";

struct Bench {
    simulator: Simulator,
    monitor: Monitor,
    access: crate::aws::Access,
    vpc: String,
}

fn expectations() -> Expectations {
    Expectations {
        owner: Owner::new("ml"),
        accounts: [ACCOUNT.into(), MANAGEMENT.into()].into(),
        present: [APPS.into(), "ml/KmsKey/studio".into()].into(),
        key_window_days: 30,
        settle_window: Duration::from_secs(15),
        ..Expectations::default()
    }
}

impl Bench {
    async fn new() -> Self {
        let simulator = Simulator::default();
        let network = json!({"CidrBlock": "10.0.0.0/16"});
        let vpc = simulator.act(ACCOUNT, "eu-west-1", "ec2", "CreateVpc", &network).expect("a VPC");
        let vpc = vpc["vpc"]["vpcId"].as_str().expect("its id").to_owned();
        let monitor = Monitor::new(expectations());
        simulator.watch(monitor.clone());
        monitor.pass_begins(Duration::ZERO);
        let facts = ScopeFacts {
            name: "ml".into(),
            account: ACCOUNT.into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let guard = Guard::writing(crate::aws::Brake::default());
        let config = simulator.sdk_config(ACCOUNT, "eu-west-1");
        let access = Connection::new(config, guard).access(facts, None).await;
        Self { simulator, monitor, access, vpc }
    }

    /// Creates a group with a claim for this address, or without a claim if the address is empty.
    async fn group(&self, name: &str, address: &str) -> String {
        let tag = |key: &str, value: &str| {
            aws_sdk_ec2::types::Tag::builder().key(key).value(value).build()
        };
        let tags = aws_sdk_ec2::types::TagSpecification::builder()
            .resource_type(aws_sdk_ec2::types::ResourceType::SecurityGroup)
            .tags(tag("palisade:owner", "ml"))
            .tags(tag("palisade:address", address))
            .build();
        let create = self.access.ec2.create_security_group().group_name(name).vpc_id(&self.vpc);
        let create = create.description("x");
        let create = if address.is_empty() { create } else { create.tag_specifications(tags) };
        create.send().await.expect("a group").group_id.expect("its id")
    }

    async fn open(&self, group: &str, block: &str) {
        let range = aws_sdk_ec2::types::IpRange::builder().cidr_ip(block).build();
        let https = aws_sdk_ec2::types::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(range)
            .build();
        let call = self.access.ec2.authorize_security_group_ingress().group_id(group);
        call.ip_permissions(https).send().await.expect("open");
    }

    /// The rules broken so far, without repetitions.
    fn rules(&self) -> BTreeSet<&'static str> {
        self.monitor.violations().iter().map(|violation| violation.rule).collect()
    }

    fn by_hand(&self, operation: &str, input: &Value) {
        self.simulator.act(ACCOUNT, "eu-west-1", "ec2", operation, input).expect("by hand");
    }
}

#[tokio::test(start_paused = true)]
async fn what_palisade_does_breaks_no_rule() {
    let bench = Bench::new().await;
    let group = bench.group("apps", APPS).await;
    bench.open(&group, "10.0.0.0/8").await;
    assert_eq!(bench.monitor.violations(), []);
    assert_eq!(bench.monitor.mutations(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_resource_without_our_claim_breaks_s1() {
    let bench = Bench::new().await;
    let input = json!({"GroupName": "theirs", "GroupDescription": "x", "VpcId": bench.vpc});
    bench.by_hand("CreateSecurityGroup", &input);
    let theirs = bench.simulator.with(|world| {
        let truth = world.truth();
        let named = |thing: &crate::simulator::Thing| thing.facts.contains("name theirs");
        truth.things.iter().find(|(_, thing)| named(thing)).map(|(id, _)| id.clone())
    });
    bench.open(&theirs.expect("it is there"), "10.0.0.0/8").await;
    assert_eq!(bench.rules(), ["S1"].into());
}

#[tokio::test(start_paused = true)]
async fn a_resource_created_without_a_claim_breaks_s1() {
    let bench = Bench::new().await;
    bench.group("apps", "").await;
    assert_eq!(bench.rules(), ["S1"].into());
}

#[tokio::test(start_paused = true)]
async fn a_write_in_another_account_or_under_another_identity_breaks_s2() {
    let bench = Bench::new().await;
    bench.monitor.expect(Expectations { accounts: [MANAGEMENT.into()].into(), ..expectations() });
    bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S2"].into());

    let bench = Bench::new().await;
    bench
        .simulator
        .inject(Fault::new("GetCallerIdentity", Effect::Impostor("000000000000".into())));
    bench.access.sts.get_caller_identity().send().await.expect("somebody");
    bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S2"].into());
}

#[tokio::test(start_paused = true)]
async fn a_second_resource_for_an_address_breaks_s3() {
    let bench = Bench::new().await;
    bench.group("apps", APPS).await;
    bench.group("apps-too", APPS).await;
    assert_eq!(bench.rules(), ["S3"].into());
}

#[tokio::test(start_paused = true)]
async fn a_second_create_while_the_first_is_unclear_breaks_s3() {
    let bench = Bench::new().await;
    bench.simulator.inject(Fault::server_error("CreateSecurityGroup", 500).nth(1));
    bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S3"].into());
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_neither_old_nor_wanted_or_is_lost_midway_breaks_s4() {
    let bench = Bench::new().await;
    let group = bench.group("apps", APPS).await;
    bench.open(&group, "10.0.0.0/8").await;
    let wanted = ["ingress tcp 443-443 10.0.0.0/8".to_owned()].into();
    let expect = Expectations { wanted: [(APPS.into(), wanted)].into(), ..expectations() };
    bench.monitor.expect(expect);
    bench.open(&group, "0.0.0.0/0").await;
    assert_eq!(bench.rules(), ["S4"].into());
    let rules = bench.access.ec2.describe_security_group_rules().send().await.expect("rules");
    let common = rules.security_group_rules().iter().find(|r| r.cidr_ipv4() == Some("10.0.0.0/8"));
    let common = common.and_then(|rule| rule.security_group_rule_id()).expect("its id");
    let revoke = bench.access.ec2.revoke_security_group_ingress().group_id(&group);
    revoke.security_group_rule_ids(common).send().await.expect("revoked");
    let lost = bench.monitor.violations().iter().any(|v| v.what.contains("old and wanted, lost"));
    assert!(lost, "{:?}", bench.monitor.violations());
}

#[test]
fn what_is_stopped_to_be_changed_is_no_state_in_between_and_what_is_stopped_for_nothing_is() {
    let facts = |facts: &[&str]| facts.iter().map(|it| (*it).to_owned()).collect();
    let (small, large) = (facts(&["size 5"]), facts(&["size 50"]));
    assert!(rests_for_a_change("stays Stopped", &small, &large));
    assert!(!rests_for_a_change("stays Stopped", &large, &large));
    assert!(!rests_for_a_change("size 7", &small, &large));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_without_approval_breaks_s5() {
    let bench = Bench::new().await;
    let group = bench.group("apps", APPS).await;
    bench.access.ec2.delete_security_group().group_id(&group).send().await.expect("deleted");
    assert_eq!(bench.rules(), ["S5"].into());
}

#[tokio::test(start_paused = true)]
async fn a_shorter_waiting_period_of_a_key_breaks_s5_and_a_bypassed_check_s12() {
    let bench = Bench::new().await;
    let tag = |key: &str, value: &str| {
        aws_sdk_kms::types::Tag::builder().tag_key(key).tag_value(value).build().expect("a tag")
    };
    tokio::time::advance(Duration::from_secs(20)).await;
    let create = bench.access.kms.create_key().bypass_policy_lockout_safety_check(true);
    let create = create.tags(tag("palisade:owner", "ml"));
    let key = create.tags(tag("palisade:address", "ml/KmsKey/studio")).send().await.expect("a key");
    assert_eq!(bench.rules(), ["S12"].into());
    let id = key.key_metadata.expect("metadata").key_id;
    let delete = bench.access.kms.schedule_key_deletion().key_id(id).pending_window_in_days(7);
    delete.send().await.expect("scheduled");
    assert!(bench.rules().contains("S5"), "{:?}", bench.rules());
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_policy_nobody_may_change_breaks_s12() {
    let bench = Bench::new().await;
    let tag = |key: &str, value: &str| {
        aws_sdk_kms::types::Tag::builder().tag_key(key).tag_value(value).build().expect("a tag")
    };
    tokio::time::advance(Duration::from_secs(20)).await;
    let create = bench.access.kms.create_key().tags(tag("palisade:owner", "ml"));
    let key = create.tags(tag("palisade:address", "ml/KmsKey/studio")).send().await.expect("a key");
    assert_eq!(bench.rules(), BTreeSet::new(), "AWS's own policy leaves it to the account");
    let account = format!("arn:aws:iam::{ACCOUNT}:root");
    let uses = json!({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:Decrypt", "Resource": "*"});
    let governs = json!({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"});
    let denies = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"});
    let id = key.key_metadata.expect("metadata").key_id;
    for (statements, breaks) in [(vec![&governs, &uses], 0), (vec![&governs, &denies], 1)] {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        // The simulator makes AWS's own lockout check, on which this rule must not depend.
        let put = bench.access.kms.put_key_policy().key_id(&id).policy(policy);
        put.bypass_policy_lockout_safety_check(breaks > 0).send().await.expect("put");
        let nobody = |it: &Violation| it.what.contains("nobody in the account");
        assert_eq!(bench.monitor.violations().iter().filter(|it| nobody(it)).count(), breaks);
    }
}

#[tokio::test(start_paused = true)]
async fn an_orphan_pruned_within_the_settle_window_breaks_s5() {
    for (after, rules) in [(14, BTreeSet::from(["S5"])), (15, BTreeSet::new())] {
        let bench = Bench::new().await;
        let group = bench.group("apps", APPS).await;
        let both = BTreeSet::from([APPS.to_owned()]);
        let expect = Expectations { undeclared: both.clone(), deletable: both, ..expectations() };
        bench.monitor.expect(expect);
        bench.monitor.life_begins(bench.simulator.with(|world| world.age()));
        tokio::time::advance(Duration::from_secs(after)).await;
        bench.monitor.pass_begins(bench.simulator.with(|world| world.age()));
        bench.access.ec2.delete_security_group().group_id(&group).send().await.expect("deleted");
        assert_eq!(bench.rules(), rules, "{after} s after the start");
    }
}

/// A policy of ours that is attached to an account and wanted at the root, and a client that moves
/// it.
fn moving(bench: &Bench) -> (aws_sdk_organizations::Client, String, String) {
    let by_hand = |operation: &str, input: &Value| {
        bench.simulator.act(MANAGEMENT, "us-east-1", "organizations", operation, input).unwrap()
    };
    let root = by_hand("ListRoots", &json!({}))["Roots"][0]["Id"].as_str().unwrap().to_owned();
    let address = "org/ServiceControlPolicy/guard";
    let deny = json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"});
    let content = json!({"Version": "2012-10-17", "Statement": deny});
    let policy = by_hand(
        "CreatePolicy",
        &json!({
            "Name": "guard", "Description": "x", "Type": "SERVICE_CONTROL_POLICY",
            "Content": content.to_string(),
            "Tags": [
                {"Key": "palisade:owner", "Value": "ml"},
                {"Key": "palisade:address", "Value": address},
            ],
        }),
    );
    let id = policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
    by_hand("AttachPolicy", &json!({"PolicyId": id, "TargetId": ACCOUNT}));
    let wanted = BTreeSet::from([format!("attached {root}")]);
    let mut expect = expectations();
    expect.present.insert(address.into());
    expect.wanted.insert(address.into(), wanted);
    bench.monitor.expect(expect);
    let config = bench.simulator.sdk_config(MANAGEMENT, "us-east-1");
    (aws_sdk_organizations::Client::new(&config), id, root)
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_detached_before_its_new_attachment_is_shown_breaks_s4() {
    let bench = Bench::new().await;
    let (client, id, _) = moving(&bench);
    client.list_targets_for_policy().policy_id(&id).send().await.unwrap();
    client.detach_policy().policy_id(&id).target_id(ACCOUNT).send().await.unwrap();
    assert_eq!(bench.rules(), ["S4"].into());
}

#[tokio::test(start_paused = true)]
async fn a_foreign_change_between_the_last_read_and_the_call_is_not_a_violation() {
    let bench = Bench::new().await;
    let (client, id, root) = moving(&bench);
    let pair = json!({"PolicyId": id, "TargetId": root});
    let by_hand = |operation: &str| {
        bench.simulator.act(MANAGEMENT, "us-east-1", "organizations", operation, &pair).unwrap();
    };
    by_hand("AttachPolicy");
    client.list_targets_for_policy().policy_id(&id).send().await.unwrap();
    by_hand("DetachPolicy");
    client.detach_policy().policy_id(&id).target_id(ACCOUNT).send().await.unwrap();
    assert_eq!(bench.monitor.violations(), []);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_may_administer_breaks_s12() {
    let account = format!("arn:aws:iam::{ACCOUNT}:root");
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"});
    let key = |statements: &[&Value]| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        crate::simulator::Thing {
            kind: "KmsKey",
            account: ACCOUNT.into(),
            tags: crate::model::Tags::new(),
            facts: [format!("policy {policy}")].into(),
        }
    };
    assert_eq!(lockout::locked_out(None, &key(&[&allow])), None);
    for action in
        ["kms:ListResourceTags", "kms:GetKeyRotationStatus", "kms:Get*", "kms:TagResource"]
    {
        let mut deny =
            json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"});
        let blind = lockout::locked_out(Some(&key(&[&allow])), &key(&[&allow, &deny]));
        assert_eq!(blind, Some("nobody in the account may administer the key"), "{action}");
        deny["Condition"] = json!({"Bool": {"aws:SecureTransport": "false"}});
        assert_eq!(lockout::locked_out(None, &key(&[&allow, &deny])), None, "it depends");
    }
}

/// A service control policy without a claim, attached to the account by hand, and a client that
/// detaches it as palisade would.
async fn detach(bench: &Bench, statement: &Value, full_access: bool) {
    let by_hand = |operation: &str, input: &Value| {
        bench.simulator.act(MANAGEMENT, "us-east-1", "organizations", operation, input).unwrap()
    };
    let create = |statement: &Value| {
        let content = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let policy = by_hand(
            "CreatePolicy",
            &json!({"Name": content.len().to_string(), "Description": "x", "Type": "SERVICE_CONTROL_POLICY",
                "Content": content}),
        );
        let id = policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
        by_hand("AttachPolicy", &json!({"PolicyId": id, "TargetId": ACCOUNT}));
        id
    };
    let id = create(statement);
    create(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
    if !full_access {
        by_hand("DetachPolicy", &json!({"PolicyId": "p-FullAWSAccess", "TargetId": ACCOUNT}));
    }
    let config = bench.simulator.sdk_config(MANAGEMENT, "us-east-1");
    let client = aws_sdk_organizations::Client::new(&config);
    client.detach_policy().policy_id(&id).target_id(ACCOUNT).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn detaching_the_last_policy_that_allows_an_account_everything_breaks_s12() {
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let some = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"});
    for (statement, full_access, breaks) in
        [(&all, false, true), (&all, true, false), (&some, false, false)]
    {
        let bench = Bench::new().await;
        detach(&bench, statement, full_access).await;
        let starves = |it: &Violation| it.rule == "S12" && it.what.contains("allows everything");
        assert_eq!(
            bench.monitor.violations().iter().any(starves),
            breaks,
            "{statement} {full_access}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_denies_what_palisade_needs_breaks_s12() {
    for (action, breaks) in [
        ("ec2:RevokeSecurityGroupIngress", true),
        ("ec2:*", true),
        ("kms:PutKeyPolicy", false),
        ("s3:*", false),
    ] {
        let bench = Bench::new().await;
        bench.group("apps", APPS).await;
        let by_hand = |operation: &str, input: &Value| {
            bench.simulator.act(MANAGEMENT, "us-east-1", "organizations", operation, input).unwrap()
        };
        let content = json!({"Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": action, "Resource": "*"}});
        let policy = by_hand(
            "CreatePolicy",
            &json!({"Name": "x", "Description": "x", "Type": "SERVICE_CONTROL_POLICY",
                "Content": content.to_string()}),
        );
        let id = policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap();
        let config = bench.simulator.sdk_config(MANAGEMENT, "us-east-1");
        let client = aws_sdk_organizations::Client::new(&config);
        client.attach_policy().policy_id(id).target_id(ACCOUNT).send().await.unwrap();
        let denies = |it: &Violation| it.rule == "S12" && it.what.contains("including palisade");
        assert_eq!(bench.monitor.violations().iter().any(denies), breaks, "{action}");
    }
}

#[test]
fn an_attached_policy_that_denies_everything_breaks_s12() {
    let deny = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    let mut thing = crate::simulator::Thing {
        kind: "ServiceControlPolicy",
        account: MANAGEMENT.into(),
        tags: crate::model::Tags::new(),
        facts: [format!("content {deny}")].into(),
    };
    assert_eq!(lockout::locked_out(None, &thing), None, "attached nowhere it denies nothing");
    let before = thing.clone();
    thing.facts.insert("attached ou-1".into());
    assert!(lockout::locked_out(Some(&before), &thing).is_some());
    assert_eq!(lockout::locked_out(Some(&thing), &thing), None, "it was so before the call");
}

#[tokio::test(start_paused = true)]
async fn a_create_without_token_or_unique_name_soon_after_the_start_breaks_s3() {
    let bench = Bench::new().await;
    let tag = |key: &str, value: &str| {
        aws_sdk_kms::types::Tag::builder().tag_key(key).tag_value(value).build().expect("a tag")
    };
    let create = bench.access.kms.create_key().tags(tag("palisade:owner", "ml"));
    create.tags(tag("palisade:address", "ml/KmsKey/studio")).send().await.expect("a key");
    assert_eq!(bench.rules(), ["S3"].into());
}

#[tokio::test(start_paused = true)]
async fn a_write_by_a_process_without_valid_input_breaks_s6() {
    let bench = Bench::new().await;
    bench.monitor.begins_blind();
    let group = bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S6"].into());
    bench.monitor.sees();
    bench.open(&group, "10.0.0.0/8").await;
    assert_eq!(bench.monitor.violations().len(), 1);
}

/// Kinds that share their operations are distinguished by what the requests say.
#[tokio::test(start_paused = true)]
async fn a_listing_of_one_type_of_policies_that_failed_concerns_creates_of_that_type_only() {
    use aws_sdk_organizations::types::{PolicyType, Tag};
    for (created, breaks) in [(PolicyType::TagPolicy, true), (PolicyType::BackupPolicy, false)] {
        let bench = Bench::new().await;
        let config = bench.simulator.sdk_config(MANAGEMENT, "us-east-1");
        let client = aws_sdk_organizations::Client::new(&config);
        let mut expect = expectations();
        let address = "org/TagPolicy/guard";
        expect.present.insert(address.into());
        expect.accounts.insert(MANAGEMENT.into());
        bench.monitor.expect(expect);
        bench.simulator.inject(Fault::new("ListPolicies", Effect::Deny));
        client.list_policies().filter(PolicyType::TagPolicy).send().await.expect_err("denied");
        let content = match created {
            PolicyType::TagPolicy => r#"{"tags":{"team":{"tag_key":{"@@assign":"team"}}}}"#,
            _ => r#"{"plans":{"all":{"regions":{"@@append":["eu-west-1"]}}}}"#,
        };
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let create = client.create_policy().r#type(created.clone()).name("guard").description("");
        let create = create.content(content).tags(tag("palisade:owner", "ml"));
        create.tags(tag("palisade:address", address)).send().await.expect("a policy");
        assert_eq!(bench.rules().contains("S7"), breaks, "{created:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_after_a_listing_that_failed_breaks_s7() {
    let bench = Bench::new().await;
    bench.simulator.inject(Fault::new("DescribeSecurityGroups", Effect::Deny));
    bench.access.ec2.describe_security_groups().send().await.expect_err("denied");
    bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S7"].into());
}

#[tokio::test(start_paused = true)]
async fn a_write_outside_of_a_pass_or_long_after_its_start_breaks_s8() {
    let bench = Bench::new().await;
    tokio::time::advance(Duration::from_mins(10)).await;
    let group = bench.group("apps", APPS).await;
    assert_eq!(bench.rules(), ["S8"].into());
    bench.monitor.pass_ends();
    bench.open(&group, "10.0.0.0/8").await;
    assert_eq!(bench.monitor.violations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn too_many_repetitions_of_a_write_break_s10() {
    let bench = Bench::new().await;
    let group = bench.group("apps", APPS).await;
    for _ in 0..20 {
        let tag = aws_sdk_ec2::types::Tag::builder().key("team").value("x").build();
        let call = bench.access.ec2.create_tags().resources(&group).tags(tag);
        call.send().await.expect("tagged");
    }
    assert_eq!(bench.rules(), ["S10"].into());
}

#[tokio::test(start_paused = true)]
async fn a_write_after_the_brake_breaks_s14() {
    let bench = Bench::new().await;
    bench.monitor.brake();
    let group = bench.group("apps", APPS).await;
    assert_eq!(bench.monitor.violations(), [], "the call under way may end");
    bench.open(&group, "10.0.0.0/8").await;
    assert_eq!(bench.rules(), ["S14"].into());
}
