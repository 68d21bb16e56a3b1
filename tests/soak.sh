#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# soak.sh
#
# An hour of everything at random: bad wires, frozen peers, pulled cables, power
# cuts, disks that stand still, all under a writer whose acknowledgements are
# compared with both volumes.  What is drawn comes from one seed, which is
# printed.  SECONDS (3600), PPRC_SEED, LAB_KERNEL=6.1|6.12|debug.
#
# Output is KTAP; each step is a line of RUN_FOLDER/1-soak.out while it runs.

# bash counts on from what the environment says.
SOAK_SECONDS=$SECONDS
[ "$SOAK_SECONDS" -ge 10 ] || SOAK_SECONDS=3600
SECONDS=0
set -u
# The make that may have started this has flags that are not for the build.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS

TESTS=$(dirname "$(realpath "$0")")
TOP=$(dirname "$TESTS")
PPRC_SEED=${PPRC_SEED:-$((($(date +%s) ^ $$) & 0x7fffffff))}
# A capture of all this would not fit.
export TESTS TOP SOAK_SECONDS PPRC_SEED LAB_PCAP=${LAB_PCAP:-0}
export LAB_KERNEL=${LAB_KERNEL:-6.1}

kernels=("$LAB_KERNEL")
# shellcheck source=tests/vm/run-lib.sh
. "$TESTS/vm/run-lib.sh"
"$TESTS/deps.sh" build vm >&2 || exit 1

# shellcheck disable=SC2034	# run-lib.sh reads it
plan=("$LAB_KERNEL pair $TESTS/guest/soak.sh")
echo "TAP version 14"
echo "1..1"
run_init
echo "# PPRC_SEED=$PPRC_SEED, $SOAK_SECONDS s; the steps are in $RUN_DIR/1-soak.out"
run_kernel "$LAB_KERNEL"
run_test "$LAB_KERNEL" pair "$TESTS/guest/soak.sh"
[ ! -f "$RUN_DIR/1-soak.out" ] || tail -n 1 "$RUN_DIR/1-soak.out" | sed 's/^/# /'
run_finish
