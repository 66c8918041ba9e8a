#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Alerts about refused clients, by tcpw install-alert and remove-alert."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: alert
short_description: Alerts about clients that are refused
description:
  - Puts the rules that raise an alert into the tables, with what delivers it, by C(tcpw install-alert); or
    removes them, by C(tcpw remove-alert).
  - Where a rule refuses nobody, there is nobody to alert about; use M(tcpw.tcpw.rules) before it.
  - An alert in a rule that refuses everybody stays when M(tcpw.tcpw.rules) wants that rule without it. With
    I(about=both) or I(about=unknown) there is a rule for clients without a name besides, and M(tcpw.tcpw.rules)
    with C(exact=true) refuses to remove it unless it is among its rules.
  - In check mode the tables, the directories, the user and the schedule are looked at.
options:
  state:
    description:
      - Whether alerts are raised.
    type: str
    choices: [present, absent]
    default: present
  about:
    description:
      - Who raises an alert, unlisted clients whose name cannot be found, all that are on no list, or both by
        rules of their own. Not used if I(state=absent).
    type: str
    choices: [both, unknown, unlisted]
    default: unlisted
  schedule:
    description:
      - What runs tcpw by the clock, units of systemd or lines of cron. It is installed or removed with the alerts.
      - Left as it is unless it is given.
    type: str
    choices: [systemd, cron]
  force:
    description:
      - Go on even if somebody who must still get in could not log in again.
    type: bool
    default: false
  confirm_within:
    description:
      - Roll the change back after this time, such as C(5m), unless M(tcpw.tcpw.confirm) confirms it.
      - An open connection, such as one that C(ControlPersist) keeps, proves nothing, so use
        the C(reset_connection) of M(ansible.builtin.meta) before it.
      - At least C(5s), at most C(24h). In check mode nothing is written, so that nothing waits.
    type: str
notes:
  - Supports C(check_mode) and C(diff).
extends_documentation_fragment:
  - tcpw.tcpw.tcpw
seealso:
  - module: tcpw.tcpw.rules
"""

EXAMPLES = r"""
- name: Mail about everybody who is refused
  tcpw.tcpw.alert:
    schedule: systemd

- name: No more alerts
  tcpw.tcpw.alert:
    state: absent
    schedule: systemd
"""

RETURN = r"""
gained:
  description: Clients that were denied and are granted now, or would be in check mode.
  returned: success
  type: list
  elements: dict
  sample:
    - change: gains
      daemon: sshd
      clients: {network: 192.0.2.7, names: null, names_are_exceptions: false}
      user: null
      example: {daemon: sshd, address: 192.0.2.7, name: unknown}
      old_rule: {table: hosts.deny, line: 1}
      new_rule: {table: hosts.allow, line: 1}
      because: []
lost:
  description: Clients that were granted and are denied now, or would be in check mode.
  returned: success
  type: list
  elements: dict
unknown:
  description: Clients that perhaps gain or lose, each with why that cannot be computed.
  returned: success
  type: list
  elements: dict
not_computed:
  description: What the three lists say nothing about.
  returned: success
  type: list
  elements: str
change:
  description: The number of the change, for C(tcpw undo) and C(tcpw show); none if no table was written.
  returned: success
  type: int
  sample: 3
written:
  description: Whether a table was written.
  returned: success
  type: bool
files:
  description: The files that were written with the change.
  returned: success
  type: list
  elements: str
  sample: [/etc/hosts.allow]
confirm:
  description: How the change is confirmed; none if it stays anyway.
  returned: success
  type: dict
  contains:
    due:
      description: When it is rolled back, in UTC.
      type: str
      sample: "2026-11-23T19:30:00Z"
    word:
      description: What confirms it from anywhere.
      type: str
notes:
  description: What the operator should know of the change, such as mistakes that are new in the tables.
  returned: success
  type: list
  elements: str
said:
  description: Who gains and who loses access, in words.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.7 gains access to sshd]
done:
  description: What was changed on the host beside the tables.
  returned: success
  type: list
  elements: str
pending:
  description: In check mode, what would be changed on the host beside the tables.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tcpw.tcpw.plugins.module_utils.tcpw import Tcpw, change_words, common, give

ARGUMENTS = common(
    state=dict(type="str", choices=["present", "absent"], default="present"),
    about=dict(type="str", choices=["both", "unknown", "unlisted"], default="unlisted"),
    schedule=dict(type="str", choices=["systemd", "cron"]),
    force=dict(type="bool", default=False),
    confirm_within=dict(type="str"),
)


def main():
    """Runs the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    tcpw = Tcpw(module)
    if params["state"] == "present":
        words = ["install-alert", "--on", params["about"]]
    else:
        words = ["remove-alert"]
    words += ["--whole-diff"] + change_words(params, module.check_mode)
    if params["schedule"]:
        words.append("--" + params["schedule"])
    if module.check_mode:
        words.append("--dry-run")
    give(module, tcpw.answer(words)[1])


if __name__ == "__main__":
    main()
