//! What little room must not take away: names, targets, keys and how much is out of sight.

use std::collections::BTreeSet;
use std::sync::Arc;

use quorate::app::names::Names;
use quorate::app::rows::RowId;
use quorate::app::{Effect, Model, Msg, update, words};
use quorate::command::TABLE;
use quorate::domain::alert::{Alert, AlertCode};
use quorate::domain::cluster::Cluster;
use quorate::domain::event::{Severity, Source};
use quorate::domain::guest::{Guest, GuestState};
use quorate::domain::observation::guest::GuestJob;
use quorate::domain::stamp::Stamp;
use quorate::domain::task::{Action, Limits, TaskStatus};
use quorate::keymap::{Keymap, parse_chord};

use super::frames::{keys, model};
use super::{paint, sample};

fn text(model: &Model) -> String {
    paint::text(&paint::frame(model))
}

fn of(size: (u16, u16), cluster: Cluster, script: &str) -> String {
    let mut m = model(sample::setup(size.0, size.1), cluster);
    if !script.is_empty() {
        keys(&mut m, script);
    }
    text(&m)
}

fn line<'a>(frame: &'a str, word: &str) -> &'a str {
    frame.lines().find(|l| l.contains(word)).unwrap_or_else(|| panic!("no {word} in\n{frame}"))
}

/// licman2 on its way from n3 to n4, as libvirt tells it: 71 % of its memory is there.
fn migrating(told: bool) -> Cluster {
    let mut c = sample::degraded();
    let licman = c.services.iter_mut().find(|s| s.id == "licman2").unwrap();
    // Pacemaker names the target only when the memory is there.
    licman.moving_to = told.then(|| "n4".into());
    let job = GuestJob {
        operation: "outgoing migration",
        total: Some(1000),
        remaining: Some(290),
        speed: Some(40),
        dirty_rate: Some(11),
        ..GuestJob::default()
    };
    let half = |node: &str, state, job: Option<GuestJob>| Guest {
        name: "licman2".into(),
        uuid: "uuid-licman2".into(),
        node: node.into(),
        state,
        migrating: job.is_none(),
        managed_by: Some("licman2".into()),
        job,
        at: sample::ago(1),
        ..Guest::default()
    };
    *c.guests = vec![half("n3", GuestState::Running, Some(job)), half("n4", GuestState::Paused, None)];
    c
}

/// Nobody can say whether to trust a key that is not shown.
#[test]
fn a_host_key_is_shown_whole_however_little_room_there_is() {
    let print = "SHA256:Pq5G1vYx0cE8nT2oZ7wLkQmRb4uJdF6sHaXiV9yCt3M";
    let ask = |host: &str| quorate::app::Ask::HostKey {
        host: host.to_owned(),
        kind: "ssh-ed25519".to_owned(),
        fingerprint: print.to_owned(),
        file: "/home/anna/.ssh/known_hosts".to_owned(),
    };
    let asked = |width, height| {
        let mut m = model(sample::setup(width, height), sample::degraded());
        update(&mut m, Msg::Prompt { id: 1, node: "n1".to_owned(), ask: ask("[10.77.0.11]:2201") });
        update(&mut m, Msg::Prompt { id: 2, node: "n2".to_owned(), ask: ask("[10.77.0.12]:2201") });
        text(&m)
    };
    let small = asked(40, 10);
    let inside: String = small.lines().map(|l| l.split('│').nth(1).unwrap_or_default().trim()).collect();
    for word in ["[10.77.0.11]:2201 shows", "ssh-ed25519", print, "1 more questions wait", "Trust it? y/N, enter:"] {
        assert!(inside.contains(word), "{word}: {small}");
    }
    assert!(!small.contains("ssh-keygen"), "what it means goes first: {small}");
    let large = asked(80, 24);
    assert!(large.contains("ssh-keygen -lf"), "{large}");
}

#[test]
fn what_migrates_tells_where_to_and_how_far() {
    for told in [true, false] {
        for (size, script) in [((80, 24), ""), ((140, 36), ""), ((200, 50), ""), ((80, 24), "2 enter")] {
            let frame = of(size, migrating(told), script);
            assert!(line(&frame, "licman2").contains("→ n4 71%"), "{size:?} {script}: {frame}");
        }
        let wide = of((160, 30), migrating(told), "2 enter");
        assert!(line(&wide, "licman2").contains("n3 → n4, 10 s left"), "{wide}");
        let guests = of((80, 24), migrating(told), "v");
        assert!(line(&guests, "licman2 n3").contains("→ n4 71%, 10 s l"), "{guests}");
        assert!(line(&guests, "licman2 n4").contains("→ from n3 71%"), "{guests}");
        let guests = of((160, 30), migrating(told), "v");
        assert!(line(&guests, "licman2 n4").contains("→ arriving from n3 71%"), "{guests}");
    }
    let mut ascii = sample::setup(80, 24);
    ascii.ascii = true;
    let frame = text(&model(ascii, migrating(true)));
    assert!(line(&frame, "licman2").contains("> n4 71%"), "{frame}");
}

