//! Packs a file: `cargo run --package netsonde-pack LINKED PACKED`.
use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut names = env::args_os().skip(1);
    let (Some(linked), Some(packed)) = (names.next(), names.next()) else {
        return Err("expected two names of files".into());
    };
    Ok(fs::write(packed, netsonde_pack::pack(&fs::read(linked)?)?)?)
}
