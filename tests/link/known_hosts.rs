//! known_hosts against sshd(8), with entries that ssh-keygen wrote.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use quorate::link::known_hosts::{KnownHosts, Verdict, remember};

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFO9IXygQOMjoqQc9Y+sZlw8oyi9yIeA5p4dEw3t7fQA";
const EC: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDIAZSMBPugHRCkFZv4C1RWV/EcGNPiPT48SxyF+DsBl+m69C7Dk3NvJFjz9yg7msF4IvH1pahW6edxXa9cyXWs=";
/// `ssh-keygen -H` of n1.example.net and of [n1.example.net]:2201.
const HASHED_22: &str = "|1|xQD/iAL/djtO3WvkUFffS7nr46o=|0N5wRJ4siqKNmS5jBlg42c14FBU=";
const HASHED_2201: &str = "|1|l/gU4YyotzBIOVI1m6JiS7wec0A=|vvnXUXGhMrf1qMNRtEiltBlS6zI=";

fn rsa() -> String {
    let mut blob = vec![0, 0, 0, 7];
    blob.extend(b"ssh-rsa");
    blob.extend([0, 0, 0, 3, 1, 0, 1, 0, 0, 0, 2, 9, 9]);
    format!("ssh-rsa {}", BASE64.encode(blob))
}

fn key(line: &str) -> (&str, Vec<u8>) {
    let (kind, blob) = line.split_once(' ').unwrap();
    (kind, BASE64.decode(blob).unwrap())
}

struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn file(text: impl AsRef<[u8]>) -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known_hosts");
    std::fs::write(&path, text).unwrap();
    File { _folder: folder, path }
}

fn check(path: &Path, name: &str, port: u16, line: &str) -> Verdict {
    let (kind, blob) = key(line);
    KnownHosts::load(&[path], name, port).check(kind, &blob)
}

