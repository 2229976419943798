//! Lifecycle configurations: scripts of notebook instances, and of apps in Studio.

use std::time::Duration;

use serde_json::Value;

use super::{
    errors::{self, in_use, invalid},
    place::{CONFIG, NOTEBOOK, NOTEBOOK_CONFIG, PROFILE, SPACE},
    store::{PAGING, Store, TAGGING, name},
    truth,
};
use crate::simulator::{
    json::{Input, Trouble},
    service::ApiError,
    table::{Field, Filter, Operations, Part, Record, States, Table},
};

/// The characters of a script in base64, at most (SageMaker API reference).
const MAX_CONTENT: usize = 16_384;
const NAME: &str = "NotebookInstanceLifecycleConfigName";

/// Those of notebook instances (SageMaker API reference, `CreateNotebookInstanceLifecycleConfig`
/// and related operations).
pub(super) static OF_NOTEBOOKS: Table<Store> = Table {
    service: "sagemaker",
    noun: NOTEBOOK_CONFIG,
    operations: Operations {
        create: "CreateNotebookInstanceLifecycleConfig",
        read: "DescribeNotebookInstanceLifecycleConfig",
        list: "ListNotebookInstanceLifecycleConfigs",
        update: "UpdateNotebookInstanceLifecycleConfig",
        delete: "DeleteNotebookInstanceLifecycleConfig",
    },
    key: &[Part { member: NAME, read: name, ignores_case: true, generated: None }],
    arn: ("NotebookInstanceLifecycleConfigArn", "notebook-instance-lifecycle-config"),
    fields: &[Field::new("OnCreate", hooks), Field::new("OnStart", hooks)],
    state: "",
    states: States::settled(""),
    times: |_| [Duration::ZERO; 3],
    list: "NotebookInstanceLifecycleConfigs",
    filters: &[Filter {
        member: "NameContains",
        wants: |config, part| config.text(NAME).is_some_and(|name| name.contains(part)),
    }],
    paging: &PAGING,
    tagging: &TAGGING,
    missing: errors::no_record,
    exists: errors::duplicate,
    busy: |_, _, _| invalid("busy"),
    admit: |_, _, _| Ok(()),
    check: |_, _, _, _| Ok(()),
    occupied: used,
    kind: Some(&truth::NOTEBOOK_CONFIG),
};

/// One that an instance has is not deleted.
fn used(store: &Store, config: &Record) -> Result<(), ApiError> {
    let name = config.text(NAME).unwrap_or_default();
    let uses = |it: &Record| it.text(CONFIG).is_some_and(|it| it.eq_ignore_ascii_case(name));
    if store.records.of(NOTEBOOK).any(|(_, it)| uses(it)) {
        return Err(invalid(format!("{name} is being used by a notebook instance.")));
    }
    Ok(())
}

const STUDIO_NAME: &str = "StudioLifecycleConfigName";

/// Those of Studio: they never change (SageMaker API reference, `CreateStudioLifecycleConfig` and
/// related operations).
pub(super) static OF_STUDIO: Table<Store> = Table {
    service: "sagemaker",
    noun: "Studio lifecycle config",
    operations: Operations {
        create: "CreateStudioLifecycleConfig",
        read: "DescribeStudioLifecycleConfig",
        list: "ListStudioLifecycleConfigs",
        update: "",
        delete: "DeleteStudioLifecycleConfig",
    },
    key: &[Part { member: STUDIO_NAME, read: name, ignores_case: true, generated: None }],
    arn: ("StudioLifecycleConfigArn", "studio-lifecycle-config"),
    fields: &[
        Field {
            required: true,
            listed: Some(|app| Some(("StudioLifecycleConfigAppType", app.clone()))),
            ..Field::new("StudioLifecycleConfigAppType", |input, member| {
                let apps = ["JupyterServer", "KernelGateway", "CodeEditor", "JupyterLab"];
                Ok(input.choice(member, &apps)?.map(Value::from))
            })
        },
        Field {
            required: true,
            ..Field::new("StudioLifecycleConfigContent", |input, member| {
                let Some(content) = input.text(member)? else { return Ok(None) };
                check_content(content, input, member)?;
                Ok(Some(content.into()))
            })
        },
    ],
    state: "",
    states: States::settled(""),
    times: |_| [Duration::ZERO; 3],
    list: "StudioLifecycleConfigs",
    filters: &[
        Filter {
            member: "NameContains",
            wants: |config, part| config.text(STUDIO_NAME).is_some_and(|it| it.contains(part)),
        },
        Filter {
            member: "AppTypeEquals",
            wants: |config, app| config.text("StudioLifecycleConfigAppType") == Some(app),
        },
    ],
    paging: &PAGING,
    tagging: &TAGGING,
    missing: |noun, key| {
        errors::not_found(format!("{noun} [{}] does not exist.", key.written.join("/")))
    },
    exists: |noun, key| in_use(format!("{noun} [{}] already exists.", key.written.join("/"))),
    busy: |_, _, _| invalid("busy"),
    admit: |_, _, _| Ok(()),
    check: |_, _, _, _| Ok(()),
    occupied: in_settings,
    kind: Some(&truth::STUDIO_CONFIG),
};

/// One that the settings of a domain, profile or space refer to is not deleted.
fn in_settings(store: &Store, config: &Record) -> Result<(), ApiError> {
    let of_domains = store.domains.values().map(|domain| &domain.settings);
    let others = [PROFILE, SPACE].into_iter().flat_map(|noun| store.records.of(noun));
    let mut all = of_domains.chain(others.map(|(_, record)| &record.members));
    let quoted = format!("\"{}\"", config.arn);
    if all.any(|members| Value::Object(members.clone()).to_string().contains(&quoted)) {
        let name = config.text(STUDIO_NAME).unwrap_or_default();
        return Err(in_use(format!("Studio lifecycle config [{name}] is in use.")));
    }
    Ok(())
}

/// At most one script, in base64.
fn hooks(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let Some(hooks) = input.list(member, 0..=1)? else { return Ok(None) };
    for hook in hooks {
        check_content(hook["Content"].as_str().unwrap_or_default(), input, member)?;
    }
    Ok(Some(hooks.to_vec().into()))
}

fn check_content(content: &str, input: Input<'_>, member: &str) -> Result<(), ApiError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let fits = (1..=MAX_CONTENT).contains(&content.len()) && content.len().is_multiple_of(4);
    if fits && content.chars().all(legal) {
        return Ok(());
    }
    Err(input.refusal(member, Some(content), Trouble::Pattern("base64 of 1 to 16384 characters")))
}