/// What a node said before it fell silent has its age wherever it stands.
#[test]
fn what_a_lost_node_said_is_shown_as_old() {
    let table = of((140, 40), sample::node_lost(), "4 enter");
    let rows: Vec<&str> = table.lines().filter(|l| l.contains("bond0") || l.contains("bond1")).collect();
    assert!(rows.len() >= 10, "{table}");
    for row in rows {
        assert_eq!(row.contains("n4 "), row.contains("8 min old"), "{row}\n{table}");
    }
    let m = model(sample::setup(140, 40), sample::node_lost());
    let page = |id: RowId| m.detail(&id).text();
    let bond = |node: &str| page(RowId::Bond(node.into(), "bond0".to_owned()));
    assert!(bond("n4").contains("◌ n4 has not answered for 8 min") && bond("n4").contains("Bond bond0 on n4"), "{}", bond("n4"));
    assert!(!bond("n1").contains("has not answered"), "{}", bond("n1"));
    let paths = page(RowId::Paths("san1".to_owned()));
    assert_eq!(paths.matches("has not answered").count(), 1, "{paths}");
    assert!(paths.contains("◌ n4 has") && paths.lines().all(|l| l.starts_with("  n4 ") == l.contains("◌ old")), "{paths}");
}

#[test]
fn a_silence_is_not_shown_as_nothing() {
    use quorate::domain::observation::{Question, Trouble, TroubleKind};
    let mut c = sample::healthy();
    (c.groups, c.volumes, c.pvs) = Default::default();
    (c.filesystems, c.maps, c.iscsi, c.bonds, c.nics) = Default::default();
    assert!(of((100, 30), c.clone(), "3 enter").contains("nothing was reported"));
    c.members[2].unheard = vec![Question::Filesystems];
    assert!(of((100, 30), c.clone(), "3 enter").contains("asking the nodes"));
    c.members[1].troubles = vec![(Question::Lvs, Trouble::new(TroubleKind::Denied, "needs sudo: lvs"))];
    assert!(of((100, 30), c.clone(), "3 enter").contains("n2: needs sudo: lvs"));
    assert!(of((100, 30), c.clone(), "4 enter").contains("nothing was reported"), "of its network nobody was asked in vain");
    let lost = sample::node_lost().members[3].reach.clone();
    c.members.iter_mut().for_each(|m| m.reach = lost.clone());
    assert!(of((100, 30), c, "4 enter").contains("no node answers"));
}

/// What the nodes say is wrong with storage stands in its row, in words.
#[test]
fn storage_that_is_ill_says_so() {
    let mut c = sample::healthy();
    let there = |frame: &str, row: &str, words: &str| assert!(line(frame, row).contains(words), "{row}: {words}\n{frame}");
    c.volumes[0].suspended_on = sample::arcs(&["n2"]);
    c.volumes[1].health = vec![("n5".into(), "partial".to_owned())];
    c.pvs[0].missing_on = sample::arcs(&["n3"]);
    c.filesystems.iter_mut().filter(|f| &*f.node == "n4").for_each(|f| f.read_only = true);
    let frame = of((160, 40), c.clone(), "3 enter");
    there(&frame, "vg_cluster/lv_db", "suspended on n2");
    there(&frame, "vg_cluster/lv_wiki", "partial on n5");
    there(&frame, "pv /dev/mapper", "missing on n3");
    there(&frame, "/netcluster0", "read-only on n4");
    c.filesystems.iter_mut().for_each(|f| f.read_only = true);
    let frame = of((160, 40), c, "3 enter");
    assert!(line(&frame, "/netcluster0").contains("read-only") && !frame.contains("read-only on"), "{frame}");
}

/// A migration that hangs on behind a failure, or on a node that fell silent, hides neither.
#[test]
fn what_is_wrong_is_not_hidden_by_a_move() {
    use quorate::domain::cluster::ServiceState;
    for (state, word) in [(ServiceState::Failed, "failed"), (ServiceState::Blocked, "blocked"), (ServiceState::Unknown, "unknown")] {
        let mut c = migrating(false);
        c.services.iter_mut().find(|s| s.id == "licman2").unwrap().state = state;
        let frame = of((140, 36), c, "2 enter");
        let row = line(&frame, "licman2");
        assert!(row.contains(word) && !row.contains("71%"), "{frame}");
    }
    let mut c = migrating(false);
    c.services.iter_mut().find(|s| s.id == "licman2").unwrap().state = ServiceState::Started;
    c.guests.iter_mut().for_each(|g| g.stale = true);
    let frame = of((140, 36), c.clone(), "2 enter");
    assert!(line(&frame, "licman2").contains("started") && !frame.contains("71%"), "{frame}");
    let frame = of((140, 36), c, "v");
    assert!(frame.contains("Guests 0/2 running, 2 not known") && !frame.contains("71%"), "{frame}");
}

