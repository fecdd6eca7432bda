//! Sample packets of every kind: as seeds for the fuzzers, or as a capture for other dissectors.
//!
//! `samples corpus DIR` writes DIR/TARGET/NAME for every fuzz target; `samples pcap FILE` writes one
//! capture and prints the name of each frame in it.
mod corpus;
mod errors;
mod frames;
mod neighbours;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let written = match &arguments[..] {
        [command, path] if command == "corpus" => corpus::write(Path::new(path)),
        [command, path] if command == "pcap" => {
            for (name, _) in frames::all() {
                println!("{name}");
            }
            fs::write(path, pcap())
        }
        _ => Err(io::Error::other(
            "usage: samples corpus DIR | samples pcap FILE",
        )),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// A capture in the classic format, one frame per millisecond.
fn pcap() -> Vec<u8> {
    let mut out = Vec::new();
    let header = [0xa1b2_c3d4, 2 | 4 << 16, 0, 0, 65_535, 1];
    for word in header {
        out.extend(u32::to_le_bytes(word));
    }
    for (index, (_, frame)) in (0..).zip(frames::all()) {
        let length = u32::try_from(frame.len()).expect("samples are short");
        let record: [u32; 4] = [0, index * 1000, length, length];
        for word in record {
            out.extend(word.to_le_bytes());
        }
        out.extend(frame);
    }
    out
}
