//! What the tests of the JSON services share.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::{
    service::{Answer, Caller, Context, Ids, Options},
    wire::Outcome,
    world::Simulator,
};

/// The account from which tests call by default.
pub(crate) const ACCOUNT: &str = "111122223333";

/// A virtual clock and the other context of calls to a service.
#[derive(Debug)]
pub(crate) struct Bench {
    pub elapsed: Duration,
    pub options: Options,
    ids: Ids,
}

impl Default for Bench {
    fn default() -> Self {
        let options = Options::default();
        Self { elapsed: Duration::ZERO, ids: Ids::new(1), options }
    }
}

impl Bench {
    /// A role session in the account of the tests.
    #[expect(clippy::unused_self, reason = "reads like the bench's other calls")]
    pub(crate) fn caller(&self, role: &str) -> Caller {
        Self::caller_in(ACCOUNT, role)
    }

    /// A role session in this account.
    pub(crate) fn caller_in(account: &str, role: &str) -> Caller {
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/session");
        Caller { account: account.to_owned(), region: "eu-west-1".to_owned(), arn }
    }

    /// The context of a call made now.
    pub(crate) fn context(&mut self) -> Context<'_> {
        let now = 1_790_000_000.0 + self.elapsed.as_secs_f64();
        Context {
            now,
            elapsed: self.elapsed,
            ids: &mut self.ids,
            options: &self.options,
            disturbed: None,
            judged: None,
        }
    }

    /// Advances the virtual clock by this number of seconds.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.elapsed += Duration::from_secs(seconds);
    }
}

/// The error code of an answer; if there is none, the test fails and shows the answer.
pub(crate) fn code(answer: Answer) -> String {
    match answer {
        Err(error) => error.code,
        Ok(value) => panic!("expected a refusal, got {value}"),
    }
}

/// The values of one member in all items of a list member.
pub(crate) fn column(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let items = answer[list].as_array().expect("the answer has the list");
    items.iter().map(|item| item[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// A client of one service that sends requests as they are on the wire.
#[derive(Debug, Clone)]
pub(crate) struct WireClient {
    pub simulator: Simulator,
    pub account: &'static str,
    pub region: &'static str,
}

impl Default for WireClient {
    fn default() -> Self {
        Self::of(Simulator::default())
    }
}

impl WireClient {
    pub(crate) fn of(simulator: Simulator) -> Self {
        Self { simulator, account: ACCOUNT, region: "eu-west-1" }
    }

    /// The same client in another Region.
    pub(crate) fn in_region(&self, region: &'static str) -> Self {
        Self { region, ..self.clone() }
    }

    /// The answer, or the code of the error.
    pub(crate) fn call(
        &self,
        target: &str,
        operation: &str,
        input: &Value,
    ) -> Result<Value, String> {
        let scope = format!("{}/20261120/{}/x/aws4_request", self.account, self.region);
        let request = http::Request::builder()
            .method("POST")
            .uri("https://aws.test/")
            .header("x-amz-target", format!("{target}.{operation}"))
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=0"))
            .body(bytes::Bytes::from(input.to_string()))
            .expect("a request");
        let Outcome::Answered(answer) = self.simulator.respond(&request) else {
            return Err("(no answer)".to_owned());
        };
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status() == 200 {
            return Ok(body);
        }
        Err(body["__type"].as_str().unwrap_or_default().to_owned())
    }
}
