# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the modules call tcpw: by words in a list, and never by a shell."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os

COMMON = dict(
    root=dict(type="path"),
    program=dict(type="path"),
)
"""The options of every module."""

PLACES = ["/usr/local/sbin", "/usr/sbin"]
MARK = "tcpw: "


def common(**options):
    """The options of a module, with those of every module."""
    return dict(COMMON, **options)


class Tcpw(object):
    """The program on this host."""

    def __init__(self, module):
        self.module = module
        self.program = self._find()
        self.words = [self.program]
        if module.params["root"]:
            self.words += ["--root", module.params["root"]]

    def _find(self):
        named = self.module.params["program"]
        if named:
            if os.path.isabs(named) and os.access(named, os.X_OK) and not os.path.isdir(named):
                return named
            self.module.fail_json(msg="there is no program %s on this host" % named)
        found = self.module.get_bin_path("tcpw", opt_dirs=PLACES)
        if not found:
            self.module.fail_json(
                msg="tcpw is not installed on this host: there is no program tcpw in PATH, %s; the role "
                "tcpw.tcpw.server installs it" % " or ".join(PLACES)
            )
        return found

    def run(self, words, codes=(0,)):
        """Runs a command; its exit code and what it printed. Fails with its words if it failed."""
        code, out, err = self._call(words)
        if code not in codes:
            self._fail(code, out, err)
        return code, out, err

    def answer(self, words, codes=(0,), untold=()):
        """Runs a command that answers in JSON; its exit code and the answer. What it said to people besides
        becomes warnings. With an exit code of `untold` it has failed, unless it answered all the same."""
        code, out, err = self._call(words[:1] + ["--format", "json"] + words[1:])
        try:
            found = json.loads(out)
        except ValueError:
            found = None
        if code not in codes and not (code in untold and isinstance(found, dict)):
            self._fail(code, out, err)
        if found is None:
            self.module.fail_json(msg="tcpw did not answer in JSON: %s" % (err.strip() or out.strip()), rc=code)
        self.warn(err)
        return code, found

    def _call(self, words):
        return self.module.run_command(
            self.words + words,
            expand_user_and_vars=False,
            environ_update=dict(LC_ALL="C.UTF-8", NO_COLOR="1"),
        )

    def _fail(self, code, out, err):
        remarks, failure = split(err)
        self.warn(remarks)
        self.module.fail_json(msg=failure or out.strip() or "tcpw ended with %s" % code, rc=code, stderr=err)

    def warn(self, err):
        """Passes on what tcpw said on standard error, line by line without its name."""
        for line in err.splitlines():
            text = line[len(MARK):] if line.startswith(MARK) else line.strip()
            if text:
                self.module.warn(text)


def split(err):
    """What tcpw said on standard error before it failed, and its failure with the help for it."""
    start = ("\n" + err).rfind("\n" + MARK)
    if start < 0:
        return "", err.strip()
    failure = err[start + len(MARK):]
    return err[:start], "; ".join(line.strip() for line in failure.splitlines())


def change_words(params, check_mode):
    """The options of every command that changes tables, as far as check mode has them."""
    words = []
    if params["force"]:
        words.append("--force")
    if params["confirm_within"] and not check_mode:
        words += ["--confirm-within", params["confirm_within"]]
    return words


def give(module, answer):
    """Ends the module with an answer of tcpw."""
    diff = answer.pop("diff")
    result = dict(answer)
    if module._diff:  # pylint: disable=protected-access
        result["diff"] = dict(prepared=diff)
    module.exit_json(**result)
