# ns.sh: the namespace lab as a whole: up, down, status. Sourced by ../lab.
# shellcheck shell=bash

ns_running() {
  local n
  for n in $NODES; do ns_node_alive "$n" && echo "node$n"; done
  return 0
}

ns_prepare() { # files; only what is not in use is written
  local n
  identity_make
  identity_client "$LAB_DIR/client" nslab 10.78.1
  for n in $NODES; do identity_tree "$n"; done
  mkdir -p "$NS_DIR/shared"
  for n in $NODES; do
    [ -f "$NS_DIR/shared/vm$n.img" ] || guest_image "$NS_DIR/shared/vm$n.img"
    guest_xml "$n" "/srv/shared/vm$n.img" br0 "/srv/shared/vm$n.serial" >"$NS_DIR/shared/vm$n.xml"
  done
  # Not among the cluster's services until a test makes it one.
  [ -f "$NS_DIR/shared/busy.img" ] || guest_image "$NS_DIR/shared/busy.img" busy.S
  guest_xml 4 /srv/shared/busy.img br0 /srv/shared/busy.serial busy >"$NS_DIR/shared/busy.xml"
  cib ns >"$NS_DIR/shared/cib.xml"
}

ns_up() {
  local n log=$LAB_DIR/log/ns-up.log one=$NS_DIR/node1.log
  if [ "$(ns_running | wc -l)" = 3 ]; then say "namespace lab: already running, waiting until all is well"; fi
  step "files" "$log" ns_prepare
  step "network" "$log" ns_net_up
  for n in $NODES; do bmc_start "$n"; done
  for n in $NODES; do ns_node_start "$n"; done
  timing "3 nodes started"
  for n in $NODES; do wait_for 20 "BMC $n answers" "$LAB_DIR/ns/bmc/sim$n.log" bmc_answers "$n"; done
  wait_for 60 "quorum 3" "$NS_DIR/node1/upper/var/log/corosync/corosync.log" ns_quorum
  one=$NS_DIR/node1/upper/var/log/pacemaker/pacemaker.log
  wait_for 90 "pacemaker: 3 online" "$one" ns_online
  for n in $NODES; do wait_for 60 "libvirt on node$n" "$NS_DIR/node$n.log" ns_ask "$n" virsh -q version; done
  wait_for 120 "fence devices, group, clone and 3 guests started" "$one" ns_all_started
  for n in $NODES; do wait_for 20 "ssh to node$n" "$NS_DIR/node$n.log" ns_ssh "$n" true; done
  say "namespace lab is up; client files in $LAB_DIR/client"
}

ns_quorum() { ns_ask 1 corosync-quorumtool -s | grep -q 'Total votes: *3'; }
ns_online() { ns_ask 1 crm_mon -1 | grep -q 'Online: \[ node1 node2 node3 \]'; }
ns_all_started() {
  local out
  out=$(ns_ask 1 crm_mon -1 -r) || return 1
  [ "$(grep -cE '(vm[123]|fence-node[123]|web-(ip|app)).*Started node' <<<"$out")" = 8 ] &&
    grep -q 'Started: \[ node1 node2 node3 \]' <<<"$out"
}
ns_ssh() {
  local n=$1
  shift
  nsenter --net="/run/netns/$NS_HUB" ssh -n -F "$LAB_DIR/client/ssh_config" -o ConnectTimeout=5 -o BatchMode=yes "node$n" "$@"
}

ns_status() {
  local n
  netns_exists "$NS_HUB" || { echo "namespace lab: down"; return 1; }
  for n in $NODES; do
    echo "node$n: $(ns_node_alive "$n" && echo on || echo off), BMC: $([ -n "$(bmc_pid "$n")" ] && echo on || echo off)"
  done
  for n in $NODES; do ns_node_alive "$n" && { ns_ask "$n" crm_mon -1 -r && break; }; done || true
}

# Takes away whatever is there, whether or not the lab came up whole.
ns_down() {
  local n round pids all=("$NS_HUB")
  for n in $NODES; do all+=("$(ns_name "$n")"); done
  for n in $NODES; do bmc_stop "$n"; done
  for round in 1 2 3 4 5 6 7 8 9 10; do
    pids=$(ns_pids "${all[@]}")
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || true
    sleep 0.2
  done
  [ -z "$pids" ] || die "these processes of the lab do not die: $pids (round $round)"
  ns_net_down
  # Mounts die with the nodes' mount namespaces; a loop device goes with its mount.
  for n in $(seq 25); do
    [ -n "$(ns_leftovers)" ] || break
    sleep 0.2
  done
  [ -z "$(ns_leftovers)" ] || die "left behind: $(ns_leftovers)"
  rm -rf "$NS_DIR"
  say "namespace lab is down; kept in $LAB_DIR: the root, keys and client files"
}
ns_leftovers() {
  grep -sF " $NS_DIR/" /proc/self/mountinfo | cut -d' ' -f5
  losetup -nO BACK-FILE 2>/dev/null | grep -F "$NS_DIR/" || true
}
