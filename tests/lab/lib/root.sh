# root.sh: the nodes' root file system, from Debian's packages alone, shared by both labs. Sourced by ../lab.
# shellcheck shell=bash

root_packages() { sed 's/#.*//' "$LAB_HOME/packages.list" | tr -s ' \n' ',' | sed 's/^,//; s/,$//'; }
root_stamp() { cat "$LAB_HOME/packages.list" "$LAB_HOME/lib/root.sh" "$LAB_HOME/node/configure-root" | sha256sum | cut -c1-32; }

# The archive this machine's own apt uses, as one-line sources; third-party lists and backports are none of ours.
root_sources() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
    awk -F'|' -v c="$codename" '$1 == "Debian" && $4 == "main" && ($3 == c || $3 == c "-updates" || $3 == c "-security") {
      print "deb", $2, $3, $4 }' | sort -u
}

root_build() { # builds LAB_ROOT unless a finished one of the same recipe is there
  local stamp sources
  stamp=$(root_stamp)
  [ "$(cat "$LAB_ROOT.stamp" 2>/dev/null)" = "$stamp" ] && return 0
  [ -z "$(ns_running)$(full_running)" ] ||
    die "the root's recipe has changed while a lab is up on it; run 'lab down' first"
  sources=$(root_sources)
  if [ -z "$sources" ]; then # a fresh machine without lists
    step "apt-get update" "$LAB_DIR/log/apt-update.log" apt-get update -q -o DPkg::Lock::Timeout=300
    sources=$(root_sources)
  fi
  [ -n "$sources" ] || die "apt's configuration names no Debian archive to build the root from"
  say "building the nodes' root file system (about 70 s)"
  # The stamp is written last: an interrupted build has none and is made anew.
  rm -rf "$LAB_ROOT" "$LAB_ROOT.stamp"
  mkdir -p "$(dirname "$LAB_ROOT")"
  step "root: packages" "$LAB_DIR/log/root.log" root_mmdebstrap "$sources"
  step "root: configured" "$LAB_DIR/log/configure-root.log" "$LAB_HOME/node/configure-root" "$LAB_ROOT"
  echo "$stamp" >"$LAB_ROOT.stamp"
}

root_mmdebstrap() {
  # update-initramfs is diverted: the labs boot with a small initramfs of their own, and it costs half a minute.
  # Service starts are refused by mmdebstrap itself.
  local codename line lines=()
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  while read -r line; do lines+=("$line"); done <<<"$1"
  TMPDIR=$(dirname "$LAB_ROOT") mmdebstrap --mode=root --variant=minbase --format=directory \
    --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='force-unsafe-io' \
    --essential-hook='chroot "$1" dpkg-divert --local --add --rename --divert /usr/sbin/update-initramfs.real /usr/sbin/update-initramfs; ln -s /bin/true "$1/usr/sbin/update-initramfs"' \
    --include="$(root_packages)" "$codename" "$LAB_ROOT" "${lines[@]}"
}
