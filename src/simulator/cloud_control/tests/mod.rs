//! Cloud Control over the wire.

mod buckets;
mod gateways;
mod governance;
mod iam;
mod lies;
mod monitored;
mod networks;
mod patches;
mod policies;
mod recorders;
mod records;
mod requests;
mod roles;
mod rules;
mod subnets;

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::{
    fault::{Effect, Fault, Lie},
    json::testing::{ACCOUNT, WireClient},
};

/// A client of Cloud Control.
#[derive(Debug, Clone, Default)]
struct Client(WireClient);

impl Client {
    fn call(&self, operation: &str, input: &Value) -> Result<Value, String> {
        self.0.call("CloudApiService", operation, input)
    }

    fn ok(&self, operation: &str, input: &Value) -> Value {
        self.call(operation, input).unwrap_or_else(|code| panic!("{operation} {input}: {code}"))
    }

    /// Starts to create something.
    fn start(&self, kind: &str, desired: &Value) -> Result<Value, String> {
        let input = json!({"TypeName": kind, "DesiredState": desired.to_string()});
        self.call("CreateResource", &input).map(|answer| answer["ProgressEvent"].clone())
    }

    /// The end of a request.
    async fn end(&self, event: &Value) -> Value {
        pass(1).await;
        let token = json!({"RequestToken": event["RequestToken"]});
        self.ok("GetResourceRequestStatus", &token)["ProgressEvent"].clone()
    }

    /// Creates something and returns its identifier.
    async fn create(&self, kind: &str, desired: &Value) -> String {
        let event = self.start(kind, desired).expect("a request");
        let end = self.end(&event).await;
        assert_eq!(end["OperationStatus"], "SUCCESS", "{end}");
        end["Identifier"].as_str().expect("an identifier").to_owned()
    }

    /// The error of a creation: of the call, or of the request.
    async fn refused(&self, kind: &str, desired: &Value) -> String {
        match self.start(kind, desired) {
            Err(code) => code,
            Ok(event) => failed(&self.end(&event).await),
        }
    }

    fn start_update(&self, kind: &str, id: &str, patch: &Value) -> Result<Value, String> {
        let patch = patch.to_string();
        let input = json!({"TypeName": kind, "Identifier": id, "PatchDocument": patch});
        self.call("UpdateResource", &input).map(|answer| answer["ProgressEvent"].clone())
    }

    /// Updates something.
    async fn update(&self, kind: &str, id: &str, patch: &Value) {
        let event = self.start_update(kind, id, patch).expect("a request");
        let end = self.end(&event).await;
        assert_eq!(end["OperationStatus"], "SUCCESS", "{end}");
    }

    /// The error of an update.
    async fn not_updated(&self, kind: &str, id: &str, patch: &Value) -> String {
        match self.start_update(kind, id, patch) {
            Err(code) => code,
            Ok(event) => failed(&self.end(&event).await),
        }
    }

    /// Deletes something, and returns the end of the request.
    async fn delete(&self, kind: &str, id: &str) -> Value {
        let input = json!({"TypeName": kind, "Identifier": id});
        let event = self.ok("DeleteResource", &input)["ProgressEvent"].clone();
        self.end(&event).await
    }

    fn get(&self, kind: &str, id: &str) -> Result<Value, String> {
        let answer = self.call("GetResource", &json!({"TypeName": kind, "Identifier": id}))?;
        let text = answer["ResourceDescription"]["Properties"].as_str().expect("properties");
        Ok(serde_json::from_str(text).expect("JSON"))
    }

    fn list(&self, kind: &str) -> Vec<String> {
        let answer = self.ok("ListResources", &json!({"TypeName": kind}));
        let all = answer["ResourceDescriptions"].as_array().expect("a list").clone();
        all.iter().map(|it| it["Identifier"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A call by an administrator.
    fn act(&self, service: &str, operation: &str, input: &Value) -> Value {
        let answer = self.0.simulator.act(self.0.account, self.0.region, service, operation, input);
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    fn lie(&self, operation: &str, lie: Lie) {
        self.0.simulator.inject(Fault::new(operation, Effect::Lie(lie)).nth(1));
    }
}

fn failed(end: &Value) -> String {
    assert_eq!(end["OperationStatus"], "FAILED", "{end}");
    end["ErrorCode"].as_str().expect("a code").to_owned()
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

fn add(path: &str, value: &Value) -> Value {
    json!([{"op": "add", "path": path, "value": value}])
}

/// The texts of a list, in order.
fn sorted(list: &Value) -> Vec<String> {
    let mut all: Vec<String> =
        list.as_array().into_iter().flatten().map(ToString::to_string).collect();
    all.sort();
    all
}

const VPC: &str = "AWS::EC2::VPC";
const BUCKET: &str = "AWS::S3::Bucket";
const POLICY: &str = "AWS::S3::BucketPolicy";
const ROLE: &str = "AWS::IAM::Role";
const RULE: &str = "AWS::Config::ConfigRule";
const RECORDER: &str = "AWS::Config::ConfigurationRecorder";
