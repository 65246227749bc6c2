# full-node.sh: one node of lab-full: a QEMU guest under software emulation (KVM does not carry it on such machines). Sourced by ../lab.
# shellcheck shell=bash

# The host's pid, found by name and namespace, not from a file that a crash leaves behind.
full_node_pid() { pgrep -f "^qemu-system-x86_64 -name ${FULL_NET}-node$1 " | head -n 1 || true; }
full_node_alive() { [ -n "$(full_node_pid "$1")" ]; }
full_running() { local n; for n in $NODES; do full_node_alive "$n" && echo "node$n"; done; return 0; }

# The rate of the clock that the machines read, for their kernels: measured by themselves it is wrong on a busy host.
full_tsc() {
  local khz
  khz=$(cat "$FULL_DIR/tsc-khz" 2>/dev/null)
  [ -z "$khz" ] || echo " tsc_early_khz=$khz"
}
full_measure_tsc() {
  [ "$(uname -m)" = x86_64 ] || return 0
  cc -O1 -o "$FULL_DIR/tsc" "$LAB_HOME/tsc.c"
  "$FULL_DIR/tsc" >"$FULL_DIR/tsc-khz"
}

# -cpu Nehalem: measured a quarter less of the host's time than `max`, whose newest instructions are slow to emulate.
full_node_start() {
  local n=$1 i args=() dir=/mnt/full
  full_node_alive "$n" && return 0
  [ -f "$FULL_DIR/node$n.qcow2" ] || in_root qemu-img create -q -f qcow2 -F qcow2 -b /mnt/image/base.qcow2 $dir/node$n.qcow2
  [ -f "$FULL_DIR/data$n.img" ] || truncate -s 128M "$FULL_DIR/data$n.img"
  for i in 0 1 2 3; do
    args+=(-netdev "tap,id=n$i,ifname=tap$n-$i,script=no,downscript=no"
      -device "virtio-net-pci,netdev=n$i,id=nic$i,mac=52:54:00:77:0$n:0$i,romfile=")
  done
  rm -f "$FULL_DIR/hmp$n.sock"
  # shellcheck disable=SC2016
  (
    exec 9>&-
    export -f in_root
    export LAB_ROOT LAB_DIR
    # Ahead of what else runs: a starved node is taken for a dead one. Where the kernel shares out the processors by session
    # (sched(7), "The autogroup feature"), a nice value counts within the session alone, and the session has one of its own.
    setsid nice -n -5 nsenter --net="/run/netns/$FULL_NET" -- bash -c 'echo -10 >/proc/self/autogroup; in_root "$@"' node \
      qemu-system-x86_64 -name "$FULL_NET-node$n" -machine pc -accel tcg,thread=multi,tb-size=256 -cpu Nehalem -smp 1 -m 1280 \
      -nodefaults -display none -no-reboot -kernel /mnt/image/vmlinuz -initrd /mnt/image/initrd.img \
      -append "console=ttyS0 quiet net.ifnames=0 mitigations=off nokaslr tsc=reliable$(full_tsc) no_timer_check audit=0 lab.node=$n systemd.machine_id=$(printf %032x "$n") systemd.hostname=node$n" \
      -drive "file=$dir/node$n.qcow2,if=virtio,format=qcow2,cache=unsafe" \
      -drive "file=/mnt/keys/tree$n.tar,if=virtio,format=raw,readonly=on" \
      -drive "file=$dir/data$n.img,if=virtio,format=raw,cache=unsafe" \
      -device virtio-rng-pci "${args[@]}" -serial "file:$dir/console$n.log" \
      -monitor "unix:$dir/hmp$n.sock,server=on,wait=off"
  ) </dev/null >>"$FULL_DIR/qemu$n.log" 2>&1 &
}

full_node_kill() {
  local pid i
  pid=$(full_node_pid "$1")
  [ -n "$pid" ] || return 0
  kill -9 "$pid" 2>/dev/null || true
  for i in $(seq 50); do [ -e "/proc/$pid" ] || break; sleep 0.05; done
  return 0
}

full_hmp() { # full_hmp N WORDS: one word to the machine's monitor
  local n=$1
  shift
  [ -S "$FULL_DIR/hmp$n.sock" ] || die "node$n is switched off"
  # The monitor closes nothing of itself: socat waits a moment for its answer after our end.
  (cd "$FULL_DIR" && echo "$*" | socat -t 1 - "UNIX-CONNECT:hmp$n.sock") >/dev/null
}

full_ssh() { # through the lab's own door (configure-full), so that it gets in when a fault has stopped the node's sshd
  local n=$1
  shift
  nsenter --net="/run/netns/$FULL_NET" ssh -p 2022 -F "$LAB_DIR/client-full/ssh_config" -o ConnectTimeout=20 -o BatchMode=yes \
    -o ServerAliveInterval=10 -o ServerAliveCountMax=3 "node$n" "$@"
}
full_exec() { local n=$1; shift; full_ssh "$n" "$@"; }
full_ask() { timeout 60 nsenter --net="/run/netns/$FULL_NET" ssh -n -p 2022 -F "$LAB_DIR/client-full/ssh_config" -o ConnectTimeout=20 -o BatchMode=yes "node$1" "${@:2}" 9>&-; }

# Sets a node's clock by ours: a kernel boots with whole seconds, and nothing in the lab serves time. Of several questions over one
# connection that with the shortest way there and back counts.
full_set_clock() {
  local n=$1 there before after best=0 offset=0 i to from
  coproc CLOCK { full_ssh "$n" 'while read -r x; do date +%s%N; done'; } 9>&-
  to=${CLOCK[1]} from=${CLOCK[0]}
  for i in 1 2 3 4 5; do
    before=$(date +%s%N)
    echo >&"$to"
    read -r -t 60 there <&"$from" || die "node$n does not tell its time"
    after=$(date +%s%N)
    if [ $i = 1 ] || [ $((after - before)) -lt "$best" ]; then
      best=$((after - before))
      offset=$(((before + after) / 2 - there))
    fi
  done
  eval "exec $to>&- $from<&-"
  wait "$CLOCK_PID" 2>/dev/null || true
  full_ask "$n" "t=\$((\$(date +%s%N) + $offset)); date -s @\$((t / 1000000000)).\$(printf %09d \$((t % 1000000000)))" >/dev/null
}
