# common.sh: names, messages, waiting. Sourced by ../lab.
# shellcheck shell=bash

LAB_DIR=${QUORATE_LAB_DIR:-$LAB_HOME/../../target/lab}
LAB_DIR=$(realpath -m "$LAB_DIR")
# A short prefix of every network namespace, so that two labs can stand side by side.
LAB_NAME=${QUORATE_LAB_NAME:-q}
# The root file system may be shared by several lab folders.
LAB_ROOT=$(realpath -m "${QUORATE_LAB_ROOT:-$LAB_DIR/root}")
NODES="1 2 3"
LAB_T0=$(date +%s%N)

say() { echo "lab: $*" >&2; }
die() { echo "lab: error: $*" >&2; exit 1; }
# 77 is what `make test` reads as "left out", as automake's tests do.
left_out() { echo "lab: left out: $*" >&2; exit 77; }

elapsed() {
  local ms=$((($(date +%s%N) - LAB_T0) / 1000000))
  printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
}
timing() { say "$(printf '%8s' "$(elapsed)")  $*"; }

# wait_for SECONDS WHAT LOG COMMAND...: polls until COMMAND succeeds; ends the program, naming WHAT and LOG, if it never does.
wait_for() {
  local limit=$1 what=$2 log=$3 end=$((SECONDS + $1)) told=$((SECONDS + 60))
  shift 3
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      [ -f "$log" ] && tail -n 15 "$log" >&2
      die "step '$what' not reached within $limit s; log: $log"
    fi
    if [ $SECONDS -ge $told ]; then timing "(still waiting: $what; log: $log)"; told=$((SECONDS + 60)); fi
    sleep "${LAB_POLL:-0.2}"
  done
  timing "$what"
}

# step WHAT LOG COMMAND...: runs COMMAND with its output in LOG and names both if it fails.
step() {
  local what=$1 log=$2
  shift 2
  mkdir -p "$(dirname "$log")"
  # A subshell with its own -e: inside an if-condition bash would ignore a failure in the middle of a function.
  local rc=0
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  rc=$?
  set -e
  if [ $rc -ne 0 ]; then
    tail -n 15 "$log" >&2
    die "step '$what' failed (exit $rc); log: $log"
  fi
  timing "$what"
}

is_node() { case " $NODES " in *" ${1:-} "*) [ -n "${1:-}" ] ;; *) return 1 ;; esac; }
need_node() { is_node "${1:-}" || die "which node? one of: $NODES (got '${1:-}')"; }
rand_word() { head -c 64 /dev/urandom | sha256sum | cut -c1-"${1:-14}"; }

netns_exists() { [ -e "/run/netns/$1" ]; }

# become_root ARGS...: runs ../lab again as root. Only the lab asks for root, the caller's program never does.
become_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || left_out "needs root (network namespaces), and there is no sudo"
  if ! sudo -n true 2>/dev/null; then
    [ -t 0 ] || left_out "needs root (network namespaces), and sudo asks for a password without a terminal"
    say "needs root for network namespaces and mounts; asking sudo for 'lab $1' alone"
  fi
  exec sudo QUORATE_LAB_DIR="$LAB_DIR" QUORATE_LAB_NAME="$LAB_NAME" QUORATE_LAB_ROOT="$LAB_ROOT" "$LAB_HOME/lab" "$@"
}

# Can this machine carry the lab at all?
check_machine() {
  [ -f /etc/debian_version ] && command -v apt-get >/dev/null || left_out "not Debian, the nodes are built from Debian's packages"
  unshare --mount --uts --ipc --net --pid --fork true 2>/dev/null || left_out "this machine does not allow new namespaces"
  grep -qw overlay /proc/filesystems || modprobe -q overlay || left_out "the kernel has no overlay file system"
}

# One lab command at a time per folder. Everything long-lived is started with 9>&- so that it does not hold the lock.
take_lock() { # take_lock [anyway]: `down` must work whatever went wrong before
  mkdir -p "$LAB_DIR"
  exec 9>"$LAB_DIR/.lock"
  flock -n 9 && return
  say "waiting for another lab command to end"
  if [ "${1:-}" = anyway ]; then
    flock -w 60 9 || say "still held after 60 s; going on all the same"
  else
    flock -w 900 9 || die "another lab command has held $LAB_DIR/.lock for 15 minutes"
  fi
}
