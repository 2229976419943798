//! The behavior of tables, with two invented types: configurations, which are named by callers and
//! change at once, and notebooks, which are named by the service and take time.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{
    Field, Filter, Key, Operations, Paging, Part, Records, Setting, Settings, States, Table,
    TableCall, TagFault, Tagging, add_truth, needs, read, write,
};
use crate::simulator::{
    api::{Holes, Kind, Repeated},
    iam::{Call, Directory, Tags},
    json::{
        Input, Trouble,
        testing::{ACCOUNT, Bench, code, column},
        validation_exception,
    },
    service::{Answer, ApiError, Disturbed},
    truth::Truth,
};

static PAGING: Paging =
    Paging { size: "MaxResults", min: 1, default: 2, max: 5, token: "NextToken", foreign };

static TAGGING: Tagging = Tagging {
    add: "AddTags",
    remove: "DeleteTags",
    list: "ListTags",
    resource: "ResourceArn",
    keys: "TagKeys",
    max: 3,
    paging: Paging {
        size: "MaxResults",
        min: 1,
        default: 50,
        max: 50,
        token: "NextToken",
        foreign,
    },
    refuse: |fault| match fault {
        TagFault::Reserved => ApiError::new("Reserved", ""),
        TagFault::Twice => ApiError::new("Twice", ""),
        TagFault::TooMany(max) => ApiError::new("TooMany", max.to_string()),
        TagFault::NoResource(arn) => ApiError::new("ResourceNotFound", arn),
    },
};

fn foreign() -> ApiError {
    ApiError::new("ForeignToken", "")
}

fn name<'a>(input: Input<'a>, member: &str) -> Result<&'a str, ApiError> {
    let name = input.bounded_text(member, 1..=8)?;
    name.ok_or_else(|| input.refusal(member, None, Trouble::Missing))
}

fn text(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.text(member)?.map(Value::from))
}

fn missing(noun: &str, key: &Key) -> ApiError {
    ApiError::new("NotFound", format!("{noun} {}", key.parts.join("/")))
}

fn exists(noun: &str, key: &Key) -> ApiError {
    ApiError::new("Exists", format!("{noun} {}", key.written.join("/")))
}

fn busy(noun: &str, _: &Key, state: &str) -> ApiError {
    ApiError::new("Busy", format!("{noun} is {state}"))
}

static CONFIGURATIONS: Table<Records> = Table {
    service: "sagemaker",
    noun: "Configuration",
    operations: Operations {
        create: "CreateConfiguration",
        read: "DescribeConfiguration",
        list: "ListConfigurations",
        update: "UpdateConfiguration",
        delete: "DeleteConfiguration",
    },
    key: &[Part { member: "Name", read: name, ignores_case: true, generated: None }],
    arn: ("Arn", "configuration"),
    fields: &[
        Field { required: true, mutable: false, ..Field::new("Type", text) },
        Field {
            default: Some(|| json!("")),
            listed: Some(|content| Some(("Length", json!(content.as_str()?.len())))),
            ..Field::new("Content", text)
        },
    ],
    state: "Status",
    states: States::settled("InService"),
    times: |_| [Duration::ZERO; 3],
    list: "Configurations",
    filters: &[Filter {
        member: "NameContains",
        wants: |it, part| it.text("Name").is_some_and(|name| name.contains(part)),
    }],
    paging: &PAGING,
    tagging: &TAGGING,
    missing,
    exists,
    busy,
    admit: |_, _, _| Ok(()),
    check: |_, _, _, _| Ok(()),
    // A notebook that names a configuration keeps it.
    occupied: |records, it| {
        let name = it.text("Name");
        if records.of("Notebook").any(|(_, notebook)| notebook.text("Configuration") == name) {
            return Err(ApiError::new("InUse", ""));
        }
        Ok(())
    },
    kind: None,
};

static NOTEBOOK: Kind = Kind {
    name: "Notebook",
    list: "ListNotebooks",
    narrowed_by: &[],
    told_by: &[],
    create: "CreateNotebook",
    created: &["/NotebookId"],
    delete: "DeleteNotebook",
    repeated: Repeated::Another,
    vital: &[],
    lost: |_| None,
    holes: Holes { added: &[], whole: &[], missing: &[] },
};

