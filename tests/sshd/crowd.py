"""Many visitors at once: crowd.py SOURCE PORT COUNT [SECONDS]

Prints how many got the banner of an SSH server and how many were refused without a word; those
with a banner stay for SECONDS before they log in, as a start-up slot of sshd is theirs until then.
"""

import socket
import sys
import time

source, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
visits = []
for _ in range(count):
    visit = socket.socket()
    visit.settimeout(20)
    visit.bind((source, 0))
    visit.connect(("127.0.0.1", port))
    visits.append(visit)
banners = closed = 0
for visit in visits:
    try:
        said = visit.recv(200)
        banners += said.startswith(b"SSH-2.0")
        closed += not said
    except ConnectionResetError:
        closed += 1
print(banners, closed)
if len(sys.argv) > 4:
    time.sleep(float(sys.argv[4]))
