//! What WFS is asked that could betray a secret.

use std::collections::BTreeMap;

use super::Asked;

/// Paths whose answers show the secret layer to who may see it.
pub(super) const OF_LAYER: [&str; 2] =
    ["/wfs?service=WFS&request=GetCapabilities", "/wfs?service=WFS&request=GetFeature&typenames=canh_bao"];
/// Paths whose answers show the secret attribute to who may see it.
pub(super) const OF_COLUMN: [&str; 2] = [
    "/wfs?service=WFS&request=DescribeFeatureType&typenames=lop_mo",
    "/wfs?service=WFS&request=GetFeature&typenames=lop_mo",
];

/// All that is asked.
pub(super) fn requests(fids: &BTreeMap<&str, i64>) -> Vec<Asked> {
    let questions = questions(fids).into_iter().map(|path| Asked::get(path, "application/xml"));
    questions.chain(writes()).collect()
}

/// Questions in each version.
fn questions(fids: &BTreeMap<&str, i64>) -> Vec<String> {
    let mut all = Vec::new();
    for version in ["2.0.0", "1.1.0", "1.0.0"] {
        let asks = |request: &str| format!("/wfs?service=WFS&version={version}&request={request}");
        all.extend([asks("GetCapabilities"), asks("DescribeFeatureType")]);
        for layer in ["bimat_lop", "lop_mo", "canh_bao"] {
            let feature = format!("{}&typename=dothi:{layer}", asks("GetFeature"));
            all.push(format!("{}&typename=dothi:{layer}", asks("DescribeFeatureType")));
            all.push(format!("{feature}&resulttype=hits"));
            all.push(format!("{feature}&featureid={layer}.{}", fids[layer]));
            all.push(format!("{feature}&outputformat=csv"));
            all.push(format!("{feature}&outputformat=json"));
            all.push(feature);
        }
        let filter = |op: &str| {
            let name = "%3CPropertyName%3Ebimat_cot%3C/PropertyName%3E%3CLiteral%3Ex%3C/Literal%3E";
            format!("%3CFilter%3E%3C{op}%3E{name}%3C/{op}%3E%3C/Filter%3E")
        };
        let open = format!("{}&typename=lop_mo", asks("GetFeature"));
        all.push(format!("{open}&filter={}", filter("PropertyIsNotEqualTo")));
        all.push(format!("{open}&filter={}", filter("PropertyIsNull")));
        all.push(format!("{open}&sortby=bimat_cot"));
        all.push(format!("{open}&propertyname=bimat_cot"));
    }
    let by_id =
        "/wfs?service=WFS&request=GetFeature&storedquery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById";
    all.push(format!("{by_id}&id=bimat_lop.{}", fids["bimat_lop"]));
    let values = "/wfs?service=WFS&request=GetPropertyValue&typenames";
    all.push(format!("{values}=lop_mo&valuereference=bimat_cot"));
    all.push(format!("{values}=bimat_lop&valuereference=ten"));
    all.push("/wfs?service=WFS&request=ListStoredQueries".to_owned());
    all.push("/wfs?service=WFS&request=DescribeStoredQueries".to_owned());
    all
}

/// Transactions that name what is secret.
fn writes() -> Vec<Asked> {
    let actions = [
        "<Delete typeName='bimat_lop'><Filter><FeatureId fid='bimat_lop.1'/></Filter></Delete>",
        "<Insert><bimat_lop><ten>x</ten></bimat_lop></Insert>",
        "<Insert><lop_mo><bimat_cot>x</bimat_cot></lop_mo></Insert>",
    ];
    let asked = |action: &str| {
        let body = format!("<Transaction service='WFS' version='1.1.0'>{action}</Transaction>");
        Asked { method: "POST".to_owned(), path: "/wfs".to_owned(), accept: "application/xml", body }
    };
    actions.into_iter().map(asked).collect()
}
