//! The behavior of tables, with two invented types: configurations, which are named by callers and
//! change at once, and notebooks, which are named by the service and take time.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{
    Asked, Field, Filter, Key, Operations, Paging, Part, Records, Setting, Settings, States, Table,
    TagFault, Tagging, needs, read, tell, write,
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
    Paging { size: "MaxResults", least: 1, usual: 2, most: 5, token: "NextToken", foreign };

static TAGGING: Tagging = Tagging {
    add: "AddTags",
    remove: "DeleteTags",
    list: "ListTags",
    resource: "ResourceArn",
    keys: "TagKeys",
    most: 3,
    paging: Paging {
        size: "MaxResults",
        least: 1,
        usual: 50,
        most: 50,
        token: "NextToken",
        foreign,
    },
    refuse: |fault| match fault {
        TagFault::Reserved => ApiError::new("Reserved", ""),
        TagFault::Twice => ApiError::new("Twice", ""),
        TagFault::TooMany(most) => ApiError::new("TooMany", most.to_string()),
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
    key: &[Part { member: "Name", read: name, ignores_case: true, minted: None }],
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
        minted: Some(|ids| format!("n-{}", ids.alphanumeric(4))),
    }],
    arn: ("NotebookArn", "notebook"),
    fields: &[
        Field::new("Configuration", text),
        Field {
            minted: Some(|ids| json!(ids.number() % 100)),
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
struct Desk {
    records: Records,
    bench: Bench,
    disturbed: Option<Disturbed>,
}

impl Desk {
    fn call(&mut self, operation: &str, input: Value) -> Answer {
        let caller = self.bench.caller("operator");
        let records = &mut self.records;
        records.settle(self.bench.elapsed);
        let mut context = self.bench.context();
        context.disturbed = self.disturbed;
        let input = Input::new(&input, validation_exception);
        let mut asked = Asked { caller: &caller, input, context: &mut context };
        write(&TABLES, records, operation, &mut asked)
            .or_else(|| read(&TABLES, records, operation, &asked))
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
fn what_is_created_is_read_with_its_defaults_and_without_its_tags() {
    let mut desk = Desk::default();
    let arn = desk.configuration("Start");
    assert_eq!(arn, format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:configuration/start"));
    let now = desk.bench.context().now;
    assert_eq!(
        desk.ok("DescribeConfiguration", json!({ "Name": "START" })),
        json!({
            "Name": "Start", "Arn": arn, "Type": "Start", "Content": "", "Status": "InService",
            "CreationTime": now, "LastModifiedTime": now,
        })
    );
}

#[test]
fn a_name_is_taken_once_and_one_that_nothing_has_is_not_found() {
    let mut desk = Desk::default();
    desk.configuration("start");
    let again = json!({ "Name": "Start", "Type": "Start" });
    assert_eq!(desk.call("CreateConfiguration", again).unwrap_err().message, "Configuration Start");
    for operation in ["DescribeConfiguration", "UpdateConfiguration", "DeleteConfiguration"] {
        assert_eq!(desk.refused(operation, json!({ "Name": "stop" })), "NotFound", "{operation}");
    }
}

#[test]
fn what_a_request_lacks_or_says_wrongly_is_refused_and_nothing_is_created() {
    let mut desk = Desk::default();
    for wrong in [
        json!({}),
        json!({ "Name": "too-long-a-name", "Type": "Start" }),
        json!({ "Name": "start" }),
        json!({ "Name": "start", "Type": "Start", "Tags": [{ "Key": "a" }] }),
    ] {
        assert_eq!(desk.refused("CreateConfiguration", wrong), "ValidationException");
    }
    let wrong = json!({ "Name": "start", "Type": 1 });
    assert_eq!(desk.refused("CreateConfiguration", wrong), "SerializationException");
    assert_eq!(desk.ok("ListConfigurations", json!({}))["Configurations"], json!([]));
}

#[test]
fn an_update_changes_what_it_says_and_may_change() {
    let mut desk = Desk::default();
    desk.configuration("start");
    desk.bench.pass(5);
    let change = json!({ "Name": "start", "Type": "Stop", "Content": "exit" });
    desk.ok("UpdateConfiguration", change);
    desk.ok("UpdateConfiguration", json!({ "Name": "start" }));
    let it = desk.ok("DescribeConfiguration", json!({ "Name": "start" }));
    assert_eq!((&it["Type"], &it["Content"]), (&json!("Start"), &json!("exit")));
    let times = ["LastModifiedTime", "CreationTime"].map(|time| it[time].as_f64().unwrap());
    assert!((times[0] - times[1] - 5.0).abs() < 0.001, "{times:?}");
}

#[test]
fn a_listing_comes_in_pages_filtered_and_in_the_order_asked_for() {
    let mut desk = Desk::default();
    for name in ["b1", "a1", "c2"] {
        desk.configuration(name);
        desk.bench.pass(1);
    }
    desk.ok("UpdateConfiguration", json!({ "Name": "b1", "Content": "four" }));
    let first = desk.ok("ListConfigurations", json!({}));
    assert_eq!(column(&first, "Configurations", "Name"), ["b1", "a1"], "the oldest first");
    let second = desk.ok("ListConfigurations", json!({ "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Configurations", "Name"), ["c2"]);
    assert_eq!(second.get("NextToken"), None);
    let by_change = json!({ "SortBy": "LastModifiedTime", "SortOrder": "Descending" });
    let latest = desk.ok("ListConfigurations", by_change);
    assert_eq!(column(&latest, "Configurations", "Name"), ["b1", "c2"]);
    let entry = &latest["Configurations"][0];
    assert_eq!((entry.get("Length"), entry.get("Content")), (Some(&json!(4)), None));
    let some = desk.ok("ListConfigurations", json!({ "NameContains": "1", "MaxResults": 5 }));
    assert_eq!(column(&some, "Configurations", "Name"), ["b1", "a1"]);
    assert_eq!(
        desk.refused("ListConfigurations", json!({ "MaxResults": 6 })),
        "ValidationException"
    );
    assert_eq!(desk.refused("ListConfigurations", json!({ "NextToken": "?" })), "ForeignToken");
}

#[test]
fn what_is_deleted_is_gone_with_its_tags_unless_something_needs_it() {
    let mut desk = Desk::default();
    let arn = desk.configuration("start");
    desk.ok("CreateNotebook", json!({ "Configuration": "start" }));
    assert_eq!(desk.refused("DeleteConfiguration", json!({ "Name": "start" })), "InUse");
    desk.configuration("other");
    desk.ok("DeleteConfiguration", json!({ "Name": "other" }));
    assert_eq!(desk.refused("DescribeConfiguration", json!({ "Name": "other" })), "NotFound");
    let other = arn.replace("start", "other");
    assert_eq!(desk.refused("ListTags", json!({ "ResourceArn": other })), "ResourceNotFound");
    assert_eq!(desk.ok("ListTags", json!({ "ResourceArn": arn }))["Tags"], json!([]));
}

#[test]
fn members_that_do_not_go_with_what_there_is_are_refused() {
    let mut desk = Desk::default();
    let absent = json!({ "Configuration": "none" });
    assert_eq!(desk.refused("CreateNotebook", absent), "NoConfiguration");
    let id = desk.notebook()["NotebookId"].clone();
    desk.bench.pass(30);
    let change = json!({ "NotebookId": id, "Configuration": "none" });
    assert_eq!(desk.refused("UpdateNotebook", change), "NoConfiguration");
    assert_eq!(desk.state(&id), "InService", "a refused update leaves no trace");
}

#[test]
fn tags_come_with_the_create_call_and_are_added_overwritten_and_removed() {
    let mut desk = Desk::default();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let create = json!({ "Name": "start", "Type": "Start", "Tags": [tag("a", "1")] });
    let arn = desk.ok("CreateConfiguration", create)["Arn"].clone();
    let all =
        desk.ok("AddTags", json!({ "ResourceArn": arn, "Tags": [tag("a", "2"), tag("b", "")] }));
    assert_eq!(all["Tags"], json!([tag("a", "2"), tag("b", "")]));
    desk.ok("DeleteTags", json!({ "ResourceArn": arn, "TagKeys": ["b", "never"] }));
    assert_eq!(desk.ok("ListTags", json!({ "ResourceArn": arn }))["Tags"], json!([tag("a", "2")]));
    for (tags, refusal) in [
        (json!([tag("AWS:x", "")]), "Reserved"),
        (json!([tag("x", ""), tag("x", "")]), "Twice"),
        (json!([tag("x", ""), tag("y", ""), tag("z", "")]), "TooMany"),
    ] {
        let add = json!({ "ResourceArn": arn, "Tags": tags });
        assert_eq!(desk.refused("AddTags", add), refusal);
    }
    let nothing = json!({ "ResourceArn": "arn:none", "Tags": [] });
    assert_eq!(desk.refused("AddTags", nothing), "ResourceNotFound");
}

#[test]
fn states_change_in_the_worlds_time_and_nothing_is_changed_meanwhile() {
    let mut desk = Desk::default();
    let answer = desk.notebook();
    let (id, named) = (answer["NotebookId"].clone(), json!({ "NotebookId": answer["NotebookId"] }));
    assert!(answer["NotebookArn"].as_str().unwrap().ends_with(id.as_str().unwrap()));
    desk.bench.pass(29);
    assert_eq!(desk.state(&id), "Pending");
    let refusal = desk.call("UpdateNotebook", named.clone()).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("Busy", "Notebook is Pending"));
    desk.bench.pass(1);
    assert_eq!(desk.state(&id), "InService");
    desk.ok("UpdateNotebook", named.clone());
    assert_eq!(desk.state(&id), "Updating");
    assert_eq!(desk.refused("DeleteNotebook", named.clone()), "Busy");
    desk.bench.pass(20);
    desk.ok("DeleteNotebook", named.clone());
    desk.bench.pass(9);
    assert_eq!(desk.state(&id), "Deleting");
    assert_eq!(desk.refused("DeleteNotebook", named.clone()), "Busy");
    desk.bench.pass(1);
    assert_eq!(desk.refused("DescribeNotebook", named), "NotFound");
    let tags = json!({ "ResourceArn": answer["NotebookArn"] });
    assert_eq!(desk.refused("ListTags", tags), "ResourceNotFound");
}

#[test]
fn what_the_service_makes_is_shown_and_differs_from_one_to_the_next() {
    let mut desk = Desk::default();
    let [first, second] = [desk.notebook(), desk.notebook()];
    assert_ne!(first["NotebookId"], second["NotebookId"]);
    let it = desk.ok("DescribeNotebook", json!({ "NotebookId": first["NotebookId"] }));
    assert!(it["Port"].is_u64(), "{it}");
}

#[test]
fn a_fault_makes_what_was_started_take_its_time_or_fail_in_the_end() {
    let stalled = Some(Disturbed::Stalled(Duration::from_mins(5)));
    let mut desk = Desk { disturbed: stalled, ..Desk::default() };
    let slow = desk.notebook()["NotebookId"].clone();
    desk.disturbed = Some(Disturbed::Failing);
    let vain = desk.notebook()["NotebookId"].clone();
    desk.disturbed = None;
    desk.bench.pass(30);
    assert_eq!((desk.state(&slow), desk.state(&vain)), ("Pending".into(), "Failed".into()));
    let shown = desk.ok("DescribeNotebook", json!({ "NotebookId": vain }));
    assert!(shown["FailureReason"].is_string(), "{shown}");
    desk.disturbed = Some(Disturbed::Failing);
    desk.ok("UpdateNotebook", json!({ "NotebookId": vain }));
    desk.bench.pass(20);
    assert_eq!(desk.state(&vain), "UpdateFailed");
    desk.bench.pass(250);
    assert_eq!(desk.state(&slow), "InService");
}

#[test]
fn monitors_see_what_is_there_and_stays() {
    let mut desk = Desk::default();
    desk.configuration("start");
    let tags = json!([{ "Key": "team", "Value": "ml" }]);
    let create = json!({ "Configuration": "start", "Tags": tags });
    let id = desk.ok("CreateNotebook", create)["NotebookId"].clone();
    let mut truth = Truth::default();
    tell(&TABLES, &desk.records, ACCOUNT, &mut truth);
    let thing = &truth.things[id.as_str().unwrap()];
    assert_eq!((thing.kind, thing.account.as_str()), ("Notebook", ACCOUNT));
    assert_eq!(thing.tags.get("team").map(String::as_str), Some("ml"));
    assert!(thing.facts.contains("Configuration \"start\""), "{:?}", thing.facts);
    assert_eq!(truth.things.len(), 1, "monitors do not watch configurations");
    desk.bench.pass(30);
    desk.ok("DeleteNotebook", json!({ "NotebookId": id }));
    let mut truth = Truth::default();
    tell(&TABLES, &desk.records, ACCOUNT, &mut truth);
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
fn a_call_is_authorised_for_the_resource_and_once_more_for_its_tags() {
    let caller = Bench::default().caller("operator");
    let asked = |operation: &str, input: Value| {
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
    let create = asked("CreateConfiguration", json!({ "Name": "Start", "Tags": tags }));
    let actions: Vec<&str> = create.iter().map(|request| request.action.as_str()).collect();
    assert_eq!(actions, ["sagemaker:CreateConfiguration", "sagemaker:AddTags"]);
    assert!(create.iter().all(|request| request.resource == arn("configuration/start")));
    assert!(create[0].context.contains_key("aws:requesttag/team"), "{create:?}");
    assert_eq!(asked("CreateNotebook", json!({}))[0].resource, arn("notebook/*"));
    let delete = asked("DeleteNotebook", json!({ "NotebookId": "n-1" }));
    assert_eq!(delete[0].resource, arn("notebook/n-1"));
    assert!(delete[0].context.contains_key("aws:resourcetag/team"), "{delete:?}");
    assert_eq!(asked("ListNotebooks", json!({}))[0].resource, "*");
}

#[test]
fn a_setting_is_there_from_the_beginning_and_each_change_answers_what_it_is() {
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
        slowly: None,
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
fn a_slow_setting_shows_what_it_was_for_a_while_and_is_what_it_will_be_at_once() {
    let minute = Duration::from_mins(1);
    let setting = Setting {
        read: "GetAccess",
        changes: &[
            ("BlockAccess", |_, _| Ok(json!("blocked"))),
            ("AllowAccess", |_, _| Ok(json!("open"))),
        ],
        member: "access",
        default: || json!("open"),
        slowly: Some((|| json!("open"), minute)),
    };
    let mut settings = Settings::new();
    let mut call = |operation: &str, elapsed| {
        let answer = setting.answer(&mut settings, operation, &json!({}), elapsed);
        let mut facts = BTreeSet::new();
        setting.tell(&settings, &mut facts);
        (answer.expect("its own").expect("no refusal")["access"].clone(), facts)
    };
    let is = |fact: &str| BTreeSet::from([fact.to_owned()]);
    let block = call("BlockAccess", minute);
    assert_eq!(block, (json!("open"), is("access \"blocked\"")));
    assert_eq!(call("GetAccess", minute * 2 - Duration::from_secs(1)).0, json!("open"));
    assert_eq!(call("GetAccess", minute * 2).0, json!("blocked"));
    assert_eq!(call("AllowAccess", minute * 2).0, json!("open"), "only one way is slow");
}
