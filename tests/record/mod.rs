//! A recording, written and replayed.

use std::sync::Arc;
use std::time::Duration;

use quorate::domain::node::{LinkFault, LinkTrouble, NodeKey};
use quorate::domain::stamp::Stamp;
use quorate::link::{CommandLine, Order, Report, StreamId, Voice};
use quorate::record::{RecordedNode, Recorder, Recording, play};

fn down(fault: LinkFault, text: &str, retry_at: Option<Stamp>) -> Report {
    Report::Down { trouble: LinkTrouble { fault, text: text.to_owned() }, retry_at }
}

/// A node that hangs for a while, is lost, and comes back.
fn recorded() -> Recording {
    let began = Stamp(1_700_000_000_000_000);
    let nodes = vec![RecordedNode { key: 0, name: Some("n1".to_owned()), address: "n1".to_owned() }];
    let mut bytes = Vec::new();
    let mut recorder = Recorder::begin(&mut bytes, began, Some("c".to_owned()), nodes).unwrap();
    let follow = |id, word: &str| Order::Follow { id: StreamId(id), command: CommandLine::new(word, [""; 0]) };
    let data = |id, text: &str, ms: i64| {
        let at = began.shifted(ms * 1000);
        (Report::Data { id: StreamId(id), bytes: text.as_bytes().to_vec(), at }, at)
    };
    recorder.order(&follow(1, "first"));
    recorder.order(&follow(2, "resumed"));
    let up = || Report::Up { streams: 8, note: None };
    let said = [
        (up(), began.shifted(1000)),
        data(1, "one\n", 100),
        (down(LinkFault::Timeout, "it hangs", None), began.shifted(150_000)),
        (up(), began.shifted(160_000)),
        data(1, "two\n", 200),
        (down(LinkFault::Unreachable, "no route", Some(began.shifted(400_000))), began.shifted(250_000)),
        (up(), began.shifted(300_000)),
        data(2, "three\n", 350),
    ];
    for (report, at) in said {
        recorder.report(NodeKey(0), &report, at).unwrap();
    }
    Recording::read(std::str::from_utf8(&bytes).unwrap()).unwrap()
}

#[test]
fn a_replay_tells_a_node_that_hangs_from_one_that_is_lost() {
    let (to, mut from) = tokio::sync::mpsc::channel(64);
    let link = play(Arc::new(recorded()), 0, Voice::new(NodeKey(0), to));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut next = || {
        let report = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), from.recv()).await.unwrap().unwrap().1 });
        match report {
            Report::Up { .. } => {
                // As the watch does: what it follows goes on, under the same or another command.
                link.order(Order::Follow { id: StreamId(7), command: CommandLine::new("first", [""; 0]) });
                link.order(Order::Follow { id: StreamId(8), command: CommandLine::new("resumed", [""; 0]) });
                "up".to_owned()
            }
            Report::Data { id, bytes, .. } => format!("{} {}", id.0, String::from_utf8(bytes).unwrap().trim_end()),
            Report::Down { trouble, retry_at } => format!("{trouble}, tried again: {}", retry_at.is_some()),
            Report::Ended { id, .. } => format!("{} ended", id.0),
            other => format!("{other:?}"),
        }
    };
    let mut said: Vec<String> = (0..10).map(|_| next()).collect();
    // The two streams end in no order.
    said[5..7].sort();
    let expected = [
        "up",
        "7 one",
        "timeout: it hangs, tried again: false",
        "up",
        "7 two",
        "7 ended",
        "8 ended",
        "unreachable: no route, tried again: true",
        "up",
        "8 three",
    ];
    assert_eq!(said, expected);
}

