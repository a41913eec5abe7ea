"""What `make bench` measures: each module has one part, report what comes of them all."""
