//! Builds that measure no more than pings, paths and tunnels: the image is one.
use super::Kind;

/// Whether this build measures more.
pub(crate) const SURVEYS: bool = cfg!(feature = "surveys");

/// Passes over options that this build has no use for.
#[cfg(not(feature = "surveys"))]
pub(super) fn unread<'de, D, T>(reader: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default,
{
    use serde::Deserialize;
    serde::de::IgnoredAny::deserialize(reader).map(|_| T::default())
}

impl Kind {
    /// As a job has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Trace => "trace",
            Self::Tnt => "tnt",
            Self::Alias => "alias",
            Self::Multipath => "multipath",
            Self::Fingerprint => "fingerprint",
            Self::Tcp => "tcp",
        }
    }
}
