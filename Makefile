# All runs in .venv, which is made when it is needed; PYTHON=... names the Python to make it with.
PY := .venv/bin/python
QUEUE := $(PY) utilities/music_queue_manager.py --home .demo
# More tests than cores run at once: many of them wait, for a disk or for another process.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 2 )))
BATCH := $(PY) utilities/process_music_batch.py --home .demo --batch-size 10
# The demo uses simulated services on this machine, with a catalogue made with the library.
MOVIES := $(PY) utilities/movie_queue_manager.py --home .demo
SIMULATE_TMDB := $(PY) utilities/simulate_services.py --movies .demo/movie_catalogue.json --
SIMULATE_EPISODES := $(PY) utilities/simulate_services.py --episodes .demo/episodes.json --state .demo/youtube --
EPISODES := $(PY) utilities/migrate_episodes.py
SIMULATE := $(PY) utilities/simulate_services.py --catalogue .demo/catalogue.json --

# What a person's shell has set must not leak into the environment made here.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

.PHONY: help demo test slow check bench clean again

help:
	@echo "make demo    show mediakeep at work on a sample library, in .demo/"
	@echo "make test    run the tests (PYTEST_ARGS='-k queue' for some of them)"
	@echo "make slow    run the tests that take minutes, and other readers"
	@echo "make check   lint, formatting, types and waits; statements by package"
	@echo "make bench   measure speed and memory"
	@echo "make clean   remove .venv, caches and .demo/"

demo: .venv/.ok
	@$(remove_demo)
	@mkdir .demo && touch .demo/.made-by-make-demo
	@$(PY) utilities/make_sample_library.py --catalogue .demo/catalogue.json .demo/music
	@$(QUEUE) --scan .demo/music
	@$(SIMULATE) $(BATCH)
	@$(SIMULATE) $(BATCH)
	@$(QUEUE) --show-summary
	@echo
	@echo "Three movies:"
	@$(PY) utilities/make_sample_library.py --movies 3 --catalogue .demo/movie_catalogue.json .demo/movies
	@$(MOVIES) --scan .demo/movies
	@$(SIMULATE_TMDB) $(PY) utilities/process_movies.py --home .demo --all
	@ls .demo/movies | sed 's/^/  /'
	@echo
	@echo "Three episodes, from archive.org to YouTube:"
	@echo '{"generated": {"episodes": 3, "size": 60000}}' > .demo/episodes.json
	@$(SIMULATE_EPISODES) $(EPISODES) discover --home .demo/show --collection simulated-radio-hour
	@$(SIMULATE_EPISODES) $(EPISODES) run --home .demo/show --every week
	@$(EPISODES) status --home .demo/show
	@$(PY) utilities/simulate_services.py --list-videos --state .demo/youtube | cut -c1-100
	@echo
	@echo "Found by lookups, each from one of the reports:"
	@cat .demo/issues/music/Velvet*.md .demo/issues/music/*.md | sed '/[\\{]/d' > .demo/all.md
	@sed -n '/^| .* by t[a-z]* |$$/ { s/^| \(.*\) | .* | \(.*\) | \(.*\) | \(.*\) | .* |$$/  an album: \1 is the release of \2 (\3, \4)/; p; q; }' .demo/all.md
	@sed -n '/ editions match equally well/ { s/^- \*\*\(.*\)\*\*/  a tie: \1/; s/ ([0-9a-f-]\{36\})//g; p; q; }' .demo/all.md
	@sed -n '/^[0-9]*\. \*\*title-differs/ { s/^.*(warning)/  a typo/; p; q; }' .demo/all.md
	@sed -n '/^- \*\*missing-cover/ { s/^- .* in \(.* files\)/  a cover, put into \1/; p; q; }' .demo/all.md
	@rm .demo/all.md
	@echo
	@echo "Reports to open, those with most to do first:"
	@LC_ALL=C; export LC_ALL; grep -c '^[0-9]*\. \*\*' .demo/issues/music/[A-Z]*.md | \
		sort -t: -k2,2nr | sed -n 's/:[0-9]*$$//; s/^/  /; 1,3p'
	@echo "  and the others in .demo/issues/music/"
	@echo "  .demo/outputs/manual_review_needed.json"
	@echo "  .demo/outputs/missing_albums.csv"
	@ls .demo/issues/movies/*.md | sed 's/^/  /'

test: .venv/.ok
	@$(PY) -m pytest -q -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

slow: .venv/.slow
	@$(PY) -m pytest -q -n auto -m slow $(PYTEST_ARGS)

check: .venv/.ok
	@$(PY) -m ruff check --quiet --output-format=concise
	@$(PY) -m ruff format --check --quiet || { \
		echo "Not formatted; run: $(PY) -m ruff format" >&2; exit 1; }
	@$(PY) -m mypy --no-error-summary
	@$(PY) -m tests.list_waits
	@$(PY) -m tests.list_statements
	@echo "Lint, formatting, types and waits are clean."

bench: .venv/.ok
	@$(PY) -m benchmarks

clean:
	@$(remove_demo)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find utilities tests -type d -name __pycache__ -prune -exec rm -rf {} +

# "again" also where the Python that .venv was made with has gone.
.venv/.ok: pyproject.toml $(shell test -x $(PY) || echo again)
	@echo "Setting up .venv; this takes a moment, once ..."
	@sh .ci/environment
	@touch $@

.venv/.slow: pyproject.toml $(shell test -x $(PY) || echo again)
	@echo "Setting up .venv with what slow tests need; this takes a moment, once ..."
	@sh .ci/environment slow
	@touch .venv/.ok $@

# Only a folder that "make demo" made is ever removed.
define remove_demo
if [ -L .demo ] || { [ -e .demo ] && [ ! -f .demo/.made-by-make-demo ]; }; then \
	echo ".demo was not made by \"make demo\", so it stays. Move it away and run again." >&2; \
	exit 1; \
fi; \
rm -rf ./.demo
endef
