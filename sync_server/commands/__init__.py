# SPDX-License-Identifier: Apache-2.0
"""What an administrator does from a shell: `hms-server init, serve, people, enroll-code, approve, import, verify`."""
