# follows the journal, if one is kept: sh journal.sh ARGUMENT...
LC_ALL=C
export LC_ALL
soon() { if command -v timeout >/dev/null 2>&1; then timeout 2 "$@"; else "$@"; fi; }
# What the system said: a user without rights has a journal too, and is shown that one alone.
last=$(soon as_root journalctl -q --no-pager -n 1 -o short _TRANSPORT=kernel + _UID=0 2>/dev/null)
# 124: it is slow, and will say so itself
if [ $? -ne 124 ] && [ -z "$last" ]; then
    if [ -n "$(soon as_root journalctl -q --no-pager -n 1 -o short 2>/dev/null)" ]; then
        echo "only the user's own part of the journal may be read: root may read all (become = \"sudo\"), or the group systemd-journal" >&2
    else
        echo "no journal is kept here, or none that this user may read" >&2
    fi
    exit 1
fi
# systemd 236 and later can leave out what is not read
fields=--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_TRANSPORT
if soon as_root journalctl -q --no-pager -n 0 $fields >/dev/null 2>&1; then
    set -- $fields "$@"
fi
exec as_root journalctl -q -f -o json --no-pager "$@"