#[test]
fn verdicts() {
    use Verdict::{Known, Unknown};

    let rsa = rsa();
    let (ed, ec) = (ED, EC);
    let changed = |line| Verdict::Changed { file: PathBuf::new(), line };
    let revoked = |line| Verdict::Revoked { file: PathBuf::new(), line };
    let cases: Vec<(&str, String, &str, u16, &str, Verdict)> = vec![
        ("plain", format!("n1 {ed}\n"), "n1", 22, ed, Known),
        ("no final newline", format!("n1 {ed}"), "n1", 22, ed, Known),
        ("case", format!("N1 {ed}"), "n1", 22, ed, Known),
        ("case of the name", format!("n1 {ed}"), "N1", 22, ed, Known),
        ("other host", format!("n1 {ed}"), "n2", 22, ed, Unknown),
        ("prefix is no match", format!("n1 {ed}"), "n11", 22, ed, Unknown),
        ("comma list", format!("n0,n1,192.0.2.1 {ed}"), "192.0.2.1", 22, ed, Known),
        ("IPv6", format!("2001:db8::1 {ed}"), "2001:db8::1", 22, ed, Known),
        ("IPv6 with port", format!("[2001:db8::1]:2201 {ed}"), "2001:db8::1", 2201, ed, Known),
        ("star", format!("*.example.net {ed}"), "n1.example.net", 22, ed, Known),
        ("question mark", format!("n? {ed}"), "n1", 22, ed, Known),
        ("question mark is one", format!("n? {ed}"), "n10", 22, ed, Unknown),
        ("negated", format!("*.example.net,!n1.example.net {ed}"), "n1.example.net", 22, ed, Unknown),
        ("negated, first", format!("!n1.example.net,*.example.net {ed}"), "n2.example.net", 22, ed, Known),
        ("negation alone matches nothing", format!("!n2 {ed}"), "n1", 22, ed, Unknown),
        ("hashed", format!("{HASHED_22} {ed}"), "n1.example.net", 22, ed, Known),
        ("hashed, other", format!("{HASHED_22} {ed}"), "n2.example.net", 22, ed, Unknown),
        ("hashed, port", format!("{HASHED_2201} {ed}"), "n1.example.net", 2201, ed, Known),
        ("hashed, wrong port", format!("{HASHED_2201} {ed}"), "n1.example.net", 22, ed, Unknown),
        ("port", format!("[n1]:2201 {ed}"), "n1", 2201, ed, Known),
        ("port is not 22", format!("[n1]:2201 {ed}"), "n1", 22, ed, Unknown),
        ("other port", format!("[n1]:2202 {ed}"), "n1", 2201, ed, Unknown),
        ("[host]:22 is not how port 22 is written", format!("[n1]:22 {ed}"), "n1", 22, ed, Unknown),
        ("port, same key without port", format!("n1 {ed}"), "n1", 2201, ed, Known),
        ("port, other key without port", format!("n1 {ec}"), "n1", 2201, ed, Unknown),
        ("port differs, bare agrees", format!("n1 {ed}\n[n1]:2201 {ec}"), "n1", 2201, ed, changed(2)),
        ("changed", format!("# mine\n\nn1 {}\n", other_ed()), "n1", 22, ed, changed(3)),
        ("other type only", format!("n1 {rsa}"), "n1", 22, ed, changed(1)),
        ("changed names the entry of the same type", format!("n1 {rsa}\nn1 {}", other_ed()), "n1", 22, ed, changed(2)),
        ("several keys", format!("n1 {rsa}\nn1 {ec}\nn1 {ed}"), "n1", 22, ed, Known),
        ("ecdsa", format!("n1 {ec}"), "n1", 22, ec, Known),
        ("rsa", format!("n1 {rsa}"), "n1", 22, &rsa, Known),
        ("comment at the end", format!("n1 {ed} root@n1 # x"), "n1", 22, ed, Known),
        ("blanks and tabs", format!("  n1\t {}  x", ed.replace(' ', "\t")), "n1", 22, ed, Known),
        ("CRLF", format!("n0 {rsa}\r\nn1 {ed}\r\n"), "n1", 22, ed, Known),
        ("commented out", format!("#n1 {ed}"), "n1", 22, ed, Unknown),
        ("revoked", format!("n1 {ed}\n@revoked * {ed}"), "n1", 22, ed, revoked(2)),
        ("revoked key of another", format!("n1 {ed}\n@revoked * {rsa}"), "n1", 22, ed, Known),
        ("revoked elsewhere", format!("n1 {ed}\n@revoked n2 {ed}"), "n1", 22, ed, Known),
        ("revoked on any port", format!("[n1]:2201 {ed}\n@revoked n1 {ed}"), "n1", 2201, ed, revoked(2)),
        ("revoked alone is not known", format!("@revoked n1 {rsa}"), "n1", 22, ed, Unknown),
        ("authority is not a host key", format!("@cert-authority * {ed}"), "n1", 22, ed, Unknown),
        ("unknown mark", format!("@trusted n1 {ed}"), "n1", 22, ed, Unknown),
        ("type and key disagree", format!("n1 ssh-rsa {}", ed.split_once(' ').unwrap().1), "n1", 22, ed, Unknown),
        ("junk around", format!("n1\nn1 ssh-ed25519\nn1 ssh-ed25519 !!!\n|1|x n1\n|2|a|b {ed}\nn1 {ed}"), "n1", 22, ed, Known),
    ];
    for (what, text, name, port, line, expected) in cases {
        let file = file(text);
        let expected = match expected {
            Verdict::Changed { line, .. } => Verdict::Changed { file: file.path.clone(), line },
            Verdict::Revoked { line, .. } => Verdict::Revoked { file: file.path.clone(), line },
            other => other,
        };
        assert_eq!(check(&file.path, name, port, line), expected, "{what}");
    }
}

fn other_ed() -> String {
    let (kind, mut blob) = key(ED);
    *blob.last_mut().unwrap() ^= 1;
    format!("{kind} {}", BASE64.encode(blob))
}

#[test]
fn lines_that_are_not_text_do_not_hide_others() {
    let mut text = b"n0 \xff\xfe ssh-ed25519\n\0\0\0\n".to_vec();
    text.extend(format!("n1 {ED}\n").bytes());
    assert_eq!(check(&file(text).path, "n1", 22, ED), Verdict::Known);
}

/// A comment may be in any encoding: the key before it counts.
#[test]
fn a_comment_that_is_not_utf_8_hides_no_key() {
    let latin = |before: &str, line: &str, comment: &[u8]| [before.as_bytes(), line.as_bytes(), b" ", comment, b"\n"].concat();
    let (mine, stolen, other) = (format!("n1 {ED}"), format!("@revoked * {ED}"), format!("n1 {}", other_ed()));
    let known = file(latin("", &mine, b"root@b\xfcro"));
    assert_eq!(check(&known.path, "n1", 22, ED), Verdict::Known);
    let revoked = file(latin(&format!("{mine}\n"), &stolen, b"cl\xe9 vol\xe9e"));
    assert_eq!(check(&revoked.path, "n1", 22, ED), Verdict::Revoked { file: revoked.path.clone(), line: 2 });
    let changed = file(latin("", &other, b"root@b\xfcro"));
    assert_eq!(check(&changed.path, "n1", 22, ED), Verdict::Changed { file: changed.path.clone(), line: 1 });
}

