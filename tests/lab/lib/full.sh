# full.sh: lab-full as a whole: up, down, status. Sourced by ../lab.
# shellcheck shell=bash

full_prepare() {
  local n
  identity_make
  identity_client "$LAB_DIR/client-full" fulllab 10.77.1
  for n in $NODES; do
    identity_tree "$n"
    # A running node has this file open as a disk.
    full_node_alive "$n" || tar --numeric-owner -C "$LAB_DIR/keys/tree$n" -cf "$LAB_DIR/keys/tree$n.tar" .
  done
  mkdir -p "$FULL_DIR/guests"
  [ -s "$FULL_DIR/tsc-khz" ] || full_measure_tsc
  guest_image "$FULL_DIR/guests/vm.img"
  for n in $NODES; do guest_xml "$n" "/dev/vgvm/vm$n" br0 "/var/log/vm$n.serial" >"$FULL_DIR/guests/vm$n.xml"; done
  cib_configuration full Stopped >"$FULL_DIR/cib-stage1.xml"
  cib_configuration full >"$FULL_DIR/cib.xml"
}

full_up() {
  LAB_POLL=2 # each question costs an emulated node a second
  local n con=$FULL_DIR/console1.log log=$LAB_DIR/log/full-up.log
  full_image
  step "files" "$log" full_prepare
  step "network" "$log" full_net_up
  step "SAN" "$log" full_san_up
  for n in $NODES; do bmc_start "$n"; done
  for n in $NODES; do full_node_start "$n"; done
  timing "3 machines started"
  for n in $NODES; do wait_for 120 "BMC $n answers" "$FULL_DIR/bmc/sim$n.log" bmc_answers "$n"; done
  for n in $NODES; do wait_for 900 "ssh to node$n" "$FULL_DIR/console$n.log" full_ask "$n" true; done
  for n in $NODES; do full_set_clock "$n"; done
  wait_for 900 "pacemaker: 3 online, quorum 3" "$con" full_online
  for n in $NODES; do wait_for 600 "SAN on node$n: 3 maps, 2 paths each" "$con" full_paths "$n"; done
  if ! full_all_started; then
    step "configuration: fencing and locks" "$log" full_push "$FULL_DIR/cib-stage1.xml"
    wait_for 900 "dlm and lvmlockd on 3 nodes" "$con" full_locking
    step "volume groups, GFS2, guests" "$LAB_DIR/log/full-setup.log" full_setup
    step "configuration: everything" "$log" full_push "$FULL_DIR/cib.xml"
  fi
  wait_for 1500 "all services started" "$con" full_all_started
  say "lab-full is up; client files in $LAB_DIR/client-full"
}

full_online() {
  full_ask 1 'crm_mon -1; corosync-quorumtool -s' >"$FULL_DIR/last-answer" || true
  grep -q 'Online: \[ node1 node2 node3 \]' "$FULL_DIR/last-answer" && grep -q 'Total votes: *3' "$FULL_DIR/last-answer"
}
full_paths() { [ "$(full_ask "$1" multipathd show paths format %m:%t 2>/dev/null | grep -cE 'san[123] *:active')" = 6 ]; }
# --modify, not --replace: what the cluster has noted of itself (its version among it) stays.
full_push() { full_ssh 1 'cat >/root/cib.xml && cibadmin --modify --allow-create --scope configuration --xml-file /root/cib.xml' <"$1"; }
full_locking() { full_ask 1 crm_mon -1 -r >"$FULL_DIR/last-answer" && grep -A 1 'Clone Set: locking' "$FULL_DIR/last-answer" | grep -q 'Started: \[ node1 node2 node3 \]'; }
full_setup() {
  tar -C "$FULL_DIR" -cf - guests | full_ssh 1 'tar -C /root -xf - && full-setup'
}
full_all_started() {
  full_ask 1 crm_mon -1 -r >"$FULL_DIR/last-answer" || return 1
  [ "$(grep -cE '(vm[123]|fence-node[123]|web-(ip|app)).*Started node' "$FULL_DIR/last-answer")" = 8 ] &&
    [ "$(grep -cF 'Started: [ node1 node2 node3 ]' "$FULL_DIR/last-answer")" = 3 ]
}

full_status() {
  local n
  netns_exists "$FULL_NET" || { echo "lab-full: down"; return 1; }
  for n in $NODES; do
    echo "node$n: $(full_node_alive "$n" && echo on || echo off), BMC: $([ -n "$(bmc_pid "$n")" ] && echo on || echo off)"
  done
  for n in $NODES; do full_ask "$n" crm_mon -1 -r && return 0; done
  return 1
}

# Machines, BMCs and the SAN all live in one namespace: whatever is in it goes, then it goes.
full_down() {
  local round pids=
  for round in 1 2 3 4 5 6 7 8 9 10; do
    pids=$(ns_pids "$FULL_NET")
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086
    kill -9 $pids 2>/dev/null || true
    sleep 0.3
  done
  [ -z "$pids" ] || die "these processes of lab-full do not die: $pids (round $round)"
  ! netns_exists "$FULL_NET" || ip netns del "$FULL_NET"
  rm -f /run/tgtd/socket.77 /run/tgtd/socket.77.lock
  rmdir /run/tgtd 2>/dev/null || true
  ! grep -qF " $FULL_DIR" /proc/self/mountinfo || die "left behind: $(grep -F " $FULL_DIR" /proc/self/mountinfo)"
  rm -rf "$FULL_DIR"
  say "lab-full is down; kept in $LAB_DIR: the root, the image, keys and client files"
}
