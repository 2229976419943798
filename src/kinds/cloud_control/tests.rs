//! Types of Cloud Control in sentences.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    accessanalyzer_analyzer, bedrock_guardrail, cloudtrail_trail, config_config_rule,
    config_configuration_recorder, controltower_enabled_control, datazone_domain, ec2_eip,
    ec2_flow_log, ec2_subnet, ec2_transit_gateway, ec2_vpc, ec2_vpc_gateway_attachment,
    ecr_repository, events_rule, guardduty_detector, iam_managed_policy, iam_role, logs_log_group,
    organizations_organizational_unit, ram_resource_share, s3_bucket,
    sagemaker_model_package_group, sns_topic, sqs_queue, sso_permission_set, table::table, types,
};
use crate::{
    kind::{
        Known, Refs, Removal, ScopeFacts,
        erased::{Edit, ErasedKind as _},
        table::{LeafEdit, Table},
    },
    model::{Risk, policy_document::Dialect},
    operations::Mode,
};

fn of(name: &str) -> Table {
    table(types::get(name).expect("a type"))
}

fn resolve(name: &str, spec: &Value) -> Result<Value, Vec<String>> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = of(name).resolve(spec, &mut Refs::new(&scope, "it", &known));
    let problems = |all: Vec<crate::kind::Invalid>| {
        let shown = all.into_iter().map(|it| match &it.help {
            Some(help) => format!("{it} ({help})"),
            None => it.to_string(),
        });
        shown.collect()
    };
    resolved.map(|resolved| resolved.state).map_err(problems)
}

fn edits(name: &str, properties: Value, live: Value) -> Vec<Edit> {
    let want = resolve(name, &json!({"properties": properties})).expect("valid");
    let have = json!({
        "type": name, "properties": live, "partition": "aws", "account": "111122223333"
    });
    of(name).diff(&want, &have).expect("states")
}

fn risks(name: &str, properties: Value, live: Value) -> Vec<(String, Risk)> {
    edits(name, properties, live).into_iter().map(|edit| (edit.key, edit.risk)).collect()
}

#[test]
fn every_type_has_facts_and_its_overlay_names_only_paths_of_the_type() {
    let curated: BTreeSet<_> = include_str!("facts/curated.txt").lines().collect();
    for of in types::all() {
        assert_eq!(of.facts.name, of.overlay.name);
        assert!(curated.contains(of.overlay.name), "{}: its facts are nobody's", of.overlay.name);
        let lists = of.facts.handlers.iter().any(|it| it == "list");
        let within: Vec<_> = of.overlay.within.iter().map(|it| it.parent).collect();
        assert_eq!(of.facts.list_requires, within, "{}", of.facts.name);
        let is_found = lists;
        assert!(is_found || !of.overlay.invented, "{}: it could not be found", of.facts.name);
        assert_eq!(of.facts.tags.is_some(), of.overlay.tags.is_some(), "{}", of.facts.name);
        let mut root = crate::kind::table::Property::new(crate::kind::table::Sort::Object(
            of.properties.members.clone(),
        ));
        for path in of.overlay.paths() {
            assert!(root.at_mut(path).is_some(), "{}: {path}", of.facts.name);
        }
        for pair in of.overlay.exclusive {
            for name in [pair.first, pair.second] {
                let path = format!("{}/{name}", pair.of);
                let found = root.at_mut(path.trim_start_matches('/'));
                assert!(found.is_some(), "{}: {path}", of.facts.name);
            }
        }
    }
}

