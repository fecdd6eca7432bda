//! Timed faults.
use crate::lab::Lab;
use crate::limiter::Limiter;
use crate::queue::Kind;
use crate::topology::Action;

impl Lab {
    /// A fault of the topology strikes; its names were checked.
    pub(crate) fn strike(&mut self, now_ns: u64, action: &Action) {
        match action {
            Action::Icmp { node, silent } => {
                if let Some(node) = self.plan.node(node) {
                    self.nodes[node as usize].is_muted = *silent;
                }
            }
            Action::Limit { node, limit } => {
                if let Some(node) = self.plan.node(node) {
                    self.nodes[node as usize].limiter = Limiter::new(*limit);
                }
            }
            Action::Link {
                link,
                up,
                reroute_ns,
            } => {
                if let Some(link) = self.plan.link(link) {
                    self.shapes[link as usize].up = *up;
                    self.queue
                        .push(now_ns.saturating_add(*reroute_ns), Kind::Reroute);
                }
            }
            Action::Cost { link, cost } => {
                if let Some(link) = self.plan.link(link) {
                    self.shapes[link as usize].cost = *cost;
                    self.queue.push(now_ns, Kind::Reroute);
                }
            }
            Action::Loss { link, loss } => {
                if let Some(link) = self.plan.link(link) {
                    self.shapes[link as usize].loss = [*loss; 2];
                }
            }
            Action::Delay { link, delay_ns } => {
                if let Some(link) = self.plan.link(link) {
                    self.shapes[link as usize].delay_ns = *delay_ns;
                }
            }
        }
    }
}
