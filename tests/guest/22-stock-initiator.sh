# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 22-stock-initiator: libfc's own initiator on the same ports scans the secondary and finds no LUN
# lab: pair
# time: 25
#
# shellcheck source=tests/guest/lib.sh
# shellcheck disable=SC2016	# what is quoted runs in a guest
. "$TESTS/guest/lib.sh"

# Operation codes of ordinary commands on the cable. FCP_CMND: 12 bytes, then
# the CDB; ours are of operation code 7Fh.
scsi_asked()
{
	tshark -n -r "$WIRE" --disable-protocol fcp -Y 'fc.r_ctl == 6 && fc.type == 8' \
		-T fields -e data.data 2>/dev/null | cut -c 25-26 | grep -v 7f | sort -u | paste -sd ' '
}

wire_mark
duo_blank || fail "the volumes cannot be blanked"
# The TPG is there before the ports log in, so libfc takes it for a target.
need on secondary "pprc_load core secondary && sec_tpg $DSW &&
	store=\$(backstore_block store \$(disk data)) && sec_lun $DSW 0 \$store && sec_acl $DSW $DPW 0"
job=$(on_bg secondary 'fcoe_up eth0')
need on primary 'pprc_load core primary && fcoe_up eth0'
need on_wait secondary "$job"
need on primary "wait_for 30 'grep -qs \"FCP Target\" /sys/class/fc_remote_ports/*/roles'"
need on primary '
host=$(fcoe_host eth0)
echo "- - -" > /sys/class/scsi_host/$host/scan
for d in /sys/bus/scsi/devices/*:*; do
	case $(readlink -f $d) in
	*/$host/*:[0-9]*)	case ${d##*/} in target*|host*) ;; *) fail "the scan found ${d##*/}" ;; esac ;;
	esac
done
true'
# It did ask: INQUIRY (12h) and REPORT LUNS (a0h) went over the cable.
wire
asked=$(scsi_asked)
echo "asked: $asked"
[[ $asked = *12* ]] || fail "no INQUIRY was seen on the cable: $asked"
[[ $asked = *a0* ]] || fail "no REPORT LUNS was seen on the cable: $asked"

# Beside it, PPRC works on the same ports, and the other initiator still
# finds nothing.
duo_pair
need on primary "dd if=/dev/urandom of=$DISK bs=64k count=16 oflag=direct status=none"
need on primary 'host=$(fcoe_host eth0); echo "- - -" > /sys/class/scsi_host/$host/scan
	[ $(ls -d /sys/block/sd* | wc -l) = 1 ] || fail "disks: $(ls /sys/block)"'
duo_mirrored
duo_equal
wire_whole
duo_down
