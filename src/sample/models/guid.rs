//! GlobalIds that are the same on every run.

use sha2::{Digest, Sha256};

/// Digits of an IfcGloballyUniqueId.
const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$";

/// An IfcGloballyUniqueId made from a name: the first 128 bits of its SHA-256, marked as a name-based UUID
/// (version 8 of RFC 9562), in the 22 digits of base 64 that IFC prescribes.
pub fn global_id(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let number = u128::from_be_bytes(bytes);
    // 22 digits of 6 bits are 132 bits: the first digit holds the top two bits only.
    (0..22).rev().map(|i| char::from(DIGITS[((number >> (6 * i)) & 63) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::global_id;

    #[test]
    fn a_global_id_has_22_digits_and_starts_within_two_bits() {
        for name in ["", "a", "nhà ống"] {
            let id = global_id(name);
            assert_eq!(id.len(), 22);
            assert!(matches!(id.as_bytes()[0], b'0'..=b'3'), "{id}");
        }
        assert_eq!(global_id("a"), global_id("a"));
        assert_ne!(global_id("a"), global_id("b"));
    }
}
