#!/bin/sh
# A guest of VMware Server 1 or 2 as a script resource of rgmanager. Printed by `quorate print vmware-service`.
#
#   start    registers the guest on this node, keeps its UUID (and with it its MAC addresses), and starts it; a suspended one goes on
#   stop     suspends it (its memory goes into a file beside its configuration) and unregisters it, so that no two nodes have it
#   status   exit status 0: it runs. 3: it does not. 1: it stands still, a question waits for an answer. 4: nobody can tell
#
# Install it on every node once for each guest, as a copy or a link of the guest's name, and make it a service:
#
#   /etc/init.d/vmware-wiki -> /usr/local/sbin/vmware-service
#   <service name="wiki" domain="prefer-n1" recovery="relocate"><script name="wiki" file="/etc/init.d/vmware-wiki"/></service>
#
# Which guest it is, the first that is said:
#   - a second argument:                                vmware-service status /vmfs/shared/wiki/wiki.vmx
#   - VMX below:                                        quorate print vmware-service /vmfs/shared/wiki/wiki.vmx writes it there
#   - VMX in /etc/sysconfig/vmware-NAME or /etc/sysconfig/vmware-service
#   - $VMX_DIR/NAME/NAME.vmx
# NAME is what this file is called, without the vmware- before it; where it is called vmware-service, the resource's name.
#
# VMware Server 2 has vmrun in place of vmware-cmd, and wants to be logged in to: VMRUN_HOST, VMRUN_USER and VMRUN_PASSWORD belong
# into /etc/sysconfig/vmware-service, which root alone may read. (vmrun takes the password as an argument: ps shows it.) A guest has
# a name like '[standard] wiki/wiki.vmx' there; VMX_FILE is then the path of the same file.
#
# chkconfig: - 99 01
# description: a guest of VMware Server, for rgmanager; not to be started at boot

VMX=${VMX-}

PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin
LC_ALL=C
export PATH LC_ALL

# Exit statuses of init scripts (LSB).
FAILED=1 USAGE=2 STOPPED=3 UNKNOWN=4 ABSENT=5 UNSET=6

