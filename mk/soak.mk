# Soak. Not part of check: it takes as long as it is told to.

.PHONY: soak soak-run

SOAK_SECONDS ?= 120

soak: deps-test ## load, random faults and reloads for SOAK_SECONDS under AddressSanitizer; SEED=... runs one again
	@$(MAKE) --no-print-directory soak-run BUILD=build/asan SANITIZE="$(ASAN)" OPT="-O1 -g"

soak-run: all
	@$(PYTHON) t/soak/soak.py --seconds $(SOAK_SECONDS) $(if $(SEED),--seed $(SEED))
