# `make` alone lists the targets.
SHELL     := /bin/bash
GO        ?= go
FUZZTIME  ?= 30s
CHAOS_TIME ?= 3m
CHAOS_SWITCHES ?= 8
CHAOS_SEED ?= 0
# bench is a module of its own: what we are measured against shares nothing with us. So are the tests of the web pages: what
# drives the browser is none of the product's.
PACKAGES  := ./... ./bench/... ./e2e/browser/...
IMAGE     ?= bordergw:latest
BUILDER   ?= golang:1.26
BASE      ?= debian:bookworm-slim
# The binary carries the commit where git can tell it; in a tree of another owner, or without a commit, it cannot.
GOBUILD   := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=$(if $(shell git rev-parse -q --verify HEAD 2>/dev/null),true,false)
export FUZZTIME
# ovsdb-server, ovs-vswitchd, ip and ethtool are there; not every user has it in the path.
export PATH := $(PATH):/usr/sbin:/sbin

.DEFAULT_GOAL := help
.PHONY: help deps build install deb deb-test test neutron-test neutron-e2e neutron-deb race lint check demo bench bench-smoke microbench e2e chaos fuzz generate pictures browser ui-pictures image compose-test clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install what tests and demo need (apt-get; only what is missing)
	@hack/deps.sh

build: ## bin/bordergw
	$(GOBUILD) -o bin/bordergw ./cmd/bordergw

install: ## bin/bordergw and all that belongs to it, below DESTDIR and PREFIX (/usr/local); see docs/install.md
	@DESTDIR='$(DESTDIR)' PREFIX='$(or $(PREFIX),/usr/local)' SYSCONFDIR='$(or $(SYSCONFDIR),/etc)' dist/install.sh

deb: ## dist/bordergw_VERSION_ARCH.deb
	@dist/build-deb.sh

deb-test: ## the package: the same bytes twice, lintian, and on a systemd of its own: install, upgrade, remove, purge (root)
	hack/deb-test.sh

test: deps browser ## all tests, race detector on, against real ovsdb-servers and emulated switches
	$(GO) test -race -count=1 -timeout 60m $(PACKAGES)
	@hack/neutron-test.sh --if-installed

neutron-test: ## the tests of neutron/, the Python package for Neutron; installs Neutron's libraries (minutes, once)
	hack/deps.sh neutron-l2gateway-agent:python3-networking-l2gw openstack:python3-openstackclient
	hack/neutron-test.sh

neutron-deb: ## dist/bordergw-neutron_VERSION_all.deb
	hack/neutron-deb.sh

race: test ## the same as test

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	$(GO) vet $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)

check: lint ## lint, generated files and go.mod up to date, tests, govulncheck
	hack/check-generated.sh
	$(GO) mod tidy -diff
	$(GO) -C bench mod tidy -diff
	GOWORK=off $(GO) -C e2e/browser mod tidy -diff
	$(MAKE) test
	hack/vulncheck.sh

demo: deps build ## two emulated switches joined by bordergw, and a ping between them
	$(GO) run ./internal/demo -bin bin/bordergw

bench: deps ## bordergw, a raw client and other programs on the same work; writes docs/performance.md (about an hour)
	hack/deps.sh neutron-l2gateway-agent:python3-networking-l2gw ovn-controller-vtep:ovn-controller-vtep ovn-northd:ovn-central
	$(GO) run ./bench -out docs/performance.md

bench-smoke: deps ## a short benchmark that fails beyond wide bounds
	$(GO) run ./bench -smoke

microbench: deps ## Go benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

e2e: deps browser ## only the tests with emulated switches, and of the built binary
	hack/deps.sh openstack:python3-openstackclient neutron-l2gateway-agent:python3-networking-l2gw \
	  keystone-wsgi-public:python3-keystone uwsgi_python3:uwsgi-plugin-python3
	BORDERGW_E2E=full $(GO) test -race -count=1 -timeout 60m -v ./internal/lab ./internal/demo ./e2e/... ./e2e/browser/...
	$(GO) test -race -count=1 -tags openstack ./e2e/openstack
	hack/deps.sh neutron-openvswitch-agent:neutron-openvswitch-agent
	BORDERGW_E2E=full $(MAKE) neutron-e2e

neutron-e2e: ## only those with a real Neutron; installs Neutron, MariaDB and RabbitMQ (minutes, once)
	hack/deps.sh neutron-server:neutron-common neutron-l2gateway-agent:python3-networking-l2gw \
	  /etc/init.d/neutron-api:neutron-api keystone-wsgi-public:python3-keystone neutron:python3-neutronclient \
	  openstack:python3-openstackclient mariadbd:mariadb-server-core mariadb:mariadb-client-core /usr/bin/pip3:python3-pip \
	  rabbitmq-server:rabbitmq-server
	$(GO) test -race -count=1 -timeout 60m -v -tags neutron ./e2e/neutron

chaos: deps ## random changes and faults for CHAOS_TIME (3m) over CHAOS_SWITCHES (8), from CHAOS_SEED (a new one)
	$(GO) test -race -count=1 -v -timeout 0 ./internal/chaos -args -time $(CHAOS_TIME) -switches $(CHAOS_SWITCHES) -seed $(CHAOS_SEED)

fuzz: ## every fuzz target for FUZZTIME (30s) each
	hack/fuzz.sh

generate: ## go generate
	$(GO) generate ./...

pictures: ## docs/pictures/*.svg, from the .dot files beside them
	hack/deps.sh dot:graphviz
	hack/pictures.sh

browser: ## the browser of the tests of the web pages; BORDERGW_NO_BROWSER=1 leaves both out
	@[ "$$BORDERGW_NO_BROWSER" = 1 ] || hack/deps.sh chromium:chromium

ui-pictures: deps browser ## docs/pictures/ui/*.png, the web pages as a browser shows them
	$(GO) test -count=1 -run TestPictures ./e2e/browser -pictures $(CURDIR)/docs/pictures/ui

image: ## container image IMAGE (bordergw:latest) on BASE, built in BUILDER
	docker build --build-arg BUILDER=$(BUILDER) --build-arg BASE=$(BASE) --build-arg COMMIT=$$(git rev-parse -q --verify HEAD) -t $(IMAGE) .

compose-test: ## the compose file for real: needs root, may install docker
	hack/compose-test.sh

clean: ## what the targets above made
	rm -rf bin dist/*.deb
