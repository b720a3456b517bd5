//! What of a GeoPackage is read: its tables. A view is SQL that the file's maker wrote, which need not end; GDAL runs
//! it as soon as its fields are asked for. So the tables are told from the views before any layer is touched, and only
//! tables are ever opened. Triggers have nothing to fire on: the file is opened read-only and as immutable.

use std::path::Path;

use gdal::Dataset;
use gdal::vector::LayerAccess;
use gdal::vector::sql::Dialect;

use super::open::{dataset, refused};
use crate::text::Text;
use crate::{Error, Result};

/// Only layers that the contents name, and nothing is written beside the file, whatever journal it asks for.
pub(super) const OPTIONS: [&str; 2] = ["IMMUTABLE=YES", "LIST_ALL_TABLES=NO"];

/// An open GeoPackage.
pub(super) struct GeoPackage {
    pub dataset: Dataset,
    /// Its layers that are tables, in the order of its contents.
    pub tables: Vec<String>,
    /// Its views, whether or not they are layers.
    pub views: Vec<String>,
    /// What should be looked at: layers that are views.
    pub warning: Option<Text>,
}

/// Opens the file and tells its tables from its views. One whose own lists are views is refused: to open its tables
/// would run them.
pub(super) fn open(file: &Path) -> Result<GeoPackage> {
    let dataset = dataset(file, &OPTIONS)?;
    let views = texts(&dataset, "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY rowid")?;
    let own = |name: &&String| {
        let name = name.to_lowercase();
        name.starts_with("gpkg") || name.starts_with("rtree_") || name.starts_with("sqlite_")
    };
    if let Some(list) = views.iter().find(own) {
        return Err(Error::bad_file(
            list.clone(),
            "bảng hệ thống của GeoPackage lại là view (câu lệnh SQL trong tệp); tệp này không được đọc",
            "a system table of the GeoPackage is a view (SQL within the file); the file is not read",
        ));
    }
    let layers = |which: &str| {
        let sql = format!(
            "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON lower(m.name) = lower(c.table_name)
             WHERE c.data_type IN ('features', 'attributes', 'aspatial') AND m.type IN ('table', 'view')
             AND {which} (m.type = 'view' OR m.sql LIKE 'CREATE VIRTUAL%') ORDER BY c.rowid"
        );
        texts(&dataset, &sql)
    };
    let (tables, left_out) = (layers("NOT")?, layers("")?);
    let warning = (!left_out.is_empty()).then(|| not_read(&left_out.join(", ")));
    if let (true, Some(reason)) = (tables.is_empty(), &warning) {
        return Err(Error::BadFile { place: String::new(), reason: reason.clone() });
    }
    Ok(GeoPackage { dataset, tables, views: views.into_iter().chain(left_out).collect(), warning })
}

/// Why views are no layers.
pub(super) fn not_read(views: &str) -> Text {
    Text::new(
        format!(
            "view (câu lệnh SQL trong tệp) không được đọc: {views}; nếu cần, hãy xuất view thành bảng rồi nhập bảng đó"
        ),
        format!("views (SQL within the file) are not read: {views}; export them as tables and import those"),
    )
}

/// The first column of what `sql` asks of the file's own tables.
fn texts(dataset: &Dataset, sql: &str) -> Result<Vec<String>> {
    let rows = dataset.execute_sql(sql, None, Dialect::DEFAULT).map_err(|e| refused(&e))?;
    let Some(mut rows) = rows else { return Ok(Vec::new()) };
    Ok(rows.features().filter_map(|row| row.field_as_string(0).ok().flatten()).collect())
}