/// Permissions of handlers that palisade does not have, because no manifest can name what needs
/// them.
const WITHOUT: &[(&str, &[&str])] = &[
    (ec2_vpc::NAME, &["ec2:CreateVpcEncryptionControl", "ec2:ModifyVpcTenancy"]),
    (
        s3_bucket::NAME,
        &[
            // The registry names actions that IAM does not have.
            "s3:DeleteBucketAnalyticsConfiguration",
            "s3:DeleteBucketCors",
            "s3:DeleteBucketEncryption",
            "s3:DeleteBucketLifecycle",
            "s3:DeleteBucketMetricsConfiguration",
            "s3:DeleteBucketReplication",
            "s3:PutBucketReplication",
            "s3:PutObjectLockConfiguration",
            "iam:PassRole",
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:DeleteObject",
            "s3:PutBucketAcl",
            "s3:PutObjectAcl",
            "s3:PutReplicationConfiguration",
            "s3:UpdateBucketMetadataAnnotationTableConfiguration",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
        ],
    ),
    (
        cloudtrail_trail::NAME,
        &[
            // It is never stopped or deleted.
            "cloudtrail:DeleteTrail",
            "cloudtrail:StopLogging",
            "cloudtrail:PutEventConfiguration",
        ],
    ),
    (
        ec2_eip::NAME,
        &["ec2:AcceptAddressTransfer", "ec2:AssociateAddress", "ec2:DisassociateAddress"],
    ),
    (
        ec2_flow_log::NAME,
        &[
            "autoscaling:DescribeTags",
            "iam:CreateServiceLinkedRole",
            "s3:GetBucketPolicy",
            "s3:PutBucketPolicy",
        ],
    ),
    // IAM has no such action; and who is signed on is not written here, nor is a domain deleted.
    (ec2_transit_gateway::NAME, &["ec2:ModifyTransitGatewayOptions"]),
    // Whoever may use the key may end its grant.
    (ecr_repository::NAME, &["kms:RetireGrant"]),
    (
        datazone_domain::NAME,
        &[
            "datazone:DeleteDomain",
            "sso:CreateApplication",
            "sso:CreateApplicationAssignment",
            "sso:CreateManagedApplicationInstance",
            "sso:DeleteApplication",
            "sso:DeleteApplicationAssignment",
            "sso:DeleteManagedApplicationInstance",
            "sso:ListInstances",
            "sso:PutApplicationAccessScope",
            "sso:PutApplicationAssignmentConfiguration",
            "sso:PutApplicationAuthenticationMethod",
            "sso:PutApplicationGrant",
        ],
    ),
    (ec2_vpc_gateway_attachment::NAME, &["ec2:AttachVpnGateway", "ec2:DetachVpnGateway"]),
    (
        logs_log_group::NAME,
        &[
            // The registry names an action that IAM does not have.
            "s3:REST.PUT.OBJECT",
            "firehose:TagDeliveryStream",
            "logs:CreateLogDelivery",
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteIndexPolicy",
            "logs:DeleteResourcePolicy",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutResourcePolicy",
        ],
    ),
    (
        sns_topic::NAME,
        &[
            "iam:GetRole",
            "iam:PassRole",
            "sns:PutDataProtectionPolicy",
            "sns:Subscribe",
            "sns:Unsubscribe",
        ],
    ),
    // It is never deleted.
    (config_configuration_recorder::NAME, &["config:DeleteConfigurationRecorder"]),
    // Who has a policy is said by the roles, and one that somebody has stays.
    (
        iam_managed_policy::NAME,
        &[
            "iam:AttachGroupPolicy",
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:DetachGroupPolicy",
            "iam:DetachRolePolicy",
            "iam:DetachUserPolicy",
        ],
    ),
    // A role keeps its boundary, and so does a permission set.
    (iam_role::NAME, &["iam:DeleteRolePermissionsBoundary"]),
    (sso_permission_set::NAME, &["sso:DeletePermissionsBoundaryFromPermissionSet"]),
    // None is deleted.
    (organizations_organizational_unit::NAME, &["organizations:DeleteOrganizationalUnit"]),
    // No manifest names a key: palisade decrypts nothing.
    (
        bedrock_guardrail::NAME,
        &[
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:RetireGrant",
        ],
    ),
    // Only an analyzer of an organization needs them.
    (
        accessanalyzer_analyzer::NAME,
        &[
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:ListDelegatedAdministrators",
        ],
    ),
    // What is in a share is not written here.
    (
        ram_resource_share::NAME,
        &[
            "ram:AssociateResourceShare",
            "ram:AssociateResourceSharePermission",
            "ram:DisassociateResourceShare",
            "ram:GetPermission",
        ],
    ),
    // Control Tower's own policies cannot be told from others in a condition.
    (
        controltower_enabled_control::NAME,
        &[
            "organizations:AttachPolicy",
            "organizations:CreatePolicy",
            "organizations:DeletePolicy",
            "organizations:DescribePolicy",
            "organizations:DetachPolicy",
            "organizations:ListPoliciesForTarget",
            "organizations:ListTargetsForPolicy",
            "organizations:UpdatePolicy",
        ],
    ),
];

#[test]
fn the_grants_are_the_permissions_of_the_handlers_but_for_what_no_manifest_can_name() {
    for of in types::all() {
        let granted: BTreeSet<&str> = of
            .overlay
            .operations
            .rows
            .iter()
            .flat_map(crate::operations::Operation::grants)
            .map(|it| it.action)
            .collect();
        let excused = WITHOUT.iter().find(|it| it.0 == of.facts.name).map_or(&[][..], |it| it.1);
        let is_excused = |action: &str| {
            excused.contains(&action)
                || action.starts_with("s3tables:") && of.facts.name == s3_bucket::NAME
        };
        let handlers = of.facts.permissions.iter();
        let handlers = handlers.filter(|(handler, _)| {
            *handler != "list" || of.overlay.invented || of.is_tagged_without_arn()
        });
        for (handler, actions) in handlers {
            for action in actions {
                // Services are named in whatever case.
                let (service, name) = action.split_once(':').expect("an action");
                let action = &format!("{}:{name}", service.to_lowercase());
                assert!(
                    granted.contains(action.as_str()) != is_excused(action),
                    "{} {handler}: {action}",
                    of.facts.name
                );
            }
        }
        let deletes = of.overlay.operations.rows.iter().any(|row| row.mode == Mode::Destroy);
        assert_eq!(deletes, of.overlay.removal != Removal::Never, "{}", of.facts.name);
    }
}

