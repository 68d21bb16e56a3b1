#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The agent in a guest.  Reads lines "ID SECONDS" from the virtio port, runs
# /mnt/share/cmd/ROLE.ID.sh with its output in ROLE.ID.out next to it, and
# answers "ID RC" on the port when it has ended; RC is 124 when the time was up.
# Commands run side by side, so that a long one does not keep others waiting.
#
# A command runs in a copy of this shell, which knows the functions of a guest
# already: to start another one takes an emulated CPU longer than most commands.
# So what is called agent_ here is not theirs to touch.
#
# It is process 1: it must not end, whatever a command does.

agent_port_name=org.pprc.verdict
agent_cmd=/mnt/share/cmd

# shellcheck source=tests/vm/guest-lib.sh
. /pprc/guest-lib.sh
# shellcheck source=tests/vm/guest-pprc.sh
. /pprc/guest-pprc.sh
# shellcheck source=tests/vm/guest-wire.sh
. /pprc/guest-wire.sh

agent_port()
{
	local n name

	for n in /sys/class/virtio-ports/*/name; do
		read -r name < "$n"
		[ "$name" = "$agent_port_name" ] || continue
		n=${n%/name}
		echo "/dev/${n##*/}"
		return 0
	done
	return 1
}

# agent_run ID SECONDS: in a process group of its own, which is ended as a whole
# when the time is up; the harder way after five seconds more
agent_run()
{
	local agent_rc agent_pid agent_watch agent_start=$SECONDS

	set -m
	# Not in the agent's name: the port must not stay open in a command's
	# background processes.
	# shellcheck source=/dev/null
	( exec 3>&-; set +m; . "$agent_cmd/$ROLE.$1.sh" ) \
		> "$agent_cmd/$ROLE.$1.out" 2>&1 < /dev/null &
	agent_pid=$!
	# Waits without a program; nobody ever writes to that pipe.
	(
		read -r -t "$2" _
		kill -TERM -- -$agent_pid
		read -r -t 5 _
		kill -KILL -- -$agent_pid
	) <> /run/pprc.never 3>&- &
	agent_watch=$!
	wait $agent_pid
	agent_rc=$?
	kill -KILL $agent_watch
	case $agent_rc in
	137|143)	[ $((SECONDS - agent_start)) -lt "${2%.*}" ] || agent_rc=124 ;;
	esac
	echo "$1 $agent_rc" >&3
}

for ((agent_try = 0; agent_try < 100; agent_try++)); do
	agent_port=$(agent_port) && [ -c "$agent_port" ] && break
	sleep 0.1
done
exec 3<> "$agent_port" || {
	echo "agent: no port $agent_port_name"
	busybox poweroff -f
}
mkfifo /run/pprc.never
# What a leak check goes by: what was lost before is none of a test's doing.
cut -d ' ' -f 1 /proc/uptime > /run/pprc.ready
# In the kernel log, too: what comes before is the noise of a boot.
echo "<4>pprc: guest ready" > /dev/kmsg
echo "ready 0" >&3

while :; do
	# No time limit: bash loses what it has read when the limit comes just then.
	if read -r agent_id agent_limit <&3 && [ -n "$agent_id" ]; then
		# The shell says of a command that is ended: Terminated
		agent_run "$agent_id" "${agent_limit:-60}" 2> /dev/null &
	else
		sleep 0.1
	fi
done
