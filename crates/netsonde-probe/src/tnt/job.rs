//! One candidate of a machine on its way to a revelation, its own or another machine's.
use super::Task;
use super::detect::Candidate;
use super::pings::Pings;
use super::revelation::{Ask, Plan, Revealed, Revelation};
use super::shared::{Claim, Pair, Shared};
use crate::record::Trace;
use alloc::boxed::Box;
use core::mem;

/// A candidate and what became of it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) candidate: Candidate,
    pair: Pair,
    state: State,
}

#[derive(Debug)]
enum State {
    Unclaimed(Box<Plan>),
    Own {
        revelation: Box<Revelation>,
        busy: bool,
    },
    Done(Revealed),
}

/// What a job wants of its machine.
pub(super) enum Next {
    Run(Task),
    Wait,
    Nothing,
}

impl Job {
    pub(super) fn new(candidate: Candidate, plan: Plan) -> Self {
        let pair = Pair {
            entry: plan.entry,
            exit: plan.exit,
            gap: plan.gap.is_some(),
            buddy: plan.buddy,
        };
        Self {
            candidate,
            pair,
            state: State::Unclaimed(Box::new(plan)),
        }
    }

    /// A candidate from which nothing can be revealed.
    pub(super) fn without_plan(candidate: Candidate, pair: Pair) -> Self {
        Self {
            candidate,
            pair,
            state: State::Done(Revealed::default()),
        }
    }

    pub(super) fn revealed(&self) -> Option<&Revealed> {
        match &self.state {
            State::Done(revealed) => Some(revealed),
            State::Unclaimed(_) | State::Own { .. } => None,
        }
    }

    pub(super) fn poll(&mut self, shared: &mut Shared, pings: &mut Pings) -> Next {
        if let State::Unclaimed(plan) = &self.state {
            match shared.revelations.claim(self.pair) {
                Claim::Running => return Next::Wait,
                Claim::Done(revealed) => self.state = State::Done(as_cached(revealed)),
                Claim::Granted => {
                    let revelation = Box::new(Revelation::new(Plan::clone(plan)));
                    self.state = State::Own {
                        revelation,
                        busy: false,
                    };
                }
            }
        }
        let State::Own {
            revelation,
            busy: busy @ false,
        } = &mut self.state
        else {
            return Next::Nothing;
        };
        while let Some(ask) = revelation.ask() {
            match ask {
                Ask::Run(task) => {
                    *busy = true;
                    return Next::Run(task);
                }
                Ask::Echo(address) => {
                    let Some(ttl) = pings.known().get(&address) else {
                        pings.want(address);
                        return Next::Nothing;
                    };
                    revelation.handle_echo(ttl.is_some());
                }
            }
        }
        self.settle(shared);
        Next::Nothing
    }

    pub(super) fn handle_trace(&mut self, shared: &mut Shared, trace: &Trace) {
        self.update(shared, |revelation| revelation.handle_trace(trace));
    }

    pub(super) fn handle_refused(&mut self, shared: &mut Shared) {
        self.update(shared, Revelation::handle_refused);
    }

    fn update(&mut self, shared: &mut Shared, handle: impl FnOnce(&mut Revelation)) {
        if let State::Own { revelation, busy } = &mut self.state {
            *busy = false;
            handle(revelation);
            self.settle(shared);
        }
    }

    /// Publishes a revelation that wants nothing more. One that a budget cut is left for others to try.
    fn settle(&mut self, shared: &mut Shared) {
        match mem::replace(&mut self.state, State::Done(Revealed::default())) {
            State::Own { revelation, .. } if revelation.ask().is_none() => {
                let revealed = revelation.into_revealed();
                if revealed.cut {
                    shared.revelations.release(&self.pair);
                } else {
                    shared.revelations.finish(self.pair, revealed.clone());
                }
                self.state = State::Done(revealed);
            }
            unfinished => self.state = unfinished,
        }
    }
}

/// What another trace of the run revealed costs nothing here.
fn as_cached(mut revealed: Revealed) -> Revealed {
    revealed
        .attempts
        .iter_mut()
        .for_each(|attempt| attempt.sent = 0);
    revealed
}
