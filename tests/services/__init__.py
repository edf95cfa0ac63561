"""The servers and the browser that the suite needs: found, started for one run, stopped after it."""