static NOTEBOOKS: Table<Records> = Table {
    service: "sagemaker",
    noun: "Notebook",
    operations: Operations {
        create: "CreateNotebook",
        read: "DescribeNotebook",
        list: "ListNotebooks",
        update: "UpdateNotebook",
        delete: "DeleteNotebook",
    },
    key: &[Part {
        member: "NotebookId",
        read: name,
        ignores_case: false,
        generated: Some(|ids| format!("n-{}", ids.alphanumeric(4))),
    }],
    arn: ("NotebookArn", "notebook"),
    fields: &[
        Field::new("Configuration", text),
        Field {
            generated: Some(|ids| json!(ids.number() % 100)),
            ..Field::new("Port", |_, _| Ok(None))
        },
    ],
    state: "Status",
    states: States {
        creating: "Pending",
        updating: "Updating",
        deleting: "Deleting",
        settled: "InService",
        failed: Some("Failed"),
        update_failed: Some("UpdateFailed"),
    },
    times: |_| [30, 20, 10].map(Duration::from_secs),
    list: "Notebooks",
    filters: &[],
    paging: &PAGING,
    tagging: &TAGGING,
    missing,
    exists,
    busy,
    admit: |_, _, _| Ok(()),
    check: |records, _, notebook, _| match notebook.text("Configuration") {
        Some(name) if records.get("Configuration", &[name.to_lowercase()]).is_none() => {
            Err(ApiError::new("NoConfiguration", name))
        }
        _ => Ok(()),
    },
    occupied: |_, _| Ok(()),
    kind: Some(&NOTEBOOK),
};

static TABLES: [&Table<Records>; 2] = [&CONFIGURATIONS, &NOTEBOOKS];

/// A service with only these two types.
#[derive(Default)]
struct TestClient {
    records: Records,
    bench: Bench,
    disturbed: Option<Disturbed>,
}

impl TestClient {
    fn call(&mut self, operation: &str, input: Value) -> Answer {
        let caller = self.bench.caller("operator");
        let records = &mut self.records;
        records.settle(self.bench.elapsed);
        let mut context = self.bench.context();
        context.disturbed = self.disturbed;
        let input = Input::new(&input, validation_exception);
        let mut call = TableCall { caller: &caller, input, context: &mut context };
        write(&TABLES, records, operation, &mut call)
            .or_else(|| read(&TABLES, records, operation, &call))
            .or_else(|| TAGGING.write(records, operation, input))
            .or_else(|| TAGGING.read(records, operation, input))
            .expect("an operation of the service")
    }

    fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    fn refused(&mut self, operation: &str, input: Value) -> String {
        code(self.call(operation, input))
    }

    fn configuration(&mut self, name: &str) -> String {
        let answer = self.ok("CreateConfiguration", json!({ "Name": name, "Type": "Start" }));
        answer["Arn"].as_str().expect("an ARN").to_owned()
    }

    fn notebook(&mut self) -> Value {
        self.ok("CreateNotebook", json!({}))
    }

    fn state(&mut self, id: &Value) -> String {
        let answer = self.ok("DescribeNotebook", json!({ "NotebookId": id }));
        answer["Status"].as_str().expect("a state").to_owned()
    }
}

