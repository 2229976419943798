//! Creates, updates and deletions: checked at once, done by the type's handler, finished later.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    input::{client_token, desired_state, document, identifier, invalid, reading, resource_type},
    patch,
    requests::{Operation, Request, Requests},
    resource_type::{Type, Update},
    schema::{Model, validate},
    site::{Failure, Site},
};
use crate::simulator::{
    fault::Lie,
    json::unknown_operation,
    service::{Answer, ApiError, Disturbed},
};

/// One call.
pub(super) struct Handling<'a, 'c> {
    pub requests: &'a mut Requests,
    pub reads: &'a mut u64,
    pub site: Site<'a, 'c>,
}

/// What a handler did.
struct Done {
    identifier: Option<String>,
    failure: Option<Failure>,
}

/// What a request is about.
struct Task<'t> {
    operation: Operation,
    name: &'static str,
    kind: &'static Type,
    identifier: Option<String>,
    input: &'t Value,
    before: Option<Model>,
}

impl Handling<'_, '_> {
    pub(super) fn answer(mut self, operation: &str, input: &Value) -> Answer {
        match operation {
            "CreateResource" => self.create(input),
            "UpdateResource" => self.update(input),
            "DeleteResource" => self.delete(input),
            "GetResource" => self.get(input),
            "ListResources" => self.list(input),
            "GetResourceRequestStatus" => self.status(input),
            "ListResourceRequests" => self.list_requests(input),
            "CancelResourceRequest" => self.cancel(input),
            _ => Err(unknown_operation("Cloud Control", operation)),
        }
    }

    fn lie(&self) -> Option<Lie> {
        match self.site.context.disturbed {
            Some(Disturbed::Lying(lie)) => Some(lie),
            _ => None,
        }
    }

    /// The answer to a call that carries the token of an earlier one.
    fn replay(&self, operation: &str, input: &Value) -> Result<Option<Value>, ApiError> {
        let Some(token) = client_token(input)? else { return Ok(None) };
        let now = self.site.context.elapsed;
        let first = self.requests.replayed(self.site.caller, token, operation, input, now)?;
        Ok(first.map(|request| json!({"ProgressEvent": request.event(now)})))
    }

    fn free(&self, kind: &Type, id: &str) -> Result<(), ApiError> {
        let now = self.site.context.elapsed;
        self.requests.refuse_another(self.site.caller, kind.name, id, now)
    }

    fn create(&mut self, input: &Value) -> Answer {
        let kind = resource_type(input)?;
        if let Some(answer) = self.replay("CreateResource", input)? {
            return Ok(answer);
        }
        let model = desired_state(input)?;
        let whole = Value::Object(model.clone());
        if let Some(path) = kind.said_but_generated(&whole) {
            return Err(invalid(format!("Encountered read-only property [/properties/{path}]")));
        }
        check(kind, &model)?;
        let name = (kind.named)(&model);
        let mut before = None;
        if let Some(name) = &name {
            self.free(kind, name)?;
            before = (kind.read)(&mut self.site, name).ok();
        }
        let done = match self.lie() {
            Some(Lie::NamesAnother) => self.other(kind, name.clone()),
            Some(Lie::FailsHalfway(code)) => {
                let half = half(&model, &required(kind));
                let done = self.carry_out(name.clone(), |site| (kind.create)(site, &half));
                fails(done, code)
            }
            _ => self.carry_out(name.clone(), |site| (kind.create)(site, &model)),
        };
        let task = Task {
            operation: Operation::Create,
            name: "CreateResource",
            kind,
            identifier: done.identifier.clone(),
            input,
            before,
        };
        Ok(self.finish(task, done))
    }

