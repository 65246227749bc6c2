# bmc.sh: one real IPMI BMC simulator (ipmi_sim, RMCP+/lanplus) per node, in the lab's own network. Sourced by ../lab.
# shellcheck shell=bash

bmc_dir() { echo "$LAB_DIR/$KIND/bmc"; }
bmc_hub() { [ "$KIND" = full ] && echo "${LAB_NAME}full" || echo "${LAB_NAME}hub"; }
bmc_net() { [ "$KIND" = full ] && echo 10.77.1 || echo 10.78.1; }
bmc_pid() { pgrep -f "ipmi_sim -n -c $(bmc_dir)/lan$1.conf " || true; }

# bmc_config N PASSWORD: ipmi_sim hands power on and off to `lab chassis`, through a wrapper that knows this lab
bmc_config() {
  local n=$1 password=$2 dir
  dir=$(bmc_dir)
  mkdir -p "$dir/state$n"
  cat >"$dir/chassis" <<S
#!/bin/bash
# ipmi_sim sets LD_LIBRARY_PATH for itself
unset LD_LIBRARY_PATH
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export QUORATE_LAB_DIR='$LAB_DIR' QUORATE_LAB_NAME='$LAB_NAME' QUORATE_LAB_ROOT='$LAB_ROOT'
exec '$LAB_HOME/lab' chassis $KIND "\$@"
S
  chmod 755 "$dir/chassis"
  printf '%s\n' 'mc_setbmc 0x20' 'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr' \
    'sel_enable 0x20 1000 0x0a' 'mc_enable 0x20' >"$dir/emu"
  cat >"$dir/lan$n.conf" <<S
name "node$n"
set_working_mc 0x20
  startlan 1
    addr $(bmc_net).10$n 623
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcde$n
  endlan
  chassis_control "$dir/chassis $n"
  user 1 true  ""      "test"      user  10 none md2 md5 straight
  user 2 true  "admin" "$password" admin 10 none md2 md5 straight
S
  chmod 600 "$dir/lan$n.conf"
}

bmc_start() { # bmc_start N [PASSWORD]
  local n=$1 dir
  dir=$(bmc_dir)
  [ -z "$(bmc_pid "$n")" ] || return 0
  mkdir -p "$dir"
  bmc_config "$n" "${2:-$(cat "$LAB_DIR/keys/bmc-password")}"
  setsid ip netns exec "$(bmc_hub)" ipmi_sim -n -c "$dir/lan$n.conf" -f "$dir/emu" -s "$dir/state$n" \
    </dev/null >"$dir/sim$n.log" 2>&1 9>&- &
}

bmc_stop() {
  local pid
  pid=$(bmc_pid "$1")
  # shellcheck disable=SC2086
  [ -z "$pid" ] || kill -9 $pid 2>/dev/null || true
}

bmc_answers() {
  timeout 10 ip netns exec "$(bmc_hub)" ipmitool -I lanplus -C 3 -H "$(bmc_net).10$1" -U admin \
    -P "$(cat "$LAB_DIR/keys/bmc-password")" power status
}

# chassis N get|set NAME [VALUE]...: the other end of the BMC. Must answer fast; what it starts is detached.
chassis() {
  local n=$1 op=$2
  shift 2
  echo "$(date +%FT%T.%3N) $op $*" >>"$(bmc_dir)/chassis$n.log"
  while [ $# -gt 0 ]; do
    if [ "$op" = get ]; then
      case $1 in
        power) if "${KIND}_node_alive" "$n"; then echo power:1; else echo power:0; fi ;;
        boot) echo boot:default ;;
      esac
      shift
      continue
    fi
    case $1 in
      power) if [ "$2" = 1 ]; then "${KIND}_node_start" "$n"; else "${KIND}_node_kill" "$n"; fi ;;
      reset) "${KIND}_node_kill" "$n"; "${KIND}_node_start" "$n" ;;
      shutdown) "${KIND}_node_kill" "$n" ;;
    esac >>"$(bmc_dir)/chassis$n.log" 2>&1 </dev/null
    shift 2
  done
}

bmc_break() { # bmc_break N down|password|address
  local n=$1
  case $2 in
    down) bmc_stop "$n"; say "fence: the BMC of node$n is dead" ;;
    password) bmc_stop "$n"; bmc_start "$n" changed-by-lab; say "fence: the BMC of node$n has another password than the cluster" ;;
    address)
      ip -n "$(bmc_hub)" addr del "$(bmc_net).10$n/24" dev "$(bmc_link)" 2>/dev/null || true
      say "fence: the address of node$n's BMC ($(bmc_net).10$n) is gone"
      ;;
    *) die "fence: down, password or address, not '$2'" ;;
  esac
}
bmc_link() { [ "$KIND" = full ] && echo pubA || echo hub0; }

bmc_mend() {
  ip -n "$(bmc_hub)" addr replace "$(bmc_net).10$1/24" dev "$(bmc_link)"
  bmc_stop "$1"
  bmc_start "$1"
  say "fence: the BMC of node$1 answers again"
}
