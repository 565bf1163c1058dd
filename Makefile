# Everything a developer or CI does has one target here; `make help` lists them.
SHELL := /bin/bash
GO ?= go
VERSION := $(shell sed -n 's/^version: *//p' ifenslave.yaml)
BUILDDIR ?= build
# The linker's version stamp, no paths and no VCS data: two directories give equal bytes.
LDFLAGS := -s -w -X github.com/slackbond/slackbond/internal/version.Version=$(VERSION)
GOBUILD := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -tags urfave_cli_no_docs -ldflags '$(LDFLAGS)'
# A go for programs that run now, whatever GOARCH the programs in $(BUILDDIR) are for.
HOSTGO := env -u GOOS -u GOARCH -u GO386 -u GOARM CGO_ENABLED=0 $(GO)
# Tools of the checks, at the versions in test/tools/go.mod: a module of its own, so that
# nothing of ours depends on them. "go run TOOL@VERSION" would ask the network every time.
tool = $$($(HOSTGO) -C test/tools tool -n $(1))
MANPAGES := $(wildcard doc/*.[158])

.PHONY: all help build mkslack generate dist packages slackbuild test test-all race fuzz lint lint-shell lint-man check check-deps clean kernels vm check-kernels mutants interop bench
all: build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

build: ## programs, scripts and manual pages of the package, in BUILDDIR, for GOARCH
	mkdir -p $(BUILDDIR)/man
	$(GOBUILD) -o $(BUILDDIR)/ ./cmd/ifenslave ./cmd/bondctl
	$(HOSTGO) run -buildvcs=false -ldflags '$(LDFLAGS)' ./rc.d/render $(BUILDDIR)
	for page in $(MANPAGES); do sed 's/@VERSION@/$(VERSION)/g' $$page | gzip -9n > $(BUILDDIR)/man/$${page##*/}.gz || exit; done

mkslack: ## the package tools, in BUILDDIR
	mkdir -p $(BUILDDIR)
	$(HOSTGO) build -trimpath -buildvcs=false -tags urfave_cli_no_docs -ldflags '$(LDFLAGS)' -o $(BUILDDIR)/ ./cmd/mkslack

# --- Checks. `make check` runs CHECKS in order; each is a target that can be run alone.
CHECKS := lint lint-shell lint-man test-all slackbuild vm interop
GOTESTSUM = $(call tool,gotestsum) --format pkgname-and-test-fails --format-hide-empty-pkg
# gotestsum's output, and a line for each test that was skipped as test/check.sh counts them.
TELL_SKIPPED := awk '{ print } sub(/^=== SKIP: /, "") { test = $$1 " " $$2; getline; print; sub(/^ *[^ ]*: /, ""); print "SKIPPED: " test ": " $$0 }'
# Debian packages that the checks want; installed where apt-get is and we are root.
CHECK_APT := shellcheck shfmt mandoc groff xz-utils 7zip bzip2 lzip cpio file unzip binutils \
	iproute2 net-tools kmod nftables busybox-static qemu-system-x86 qemu-user debian-archive-keyring \
	gpg gpg-agent gcc libc6-dev perl cmake meson ninja-build autoconf automake python3-setuptools chromium

check: check-deps ## everything that must pass on a new machine; what cannot run here is counted as SKIPPED
	@test/check.sh $(CHECKS)

