//! The answers of the JSON services as the SDK reads them: member names, types and error shapes.

use super::*;
use aws_sdk_kms::types::{KeyState, Tag as KeyTag};
use aws_sdk_organizations::types::{PolicyType, TargetType};
use aws_sdk_sagemaker::types::{AuthMode, DomainStatus, StudioWebPortal, UserSettings};

const MANAGEMENT: &str = "999988887777";

#[tokio::test]
async fn the_sdk_reads_keys_aliases_policies_rotation_tags_and_grants() {
    let simulator = Simulator::default();
    let kms = aws_sdk_kms::Client::new(&simulator.sdk_config(ACCOUNT, REGION));
    let tag = KeyTag::builder().tag_key("owner").tag_value("palisade").build().expect("a tag");
    let created = kms.create_key().description("notebooks").tags(tag).send().await.expect("a key");
    let key = created.key_metadata.expect("its metadata");
    let id = key.key_id();
    assert_eq!(key.key_state(), Some(&KeyState::Enabled));
    assert!(key.creation_date().is_some_and(|date| date.secs() > 1_700_000_000));
    kms.create_alias().alias_name("alias/ml").target_key_id(id).send().await.expect("an alias");
    let mut pages = kms.list_aliases().limit(5).into_paginator().items().send();
    let mut targets = Vec::new();
    while let Some(alias) = pages.next().await {
        targets.extend(alias.expect("an alias").target_key_id);
    }
    assert_eq!(targets, [id]);
    kms.enable_key_rotation().key_id(id).rotation_period_in_days(90).send().await.expect("on");
    let rotation = kms.get_key_rotation_status().key_id(id).send().await.expect("a status");
    assert!(rotation.key_rotation_enabled() && rotation.next_rotation_date().is_some());
    let tags = kms.list_resource_tags().key_id(id).send().await.expect("tags");
    assert_eq!(tags.tags()[0].tag_value(), "palisade");
    let policy = kms.get_key_policy().key_id(id).policy_name("default").send().await.expect("one");
    assert!(policy.policy().is_some_and(|text| text.contains("\"Version\" : \"2012-10-17\"")));
    let grant = kms.create_grant().key_id(id).grantee_principal("arn:aws:iam::111122223333:root");
    let grant = grant.operations(aws_sdk_kms::types::GrantOperation::Decrypt).send().await;
    let grants = kms.list_grants().key_id(id).send().await.expect("grants");
    assert_eq!(grants.grants()[0].grant_id(), grant.expect("a grant").grant_id());
    let gone = kms.schedule_key_deletion().key_id(id).send().await.expect("scheduled");
    assert!(gone.deletion_date().is_some());
    let refused =
        kms.enable_key().key_id(id).send().await.expect_err("a refusal").into_service_error();
    assert!(refused.is_kms_invalid_state_exception(), "{refused:?}");
}

#[tokio::test]
async fn the_sdk_reads_the_organization_its_policies_and_the_reasons_of_its_refusals() {
    let simulator = Simulator::default();
    let config = simulator.sdk_config(MANAGEMENT, "us-east-1");
    let organizations = aws_sdk_organizations::Client::new(&config);
    let roots = organizations.list_roots().send().await.expect("roots");
    let root = roots.roots()[0].id().expect("its id").to_owned();
    let content =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}"#;
    let create = organizations.create_policy().name("deny").description("").content(content);
    let created = create.r#type(PolicyType::ServiceControlPolicy).send().await.expect("a policy");
    let policy = created.policy().expect("it");
    assert_eq!(policy.content(), Some(content));
    let id = policy.policy_summary().and_then(|summary| summary.id()).expect("its id");
    organizations.attach_policy().policy_id(id).target_id(&root).send().await.expect("attached");
    let targets = organizations.list_targets_for_policy().policy_id(id).send().await;
    assert_eq!(targets.expect("targets").targets()[0].r#type(), Some(&TargetType::Root));
    let accounts = organizations.list_accounts().send().await.expect("accounts");
    assert!(accounts.accounts()[0].joined_timestamp().is_some());
    let detach = organizations.detach_policy().policy_id("p-FullAWSAccess").target_id(ACCOUNT);
    let refused = detach.send().await.expect_err("a refusal").into_service_error();
    let aws_sdk_organizations::operation::detach_policy::DetachPolicyError::ConstraintViolationException(refused) = refused else {
        panic!("{refused:?}");
    };
    let reason = refused.reason().expect("a reason").as_str();
    assert_eq!(reason, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED");
    let member = aws_sdk_organizations::Client::new(&simulator.sdk_config(ACCOUNT, "us-east-1"));
    let refused = member.list_roots().send().await.expect_err("a refusal").into_service_error();
    assert!(refused.is_access_denied_exception(), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn the_sdk_reads_domains_and_their_refusals() {
    let simulator = Simulator::default();
    let sagemaker = aws_sdk_sagemaker::Client::new(&simulator.sdk_config(ACCOUNT, REGION));
    let role = UserSettings::builder().execution_role("arn:aws:iam::111122223333:role/studio");
    let create = sagemaker.create_domain().domain_name("ml").auth_mode(AuthMode::Iam);
    let create = create.default_user_settings(role.build()).vpc_id("vpc-1").subnet_ids("subnet-1");
    let id = create.send().await.expect("a domain").domain_id.expect("its id");
    let describe = || sagemaker.describe_domain().domain_id(&id).send();
    assert_eq!(describe().await.expect("it").status(), Some(&DomainStatus::Pending));
    let busy = sagemaker.update_domain().domain_id(&id).send().await.expect_err("a refusal");
    assert!(busy.into_service_error().is_resource_in_use());
    pass(1).await;
    let domain = describe().await.expect("it");
    assert_eq!(domain.status(), Some(&DomainStatus::InService));
    let settings = domain.default_user_settings().expect("settings");
    assert_eq!(settings.studio_web_portal(), Some(&StudioWebPortal::Enabled));
    assert!(domain.creation_time().is_some_and(|time| time.secs() > 1_700_000_000));
    let mut pages = sagemaker.list_domains().into_paginator().items().send();
    assert!(pages.next().await.is_some_and(|domain| domain.is_ok()));
    sagemaker.delete_domain().domain_id(&id).send().await.expect("deletion");
    pass(1).await;
    let gone = describe().await.expect_err("a refusal").into_service_error();
    assert!(gone.is_resource_not_found(), "{gone:?}");
}