NAME=${0##*/}
NAME=${NAME%.sh}
case $NAME in
    vmware-service | sh | dash | bash | busybox) NAME=${OCF_RESKEY_name:-${OCF_RESKEY_service_name:-vmware-service}} ;;
    vmware-*) NAME=${NAME#vmware-} ;;
esac
NAME=${NAME##*/}

given=${2:-$VMX}
for conf in "${SYSCONFIG:-/etc/sysconfig}/vmware-service" "${SYSCONFIG:-/etc/sysconfig}/vmware-$NAME"; do
    # shellcheck disable=SC1090
    [ -r "$conf" ] && . "$conf"
done
VMX=${given:-$VMX}
if [ -z "$VMX" ] && [ "$NAME" != vmware-service ]; then
    VMX=${VMX_DIR:-/vmfs/shared}/$NAME/$NAME.vmx
fi

# Seconds: for a question, a start (a resume reads all memory), a stop (a suspend writes it).
ASK_TIMEOUT=${ASK_TIMEOUT:-15}
START_TIMEOUT=${START_TIMEOUT:-180}
STOP_TIMEOUT=${STOP_TIMEOUT:-300}

# The configuration as a file, and the mark beside it that says which node runs the guest.
case $VMX in
    /*) FILE=$VMX ;;
    *) FILE=${VMX_FILE-} ;;
esac
MARK=$FILE.node

complain() {
    echo "vmware-$NAME: $*" >&2
    logger -t "vmware-$NAME" -- "$*" 2>/dev/null || :
}

# A command for so many seconds at most.
if timeout 1 true >/dev/null 2>&1; then
    limit() { timeout "$@"; }
elif perl -e 1 >/dev/null 2>&1; then
    limit() { perl -e 'alarm shift; exec @ARGV; exit 127' "$@"; }
else
    limit() { shift; "$@"; }
fi

if command -v vmware-cmd >/dev/null 2>&1; then
    TOOL=vmware-cmd
elif command -v vmrun >/dev/null 2>&1; then
    TOOL=vmrun
else
    TOOL=
fi

server() {
    seconds=$1
    shift
    limit "$seconds" vmrun -T server ${VMRUN_HOST:+-h "$VMRUN_HOST"} ${VMRUN_USER:+-u "$VMRUN_USER"} \
        ${VMRUN_PASSWORD:+-p "$VMRUN_PASSWORD"} "$@" 2>&1 </dev/null
}

# Whether a line of $1 is the guest's configuration.
lists() {
    case "
$1
" in
        *"
$VMX
"*) return 0 ;;
    esac
    return 1
}

# Sets STATE: on, off, suspended, stuck, absent (not registered here), unknown. SAID is what VMware said.
state() {
    STATE=unknown
    if [ "$TOOL" = vmrun ]; then
        SAID=$(server "$ASK_TIMEOUT" list) || return 0
        if lists "$SAID"; then
            STATE=on
        elif SAID=$(server "$ASK_TIMEOUT" listRegisteredVM) && lists "$SAID"; then
            STATE=off
            [ -n "$FILE" ] && [ -f "${FILE%.vmx}.vmss" ] && STATE=suspended
        else
            STATE=absent
        fi
        return 0
    fi
    SAID=$(limit "$ASK_TIMEOUT" vmware-cmd "$VMX" getstate 2>&1 </dev/null)
    case $SAID in
        *'getstate() = on'*) STATE=on ;;
        *'getstate() = off'*) STATE=off ;;
        *'getstate() = suspended'*) STATE=suspended ;;
        *'getstate() = stuck'*) STATE=stuck ;;
        *'is not registered'* | *'No such virtual machine'* | *'VMControl error -11'*) STATE=absent ;;
    esac
    return 0
}

# The question that the guest waits with. An end of its input would be taken for the answer that is given by default, which is a new
# UUID: so the input is one that says nothing and does not end.
question() {
    perl -e '$^F = 99; pipe(R, W); open(STDIN, "<&R"); alarm shift; exec @ARGV; exit 127' 3 vmware-cmd "$VMX" answer 2>&1
}

# Answers the one question that a move to another node makes VMware ask: the guest was moved, not copied. No other.
keep() {
    [ "$TOOL" = vmware-cmd ] || return 1
    QUESTION=$(question)
    case $QUESTION in
        *msg.uuid.moved* | *msg.uuid.altered*) ;;
        *) return 1 ;;
    esac
    choice=$(echo "$QUESTION" | sed -n \
        -e 's/^[[:space:]]*\([0-9][0-9]*\)) *[_&]*Keep[[:space:]]*$/\1/p' \
        -e 's/^[[:space:]]*\([0-9][0-9]*\)) *[_&]*I [_&]*moved it[[:space:]]*$/\1/p' | sed 1q)
    [ -n "$choice" ] || return 1
    echo "$choice" | limit "$ASK_TIMEOUT" vmware-cmd "$VMX" answer >/dev/null 2>&1
}

# Waits up to $1 seconds until the guest is in one of the states that follow.
settle() {
    left=$1
    shift
    while :; do
        state
        for wanted; do
            [ "$STATE" = "$wanted" ] && return 0
        done
        [ "$STATE" = stuck ] && ! keep && return 1
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 1
    done
}

# The node's name in the cluster.
me() {
    name=$(limit 5 cman_tool status 2>/dev/null | sed -n 's/^Node name: *//p' | sed 1q)
    echo "${name:-$(uname -n)}"
}

# 0: that node is a member of the cluster now. 1: it is not, so it was fenced or it left. 2: nobody can tell.
member() {
    limit 5 cman_tool nodes 2>/dev/null | awk -v name="$1" '
        $NF == name { seen = 1; for (i = 1; i < NF; i++) if ($i == "M") here = 1 }
        END { exit (seen ? (here ? 0 : 1) : 2) }'
}

# Other members of the cluster, by name.
others() {
    limit 5 cman_tool nodes 2>/dev/null | awk -v me="$ME" '{ for (i = 1; i < NF; i++) if ($i == "M" && $NF != me) { print $NF; next } }'
}

# VMware's own locks in the guest's folder that name a node.
locks_of() {
    for lock in "${FILE%/*}"/*.WRITELOCK "${FILE%/*}"/*.lck/*.lck; do
        [ -f "$lock" ] || continue
        grep -w -F -e "$1" -e "${1%%.*}" "$lock" >/dev/null 2>&1 && echo "$lock"
    done
}

# Takes the guest for this node. Fails where another member has it: two nodes that write to one disk destroy it.
claim() {
    { [ -n "$FILE" ] && [ -w "${FILE%/*}" ]; } || return 0
    for other in $(others); do
        lock=$(locks_of "$other" | sed 1q)
        if [ -n "$lock" ]; then
            complain "$other holds $lock: not started here"
            return 1
        fi
    done
    if (set -C && echo "$ME" >"$MARK") 2>/dev/null; then
        return 0
    fi
    holder=$(sed 1q "$MARK" 2>/dev/null)
    [ "$holder" = "$ME" ] && return 0
    if [ -n "$holder" ]; then
        member "$holder"
        case $? in
            0)
                complain "$holder runs it, says $MARK: not started here. If it does not, remove that file"
                return 1
                ;;
            2)
                complain "$holder runs it, says $MARK, and whether that node still lives cannot be told: not started here"
                return 1
                ;;
        esac
        complain "taken over from $holder, which is not a member of the cluster any more"
        locks_of "$holder" | while IFS= read -r lock; do rm -f -- "$lock"; done
    fi
    echo "$ME" >"$MARK"
}

# Lets go of the guest, if this node had it.
release() {
    { [ -n "$FILE" ] && [ -f "$MARK" ] && [ "$(sed 1q "$MARK" 2>/dev/null)" = "$ME" ]; } || return 0
    rm -f -- "$MARK"
}

# VMware keeps the UUID without a question where the configuration says so.
keep_uuid() {
    { [ -n "$FILE" ] && [ -f "$FILE" ] && [ -w "$FILE" ] && [ -w "${FILE%/*}" ]; } || return 0
    grep -i '^[[:space:]]*uuid\.action[[:space:]]*=[[:space:]]*"keep"' "$FILE" >/dev/null 2>&1 && return 0
    new=$FILE.$$
    if cp -p -- "$FILE" "$new" &&
        { grep -i -v '^[[:space:]]*uuid\.action[[:space:]]*=' "$FILE" >"$new" || [ $? = 1 ]; } &&
        echo 'uuid.action = "keep"' >>"$new"; then
        mv -f -- "$new" "$FILE"
    else
        rm -f -- "$new"
    fi
}

register() {
    if [ "$TOOL" = vmrun ]; then
        SAID=$(server "$ASK_TIMEOUT" register "$VMX")
        return
    fi
    SAID=$(limit "$ASK_TIMEOUT" vmware-cmd -s register "$VMX" 2>&1 </dev/null)
    case $SAID in
        *') = 1'* | *'already exists'*) return 0 ;;
    esac
    return 1
}

unregister() {
    if [ "$TOOL" = vmrun ]; then
        SAID=$(server "$ASK_TIMEOUT" unregister "$VMX") && return 0
    else
        SAID=$(limit "$ASK_TIMEOUT" vmware-cmd -s unregister "$VMX" 2>&1 </dev/null)
        case $SAID in
            *') = 1'* | *'is not registered'* | *'No such virtual machine'*) return 0 ;;
        esac
    fi
    words=$SAID
    state
    [ "$STATE" = absent ] && return 0
    SAID=$words
    return 1
}

# `start` waits for the answer to a question: it is given from beside it.
launch() {
    if [ "$TOOL" = vmrun ]; then
        SAID=$(server "$START_TIMEOUT" start "$VMX" nogui)
        return 0
    fi
    (
        trap 'exit 0' TERM
        while sleep 1; do
            state
            [ "$STATE" = stuck ] && keep
        done
    ) </dev/null >/dev/null 2>&1 &
    beside=$!
    SAID=$(limit "$START_TIMEOUT" vmware-cmd "$VMX" start trysoft 2>&1 </dev/null)
    kill "$beside" 2>/dev/null || :
}

start() {
    state
    case $STATE in
        on)
            claim
            return 0
            ;;
        unknown)
            complain "cannot tell its state, so it is not started: $SAID"
            return $FAILED
            ;;
    esac
    claim || return $FAILED
    keep_uuid
    if [ "$STATE" = absent ] && ! register; then
        complain "it cannot be registered: $SAID"
        release
        return $FAILED
    fi
    [ "$STATE" = stuck ] || launch
    words=$SAID
    left=5
    state
    [ "$STATE" = stuck ] && left=$START_TIMEOUT
    settle "$left" on && return 0
    if [ "$STATE" = stuck ]; then
        complain "it waits for an answer: $(echo "$QUESTION" | sed -n 's/^Question.*:\(msg[^:]*\):/\1 /p')"
    else
        complain "it did not start, and is $STATE: $words"
    fi
    # What does not run is not left registered: the next node is to have it alone.
    case $STATE in
        off | suspended | absent) unregister && release ;;
    esac
    return $FAILED
}

stop() {
    state
    [ "$STATE" = stuck ] && settle 10 on off suspended absent
    case $STATE in
        absent)
            release
            return 0
            ;;
        unknown)
            complain "cannot tell whether it runs: $SAID"
            return $FAILED
            ;;
        stuck)
            complain "it waits for an answer, and cannot be suspended before it has one"
            return $FAILED
            ;;
        on)
            if [ "$TOOL" = vmrun ]; then
                SAID=$(server "$STOP_TIMEOUT" suspend "$VMX" soft)
            else
                SAID=$(limit "$STOP_TIMEOUT" vmware-cmd "$VMX" suspend trysoft 2>&1 </dev/null)
            fi
            words=$SAID
            if ! settle 10 suspended off absent; then
                complain "it could not be suspended, and is $STATE: $words"
                return $FAILED
            fi
            ;;
    esac
    if [ "$STATE" != absent ] && ! unregister; then
        complain "it is suspended, but could not be unregistered: $SAID"
        return $FAILED
    fi
    release
}

status() {
    state
    [ "$STATE" = stuck ] && settle 3 on
    case $STATE in
        on)
            echo "$NAME is running"
            return 0
            ;;
        off | suspended)
            echo "$NAME is $STATE"
            return $STOPPED
            ;;
        absent)
            echo "$NAME is stopped (not registered on this node)"
            return $STOPPED
            ;;
        stuck)
            echo "$NAME waits for an answer to a question of VMware's"
            return $FAILED
            ;;
    esac
    echo "$NAME: VMware does not tell its state: $SAID"
    return $UNKNOWN
}

meta_data() {
    cat <<'META'
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="vmware-service" version="1.0">
  <version>1.0</version>
  <longdesc lang="en">A guest of VMware Server: start registers and starts it, stop suspends and unregisters it.</longdesc>
  <shortdesc lang="en">A guest of VMware Server</shortdesc>
  <parameters/>
  <actions>
    <action name="start" timeout="240"/>
    <action name="stop" timeout="360"/>
    <action name="status" timeout="30" interval="30"/>
    <action name="monitor" timeout="30" interval="30"/>
    <action name="meta-data" timeout="5"/>
  </actions>
</resource-agent>
META
}

# Whether a process of VMware's has the guest open: all that can be known without its tools.
runs_anyway() {
    ps ax -o args= 2>/dev/null | grep -F -- "$VMX" | grep 'vmware-vm[x]' >/dev/null
}

case ${1-} in
    start | stop | status | monitor | restart) ;;
    meta-data | metadata)
        meta_data
        exit 0
        ;;
    *)
        echo "usage: ${0##*/} start|stop|status|monitor|restart|meta-data [VMX]" >&2
        exit $USAGE
        ;;
esac

if [ -z "$VMX" ]; then
    complain "no guest is named: VMX is not set"
    case $1 in
        status | monitor) exit $UNKNOWN ;;
    esac
    exit $UNSET
fi
if [ -z "$TOOL" ]; then
    case $1 in
        stop) runs_anyway || exit 0 ;;
        status | monitor)
            complain "neither vmware-cmd nor vmrun is installed here"
            exit $UNKNOWN
            ;;
    esac
    complain "neither vmware-cmd nor vmrun is installed here"
    exit $ABSENT
fi
ME=$(me)
case $1 in
    start) start ;;
    stop) stop ;;
    restart) stop && start ;;
    status | monitor) status ;;
esac
