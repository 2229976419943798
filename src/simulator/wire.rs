//! Converts HTTP requests to (service, caller, operation, input) and answers back, in the protocol
//! of the request.
//!
//! What the clients send (observed in the SDK crates for Rust and in botocore's models): EC2 and
//! STS use the query protocol, KMS, Organizations and SageMaker AWS JSON 1.1 with `X-Amz-Target`.
//! None of the five compresses requests or uses CBOR.

use super::api::{Api, Protocol};
use super::carry::{Call, Delivery};
use super::query::{ec2_answer, ec2_error, parse_form, payload, query_answer, query_error};
use super::rest::xml_members;
use super::service::{Answer, ApiError, CallRecord, Caller, is_mutating, partition};
use super::services::APIS;
use super::signature;
use super::world::{Simulator, World};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

/// The outcome of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The answer.
    Answered(Response<Bytes>),
    /// The answer, delayed by this time.
    Later(Response<Bytes>, Duration),
    /// There is nothing yet: this answer if there is nothing within this time either.
    Idle(Response<Bytes>, Duration),
    /// The connection breaks without an answer.
    Broken,
    /// No answer at all.
    Silent,
}

/// An answer that violates the protocol ([`super::Effect::Garbage`]).
pub const GARBAGE: &str = "\0<<not what the protocol says>";
const DEFAULT_REGION: &str = "us-east-1";

impl Simulator {
    /// Carries out one request.
    pub(super) fn respond(&self, request: &Request<Bytes>) -> Outcome {
        self.with(|world| world.respond(request))
    }
}

impl World {
    fn respond(&mut self, request: &Request<Bytes>) -> Outcome {
        let request_id = self.request_ids.uuid();
        let call = match self.understand(request, &request_id) {
            Ok(call) => call,
            Err((protocol, error)) => {
                return Outcome::Answered(render(protocol, "", Err(error), &request_id));
            }
        };
        let (answer, delivery) = self.carry_out(&call);
        if call.operation == "SendMessage" {
            // Whoever waits for a message has it now.
            self.arrived.notify_waiters();
        }
        if let Some(wait) = long_poll(&call, &answer) {
            let answer = render(call.api.protocol, &call.operation, answer, &request_id);
            return Outcome::Idle(answer, wait);
        }
        self.calls.push(CallRecord {
            service: call.api.name.into(),
            operation: call.operation.clone(),
            account: call.caller.account,
            region: call.caller.region,
            mutating: is_mutating(&call.operation),
            at: self.age(),
            error: answer.as_ref().err().map(|error| error.code.clone()),
            input: call.input,
        });
        let rendered = || render(call.api.protocol, &call.operation, answer, &request_id);
        match delivery {
            Delivery::Silent => Outcome::Silent,
            Delivery::Broken => Outcome::Broken,
            Delivery::Garbled => Outcome::Answered(garbage()),
            Delivery::Answered => Outcome::Answered(rendered()),
            Delivery::Later(time) => Outcome::Later(rendered(), time),
        }
    }

    fn understand(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
    ) -> Result<Call, (Protocol, ApiError)> {
        let credential = credential(request);
        let region = credential.as_ref().map_or(DEFAULT_REGION, |scope| scope.region.as_str());
        let service = credential.as_ref().map(|scope| scope.service.as_str());
        let rest = || APIS.iter().copied().find(|api| Some(api.name) == service && is_rest(api));
        let (api, operation, input) = match (request.headers().get("x-amz-target"), rest()) {
            (Some(target), _) => json_call(target, request.body())?,
            (None, Some(api)) => rest_call(api, request)?,
            (None, None) => query_call(request, service)?,
        };
        let key = credential.as_ref().map_or("", |scope| scope.key.as_str());
        let over = || (api.protocol, api.protocol.expired());
        let caller = self.caller(key, region).ok_or_else(over)?;
        if (api.name, operation.as_str()) == ("sts", "GetCallerIdentity") {
            self.verify(request, key).map_err(|error| (api.protocol, error))?;
        }
        Ok(Call { api, caller, operation, input, request_id: request_id.to_owned() })
    }

