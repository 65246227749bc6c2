# quorate: the two commands are `make demo` and `make test`. Everything they need and miss is installed first.
# Debian and its kin by apt; elsewhere the missing tools are named and nothing is installed.

SHELL   := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
CARGO   ?= cargo
LAB     := tests/lab/lab
RUST_MIN := 1.88
BUILD_PACKAGES := gcc g++ make pkg-config libssl-dev libvirt-dev perl
TEST_PACKAGES  := $(BUILD_PACKAGES) openssh-server openssh-client sudo util-linux procps tmux screen
BENCH_PACKAGES := $(BUILD_PACKAGES) openssh-server openssh-client util-linux procps
# What quorate is measured beside. Not every release has all of them: a measure without its peer says so.
PEERS := btop libvirt-clients virt-top

# $(call need,PACKAGES): installs those that are missing.
define need
	missing=""; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then echo "quorate: please install:$$missing" >&2; exit 1; fi; \
	  root=""; [ "$$(id -u)" = 0 ] || root="sudo"; echo "quorate: installing$$missing"; \
	  $$root apt-get update -qq; $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $$missing >/dev/null; \
	fi
endef

.PHONY: help demo build bench test test-unit test-fuzz test-lab test-full lab lab-full lab-down lint fmt fuzz screenshots clean toolchain deps-build deps-test

help:
	@echo "make demo         the cockpit on the simulated cluster; installs what is missing"
	@echo "make test         all tests, the real-cluster lab included; installs what is missing"
	@echo "make test-full    tests on the QEMU lab (bonds, multipath, shared LVM, journald): about half an hour, alone on the machine"
	@echo "make lab | lab-full | lab-down    real clusters to try quorate on"
	@echo "make bench [NAME=frame]           measures, beside their peers"
	@echo "make lint         formatting and lints"
	@echo "make fuzz NAME=pacemaker          one fuzz target, until interrupted"
	@echo "make screenshots  draws screenshots/ anew from the real views"

toolchain:
	@ok() { command -v $(CARGO) >/dev/null && printf '%s\n%s\n' $(RUST_MIN) "$$($(CARGO) --version | cut -d' ' -f2)" | sort -VC; }; \
	if ! ok; then \
	  root=""; [ "$$(id -u)" = 0 ] || root="sudo"; \
	  if command -v apt-get >/dev/null && { $$root apt-get update -qq && apt-cache show rustup >/dev/null 2>&1; }; then \
	    $$root apt-get install -y -qq rustup >/dev/null && rustup toolchain install stable --profile minimal -c clippy -c rustfmt; \
	  else echo "quorate: Rust $(RUST_MIN) or newer is needed: install it with rustup (https://rustup.rs), then again" >&2; exit 1; fi; \
	fi

deps-build: toolchain
	@$(call need,$(BUILD_PACKAGES))

deps-test: toolchain
	@$(call need,$(TEST_PACKAGES))

deps-bench: toolchain
	@$(call need,$(BENCH_PACKAGES))
	@for p in $(PEERS); do \
	  if dpkg-query -W $$p >/dev/null 2>&1 || apt-cache show $$p >/dev/null 2>&1; then $(call need,$$p); \
	  else echo "quorate: no package $$p here: measured without it"; fi; \
	done

build: deps-build
	$(CARGO) build --release --locked

demo: build
	@./target/release/quorate demo

test: test-unit test-fuzz test-lab

test-unit: deps-test
	$(CARGO) test --locked --test all --test layers

# The fuzz targets are built here, so that they do not rot, and run on demand (make fuzz). The profile and the folder are those of the tests:
# what both need is compiled once. Without sanitizers no nightly is needed.
test-fuzz: deps-test
	$(CARGO) build --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target

# The lab cannot run everywhere (it needs root or sudo, and Debian): then the last lines say what was left out.
test-lab: deps-test
	@$(CARGO) build --locked --bin quorate; $(CARGO) test --locked --test lab --no-run; \
	rc=0; $(LAB) deps && $(LAB) up || rc=$$?; \
	if [ $$rc = 77 ]; then echo "make test: LEFT OUT: the real-cluster lab (see the line above for why)"; exit 0; fi; \
	if [ $$rc != 0 ]; then $(LAB) down || true; exit $$rc; fi; \
	rc=0; $(LAB) run $(CARGO) test --locked --test lab -- --test-threads=1 || rc=$$?; \
	$(LAB) down; exit $$rc

# The measures on a real cluster bring the namespace lab up and take it down again; as root they are complete.
bench: deps-bench
	@$(CARGO) bench --locked --bench measures -- $(NAME)

# Not in CI: the nodes are emulated, and want the machine to themselves.
test-full: deps-test
	@$(CARGO) build --locked --bin quorate; $(CARGO) test --locked --test lab_full --no-run; \
	rc=0; $(LAB) deps full && $(LAB) up full || rc=$$?; \
	if [ $$rc = 77 ]; then echo "make test-full: LEFT OUT: the QEMU lab (see the line above for why)"; exit 0; fi; \
	if [ $$rc != 0 ]; then $(LAB) down full || true; exit $$rc; fi; \
	rc=0; $(LAB) run full $(CARGO) test --locked --test lab_full -- --test-threads=1 || rc=$$?; \
	$(LAB) down full; exit $$rc

lab:
	@$(LAB) deps && $(LAB) up

lab-full:
	@$(LAB) deps full && $(LAB) up full

lab-down:
	@$(LAB) down; $(LAB) down full


lint: deps-build
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

fmt:
	$(CARGO) fmt

fuzz: deps-build
	$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install cargo-fuzz --locked
	RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir tests/fuzz $(NAME)

screenshots: deps-build
	UPDATE_SCREENSHOTS=1 $(CARGO) test --locked --test all screenshot

clean:
	-$(LAB) down; $(LAB) down full
	$(CARGO) clean
