//! From pairs to sets: aliases of aliases are aliases, unless a rejected pair says otherwise.
//!
//! Pairs are taken strongest first: those proved by a common source address, then by their false-positive
//! estimate, then by addresses. A pair joins the sets of its two addresses unless the joined set would hold a rejected pair;
//! then the sets stay apart, and the conflict is told. Proof outweighs rejection: two counters may serve one router.
use super::book::Evidence;
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Addresses of one router, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    pub(super) members: BTreeSet<u32>,
    pub(super) methods: BTreeSet<AliasMethod>,
    pub(super) false_positive: f64,
}

/// An alias pair that a rejected pair speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) alias: (u32, u32),
    pub(super) alias_method: AliasMethod,
    pub(super) rejected: (u32, u32),
    pub(super) rejected_method: AliasMethod,
    pub(super) joined: bool,
}

/// The sets of two or more that the evidence gives, by their first member, and what did not fit.
pub(super) fn close(evidence: &[Evidence]) -> (Vec<Group>, Vec<Conflict>) {
    let mut aliases: Vec<&Evidence> = evidence
        .iter()
        .filter(|pair| pair.verdict == AliasVerdict::Alias)
        .collect();
    aliases.sort_by(|one, other| {
        strength(one)
            .total_cmp(&strength(other))
            .then(one.pair.cmp(&other.pair))
    });
    let mut rejected: BTreeMap<u32, Vec<&Evidence>> = BTreeMap::new();
    for pair in evidence
        .iter()
        .filter(|pair| pair.verdict == AliasVerdict::Not)
    {
        rejected.entry(pair.pair.0).or_default().push(pair);
        rejected.entry(pair.pair.1).or_default().push(pair);
    }
    let mut forest = Forest::default();
    let mut conflicts = Vec::new();
    for pair in aliases {
        let against = forest.against(pair.pair, &rejected);
        let joined = against.is_none() || is_proof(pair.method);
        if let Some(other) = against {
            conflicts.push(Conflict {
                alias: pair.pair,
                alias_method: pair.method,
                rejected: other.pair,
                rejected_method: other.method,
                joined,
            });
        }
        if joined {
            forest.join(pair);
        }
    }
    (forest.groups.into_values().collect(), conflicts)
}

/// Whether nothing can speak against what the method found.
fn is_proof(method: AliasMethod) -> bool {
    method == AliasMethod::Mercator
}

/// Lower is stronger.
fn strength(pair: &Evidence) -> f64 {
    match (is_proof(pair.method), pair.false_positive) {
        (true, _) => -1.0,
        (false, known) => known.unwrap_or(1.0),
    }
}

/// Sets that grow.
#[derive(Debug, Default)]
struct Forest {
    /// By their first member.
    groups: BTreeMap<u32, Group>,
    /// First member of the set of each address that has one.
    homes: BTreeMap<u32, u32>,
}

impl Forest {
    fn members(&self, address: u32) -> BTreeSet<u32> {
        let home = self.homes.get(&address);
        home.and_then(|home| self.groups.get(home))
            .map_or_else(|| BTreeSet::from([address]), |group| group.members.clone())
    }

    /// A rejected pair that joining the sets of `pair` would put into one set.
    fn against<'a>(
        &self,
        pair: (u32, u32),
        rejected: &BTreeMap<u32, Vec<&'a Evidence>>,
    ) -> Option<&'a Evidence> {
        let (ours, theirs) = (self.members(pair.0), self.members(pair.1));
        if ours == theirs {
            return None;
        }
        let crosses = |other: &&&Evidence| {
            let (a, b) = other.pair;
            ours.contains(&a) && theirs.contains(&b) || ours.contains(&b) && theirs.contains(&a)
        };
        ours.iter()
            .filter_map(|member| rejected.get(member))
            .find_map(|pairs| pairs.iter().find(crosses).copied())
    }

    fn join(&mut self, pair: &Evidence) {
        let known = |home: Option<&u32>, address| home.copied().unwrap_or(address);
        let homes = (
            known(self.homes.get(&pair.pair.0), pair.pair.0),
            known(self.homes.get(&pair.pair.1), pair.pair.1),
        );
        let mut group = self.groups.remove(&homes.0).unwrap_or_default();
        if homes.0 != homes.1 {
            let other = self.groups.remove(&homes.1).unwrap_or_default();
            group.members.extend(other.members);
            group.methods.extend(other.methods);
            let weakest = pair.false_positive.unwrap_or(0.0).max(other.false_positive);
            group.false_positive = group.false_positive.max(weakest);
        }
        group.members.extend([pair.pair.0, pair.pair.1]);
        group.methods.insert(pair.method);
        let home = homes.0.min(homes.1).min(pair.pair.0).min(pair.pair.1);
        for member in &group.members {
            self.homes.insert(*member, home);
        }
        self.groups.insert(home, group);
    }
}

#[cfg(test)]
mod tests;
