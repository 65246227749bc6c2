//! Log lines of RHEL 5 and 6 as follow.sh hands them over.

use quorate::domain::event::{Severity, Source};
use quorate::domain::observation::log::{LogLine, StreamItem};
use quorate::domain::stamp::Stamp;
use quorate::probe::log::{Decoder, StreamKind};

use super::fixture;
use Severity::{Critical, Info, Notice, Warning};
use Source::{Corosync, Fence, Kernel, Rgmanager};

/// The night on which the fixtures play; the node's clock is in Rome.
const ARRIVAL: &str = "2012-03-14T12:00:00Z";

fn read(content: &[u8]) -> Vec<StreamItem> {
    let mut bytes = b"@zone +0100\n@file 1 77 0 /var/log/messages /var/log/messages\n".to_vec();
    for line in content.split_inclusive(|b| *b == b'\n') {
        bytes.extend_from_slice(b"1:");
        bytes.extend_from_slice(line);
    }
    let arrival = Stamp::parse(ARRIVAL).unwrap();
    Decoder::new(StreamKind::LogFiles, arrival).feed(&bytes, arrival)
}

fn lines(content: &[u8]) -> Vec<LogLine> {
    read(content)
        .into_iter()
        .filter_map(|item| match item {
            StreamItem::Line(line) => Some(line),
            StreamItem::Stale(_) => None,
        })
        .collect()
}

/// Source, severity and subject of the lines that reach the timeline.
fn assert_rows(name: &str, expected: &[&str]) {
    let row = |l: LogLine| format!("{:?} {:?} {}", l.source, l.severity, l.subject.unwrap_or_default()).trim_end().to_owned();
    let shown: Vec<String> = lines(&fixture(name)).into_iter().map(row).collect();
    let expected: Vec<&str> = expected.iter().flat_map(|part| part.lines()).map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(shown, expected, "{name}");
}

#[test]
fn a_node_dies_is_fenced_and_its_services_move() {
    let moved = "
        Rgmanager Warning vm:wiki
        Rgmanager Warning vm:db
        Rgmanager Info vm:wiki
        Rgmanager Warning vm:db
        Rgmanager Warning vm:db
        Rgmanager Info vm:db
        Rgmanager Warning vm:db
        Rgmanager Warning vm:db
        Rgmanager Info vm:db";
    let fenced = "
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Critical virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it";
    assert_rows("logs/rhel6.fenced.log", &[fenced]);
    let down = "Rgmanager Warning virtsrv5n5.cnaf.infn.it";
    let up = "Rgmanager Notice virtsrv5n5.cnaf.infn.it";
    assert_rows("logs/rhel6.rgmanager.log", &[down, moved, up]);
    let ring = "
        Corosync Warning
        Corosync Info
        Corosync Notice";
    let again = "
        Corosync Notice
        Corosync Info";
    assert_rows("logs/rhel6.corosync.log", &[ring, again]);
    let dlm = "Kernel Notice node 5";
    assert_rows("logs/rhel6.messages.nodedown-fence-failover.log", &[ring, dlm, down, fenced, moved, again, up]);
}

#[test]
fn a_relocation_a_migration_and_a_stop_that_fails() {
    let all = "
        Rgmanager Info vm:wiki
        Rgmanager Info vm:wiki
        Rgmanager Info vm:wiki
        Rgmanager Info vm:web2
        Rgmanager Info vm:web2
        Rgmanager Info vm:abbone
        Rgmanager Warning vm:abbone
        Rgmanager Warning vm:abbone
        Rgmanager Warning vm:riviste
        Rgmanager Info vm:riviste
        Rgmanager Warning vm:riviste
        Rgmanager Critical vm:riviste
        Rgmanager Critical vm:riviste
        Rgmanager Warning vm:riviste";
    assert_rows("logs/rhel6.messages.relocate-migrate-failed.log", &[all]);
}

