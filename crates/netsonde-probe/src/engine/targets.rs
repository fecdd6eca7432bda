//! Targets that have not begun: those of the job, and those that stream in while it runs.
use super::transmit::is_special;
use super::{Engine, check};
use crate::alias::Aliases;
use crate::error::JobError;
use crate::job::Target;
use crate::seed;
use crate::session::Session;
use crate::slab::Handle;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Streamed targets that wait at most, but for one call of [`Engine::add_targets`]: a tenth of a second at the highest
/// rates, so that the pipe they come by slows down whoever writes them.
const PENDING_MAX: usize = 1 << 14;

/// Targets that have not begun.
#[derive(Debug)]
pub(super) struct Pending {
    /// Those of the job, in the opposite of the order in which they begin.
    listed: Vec<Target>,
    /// Those that came later, in the order in which they came.
    streamed: VecDeque<Target>,
    /// More may come.
    is_open: bool,
    /// How many there were so far, to name one that is refused.
    accepted: u64,
}

impl Pending {
    /// The job's own targets in the order that `seed` draws, or as they are.
    pub(super) fn new(mut listed: Vec<Target>, seed: Option<u64>, is_open: bool) -> Self {
        if let Some(seed) = seed {
            seed::shuffle(&mut listed, seed);
        }
        listed.reverse();
        Self {
            accepted: listed.len() as u64,
            listed,
            streamed: VecDeque::new(),
            is_open,
        }
    }

    pub(super) fn pop(&mut self) -> Option<Target> {
        self.listed.pop().or_else(|| self.streamed.pop_front())
    }

    /// All that wait now, `first` before them.
    pub(super) fn take_all(&mut self, first: Target) -> Vec<Target> {
        let mut all = Vec::from([first]);
        all.extend(core::iter::from_fn(|| self.pop()));
        all
    }

    /// None waits now.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.streamed.is_empty()
    }

    /// None waits and none will come.
    pub(super) fn is_over(&self) -> bool {
        self.is_empty() && !self.is_open
    }
}

impl Engine {
    /// Adds targets to a job with `stream_targets`, to be begun in this order; the caller has spread them over
    /// networks. They are copied. After [`Engine::end_targets`], or once nothing may begin any more, they are left out.
    ///
    /// # Errors
    /// When one of them cannot be measured; those before it were added.
    pub fn add_targets(&mut self, targets: &[Target]) -> Result<(), JobError> {
        if !self.pending.is_open || self.is_spent() {
            return Ok(());
        }
        for target in targets {
            check::check_target(self.pending.accepted, target)?;
            self.pending.accepted += 1;
            self.pending.streamed.push_back(*target);
        }
        Ok(())
    }

    /// No more targets will come: the job is done once those that are there have ended.
    pub fn end_targets(&mut self) {
        self.pending.is_open = false;
    }

    /// How many targets [`Engine::add_targets`] should bring now; 0 when enough are waiting or none is wanted any more.
    pub fn targets_wanted(&self) -> usize {
        if !self.pending.is_open || self.is_spent() {
            return 0;
        }
        PENDING_MAX.saturating_sub(self.pending.streamed.len())
    }

    /// A session that measures all targets in one run.
    pub(super) fn join_targets(
        &mut self,
        run: Handle,
        first: Target,
        now_ns: u64,
    ) -> Box<dyn Session> {
        let targets = self.pending.take_all(first);
        self.begun = u32::try_from(targets.len()).unwrap_or(u32::MAX);
        if let Some(run) = self.runs.get_mut(run) {
            run.targets = self.begun;
            run.allows_special |= targets.iter().any(|one| is_special(one.address));
        }
        let (rate_pps, seed) = (self.job.rate_pps, self.job.seed);
        Box::new(Aliases::new(
            &self.job.alias,
            &targets,
            rate_pps,
            seed,
            now_ns,
        ))
    }

    /// Whether another target may begin, if there is one.
    pub(super) fn is_spent(&self) -> bool {
        self.finished || self.ending.is_some() || self.counters.sent >= self.job.budget.total
    }
}
