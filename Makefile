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
STATICCHECK := $(HOSTGO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
MANPAGES := $(wildcard doc/*.[158])

.PHONY: all help build test lint check clean
all: build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

build: ## programs, scripts and manual pages of the package, in BUILDDIR, for GOARCH
	mkdir -p $(BUILDDIR)/man
	$(GOBUILD) -o $(BUILDDIR)/ ./cmd/ifenslave ./cmd/bondctl
	$(HOSTGO) run -buildvcs=false ./rc.d/render $(BUILDDIR)
	for page in $(MANPAGES); do sed 's/@VERSION@/$(VERSION)/g' $$page | gzip -9n > $(BUILDDIR)/man/$${page##*/}.gz || exit; done

mkslack: ## the package tools, in BUILDDIR
	mkdir -p $(BUILDDIR)
	$(HOSTGO) build -trimpath -buildvcs=false -tags urfave_cli_no_docs -ldflags '$(LDFLAGS)' -o $(BUILDDIR)/ ./cmd/mkslack

test: ## unit and command-line tests: no root, no network
	$(GO) test ./...

clean: ## remove what the other targets made here
	rm -rf build dist vendor
