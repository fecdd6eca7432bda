//! Checks of an alias job.
use super::require;
use crate::error::JobError;
use crate::job::{AliasMethod, AliasOptions, Job, Target};

/// Targets at most where every pair is compared.
const ALL_PAIRS_MAX: usize = 2_000;
/// Targets at most.
const TARGETS_MAX: usize = 100_000;
/// Samples from which a counter can be told.
const SAMPLES_MIN: u16 = 5;
/// Samples beyond which a plan would be too long.
const SAMPLES_MAX: u16 = 1_000;

pub(super) fn check_alias(job: &Job) -> Result<(), JobError> {
    require(
        !job.stream_targets,
        "stream_targets",
        "false: alias measures all targets together",
        "true",
    )?;
    check_options(&job.alias)?;
    check_targets(job.alias.method, &job.targets)
}

fn check_options(options: &AliasOptions) -> Result<(), JobError> {
    require(options.attempts > 0, "alias.attempts", "1 to 255", 0)?;
    require(options.wait_ms > 0, "alias.wait_ms", "at least 1", 0)?;
    require(
        (SAMPLES_MIN..=SAMPLES_MAX).contains(&options.samples),
        "alias.samples",
        "5 to 1000",
        options.samples,
    )?;
    require(options.rounds > 0, "alias.rounds", "1 to 255", 0)?;
    require(
        options.near < options.far,
        "alias.far",
        "more than alias.near",
        options.far,
    )?;
    require(
        options.false_positive_ppm <= 1_000_000,
        "alias.false_positive_ppm",
        "at most 1000000",
        options.false_positive_ppm,
    )?;
    require(
        (24..=31).contains(&options.prefix_len),
        "alias.prefix_len",
        "24 to 31",
        options.prefix_len,
    )
}

fn check_targets(method: AliasMethod, targets: &[Target]) -> Result<(), JobError> {
    let compares_all = matches!(method, AliasMethod::Ally | AliasMethod::Radargun);
    require(
        !compares_all || targets.len() <= ALL_PAIRS_MAX,
        "targets",
        "at most 2000, as every pair is compared (midar takes more)",
        targets.len(),
    )?;
    require(
        targets.len() <= TARGETS_MAX,
        "targets",
        "at most 100000, which are measured together",
        targets.len(),
    )
}
