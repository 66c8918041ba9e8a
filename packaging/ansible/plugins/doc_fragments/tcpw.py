# SPDX-License-Identifier: MIT OR Apache-2.0
"""The options that all modules of this collection have."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """What the documentation of each module ends with."""

    DOCUMENTATION = r"""
options:
  root:
    description:
      - Work on the system below this directory, such as an image that is mounted there.
    type: path
  program:
    description:
      - The program C(tcpw), by its absolute path.
      - It is looked for in C(PATH), C(/usr/local/sbin) and C(/usr/sbin) unless it is given.
    type: path
requirements:
  - tcpw later than 0.2.0 on the host
author:
  - The tcpw authors (https://github.com/tcpw/tcpw)
"""
