//! The simulated volumes grown: lvextend, what other nodes see of it, and the filesystem.

use super::Manager;
use super::answer::{Printed, storage};
use super::obey::option;
use super::world::{NodeAt, World};

/// `name` of `vg/name`, `/dev/vg/name`.
fn volume(world: &World, args: &[&str]) -> Option<usize> {
    args.iter().find_map(|a| {
        let name = a.rsplit('/').next().filter(|_| a.contains('/'))?;
        world.volumes.iter().position(|v| v.name == name)
    })
}

/// lvextend(8).
pub fn extend(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let Some(at) = volume(world, args) else { return Printed::failed(5, "  Failed to find logical volume") };
    let room = storage::free(world);
    let own = world.volumes.get(at).map_or(0, |v| storage::free_on(world, v.unit));
    let clvmd = world.manager == Manager::Rgmanager;
    let others: Vec<NodeAt> = world.members().into_iter().filter(|n| *n != node).collect();
    let Some(v) = world.volumes.get_mut(at) else { return Printed::default() };
    let wish = option(args, &["--size", "-L"]).unwrap_or_default();
    let by = wish.starts_with('+');
    let Some(bytes) = bytes(wish.trim_start_matches('+')) else {
        return Printed::failed(3, format!("  Invalid argument for --size: {wish}"));
    };
    let bytes = bytes.div_ceil(4 << 20) * (4 << 20);
    let size = if by { v.size + bytes } else { bytes };
    if size <= v.size {
        return Printed::failed(5, format!("  New size given ({size}B) not larger than existing size ({}B)", v.size));
    }
    if size - v.size > room {
        return Printed::failed(
            5,
            format!("  Insufficient free space: {} extents needed, but only {} available", (size - v.size) >> 22, room >> 22),
        );
    }
    let before = v.size;
    // clvmd tells the others.
    if !clvmd {
        for other in others {
            v.stale.entry(other).or_insert(before);
        }
    }
    v.spilt += (size - before).saturating_sub(own);
    v.size = size;
    Printed {
        out: format!(
            "  Size of logical volume vg_cluster/{} changed from {} to {}.\n  Logical volume vg_cluster/{0} successfully resized.\n",
            v.name, before, size
        ),
        err: if clvmd {
            String::new()
        } else {
            "  WARNING: extending LV with a shared lock, other hosts may require LV refresh.\n".to_owned()
        },
        code: 0,
    }
}

/// `100`, `10g`, `512MiB`, as LVM reads sizes: mebibytes where no unit is given.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('b') => 0,
        Some('k') => 10,
        Some('g') => 30,
        Some('t') => 40,
        Some('m') | None => 20,
        Some(_) => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// `lvchange --refresh`.
pub fn refresh(world: &mut World, node: NodeAt, args: &[&str]) -> Printed {
    let Some(v) = volume(world, args).and_then(|at| world.volumes.get_mut(at)) else {
        return Printed::failed(5, "  Failed to find logical volume");
    };
    v.stale.remove(&node);
    Printed::default()
}

/// gfs2_grow(8).
pub fn grow(world: &mut World, args: &[&str]) -> Printed {
    let sizes: Vec<u64> = world.volumes.iter().map(|v| v.size).collect();
    let Some(m) = world.mounts.iter_mut().find(|m| args.contains(&m.path.as_str())) else {
        return Printed::failed(1, "gfs2_grow: not a mounted gfs2 file system");
    };
    m.size = sizes.get(m.volume).copied().unwrap_or(m.size).max(m.size);
    Printed::ok(format!("FS: Mount point:             {}\ngfs2_grow complete.\n", m.path))
}
