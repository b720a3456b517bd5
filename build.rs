//! Tells cargo which data files are compiled into the program, so that a changed layer file, code list, rule or
//! migration is never left out of the next build.

fn main() {
    // A path that does not exist would make cargo build the crate anew each time.
    for folder in ["layers", "schema", "migrations"].into_iter().filter(|f| std::path::Path::new(f).exists())
    {
        println!("cargo:rerun-if-changed={folder}");
    }
}
