//! Canned answers for tests of ports: the real SDK, including the write guard, with a connector
//! that records every request and answers from a list.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;

use crate::{
    aws::{Access, Brake, Budget, Connection, Guard},
    kind::ScopeFacts,
};

/// The account of the answers.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The Region of the answers.
pub(crate) const REGION: &str = "eu-west-1";

/// A server that returns its answers in order, whatever it is asked.
#[derive(Clone, Default)]
pub(crate) struct Canned(Arc<Mutex<Exchange>>);

#[derive(Default)]
struct Exchange {
    answers: VecDeque<(u16, String)>,
    requests: Vec<String>,
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl Canned {
    /// Answers 200 with these bodies, in order. `<R>` stands for EC2's outermost element.
    pub(crate) fn answering<const N: usize>(bodies: [&str; N]) -> Self {
        let canned = Self::default();
        for body in bodies {
            canned.then(200, body);
        }
        canned
    }

    /// Adds an answer.
    pub(crate) fn then(&self, status: u16, body: &str) {
        self.lock().answers.push_back((status, body.to_owned()));
    }

    /// The bodies of all requests so far, percent-decoded, as `key=value` lines for the query
    /// protocol.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    /// The only request.
    pub(crate) fn only_request(&self) -> String {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "exactly one call: {requests:#?}");
        requests.remove(0)
    }

    /// The clients of a scope that use this server and may write.
    pub(crate) async fn access(&self) -> Access {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
                aws_sdk_sts::config::Credentials::new("AKID", "secret", None, None, "test"),
            ))
            .region(aws_config::Region::new(REGION))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let facts = ScopeFacts {
            name: "ml-prod".into(),
            account: ACCOUNT.into(),
            region: REGION.into(),
            partition: "aws".into(),
        };
        Connection::new(config, Guard::writing(Brake::default()))
            .within(Budget::unlimited())
            .access(facts, None)
            .await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = decoded(request.body().bytes().unwrap_or_default());
        let mut exchange = self.lock();
        let (status, answer) =
            exchange.answers.pop_front().unwrap_or_else(|| panic!("no answer left for {body}"));
        // EC2 names the outermost element after the operation.
        let operation = body.lines().find_map(|line| line.strip_prefix("Action="));
        let element = format!("{}Response", operation.unwrap_or_default());
        let answer = answer.replacen("<R>", &format!("<{element}>"), 1);
        let answer = answer.replacen("</R>", &format!("</{element}>"), 1);
        exchange.requests.push(body);
        let status = status.try_into().expect("a status code");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))))
    }
}

fn decoded(body: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = body;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'&' => bytes.push(b'\n'),
            b'%' => {
                let digits = std::str::from_utf8(&tail[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &tail[2..];
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