    fn update(&mut self, input: &Value) -> Answer {
        let kind = resource_type(input)?;
        let id = identifier(kind, input)?;
        if let Some(answer) = self.replay("UpdateResource", input)? {
            return Ok(answer);
        }
        let steps = patch::parse(document(input, "PatchDocument")?).map_err(invalid)?;
        self.free(kind, &id)?;
        let old = self.model(kind, &id)?;
        for path in steps.iter().flat_map(patch::Step::paths) {
            if let Some(fixed) = kind.fixed(path) {
                return Err(ApiError::new(
                    "NotUpdatableException",
                    format!(
                        "Invalid patch update: createOnlyProperties [/properties/{fixed}] cannot \
                         be updated"
                    ),
                ));
            }
            if let Some(fixed) = kind.generated(path) {
                return Err(invalid(format!(
                    "Invalid patch update: readOnlyProperties [/properties/{fixed}] cannot be \
                     updated"
                )));
            }
        }
        let new = patch::apply(&Value::Object(old.clone()), &steps).map_err(invalid)?;
        let Value::Object(new) = new else { return Err(invalid("The model is no object")) };
        check(kind, &new)?;
        let changed: Vec<String> = changed(&old, &new);
        let done = match self.lie() {
            Some(Lie::FailsHalfway(code)) => {
                let some = &changed[..changed.len().div_ceil(2)];
                let half = merged(&old, &new, some);
                let update = Update { id: &id, old: &old, new: &half, changed: some };
                let done = self.change(kind, &update);
                fails(done, code)
            }
            Some(Lie::NamesAnother) => self.other(kind, Some(id.clone())),
            _ => self.change(kind, &Update { id: &id, old: &old, new: &new, changed: &changed }),
        };
        let task = Task {
            operation: Operation::Update,
            name: "UpdateResource",
            kind,
            identifier: Some(id),
            input,
            before: Some(old),
        };
        Ok(self.finish(task, done))
    }

    /// That there is nothing to delete is found out by the handler.
    fn delete(&mut self, input: &Value) -> Answer {
        let kind = resource_type(input)?;
        let id = identifier(kind, input)?;
        if let Some(answer) = self.replay("DeleteResource", input)? {
            return Ok(answer);
        }
        self.free(kind, &id)?;
        let (before, done) = match (kind.read)(&mut self.site, &id) {
            Err(failure) => (None, Done { identifier: Some(id.clone()), failure: Some(failure) }),
            Ok(model) => {
                let act = |site: &mut Site<'_, '_>| (kind.delete)(site, &id).map(|()| id.clone());
                (Some(model), self.carry_out(Some(id.clone()), act))
            }
        };
        let task = Task {
            operation: Operation::Delete,
            name: "DeleteResource",
            kind,
            identifier: Some(id.clone()),
            input,
            before,
        };
        Ok(self.finish(task, done))
    }

    fn change(&mut self, kind: &Type, update: &Update<'_>) -> Done {
        self.carry_out(Some(update.id.to_owned()), |site| {
            (kind.update)(site, update).map(|()| update.id.to_owned())
        })
    }

    /// Lets a handler do its work, unless a fault prevents that; or says that it did not.
    fn carry_out(
        &mut self,
        known: Option<String>,
        act: impl FnOnce(&mut Site<'_, '_>) -> Result<String, Failure>,
    ) -> Done {
        let prevented = match self.lie() {
            Some(Lie::Fails(code)) => Some(Failure::new(code, "The handler failed.")),
            Some(Lie::Hooked) => {
                let message = "The following hook(s) failed: [Acme::Guard::Hook]";
                Some(Failure::new("GeneralServiceException", message))
            }
            _ => {
                let failure = self.site.context.failure();
                failure.map(|message| Failure::new("ServiceInternalError", message))
            }
        };
        if let Some(failure) = prevented {
            return Done { identifier: known, failure: Some(failure) };
        }
        let done = match act(&mut self.site) {
            Ok(id) => Done { identifier: Some(id), failure: None },
            Err(failure) => Done { identifier: known, failure: Some(failure) },
        };
        match self.lie() {
            Some(Lie::FailsThough(code)) => fails(done, code),
            _ => done,
        }
    }

