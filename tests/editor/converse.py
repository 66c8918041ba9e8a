"""converse.py ANSWERS COMMAND...: runs a command on a terminal of its own and answers what it asks.

ANSWERS is a JSON list of pairs: a text to wait for, and the line to type once a question stands
after it (`: ` at the very end: what is typed before it is asked would appear before it as well).
Prints everything that appeared on the terminal; ends with the exit code of the command, or 99 if a
text or its question never came.
"""
import json, os, pty, select, signal, sys, time

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    # Whoever started the tests may have had them ignore it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])
shown, looked, end = b"", 0, time.monotonic() + 60


def more():
    global shown
    ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
    if not ready:
        os.kill(child, signal.SIGKILL)
        return False
    try:
        text = os.read(terminal, 65536)
    except OSError:
        return False
    shown += text
    return bool(text)


late = False
for text, line in answers:
    while (at := shown.find(text.encode(), looked)) < 0 or not shown.endswith(b": "):
        if not more():
            late = True
            break
    if late:
        break
    looked = at + len(text)
    os.write(terminal, line.encode() + b"\n")
while more():
    pass
_, status = os.waitpid(child, 0)
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
sys.exit(99 if late else os.waitstatus_to_exitcode(status))
