#!/usr/bin/env python3
"""Derives country.csv from the registries' delegated statistics as packed in the PyPI source package `iptocc`.

    pip download iptocc==3.3.170 --no-deps --no-binary :all: && tar xzf iptocc-3.3.170.tar.gz
    python3 derive.py iptocc-3.3.170/crate/src/data > country.csv

The package's crate/src/format.rs and lib.rs describe its two files. Ranges that touch and have one country become
one. To keep the file small, ranges below SMALLEST are left out: an address in one has no record, which is not the same
as a country that is free of doubt. `EU` is no country and stays out too.
"""

import ipaddress
import struct
import sys
from pathlib import Path

EMPTY, PURE, TAG = 2 << 30, 1 << 30, 3 << 30
UNASSIGNED = 0xFF
SMALLEST = {"v4.bin": 1 << 12, "v6.bin": 1 << 96}  # a /20 and a /32


def numbers(data, at, count, width):
    return struct.unpack_from(f"<{count}{'_BH_I'[width]}", data, at)


def number(data, at, width=4):
    return numbers(data, at, 1, width)[0]


def v4(data):
    first = numbers(data, 0, 65536, 4)
    at = 65536 * 4
    countries = number(data, at)
    names = data[at + 4 : at + 4 + countries * 2].decode()
    at += 4 + countries * 2
    mixed = number(data, at)
    bases = numbers(data, at + 4, mixed + 1, 4)
    initial = at + 4 + (mixed + 1) * 4
    at = initial + mixed
    transitions = number(data, at)
    offsets = numbers(data, at + 4, transitions, 2)
    codes = at + 4 + transitions * 2
    name = lambda i: names[2 * i : 2 * i + 2]
    for top, slot in enumerate(first):
        begin, end = top << 16, (top << 16) | 0xFFFF
        if slot & TAG == EMPTY:
            continue
        if slot & TAG == PURE:
            yield begin, end, name(slot & 0xFF)
            continue
        bucket = slot & ~TAG
        cuts = [(begin, data[initial + bucket])]
        cuts += [(begin + offsets[i], data[codes + i]) for i in range(bases[bucket], bases[bucket + 1])]
        for (a, country), (b, _) in zip(cuts, cuts[1:] + [(end + 1, 0)]):
            if country != UNASSIGNED and b > a:
                yield a, b - 1, name(country)


def deep(data, at):
    count = number(data, at)
    return at + 4 + count * 2 + count * 257 * 4


def v6(data):
    tops = [top for top in range(65536) if data[top] != UNASSIGNED]
    tops.sort(key=lambda top: data[top])
    populated = number(data, 65536)
    firsts = numbers(data, 65540, populated + 1, 4)
    at = 65540 + (populated + 1) * 4 + populated * 257 * 2
    at = deep(data, deep(data, at))
    countries = number(data, at)
    names = data[at + 4 : at + 4 + countries * 2].decode()
    side = at + 4 + countries * 2
    sides = number(data, side)
    primary = side + 4 + sides * 33 + 4
    for index, top in enumerate(tops):
        for entry in range(firsts[index], firsts[index + 1]):
            offset, length, country = struct.unpack_from("<IBB", data, primary + entry * 6)
            if length == 0:
                record = side + 4 + offset * 33
                a = int.from_bytes(data[record : record + 16], "little")
                b = int.from_bytes(data[record + 16 : record + 32], "little")
                country = data[record + 32]
            else:
                a = (top << 112) | (offset << 80)
                b = a | ((1 << (128 - length)) - 1)
            yield a, b, names[2 * country : 2 * country + 2]


def merged(ranges):
    last = None
    for a, b, country in sorted(ranges):
        if last and last[2] == country and last[1] + 1 == a:
            last[1] = b
        else:
            if last:
                yield last
            last = [a, b, country]
    if last:
        yield last


def written(a, b, kind):
    """One range as `network` (prefix) where it is one, else `from-to`."""
    nets = list(ipaddress.summarize_address_range(kind(a), kind(b)))
    return str(nets[0]) if len(nets) == 1 else f"{kind(a)}-{kind(b)}"


def main(folder):
    print("network,country")
    for file, read, kind in (("v4.bin", v4, ipaddress.IPv4Address), ("v6.bin", v6, ipaddress.IPv6Address)):
        for a, b, country in merged(read(Path(folder, file).read_bytes())):
            if b - a + 1 < SMALLEST[file] or country == "EU":
                continue
            print(f"{written(a, b, kind)},{country}")


main(sys.argv[1])
