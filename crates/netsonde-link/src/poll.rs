//! Waiting for several descriptors at once, until a moment on the monotonic clock.
use crate::{LinkError, monotonic_ns, sys};
use std::os::fd::BorrowedFd;

/// Most descriptors that one wait watches.
pub const DESCRIPTORS_MAX: usize = 64;

/// Which of the watched descriptors have something for us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready(u64);

impl Ready {
    /// Whether the descriptor at `index` of the list is readable, has hung up or holds an error.
    pub fn contains(self, index: usize) -> bool {
        index < DESCRIPTORS_MAX && self.0 & (1 << index) != 0
    }

    /// The descriptors from `index` on, counted from there.
    pub(crate) fn after(self, index: usize) -> Self {
        Self(
            self.0
                .checked_shr(u32::try_from(index).unwrap_or(64))
                .unwrap_or(0),
        )
    }

    /// Adds the descriptor at `index`.
    pub(crate) fn insert(&mut self, index: usize) {
        self.0 |= 1 << index.min(DESCRIPTORS_MAX - 1);
    }

    /// Whether none is: the deadline passed, or a signal came.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Waits until a descriptor is readable, has hung up or holds an error, or until `deadline_ns` on the clock of
/// [`monotonic_ns`]; without a deadline, for ever. A signal ends the wait early, with nothing ready.
///
/// # Errors
/// [`LinkError::TooManyDescriptors`] beyond [`DESCRIPTORS_MAX`], [`LinkError::Call`] if waiting fails.
pub fn wait(descriptors: &[BorrowedFd<'_>], deadline_ns: Option<u64>) -> Result<Ready, LinkError> {
    wait_for(descriptors, Asked::default(), deadline_ns)
}

/// As [`wait`], but of the first descriptor it is asked whether it has room for what we write.
///
/// # Errors
/// As for [`wait`].
pub fn wait_for_room(
    descriptors: &[BorrowedFd<'_>],
    deadline_ns: Option<u64>,
) -> Result<Ready, LinkError> {
    let mut asked = Asked::default();
    asked.writable.insert(0);
    wait_for(descriptors, asked, deadline_ns)
}

/// What is asked of some of the descriptors instead of whether they are readable; each is in one of the sets at most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Nothing but whether they have hung up or hold an error.
    pub(crate) hang_ups_only: Ready,
    /// Whether they have room for what we write.
    pub(crate) writable: Ready,
}

/// As [`wait`], with other questions to some of the descriptors.
pub(crate) fn wait_for(
    descriptors: &[BorrowedFd<'_>],
    asked: Asked,
    deadline_ns: Option<u64>,
) -> Result<Ready, LinkError> {
    if descriptors.len() > DESCRIPTORS_MAX {
        return Err(LinkError::TooManyDescriptors {
            found: descriptors.len(),
            most: DESCRIPTORS_MAX,
        });
    }
    let timeout_ns = deadline_ns.map(|deadline_ns| deadline_ns.saturating_sub(monotonic_ns()));
    let questions = (asked.hang_ups_only.0, asked.writable.0);
    sys::poll::ppoll(descriptors, questions, timeout_ns).map(Ready)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_readable_one_is_named() {
        let (quiet, _quiet_far) = UnixStream::pair().unwrap();
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let ready = wait(&[quiet.as_fd(), near.as_fd()], None).unwrap();
        assert!(!ready.contains(0) && ready.contains(1) && !ready.contains(64));
    }

    #[test]
    fn a_deadline_is_kept() {
        let (quiet, _far) = UnixStream::pair().unwrap();
        let start_ns = monotonic_ns();
        let ready = wait(&[quiet.as_fd()], Some(start_ns + 5_000_000)).unwrap();
        assert!(ready.is_empty() && monotonic_ns() - start_ns >= 5_000_000);
        assert!(
            wait(&[quiet.as_fd()], Some(0)).unwrap().is_empty(),
            "a past deadline does not wait"
        );
    }

    #[test]
    fn a_hung_up_peer_is_ready() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        assert!(wait(&[near.as_fd()], None).unwrap().contains(0));
    }

    #[test]
    fn where_only_a_hang_up_counts_data_does_not() {
        let (near, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let mut asked = Asked::default();
        asked.hang_ups_only.insert(0);
        let waited = |deadline_ns| wait_for(&[near.as_fd()], asked, deadline_ns).unwrap();
        assert!(waited(Some(0)).is_empty());
        drop(far);
        assert!(waited(None).contains(0));
    }

    #[test]
    fn where_room_is_asked_for_data_does_not_count() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        near.set_nonblocking(true).unwrap();
        let mut asked = Asked::default();
        asked.writable.insert(0);
        assert!(wait_for(&[near.as_fd()], asked, None).unwrap().contains(0));
        while near.write(&[0; 4_096]).is_ok() {}
        assert!(
            wait_for(&[near.as_fd()], asked, Some(0))
                .unwrap()
                .is_empty()
        );
        drop(far);
        assert!(
            wait_for(&[near.as_fd()], asked, None).unwrap().contains(0),
            "gone"
        );
    }

    #[test]
    fn too_many_descriptors_are_refused() {
        let (near, _far) = UnixStream::pair().unwrap();
        let many = vec![near.as_fd(); DESCRIPTORS_MAX + 1];
        assert!(matches!(
            wait(&many, Some(0)),
            Err(LinkError::TooManyDescriptors {
                found: 65,
                most: 64
            })
        ));
    }
}
