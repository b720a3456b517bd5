//! The `dothi` binary: parses arguments and calls the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    dothi::cli::main()
}
