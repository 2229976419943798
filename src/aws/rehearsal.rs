//! Whether EC2 would allow a write, tested with `DryRun`: "checks whether you have the required
//! permissions for the action, without actually making the request" (EC2 API reference). KMS,
//! Organizations and SageMaker have no equivalent.

use std::error::Error as StdError;

use aws_sdk_ec2::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::classify;
use crate::kind::{Class, CloudError, Rehearsed};

/// EC2's error code for a dry run that would have succeeded (EC2 API reference, error codes).
const WOULD_SUCCEED: &str = "DryRunOperation";

/// What the answer to a dry run says.
pub(crate) fn rehearsed<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Rehearsed
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let answer = match answer.map_err(|error| classify(operation, &error)) {
        Err(error) if error.is_code(WOULD_SUCCEED) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(CloudError::new(
            operation,
            Class::Unknown,
            "the dry run was answered as if it had been carried out",
        )),
    };
    Rehearsed { operation, answer }
}
