//! Whether a caller may make a call, by the policies of the caller's account.

use serde_json::Value;

use super::{
    api::{Api, Service},
    iam::{Call, Directory, Need, allows},
    service::{ApiError, Caller, Options},
};
use crate::model::policy_document::Request;

/// One call with what is needed to judge it.
pub(super) struct Asked<'a> {
    pub api: &'static Api,
    pub service: &'a dyn Service,
    pub directory: &'a dyn Directory,
    pub caller: &'a Caller,
    pub operation: &'a str,
    pub input: &'a Value,
}

impl Asked<'_> {
    /// Refuses a call that the policies of the caller's account do not allow, and notes the
    /// requests for which they were evaluated. Accounts without policies may do everything.
    ///
    /// # Errors
    /// The service's error for a denied call.
    pub(super) fn authorize(
        &self,
        options: &Options,
        judged: &mut Vec<Request>,
    ) -> Result<(), ApiError> {
        let Self { api, caller, operation, input, directory, .. } = *self;
        let Some(policies) = options.permissions.get(&caller.account) else { return Ok(()) };
        let call = Call { service: api.name, caller, operation, input, directory };
        let needs = self.service.needs(&call);
        let denied = needs.iter().find(|need| !allows(policies, &need.0)).map(|need| {
            api.protocol.denied(format!(
                "User: {} is not authorized to perform: {} on resource: {} because no \
                 identity-based policy allows it",
                caller.arn, need.0.action, need.0.resource
            ))
        });
        judged.extend(needs.into_iter().map(|Need(request)| request));
        denied.map_or(Ok(()), Err)
    }
}
