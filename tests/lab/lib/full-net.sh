# full-net.sh: lab-full's network (one namespace: two networks, each on two switches) and its SAN. Sourced by ../lab.
# shellcheck shell=bash

full_net_up() {
  local ns=$FULL_NET b n i
  netns_exists "$ns" && return 0
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  for b in pubA pubB cluA cluB; do
    ip -n "$ns" link add $b type bridge forward_delay 0
    ip -n "$ns" link set $b up
  done
  # the cable between the two switches of each network
  for n in pub clu; do
    ip -n "$ns" link add ${n}X type veth peer name ${n}Y
    ip -n "$ns" link set ${n}X master ${n}A up
    ip -n "$ns" link set ${n}Y master ${n}B up
  done
  for i in 254 101 102 103; do ip -n "$ns" addr add 10.77.1.$i/24 dev pubA; done
  for i in 250 251; do ip -n "$ns" addr add 10.77.2.$i/24 dev cluA; done
  for n in $NODES; do
    i=0
    for b in pubA cluA pubB cluB; do # eth0 and eth2 are bond0, eth1 and eth3 bond1
      ip -n "$ns" tuntap add "tap$n-$i" mode tap
      ip -n "$ns" link set "tap$n-$i" master $b up
      i=$((i + 1))
    done
  done
}

# tgt: one target, three disks, two portals. Only the last --iscsi portal= of the command line counts: the second is added later.
full_tgt() { ip netns exec "$FULL_NET" tgtadm -C 77 --lld iscsi "$@"; }
full_san_running() { full_tgt --op show --mode target >/dev/null 2>&1; }

full_san_up() {
  local i
  full_san_running && return 0
  mkdir -p "$FULL_DIR/luns" /run/tgtd
  for i in 1 2 3; do [ -f "$FULL_DIR/luns/lun$i.img" ] || truncate -s 3G "$FULL_DIR/luns/lun$i.img"; done
  # The control port (a socket under /run/tgtd) is one that no target of the host's own uses. Ahead of the nodes themselves: starved, it is a storage that is
  # lost on both paths (see full-node.sh for the session's own share).
  setsid ip netns exec "$FULL_NET" bash -c 'echo -15 >/proc/self/autogroup; exec "$@"' san tgtd -C 77 --foreground --iscsi portal=10.77.2.250:3260 </dev/null >"$FULL_DIR/tgtd.log" 2>&1 9>&- &
  for i in $(seq 50); do full_san_running && break; sleep 0.2; done
  full_tgt --op new --mode portal --param portal=10.77.2.251:3260
  full_tgt --op new --mode target --tid 1 -T iqn.2026-01.lab:san
  for i in 1 2 3; do
    full_tgt --op new --mode logicalunit --tid 1 --lun $i -b "$FULL_DIR/luns/lun$i.img"
    full_tgt --op update --mode logicalunit --tid 1 --lun $i --params "vendor_id=LABSAN,product_id=LUN$i,scsi_sn=lab000$i,scsi_id=lab-lun-$i"
  done
  full_tgt --op bind --mode target --tid 1 -I ALL
}
