//! The keys of `status --json` and their types, as the contract lists them.

use serde_json::Value;

/// Type of a key: `s` string, `n` number, `b` true or false, `l` list, `o` object; `?` after it: or null.
const LISTS: [(&str, &[(&str, &str)]); 10] = [
    (
        "members",
        &[
            ("name", "s"),
            ("id", "s?"),
            ("votes", "n?"),
            ("status", "s"),
            ("local", "b"),
            ("dc", "b"),
            ("manager", "b?"),
            ("reachable", "b"),
            ("error", "s?"),
            ("uptime_s", "n?"),
            ("cpus", "n?"),
            ("memory_bytes", "n?"),
            ("cpu_percent", "n?"),
            ("memory_percent", "n?"),
            ("nics", "n?"),
        ],
    ),
    (
        "services",
        &[
            ("id", "s"),
            ("kind", "s"),
            ("state", "s"),
            ("owner", "s?"),
            ("owners", "l"),
            ("last_owner", "s?"),
            ("flags", "l"),
            ("failures", "n"),
            ("reason", "s?"),
            ("guest", "o?"),
            ("drift", "s?"),
        ],
    ),
    ("guests", &[]),
    ("volumes", &[("vg", "s"), ("lv", "s"), ("size_bytes", "n?"), ("active_on", "l"), ("seen_by", "l"), ("attr", "s"), ("used_by", "l")]),
    ("pvs", &[("path", "s"), ("vg", "s?"), ("size_bytes", "n?"), ("free_bytes", "n?"), ("seen_by", "l")]),
    ("filesystems", &[("node", "s"), ("mount", "s"), ("type", "s"), ("source", "s"), ("size_bytes", "n?"), ("used_bytes", "n?")]),
    ("paths", &[("node", "s"), ("map", "s"), ("active", "n"), ("total", "n")]),
    ("bonds", &[("node", "s"), ("name", "s"), ("mode", "s?"), ("status", "s"), ("active_port", "s?"), ("ports", "l")]),
    ("fences", &[("target", "s"), ("action", "s"), ("status", "s"), ("origin", "s?"), ("completed_at", "s?")]),
    ("alerts", &[("severity", "s"), ("code", "s"), ("subject", "s"), ("text", "s")]),
];

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "s" => value.is_string(),
        "n" => value.is_number(),
        "b" => value.is_boolean(),
        "l" => value.is_array(),
        "o" => value.is_object(),
        other => value.is_null() || other.strip_suffix('?').is_some_and(|kind| is(value, kind)),
    }
}

fn keys(row: &Value, wanted: &[(&str, &str)], place: &str) {
    for (key, kind) in wanted {
        let value = row.get(key).unwrap_or_else(|| panic!("{place} has no {key}: {row}"));
        assert!(is(value, kind), "{place}.{key} is no {kind}: {value}");
    }
}

/// Every key is there, and of its type.
pub fn check(json: &Value) {
    keys(json, &[("schema", "n"), ("taken_at", "s"), ("health", "s"), ("cluster", "o")], "status");
    assert_eq!(json["schema"], 1);
    assert!(json["taken_at"].as_str().unwrap().ends_with('Z'));
    let head = [("name", "s?"), ("stack", "s?"), ("version", "s?"), ("quorate", "b?"), ("votes", "o"), ("can_lose", "n?"), ("flags", "l")];
    keys(&json["cluster"], &head, "cluster");
    keys(&json["cluster"]["votes"], &[("total", "n?"), ("expected", "n?"), ("needed", "n?")], "votes");
    for (list, wanted) in LISTS {
        for row in json[list].as_array().unwrap_or_else(|| panic!("no list {list}")) {
            keys(row, wanted, list);
        }
    }
    for bond in json["bonds"].as_array().unwrap() {
        for port in bond["ports"].as_array().unwrap() {
            keys(port, &[("name", "s"), ("status", "s"), ("speed_mbps", "n?"), ("failures", "n?")], "ports");
        }
    }
}
