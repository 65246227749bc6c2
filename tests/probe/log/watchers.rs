//! netlink and corosync's map.

use Question as Q;
use Severity::{Info, Notice, Warning};
use quorate::probe::log::Resume;

use super::*;

const NET: &[Q] = &[Q::Net, Q::Bonding];
const LISTING: &str = "@zone +0100
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/loopback
2: eth0@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT\\    link/ether 6e:29:9b:6b:a5:1d brd ff:ff:ff:ff:ff:ff
2: eth0    inet 10.0.0.1/24 scope global eth0\\       valid_lft forever preferred_lft forever
@live
";
/// Recorded from iproute2 6.1, the time as it was there, addresses changed.
const LIVE: &str = "[2026-11-22T23:57:17.254307] 3: v1@NONE: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default \\    link/ether ba:79:da:b4:c6:8b brd ff:ff:ff:ff:ff:ff
[2026-11-22T23:57:17.258613] 3: v1@v0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default \\    link/ether ba:79:da:b4:c6:8b brd ff:ff:ff:ff:ff:ff
[2026-11-22T23:57:17.260838] 3: v1    inet 10.1.2.3/24 scope global v1\\       valid_lft forever preferred_lft forever
[2026-11-22T23:57:17.262863] Deleted 3: v1    inet6 fe80::b879:daff:feb4:c68b/64 scope link tentative \\       valid_lft forever preferred_lft forever
[2026-11-22T23:57:18.262919] 2: eth0@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN mode DEFAULT\\    link/ether 6e:29:9b:6b:a5:1d
[2026-11-22T23:57:18.262920] 2: eth0@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN mode DEFAULT\\    link/ether 6e:29:9b:6b:a5:1d
[2026-11-22T23:57:18.4] 2: eth0    inet 10.0.0.1/24 scope global eth0\\       valid_lft forever preferred_lft forever
[2026-11-22T23:57:19.472018] Deleted 3: v1@NONE: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default \\    link/ether ba:79:da:b4:c6:8b
";

fn words(lines: &[LogLine]) -> Vec<(&str, Severity)> {
    lines.iter().map(|l| (l.text.as_str(), l.severity)).collect()
}

#[test]
fn netlink_tells_changes_only() {
    let got = lines(decode(StreamKind::Netlink, format!("{LISTING}{LIVE}").as_bytes()));
    let expected = [
        ("v1: interface added", Info),
        ("v1: link up", Notice),
        ("v1: address 10.1.2.3/24 added", Info),
        ("eth0: link down", Warning),
        ("v1: interface removed", Warning),
    ];
    assert_eq!(words(&got), expected);
    assert!(got.iter().all(|l| l.stale == NET && l.source == Source::Net));
    assert_eq!((got[3].at, got[3].subject.as_deref()), (Some(at("2026-11-22T22:57:18.262919Z")), Some("eth0")));
}

#[test]
fn an_old_ip_without_times_is_read() {
    let text =
        format!("{LISTING}2: eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc mq state DOWN \\    link/ether 6e:29:9b:6b:a5:1d\n");
    let got = lines(decode(StreamKind::Netlink, text.as_bytes()));
    assert_eq!((words(&got), got[0].at), (vec![("eth0: link down", Warning)], None));
}

fn resumed(kind: StreamKind, first: &str, second: &str) -> Vec<LogLine> {
    let mut before = Decoder::new(kind, arrival());
    before.feed(first.as_bytes(), arrival());
    let resume: Resume = before.resume();
    let mut after = Decoder::new(kind, arrival());
    after.resume_from(&resume);
    lines(after.feed(second.as_bytes(), arrival()))
}

#[test]
fn what_changed_while_disconnected_becomes_events() {
    let later = LISTING.replace("UP,LOWER_UP> mtu 1500", "UP,NO-CARRIER> mtu 1500").replace("10.0.0.1", "10.0.0.9");
    let got = resumed(StreamKind::Netlink, LISTING, &later);
    let expected = [("eth0: address 10.0.0.1/24 removed", Info), ("eth0: link down", Warning), ("eth0: address 10.0.0.9/24 added", Info)];
    assert_eq!(words(&got), expected);
    assert!(resumed(StreamKind::Netlink, LISTING, LISTING).is_empty());
    // A listing that was cut is not taken for the whole.
    assert!(resumed(StreamKind::Netlink, LISTING, &LISTING[..120]).is_empty());
}

const MAP: &str = "runtime.members.1.config_version (u64) = 0
runtime.members.1.status (str) = joined
runtime.members.2.status (str) = joined
Type \"q\" to finish
";

#[test]
fn corosync_s_map_tells_members() {
    let live = "modify> runtime.members.2.status (str) = left
create> runtime.members.9.ip (str) = r(0) ip(10.0.0.9) \ncreate> runtime.members.9.status (str) = joined
modify> runtime.members.9.status (str) = joined
modify> runtime.votequorum.ev_barrier (u32) = 3
modify> runtime.totem.pg.mrp.srp.members.7.status (str) = left
modify> runtime.config.totem.token (u32) = 3\n";
    let got = decode(StreamKind::CorosyncMap, format!("{MAP}{live}").as_bytes());
    let all = lines(got.clone());
    let expected = [
        ("node 2 left: corosync's members changed", Warning),
        ("node 9 joined: corosync's members changed", Notice),
        ("node 7 left: corosync's members changed", Warning),
    ];
    assert_eq!(words(&all), expected);
    assert_line(&all[0], (Source::Corosync, Warning, Some("node 2"), "node 2 left", &[Q::Quorum, Q::Links, Q::CrmMon]));
    let stale: Vec<_> = got.into_iter().filter(|i| matches!(i, StreamItem::Stale(_))).collect();
    assert_eq!(stale, [StreamItem::Stale(vec![Q::Quorum, Q::Links]), StreamItem::Stale(vec![Q::Quorum])]);
    let after = resumed(StreamKind::CorosyncMap, MAP, &MAP.replace("2.status (str) = joined", "2.status (str) = left"));
    assert_eq!(words(&after), [("node 2 left: corosync's members changed", Warning)]);
}
