#!/bin/bash
# The part of hack/deb-test.sh that runs in the system that is thrown away: /deb-test holds old.deb, new.deb, key.pem, cert.pem.
# `inside chroot` is for one without a systemd that runs.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
unit=bordergw.service config=/etc/bordergw/bordergw.yaml

step() { echo "-- $* (${SECONDS} s)"; }
die() { echo "deb-test: $*" >&2; exit 1; }
# until SECONDS COMMAND...: it is true at last.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || die "did not become true: $*"
    sleep 0.1
  done
}
install_deb() { dpkg -i "$1" </dev/null >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; die "dpkg -i $1 failed"; }; }
property() { systemctl show --property="$1" --value $unit; }
# files: all files where a package may put any, but for what belongs to dpkg and apt, to logs and to caches, or moves by itself.
files() {
  find /etc /usr /lib /var /opt /srv -xdev \( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/log -o -path /var/cache -o -path /var/tmp \
    -o -path /var/lib/systemd \) -prune -o -print |
    grep -vE '^/etc/((passwd|shadow|group|gshadow|subuid|subgid)-|\.pwd\.lock|machine-id)$' | sort
}
same_files() { diff "$1" <(files) || die "$2"; }

files >/tmp/before
if [ "${1:-}" = chroot ]; then
  install_deb /deb-test/old.deb
  bordergw version >/dev/null
  [ -e /etc/systemd/system/multi-user.target.wants/$unit ] || die "the unit is not enabled"
  id bordergw >/dev/null
  runuser -u bordergw -- bordergw serve --check --config $config
  dpkg -P bordergw >/dev/null 2>&1
  same_files /tmp/before "a purge leaves files"
  exit 0
fi

step "install: it runs, enabled, ready, and answers"
apt-get install -y /deb-test/old.deb </dev/null >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; die "apt-get install failed"; }
systemctl is-active --quiet $unit || { journalctl --no-pager -u $unit | tail; die "it does not run"; }
systemctl is-enabled --quiet $unit
[[ $(property StatusText) == "listening on http://127.0.0.1:9696" ]] || die "status: $(property StatusText)"
[ "$(stat -c %U:%G:%a /var/lib/bordergw)" = bordergw:bordergw:700 ] || die "data directory: $(stat -c %U:%G:%a /var/lib/bordergw)"
bordergw device list >/dev/null
bordergw network create blue >/dev/null
systemd-analyze verify --man=no $unit >/tmp/verify.log 2>&1 || { cat /tmp/verify.log; die "the unit has mistakes"; }
! grep bordergw /tmp/verify.log || die "the unit is complained of"

step "it has no rights that it does not need"
pid=$(property MainPID)
for want in 'CapEff:\s0+$' 'CapBnd:\s0+$' 'NoNewPrivs:\s1$' 'Seccomp:\s2$'; do
  grep -qP "^$want" /proc/"$pid"/status || die "not $want: $(grep -E '^(Cap|NoNew|Seccomp)' /proc/"$pid"/status | tr '\n' ' ')"
done
[ "$(stat -c %U /proc/"$pid")" = bordergw ]
# 65536, but where this machine itself may have fewer.
[ "$(awk '/Max open files/ {print $4}' /proc/"$pid"/limits)" -gt 4096 ] || die "limits: $(grep open /proc/"$pid"/limits)"

step "history, backup, restore, metrics and a second start work under the filter"
bordergw events --limit 1000 | grep -q network || die "the history has no event of a network"
bordergw backup /tmp/backup.tar >/dev/null
metrics=$(exec 3<>/dev/tcp/127.0.0.1/9696 && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3)
for metric in process_start_time_seconds process_open_fds bordergw_build_info; do
  grep -q "^$metric" <<<"$metrics" || die "no metric $metric"
done
bordergw network create lost >/dev/null
systemctl stop $unit
mv /var/lib/bordergw /var/lib/bordergw.old
install -d -m 700 -o bordergw -g bordergw /var/lib/bordergw
bordergw restore /tmp/backup.tar --data-dir /var/lib/bordergw >/dev/null
systemctl start $unit
[ "$(bordergw network list -o name)" = network/blue ] || die "restored: $(bordergw network list -o name)"
rm -r /var/lib/bordergw.old

