//! Answers that are made once and served until what they show has changed.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// One body, and what it was made from. A crowd of readers costs one body.
#[derive(Debug)]
pub(super) struct Body<K> {
    made: Mutex<Option<(K, Bytes)>>,
}

impl<K> Default for Body<K> {
    fn default() -> Self {
        Self { made: Mutex::new(None) }
    }
}

impl<K: PartialEq> Body<K> {
    /// The body of this key. Others wait while it is made, and share it.
    pub(super) fn of(&self, key: K, make: impl FnOnce() -> Bytes) -> Bytes {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some((of, body)) if *of == key => body.clone(),
            _ => {
                let body = make();
                *made = Some((key, body.clone()));
                body
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_made_once_for_each_state() {
        let body = Body::default();
        let mut made = 0;
        for key in [1, 1, 1, 2, 2, 1] {
            let text = body.of(key, || {
                made += 1;
                Bytes::from(key.to_string())
            });
            assert_eq!(text, key.to_string());
        }
        assert_eq!(made, 3);
    }
}
