# SPDX-License-Identifier: Apache-2.0
"""The windows: a shell, one folder per clinic module, and the widgets they all stand on. Qt lives only here."""
