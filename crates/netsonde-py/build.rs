//! Builds the image, which the module carries: another program, for a machine without an operating system, so by a
//! cargo of its own. Builds for tests and lints carry none: it would take longer than they do.
use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What the image is made from, beside this crate.
const SOURCES: [&str; 7] = [
    "crates/netsonde-image",
    "crates/netsonde-pack/src",
    "crates/netsonde-probe/src",
    "crates/netsonde-probe/Cargo.toml",
    "crates/netsonde-wire/src",
    "Cargo.toml",
    "Cargo.lock",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let out = PathBuf::from(variable("OUT_DIR")?);
    let carries = variable("TARGET")? == TARGET && variable("PROFILE")? == "release";
    let image = if carries {
        netsonde_pack::pack(&fs::read(build(&root, &out)?)?)?
    } else {
        Vec::new()
    };
    Ok(fs::write(out.join("image.elf"), image)?)
}

/// Builds the image beside our own profile and returns its path.
fn build(root: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    // OUT_DIR is PROFILE/build/PACKAGE/out.
    let folder = out.ancestors().nth(4).ok_or("OUT_DIR is not deep enough")?;
    let folder = folder.join("for-image");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "netsonde-image",
        ])
        .args([
            "--features",
            "boot",
            "--profile",
            "image",
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(&folder)
        // Flags of the outer build are for another program, and would change the bits of this one.
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root)?);
    if !cargo.status()?.success() {
        return Err("the image could not be built: see above".into());
    }
    Ok(folder.join(TARGET).join("image/netsonde-image"))
}

/// The same bits wherever it is built: no folder of this machine in them, and code that stays where it is linked.
fn flags(root: &Path) -> Result<String, Box<dyn Error>> {
    let home = env::var("CARGO_HOME").or_else(|_| env::var("HOME").map(|home| home + "/.cargo"))?;
    let root = root.canonicalize()?;
    let flags = [
        format!("--remap-path-prefix={}=", root.display()),
        format!("--remap-path-prefix={home}=cargo"),
        "-Crelocation-model=static".to_owned(),
    ];
    Ok(flags.join("\u{1f}"))
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}