#[test]
fn what_nobody_could_see_or_set_is_refused_with_its_place_and_a_way_out() {
    let problems = |name: &str, properties: Value| {
        resolve(name, &json!({"properties": properties})).expect_err("invalid")
    };
    assert_eq!(
        problems(
            s3_bucket::NAME,
            json!({
                "BucketName": "b",
                "Arn": "arn:aws:s3:::b",
                "AccessControl": "PublicRead",
                "Tags": [],
                "WebsiteConfigurtion": null,
                "LifecycleConfiguration": {"Rules": [{"Transition": {}}]},
            })
        ),
        [
            "properties.Arn: AWS fills it in: nobody can set it (leave it out)",
            "properties.AccessControl: AWS never returns it, so that nobody could see whether it \
             is as wanted (leave it out)",
            "properties.Tags: is where tags are in AWS (write the tags in `spec.tags`: those that \
             others set stay)",
            "properties.WebsiteConfigurtion: the type has no property `WebsiteConfigurtion` \
             there (did you mean `WebsiteConfiguration`?)",
            "properties.LifecycleConfiguration.Rules[0].Transition: AWS never returns it, so that \
             nobody could see whether it is as wanted (leave it out)",
        ]
    );
    assert_eq!(
        problems(s3_bucket::NAME, json!({})),
        ["properties.BucketName: is missing; AWS creates none without it"]
    );
    let [why] = &problems(ec2_vpc::NAME, json!({"VpcEncryptionControl": {"Mode": "enforce"}}))[..]
    else {
        panic!("one")
    };
    assert!(why.contains("nobody could see what is encrypted"), "{why}");
}

#[test]
fn a_bucket_as_aws_fills_it_in_is_as_wanted() {
    let wanted = json!({
        "BucketName": "b",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": true},
        "WebsiteConfiguration": null,
    });
    let live = json!({
        "BucketName": "b",
        "Arn": "arn:aws:s3:::b",
        "AbacStatus": "Disabled",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{
            "BucketKeyEnabled": false,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}
        }]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": "true",
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true
        },
    });
    assert_eq!(risks(s3_bucket::NAME, wanted, live), []);
}

#[test]
fn a_path_without_a_word_loosens_and_a_safe_value_tightens() {
    let block = |flag: bool| json!({"BlockPublicAcls": flag, "BlockPublicPolicy": true});
    let bucket = |flag| json!({"BucketName": "b", "PublicAccessBlockConfiguration": block(flag)});
    let path = "properties.PublicAccessBlockConfiguration.BlockPublicAcls".to_owned();
    assert_eq!(
        risks(s3_bucket::NAME, bucket(true), bucket(false)),
        [(path.clone(), Risk::TIGHTENS)]
    );
    assert_eq!(risks(s3_bucket::NAME, bucket(false), bucket(true)), [(path, Risk::LOOSENS)]);
    let cors = json!({"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]});
    assert_eq!(
        risks(
            s3_bucket::NAME,
            json!({"BucketName": "b", "CorsConfiguration": cors}),
            json!({"BucketName": "b"})
        ),
        [("properties.CorsConfiguration".to_owned(), Risk::LOOSENS)]
    );
    assert_eq!(
        risks(ec2_vpc::NAME, json!({"EnableDnsSupport": false}), json!({"EnableDnsSupport": true})),
        [("properties.EnableDnsSupport".to_owned(), Risk::NEUTRAL.cutting_connections())]
    );
}

#[test]
fn rules_that_delete_objects_ask_for_consent() {
    let rules = json!({"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 1}]});
    let found = risks(
        s3_bucket::NAME,
        json!({"BucketName": "b", "LifecycleConfiguration": rules}),
        json!({"BucketName": "b"}),
    );
    assert!(found[0].1.disrupts(), "{found:?}");
}

#[test]
fn a_public_subnet_loosens_and_a_trail_that_records_less_does() {
    let subnet = |public: bool| json!({"VpcId": "vpc-1", "MapPublicIpOnLaunch": public});
    let path = "properties.MapPublicIpOnLaunch".to_owned();
    let name = ec2_subnet::NAME;
    assert_eq!(risks(name, subnet(false), subnet(true)), [(path.clone(), Risk::TIGHTENS)]);
    assert_eq!(risks(name, subnet(true), subnet(false)), [(path, Risk::LOOSENS)]);
    let trail = |logs: bool, types: &[&str]| {
        let selectors = types.iter().map(|kind| {
            json!({"Name": kind, "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": [kind]}
            ]})
        });
        json!({
            "TrailName": "all", "S3BucketName": "b", "IsLogging": logs,
            "AdvancedEventSelectors": selectors.collect::<Vec<_>>()
        })
    };
    let name = cloudtrail_trail::NAME;
    let one = |want, have| {
        let found = risks(name, want, have);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].1
    };
    assert_eq!(one(trail(true, &["a"]), trail(false, &["a"])), Risk::TIGHTENS);
    assert_eq!(one(trail(true, &["a", "b"]), trail(true, &["a"])), Risk::TIGHTENS);
    assert_eq!(one(trail(true, &["a"]), trail(true, &["a", "b"])), Risk::LOOSENS);
    assert_eq!(one(trail(true, &["a"]), trail(true, &["b"])), Risk::REPLACES);
}

#[test]
fn events_that_are_deleted_sooner_ask_for_consent() {
    let group = |days: Value| json!({"LogGroupName": "/ml/flow", "RetentionInDays": days});
    let one = |want, have| risks(logs_log_group::NAME, group(want), group(have))[0].1;
    assert!(one(json!(30), json!(365)).disrupts());
    assert!(one(json!(30), json!(null)).disrupts());
    assert_eq!(one(json!(365), json!(30)), Risk::NEUTRAL);
    assert_eq!(one(json!(null), json!(30)), Risk::NEUTRAL);
}

#[test]
fn an_identifier_that_aws_makes_of_a_name_is_found_in_an_arn_and_the_other_way_round() {
    let facts = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let topic = types::get(sns_topic::NAME).expect("a type");
    let arn = "arn:aws:sns:eu-west-1:111122223333:alerts";
    assert_eq!(topic.id_of("alerts", &facts).as_deref(), Some(arn));
    assert_eq!(topic.key_of(arn, &facts).as_deref(), Some("alerts"));
    assert_eq!(topic.arn_of(arn, &facts).as_deref(), Some(arn));
    assert_eq!(topic.id_in(arn, &facts).as_deref(), Some(arn));
    assert_eq!(topic.id_in(&format!("{arn}:0123"), &facts), None, "a subscription");
    let group = types::get(logs_log_group::NAME).expect("a type");
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/ml/flow";
    assert_eq!(group.arn_of("/ml/flow", &facts).as_deref(), Some(arn));
    assert_eq!(group.id_in(arn, &facts).as_deref(), Some("/ml/flow"));
    assert_eq!(group.id_in(&format!("{arn}:log-stream:x"), &facts), None);
    let address = types::get(ec2_eip::NAME).expect("a type");
    let arn = "arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-1";
    assert_eq!(address.arn_of("198.51.100.7|eipalloc-1", &facts).as_deref(), Some(arn));
    assert_eq!(address.id_in(arn, &facts), None, "the index does not say the address");
    let attachment = types::get(ec2_vpc_gateway_attachment::NAME).expect("a type");
    assert_eq!(attachment.id_of("vpc-1", &facts).as_deref(), Some("IGW|vpc-1"));
}

#[test]
fn what_a_name_is_made_of_is_asked_for() {
    let problems = |name: &str, properties: Value| {
        resolve(name, &json!({"properties": properties})).expect_err("invalid")
    };
    assert_eq!(
        problems(sns_topic::NAME, json!({})),
        ["properties.TopicName: is missing; AWS creates none without it"]
    );
    let [why] = &problems(
        cloudtrail_trail::NAME,
        json!({
            "TrailName": "all", "S3BucketName": "b", "IsLogging": true,
            "EventSelectors": [{"ReadWriteType": "All"}],
            "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory"}]}]
        }),
    )[..] else {
        panic!("one")
    };
    assert!(why.contains("AWS accepts `EventSelectors` or `AdvancedEventSelectors`"), "{why}");
}

