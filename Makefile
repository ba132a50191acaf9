# SPDX-License-Identifier: GPL-2.0-only
#
# atcp: a second TCP for Linux. `make help` lists what there is to make.

PREFIX ?= /usr/local
ATCP_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/atcp
KSELFTEST_DIR = $(ATCP_CACHE)/linux-source-6.1/tools/testing/selftests
export ATCP_CACHE KSELFTEST_DIR

MAKEFLAGS += --no-print-directory

# The choice of tests is for selftests/run, not for the makefiles below, which have a
# TESTS of their own that the command line's would override.
ifdef TESTS
MAKEOVERRIDES =
unexport TESTS
endif

# What the guest boots has to be what the module is built for, so its targets
# default to Debian's 6.1 even where newer headers are installed.
guest_goals := check conformance breaks check-debug demo bench bench-loss vm lint
ifeq ($(origin KDIR), undefined)
ifneq ($(filter $(guest_goals),$(MAKECMDGOALS)),)
KDIR = $(addsuffix /build,$(addprefix /lib/modules/,$(shell selftests/vm/kver)))
else
KDIR = $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V | tail -n 1)
endif
endif
# The shell's answer, once, and after `deps` where a target has it.
kdir = $(eval kdir := $(KDIR))$(kdir)
# utsrelease.h has what uname says, and so what the modules' directory is called
kernelrelease = $(shell sed -n 's/.*"\(.*\)"/\1/p' $(kdir)/include/generated/utsrelease.h 2>/dev/null)
KVER ?= $(kernelrelease)

