# SPDX-License-Identifier: Apache-2.0
"""What every screen is made of: theme, icons, chips, tables, fields, alerts, all from resources/theme/tokens.json."""
