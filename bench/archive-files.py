"""Archives of the bench: python3 bench/archive-files.py FOLDER MESH"""

import os, struct, sys, zipfile

folder, mesh = sys.argv[1:]
data = open(mesh, "rb").read()

with zipfile.ZipFile(os.path.join(folder, "one.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
    archive.write(mesh, "result.vtu")
with zipfile.ZipFile(os.path.join(folder, "many.zip"), "w") as archive:
    for index in range(70_000):
        archive.writestr(f"case_{index // 100:04}/step_{index:06}.vtu", b"x")
for index in range(300):
    with zipfile.ZipFile(os.path.join(folder, f"small_{index:03}.zip"), "w") as archive:
        archive.writestr("a.vtu", data[: 1_000_000])

# 401 members, 6.3 GB, in Zip64: a file with holes, whose checksums nobody looks at.
size, count, place = 16_000_000, 400, 0
directory = b""
with open(os.path.join(folder, "large.zip"), "wb") as out:
    def member(name, length, offset):
        extra = struct.pack("<HHQ", 1, 8, offset)
        head = struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, 0, length, length, len(name), 0) + name
        entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x32D, 45, 0, 0, 0, 0, 0, length, length, len(name), len(extra), 0, 0, 0, 0o644 << 16, 0xFFFFFFFF) + name + extra
        return head, entry
    for index in range(count):
        head, entry = member(f"case_{index:03}/results/result_{index:05}.vtu".encode(), size, place)
        out.seek(place)
        out.write(head)
        place += len(head) + size
        directory += entry
    head, entry = member(b"field.vtu", len(data), place)
    out.seek(place)
    out.write(head + data)
    place += len(head) + len(data)
    directory += entry
    out.write(directory)
    end = place + len(directory)
    out.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count + 1, count + 1, len(directory), place))
    out.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
    out.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count + 1, count + 1, 0xFFFFFFFF, 0xFFFFFFFF, 0))
