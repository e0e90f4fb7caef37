# SPDX-License-Identifier: Apache-2.0
"""The laboratory: from an order to a released report, every hand-over and every version kept.

A *specimen* carries one accession number and serves many orders. A *result* is one version of one value; a correction
is a new version that replaces the old one, which stays visible. Results are verified twice, technically and medically,
and then released as the order's *report*. A *critical* value is not released before a person was told it and read it
back. The *catalogue* of tests is versioned: a result keeps the range it was judged by.
"""
