//! config.toml: what it says, and what is said of mistakes in it.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use quorate::config::{self, Config, ConfigError, Role};
use quorate::domain::place::Place;

fn parse(text: &str) -> Result<Config, ConfigError> {
    config::parse(Path::new("c.toml"), text.as_bytes())
}

#[test]
fn the_contracts_example() {
    let text = r#"
[[cluster]]
name = "net-cluster"
role = "operator"                  # viewer | operator | admin; viewer is read-only
user = "root"
jump = "admin@bastion.example.net"
become = "sudo"
hosts = ["n1.example.net"]
[[cluster.node]]
name = "virtsrv1n1.cnaf.infn.it"
address = "127.0.0.1"
port = 2201
[[cluster.node]]
name = "n2"
user = "admin"
jump = "none"
become = "none"
identity = "~/.ssh/n2"
legacy_ssh = true
"#;
    let config = parse(text).unwrap();
    let [cluster] = config.clusters.as_slice() else { panic!("{config:?}") };
    assert_eq!((cluster.name.as_str(), cluster.role), ("net-cluster", Role::Operator));
    assert_eq!(cluster.login.user.as_deref(), Some("root"));
    assert_eq!(cluster.login.jump, Some(vec!["admin@bastion.example.net".parse::<Place>().unwrap()]));
    assert_eq!((cluster.login.sudo, &cluster.hosts), (Some(true), &vec![Place::host("n1.example.net")]));
    let [n1, n2] = cluster.nodes.as_slice() else { panic!("{cluster:?}") };
    assert_eq!((n1.name.as_str(), n1.address.as_str(), n1.port), ("virtsrv1n1.cnaf.infn.it", "127.0.0.1", Some(2201)));
    assert_eq!((n2.address.as_str(), n2.login.sudo, &n2.login.jump), ("n2", Some(false), &Some(Vec::new())));
    assert_eq!(n2.login.identity, Some(PathBuf::from("~/.ssh/n2")));
    assert_eq!((cluster.login.legacy_ssh, n2.login.legacy_ssh), (None, Some(true)));
}

#[test]
fn top_level_keys() {
    let config = parse("theme = \"dark\"\nkeymap = \"vim\"\nascii = true").unwrap();
    assert_eq!((config.theme.as_deref(), config.keymap.as_deref(), config.ascii), (Some("dark"), Some("vim"), true));
    assert_eq!(parse("").unwrap(), Config::default());
}

