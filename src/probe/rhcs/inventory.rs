//! What the configuration tools print: lists out of cluster.conf, its validation and its distribution.

use super::act::{Outcome, Verdict};
use crate::domain::redact;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// `cman_tool version`: (version of cman's protocol, version of the configuration that runs).
pub fn running_version(raw: Raw<'_>) -> Option<(String, u32)> {
    let said = lossy(raw.stdout);
    let line = said.lines().find(|l| l.contains(" config "))?;
    let (protocol, config) = line.split_once(" config ")?;
    Some((clean(protocol.trim()), config.trim().parse().ok()?))
}

/// A row of `ccs_tool lsnode`, or of `ccs --lsnodes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Name.
    pub name: String,
    /// Votes.
    pub votes: Option<u32>,
    /// Node id.
    pub id: Option<u32>,
    /// Device of the first fence method (`ccs_tool` alone).
    pub device: Option<String>,
}

/// The nodes: `name  votes  id  device` after a heading, or `name: votes=1, nodeid=1`.
pub fn nodes(raw: Raw<'_>) -> Vec<Listed> {
    let said = lossy(raw.stdout);
    let mut table = false;
    let mut found = Vec::new();
    for line in said.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Nodename", ..] => table = true,
            // Properties of the node above (`-v`) are indented.
            _ if table && line.starts_with(char::is_whitespace) => {}
            [name, votes, id, device @ ..] if table => found.push(Listed {
                name: clean(name),
                votes: votes.parse().ok(),
                id: id.parse().ok(),
                device: device.first().map(|d| clean(d)),
            }),
            _ => found.extend(assigned(line)),
        }
    }
    found
}

fn assigned(line: &str) -> Option<Listed> {
    let (name, rest) = line.split_once(": ")?;
    let value = |key: &str| rest.split(", ").find_map(|p| p.trim().strip_prefix(key)?.parse().ok());
    let (votes, id) = (value("votes="), value("nodeid="));
    id?;
    Some(Listed { name: clean(name.trim()), votes, id, device: None })
}

/// `ccs_tool lsfence`, `lsservice`: the rows under the heading, first word and the rest.
pub fn rows(raw: Raw<'_>, heading: &str) -> Option<Vec<(String, Vec<String>)>> {
    let said = lossy(raw.stdout);
    let mut lines = said.lines().skip_while(|l| !l.starts_with(heading));
    lines.next()?;
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(clean);
        Some((words.next()?, words.collect()))
    };
    Some(lines.filter_map(row).collect())
}

/// A failover domain of `ccs_tool lsfdomains`: (name, ordered, restricted, nodes).
pub type Domain = (String, bool, bool, Vec<String>);

/// `Name             OR Nodes`: a star under O is ordered, under R restricted.
pub fn domains(raw: Raw<'_>) -> Option<Vec<Domain>> {
    let said = lossy(raw.stdout);
    let mut lines = said.lines().skip_while(|l| !l.starts_with("Name"));
    let place = lines.next()?.find("OR Nodes")?;
    let row = |line: &str| {
        let name = line.split_whitespace().next()?;
        // A name longer than its column moves the others.
        let shift = name.len().saturating_add(1).max(place);
        let marks = line.get(shift..)?;
        let star = |at: usize| marks.as_bytes().get(at) == Some(&b'*');
        let nodes = marks.get(2..)?.trim();
        Some((clean(name), star(0), star(1), nodes.split(',').map(|n| clean(n.trim())).collect()))
    };
    Some(lines.filter_map(row).collect())
}

/// What `ccs_config_validate` says of a configuration.
pub fn validation(raw: Raw<'_>) -> Outcome {
    let said = [lossy(raw.stdout), lossy(raw.stderr)].concat();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let valid = lines.contains(&"Configuration validates") && raw.code == 0;
    let words = if valid { "Configuration validates".to_owned() } else { redact::said(&lines.join("; ")) };
    let verdict = if valid { Verdict::Done } else { Verdict::Failed };
    Outcome { verdict, words, now_on: None, taken_for: None }
}

/// What `ccs_tool update` (RHEL 5), `cman_tool version -r` and `ccs --checkconf` (RHEL 6) say of its distribution.
pub fn distribution(raw: Raw<'_>) -> Outcome {
    let said = [lossy(raw.stdout), lossy(raw.stderr)].concat();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let done = lines.iter().any(|l| matches!(*l, "Update complete." | "All nodes in sync.")) || (lines.is_empty() && raw.code == 0);
    let verdict = if done { Verdict::Done } else { Verdict::Failed };
    let mut words = redact::said(&lines.join("; "));
    if !done && words.to_ascii_lowercase().contains("password") {
        words += "; ricci wants its password, which nobody can type here: give it once by hand, with ccs on that node";
    }
    Outcome { verdict, words, now_on: None, taken_for: None }
}