#[test]
fn quorum_goes_and_comes() {
    let all = "
        Corosync Warning
        Corosync Critical
        Corosync Critical
        Corosync Info
        Rgmanager Critical
        Rgmanager Warning vm:eduroam
        Corosync Notice
        Corosync Notice
        Corosync Info
        Rgmanager Notice
        Rgmanager Notice
        Rgmanager Notice virtsrv3n3.cnaf.infn.it";
    assert_rows("logs/rhel6.messages.quorum-lost-regained.log", &[all]);
}

#[test]
fn rhel5_writes_all_into_one_file() {
    let all = "
        Corosync Warning
        Kernel Notice node 5
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Warning
        Fence Critical virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it
        Fence Warning virtsrv5n5.cnaf.infn.it
        Rgmanager Warning vm:wiki
        Rgmanager Info vm:wiki
        Rgmanager Warning vm:db
        Rgmanager Warning vm:db
        Rgmanager Info vm:db
        Rgmanager Warning vm:db
        Rgmanager Warning vm:db
        Rgmanager Info vm:db
        Rgmanager Critical vm:riviste
        Rgmanager Critical vm:riviste
        Rgmanager Critical
        Corosync Notice
        Rgmanager Notice
        Rgmanager Notice virtsrv5n5.cnaf.infn.it";
    assert_rows("logs/rhel5.messages.mixed.log", &[all]);
}

/// No year, no zone: the time is the latest that fits the arrival, in the node's own zone.
#[test]
fn times_without_a_year() {
    let first = lines(&fixture("logs/rhel6.rgmanager.log")).remove(0);
    assert_eq!(first.at, Stamp::parse("2012-03-14T09:07:22Z"));
    let new_year = lines(b"Dec 31 23:59:59 rgmanager Service vm:a started\n").remove(0);
    assert_eq!(new_year.at, Stamp::parse("2011-12-31T22:59:59Z"));
}

