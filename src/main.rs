//! The program `paperkin`: everything is in the library.

fn main() -> std::process::ExitCode {
    paperkin::cli::main()
}
