//! What the rest of the simulator knows of a service, declared once in the service's folder:
//! [`Api`] is constant, [`Service`] is answered by its state.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    iam::{Call, Need},
    json::unknown_operation,
    rest::Route,
    service::{Answer, ApiError, Caller, Context, Options},
    truth::{Thing, Truth},
};

/// Describes what palisade lost between two truths.
pub(crate) type Taken = fn(before: &Truth, after: &Truth, kinds: &[&Kind]) -> Vec<String>;

/// The constant properties of a service.
#[derive(Debug)]
pub(crate) struct Api {
    /// Its name in credential scopes, in IAM's actions and in [`super::CallRecord::service`].
    pub name: &'static str,
    /// The format of its requests and answers.
    pub protocol: Protocol,
    /// Its error for "too many requests".
    pub throttled: Refusal,
    /// The members of a listing's pages.
    pub pages: Pages,
    /// The member under which its answers carry tags.
    pub tags: &'static str,
    /// Whether reads may be answered by a replica that lags behind, and listings may go wrong
    /// between their pages.
    pub replicated: bool,
    /// A smaller bucket for some requests.
    pub extra_bucket: Option<fn(operation: &str, input: &Value) -> Option<Bucket>>,
    /// The kinds of its resources that monitors watch.
    pub kinds: &'static [Kind],
    /// What a call of this service took from palisade, in words, comparing the states before and
    /// after it.
    pub taken: Option<Taken>,
}

/// The format of requests and answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    /// EC2's dialect of the query protocol, with this API version.
    Ec2 {
        /// `Version` in requests.
        version: &'static str,
    },
    /// The query protocol.
    Query {
        /// `Version` in requests.
        version: &'static str,
        /// The namespace of the answers' elements.
        namespace: &'static str,
    },
    /// Paths and methods, with these bodies.
    Rest {
        /// Its operations.
        routes: &'static [Route],
        /// The namespace of its XML; `None` for bodies in JSON.
        xml: Option<&'static str>,
    },
    /// AWS JSON 1.1.
    Json {
        /// The prefix of `X-Amz-Target`, up to the dot.
        target: &'static str,
    },
    /// AWS JSON 1.0, which differs in the content type only.
    Json10 {
        /// As in JSON 1.1.
        target: &'static str,
    },
}

/// An error that every operation of a service may return.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    /// The code by which clients classify errors.
    pub code: &'static str,
    /// The message for people.
    pub message: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The members that lead from page to page.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The token's member in requests.
    pub token: &'static str,
    /// The token's member in answers.
    pub next: &'static str,
    /// The member of answers that indicates further pages, if the service has one.
    pub more: Option<&'static str>,
}

/// A bucket of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// What its name ends with.
    pub name: &'static str,
    /// The most tokens in it.
    pub size: f64,
    /// Tokens gained a second.
    pub refill: f64,
}

/// A kind of resource that monitors watch.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name of the kind in palisade.
    pub name: &'static str,
    /// The operation that lists all of them.
    pub list: &'static str,
    /// Members that restrict a request of that operation to some of them.
    pub narrowed_by: &'static [&'static str],
    /// The members, with their values, by which requests of an operation that several kinds share
    /// say that they are about this one.
    pub told_by: &'static [(&'static str, &'static str)],
    /// The operation that creates one.
    pub create: &'static str,
    /// The JSON pointers to the id of the new resource in its answer.
    pub created: &'static [&'static str],
    /// The operation that deletes one.
    pub delete: &'static str,
    /// The effect of sending a create a second time.
    pub repeated: Repeated,
    /// Calls that palisade needs in an account where it has one. (By hand, from the API references;
    /// not from the product's tables.)
    pub vital: &'static [&'static str],
    /// Why palisade can do nothing more with a resource in this state, or with anything because of
    /// it.
    pub lost: fn(&Thing) -> Option<&'static str>,
    /// Facts that allow somebody more than is wanted.
    pub holes: Holes,
}

/// The effect of sending a create a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// None: the client token identifies the first request.
    Token,
    /// None: the name is taken.
    Name,
    /// Another resource.
    Another,
}

