use quorate::domain::observation::host::Unit;
use quorate::domain::observation::{Question, TroubleKind};
use quorate::probe::command;

use super::host_support::{ended, read, rows, tools};

fn unit(name: &str, load: &str, active: &str, sub: &str) -> Unit {
    Unit { name: name.into(), load: load.into(), active: active.into(), sub: sub.into() }
}

#[test]
fn blocks_of_systemctl_show() {
    let text = "Id=corosync.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\n\
                Id=sbd.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n\n\
                SubState=failed\nActiveState=failed\nLoadState=loaded\nId=pacemaker.service\n\n\
                Id=ssh.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\n\
                Id=ssh.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\n\
                Id=pcsd.service\nLoadState=masked\nActiveState=inactive\nSubState=dead";
    let units = rows!(Units, read(Question::Units, text));
    let expected = [
        unit("corosync", "loaded", "active", "running"),
        unit("pacemaker", "loaded", "failed", "failed"),
        unit("ssh", "loaded", "active", "running"),
        unit("pcsd", "masked", "inactive", "dead"),
    ];
    assert_eq!(units, expected);
}

#[test]
fn the_list_of_a_real_node_keeps_the_daemons_that_matter() {
    let units = rows!(Units, read(Question::Units, include_str!("../fixtures/host/systemctl-units.json")));
    let names: Vec<&str> = units.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(names, ["corosync", "iscsid", "libvirtd", "multipathd", "pacemaker", "ssh", "virtlogd"]);
    assert!(units.iter().all(|u| u.active == "active" && u.sub == "running"));
}

#[test]
fn processes_where_there_is_no_systemd() {
    let text = "bash\ncorosync\nsshd\nsshd\npacemakerd\npacemaker-contr\ncorosync-qdevic\nclurgmgrd\nkworker/0:1\n";
    let units = rows!(Units, read(Question::Daemons, text));
    let process = |name| unit(name, "process", "active", "running");
    assert_eq!(units, ["corosync", "sshd", "pacemaker", "corosync-qdevice", "rgmanager"].map(process));
}

#[test]
fn no_systemd_and_nonsense() {
    let said = "System has not been booted with systemd as init system (PID 1). Can't operate.\n";
    let trouble = ended(Question::Units, "", said, 1).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Absent, "nothing is wrong with the node: the processes answer");
    assert!(trouble.text.contains("systemd does not run"), "{trouble}");
    assert_eq!(read(Question::Units, "what\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(read(Question::Units, "[{\"unit\":").unwrap_err().kind, TroubleKind::Garbled);
    assert!(command(Question::Units, &tools(&["ip"])).is_none());
    let shown = command(Question::Units, &tools(&[])).unwrap();
    assert!(!shown.is_privileged() && shown.argv().iter().any(|a| a == "corosync.service"));
}
