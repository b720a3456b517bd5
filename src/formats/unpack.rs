//! A zipped file, unpacked into the scratch folder within bounds: how many entries, how many bytes, how much more
//! than the archive has. What the archive says of its sizes is not believed; the bytes are counted.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::texts::{extension, unreadable};
use crate::{Error, Result};

/// Most entries of an archive.
const MAX_ENTRIES: usize = 1000;
/// Most bytes that an archive may unpack to.
const MAX_BYTES: u64 = 2 << 30;
/// Beyond this many bytes the archive must not unpack to more than `MAX_RATIO` times its size.
const FREE_BYTES: u64 = 64 << 20;
/// Tables of blanks pack well, but not better than this.
const MAX_RATIO: u64 = 200;

/// Extensions of files that are opened themselves, not beside another.
pub(crate) const MAIN_FILES: [&str; 17] = [
    "shp", "tab", "mif", "gpkg", "fgb", "geojson", "json", "geojsonl", "topojson", "csv", "dxf", "dgn",
    "kml", "gml", "gpx", "pbf", "kmz",
];

/// Unpacks `archive` and gives the files in it that can be read, by their names.
pub(super) fn unpack(archive: &Path, scratch: &Path) -> Result<Vec<PathBuf>> {
    let packed = fs::metadata(archive).map_err(|e| unreadable(&e))?.len();
    let mut zip =
        ZipArchive::new(File::open(archive).map_err(|e| unreadable(&e))?).map_err(|e| broken(&e))?;
    if zip.len() > MAX_ENTRIES {
        let n = zip.len();
        return Err(Error::bad_file(
            "",
            format!("tệp nén có {n} mục, nhiều hơn giới hạn {MAX_ENTRIES}"),
            format!("the archive has {n} entries, more than the limit of {MAX_ENTRIES}"),
        ));
    }
    let folder = scratch.join("unpacked");
    let mut left = MAX_BYTES.min(FREE_BYTES.max(packed.saturating_mul(MAX_RATIO)));
    let mut files = Vec::new();
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(|e| broken(&e))?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.enclosed_name().ok_or_else(|| {
            let name = entry.name().to_owned();
            Error::bad_file(name, "đường dẫn trỏ ra ngoài tệp nén", "its path leads out of the archive")
        })?;
        if matches!(extension(&name).as_str(), "zip" | "7z" | "rar" | "gz" | "tar") {
            return Err(Error::bad_file(
                name.display().to_string(),
                "tệp nén trong tệp nén không được chấp nhận; hãy giải nén trước",
                "an archive within an archive is refused; unpack it first",
            ));
        }
        let path = folder.join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| unreadable(&e))?;
        }
        let mut out = File::create(&path).map_err(|e| unreadable(&e))?;
        let written = io::copy(&mut (&mut entry).take(left + 1), &mut out).map_err(|e| broken(&e))?;
        left = left.checked_sub(written).ok_or_else(|| too_large(&name))?;
        if MAIN_FILES.contains(&extension(&path).as_str()) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let known = MAIN_FILES.join(", ");
        return Err(Error::bad_file(
            "",
            format!("trong tệp nén không có tệp nào đọc được ({known})"),
            format!("the archive holds no file that can be read ({known})"),
        ));
    }
    Ok(files)
}

/// The file that `source_layer` names, or the only one. The error lists them.
pub(super) fn choose<'a>(files: &'a [PathBuf], source_layer: Option<&str>) -> Result<&'a PathBuf> {
    let names: Vec<String> = files.iter().map(|f| stem(f)).collect();
    match (files, source_layer) {
        ([only], _) => Ok(only),
        (_, Some(wanted)) => {
            let found = names.iter().position(|n| n.to_lowercase() == wanted.to_lowercase());
            found.map(|i| &files[i]).ok_or_else(|| {
                Error::invalid(
                    "--source-layer",
                    format!("trong tệp nén không có {wanted}; có: {}", names.join(", ")),
                    format!("the archive has no {wanted}; it has: {}", names.join(", ")),
                )
            })
        }
        (_, None) => Err(Error::invalid(
            "--source-layer",
            format!("tệp nén có nhiều tệp, hãy chọn một: {}", names.join(", ")),
            format!("the archive has several files, name one: {}", names.join(", ")),
        )),
    }
}

/// A file's name without its extension: what it is called among several.
pub(super) fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn too_large(name: &Path) -> Error {
    let (gib, ratio) = (MAX_BYTES >> 30, MAX_RATIO);
    Error::bad_file(
        name.display().to_string(),
        format!("tệp nén nở ra quá lớn (giới hạn {gib} GiB và {ratio} lần kích thước nén)"),
        format!("the archive unpacks to too much (the limits are {gib} GiB and {ratio} times its size)"),
    )
}

fn broken(e: &dyn std::fmt::Display) -> Error {
    Error::bad_file("", format!("tệp nén hỏng: {e}"), format!("the archive is damaged: {e}"))
}
