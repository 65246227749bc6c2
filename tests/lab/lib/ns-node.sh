# ns-node.sh: one node as a set of Linux namespaces over the shared root. Sourced by ../lab.
# shellcheck shell=bash

NS_DIR=$LAB_DIR/ns

# The host's pid of the node's process 1. Read from the kernel each time: a pid file would lie after a crash.
ns_node_pid() {
  local ns
  ns=$(ns_name "$1")
  netns_exists "$ns" || return 0
  ip netns pids "$ns" 2>/dev/null | sed 's#.*#/proc/&/status#' | xargs -r grep -slE '^NSpid:.*[[:space:]]1$' 2>/dev/null |
    sed 's#/proc/\([0-9]*\)/.*#\1#' | head -n 1 || true
}
ns_node_alive() { [ -n "$(ns_node_pid "$1")" ]; }

ns_node_start() {
  local n=$1 dir=$NS_DIR/node$1
  ns_node_alive "$n" && return 0
  mkdir -p "$dir/upper" "$dir/work" "$dir/mnt"
  # A time namespace gives the node an uptime of its own: after a fencing it starts again from nothing.
  setsid ip netns exec "$(ns_name "$n")" \
    unshare --mount --uts --ipc --pid --fork --kill-child --propagation private \
    --time --boottime "-$(cut -d. -f1 /proc/uptime)" \
    "$LAB_HOME/node/ns-init" "$n" "$LAB_ROOT" "$NS_DIR" "$LAB_DIR/keys/tree$n" \
    </dev/null >>"$NS_DIR/node$n.log" 2>&1 9>&- &
}

# The whole pid namespace dies with its process 1, guests included: as pulling the plug.
ns_node_kill() {
  local pid i
  pid=$(ns_node_pid "$1")
  [ -n "$pid" ] || return 0
  kill -9 "$pid" 2>/dev/null || true
  for i in $(seq 50); do
    [ -e "/proc/$pid" ] || break
    sleep 0.05
  done
  return 0
}

# ns_enter N: the words that go before a command on node N, in NS_ENTER
ns_enter() {
  local pid
  pid=$(ns_node_pid "$1")
  [ -n "$pid" ] || { echo "lab: error: node$1 is switched off" >&2; return 1; }
  NS_ENTER=(nsenter -t "$pid" -m -u -i -n -p -T -r -w -- env -i HOME=/root USER=root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
}
ns_exec() { ns_enter "$1" && shift && exec "${NS_ENTER[@]}" "$@"; }
# the same with a time limit and without input, for the lab's own questions; a daemon started so must not keep the lock
ns_ask() { ns_enter "$1" && shift && timeout 10 "${NS_ENTER[@]}" "$@" </dev/null 9>&-; }
