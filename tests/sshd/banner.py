"""What a rule costs a visitor: banner.py SOURCE PORT ROUNDS TABLE RULES...

Writes each of RULES in turn into TABLE and measures from connect to banner; prints the median of
each in milliseconds.
"""

import socket
import statistics
import sys
import time

source, port, rounds, table = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rules = sys.argv[5:]
times = [[] for _ in rules]
for _ in range(rounds):
    for rule, taken in zip(rules, times):
        with open(table, "w") as file:
            file.write(rule + "\n")
        visit = socket.socket()
        visit.settimeout(20)
        visit.bind((source, 0))
        begin = time.monotonic()
        visit.connect(("127.0.0.1", port))
        assert visit.recv(200).startswith(b"SSH-2.0"), rule
        taken.append((time.monotonic() - begin) * 1000)
        visit.close()
        time.sleep(0.02)
print(*("%.2f" % statistics.median(taken) for taken in times))
