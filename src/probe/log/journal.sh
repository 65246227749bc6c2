# follows the journal, if one is kept: sh journal.sh ARGUMENT...
LC_ALL=C
export LC_ALL
if [ -z "$(as_root journalctl -q --no-pager -n 1 -o short 2>/dev/null)" ]; then
    echo "no journal is kept here, or none that this user may read" >&2
    exit 1
fi
# systemd 236 and later can leave out what is not read
fields=--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_TRANSPORT
if as_root journalctl -q --no-pager -n 0 $fields >/dev/null 2>&1; then
    set -- $fields "$@"
fi
exec as_root journalctl -q -f -o json --no-pager "$@"
