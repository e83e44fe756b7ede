"""The benchmark that scripts/bench runs: this program against other ways to find the same neighbors."""
