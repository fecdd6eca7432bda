//! Conditions on single values.
use core::fmt;

use super::{Checked, LABELS};
use crate::LabError;
use crate::topology::RateLimit;

pub(super) fn limit(key: &str, limit: Option<RateLimit>) -> Checked {
    limit.map_or(Ok(()), |limit| {
        let usable = limit.rate_pps.is_finite() && (0.0..=1e9).contains(&limit.rate_pps);
        require(
            usable,
            key,
            "a rate from 0 to 1e9 per second",
            limit.rate_pps,
        )
    })
}

pub(super) fn probability(key: &str, value: f64) -> Checked {
    require(
        (0.0..=1.0).contains(&value),
        key,
        "a probability from 0 to 1",
        value,
    )
}

pub(super) fn mtu(key: &str, mtu: u16) -> Checked {
    require(mtu >= 68, format!("{key}.mtu"), "at least 68 bytes", mtu)
}

pub(super) fn costs(key: &str, costs: [u32; 2]) -> Checked {
    costs.into_iter().try_for_each(|cost| {
        require(
            (1..=65_535).contains(&cost),
            key,
            "costs from 1 to 65535",
            cost,
        )
    })
}

pub(super) fn label(key: &str, label: u32) -> Checked {
    require(
        LABELS.contains(&label),
        key,
        "a label from 16 to 262143",
        label,
    )
}

pub(super) fn require(
    holds: bool,
    key: impl Into<String>,
    expected: impl Into<String>,
    found: impl fmt::Display,
) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(LabError::topology(key, expected, found.to_string()))
    }
}
