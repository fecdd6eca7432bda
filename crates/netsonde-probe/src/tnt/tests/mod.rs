//! The machine against a small model of a path: every configuration whose outcome the original's is known of, and those
//! that the original fails.
mod beyond;
mod fake;
mod places;
mod properties;
mod reference;
mod sharing;
mod show;

use super::{Machine, Shared, Task};
use crate::job::{TntOptions, TraceOptions};
use crate::record::{self, TntResult, Trace};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
pub(crate) use fake::reply;
use fake::{Domain, Net, Pop, Router, Rule};

/// The reference path: CE1, PE1, P1, P2, P3, PE2, CE2 and the host are nodes 1 to 8.
fn path(domain: Domain) -> Net {
    chain(8, domain)
}

/// The same with any number of nodes.
fn chain(nodes: usize, domain: Domain) -> Net {
    Net {
        routers: vec![CISCO; nodes],
        domains: vec![domain],
        ipv6: false,
        private: false,
    }
}

const CE1: usize = 1;
const PE1: usize = 2;
const P1: usize = 3;
const P2: usize = 4;
const P3: usize = 5;
const PE2: usize = 6;
const CE2: usize = 7;

const CISCO: Router = Router {
    te: 255,
    er: 255,
    silent: false,
    drops_echo: false,
    drops_udp: false,
    rewrites_quote: false,
    rfc4950: true,
};

/// Invisible with PHP and labels for all prefixes.
const PIPE: Domain = Domain {
    from: PE1,
    to: PE2,
    pop: Pop::Php,
    propagate: false,
    all_prefixes: true,
    rule: Rule::Min,
    quirk: false,
    icmp_tunnel: true,
    return_lsp: true,
    lse: 255,
    last_label: 16_006,
};

/// The same with labels for loopbacks only.
const HOST_ONLY: Domain = Domain {
    all_prefixes: false,
    ..PIPE
};
const UNIFORM: Domain = Domain {
    propagate: true,
    ..PIPE
};

impl Net {
    fn with(mut self, change: impl Fn(usize, &mut Router)) -> Self {
        self.routers
            .iter_mut()
            .enumerate()
            .for_each(|(index, router)| change(index + 1, router));
        self
    }

    /// `er` of all routers, as `er_def` of the reference runs.
    fn answering(self, te: u8, er: u8) -> Self {
        self.with(|_, router| (router.te, router.er) = (te, er))
    }
}

/// Tunnels and failed revelations, routers by name.
fn show(result: &TntResult, net: &Net) -> Vec<String> {
    show::show(result, &|address| name(address, net))
}

/// The name of the reference path's routers; nodes of longer paths are `n` and their number.
fn name(address: IpAddr, net: &Net) -> String {
    let mut nodes = 1..=net.routers.len();
    let Some(node) = nodes.find(|&node| net.address(node) == address) else {
        return address.to_string();
    };
    let names = ["CE1", "PE1", "P1", "P2", "P3", "PE2", "CE2", "host"];
    if net.routers.len() == names.len() {
        names[node - 1].to_string()
    } else {
        format!("n{node}")
    }
}

fn run(net: &Net, options: &TntOptions) -> TntResult {
    run_altered(net, options, |_| {})
}

/// Runs a machine to its end, each trace altered on its way.
fn run_altered(net: &Net, options: &TntOptions, alter: impl Fn(&mut Trace)) -> TntResult {
    let mut shared = Shared::default();
    let mut machine = Machine::new(options, &TraceOptions::default(), net.host(), net.vantage());
    drive(net, &mut machine, &mut shared, alter);
    machine.poll_result().expect("the machine ends")
}

fn drive(net: &Net, machine: &mut Machine, shared: &mut Shared, alter: impl Fn(&mut Trace)) {
    let mut tasks = 0;
    while let Some((id, task)) = machine.poll_task(shared) {
        tasks += 1;
        assert!(tasks < TASKS_MAX, "the machine never ends");
        match task {
            Task::Echo { address, count } => {
                machine.handle_echo(shared, id, &net.echo(address, count));
            }
            Task::Trace { target, options } => {
                let mut trace = net.trace(target, &options);
                alter(&mut trace);
                machine.handle_trace(shared, id, trace);
            }
        }
    }
}

fn lines(net: &Net) -> Vec<String> {
    show(&run(net, &TntOptions::default()), net)
}

/// Tasks that no measurement of a test path needs.
const TASKS_MAX: usize = 2_000;
