//! Tells cargo which data files are compiled into the program, so that a changed layer file, code list, rule or
//! migration is never left out of the next build; and refuses a release without the portal's bundle.

use std::path::Path;

fn main() {
    // A release carries the portal's bundle inside and would serve blank pages without it. A development build
    // reads it when it is asked for, and most tests never ask.
    let release = std::env::var("PROFILE").is_ok_and(|p| p == "release");
    let bundle = release.then_some("web/dist");
    // A path that does not exist would make cargo build the crate anew each time.
    for folder in ["layers", "schema", "migrations", "web/i18n"].into_iter().chain(bundle) {
        if Path::new(folder).exists() {
            println!("cargo:rerun-if-changed={folder}");
        }
    }
    if Path::new("web/dist/manifest.json").is_file() {
        return;
    }
    let what = "web/dist is missing: run scripts/up, or `npm --prefix web ci && npm --prefix web run build`";
    println!("cargo:{}={what}", if release { "error" } else { "warning" });
    if release {
        std::process::exit(1);
    }
}