/// Lines that the fixtures do not have, by the sources' texts: (line after the time, source, severity, subject).
#[test]
fn lines_worth_knowing() {
    let table: &[(&str, Source, Severity, &str)] = &[
        ("n1 rgmanager[1]: Member 3 shutting down", Rgmanager, Notice, "node 3"),
        ("n1 rgmanager[1]: State change: LOCAL OFFLINE", Rgmanager, Warning, ""),
        ("n1 rgmanager[1]: Starting disabled service vm:a", Rgmanager, Info, "vm:a"),
        ("n1 rgmanager[1]: Recovering failed service vm:a", Rgmanager, Warning, "vm:a"),
        ("n1 rgmanager[1]: #43: Service vm:a has failed; can not start.", Rgmanager, Warning, "vm:a"),
        ("n1 rgmanager[1]: #2: Service vm:a returned failure code.  Last Owner: n2", Rgmanager, Critical, "vm:a"),
        ("n1 rgmanager[1]: #4: Administrator intervention required.", Rgmanager, Critical, ""),
        ("n1 rgmanager[1]: Marking vm:a as 'disabled', but some resources may still be allocated!", Rgmanager, Critical, "vm:a"),
        ("n1 rgmanager[1]: #70: Failed to relocate vm:a; restarting locally", Rgmanager, Warning, "vm:a"),
        ("n1 rgmanager[1]: Migrating vm:a to better node n2", Rgmanager, Notice, "vm:a"),
        ("n1 rgmanager[1]: Restart threshold for vm:a exceeded; attempting to relocate", Rgmanager, Warning, "vm:a"),
        (
            "n1 rgmanager[1]: Some independent resources in service:web failed; Attempting inline recovery",
            Rgmanager,
            Warning,
            "service:web",
        ),
        ("n1 rgmanager[1]: Run 'clusvcadm -c service:web' to restore them to operation.", Rgmanager, Notice, "service:web"),
        ("n1 rgmanager[1]: vm:a removed from the config, but I am not stopping it.", Rgmanager, Warning, "vm:a"),
        ("n1 rgmanager[1]: Reconfiguring", Rgmanager, Notice, ""),
        ("n1 rgmanager[1]: Watchdog: Daemon died, rebooting...", Rgmanager, Critical, ""),
        ("n1 rgmanager[1]: #67: Shutting down uncleanly", Rgmanager, Critical, ""),
        ("n1 rgmanager[1]: Resource groups locked; not evaluating", Rgmanager, Warning, ""),
        ("n1 fenced[1]: fencing deferred to n2", Fence, Info, ""),
        ("n1 fenced[1]: fence n5 overridden by administrator intervention", Fence, Warning, "n5"),
        ("n1 fenced[1]: fencing node n5 still retrying", Fence, Warning, "n5"),
        ("n1 corosync[1]:   [CMAN  ] lost contact with quorum device", Corosync, Critical, ""),
        ("n1 corosync[1]: cman killed by node 2 because we rejoined the cluster without a full restart", Corosync, Critical, ""),
        ("n1 corosync[1]:   [CMAN  ] Killing node n3 because it has rejoined the cluster with existing state", Corosync, Critical, "n3"),
        ("n1 corosync[1]:   [CMAN  ] Node 3 conflict, remote config version id=86, local=87", Corosync, Warning, "node 3"),
        ("n1 corosync[1]:   [CMAN  ] Can't get updated config version 88: no such file", Corosync, Warning, ""),
        ("n1 corosync[1]:   [CMAN  ] Activity suspended on this node", Corosync, Warning, ""),
        ("n1 corosync[1]:   [TOTEM ] Retransmit List: 1a 1b", Corosync, Warning, ""),
        ("n1 qdiskd[1]: Node 3 evicted", Corosync, Critical, "node 3"),
        ("n1 qdiskd[1]: Writing eviction notice for node 3", Corosync, Critical, "node 3"),
        ("n1 qdiskd[1]: Node 3 is undead.", Corosync, Critical, "node 3"),
        ("n1 qdiskd[1]: Score insufficient for master operation (0/1; required=1); downgrading", Corosync, Critical, ""),
        ("n1 qdiskd[1]: qdisk cycle took more than 1 second to complete (1.2)", Corosync, Warning, ""),
        ("n1 qdiskd[1]: Assuming master role", Corosync, Notice, ""),
        ("n1 kernel: GFS2: fsid=net-cluster:data.0: withdrawn", Kernel, Critical, "net-cluster:data"),
        ("n1 kernel: bonding: bond0: link status definitely down for interface eth0, disabling it", Kernel, Warning, "bond0"),
    ];
    for (line, source, severity, subject) in table {
        let found = lines(format!("Mar 14 10:00:00 {line}\n").as_bytes());
        let [one] = found.as_slice() else { panic!("{line}: {found:?}") };
        assert_eq!((one.source, one.severity, one.subject.as_deref().unwrap_or_default()), (*source, *severity, *subject), "{line}");
    }
}

/// What an agent executes every ten seconds is no news.
#[test]
fn chatter_is_left_out() {
    for line in
        ["n1 clurgmgrd: [5410]: <info> Executing /etc/init.d/httpd status", "n1 rgmanager[9]: [script] Executing /etc/init.d/httpd status"]
    {
        assert_eq!(lines(format!("Mar 14 10:00:00 {line}\n").as_bytes()), [], "{line}");
    }
}

/// One event in /var/log/messages and in the daemon's own file is one line.
#[test]
fn a_line_in_two_files_is_one() {
    let said = b"@zone +0000\n@file 1 7 0 /var/log/messages /var/log/messages\n@file 2 8 0 /var/log/cluster/rgmanager.log /var/log/cluster/rgmanager.log\n1:Mar 14 10:08:14 n1 rgmanager[2845]: Service vm:wiki started\n2:Mar 14 10:08:14 rgmanager Service vm:wiki started\n";
    let arrival = Stamp::parse(ARRIVAL).unwrap();
    assert_eq!(Decoder::new(StreamKind::LogFiles, arrival).feed(said, arrival).len(), 1);
}