check-deps: ## install the Debian packages that the checks want
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=$$(for p in $(CHECK_APT); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	  [ -z "$$missing" ] || { echo installing: $$missing; apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }; \
	else echo "not root, or no apt-get: the checks use what is installed"; fi

lint: ## formatting, go vet, staticcheck
	test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(GO) mod tidy -diff
	$(GO) vet ./...
	GOARCH=386 $(GO) vet ./...
	$(call tool,staticcheck) ./...

SCRIPTS = $(wildcard rc.d/*.sh test/*.sh test/*/*.sh test/vm/scenarios/* test/vm/guest/* doc/completion/*) .ci/run \
	$(BUILDDIR)/rc.bond $(BUILDDIR)/rc.bond.conf
lint-shell: build ## shellcheck and shfmt on every script, the generated ones too
	@if command -v shellcheck; then shellcheck ifenslave.SlackBuild $(SCRIPTS); \
	else echo "SKIPPED: shellcheck: not installed"; fi
	@# ifenslave.SlackBuild is in the style of SlackBuilds.org's template.
	@if command -v shfmt; then shfmt -i 2 -d $(SCRIPTS); \
	else echo "SKIPPED: shfmt: not installed"; fi

lint-man: ## manual pages through mandoc's and groff's checks
	@if command -v mandoc; then mandoc -T lint -W warning $(MANPAGES); \
	else echo "SKIPPED: mandoc -T lint: not installed"; fi
	@if command -v groff; then for page in $(MANPAGES); do \
	  said=$$(groff -man -Tutf8 -ww -z $$page 2>&1); [ -z "$$said" ] || { echo "$$said"; exit 1; }; done; \
	else echo "SKIPPED: groff -ww: not installed"; fi

test: ## unit and command-line tests: no root, no network
	$(GO) test ./...

test-all: ## the same and what needs root; tells what was left out
	@set -o pipefail; $(GOTESTSUM) -- -skip '^TestReal' $$($(GO) list ./... | grep -v -e /test/vm -e /test/interop -e /test/bench) | \
	  $(TELL_SKIPPED)

race: ## the same under the race detector, which takes a C compiler
	CGO_ENABLED=1 $(GO) test -race ./...

# For each target, on its own as package testing wants it.
FUZZTIME ?= 30s
# By default an input is minimized for a minute, in which nothing is tried: with archives that is all that is done.
fuzz: ## run every fuzz target for FUZZTIME
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd internal pkgtools rc.d slackbuild); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x ./$$(dirname $$file) || exit; \
	  done; done

interop: ## our package tools beside Slackware's own, which PKGTOOLS_DIR names
	@set -o pipefail; $(GOTESTSUM) --format testname -- -count=1 ./test/interop | $(TELL_SKIPPED)

# --- The package on real kernels: test/vm/README.md
VMDIR ?= $(CURDIR)/.cache/vm
# Of 5.10 6.1 6.12 7.2 (x86_64) and 6.1-686 (Pentium III and II).
KERNELS ?= 6.1
# One scenario of test/vm/scenarios, without .sh; empty: all, and what else test/vm tests.
SCENARIO ?=

kernels: ## fetch the kernels KERNELS that the VM tests boot
	@test/vm/kernels.sh $(VMDIR) $(KERNELS)

vm: ## boot KERNELS and run the package there (SCENARIO: only that one)
	@for k in $(KERNELS); do test/vm/kernels.sh $(VMDIR) $$k || echo "SKIPPED: vm: kernel $$k: it could not be fetched"; done
	@rm -f $(VMDIR)/matrix; set -o pipefail; \
	VMTEST_KERNELS=$(VMDIR) VMTEST_MACHINES="$(KERNELS)" VMTEST_MATRIX=$(VMDIR)/matrix \
	  $(GOTESTSUM) --format testname -- -count=1 -timeout 60m $(if $(SCENARIO),-run 'TestVM/.*/^$(SCENARIO)$$') ./test/vm | $(TELL_SKIPPED); \
	  status=$$?; [ ! -e $(VMDIR)/matrix ] || sed 's/^/NOTE: /' $(VMDIR)/matrix; exit $$status

check-kernels: ## the same on every kernel there is, 32-bit processors too
	@REQUIRE_VM_TESTS=1 $(MAKE) --no-print-directory vm KERNELS="5.10 6.1 6.12 7.2 6.1-686"

mutants: ## break each promise of rc.bond on purpose, and see its scenario fail, on the first of KERNELS
	@test/vm/kernels.sh $(VMDIR) $(firstword $(KERNELS))
	@VMTEST_MUTANTS=1 REQUIRE_VM_TESTS=1 VMTEST_KERNELS=$(VMDIR) VMTEST_MACHINES="$(firstword $(KERNELS))" \
	  $(GOTESTSUM) --format testname -- -count=1 -timeout 90m -run '^TestMutants' ./test/vm

bench: ## measure against real peers where they are given (IFENSLAVE_C, ...), and print ratios
	@test/vm/kernels.sh $(VMDIR) 6.1 || echo "SKIPPED: bench: no kernel to measure on"
	VMTEST_KERNELS=$(VMDIR) $(GO) test -run '^$$' -bench . ./test/bench/...
	test/bench/pkgtools/bench.sh

# --- Packages and the source archive, in dist/
# Fixed owner, order and times: the same commit gives the same archive.
TAR_SAME := tar --format=gnu --sort=name --owner=root:0 --group=root:0 --numeric-owner

generate: mkslack ## write ifenslave.SlackBuild again, after a change of ifenslave.yaml
	$(BUILDDIR)/mkslack slackbuild --quiet --file ifenslave.yaml --in-place ifenslave.SlackBuild

dist: mkslack ## source archive with vendor/, and the directory for SlackBuilds.org, in dist/
	@mkdir -p dist; tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && \
	src=$$tmp/ifenslave-$(VERSION) && epoch=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} && \
	mkdir $$src && git archive HEAD | tar x -C $$src && (cd $$src && $(HOSTGO) mod vendor) && \
	chmod -R u=rwX,go=rX $$src && \
	$(TAR_SAME) --mtime=@$$epoch -cf $$tmp/tar -C $$tmp ifenslave-$(VERSION) && gzip -9n < $$tmp/tar > $$tmp/gz && \
	mv $$tmp/gz dist/ifenslave-$(VERSION).tar.gz
	$(BUILDDIR)/mkslack slackbuild --quiet --file ifenslave.yaml --output dist/slackbuild
	$(SUMS)

packages: mkslack ## packages for all architectures, with their sums, in dist/
	$(BUILDDIR)/mkslack package --file ifenslave.yaml --arch all --output dist
	$(SUMS)

# The sums of all that is in dist/.
SUMS = @cd dist && md5sum $$(ls ifenslave-*.tar.gz ifenslave-*.t?z 2> /dev/null) > MD5SUMS && \
	sha256sum $$(ls ifenslave-*.tar.gz ifenslave-*.t?z 2> /dev/null) > SHA256SUMS

slackbuild: ## run ifenslave.SlackBuild and the generated scripts for real, and compare with mkslack package
	@set -o pipefail; REAL_BUILDS=1 $(GOTESTSUM) -- -count=1 -timeout 20m -run '^TestReal' ./slackbuild/... | $(TELL_SKIPPED)
	test/slackbuild.sh

clean: ## remove what the other targets made here
	rm -rf build dist vendor
