#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rules of TCP Wrappers, by tcpw apply."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: rules
short_description: The rules of TCP Wrappers (hosts.allow and hosts.deny)
description:
  - Makes the tables of a host match what is given, by C(tcpw apply).
  - Each change is tried before it is written. Nothing is written if your own session, somebody who is connected
    by ssh now, or an address of C(keep_in) in the configuration of tcpw could not log in again.
  - With I(confirm_within) the change is rolled back by itself unless a new login confirms it.
  - This works with C(become), too; the session is found although sudo has dropped C(SSH_CONNECTION).
options:
  rules:
    description:
      - The rules that are wanted, in their order, as C(tcpw list --format json) prints them.
      - Rules that are there already keep their place and their comments.
    type: list
    elements: dict
    suboptions:
      table:
        description: The table.
        type: str
        choices: [allow, deny]
        required: true
      daemons:
        description: The daemons, as a table has them.
        type: str
        required: true
      clients:
        description: The clients, as a table has them.
        type: str
        required: true
      options:
        description: What stands after the clients, without the colon before it.
        type: str
        default: ""
      since:
        description: When the rule was written, in UTC.
        type: str
      until:
        description: When C(tcpw expire) removes the rule, in UTC, such as C(2026-11-23T19:30:00Z).
        type: str
      by:
        description: Who wants it.
        type: str
      follow:
        description: The name, in small letters, whose addresses the clients are.
        type: str
      reason:
        description: Why.
        type: str
      access:
        description: What C(tcpw list) says of the rule; not read.
        type: str
      writer:
        description: What C(tcpw list) says of the rule; not read.
        type: raw
      file:
        description: What C(tcpw list) says of the rule; not read.
        type: str
      line:
        description: What C(tcpw list) says of the rule; not read.
        type: raw
      resolved:
        description: What C(tcpw list) says of the rule; not read.
        type: raw
  exact:
    description:
      - Whether the tables shall hold exactly I(rules), in this order.
      - If not, rules that are missing are put above those that are there, and all others stay.
    type: bool
    default: true
  src:
    description:
      - A directory on the host with a C(hosts.allow), a C(hosts.deny) or both, which are taken byte for byte.
    type: path
  allow:
    description:
      - The whole text of hosts.allow. A newline is put at its end if there is none, since libwrap does not read a
        line without.
    type: str
  deny:
    description:
      - The whole text of hosts.deny, likewise.
    type: str
  drop_alert:
    description:
      - Remove the alerts of tcpw that are not in what is given.
    type: bool
    default: false
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
  - module: tcpw.tcpw.confirm
  - module: tcpw.tcpw.alert
"""

EXAMPLES = r"""
- name: Let the office in, nobody else, and roll that back unless a new login confirms it
  tcpw.tcpw.rules:
    rules:
      - {table: allow, daemons: sshd, clients: 192.0.2.0/255.255.255.0, reason: the office}
      - {table: deny, daemons: ALL, clients: ALL}
    confirm_within: 5m
  register: tables

- name: Log in again, since an open connection proves nothing
  ansible.builtin.meta: reset_connection

- name: Confirm it
  tcpw.tcpw.confirm:
  when: tables.confirm is not none

- name: Deny one more and leave all other rules as they are
  tcpw.tcpw.rules:
    rules:
      - {table: deny, daemons: ALL, clients: 203.0.113.9}
    exact: false

- name: Tables of this repository
  tcpw.tcpw.rules:
    allow: "{{ lookup('ansible.builtin.file', 'tables/hosts.allow') }}"
    deny: "{{ lookup('ansible.builtin.file', 'tables/hosts.deny') }}"
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

import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes
from ansible_collections.tcpw.tcpw.plugins.module_utils.tcpw import Tcpw, change_words, common, give

RULE = dict(
    table=dict(type="str", choices=["allow", "deny"], required=True),
    daemons=dict(type="str", required=True),
    clients=dict(type="str", required=True),
    options=dict(type="str", default=""),
    since=dict(type="str"),
    until=dict(type="str"),
    by=dict(type="str"),
    follow=dict(type="str"),
    reason=dict(type="str"),
    access=dict(type="str"),
    writer=dict(type="raw"),
    file=dict(type="str"),
    line=dict(type="raw"),
    resolved=dict(type="raw"),
)

ARGUMENTS = common(
    rules=dict(type="list", elements="dict", options=RULE),
    exact=dict(type="bool", default=True),
    src=dict(type="path"),
    allow=dict(type="str"),
    deny=dict(type="str"),
    drop_alert=dict(type="bool", default=False),
    force=dict(type="bool", default=False),
    confirm_within=dict(type="str"),
)


def source(module):
    """What tcpw apply is given. It is a file even for a list: a program that ends before it has read its standard
    input would be reported as a broken pipe, and not by what it said."""
    params = module.params
    if params["src"] is not None:
        return params["src"]
    if params["rules"] is not None:
        return write(module, "rules.json", json.dumps(params["rules"]))
    for name in ("allow", "deny"):
        text = params[name]
        if text is not None:
            write(module, "hosts." + name, text if text.endswith("\n") or not text else text + "\n")
    return module.tmpdir


def write(module, name, text):
    """Writes a file that only this user can read; gives its path."""
    path = os.path.join(module.tmpdir, name)
    with open(path, "wb") as file:
        file.write(to_bytes(text))
    return path


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_one_of=[("rules", "src", "allow", "deny")],
        mutually_exclusive=[("rules", "src", "allow"), ("rules", "src", "deny")],
    )
    if not module.params["exact"] and module.params["rules"] is None:
        module.fail_json(msg="exact: false is for rules alone: a whole table holds nothing else")
    tcpw = Tcpw(module)
    words = ["apply", "--whole-diff"] + change_words(module.params, module.check_mode)
    if module.check_mode:
        words.append("--check")
    if module.params["drop_alert"]:
        words.append("--drop-alert")
    if not module.params["exact"]:
        words.append("--keep-others")
    words += ["--", source(module)]
    give(module, tcpw.answer(words, codes=(0, 1) if module.check_mode else (0,))[1])


if __name__ == "__main__":
    main()