#[test]
fn what_is_fixed_is_shown_and_never_sent() {
    let [edit] = &edits(
        ec2_vpc::NAME,
        json!({"CidrBlock": "10.1.0.0/16"}),
        json!({"CidrBlock": "10.0.0.0/16"}),
    )[..] else {
        panic!("one")
    };
    assert!(edit.risk.impossible);
    assert_eq!(edit.summary, "change properties.CidrBlock, which AWS cannot do in place");
}

#[test]
fn all_edits_of_a_resource_are_one_call() {
    let live = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": false});
    let all =
        edits(ec2_vpc::NAME, json!({"EnableDnsSupport": true, "EnableDnsHostnames": true}), live);
    assert_eq!(of(ec2_vpc::NAME).calls(&all).expect("edits").len(), 1);
    assert_eq!(all.len(), 2);
}

#[test]
fn parameters_of_a_config_rule_are_one_json_document_whose_values_are_texts() {
    let rule = |parameters: Value| {
        json!({
            "ConfigRuleName": "r",
            "Source": {"Owner": "AWS", "SourceIdentifier": "X"},
            "InputParameters": parameters
        })
    };
    let live = rule(json!("{\"tag1Key\":\"team\",\"max\":\"7\"}"));
    let wanted = rule(json!({"max": 7, "tag1Key": "team"}));
    assert_eq!(risks(config_config_rule::NAME, wanted, live.clone()), []);
    let other = rule(json!({"max": 8, "tag1Key": "team"}));
    let found = risks(config_config_rule::NAME, other, live);
    assert_eq!(found, [("properties.InputParameters".to_owned(), Risk::LOOSENS)]);
}

#[test]
fn the_identifier_is_the_natural_key_where_the_manifest_says_it() {
    let keys = |name: &str, properties: Value| {
        let want = resolve(name, &json!({"properties": properties})).expect("valid");
        of(name).natural_keys(&want).expect("a state")
    };
    assert_eq!(keys(s3_bucket::NAME, json!({"BucketName": "b"})), ["b"]);
    assert_eq!(keys(ec2_vpc::NAME, json!({"CidrBlock": "10.0.0.0/16"})), [""; 0]);
}

