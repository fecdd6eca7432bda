#!/usr/bin/env bash
# Builds every fuzz target and runs each for a set time: fuzz/run.sh [SECONDS_PER_TARGET] [TARGET...]
# Needs what any Rust build with C++ in it needs, on the stable toolchain, and installs nothing.
# Exit status: 0 all held, 1 a target crashed (the input is kept in fuzz/artifacts), 2 cannot run.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-${FUZZ_SECONDS:-10}}
shift || true
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "error: seconds per target: expected a whole number above 0, found '$seconds'" >&2
    exit 2
fi
for tool in cargo c++; do
    if ! command -v "$tool" >/dev/null; then
        echo "error: $tool is missing; on Debian: apt-get install g++, and Rust from rustup.rs" >&2
        exit 2
    fi
done

# The instrumentation that libFuzzer reads, without the sanitizers that only nightly Rust has:
# the code has no unsafe, so what is left to find are panics, overflows and broken invariants.
# Naming the host as the target keeps these flags away from build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
flags=(--cfg fuzzing -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1 -Cpasses=sancov-module)
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=("-Cllvm-args=-sanitizer-coverage-$option")
done
RUSTFLAGS="${flags[*]}" cargo build --quiet --locked --release --target "$host"
programs=${CARGO_TARGET_DIR:-target}/$host/release

targets=("$@")
if ((${#targets[@]} == 0)); then
    mapfile -t targets < <(basename -s .rs fuzz_targets/*.rs)
fi
crashed=()
for target in "${targets[@]}"; do
    mkdir -p "artifacts/$target" "regressions/$target"
    found=$(mktemp -d) # new inputs go here: the committed corpus stays as it is
    log=$(mktemp)
    printf '%-14s' "$target"
    if "$programs/$target" -max_total_time="$seconds" -timeout=10 -max_len=2048 -seed=1 \
        -artifact_prefix="artifacts/$target/" -print_final_stats=1 \
        "$found" "corpus/$target" "regressions/$target" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        coverage=$(sed -n 's/^#[0-9]*[[:space:]]*DONE *cov: \([0-9]*\).*/\1/p' "$log")
        printf '%12d inputs, %5d edges covered\n' "$runs" "$coverage"
    else
        echo "CRASHED"
        grep -m 3 -E 'panicked|^SUMMARY|Test unit written' -A 1 "$log" || tail -n 5 "$log"
        crashed+=("$target")
    fi
    rm -rf "$found" "$log"
done
rmdir --ignore-fail-on-non-empty artifacts/* regressions/* 2>/dev/null || true
if ((${#crashed[@]} > 0)); then
    echo "error: crashed: ${crashed[*]}; inputs are in fuzz/artifacts" >&2
    echo "hint: once fixed, keep the input in fuzz/regressions/TARGET: cargo test replays it" >&2
    exit 1
fi
