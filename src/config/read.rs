//! config.toml into [`Config`], with every mistake in it at once.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, Error};

use super::mistake::{ConfigError, Mistakes};
use super::table::Table;
use super::{Cluster, Config, Login, Node, Role};
use crate::domain::place::Place;
use crate::domain::secret::Secret;
use crate::domain::task::ACTION_WORDS;
use crate::domain::text::clean;

/// Beyond this a file is no configuration.
const LARGEST: u64 = 4 << 20;
const PLACE: &str = "[USER@]HOST[:PORT]";

/// Reads the configuration: `explicit` (`--config`) must exist, `default` need not. No file is an empty one.
pub fn load(explicit: Option<&Path>, default: Option<&Path>) -> Result<Config, ConfigError> {
    let Some(file) = explicit.or(default) else { return Ok(Config::default()) };
    match read_capped(file) {
        Ok(bytes) => parse(file, &bytes),
        // The home of a service may be no folder (/dev/null): there is no file either.
        Err(e) if explicit.is_none() && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Config::default()),
        Err(e) => Err(ConfigError::Unreadable { file: clean(&file.to_string_lossy()), why: e.to_string() }),
    }
}

fn read_capped(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the bytes of a file; its name is for the messages.
pub fn parse(file: &Path, bytes: &[u8]) -> Result<Config, ConfigError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let valid = String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default());
            let mut wrong = Mistakes::new(file, &valid);
            wrong.add(&(valid.len()..valid.len()), "this byte is not UTF-8");
            return wrong.into_result(Config::default());
        }
    };
    let mut wrong = Mistakes::new(file, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        wrong.add(&error.span().unwrap_or_default(), syntax(error));
    }
    // What a broken file holds would only give mistakes that are none.
    let config = if errors.is_empty() { read(root.get_ref(), &mut wrong) } else { Config::default() };
    wrong.into_result(config)
}

fn syntax(error: &Error) -> String {
    format!("not TOML: {}", error.message().lines().collect::<Vec<_>>().join(", "))
}

fn read(root: &DeTable<'_>, wrong: &mut Mistakes<'_>) -> Config {
    let mut table = Table::new("", root);
    let tables = table.tables("cluster", wrong);
    let mut clusters: Vec<Cluster> = Vec::new();
    for (span, inner) in tables {
        let Some(cluster) = cluster(Table::new("cluster", inner), &span, wrong) else { continue };
        if clusters.iter().any(|c| c.name == cluster.name) {
            wrong.add(&span, format!("a second cluster is called \"{}\"; expected a name of its own", cluster.name));
        }
        clusters.push(cluster);
    }
    let config = Config {
        theme: table.text("theme", "the name of a theme", wrong).map(|found| found.value),
        keymap: table.text("keymap", "the name of a keymap", wrong).map(|found| found.value),
        ascii: table.flag("ascii", wrong).unwrap_or(false),
        operator: table.text("operator", "your own name, as [[cluster.operator]] has it", wrong).map(|found| found.value),
        clusters,
    };
    table.finish(wrong);
    config
}

fn cluster(mut table: Table<'_, '_>, span: &std::ops::Range<usize>, wrong: &mut Mistakes<'_>) -> Option<Cluster> {
    let given = table.has("name");
    let name = table.text("name", "the cluster's name, a text", wrong).map(|found| found.value);
    if !given {
        wrong.add(span, "this cluster has no name; expected name = \"...\"");
    }
    let roles = [Role::Viewer, Role::Operator, Role::Admin].map(|role| (role.word(), role));
    let role = table.word("role", &roles, wrong).unwrap_or_default();
    let login = login(&mut table, wrong);
    let two_person = table.list("two_person", "an array of actions like \"fence\"", wrong, action_word);
    let operators = table
        .tables("operator", wrong)
        .into_iter()
        .filter_map(|(span, inner)| operator(Table::new("cluster.operator", inner), &span, wrong));
    let operators: Vec<(String, Secret)> = operators.collect();
    let hosts = table.list("hosts", &format!("an array of texts like \"{PLACE}\""), wrong, place);
    let mut nodes: Vec<Node> = Vec::new();
    for (span, inner) in table.tables("node", wrong) {
        let Some(node) = node(Table::new("cluster.node", inner), &span, wrong) else { continue };
        if nodes.iter().any(|n| n.name == node.name) {
            wrong.add(&span, format!("a second node of this cluster is called \"{}\"; expected a name of its own", node.name));
        }
        nodes.push(node);
    }
    table.finish(wrong);
    Some(Cluster { name: name?, role, two_person, operators, login, hosts, nodes, spot: wrong.spot(span) })
}

fn operator(mut table: Table<'_, '_>, span: &std::ops::Range<usize>, wrong: &mut Mistakes<'_>) -> Option<(String, Secret)> {
    for key in ["name", "secret"] {
        if !table.has(key) {
            wrong.add(span, format!("this operator has no {key}; expected {key} = \"...\""));
        }
    }
    let name = table.text("name", "the operator's name, a text", wrong).map(|found| found.value);
    let secret = table.text("secret", "a text that nobody guesses", wrong).map(|found| Secret::new(found.value));
    table.finish(wrong);
    name.zip(secret)
}

/// A word of the contract's ACTION grammar.
fn action_word(text: &str) -> Result<String, String> {
    if ACTION_WORDS.contains(&text) {
        return Ok(text.to_owned());
    }
    let near = super::nearest(text, ACTION_WORDS.iter().copied()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
    Err(format!("'{text}' is no action{near}"))
}

fn node(mut table: Table<'_, '_>, span: &std::ops::Range<usize>, wrong: &mut Mistakes<'_>) -> Option<Node> {
    let given = table.has("name");
    let name = table.text("name", "the member's name in the cluster, a text", wrong).map(|found| found.value);
    if !given {
        wrong.add(span, "this node has no name; expected name = \"...\", the member's name in the cluster");
    }
    let address = table.parsed("address", "a host name or an address, a text", wrong, address);
    let port = table.port("port", wrong);
    let login = login(&mut table, wrong);
    table.finish(wrong);
    let name = name?;
    Some(Node { address: address.unwrap_or_else(|| name.clone()), name, port, login })
}

fn login(table: &mut Table<'_, '_>, wrong: &mut Mistakes<'_>) -> Login {
    Login {
        user: table.parsed("user", "a login name, a text", wrong, user),
        jump: table.parsed("jump", &format!("\"{PLACE}[,...]\" or \"none\""), wrong, jump),
        identity: table.text("identity", "the file of a private key, a text", wrong).map(|found| PathBuf::from(found.value)),
        sudo: table.word("become", &[("none", false), ("sudo", true)], wrong),
        legacy_ssh: table.flag("legacy_ssh", wrong),
    }
}

fn place(text: &str) -> Result<Place, String> {
    text.parse().map_err(|e: crate::domain::place::PlaceError| e.to_string())
}

fn jump(text: &str) -> Result<Vec<Place>, String> {
    Place::jumps(text).map_err(|e| e.to_string())
}

fn address(text: &str) -> Result<String, String> {
    match place(text)? {
        Place { user: None, port: None, host } => Ok(host),
        _ => Err(format!("'{text}' is more than an address; user and port are keys of their own")),
    }
}

fn user(text: &str) -> Result<String, String> {
    match place(&format!("{text}@host"))?.user {
        Some(user) if user == text => Ok(user),
        _ => Err(format!("'{text}' is no login name")),
    }
}