#[test]
fn every_plan_of_a_type_says_what_nobody_can_see() {
    for of in types::all() {
        let notes = table(of).notes(&json!({}));
        let sent = of.overlay.resent.iter().map(|path| super::facts::unseen_note(path));
        let blind = of.overlay.blind.iter().map(|it| (*it).to_owned());
        assert_eq!(notes, blind.chain(sent).collect::<Vec<_>>(), "{}", of.facts.name);
    }
    let notes = of(s3_bucket::NAME).notes(&json!({}));
    assert!(notes[0].contains("AccessControl"), "{notes:?}");
}

#[test]
fn what_is_read_in_turn_has_tags_and_nothing_that_gives_access() {
    for of in types::all().filter(|of| of.overlay.reads == super::overlay::Reads::InTurn) {
        assert!(of.overlay.tags.is_some(), "{}: the index does not show it", of.facts.name);
        assert!(of.overlay.policies.is_empty(), "{}: a policy gives access", of.facts.name);
        use super::overlay::Says::{Judged, Safe, Watches};
        let mut says = of.overlay.words.iter().map(|(_, says)| says);
        let tightens = says.any(|it| matches!(it, Safe(_) | Watches(_) | Judged(_)));
        assert!(!tightens, "{}: a value of it is safer than another", of.facts.name);
    }
}

#[test]
fn every_policy_of_a_type_is_judged_by_whom_it_locks_out() {
    for of in types::all() {
        let documents = of.overlay.policies.iter();
        let guarded = documents.filter(|(_, dialect)| *dialect == Dialect::BucketPolicy).count();
        assert!(guarded == 0 || of.overlay.reach.is_some(), "{}", of.facts.name);
    }
}

#[test]
fn stopping_a_recorder_loosens_and_starting_it_tightens() {
    let recorder = |recording: bool| {
        json!({
            "type": config_configuration_recorder::NAME,
            "properties": {"Name": "default", "RoleARN": "arn:aws:iam::111122223333:role/config"},
            "recording": recording, "partition": "aws", "account": "111122223333"
        })
    };
    let of = of(config_configuration_recorder::NAME);
    let edits = |want: bool, have: bool| {
        let all = of.diff(&recorder(want), &recorder(have)).expect("states");
        all.into_iter().map(|edit| (edit.summary, edit.risk)).collect::<Vec<_>>()
    };
    assert_eq!(edits(true, false), [("start recording".to_owned(), Risk::TIGHTENS)]);
    assert_eq!(edits(false, true), [("stop recording".to_owned(), Risk::LOOSENS)]);
    assert_eq!(edits(true, true), []);
}

#[test]
fn a_recorder_that_records_less_loosens() {
    let recorder = |all: bool| {
        json!({
            "Name": "default",
            "RoleARN": "arn:aws:iam::111122223333:role/config",
            "RecordingGroup": {"AllSupported": all}
        })
    };
    let path = "properties.RecordingGroup.AllSupported".to_owned();
    let name = config_configuration_recorder::NAME;
    assert_eq!(risks(name, recorder(true), recorder(false)), [(path.clone(), Risk::TIGHTENS)]);
    assert_eq!(risks(name, recorder(false), recorder(true)), [(path, Risk::LOOSENS)]);
}

#[test]
fn of_two_properties_that_exclude_each_other_a_manifest_names_one() {
    let website = json!({"IndexDocument": "a", "RedirectAllRequestsTo": {"HostName": "b"}});
    let rules = json!({"Rules": [
        {"Status": "Enabled", "ExpirationInDays": 1, "ExpirationDate": "2030-01-01T00:00:00Z"}
    ]});
    let spec = json!({"properties": {
        "BucketName": "b", "WebsiteConfiguration": website, "LifecycleConfiguration": rules
    }});
    assert_eq!(
        resolve(s3_bucket::NAME, &spec).expect_err("invalid"),
        [
            "properties.WebsiteConfiguration.RedirectAllRequestsTo: AWS accepts `IndexDocument` \
             or `RedirectAllRequestsTo` (leave one of them out)",
            "properties.LifecycleConfiguration.Rules[0].ExpirationDate: AWS accepts \
             `ExpirationInDays` or `ExpirationDate` (leave one of them out)",
        ]
    );
}

#[test]
fn what_stands_in_place_of_what_is_wanted_is_removed_with_the_same_call() {
    let redirect = json!({"RedirectAllRequestsTo": {"HostName": "b"}});
    let found = edits(
        s3_bucket::NAME,
        json!({"BucketName": "b", "WebsiteConfiguration": redirect}),
        json!({"BucketName": "b", "WebsiteConfiguration": {"IndexDocument": "a"}}),
    );
    let keys: Vec<_> = found.iter().map(|edit| edit.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "properties.WebsiteConfiguration.IndexDocument",
            "properties.WebsiteConfiguration.RedirectAllRequestsTo"
        ]
    );
    assert_eq!(of(s3_bucket::NAME).calls(&found).expect("edits").len(), 1);
}

