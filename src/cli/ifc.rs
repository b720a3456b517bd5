//! `dothi ifc info FILE [--json]`: the facts of a building model, read by the worker child. `dothi ifc compare BEFORE AFTER
//! [--json]`: what differs between two models; exit code 0 whether or not they differ, 2 where one cannot be read.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::bim::facts::{BuildingFacts, Georeference, Measured, ModelFacts};
use crate::jobs::worker::{self, Limits, Task};
use crate::{Error, Result};

/// Arguments of `dothi ifc`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Facts of a model: schema, georeference, storeys, areas, heights
    Info(Info),
    /// The model as glTF binary (.glb), small enough for a browser
    Mesh(Mesh),
    /// What differs between two models: elements, properties, and the facts that the permit checks use
    Compare(super::ifc_compare::Args),
}

#[derive(Debug, clap::Args)]
struct Info {
    /// The IFC file
    file: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Mesh {
    /// The IFC file
    file: PathBuf,
    /// Where the .glb is written
    output: PathBuf,
}

/// Runs `dothi ifc …`.
pub async fn run(args: Args) -> Result<ExitCode> {
    match args.command {
        Command::Info(info) => {
            let facts = facts(info.file).await?;
            if info.json {
                let text =
                    serde_json::to_string(&facts).map_err(|e| Error::internal("writing the facts", e))?;
                outln!("{text}");
            } else {
                crate::cli::output(format_args!("{}", text(&facts)));
            }
        }
        Command::Compare(args) => return super::ifc_compare::run(args).await,
        Command::Mesh(mesh) => {
            let glb = glb(mesh.file).await?;
            let place = mesh.output.display().to_string();
            tokio::fs::write(&mesh.output, glb).await.map_err(|e| {
                Error::invalid(place, format!("không ghi được: {e}"), format!("cannot write: {e}"))
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Facts of a model file, by way of a worker child.
pub async fn facts(file: PathBuf) -> Result<ModelFacts> {
    let task = Task::IfcFacts { file: readable(file).await? };
    let payload = worker::run(&task, &Limits::default(), |_| Ok(())).await?;
    serde_json::from_slice(&payload).map_err(|e| Error::internal("reading the worker's facts", e))
}

async fn glb(file: PathBuf) -> Result<Vec<u8>> {
    let task = Task::IfcMesh { file: readable(file).await? };
    let mut out = Vec::new();
    worker::run(&task, &Limits::default(), |frame| {
        if let worker::Frame::Data(bytes) = frame {
            out.extend(bytes);
        }
        Ok(())
    })
    .await?;
    Ok(out)
}

/// The file by its absolute path, or why it cannot be read.
pub(super) async fn readable(file: PathBuf) -> Result<PathBuf> {
    let wrong = |vi: String, en: String| Error::invalid(file.display().to_string(), vi, en);
    let path = tokio::fs::canonicalize(&file)
        .await
        .map_err(|e| wrong(format!("không mở được tệp: {e}"), format!("cannot open the file: {e}")))?;
    if path.is_dir() {
        return Err(wrong("là thư mục, không phải tệp".to_owned(), "it is a folder, not a file".to_owned()));
    }
    Ok(path)
}

/// The facts for reading.
fn text(facts: &ModelFacts) -> String {
    let mut out = String::new();
    let project = facts.project.as_ref().map_or("–", |p| p.name.as_str());
    let unit = facts.length_unit_m.map_or_else(|| "not declared".to_owned(), |u| format!("{u} m"));
    let _ = writeln!(
        out,
        "{} · {} records · length unit {unit} · project {project}",
        facts.schema, facts.entities
    );
    georeference(&mut out, facts.georeference.as_ref());
    if let Some(b) = facts.bbox_m {
        let _ = writeln!(
            out,
            "box   {:.3} {:.3} {:.3} … {:.3} {:.3} {:.3} m",
            b.min[0], b.min[1], b.min[2], b.max[0], b.max[1], b.max[2]
        );
    }
    let products: Vec<String> = facts.products.iter().map(|(name, n)| format!("{name} {n}")).collect();
    let _ = writeln!(out, "products: {}", products.join(", "));
    facts.buildings.iter().for_each(|b| building(&mut out, b));
    for note in &facts.empty_solids {
        let _ = writeln!(out, "no solid: {} {}: {}", note.entity, note.global_id, note.reason);
    }
    for warning in &facts.warnings {
        let _ = writeln!(out, "warning: {warning}");
    }
    out
}

fn georeference(out: &mut String, georeference: Option<&Georeference>) {
    let Some(g) = georeference else {
        let _ = writeln!(out, "not georeferenced");
        return;
    };
    let crs = g.crs.as_deref().unwrap_or("no CRS");
    let _ = write!(out, "georeference level {} by {}, {crs}", g.level, g.source);
    if let (Some(e), Some(n)) = (g.easting, g.northing) {
        let _ = write!(out, ", E {e:.3} N {n:.3}");
    }
    if let (Some(lon), Some(lat)) = (g.longitude, g.latitude) {
        let _ = write!(out, ", {lat:.6}° {lon:.6}°");
    }
    let _ = writeln!(
        out,
        ", rotated {:.4}°, height {} m ({}), within {} m",
        g.rotation_deg,
        value(g.orthogonal_height_m),
        g.vertical_datum.as_deref().unwrap_or("no vertical datum"),
        g.horizontal_uncertainty_m
    );
    for warning in &g.warnings {
        let _ = writeln!(out, "  warning: {warning}");
    }
}

fn building(out: &mut String, b: &BuildingFacts) {
    let _ = writeln!(out, "\nbuilding {} ({})", b.name, b.global_id);
    let _ = writeln!(out, "  ±0.00 at z {} m by {}", b.zero_level_m, b.zero_level_source);
    for s in b.storeys.iter().rev() {
        let _ = writeln!(
            out,
            "  {:>8.3} m  {:<13} {:<28} {} m²{}",
            s.elevation_m,
            s.kind,
            s.name,
            both(&s.gross_area_m2),
            s.use_.as_ref().map_or_else(String::new, |u| format!("  {u}"))
        );
    }
    let c = &b.storey_count;
    let _ = writeln!(
        out,
        "  storeys {} (above ground {}, below {}; attic {}, technical {}, tum {})",
        c.total_49_9, c.above_ground, c.below_ground, c.attic, c.technical, c.tum
    );
    let _ = writeln!(
        out,
        "  height {} m, depth {} m, span {} m",
        both(&b.height_m),
        value(b.depth_m),
        value(b.span_m)
    );
    let _ = writeln!(
        out,
        "  footprint {} m² (with doubtful overhangs {}), projection {} m²",
        both(&b.footprint_area_m2),
        value(b.footprint_area_with_overhangs_m2),
        both(&b.projection_area_m2)
    );
    let _ = writeln!(
        out,
        "  gross floor area {} m², FAR area {} m²",
        both(&b.gross_floor_area_m2),
        both(&b.far_area_m2)
    );
}

fn both(m: &Measured) -> String {
    match m.declared {
        Some(d) => format!("{} (declared {d})", value(m.measured)),
        None => value(m.measured),
    }
}

fn value(v: Option<f64>) -> String {
    v.map_or_else(|| "–".to_owned(), |v| format!("{v}"))
}
