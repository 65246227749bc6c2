//! What must be known to grow a volume or to empty a physical one, and what proves it (lvs(8), pvs(8), blockdev(8), virsh(1)).

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::VolumeFacts;
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

/// Size, extents and what is free, in columns that every LVM2 has (`data_stripes` is not among them).
pub fn facts(vg: &str, lv: &str) -> CommandLine {
    let name = format!("{vg}/{lv}");
    let columns = "lv_size,vg_extent_size,vg_free,stripes,segtype,lv_attr";
    CommandLine::new("lvs", ["--noheadings", "--units", "b", "--nosuffix", "--separator", "|", "-o", columns, &name]).privileged()
}

/// Reads them. A volume of several segments has a line for each: the widest stripe counts.
pub fn parse_facts(raw: Raw<'_>) -> Result<VolumeFacts, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    let mut found: Option<VolumeFacts> = None;
    for line in out.lines().filter(|l| l.contains('|')) {
        let mut columns = line.trim().split('|').map(str::trim);
        let mut number = || columns.next().and_then(|c| c.parse::<u64>().ok());
        let (Some(size), Some(extent), Some(free), stripes) = (number(), number(), number(), number()) else { continue };
        let kind = text::clean(columns.next().unwrap_or_default());
        let attr = text::clean(columns.next().unwrap_or_default());
        let stripes = stripes.unwrap_or(1).max(1);
        let row = VolumeFacts { size, extent, free, stripes, data: VolumeFacts::data_of(&kind, stripes), kind, attr };
        match &mut found {
            Some(facts) => (facts.stripes, facts.data) = (facts.stripes.max(row.stripes), facts.data.max(row.data)),
            None => found = Some(row),
        }
    }
    found.filter(|f| f.extent > 0).ok_or_else(|| raw.refusal())
}

/// Whether the mirrors of a cluster work on a node: cmirrord of RHEL 6, the module of RHEL 5. Without them a volume that is active on several nodes
/// cannot be moved.
pub fn cluster_mirror() -> CommandLine {
    const SCRIPT: &str = "# quorate: cmirrord, dm-cmirror
if ps -e -o comm= 2>/dev/null | grep -q '^cmirrord'; then echo yes
elif grep -q '^dm_cmirror ' /proc/modules 2>/dev/null; then echo yes
else echo no
fi
";
    CommandLine::script(SCRIPT, [""; 0])
}

/// Reads the answer to [`cluster_mirror`].
pub fn parse_cluster_mirror(raw: Raw<'_>) -> Result<bool, Trouble> {
    match raw.stdout.trim_ascii() {
        b"yes" => Ok(true),
        b"no" => Ok(false),
        _ => Err(raw.refusal()),
    }
}

/// The size of the device as the kernel of that node has it: after an lvextend elsewhere it may still be the old one.
pub fn device_size(vg: &str, lv: &str) -> CommandLine {
    CommandLine::new("blockdev", ["--getsize64".to_owned(), format!("/dev/{vg}/{lv}")]).privileged()
}

/// Reads it.
pub fn parse_size(raw: Raw<'_>) -> Result<u64, Trouble> {
    String::from_utf8_lossy(raw.stdout).trim().parse().map_err(|_| raw.refusal())
}

/// The size of a guest's disk as the guest sees it.
pub fn guest_disk(uri: &str, guest: &str, path: &str) -> CommandLine {
    CommandLine::new("virsh", ["-r", "-c", uri, "domblkinfo", "--domain", guest, "--device", path]).privileged()
}

/// Reads `Capacity:  67108864`.
pub fn parse_guest_disk(raw: Raw<'_>) -> Result<u64, Trouble> {
    let out = String::from_utf8_lossy(raw.stdout);
    let capacity = out.lines().find_map(|l| l.trim().strip_prefix("Capacity:"));
    capacity.and_then(|c| c.trim().parse().ok()).ok_or_else(|| raw.refusal())
}

/// The volumes with extents on a physical volume.
pub fn on_pv(pv: &str) -> CommandLine {
    let args = ["--noheadings", "--segments", "--units", "b", "--nosuffix", "--separator", "|", "-o", "vg_name,lv_name,seg_size", pv];
    CommandLine::new("pvs", args).privileged()
}

/// Reads them: (volume group, volume), each once; hidden ones in brackets.
pub fn parse_on_pv(raw: Raw<'_>) -> Result<Vec<(String, String)>, Trouble> {
    if raw.code != 0 {
        return Err(raw.refusal());
    }
    let mut found = Vec::new();
    for line in String::from_utf8_lossy(raw.stdout).lines() {
        let mut columns = line.trim().split('|').map(|c| text::clean(c.trim()));
        if let (Some(vg), Some(lv)) = (columns.next(), columns.next())
            && !lv.is_empty()
            && !found.contains(&(vg.clone(), lv.clone()))
        {
            found.push((vg, lv));
        }
    }
    Ok(found)
}
