"""A flood at a TCP service: flood.py PORT SECONDS SOURCE=COUNT...

Visits evenly over SECONDS, COUNT times from each SOURCE, without waiting for one another. Prints how
many were refused without a word, and the median of the times from the beginning of the connection
to its end, in milliseconds.
"""

import selectors
import socket
import statistics
import sys
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
visits = []
for word in sys.argv[3:]:
    source, count = word.split("=")
    visits += [(seconds * number / int(count), source) for number in range(int(count))]
visits.sort()
begin = time.monotonic()
waiting = selectors.DefaultSelector()
open_visits, refused, times = 0, 0, []
while visits or open_visits:
    now = time.monotonic() - begin
    if visits and visits[0][0] <= now:
        _, source = visits.pop(0)
        visit = socket.socket()
        visit.bind((source, 0))
        start = time.monotonic()
        visit.connect(("127.0.0.1", port))
        visit.setblocking(False)
        waiting.register(visit, selectors.EVENT_READ, start)
        open_visits += 1
        continue
    pause = max(0.0, visits[0][0] - now) if visits else 1.0
    for key, _ in waiting.select(min(pause, 1.0)) if open_visits else [(None, time.sleep(pause))] if pause else []:
        if key is None:
            continue
        try:
            is_refused = not key.fileobj.recv(100)
        except ConnectionResetError:
            is_refused = True
        refused += is_refused
        times.append((time.monotonic() - key.data) * 1000)
        waiting.unregister(key.fileobj)
        key.fileobj.close()
        open_visits -= 1
    if now > seconds + 60:
        break
print(refused, "%.1f" % statistics.median(times))