/// A relocation is said in the guests' table from its beginning: by the manager's pending operation, or by the task, before libvirt tells of a job.
#[test]
fn a_guest_that_leaves_says_so_before_libvirt_does() {
    let guests = |c: &mut Cluster, nodes: &[&str]| {
        let one = |node: &&str| Guest {
            name: "licman2".into(),
            uuid: "uuid-licman2".into(),
            node: (*node).into(),
            state: GuestState::Running,
            managed_by: Some("licman2".into()),
            at: sample::ago(1),
            ..Guest::default()
        };
        c.guests = nodes.iter().map(one).collect();
    };
    // The manager has it pending; first without the target.
    for (to, words) in [(Some("n4"), "→ n4"), (None, "→ leaving")] {
        let mut c = sample::degraded();
        guests(&mut c, &["n3"]);
        c.services.iter_mut().find(|s| s.id == "licman2").unwrap().moving_to = to.map(Into::into);
        let frame = of((80, 24), c, "v");
        assert!(line(&frame, "licman2").contains(words), "{frame}");
    }
    // This session's task alone knows.
    let mut c = sample::degraded();
    guests(&mut c, &["n3", "n4"]);
    let licman = c.services.iter_mut().find(|s| s.id == "licman2").unwrap();
    (licman.state, licman.moving_to) = (quorate::domain::cluster::ServiceState::Started, None);
    let quiet = of((80, 24), c.clone(), "v");
    assert!(line(&quiet, "licman2 n3").contains("● running") && line(&quiet, "licman2 n4").contains("● running"), "{quiet}");
    let mut m = model(sample::setup(80, 24), c.clone());
    let mut task = super::lever::task(1, "n4", TaskStatus::Running);
    task.action = Action::Relocate { service: "licman2".into(), to: "n4".into(), how: None, limits: Limits::default() };
    update(&mut m, Msg::Task(Box::new(task.clone())));
    keys(&mut m, "v");
    let frame = text(&m);
    assert!(line(&frame, "licman2 n3").contains("→ n4") && line(&frame, "licman2 n4").contains("→ from n3"), "{frame}");
    // It has arrived, and is proved.
    guests(&mut c, &["n4"]);
    update(&mut m, Msg::Picture(Arc::new(c.clone())));
    assert!(line(&text(&m), "licman2 n4").contains("● running"), "{}", text(&m));
    // A task that is over says nothing any more.
    guests(&mut c, &["n3", "n4"]);
    task.status = TaskStatus::Failed;
    update(&mut m, Msg::Task(Box::new(task)));
    update(&mut m, Msg::Picture(Arc::new(c)));
    assert!(line(&text(&m), "licman2 n3").contains("● running"), "{}", text(&m));
}

#[test]
fn a_long_name_is_cut_before_the_percentage_is() {
    let way = quorate::app::moving::Way { to: Some("virtsrv2n2".into()), percent: Some(71.3), ..Default::default() };
    let names = Names::default();
    for (room, words) in [(20, "→ virtsrv2n2 71%"), (12, "→ virts… 71%"), (10, "→ vir… 71%"), (3, "→ vi… 71%")] {
        assert_eq!(way.words(&names, room), words);
    }
    // What heads its column tells it apart.
    let names = Names::new(&sample::arcs(&["virtsrv1n1", "virtsrv2n2"]), false);
    assert_eq!(way.words(&names, 10), "→ 2n2 71%");
}

/// Every key of an answer is whole on the smallest screen too.
#[test]
fn a_dialogs_keys_are_whole_at_40_columns() {
    let mut acting = sample::acting();
    acting.gate.role = quorate::domain::role::Role::Admin;
    for (script, keys) in [
        ("2 enter m", &["up, down: choose", "enter: plan it", "esc: cancel"][..]),
        ("2 enter m enter", &["tab: the other one", "enter: do it", "esc: cancel", "w: another way"]),
        ("1 j f enter", &["Type the node's name, n2: _", "enter: run it", "esc: cancel"]),
    ] {
        let mut rig = crate::update::lever::Rig::new(acting.clone(), (40, 10));
        rig.keys(script);
        for key in keys {
            assert!(rig.text().contains(key), "{script} {key}: {}", rig.text());
        }
    }
}

fn many(n: u32) -> Cluster {
    let mut c = sample::large(3, n);
    c.alerts = (0..n)
        .map(|i| Alert {
            severity: Severity::Warning,
            code: AlertCode::ServiceFailed,
            subject: format!("vm{i:05}"),
            text: format!("vm{i:05} failed"),
            since: sample::ago(9),
        })
        .collect();
    c
}

