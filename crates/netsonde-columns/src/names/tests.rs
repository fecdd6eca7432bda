//! The names are those of the JSON schema, each at its code.
use super::Named;
use netsonde_probe::job::{PingMethod, TraceMethod};
use netsonde_probe::record::{
    AttemptOutcome, Completeness, Method, ReplyKind, StopReason, Trigger, TunnelClass,
};

/// Every name reads as a value whose code leads back to the name.
fn check<N: Named + for<'a> serde::Deserialize<'a>>() {
    for (code, name) in N::NAMES.iter().enumerate() {
        let value: N = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        assert_eq!(usize::try_from(value.code()).unwrap(), code, "{name}");
    }
}

#[test]
fn names_are_those_of_json() {
    check::<PingMethod>();
    check::<TraceMethod>();
    check::<ReplyKind>();
    check::<StopReason>();
    check::<TunnelClass>();
    check::<Trigger>();
    check::<Method>();
    check::<AttemptOutcome>();
    check::<Completeness>();
}