#[test]
fn every_type_can_be_read_changed_and_deleted_and_has_tags_from_the_start() {
    for of in types::all() {
        for handler in ["create", "read", "update", "delete"] {
            assert!(
                of.facts.handlers.iter().any(|it| it == handler),
                "{} {handler}",
                of.facts.name
            );
        }
        if let Some(tags) = &of.facts.tags {
            assert!(tags.on_create, "{}", of.facts.name);
            let fixed = of.overlay.operations.fixed_tags;
            assert_eq!(tags.updatable, !fixed, "{}", of.facts.name);
        }
    }
}

#[test]
fn no_type_requires_what_nobody_can_see() {
    for of in types::all() {
        let hidden = of.facts.required.iter().find(|name| of.facts.write_only.contains(name));
        assert_eq!(hidden, None, "{}", of.facts.name);
    }
}

/// A live role, as AWS returns it: with what it fills in.
fn live_role() -> Value {
    json!({
        "RoleName": "jobs", "Path": "/ml/", "Arn": "arn:aws:iam::111122223333:role/ml/jobs",
        "RoleId": "AROA0123456789ABCDEF0", "Description": "", "MaxSessionDuration": 3600,
        "PermissionsBoundary": "arn:aws:iam::111122223333:policy/b",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole"
        }]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"],
        "Policies": [
            {"PolicyName": "a", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
            ]}},
            {"PolicyName": "b", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
            ]}}
        ],
    })
}

/// What a manifest says of it, in another order and spelling.
fn said_role() -> Value {
    json!({
        "RoleName": "jobs", "Path": "/ml/", "MaxSessionDuration": "3600",
        "PermissionsBoundary": "arn:aws:iam::111122223333:policy/b",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": ["sagemaker.amazonaws.com"]},
            "Action": ["sts:AssumeRole"]
        }},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A"],
        "Policies": [
            {"PolicyName": "b", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": ["s3:PutObject"], "Resource": ["*"]}
            ]}},
            {"PolicyName": "a", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
            ]}}
        ],
    })
}

#[test]
fn a_role_as_aws_returns_it_is_as_wanted_in_whatever_order_and_spelling() {
    assert_eq!(risks(iam_role::NAME, said_role(), live_role()), []);
}

#[test]
fn what_changes_a_role_is_judged_by_what_it_gives() {
    let changed = |path: &str, value: Value| {
        let mut wanted = said_role();
        *wanted.pointer_mut(path).expect("a path") = value;
        let found = risks(iam_role::NAME, wanted, live_role());
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        found[0].1
    };
    let trust = "/AssumeRolePolicyDocument/Statement/Principal";
    assert_eq!(
        changed(trust, json!({"Service": ["sagemaker.amazonaws.com", "glue.amazonaws.com"]})),
        Risk::LOOSENS
    );
    assert_eq!(
        changed("/Policies/1/PolicyDocument/Statement/0/Action", json!("s3:*")),
        Risk::LOOSENS
    );
    assert_eq!(
        changed("/Policies/0/PolicyDocument/Statement/0/Action", json!("s3:*")),
        Risk::TIGHTENS
    );
    assert_eq!(changed("/ManagedPolicyArns", json!([])), Risk::TIGHTENS);
    assert_eq!(changed("/MaxSessionDuration", json!(43_200)), Risk::LOOSENS);
    assert!(changed("/Path", json!("/ml/x/")).impossible);
}

#[test]
fn a_trust_policy_is_checked_as_iam_checks_it() {
    let problems = |name: &str, value: Value| {
        let mut wanted = said_role();
        wanted["AssumeRolePolicyDocument"]["Statement"][name] = value;
        let problems =
            resolve(iam_role::NAME, &json!({"properties": wanted})).expect_err("invalid");
        problems.join("; ")
    };
    for (name, value, says) in [
        ("Resource", json!("*"), "Statement.Resource: a trust policy is about its own role"),
        (
            "Action",
            json!("s3:GetObject"),
            "Statement.Action: a trust policy is about actions of STS",
        ),
        ("Action", json!("*"), "actions of STS only"),
        ("Principal", json!({"AWS": "x"}), "neither an account nor the ARN"),
        ("Principal", json!({"Service": "sagemaker"}), "not the name of a service"),
        ("Principal", json!("*"), "allows every AWS account"),
    ] {
        let found = problems(name, value);
        assert!(found.contains(says), "{name}: {found}");
    }
    let mut federated = said_role();
    federated["AssumeRolePolicyDocument"]["Statement"]["Principal"] =
        json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/example.com"});
    federated["AssumeRolePolicyDocument"]["Statement"]["Action"] =
        json!("sts:AssumeRoleWithWebIdentity");
    assert!(resolve(iam_role::NAME, &json!({"properties": federated})).is_ok());
}

/// No text of a policy leaves a plan unmarked, whether it comes, goes or changes.
#[test]
fn a_plan_quotes_a_policy_that_is_added_and_one_that_is_removed() {
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "ecr:BatchGetImage"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let with = |policy: &Value| json!({"RepositoryName": "images", "RepositoryPolicyText": policy});
    for (wanted, live, head) in [
        (&policy, &Value::Null, "+ properties.RepositoryPolicyText: a policy"),
        (&Value::Null, &policy, "- properties.RepositoryPolicyText: a policy"),
    ] {
        let [edit] = &edits(ecr_repository::NAME, with(wanted), with(live))[..] else {
            panic!("one")
        };
        let first = &edit.lines[0];
        assert_eq!(format!("{} {}", first.sign.as_char(), first.text), head);
        let told = edit.lines.iter().filter(|line| line.text.contains("ecr:"));
        let told: Vec<_> = told.collect();
        assert!(!told.is_empty() && told.iter().all(|line| line.quotes), "{told:?}");
    }
}