#[test]
fn a_table_that_goes_on_out_of_sight_says_so_in_its_title() {
    for (script, title) in [
        ("2 enter", "2 Services 28/28 started 1-19 of 28 "),
        ("2 enter G", "2 Services 28/28 started 10-28 of 28 "),
        ("a", "Alerts 28 1-20 of 28 "),
        ("a G", "Alerts 28 9-28 of 28 "),
    ] {
        let frame = of((80, 24), many(28), script);
        assert!(frame.contains(title), "{script}: {frame}");
    }
    let filtered = of((80, 24), many(40), "2 enter / ! v m 0 0 0 0 1 enter");
    assert!(filtered.contains("1-19 of 39, 1 hidden"), "{filtered}");
    assert!(of((80, 24), many(10), "2 enter").contains("10/10 started ─"));
    // What is selected is in sight.
    let last = of((80, 24), many(28), "a G");
    assert!(last.contains("▸△") && line(&last, "▸△").contains("vm00027"), "{last}");
}

#[test]
fn the_zoomed_timeline_says_how_much_of_it_is_in_sight() {
    let mut m = model(sample::setup(80, 24), sample::healthy());
    let events = (0..60).map(|i| sample::event(sample::ago(600 - i), "n1", Source::Kernel, Severity::Info, &format!("line {i}")));
    update(&mut m, Msg::Events(events.collect()));
    keys(&mut m, "5 enter");
    assert!(text(&m).contains("5 Events live 46-65 of 65"), "{}", text(&m));
    keys(&mut m, "g g");
    assert!(text(&m).contains(" 1-20 of 65"), "{}", text(&m));
}

#[test]
fn short_names_where_they_tell_the_members_apart() {
    let names = |names: &[&str]| Names::new(&sample::arcs(names), false);
    for (all, name, short) in [
        (&["n1.cluster.example.com", "n2.cluster.example.com"][..], "n1.cluster.example.com", "n1"),
        (&["n1.a.example.com", "n2.b.example.com"], "n2.b.example.com", "n2"),
        (&["n1.a.example.com"], "n1.a.example.com", "n1"),
        (&["n1.a.example.com", "n1.b.example.com"], "n1.b.example.com", "n1.b.example.com"),
        (&["n1", "n1.b.example.com"], "n1.b.example.com", "n1.b.example.com"),
        (&["10.0.0.1", "11.0.0.1"], "10.0.0.1", "10.0.0.1"),
        (&["10.0.0.1"], "10.0.0.1", "10.0.0.1"),
        (&["n1.example.com:2222", "n2.example.com:22"], "n2.example.com:22", "n2.example.com:22"),
        (&["n1.a.example.com", "n2.b.example.com"], "n3.c.example.com", "n3.c.example.com"),
    ] {
        assert_eq!(names(all).short(name), short, "{all:?}");
    }
    let far = names(&["n1.cluster.example.com", "n2.cluster.example.com"]);
    for (sentence, short) in [
        ("n1.cluster.example.com is offline", "n1 is offline"),
        ("db runs on n1.cluster.example.com and n2.cluster.example.com.", "db runs on n1 and n2."),
        ("bond0 on n2.cluster.example.com: eth1 down", "bond0 on n2: eth1 down"),
        ("n3.cluster.example.com is no member", "n3.cluster.example.com is no member"),
        ("xn1.cluster.example.com and n1.cluster.example.com.au", "xn1.cluster.example.com and n1.cluster.example.com.au"),
        ("/etc/keys/n1.cluster.example.com", "/etc/keys/n1.cluster.example.com"),
        ("n1.cluster.example.com/x", "n1.cluster.example.com/x"),
        ("ノード n1.cluster.example.com ✕", "ノード n1 ✕"),
        ("", ""),
    ] {
        assert_eq!(far.within(sentence), short);
    }
    assert_eq!(names(&["n1.a.com", "n1.b.com"]).within("n1.a.com is offline"), "n1.a.com is offline");
}

#[test]
fn the_heads_of_two_columns_differ() {
    for (all, heads) in [
        (&["virtsrv1n1", "virtsrv2n2"][..], &["1n1", "2n2"][..]),
        (&["frankfurt-a", "hamburg-b"], &["…urt-a", "…urg-b"]),
        (&["berlin-node", "munich-node"], &["berlin", "munich"]),
        (&["web1-private", "web2-private"], &["1", "2"]),
        (&["hv01-frankfurt", "hv02-frankfurt"], &["1", "2"]),
        (&["n1.a.example.com", "n1.b.example.com"], &["a", "b"]),
        (&["storage-left-x", "compute-left-x"], &["storag", "comput"]),
        (&["berlin-node1", "berlin-node2", "munich-node1", "munich-node2"], &["be…de1", "be…de2", "mu…de1", "mu…de2"]),
    ] {
        for ascii in [false, true] {
            let names = Names::new(&sample::arcs(all), ascii);
            let found: Vec<String> = names.columns().iter().map(|(_, head)| head.replace('~', "…")).collect();
            assert_eq!(found, heads, "{all:?}");
            assert!(names.heads_differ() && found.iter().all(|head| head.chars().count() <= 6), "{all:?}");
        }
    }
    // What no head of six cells tells apart has no columns.
    let mut c = sample::healthy();
    for (m, name) in c.members.iter_mut().zip(["aaaaaaaa1aaaaaaa", "aaaaaaaa2aaaaaaa", "baaaaaaaaaaaaaab", "c", "d"]) {
        m.name = name.into();
    }
    let index = quorate::app::index::Index::new(&c, false);
    assert!(!index.names.heads_differ());
    assert!(quorate::app::columns::Services::new(&index, 200).matrix.is_none());
}

