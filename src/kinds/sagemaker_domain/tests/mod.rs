//! The specification of domains, in sentences.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{State, aws, table};
use crate::{
    kind::{
        Invalid, Known, Refs, Resolution, ScopeFacts,
        erased::{Edit, EditBody, ErasedKind as _},
        table::{LeafEdit, Tree, tests::laws, tree},
    },
    model::Risk,
};

pub(super) mod examples;

pub(super) fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

/// Resolves a spec, in recording mode if it has references.
pub(super) fn resolve(spec: &Value) -> (Result<Value, String>, Resolution) {
    let (scope, known) = (scope(), Known::default());
    let mut refs = Refs::new(&scope, "studio", &known);
    let resolved = table().resolve(spec, &mut refs).map(|resolved| resolved.state);
    let messages = |problems: Vec<Invalid>| {
        let line = |Invalid { field, why, help }: Invalid| {
            format!("{field}: {why}{}", help.map_or(String::new(), |help| format!(" ({help})")))
        };
        problems.into_iter().map(line).collect::<Vec<_>>().join("\n")
    };
    (resolved.map_err(messages), refs.finish())
}

fn least() -> Value {
    json!({
        "authMode": "SSO", "vpc": "vpc-10000000", "subnets": ["subnet-20000000", "subnet-10000000"],
        "defaultUserSettings": {"securityGroups": ["sg-10000000"]},
    })
}

/// `least` with these leaves changed.
fn with(changes: Value) -> Value {
    let mut spec = least();
    merge(&mut spec, changes);
    spec
}

pub(super) fn merge(into: &mut Value, from: Value) {
    match from {
        Value::Object(map) if into.is_object() => {
            for (key, inner) in map {
                merge(&mut into[key.as_str()], inner);
            }
        }
        other => *into = other,
    }
}

fn problems(spec: &Value) -> String {
    resolve(spec).0.expect_err("refused")
}

fn state(members: Value) -> Value {
    tree::canonical(members)
}

fn live(changes: Value) -> Value {
    let mut members = json!({
        "domainName": "studio", "authMode": "SSO", "vpc": "vpc-10000000",
        "subnets": ["subnet-10000000", "subnet-20000000"], "appNetworkAccessType": "VpcOnly",
        "kmsKey": "arn:aws:kms:eu-west-1:111122223333:key/k", "tagPropagation": "DISABLED",
        "homeEfsFileSystemCreation": "Enabled",
        "defaultUserSettings": {
            "executionRole": "arn:aws:iam::111122223333:role/studio", "securityGroups": ["sg-10000000"],
            "defaultLandingUri": "studio::", "studioWebPortal": "ENABLED",
            "spaceStorageSettings": {"defaultEbsStorageSettings": {
                "defaultEbsVolumeSizeInGb": 5, "maximumEbsVolumeSizeInGb": 100}},
            "jupyterLabAppSettings": {"defaultResourceSpec": {
                "sageMakerImageArn": "arn:aws:sagemaker:eu-west-1:1:image/echo",
                "sageMakerImageVersionAlias": "2.0", "instanceType": "ml.t3.medium"}},
        },
    });
    merge(&mut members, changes);
    state(members)
}

fn diff(want: Value, have: &Value) -> Vec<Edit> {
    table().diff(&state(want), have).expect("states")
}

/// A plan as people see it.
fn plan(edits: &[Edit]) -> String {
    let mut text = String::new();
    for edit in edits {
        text += &format!("{} [{}]\n", edit.summary, edit.risk);
        for line in &edit.lines {
            text += &format!("  {} {}\n", line.sign.as_char(), line.text);
        }
    }
    text
}

/// The edits by call, in order, with the members that each call sends.
fn calls(edits: &[Edit], have: &Value) -> Vec<Value> {
    let table = table();
    let mut now = have.clone();
    let calls = table.calls(edits).expect("edits").into_iter();
    calls
        .map(|call| {
            let leaves: Vec<LeafEdit> = call.iter().map(leaf).collect();
            let sent = aws::members(now.as_object().expect("a state"), &leaves);
            now = table.states(&now, call).expect("states").pop().expect("an edit");
            Value::Object(sent)
        })
        .collect()
}

