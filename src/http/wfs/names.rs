//! Names of feature types, and the layers behind them.

use crate::access;
use crate::features::LayerReader;
use crate::state::AppState;
use crate::{Error, access::Principal};

use super::fault::Fault;

/// Prefix of the layers' namespace.
pub(super) const PREFIX: &str = "dothi";
/// The namespace. It names no place: schemas must not change with the address of the service.
pub(super) const NAMESPACE: &str = "urn:x-dothi:layers";

/// The layers that the caller may see and that are loaded, in the order of the catalog.
pub(super) fn visible(state: &AppState, who: &Principal) -> Vec<LayerReader> {
    let snapshot = state.features.snapshot();
    let catalog = state.catalog.load();
    let views = catalog.layers.values().filter_map(|l| access::view(who, l, &catalog));
    views.filter_map(|v| snapshot.described(&v)).collect()
}

/// The layer that a client names, with whatever prefix or none; it may be too large for memory. And the
/// revision at which memory stands.
pub(super) fn open(state: &AppState, who: &Principal, name: &str) -> Result<(LayerReader, i64), Fault> {
    match crate::http::ogc::look_up(state, who, local(name)) {
        Ok((reader, snapshot)) => Ok((reader, snapshot.revision)),
        Err(Error::NotFound { .. }) => Err(Fault::unknown_type(name)),
        Err(other) => Err(other.into()),
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name).trim()
}

/// The fid of a resource identifier such as `parcel.12`; none where it is of another layer.
pub(super) fn fid(layer: &str, id: &str) -> Option<i64> {
    let (of, fid) = id.trim().rsplit_once('.')?;
    (local(of) == layer).then(|| fid.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_prefix() {
        assert_eq!((local("dothi:parcel"), local("parcel")), ("parcel", "parcel"));
        assert_eq!((fid("parcel", "parcel.12"), fid("parcel", "dothi:parcel.12")), (Some(12), Some(12)));
        assert_eq!(
            (fid("parcel", "road.12"), fid("parcel", "parcel.x"), fid("parcel", "12")),
            (None, None, None)
        );
    }
}