/// The same cluster, its members by their full names.
fn far() -> Cluster {
    let full = |name: &Arc<str>| -> Arc<str> { format!("{name}.cluster.example.com").into() };
    let mut c = sample::node_lost();
    for m in &mut c.members {
        m.name = full(&m.name);
    }
    for s in &mut c.services {
        s.owner = s.owner.as_ref().map(full);
        s.owners = s.owners.iter().map(full).collect();
    }
    c.alerts = vec![sample::alert(
        Severity::Warning,
        AlertCode::MemberOffline,
        "n4.cluster.example.com",
        "n4.cluster.example.com does not answer quorate: no answer to TCP connect in 3 s",
    )];
    c
}

#[test]
fn full_host_names_leave_the_sentence_its_room() {
    let event = |m: &mut Model| {
        let text = "link 1 to n2.cluster.example.com is down since its cable was pulled";
        update(m, Msg::Events(vec![sample::event(sample::ago(3), "n3.cluster.example.com", Source::Corosync, Severity::Warning, text)]));
    };
    let mut m = model(sample::setup(80, 24), far());
    event(&mut m);
    let frame = text(&m);
    assert!(frame.lines().nth(1).unwrap().contains("n4 does not answer quorate: no answer to TCP connect in 3 s"), "{frame}");
    assert!(line(&frame, "cable").contains("n3 corosync  △ link 1 to n2 is down"), "{frame}");
    keys(&mut m, "a");
    assert!(text(&m).contains("n4 does not answer quorate: no answer to TCP"), "{}", text(&m));
    keys(&mut m, "enter");
    assert!(text(&m).contains("Member n4.cluster.example.com"), "the page keeps the whole name: {}", text(&m));
    let mut wide = model(sample::setup(160, 40), far());
    event(&mut wide);
    assert!(text(&wide).contains("link 1 to n2.cluster.example.com is down"), "{}", text(&wide));
    assert!(of((40, 10), far(), "").contains("n4 does not answer"));
}

#[test]
fn help_cuts_no_key_and_no_meaning() {
    for width in [40, 60, 80, 110, 200] {
        let mut m = model(sample::setup(width, 24), sample::healthy());
        keys(&mut m, "?");
        let quorate::app::screen::Screen::Help(page) = m.screen() else { panic!("no help") };
        let page = page.document.text();
        for line in page.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) < usize::from(width), "{width}: {line}");
            assert!(!line.contains('…'), "{width}: {line}");
        }
        let said: BTreeSet<&str> = page.split_whitespace().collect();
        for entry in TABLE {
            let keys: Vec<String> = m.setup.keymap.keys_of(entry.id).collect();
            let keys = keys.iter().flat_map(|k| k.split_whitespace());
            for word in keys.chain(entry.doc.split_whitespace()).chain([entry.name]) {
                assert!(said.contains(word), "{width}: {word} of {}", entry.name);
            }
        }
        keys(&mut m, "G");
        assert!(text(&m).contains("--keymap"), "{}", text(&m));
    }
}

#[test]
fn the_palette_cuts_no_meaning() {
    for size in [(80, 24), (60, 16), (40, 10)] {
        let mut m = model(sample::setup(size.0, size.1), sample::healthy());
        keys(&mut m, ":");
        let here = m.screen().scopes(m.focus);
        for entry in TABLE.iter().filter(|e| here.contains(&e.scope) || e.acts()) {
            keys(&mut m, "ctrl-u");
            update(&mut m, Msg::Paste(entry.name.to_owned()));
            let frame = text(&m);
            let list: Vec<&str> = frame.lines().skip_while(|l| !l.contains("COMMAND")).skip(2).collect();
            // The marked one, up to the next.
            let mut rows = list.iter().skip_while(|l| !l.contains(&format!("▸ {}", entry.name)));
            let first = *rows.next().unwrap_or_else(|| panic!("{size:?}: no {} in {frame}", entry.name));
            let whole: Vec<&str> = std::iter::once(first).chain(rows.copied()).collect();
            let why = entry.check(m.facts()).err().unwrap_or_default();
            let said = format!("({why}) {}", entry.doc);
            let said = if why.is_empty() { entry.doc } else { &said };
            let mut at = whole.iter().flat_map(|l| l.split_whitespace());
            for word in said.split_whitespace() {
                assert!(at.any(|w| w == word), "{size:?}: no {word} of {} in {frame}", entry.name);
            }
        }
    }
}

