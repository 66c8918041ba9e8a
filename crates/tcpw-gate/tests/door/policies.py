"""Random policies with options, and the machine that they are about."""

import os
import random
import re

OUT = "/run/out"
BANNERS = "/run/banners"
DICE = random.Random()


def long_name(length):
    """A name of so many bytes that ends in .trusted.example."""
    end = ".trusted.example"
    return "a" * 60 + "." + "b" * (length - 61 - len(end)) + end


HOSTS = """127.0.0.1 localhost
127.0.0.5 friend.example alias.example
127.0.0.6 pc.other.example
127.0.0.7 short
127.0.0.8 target.example
127.0.0.9 target.example
127.0.0.13 10.9.8.7
::1 six.example
fe80::5 link.example
""" + "".join(
    f"127.0.0.{last} {name}\n"
    for last, name in (
        (21, long_name(127)),
        (22, long_name(128)),
        (23, long_name(127) + ".evil.example"),
        # What libwrap keeps of this one is a name of the same host.
        (24, long_name(126) + "x.evil.example"),
        (24, long_name(126) + "x"),
    )
)
#: Clients whose names are longer than what libwrap keeps of a name, or as long.
LONG_NAMED = [f"127.0.0.{last}" for last in (21, 22, 23, 24)]
CLIENTS = ["127.0.0.1", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.13", "127.0.0.44"]
DAEMONS = ["probe"] * 8 + ["ALL"] * 6 + ["pro*", "other", "probe@127.0.0.1", "probe@LOCAL", "probe@.example"]
PATTERNS = (
    ["ALL"] * 6
    + CLIENTS
    + [
        "127.0.0.",
        "127.",
        "127.0.0.0/8",
        "127.0.0.4/30",
        "127.0.0.0/255.255.255.0",
        "10.0.0.0/8",
        "10.1.2.3",
        ".example",
        "friend.example",
        "*.example",
        "KNOWN",
        "UNKNOWN",
        "LOCAL",
        "PARANOID",
        "[::1]",
        "[::]/0",
        "[fe80::5]",
        "[fe80::5%va]",
        "[fe80::5%nowhere]",
        "[fe80::]/10",
        "fe80*",
        ".trusted.example",
        long_name(127),
        long_name(126) + "x",
        "@friends",
        "/run/list",
        "/run/absent",
        "/run/loop",
        "127.*",
        "nobody@127.",
        "UNKNOWN@ALL",
        "bob@ALL",
        "b*@127.",
    ]
)
VALUES = "%a %h %c %d %s %A %n %H %% %u x%z"
GOOD = [
    "spawn echo {v} >> /run/out/spawned",
    "spawn echo {v} >> /run/out/spawned",
    "spawn (umask; nice; echo $X $Y; readlink /proc/self/fd/0 /proc/self/fd/1; pwd) >> /run/out/spawned",
    "spawn grep -E '^(SigIgn|SigBlk)' /proc/self/status >> /run/out/spawned",
    "spawn exit 3",
    "spawn kill -9 $$",
    "setenv X {v}",
    "setenv Y one two",
    "severity info",
    "severity local3.crit",
    "SEVERITY mail.notice",
    "banners /run/banners",
    "banners /run/nowhere",
    "nice",
    "nice 3",
    "umask 027",
    "umask 0077",
    "keepalive",
    "linger 3",
    "linger 0",
    "rfc931 1",
    "user nobody",
    "user nobody.nogroup",
    "group nogroup",
    "aclexec true",
    "aclexec false",
    "aclexec exit 3",
    "aclexec kill -9 $$",
    "aclexec echo asked",
    "aclexec test -n %n",
]
BAD = [
    "bogus",
    "",
    "severity mail.warn",
    "severity nosuch.info",
    "umask 8",
    "umask",
    "nice x",
    "rfc931 0",
    "linger -1",
    "user nosuch",
    "user nobody.nosuch",
    "group nosuch",
    "setenv A=b",
    "allow x",
    "deny: spawn true",
    "keepalive=x",
    "spawn {long}",
]
LAST = ["allow", "deny", "twist echo {v}", "twist cat /run/banners/probe; exit 3"]
ODD = ["# a comment", "", "no colon here", "other: ALL", "probe:", "# joined \\", "\tspace: 10.1.2.3"]


def value():
    """Some letters."""
    letters = VALUES.split(" ")
    return " ".join(DICE.choice(letters) for _ in range(DICE.randint(1, 4)))


def option(choices):
    """An option with its letters."""
    return DICE.choice(choices).replace("{v}", value()).replace("{long}", "%a" * 950)


def rule():
    """A rule, most often a good one."""
    daemons = DICE.choice(DAEMONS)
    clients = " ".join(DICE.choice(PATTERNS) for _ in range(DICE.randint(1, 2)))
    if DICE.random() < 0.15:
        clients += " EXCEPT " + DICE.choice(PATTERNS)
    options = [option(GOOD) for _ in range(DICE.choice([0, 0, 1, 1, 2, 3, 4]))]
    if DICE.random() < 0.15:
        options.append(option(BAD))
    if DICE.random() < 0.3:
        options.append(option(LAST))
    return ": ".join([daemons, clients, *options])


#: So many rules about nobody that a table is not read whole.
MANY = "".join(f"ALL: 10.{number >> 8}.{number & 255}.7\n" for number in range(4000))


def table():
    """A table, which may be long, or end badly."""
    lines = []
    for _ in range(DICE.choice([0, 1, 1, 2, 3])):
        if DICE.random() < 0.2:
            lines.append(DICE.choice(ODD))
        lines.append(rule())
    text = "".join(line + "\n" for line in lines)
    if text and DICE.random() < 0.08:
        text = text[:-1]
    return MANY + text if DICE.random() < 0.1 else text


def both():
    """An allow and a deny table."""
    allow, deny = table(), table()
    return allow, deny + ("ALL: ALL\n" if DICE.random() < 0.3 else "")


def prepare(probe):
    """Makes what the policies name."""
    with open("/etc/hosts", "w", encoding="ascii") as file:
        file.write(HOSTS)
    with open("/etc/nsswitch.conf", "w", encoding="ascii") as file:
        file.write("passwd: files\ngroup: files\nhosts: files\nnetgroup: files\n")
    with open("/etc/netgroup", "w", encoding="ascii") as file:
        file.write("friends (friend.example,,)\n")
    os.mkdir(BANNERS)
    with open(f"{BANNERS}/probe", "wb") as file:
        file.write(b"\0hello %a of %h\nopen [ bracket\nplain\r\n%z last %%")
    with open("/run/list", "w", encoding="ascii") as file:
        file.write("127.0.0.6 10.0.0.0/8\n.example\n")
    os.symlink(probe, "/run/probe")
    os.symlink("/run/loop", "/run/loop")


def logged(lines, is_long):
    """What must be the same in the log: priorities, tags and texts."""
    found, lists = [], 0
    for priority, tag, _, text in lines:
        text = re.sub(r"process \d+", "process", text)
        # Our line does not repeat what was too long.
        text = re.sub(r"(expansion too long)(: .*)?$", r"\1", text)
        # The gate reads a list file once.
        is_list = text.split(": ")[-2:-1] == ["open /run/loop"]
        # Of a long table it reads no more than it needs.
        is_odd = is_long and text.endswith('missing ":" separator')
        if not is_odd and (not is_list or not lists):
            found.append((priority, tag, text))
        lists += is_list
    return found


def effects():
    """What the commands of rules have left."""
    try:
        with open(f"{OUT}/spawned", encoding="latin-1") as file:
            text = file.read()
    except FileNotFoundError:
        return ""
    # 32 and 33 are signals of the C library's own, which its posix_spawn(3) leaves ignored.
    return re.sub(r"SigIgn:\t[0-9a-f]{16}", lambda found: f"SigIgn: {int(found[0][8:], 16) & 0x7FFFFFFF:x}", text)