    /// Whether a request that says who signed it was signed by a session with its key and token,
    /// and as it was sent. Keys without a session have any secret, and
    /// signatures in queries are not looked at.
    fn verify(&self, request: &Request<Bytes>, key: &str) -> Result<(), ApiError> {
        let in_header = request.headers().contains_key(header::AUTHORIZATION);
        let session = self.sts.session(key).filter(|_| in_header);
        let Some(session) = session else { return Ok(()) };
        let [secret, token] = &session.secrets;
        let given = request.headers().get("x-amz-security-token");
        if given.and_then(|it| it.to_str().ok()) != Some(token.as_str()) {
            let message = "The security token included in the request is invalid.";
            return Err(ApiError::new("InvalidClientTokenId", message).status(403));
        }
        if signature::is_right(request, secret) {
            return Ok(());
        }
        // The real message repeats the request, with the token in it.
        let message = format!("The request signature we calculated does not match ({token})");
        Err(ApiError::new("SignatureDoesNotMatch", message).status(403))
    }

    /// The caller with an access key id; `None` for an expired session.
    fn caller(&self, key: &str, region: &str) -> Option<Caller> {
        let region = region.to_owned();
        if let Some(session) = self.sts.session(key) {
            let (account, arn) = (session.account.clone(), session.arn.clone());
            return (self.now() < session.expires).then_some(Caller { account, region, arn });
        }
        let digits = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if digits { key } else { &self.options.default_account }.to_owned();
        let arn = format!("arn:{}:iam::{account}:user/simulator", partition(&region));
        Some(Caller { account, region, arn })
    }
}

/// How long a call waits for a message, if it found none.
fn long_poll(call: &Call, answer: &Answer) -> Option<Duration> {
    let is_empty = answer.as_ref().is_ok_and(|answer| answer.get("Messages").is_none());
    let waits = call.operation == "ReceiveMessage" && is_empty;
    let seconds = call.input["WaitTimeSeconds"].as_u64().filter(|it| waits && *it > 0)?;
    Some(Duration::from_secs(seconds))
}

/// The credential scope of a signature, version 4: `AKID/20261120/eu-west-1/ec2/aws4_request`.
struct Scope {
    key: String,
    region: String,
    service: String,
}

/// From the header or, in a presigned request, from the query string.
fn credential(request: &Request<Bytes>) -> Option<Scope> {
    let header = request.headers().get(header::AUTHORIZATION);
    let from_header = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split("Credential=").nth(1))
        .and_then(|rest| rest.split([',', ' ']).next())
        .map(str::to_owned);
    let scope = from_header.or_else(|| {
        let query = request.uri().query()?.as_bytes();
        let mut pairs = form_urlencoded::parse(query);
        pairs.find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value.into_owned())
    })?;
    let mut parts = scope.rsplitn(5, '/');
    let (_, service, region, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Scope { key: parts.next()?.into(), region: region.into(), service: service.into() })
}

type Understood = Result<(&'static Api, String, Value), (Protocol, ApiError)>;

fn is_rest(api: &Api) -> bool {
    matches!(api.protocol, Protocol::Rest { .. })
}

/// The operation of a service by method and path.
fn rest_call(api: &'static Api, request: &Request<Bytes>) -> Understood {
    let Protocol::Rest { routes, xml } = api.protocol else {
        return Err((api.protocol, ApiError::new("InternalFailure", "Not a service of paths")));
    };
    let Some(route) = routes.iter().find(|route| route.fits(request)) else {
        let message = format!("No operation at {} {}", request.method(), request.uri().path());
        return Err((api.protocol, ApiError::new("UnknownOperationException", message)));
    };
    let input = match xml {
        Some(_) => xml_members(request.body()).map_err(|error| (api.protocol, error))?,
        None => json_members(api.protocol, request.body())?,
    };
    Ok((api, route.operation.to_owned(), input))
}

/// The members of a JSON body. An empty one is an empty object.
fn json_members(protocol: Protocol, body: &Bytes) -> Result<Value, (Protocol, ApiError)> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_slice(body) {
        Ok(input @ Value::Object(_)) => Ok(input),
        Ok(_) | Err(_) => {
            Err((protocol, ApiError::new("SerializationException", "The body is no JSON object")))
        }
    }
}

/// AWS JSON: `X-Amz-Target: TrentService.CreateKey`.
fn json_call(target: &HeaderValue, body: &Bytes) -> Understood {
    let text = target.to_str().unwrap_or_default();
    let (prefix, operation) = text.rsplit_once('.').unwrap_or(("", text));
    let named = |api: &&&'static Api| match api.protocol {
        Protocol::Json { target } | Protocol::Json10 { target } => target == prefix,
        _ => false,
    };
    let Some(api) = APIS.iter().find(named).copied() else {
        let message = format!("The simulator has no service behind {text}");
        let protocol = Protocol::Json { target: "" };
        return Err((protocol, ApiError::new("UnknownOperationException", message)));
    };
    Ok((api, operation.into(), json_members(api.protocol, body)?))
}

