//! Notebook instances: changed and deleted only while they are stopped.

use std::slice;

use serde_json::{Value, json};

use super::{
    errors::{self, invalid},
    place::{CONFIG, NOTEBOOK as NOUN, NOTEBOOK_CONFIG},
    store::{PAGING, Store, TAGGING, name},
    truth,
};
use crate::simulator::{
    json::Input,
    service::{Answer, ApiError},
    table::{Field, Filter, Lifecycle, Operations, Part, Record, States, Table, TableCall, Verb},
};

const NAME: &str = "NotebookInstanceName";
const STOPPED: &str = "Stopped";
const IN_SERVICE: &str = "InService";

/// Notebook instances (SageMaker API reference, `CreateNotebookInstance` and related operations).
pub(super) static NOTEBOOKS: Table<Store> = Table {
    service: "sagemaker",
    noun: NOUN,
    operations: Operations {
        create: "CreateNotebookInstance",
        read: "DescribeNotebookInstance",
        list: "ListNotebookInstances",
        update: "UpdateNotebookInstance",
        delete: "DeleteNotebookInstance",
    },
    key: &[Part { member: NAME, read: name, ignores_case: true, generated: None }],
    arn: ("NotebookInstanceArn", "notebook-instance"),
    fields: &[
        Field {
            required: true,
            listed: Some(|machine| Some(("InstanceType", machine.clone()))),
            ..Field::new("InstanceType", text)
        },
        Field { required: true, ..Field::new("RoleArn", text) },
        fixed(Field::new("SubnetId", text)),
        fixed(Field { shown: "SecurityGroups", ..Field::new("SecurityGroupIds", up_to_5) }),
        fixed(Field::new("KmsKeyId", text)),
        fixed(Field {
            default: Some(|| json!("Enabled")),
            ..Field::new("DirectInternetAccess", on_or_off)
        }),
        Field {
            default: Some(|| json!("notebook-al2023-v1")),
            ..Field::new("PlatformIdentifier", text)
        },
        Field { default: Some(|| json!("Enabled")), ..Field::new("RootAccess", on_or_off) },
        Field {
            default: Some(|| json!({ "MinimumInstanceMetadataServiceVersion": "1" })),
            ..Field::new("InstanceMetadataServiceConfiguration", metadata)
        },
        Field {
            default: Some(|| json!(5)),
            ..Field::new("VolumeSizeInGB", |input, member| {
                Ok(input.integer(member, 5..=16_384)?.map(Value::from))
            })
        },
        Field {
            shown: "NotebookInstanceLifecycleConfigName",
            listed: Some(|name| Some(("NotebookInstanceLifecycleConfigName", name.clone()))),
            ..Field::new(CONFIG, text)
        },
        Field::new("DefaultCodeRepository", text),
        Field::new("AdditionalCodeRepositories", |input, member| {
            Ok(input.texts(member, 0..=3)?.map(Value::from))
        }),
    ],
    state: "NotebookInstanceStatus",
    states: States {
        creating: "Pending",
        updating: "Updating",
        deleting: "Deleting",
        settled: IN_SERVICE,
        failed: Some("Failed"),
        update_failed: Some("Failed"),
    },
    times: |options| [options.notebook_working; 3],
    list: "NotebookInstances",
    filters: &[
        Filter {
            member: "NameContains",
            wants: |it, part| it.text(NAME).is_some_and(|name| name.contains(part)),
        },
        Filter {
            member: "NotebookInstanceLifecycleConfigNameContains",
            wants: |it, part| it.text(CONFIG).is_some_and(|name| name.contains(part)),
        },
    ],
    paging: &PAGING,
    tagging: &TAGGING,
    missing: errors::no_record,
    exists: |noun, key| {
        invalid(format!("Cannot create a duplicate {noun} ({})", key.written.join("/")))
    },
    busy: |_, _, state| not_in(state, STOPPED),
    admit: |_, _, _| Ok(()),
    check,
    occupied: |_, it| match it.lifecycle.stays_as() {
        _ if it.lifecycle.fails() => Ok(()),
        Some(STOPPED) => Ok(()),
        other => Err(not_in(other.unwrap_or(IN_SERVICE), "Stopped, Failed")),
    },
    kind: Some(&truth::NOTEBOOK),
};

