//! Reading layer files and code lists, from a folder or from the copy inside the binary.
//!
//! Each file is read in three steps: TOML syntax, `schema/layer.schema.json`, then what a schema cannot say
//! (`check`). All problems of all files are gathered, so that one run of `dothi layers check` shows them all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::{Catalog, CodeList, LayerDef, check, check_quality, schema, style};
use crate::error::{Error, Result};
use crate::text::Text;

/// The layer files that the program was built with.
static LAYERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/layers");
/// The code lists that the program was built with.
static CODES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schema/codes");

/// A definition file: its path for messages, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path below the folder, with `/`, such as `land/parcel.toml`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Something wrong in a definition file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File, with the line where it is known.
    pub file: String,
    /// Place in the file, such as `attribute[3] "height_m"`; empty for the file as a whole.
    pub place: String,
    /// What is wrong and what was expected.
    pub reason: Text,
}

/// The catalog of the layer files below `layers_dir` and the code lists in `codes_dir`.
/// The error names the first wrong file and place, and how many more problems there are.
pub fn read_dir(layers_dir: &Path, codes_dir: &Path) -> Result<Catalog> {
    let (layers, codes) = (list_files(layers_dir)?, list_files(codes_dir)?);
    refuse(build(&layers, &codes))
}

/// All problems of the files below the two folders; empty when [`read_dir`] would succeed.
pub fn check_dir(layers_dir: &Path, codes_dir: &Path) -> Result<Vec<Problem>> {
    let (layers, codes) = (list_files(layers_dir)?, list_files(codes_dir)?);
    Ok(build(&layers, &codes).1)
}

/// The catalog that the program was built with, so that the binary needs no checkout.
pub fn embedded() -> Result<Catalog> {
    refuse(build(&embedded_files(&LAYERS), &embedded_files(&CODES)))
}

/// Builds a catalog from files, with every problem found. The catalog lacks what could not be read.
pub fn build(layers: &[SourceFile], codes: &[SourceFile]) -> (Catalog, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut catalog = Catalog::default();
    for file in codes {
        if let Some(list) = read_codes(file, &mut problems) {
            catalog.code_lists.insert(list.id.clone(), Arc::new(list));
        }
    }
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut read: Vec<(&SourceFile, String)> = Vec::new();
    for file in layers {
        let Some(mut layer) = read_layer(file, &mut problems) else { continue };
        if let Some(other) = seen.insert(layer.id.clone(), &file.path) {
            problems.push(whole(
                file,
                format!("mã lớp {} đã có trong {other}", layer.id),
                format!("layer id {} is already used by {other}", layer.id),
            ));
            continue;
        }
        let seen_id = layer.id.clone();
        check::layer(file, &layer, &catalog, &mut problems);
        style::check(file, &layer, &mut problems);
        style::expand_code_colors(file, &mut layer, &catalog, &mut problems);
        catalog.layers.insert(layer.id.clone(), Arc::new(layer));
        read.push((file, seen_id));
    }
    // Rules name other layers, and indexes are theirs: all of them are known only now.
    for (file, layer) in read.iter().filter_map(|(file, id)| Some((*file, catalog.layer(id)?))) {
        check::indexes(file, layer, &catalog, &mut problems);
        check_quality::rules(file, layer, &catalog, &mut problems);
    }
    (catalog, problems)
}

fn refuse((catalog, problems): (Catalog, Vec<Problem>)) -> Result<Catalog> {
    let Some(first) = problems.first() else { return Ok(catalog) };
    let (mut vi, mut en) = (first.reason.vi.clone(), first.reason.en.clone());
    if problems.len() > 1 {
        let more = problems.len() - 1;
        vi = format!("{vi} (và {more} lỗi khác)");
        en = format!("{en} (and {more} more problems)");
    }
    Err(Error::bad_file(first.full_place(), vi, en))
}

impl Problem {
    /// File and place in one text.
    pub fn full_place(&self) -> String {
        if self.place.is_empty() { self.file.clone() } else { format!("{}: {}", self.file, self.place) }
    }
}

fn list_files(dir: &Path) -> Result<Vec<SourceFile>> {
    let mut found = Vec::new();
    collect(dir, dir, &mut found)?;
    if found.is_empty() {
        return Err(Error::bad_file(
            dir.display().to_string(),
            "thư mục không có tệp .toml nào",
            "the folder holds no .toml file",
        ));
    }
    // Folder order differs between machines; messages and results must not.
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<SourceFile>) -> Result<()> {
    let unreadable = |path: &Path, e: &std::io::Error| {
        Error::bad_file(
            path.display().to_string(),
            format!("không đọc được: {e}"),
            format!("cannot read: {e}"),
        )
    };
    for entry in std::fs::read_dir(dir).map_err(|e| unreadable(dir, &e))? {
        let path = entry.map_err(|e| unreadable(dir, &e))?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
            let below = path.strip_prefix(root).unwrap_or(&path);
            found.push(SourceFile { path: below.to_string_lossy().replace('\\', "/"), text });
        }
    }
    Ok(())
}

fn embedded_files(dir: &Dir<'static>) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = dir
        .files()
        .filter_map(|f| {
            let text = f.contents_utf8()?.to_owned();
            Some(SourceFile { path: f.path().to_string_lossy().replace('\\', "/"), text })
        })
        .filter(|f| Path::new(&f.path).extension().is_some_and(|e| e == "toml"))
        .collect();
    for sub in dir.dirs() {
        files.extend(embedded_files(sub));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn read_layer(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<LayerDef> {
    let value: toml::Value = parse(file, problems)?;
    let found = schema::problems(file, &value);
    if !found.is_empty() {
        problems.extend(found);
        return None;
    }
    match value.try_into() {
        Ok(layer) => Some(layer),
        Err(e) => {
            problems.push(syntax(file, &e));
            None
        }
    }
}

fn read_codes(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<CodeList> {
    let list: CodeList = parse(file, problems)?;
    check::codes(file, &list, problems);
    Some(list)
}

fn parse<T: serde::de::DeserializeOwned>(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<T> {
    match toml::from_str(&file.text) {
        Ok(value) => Some(value),
        Err(e) => {
            problems.push(syntax(file, &e));
            None
        }
    }
}

fn syntax(file: &SourceFile, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|s| file.text[..s.start.min(file.text.len())].matches('\n').count() + 1);
    let message = error.message();
    Problem {
        file: line.map_or_else(|| file.path.clone(), |n| format!("{}:{n}", file.path)),
        place: String::new(),
        reason: Text::new(format!("không đọc được TOML: {message}"), format!("not readable TOML: {message}")),
    }
}

/// A problem of the file as a whole.
pub(super) fn whole(file: &SourceFile, vi: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem { file: file.path.clone(), place: String::new(), reason: Text::new(vi, en) }
}

/// A problem of the `index`-th `[[table]]`, with the line on which that begins.
pub(super) fn at(
    file: &SourceFile,
    table: &str,
    index: usize,
    name: &str,
    vi: impl Into<String>,
    en: impl Into<String>,
) -> Problem {
    let header = format!("[[{table}]]");
    let line =
        file.text.lines().enumerate().filter(|(_, l)| l.trim() == header).nth(index).map(|(n, _)| n + 1);
    Problem {
        file: line.map_or_else(|| file.path.clone(), |n| format!("{}:{n}", file.path)),
        place: if name.is_empty() {
            format!("{table}[{index}]")
        } else {
            format!("{table}[{index}] \"{name}\"")
        },
        reason: Text::new(vi, en),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
