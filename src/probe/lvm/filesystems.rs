//! Mounted filesystems and their usage, by df.

use std::collections::HashMap;

use crate::domain::observation::Trouble;
use crate::domain::observation::storage::MountRow;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{lossy, scaled, sections, size};

/// Kinds that another machine can block, or of which `df -l` may think so: they are asked one by one.
macro_rules! remote {
    () => {
        "nfs nfs4 cifs smb3 smbfs gfs gfs2 ocfs2 ceph lustre afs auristorfs 9p coda gpfs vxfs acfs beegfs fhgfs ibrix fuse.sshfs fuse.glusterfs fuse.ceph"
    };
}

/// Local filesystems first and in one go; each one that another machine can block (a dead server, a cluster filesystem
/// during recovery) on its own, all at once, and nobody waits for them longer than 4 s: a df that the kernel will not
/// let go cannot be killed, so it writes into a pipe of its own. `-l` goes by the source (it leaves out what has a colon in it, also a
/// filesystem on two disks) and by few kinds: the others are left out by name, and none is forgotten. To look at what the automounter
/// holds would mount it. busybox's df has no -l, -x and -B.
pub const SCRIPT: &str = concat!(
    r#"# quorate: mounted filesystems
exec </dev/null
kinds='"#,
    remote!(),
    r#"'
limit() { if command -v timeout >/dev/null 2>&1; then timeout -s KILL 3 "$@" 2>/dev/null; else "$@" 2>/dev/null; fi; }
mounts=$(cat /proc/mounts 2>/dev/null)
skip=
for kind in $kinds; do skip="$skip -x $kind"; done
own=$(limit df -P -T -B1 -l $skip)
[ -n "$own" ] || own=$(limit df -P -T -k)
[ -n "$own" ] || own=$(limit df -P -k)
printf '%s\n@@quorate mounts\n%s\n@@quorate more\n' "$own" "$mounts"
nl='
'
set -f
remote=
IFS=$nl
for line in $mounts; do
    IFS=' '
    set -- $line
    IFS=$nl
    case " $kinds " in
    *" $3 "*) ;;
    *) case $1 in *:*) ;; *) continue ;; esac ;;
    esac
    [ "$3" = autofs ] || remote="$remote$2$nl"
done
[ -n "$remote" ] || exit 0
{
    sleep 4 &
    alarm=$!
    {
        for mount in $remote; do limit df -P -T -B1 -- "$(printf '%b' "$mount")" & done
        wait
        kill "$alarm"
    } 2>/dev/null &
    wait "$alarm" 2>/dev/null
    echo '@@quorate end'
} 2>/dev/null | while IFS= read -r line; do
    [ "$line" = '@@quorate end' ] && break
    printf '%s\n' "$line"
done
exit 0
"#
);

/// Kinds that hold no files of their own, or that are full by their nature (images).
const PSEUDO: [&str; 33] = [
    "tmpfs",
    "devtmpfs",
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "devpts",
    "mqueue",
    "hugetlbfs",
    "debugfs",
    "tracefs",
    "securityfs",
    "pstore",
    "bpf",
    "configfs",
    "fusectl",
    "autofs",
    "binfmt_misc",
    "rpc_pipefs",
    "efivarfs",
    "ramfs",
    "squashfs",
    "iso9660",
    "udf",
    "nsfs",
    "selinuxfs",
    "nfsd",
    "rootfs",
    "ocfs2_dlmfs",
    "none",
    "erofs",
    "fuse.lxcfs",
    "fuse.portal",
];

/// Reads any df (with or without -T, -P, units in the heading or behind the numbers, long names on lines of their own)
/// and /proc/mounts beside it.
pub fn parse(raw: Raw<'_>) -> Result<Vec<MountRow>, Trouble> {
    let text = lossy(raw.stdout);
    let mut rows = Vec::new();
    let mut mounts = Vec::new();
    let mut headings = 0;
    let mut noise = false;
    for (name, body) in sections(&text) {
        if name == "mounts" {
            mounts = body.lines().filter_map(mount_line).collect();
        } else {
            headings += read_df(body, &mut rows);
            noise |= !body.trim().is_empty();
        }
    }
    if headings == 0 && (mounts.is_empty() || noise) {
        let silent = raw.code != 0 || text.trim().is_empty();
        return Err(if silent { raw.refusal() } else { raw.garbled("df's heading is not in it") });
    }
    // What another machine can block is listed without numbers; of what is the node's own df always says something.
    let own = mounts.iter().find(|m| is_real(m) && !is_asked_alone(m));
    if let (0, Some(own)) = (headings, own) {
        return Err(raw.garbled(&format!("df said nothing, and {} is mounted", own.mount)));
    }
    Ok(merged(rows, &mounts))
}

/// A line of /proc/mounts, see fstab(5) for its escapes.
fn mount_line(line: &str) -> Option<MountRow> {
    let mut fields = line.split(' ');
    let (source, mount, kind, options) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let read_only = options.split(',').any(|o| o == "ro");
    Some(MountRow {
        source: clean(&unescaped(source)),
        kind: clean(kind),
        mount: clean(&unescaped(mount)),
        read_only: Some(read_only),
        ..MountRow::default()
    })
}

/// `\040` is a blank; only what stands for one byte of ASCII occurs there.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok()).filter(u8::is_ascii);
        out.push(code.map_or('\\', char::from));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    out.push_str(rest);
    out
}

