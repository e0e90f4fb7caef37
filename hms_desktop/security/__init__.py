# SPDX-License-Identifier: Apache-2.0
"""Who may do what, with which keys: people, roles, stations, sign-in, signatures and the record of who looked.

Words: a *person* signs change sets; a *device* signs requests; a *slot* lets one person open one device's file;
a *permission* is `verb on a thing` named `thing.verb`; a *grant* is a table that a station may hold or append to.
Bytes that live on disk or travel carry a version, and tests hold frozen samples of each.
"""
