# ns-net.sh: the network of the namespace lab. Every link, bridge and address is born inside the lab's own namespaces:
# the hub has no way to the host's network, and the host none to it. Sourced by ../lab.
# shellcheck shell=bash

NS_HUB=${LAB_NAME}hub
ns_name() { echo "${LAB_NAME}n$1"; }

ns_net_up() {
  local n link bridge
  if ! netns_exists "$NS_HUB"; then
    ip netns add "$NS_HUB"
    ip -n "$NS_HUB" link set lo up
  fi
  # Two switches: hub0 carries 10.78.1.0/24 (ssh, BMCs, first corosync link), hub1 10.79.1.0/24 (second link).
  for link in 0 1; do
    bridge=hub$link
    ip -n "$NS_HUB" link show $bridge >/dev/null 2>&1 || ip -n "$NS_HUB" link add $bridge type bridge forward_delay 0
    ip -n "$NS_HUB" addr replace 10.7$((8 + link)).1.254/24 dev $bridge
    ip -n "$NS_HUB" link set $bridge up
  done
  for n in $NODES; do
    ip -n "$NS_HUB" addr replace "10.78.1.10$n/24" dev hub0
    ns_net_node "$n"
  done
}

ns_net_node() { # the node's namespace outlives the node, as a machine's cables do
  local n=$1 ns link
  ns=$(ns_name "$n")
  if ! netns_exists "$ns"; then
    ip netns add "$ns"
    ip -n "$ns" link set lo up
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null || true
  fi
  for link in 0 1; do
    ip -n "$ns" link show eth$link >/dev/null 2>&1 && continue
    ip -n "$NS_HUB" link add "port$n-$link" type veth peer name "eth$link" netns "$ns"
    ip -n "$NS_HUB" link set "port$n-$link" master hub$link up
    ip -n "$ns" addr add "10.7$((8 + link)).1.$n/24" dev "eth$link"
    ip -n "$ns" link set "eth$link" up
  done
  # The guests' bridge leads nowhere.
  ip -n "$ns" link show br0 >/dev/null 2>&1 && return 0
  ip -n "$ns" link add name br0 type bridge
  ip -n "$ns" link set br0 up
}

# Everything that lives in the lab's namespaces: found by the namespace's name, so that nothing need have been written down.
ns_pids() {
  local ns
  for ns in "$@"; do netns_exists "$ns" && ip netns pids "$ns" 2>/dev/null; done
  return 0
}

ns_net_down() {
  local ns n
  for n in $NODES; do
    ns=$(ns_name "$n")
    netns_exists "$ns" && ip netns del "$ns"
  done
  netns_exists "$NS_HUB" && ip netns del "$NS_HUB"
  return 0
}

# run CMD where quorate runs, as whoever called: root is only for entering the namespace
run_in_hub() {
  local hub=$NS_HUB
  [ "$KIND" = full ] && hub=${LAB_NAME}full
  netns_exists "$hub" || die "the lab is not up (no network namespace $hub): lab up"
  [ $# -gt 0 ] || die "run: which command?"
  [ "$(id -u)" = 0 ] && exec nsenter --net="/run/netns/$hub" -- "$@"
  command -v sudo >/dev/null || left_out "needs root to enter the lab's network, and there is no sudo"
  exec sudo --preserve-env nsenter --net="/run/netns/$hub" -- \
    setpriv --reuid="$(id -u)" --regid="$(id -g)" --init-groups env HOME="$HOME" PATH="$PATH" "$@"
}
