# follows corosync's map; corosync-cmapctl(8) ends when its standard input does, so it gets one that stays open
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
{ sh -c 'echo $$; exec sleep 2147483647' 2>/dev/null; } | {
    read -r keeper
    trap 'kill "$keeper" 2>/dev/null; exit' HUP INT TERM
    as_root corosync-cmapctl runtime.members. runtime.totem.pg.mrp.srp.members.
    as_root stdbuf -oL corosync-cmapctl -T runtime.members. runtime.totem.pg.mrp.srp.members. runtime.votequorum. quorum. nodelist.
    code=$?
    kill "$keeper" 2>/dev/null
    exit $code
}
