//! What error codes of Cloud Control mean (its API reference). The same codes in a finished request
//! are in `aws/requests.rs`.

use crate::kind::{Class, Meaning};

const fn meaning(code: &'static str, class: Class) -> Meaning {
    Meaning::of("cloudcontrol", code, class)
}

/// Codes that are Cloud Control's own, and those of AWS Config that palisade meets itself: a
/// recorder starts only where there is a delivery channel (API reference,
/// StartConfigurationRecorder). A handler that failed may have done a part.
pub(super) const ERRORS: &[Meaning] = &[
    meaning("ConcurrentOperationException", Class::Busy),
    meaning("ResourceConflictException", Class::Busy),
    meaning("ServiceLimitExceededException", Class::Limit),
    meaning("InvalidCredentialsException", Class::Denied),
    meaning("RequestTokenNotFoundException", Class::Missing),
    meaning("GeneralServiceException", Class::Ambiguous),
    meaning("HandlerFailureException", Class::Ambiguous),
    meaning("HandlerInternalFailureException", Class::Ambiguous),
    meaning("NetworkFailureException", Class::Ambiguous),
    meaning("NotStabilizedException", Class::Ambiguous),
    meaning("ServiceInternalErrorException", Class::Ambiguous),
    Meaning::of("configservice", "NoAvailableDeliveryChannelException", Class::Busy),
    Meaning::of("configservice", "NoSuchConfigurationRecorderException", Class::Missing),
];
