# Packages for distributions. What they need is installed by these targets alone.

.PHONY: deb check-deb check-rpm deps-deb deps-rpm

deps-deb: deps
	$(call install_packages,$(PACKAGES_DEB))

deps-rpm: deps
	$(call install_packages,$(PACKAGES_RPM))

deb: deps-deb ## build the Debian packages in build/deb
	packaging/build-deb

check-deb: deb ## install, upgrade and purge them on a clean Debian 12 below build/, as root
	packaging/check-deb

check-rpm: deps-rpm ## build a package from the RPM spec, as far as that can be done on Debian
	packaging/check-rpm