/// Which facts of a kind give access.
#[derive(Debug)]
pub(crate) struct Holes {
    /// The prefixes of facts of which there must not be more than wanted.
    pub added: &'static [&'static str],
    /// The suffixes of facts that give access as a whole if another fact is wanted.
    pub whole: &'static [&'static str],
    /// The prefixes of facts that must not be missing.
    pub missing: &'static [&'static str],
}

/// The account and the Region in which a name is resolved.
pub(crate) type Place<'a> = (&'a str, &'a str);

/// ARN and tags of a resource.
pub(crate) type Named = (String, BTreeMap<String, String>);

/// The state of one service in every account and Region.
pub(crate) trait Service {
    /// A new state for these options.
    fn begin(options: &Options) -> Self
    where
        Self: Sized;

    /// Answers one call. A service that works [`Through`] others has its operations there.
    ///
    /// # Errors
    /// The service's own.
    fn call(
        &mut self,
        _caller: &Caller,
        operation: &str,
        _input: &Value,
        _context: &mut Context<'_>,
    ) -> Answer {
        Err(unknown_operation("service", operation))
    }

    /// Adds what exists and stays, as far as monitors watch it.
    fn add_truth(&self, _truth: &mut Truth) {}

    /// ARN and current tags of the resource with this name: an id, an ARN or whatever else the
    /// service accepts.
    fn find(&self, _place: Place<'_>, _name: &str) -> Option<Named> {
        None
    }

    /// ARN and tags of every resource of an account and Region that has or had tags, for services
    /// whose resources can be found by tags.
    fn tagged(&self, _place: Place<'_>) -> Vec<Named> {
        Vec::new()
    }

    /// The permissions that a call needs, according to the service authorization reference and the
    /// service's guide.
    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.need("*")]
    }
}

/// The other services, for one whose operations are calls of theirs.
pub(crate) trait Others {
    /// Lets the service with this name answer, with the permissions of the caller.
    ///
    /// # Errors
    /// The service's own.
    fn ask(
        &mut self,
        service: &str,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer;

    /// ARN and tags of every resource of an account and Region that can be found by tags.
    fn tagged(&self, place: Place<'_>) -> Vec<Named>;
}

/// A service whose operations are calls of other services.
pub(crate) trait Through: Default {
    /// Answers one call.
    ///
    /// # Errors
    /// The service's own.
    fn answer(
        &mut self,
        others: &mut dyn Others,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer;

    /// Is notified of a write by any service before it is carried out.
    fn before_write(&mut self, _others: &dyn Others, _caller: &Caller, _context: &Context<'_>) {}
}

impl Protocol {
    /// The service's error for a denied call.
    pub(crate) fn denied(self, message: impl Into<String>) -> ApiError {
        match self {
            Self::Ec2 { .. } => ApiError::new("UnauthorizedOperation", message).status(403),
            Self::Query { .. } => ApiError::new("AccessDenied", message).status(403),
            // S3's word, with the status of all services of paths.
            Self::Rest { xml: Some(_), .. } => ApiError::new("AccessDenied", message).status(403),
            Self::Rest { xml: None, .. } => {
                ApiError::new("AccessDeniedException", message).status(403)
            }
            Self::Json { .. } | Self::Json10 { .. } => {
                ApiError::new("AccessDeniedException", message)
            }
        }
    }

    /// The service's error for an expired session.
    pub(crate) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self {
            Self::Ec2 { .. } => ApiError::new("RequestExpired", message),
            Self::Query { .. } => ApiError::new("ExpiredToken", message).status(403),
            Self::Rest { xml: Some(_), .. } => ApiError::new("ExpiredToken", message),
            Self::Rest { xml: None, .. } => {
                ApiError::new("ExpiredTokenException", message).status(403)
            }
            Self::Json { .. } | Self::Json10 { .. } => {
                ApiError::new("ExpiredTokenException", message)
            }
        }
    }
}

impl Refusal {
    /// A refusal with HTTP status 400.
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, status: 400 }
    }

    /// The error itself.
    pub(crate) fn error(&self) -> ApiError {
        ApiError::new(self.code, self.message).status(self.status)
    }
}

impl Pages {
    /// `NextToken` in requests and answers, as in most JSON services.
    pub(crate) const NEXT_TOKEN: Self = Self { token: "NextToken", next: "NextToken", more: None };
}
