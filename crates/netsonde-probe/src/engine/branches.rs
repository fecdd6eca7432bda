//! What follows a first result: TNT along the branches that multipath found, one flow for every path, one after the
//! other; and the MTU of each hop of a path.
use super::Engine;
use crate::event::Event;
use crate::job::MultipathOptions;
use crate::multipath;
use crate::path_mtu::PathMtuSession;
use crate::record::{FlowTunnels, MultipathResult, TntResult};
use crate::slab::Handle;
use crate::tnt::Machine;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// The paths of one target under way.
#[derive(Debug)]
pub(super) struct Branches {
    result: Box<MultipathResult>,
    /// That of the machine, and of those to come.
    flow: u16,
    flows: VecDeque<u16>,
}

impl Branches {
    /// The flow whose IPv6 flow label its traces have.
    pub(super) fn label_flow(&self, options: &MultipathOptions) -> u16 {
        multipath::label_flow(options, self.flow)
    }
}

impl Engine {
    /// Takes all paths to a target, and has TNT follow them if the job asks for it.
    pub(super) fn begin_branches(
        &mut self,
        run: Handle,
        result: Box<MultipathResult>,
        now_ns: u64,
    ) {
        let flows = if self.job.multipath.tnt && self.ending.is_none() {
            multipath::representatives(&result).into()
        } else {
            VecDeque::new()
        };
        let branches = Branches {
            result,
            flow: 0,
            flows,
        };
        self.next_branch(run, branches);
        self.drive(run, now_ns);
    }

    /// Takes the result of a machine: that of the target, or of one branch.
    pub(super) fn end_tnt(&mut self, run: Handle, result: TntResult, now_ns: u64) {
        let branches = self.runs.get_mut(run).and_then(|run| run.branches.take());
        let Some(mut branches) = branches else {
            if let Some(run) = self.runs.get_mut(run) {
                run.machine = None;
            }
            return self.end_path(run, Event::Tnt(result), now_ns);
        };
        let sent = result.sent_trace + result.sent_ping + result.sent_revelation;
        branches.result.sent_tnt += sent;
        branches.result.sent += sent;
        let flow = branches.flow;
        branches.result.tnt.push(FlowTunnels { flow, result });
        if self.ending.is_some() {
            branches.flows.clear();
        }
        self.next_branch(run, branches);
    }

    /// Makes the machine of the next branch, or ends the target.
    fn next_branch(&mut self, index: Handle, mut branches: Branches) {
        let Some(run) = self.runs.get_mut(index) else {
            return;
        };
        let Some(flow) = branches.flows.pop_front() else {
            return self.end_run(index, Event::Multipath(branches.result));
        };
        let trace = multipath::trace_options(&self.job.multipath, flow);
        let machine = Machine::new(&self.job.tnt, &trace, run.target.address, run.target.source);
        branches.flow = flow;
        run.machine = Some(Box::new(machine));
        run.branches = Some(branches);
    }

    /// Ends a run that showed a path, or goes on with the MTU of each hop.
    pub(super) fn end_path(&mut self, run: Handle, event: Event, now_ns: u64) {
        let target = self.runs.get(run).map(|run| run.target);
        let options = self.job.trace;
        match target.filter(|_| options.mtu > 0 && self.ending.is_none()) {
            Some(target) => {
                let session = Box::new(PathMtuSession::new(event, target, &options));
                self.begin_session(run, target, session, now_ns);
            }
            None => self.end_run(run, event),
        }
    }
}
