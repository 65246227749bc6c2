# follows links and addresses: ip monitor, with its time stamps where this ip has them
echo "@zone $(date +%z)"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
ip -o link
ip -o address
echo "@live"
if ip -ts -V >/dev/null 2>&1; then
    exec ip -ts -o monitor link address
fi
exec ip -o monitor link address
