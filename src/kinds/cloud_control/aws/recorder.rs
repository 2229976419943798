//! Whether a recorder of AWS Config records.

use futures::FutureExt as _;
use serde_json::{Value, json};

use super::super::config_configuration_recorder::{START, STATUS, STOP};
use crate::{
    aws::{Access, classify},
    kind::{Class, CloudError, Erased, table::LeafEdit},
};

/// Whether the recorder of this name records.
pub(in crate::kinds::cloud_control) fn read<'a>(
    access: &'a Access,
    name: &'a str,
) -> Erased<'a, Result<Value, CloudError>> {
    async move {
        let call = access.config.describe_configuration_recorder_status();
        let answer = call.configuration_recorder_names(name).send().await;
        let answer = answer.map_err(|error| classify(STATUS, &error))?;
        let all = answer.configuration_recorders_status.unwrap_or_default();
        let own = all.iter().find(|status| status.name.as_deref() == Some(name));
        let none = || CloudError::new(STATUS, Class::Unknown, "the answer lacks the recorder");
        own.map(|status| json!(status.recording)).ok_or_else(none)
    }
    .boxed()
}

/// Starts or stops it.
pub(in crate::kinds::cloud_control) fn send<'a>(
    access: &'a Access,
    name: &'a str,
    edit: &'a LeafEdit,
) -> Erased<'a, Result<(), CloudError>> {
    async move {
        match edit.operation.as_deref() {
            Some(START) => {
                let call = access.config.start_configuration_recorder();
                let sent = call.configuration_recorder_name(name).send().await;
                sent.map(drop).map_err(|error| classify(START, &error))
            }
            Some(STOP) => {
                let call = access.config.stop_configuration_recorder();
                let sent = call.configuration_recorder_name(name).send().await;
                sent.map(drop).map_err(|error| classify(STOP, &error))
            }
            _ => Err(CloudError::new("palisade:Change", Class::Rejected, "there is no such call")),
        }
    }
    .boxed()
}
