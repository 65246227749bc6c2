# ns-fault.sh: faults to order in the namespace lab. Sourced by ../lab.
# shellcheck shell=bash

ns_fault_words() {
  cat >&2 <<'S'
lab: faults of the namespace lab (lab fault WORD N [ARG], lab heal WORD N):
  cut N              node N's two cables lead nowhere (carrier stays): it will be fenced
  freeze N           every process of node N stops (SIGSTOP): it will be fenced
  kill N             node N loses power, its BMC stays: it will be fenced, which starts it again
  nic N [eth0|eth1]  one cable of node N pulled, carrier lost (default eth1: ssh goes by eth0)
  daemon N [NAME]    one daemon ends: corosync (default), pacemakerd, libvirtd, sshd
  fill N [PERCENT]   /srv/data (64 MB) on node N filled to PERCENT (default 99)
  fence N [HOW]      node N's BMC: down (default), password (wrong), address (gone)
  clock N [SECONDS]  `date` on node N is off by SECONDS (default 90); logs are not: for a real skew use lab-full
  path               only in lab-full (a namespace has no multipath)
S
}

ns_fault() { # ns_fault fault|heal WORD N [ARG]
  local verb=$1 word=$2 n=${3:-} arg=${4:-} known=1
  case $word in cut | freeze | kill | nic | daemon | fill | fence | clock) ;; path) die "path: only in lab-full (lab fault full path)" ;; *) known= ;; esac
  [ -n "$known" ] || { ns_fault_words; die "unknown fault '$word'"; }
  need_node "$n"
  netns_exists "$NS_HUB" || die "the namespace lab is not up"
  "ns_${verb}_$word" "$n" "$arg"
}

ns_port() { ip -n "$NS_HUB" link set "port$1-$2" "${@:3}"; }

ns_fault_cut() { ns_port "$1" 0 nomaster; ns_port "$1" 1 nomaster; say "cut: node$1 is off both networks, its carrier stays"; }
ns_heal_cut() { ns_port "$1" 0 master hub0; ns_port "$1" 1 master hub1; say "cut: node$1 is on both networks again"; }

ns_eth() { case ${1:-eth1} in eth0) echo 0 ;; eth1) echo 1 ;; *) die "nic: eth0 or eth1, not '$1'" ;; esac; }
ns_fault_nic() { local l; l=$(ns_eth "$2"); ns_port "$1" "$l" down; say "nic: node$1 lost the carrier of eth$l"; }
ns_heal_nic() { ns_port "$1" 0 up; ns_port "$1" 1 up; say "nic: node$1 has the carrier of eth0 and eth1"; }

ns_signal_all() { # every process of the node's pid namespace, the lab's own `exec`s not
  local pid want
  pid=$(ns_node_pid "$2")
  [ -n "$pid" ] || die "node$2 is switched off"
  want=$(readlink "/proc/$pid/ns/pid")
  for pid in $(ns_pids "$(ns_name "$2")"); do
    [ "$(readlink "/proc/$pid/ns/pid" 2>/dev/null)" = "$want" ] && kill "-$1" "$pid" 2>/dev/null
  done
  return 0
}
# Twice: what was forked during the first round is caught by the second.
ns_fault_freeze() { ns_signal_all STOP "$1"; ns_signal_all STOP "$1"; say "freeze: every process of node$1 is stopped"; }
ns_heal_freeze() { ns_node_alive "$1" && ns_signal_all CONT "$1"; say "freeze: node$1 goes on (if it was not fenced meanwhile)"; }

ns_fault_kill() { ns_node_kill "$1"; say "kill: node$1 lost power, its BMC did not do it"; }
ns_heal_kill() { ns_node_start "$1"; say "kill: node$1 has power"; }

ns_fault_daemon() { ns_ask "$1" /usr/local/lib/ns-daemon stop "${2:-corosync}"; say "daemon: ${2:-corosync} on node$1 was told to end"; }
ns_heal_daemon() {
  local d
  for d in ${2:-sshd libvirtd corosync pacemakerd}; do ns_ask "$1" /usr/local/lib/ns-daemon start "$d"; done
  say "daemon: ${2:-all four} on node$1 run"
}

ns_fault_fill() {
  # shellcheck disable=SC2016
  ns_ask "$1" sh -c 'rm -f /srv/data/fill; set -- $1 $(df -kP /srv/data | awk "NR==2 {print \$3, \$4}")
    dd if=/dev/zero of=/srv/data/fill bs=1k count=$((($2 + $3) * $1 / 100 - $2)) 2>/dev/null; sync -f /srv/data' fill "${2:-99}"
  say "fill: /srv/data on node$1 is at $(ns_ask "$1" df -P /srv/data | awk 'NR==2 {print $5}')"
}
ns_heal_fill() { ns_ask "$1" rm -f /srv/data/fill; say "fill: /srv/data on node$1 is emptied"; }

ns_fault_fence() { bmc_break "$1" "${2:-down}"; }
ns_heal_fence() { bmc_mend "$1"; }

# CLOCK_REALTIME has no namespace: only what asks `date` is fooled.
ns_fault_clock() {
  local s=${2:-90}
  # shellcheck disable=SC2016
  ns_ask "$1" sh -c 'printf "#!/bin/sh\nexec /usr/bin/date -d \"now %+d seconds\" \"\$@\"\n" "$1" >/usr/local/bin/date; chmod 755 /usr/local/bin/date' clock "$s"
  say "clock: \`date\` on node$1 is off by $s s (logs and system calls are not)"
}
ns_heal_clock() { ns_ask "$1" rm -f /usr/local/bin/date; say "clock: \`date\` on node$1 tells the truth"; }
