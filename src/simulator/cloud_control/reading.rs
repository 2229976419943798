//! Reads of one resource.

use serde_json::{Value, json};

use super::{
    handling::Handling,
    input::{identifier, resource_type},
    paths,
    requests::Shown,
    resource_type::Type,
    schema::{Model, shuffle},
    site::Failure,
};
use crate::simulator::{
    fault::Lie,
    service::{Answer, ApiError, Disturbed},
};

impl Handling<'_, '_> {
    pub(super) fn get(&mut self, input: &Value) -> Answer {
        let kind = resource_type(input)?;
        let id = identifier(kind, input)?;
        let mut model = self.model(kind, &id)?;
        if self.site.context.disturbed == Some(Disturbed::Lying(Lie::Adds)) {
            model.insert("AddedLately".to_owned(), "unknown".into());
        }
        let properties = Value::Object(model).to_string();
        Ok(json!({
            "TypeName": kind.name,
            "ResourceDescription": {"Identifier": id, "Properties": properties},
        }))
    }

    /// What a read shows now: as an earlier operation left it, in an arbitrary order, and as
    /// distorted as a fault says.
    pub(super) fn model(&mut self, kind: &Type, id: &str) -> Result<Model, ApiError> {
        let now = self.site.context.elapsed;
        let mut model = match self.requests.shown(self.site.caller, kind.name, id, now) {
            Shown::Truth => (kind.read)(&mut self.site, id).map_err(thrown)?,
            Shown::Nothing => return Err(thrown(Failure::missing(kind.name, id))),
            Shown::Before(model) => model,
        };
        *self.reads += 1;
        let mut value = Value::Object(std::mem::take(&mut model));
        for path in kind.write_only {
            paths::strip(&mut value, path);
        }
        match self.site.context.disturbed {
            Some(Disturbed::Lying(Lie::Omits(path))) => paths::strip(&mut value, path),
            Some(Disturbed::Lying(Lie::Husk(path))) => paths::set(&mut value, path, json!([])),
            _ => {}
        }
        let Value::Object(mut model) = value else { return Ok(Model::new()) };
        shuffle(kind.members, &mut model, *self.reads);
        Ok(model)
    }
}

/// The failure of a read or list handler as the error of a call.
pub(super) fn thrown(failure: Failure) -> ApiError {
    let code = match failure.code {
        "NotFound" => "ResourceNotFoundException",
        "AccessDenied" => "AccessDeniedException",
        "Throttling" => "ThrottlingException",
        "InvalidRequest" => "InvalidRequestException",
        _ => "GeneralServiceException",
    };
    ApiError::new(code, failure.message)
}
