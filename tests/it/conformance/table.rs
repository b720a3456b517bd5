//! What a table of abstract tests is made of, and the classes that no other table holds.

/// An abstract test by its identifier (`/conf/core/root-op`; of a standard without a suite the requirement,
/// `/req/…`), and the tests that hold it, by their paths in this binary or, from `src::`, in the library.
pub(super) type Test = (&'static str, &'static [&'static str]);

/// A conformance class.
pub(super) struct Class {
    /// As `/ogc/conformance` names it.
    pub uri: &'static str,
    /// The document of the suite.
    pub source: &'static str,
    pub held: Held,
}

/// What holds a class.
pub(super) enum Held {
    /// All abstract tests of its suite.
    Abstract(&'static [Test]),
    /// The document has no suite (drafts), or the class is another name: why, and what is tested in its place.
    NoSuite { why: &'static str, tests: &'static [Test] },
}

/// Classes of OGC API Common.
pub(super) const OTHERS: &[Class] = &[
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        source: "19-072, annex A",
        held: Held::Abstract(&[
            ("/conf/core/http", &["conformance::features::the_landing_page_leads_to_everything"]),
            (
                "/conf/core/query-param-capitalization",
                &["bad_input::parameters::an_unknown_parameter_is_400_in_every_ogc_resource"],
            ),
            (
                "/conf/core/query-param-value-invalid",
                &["bad_input::parameters::a_wrong_parameter_is_400_with_its_name_and_what_was_expected"],
            ),
            (
                "/conf/core/query-param-name-unknown",
                &["bad_input::parameters::an_unknown_parameter_is_400_in_every_ogc_resource"],
            ),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
        source: "21-045r1, clause 7",
        held: Held::NoSuite {
            why: "the suite validates by a schema that is on the web only: its rules are written out in the test",
            tests: &[("/req/core/schema-valid", &["formats::json_fg_has_place_time_and_type"])],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
        source: "20-024, annex A",
        held: Held::Abstract(&[
            (
                "/conf/collections/rc-md-op",
                &["conformance::features::the_collections_are_described_alike_in_both_places"],
            ),
            (
                "/conf/collections/rc-md-success",
                &["conformance::features::the_collections_are_described_alike_in_both_places"],
            ),
            (
                "/conf/collections/src-md-op",
                &["conformance::features::the_collections_are_described_alike_in_both_places"],
            ),
            (
                "/conf/collections/src-md-success",
                &["conformance::features::the_collections_are_described_alike_in_both_places"],
            ),
        ]),
    },
];
