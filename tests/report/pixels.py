"""Counts the pixels of a colour in a PNG: pixels.py FILE RRGGBB [TOLERANCE].

Prints how many there are, and the box around them as left, top, right, bottom; then the colour of
the pixel in the upper left corner.
"""

import struct
import sys
import zlib


def rows(data):
    """The size, and each row as bytes, of an 8 bit PNG in RGB or RGBA."""
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack(">IIBB", body[:10])
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    assert depth == 8 and colours in (2, 6), "no PNG of this kind"
    size = 3 if colours == 2 else 4
    raw = zlib.decompress(packed)
    stride = width * size
    before = bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        filter_, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for x in range(stride):
            left = row[x - size] if x >= size else 0
            up = before[x]
            corner = before[x - size] if x >= size else 0
            if filter_ == 1:
                row[x] = (row[x] + left) & 255
            elif filter_ == 2:
                row[x] = (row[x] + up) & 255
            elif filter_ == 3:
                row[x] = (row[x] + (left + up) // 2) & 255
            elif filter_ == 4:
                guess = left + up - corner
                near = min((left, up, corner), key=lambda v: abs(guess - v))
                row[x] = (row[x] + near) & 255
        before = row
        yield y, [tuple(row[i : i + 3]) for i in range(0, stride, size)]


wanted = bytes.fromhex(sys.argv[2])
slack = int(sys.argv[3]) if len(sys.argv) > 3 else 0
count, box, first = 0, [1 << 30, 1 << 30, 0, 0], None
for y, row in rows(open(sys.argv[1], "rb").read()):
    first = first or row[0]
    for x, pixel in enumerate(row):
        if all(abs(a - b) <= slack for a, b in zip(pixel, wanted)):
            count += 1
            box = [min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)]
print(count, *box, "%02x%02x%02x" % first)