/// What a stream told before the replay follows it, and what one told that was begun anew with other arguments, is told all the same.
#[test]
fn no_line_of_a_recorded_stream_is_lost() {
    let began = Stamp(1_700_000_000_000_000);
    let nodes = vec![RecordedNode { key: 0, name: None, address: "n1".to_owned() }];
    let mut bytes = Vec::new();
    let mut recorder = Recorder::begin(&mut bytes, began, None, nodes).unwrap();
    let script = |word: &str| CommandLine::script("# follows something\nexec tail \"$@\"", [word]);
    recorder.order(&Order::Follow { id: StreamId(1), command: script("from the end") });
    recorder.order(&Order::Follow { id: StreamId(2), command: script("from there on") });
    let data = |id, text: &str, at| Report::Data { id: StreamId(id), bytes: text.as_bytes().to_vec(), at };
    let at = |ms: i64| began.shifted(ms * 1000);
    for (report, at) in [
        (Report::Up { streams: 8, note: None }, at(0)),
        (data(1, "one\n", at(1)), at(1)),
        (data(2, "two\n", at(2)), at(2)),
        (down(LinkFault::Timeout, "it hangs", None), at(20)),
    ] {
        recorder.report(NodeKey(0), &report, at).unwrap();
    }
    let recording = Recording::read(std::str::from_utf8(&bytes).unwrap()).unwrap();
    let (to, mut from) = tokio::sync::mpsc::channel(64);
    let link = play(Arc::new(recording), 0, Voice::new(NodeKey(0), to));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut told = Vec::new();
    while told.len() < 2 {
        match runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), from.recv()).await.unwrap().unwrap().1 }) {
            // All was said by then.
            Report::Down { .. } => link.order(Order::Follow { id: StreamId(7), command: script("from the end") }),
            Report::Data { id, bytes, .. } => told.push((id.0, String::from_utf8(bytes).unwrap())),
            _ => {}
        }
    }
    assert_eq!(told, [(7, "one\n".to_owned()), (7, "two\n".to_owned())]);
}

/// A full disk cuts where it likes.
#[test]
fn a_recording_that_was_cut_within_a_character_is_read_up_to_its_last_whole_line() {
    let nodes = vec![RecordedNode { key: 0, name: None, address: "n1".to_owned() }];
    let mut bytes = Vec::new();
    let mut recorder = Recorder::begin(&mut bytes, Stamp(1), None, nodes).unwrap();
    recorder.report(NodeKey(0), &Report::Up { streams: 8, note: None }, Stamp(2)).unwrap();
    recorder.report(NodeKey(0), &down(LinkFault::Refused, "ääää", None), Stamp(3)).unwrap();
    let read = |bytes: &[u8]| Recording::text(bytes.to_vec()).and_then(|text| Recording::read(&text));
    let said = |bytes: &[u8]| read(bytes).unwrap().said.values().map(Vec::len).sum::<usize>();
    assert_eq!(said(&bytes), 2);
    for cut in 2..50 {
        assert_eq!(said(&bytes[..bytes.len() - cut]), 1, "without its last {cut} bytes");
    }
    // What is no text in its midst is no cut.
    let first = bytes.iter().position(|b| *b == b'\n').unwrap();
    let broken = [&bytes[..first + 9], b"\xff", &bytes[first + 9..]].concat();
    assert_eq!(read(&broken).unwrap_err().to_string(), "line 2: it is not UTF-8");
}

/// What is recorded of these pieces of a stream.
fn kept(pieces: &[&str]) -> String {
    let began = Stamp(1_700_000_000_000_000);
    let nodes = vec![RecordedNode { key: 0, name: None, address: "n1".to_owned() }];
    let mut bytes = Vec::new();
    let mut recorder = Recorder::begin(&mut bytes, began, None, nodes).unwrap();
    recorder.order(&Order::Follow { id: StreamId(1), command: CommandLine::new("tail", [""; 0]) });
    for piece in pieces {
        recorder.report(NodeKey(0), &Report::Data { id: StreamId(1), bytes: piece.as_bytes().to_vec(), at: began }, began).unwrap();
    }
    recorder.report(NodeKey(0), &Report::Ended { id: StreamId(1), why: "over".to_owned() }, began).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_secret_of_a_stream_is_written_wherever_it_is_cut_and_however_it_is_coded() {
    let line = "1:fence_ipmilan: password=S3cr3t-PW ok\n";
    for cut in 0..line.len() {
        let file = kept(&[&line[..cut], &line[cut..], "1:rest"]);
        assert!(!file.contains("S3cr3t") && !file.contains("cr3t-PW") && file.contains("***") && file.contains("1:rest"), "{cut}: {file}");
    }
    // By od, sixteen bytes a line.
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |all, b| format!("{all} {b:02x}"));
    let coded = line.as_bytes().chunks(16).fold(String::new(), |all, part| format!("{all}x3{}\n", hex(part)));
    assert!(hex(line.as_bytes()).contains(&hex(b"S3cr3t")));
    let file = kept(&[&coded]);
    assert!(!file.replace("\\nx3", "").contains(&hex(b"S3cr3t")) && file.contains(&hex(b"***")), "{file}");
    let plain = "x3 61 62\nx3 63 0a\n";
    assert!(kept(&[plain]).contains("x3 61 62\\nx3 63 0a"), "what holds no secret is as it came");
}

