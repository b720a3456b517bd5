//! Writing rows of a layer as a file.
