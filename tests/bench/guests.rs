//! Guests: bulk statistics of 200 of them beside `virsh domstats` and virt-top, and from libvirt's event to its bytes on the terminal.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use quorate::domain::node::NodeKey;
use quorate::link::libvirt::{Beside, Query, Said};
use quorate::link::{self, AskId, Become, LibvirtOrder, LibvirtReport, Link as _, Order, Report, Voice};
use tokio::sync::mpsc;

use super::glass::{Log, cockpit};
use super::lab::{self, Lab};
use super::{clock, line};

const GUESTS: usize = 200;
const ROUNDS: u32 = 20;
const SAMPLES: u32 = 24;
const LONG: Duration = Duration::from_secs(10);

pub fn run() {
    statistics();
    if let Some(lab) = lab::namespaces() {
        events(lab);
    }
}

/// A host of libvirt's own test driver with so many guests.
fn host() -> tempfile::NamedTempFile {
    let mut xml = String::from("<node>\n");
    for n in 0..GUESTS {
        let _ = writeln!(
            xml,
            "<domain type='test'><name>g{n}</name><uuid>00000000-0000-4000-8000-{n:012}</uuid><memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os>\
             <devices><disk type='file' device='disk'><source file='/guest/g{n}.img'/><target dev='vda' bus='virtio'/></disk>\
             <interface type='network'><mac address='52:54:00:00:{:02x}:{:02x}'/><source network='default'/></interface></devices></domain>",
            n / 256,
            n % 256
        );
    }
    xml.push_str("</node>\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), xml).unwrap();
    file
}

fn statistics() {
    let file = host();
    let uri = format!("test://{}", file.path().display());
    let (to, mut reports) = mpsc::channel(256);
    let voice = Voice::new(NodeKey(1), to);
    let link = Beside::new(Arc::from(link::local::spawn(Become::None, voice.clone())), voice, Some(uri.clone()));
    let mut hear = || {
        loop {
            if let Some((_, Report::Libvirt(said))) = reports.blocking_recv() {
                return *said;
            }
        }
    };
    link.order(Order::Libvirt(LibvirtOrder::Open { socket: None }));
    while !matches!(hear(), LibvirtReport::Up { .. }) {}
    let (mut wall, before) = (Vec::new(), clock::process());
    for number in 1..=ROUNDS {
        let began = Instant::now();
        link.order(Order::Libvirt(LibvirtOrder::Ask { id: AskId(u64::from(number)), query: Query::Stats }));
        loop {
            if let LibvirtReport::Answer { result, .. } = hear() {
                let Ok(Said::Stats(rows)) = result else { panic!("no statistics") };
                assert_eq!(rows.len(), GUESTS);
                break;
            }
        }
        wall.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let cpu = (clock::process() - before).as_secs_f64() * 1e3 / f64::from(ROUNDS);
    drop(link);
    match (0..ROUNDS).map(|_| virsh(&uri)).collect::<Option<Vec<f64>>>() {
        Some(mut theirs) => {
            line::beside("guests-statistics", clock::median(&mut wall), "ms", "virsh-domstats", clock::median(&mut theirs), 1.0);
        }
        None => {
            eprintln!("bench: left out: guests-statistics beside virsh, which is not installed here ({:.2} ms)", clock::median(&mut wall));
        }
    }
    match virt_top(&uri) {
        Some(theirs) => line::beside("guests-statistics-cpu", cpu, "ms", "virt-top", theirs, 1.0),
        None => eprintln!("bench: left out: guests-statistics-cpu beside virt-top, which is not installed here ({cpu:.2} ms)"),
    }
}

/// Milliseconds that virsh takes for the same, what it prints thrown away; none if there is none.
fn virsh(uri: &str) -> Option<f64> {
    let began = Instant::now();
    let done = Command::new("virsh").args(["-c", uri, "domstats", "--list-running"]).stdout(Stdio::null()).status().ok()?;
    assert!(done.success());
    Some(began.elapsed().as_secs_f64() * 1e3)
}

/// Milliseconds of CPU that virt-top spends on one update, its start left out.
fn virt_top(uri: &str) -> Option<f64> {
    let cpu = |updates: u32| {
        let count = updates.to_string();
        let args = ["-c", uri, "--script", "-n", &count, "-d", "0.5"];
        let mut child = Command::new("virt-top").args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        // What it has used is there until it is waited for.
        let pid = child.id();
        let mut used = Duration::ZERO;
        while child.try_wait().ok()?.is_none() {
            used = used.max(clock::of(pid));
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(used.as_secs_f64() * 1e3)
    };
    let (few, many) = (cpu(2)?, cpu(12)?);
    Some((many - few).max(0.0) / 10.0)
}

/// From the event of a guest, as `virsh event` on the node hears it, to its bytes on the terminal.
fn events(lab: &Lab) {
    let mut log = Log::new(lab);
    let mut pty = cockpit(lab, &mut log);
    pty.drain(Duration::from_secs(3));
    let Some((node, guest)) = (1..=3).find_map(|node| Some((node, running(lab, node)?))) else {
        eprintln!("bench: left out: guests-event, for no guest runs on the lab");
        return;
    };
    let witness = Witness::start(lab, node, &guest);
    pty.drain(Duration::from_secs(2));
    let mut seen = Vec::new();
    for n in 0..SAMPLES {
        pty.drain(Duration::from_millis(u64::from(900 + n * 37 % 290)));
        let (verb, word) = if n % 2 == 0 { ("suspend", "is paused") } else { ("resume", "is running") };
        let told = format!("{guest} {word}");
        // The timeline is full sooner or later: a line that was not there before, by its time, is what tells.
        let before: Vec<String> = lines_with(&pty.screen.screen().contents(), &told).map(str::to_owned).collect();
        let words = lab.ssh(node, &["virsh", verb, &guest]);
        let mut child = Command::new(&words[0]).args(&words[1..]).stdout(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
        let at = pty.until(LONG, |s| lines_with(s, &told).any(|l| !before.iter().any(|b| b == l)));
        seen.push(at.map(|at| clock::wall(SystemTime::now() - at.elapsed())));
        let _ = child.wait();
    }
    drop(pty);
    let heard = witness.end();
    if heard.len() != seen.len() || seen.iter().flatten().count() < 10 {
        let shown = seen.iter().flatten().count();
        eprintln!("bench: left out: guests-event, for of {SAMPLES} events virsh heard {} and the screen showed {shown}", heard.len());
        return;
    }
    let mut samples: Vec<f64> = seen.iter().zip(&heard).filter_map(|(seen, heard)| Some(seen.as_ref()? - heard)).collect();
    let p50 = clock::median(&mut samples);
    eprintln!("bench: guests-event: least {:.2} ms, p90 {:.2} ms after virsh", samples[0], samples[samples.len() * 9 / 10]);
    line::alone("guests-event", p50, "ms", 100.0);
}

/// `virsh event` on the node itself.
struct Witness(Child);

impl Witness {
    fn start(lab: &Lab, node: u32, guest: &str) -> Self {
        // On a terminal, for it holds back what it writes to a pipe.
        let virsh = ["-tt", "virsh", "event", "--loop", "--timestamp", "--event", "lifecycle", "--domain", guest];
        let words = lab.ssh(node, &virsh);
        Self(Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// When it heard each, in milliseconds since the epoch.
    fn end(mut self) -> Vec<f64> {
        let _ = self.0.kill();
        let mut said = String::new();
        std::io::Read::read_to_string(self.0.stdout.as_mut().unwrap(), &mut said).unwrap();
        let _ = self.0.wait();
        let at = |line: &str| line.split_once(": event ")?.0.parse::<jiff::Timestamp>().ok();
        said.lines().filter_map(at).map(|at| at.as_microsecond() as f64 / 1e3).collect()
    }
}

fn lines_with<'a>(screen: &'a str, told: &'a str) -> impl Iterator<Item = &'a str> {
    screen.lines().filter(move |l| l.contains(told))
}

/// A guest that runs on a node.
fn running(lab: &Lab, node: u32) -> Option<String> {
    let words = lab.ssh(node, &["virsh", "list", "--name"]);
    let out = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&out.stdout).lines().map(str::trim).find(|l| !l.is_empty()).map(str::to_owned)
}