#[test]
fn a_plan_shows_inline_policies_by_their_names_and_quotes_what_they_say() {
    let mut wanted = said_role();
    let others = json!([
        {"PolicyName": "a", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        ]}},
        {"PolicyName": "c", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        ]}}
    ]);
    wanted["Policies"] = others;
    let [edit] = &edits(iam_role::NAME, wanted, live_role())[..] else { panic!("one") };
    let heads: Vec<String> = edit
        .lines
        .iter()
        .filter(|line| !line.text.starts_with(' '))
        .map(|line| format!("{} {}", line.sign.as_char(), line.text))
        .collect();
    assert_eq!(
        heads,
        [
            "~ properties.Policies[a]: a policy -> another policy",
            "- properties.Policies[b]: a policy",
            "+ properties.Policies[c]: a policy",
        ]
    );
    let told = |line: &&crate::kind::Line| line.text.contains("s3:") || line.text.contains("sqs:");
    let told: Vec<_> = edit.lines.iter().filter(told).collect();
    assert!(!told.is_empty() && told.iter().all(|line| line.quotes), "{told:?}");
}

#[test]
fn what_stops_watching_loosens_and_needs_consent() {
    let detector = |enable: bool, status: &str| {
        let features = json!([{"Name": "S3_DATA_EVENTS", "Status": status}]);
        json!({"Id": "d", "Enable": enable, "Features": features})
    };
    let wanted = |enable: bool, status: &str| {
        let mut all = detector(enable, status);
        all.as_object_mut().expect("an object").shift_remove("Id");
        all
    };
    let judged = |want, have| risks(guardduty_detector::NAME, want, have);
    let found = judged(wanted(false, "ENABLED"), detector(true, "ENABLED"));
    assert!(found[0].1.opens && found[0].1.disrupts(), "{found:?}");
    let found = judged(wanted(true, "DISABLED"), detector(true, "ENABLED"));
    assert!(found[0].1.opens && found[0].1.disrupts(), "{found:?}");
    let found = judged(wanted(true, "ENABLED"), detector(false, "DISABLED"));
    assert!(found.iter().all(|(_, risk)| *risk == Risk::TIGHTENS), "{found:?}");
}

#[test]
fn a_part_of_a_feature_that_is_switched_on_again_waits_for_nobody() {
    let feature = |status: &str| {
        let more = json!([{"Name": "EKS_ADDON_MANAGEMENT", "Status": status}]);
        json!([{"Name": "RUNTIME_MONITORING", "Status": "ENABLED", "AdditionalConfiguration": more}])
    };
    let judged = |want: &str, have: &str| {
        let want = json!({"Enable": true, "Features": feature(want)});
        let have = json!({"Id": "d", "Enable": true, "Features": feature(have)});
        risks(guardduty_detector::NAME, want, have).into_iter().map(|(_, risk)| risk)
    };
    assert!(judged("ENABLED", "DISABLED").all(|risk| risk == Risk::TIGHTENS));
    let off: Vec<_> = judged("DISABLED", "ENABLED").collect();
    assert!(!off.is_empty() && off.iter().all(|risk| risk.opens && risk.disrupts()), "{off:?}");
}

#[test]
fn a_rule_of_events_that_sees_less_loosens() {
    let rule = |state: &str| json!({"Name": "r", "State": state});
    let judged = |want, have| risks(events_rule::NAME, rule(want), rule(have))[0].1;
    let all = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
    assert_eq!(judged("DISABLED", "ENABLED"), Risk::LOOSENS);
    assert_eq!(judged("ENABLED", all), Risk::LOOSENS);
    assert_eq!(judged(all, "DISABLED"), Risk::TIGHTENS);
}

#[test]
fn messages_that_are_deleted_sooner_ask_for_consent_also_by_default() {
    let queue = |time: Value| json!({"QueueName": "q", "MessageRetentionPeriod": time});
    let judged = |want, have| risks(sqs_queue::NAME, queue(want), queue(have));
    let found = judged(Value::Null, json!(1_209_600));
    assert!(found.iter().any(|(_, risk)| risk.disrupts()), "four days are the default: {found:?}");
    let found = judged(json!(1_209_600), json!(345_600));
    assert!(found.iter().all(|(_, risk)| *risk == Risk::NEUTRAL), "{found:?}");
}

#[test]
fn features_that_a_manifest_does_not_name_are_not_compared() {
    let feature = |name: &str| json!({"Name": name, "Status": "ENABLED"});
    let live = json!({
        "Id": "d", "Enable": true,
        "Features": [feature("EKS_AUDIT_LOGS"), feature("S3_DATA_EVENTS")],
    });
    let wanted = json!({"Enable": true, "Features": [feature("S3_DATA_EVENTS")]});
    assert_eq!(risks(guardduty_detector::NAME, wanted, live), []);
}