    /// Nothing is done, and another resource is named.
    fn other(&mut self, kind: &Type, own: Option<String>) -> Done {
        let all = (kind.list)(&mut self.site).unwrap_or_default();
        let identifier = all.into_iter().find(|id| Some(id) != own.as_ref()).or(own);
        let message = "Resource already exists.";
        Done { identifier, failure: Some(Failure::new("AlreadyExists", message)) }
    }

    fn finish(&mut self, task: Task<'_>, done: Done) -> Value {
        let (lie, context) = (self.lie(), &mut self.site.context);
        let now = context.elapsed;
        let client = task.input["ClientToken"].as_str().map(str::to_owned);
        let request = Request {
            token: context.ids.uuid(),
            operation: task.operation,
            account: self.site.caller.account.clone(),
            region: self.site.caller.region.clone(),
            kind: task.kind.name,
            identifier: done.identifier.or(task.identifier),
            client: client.map(|token| (token, task.name, task.input.clone())),
            event_time: context.now,
            begun: now,
            done: context.complete_at(context.options.request_handling),
            failure: done.failure,
            hooked: lie == Some(Lie::Hooked),
            cancelled: None,
            before: task.before,
            hides: match lie {
                Some(Lie::Hides(time)) => time,
                _ => Duration::ZERO,
            },
        };
        let event = request.event(now);
        self.requests.add(request);
        json!({"ProgressEvent": event})
    }

    fn status(&mut self, input: &Value) -> Answer {
        let token = reading(input).required_text("RequestToken")?;
        let now = self.site.context.elapsed;
        let request = self.requests.find(self.site.caller, token)?;
        Ok(json!({"ProgressEvent": request.event(now), "HooksProgressEvent": request.hooks(now)}))
    }

    /// What was done stays.
    fn cancel(&mut self, input: &Value) -> Answer {
        let token = reading(input).required_text("RequestToken")?;
        let now = self.site.context.elapsed;
        let request = self.requests.find(self.site.caller, token)?;
        if request.cancelled.is_none() {
            if request.is_over(now) {
                let message = "Only requests that are pending or in progress can be cancelled";
                return Err(invalid(message));
            }
            request.cancelled = Some(now);
            request.done = now;
        }
        Ok(json!({"ProgressEvent": request.event(now)}))
    }
}

/// Holds a whole model against the schema and the rules of its type.
fn check(kind: &Type, model: &Model) -> Result<(), ApiError> {
    let valid = validate(kind.members, model).and_then(|()| (kind.rules)(model));
    valid.map_err(|why| invalid(format!("Model validation failed ({why})")))
}

fn fails(done: Done, code: &'static str) -> Done {
    let failure = done.failure.unwrap_or_else(|| Failure::new(code, "The handler failed."));
    Done { failure: Some(failure), ..done }
}

/// The properties in which two models differ.
fn changed(old: &Model, new: &Model) -> Vec<String> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

/// The old model with some properties of the new one.
fn merged(old: &Model, new: &Model, names: &[String]) -> Model {
    let mut merged = old.clone();
    for name in names {
        match new.get(name) {
            Some(value) => merged.insert(name.clone(), value.clone()),
            None => merged.remove(name),
        };
    }
    merged
}

/// What a create cannot do without, and its tags.
fn required(kind: &Type) -> Vec<&'static str> {
    let needed = kind.members.iter().filter(|member| member.required).map(|member| member.name);
    needed.chain(kind.create_only.iter().copied()).chain([kind.identifier, "Tags"]).collect()
}

/// A model with what is needed and half of the rest.
fn half(model: &Model, needed: &[&str]) -> Model {
    let rest: Vec<&String> = model.keys().filter(|name| !needed.contains(&name.as_str())).collect();
    let mut half = model.clone();
    for name in &rest[rest.len() / 2..] {
        half.remove(*name);
    }
    half
}