#[test]
fn one_mistake_each() {
    let cases: &[(&str, &str)] = &[
        ("colour = 1", "c.toml:1:1: unknown key 'colour'; expected one of cluster, theme, keymap, ascii, operator"),
        ("tehme = \"x\"", "c.toml:1:1: unknown key 'tehme'; did you mean 'theme'?"),
        ("[[clsuter]]\nname = \"a\"", "c.toml:1:3: unknown key 'clsuter'; did you mean 'cluster'?"),
        ("[[cluster]]\nname = \"a\"\nusr = \"root\"", "c.toml:3:1: unknown key 'usr' in [[cluster]]; did you mean 'user'?"),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.nodes]]\nname = \"x\"",
            "c.toml:3:11: unknown key 'nodes' in [[cluster]]; did you mean 'node'?",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\n  adress = \"y\"",
            "c.toml:5:3: unknown key 'adress' in [[cluster.node]]; did you mean 'address'?",
        ),
        ("[[cluster]]\nname = \"a\"\nhost = [\"x\"]", "c.toml:3:1: unknown key 'host' in [[cluster]]; did you mean 'hosts'?"),
        ("[[cluster]]\nname = \"a\"\nusername = \"x\"", "c.toml:3:1: unknown key 'username' in [[cluster]]; did you mean 'user'?"),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\naddr = \"y\"",
            "c.toml:5:1: unknown key 'addr' in [[cluster.node]]; did you mean 'address'?",
        ),
        (
            "[[cluster]]\nname = \"a\"\nrole = \"oprator\"",
            "c.toml:3:8: role cannot be \"oprator\"; expected \"viewer\" or \"operator\" or \"admin\"; did you mean 'operator'?",
        ),
        ("[[cluster]]\nname = \"a\"\nlegacy-ssh = true", "c.toml:3:1: unknown key 'legacy-ssh' in [[cluster]]; did you mean 'legacy_ssh'?"),
        ("[[cluster]]\nname = \"a\"\nlegacy_ssh = \"yes\"", "c.toml:3:14: legacy_ssh is a text; expected true or false"),
        ("[[cluster]]\nname = \"a\"\nrole = 3", "c.toml:3:8: role is a number; expected \"viewer\" or \"operator\" or \"admin\""),
        ("[[cluster]]\nname = \"a\"\nbecome = \"root\"", "c.toml:3:10: become cannot be \"root\"; expected \"none\" or \"sudo\""),
        ("[[cluster]]\nname = 7", "c.toml:2:8: name is a number; expected the cluster's name, a text"),
        ("[[cluster]]\nname = \" \"", "c.toml:2:8: name is empty; expected the cluster's name, a text"),
        ("\n[[cluster]]\nuser = \"a\"", "c.toml:2:1: this cluster has no name; expected name = \"...\""),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\naddress = \"x\"",
            "c.toml:3:1: this node has no name; expected name = \"...\", the member's name in the cluster",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\nport = 0",
            "c.toml:5:8: port cannot be 0; expected a number from 1 to 65535",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\nport = 70000",
            "c.toml:5:8: port cannot be 70000; expected a number from 1 to 65535",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\nport = \"22\"",
            "c.toml:5:8: port is a text; expected a number from 1 to 65535",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\naddress = \"root@x\"",
            "c.toml:5:11: address: 'root@x' is more than an address; user and port are keys of their own",
        ),
        (
            "[[cluster]]\nname = \"a\"\nhosts = \"n1\"",
            "c.toml:3:9: hosts is a text; expected an array of texts like \"[USER@]HOST[:PORT]\"",
        ),
        (
            "[[cluster]]\nname = \"a\"\nhosts = [\"n1\", 2]",
            "c.toml:3:16: hosts holds a number; expected an array of texts like \"[USER@]HOST[:PORT]\"",
        ),
        ("[[cluster]]\nname = \"a\"\nhosts = [\"n1\",\n \"n2:x\"]", "c.toml:4:2: hosts: 'x' is no port; expected a number from 1 to 65535"),
        ("[[cluster]]\nname = \"a\"\njump = \"b1,,b2\"", "c.toml:3:8: jump: there is no host in ''; expected [USER@]HOST[:PORT]"),
        ("[[cluster]]\nname = \"a\"\nuser = \"a b\"", "c.toml:3:8: user: 'a b' cannot be part of a host or user name"),
        ("[cluster]\nname = \"a\"", "c.toml:1:1: cluster is a table; expected tables that start with [[cluster]]"),
        ("cluster = [1]", "c.toml:1:12: cluster is a number; expected tables that start with [[cluster]]"),
        (
            "[[cluster]]\nname = \"a\"\nnode = \"x\"",
            "c.toml:3:8: node is a text in [[cluster]]; expected tables that start with [[cluster.node]]",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster]]\nname = \"a\"",
            "c.toml:3:1: a second cluster is called \"a\"; expected a name of its own",
        ),
        (
            "[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"x\"\n[[cluster.node]]\nname = \"x\"",
            "c.toml:5:1: a second node of this cluster is called \"x\"; expected a name of its own",
        ),
        ("ascii = \"yes\"", "c.toml:1:9: ascii is a text; expected true or false"),
        ("# ü\n\"é\" = 1", "c.toml:2:1: unknown key 'é'; expected one of cluster, theme, keymap, ascii, operator"),
        ("theme = [\"ü\", 1]", "c.toml:1:9: theme is an array; expected the name of a theme"),
        ("ascii = true\nascii = false", "c.toml:2:1: not TOML: duplicate key"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!(error.to_string(), *expected, "{text:?}");
        assert_eq!(error.exit_code(), 65);
    }
}

#[test]
fn syntax_has_its_place_too() {
    for (text, place) in [
        ("[[cluster]\nname = \"a\"", "c.toml:1:"),
        ("theme = \"x", "c.toml:1:"),
        ("a\n", "c.toml:1:"),
        ("theme = \"a\"\nkeymap = = 1", "c.toml:2:"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(place) && error.contains("not TOML: "), "{text:?}: {error}");
        assert!(!error.contains("unknown key"), "{error}");
    }
    let error = config::parse(Path::new("c.toml"), b"theme = \"a\"\nkeymap = \"\xff\"").unwrap_err();
    assert_eq!(error.to_string(), "c.toml:2:11: this byte is not UTF-8");
}

