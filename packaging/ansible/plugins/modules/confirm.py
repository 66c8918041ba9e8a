#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Confirming a change of tcpw."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: confirm
short_description: Confirm a change that would be rolled back by itself
description:
  - Confirms a change that was made with C(confirm_within), by C(tcpw confirm).
  - Without I(word) only an ssh login that began after the change does so, since that login itself proves that the
    tables let you in. Use the C(reset_connection) of M(ansible.builtin.meta) before it, so that C(ControlPersist)
    keeps no older one.
  - If it fails, or is never reached, the change is rolled back at its time.
options:
  word:
    description:
      - The word that the change gave (C(confirm.word) of its result).
      - It confirms from anywhere and proves nothing, so it is for hosts that are not reached by ssh.
    type: str
notes:
  - In check mode nothing waits to be confirmed, so that nothing is done.
extends_documentation_fragment:
  - tcpw.tcpw.tcpw
seealso:
  - module: tcpw.tcpw.rules
"""

EXAMPLES = r"""
- name: Log in again
  ansible.builtin.meta: reset_connection

- name: Confirm the change, if one was made
  tcpw.tcpw.confirm:
  when: tables.confirm is not none
"""

RETURN = r"""
said:
  description: What was confirmed.
  returned: success, but not in check mode
  type: list
  elements: str
  sample: [change 3 is confirmed and stays]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tcpw.tcpw.plugins.module_utils.tcpw import Tcpw, common

ARGUMENTS = common(word=dict(type="str", no_log=False))


def main():
    """Runs the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    tcpw = Tcpw(module)
    if module.check_mode:
        module.exit_json(changed=False)
    words = ["confirm"]
    if module.params["word"]:
        words += ["--", module.params["word"]]
    said = tcpw.run(words)[1]
    module.exit_json(changed=True, said=said.splitlines())


if __name__ == "__main__":
    main()
