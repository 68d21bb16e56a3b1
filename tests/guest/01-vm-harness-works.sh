# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 01-vm-harness-works: two guests run commands, report them truly and share a lossless cable
# lab: pair
# time: 15
# smoke: yes
#
# shellcheck disable=SC2016	# what is quoted runs in the guest

guests="primary secondary"

for g in $guests; do
	out=$(on "$g" 'echo "out of $ROLE"; echo "err of $ROLE" >&2; exit 7')
	rc=$?
	[ $rc -eq 7 ] || fail "$g: rc 7 arrives as $rc"
	[ "$out" = "out of $g"$'\n'"err of $g" ] || fail "$g: output arrives as: $out"
	[ "$(on "$g" nproc)" = "${LAB_CPUS:-2}" ] || fail "$g: wrong number of CPUs"
	[ "$(on "$g" uname -r)" = "$KREL" ] || fail "$g: wrong kernel"
	need on "$g" 'touch /tmp/x /run/x /var/tmp/x && need test -b "$(disk data)"'
	need on "$g" 'modprobe -n fcoe && modprobe -n target_core_mod'
done

on primary -t 1 'sleep 60'
rc=$?
[ $rc -eq 124 ] || fail "a command that takes too long ends with $rc"

# A long command keeps neither others nor the host waiting.
job=$(on_bg secondary 'sleep 2; echo done; exit 3')
need on secondary true
out=$(on_wait secondary "$job")
rc=$?
[ "$rc $out" = "3 done" ] || fail "a background command ends with $rc: $out"

n=0
for g in $guests; do
	n=$((n + 1))
	need on "$g" "ip link set eth0 mtu 9000 up && ip addr add 192.0.2.$n/24 dev eth0"
done
need on primary 'wait_for 10 "ping -q -c 1 -W 1 192.0.2.2 > /dev/null"'
# A guest that had to wait for its CPU loses what no longer fits into ping's
# socket; that is not the cable's doing, and does not happen each time.
for try in 1 2 3; do
	out=$(on primary 'ping -q -f -c 300 -s 8000 -M do 192.0.2.2')
	echo "$out"
	[[ $out = *" 300 received"* ]] && break
	[ $try -lt 3 ] || fail "the cable loses frames of 8 KB"
done

# FCoE finds the peer on it.
job=$(on_bg secondary 'fcoe_up eth0')
wwpn=$(on primary 'fcoe_up eth0') || fail "no FCoE on the primary: $wwpn"
[ "$wwpn" = 2000525400000001 ] || fail "the primary's WWPN is $wwpn"
wwpn=$(on_wait secondary "$job") || fail "no FCoE on the secondary: $wwpn"
[ "$wwpn" = 2000525400000002 ] || fail "the secondary's WWPN is $wwpn"
need on primary 'wait_for 20 "grep -qs 0x2000525400000002 /sys/class/fc_remote_ports/*/port_name"'

if [ "${LAB_PCAP:-1}" != 0 ]; then
	n=$(tshark -r "$LAB_RUN/cable.pcap" -Y 'icmp.type == 8 && frame.len > 8000' 2>/dev/null | wc -l)
	[ "$n" -eq $((300 * try)) ] || fail "the capture has $n of $((300 * try)) frames"
fi

for g in $guests; do
	need on "$g" 'fcoe_down eth0; ip addr flush dev eth0; ip link set eth0 down'
done
