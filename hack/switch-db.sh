#!/bin/sh
# switch-db.sh NAME TUNNEL_IP PORT...: the database of a VTEP switch, listening on TCP port 6640. The Physical_Switch and
# its ports are written when the database is new; what a controller adds is kept.
set -eu
name=$1 tunnel_ip=$2
shift 2
db=${DB:-/var/lib/bordergw/vtep.db}
run=$(mktemp -d)
export OVS_RUNDIR="$run"
if [ ! -e "$db" ]; then
  seed="add-ps $name -- set Physical_Switch $name tunnel_ips=$tunnel_ip"
  for port; do seed="$seed -- add-port $name $port"; done
  ovsdb-tool create "$db.new" /usr/share/openvswitch/vtep.ovsschema
  ovsdb-server --remote="punix:$run/db.sock" --run="vtep-ctl --db=unix:$run/db.sock $seed" "$db.new"
  mv "$db.new" "$db"
fi
exec ovsdb-server --remote=ptcp:6640 --remote=db:hardware_vtep,Global,managers "$db"
