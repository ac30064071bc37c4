# Every command does its own set-up, asks nothing, and works with CARGO_TARGET_DIR set or not.
.DEFAULT_GOAL := help
.PHONY: help build run test bench lint

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

build: ## build the release binary, whole, at $CARGO_TARGET_DIR/release/hangar or target/release/hangar
	@scripts/setup build
	cargo build --release --bin hangar

run: ## install what is missing, build, drive one real session, go on serving
	@scripts/setup run
	@$(MAKE) --no-print-directory build
	@exec scripts/run

test: ## install what is missing, run every suite, print the totals
	@scripts/setup test
	@scripts/test

bench: ## install what is missing, measure against bare Chromium, print the table
	@scripts/setup bench
	cargo build --release --bin hangar --bin hangar-bench --bin hangar-fake-browser
	@scripts/bench

lint: ## formatting, clippy, licences and sources of the dependencies
	@scripts/setup lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; \
	then cargo deny --all-features check licenses bans sources; \
	else echo "lint: cargo-deny is not installed; licences, bans and sources were NOT checked"; fi
