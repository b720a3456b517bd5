//! GeoPackage 1.3 (OGC 12-128r18): one table of features with the R-tree of the extension `gpkg_rtree_index`.

use std::path::Path;

use chrono::{SecondsFormat, Utc};
use rusqlite::types::{ToSqlOutput, ValueRef as Sql};
use rusqlite::{Connection, Statement, ToSql, params};

use super::{Table, envelope, failed};
use crate::Result;
use crate::layers::{Attribute, AttributeType, GeometryKind, ItemRef, ValueRef};
use crate::space::Bbox;
use crate::space::crs::{Offered, Target};

const NAME: &str = "a GeoPackage";
/// Column of the geometry.
const GEOMETRY: &str = "geom";

/// Settings of a file that nobody else reads until it is complete: no journal, 16 MiB of pages in memory. The two
/// numbers are `GPKG` and the version, 1.3.
const SETTINGS: &str = "
    PRAGMA application_id = 1196444487;
    PRAGMA user_version = 10300;
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -16384;
";

/// The tables that every GeoPackage has (annex C of the standard).
const TABLES: &str = "
    CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
        organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
        description TEXT);
    CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
    CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
        geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
    CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
        definition TEXT NOT NULL, scope TEXT NOT NULL,
        CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
    INSERT INTO gpkg_spatial_ref_sys VALUES
        ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
        ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
";

/// The triggers of the R-tree (annex F.3), so that a client that changes rows keeps the index. `{t}` is the table,
/// `{c}` the geometry.
const TRIGGERS: &str = r#"
    CREATE TRIGGER "rtree_{t}_{c}_insert" AFTER INSERT ON "{t}"
        WHEN (NEW."{c}" NOT NULL AND NOT ST_IsEmpty(NEW."{c}"))
        BEGIN INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid,
            ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END;
    CREATE TRIGGER "rtree_{t}_{c}_update1" AFTER UPDATE OF "{c}" ON "{t}"
        WHEN OLD.fid = NEW.fid AND (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}"))
        BEGIN INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid,
            ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END;
    CREATE TRIGGER "rtree_{t}_{c}_update2" AFTER UPDATE OF "{c}" ON "{t}"
        WHEN OLD.fid = NEW.fid AND (NEW."{c}" ISNULL OR ST_IsEmpty(NEW."{c}"))
        BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid; END;
    CREATE TRIGGER "rtree_{t}_{c}_update3" AFTER UPDATE ON "{t}"
        WHEN OLD.fid != NEW.fid AND (NEW."{c}" NOTNULL AND NOT ST_IsEmpty(NEW."{c}"))
        BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid;
            INSERT OR REPLACE INTO "rtree_{t}_{c}" VALUES (NEW.fid,
            ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}")); END;
    CREATE TRIGGER "rtree_{t}_{c}_update4" AFTER UPDATE ON "{t}"
        WHEN OLD.fid != NEW.fid AND (NEW."{c}" ISNULL OR ST_IsEmpty(NEW."{c}"))
        BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id IN (OLD.fid, NEW.fid); END;
    CREATE TRIGGER "rtree_{t}_{c}_delete" AFTER DELETE ON "{t}"
        WHEN OLD."{c}" NOT NULL
        BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id = OLD.fid; END;
"#;

/// A file in the making.
pub(super) struct GeoPackage {
    database: Connection,
    table: String,
    insert: String,
    index: String,
    srs_id: i32,
    /// A point is its own box.
    boxed: bool,
    around: Option<Bbox>,
    blob: Vec<u8>,
}

