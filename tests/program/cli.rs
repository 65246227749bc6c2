//! The command line and the configuration: 64, 65, and nothing on stdout.

use std::path::Path;

use serde_json::json;

use super::rig::{Run, quorate};

fn run_in(home: &Path, args: &[&str]) -> Run {
    Run::of(quorate(home).args(args).output().unwrap())
}

fn home() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("qhome").tempdir().unwrap()
}

fn refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
}

#[test]
fn a_wrong_command_line_is_64() {
    let home = home();
    for (args, word) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["status", "--jsn"], "--jsn"),
        (&["status", "--json", "extra"], "extra"),
        (&["status", "--host"], "--host"),
        (&["status", "--host", "a b"], "a b"),
        (&["status", "--host", "root@n1:99999"], "99999"),
        (&["status", "--host", ""], "--host"),
        (&["status", "--host", "n1", "--jump", "a,,b"], "--jump"),
        (&["status", "--host", "n1", "--host-keys", "never"], "never"),
        (&["events", "--for", "soon", "--host", "n1"], "soon"),
        (&["events", "--for", "0s", "--host", "n1"], "0s"),
        (&["demo", "--stack", "vmware"], "vmware"),
        (&["demo", "--seed", "x", "status"], "x"),
        (&["demo", "frobnicate"], "frobnicate"),
        (&["completions", "tcsh9"], "tcsh9"),
        (&["completions"], "SHELL"),
        (&["replay"], "FILE"),
        (&["replay", "/nonexistent/file"], "/nonexistent/file"),
        (&["status"], "--host"),
        (&["status", "--cluster", "x"], "x"),
    ] {
        refused(&run_in(home.path(), args), 64, &[word]);
    }
}

#[test]
fn the_cockpit_needs_a_terminal() {
    let home = home();
    for args in [&["--host", "127.0.0.1:1"][..], &["wallboard", "--host", "127.0.0.1:1"], &["demo"], &["demo", "wallboard"]] {
        refused(&run_in(home.path(), args), 64, &["terminal"]);
    }
}

#[test]
fn several_clusters_are_named() {
    let home = home();
    let file = home.path().join("two.toml");
    std::fs::write(
        &file,
        "[[cluster]]\nname = \"east\"\nhosts = [\"127.0.0.1:1\"]\n[[cluster]]\nname = \"west\"\nhosts = [\"127.0.0.1:1\"]\n",
    )
    .unwrap();
    let config = file.to_string_lossy().into_owned();
    for command in [&["status", "--json"][..], &["status"], &["events"], &["doctor"]] {
        let args: Vec<&str> = command.iter().copied().chain(["--config", &config]).collect();
        refused(&run_in(home.path(), &args), 64, &["east", "west"]);
    }
    refused(&run_in(home.path(), &["status", "--config", &config, "--cluster", "wset"]), 64, &["west"]);
    let run = run_in(home.path(), &["status", "--json", "--config", &config, "--cluster", "west"]);
    assert_eq!((run.code, run.json()["health"].as_str()), (3, Some("unknown")));
    assert_eq!(run.json()["cluster"]["name"], "west");
}

#[test]
fn a_wrong_configuration_is_65_with_the_place() {
    let home = home();
    let file = home.path().join("c.toml");
    let config = file.to_string_lossy().into_owned();
    for (text, words) in [
        ("[[cluster]]\nname = \"a\"\nhsots = [\"n1\"]\n", &["c.toml", "3", "hosts"][..]),
        ("[[cluster]]\nname = \"a\"\nhosts = \"n1\"\n", &["c.toml", "3"]),
        ("[[cluster]]\nname = \"a\"\nrole = \"king\"\nhosts = [\"n1\"]\n", &["c.toml", "3", "viewer"]),
        ("[[cluster]\n", &["c.toml", "1"]),
        ("[[cluster]]\nhosts = [\"n1\"]\n", &["c.toml", "name"]),
        ("[[cluster]]\nname = \"a\"\n[[cluster.node]]\nname = \"n1\"\naddress = \"h\"\nprot = 22\n", &["c.toml", "6", "port"]),
        ("[[cluster]]\nname = \"a\"\n", &["hosts"]),
        ("[[cluster]]\nname = \"a\"\nbecome = \"su\"\nhosts = [\"n1\"]\n", &["c.toml", "3", "sudo"]),
    ] {
        std::fs::write(&file, text).unwrap();
        refused(&run_in(home.path(), &["status", "--json", "--config", &config]), 65, words);
    }
    std::fs::write(&file, b"[[cluster]]\nname = \"\xff\"\n").unwrap();
    refused(&run_in(home.path(), &["status", "--config", &config]), 65, &["c.toml"]);
    refused(&run_in(home.path(), &["status", "--config", "/nonexistent/c.toml"]), 65, &["/nonexistent/c.toml"]);
}

#[test]
fn the_default_configuration_is_found_and_may_be_absent() {
    let home = home();
    let folder = home.path().join("config/quorate");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "[[cluster]]\nname = \"mine\"\nhosts = [\"127.0.0.1:1\"]\n").unwrap();
    let run = run_in(home.path(), &["status", "--json"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(run.json()["cluster"]["name"], "mine");
    std::fs::remove_file(folder.join("config.toml")).unwrap();
    let run = run_in(home.path(), &["status", "--json", "--host", "127.0.0.1:1"]);
    assert_eq!((run.code, run.json()["members"][0]["reachable"].as_bool()), (3, Some(false)), "{}", run.stderr);
}

#[test]
fn the_demo_for_pipes() {
    let home = home();
    for args in [
        &["demo", "status", "--json"][..],
        &["demo", "--seed", "7", "status", "--json"],
        &["demo", "--story", "--stack", "pacemaker", "status", "--json"],
    ] {
        let run = run_in(home.path(), args);
        let json = run.json();
        super::shape::check(&json);
        assert_eq!(json["cluster"]["stack"], "pacemaker");
        let expected = match json["health"].as_str() {
            Some("healthy") => 0,
            Some("degraded") => 1,
            Some("critical") => 2,
            _ => 3,
        };
        assert_eq!(run.code, expected);
        assert!(!json["members"].as_array().unwrap().is_empty() && !json["services"].as_array().unwrap().is_empty());
        assert_eq!(json["cluster"]["quorate"], json!(true));
    }
}

#[test]
fn generated_texts() {
    let home = home();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = run_in(home.path(), &["completions", shell]);
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("wallboard") && run.stdout.contains("doctor"), "{shell}");
    }
    let man = run_in(home.path(), &["man"]);
    assert_eq!(man.code, 0);
    assert!(man.stdout.contains(".TH") && man.stdout.contains("wallboard"));
    for args in [&["--help"][..], &["status", "--help"], &["--version"]] {
        let run = run_in(home.path(), args);
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("quorate"));
    }
}
