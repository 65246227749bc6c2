# identity.sh: keys and the client's files. Made once per lab folder, so that known_hosts stays true. Sourced by ../lab.
# shellcheck shell=bash

identity_make() { # identity_make: keys for the client, the nodes, the cluster and the BMCs, if absent
  local n
  mkdir -p "$LAB_DIR/client" "$LAB_DIR/keys"
  chmod 700 "$LAB_DIR/keys"
  [ -f "$LAB_DIR/client/id" ] || ssh-keygen -q -t ed25519 -N '' -C quorate-lab -f "$LAB_DIR/client/id"
  for n in $NODES; do
    mkdir -p "$LAB_DIR/keys/node$n"
    [ -f "$LAB_DIR/keys/node$n/ssh_host_ed25519_key" ] ||
      ssh-keygen -q -t ed25519 -N '' -C "node$n" -f "$LAB_DIR/keys/node$n/ssh_host_ed25519_key"
  done
  [ -f "$LAB_DIR/keys/authkey" ] || head -c 256 /dev/urandom >"$LAB_DIR/keys/authkey"
  [ -f "$LAB_DIR/keys/bmc-password" ] || rand_word 14 >"$LAB_DIR/keys/bmc-password"
}

# identity_client FOLDER CLUSTER-NAME NET: known_hosts, config.toml and ssh_config beside a copy of the key
identity_client() {
  local dir=$1 cluster=$2 net=$3 n key
  mkdir -p "$dir"
  if [ "$dir" != "$LAB_DIR/client" ]; then
    cp "$LAB_DIR/client/id" "$dir/id"
    cp "$LAB_DIR/client/id.pub" "$dir/id.pub"
  fi
  chmod 600 "$dir/id"
  for n in $NODES; do
    key=$(cut -d' ' -f1,2 "$LAB_DIR/keys/node$n/ssh_host_ed25519_key.pub")
    echo "node$n,$net.$n $key"
  done >"$dir/known_hosts"
  {
    printf '[[cluster]]\nname = "%s"\nuser = "root"\nhosts = ["%s.1", "%s.2", "%s.3"]\n' "$cluster" "$net" "$net" "$net"
    for n in $NODES; do printf '[[cluster.node]]\nname = "node%s"\naddress = "%s.%s"\n' "$n" "$net" "$n"; done
  } >"$dir/config.toml"
  for n in $NODES; do
    printf 'Host node%s\n  HostName %s.%s\n  HostKeyAlias node%s\n' "$n" "$net" "$n" "$n"
  done >"$dir/ssh_config"
  printf 'Host *\n  User root\n  IdentityFile "%s"\n  IdentitiesOnly yes\n  UserKnownHostsFile "%s"\n  StrictHostKeyChecking yes\n' \
    "$dir/id" "$dir/known_hosts" >>"$dir/ssh_config"
  # Whoever asked through sudo must be able to read the key.
  [ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-0}" "$dir"
}

# identity_files N: the files of node N as a tree for its root, under keys/node-tree/N
identity_tree() {
  local n=$1 tree=$LAB_DIR/keys/tree$1 user home
  rm -rf "$tree"
  mkdir -p "$tree/etc/ssh" "$tree/etc/corosync" "$tree/etc/pacemaker"
  cp "$LAB_DIR/keys/node$n"/ssh_host_ed25519_key* "$tree/etc/ssh/"
  chmod 600 "$tree/etc/ssh/ssh_host_ed25519_key"
  install -m 400 "$LAB_DIR/keys/authkey" "$tree/etc/corosync/authkey"
  install -m 640 "$LAB_DIR/keys/authkey" "$tree/etc/pacemaker/authkey"
  for user in root ops plain; do
    home=$tree/home/$user
    [ $user = root ] && home=$tree/root
    mkdir -p "$home/.ssh"
    chmod 700 "$home/.ssh"
    install -m 600 "$LAB_DIR/client/id.pub" "$home/.ssh/authorized_keys"
  done
  chmod 700 "$tree/root"
  # Owners by number, as the node's own passwd has them.
  for user in ops plain; do chown -R "$(awk -F: -v u=$user '$1 == u {print $3 ":" $4}' "$LAB_ROOT/etc/passwd")" "$tree/home/$user"; done
  chown "$(awk -F: '$1 == "hacluster" {print $3}' "$LAB_ROOT/etc/passwd"):$(awk -F: '$1 == "haclient" {print $3}' "$LAB_ROOT/etc/group")" \
    "$tree/etc/pacemaker" "$tree/etc/pacemaker/authkey"
}