impl GeoPackage {
    pub(super) fn create(path: &Path, table: &Table<'_>) -> Result<Self> {
        let database = Connection::open(path).map_err(failed(NAME))?;
        database.execute_batch(SETTINGS).map_err(failed(NAME))?;
        database.execute_batch("BEGIN").map_err(failed(NAME))?;
        database.execute_batch(TABLES).map_err(failed(NAME))?;
        let srs_id = table.crs.epsg();
        systems(&database, table)?;
        let id = &table.layer.id;
        let kind = geometry_name(table.layer.geometry);
        let column = |a: &&Attribute| format!(", \"{}\" {}", a.name, column_type(a.kind));
        let columns = table.attributes.iter().map(column).collect::<Vec<_>>().concat();
        let create = format!(
            "CREATE TABLE \"{id}\" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \"{GEOMETRY}\" {kind}{columns});
             CREATE VIRTUAL TABLE \"rtree_{id}_{GEOMETRY}\" USING rtree(id, minx, maxx, miny, maxy);"
        );
        database.execute_batch(&create).map_err(failed(NAME))?;
        let described = (|| {
            database.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
                 VALUES (?1, 'features', ?2, ?3, ?4, ?5)",
                params![
                    id,
                    table.title(),
                    table.description(),
                    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
                    srs_id
                ],
            )?;
            database.execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, ?4, 0, 0)",
                params![id, GEOMETRY, kind, srs_id],
            )?;
            database.execute(
                "INSERT INTO gpkg_extensions VALUES (?1, ?2, 'gpkg_rtree_index',
                 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
                params![id, GEOMETRY],
            )
        })();
        described.map_err(failed(NAME))?;
        let marks = ", ?".repeat(table.attributes.len());
        Ok(Self {
            database,
            insert: format!("INSERT INTO \"{id}\" VALUES (?, ?{marks})"),
            index: format!("INSERT INTO \"rtree_{id}_{GEOMETRY}\" VALUES (?, ?, ?, ?, ?)"),
            table: id.clone(),
            srs_id,
            boxed: table.layer.geometry != GeometryKind::Point,
            around: None,
            blob: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, row: &ItemRef<'_>) -> Result<()> {
        let around = envelope(row.wkb);
        self.blob.clear();
        if let Some(b) = &around {
            header(&mut self.blob, self.srs_id, self.boxed.then_some(b));
            self.blob.extend_from_slice(row.wkb);
            let all = self.around.get_or_insert(*b);
            (all.min_x, all.min_y) = (all.min_x.min(b.min_x), all.min_y.min(b.min_y));
            (all.max_x, all.max_y) = (all.max_x.max(b.max_x), all.max_y.max(b.max_y));
        }
        let inserted = (|| {
            let mut statement = self.database.prepare_cached(&self.insert)?;
            insert(&mut statement, row, around.is_some().then_some(&self.blob))?;
            if let Some(b) = &around {
                let mut index = self.database.prepare_cached(&self.index)?;
                index.execute(params![row.fid, b.min_x, b.max_x, b.min_y, b.max_y])?;
            }
            Ok::<_, rusqlite::Error>(())
        })();
        inserted.map_err(failed(NAME))
    }

    pub(super) fn finish(self) -> Result<()> {
        let triggers = TRIGGERS.replace("{t}", &self.table).replace("{c}", GEOMETRY);
        self.database.execute_batch(&triggers).map_err(failed(NAME))?;
        if let Some(b) = self.around {
            let extent = "UPDATE gpkg_contents SET min_x = ?1, min_y = ?2, max_x = ?3, max_y = ?4";
            let extent = self.database.execute(extent, params![b.min_x, b.min_y, b.max_x, b.max_y]);
            extent.map_err(failed(NAME))?;
        }
        self.database.execute_batch("COMMIT").map_err(failed(NAME))?;
        self.database.close().map_err(|(_, e)| failed(NAME)(e))
    }
}

/// The table's system, and WGS 84, which every GeoPackage names.
fn systems(database: &Connection, table: &Table<'_>) -> Result<()> {
    let wgs84 = Target::from(Offered::Epsg4326);
    let own = (table.crs.epsg() != wgs84.epsg()).then_some(&table.crs);
    for crs in [&wgs84].into_iter().chain(own) {
        let (epsg, wkt) = (crs.epsg(), crs.wkt1()?);
        // The name stands first in the WKT.
        let name = wkt.split('"').nth(1).unwrap_or_default();
        let insert = "INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)";
        database.execute(insert, params![name, epsg, wkt]).map_err(failed(NAME))?;
    }
    Ok(())
}

/// A value as SQLite keeps it: booleans as 0 and 1, days and instants as ISO 8601.
struct Cell<'a>(ValueRef<'a>);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            ValueRef::Null => ToSqlOutput::Borrowed(Sql::Null),
            ValueRef::Bool(v) => ToSqlOutput::Borrowed(Sql::Integer(i64::from(v))),
            ValueRef::Int(v) => ToSqlOutput::Borrowed(Sql::Integer(v)),
            ValueRef::Real(v) => ToSqlOutput::Borrowed(Sql::Real(v)),
            ValueRef::Text(v) => ToSqlOutput::Borrowed(Sql::Text(v.as_bytes())),
            ValueRef::Date(v) => v.to_string().into(),
            // To the millisecond, as the standard has it.
            ValueRef::Time(v) => v.to_rfc3339_opts(SecondsFormat::Millis, true).into(),
        })
    }
}

fn insert(statement: &mut Statement<'_>, row: &ItemRef<'_>, blob: Option<&Vec<u8>>) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, row.fid)?;
    statement.raw_bind_parameter(2, blob.map(Vec::as_slice))?;
    for (i, value) in row.values.iter().enumerate() {
        statement.raw_bind_parameter(i + 3, Cell(*value))?;
    }
    statement.raw_execute().map(drop)
}

/// The head of a geometry (clause 2.1.3): little-endian, with its box (west, east, south, north) or without one.
fn header(out: &mut Vec<u8>, srs_id: i32, around: Option<&Bbox>) {
    out.extend_from_slice(b"GP\0");
    out.push(if around.is_some() { 0b11 } else { 0b01 });
    out.extend_from_slice(&srs_id.to_le_bytes());
    for side in around.into_iter().flat_map(|b| [b.min_x, b.max_x, b.min_y, b.max_y]) {
        out.extend_from_slice(&side.to_le_bytes());
    }
}

fn column_type(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Text => "TEXT",
        AttributeType::Integer => "INTEGER",
        AttributeType::Real => "REAL",
        AttributeType::Boolean => "BOOLEAN",
        AttributeType::Date => "DATE",
        AttributeType::Timestamp => "DATETIME",
    }
}

fn geometry_name(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "POINT",
        GeometryKind::LineString => "LINESTRING",
        GeometryKind::Polygon => "POLYGON",
        GeometryKind::MultiPoint => "MULTIPOINT",
        GeometryKind::MultiLineString => "MULTILINESTRING",
        GeometryKind::MultiPolygon => "MULTIPOLYGON",
    }
}
