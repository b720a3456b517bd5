//! `dothi export`: items of a layer as a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use geo::BoundingRect;
use geozero::ToGeo;
use geozero::wkb::Wkb;

use super::Outcome;
use crate::app::Database;
use crate::config::Config;
use crate::formats::write::Writer;
use crate::layers::ItemRow;
use crate::space::{Bbox, crs};
use crate::store::Store;
use crate::{Error, Result};

/// `dothi export`
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Layer to export
    #[arg(value_name = "ID")]
    layer: String,
    /// File to write: .gpkg, .fgb, .geojson or .csv
    file: PathBuf,
    /// Only items that meet this box, in degrees: west,south,east,north
    #[arg(long, value_name = "BOX", allow_hyphen_values = true, value_parser = bbox)]
    bbox: Option<Bbox>,
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
    crs::bbox_from_crs84(&Bbox { min_x, min_y, max_x, max_y })
        .ok_or_else(|| "the box lies outside the domain of EPSG:9218".to_owned())
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
    let mut writer = Writer::create(&args.file, &def, args.crs.as_deref())?;
    let mut written = 0;
    let loaded = snapshot
        .load(&def, |row| {
            let row = row.to_row();
            if args.bbox.as_ref().is_none_or(|b| meets(&row, b)) {
                writer.push(&row)?;
                written += 1;
            }
            Ok(())
        })
        .await;
    match loaded {
        Ok(_) => writer.finish()?,
        Err(error) => {
            writer.discard();
            return Err(error);
        }
    }
    snapshot.close().await?;
    Ok(written)
}

fn meets(row: &ItemRow, b: &Bbox) -> bool {
    let around = Wkb(row.wkb.clone()).to_geo().ok().and_then(|g| g.bounding_rect());
    around.is_some_and(|r| {
        b.intersects(&Bbox { min_x: r.min().x, min_y: r.min().y, max_x: r.max().x, max_y: r.max().y })
    })
}