fn leaf(edit: &Edit) -> LeafEdit {
    match &edit.body {
        EditBody::Change(body) => serde_json::from_value(body.clone()).expect("an edit"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_leaf_has_three_states() {
    let read = |spec: Value| {
        let (state, _) = resolve(&with(spec));
        state.expect("valid")["defaultUserSettings"]["codeEditorAppSettings"].clone()
    };
    let in_editor = |leaf: Value| json!({"defaultUserSettings": {"codeEditorAppSettings": leaf}});
    assert_eq!(read(in_editor(json!({}))), Value::Null);
    assert_eq!(
        read(in_editor(json!({"lifecycleConfigArns": null}))),
        json!({"lifecycleConfigArns": null})
    );
    assert_eq!(read(in_editor(json!({"customImages": []}))), json!({"customImages": []}));
    assert_eq!(
        read(in_editor(json!({"defaultResourceSpec": {"instanceType": "ml.m5.large"}}))),
        json!({"defaultResourceSpec": {"instanceType": "ml.m5.large"}})
    );
}

#[test]
fn the_wanted_state_is_canonical_and_takes_its_name_from_the_manifest() {
    let (state, _) = resolve(&with(json!({
        "kmsKey": "12345678-1234-1234-1234-123456789012",
        "domainSettings": {"trustedIdentityPropagation": "ENABLED"},
        "defaultUserSettings": {
            "codeEditorAppSettings": {"defaultResourceSpec": {"lifecycleConfigArn": "None"}},
        },
    })));
    assert_snapshot!(serde_json::to_string_pretty(&state.unwrap()).unwrap(), @r#"
    {
      "appNetworkAccessType": null,
      "appSecurityGroupManagement": null,
      "authMode": "SSO",
      "defaultUserSettings": {
        "codeEditorAppSettings": {
          "defaultResourceSpec": {
            "lifecycleConfigArn": null
          }
        },
        "securityGroups": [
          "sg-10000000"
        ]
      },
      "domainName": "studio",
      "domainSettings": {
        "trustedIdentityPropagationSettings": {
          "status": "ENABLED"
        }
      },
      "efsRetention": null,
      "homeEfsFileSystemCreation": null,
      "kmsKey": "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012",
      "subnets": [
        "subnet-10000000",
        "subnet-20000000"
      ],
      "tagPropagation": null,
      "vpc": "vpc-10000000",
      "partition": "aws",
      "account": "111122223333"
    }
    "#);
}

#[test]
fn references_are_recorded_before_anything_exists() {
    let (state, resolution) = resolve(&json!({
        "authMode": "SSO",
        "vpc": {"lookup": {"tags": {"Name": "ml"}}},
        "subnets": {"lookup": {"tags": {"tier": "private"}}},
        "kmsKey": {"ref": "studio"},
        "defaultUserSettings": {
            "securityGroups": [{"ref": "apps"}, {"ref": "net/extra"}],
            "sharingSettings": {"s3KmsKeyId": {"ref": "studio"}},
        },
        "domainSettings": {"securityGroupIds": [{"ref": "rstudio"}]},
    }));
    state.expect("placeholders are no problem");
    let asked: Vec<_> =
        resolution.asked.iter().map(|(field, address)| format!("{field} {address}")).collect();
    assert_snapshot!(asked.join("\n"), @r#"
    kmsKey prod/KmsKey/studio
    defaultUserSettings.securityGroups[0] prod/SecurityGroup/apps
    defaultUserSettings.securityGroups[1] net/SecurityGroup/extra
    defaultUserSettings.sharingSettings.s3KmsKeyId prod/KmsKey/studio
    domainSettings.securityGroupIds[0] prod/SecurityGroup/rstudio
    "#);
    assert_eq!(resolution.lookups.len(), 2);
}

#[test]
fn a_manifest_must_be_able_to_create_the_domain() {
    assert_snapshot!(problems(&json!({})), @r#"
    authMode: is required: no domain can be created without it (write SSO (IAM Identity Center) or IAM)
    vpc: is required: no domain can be created without it (write its id, or {lookup: {tags: …}})
    subnets: is required: no domain can be created without it (list their ids, or write one {lookup: {tags: …}})
    defaultUserSettings: is required: no domain can be created without it (write at least `{securityGroups: […]}`)
    "#);
}

#[test]
fn every_problem_is_reported_at_once_with_its_path() {
    let spec = with(json!({
        "domainName": "-studio-",
        "authMode": "IAM",
        "vpc": "sg-10000000",
        "subnets": ["subnet-10000000", "subnet-10000000", "snet"],
        "kmsKey": "not a key",
        "tagPropagation": null,
        "appSecurityGroupManagement": "Service",
        "defaultUserSettings": {
            "executionRole": null,
            "securityGroups": ["sg-10000000", "sg-20000000", "sg-30000000", "sg-40000000", "sg-50000000", "sg-60000000"],
            "autoMountHomeEFS": "DefaultAsDomain",
            "studioWebPortal": "DISABLED",
            "customPosixUserConfig": {"uid": 1000},
            "spaceStorageSettings": {"defaultEbsStorageSettings": {
                "defaultEbsVolumeSizeInGb": 200, "maximumEbsVolumeSizeInGb": 100}},
            "jupyterServerAppSettings": {"lifecycleConfigArns": ["script"]},
            "rStudioServerProAppSettings": {"userGroup": "R_STUDIO_ADMIN"},
            "jupyterLabAppSettings": {"appLifecycleManagement": {"idleSettings": {
                "idleTimeoutInMinutes": 30, "maxIdleTimeoutInMinutes": 20}}},
            "studioWebPortalSettings": {"hiddenInstanceTypes": ["t3.medium"]},
            "customFileSystemConfigs": [
                {"s3FileSystemConfig": {"mountPath": "/x", "s3Uri": "bucket"}},
                {"efsFileSystemConfig": {"fileSystemId": "efs-1"}},
            ],
        },
        "defaultSpaceSettings": {"jupyterServerAppSettings": {
            "codeRepositories": [{"repositoryUrl": "https://git.example.com/x"}]}},
        "domainSettings": {
            "trustedIdentityPropagation": "ENABLED",
            "trustedIdentityPropagationSettings": {"status": "ENABLED"},
            "amazonQSettings": {"status": "ENABLED", "qProfileArn": "q"},
            "dockerSettings": {"vpcOnlyTrustedAccounts": ["1234"]},
        },
    }));
    assert_snapshot!(problems(&spec), @r#"
    domainName: `-studio-` is not a domain name (1 to 63 letters and digits, with hyphens between them)
    vpc: `sg-10000000` is not an id of the form `vpc-…`
    subnets[1]: is the same as number 0
    subnets[2]: `snet` is not an id of the form `subnet-…`
    appSecurityGroupManagement: AWS accepts it only for domains with RStudio (leave it out, or set `domainSettings.rStudioServerProDomainSettings`)
    kmsKey: `not a key` is not a KMS key's ARN, id or alias (write {ref: name}, or the key's ARN)
    defaultUserSettings.executionRole: cannot be none: AWS never unsets a role (leave it out if it is not to be managed)
    defaultUserSettings.securityGroups: 6 entries, at most 5 are possible
    defaultUserSettings.jupyterServerAppSettings.defaultResourceSpec: is required with `lifecycleConfigArns` (say at least `instanceType: system`)
    defaultUserSettings.jupyterServerAppSettings.lifecycleConfigArns[0]: `script` is not an ARN (write it whole, from `arn:` on, or {ref: name})
    defaultUserSettings.rStudioServerProAppSettings.userGroup: is possible only with `accessStatus: ENABLED` (leave it out, or enable access)
    defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.idleTimeoutInMinutes: 30 is not within 60 and 525600 minutes (leave it out if it is not to be managed)
    defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.idleTimeoutInMinutes: is out of order (min ≤ timeout ≤ max)
    defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.maxIdleTimeoutInMinutes: 20 is not within 60 and 525600 minutes (leave it out if it is not to be managed)
    defaultUserSettings.spaceStorageSettings.defaultEbsStorageSettings.defaultEbsVolumeSizeInGb: is larger than `maximumEbsVolumeSizeInGb` (raise the maximum too)
    defaultUserSettings.defaultLandingUri: must lead elsewhere when `studioWebPortal` is DISABLED (say `defaultLandingUri: "app:JupyterServer:"`)
    defaultUserSettings.customPosixUserConfig.uid: 1000 is not within 10000 and 4000000 user ids (leave it out if it is not to be managed)
    defaultUserSettings.customPosixUserConfig.gid: is required: AWS accepts both or neither (name both)
    defaultUserSettings.customFileSystemConfigs[0].s3FileSystemConfig.s3Uri: `bucket` is not a location in S3 (write s3://bucket/prefix)
    defaultUserSettings.customFileSystemConfigs[1].efsFileSystemConfig.fileSystemId: `efs-1` is not a file system's id (write fs-…)
    defaultUserSettings.studioWebPortalSettings.hiddenInstanceTypes[0]: `t3.medium` is not an instance type of SageMaker (ml.t3.medium, or system)
    defaultUserSettings.autoMountHomeEFS: `DefaultAsDomain` is for user profiles (a domain says Enabled or Disabled)
    defaultSpaceSettings.jupyterServerAppSettings.codeRepositories: AWS does not accept repositories for spaces' Jupyter servers
    domainSettings.trustedIdentityPropagation: says the same as `trustedIdentityPropagationSettings`, which is there too (keep one of them)
    domainSettings.trustedIdentityPropagationSettings.status: needs `authMode: SSO` (an existing domain's authMode cannot be changed)
    domainSettings.dockerSettings.vpcOnlyTrustedAccounts[0]: `1234` is not an account id of 12 digits (write it in quotes)
    domainSettings.amazonQSettings.status: needs `authMode: SSO` (an existing domain's authMode cannot be changed)
    domainSettings.amazonQSettings.qProfileArn: `q` is not an ARN (write it whole, from `arn:` on)
    tagPropagation: cannot be none (leave it out if it is not to be managed)
    "#);
}

#[test]
fn vpc_only_requires_security_groups_even_as_the_default() {
    let groups = |access: Value| {
        let mut spec = with(json!({"defaultUserSettings": {"securityGroups": []}}));
        merge(&mut spec, access);
        resolve(&spec).0
    };
    assert!(groups(json!({"appNetworkAccessType": "VpcOnly"})).is_err());
    assert!(groups(json!({})).is_err());
    assert!(groups(json!({"appNetworkAccessType": "PublicInternetOnly"})).is_ok());
}

#[test]
fn rstudio_requires_its_role_and_security_groups_managed_by_the_service() {
    let rstudio = |role: Value, rest: Value| {
        let mut spec = with(json!({"domainSettings": {"rStudioServerProDomainSettings": role}}));
        merge(&mut spec, rest);
        resolve(&spec).0
    };
    let role = json!({"domainExecutionRoleArn": "arn:aws:iam::111122223333:role/r"});
    assert!(rstudio(role.clone(), json!({"appSecurityGroupManagement": "Service"})).is_ok());
    for (role, rest, says) in [
        (role.clone(), json!({}), "needs `Service`"),
        (role, json!({"appSecurityGroupManagement": "Customer"}), "needs `Service`"),
        (
            json!({"rStudioConnectUrl": "https://x"}),
            json!({"appSecurityGroupManagement": "Service"}),
            "RStudio runs with this role",
        ),
    ] {
        let problems = rstudio(role, rest).expect_err("refused");
        assert!(problems.contains(says), "{problems}");
    }
}

#[test]
fn an_unknown_or_misspelt_field_is_refused_with_its_path() {
    let spec = with(json!({"defaultUserSettings": {"sharingSettings": {"s3KmsKey": "x"}}}));
    assert_snapshot!(problems(&spec), @r#"defaultUserSettings.sharingSettings.s3KmsKey: unknown field `s3KmsKey`, expected one of `notebookOutputOption`, `s3OutputPath`, `s3KmsKeyId`"#);
    let spec = with(json!({"defaultUserSettings": {"securityGroups": [{"reff": "x"}]}}));
    assert_snapshot!(problems(&spec), @r#"defaultUserSettings.securityGroups[0]: unknown field `reff`, expected `ref` or `lookup`"#);
}

#[test]
fn defaults_that_aws_adds_are_not_drift() {
    let want = json!({
        "domainName": "studio", "authMode": "SSO", "efsRetention": "Delete",
        "subnets": ["subnet-20000000", "subnet-10000000"],
        "defaultUserSettings": {
            "securityGroups": ["sg-10000000"], "codeEditorAppSettings": {"customImages": []},
            "jupyterLabAppSettings": {"defaultResourceSpec": {"instanceType": "ml.t3.medium"}},
        },
    });
    assert_eq!(diff(want, &live(json!({}))), []);
}

#[test]
fn an_update_sends_only_changed_members_each_whole_and_without_echo() {
    let want = json!({"defaultUserSettings": {
        "studioWebPortal": "DISABLED", "defaultLandingUri": "app:JupyterServer:"}});
    let have = live(json!({"domainSettings": {"ipAddressType": "ipv4"}}));
    let changes = diff(want, &have);
    assert_snapshot!(plan(&changes), @r#"
    update defaultUserSettings.defaultLandingUri [neutral]
      ~ defaultUserSettings.defaultLandingUri: studio:: -> app:JupyterServer:
    update defaultUserSettings.studioWebPortal [tightens, disrupts]
      ~ defaultUserSettings.studioWebPortal: ENABLED -> DISABLED
    "#);
    assert_snapshot!(serde_json::to_string_pretty(&calls(&changes, &have)[0]).unwrap(), @r#"
    {
      "defaultUserSettings": {
        "defaultLandingUri": "app:JupyterServer:",
        "executionRole": "arn:aws:iam::111122223333:role/studio",
        "jupyterLabAppSettings": {
          "defaultResourceSpec": {
            "instanceType": "ml.t3.medium"
          }
        },
        "securityGroups": [
          "sg-10000000"
        ],
        "spaceStorageSettings": {
          "defaultEbsStorageSettings": {
            "defaultEbsVolumeSizeInGb": 5,
            "maximumEbsVolumeSizeInGb": 100
          }
        },
        "studioWebPortal": "DISABLED"
      },
      "subnets": [
        "subnet-10000000",
        "subnet-20000000"
      ]
    }
    "#);
}

#[test]
fn coupled_fields_are_sent_together_even_if_one_of_them_is_not_named() {
    let want = json!({"defaultUserSettings": {"studioWebPortal": "DISABLED"}});
    let have = live(json!({"defaultUserSettings": {"defaultLandingUri": "app:JupyterServer:"}}));
    let body = &calls(&diff(want, &have), &have)[0];
    let user = &body["defaultUserSettings"];
    assert_eq!(
        (&user["studioWebPortal"], &user["defaultLandingUri"]),
        (&json!("DISABLED"), &json!("app:JupyterServer:"))
    );
}

#[test]
fn cleared_lists_are_sent_empty_and_cleared_arns_as_the_word_none() {
    let settings = json!({"codeEditorAppSettings": {
        "lifecycleConfigArns": ["arn:aws:sagemaker:x"],
        "defaultResourceSpec": {"lifecycleConfigArn": "arn:aws:sagemaker:x"}}});
    let have = live(json!({"defaultUserSettings": settings}));
    let want = json!({"defaultUserSettings": {"codeEditorAppSettings": null}});
    let changes = diff(want, &have);
    let editor = &calls(&changes, &have)[0]["defaultUserSettings"]["codeEditorAppSettings"];
    assert_eq!(
        *editor,
        json!({"lifecycleConfigArns": [], "defaultResourceSpec": {"lifecycleConfigArn": "None"}})
    );
}

#[test]
fn lifecycle_configurations_are_never_sent_without_a_resource_spec() {
    let server = json!({"defaultResourceSpec": {"sageMakerImageArn": "arn:aws:sagemaker:echo"}});
    let have = live(json!({"defaultUserSettings": {"jupyterServerAppSettings": server}}));
    let want = json!({"defaultUserSettings": {"jupyterServerAppSettings": {
        "lifecycleConfigArns": ["arn:aws:sagemaker:x"]}}});
    let body = &calls(&diff(want, &have), &have)[0];
    let server = &body["defaultUserSettings"]["jupyterServerAppSettings"];
    assert_eq!(server["defaultResourceSpec"]["sageMakerImageArn"], "arn:aws:sagemaker:echo");
}

#[test]
fn only_what_cannot_change_while_apps_run_waits() {
    let have = live(json!({
        "appNetworkAccessType": "PublicInternetOnly",
        "domainSettings": {"dockerSettings": {"enableDockerAccess": "ENABLED"}},
    }));
    let want = json!({
        "appNetworkAccessType": "VpcOnly", "subnets": ["subnet-20000000", "subnet-30000000"],
        "tagPropagation": "ENABLED",
        "domainSettings": {
            "executionRoleIdentityConfig": "USER_PROFILE_NAME",
            "dockerSettings": {"enableDockerAccess": "DISABLED"},
        },
    });
    let changes = diff(want, &have);
    assert_snapshot!(plan(&changes), @r#"
    update domainSettings.dockerSettings.enableDockerAccess [tightens]
      ~ domainSettings.dockerSettings.enableDockerAccess: ENABLED -> DISABLED
    update subnets [loosens]
      + subnets: subnet-30000000
    update tagPropagation [neutral]
      ~ tagPropagation: DISABLED -> ENABLED
    update appNetworkAccessType, while no app runs [tightens]
      ~ appNetworkAccessType: PublicInternetOnly -> VpcOnly
    update domainSettings.executionRoleIdentityConfig, while no app runs [tightens]
      ~ domainSettings.executionRoleIdentityConfig: none -> USER_PROFILE_NAME
    update subnets, while no app runs [tightens]
      - subnets: subnet-10000000
    "#);
    let inspected: Vec<_> = changes.iter().map(|edit| edit.inspect).collect();
    assert_eq!(inspected, [false, false, false, true, true, true]);
    // The remaining list includes the addition, which may have to wait for consent.
    assert_eq!(changes[5].needs, ["subnets"]);
    assert_snapshot!(serde_json::to_string_pretty(&calls(&changes, &have)).unwrap(), @r#"
    [
      {
        "domainSettings": {
          "dockerSettings": {
            "enableDockerAccess": "DISABLED"
          }
        },
        "subnets": [
          "subnet-10000000",
          "subnet-20000000",
          "subnet-30000000"
        ],
        "tagPropagation": "ENABLED"
      },
      {
        "appNetworkAccessType": "VpcOnly",
        "domainSettings": {
          "dockerSettings": {
            "enableDockerAccess": "DISABLED"
          },
          "executionRoleIdentityConfig": "USER_PROFILE_NAME"
        },
        "subnets": [
          "subnet-20000000",
          "subnet-30000000"
        ],
        "vpc": "vpc-10000000"
      }
    ]
    "#);
}

#[test]
fn the_network_access_type_is_sent_only_when_it_changes_but_subnets_always() {
    let have = live(json!({}));
    let body = &calls(&diff(json!({"tagPropagation": "ENABLED"}), &have), &have)[0];
    assert_eq!(
        *body,
        json!({"tagPropagation": "ENABLED", "subnets": ["subnet-10000000", "subnet-20000000"]})
    );
}

#[test]
fn rstudio_and_unified_studio_are_sent_only_when_they_change() {
    let have = live(json!({"domainSettings": {
        "rStudioServerProDomainSettings": {"domainExecutionRoleArn": "arn:aws:iam::1:role/r"},
        "unifiedStudioSettings": {"domainId": "dzd-1"},
        "executionRoleIdentityConfig": "DISABLED",
        "trustedIdentityPropagationSettings": {"status": "DISABLED"},
    }}));
    let tip = json!({"trustedIdentityPropagationSettings": {"status": "ENABLED"}});
    let body = &calls(&diff(json!({"domainSettings": tip.clone()}), &have), &have)[0];
    assert_eq!(body["domainSettings"], tip);
}

#[test]
fn security_groups_are_removed_only_together_with_vpc_only() {
    let want = json!({
        "appNetworkAccessType": "PublicInternetOnly",
        "defaultUserSettings": {"securityGroups": []},
    });
    let have = live(json!({}));
    let changes = diff(want, &have);
    assert!(changes.iter().all(|edit| edit.inspect));
    assert!(changes.last().is_some_and(|edit| edit.follows), "{changes:#?}");
    let calls = calls(&changes, &have);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["defaultUserSettings"]["securityGroups"], json!([]));
}

#[test]
fn vpc_only_waits_for_the_first_security_groups() {
    let want = json!({
        "appNetworkAccessType": "VpcOnly", "defaultUserSettings": {"securityGroups": ["sg-10000000"]},
    });
    let open = json!({
        "appNetworkAccessType": "PublicInternetOnly", "defaultUserSettings": {"securityGroups": []},
    });
    let changes = diff(want.clone(), &live(open));
    let keys: Vec<_> = changes.iter().map(|edit| edit.key.as_str()).collect();
    assert_eq!(keys, ["defaultUserSettings.securityGroups", "appNetworkAccessType"]);
    assert_eq!(changes[1].needs, ["defaultUserSettings.securityGroups"]);
    let changes = diff(want, &live(json!({"appNetworkAccessType": "PublicInternetOnly"})));
    assert_eq!((changes.len(), changes[0].needs.len()), (1, 0));
}

#[test]
fn a_change_of_a_fixed_field_is_shown_and_never_a_replacement() {
    let have = live(json!({"domainSettings": {"rStudioServerProDomainSettings": {
        "domainExecutionRoleArn": "arn:aws:iam::1:role/r"}}}));
    let want = json!({
        "domainName": "other", "authMode": "IAM", "vpc": "vpc-20000000", "kmsKey": null,
        "homeEfsFileSystemCreation": "Disabled", "appNetworkAccessType": "PublicInternetOnly",
        "defaultUserSettings": {"spaceStorageSettings": null},
    });
    let changes = diff(want, &have);
    assert!(changes.iter().all(|edit| edit.risk == Risk::IMPOSSIBLE));
    assert_snapshot!(plan(&changes), @r#"
    change appNetworkAccessType, which AWS fixes once RStudio is set up [impossible]
      ~ appNetworkAccessType: VpcOnly -> PublicInternetOnly
    change authMode, which AWS fixes at creation [impossible]
      ~ authMode: SSO -> IAM
    change defaultUserSettings.spaceStorageSettings.defaultEbsStorageSettings.defaultEbsVolumeSizeInGb, which no call of AWS unsets [impossible]
      ~ defaultUserSettings.spaceStorageSettings.defaultEbsStorageSettings.defaultEbsVolumeSizeInGb: 5 -> none
    change defaultUserSettings.spaceStorageSettings.defaultEbsStorageSettings.maximumEbsVolumeSizeInGb, which no call of AWS unsets [impossible]
      ~ defaultUserSettings.spaceStorageSettings.defaultEbsStorageSettings.maximumEbsVolumeSizeInGb: 100 -> none
    change domainName, which AWS fixes at creation [impossible]
      ~ domainName: studio -> other
    change homeEfsFileSystemCreation, which AWS creates but never takes away [impossible]
      ~ homeEfsFileSystemCreation: Enabled -> Disabled
    change kmsKey, which AWS fixes at creation [impossible]
      ~ kmsKey: arn:aws:kms:eu-west-1:111122223333:key/k -> none
    change vpc, which AWS fixes once it is set [impossible]
      ~ vpc: vpc-10000000 -> vpc-20000000
    "#);
}

#[test]
fn a_domain_without_a_network_can_be_given_one() {
    let mut have = live(json!({"appNetworkAccessType": "PublicInternetOnly"}));
    let members = have.as_object_mut().expect("a state");
    members.retain(|member, _| !matches!(member.as_str(), "vpc" | "subnets"));
    let changes = diff(json!({"vpc": "vpc-10000000", "subnets": ["subnet-10000000"]}), &have);
    assert_eq!(
        calls(&changes, &have),
        [json!({"vpc": "vpc-10000000", "subnets": ["subnet-10000000"]})]
    );
}

#[test]
fn the_reason_of_a_failed_update_is_shown_with_the_next_attempt() {
    let have = live(json!({"lastFailure": "no such role"}));
    let changes = diff(json!({"tagPropagation": "ENABLED"}), &have);
    assert_snapshot!(plan(&changes), @r#"
    update tagPropagation [neutral]
      ~ tagPropagation: DISABLED -> ENABLED
        the last update failed: no such role
    "#);
    assert_eq!(diff(json!({"tagPropagation": "DISABLED"}), &have), []);
}

#[test]
fn risks_are_judged_by_what_a_leaf_allows() {
    let risk = |path: &str, old: Value, new: Value| {
        let [have, want] = [old, new].map(|value| {
            let mut state = Tree::new();
            tree::put(&mut state, path, value);
            Value::Object(state)
        });
        let edits = table().diff(&want, &have).expect("states");
        assert!(edits.iter().all(|edit| leaf(edit).path == path), "{path}");
        edits.iter().map(|edit| edit.risk).collect::<Risk>().to_string()
    };
    let user = |leaf: &str| format!("defaultUserSettings.{leaf}");
    let idle = |leaf: &str| {
        user(&format!("jupyterLabAppSettings.appLifecycleManagement.idleSettings.{leaf}"))
    };
    for (path, old, new, expected) in [
        (
            user("securityGroups"),
            json!(["sg-10000000"]),
            json!(["sg-10000000", "sg-20000000"]),
            "loosens",
        ),
        (
            user("securityGroups"),
            json!(["sg-10000000", "sg-20000000"]),
            json!(["sg-10000000"]),
            "tightens",
        ),
        (user("executionRole"), json!("a"), json!("b"), "loosens"),
        (user("studioWebPortal"), json!("ENABLED"), json!("DISABLED"), "tightens, disrupts"),
        (user("studioWebPortalSettings.hiddenMlTools"), json!(["Models"]), json!([]), "loosens"),
        (idle("idleTimeoutInMinutes"), json!(120), json!(60), "disrupts"),
        (idle("idleTimeoutInMinutes"), json!(60), json!(120), "loosens"),
        ("appNetworkAccessType".into(), json!("PublicInternetOnly"), json!("VpcOnly"), "tightens"),
        ("subnets".into(), json!(["subnet-10000000"]), json!(["subnet-20000000"]), "loosens"),
        (
            "domainSettings.trustedIdentityPropagationSettings.status".into(),
            json!(null),
            json!("ENABLED"),
            "tightens",
        ),
        ("domainSettings.amazonQSettings.status".into(), json!(null), json!("ENABLED"), "loosens"),
        (
            "domainSettings.dockerSettings.rootlessDocker".into(),
            json!("ENABLED"),
            json!("DISABLED"),
            "loosens",
        ),
        ("tagPropagation".into(), json!("DISABLED"), json!("ENABLED"), "neutral"),
    ] {
        assert_eq!(risk(&path, old, new), expected, "{path}");
    }
}

#[test]
fn the_domain_name_is_the_natural_key() {
    assert_eq!(table().natural_keys(&live(json!({}))).expect("a state"), ["studio"]);
}

#[test]
fn the_updates_between_any_two_states_can_be_sent() {
    laws::for_pairs(&table(), 192, |want, have| {
        let mut edits = table().diff(want, have).expect("states");
        edits.retain(|edit| !edit.risk.impossible);
        for sent in calls(&edits, have) {
            assert_eq!(aws::sendable(sent.as_object().expect("members")), Ok(()));
        }
    });
}

#[test]
fn leaves_and_groups_are_found_by_their_paths() {
    let state: State = serde_json::from_value(live(json!({}))).expect("a state");
    assert_eq!(state.text("defaultUserSettings.studioWebPortal"), Some("ENABLED"));
    assert!(state.has("defaultUserSettings.spaceStorageSettings"));
    assert!(!state.has("domainSettings") && state.at("defaultUserSettings.x").is_none());
}

#[test]
fn every_setting_is_a_member_of_the_sdks_shapes() {
    for (member, shape) in aws::shapes() {
        let table = table();
        let rows = table.rows().into_iter().filter_map(|row| {
            let rest = row.path.strip_prefix(member)?.strip_prefix('.')?;
            Some(rest.to_owned())
        });
        let rows: std::collections::BTreeSet<String> = rows.collect();
        let unknown = rows.iter().filter(|path| !shape(path.as_str())).collect::<Vec<_>>();
        let short = "trustedIdentityPropagation";
        assert!(unknown.iter().all(|path| *path == short), "{member}: {unknown:?}");
    }
}
