# The pictures of docs/, made anew from a vmapd at work.

.PHONY: pictures

pictures: deps-pictures ## docs/top.svg and docs/dashboard.png: five minutes of load, and things that happen
	@$(MAKE) --no-print-directory all
	@$(PYTHON) docs/pictures/pictures.py
