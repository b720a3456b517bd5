//! OGC API Tiles (20-057, annex A), the tile matrix sets (17-083r4) and the draft of OGC API Styles. The tests stand in
//! `ogc_tiles` and `styles`.

use super::table::{Class, Held};

const TEMPLATE: &[&str] = &["ogc_tiles::conformance::tiles_are_where_the_template_says"];
const DESCRIBED: &[&str] =
    &["ogc_tiles::conformance::the_description_of_the_api_names_the_parameters_of_tiles"];
const LISTS: &[&str] = &["ogc_tiles::conformance::lists_of_tilesets_are_linked_and_lead_to_each"];
const TILESET: &[&str] = &["ogc_tiles::conformance::a_tileset_describes_its_layers_and_its_extent"];
const SETS: &[&str] = &["ogc_tiles::conformance::the_tile_matrix_sets_are_those_of_the_standard"];
const CHOSEN: &[&str] = &["ogc_tiles::dataset::a_tile_holds_the_collections_that_are_named_in_their_order"];

const TILES: &str = "20-057, annex A";
const TMS: &str = "17-083r4, annex A";
const STYLES: &str = "20-009 (draft of 2021), requirements";
const NO_SUITE: &str = "the draft of 2021 has requirements and no abstract tests";

pub(super) const CLASSES: &[Class] = &[
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
        source: TILES,
        held: Held::Abstract(&[
            ("/conf/core/tc-op", TEMPLATE),
            ("/conf/core/tc-success", TEMPLATE),
            (
                "/conf/core/tc-error",
                &["ogc_tiles::conformance::a_tile_that_is_not_there_is_404_and_an_empty_one_204"],
            ),
            ("/conf/core/tc-tilematrix-definition", DESCRIBED),
            ("/conf/core/tc-tilerow-definition", DESCRIBED),
            ("/conf/core/tc-tilecol-definition", DESCRIBED),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
        source: TILES,
        held: Held::Abstract(&[("/conf/tileset/description", TILESET)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
        source: TILES,
        held: Held::Abstract(&[("/conf/tilesets-list/tileset-links", LISTS)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        source: TILES,
        held: Held::Abstract(&[
            ("/conf/geodata-tilesets/desc-links", LISTS),
            ("/conf/geodata-tilesets/operation", LISTS),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
        source: TILES,
        held: Held::Abstract(&[
            ("/conf/dataset-tilesets/landingpage", LISTS),
            ("/conf/dataset-tilesets/operation", LISTS),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
        source: TILES,
        held: Held::Abstract(&[
            ("/conf/collections-selection/query-collections", CHOSEN),
            ("/conf/collections-selection/collections-response", CHOSEN),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
        source: TILES,
        held: Held::Abstract(&[
            ("/conf/oas30/completeness", DESCRIBED),
            ("/conf/oas30/operation-id", DESCRIBED),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
        source: TILES,
        held: Held::Abstract(&[(
            "/conf/mvt/content",
            &["ogc_tiles::conformance::the_grid_of_a_tile_runs_from_its_top_left_corner"],
        )]),
    },
    Class {
        uri: "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
        source: TMS,
        held: Held::Abstract(&[("/conf/tilematrixset", SETS)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
        source: TMS,
        held: Held::Abstract(&[("/conf/json-tilematrixset", SETS)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
        source: TMS,
        held: Held::Abstract(&[("/conf/tilesetmetadata", TILESET)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
        source: TMS,
        held: Held::Abstract(&[("/conf/json-tilesetmetadata", TILESET)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/core",
        source: STYLES,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[
                (
                    "/req/core/style-success",
                    &["styles::a_style_is_there_in_each_form_that_its_metadata_names"],
                ),
                (
                    "/req/core/style-md-success",
                    &["styles::a_style_is_there_in_each_form_that_its_metadata_names"],
                ),
            ],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/mapbox-styles",
        source: STYLES,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[("/req/mapbox-styles/content", &["styles::the_style_of_all_layers_stands_for_itself"])],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/sld-10",
        source: STYLES,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[("/req/sld-10/content", &["styles::an_sld_says_what_the_style_says"])],
        },
    },
];
