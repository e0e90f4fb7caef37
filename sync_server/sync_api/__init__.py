# SPDX-License-Identifier: Apache-2.0
"""What workstations ask of the server: greeting, pushing, pulling, filling, borrowing and enrolling."""
