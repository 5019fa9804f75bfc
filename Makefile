# Thin names over commands. TORCH_INDEX: PyTorch's own index of CPU wheels, on Linux without a GPU
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
PYTHON ?= python3.11
PY := .venv/bin/python
INDEX := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# processes that run tests, each of up to 3 GB; 0: none beside the first
JOBS ?= 2

.PHONY: setup demo test check types bench gpu clean

setup: .venv/ready

.venv/ready: setup.py constraints.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet $(INDEX) -c constraints.txt -e '.[train,dev]'
	touch $@

demo: setup
	rm -rf demo
	.venv/bin/spatialgeom datagen run synthetic --out demo --max-per-task 40
	.venv/bin/spatialgeom datagen view demo --out demo/page.html
	@echo
	@echo "Open demo/page.html in a browser: every image with its dots, question, answer and measured values."
	@echo "Next: .venv/bin/spatialgeom datagen run YOUR_SCENES --out data   (--help has examples)"

test: setup
	$(PY) -m pytest -n $(JOBS) --dist worksteal

check: setup types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	MYPYPATH=build/types .venv/bin/mypy -p spatialgeom

# the package as it is installed, of links: apps/ is spatialgeom.apps
types:
	mkdir -p build/types/spatialgeom
	ln -sfn $(CURDIR)/src/spatialgeom/* build/types/spatialgeom/
	ln -sfn $(CURDIR)/apps build/types/spatialgeom/apps

bench: setup
	$(PY) -m benchmarks.run

# runs on what is installed beside a GPU and fetches nothing: make gpu OUT=folder
gpu: PYTHON = python3
gpu: types
	PYTHONPATH=$(CURDIR)/build/types$(if $(PYTHONPATH),:$(PYTHONPATH)) $(PYTHON) -m benchmarks.gpu $(if $(OUT),--out $(OUT))

clean:
	rm -rf .venv build demo out src/*.egg-info