step "TLS files of its own, switches that dial in, reload"
install -d /etc/bordergw/tls
for file in key.pem cert.pem; do install -m 640 -g bordergw /deb-test/$file /etc/bordergw/tls/; done
sed -i -E 's@^#(ovsdb_listen|tls_[a-z_]+):@\1:@; s@^#  ca1: .*@  ca1: /etc/bordergw/tls/cert.pem@' $config
runuser -u bordergw -- bordergw serve --check --config $config >/dev/null
systemctl restart $unit
(exec 3<>/dev/tcp/127.0.0.1/6640) || die "it does not listen for switches"
systemctl reload $unit
until_true 10 sh -c "journalctl --no-pager -u $unit | grep -q 'TLS files have been read again'"
until_true 10 sh -c "[ \$(systemctl show --property=SubState --value $unit) = running ]"
rm /etc/bordergw/tls/key.pem
systemctl reload $unit
until_true 10 sh -c "systemctl show --property=StatusText --value $unit | grep -q 'can not be used'"
install -m 640 -g bordergw /deb-test/key.pem /etc/bordergw/tls/

step "tokens, in a file that the service and root can read"
install -m 640 -o root -g bordergw /dev/null /etc/bordergw/tokens.yaml
echo "- {token: a-secret-of-the-test, user: alice, project: ops, roles: [admin]}" >>/etc/bordergw/tokens.yaml
sed -i -E 's@^#(auth: token|token_file:)@\1@' $config
systemctl restart $unit
! bordergw device list >/dev/null 2>&1 || die "it answers whoever has no token"
BORDERGW_TOKEN=a-secret-of-the-test bordergw device list >/dev/null
sed -i -E 's@^(auth: token|token_file:)@#\1@' $config
systemctl restart $unit

step "a port below 1024, by a drop-in as in docs/install.md"
drop_in() { mkdir -p /run/systemd/system/$unit.d && cat >/run/systemd/system/$unit.d/test.conf && systemctl daemon-reload && systemctl restart $unit; }
sed -i 's/6640/640/' $config
drop_in </deb-test/low-port.conf
(exec 3<>/dev/tcp/127.0.0.1/640) || die "it does not listen at port 640"
sed -i 's/640/6640/' $config

step "a daemon that hangs is started again"
drop_in < <(printf '[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\nRestartSec=0\n')
pid=$(property MainPID)
# Signs of life come for longer than one time of the watchdog. While it lives it is left alone.
first=$(property WatchdogTimestampMonotonic)
until_true 30 sh -c "[ \$(systemctl show --property=WatchdogTimestampMonotonic --value $unit) -gt $((first + 3000000)) ]"
[ "$(property MainPID)" = "$pid" ] || die "the watchdog ended a daemon that lives"
kill -STOP "$pid"
until_true 30 sh -c "[ \$(systemctl show --property=NRestarts --value $unit) -ge 1 ] && systemctl is-active --quiet $unit"
[ "$(property MainPID)" != "$pid" ]
rm -r /run/systemd/system/$unit.d
systemctl daemon-reload

step "upgrade: the new program runs on the same data, with the configuration as it was left"
pid=$(property MainPID)
install_deb /deb-test/new.deb
systemctl is-active --quiet $unit || die "it does not run after the upgrade"
[ "$(property MainPID)" != "$pid" ] || die "the upgrade did not restart it"
bordergw network list | grep -q blue
grep -q '^ovsdb_listen' $config || die "the upgrade changed the configuration"

step "an upgrade leaves it off where it is off, and succeeds where its configuration does not"
systemctl disable --now --quiet $unit
install_deb /deb-test/new.deb
! systemctl is-active --quiet $unit || die "the upgrade started a service that is disabled"
systemctl enable --now --quiet $unit
echo 'no_such_key: 1' >>$config
install_deb /deb-test/new.deb
sed -i '/no_such_key/d' $config
until_true 30 systemctl is-active --quiet $unit # without anybody's help

step "remove: it is gone, configuration and data are not; install again: both are used"
dpkg -r bordergw >/dev/null 2>&1
[ ! -e /usr/bin/bordergw ]
! systemctl is-active --quiet $unit || die "it runs still"
[ -e /var/lib/bordergw/bordergw.db ] && [ -e $config ] || die "the removal took the data"
install_deb /deb-test/new.deb
systemctl is-active --quiet $unit || die "it does not run after it was installed again"
bordergw network list | grep -q blue

step "purge: nothing is left but the account and what the administrator put beside the configuration"
dpkg -P bordergw >/dev/null 2>&1 </dev/null
! systemctl is-active --quiet $unit || die "it runs still"
[ -e /etc/bordergw/tls/key.pem ] || die "the purge took the administrator's files"
rm -r /etc/bordergw
same_files /tmp/before "a purge leaves files"
[ -z "$(find /var/lib/systemd -name '*bordergw*')" ] || die "left: $(find /var/lib/systemd -name '*bordergw*')"
[ "$(systemctl show --property=LoadState --value $unit)" = not-found ] || die "the unit is $(systemctl show --property=LoadState --value $unit)"
journalctl --no-pager -q -p err -b | grep bordergw | grep -vE 'no_such_key|can not be used|unknown key|[Ww]atchdog|Failed with result|Failed to start' && die "errors in the journal" || true
