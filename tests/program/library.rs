//! libvirt's client library is loaded when guests are asked for, not when the program starts.

use std::fs;
use std::process::Command;

fn quorate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
}

#[test]
fn the_program_starts_without_libvirt() {
    // The loader lists what it would load, and runs nothing (ld.so(8)).
    let out = quorate().env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    let libraries = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(libraries.contains("libc.so"), "{libraries}");
    assert!(
        !libraries.contains("libvirt"),
        "a function of libvirt's is called that link/libvirt/shim/library.rs does not list: {libraries}"
    );
    // Nor by a call of ours before there is a guest to ask for.
    let out = quorate().arg("--version").env("LD_DEBUG", "files").output().unwrap();
    let loaded = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(loaded.contains("libc.so") && !loaded.contains("libvirt"), "{loaded}");
}

#[test]
fn where_it_is_missing_that_is_said_and_the_rest_is_seen() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("libvirt.so.0"), "no library").unwrap();
    let mut command = quorate();
    command.arg("status").env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path()).env("LANG", "C.UTF-8");
    let out = command.env("LIBVIRT_DEFAULT_URI", "test:///default").env("LD_LIBRARY_PATH", home.path()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("1 of 1 members reachable"), "{said}");
    assert!(said.contains("client library cannot be loaded") && said.contains("install libvirt0"), "{said}");
}