/// Words of which none is in the name of what AWS never returns and a manifest may say.
const SECRETS: [&str; 6] =
    ["Password", "Secret", "Token", "PrivateKey", "Credential", "Certificate"];

#[test]
fn what_is_sent_unseen_is_no_secret_and_can_be_sent_with_every_change() {
    for of in types::all() {
        let name = of.facts.name.as_str();
        for path in of.overlay.resent {
            assert!(of.facts.write_only.iter().any(|it| it == path), "{name}: AWS returns {path}");
            let blocks = |fixed: &String| fixed.starts_with(path) || path.starts_with(&**fixed);
            assert!(!of.facts.create_only.iter().any(blocks), "{name}: {path} is fixed");
            assert!(!path.contains('*'), "{name}: {path} is in a list");
            assert!(!SECRETS.iter().any(|it| path.contains(it)), "{name}: {path} is a secret");
            // Tags that are a property are written without knowing what a manifest says.
            assert!(!of.is_tagged_without_arn(), "{name}: its tags would remove {path}");
        }
    }
}

fn domain(service: &str, description: &str) -> Value {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    json!({
        "Name": "ml", "DomainVersion": "V2", "Description": description,
        "DomainExecutionRole": role("execution"), "ServiceRole": role(service)
    })
}

fn domain_as_seen(description: &str) -> Value {
    let mut live = domain("", description);
    live.as_object_mut().expect("an object").shift_remove("ServiceRole");
    live
}

#[test]
fn what_aws_never_returns_is_no_difference_and_goes_with_every_other_change() {
    let name = datazone_domain::NAME;
    assert_eq!(risks(name, domain("b", "x"), domain_as_seen("x")), []);
    let [edit] = &edits(name, domain("b", "x"), domain_as_seen("y"))[..] else { panic!("one") };
    let edit: LeafEdit = change(edit);
    let live = domain_as_seen("y");
    let patch = super::patch::patch(
        &types::get(name).expect("a type").properties,
        live.as_object().expect("an object"),
        &[edit],
    );
    assert_eq!(
        json!(patch),
        json!([
            {"op": "test", "path": "/Description", "value": "y"},
            {"op": "add", "path": "/Description", "value": "x"},
            {"op": "add", "path": "/ServiceRole", "value": "arn:aws:iam::111122223333:role/b"}
        ])
    );
}

fn change(edit: &Edit) -> LeafEdit {
    let crate::kind::erased::EditBody::Change(change) = &edit.body else { panic!("a change") };
    serde_json::from_value(change.clone()).expect("an edit of a leaf")
}

#[test]
fn of_what_aws_never_returns_nobody_can_say_that_there_is_none() {
    let mut none = domain("b", "x");
    none["ServiceRole"] = json!(null);
    let problems = resolve(datazone_domain::NAME, &json!({"properties": none}));
    assert_eq!(
        problems.expect_err("invalid"),
        ["properties.ServiceRole: AWS never returns it, so that nobody could see whether there \
             is none (leave it out)"]
    );
}

#[test]
fn a_role_that_nobody_sees_afterwards_counts_when_a_domain_is_made() {
    let want = resolve(datazone_domain::NAME, &json!({"properties": domain("b", "x")}));
    let want = want.expect("valid");
    let risk = of(datazone_domain::NAME).risk_of_creating(&want).expect("a state");
    assert!(risk.opens, "{risk:?}");
}

#[test]
fn a_json_document_that_aws_takes_as_a_text_may_be_written_as_an_object() {
    let rules = json!({"rules": [{"rulePriority": 1, "action": {"type": "expire"}}]});
    let said = |policy: Value| json!({"RepositoryName": "images", "LifecyclePolicy": {"LifecyclePolicyText": policy}});
    let name = ecr_repository::NAME;
    assert_eq!(risks(name, said(rules.clone()), said(json!(rules.to_string()))), []);
    let [edit] = &edits(name, said(rules.clone()), json!({"RepositoryName": "images"}))[..] else {
        panic!("one")
    };
    let sent = change(edit).new["LifecyclePolicyText"].clone();
    assert_eq!(serde_json::from_str::<Value>(sent.as_str().expect("a text")).ok(), Some(rules));
}

#[test]
fn a_name_that_aws_may_write_otherwise_is_in_small_letters() {
    let said = |name: &str| json!({"properties": {"ModelPackageGroupName": name}});
    let name = sagemaker_model_package_group::NAME;
    let found = resolve(name, &said("Churn")).expect_err("invalid").join("; ");
    assert!(found.contains("properties.ModelPackageGroupName"), "{found}");
    assert!(resolve(name, &said("churn")).is_ok());
}

#[test]
fn a_trail_that_does_not_log_is_no_wish() {
    for off in [json!(false), json!("false")] {
        let said = json!({"TrailName": "all", "S3BucketName": "b", "IsLogging": off});
        let found = resolve(cloudtrail_trail::NAME, &json!({"properties": said}));
        let found = found.expect_err("invalid").join("; ");
        assert!(found.contains("properties.IsLogging: palisade stops no trail"), "{found}");
    }
}
