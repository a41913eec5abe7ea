# Static checks; all of them clean.
C_FILES = $(wildcard src/*.c include/*.h t/unit/*.[ch] t/fuzz/*.c bench/*.[ch])

.PHONY: format format-check

format: ## reformat all C files
	clang-format -i $(C_FILES)

format-check: deps-dev ## all C files are as clang-format would have them
	clang-format --dry-run -Werror $(C_FILES)
