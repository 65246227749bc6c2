# follows a node's log files: sh follow.sh ROOT HISTORY [PATH INODE OFFSET MARK]...
# Prints "@..." lines (what is followed from where) and, for each line of file ID, "bID:BYTES:line" (GNU tail and grep; it begins so
# many bytes after OFFSET: a line that is longer than what a pipe takes at once may be torn apart by those of other files)
# or its bytes as "xID 0a 0b ..." (any other tail, looked at once a second). A file that was rotated is read
# on, beside its successor. Without GNU tail, and after many rotations, it ends instead: started anew with the positions
# reached, it does the same.
# MARK: the (at most 64) bytes before OFFSET in hex. Tells a rotated, truncated or reused file from the one we know. After a
# plus: the line that begins at OFFSET is known, but not its length.
LC_ALL=C
export LC_ALL
root=$1
history=$2
shift 2
window=262144
most=1048576
plenty=16777216
ids=
jobs=
denied=
id=0
taken=
resumed=
found=
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

facts() { # FILE: sets inode and size
    file=$1
    set -- $(ls -Lidn "$file" 2>/dev/null)
    inode=${1:-0}
    size=${6:-0}
}
unpack() { # FILE, if it is compressed
    case $1 in
    *.gz) gzip -dc "$1" ;;
    *.bz2) bzip2 -dc "$1" ;;
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dcq "$1" ;;
    esac 2>/dev/null
}
packed() { # FILE
    case $1 in
    *.gz | *.bz2 | *.xz | *.zst) ;;
    *) return 1 ;;
    esac
}
content() { # FILE OFFSET: its bytes from there on, unpacked
    if packed "$1"; then
        unpack "$1" | tail -c "+$(($2 + 1))"
    else
        tail -c "+$(($2 + 1))" "$1"
    fi
}
known() { # FILE INODE OFFSET MARK: is it the file in which we were there?
    facts "$1"
    [ "$3" -gt 0 ] || { [ "$inode" = "$2" ]; return; }
    packed "$1" || [ "$size" -ge "$3" ] || return 1
    mark=${4#+}
    n=$((${#mark} / 2))
    [ "$(content "$1" $(($3 - n)) | head -c $n | od -An -v -tx1 | tr -d ' \n')" = "$mark" ]
}
recent() { # FILE: sets from to where its last lines begin
    facts "$1"
    back=$((size < window ? size : window))
    from=$((size - $(content "$1" $((size - back)) | head -c $back | tail -n "$history" | wc -c)))
}
latest() { # FILE MOST: sets from to the beginning of the line from which on no more than so many bytes come
    facts "$1"
    from=0
    if [ "$size" -gt "$2" ]; then
        from=$((size - $2))
        from=$((from + $(content "$1" $from | head -n 1 | wc -c)))
        echo "@skipped $from $1"
    fi
}
deny() { # FILE: told once for as long as it may not be read
    case $denied in
    *" $1 "*) ;;
    *)
        echo "@denied $1"
        denied="$denied $1 "
        ;;
    esac
}
hex() { # ID
    od -An -v -tx1 | sed "s/^/x$1/"
}
follow() { # PATH FILE OFFSET
    id=$((id + 1))
    facts "$2"
    echo "@file $id $inode $3 $1 $2 $size"
    if packed "$2"; then
        content "$2" "$3" | hex $id
    else
        ids="$ids $id"
        eval "file_$id=\$2 pos_$id=\$3 ino_$id=\$inode"
    fi
}
go_on() { # PATH FILE OFFSET MARK
    case $4 in
    +*) follow "$1" "$2" $(($3 + $(content "$2" "$3" | head -n 1 | wc -c))) ;;
    *) follow "$1" "$2" "$3" ;;
    esac
}
pause() { # FILE: seconds between two looks of its tail
    # Where the kernel tells of what is written, tail wakes up only to see whether we live. Before coreutils 8, and on these filesystems, it looks.
    case $said in
    *") "[89].* | *") "[1-9][0-9]*) ;;
    *)
        echo 0.2
        return
        ;;
    esac
    case $(stat -f -c %T "$1" 2>/dev/null) in
    ext* | xfs | btrfs | tmpfs | jfs | reiserfs | zfs | f2fs) echo 1 ;;
    *) echo 0.2 ;;
    esac
}
live() { # ID FILE OFFSET
    tail -c "+$(($3 + 1))" --pid=$$ -s "$(pause "$2")" -f "$2" 2>&1 | grep -a $count --line-buffered -H --label="$label$1" '' &
    jobs="$jobs $!"
}
leave() {
    [ -z "$jobs" ] || kill $jobs 2>/dev/null
    exit
}
poll() { # what each file has gained since the last time
    for id in $ids; do
        eval "f=\$file_$id p=\$pos_$id i=\$ino_$id"
        facts "$f"
        # Rotated just now: the name is another one's. What it has gained is read when it is followed anew.
        [ "$inode" = "$i" ] || continue
        [ "$size" -ge "$p" ] || { p=0; echo "@truncated $id"; }
        [ "$size" -le "$p" ] || content "$f" "$p" | head -c $((size - p)) | hex "$id"
        eval "pos_$id=\$size"
    done
}

