# Packages for distributions. What they need is installed by these targets alone.

.PHONY: deb check-deb check-booted check-rpm deps-deb deps-rpm

deps-deb: deps
	$(call install_packages,$(PACKAGES_DEB))

deps-rpm: deps
	$(call install_packages,$(PACKAGES_RPM))

deb: deps-deb ## build the Debian packages in build/deb
	packaging/build-deb

check-deb: deb ## install, upgrade and purge them on a clean Debian below build/, as root
	packaging/check-deb

.PHONY: check-container
check-container: deps-test deps-debian all ## build packaging/Containerfile, and deliver mail through vmapd in it; as root
	$(PYTEST) -q t/system/container

check-booted: check-deb ## the package in a booted container: three commands, an outage, back, and nothing left
	packaging/check-booted

check-rpm: deps-rpm ## build a package from the RPM spec, as far as that can be done on Debian
	packaging/check-rpm

# On a Debian of another release than the machine's, from an empty root: everything that can be told there.
RELEASE_TARGETS := demo check deb check-deb mailsystem

.PHONY: check-trixie check-bookworm deps-debian
deps-debian: deps
	$(call install_packages,debootstrap)

check-trixie: deps-debian ## demo, every test, packages and the mail system on a new Debian 13 below build/, as root
	t/debian trixie $(RELEASE_TARGETS)

check-bookworm: deps-debian ## the same on a new Debian 12
	t/debian bookworm $(RELEASE_TARGETS)
