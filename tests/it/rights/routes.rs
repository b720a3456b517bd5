//! The routes of the program, read from its source, with a path for each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dothi::space::crs::{to_crs84, world_from_crs84};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{AT, ZOOM};

/// The paths of all routes, read from the sources.
pub(super) fn routes() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut found = BTreeSet::new();
    for file in rust_files(&root) {
        let text = std::fs::read_to_string(&file).unwrap();
        // What a test module routes is not served.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let prefix = if file.starts_with(root.join("permits")) { "/api/v1" } else { "" };
        let mut paths = Vec::new();
        collect(text.parse().unwrap(), &mut paths);
        for path in paths {
            let own = path.starts_with("/api/");
            found.insert(if own { path } else { format!("{prefix}{path}") });
        }
    }
    assert!(found.len() > 70, "{found:?}");
    found
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// The texts of `.route("…", …)`.
fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let routes = i >= 2
            && group.delimiter() == Delimiter::Parenthesis
            && matches!(&tokens[i - 1], TokenTree::Ident(name) if name == "route" || name == "route_service")
            && matches!(&tokens[i - 2], TokenTree::Punct(dot) if dot.as_char() == '.');
        if routes {
            let first = group.stream().into_iter().next().unwrap().to_string();
            let path = first.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
            found.push(path.unwrap_or_else(|| panic!("a route is a text: {first}")).to_owned());
        }
        collect(group.stream(), found);
    }
}

/// What is put in the place of a route's parameter, once for each layer where it names one.
fn stands_for(route: &str, name: &str, layer: &str, fids: &BTreeMap<&str, i64>) -> String {
    let (lon, lat) = to_crs84(AT.0, AT.1);
    let [x, y] = world_from_crs84(lon, lat).map(|v| v >> (32 - u32::from(ZOOM)));
    let of_layers = ["/ogc/", "/tiles/", "/api/v1/layers", "/layers", "/edit", "/api/v1/imports", "/import"];
    match name {
        "id" | "layer" if of_layers.iter().any(|p| route.starts_with(p)) => layer.to_owned(),
        "layer" => layer.to_owned(),
        "file" if route.ends_with("{x}/{file}") => format!("{y}.mvt"),
        "file" if route.ends_with("/download/{file}") => format!("{layer}.geojson"),
        "file" => format!("{layer}.json"),
        "name" => "thua-dat.geojson".to_owned(),
        "fid" => fids.get(layer).copied().unwrap_or(1).to_string(),
        "z" | "tile_matrix" => ZOOM.to_string(),
        "x" | "tile_col" => x.to_string(),
        "y" | "tile_row" => y.to_string(),
        "fontstack" => "Noto%20Sans%20Regular".to_owned(),
        "range" => "0-255.pbf".to_owned(),
        "tile_matrix_set" => "WebMercatorQuad".to_owned(),
        "code" if route.starts_with("/lang") => "vi".to_owned(),
        "id" | "job" | "run" | "work" | "file_id" => uuid::Uuid::nil().to_string(),
        "code" | "channel" | "kind" | "slot" | "path" | "*path" | "unit" | "rule" => "24611".to_owned(),
        "number" if route.starts_with("/changes") || route.contains("/revisions") => {
            fids[format!("revision of {layer}").as_str()].to_string()
        }
        "global_id" => "2O2Fr$t4X7Zf8NOew3FNr2".to_owned(),
        "number" | "version" => "1".to_owned(),
        other => panic!("say in tests/it/rights.rs what stands for {{{other}}} of {route}"),
    }
}

pub(super) fn filled(route: &str, layer: &str, fids: &BTreeMap<&str, i64>) -> String {
    let mut out = String::new();
    let mut rest = route;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap();
        out += before;
        out += &stands_for(route, name, layer, fids);
        rest = behind;
    }
    out + rest
}
