# deps.sh: the few programs the host itself needs. Sourced by ../lab.
# shellcheck shell=bash

# command:package, so that nothing is asked of apt when all is there
DEPS_NS="mmdebstrap:mmdebstrap ipmi_sim:openipmi ipmitool:ipmitool ip:iproute2 as:binutils ssh-keygen:openssh-client"
# qemu is the nodes' own, run from their root (full-image.sh): the host's packages of it are left alone
DEPS_FULL="tgtd:tgt mke2fs:e2fsprogs socat:socat cc:gcc"

deps_missing() { # deps_missing LIST...: prints the packages of the missing commands
  local pair
  for pair in $*; do
    command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
  done
}

deps_install() { # deps_install [full]
  local want missing
  want=$DEPS_NS
  [ "${1:-}" = full ] && want="$DEPS_NS $DEPS_FULL"
  missing=$(deps_missing "$want" | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  say "installing on this machine: $missing"
  # shellcheck disable=SC2086
  step "deps" "$LAB_DIR/log/deps.log" deps_apt $missing
  missing=$(deps_missing "$want" | tr '\n' ' ')
  [ -z "${missing// /}" ] || die "still missing after apt-get: $missing; log: $LAB_DIR/log/deps.log"
  # The package starts a target of its own where there is a service manager; the lab runs its own in its own namespace.
  if [ "${1:-}" = full ] && [ -d /run/systemd/system ]; then systemctl disable --now -q tgt 2>/dev/null || true; fi
}

deps_apt() {
  export DEBIAN_FRONTEND=noninteractive
  local wait=(-q -o DPkg::Lock::Timeout=300)
  # Daemons of these packages must not start in the host's own network: policy-rc.d says no, for this call alone.
  local policy=/usr/sbin/policy-rc.d mine=
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod 755 $policy; mine=1; }
  # shellcheck disable=SC2064
  [ -z "$mine" ] || trap "rm -f $policy" EXIT
  apt-get install -y --no-remove --no-install-recommends "${wait[@]}" "$@" || {
    apt-get update "${wait[@]}"
    apt-get install -y --no-remove --no-install-recommends "${wait[@]}" "$@"
  }
}
