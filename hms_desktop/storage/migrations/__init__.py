# SPDX-License-Identifier: Apache-2.0
"""The steps by which an older file becomes a newer one; Alembic reads them from `versions`, in order."""
