//! Any bytes: an observation or trouble that names the command, never a panic; and nothing that could drive a terminal.

use proptest::prelude::*;
use quorate::domain::observation::{Question, TroubleKind};
use quorate::probe::{Raw, parse};

const ALL: [Question; 16] = [
    Question::Tools,
    Question::Host,
    Question::Clock,
    Question::Watchdog,
    Question::Units,
    Question::Daemons,
    Question::Lvs,
    Question::Vgs,
    Question::Pvs,
    Question::DeviceMapper,
    Question::Filesystems,
    Question::Multipath,
    Question::Iscsi,
    Question::Net,
    Question::Bonding,
    Question::LinkSpeeds,
];

const REAL: [&str; 17] = [
    include_str!("../fixtures/host/proc.txt"),
    include_str!("../fixtures/host/systemctl-units.json"),
    include_str!("../fixtures/lvm/lvs.json"),
    include_str!("../fixtures/lvm/lvs.txt"),
    include_str!("../fixtures/lvm/rhcs-lvs-sep.txt"),
    include_str!("../fixtures/lvm/rhcs-vgs.txt"),
    include_str!("../fixtures/lvm/vgs.json"),
    include_str!("../fixtures/lvm/pvs.json"),
    include_str!("../fixtures/lvm/df.txt"),
    include_str!("../fixtures/lvm/dmsetup-status.txt"),
    include_str!("../fixtures/multipath/multipathd-maps.json"),
    include_str!("../fixtures/multipath/multipath-ll.txt"),
    include_str!("../fixtures/iscsi/iscsiadm-session-P3.txt"),
    include_str!("../fixtures/net/ip-j-d-s-link.json"),
    include_str!("../fixtures/net/ip-j-addr.json"),
    include_str!("../fixtures/net/proc-bonding-bond0.txt"),
    include_str!("../fixtures/net/failing-bond1.txt"),
];

/// What no text in an observation may hold: Debug writes these as escapes, so they are looked for as such.
const HARMFUL: [&str; 4] = ["\\u{1b}", "\\u{7}", "\\u{202e}", "\\u{9b}"];

fn check(question: Question, bytes: &[u8], code: i32) {
    let raw = Raw { command: "the-command", stdout: bytes, stderr: bytes.get(..bytes.len() / 7).unwrap_or_default(), code };
    let said = match parse(question, raw) {
        Ok(observation) => format!("{observation:?}"),
        Err(trouble) => {
            assert!(trouble.text.contains("the-command"), "{question:?}: {trouble}");
            assert!(trouble.kind != TroubleKind::Late && trouble.kind != TroubleKind::Lost);
            format!("{trouble:?}")
        }
    };
    for harmful in HARMFUL {
        assert!(!said.contains(harmful), "{question:?}: {said}");
    }
}

fn check_all(bytes: &[u8], code: i32) {
    for question in ALL {
        check(question, bytes, code);
    }
}

#[test]
fn every_cut_of_every_recording() {
    for real in REAL {
        let step = (real.len() / 60).max(1);
        for end in (0..=real.len()).step_by(step) {
            check_all(&real.as_bytes()[..end], 0);
        }
    }
}

#[test]
fn deep_and_long() {
    let deep = "[".repeat(100_000);
    let long = format!("{} {}\n", "x".repeat(300_000), "9".repeat(300_000));
    let many = "a|b|c\n@@quorate x\n".repeat(20_000);
    for text in [&deep, &long, &many] {
        check_all(text.as_bytes(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), code in -1..256) {
        check_all(&bytes, code);
    }

    #[test]
    fn likely_words(words in proptest::collection::vec(prop_oneof![
        Just("@@quorate "), Just("\n"), Just(" "), Just("|"), Just(": "), Just("["), Just("]"), Just("{\"report\":[{\"lv\":["), Just("LV VG Attr"),
        Just("Filesystem Type 1B-blocks Used Available Use% Mounted on\n"), Just("18446744073709551615"), Just("99%"), Just("\\040"), Just("é\u{202e}"),
        Just("cpu "), Just("dm-1"), Just("1:0:0:1"), Just("2: eth0: <UP>"), Just("Slave Interface:"), Just("Ethernet Channel Bonding Driver"), Just("1.5e999"),
        Just("-"), Just("\x1b["), Just("bond "), Just("Target: "), Just("Current Portal: "), Just("0.000000000000001g"), Just("\\"), Just("'")], 0..40)) {
        let text: String = words.concat();
        check_all(text.as_bytes(), 0);
    }

    #[test]
    fn mutated(which in 0..REAL.len(), at in any::<prop::sample::Index>(), with in proptest::collection::vec(any::<u8>(), 0..4), drop in 0_usize..9) {
        let mut bytes = REAL[which].as_bytes().to_vec();
        let start = at.index(bytes.len());
        let end = (start + drop).min(bytes.len());
        bytes.splice(start..end, with);
        check_all(&bytes, 0);
    }
}