const fn fixed(field: Field) -> Field {
    Field { mutable: false, ..field }
}

fn text(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.bounded_text(member, 1..=2048)?.map(Value::from))
}

fn up_to_5(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.texts(member, 0..=5)?.map(Value::from))
}

fn on_or_off(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.choice(member, &["Enabled", "Disabled"])?.map(Value::from))
}

fn metadata(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let Some(inner) = input.inner(member)? else { return Ok(None) };
    let member = "MinimumInstanceMetadataServiceVersion";
    Ok(Some(json!({ member: inner.required_choice(member, &["1", "2"])? })))
}

fn not_in(state: &str, allowed: &str) -> ApiError {
    invalid(format!("Status ({state}) not in ([{allowed}])."))
}

fn check(
    store: &Store,
    call: &TableCall<'_, '_>,
    it: &mut Record,
    verb: Verb,
) -> Result<(), ApiError> {
    let config = it.text(CONFIG).map(str::to_lowercase);
    if let Some(name) =
        config.filter(|name| store.records.get(NOTEBOOK_CONFIG, slice::from_ref(name)).is_none())
    {
        return Err(invalid(format!("Lifecycle config {name} was not found.")));
    }
    if verb == Verb::Create {
        let public = it.text("DirectInternetAccess") != Some("Disabled");
        return match it.text("SubnetId") {
            None if !public => Err(invalid("DirectInternetAccess Disabled needs a SubnetId.")),
            None if it.members.contains_key("SecurityGroupIds") => {
                Err(invalid("SecurityGroupIds need a SubnetId."))
            }
            _ => Ok(()),
        };
    }
    let now = store.records.get(NOUN, &key(call.input)?);
    let now = now.ok_or_else(|| invalid("RecordNotFound"))?;
    let (state, _) = now.lifecycle.state(&NOTEBOOKS.states, call.context.elapsed);
    if state != STOPPED {
        return Err(not_in(state, STOPPED));
    }
    let size = |it: &Record| it.members.get("VolumeSizeInGB").and_then(Value::as_i64);
    if size(it) < size(now) {
        return Err(invalid("The volume of a notebook instance cannot become smaller."));
    }
    Ok(())
}

fn key(input: Input<'_>) -> Result<[String; 1], ApiError> {
    Ok([name(input, NAME)?.to_lowercase()])
}

/// Answers what no table does: starting and stopping. `None` for other operations.
pub(super) fn turn(store: &mut Store, operation: &str, call: &TableCall<'_, '_>) -> Option<Answer> {
    match operation {
        "StartNotebookInstance" => Some(turned(store, call, ["Pending", IN_SERVICE])),
        "StopNotebookInstance" => Some(turned(store, call, ["Stopping", STOPPED])),
        _ => None,
    }
}

fn turned(
    store: &mut Store,
    call: &TableCall<'_, '_>,
    [meanwhile, then]: [&'static str; 2],
) -> Answer {
    let from = if then == STOPPED { IN_SERVICE } else { STOPPED };
    let it = store.records.get_mut(NOUN, &key(call.input)?);
    let it = it.ok_or_else(|| invalid("RecordNotFound"))?;
    let (state, _) = it.lifecycle.state(&NOTEBOOKS.states, call.context.elapsed);
    if state != from {
        return Err(not_in(state, from));
    }
    let until = call.context.complete_at(call.context.options.notebook_working);
    it.lifecycle = Lifecycle::turning(until, meanwhile, then, call.context.failure());
    it.modified = call.context.now;
    Ok(json!({}))
}

/// What an accepted update disassociates.
pub(super) fn disassociate(store: &mut Store, input: Input<'_>) -> Result<(), ApiError> {
    for (flag, member) in [
        ("DisassociateLifecycleConfig", CONFIG),
        ("DisassociateDefaultCodeRepository", "DefaultCodeRepository"),
        ("DisassociateAdditionalCodeRepositories", "AdditionalCodeRepositories"),
    ] {
        if !input.flag(flag)? {
            continue;
        }
        if let Some(it) = store.records.get_mut(NOUN, &key(input)?) {
            it.members.remove(member);
        }
    }
    Ok(())
}
