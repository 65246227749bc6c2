use quorate::domain::observation::storage::MountRow;
use quorate::domain::observation::{Question, TroubleKind};

use super::host_support::{ended, read, rows};

fn mounts(text: &str) -> Vec<MountRow> {
    rows!(Filesystems, read(Question::Filesystems, text))
}

fn row(source: &str, kind: &str, mount: &str, numbers: (u64, u64, u64)) -> MountRow {
    let (size, used, available) = numbers;
    let text = str::to_owned;
    MountRow {
        source: text(source),
        kind: text(kind),
        mount: text(mount),
        size: Some(size),
        used: Some(used),
        available: Some(available),
        read_only: None,
    }
}

#[test]
fn df_of_a_real_node() {
    let mib = 1 << 20;
    let expected = [
        row("/dev/vda", "ext4", "/", (3 << 30, 670 * mib, (23 << 30) / 10)),
        row("/dev/mapper/vgdata-gfs", "gfs2", "/mnt/gfs2", (1 << 30, 100 * mib, 925 * mib)),
    ];
    assert_eq!(mounts(include_str!("../fixtures/lvm/df.txt")), expected);
}

#[test]
fn units_are_in_the_heading() {
    for (heading, unit) in
        [("1B-blocks", 1), ("1-blocks", 1), ("1K-blocks", 1024), ("1024-blocks", 1024), ("512-blocks", 512), ("1M-blocks", 1 << 20)]
    {
        let text = format!("Filesystem {heading} Used Available Use% Mounted on\n/dev/sda1 100 60 40 60% /\n");
        assert_eq!(mounts(&text), [row("/dev/sda1", "", "/", (100 * unit, 60 * unit, 40 * unit))], "{heading}");
    }
}

#[test]
fn long_names_blanks_and_no_numbers() {
    let text = "Filesystem            Type   1K-blocks      Used Available Use% Mounted on\n\
                /dev/mapper/vg_a_very_long_name-lv_another_very_long_name\n                      ext3     1000     500    500  50% /srv/my  files\n\
                //server/My Share     cifs   100 10 90 10% /share\n\
                srv:/dead             nfs    - - - - /dead\n";
    let found = mounts(text);
    assert_eq!(
        found[2],
        row("/dev/mapper/vg_a_very_long_name-lv_another_very_long_name", "ext3", "/srv/my  files", (1_024_000, 512_000, 512_000))
    );
    assert_eq!(found[1], row("//server/My Share", "cifs", "/share", (102_400, 10240, 92160)));
    assert_eq!((found[0].mount.as_str(), found[0].size), ("/dead", None));
}

#[test]
fn what_mounts_add() {
    let text = "Filesystem Type 1-blocks Used Available Capacity Mounted on\n/dev/sda1 ext4 100 60 40 60% /\n/dev/sdb1 xfs 10 5 5 50% /a b\n\
                /dev/sdb1 xfs 10 5 5 50% /srv/bind\noverlay overlay 1 1 0 100% /var/lib/docker/x\ntmpfs tmpfs 1 1 0 100% /run\n\n\
                @@quorate mounts\n/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sdb1 /a\\040b xfs ro,noatime 0 0\nsrv:/home /home nfs4 rw,hard 0 0\n\
                srv:/ok /ok nfs4 rw,hard 0 0\nproc /proc proc rw 0 0\n@@quorate more\n\
                Filesystem Type 1-blocks Used Available Capacity Mounted on\nsrv:/ok nfs4 1000 10 990 1% /ok\n";
    let found = mounts(text);
    let seen: Vec<_> = found.iter().map(|m| (m.mount.as_str(), m.size, m.read_only)).collect();
    assert_eq!(
        seen,
        [("/", Some(100), Some(false)), ("/a b", Some(10), Some(true)), ("/home", None, Some(false)), ("/ok", Some(1000), Some(false))]
    );
}

#[test]
fn what_several_machines_may_mount_is_listed_at_each_place() {
    let head = "Filesystem Type 1-blocks Used Available Capacity Mounted on";
    let text = format!(
        "{head}\n/dev/sda1 ext4 100 60 40 60% /\n\n@@quorate mounts\n/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /bind ext4 rw 0 0\n\
         srv:/vm /a nfs4 rw 0 0\nsrv:/vm /var/lib/libvirt/images nfs4 rw 0 0\n\
         /dev/mapper/vg-gfs /mnt/cluster/gfs gfs2 rw 0 0\n/dev/mapper/vg-gfs /vm gfs2 rw 0 0\n@@quorate more\n\
         {head}\nsrv:/vm nfs4 1000 10 990 1% /a\n{head}\nsrv:/vm nfs4 1000 10 990 1% /var/lib/libvirt/images\n\
         {head}\n/dev/mapper/vg-gfs gfs2 500 10 490 2% /vm\n"
    );
    let found = mounts(&text);
    let seen: Vec<_> = found.iter().map(|m| (m.mount.as_str(), m.size)).collect();
    let expected =
        [("/", Some(100)), ("/a", Some(1000)), ("/mnt/cluster/gfs", None), ("/var/lib/libvirt/images", Some(1000)), ("/vm", Some(500))];
    assert_eq!(seen, expected);
}

#[test]
fn an_overlay_is_kept_as_root_alone() {
    let text = "Filesystem Type 1-blocks Used Available Capacity Mounted on\noverlay overlay 10 1 9 10% /\noverlay overlay 10 1 9 10% /x\n";
    assert_eq!(mounts(text), [row("overlay", "overlay", "/", (10, 1, 9))]);
}

#[test]
fn no_heading_is_an_error() {
    assert_eq!(read(Question::Filesystems, "garbage\n").unwrap_err().kind, TroubleKind::Garbled);
    assert_eq!(ended(Question::Filesystems, "", "df: not found", 127).unwrap_err().kind, TroubleKind::Absent);
}

/// A df that prints nothing is no node without filesystems; but for one whose own all hold no files, and what another machine may block.
#[test]
fn silence_in_place_of_usage_is_said() {
    let said = |mounts: &str| read(Question::Filesystems, &format!("\n@@quorate mounts\n{mounts}\n@@quorate more\n"));
    for own in [
        "/dev/vda / ext4 rw 0 0",
        "overlay / overlay rw 0 0\nproc /proc proc rw 0 0",
        "proc /proc proc rw 0 0\n/dev/sdb1 /a\\040b xfs rw 0 0",
    ] {
        let trouble = said(own).unwrap_err();
        assert!(trouble.kind == TroubleKind::Garbled && trouble.text.contains("df said nothing, and /"), "{own}: {trouble}");
    }
    for none in ["proc /proc proc rw 0 0\ntmpfs / tmpfs rw 0 0", "rootfs / rootfs rw 0 0\nnone /x none rw 0 0"] {
        assert_eq!(rows!(Filesystems, said(none)), [], "{none}");
    }
    let dead = rows!(Filesystems, said("srv:/home /home nfs4 rw,hard 0 0\ntmpfs / tmpfs rw 0 0"));
    assert_eq!(dead.iter().map(|m| (m.mount.as_str(), m.size)).collect::<Vec<_>>(), [("/home", None)]);
}

#[test]
fn noise_in_place_of_usage_is_said() {
    let text = "\u{fffd}\u{7}garbage\n@@quorate mounts\n/dev/sda1 / ext4 rw 0 0\n@@quorate more\n";
    let trouble = super::host_support::read(quorate::domain::observation::Question::Filesystems, text).unwrap_err();
    assert!(trouble.text.contains("df's heading"), "{trouble}");
}
