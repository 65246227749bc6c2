# full-image.sh: the disk image, kernel and initramfs of lab-full, from the same root as the namespace lab. Sourced by ../lab.
# shellcheck shell=bash

FULL_DIR=$LAB_DIR/full
FULL_NET=${LAB_NAME}full
FULL_IMG=$LAB_DIR/image # kept by `down`, like the root

# in_root CMD...: runs a program of the nodes' root on the host (qemu, qemu-img), with the lab folder at /mnt. So the host
# needs no qemu of its own, whose packages fight over versions. Mounts are private to the program.
in_root() {
  unshare --mount --propagation private -- bash -c '
    set -e
    root=$1 dir=$2; shift 2
    mount --bind "$dir" "$root/mnt"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' in_root "$LAB_ROOT" "$LAB_DIR" "$@"
}

full_image_stamp() {
  { echo "$(cat "$LAB_ROOT.stamp")"; cat "$LAB_HOME/node/configure-full" "$LAB_HOME"/node/full-* "$LAB_HOME/lib/full-image.sh"; } |
    sha256sum | cut -c1-32
}

full_image() {
  local stamp
  stamp=$(full_image_stamp)
  [ "$(cat "$FULL_IMG/stamp" 2>/dev/null)" = "$stamp" ] && return 0
  [ -z "$(full_running)" ] || die "the image's recipe has changed while lab-full is up; run 'lab down full' first"
  rm -rf "$FULL_IMG"
  mkdir -p "$FULL_IMG"
  step "kernel and initramfs" "$LAB_DIR/log/initramfs.log" full_initramfs
  step "disk image" "$LAB_DIR/log/image.log" full_disk
  echo "$stamp" >"$FULL_IMG/stamp"
}

# The image is the root with configure-full laid over it; the root itself stays as it is for the other lab. With a journal: fencing cuts a node's power, and
# its files must be whole when it comes back.
full_disk() {
  mkdir -p "$FULL_IMG/over/upper" "$FULL_IMG/over/work" "$FULL_IMG/over/mnt"
  # shellcheck disable=SC2016
  unshare --mount --propagation private -- bash -c '
    set -e
    over=$1/over raw=$1/base.raw
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$over/upper,workdir=$over/work" "$over/mnt"
    "$3/node/configure-full" "$over/mnt"
    truncate -s 3G "$raw"
    mke2fs -q -t ext4 -O ^metadata_csum -J size=16 -E lazy_itable_init=1,nodiscard -m 0 -d "$over/mnt" "$raw"
  ' full_disk "$FULL_IMG" "$LAB_ROOT" "$LAB_HOME"
  in_root qemu-img convert -f raw -O qcow2 /mnt/image/base.raw /mnt/image/base.qcow2
  rm -rf "$FULL_IMG/base.raw" "$FULL_IMG/over"
}

# A small uncompressed initramfs: busybox and what the root disk needs. Debian's own takes half a minute to make, and
# longer to unpack under emulation.
full_initramfs() {
  local kv dir=$FULL_IMG/ird m f
  kv=$(ls "$LAB_ROOT/lib/modules")
  cp "$LAB_ROOT/boot/vmlinuz-$kv" "$FULL_IMG/vmlinuz"
  mkdir -p "$dir"/{bin,mod,proc,sys,dev,root}
  cp "$LAB_ROOT/bin/busybox" "$dir/bin/"
  ln -s busybox "$dir/bin/sh"
  for m in virtio_pci virtio_blk virtio_net virtio_rng ext4 crc32c_generic crc32c_intel; do
    in_root modprobe -S "$kv" --show-depends $m | awk '$1 == "insmod" {print $2}'
  done | awk '!seen[$0]++' | while read -r f; do
    cp "$LAB_ROOT/$f" "$dir/mod/"
    basename "$f"
  done >"$dir/mod/order"
  cp "$LAB_HOME/node/full-initramfs" "$dir/init"
  chmod 755 "$dir/init"
  (cd "$dir" && find . | "$LAB_ROOT/bin/busybox" cpio -o -H newc 2>/dev/null) >"$FULL_IMG/initrd.img"
  rm -rf "$dir"
}
