#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The agent in a guest.  Reads lines "ID TIMEOUT" from the virtio port, runs
# /mnt/share/cmd/ROLE.ID.sh with its output in ROLE.ID.out next to it, and
# answers "ID RC" on the port when it has ended.  Commands run side by side,
# so that a long one does not keep others waiting.
#
# It is process 1: it must not end, whatever a command does.

name=org.pprc.verdict
cmd=/mnt/share/cmd

find_port()
{
	local n

	for n in /sys/class/virtio-ports/*/name; do
		[ "$(cat "$n" 2>/dev/null)" = "$name" ] || continue
		n=${n%/name}
		echo "/dev/${n##*/}"
		return 0
	done
	return 1
}

# run ID SECONDS
run()
{
	local id=$1 limit=$2 rc start=$SECONDS

	# Not in the agent's name: the port must not stay open in a command's
	# background processes.
	# shellcheck disable=SC2016	# the inner shell's
	timeout -k 5 "$limit" \
		bash -c '. /pprc/guest-lib.sh; . /pprc/guest-pprc.sh; . /pprc/guest-wire.sh; . "$1"' "$ROLE" "$cmd/$ROLE.$id.sh" \
		> "$cmd/$ROLE.$id.out" 2>&1 < /dev/null 3>&-
	rc=$?
	# timeout reports its own second, harder signal as 137.
	[ $rc -eq 137 ] && [ $((SECONDS - start)) -ge "${limit%.*}" ] && rc=124
	echo "$id $rc" >&3
}

for ((i = 0; i < 100; i++)); do
	port=$(find_port) && [ -c "$port" ] && break
	sleep 0.1
done
exec 3<> "$port" || {
	echo "agent: no port $name"
	busybox poweroff -f
}
# What a leak check goes by: what was lost before is none of a test's doing.
cut -d ' ' -f 1 /proc/uptime > /run/pprc.ready
# In the kernel log, too: what comes before is the noise of a boot.
echo "<4>pprc: guest ready" > /dev/kmsg
echo "ready 0" >&3

while :; do
	if read -r id limit <&3 && [ -n "$id" ]; then
		run "$id" "${limit:-60}" &
	else
		sleep 0.1
	fi
done
