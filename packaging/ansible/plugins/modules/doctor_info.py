#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which daemons ask libwrap, by tcpw doctor."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: doctor_info
short_description: Which daemons ask libwrap, and whether a mail could leave
description:
  - A rule binds only a daemon that asks libwrap. This asks C(tcpw doctor) which ones do, under which name, which
    rules bind nobody, and which daemons no rule names.
  - Changes nothing.
options:
  daemon:
    description:
      - Only the daemon that asks under this name, or whose program is called so.
    type: str
  mail:
    description:
      - Look at the way of a mail instead. Each mail server is logged in to, and nothing is sent.
    type: bool
    default: false
notes:
  - Supports C(check_mode).
extends_documentation_fragment:
  - tcpw.tcpw.tcpw
seealso:
  - module: tcpw.tcpw.rules
"""

EXAMPLES = r"""
- name: Ask which daemons the rules bind
  tcpw.tcpw.doctor_info:
  register: doctor

- name: Stop where a rule binds nobody
  ansible.builtin.assert:
    that: doctor.doctor.rules_for_nobody | length == 0

- name: Stop unless a mail could leave, also where that cannot be told
  tcpw.tcpw.doctor_info:
    mail: true
  register: mail
  failed_when: not mail.healthy
"""

RETURN = r"""
healthy:
  description:
    - Whether nothing is wrong. With I(daemon), whether it asks; with I(mail), whether a mail could leave.
    - None where it cannot be told, such as by a user from whom processes are hidden, or where DNS does not answer;
      I(doctor) has what could be seen.
  returned: success
  type: bool
doctor:
  description: The answer of C(tcpw doctor --format json).
  returned: success
  type: dict
  sample:
    daemons: []
    rules_for_nobody: [{daemon: sshd, place: "/etc/hosts.allow:2"}]
    asked_without_rule: []
    hidden_ports: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tcpw.tcpw.plugins.module_utils.tcpw import Tcpw, common

ARGUMENTS = common(daemon=dict(type="str"), mail=dict(type="bool", default=False))


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        mutually_exclusive=[("daemon", "mail")],
    )
    params = module.params
    if params["daemon"] and params["daemon"].startswith("-"):
        module.fail_json(msg="a daemon is not called %s" % params["daemon"])
    words = ["doctor"]
    if params["mail"]:
        words.append("--mail")
    if params["daemon"]:
        words.append(params["daemon"])
    code, answer = Tcpw(module).answer(words, codes=(0, 1), untold=(2,))
    healthy = None if code == 2 else code == 0
    module.exit_json(changed=False, healthy=healthy, doctor=answer)


if __name__ == "__main__":
    main()
