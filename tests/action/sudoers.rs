//! The sudoers file of each role.

use std::process::Command;

use quorate::doctor::sudoers;
use quorate::domain::role::Role;

#[test]
fn each_role_has_what_the_one_before_has_and_more() {
    let [viewer, operator, admin] = [Role::Viewer, Role::Operator, Role::Admin].map(sudoers::file);
    assert!(viewer.contains("QUORATE_LOOK") && !viewer.contains("QUORATE_ACT"));
    assert!(operator.contains("--(reboot|fence|unfence)") && !operator.contains("--confirm"));
    assert!(admin.contains("--confirm") && admin.contains("pvmove"));
    for file in [&viewer, &operator, &admin] {
        assert!(file.contains("/usr/sbin/crm_mon"), "{file}");
        assert!(!file.contains("/sh "), "a shell is everything: {file}");
        assert!(!file.lines().any(|l| l.trim_end_matches(", \\").ends_with(" *")), "a star matches anything: {file}");
    }
}

#[test]
fn sudo_itself_reads_it() {
    if Command::new("visudo").arg("-V").output().is_err() {
        eprintln!("skipped: no visudo");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        let file = dir.path().join(role.word());
        std::fs::write(&file, sudoers::file(role)).unwrap();
        let out = Command::new("visudo").arg("-cf").arg(&file).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{}: {said}", role.word());
    }
}
