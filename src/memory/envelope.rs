//! The form of a part: a line with a header, then the content.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{MemoryError, Part};

/// The version of the form. A change that an earlier version would misread gets a new one.
pub(super) const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    part: String,
    owner: String,
    sha256: String,
}

/// What every version can read of a header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyHeader {
    schema_version: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u32,
    #[serde(flatten)]
    header: &'a Header,
}

/// The text of a part.
pub(super) fn seal<T: Serialize>(
    content: &T,
    part: Part,
    owner: &str,
) -> Result<Vec<u8>, MemoryError> {
    let content = serde_json::to_vec(content).map_err(|_| MemoryError::Content)?;
    let header = Header {
        part: part.as_str().to_owned(),
        owner: owner.to_owned(),
        sha256: hex::encode(Sha256::digest(&content)),
    };
    let written = Written { schema_version: VERSION, header: &header };
    let mut text = serde_json::to_vec(&written).map_err(|_| MemoryError::Content)?;
    text.push(b'\n');
    text.extend(content);
    let limit = part.limit();
    if text.len() > limit { Err(MemoryError::TooLarge { limit }) } else { Ok(text) }
}

/// The content of a part's text.
pub(super) fn open<T: DeserializeOwned>(
    text: &[u8],
    part: Part,
    owner: &str,
) -> Result<T, MemoryError> {
    let limit = part.limit();
    if text.len() > limit {
        return Err(MemoryError::TooLarge { limit });
    }
    let end = text.iter().position(|byte| *byte == b'\n').ok_or(MemoryError::Foreign)?;
    let (line, content) = (&text[..end], &text[end + 1..]);
    let AnyHeader { schema_version } =
        serde_json::from_slice(line).map_err(|_| MemoryError::Foreign)?;
    if schema_version > VERSION {
        return Err(MemoryError::Newer(schema_version));
    }
    let header: Header = serde_json::from_slice(line).map_err(|_| MemoryError::Foreign)?;
    if header.part != part.as_str() {
        return Err(MemoryError::Foreign);
    }
    if header.owner != owner {
        return Err(MemoryError::OtherOwner(header.owner));
    }
    if header.sha256 != hex::encode(Sha256::digest(content)) {
        return Err(MemoryError::Torn);
    }
    serde_json::from_slice(content).map_err(|_| MemoryError::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Vec<u8> {
        seal(&vec!["a", "b"], Part::Brake, "me").unwrap()
    }

    fn opened(text: &[u8]) -> Result<Vec<String>, MemoryError> {
        open(text, Part::Brake, "me")
    }

    #[test]
    fn what_is_sealed_opens_again() {
        assert_eq!(opened(&sealed()).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_text_that_is_cut_off_anywhere_or_changed_is_lost() {
        let whole = sealed();
        for end in 0..whole.len() {
            assert!(opened(&whole[..end]).is_err(), "{end}");
        }
        let mut other = whole.clone();
        let last = other.len() - 3;
        other[last] = b'c';
        assert!(matches!(opened(&other), Err(MemoryError::Torn)));
    }

    #[test]
    fn garbage_another_part_another_owner_and_a_newer_form_are_lost() {
        for garbage in [&b""[..], b"\n", b"{}\n", b"\xff\xfe\n\x00", b"[1]\n[]"] {
            assert!(matches!(opened(garbage), Err(MemoryError::Foreign)), "{garbage:?}");
        }
        let text = sealed();
        let other = open::<Vec<String>>(&text, Part::History, "me");
        assert!(matches!(other, Err(MemoryError::Foreign)));
        let other = open::<Vec<String>>(&text, Part::Brake, "you");
        assert!(matches!(other, Err(MemoryError::OtherOwner(owner)) if owner == "me"));
        let newer = b"{\"schemaVersion\":2,\"anything\":true}\nwhatever";
        assert!(matches!(opened(newer), Err(MemoryError::Newer(2))));
        let other = open::<u32>(&text, Part::Brake, "me");
        assert!(matches!(other, Err(MemoryError::Content)));
    }

    #[test]
    fn a_part_has_a_largest_size() {
        let large = vec!["x".repeat(Part::Brake.limit())];
        assert!(matches!(seal(&large, Part::Brake, "me"), Err(MemoryError::TooLarge { .. })));
        let text = vec![b' '; Part::Brake.limit() + 1];
        assert!(matches!(opened(&text), Err(MemoryError::TooLarge { .. })));
    }
}
