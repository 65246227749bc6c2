//! Volumes grown under load on the QEMU lab, with what stands on them: ext4, XFS, GFS2, a running guest's disk; one node cut off in the
//! middle; a physical volume emptied. Judged by the nodes' own tools and by checksums.

use std::io::{BufRead as _, BufReader};
use std::process::{Output, Stdio};

use super::{Fault, LAB, NODES, SESSION, on, rows, service, well};

/// What `act` needs here: a role that may grow.
fn config() -> String {
    let text = std::fs::read_to_string(LAB.config()).unwrap().replace("user = \"root\"", "user = \"root\"\nrole = \"admin\"");
    let file = std::env::temp_dir().join("quorate-lab-full-admin.toml");
    std::fs::write(&file, text).unwrap();
    file.to_string_lossy().into_owned()
}

fn run(verb: &str, args: &[&str]) -> (i32, String) {
    let config = config();
    let all: Vec<&str> = [verb].iter().chain(args).copied().chain(["--config", &config]).collect();
    let Output { status, stdout, stderr } = LAB.quorate(&all).output().unwrap();
    (status.code().unwrap_or(-1), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// Grows a volume, which must be done and proved; prints what `act` said.
fn grow(volume: &str, how: &[&str]) -> String {
    let args: Vec<&str> = ["grow", volume].iter().chain(how).copied().chain(["--confirm", volume]).collect();
    let began = std::time::Instant::now();
    let (code, text) = run("act", &args);
    println!("--- act {} ({} s)\n{text}", args.join(" "), began.elapsed().as_secs());
    assert_eq!(code, 0, "{text}");
    text
}

fn number(text: &str) -> u64 {
    text.trim().parse().unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Clears away what a test made on a node, also where the test fails: the next one begins on a clean cluster.
struct Litter(&'static str, String);

impl Drop for Litter {
    fn drop(&mut self) {
        on(self.0, &self.1);
    }
}

/// A file that is written to while a volume grows, beside one whose checksum must stay.
struct Load {
    node: &'static str,
    dir: String,
    sum: String,
    _files: Litter,
}

impl Load {
    fn on(node: &'static str, dir: &str) -> Self {
        on(node, &format!("dd if=/dev/urandom of={dir}/still bs=64k count=16 conv=fsync 2>/dev/null"));
        let sum = on(node, &format!("sha256sum < {dir}/still"));
        // It ends when its flag goes: what it wrote was told to be on the disk, each time.
        on(
            node,
            &format!(
                "touch {dir}/go; (i=0; while [ -e {dir}/go ]; do i=$((i+1)); echo $i; done | dd of={dir}/busy bs=4k count=2000 oflag=dsync) \
                 </dev/null >/dev/null 2>&1 &"
            ),
        );
        let files = Litter(node, format!("rm -f {dir}/go; sleep 1; rm -f {dir}/still {dir}/busy"));
        Self { node, dir: dir.to_owned(), sum, _files: files }
    }

    /// Ends the writer; what it wrote counts on without a gap, and the other file is as it was, also as the disk has it.
    fn check(&self) {
        let dir = &self.dir;
        on(self.node, &format!("rm -f {dir}/go; sleep 1; sync; echo 3 > /proc/sys/vm/drop_caches"));
        assert_eq!(on(self.node, &format!("sha256sum < {dir}/still")), self.sum);
        let gaps =
            on(self.node, &format!("head -c -64 {dir}/busy | awk '$1 != NR {{ bad++ }} END {{ printf \"%d %d\\n\", (NR > 0), bad }}'"));
        assert!(gaps.starts_with("1 ") && number(&gaps[2..]) <= 1, "{gaps}");
    }
}

fn blocks(node: &str, mount: &str) -> u64 {
    number(&on(node, &format!("df -B1 --output=size {mount} | tail -1")))
}

/// Until the session shows this volume: a volume made just now is seen by the next look.
fn seen(vg: &str, lv: &str) {
    SESSION.until(&format!("{vg}/{lv} is seen"), |j, _| {
        rows(j, "volumes", "lv", lv).iter().any(|v| v["vg"] == vg && !v["active_on"].as_array().unwrap().is_empty())
    });
}

fn grown_alone(kind: &str, vg: &str, first: &str, more: &str, place: &'static str) {
    well();
    let (lv, mount) = (format!("grow{kind}"), format!("/srv/grow{kind}"));
    let activation = if vg == "vglocal" { "" } else { "-aey" };
    on(
        place,
        &format!(
            "lvcreate -q -y {activation} -L {first} -n {lv} {vg}; mkfs.{kind} -q /dev/{vg}/{lv}; mkdir -p {mount}; mount /dev/{vg}/{lv} {mount}"
        ),
    );
    let _volume = Litter(place, format!("umount {mount}; lvremove -q -y {vg}/{lv}"));
    seen(vg, &lv);
    let (load, before) = (Load::on(place, &mount), blocks(place, &mount));
    let text = grow(&format!("{vg}/{lv}"), &["--by", more]);
    let after = blocks(place, &mount);
    assert!(after > before, "{before} then {after}: {text}");
    load.check();
    let (code, text) = run("act", &["grow", &format!("{vg}/{lv}"), "--to", first, "--confirm", &format!("{vg}/{lv}")]);
    assert_eq!(code, 4, "never smaller: {text}");
}

#[test]
fn ext4_grows_under_load() {
    grown_alone("ext4", "vglocal", "16M", "12M", "node1");
}

#[test]
fn xfs_grows_under_load() {
    grown_alone("xfs", "vgdata", "320M", "64M", "node2");
}

#[test]
fn gfs2_grows_under_load_and_every_node_sees_it() {
    well();
    let before: Vec<u64> = NODES.iter().map(|n| blocks(n, "/mnt/gfs2")).collect();
    let load = Load::on("node2", "/mnt/gfs2");
    let text = grow("vgdata/gfs", &["--by", "128M"]);
    for (name, before) in NODES.iter().zip(before) {
        assert!(blocks(name, "/mnt/gfs2") > before, "{name}: {text}");
    }
    load.check();
}

#[test]
fn a_running_guests_disk_grows() {
    let (json, _) = well();
    let owner = service(&json, "vm1")["owner"].as_str().unwrap().to_owned();
    let size = || number(&on(&owner, "virsh domblkinfo vm1 vda | awk '/^Capacity/ {print $2}'"));
    let tick = || on(&owner, "tail -c 200 /var/log/vm1.serial | grep -o 'tick [0-9]*' | tail -1");
    let (before, counted) = (size(), tick());
    // All but the sector that the guest itself writes to.
    let content = || {
        on(
            &owner,
            &format!(
                "dd if=/dev/vgvm/vm1 bs=64k skip=1024 count={} iflag=direct,skip_bytes,count_bytes 2>/dev/null | sha256sum",
                before - 1024
            ),
        )
    };
    let sum = content();
    let (code, plan) = run("plan", &["grow", "vgvm/vm1", "--by", "8M"]);
    assert!(code == 0 && plan.contains("inside vm1"), "what remains to be done within the guest: {plan}");
    let text = grow("vgvm/vm1", &["--by", "8M"]);
    assert_eq!(size(), before + (8 << 20), "{text}");
    assert!(text.contains("note: inside vm1"), "{text}");
    assert_eq!(content(), sum);
    assert_ne!(tick(), counted, "it runs on");
}

#[test]
fn a_grow_with_a_node_cut_off_midway_is_taken_up_again() {
    well();
    let config = config();
    let args = ["act", "grow", "vgdata/gfs", "--by", "64M", "--confirm", "vgdata/gfs", "--config", &config];
    let mut child = LAB.quorate(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).inspect(|l| println!("{l}"));
    assert!(lines.any(|l| l.contains("lvextend")), "it never began");
    let fault = Fault::order("cut", "node3", None);
    let rest: Vec<String> = lines.collect();
    let code = child.wait().unwrap().code().unwrap();
    let said = rest.join("\n");
    assert!([1, 5].contains(&code) || code == 0 && said.contains("proved"), "{code}: {said}");
    drop(fault);
    SESSION
        .until("node3 is back", |j, _| j["members"].as_array().unwrap().iter().all(|m| m["status"] == "online" && m["reachable"] == true));
    // What had no time while the node was fenced (a start, a fence device's monitor) stays on record until somebody has looked at it.
    on("node1", "crm_resource --cleanup");
    well();
    let size = || number(&on("node1", "lvs --noheadings --nosuffix --units b -o lv_size vgdata/gfs"));
    let reached = size();
    let again: Vec<String> = ["grow", "vgdata/gfs", "--to"].iter().map(|w| (*w).to_owned()).chain([format!("{reached}B")]).collect();
    let (code, text) = run("act", &again.iter().map(String::as_str).chain(["--confirm", "vgdata/gfs"]).collect::<Vec<_>>());
    assert_eq!(code, 0, "{text}");
    assert_eq!(size(), reached);
    for name in NODES {
        assert_eq!(number(&on(name, "blockdev --getsize64 /dev/vgdata/gfs")), reached, "{name}: {text}");
    }
}

#[test]
fn a_physical_volume_is_emptied() {
    let (json, _) = well();
    let vm1 = rows(&json, "volumes", "lv", "vm1")[0].clone();
    assert_eq!(vm1["active_on"].as_array().unwrap().len(), 3, "the cluster activates it everywhere: {vm1}");
    let pv = on("node1", "lvs --noheadings -o devices vgvm/vm1").trim().split('(').next().unwrap().to_owned();
    let (code, text) = run("act", &["evacuate", &pv, "--confirm", &pv]);
    assert_eq!(code, 4, "active on several nodes: {text}");
    assert!(text.contains("exactly one node"), "{text}");
    let clear =
        "lvremove -q -y vglocal/moved; pvmove -q /dev/loop7; vgreduce -q vglocal /dev/loop7; pvremove -q /dev/loop7; losetup -d /dev/loop7";
    let spare = Litter("node1", clear.to_owned());
    on("node1", "lvcreate -q -y -L 8M -n moved vglocal; dd if=/dev/urandom of=/dev/vglocal/moved bs=1M count=8 conv=fsync 2>/dev/null");
    let sum = on("node1", "sha256sum < /dev/vglocal/moved");
    on("node1", "truncate -s 160M /root/spare; losetup /dev/loop7 /root/spare; pvcreate -q /dev/loop7; vgextend -q vglocal /dev/loop7");
    SESSION.until("the spare is seen", |j, _| j["pvs"].as_array().unwrap().iter().any(|p| p["path"] == "/dev/loop7"));
    // Each node has a /dev/vdc of its own, with a group of that name on it.
    let (code, text) = run("act", &["evacuate", "/dev/vdc", "--onto", "/dev/loop7", "--confirm", "/dev/vdc"]);
    assert!(code == 4 && text.contains("/dev/vdc@node1, /dev/vdc@node2"), "{text}");
    let (code, text) = run("act", &["evacuate", "/dev/vdc@node1", "--onto", "/dev/loop7", "--confirm", "/dev/vdc@node1"]);
    println!("{text}");
    assert_eq!(code, 0, "{text}");
    assert_eq!(number(&on("node1", "pvs --noheadings -o pv_used --units b --nosuffix /dev/vdc")), 0);
    assert_eq!(on("node1", "sha256sum < /dev/vglocal/moved"), sum);
    let (code, text) = run("act", &["evacuate", "/dev/loop7", "--onto", "/dev/vdc", "--confirm", "/dev/loop7"]);
    assert_eq!(code, 0, "{text}");
    // What is active nowhere has no device: lvs says how large it is.
    on("node1", "lvchange -q -an vglocal/moved");
    SESSION.until("it rests", |j, _| rows(j, "volumes", "lv", "moved").iter().all(|v| v["active_on"].as_array().unwrap().is_empty()));
    let text = grow("vglocal/moved@node1", &["--by", "4M"]);
    assert!(text.contains("by lvs on node1, has 12582912 bytes"), "{text}");
    assert_eq!(number(&on("node1", "lvs --noheadings -o lv_size --units b --nosuffix vglocal/moved")), 12 << 20);
    // And each node has a vglocal/data: it is grown where its owner says, with that node's filesystem.
    let (code, text) = run("plan", &["grow", "vglocal/data@node2", "--by", "4M"]);
    assert!(code == 0 && text.contains("on node2: lvextend") && text.contains("on node2: resize2fs"), "{text}");
    assert!(!text.contains("on node1:") && !text.contains("on node3:"), "{text}");
    drop(spare);
    well();
}
