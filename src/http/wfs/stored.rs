//! The stored queries: one, which every WFS 2.0 has.

use std::fmt::Write as _;

use axum::response::Response;

use super::fault::Fault;
use super::names::{NAMESPACE, PREFIX, visible};
use super::{Ask, document};
use crate::state::AppState;

/// The query for one feature by its identifier.
pub(super) const BY_ID: &str = "urn:ogc:def:query:OGC-WFS::GetFeatureById";

const TEXT: &str = "text/xml; charset=utf-8";

fn head(name: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:{name} xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:{PREFIX}=\"{NAMESPACE}\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 http://schemas.opengis.net/wfs/2.0/wfs.xsd\">"
    )
}

fn title(ask: &Ask) -> &'static str {
    ask.say("Đối tượng theo mã", "Feature by identifier")
}

/// `ListStoredQueries`
pub(super) fn list(state: &AppState, ask: &Ask) -> Response {
    let mut out = head("ListStoredQueriesResponse");
    let _ = write!(out, "<wfs:StoredQuery id=\"{BY_ID}\"><wfs:Title>{}</wfs:Title>", title(ask));
    for reader in visible(state, &ask.who) {
        let _ =
            write!(out, "<wfs:ReturnFeatureType>{PREFIX}:{}</wfs:ReturnFeatureType>", reader.view().layer.id);
    }
    out += "</wfs:StoredQuery></wfs:ListStoredQueriesResponse>\n";
    document(TEXT, out)
}

/// `DescribeStoredQueries`; of all where none is named.
pub(super) fn describe(state: &AppState, ask: &Ask, ids: &[String]) -> Result<Response, Fault> {
    if let Some(other) = ids.iter().find(|id| *id != BY_ID) {
        let (vi, en) = (format!("không có truy vấn {other}"), format!("there is no stored query {other}"));
        return Err(Fault::value("storedQuery_Id", vi, en));
    }
    let types: Vec<String> =
        visible(state, &ask.who).iter().map(|r| format!("{PREFIX}:{}", r.view().layer.id)).collect();
    let types = types.join(" ");
    let mut out = head("DescribeStoredQueriesResponse");
    let _ = writeln!(
        out,
        "<wfs:StoredQueryDescription id=\"{BY_ID}\"><wfs:Title>{}</wfs:Title><wfs:Parameter name=\"id\" \
         type=\"xsd:string\"/><wfs:QueryExpressionText returnFeatureTypes=\"{types}\" \
         language=\"urn:ogc:def:queryLanguage:OGC-WFS::WFSQueryExpression\" isPrivate=\"true\"/>\
         </wfs:StoredQueryDescription></wfs:DescribeStoredQueriesResponse>",
        title(ask)
    );
    Ok(document(TEXT, out))
}
