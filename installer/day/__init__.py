# SPDX-License-Identifier: Apache-2.0
"""The demo clinic and its day: a real server process, real workstations, one script for demo, tour and story test.

`clinic` makes the clinic in a folder; `server` starts, kills and returns its server; `hands` press keys; `script` is
the day as sentences; `checks` says whether it came out right; `tour` and `demo` are the two ways to see it.
"""
