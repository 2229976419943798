//! Finds the key of a request: by id, by ARN and, for some operations, by alias name and alias ARN.

use super::{
    key::Key,
    store::{Request, Store},
};
use crate::simulator::service::ApiError;

/// How a `KeyId` member names its key.
enum Reference<'a> {
    Id(&'a str),
    Alias(&'a str),
}

/// `NotFoundException` with this message.
pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("NotFoundException", message)
}

fn invalid_arn(text: &str) -> ApiError {
    ApiError::new("InvalidArnException", format!("{text} is not a valid ARN of a KMS key or alias"))
}

impl Request<'_, '_> {
    /// Parses a reference. A key of another account is refused with `AccessDeniedException`,
    /// because no key policy of the simulator admits callers from other accounts. A key of another
    /// region does not exist for this endpoint.
    fn reference<'t>(&self, text: &'t str) -> Result<Reference<'t>, ApiError> {
        let resource = if text.starts_with("arn:") {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            let [_, _, "kms", region, account, resource] = parts[..] else {
                return Err(invalid_arn(text));
            };
            if region != self.caller.region {
                return Err(not_found(format!("Invalid arn {region}")));
            }
            if account != self.caller.account {
                return Err(self.denied(text));
            }
            let id = resource.strip_prefix("key/").map(Reference::Id);
            return id
                .or_else(|| resource.strip_prefix("alias/").map(|_| Reference::Alias(resource)))
                .ok_or_else(|| invalid_arn(text));
        } else {
            text
        };
        Ok(if resource.starts_with("alias/") {
            Reference::Alias(resource)
        } else {
            Reference::Id(resource)
        })
    }

    fn denied(&self, resource: &str) -> ApiError {
        let arn = &self.caller.arn;
        ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {arn} is not authorized to access the resource {resource} because the \
                 resource does not exist in this Region, no resource-based policies allow access, \
                 or a resource-based policy explicitly denies \
                 access"
            ),
        )
    }
}

impl Store {
    /// The id of the key that this text names; aliases only with `by_alias`.
    fn id_of(
        &self,
        request: &Request<'_, '_>,
        text: &str,
        by_alias: bool,
    ) -> Result<String, ApiError> {
        let id = match request.reference(text)? {
            Reference::Id(id) => id.to_owned(),
            Reference::Alias(name) if by_alias => {
                let missing = || not_found(format!("Alias {} is not found.", request.arn(name)));
                self.aliases.get(name).ok_or_else(missing)?.target.clone()
            }
            Reference::Alias(_) => return Err(not_found(format!("Invalid keyId '{text}'"))),
        };
        if self.keys.contains_key(&id) {
            return Ok(id);
        }
        Err(not_found(format!("Key '{}' does not exist", request.arn(&format!("key/{id}")))))
    }

    /// The key of the request's `KeyId`: id or ARN.
    pub(super) fn key(&self, request: &Request<'_, '_>) -> Result<&Key, ApiError> {
        let id = self.id_of(request, request.name("KeyId", 2048)?, false)?;
        Ok(&self.keys[&id])
    }

    /// The key of the request's `KeyId`, which may be an alias.
    pub(super) fn key_or_alias(&self, request: &Request<'_, '_>) -> Result<&Key, ApiError> {
        let id = self.id_of(request, request.name("KeyId", 2048)?, true)?;
        Ok(&self.keys[&id])
    }

    /// The key that this text names: id or ARN.
    pub(super) fn key_named(
        &self,
        request: &Request<'_, '_>,
        text: &str,
    ) -> Result<&Key, ApiError> {
        Ok(&self.keys[&self.id_of(request, text, false)?])
    }

    /// The customer managed key of the request's `KeyId`, for a change. Keys managed by AWS are
    /// refused with `AccessDeniedException`, because their policies let nobody else change them.
    pub(super) fn own_key(&mut self, request: &Request<'_, '_>) -> Result<&mut Key, ApiError> {
        let id = self.id_of(request, request.name("KeyId", 2048)?, false)?;
        match self.keys.get_mut(&id) {
            Some(key) if key.aws_managed => Err(request.denied(&key.arn)),
            Some(key) => Ok(key),
            None => Err(not_found(format!("Key '{id}' does not exist"))),
        }
    }
}
