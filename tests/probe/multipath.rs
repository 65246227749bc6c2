use quorate::domain::observation::host::Tools;
use quorate::domain::observation::{Question, TroubleKind};
use quorate::probe::command;

use super::host_support::{ended, read, rows, tools};

#[test]
fn maps_of_a_real_node_in_both_forms() {
    let json = rows!(Multipath, read(Question::Multipath, include_str!("../fixtures/multipath/multipathd-maps.json")));
    let text = rows!(Multipath, read(Question::Multipath, include_str!("../fixtures/multipath/multipath-ll.txt")));
    assert_eq!(json.len(), 3);
    assert_eq!((json[0].name.as_str(), json[0].queueing.as_deref(), json[0].size), ("san1", Some("3 chk"), None));
    assert_eq!(json[0].paths[0].host.as_deref(), Some("10.77.2.3"));
    for (j, t) in json.iter().zip(&text) {
        assert_eq!((&j.name, &j.wwid, &j.dm), (&t.name, &t.wwid, &t.dm));
        let devices = |m: &quorate::domain::observation::storage::MapRow| m.paths.iter().map(|p| p.device.clone()).collect::<Vec<_>>();
        assert_eq!(devices(j), devices(t));
        assert!(j.paths.iter().chain(&t.paths).all(|p| p.is_alive() && p.checker_state == "ready" && p.device_state == "running"));
    }
    assert_eq!((text[0].size, text[0].queueing.as_deref()), (Some(3 << 30), Some("queue_if_no_path")));
}

#[test]
fn old_brackets_and_lost_paths() {
    let text = "mpath2 (360080e5) dm-5 IBM,1814      FAStT\n[size=1.5T][features=0][hwhandler=1 rdac][rw]\n\
                \\_ round-robin 0 [prio=2][active]\n \\_ 1:0:0:1 sdc 8:32  [active][ready]\n \\_ 2:0:0:1 sdd 8:48  [failed][faulty]\n\
                3600a0b80 dm-6 X,Y\nsize=1.0G features='0' hwhandler='0' wp=rw\n`-+- policy='service-time 0' prio=0 status=enabled\n  `- #:#:#:# - #:# failed faulty running\n";
    let maps = rows!(Multipath, read(Question::Multipath, text));
    assert_eq!((maps[0].name.as_str(), maps[0].wwid.as_deref(), maps[0].size), ("mpath2", Some("360080e5"), Some(3 << 39)));
    assert_eq!(maps[0].paths.iter().map(quorate::domain::observation::storage::PathRow::is_alive).collect::<Vec<_>>(), [true, false]);
    assert_eq!((maps[1].name.as_str(), maps[1].paths.len(), maps[1].paths[0].dm_state.as_str()), ("3600a0b80", 1, "failed"));
    assert!(!maps[1].paths[0].is_alive());
}

/// 0.4.5 names no device; a WWID that scsi_id gave as it is has blanks in it.
#[test]
fn headings_of_old_versions() {
    let paths = "\\_ round-robin 0 [prio=1][active]\n \\_ 2:0:0:6 sdb 8:16 [active][ready]\n";
    let id = "3600d0230003228bc000339414edb8101";
    let gib = 1 << 30;
    for (heading, name, wwid, dm, size) in [
        (format!("mpath1 ({id}) [size=10 GB][features=\"0\"][hwhandler=\"0\"]"), "mpath1", id, None, Some(10 * gib)),
        (format!("mpath1 ({id})\n[size=10 GB][features=\"0\"][hwhandler=\"0\"]"), "mpath1", id, None, Some(10 * gib)),
        (format!("{id} [size=100G][features=\"0\"]"), id, id, None, Some(100 * gib)),
        ("mpathb (1ATA     WDC WD5003ABYX   WD-1) dm-1 ATA,WDC".to_owned(), "mpathb", "1ATA     WDC WD5003ABYX   WD-1", Some("dm-1"), None),
        ("1ATA     WDC WD-1 dm-1 ATA,WDC".to_owned(), "1ATA     WDC WD-1", "1ATA     WDC WD-1", Some("dm-1"), None),
        (format!("create: san1 ({id}) dm-3 X,Y"), "san1", id, Some("dm-3"), None),
        (format!("reload: {id} dm-3 X,Y"), id, id, Some("dm-3"), None),
    ] {
        let maps = rows!(Multipath, read(Question::Multipath, &format!("{heading}\n{paths}")));
        let seen: Vec<_> = maps.iter().map(|m| (m.name.as_str(), m.wwid.as_deref(), m.dm.as_deref(), m.size, m.paths.len())).collect();
        assert_eq!(seen, [(name, Some(wwid), dm, size, 1)], "{heading}");
    }
    let noise = "error calling out /sbin/scsi_id (exit 1)\nsdb: no WWID (blacklisted)\n";
    assert_eq!(read(Question::Multipath, noise).unwrap_err().kind, TroubleKind::Garbled);
}

#[test]
fn no_daemon_no_maps_no_sense() {
    for (stdout, stderr, code) in [
        ("", "ux_socket_connect: No such file or directory\n", 1),
        ("timeout receiving packet\n", "", 1),
        ("", "ux_socket_connect: Connection refused", 0),
    ] {
        let trouble = ended(Question::Multipath, stdout, stderr, code).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Failed);
        assert!(trouble.text.contains("multipathd is not running"), "{trouble}");
    }
    for (stdout, stderr, code) in [
        ("", "", 0),
        ("{\"major_version\":0,\"maps\": []}", "", 0),
        ("", "Nov 22 | /etc/multipath.conf does not exist, blacklisting all devices.", 0),
        ("", "Nov 22 | DM multipath kernel driver not loaded", 1),
    ] {
        assert!(rows!(Multipath, ended(Question::Multipath, stdout, stderr, code)).is_empty(), "{stdout}{stderr}");
    }
    assert_eq!(ended(Question::Multipath, "", "need to be root", 1).unwrap_err().kind, TroubleKind::Denied);
    assert_eq!(ended(Question::Multipath, "", "sh: multipath: not found", 127).unwrap_err().kind, TroubleKind::Absent);
    assert_eq!(read(Question::Multipath, "{\"maps\": [{").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(read(Question::Multipath, "{\"maps\": [{\"x\":1}]}").unwrap_err().kind, TroubleKind::Garbled);
}

#[test]
fn who_asks_how() {
    let argv = |tools: &Tools| command(Question::Multipath, tools).map(|c| c.argv()[0].clone());
    assert_eq!(argv(&tools(&["multipathd", "multipath"])).as_deref(), Some("sh"));
    assert_eq!(argv(&tools(&["multipathd"])).as_deref(), Some("multipathd"));
    assert_eq!(argv(&tools(&["multipath"])).as_deref(), Some("multipath"));
    assert_eq!(argv(&tools(&["ip"])), None);
}
