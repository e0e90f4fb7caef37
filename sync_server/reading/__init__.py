# SPDX-License-Identifier: Apache-2.0
"""Files from outside are read in a process that holds no key, has no way out, and may take only so much.

`apart.read_apart` and `reference.read_catalogue_apart` are what imports use; `child` is that process, `cage` what it
may not do, `wire` how the two speak.
Whatever a file does to the reader, the worst is that this one file is refused.
"""