/// Where tail is not GNU's each look at a file is a report of its own, and may end within a line of it.
#[test]
fn no_secret_is_written_as_hex_digits_whose_line_comes_in_two_reports() {
    let line = "pcs host auth n1 -u hacluster -p S3cr3t-PW --force\nnext\n";
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |all, b| format!("{all} {b:02x}"));
    let coded = |text: &str| text.as_bytes().chunks(16).fold(String::new(), |all, part| format!("{all}x3{}\n", hex(part)));
    for cut in 1..line.len() {
        let file = kept(&[&coded(&line[..cut]), &coded(&line[cut..])]);
        let told: String = file.split("x3").skip(1).map(|part| part.split("\\n").next().unwrap()).collect();
        let clean = line.replace("S3cr3t-PW", "***");
        assert_eq!(told, hex(clean.as_bytes()), "{cut}: {file}");
    }
    // Two files come in turns; one that was cut short begins anew.
    let file = kept(&["x3 61\n", "x4 62 0a\n", "@truncated 3\n", "x3 63 0a\n"]);
    let at = |words: &str| file.find(words).unwrap_or_else(|| panic!("{words}: {file}"));
    assert!(at("x4 62 0a") < at("x3 61") && at("x3 61") < at("@truncated 3") && at("@truncated 3") < at("x3 63 0a"), "{file}");
    // The journal tells a message that is no UTF-8 by its numbers.
    let numbers = |bytes: &[u8]| bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let entry = |message: &[u8]| format!("{{\"MESSAGE\":[{}],\"PRIORITY\":\"5\"}}\n", numbers(message));
    let file = kept(&[&entry(b"COMMAND=/usr/sbin/pcs host auth n1 -p S3cr\xe4t ok")]);
    assert!(file.contains(&numbers(b"auth n1 -p *** ok]").replace(",93", "]")), "{file}");
    assert!(kept(&[&entry(b"harml\xe4ss")]).contains(&numbers(b"harml\xe4ss")));
}

#[test]
fn every_pattern_of_secrets_is_one() {
    assert_eq!(quorate::domain::redact::broken_patterns(), 0);
}

