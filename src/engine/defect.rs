//! A panic in the code of one kind is a defect that must not stop the others.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

use crate::kind::{Class, CloudError};

/// Runs one call of a kind's port. A panic becomes an error of unknown outcome: a call may have
/// been sent. The panic's text is not passed on, since it may quote what was read; the panic hook
/// has logged it.
pub(super) async fn contained<T>(
    call: impl Future<Output = Result<T, CloudError>>,
) -> Result<T, CloudError> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| {
        let message = "defect in palisade: report it with the panic message in the log";
        Err(CloudError::new("palisade:Panic", Class::Unknown, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_unknown_outcome_without_its_words() {
        let error = contained::<()>(async { panic!("secret") }).await.unwrap_err();
        assert_eq!(error.class, Class::Unknown);
        assert!(error.class.may_have_happened() && !error.to_string().contains("secret"));
    }
}