#[test]
fn a_notice_that_is_too_long_is_seen_to_be_cut() {
    let mut m = model(sample::setup(40, 10), sample::healthy());
    let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty end";
    update(&mut m, Msg::Notice(long.to_owned()));
    let frame = text(&m);
    let last = frame.lines().last().unwrap().trim_end().to_owned();
    assert!(last.ends_with('…') && !frame.contains("twenty") && last.contains("fourteen fifteen"), "{frame}");
    update(&mut m, Msg::Notice("one two three four five six seven eight nine ten".to_owned()));
    assert!(!text(&m).lines().last().unwrap().contains('…'), "{}", text(&m));
}

#[test]
fn an_unfinished_chord_shows_what_may_follow() {
    for size in [(140, 36), (80, 24), (60, 16)] {
        let mut m = model(sample::setup(size.0, size.1), sample::healthy());
        keys(&mut m, "2 enter x");
        let frame = text(&m);
        for part in ["x ...  ", "s start", "t stop", "T stop-force", "c cleanup", "f freeze-service", "m maintenance-on"] {
            assert!(frame.contains(part), "{size:?} {part}: {frame}");
        }
        // rgmanager's have no place on Pacemaker, an admin's none with an operator.
        assert!(!frame.contains("convalesce") && !frame.contains("unregister"), "{frame}");
        keys(&mut m, "esc");
        assert!(m.chord.is_empty() && !text(&m).contains("x ..."), "{}", text(&m));
        assert!(text(&m).contains("2 Services"), "esc takes the chord back and nothing else: {}", text(&m));
    }
    let mut setup = sample::setup(80, 24);
    setup.keymap = Keymap::layered("mine", "mine.toml", "[members]\n\"x y\" = \"fence\"\n\"x d\" = \"none\"\n").unwrap();
    let mut m = sample::model_of(setup, sample::healthy());
    keys(&mut m, "1 x");
    let frame = text(&m);
    assert!(frame.contains("y fence") && !frame.contains("drain"), "the live keymap: {frame}");
    let mut viewer = sample::setup(80, 24);
    viewer.read_only = true;
    let mut m = sample::model_of(viewer, sample::healthy());
    keys(&mut m, "2 enter x");
    assert!(text(&m).contains("x ...  this session is read-only"), "{}", text(&m));
    let mut m = model(sample::setup(80, 24), sample::healthy());
    keys(&mut m, "g");
    assert!(text(&m).contains("g ...  g first"), "{}", text(&m));
}

#[test]
fn the_shell_is_a_key_away_whatever_has_the_keys() {
    let typed = |m: &mut Model, script: &str| -> Vec<Effect> {
        parse_chord(script).unwrap().into_iter().flat_map(|key| update(m, Msg::Key(key))).collect()
    };
    for script in [": f", "2 enter / d", "2 enter o", "x"] {
        let mut m = model(sample::setup(80, 24), sample::degraded());
        keys(&mut m, script);
        let before = text(&m);
        assert_eq!(typed(&mut m, "ctrl-z"), [Effect::Suspend], "{script}");
        update(&mut m, Msg::FocusGained);
        if script != "x" {
            assert_eq!(text(&m), before, "{script}: it comes back whole");
        }
        assert_eq!(typed(&mut m, "ctrl-l"), [Effect::ClearScreen], "{script}");
    }
    // Bound to a character it is text where text is typed.
    let mut setup = sample::setup(80, 24);
    setup.keymap = Keymap::layered("mine", "mine.toml", "[global]\n\"Z\" = \"shell\"\n").unwrap();
    let mut m = sample::model_of(setup, sample::degraded());
    assert_eq!(typed(&mut m, ": Z"), []);
    assert!(text(&m).contains(":Z_"), "{}", text(&m));
    // A wallboard has one key.
    let mut wall = sample::setup(80, 24);
    wall.wallboard = true;
    assert_eq!(typed(&mut sample::model_of(wall, sample::degraded()), "ctrl-z"), []);
}

#[test]
fn a_notice_gives_the_keys_their_line_back_soon() {
    let at = |seconds: i64| Msg::Tick(Stamp(sample::NOW.0 + seconds * 1_000_000));
    for (msg, standing, gone) in [(Msg::Notice("copied".into()), 3, 5), (Msg::Complaint("no such theme".into()), 11, 13)] {
        let mut m = model(sample::setup(80, 24), sample::healthy());
        update(&mut m, msg);
        update(&mut m, at(standing));
        assert!(!text(&m).contains("? help"), "{}", text(&m));
        update(&mut m, at(gone));
        assert!(text(&m).contains("? help"), "{}", text(&m));
    }
    let long =
        "relocate vm1 --to n2 --how live: failed, the manager has it stopped on n1 and nowhere else, start failed: timed out after 60 s";
    let mut m = model(sample::setup(80, 24), sample::healthy());
    update(&mut m, Msg::Complaint(long.into()));
    let frame = text(&m);
    assert!(frame.lines().last().unwrap().contains("timed out after 60 s"), "a long one is told to its end: {frame}");
}

