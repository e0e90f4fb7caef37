# SPDX-License-Identifier: Apache-2.0
"""Keys, sign-in, roles and signatures, through the doors that the program itself uses."""
