# guests.sh: the tiny virtual machines of both labs: a boot sector that counts on its serial port. Sourced by ../lab.
# shellcheck shell=bash

guest_image() { # guest_image FILE [SOURCE]: a 1 MiB disk (a bare 512-byte file does not boot)
  local tmp
  tmp=$(mktemp -d)
  as --32 -I "$LAB_HOME/guest" -o "$tmp/boot.o" "$LAB_HOME/guest/${2:-bootsec.S}"
  ld -m elf_i386 -Ttext=0x7c00 --oformat binary -o "$tmp/boot.bin" "$tmp/boot.o"
  [ "$(stat -c %s "$tmp/boot.bin")" = 512 ] || { echo "boot sector is not 512 bytes"; return 1; }
  truncate -s 1M "$tmp/boot.bin"
  mv "$tmp/boot.bin" "$1"
  rm -rf "$tmp"
}

# guest_xml N DISK BRIDGE SERIAL [NAME]. <name> stands on a line of its own: VirtualDomain reads it with a line pattern.
guest_xml() {
  local n=$1 disk=$2 bridge=$3 serial=$4 name=${5:-vm$1} source
  case $disk in
    /dev/*) source="<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/><source dev='$disk'/>" ;;
    *) source="<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='$disk'/>" ;;
  esac
  cat <<S
<domain type='qemu'>
  <name>$name</name>
  <uuid>00000000-0000-4000-8000-00000000000$n</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>restart</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    $source<target dev='vda' bus='virtio'/></disk>
    <interface type='bridge'><mac address='52:54:00:98:00:0$n'/><source bridge='$bridge'/><model type='virtio'/></interface>
    <serial type='file'><source path='$serial' append='on'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
S
}
