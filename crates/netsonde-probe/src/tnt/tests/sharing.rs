//! Several machines of one run, budgets that end early, and what each of them may cost the others.
use super::*;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Runs machines side by side, round robin, all their tasks answered at the end of each round.
fn run_together(net: &Net, machines: &mut [Machine]) -> (Vec<TntResult>, Vec<Task>) {
    let mut shared = Shared::default();
    let mut all = Vec::new();
    for _ in 0..TASKS_MAX {
        let mut asked = Vec::new();
        for (index, machine) in machines.iter_mut().enumerate() {
            while let Some((id, task)) = machine.poll_task(&mut shared) {
                asked.push((index, id, task));
            }
        }
        if asked.is_empty() {
            break;
        }
        for (index, id, task) in asked {
            all.push(task);
            match task {
                Task::Echo { address, count } => {
                    machines[index].handle_echo(&mut shared, id, &net.echo(address, count));
                }
                Task::Trace { target, options } => {
                    machines[index].handle_trace(&mut shared, id, net.trace(target, &options));
                }
            }
        }
    }
    (
        machines
            .iter_mut()
            .map(|machine| machine.poll_result().expect("each ends"))
            .collect(),
        all,
    )
}

fn machine(net: &Net) -> Machine {
    Machine::new(
        &TntOptions::default(),
        &TraceOptions::default(),
        net.host(),
        net.vantage(),
    )
}

#[test]
fn what_one_machine_learns_costs_the_others_nothing() {
    let net = path(PIPE);
    let mut machines: Vec<Machine> = (0..5).map(|_| machine(&net)).collect();
    let (results, tasks) = run_together(&net, &mut machines);
    for result in &results {
        assert_eq!(show(result, &net), show(&results[0], &net));
        assert!(!result.tunnels.is_empty());
    }
    let pinged: Vec<IpAddr> = tasks
        .iter()
        .filter_map(|task| match task {
            Task::Echo { address, .. } => Some(*address),
            Task::Trace { .. } => None,
        })
        .collect();
    assert_eq!(
        pinged.len(),
        pinged.iter().collect::<BTreeSet<_>>().len(),
        "an address was pinged twice"
    );
    let traces = tasks.len() - pinged.len();
    assert_eq!(traces, 5 + 4, "five first traces, one revelation of four");
    let paid = results
        .iter()
        .filter(|result| result.sent_revelation > 0)
        .count();
    assert_eq!(paid, 1);
    let free = results.iter().filter(|result| {
        result.tunnels[0]
            .attempts
            .iter()
            .all(|attempt| attempt.sent == 0)
    });
    assert_eq!(free.count(), 4);
}

#[test]
fn a_machine_says_that_it_waits() {
    let net = path(PIPE);
    let mut shared = Shared::default();
    let (mut one, mut other) = (machine(&net), machine(&net));
    for machine in [&mut one, &mut other] {
        let (id, task) = machine.poll_task(&mut shared).unwrap();
        let Task::Trace { target, options } = task else {
            panic!("the first task is a trace")
        };
        machine.handle_trace(&mut shared, id, net.trace(target, &options));
    }
    assert!(one.poll_task(&mut shared).is_some() && !one.is_waiting_on_shared());
    while one.poll_task(&mut shared).is_some() {}
    assert!(other.poll_task(&mut shared).is_none() && other.is_waiting_on_shared());
}

/// Whatever is refused, and when: the machine ends, says that it was cut short, and leaves the work to others.
#[test]
fn a_budget_that_ends_at_any_task_ends_the_machine() {
    let net = path(PIPE);
    let whole = run(&net, &TntOptions::default());
    for allowed in 0..20 {
        let mut shared = Shared::default();
        let mut cut = machine(&net);
        let mut tasks = 0;
        while let Some((id, task)) = cut.poll_task(&mut shared) {
            tasks += 1;
            match task {
                _ if tasks > allowed => cut.handle_refused(&mut shared, id),
                Task::Echo { address, count } => {
                    cut.handle_echo(&mut shared, id, &net.echo(address, count));
                }
                Task::Trace { target, options } => {
                    cut.handle_trace(&mut shared, id, net.trace(target, &options));
                }
            }
        }
        let result = cut.poll_result().expect("it ends");
        assert_eq!(result.incomplete, tasks > allowed, "{allowed}");
        let hidden = |result: &TntResult| {
            result
                .tunnels
                .iter()
                .map(|tunnel| tunnel.lsrs.len())
                .sum::<usize>()
        };
        assert!(hidden(&result) <= hidden(&whole));
        let mut after = machine(&net);
        drive(&net, &mut after, &mut shared, |_| {});
        let after = after.poll_result().expect("it ends");
        assert_eq!(show(&after, &net), show(&whole, &net), "{allowed}");
    }
}

#[test]
fn a_trace_cut_short_counts_for_what_it_shows() {
    let net = path(HOST_ONLY);
    let result = run_altered(&net, &TntOptions::default(), |trace| {
        if trace.target != net.host() {
            trace.stop = record::StopReason::Deadline;
        }
    });
    let expected =
        "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3 incomplete: not-attempted";
    assert_eq!(show(&result, &net), [expected]);
    assert!(result.incomplete);
}

#[test]
fn an_unknown_task_is_ignored() {
    let net = path(PIPE);
    let mut shared = Shared::default();
    let mut machine = machine(&net);
    machine.handle_echo(&mut shared, crate::tnt::TaskId(7), &net.echo(net.host(), 1));
    machine.handle_refused(&mut shared, crate::tnt::TaskId(8));
    drive(&net, &mut machine, &mut shared, |_| {});
    assert!(!machine.poll_result().unwrap().tunnels.is_empty());
    assert!(machine.poll_result().is_none(), "one result, once");
}