#[test]
fn times_older_than_today_carry_their_day() {
    let zone = jiff::tz::TimeZone::UTC;
    for (seconds, words) in [
        (29, "22:48:31"),
        (22 * 3600, "00:49:00"),
        (23 * 3600, "Sat 23:49"),
        (5 * 86_400, "Tue 22:49"),
        (7 * 86_400, "Nov 15"),
        (250 * 86_400, "Mar 17"),
        (800 * 86_400, "Sep 2024"),
    ] {
        let said = words::when(sample::ago(seconds), sample::NOW, &zone);
        assert_eq!(said, words);
        assert!(said.len() <= usize::from(words::WHEN));
    }
    let mut c = sample::degraded();
    c.alerts[0].since = sample::ago(2 * 86_400);
    let frame = of((100, 30), c, "a");
    assert!(frame.contains("critical Fri 22:49 db runs TWICE"), "{frame}");
}

#[test]
fn a_clock_that_is_right_is_zero_without_a_sign() {
    for (offset, said) in [(-300, "0 ms beside"), (300, "0 ms beside"), (1500, "+2 ms beside"), (-1_200_000, "-1200 ms beside")] {
        let mut c = sample::healthy();
        c.members[0].clock_offset = Some((offset, 400));
        let frame = of((110, 60), c, "1 enter enter");
        assert!(line(&frame, "beside ours").contains(&format!("clock         {said}")), "{frame}");
        assert!(line(&frame, "beside ours").contains("within 1 ms"), "{frame}");
    }
}

#[test]
fn the_sign_of_what_is_cut_is_no_mark() {
    let mut setup = sample::setup(80, 24);
    setup.ascii = true;
    let mut c = migrating(true);
    c.alerts[0].text = "db runs TWICE: n2 and n5, same UUID, and both of them write to the same logical volume".into();
    let frame = text(&model(setup, c));
    assert!(frame.is_ascii());
    let alert = frame.lines().nth(1).unwrap();
    assert!(alert.contains("~ ") && !alert.contains('>'), "{alert}");
    for (at, _) in frame.match_indices('~') {
        let glued = !frame[..at].ends_with(' ');
        let mark = frame[..at].ends_with(' ') && frame[at + 1..].starts_with([' ', '\n']);
        assert!(glued || mark, "{}", &frame[at.saturating_sub(20)..]);
    }
    // By itself it is the warning's mark.
    assert!(frame.contains("n3 1/2 ~"), "{frame}");
    let wide = "漢字漢字漢字";
    assert_eq!(quorate::app::document::pad("one two", 5), "one… ");
    assert_eq!(quorate::app::document::pad(wide, 6), "漢字… ");
}

fn wall(size: (u16, u16), cluster: Cluster, seconds: i64) -> String {
    let mut setup = sample::setup(size.0, size.1);
    setup.wallboard = true;
    let mut m = model(setup, cluster);
    update(&mut m, Msg::Tick(Stamp(sample::NOW.0 + seconds * 1_000_000)));
    text(&m)
}

#[test]
fn every_page_of_a_wallboard_ends_with_the_counts_the_last_event_and_the_age_of_it_all() {
    for size in [(200, 50), (140, 36), (80, 24)] {
        for turn in 0..5 {
            let mut c = sample::degraded();
            c.alerts.retain(|a| a.severity < Severity::Critical);
            for m in &mut c.members {
                m.answered = Some(Stamp(sample::NOW.0 + turn * 15_000_000));
            }
            let frame = wall(size, c, turn * 15);
            let last: Vec<&str> = frame.lines().rev().take(2).collect();
            assert!(last[1].contains("13 of 15 services      paths 9/10      fullest vg_cluster/lv_db 92%"), "{size:?} {turn}: {frame}");
            assert!(last[0].contains("last: 22:48:31 n2 ▲ db started") && last[0].ends_with("data <10 s old"), "{size:?} {turn}: {frame}");
            assert!(!frame.contains('▸') && !frame.contains("1 Members") && !frame.contains("5 Events"), "{size:?} {turn}: {frame}");
        }
    }
    let old = wall((80, 24), sample::degraded(), 25);
    assert!(old.lines().last().unwrap().ends_with("data 20 s old"), "{old}");
    let small = wall((40, 10), sample::degraded(), 0);
    assert!(small.contains("13 of 15 services  paths 9/10") && small.contains("data <10 s old"), "{small}");
}

#[test]
fn wallboards_characters() {
    for size in [(200, 50), (80, 24)] {
        insta::assert_snapshot!(format!("wallboard_{}x{}", size.0, size.1), wall(size, sample::degraded(), 0));
    }
}

