//! What WFS is asked that could betray a secret.

use std::collections::BTreeMap;

use super::Asked;

/// Questions of WFS, in each version.
pub(super) fn by_wfs(fids: &BTreeMap<&str, i64>) -> Vec<String> {
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

/// A transaction of WFS.
pub(super) fn by_wfs_t(action: &str) -> Asked {
    let body = format!("<Transaction service='WFS' version='1.1.0'>{action}</Transaction>");
    Asked { method: "POST".to_owned(), path: "/wfs".to_owned(), accept: "application/xml", body }
}