test_dirs := $(patsubst %/Makefile,%,$(wildcard selftests/*/Makefile))
jobs := -j$(shell nproc)
vm = selftests/vm/vm --kver $(kernelrelease)

.PHONY: all module tools selftests deps install uninstall lint check check-debug conformance sim \
	breaks explore fuzz coverage mutate demo bench bench-loss vm clean help

all: module tools selftests

help:
	@echo 'make            build the module for KDIR, the tools and the tests'
	@echo 'make demo       real programs over AF_ATCP in a guest'
	@echo "make check      every test; TESTS='core net/NAME' for a choice"
	@echo 'make check-debug  the same guest tests on a kernel with KASAN, lockdep and more'
	@echo 'make conformance  each requirement of the RFCs and the test that shows it'
	@echo "make breaks     break each requirement: do its tests notice? BREAKS='MUST-3 SHLD-7'"
	@echo 'make sim        the protocol engine in bad networks; SECONDS=60 SEED=1'
	@echo "make explore    every joint state of two endpoints; ARGS='--faults=2 --data=1'"
	@echo 'make fuzz       the protocol engine under libFuzzer; SECONDS=60 SEED=1'
	@echo 'make coverage   what of the engine the tests in userspace reach'
	@echo 'make mutate     break the engine in small ways: do the tests notice?'
	@echo 'make lint       checkpatch, sparse, cppcheck, clang-tidy, sizes'
	@echo 'make bench      atcp and native TCP side by side, in instructions'
	@echo "make bench-loss  the same where packets are lost; ROWS='incast tail=4' for a choice"
	@echo "make vm         a shell in the guest; CMD='...' for one command"
	@echo 'make deps       install the packages that all of this needs'
	@echo 'make install    DESTDIR= PREFIX=$(PREFIX) KVER=; make uninstall'
	@echo 'make clean      remove all that was built'

# One tree serves several makes at once: kbuild must not meet itself.
module:
	@[ -n "$(kdir)" ] || { echo "no kernel headers: run 'make deps', or give KDIR=" >&2; exit 1; }
	@mkdir -p build
	+@flock build/.lock $(MAKE) $(jobs) -C $(kdir) M=$(CURDIR) modules

tools:
	+@[ ! -e tools/Makefile ] || flock build/.lock $(MAKE) $(jobs) -C tools

selftests: $(if $(wildcard tools/Makefile),tools)
	+@set -e; for dir in $(test_dirs); do \
		flock build/.lock $(MAKE) $(jobs) -C $$dir; \
	done

tools selftests: | build
build:
	@mkdir -p build

deps:
	@selftests/vm/deps $(if $(filter command line environment,$(origin KDIR)),$(kernelrelease))

# In order: what a test is built with comes first.
.NOTPARALLEL: check check-debug conformance breaks demo bench bench-loss vm
.PHONY: built
built: deps
	+@$(MAKE) all KDIR=$(kdir)

check: deps
	+@$(MAKE) all KDIR=$(kdir) || { echo '0 passed, 1 failed'; exit 1; }
	@selftests/run --kver $(kernelrelease) -- $(TESTS)

# Against the debug kernel, in a copy: the tree's own module stays as it is.
debug_kernel = $(eval debug_kernel := $$(shell selftests/debug/kernel))$(debug_kernel)
debug_kdir = $(ATCP_CACHE)/kernel/$(debug_kernel)/build
check-debug: built
	@[ -n "$(debug_kernel)" ] || { echo '0 passed, 1 failed'; exit 1; }
	@mkdir -p build/debug
	@rsync -a --delete --include='*/' --include='*.[ch]' --exclude='*' module uapi build/debug/
	@cp Kbuild build/debug/
	+@flock build/.lock $(MAKE) $(jobs) -C $(debug_kdir) M=$(CURDIR)/build/debug modules || \
		{ echo '0 passed, 1 failed'; exit 1; }
	@selftests/run --debug --kver $(debug_kernel) --module build/debug/atcp.ko -- $(TESTS)

lint: deps
	@selftests/run --kver $(kernelrelease) -- lint

# What the standards demand, and the tests that show it: of this run, not of an earlier one.
conformance: deps
	+@$(MAKE) all KDIR=$(kdir)
	@selftests/run --kver $(kernelrelease) -- $$(selftests/conformance/matrix --programs) || \
		echo 'conformance: tests failed, see above'
	@selftests/conformance/matrix

# Do the tests that carry an id notice when what it demands is broken?
breaks: built
	@selftests/conformance/breaks --kver $(kernelrelease) $(BREAKS)

sim explore mutate:
	+@$(MAKE) -C selftests/core $@

coverage: deps
	+@$(MAKE) -C selftests/core $@

fuzz: deps
	+@$(MAKE) -C selftests/fuzz $@

demo: built
	@$(vm) --memory 3G --timeout 900 $(VMFLAGS) -- selftests/demo/run

bench: built
	@$(vm) --icount --memory 6G --timeout 3600 $(VMFLAGS) -- selftests/bench/run $(BENCH)

bench-loss: built
	@$(vm) --icount --memory 6G --timeout 7200 $(VMFLAGS) -- selftests/bench/loss.py $(ROWS)

# Only what CMD says is to be seen, unless the build fails. make ends with 2
# whatever CMD ends with, and says that status; selftests/vm/vm returns it.
vm: export CMD := $(value CMD)
vm: deps | build
	+@$(MAKE) all KDIR=$(kdir) > build/make.log 2>&1 || { cat build/make.log >&2; exit 1; }
	@$(vm) $(VMFLAGS) -- $(if $(CMD),"$$CMD")

install: module tools
	install -D -m 644 atcp.ko $(DESTDIR)/lib/modules/$(KVER)/updates/atcp.ko
	install -D -m 644 uapi/linux/atcp.h $(DESTDIR)$(PREFIX)/include/linux/atcp.h
	install -D -m 755 tools/atcp $(DESTDIR)$(PREFIX)/bin/atcp
	install -D -m 755 tools/libatcp-preload.so $(DESTDIR)$(PREFIX)/lib/atcp/libatcp-preload.so
	@set -e; for page in Documentation/man/*.[0-9]; do \
		[ ! -e $$page ] || install -D -m 644 -v $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; \
	done
	$(if $(DESTDIR),,depmod $(KVER))

uninstall:
	rm -f $(DESTDIR)/lib/modules/$(KVER)/updates/atcp.ko
	rm -f $(DESTDIR)$(PREFIX)/include/linux/atcp.h
	rm -f $(DESTDIR)$(PREFIX)/bin/atcp
	rm -rf $(DESTDIR)$(PREFIX)/lib/atcp
	rm -f $(foreach page,$(wildcard Documentation/man/*.[0-9]), \
		$(DESTDIR)$(PREFIX)/share/man/man$(lastword $(subst ., ,$(page)))/$(notdir $(page)))
	$(if $(DESTDIR),,depmod $(KVER))

clean:
	@set -e; for dir in $(wildcard tools/Makefile) $(addsuffix /Makefile,$(test_dirs)); do \
		$(MAKE) -C $${dir%/Makefile} clean; \
	done
	@[ -z "$(kdir)" ] || $(MAKE) -C $(kdir) M=$(CURDIR) clean
	@rm -rf build