#[test]
fn a_created_resource_is_read_with_defaults_and_without_tags() {
    let mut client = TestClient::default();
    let arn = client.configuration("Start");
    assert_eq!(arn, format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:configuration/start"));
    let now = client.bench.context().now;
    assert_eq!(
        client.ok("DescribeConfiguration", json!({ "Name": "START" })),
        json!({
            "Name": "Start", "Arn": arn, "Type": "Start", "Content": "", "Status": "InService",
            "CreationTime": now, "LastModifiedTime": now,
        })
    );
}

#[test]
fn a_name_is_used_once_and_an_unknown_one_is_not_found() {
    let mut client = TestClient::default();
    client.configuration("start");
    let again = json!({ "Name": "Start", "Type": "Start" });
    assert_eq!(
        client.call("CreateConfiguration", again).unwrap_err().message,
        "Configuration Start"
    );
    for operation in ["DescribeConfiguration", "UpdateConfiguration", "DeleteConfiguration"] {
        assert_eq!(client.refused(operation, json!({ "Name": "stop" })), "NotFound", "{operation}");
    }
}

#[test]
fn missing_and_invalid_members_are_refused_and_nothing_is_created() {
    let mut client = TestClient::default();
    for wrong in [
        json!({}),
        json!({ "Name": "too-long-a-name", "Type": "Start" }),
        json!({ "Name": "start" }),
        json!({ "Name": "start", "Type": "Start", "Tags": [{ "Key": "a" }] }),
    ] {
        assert_eq!(client.refused("CreateConfiguration", wrong), "ValidationException");
    }
    let wrong = json!({ "Name": "start", "Type": 1 });
    assert_eq!(client.refused("CreateConfiguration", wrong), "SerializationException");
    assert_eq!(client.ok("ListConfigurations", json!({}))["Configurations"], json!([]));
}

#[test]
fn an_update_changes_the_mutable_members_in_the_request() {
    let mut client = TestClient::default();
    client.configuration("start");
    client.bench.pass(5);
    let change = json!({ "Name": "start", "Type": "Stop", "Content": "exit" });
    client.ok("UpdateConfiguration", change);
    client.ok("UpdateConfiguration", json!({ "Name": "start" }));
    let it = client.ok("DescribeConfiguration", json!({ "Name": "start" }));
    assert_eq!((&it["Type"], &it["Content"]), (&json!("Start"), &json!("exit")));
    let times = ["LastModifiedTime", "CreationTime"].map(|time| it[time].as_f64().unwrap());
    assert!((times[0] - times[1] - 5.0).abs() < 0.001, "{times:?}");
}

#[test]
fn a_listing_has_pages_filters_and_an_order() {
    let mut client = TestClient::default();
    for name in ["b1", "a1", "c2"] {
        client.configuration(name);
        client.bench.pass(1);
    }
    client.ok("UpdateConfiguration", json!({ "Name": "b1", "Content": "four" }));
    let first = client.ok("ListConfigurations", json!({}));
    assert_eq!(column(&first, "Configurations", "Name"), ["b1", "a1"], "the oldest first");
    let second = client.ok("ListConfigurations", json!({ "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Configurations", "Name"), ["c2"]);
    assert_eq!(second.get("NextToken"), None);
    let by_change = json!({ "SortBy": "LastModifiedTime", "SortOrder": "Descending" });
    let latest = client.ok("ListConfigurations", by_change);
    assert_eq!(column(&latest, "Configurations", "Name"), ["b1", "c2"]);
    let entry = &latest["Configurations"][0];
    assert_eq!((entry.get("Length"), entry.get("Content")), (Some(&json!(4)), None));
    let some = client.ok("ListConfigurations", json!({ "NameContains": "1", "MaxResults": 5 }));
    assert_eq!(column(&some, "Configurations", "Name"), ["b1", "a1"]);
    assert_eq!(
        client.refused("ListConfigurations", json!({ "MaxResults": 6 })),
        "ValidationException"
    );
    assert_eq!(client.refused("ListConfigurations", json!({ "NextToken": "?" })), "ForeignToken");
}

#[test]
fn a_deleted_resource_is_gone_with_its_tags_unless_something_needs_it() {
    let mut client = TestClient::default();
    let arn = client.configuration("start");
    client.ok("CreateNotebook", json!({ "Configuration": "start" }));
    assert_eq!(client.refused("DeleteConfiguration", json!({ "Name": "start" })), "InUse");
    client.configuration("other");
    client.ok("DeleteConfiguration", json!({ "Name": "other" }));
    assert_eq!(client.refused("DescribeConfiguration", json!({ "Name": "other" })), "NotFound");
    let other = arn.replace("start", "other");
    assert_eq!(client.refused("ListTags", json!({ "ResourceArn": other })), "ResourceNotFound");
    assert_eq!(client.ok("ListTags", json!({ "ResourceArn": arn }))["Tags"], json!([]));
}

#[test]
fn members_that_conflict_with_other_state_are_refused() {
    let mut client = TestClient::default();
    let absent = json!({ "Configuration": "none" });
    assert_eq!(client.refused("CreateNotebook", absent), "NoConfiguration");
    let id = client.notebook()["NotebookId"].clone();
    client.bench.pass(30);
    let change = json!({ "NotebookId": id, "Configuration": "none" });
    assert_eq!(client.refused("UpdateNotebook", change), "NoConfiguration");
    assert_eq!(client.state(&id), "InService", "a refused update leaves no trace");
}

#[test]
fn tags_come_with_the_create_call_and_are_added_overwritten_and_removed() {
    let mut client = TestClient::default();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let create = json!({ "Name": "start", "Type": "Start", "Tags": [tag("a", "1")] });
    let arn = client.ok("CreateConfiguration", create)["Arn"].clone();
    let all =
        client.ok("AddTags", json!({ "ResourceArn": arn, "Tags": [tag("a", "2"), tag("b", "")] }));
    assert_eq!(all["Tags"], json!([tag("a", "2"), tag("b", "")]));
    client.ok("DeleteTags", json!({ "ResourceArn": arn, "TagKeys": ["b", "never"] }));
    assert_eq!(
        client.ok("ListTags", json!({ "ResourceArn": arn }))["Tags"],
        json!([tag("a", "2")])
    );
    for (tags, refusal) in [
        (json!([tag("AWS:x", "")]), "Reserved"),
        (json!([tag("x", ""), tag("x", "")]), "Twice"),
        (json!([tag("x", ""), tag("y", ""), tag("z", "")]), "TooMany"),
    ] {
        let add = json!({ "ResourceArn": arn, "Tags": tags });
        assert_eq!(client.refused("AddTags", add), refusal);
    }
    let nothing = json!({ "ResourceArn": "arn:none", "Tags": [] });
    assert_eq!(client.refused("AddTags", nothing), "ResourceNotFound");
}

#[test]
fn states_change_in_the_worlds_time_and_refuse_changes_meanwhile() {
    let mut client = TestClient::default();
    let answer = client.notebook();
    let (id, named) = (answer["NotebookId"].clone(), json!({ "NotebookId": answer["NotebookId"] }));
    assert!(answer["NotebookArn"].as_str().unwrap().ends_with(id.as_str().unwrap()));
    client.bench.pass(29);
    assert_eq!(client.state(&id), "Pending");
    let refusal = client.call("UpdateNotebook", named.clone()).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("Busy", "Notebook is Pending"));
    client.bench.pass(1);
    assert_eq!(client.state(&id), "InService");
    client.ok("UpdateNotebook", named.clone());
    assert_eq!(client.state(&id), "Updating");
    assert_eq!(client.refused("DeleteNotebook", named.clone()), "Busy");
    client.bench.pass(20);
    client.ok("DeleteNotebook", named.clone());
    client.bench.pass(9);
    assert_eq!(client.state(&id), "Deleting");
    assert_eq!(client.refused("DeleteNotebook", named.clone()), "Busy");
    client.bench.pass(1);
    assert_eq!(client.refused("DescribeNotebook", named), "NotFound");
    let tags = json!({ "ResourceArn": answer["NotebookArn"] });
    assert_eq!(client.refused("ListTags", tags), "ResourceNotFound");
}

#[test]
fn generated_members_are_shown_and_differ_between_resources() {
    let mut client = TestClient::default();
    let [first, second] = [client.notebook(), client.notebook()];
    assert_ne!(first["NotebookId"], second["NotebookId"]);
    let it = client.ok("DescribeNotebook", json!({ "NotebookId": first["NotebookId"] }));
    assert!(it["Port"].is_u64(), "{it}");
}

#[test]
fn a_fault_delays_an_operation_or_makes_it_fail_in_the_end() {
    let stalled = Some(Disturbed::Stalled(Duration::from_mins(5)));
    let mut client = TestClient { disturbed: stalled, ..TestClient::default() };
    let slow = client.notebook()["NotebookId"].clone();
    client.disturbed = Some(Disturbed::Failing);
    let vain = client.notebook()["NotebookId"].clone();
    client.disturbed = None;
    client.bench.pass(30);
    assert_eq!((client.state(&slow), client.state(&vain)), ("Pending".into(), "Failed".into()));
    let shown = client.ok("DescribeNotebook", json!({ "NotebookId": vain }));
    assert!(shown["FailureReason"].is_string(), "{shown}");
    client.disturbed = Some(Disturbed::Failing);
    client.ok("UpdateNotebook", json!({ "NotebookId": vain }));
    client.bench.pass(20);
    assert_eq!(client.state(&vain), "UpdateFailed");
    client.bench.pass(250);
    assert_eq!(client.state(&slow), "InService");
}

#[test]
fn monitors_see_resources_that_exist_and_stay() {
    let mut client = TestClient::default();
    client.configuration("start");
    let tags = json!([{ "Key": "team", "Value": "ml" }]);
    let create = json!({ "Configuration": "start", "Tags": tags });
    let id = client.ok("CreateNotebook", create)["NotebookId"].clone();
    let mut truth = Truth::default();
    add_truth(&TABLES, &client.records, ACCOUNT, &mut truth);
    let thing = &truth.things[id.as_str().unwrap()];
    assert_eq!((thing.kind, thing.account.as_str()), ("Notebook", ACCOUNT));
    assert_eq!(thing.tags.get("team").map(String::as_str), Some("ml"));
    assert!(thing.facts.contains("Configuration \"start\""), "{:?}", thing.facts);
    assert_eq!(truth.things.len(), 1, "monitors do not watch configurations");
    client.bench.pass(30);
    client.ok("DeleteNotebook", json!({ "NotebookId": id }));
    let mut truth = Truth::default();
    add_truth(&TABLES, &client.records, ACCOUNT, &mut truth);
    assert!(truth.things.is_empty(), "it is being deleted");
}

/// Every resource has the tag `team`.
struct Tagged;

impl Directory for Tagged {
    fn find(&self, _: &str, _: (&str, &str), arn: &str) -> Option<(String, Tags)> {
        Some((arn.to_owned(), [("team".to_owned(), "ml".to_owned())].into()))
    }
}

#[test]
fn a_call_is_authorized_for_the_resource_and_once_more_for_its_tags() {
    let caller = Bench::default().caller("operator");
    let call = |operation: &str, input: Value| {
        let call = Call {
            service: "sagemaker",
            caller: &caller,
            operation,
            input: &input,
            directory: &Tagged,
        };
        let needs = needs(&TABLES, &call).expect("an operation of the service");
        needs.into_iter().map(|need| need.0).collect::<Vec<_>>()
    };
    let arn = |resource: &str| format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{resource}");
    let tags = json!([{ "Key": "team", "Value": "ml" }]);
    let create = call("CreateConfiguration", json!({ "Name": "Start", "Tags": tags }));
    let actions: Vec<&str> = create.iter().map(|request| request.action.as_str()).collect();
    assert_eq!(actions, ["sagemaker:CreateConfiguration", "sagemaker:AddTags"]);
    assert!(create.iter().all(|request| request.resource == arn("configuration/start")));
    assert!(create[0].context.contains_key("aws:requesttag/team"), "{create:?}");
    assert_eq!(call("CreateNotebook", json!({}))[0].resource, arn("notebook/*"));
    let delete = call("DeleteNotebook", json!({ "NotebookId": "n-1" }));
    assert_eq!(delete[0].resource, arn("notebook/n-1"));
    assert!(delete[0].context.contains_key("aws:resourcetag/team"), "{delete:?}");
    assert_eq!(call("ListNotebooks", json!({}))[0].resource, "*");
}

#[test]
fn a_setting_always_exists_and_each_change_returns_its_value() {
    let setting = Setting {
        read: "GetAccess",
        changes: &[
            ("AllowAccess", |_, _| Ok(json!("allowed"))),
            ("LimitAccess", |_, input| match input["To"].as_str() {
                Some(to) => Ok(json!(to)),
                None => Err(ApiError::new("MissingParameter", "To")),
            }),
        ],
        member: "access",
        default: || json!("denied"),
        lag: Duration::ZERO,
    };
    let mut settings = Settings::new();
    let mut call = |operation: &str, input: Value| {
        setting.answer(&mut settings, operation, &input, Duration::ZERO)
    };
    let is = |access: &str| Some(Ok(json!({ "access": access })));
    assert_eq!(call("GetAccess", json!({})), is("denied"));
    assert_eq!(call("AllowAccess", json!({})), is("allowed"));
    assert_eq!(call("LimitAccess", json!({ "To": "us" })), is("us"));
    assert!(call("LimitAccess", json!({})).is_some_and(|answer| answer.is_err()));
    assert_eq!(call("GetAccess", json!({})), is("us"), "a refused change changes nothing");
    assert_eq!(call("GetOther", json!({})), None);
    assert!(setting.has("AllowAccess") && !setting.has("GetOther"));
}

#[test]
fn a_slow_setting_has_its_new_value_at_once_but_shows_the_old_one_for_a_while() {
    let minute = Duration::from_mins(1);
    let setting = Setting {
        read: "GetAccess",
        changes: &[
            ("BlockAccess", |_, _| Ok(json!("blocked"))),
            ("AllowAccess", |_, _| Ok(json!("open"))),
        ],
        member: "access",
        default: || json!("open"),
        lag: minute,
    };
    let mut settings = Settings::new();
    let mut call = |operation: &str, elapsed| {
        let answer = setting.answer(&mut settings, operation, &json!({}), elapsed);
        let mut facts = BTreeSet::new();
        setting.add_fact(&settings, &mut facts);
        (answer.expect("its own").expect("no refusal")["access"].clone(), facts)
    };
    let is = |fact: &str| BTreeSet::from([fact.to_owned()]);
    let block = call("BlockAccess", minute);
    assert_eq!(block, (json!("open"), is("access \"blocked\"")));
    assert_eq!(call("GetAccess", Duration::from_secs(119)).0, json!("open"));
    assert_eq!(call("GetAccess", minute * 2).0, json!("blocked"));
    let allow = call("AllowAccess", minute * 2);
    assert_eq!(allow, (json!("blocked"), is("access \"open\"")));
    assert_eq!(call("GetAccess", minute * 3).0, json!("open"));
}
