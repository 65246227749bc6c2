# full-fault.sh: faults to order in lab-full. Sourced by ../lab.
# shellcheck shell=bash

full_fault_words() {
  cat >&2 <<'S'
lab: faults of lab-full (lab fault full WORD N [ARG], lab heal full WORD N):
  cut N              node N's four cables lead nowhere (carrier stays): it will be fenced
  freeze N           node N's processor stops: it will be fenced
  kill N             node N loses power, its BMC stays: it will be fenced, which starts it again
  nic N [ethX|bondX] carrier of one port lost (default eth0, one of bond0), or of both ports of a bond
  path N [a|b]       portal a (10.77.2.250) or b (.251, default) of the SAN no longer answers node N
  daemon N [NAME]    one service is stopped: corosync (default), pacemakerd, libvirtd, sshd
  fill N [PERCENT]   /srv/data (64 MB on a thin pool) on node N filled to PERCENT (default 99)
  fence N [HOW]      node N's BMC: down (default), password (wrong), address (gone)
  clock N [SECONDS]  node N's clock is off by SECONDS (default 90), minus for the past
S
}

full_fault() { # full_fault fault|heal WORD N [ARG]
  local verb=$1 word=$2 n=${3:-} arg=${4:-} known=1
  case $word in cut | freeze | kill | nic | path | daemon | fill | fence | clock) ;; *) known= ;; esac
  [ -n "$known" ] || { full_fault_words; die "unknown fault '$word'"; }
  need_node "$n"
  netns_exists "$FULL_NET" || die "lab-full is not up"
  "full_${verb}_$word" "$n" "$arg"
}

# port 0..3 of the machine is eth0..3; which switch each is plugged into: see full-net.sh
FULL_SWITCHES=(pubA cluA pubB cluB)
full_fault_cut() { local i; for i in 0 1 2 3; do ip -n "$FULL_NET" link set "tap$1-$i" nomaster; done; say "cut: node$1 is off both networks, its carrier stays"; }
full_heal_cut() { local i; for i in 0 1 2 3; do ip -n "$FULL_NET" link set "tap$1-$i" master "${FULL_SWITCHES[$i]}"; done; say "cut: node$1 is on both networks again"; }

full_fault_freeze() { full_hmp "$1" stop; say "freeze: node$1's processor stands still"; }
full_heal_freeze() { full_hmp "$1" cont; say "freeze: node$1 goes on (if it was not fenced meanwhile)"; }

full_fault_kill() { full_node_kill "$1"; say "kill: node$1 lost power, its BMC did not do it"; }
full_heal_kill() { full_node_start "$1"; say "kill: node$1 has power"; }

full_ports() {
  case ${1:-eth0} in
    eth[0-3]) echo "${1:-eth0}" | tr -d eth ;;
    bond0) echo 0 2 ;;
    bond1) echo 1 3 ;;
    '') echo 0 ;;
    *) die "nic: eth0..eth3, bond0 or bond1, not '$1'" ;;
  esac
}
full_fault_nic() { local i ports; ports=$(full_ports "${2:-eth0}"); for i in $ports; do full_hmp "$1" "set_link nic$i off"; done; say "nic: node$1 lost the carrier of ${2:-eth0}"; }
full_heal_nic() { local i; for i in 0 1 2 3; do full_hmp "$1" "set_link nic$i on"; done; say "nic: node$1 has the carrier of all four ports"; }

# The portal's answers to this node alone are thrown away.
full_portal() { case ${1:-b} in a) echo 10.77.2.250 ;; b) echo 10.77.2.251 ;; *) die "path: a or b, not '$1'" ;; esac; }
full_fault_path() {
  local portal
  portal=$(full_portal "$2")
  ip -n "$FULL_NET" rule list | grep -q "from $portal to 10.77.2.$1 " ||
    ip -n "$FULL_NET" rule add from "$portal" to "10.77.2.$1" priority 100 blackhole
  say "path: portal $portal no longer answers node$1 (multipath notices within 20 s)"
}
full_heal_path() {
  local portal
  for portal in 10.77.2.250 10.77.2.251; do
    while ip -n "$FULL_NET" rule del from "$portal" to "10.77.2.$1" blackhole 2>/dev/null; do :; done
  done
  # A machine that booted meanwhile has but one session.
  full_ask "$1" "full-san" || true
  say "path: both portals answer node$1"
}

full_units() { case $1 in pacemakerd) echo pacemaker ;; libvirtd) echo libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd-tcp.socket libvirtd ;; sshd) echo ssh ;; corosync) echo corosync ;; *) die "daemon: corosync, pacemakerd, libvirtd or sshd, not '$1'" ;; esac; }
full_fault_daemon() {
  local units
  units=$(full_units "${2:-corosync}")
  # --no-block: a stop may outlast our patience, and that of a node about to be fenced
  full_ask "$1" systemctl stop --no-block "$units"
  say "daemon: ${2:-corosync} on node$1 was told to end"
}
full_heal_daemon() {
  full_ask "$1" systemctl start --no-block ssh libvirtd-tcp.socket libvirtd.socket libvirtd-ro.socket libvirtd corosync pacemaker ||
    die "daemon: node$1 cannot be reached"
  say "daemon: all four on node$1 were told to start"
}

full_fault_fill() {
  full_ask "$1" "rm -f /srv/data/fill; set -- \$(df -kP /srv/data | awk 'NR==2 {print \$3, \$4}')
    dd if=/dev/urandom of=/srv/data/fill bs=1k count=\$(((\$1 + \$2) * ${2:-99} / 100 - \$1)) 2>/dev/null; sync -f /srv/data"
  say "fill: /srv/data on node$1 is at $(full_ask "$1" df -P /srv/data | awk 'NR==2 {print $5}')"
}
full_heal_fill() { full_ask "$1" 'rm -f /srv/data/fill; fstrim /srv/data'; say "fill: /srv/data on node$1 is emptied"; }

full_fault_fence() { bmc_break "$1" "${2:-down}"; }
full_heal_fence() { bmc_mend "$1"; }

full_fault_clock() { full_ask "$1" "date -s '${2:-90} seconds'" >/dev/null; say "clock: node$1 is off by ${2:-90} s"; }
full_heal_clock() { full_set_clock "$1"; say "clock: node$1 is right again"; }
