//! `dothi history` and `dothi undo`: what changed in a layer, the life of an item, and taking a change back.

use std::process::ExitCode;

use clap::Args as ClapArgs;

use super::Outcome;
use crate::access::View;
use crate::app::Database;
use crate::config::Config;
use crate::store::audit::Entry;
use crate::store::history::revisions::{Origin, Revision, RevisionQuery};
use crate::store::history::undo::{LISTED, UndoReport, Why};
use crate::store::history::versions::{Kind, steps};
use crate::store::reasons::Reason;
use crate::store::{Author, Store};
use crate::{Error, Result};

/// `dothi history`
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Layer
    #[arg(value_name = "LAYER")]
    layer: String,
    /// Item; the changes of the whole layer without it
    fid: Option<i64>,
    /// At most so many, the newest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `dothi undo`
#[derive(Debug, ClapArgs)]
pub struct UndoArgs {
    /// Number of the revision, as `dothi history` lists it
    revision: i64,
    /// Tell what would be done and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let listed = match args.fid {
        None => layer(&store, &args).await,
        Some(fid) => item(&store, &args, fid).await,
    };
    store.close().await;
    database.close()?;
    listed?;
    Ok(ExitCode::SUCCESS)
}

async fn layer(store: &Store, args: &Args) -> Result<()> {
    store.catalog().await?.layer(&args.layer).ok_or_else(|| Error::not_found("layer", &args.layer))?;
    let query =
        RevisionQuery { layers: vec![args.layer.clone()], limit: args.limit, ..RevisionQuery::default() };
    let revisions = store.list_revisions(&query).await?;
    if args.json {
        let list: Vec<_> = revisions.iter().map(Revision::to_json).collect();
        outln!("{}", serde_json::Value::from(list));
        return Ok(());
    }
    for r in &revisions {
        let change = r.layers.first();
        let what = match change {
            Some(c) if c.is_definition => "definition".to_owned(),
            Some(c) => match (c.inserted, c.updated, c.removed) {
                (Some(i), Some(u), Some(d)) => format!("+{i} ~{u} -{d}"),
                _ => c.items.map_or_else(|| "many items".to_owned(), |n| format!("{n} items")),
            },
            None => String::new(),
        };
        let undone = r.undone_by.map_or_else(String::new, |n| format!("  (undone by {n})"));
        outln!("{}  {what:<24}{undone}", line(&r.origin));
    }
    Ok(())
}

async fn item(store: &Store, args: &Args, fid: i64) -> Result<()> {
    let catalog = store.catalog().await?;
    let def = catalog.layer(&args.layer).ok_or_else(|| Error::not_found("layer", &args.layer))?;
    let view = View::system(def);
    let versions = store.item_versions(&view, fid, None, args.limit + 1).await?;
    if versions.is_empty() {
        return Err(Error::not_found("item", format!("{}/{fid}", args.layer)));
    }
    let steps = steps(&view, &versions, None, versions.len() as i64 > args.limit);
    let origins = store.origins(&steps.iter().map(|s| s.revision).collect::<Vec<_>>()).await?;
    let attribute = |i: usize| def.attributes[i].name.as_str();
    if args.json {
        let list: Vec<_> = steps.iter().map(|s| s.to_json(def, origins.get(&s.revision))).collect();
        outln!("{}", serde_json::Value::from(list));
        return Ok(());
    }
    for s in &steps {
        let kind = match s.kind {
            Kind::Inserted => "inserted",
            Kind::Updated => "updated",
            Kind::Removed => "removed",
        };
        let origin = origins.get(&s.revision).map_or_else(|| s.revision.to_string(), line);
        outln!("{origin}  {kind}{}", if s.geometry_changed { ", new geometry" } else { "" });
        for (i, old, new) in &s.attributes {
            outln!("    {}: {} → {}", attribute(*i), old.to_json(), new.to_json());
        }
    }
    Ok(())
}

fn line(o: &Origin) -> String {
    let at = o.committed_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let who = o.actor_name.as_deref().unwrap_or(&o.client);
    format!("{:>8}  {at}  {who}  {}", o.number, o.reason)
}

pub(super) async fn undo(args: UndoArgs, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let done = take_back(&store, &args).await;
    store.close().await;
    database.close()?;
    let report = done?;
    if args.json {
        outln!("{}", report.to_json());
    } else {
        print(&report, args.dry_run);
    }
    // What was left alone wants a look; a script learns it from the code.
    Ok(ExitCode::from(u8::from(report.conflicting > 0)))
}

async fn take_back(store: &Store, args: &UndoArgs) -> Result<UndoReport> {
    let catalog = store.catalog().await?;
    let user = std::env::var("USER").map(|u| format!("by {u}")).unwrap_or_default();
    let reason = Reason::Undo { revision: args.revision, given: "" };
    let author = Author::program(format!("cli undo {user}").trim(), reason.text());
    let entry = Entry {
        actor_name: author.client.clone(),
        action: "undo".to_owned(),
        subject: "revision".to_owned(),
        subject_id: args.revision.to_string(),
        ..Entry::default()
    };
    store.undo(&catalog, args.revision, &author, entry, args.dry_run).await
}

fn print(r: &UndoReport, dry_run: bool) {
    outln!(
        "restored   {:>9}\nremoved    {:>9}\nreinserted {:>9}\nconflicts  {:>9}",
        r.restored,
        r.removed,
        r.reinserted,
        r.conflicting
    );
    for c in &r.conflicts {
        let why = match c.why {
            Why::ChangedSince => "changed since",
            Why::KeyTaken => "another item has its key",
        };
        let by = c.by.as_ref().map_or_else(String::new, |o| format!(": {}", line(o).trim_start()));
        outln!("  {}/{} {why}{by}", c.layer, c.fid);
    }
    if r.conflicting > LISTED as u64 {
        outln!("  … and {} more", r.conflicting - LISTED as u64);
    }
    match r.position {
        Some(position) => outln!("done in revision {}", position.revision),
        None if dry_run => outln!("dry run: nothing was changed"),
        None => outln!("nothing was changed"),
    }
}
