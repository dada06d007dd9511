"""Writes seeded archives with Python, Info-ZIP and GNU tar, and what they hold by zipfile and tarfile.

usage: make-archives.py FOLDER COUNT SEED; prints a JSON list, one object an archive.
"""

import gzip, io, json, os, random, subprocess, sys, tarfile, zipfile, zlib

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
NAMES = ["case_1.vtu", "a/b.vtu", "a/b/c.json", "größe.vtu", "日本/x.vtp", "with space.vtu", "x" * 120 + ".vtu", "a/" + "d" * 90 + "/e.vtu"]


def content():
    kind = rng.randrange(4)
    size = rng.choice([0, 1, 100, 5000, 70000, 200000])
    if kind == 0:
        return rng.randbytes(size)
    if kind == 1:
        return bytes(size)
    if kind == 2:
        return (b"<DataArray type='Float32'>" * (size // 26 + 1))[:size]
    return b"".join(int(rng.gauss(0, 1000)).to_bytes(4, "little", signed=True) for _ in range(size // 4))


def tree():
    names = rng.sample(NAMES, rng.randrange(1, len(NAMES)))
    return {name: content() for name in names}


class Pipe(io.RawIOBase):
    """What cannot be sought: zipfile then writes descriptors."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()
        super().close()


def by_zipfile(path, files):
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    descriptor, wide = rng.random() < 0.4, rng.random() < 0.4
    target = Pipe(path) if descriptor else path
    with zipfile.ZipFile(target, "w", method, compresslevel=rng.randrange(1, 10)) as archive:
        if rng.random() < 0.5:
            archive.comment = rng.choice([b"comment", b"PK\x05", bytes(3000)])
        for name, data in files.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as member:
                member.write(data)
            archive.getinfo(name).compress_type
    if descriptor:
        target.close()
    if rng.random() < 0.2:
        data = open(path, "rb").read()
        open(path, "wb").write(b"#!/bin/sh\nexit\n" * 10 + data)
    return ["zipfile", method, descriptor, wide]


def by_zipfile_methods(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data, rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), rng.randrange(1, 10))
    return ["zipfile", "mixed"]


def lay_out(files):
    root = os.path.join(folder, "tree")
    subprocess.run(["rm", "-rf", root], check=True)
    os.makedirs(root)
    for name, data in files.items():
        place = os.path.join(root, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "wb").write(data)
    return root


def by_zip(path, files):
    root = lay_out(files)
    level, wide, piped = rng.choice(["-0", "-1", "-6", "-9"]), rng.random() < 0.4, rng.random() < 0.4
    options = [level] + (["-fz"] if wide else ["-fz-"])
    env = {**os.environ, "LC_ALL": rng.choice(["C", "C.UTF-8"])}
    if piped:
        with open(path, "wb") as out:
            subprocess.run(["zip", "-qr", *[o for o in options if o != "-fz-"], "-", "."], cwd=root, stdout=out, check=True, env=env)
    else:
        subprocess.run(["zip", "-qr", *options, path, "."], cwd=root, check=True, env=env)
    return ["zip", level, wide, piped]


def short(files):
    """What ustar can name."""
    return {name: data for name, data in files.items() if len(name) < 100 or "/" in name}


def by_tarfile(path, files):
    form = rng.choice([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    with tarfile.open(path, "w:gz" if path.endswith("gz") else "w", format=form) as archive:
        for name, data in (short(files) if form == tarfile.USTAR_FORMAT else files).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = 1700000000
            archive.addfile(info, io.BytesIO(data))
    return ["tarfile", form]


def by_tar(path, files):
    form = rng.choice(["gnu", "pax", "ustar", "posix"])
    files = short(files) if form == "ustar" else files
    root = lay_out(files)
    options = ["--hard-dereference"] if rng.random() < 0.3 else []
    if rng.random() < 0.4 and files:
        first = next(iter(files))
        os.link(os.path.join(root, first), os.path.join(root, "linked.vtu"))
    subprocess.run(["tar", f"--format={form}", *options, "-czf" if path.endswith("gz") else "-cf", path, "."], cwd=root, check=True)
    if path.endswith(".tar") and files and rng.random() < 0.4:
        name = next(iter(files))
        open(os.path.join(root, name), "wb").write(b"newer")
        subprocess.run(["tar", f"--format={form}", "-rf", path, f"./{name}"], cwd=root, check=True)
    if path.endswith("gz") and rng.random() < 0.5:
        raw = gzip.decompress(open(path, "rb").read())
        cut = rng.randrange(len(raw))
        open(path, "wb").write(gzip.compress(raw[:cut]) + gzip.compress(raw[cut:]) + bytes(rng.choice([0, 512])))
    return ["tar", form]


def told_by_zipfile(path):
    found = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            name = info.filename
            if not info.flag_bits & 0x800:
                try:
                    name = info.orig_filename.encode("cp437").decode()
                except UnicodeError:
                    pass
            found[name] = archive.read(info)
    return found


def told_by_tarfile(path):
    found = {}
    with tarfile.open(path) as archive:
        for info in archive.getmembers():
            if info.isreg() or info.islnk():
                name = os.path.normpath(info.name)
                found.pop(name, None)
                found[name] = archive.extractfile(info).read()
    return found


report = []
for index in range(count):
    writer, kind = rng.choice([(by_zipfile, "zip"), (by_zipfile_methods, "zip"), (by_zip, "zip"), (by_tarfile, "tar"), (by_tarfile, "tgz"), (by_tar, "tar"), (by_tar, "tar.gz")])
    name = f"{index}.{kind}"
    path = os.path.join(folder, name)
    made = writer(path, tree())
    told = told_by_zipfile(path) if kind == "zip" else told_by_tarfile(path)
    report.append({"name": name, "made": made, "files": {key: [len(data), zlib.crc32(data)] for key, data in told.items()}})
subprocess.run(["rm", "-rf", os.path.join(folder, "tree")])
print(json.dumps(report))
