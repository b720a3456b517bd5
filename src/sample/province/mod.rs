//! The made-up sample province: the real names, codes and centres of former Đắk Nông's communes, and everything
//! else invented around them. Seed in, items out; the same seed gives the same items on every machine.
//!
//! Order matters: water first, for towns keep away from it; then the towns, whose main streets the highways start
//! from; then what lies outside.

mod admin;
mod buildings;
pub mod communes;
mod countryside;
mod demo;
mod dice;
mod district;
mod furniture;
mod grid;
mod highways;
mod item;
mod lines;
mod lots;
mod names;
mod places;
mod plan;
mod reports;
mod streets;
mod terrain;
mod waters;
mod zoning;

pub use item::{Sample, SampleItem};

use geo::Coord;

use crate::space::crs;

/// Seed of the sample that `dothi sample load` makes.
pub const SEED: u64 = 2026;
/// Authority code of the board of the industrial zones.
const ZONE_BOARD: &str = "BQL-KCN";
/// Communes with a detailed town: their public places stand in it.
const TOWN_COMMUNES: [&str; 4] = ["24611", "24615", "24617", "24664"];

/// A place given as longitude and latitude (WGS 84) in EPSG:9218.
fn place([lon, lat]: [f64; 2]) -> Coord<f64> {
    let (x, y) = crs::from_crs84(lon, lat);
    Coord { x, y }
}

/// The whole sample.
pub fn generate(seed: u64) -> Sample {
    let mut sample = Sample::default();
    admin::add(&mut sample);
    terrain::add(&mut sample);
    let districts = district::districts();
    let waters = waters::add(&mut sample, &districts, seed);
    let mut towns = Vec::new();
    for district in districts {
        let town = plan::Town::plan(district, &waters, seed);
        let runs = add_town(&mut sample, &town, seed);
        towns.push((town, runs));
    }
    for name in ["Gia Nghĩa", "Đức Lập"] {
        let parts: Vec<&plan::Town> =
            towns.iter().map(|t| &t.0).filter(|t| t.district.town == name).collect();
        zoning::add_general_plan(&mut sample, name, &parts);
    }
    highways::add(&mut sample, &towns, &waters.rivers, seed);
    countryside::add(&mut sample, seed);
    sample
}

fn add_town(sample: &mut Sample, town: &plan::Town, seed: u64) -> Vec<streets::Run> {
    zoning::add_plans(sample, town);
    zoning::add_land_use(sample, town);
    if let Some(quarter) = town.district.quarter {
        demo::add(sample, quarter, town.district.name, seed);
    }
    let runs = streets::add(sample, town);
    let lots = lots::add(sample, town, seed);
    buildings::add(sample, town, &lots, seed);
    places::add(sample, town, &lots, seed);
    furniture::add(sample, town, &runs, seed);
    reports::add(sample, town, &lots, seed);
    runs
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
