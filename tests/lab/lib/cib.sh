# cib.sh: one ready cluster configuration for either lab. pcs would take minutes under emulation. Sourced by ../lab.
# shellcheck shell=bash

cib_nv() { # cib_nv ID NAME=VALUE...
  local id=$1 pair
  shift
  for pair in "$@"; do printf '<nvpair id="%s-%s" name="%s" value="%s"/>' "$id" "${pair%%=*}" "${pair%%=*}" "${pair#*=}"; done
}
cib_attrs() { printf '<instance_attributes id="%s-ia">%s</instance_attributes>' "$1" "$(cib_nv "$@")"; }
cib_meta() { printf '<meta_attributes id="%s-meta">%s</meta_attributes>' "$1" "$(cib_nv "$@")"; }
cib_ops() { # cib_ops ID NAME:INTERVAL:TIMEOUT[:ON-FAIL]...
  local id=$1 op name interval timeout onfail
  shift
  printf '<operations>'
  for op in "$@"; do
    IFS=: read -r name interval timeout onfail <<<"$op"
    printf '<op id="%s-%s-%s" name="%s" interval="%s" timeout="%s"%s/>' "$id" "$name" "$interval" "$name" "$interval" "$timeout" \
      "${onfail:+ on-fail=\"$onfail\"}"
  done
  printf '</operations>'
}
cib_primitive() { # cib_primitive ID TYPE BODY...
  local id=$1 class provider= type
  IFS=: read -r class provider type <<<"$2"
  [ -n "$type" ] || { type=$provider; provider=; }
  shift 2
  printf '<primitive id="%s" class="%s"%s type="%s">%s</primitive>\n' "$id" "$class" "${provider:+ provider=\"$provider\"}" "$type" "$*"
}

# Fence devices: one BMC per node, never run from the node it would switch off.
cib_fences() { # cib_fences MONITOR-INTERVAL TIMEOUT POWER-WAIT
  local n
  for n in $NODES; do
    cib_primitive "fence-node$n" stonith:fence_ipmilan "$(cib_attrs "fence-node$n" ip="bmc$n" username=admin \
      password="$(cat "$LAB_DIR/keys/bmc-password")" lanplus=1 cipher=3 pcmk_host_list="node$n" power_wait="$3" \
      power_timeout=60 login_timeout=30)" "$(cib_ops "fence-node$n" start:0:"$2" monitor:"$1":"$2")"
  done
}

# Things that need nothing: a group that prefers a node, and an anonymous clone.
cib_dummies() { # cib_dummies TIMEOUT MONITOR
  local id ops
  echo '<group id="web">'
  for id in web-ip web-app; do cib_primitive $id ocf:pacemaker:Dummy "$(cib_ops $id start:0:"$1" stop:0:"$1" monitor:"$2":"$1")"; done
  echo '</group>'
  ops=$(cib_ops ping start:0:"$1" stop:0:"$1" monitor:"$2":"$1")
  echo "<clone id=\"ping-clone\">$(cib_primitive ping ocf:pacemaker:Dummy "$ops")</clone>"
}

cib_vms() { # cib_vms CONFIG-FOLDER TIMEOUT MONITOR EXTRA-ATTRIBUTE...
  local dir=$1 timeout=$2 monitor=$3 n
  shift 3
  for n in $NODES; do
    cib_primitive "vm$n" ocf:heartbeat:VirtualDomain \
      "$(cib_attrs "vm$n" config="$dir/vm$n.xml" hypervisor=qemu:///system migration_transport=tcp "$@")" \
      "$(cib_meta "vm$n" allow-migrate=true)" \
      "$(cib_ops "vm$n" start:0:"$timeout" stop:0:"$timeout" monitor:"$monitor":"$timeout" migrate_to:0:"$timeout" migrate_from:0:"$timeout")"
  done
}

