//! `dothi export`: items of a layer as a file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args as ClapArgs;

use super::Outcome;
use crate::access::View;
use crate::app::Database;
use crate::config::Config;
use crate::features::encode::csv::CsvWriter;
use crate::features::encode::geojson::FeatureWriter;
use crate::features::encode::text::Document;
use crate::features::{LayerBuilder, Query, Snapshot};
use crate::filter::typed::{self, Found};
use crate::filter::{Expr, literal, text as cql2};
use crate::formats::write::Format;
use crate::jobs::export::Export;
use crate::layers::LayerDef;
use crate::space::Bbox;
use crate::space::crs::{AxisOrder, Offered, Target, bbox_from_crs84};
use crate::store::Store;
use crate::text::Lang;
use crate::{Error, Result};

/// Items that are in memory at a time.
const CHUNK: usize = 10_000;

/// `dothi export`
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Layer to export
    #[arg(value_name = "ID")]
    layer: String,
    /// File to write: .gpkg, .fgb, .geojson, .csv or .parquet
    file: PathBuf,
    /// Only items that meet this box, in degrees: west,south,east,north
    #[arg(long, value_name = "BOX", allow_hyphen_values = true, value_parser = bbox)]
    bbox: Option<Bbox>,
    /// Only items for which this is true: CQL2 text, its geometries in degrees (longitude, latitude)
    #[arg(long, value_name = "CQL2", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Reference system of the file; the stored one (EPSG:9218) by default, WGS 84 in GeoJSON
    #[arg(long, value_name = "EPSG:n")]
    crs: Option<String>,
}

fn bbox(text: &str) -> Result<Bbox, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse().map_err(|_| format!("{n}: not a number")))
        .collect::<Result<_, _>>()?;
    let [min_x, min_y, max_x, max_y] = numbers[..] else {
        return Err("four numbers were expected: west,south,east,north".to_owned());
    };
    if !(min_x <= max_x && min_y <= max_y) {
        return Err("west must not exceed east, nor south north".to_owned());
    }
    let asked = Bbox { min_x, min_y, max_x, max_y };
    bbox_from_crs84(&asked).ok_or_else(|| "the box lies outside the domain of EPSG:9218".to_owned())?;
    Ok(asked)
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let done = export(&store, &args).await;
    store.close().await;
    database.close()?;
    eprintln!("{}: {} items", args.file.display(), done?);
    Ok(ExitCode::SUCCESS)
}

async fn export(store: &Store, args: &Args) -> Result<u64> {
    let snapshot = store.snapshot().await?;
    let def = snapshot
        .catalog()
        .layer(&args.layer)
        .cloned()
        .ok_or_else(|| Error::not_found("layer", &args.layer))?;
    let view = whole(&def);
    let query = Query {
        within_crs84: args.bbox.into_iter().collect(),
        filter: args.filter.as_deref().map(|text| filter(text, &view)).transpose()?,
        ..Query::default()
    };
    let making = making(&args.file);
    let mut file = begin(&making, &args.file, args.crs.as_deref(), &view)?;
    // Piece by piece through the same memory that serves items, so that a filter means here what it means there.
    let mut written = 0;
    let (mut piece, mut held) = (LayerBuilder::new(def.clone()), 0);
    let mut hand_over = |piece: LayerBuilder, file: &mut Export| {
        let mut one = Snapshot::default();
        one.insert(piece.build());
        let reader = one.layer(&view).ok_or_else(|| Error::not_found("layer", &def.id))?;
        let fids: Vec<i64> = reader.query(&query)?.map(|item| item.fid).collect();
        written += fids.len() as u64;
        file.add(&reader, &fids)
    };
    let loaded = snapshot
        .load(&def, |row| {
            piece.push_ref(&row)?;
            held += 1;
            if held == CHUNK {
                held = 0;
                hand_over(std::mem::replace(&mut piece, LayerBuilder::new(def.clone())), &mut file)?;
            }
            Ok(())
        })
        .await;
    let done = loaded.and_then(|_| hand_over(piece, &mut file)).and_then(|()| file.finish());
    let done = done.and_then(|()| {
        std::fs::rename(&making, &args.file)
            .map_err(|e| Error::internal(format!("writing {}", args.file.display()), e))
    });
    if let Err(error) = done {
        // What cannot be removed is a hidden file beside the target, and the error that led here is told.
        let _ = std::fs::remove_file(&making);
        return Err(error);
    }
    snapshot.close().await?;
    Ok(written)
}

/// Everything: who may read the database needs no rights beside.
fn whole(def: &Arc<LayerDef>) -> View {
    let attributes = vec![true; def.attributes.len()];
    View { layer: def.clone(), attributes, rows: None, exact: true, profile: 0 }
}

fn filter(text: &str, view: &View) -> Result<Expr> {
    let mut expr = cql2::parse(text)?;
    literal::to_stored(&mut expr, Offered::Crs84)?;
    typed::check(&expr, &|name| {
        let column = view.attribute(name)?;
        Some(Found { attribute: &view.layer.attributes[column], column: Some(column) })
    })?;
    Ok(expr)
}

/// Where the file stands until it is complete: beside its place.
fn making(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{}-{name}", std::process::id()))
}

/// Begins the file in the format of its extension.
fn begin(making: &Path, path: &Path, crs: Option<&str>, view: &View) -> Result<Export> {
    let crs = crs.map(|text| Target::named("--crs", text)).transpose()?;
    let stored = || crs.clone().unwrap_or_else(|| Offered::STORED.into());
    let table = |format| Export::table(making, format, view, None, &stored(), Lang::of_environment());
    match path.extension().unwrap_or_default().to_string_lossy().to_lowercase().as_str() {
        "gpkg" => table(Format::GeoPackage),
        "fgb" => table(Format::FlatGeobuf),
        "parquet" => table(Format::GeoParquet),
        "geojson" | "json" => match crs.map(|c| c.epsg()) {
            None | Some(4326) => {
                Export::text(making, Document::geojson(FeatureWriter::new(view), "").exact())
            }
            Some(_) => Err(Error::invalid(
                "--crs",
                "GeoJSON (RFC 7946) luôn dùng WGS 84; hãy chọn định dạng khác",
                "GeoJSON (RFC 7946) is always in WGS 84; choose another format",
            )),
        },
        "csv" => {
            let place = Some((stored(), AxisOrder::EastNorth));
            Export::text(making, Document::csv(CsvWriter::new(view, place)).exact())
        }
        _ => {
            let (path, known) = (path.display(), "gpkg, fgb, geojson, csv, parquet");
            Err(Error::invalid(
                "FILE",
                format!("{path}: không biết định dạng; phần mở rộng phải là {known}"),
                format!("{path}: unknown format; the extension must be one of {known}"),
            ))
        }
    }
}
