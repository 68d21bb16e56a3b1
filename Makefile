# SPDX-License-Identifier: GPL-2.0
#
# make           build the modules (KDIR=, else the running kernel's headers,
#                else the newest ones installed)
# make demo      the main job on real files in two virtual machines
# make check     all tests but the longest; installs what it needs
# make check-long  the same and what takes longer
# make check-debug  the guest tests on a kernel with KASAN, lockdep, kmemleak
# make soak      an hour of everything at random; SECONDS=, PPRC_SEED=
# make cost      instructions per write, beside other drivers; UPDATE=1: keep ours
# make bench     what lost frames cost, beside other drivers
# make unit      pure logic on the host, under ASan and UBSan
# make fuzz      any input for what decodes, FUZZ_SECONDS (300) per target
# make lint      warnings, sparse, checkpatch, kernel-doc, shellcheck
# make install   modules into the tree of the kernel of KDIR, pprcadm into PREFIX
# make clean

HEADERS := $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	     $(shell ls -d /usr/src/linux-headers-*-amd64 \
			   /lib/modules/*/build 2>/dev/null | sort -rV))
KDIR ?= $(HEADERS)
PREFIX ?= /usr/local

modules:
	@test -n "$(KDIR)" || { \
		echo "no kernel headers: apt-get install linux-headers-amd64, or give KDIR="; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod -a
	install -D tools/pprcadm $(DESTDIR)$(PREFIX)/sbin/pprcadm
	install -D -m 644 tools/pprcadm.8 $(DESTDIR)$(PREFIX)/share/man/man8/pprcadm.8

clean:
	test -z "$(KDIR)" || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C tests/unit clean

demo:
	tests/demo.sh

check:
	tests/check.sh

check-long:
	LONG=1 tests/check.sh

check-debug:
	tests/check-debug.sh

soak:
	SECONDS=$(SECONDS) tests/soak.sh

cost:
	UPDATE=$(UPDATE) tests/cost.sh

bench:
	tests/bench.sh

unit:
	tests/deps.sh unit
	$(MAKE) -C tests/unit check

fuzz:
	tests/deps.sh fuzz
	$(MAKE) -C tests/fuzz check

lint:
	tests/lint.sh

.PHONY: modules install clean demo check check-long check-debug soak cost bench unit fuzz lint
.DEFAULT_GOAL := modules
