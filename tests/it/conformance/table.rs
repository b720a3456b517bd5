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