#[test]
fn all_mistakes_at_once_in_their_order() {
    let error = parse("them = 1\n[[cluster]]\nname = \"a\"\nport = 1\nrole = \"x\"\n[[cluster]]\nuser = 2\n").unwrap_err();
    let lines: Vec<String> = error.to_string().lines().map(|l| l.split_once(": ").unwrap().0.to_owned()).collect();
    assert_eq!(lines, ["c.toml:1:1", "c.toml:4:1", "c.toml:5:8", "c.toml:6:1", "c.toml:7:8"]);
}

#[test]
fn names_in_messages_are_harmless() {
    let error = parse("\"\\u001b[31m\\n\" = 1").unwrap_err().to_string();
    assert!(error.contains("'\\e[31m\\n'") && !error.contains('\x1b'), "{error:?}");
}

#[test]
fn which_file() {
    let folder = tempfile::tempdir().unwrap();
    let (there, missing) = (folder.path().join("config.toml"), folder.path().join("none.toml"));
    std::fs::write(&there, "theme = \"x\"").unwrap();
    let theme = |explicit: Option<&Path>, default: Option<&Path>| config::load(explicit, default).map(|c| c.theme);
    assert_eq!(theme(None, Some(&there)), Ok(Some("x".to_owned())));
    assert_eq!(theme(None, Some(&missing)), Ok(None), "a missing default is an empty one");
    assert_eq!(theme(None, Some(&there.join("quorate/config.toml"))), Ok(None), "where the home is no folder there is no file");
    assert_eq!(theme(None, None), Ok(None));
    assert_eq!(theme(Some(&there), Some(&missing)), Ok(Some("x".to_owned())));
    let error = config::load(Some(&missing), Some(&there)).unwrap_err();
    assert_eq!(error.exit_code(), 65);
    assert!(error.to_string().starts_with(&format!("cannot read the configuration {}: ", missing.display())), "{error}");
    assert!(config::load(None, Some(folder.path())).is_err(), "a default that is there and cannot be read");
}

#[test]
fn nearest_names() {
    let names = ["name", "role", "user", "jump", "become", "identity", "hosts", "node"];
    for (written, expected) in [
        ("nmae", Some("name")),
        ("USER", Some("user")),
        ("Identy", Some("identity")),
        ("jumphost", Some("jump")),
        ("username", Some("user")),
        ("ident", Some("identity")),
        ("id", None),
        ("x", None),
        ("", None),
        ("becomes", Some("become")),
    ] {
        assert_eq!(config::nearest(written, names), expected, "{written}");
    }
}

#[test]
fn xdg_folders() {
    use quorate::config::paths::Paths;
    let paths = |env: &[(&str, &str)]| Paths::from_env(|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
    let own = paths(&[("HOME", "/h")]).unwrap();
    assert_eq!((own.config_file(), own.state), (PathBuf::from("/h/.config/quorate/config.toml"), PathBuf::from("/h/.local/state/quorate")));
    let set = paths(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "relative")]).unwrap();
    assert_eq!((set.config, set.state), (PathBuf::from("/c/quorate"), PathBuf::from("/h/.local/state/quorate")));
    assert_eq!(paths(&[]), None);
    let folder = tempfile::tempdir().unwrap();
    let state = paths(&[("HOME", folder.path().to_str().unwrap())]).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(state.state_folder().unwrap()).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Err(e) = config::parse(Path::new("c.toml"), &bytes) {
            prop_assert!(e.to_string().starts_with("c.toml:"), "{e}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_with_its_place(cut in 0_usize..400, at in 0_usize..400, byte: u8) {
        let mut bytes = b"theme = \"a\"\n[[cluster]]\nname = \"net\"\nrole = \"admin\"\nhosts = [\"root@n1:22\", \"n2\"]\n[[cluster.node]]\nname = \"n1\"\nport = 0x899\n".to_vec();
        bytes.truncate(cut);
        if let Some(b) = bytes.get_mut(at) { *b = byte; }
        if let Err(ConfigError::Wrong(mistakes)) = config::parse(Path::new("c.toml"), &bytes) {
            let lines = bytes.split(|b| *b == b'\n').count();
            prop_assert!(mistakes.iter().all(|m| (1..=lines).contains(&m.line) && m.column >= 1));
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let error = parse(&format!("theme = {}1{}", "[".repeat(20_000), "]".repeat(20_000))).unwrap_err();
    assert_eq!(error.exit_code(), 65);
}
