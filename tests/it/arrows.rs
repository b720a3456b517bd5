//! Holds the picture of `src/lib.rs`: which module may use which, and which alone may use a library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The arrows as drawn. A module may use what it points at, and what that may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["app", "cluster", "sample", "config"]),
    ("app", &["http", "cluster", "config", "state"]),
    ("http", &["jobs", "state", "analysis", "symbols"]),
    ("analysis", &["features"]),
    ("jobs", &["feed", "formats", "files", "features", "quality", "state"]),
    ("quality", &["features", "layers", "space"]),
    ("state", &["config", "feed", "files", "features", "store", "permit"]),
    ("feed", &["store", "features"]),
    ("formats", &["store", "layers", "space"]),
    ("files", &["store"]),
    ("store", &["permit", "bim", "access", "filter"]),
    ("features", &["access", "pbf"]),
    ("symbols", &["layers", "pbf"]),
    ("access", &["filter"]),
    ("filter", &["layers"]),
    ("layers", &["space", "units"]),
    ("permit", &["space", "bim"]),
    ("bim", &["space"]),
    ("sample", &["bim", "layers", "space"]),
    ("space", &[]),
    ("units", &[]),
    ("pbf", &[]),
    ("cluster", &[]),
    ("config", &[]),
    ("error", &["text"]),
    ("text", &[]),
];

/// Used by all.
const COMMON: &[&str] = &["error", "text", "Error", "Result"];

/// Libraries with one owner.
const OWNED: &[(&str, &str)] =
    &[("sqlx", "store"), ("axum", "http"), ("gdal", "formats"), ("proj", "space"), ("object_store", "files")];

#[test]
fn modules_use_only_what_is_drawn() {
    let allowed = closure();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let files = rust_files(&src);
    assert!(files.len() > 20, "the sources were not found");
    for file in files {
        let place = file.strip_prefix(&src).unwrap();
        let module = place.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = module.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        // How many `super` lead to the root: one from src/a/mod.rs, two from src/a/b.rs.
        let depth = place.components().count() - usize::from(place.ends_with("mod.rs"));
        let tokens: TokenStream = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let mut used = BTreeSet::new();
        collect(tokens, depth, &mut used);
        for (name, line) in used {
            let at = || format!("{}:{line}", place.display());
            if let Some((_, owner)) = OWNED.iter().find(|(library, _)| name == format!("::{library}")) {
                if *owner != module {
                    wrong.push(format!("{}: {} belongs to {owner}/", at(), &name[2..]));
                }
            } else if let Some(target) = name.strip_prefix("crate::") {
                let fine = target == module
                    || COMMON.contains(&target)
                    || allowed.get(module).is_some_and(|set| set.contains(target))
                    || (!allowed.contains_key(target) && module == "cli");
                if !fine {
                    wrong.push(format!("{}: {module} may not use {target}", at()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not drawn in src/lib.rs:\n{}", wrong.join("\n"));
}

#[test]
fn the_walk_sees_what_it_must() {
    let code =
        "use crate::{store::A, http}; fn f() { super::super::feed::x(); m!{ crate::bim::y } sqlx::query(); }";
    let mut used = BTreeSet::new();
    collect(code.parse().unwrap(), 2, &mut used);
    let names: BTreeSet<&str> = used.iter().map(|(n, _)| n.as_str()).collect();
    for name in ["crate::store", "crate::http", "crate::feed", "crate::bim", "::sqlx"] {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
}

fn closure() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(m, to)| (*m, to.iter().copied().collect())).collect();
    loop {
        let mut grown = false;
        for module in ARROWS.iter().map(|(m, _)| *m) {
            let reach: BTreeSet<&str> = all[module].iter().flat_map(|m| all[m].iter().copied()).collect();
            let set = all.get_mut(module).unwrap();
            let before = set.len();
            set.extend(reach);
            grown |= set.len() > before;
        }
        if !grown {
            return all;
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// Every `crate::x`, every chain of `super` that reaches the crate's root (`depth` of them), and every path that
/// starts with a library; inside macros too, which is why this reads tokens and not syntax.
fn collect(tokens: TokenStream, depth: usize, used: &mut BTreeSet<(String, usize)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let ident = |i: usize| match tokens.get(i) {
        Some(TokenTree::Ident(id)) => Some(id.to_string()),
        _ => None,
    };
    let colons = |i: usize| {
        let colon = |t: Option<&TokenTree>| matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == ':');
        colon(tokens.get(i)) && colon(tokens.get(i + 1))
    };
    for (i, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            collect(group.stream(), depth, used);
            continue;
        }
        let Some(name) = ident(i) else { continue };
        let line = token.span().start().line;
        let starts_path = i < 2 || !colons(i - 2);
        if OWNED.iter().any(|(library, _)| name == *library) && starts_path && colons(i + 1) {
            used.insert((format!("::{name}"), line));
        }
        let mut end = i;
        let mut supers = usize::from(name == "super");
        while supers > 0 && colons(end + 1) && ident(end + 3).as_deref() == Some("super") {
            end += 3;
            supers += 1;
        }
        let at_root = name == "crate" || supers > 0 && supers >= depth;
        if !at_root || !starts_path || !colons(end + 1) {
            continue;
        }
        match tokens.get(end + 3) {
            Some(TokenTree::Ident(first)) => drop(used.insert((format!("crate::{first}"), line))),
            Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Brace => {
                let mut fresh = true;
                for item in list.stream() {
                    match item {
                        TokenTree::Ident(first) if fresh => {
                            used.insert((format!("crate::{first}"), line));
                            fresh = false;
                        }
                        TokenTree::Punct(p) if p.as_char() == ',' => fresh = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}
