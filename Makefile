# Short names for daily work; the real commands are ./quickstart and ./run-tests.
.PHONY: example test test-fast format

example:
	./quickstart

test:
	./run-tests

test-fast:
	./run-tests fast

format:
	ruff check --fix . && ruff format .