#[test]
fn a_small_wallboard_says_how_many_alerts_it_does_not_show() {
    let all = sample::degraded().alerts.len();
    let frame = wall((40, 10), sample::degraded(), 0);
    let more = frame.lines().find_map(|l| l.trim().strip_prefix("+ ")?.strip_suffix(" more")?.parse::<usize>().ok());
    let shown = frame.lines().filter(|l| l.trim_start().starts_with(['▲', '△'])).count();
    assert!(frame.contains("db runs TWICE"), "{frame}");
    assert_eq!(shown + more.unwrap_or_else(|| panic!("{frame}")), all, "{frame}");
}

#[test]
fn what_is_in_trouble_comes_first_on_a_wallboard_too() {
    let mut c = sample::large(3, 14);
    c.services[13].state = quorate::domain::cluster::ServiceState::Failed;
    // Services are the third page.
    let frame = wall((80, 24), c, 0);
    assert!(frame.contains("14 services"), "{frame}");
    let mut c = sample::large(3, 14);
    c.services[13].state = quorate::domain::cluster::ServiceState::Failed;
    for m in &mut c.members {
        m.answered = Some(Stamp(sample::NOW.0 + 30_000_000));
    }
    let turned: Vec<String> = (0..5).map(|turn| wall((80, 24), c.clone(), turn * 15)).filter(|f| f.contains("Services")).collect();
    assert!(!turned.is_empty() && turned.iter().all(|f| f.contains("vm00013")), "{turned:?}");
}

/// What was seen at a time that is still to come was seen before the clock was set back: nobody knows when.
#[test]
fn a_clock_that_is_set_back_leaves_no_wall_green() {
    for (seconds, said) in [(-3600, "the last answer of any node came at"), (-5, "QUORATE 5 of 5 votes"), (0, "QUORATE 5 of 5 votes")] {
        let frame = wall((100, 28), sample::healthy(), seconds);
        assert!(frame.contains(said), "{seconds}: {frame}");
    }
}

/// Members are the second page; nobody scrolls it.
#[test]
fn a_member_in_trouble_is_on_the_wall_however_many_there_are() {
    let mut c = sample::large(64, 3);
    c.quorum.partitions[0].members = c.members.iter().map(|m| m.name.clone()).collect();
    for m in &mut c.members {
        m.answered = Some(Stamp(sample::NOW.0 + 30_000_000));
    }
    c.members[63].status = quorate::domain::cluster::MemberStatus::Offline;
    let turned: Vec<String> = (0..5).map(|turn| wall((120, 30), c.clone(), turn * 15)).filter(|f| f.contains("STATUS")).collect();
    assert!(!turned.is_empty(), "no page of members");
    for frame in turned {
        let at = |name: &str| frame.find(name).unwrap_or_else(|| panic!("no {name} in\n{frame}"));
        assert!(at("node0063") < at("node0000") && at("node0000") < at("node0001"), "{frame}");
    }
}

#[test]
fn a_split_brain_is_spelled_out_on_the_wall() {
    let frame = wall((80, 24), sample::split(), 0);
    let letters: Vec<&str> = frame.lines().skip(4).take(5).map(|l| l.strip_prefix(&" ".repeat(16)).unwrap_or(l)).collect();
    let disputed = [
        "████   ███   ████ ████  █   █ █████ █████ ████",
        "█   █   █   █     █   █ █   █   █   █     █   █",
        "█   █   █    ███  ████  █   █   █   ████  █   █",
        "█   █   █       █ █     █   █   █   █     █   █",
        "████   ███  ████  █      ███    █   █████ ████",
    ];
    assert_eq!(letters, disputed, "{frame}");
}

#[test]
fn the_last_column_of_a_table_is_wrapped_and_not_cut() {
    use quorate::theme::Role;
    let rows = [
        (Role::Text, vec!["eth0".to_owned(), "up".to_owned(), "10.0.0.1/24 fe80::5054:ff:fe12:3456/64 2001:db8::1/64".to_owned()]),
        (Role::Text, vec!["a-very-long-name".to_owned(), "up".to_owned(), "x".to_owned()]),
    ];
    for (width, expected) in [
        (
            60,
            "  NAME              STATE  ADDRESSES\n  eth0              up     10.0.0.1/24\n                           fe80::5054:ff:fe12:3456/64\n                           2001:db8::1/64\n  a-very-long-name  up     x\n",
        ),
        (
            34,
            "  NAME              STATE  ADDRESSES\n  eth0              up\n      10.0.0.1/24\n      fe80::5054:ff:fe12:3456/6\n      4 2001:db8::1/64\n  a-very-long-name  up     x\n",
        ),
    ] {
        let mut doc = quorate::app::document::Document::new(width);
        doc.table(&["NAME", "STATE", "ADDRESSES"], &rows);
        assert_eq!(doc.text(), expected, "{width}");
    }
}
