//! Reading a topology from JSON.
use crate::LabError;
use crate::topology::Topology;

impl Topology {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// The first value that cannot be read: its key, what was expected, what was found; or the place
    /// where the text stops being JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, LabError> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let topology = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let key = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_data() {
                refused(key, &inner)
            } else {
                syntax(&inner)
            }
        })?;
        reader.end().map_err(|error| syntax(&error))?;
        Ok(topology)
    }
}

fn syntax(error: &serde_json::Error) -> LabError {
    let message = without_place(&error.to_string());
    LabError::Syntax {
        line: error.line(),
        column: error.column(),
        message,
    }
}

/// Serde says "FOUND, expected EXPECTED".
fn refused(key: String, error: &serde_json::Error) -> LabError {
    let message = without_place(&error.to_string());
    let (found, expected) = match (
        message.split_once(", expected "),
        message.strip_prefix("expected "),
    ) {
        (Some((found, expected)), _) => (found.to_owned(), expected.to_owned()),
        (None, Some(rest)) => {
            let (expected, found) = rest
                .rsplit_once(", found ")
                .unwrap_or((rest, "something else"));
            (found.to_owned(), expected.to_owned())
        }
        (None, None) => (message.clone(), "a value of the schema".to_owned()),
    };
    let key = if key == "." {
        "the topology".to_owned()
    } else {
        key
    };
    LabError::Topology {
        key,
        expected,
        found,
    }
}

fn without_place(message: &str) -> String {
    message
        .split_once(" at line ")
        .map_or(message, |(message, _)| message)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        Topology::from_json(json.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn refusals_name_key_expected_and_found() {
        assert_eq!(
            refusal(r#"{"nodes": {"p1": {"behaviour": {"te_ttl": "high"}}}}"#),
            r#"nodes.p1.behaviour.te_ttl: expected u8, found invalid type: string "high""#
        );
        assert_eq!(
            refusal(r#"{"links": {"a-b": {"subnet": "5.1.2.1/30"}}}"#),
            r#"links.a-b.subnet: expected a prefix without host bits (5.1.2.0/30), found "5.1.2.1/30""#
        );
        let unknown = refusal(r#"{"nodes": {"p1": {"colour": 1}}}"#);
        assert!(
            unknown.starts_with("nodes.p1.colour: expected one of `role`"),
            "{unknown}"
        );
        assert!(
            unknown.ends_with("found unknown field `colour`"),
            "{unknown}"
        );
        assert!(
            refusal("{\n\"nodes\": ").starts_with("line 2, column"),
            "{}",
            refusal("{\n\"nodes\": ")
        );
        assert!(refusal("{} x").contains("trailing characters"));
    }

    #[test]
    fn keys_of_faults_and_mutators_are_checked() {
        assert!(
            Topology::from_json(
                br#"{"faults": [{"at_ns": 1, "action": "icmp", "node": "p", "silent": true}]}"#
            )
            .is_ok()
        );
        assert!(refusal(r#"{"faults": [{"at_ns": 1, "action": "icmp", "node": "p", "silent": true, "x": 1}]}"#).contains("`x`"));
        assert!(
            Topology::from_json(br#"{"mutators": [{"link": "a", "mutation": "reflect"}]}"#).is_ok()
        );
        assert!(
            refusal(r#"{"mutators": [{"link": "a", "mutation": "reflect", "x": 1}]}"#)
                .contains("`x`")
        );
        assert!(refusal(r#"{"mutators": [{"link": "a", "mutation": "melt"}]}"#).contains("`dscp`"));
    }
}
