//! Where a handler works: the services, the caller whose permissions it has, and the time.

use serde_json::Value;

use crate::simulator::{
    api::Others,
    service::{Answer, ApiError, Caller, Context},
};

/// The surroundings of a handler.
pub(super) struct Site<'a, 'c> {
    pub others: &'a mut dyn Others,
    pub caller: &'a Caller,
    pub context: &'a mut Context<'c>,
    /// The properties that a list is narrowed by.
    pub narrowed: Value,
}

impl Site<'_, '_> {
    /// One call of a service.
    pub(super) fn ask(&mut self, service: &str, operation: &str, input: &Value) -> Answer {
        self.others.ask(service, self.caller, operation, input, self.context)
    }
}

impl Site<'_, '_> {
    /// What a service itself sees of another: no permission of the caller is needed.
    pub(super) fn peek(&mut self, service: &str, operation: &str, input: &Value) -> Answer {
        let judged = self.context.judged.take();
        let answer = self.others.ask(service, self.caller, operation, input, self.context);
        self.context.judged = judged;
        answer
    }
}

/// Why a request fails: AWS's code for it, and a message.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub code: &'static str,
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn missing(kind: &str, id: &str) -> Self {
        Self::new(
            "NotFound",
            format!("Resource of type '{kind}' with identifier '{id}' was not found."),
        )
    }
}

/// What handlers make of the errors of services (CloudFormation CLI user guide, handler error
/// codes).
impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let code = match error.code.as_str() {
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => "AccessDenied",
            "ConflictException"
            | "DuplicateOrganizationalUnitException"
            | "ResourceConflictException"
            | "EntityAlreadyExists"
            | "BucketAlreadyExists"
            | "BucketAlreadyOwnedByYou" => "AlreadyExists",
            "NoSuchBucket"
            | "NoSuchBucketPolicy"
            | "NoSuchConfigRuleException"
            | "NoSuchConfigurationRecorderException"
            | "NoSuchDeliveryChannelException"
            | "NoSuchEntity"
            | "InvalidAllocationID.NotFound"
            | "InvalidFlowLogId.NotFound"
            | "OrganizationalUnitNotFoundException"
            | "ResourceNotFound"
            | "ResourceNotFoundException"
            | "UnknownMonitorException"
            | "UnknownResourceException"
            | "UnknownSubscriptionException"
            | "InvalidInternetGatewayID.NotFound"
            | "NatGatewayNotFound"
            | "InvalidSubnetID.NotFound"
            | "NoSuchModel"
            | "InvalidRouteTableID.NotFound"
            | "InvalidVpcID.NotFound" => "NotFound",
            "DependencyViolation"
            | "InvalidIPAddress.InUse"
            | "Gateway.NotAttached"
            | "LastDeliveryChannelDeleteFailedException"
            | "OrganizationalUnitNotEmptyException"
            | "BucketNotEmpty"
            | "DeleteConflict"
            | "PermanentRedirect" => "GeneralServiceException",
            "LimitExceeded"
            | "AddressLimitExceeded"
            | "NatGatewayLimitExceeded"
            | "LimitExceededException"
            | "ServiceQuotaExceededException"
            | "VpcLimitExceeded"
            | "MaxNumberOfConfigRulesExceededException"
            | "MaxNumberOfConfigurationRecordersExceededException" => "ServiceLimitExceeded",
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "SlowDown" => {
                "Throttling"
            }
            _ => "InvalidRequest",
        };
        Self { code, message: format!("{} ({})", error.message, error.code) }
    }
}
