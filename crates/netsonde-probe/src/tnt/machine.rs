//! One target, measured.
use super::{EchoOutcome, Shared, Task, TaskId};
use crate::job::{TntOptions, TraceOptions};
use crate::record::{TntResult, Trace};
use core::net::IpAddr;

/// The measurement of one target: tasks out, their outcomes in, one [`TntResult`] at the end.
///
/// Whoever drives it calls [`Machine::poll_task`] until `None` and runs the tasks in any order or all at once; each
/// ends in exactly one `handle_*` call, after which there may be new tasks or the result.
#[derive(Debug)]
pub(crate) struct Machine {}

impl Machine {
    /// Starts the measurement of `target`; `trace` is how the first trace goes, and the pattern of those that reveal.
    pub(crate) fn new(options: &TntOptions, trace: &TraceOptions, target: IpAddr, source: IpAddr) -> Self {
        Self {}
    }

    /// The next task to run, if one can start now.
    pub(crate) fn poll_task(&mut self, shared: &mut Shared) -> Option<(TaskId, Task)> {
        None
    }

    /// Takes the outcome of an echo task.
    pub(crate) fn handle_echo(&mut self, shared: &mut Shared, id: TaskId, outcome: &EchoOutcome) {}

    /// Takes the outcome of a trace task, cut short or not: its stop reason says.
    pub(crate) fn handle_trace(&mut self, shared: &mut Shared, id: TaskId, trace: Trace) {}

    /// A task was not run, or not wholly, and nothing of it is known: budget, deadline or interruption.
    pub(crate) fn handle_refused(&mut self, shared: &mut Shared, id: TaskId) {}

    /// The result, once.
    pub(crate) fn poll_result(&mut self) -> Option<TntResult> {
        None
    }

    /// True while it waits for a task of another machine: poll its tasks again once any other machine took an outcome.
    pub(crate) fn is_waiting_on_shared(&self) -> bool {
        false
    }
}
