//! The secrets of receivers, wherever they are.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{aws::secrets::Vault, settings::Secret};

/// A secret is read again after this time.
const FRESH: Duration = Duration::from_hours(1);

/// Reads secrets; those of Secrets Manager at most once an hour, unless a receiver refuses them.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    vault: Option<Vault>,
    /// What was read, by ARN. It is never shown.
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

#[derive(Clone)]
struct Known {
    text: String,
    at: Instant,
    /// A receiver has refused it.
    refused: bool,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = self.all().keys().cloned().collect();
        f.debug_struct("Secrets").field("known", &known).finish_non_exhaustive()
    }
}

impl Secrets {
    pub(super) fn new(vault: Option<Vault>) -> Self {
        Self { vault, known: Arc::default() }
    }

    /// What a secret is. While it cannot be read again, the last one counts, unless it was refused.
    pub(super) async fn read(&self, secret: &Secret) -> Result<String, String> {
        let Some(arn) = secret.arn() else {
            return secret.read().map_err(|error| error.to_string());
        };
        let known = self.known(arn);
        if let Some(known) = &known
            && known.at.elapsed() < FRESH
            && !known.refused
        {
            return Ok(known.text.clone());
        }
        let vault = self.vault.as_ref().ok_or("there is no connection to AWS")?;
        match (vault.read(arn).await, known) {
            (Ok(text), _) => {
                let text = text.trim_end_matches(['\r', '\n']).to_owned();
                let known = Known { text: text.clone(), at: Instant::now(), refused: false };
                self.all().insert(arn.to_owned(), known);
                Ok(text)
            }
            (Err(error), Some(known)) if !known.refused => {
                tracing::warn!("{arn} could not be read again, so the last one counts: {error}");
                Ok(known.text)
            }
            (Err(error), _) => Err(format!("{arn}: {error}")),
        }
    }

    /// A receiver has refused what was sent with a secret: perhaps it is another one by now.
    pub(super) fn refused(&self, secret: &Secret) {
        let Some(arn) = secret.arn() else { return };
        if let Some(known) = self.all().get_mut(arn) {
            known.refused = true;
        }
    }

    fn known(&self, arn: &str) -> Option<Known> {
        self.all().get(arn).cloned()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
