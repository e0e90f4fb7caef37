# SPDX-License-Identifier: Apache-2.0
"""Speed, as ratios: `python -m tests.bench` prints every figure beside a floor measured in the same run."""
