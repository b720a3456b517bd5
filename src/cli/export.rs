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
use crate::features::{LayerBuilder, LayerReader, Query, Snapshot};
use crate::filter::typed::{self, Found};
use crate::filter::{Expr, literal, text as cql2};
use crate::formats::write::Format;
use crate::jobs::archive;
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
    /// Layer to export; into .pmtiles several, divided by commas
    #[arg(value_name = "ID")]
    layer: String,
    /// File to write: .gpkg, .fgb, .geojson, .csv or .parquet; .pmtiles holds the tiles of all zooms
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
    if args.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("pmtiles")) {
        return archive(store, args).await;
    }
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
    in_place(&making, &args.file, done)?;
    snapshot.close().await?;
    Ok(written)
}

/// Tiles of one or several layers, made from memory as the server makes them. Gives the number of their items.
async fn archive(store: &Store, args: &Args) -> Result<u64> {
    if args.crs.is_some() {
        return Err(Error::invalid(
            "--crs",
            "các ô của PMTiles luôn theo Web Mercator",
            "the tiles of PMTiles are always in Web Mercator",
        ));
    }
    let snapshot = store.snapshot().await?;
    let mut memory = Snapshot::default();
    let mut views = Vec::new();
    for id in args.layer.split(',').map(str::trim) {
        let def = snapshot.catalog().layer(id).cloned().ok_or_else(|| Error::not_found("layer", id))?;
        let mut layer = LayerBuilder::new(def.clone());
        snapshot.load(&def, |row| layer.push_ref(&row)).await?;
        memory.insert(layer.build());
        let whole = whole(&def);
        let rows = args.filter.as_deref().map(|text| filter(text, &whole)).transpose()?;
        let within = args.bbox.map(|b| {
            let b = format!("{},{},{},{}", b.min_x, b.min_y, b.max_x, b.max_y);
            filter(&format!("S_INTERSECTS(geometry, BBOX({b}))"), &whole)
        });
        let rows: Vec<Expr> = rows.into_iter().chain(within.transpose()?).collect();
        let rows = (!rows.is_empty()).then_some(Expr::And(rows));
        views.push(View { rows, ..whole });
    }
    snapshot.close().await?;
    let readers: Vec<_> = views.iter().filter_map(|view| memory.layer(view)).collect();
    let items: usize = readers.iter().map(LayerReader::count).sum();
    let making = making(&args.file);
    let name = match views.as_slice() {
        [one] => one.layer.title.get(Lang::of_environment()).to_owned(),
        _ => "Dothi".to_owned(),
    };
    let (to, lang) = (making.clone(), Lang::of_environment());
    let done = tokio::task::spawn_blocking(move || archive::write(&to, &readers, &name, lang)).await;
    let done = done.map_err(|e| Error::internal("making tiles", e)).and_then(|done| done.map(drop));
    in_place(&making, &args.file, done)?;
    Ok(items as u64)
}

/// Puts a file that was made whole in its place; takes it away where it was not.
fn in_place(making: &Path, file: &Path, done: Result<()>) -> Result<()> {
    let done = done.and_then(|()| {
        std::fs::rename(making, file).map_err(|e| Error::internal(format!("writing {}", file.display()), e))
    });
    if done.is_err() {
        // What cannot be removed is a hidden file beside the target, and the error that led here is told.
        let _ = std::fs::remove_file(making);
    }
    done
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
            let (path, known) = (path.display(), "gpkg, fgb, geojson, csv, parquet, pmtiles");
            Err(Error::invalid(
                "FILE",
                format!("{path}: không biết định dạng; phần mở rộng phải là {known}"),
                format!("{path}: unknown format; the extension must be one of {known}"),
            ))
        }
    }
}
