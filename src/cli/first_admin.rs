//! The first account of a database without any: `admin` with a password that is shown once.

use std::collections::BTreeSet;

use rand::Rng;

use crate::Result;
use crate::access::Role;
use crate::store::Store;
use crate::store::accounts::NewAccount;

/// Letters and digits that cannot be mistaken for each other.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// 20 of 31 letters: 99 bits.
const LENGTH: usize = 20;

/// Makes the account where there is none, and gives its password; it is kept nowhere else.
pub(super) async fn ensure(store: &Store) -> Result<Option<String>> {
    if store.has_accounts().await? {
        return Ok(None);
    }
    let mut random = rand::rng();
    let password: String =
        (0..LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect();
    store
        .add_account(NewAccount {
            name: "admin".to_owned(),
            display_name: "Quản trị hệ thống".to_owned(),
            password: password.clone(),
            roles: BTreeSet::from([Role::Admin]),
            authority: None,
            agency: None,
            sample: false,
            must_change_password: true,
        })
        .await?;
    Ok(Some(password))
}
