"""One visitor at a TCP service: visit.py SOURCE PORT [SERVER]

Prints BANNER (an SSH server answered), CLOSED (refused without a word), or what else came.
"""

import socket
import sys

source, port = sys.argv[1], int(sys.argv[2])
visit = socket.socket()
visit.settimeout(20)
visit.bind((source, 0))
visit.connect((sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1", port))
try:
    said = visit.recv(200)
    print("BANNER" if said.startswith(b"SSH-2.0") else "CLOSED" if not said else "TEXT %r" % said)
except ConnectionResetError:
    print("CLOSED")
except socket.timeout:
    print("SILENCE")