/// What a heading of df says of the lines below it.
#[derive(Clone, Copy)]
struct Heading {
    kinds: bool,
    unit: u64,
}

fn heading(line: &str) -> Option<Heading> {
    if !line.starts_with("Filesystem") || !line.contains("Mounted on") {
        return None;
    }
    let block = line.split_whitespace().find_map(|w| w.strip_suffix("-blocks"));
    let unit = block.and_then(|b| size(&b.replace("kB", "K"))).filter(|u| *u > 0).unwrap_or(1);
    Some(Heading { kinds: line.split_whitespace().nth(1) == Some("Type"), unit })
}

/// Appends the rows of df's output; says how many headings there were. Rows before the first heading have no meaning.
fn read_df(body: &str, rows: &mut Vec<MountRow>) -> usize {
    let mut headings = 0;
    let mut form = None;
    let mut begun = String::new();
    for line in body.lines() {
        if let Some(next) = heading(line) {
            headings += 1;
            form = Some(next);
            begun.clear();
            continue;
        }
        let Some(form) = form else { continue };
        let whole = if begun.is_empty() { line.to_owned() } else { format!("{begun} {line}") };
        match df_line(&whole, form) {
            Some(row) => {
                rows.push(row);
                begun.clear();
            }
            None if begun.is_empty() && !line.contains(char::is_whitespace) => line.clone_into(&mut begun),
            None => begun.clear(),
        }
    }
    headings
}

/// `source [kind] size used available percent mount`: source and mount may hold blanks, so the percent sign, with three
/// numbers before it, is what the line is read by.
fn df_line(line: &str, form: Heading) -> Option<MountRow> {
    let start = line.as_ptr() as usize;
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = if form.kinds { 2 } else { 1 };
    let numbers = (first..words.len().saturating_sub(3)).find(|at| {
        let is_number = |w: &&str| *w == "-" || size(w).is_some();
        words.get(*at..at + 3).is_some_and(|w| w.iter().all(is_number)) && words.get(at + 3).is_some_and(|w| is_percent(w))
    })?;
    let column = |at: usize| words.get(at).and_then(|w| amount(w, form.unit));
    let ends = |at: usize| words.get(at).map(|w| w.as_ptr() as usize - start + w.len());
    let mount = line.get(ends(numbers + 3)?..)?.strip_prefix(' ')?;
    let kind = if form.kinds { words.get(numbers - 1).copied()? } else { "" };
    let source = line.get(..ends(numbers - first)?)?.trim_start();
    (!mount.is_empty()).then(|| MountRow {
        source: clean(source),
        kind: clean(kind),
        mount: clean(mount),
        size: column(numbers),
        used: column(numbers + 1),
        available: column(numbers + 2),
        read_only: None,
    })
}

fn is_percent(word: &str) -> bool {
    word == "-" || word.strip_suffix('%').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// A plain number counts blocks; a number with a letter (-h) says its own unit.
fn amount(word: &str, unit: u64) -> Option<u64> {
    if word.bytes().all(|b| b.is_ascii_digit()) { scaled(word, unit) } else { size(word) }
}

/// df's rows with what only /proc/mounts knows, without pseudo filesystems and bind mounts of what is the node's own.
fn merged(rows: Vec<MountRow>, mounts: &[MountRow]) -> Vec<MountRow> {
    let known: HashMap<(&str, &str), &MountRow> = mounts.iter().map(|m| ((m.mount.as_str(), m.source.as_str()), m)).collect();
    let mut all = rows;
    for row in &mut all {
        if let Some(mount) = known.get(&(row.mount.as_str(), row.source.as_str())) {
            row.read_only = mount.read_only;
            if row.kind.is_empty() {
                row.kind.clone_from(&mount.kind);
            }
        }
    }
    all.extend(mounts.iter().filter(|m| is_asked_alone(m)).cloned());
    distinct(all.into_iter().filter(is_real).collect())
}

/// Of a kind that several machines may mount.
fn is_remote(row: &MountRow) -> bool {
    remote!().split(' ').any(|kind| kind == row.kind)
}

/// As the script sees it: such a mount is listed without numbers if it did not answer.
fn is_asked_alone(row: &MountRow) -> bool {
    is_remote(row) || row.source.contains(':')
}

fn is_real(row: &MountRow) -> bool {
    match row.kind.as_str() {
        "overlay" | "aufs" => row.mount == "/",
        "" => row.source.starts_with('/') || row.source.contains(':'),
        kind => !PSEUDO.contains(&kind) && !kind.starts_with("fuse.gvfs"),
    }
}

/// One row for each source, the one with the shortest mount point; a row with numbers goes before one without. What several machines may
/// mount has a row for each of its mounts: a resource of the cluster may be one of the longer ones, and a guest's disk lie below it.
fn distinct(mut all: Vec<MountRow>) -> Vec<MountRow> {
    all.sort_by(|a, b| (a.size.is_none(), a.mount.len(), &a.mount).cmp(&(b.size.is_none(), b.mount.len(), &b.mount)));
    let mut seen = std::collections::HashSet::new();
    all.retain(|row| {
        let named = row.source.starts_with('/') || row.source.contains(':');
        let source = if named { row.source.as_str() } else { "" };
        let mount = if named && !is_remote(row) { "" } else { row.mount.as_str() };
        seen.insert((source.to_owned(), mount.to_owned()))
    });
    all.sort_by(|a, b| a.mount.cmp(&b.mount));
    all
}
