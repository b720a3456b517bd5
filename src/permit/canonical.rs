//! Canonical JSON (RFC 8785) and its SHA-256: the identity of a check's input and output.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// The value as canonical JSON: members sorted, numbers as ECMAScript writes them.
pub fn to_canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json_canonicalizer::to_vec(value).map_err(|e| Error::internal("canonical JSON", e))
}

/// SHA-256 of bytes, as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 of the value's canonical JSON.
pub fn canonical_hash<T: Serialize>(value: &T) -> Result<String> {
    Ok(sha256_hex(&to_canonical_json(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_and_the_way_of_numbers_do_not_matter() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b":1.0,"a":"é","c":[1e3]}"#).unwrap();
        let b: serde_json::Value = serde_json::from_str(r#"{"c":[1000],"a":"é","b":1}"#).unwrap();
        assert_eq!(to_canonical_json(&a).unwrap(), r#"{"a":"é","b":1,"c":[1000]}"#.as_bytes());
        assert_eq!(canonical_hash(&a).unwrap(), canonical_hash(&b).unwrap());
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