/// Query: `Action` and `Version` in the form or, for GET, in the query string. They are not members
/// of the input.
fn query_call(request: &Request<Bytes>, scope: Option<&str>) -> Understood {
    let mut members = parse_form(request.uri().query().unwrap_or_default().as_bytes());
    members.extend(parse_form(request.body()));
    members.retain(|name, _| !name.starts_with("X-Amz-"));
    let version = members.remove("Version").unwrap_or_default();
    let action = members.remove("Action").unwrap_or_default();
    let action = action.as_str().filter(|action| !action.is_empty());
    match (query_api(scope, version.as_str()), action) {
        (Some(api), Some(action)) => Ok((api, action.to_owned(), Value::Object(members))),
        (api, _) => {
            let protocol =
                api.map_or(Protocol::Query { version: "", namespace: "" }, |api| api.protocol);
            let message = "The request names no action and no target";
            Err((protocol, ApiError::new("MissingAction", message)))
        }
    }
}

/// The service of a query request: by its signature, otherwise by the version of its API, otherwise
/// the first service with the plain query protocol.
fn query_api(scope: Option<&str>, asked: Option<&str>) -> Option<&'static Api> {
    let spoken = |api: &&'static Api| match api.protocol {
        Protocol::Ec2 { version } | Protocol::Query { version, .. } => Some(version),
        Protocol::Json { .. } | Protocol::Json10 { .. } | Protocol::Rest { .. } => None,
    };
    let query = || APIS.iter().copied().filter(|api| spoken(api).is_some());
    query()
        .find(|api| Some(api.name) == scope)
        .or_else(|| query().find(|api| spoken(api) == asked))
        .or_else(|| query().find(|api| matches!(api.protocol, Protocol::Query { .. })))
}

fn render(
    protocol: Protocol,
    operation: &str,
    answer: Answer,
    request_id: &str,
) -> Response<Bytes> {
    let status = answer.as_ref().err().map_or(200, |error| error.status);
    let (kind, body) = match protocol {
        Protocol::Ec2 { .. } => {
            ("text/xml;charset=UTF-8", ec2_body(operation, &answer, request_id))
        }
        Protocol::Query { namespace, .. } => {
            ("text/xml", query_body(namespace, operation, &answer, request_id))
        }
        Protocol::Rest { xml: Some(namespace), .. } => {
            ("application/xml", rest_body(namespace, &answer, request_id))
        }
        Protocol::Rest { xml: None, .. } => ("application/json", json_body(&answer)),
        Protocol::Json { .. } => ("application/x-amz-json-1.1", json_body(&answer)),
        Protocol::Json10 { .. } => ("application/x-amz-json-1.0", json_body(&answer)),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Err(error) = &answer
        && let Ok(code) = HeaderValue::from_str(&error.code)
        && kind.contains("json")
    {
        headers.insert("x-amzn-errortype", code);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    *response.headers_mut() = headers;
    response
}

fn ec2_body(operation: &str, answer: &Answer, request_id: &str) -> Vec<u8> {
    match answer {
        Ok(answer) => ec2_answer(operation, request_id, answer),
        Err(error) => ec2_error(error, request_id),
    }
}

fn query_body(namespace: &str, operation: &str, answer: &Answer, request_id: &str) -> Vec<u8> {
    match answer {
        Ok(answer) => query_answer(namespace, operation, request_id, answer),
        Err(error) => query_error(namespace, error, request_id),
    }
}

/// The one member of the answer is the body.
fn rest_body(namespace: &str, answer: &Answer, request_id: &str) -> Vec<u8> {
    match answer {
        Ok(answer) => payload(namespace, answer),
        Err(error) => query_error(namespace, error, request_id),
    }
}

/// The message in both spellings: the services differ, and every client reads one of them.
fn json_body(answer: &Answer) -> Vec<u8> {
    match answer {
        // An operation without output has an empty body.
        Ok(Value::Null) => Vec::new(),
        Ok(answer) => answer.to_string().into_bytes(),
        Err(error) => {
            let mut body =
                json!({"__type": error.code, "message": error.message, "Message": error.message});
            for (member, value) in &error.extra {
                body[member] = value.as_str().into();
            }
            body.to_string().into_bytes()
        }
    }
}

fn garbage() -> Response<Bytes> {
    Response::new(Bytes::from_static(GARBAGE.as_bytes()))
}
