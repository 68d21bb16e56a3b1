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
declare -A agent_pids agent_ends agent_killed

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
agent_run()
{
	local agent_rc agent_start=$SECONDS

	set +m
	trap - USR1
	# This one stays to tell.
	trap : TERM
	# Not in the agent's name: the port must not stay open in a command's
	# background processes.
	# shellcheck source=/dev/null
	( exec 3>&-; trap - TERM; . "$agent_cmd/$ROLE.$1.sh" ) \
		> "$agent_cmd/$ROLE.$1.out" 2>&1 < /dev/null
	agent_rc=$?
	[ $agent_rc -ne 143 ] || [ $((SECONDS - agent_start)) -lt "${2%.*}" ] || agent_rc=124
	echo "$1 $agent_rc" >&3
}

# agent_late: end what has used up its time; the harder way after five seconds
agent_late()
{
	local id

	for id in "${!agent_pids[@]}"; do
		if [ ! -d "/proc/${agent_pids[$id]}" ]; then
			unset "agent_pids[$id]" "agent_ends[$id]" "agent_killed[$id]"
		elif [ "$SECONDS" -lt "${agent_ends[$id]}" ]; then
			continue
		elif [ -z "${agent_killed[$id]:-}" ]; then
			agent_killed[$id]=1 agent_ends[$id]=$((SECONDS + 5))
			kill -TERM -- "-${agent_pids[$id]}"
		else
			kill -KILL -- "-${agent_pids[$id]}"
			echo "$id 124" >&3
			agent_ends[$id]=$((SECONDS + 5))
		fi
	done
}

for ((agent_try = 0; agent_try < 100; agent_try++)); do
	agent_port=$(agent_port) && [ -c "$agent_port" ] && break
	sleep 0.1
done
exec 3<> "$agent_port" || {
	echo "agent: no port $agent_port_name"
	busybox poweroff -f
}
# What a leak check goes by: what was lost before is none of a test's doing.
cut -d ' ' -f 1 /proc/uptime > /run/pprc.ready
# In the kernel log, too: what comes before is the noise of a boot.
echo "<4>pprc: guest ready" > /dev/kmsg
echo "ready 0" >&3

# The port is read without a time limit: bash loses what it has read when the
# limit comes just then.  A signal interrupts it as often, and loses nothing.
mkfifo /run/agent.never
trap agent_late USR1
( trap - USR1; while :; do read -r -t 1 _ <> /run/agent.never; kill -USR1 1; done ) 3>&- &

# Each job a process group.
set -m
while :; do
	if read -r agent_id agent_limit <&3 && [ -n "$agent_id" ]; then
		# The shell says of a command that is ended: Terminated
		agent_run "$agent_id" "$agent_limit" 2> /dev/null &
		agent_pids[$agent_id]=$!
		agent_ends[$agent_id]=$((SECONDS + ${agent_limit%.*}))
	else
		sleep 0.1
	fi
done