# dlm and lvmlockd under everything, then the shared volume groups and GFS2, on every node (lab-full)
cib_storage() { # cib_storage TIMEOUT TARGET-ROLE
  local t=$1 vg
  echo '<clone id="locking-clone"><group id="locking">'
  cib_primitive dlm ocf:pacemaker:controld "$(cib_ops dlm start:0:"$t" stop:0:"$t" monitor:60s:"$t":fence)"
  cib_primitive lvmlockd ocf:heartbeat:lvmlockd "$(cib_ops lvmlockd start:0:"$t" stop:0:"$t" monitor:60s:"$t":fence)"
  echo "</group>$(cib_meta locking-clone interleave=true ordered=true)</clone>"
  echo '<clone id="storage-clone"><group id="storage">'
  for vg in vgvm vgdata; do
    cib_primitive $vg ocf:heartbeat:LVM-activate "$(cib_attrs $vg vgname=$vg vg_access_mode=lvmlockd activation_mode=shared)" \
      "$(cib_ops $vg start:0:"$t" stop:0:"$t" monitor:120s:"$t")"
  done
  cib_primitive gfs ocf:heartbeat:Filesystem \
    "$(cib_attrs gfs device=/dev/vgdata/gfs directory=/mnt/gfs2 fstype=gfs2 options=noatime)" \
    "$(cib_ops gfs start:0:"$t" stop:0:"$t" monitor:60s:"$t":fence)"
  # Until the volume groups exist the clone must not try.
  echo "</group>$(cib_meta storage-clone interleave=true ordered=true target-role="$2")</clone>"
}

cib_constraints() { # cib_constraints KIND
  local n
  for n in $NODES; do echo "<rsc_location id=\"avoid-fence-node$n\" rsc=\"fence-node$n\" node=\"node$n\" score=\"-INFINITY\"/>"; done
  # Less than the stickiness: after a failover the group stays away from where it prefers to be, which quorate must show.
  echo '<rsc_location id="prefer-web" rsc="web" node="node2" score="50"/>'
  [ "$1" = full ] || return 0
  echo '<rsc_order id="order-locking-storage" first="locking-clone" then="storage-clone"/>'
  echo '<rsc_colocation id="storage-with-locking" rsc="storage-clone" with-rsc="locking-clone" score="INFINITY"/>'
  for n in $NODES; do
    echo "<rsc_order id=\"order-storage-vm$n\" first=\"storage-clone\" then=\"vm$n\"/>"
    echo "<rsc_colocation id=\"vm$n-with-storage\" rsc=\"vm$n\" with-rsc=\"storage-clone\" score=\"INFINITY\"/>"
  done
}

# cib_configuration KIND [STORAGE-ROLE]: no space may stand inside values
cib_configuration() {
  local kind=$1 options=(stonith-enabled=true) n
  if [ "$kind" = full ]; then
    # Emulated nodes look overloaded to Pacemaker all the time; it would hold its actions back.
    options+=(cluster-name=fulllab no-quorum-policy=freeze stonith-timeout=180s load-threshold=1000%)
  else
    # Seconds matter in CI: with all three there from the start, waiting 20 s for a DC is lost time.
    options+=(cluster-name=nslab dc-deadtime=2s)
  fi
  echo "<configuration><crm_config><cluster_property_set id=\"cib-bootstrap-options\">$(cib_nv opt "${options[@]}")</cluster_property_set></crm_config><nodes>"
  for n in $NODES; do echo "<node id=\"$n\" uname=\"node$n\"/>"; done
  echo '</nodes><resources>'
  if [ "$kind" = full ]; then
    cib_fences 300s 240s 2
    cib_dummies 120s 60s
    cib_storage 300s "${2:-Started}"
    cib_vms /mnt/gfs2 600s 60s migration_network_suffix=-cl
  else
    cib_fences 20s 30s 1
    cib_dummies 30s 10s
    cib_vms /srv/shared 60s 5s migrate_options=--unsafe
  fi
  echo "</resources><constraints>$(cib_constraints "$kind")</constraints>"
  echo '<rsc_defaults><meta_attributes id="rsc-defaults"><nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="100"/></meta_attributes></rsc_defaults>'
  echo '</configuration>'
}

# cib KIND: a whole CIB for nodes that have none yet. The feature set must not be newer than the daemons' own (3.16.1 is
# Pacemaker 2.1.5), or every update is thrown away.
cib() {
  echo '<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="1">'
  cib_configuration "$1"
  echo '<status/></cib>'
}
