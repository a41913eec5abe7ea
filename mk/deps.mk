# Installing what is missing; mk/install-packages keeps the new packages from starting services.

.PHONY: deps deps-test deps-mailsystem deps-bench deps-pictures deps-dev

install_packages = @sh mk/install-packages $(foreach package,$(1),'$(package)')

deps: ## install the Debian packages that the build needs
	$(call install_packages,$(PACKAGES_BUILD))

deps-test: deps ## ... and those of the tests and the demo
	$(call install_packages,$(PACKAGES_TEST))

deps-mailsystem: deps-test ## ... and those of the whole mail system
	$(call install_packages,$(PACKAGES_MAILSYSTEM))

deps-bench: deps-test ## ... and those of the figures
	$(call install_packages,$(PACKAGES_BENCH))

deps-pictures: deps-test ## ... and what draws the pictures of docs/
	$(call install_packages,$(PACKAGES_PICTURES))

deps-dev: deps-test ## ... and those of lint, valgrind and fuzzing
	$(call install_packages,$(PACKAGES_DEV))

.PHONY: deps-mysql
deps-mysql: deps-test ## ... and what fetches an Oracle MySQL server, if it is not there in another way
	@if ! command -v npm >/dev/null; then sh mk/install-packages $(PACKAGES_MYSQL); fi