#[test]
fn what_looks_like_a_password_is_taken_out_and_nothing_else() {
    for (said, clean) in [
        (r#"<clusternode passwd="a b c" name="n1"/>"#, r#"<clusternode passwd="***" name="n1"/>"#),
        (r#"passwd=";x" port="3""#, r#"passwd="***" port="3""#),
        ("passwd='x;y' z", "passwd='***' z"),
        (r#"<nvpair name="passwd" value="x y" id="i"/>"#, r#"<nvpair name="passwd" value="***" id="i"/>"#),
        (r#"<nvpair value="x y" name="snmp_community" id="i"/>"#, r#"<nvpair value="***" name="snmp_community" id="i"/>"#),
        (r#"community="public" ip="10.0.0.1""#, r#"community="***" ip="10.0.0.1""#),
        (r#"{"MESSAGE":"set {\"password\": \"x y\", \"a\": 1}"}"#, r#"{"MESSAGE":"set {\"password\": \"***\", \"a\": 1}"}"#),
        (
            "pcs stonith create i fence_ipmilan ip=10.0.0.1 password=S3,c;r username=u",
            "pcs stonith create i fence_ipmilan ip=10.0.0.1 password=*** username=u",
        ),
        (
            "Executing: /usr/bin/ipmitool -I lanplus -U admin -P S3cr3tPW -C 3 power",
            "Executing: /usr/bin/ipmitool -I lanplus -U admin -P *** -C 3 power",
        ),
        ("fence_ipmilan -a 10.0.0.1 -p 'x y' -o status", "fence_ipmilan -a 10.0.0.1 -p *** -o status"),
        ("fence_apc --password S3cr3t --plug 3", "fence_apc --password *** --plug 3"),
        ("cannot connect to qemu+ssh://root:S3cr3t@n1/system: no", "cannot connect to qemu+ssh://root:***@n1/system: no"),
        ("ssh://[2001:db8::1]:22/ and http://n1:80/a@b", "ssh://[2001:db8::1]:22/ and http://n1:80/a@b"),
        ("Permission denied (publickey,password).", "Permission denied (publickey,password)."),
        ("sudo: a password is required", "sudo: a password is required"),
        ("df -P /srv; ps -p 17", "df -P /srv; ps -p 17"),
        ("fenced: fencing node n3 succeeded", "fenced: fencing node n3 succeeded"),
        ("user anna: password expired", "user anna: password expired"),
        (r#"ipmitool -P 'it'"'"'s S3cr3t' -v"#, "ipmitool -P *** -v"),
        ("ipmitool -H '10' -P 'S3cr3t x' -v", "ipmitool -H '10' -P *** -v"),
        ("crm_resource -v 'S3cr3t x' -r f -p passwd -V", "crm_resource -v *** -r f -p passwd -V"),
        ("{'--password': u'S3cr3t', '--plug': '3'}", "{'--password': ***'***', '--plug': '3'}"),
        ("sh -c echo hacluster:S3cr3t | chpasswd", "sh -c echo ***| chpasswd"),
        ("Set 'f' option: name=passwd value=S3cr3t x\nnext", "Set 'f' option: name=passwd value=***\nnext"),
        ("nvpair[@id='f-ia-passwd']:  @value=S3cr3t x, y\nnext", "nvpair[@id='f-ia-passwd']:  @value=***\nnext"),
        (r#""nvpair[@id='f-passwd']:  @value=S3\"cr3t","PRIORITY""#, r#""nvpair[@id='f-passwd']:  @value=***","PRIORITY""#),
    ] {
        assert_eq!(quorate::domain::redact::redact_text(said), clean);
    }
}

/// `{}` is the secret; a line without one stays as it is.
#[test]
fn secrets_are_found_in_what_tools_print_and_people_type() {
    for form in [
        // Fence agents and what they run.
        "fence_ipmilan[123] stderr: [ /usr/bin/ipmitool -I lanplus -H 10.0.0.1 -p 6230 -U admin -P {} -y {} chassis power status ]",
        "ipmitool user set password 2 {}",
        "ipmitool lan set 1 snmp {}",
        "fence_ipmilan -a 10.0.0.1 -P -l admin -p {}",
        "fence_ipmilan -p {} --ipmitool-path /usr/bin/ipmitool -p {}",
        "fence_apc_snmp -a apc1 -n 3 -c {} -P {} -u 161",
        "snmpget -v 1 -c {} 10.0.0.1:161 .1.3",
        "fence_apc[7] stderr: [ DEBUG: Sent: {} ]",
        "--hexadecimal-kg {} --plug 3",
        "Authorization: Basic {}",
        "Device fence_ipmilan of n3 -> ipmi:623, node n1",
        // What is typed, as sudo tells it.
        "COMMAND=/usr/sbin/pcs host auth n1 n2 -u hacluster -p {} --force",
        r"COMMAND=/bin/bash -c pcs\ host\ auth\ n1\ -p\ {}\ --force",
        r"COMMAND=/bin/bash -c pcs\ stonith\ update\ f\ passwd\={}\ ip\=n1",
        "anna : (command continued) n7 n8 -u hacluster -p {}",
        "sshpass -p {} ssh -p 22 n1",
        "vmrun -T server -u root -p {} list",
        "crm_resource --resource f --set-parameter passwd --parameter-value {}",
        "crm_resource -r keystone -p ip -v 10.0.0.1",
        "iscsiadm -m node -o update -n node.session.auth.password -v {}",
        "crm resource param f set passwd {}",
        "pcs stonith create i fence_ipmilan hexadecimal_kg={} ip=10.0.0.1 ipport=623",
        "pcs cluster setup c n1 n2 --token 5000",
        // The CIB and its changes, and the same within the journal's JSON.
        r#"<nvpair id="i" name="hexadecimal_kg" value="{}"/>"#,
        r#"<nvpair id="i" name="token" value="{}"/>"#,
        "cibadmin --xml-text <nvpair name='passwd' value='{}'/>",
        r#"-  <nvpair value="{}" id="f-ia-passwd"/>"#,
        r#"<nvpair id="keystone-ia-ip" value="10.0.0.1"/>"#,
        "+  /cib/configuration/resources/primitive[@id='f']/nvpair[@id='f-ia-passwd']:  @value={}\n+  /cib:  @epoch=7",
        "+  /cib/nvpair[@id='f-ia-passwd']:  @value={}, @name=passwd",
        "+  /cib/nvpair[@id='passwd-ia-ip']:  @value=10.0.0.1",
        r#"<change path="/cib/nvpair[@id='f-passwd']"><change-attr name="value" operation="set" value="{}"/>"#,
        r#"{"MESSAGE":"++ <nvpair name=\"passwd\" value=\"{}\"/>","PRIORITY":"6"}"#,
        r#"{"MESSAGE":"COMMAND=/usr/sbin/pcs host auth n1 -u hacluster -p {}","PRIORITY":"5"}"#,
        r#"{"MESSAGE":"fence_ipmilan -P ","_COMM":"x"}"#,
        r#"{"MESSAGE":"said \"password={}\" twice"}"#,
        r#"{"MESSAGE":"http://n1:80","UNIT":"getty@tty1"}"#,
        r#"{"MESSAGE":"Enter password: ","PRIORITY":"5"}"#,
        // virsh, qemu and corosync.
        "virsh set-user-password vm1 root {}",
        "virsh secret-set-value 0a-1b {}",
        "virsh qemu-monitor-command vm1 --hmp set_password vnc {}",
        "virsh -c qemu+ssh://root@n1/system start vm1",
        "<qemu:arg value='secret,id=s0,data={}'/>",
        "<qemu:arg value='vnc,password={}'/>",
        "<graphics type='vnc' port='5900' passwd='{}'/>",
        r#"<totem token="54000"/> token=3000 token: 3000"#,
        "[TOTEM ] Token has not been received in 2250 ms",
    ] {
        assert_eq!(quorate::domain::redact::redact_text(&form.replace("{}", "S3cr3t")), form.replace("{}", "***"));
    }
}

/// However a tool's or a library's words become a text of ours.
#[test]
fn no_way_of_words_into_a_text_keeps_a_password() {
    use quorate::domain::observation::{Question, Trouble, TroubleKind};
    use quorate::link::libvirt::{Fault, FaultKind};
    use quorate::probe::{Raw, parse};
    let words = "auth failed: password=S3cr3t \x1b[31m";
    let mut texts = vec![Trouble::new(TroubleKind::Lost, words).text, Fault::new(FaultKind::Failed, words).text];
    for question in Question::ALL.into_iter().filter(|q| !q.is_libvirt()) {
        for (stdout, code) in [("", 1), ("", 126), ("", 0), (words, 0), (words, 1)] {
            let raw = Raw { command: "the-command", stdout: stdout.as_bytes(), stderr: words.as_bytes(), code };
            if let Err(trouble) = parse(question, raw) {
                texts.push(trouble.text);
            }
        }
    }
    assert!(texts.iter().filter(|t| t.contains("password=***")).count() > 40, "{texts:#?}");
    assert!(texts.iter().all(|t| !t.contains("S3cr3t") && !t.contains('\x1b')), "{texts:#?}");
}