#[test]
fn several_files_and_missing_ones() {
    let (user, system) = (file(format!("n1 {}", rsa())), file(format!("n1 {ED}")));
    let known = KnownHosts::load(&[user.path.as_path(), Path::new("/nonexistent/known_hosts"), &system.path], "n1", 22);
    let (kind, blob) = key(ED);
    assert_eq!(known.check(kind, &blob), Verdict::Known);
    assert_eq!(known.notes(), Vec::<String>::new());
    assert_eq!(known.key_types(), ["ssh-rsa", "ssh-ed25519"]);
}

#[test]
fn types_to_ask_for() {
    let file = file(format!("n1 {EC}\nn1 {ED}\nn1 {ED}\n@revoked n1 {}\n[n2]:2201 {ED}\nn2 {EC}\n", rsa()));
    let kinds = |name, port| KnownHosts::load(&[&file.path], name, port).key_types();
    assert_eq!(kinds("n1", 22), ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
    assert_eq!(kinds("n2", 2201), ["ssh-ed25519"]);
    assert_eq!(kinds("n1", 2201), ["ecdsa-sha2-nistp256", "ssh-ed25519"], "the bare name's, where the port has none");
    assert!(kinds("n3", 22).is_empty());
}

#[test]
fn what_cannot_be_used_is_said() {
    let file = file(format!("n0 {ED}\n@cert-authority *.example.net {ED}\n"));
    let notes = |name| KnownHosts::load(&[file.path.as_path(), file.path.parent().unwrap()], name, 22).notes();
    let (found, other) = (notes("n1.example.net"), notes("n1"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("cannot read "), "a folder is no file: {found:?}");
    assert!(found[1].contains("known_hosts:2: @cert-authority is not used"), "{found:?}");
    assert_eq!(other.len(), 1);
}

#[test]
fn remembered_keys_are_known_to_us_and_to_ssh() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/.ssh/known_hosts");
    let (kind, blob) = key(ED);
    remember(&path, "N1.example.net", 22, kind, &blob).unwrap();
    remember(&path, "n1.example.net", 2201, kind, &blob).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("n1.example.net {ED}\n[n1.example.net]:2201 {ED}\n"));
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(check(&path, "n1.example.net", 2201, ED), Verdict::Known);
}

#[test]
fn remembering_keeps_what_is_there() {
    for before in ["n0 something without an end", "n0 with an end\n", ""] {
        let file = file(before);
        let (kind, blob) = key(ED);
        remember(&file.path, "n1", 22, kind, &blob).unwrap();
        let newline = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), format!("{before}{newline}n1 {ED}\n"));
    }
}

#[test]
fn a_file_with_hashed_names_gets_hashed_ones() {
    let file = file(format!("{HASHED_22} {ED}\n"));
    let (kind, blob) = key(EC);
    remember(&file.path, "secret.example.net", 2201, kind, &blob).unwrap();
    let text = std::fs::read_to_string(&file.path).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(check(&file.path, "secret.example.net", 2201, EC), Verdict::Known);
    if let Ok(found) = Command::new("ssh-keygen").args(["-F", "[secret.example.net]:2201", "-f"]).arg(&file.path).output() {
        assert!(found.status.success(), "ssh-keygen finds no line: {text}");
    }
}

#[test]
fn names_that_would_mean_something_else_are_not_written() {
    let (kind, blob) = key(ED);
    for name in ["", "*", "n?", "a,b", "!n1", "n1 n2", "n1\nn2", "#n1", "@revoked", "|1|x"] {
        let file = file("");
        assert!(remember(&file.path, name, 22, kind, &blob).is_err(), "{name:?}");
        assert_eq!(std::fs::read(&file.path).unwrap(), b"", "{name:?}");
    }
    let file = file("");
    assert!(remember(&file.path, "n1", 22, "ssh-rsa", &blob).is_err(), "a type that is not the key's");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), name in "\\PC{0,20}", port: u16) {
        let file = file(&bytes);
        let (kind, blob) = key(ED);
        prop_assert_eq!(KnownHosts::load(&[&file.path], &name, port).check(kind, &blob), Verdict::Unknown);
    }

    #[test]
    fn a_cut_file_never_trusts_more(cut in 0_usize..400) {
        let text = format!("@revoked * {}\nn1 {ED}\n{HASHED_22} {EC}\n", other_ed());
        let file = file(&text.as_bytes()[..cut.min(text.len())]);
        let verdict = check(&file.path, "n2", 22, ED);
        prop_assert_eq!(verdict, Verdict::Unknown);
    }

    #[test]
    fn what_is_remembered_is_known(name in "[a-z0-9][a-z0-9.:-]{0,30}", port in 1_u16..) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kh");
        let (kind, blob) = key(ED);
        remember(&path, &name, port, kind, &blob).unwrap();
        prop_assert_eq!(check(&path, &name, port, ED), Verdict::Known);
    }
}