echo "@zone $(date +%z)"
candidates=
cluster=$root/var/log/cluster
# Those of cluster 3 by name too: they may begin later.
for p in "$root"/var/log/pacemaker/pacemaker.log "$root"/var/log/pacemaker.log "$root"/var/log/corosync/corosync.log \
    "$cluster"/corosync.log "$cluster"/rgmanager.log "$cluster"/fenced.log "$cluster"/qdiskd.log "$cluster"/dlm_controld.log \
    "$cluster"/gfs_controld.log "$cluster"/*.log "$root"/var/log/messages "$root"/var/log/syslog; do
    case $p in
    *[!A-Za-z0-9._/+-]* | *.log-*) continue ;;
    esac
    case "$candidates " in
    *" $p "*) continue ;;
    esac
    candidates="$candidates $p"
done
inodes() { # of those that may be read
    set --
    for p in $candidates; do
        [ ! -r "$p" ] || set -- "$@" "$p"
    done
    [ $# -eq 0 ] || ls -Ldi "$@" 2>/dev/null
}
between() { # PATH FILE...: what came and went after the file in which we were. The newest is first.
    path=$1
    shift
    for g; do
        case ${g#"${path%.log}"} in
        [.-][0-9]* | .log[.-][0-9]*) ;;
        *) continue ;;
        esac
        [ -r "$g" ] || continue
        latest "$g" $plenty
        follow "$path" "$g" $from
    done
}
hold() { # keeps each file open: whether another one has its name by now, the shell itself can tell then
    n=3
    held=
    for p in $candidates; do
        if [ ! -r "$p" ]; then
            held="$held 0:$p"
        elif [ $n -lt 10 ] && { eval "command exec $n<\"\$p\"" && [ "/proc/self/fd/$n" -ef "$p" ]; } 2>/dev/null; then
            held="$held $n:$p"
            n=$((n + 1))
        else
            held=
            return
        fi
    done
}
still() { # is all as it was when it was held?
    [ -n "$held" ] || return 1
    for p in $held; do
        case $p in
        0:*) [ ! -r "${p#*:}" ] || return 1 ;;
        *) [ "/proc/self/fd/${p%%:*}" -ef "${p#*:}" ] || return 1 ;;
        esac
    done
}
hold
first=$(inodes)
paths=
for p in $candidates; do
    if [ -f "$p" ] && [ -r "$p" ]; then
        paths="$paths $p"
    elif [ -f "$p" ]; then
        deny "$p"
    fi
done

while [ $# -ge 4 ]; do
    resumed="$resumed $1 "
    if [ -r "$1" ] && known "$1" "$2" "$3" "$4"; then
        go_on "$1" "$1" "$3" "$4"
        taken="$taken $1 "
        found="$found $1 "
    else
        newer=
        for f in $(ls -t "$1"?* "${1%.log}"-*.log 2>/dev/null | head -n 4); do
            if known "$f" "$2" "$3" "$4"; then
                case $found in
                *" $1 "*) ;;
                *) between "$1" $newer ;;
                esac
                go_on "$1" "$f" "$3" "$4"
                found="$found $1 "
                break
            fi
            newer="$newer $f"
        done
    fi
    shift 4
done
for p in $paths; do
    case $taken in
    *" $p "*) continue ;;
    esac
    case $resumed in
    *" $p "*)
        # All of it is new where the file before it is known.
        case $found in
        *" $p "*) latest "$p" $plenty ;;
        *) latest "$p" $most ;;
        esac
        ;;
    *) recent "$p" ;;
    esac
    follow "$p" "$p" $from
done
if [ -z "$ids" ]; then
    echo "no log file that can be read under $root/var/log" >&2
    exit 1
fi

gnu=0
said=$(tail --version 2>/dev/null | head -n 1)
if [ -z "${said##*coreutils*}" ] && [ -n "$said" ] && grep --version 2>/dev/null | grep -q GNU; then
    gnu=1
    count=
    label=
    if [ "$(printf 'a\nb\n' | grep -a -b -H --label=x '' 2>/dev/null | tail -n 1)" = x:2:b ]; then
        count=-b
        label=b
    fi
    trap leave HUP INT TERM
    for i in $ids; do
        eval "live $i \"\$file_$i\" \$pos_$i"
    done
fi
turns=0
while :; do
    [ $gnu = 1 ] || poll
    # Each turn costs the node a process.
    sleep $((gnu ? 5 : 1))
    ! still || continue
    hold
    now=$(inodes)
    [ "$now" != "$first" ] || continue
    turns=$((turns + 1))
    [ $gnu = 1 ] && [ $turns -lt 8 ] || leave
    set -- $now
    while [ $# -ge 2 ]; do
        case " $(echo $first) " in
        *" $1 $2 "*) ;;
        *)
            from=0
            case $denied in
            *" $2 "*)
                # It is not new, but may be read now.
                recent "$2"
                denied="${denied%% $2 *} ${denied#* $2 }"
                ;;
            esac
            follow "$2" "$2" $from && live $id "$2" $from
            ;;
        esac
        shift 2
    done
    for p in $candidates; do
        if [ -f "$p" ] && [ ! -r "$p" ]; then deny "$p"; fi
    done
    first=$now
done
